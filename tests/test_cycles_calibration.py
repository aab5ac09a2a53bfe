"""How predictions turned out: counts, intervals that cover at their nominal rate, optimism, Brier scores."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest
from scipy.special import bdtr

from inquiries import predicted
from pdsa.cycles import Calibration, Result, calibrate, over_time
from pdsa.cycles.calibration import COIN, FEWEST, LEVEL, share, surprise
from pdsa.terms import Outcome

KINDS: dict[str, Outcome] = {"h": "hit", "p": "partly", "m": "miss", "-": "not_measured"}


def result(outcome: Outcome, k: int = 0, **fields: Any) -> Result:
    """A result of a prediction in words, closed k days into December."""
    known = {"type": "text"} | {name: fields.pop(name) for name in ("type", "value", "probability") if name in fields}
    given = {"closed": date(2025, 12, 1) + timedelta(days=k)} | fields
    return Result(predicted(id=f"prediction-{k:03d}", **known), "ash", outcome, **given)


def results_of(letters: str) -> list[Result]:
    return [result(KINDS[one], k) for k, one in enumerate(letters)]


def of_values(gaps: Sequence[float], expected: float = 13.0, before: float = 10.0, spread: float = 2.0) -> list[Result]:
    """Predictions of a value whose results lie so far from it."""
    return [
        Result(
            predicted(id=f"prediction-{k:03d}", type="value", value=expected),
            "ash",
            "hit",
            value=expected + gap,
            n=2,
            before=before,
            before_n=12,
            spread=spread,
        )
        for k, gap in enumerate(gaps)
    ]


def of_chances(given: Sequence[float], came: Sequence[float]) -> list[Result]:
    words: dict[float, Outcome] = {1.0: "hit", 0.5: "partly", 0.0: "miss"}
    return [
        result(words[float(y)], k, type="probability", probability=float(p))
        for k, (p, y) in enumerate(zip(given, came, strict=True))
    ]


class TestCounts:
    def test_each_outcome_is_counted(self) -> None:
        one = calibrate(results_of("hhhhhpmm--"))
        assert (one.kind, one.n, one.hits, one.partly, one.misses, one.open) == ("enough", 8, 5, 1, 2, 2)
        assert one.rate == 5.5 / 8

    def test_under_eight_only_the_counts_are_told(self) -> None:
        one = calibrate(results_of("hhhhhpm---"))
        assert one == Calibration("too_few", 7, 5, 1, 1, 3)

    def test_of_nothing(self) -> None:
        assert calibrate([]) == Calibration("too_few", 0, 0, 0, 0, 0)

    def test_what_was_written_down_afterwards_does_not_count(self) -> None:
        late = [result("hit", k, late=True) for k in range(20)]
        assert calibrate([*late, *results_of("mmmmmmmm")]).rate == 0.0
        assert calibrate(late).open == 20

    def test_chances_are_counted_apart(self) -> None:
        one = calibrate([*results_of("hm-"), *of_chances([0.8, 0.7, 0.6], [1, 0, 1]), result("hit", 9, late=True)])
        assert (one.n, one.hits, one.misses, one.open, one.given, one.came) == (2, 1, 1, 2, 3, 2)

    def test_people_tell_where_no_chart_can(self) -> None:
        told = [result("not_measured", k, people="miss") for k in range(8)]
        assert calibrate(told).misses == 8


class TestShare:
    @pytest.mark.parametrize(
        ("held", "n", "low", "high"),
        [
            # Clopper and Pearson at 90%: low solves P(X >= held) = .05, high solves P(X <= held) = .05
            (7, 10, 0.3934, 0.9127),
            (0, 10, 0.0, 1 - 0.05 ** (1 / 10)),
            (10, 10, 0.05 ** (1 / 10), 1.0),
            (0, 8, 0.0, 0.3123),
            (4, 8, 0.1929, 0.8071),
        ],
    )
    def test_intervals_known_from_tables(self, held: int, n: int, low: float, high: float) -> None:
        one = share(held, n)
        assert (one.n, one.value) == (n, held / n)
        assert (one.low, one.high) == pytest.approx((low, high), abs=5e-5)

    def test_halves_lie_between(self) -> None:
        assert share(7, 10).low < share(7.5, 10).low < share(8, 10).low
        assert share(7, 10).high < share(7.5, 10).high < share(8, 10).high

    def test_it_covers_every_share_of_hits_at_least_at_its_nominal_rate(self) -> None:
        """Exactly: the chance of each count times whether its interval holds the truth."""
        for n in (8, 12, 20, 40):
            spans = [share(k, n) for k in range(n + 1)]
            for true in np.linspace(0.01, 0.99, 99):
                upto = bdtr(np.arange(n + 1), n, true)
                chance = np.diff(upto, prepend=0.0)
                covered = sum(p for p, one in zip(chance, spans, strict=True) if one.low <= true <= one.high)
                assert covered >= LEVEL - 1e-9

    @pytest.mark.parametrize(
        ("name", "chances"),
        [
            ("a calibrated team", (0.7, 0.2, 0.1)),
            ("a team that is too optimistic", (0.2, 0.3, 0.5)),
            ("a team whose predictions all hold in part", (0.05, 0.9, 0.05)),
            ("a team that is mostly wrong", (0.03, 0.07, 0.9)),
        ],
    )
    @pytest.mark.parametrize("n", [8, 15, 30])
    def test_it_covers_planted_teams_with_halves(self, name: str, chances: tuple[float, ...], n: int) -> None:
        rng = np.random.default_rng(20_260_402)
        points = rng.choice([1.0, 0.5, 0.0], p=chances, size=(4_000, n)).sum(axis=1)
        spans = {one: share(one, n) for one in set(points.tolist())}
        true = chances[0] + chances[1] / 2
        covered = np.mean([spans[one].low <= true <= spans[one].high for one in points.tolist()])
        # nominal, less three standard errors of 4,000 replicates
        assert covered >= LEVEL - 3 * (0.9 * 0.1 / 4_000) ** 0.5

    def test_it_covers_a_team_whose_predictions_are_not_alike(self) -> None:
        rng = np.random.default_rng(20_260_403)
        easy = np.linspace(0.2, 0.98, 16)
        hits = (rng.random((4_000, 16)) < easy).sum(axis=1)
        spans = {one: share(one, 16) for one in set(hits.tolist())}
        covered = np.mean([spans[one].low <= easy.mean() <= spans[one].high for one in hits.tolist()])
        assert covered >= LEVEL - 3 * (0.9 * 0.1 / 4_000) ** 0.5

    def test_it_is_no_wider_than_it_must_be(self) -> None:
        """An interval of everything would cover as well: at 40 predictions it spans under 30 points."""
        assert share(28, 40).high - share(28, 40).low < 0.26


class TestOptimism:
    def test_results_short_of_the_number_are_below_zero(self) -> None:
        one = calibrate(of_values([-2.0] * 4 + [-4.0] * 4))
        assert one.bias is not None
        assert one.short is not None
        assert one.bias.value == -1.5  # mean of -1 and -2 standard deviations
        assert (one.short.value, one.short.n) == (1.0, 8)

    def test_a_result_that_is_the_number_is_not_short_of_it(self) -> None:
        one = calibrate(of_values([0.0] * 4 + [-1.0] * 4)).short
        assert one is not None
        assert one.value == 0.5

    def test_down_is_seen_from_above(self) -> None:
        """Predicted 7 from 10, reached 9: two short, although the number is larger."""
        falls = of_values([2.0] * 8, expected=7.0)
        assert surprise(falls[0]) == -2.0
        one = calibrate(falls)
        assert one.bias is not None
        assert one.bias.value == -1.0

    def test_its_interval_is_students(self) -> None:
        gaps = [-4, -2, -2, 0, 0, 0, 2, 2]  # halved: mean -.25, deviation sqrt(7.5 / 7); t(7) = 1.8946 at 90%
        one = calibrate(of_values(gaps)).bias
        assert one is not None
        assert (one.value, one.low, one.high) == pytest.approx((-0.25, -0.9433, 0.4433), abs=1e-3)

    def test_what_has_no_number_or_no_way_tells_nothing(self) -> None:
        same = of_values([1.0] * 8, expected=10.0)
        assert calibrate(same).bias is None
        assert calibrate(same).short is None
        assert calibrate(results_of("hhhhhhhh")).bias is None
        constant = calibrate(of_values([-1.0] * 8, spread=0.0))
        assert constant.bias is None
        assert constant.short is not None

    def test_seven_numbers_are_too_few(self) -> None:
        one = calibrate([*of_values([-1.0] * 7), *results_of("hhhh")])
        assert (one.kind, one.bias, one.short) == ("enough", None, None)

    @pytest.mark.parametrize("optimism", [0.0, 1.0])
    def test_its_intervals_cover_the_truth_of_planted_teams(self, optimism: float) -> None:
        """Results scatter by .7 about what was predicted less the optimism: share short is Phi(optimism / .7)."""
        rng = np.random.default_rng(20_260_404)
        covered, shorts = [], []
        true_short = 0.5 if optimism == 0.0 else 0.923436
        for gaps in rng.normal(-optimism, 0.7, (800, 12)):
            one = calibrate(of_values(gaps.tolist(), spread=1.0))
            assert one.bias is not None
            assert one.short is not None
            covered.append(one.bias.low <= -optimism <= one.bias.high)
            shorts.append(one.short.low <= true_short <= one.short.high)
        error = 3 * (0.9 * 0.1 / 800) ** 0.5
        assert abs(np.mean(covered) - LEVEL) <= error
        assert np.mean(shorts) >= LEVEL - error


class TestChances:
    def test_scores_by_hand(self) -> None:
        # .8 eight times, six of which came true: bias .05, Brier (6 * .04 + 2 * .64) / 8 = .19, base .75 * .25
        one = calibrate(of_chances([0.8] * 8, [1, 1, 1, 1, 1, 1, 0, 0]))
        assert one.chances is not None
        assert one.chances.value == pytest.approx(0.05)
        assert one.brier == pytest.approx(0.19)
        assert one.brier_base == pytest.approx(0.1875)
        assert COIN == 0.25

    def test_half_true_counts_half(self) -> None:
        one = calibrate(of_chances([0.5] * 8, [0.5] * 8))
        assert (one.brier, one.brier_base) == (0.0, 0.0)

    def test_they_are_no_hits_and_misses(self) -> None:
        one = calibrate(of_chances([0.3] * 8, [0] * 8))
        assert (one.kind, one.n, one.misses, one.open) == ("too_few", 0, 0, 0)
        assert one.chances is not None
        assert one.chances.value == pytest.approx(0.3)

    def test_seven_are_too_few(self) -> None:
        assert calibrate(of_chances([0.3] * 7, [0] * 7)).brier is None

    @pytest.mark.parametrize("lift", [0.0, 0.25])
    def test_the_interval_covers_calibrated_and_optimistic_teams(self, lift: float) -> None:
        rng = np.random.default_rng(20_260_405)
        covered = []
        for _ in range(800):
            true = rng.uniform(0.2, 0.7, 10)
            one = calibrate(of_chances(true + lift, (rng.random(10) < true).astype(float).tolist())).chances
            assert one is not None
            covered.append(one.low <= lift + 1e-12 <= one.high)
        assert np.mean(covered) >= LEVEL - 3 * (0.9 * 0.1 / 800) ** 0.5


class TestOverTime:
    def test_from_the_eighth_on(self) -> None:
        found = over_time(results_of("hhhhmmmmh"))
        assert [(day, one.n, one.value) for day, one in found] == [
            (date(2025, 12, 8), 8, 0.5),
            (date(2025, 12, 9), 9, pytest.approx(5 / 9)),
        ]

    def test_in_the_order_of_their_days(self) -> None:
        shuffled = results_of("mmmmmmmmh")[::-1]
        assert over_time(shuffled)[0][1].value == 0.0

    def test_of_a_window_the_latest_count(self) -> None:
        found = over_time(results_of("hhhhhhhhmmmmmmmm"), window=8)
        assert [one.value for _, one in found] == [1.0, 0.875, 0.75, 0.625, 0.5, 0.375, 0.25, 0.125, 0.0]
        assert {one.n for _, one in found} == {8}
        assert over_time(results_of("h" * 9), window=2)[-1][1].n == FEWEST

    def test_one_span_for_a_day(self) -> None:
        same = [result("hit", 3) for _ in range(10)]
        assert [(day, one.n) for day, one in over_time(same)] == [(date(2025, 12, 4), 10)]

    def test_without_a_day_or_of_a_chance(self) -> None:
        assert over_time([result("hit", k, closed=None) for k in range(9)]) == ()
        assert over_time(of_chances([0.5] * 9, [1] * 9)) == ()
