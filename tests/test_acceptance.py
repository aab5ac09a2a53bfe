"""The seventeen acceptance tests of statistics.md F, in their order: what must hold before a number is shown to anyone.

Expected values stand here or are worked out here by other means than the package's own; simulations are repeatable.
"""

from __future__ import annotations

import importlib.metadata
import io
import math
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.special import bdtr, bdtrc, ndtr, pdtr, pdtrc

import pdsa
from pdsa.chart import Chart
from pdsa.errors import InputError
from pdsa.records import Rule
from test_wheel import wheel  # noqa: F401

NAN = float("nan")
KINDS = ("run", "i", "mr", "i_prime", "xbar", "s", "p", "np", "u", "c", "p_prime", "u_prime", "g", "t", "cusum", "ewma")
EVERY_KIND = (*KINDS, "auto")
RATIOS = ("p", "np", "u", "p_prime", "u_prime", "i_prime")
NOT_PREDICTIVE = ("mr", "s", "cusum", "ewma")
Array = npt.NDArray[np.float64]


def frame_of(kind: str, values: list[float], n: float = 10) -> pd.DataFrame:
    """Twelve students, ten lessons or three values a period, whatever the kind needs."""
    frame = pd.DataFrame({"t": range(1, len(values) + 1), "x": np.array(values, dtype=float)})
    if kind in ("xbar", "s"):
        return pd.concat([frame, frame, frame], ignore_index=True)
    return frame.assign(n=float(n)) if kind in RATIOS else frame


def chart(kind: str, values: list[float], n: float = 10, **more: Any) -> Chart:
    below = "n" if kind in RATIOS else None
    return pdsa.analyze(frame_of(kind, values, n), kind, value="x", denominator=below, period="t", **more)  # type: ignore[arg-type]


def notes(answer: Chart) -> str:
    return " | ".join(note for one in answer.summary["notes"] for note in one)


def flagged(answer: Chart) -> list[int]:
    return (np.flatnonzero(answer.points["signal"]) + 1).tolist()


class Test01AnhoejLimits:
    """Longest run round(log2 n) + 3, crossings the 5% quantile of Binomial(n - 1, 1/2), n = 10 to 100."""

    @staticmethod
    def limits(n: int) -> tuple[int, int]:
        answer = chart("run", [0.5, -0.5] * (n // 2) + [0.5] * (n % 2), center=0).summary.iloc[0]
        assert answer["n_useful"] == n
        return int(answer["longest_run_max"]), int(answer["crossings_min"])

    def test_01_printed_limits(self) -> None:
        printed = {10: (6, 2), 12: (7, 3), 20: (7, 6), 24: (8, 8), 60: (9, 23), 100: (10, 41)}
        assert {n: self.limits(n) for n in printed} == printed

    def test_01_every_n_by_whole_numbers(self) -> None:
        """The quantile by exact fractions; the rounded logarithm by comparing squares of powers of two."""
        for n in range(10, 101):
            below, fewest = Fraction(0), -1
            while below < Fraction(1, 20):
                fewest += 1
                below += Fraction(math.comb(n - 1, fewest), 2 ** (n - 1))
            power = next(k for k in range(20) if n * n < 2 ** (2 * k + 1))
            assert self.limits(n) == (power + 3, fewest), n

    def test_01_a_run_signals_above_the_limit_and_crossings_below_it(self) -> None:
        """24 points: a run of 8 is ordinary, one of 9 is not; 8 crossings are ordinary, 7 are not."""
        eight = [1.0] * 8 + [-1, 1] * 8
        nine = [1.0] * 9 + [-1, 1] * 7 + [-1]
        assert (flagged(chart("run", eight, center=0)), flagged(chart("run", nine, center=0))) == ([], [*range(1, 10)])
        few = [1.0] * 3 + [-1.0] * 3
        for values, crossings, signal in (
            (few * 4, 7, True),
            (few * 3 + [1.0, -1.0, -1, -1, -1, -1], 7, True),
            (few * 3 + [1.0, -1.0, 1, 1, 1, 1], 8, False),
        ):
            row = chart("run", values, center=0).summary.iloc[0]
            assert (row["crossings"], row["runs_signal"]) == (crossings, signal)


class Test02FrozenBaselines:
    """Twelve stable points and twelve shifted ones, frozen on the first twelve."""

    BEFORE = (4.0, 6, 5, 7, 5, 6, 4, 5, 6, 5, 7, 4)
    # kind, denominator, the shifted value, expected center, lower and upper, each from the first twelve points alone
    CASES = (
        ("run", 1, (9.0, 8, 10), 5, NAN, NAN),  # the median of 4 4 4 5 5 5 5 6 6 6 7 7
        ("i", 1, (9.0, 8, 10), 64 / 12, 64 / 12 - 3 * (18 / 11) / 1.128, 64 / 12 + 3 * (18 / 11) / 1.128),
        ("p", 40, (20.0, 18, 19), 64 / 480, 0, 0.2945785),  # .133333 + 3 * .0537484
        ("u", 2, (15.0, 13, 14), 64 / 24, 0, 6.1307683),  # 2.666667 + 3 * 1.1547005
        ("g", 1, (25.0, 22, 30), 5, 0, 22.4857143),  # median 5; 5.3333 + 3 * sqrt(5.3333 * 6.3333) = 22.7688
        ("t", 1, (15.0, 12, 30), 5.262040959, 2.101820530, 10.926282810),  # mean and ranges of y ** (1 / 3.6)
    )

    @pytest.mark.parametrize(("kind", "n", "later", "center", "lower", "upper"), CASES)
    def test_02_lines_come_from_the_baseline_and_the_shift_signals(
        self, kind: str, n: float, later: tuple[float, ...], center: float, lower: float, upper: float
    ) -> None:
        if kind == "g":
            upper = 64 / 12 + 3 * math.sqrt(64 / 12 * (64 / 12 + 1))
        answer = chart(kind, [*self.BEFORE, *later * 4], n, baseline=12)
        points = answer.points
        assert points["center"].to_numpy() == pytest.approx(np.full(24, center), rel=1e-9)
        assert np.maximum(points["lower"].to_numpy(), 0) == pytest.approx(np.full(24, lower), nan_ok=True, rel=1e-7)
        assert points["upper"].to_numpy() == pytest.approx(np.full(24, upper), nan_ok=True, rel=1e-7)
        assert points["baseline"].tolist() == [True] * 12 + [False] * 12
        assert not points["signal"][:11].any()
        assert points["signal"][12:].all()
        assert answer.summary.loc[0, "verdict"] == "change"

    @pytest.mark.parametrize(("kind", "n", "later"), [case[:3] for case in CASES])
    def test_02_later_points_move_no_line(self, kind: str, n: float, later: tuple[float, ...]) -> None:
        lines = ["center", "lower", "upper", "lower_2s", "upper_2s"]
        one = chart(kind, [*self.BEFORE, *later * 4], n, baseline=12).points[lines]
        other = chart(kind, [*self.BEFORE, *[later[0]] * 12], n, baseline=12).points[lines]
        pd.testing.assert_frame_equal(one, other, check_exact=True)
        free = chart(kind, [*self.BEFORE, *later * 4], n).points[lines]
        assert (free["center"] > one["center"]).all()


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_03_the_order_of_rows_does_not_matter(kind: str) -> None:
    rng = np.random.default_rng(3)
    parts = []
    for school in ("Ash", "Elm", "Oak"):
        values = rng.integers(1, 10, 30).astype(float)
        values[[4, 17]] = NAN
        values[9] = 30 if kind in ("run", "i", "c", "g", "t") else values[9]
        one = frame_of("p" if kind == "auto" else kind, values.tolist()).assign(school=school)
        one["x"] += rng.uniform(0, 0.9, len(one)) * (kind in ("xbar", "s", "i", "mr", "t"))
        parts.append(one)
    frame = pd.concat(parts, ignore_index=True)
    below = "n" if "n" in frame else None

    def answer(rows: pd.DataFrame) -> Chart:
        return pdsa.analyze(rows, kind, value="x", denominator=below, period="t", by="school", baseline=20)  # type: ignore[arg-type]

    whole = answer(frame)
    assert len(whole.points) == 90
    for seed in range(3):
        mixed = answer(frame.sample(frac=1, random_state=np.random.default_rng(seed)))
        for name in ("points", "phases", "summary"):
            # the last digit of a mean within a subgroup may depend on the order in which its values are added
            exact = kind not in ("xbar", "s")
            pd.testing.assert_frame_equal(
                getattr(mixed, name), getattr(whole, name), check_exact=exact, rtol=0 if exact else 1e-12
            )


def test_04_a_repeated_key_is_an_error_that_names_its_rows() -> None:
    weeks = pd.to_datetime(["2025-09-01", "2025-09-08", "2025-09-15"]).tolist()
    frame = pd.DataFrame(
        {
            "school": ["Ash"] * 3 + ["Elm"] * 3 + ["Ash", "Elm"],
            "measure": "late",
            "week": [*weeks, *weeks, weeks[1], weeks[2]],
            "x": [1, 2, 3, 4, 5, 6, 2, 9],
        }
    )
    with pytest.raises(InputError) as caught:
        pdsa.analyze(frame, "i", value="x", period="week", by=["school", "measure"])
    assert [problem.place for problem in caught.value.problems] == ["rows 2 and 7, week", "rows 6 and 8, week"]
    assert "2025-09-08" in caught.value.problems[0].found
    other = frame.assign(measure=["late"] * 6 + ["absent"] * 2)
    assert len(pdsa.analyze(other, "i", value="x", period="week", by=["school", "measure"]).points) == 8


@pytest.mark.parametrize("step", ["week", None])
def test_05_a_missing_week_leaves_a_gap_and_no_moving_range_across(step: str | None) -> None:
    """10 12 _ 11 13: two ranges of 2 on either side of the gap, and none of 1 across it."""
    week = pd.to_datetime(["2025-09-01", "2025-09-08", "2025-09-15", "2025-09-22", "2025-09-29"])
    frame = pd.DataFrame({"week": week, "x": [10, 12, NAN, 11, 13]})
    frame = frame.drop(index=2) if step else frame
    answer = pdsa.analyze(frame, "i", value="x", period="week", step=step)  # type: ignore[arg-type]
    points = answer.points
    assert points["period"].tolist() == week.tolist()
    assert points["value"].isna().tolist() == [False, False, True, False, False]
    assert points["center"].tolist() == [11.5] * 5
    assert points["upper"].to_numpy() == pytest.approx(np.full(5, 11.5 + 3 * 2 / 1.128), rel=1e-12)
    assert not points["signal"].any()
    assert "1 period without a value: a gap is drawn" in notes(answer)
    ranges = pdsa.analyze(frame, "mr", value="x", period="week", step=step).points["value"]  # type: ignore[arg-type]
    assert ranges.isna().tolist() == [True, False, True, True, False]
    assert ranges[[1, 4]].tolist() == [2, 2]


DEGENERATE = {"constant": [8.0] * 24, "zero": [0.0] * 24, "one": [10.0] * 24, "single": [8.0], "empty": []}


class Test06DegenerateSeries:
    """Constant, all zero, all one, one point, nothing: no crash, no flag, a sentence that says why."""

    @staticmethod
    def answers(kind: str, name: str, rules: str) -> Iterator[Chart]:
        values = DEGENERATE[name]
        for limits in ("published", "guarded", *(() if kind in NOT_PREDICTIVE else ("predictive",))):
            for screen in ("off", "once"):
                for baseline in (None, 12) if len(values) > 12 else (None,):
                    more = {"limits": limits, "screen": screen, "baseline": baseline, "rules": rules}
                    yield chart(kind, values, 10, better="up", **more)

    @pytest.mark.parametrize("kind", EVERY_KIND)
    @pytest.mark.parametrize("name", DEGENERATE)
    def test_06_no_crash_and_no_flag(self, kind: str, name: str) -> None:
        if kind == "t" and name == "zero":
            with pytest.raises(InputError, match="a time above zero"):
                chart(kind, DEGENERATE[name])
            return
        for rules in ("anhoej", "making_data_count", "ihi"):
            for answer in self.answers(kind, name, rules):
                assert len(answer.points) == len(DEGENERATE[name])
                assert len(answer.summary) == min(len(DEGENERATE[name]), 1)
                assert flagged(answer) == [], answer.spec
                assert set(answer.summary["verdict"]) <= {"common_cause", "too_few"}

    @pytest.mark.parametrize("kind", EVERY_KIND)
    def test_06_no_flag_by_the_rules_of_nelson(self, kind: str) -> None:
        for name in ("constant", "one", "single", "empty"):
            for answer in self.answers(kind, name, "nelson"):
                assert flagged(answer) == []

    @pytest.mark.parametrize("kind", EVERY_KIND)
    def test_06_a_sentence(self, kind: str) -> None:
        for name in ("constant", "zero", "one"):
            if (kind, name) != ("t", "zero"):
                for answer in self.answers(kind, name, "anhoej"):
                    assert "every value is the same" in notes(answer)
        assert all("there is one value so far" in notes(answer) for answer in self.answers(kind, "single", "anhoej"))

    @pytest.mark.parametrize("kind", ["p", "np", "p_prime", "auto"])
    def test_06_all_present_and_nobody_present(self, kind: str) -> None:
        for x in (0.0, 10.0):
            frame = frame_of("p", [x] * 24)
            answer = pdsa.analyze(frame, kind, value="x", denominator="n", period="t", limits="guarded")  # type: ignore[arg-type]
            assert flagged(answer) == []
            assert "every value is the same" in notes(answer)


class Test07ImpossibleAndMissingCounts:
    @pytest.mark.parametrize("kind", ["p", "np", "p_prime"])
    def test_07_more_than_all_is_an_error(self, kind: str) -> None:
        frame = pd.DataFrame({"t": [1, 2, 3, 4], "x": [3, 11, 5, 12], "n": [10, 10, 10, 10]})
        with pytest.raises(InputError) as caught:
            pdsa.analyze(frame, kind, value="x", denominator="n", period="t")  # type: ignore[arg-type]
        found = [(problem.place, problem.found) for problem in caught.value.problems]
        assert found == [("row 2, x", "11 of 10"), ("row 4, x", "12 of 10")]

    @pytest.mark.parametrize("kind", RATIOS)
    def test_07_nothing_of_nothing_and_an_unknown_denominator_are_missing_points(self, kind: str) -> None:
        """20 of 50 in the three periods that are known: the other two change nothing."""
        frame = pd.DataFrame({"t": [1, 2, 3, 4, 5], "x": [4, 0, 4, 4, 12], "n": [10, 0, 20, NAN, 20]})
        answer = pdsa.analyze(frame, kind, value="x", denominator="n", period="t")  # type: ignore[arg-type]
        assert answer.points["value"].isna().tolist() == [False, True, False, True, False]
        # what lacks its denominator has no numerator either: no sum may count it
        assert answer.points["numerator"].isna().tolist() == [False, False, False, True, False]
        assert not answer.points["signal"].any()
        center = answer.points["center"] / (frame["n"] if kind == "np" else 1)
        assert center[[0, 2, 4]].to_numpy() == pytest.approx(np.full(3, 0.4))
        assert "2 periods without a value" in notes(answer)
        assert "1 period of 0 of 0" in notes(answer)


class Test08NearlyConstantSeries:
    """Twelve equal values and another one: the limits flag the last one or nothing.

    A CUSUM is not among these: it adds up twelve small distances from the mean of all thirteen, as it should.
    """

    METHODS = tuple(
        (kind, limits)
        for kind in EVERY_KIND
        for limits in ("published", "guarded", "predictive")
        if kind != "cusum" and not (limits == "predictive" and kind in NOT_PREDICTIVE)
    )

    @pytest.mark.parametrize("screen", ["off", "once"])
    @pytest.mark.parametrize(("kind", "limits"), METHODS)
    def test_08_the_limits_flag_at_most_the_last(self, kind: str, limits: str, screen: str) -> None:
        for n in (10, 100):
            answer = chart(kind, [5.0] * 12 + [6], n, limits=limits, screen=screen)
            outside = (np.flatnonzero(answer.points["rule_outside"]) + 1).tolist()
            if limits == "published" and (screen == "once" or kind == "xbar") and len(outside) > 1:
                # qicharts2, pbcharts and NHSRplotthedots: screened ranges leave none, and every point lies outside
                assert outside == [*range(1, 14)]
                assert "limits fall on the center line: the ranges that set them are all zero" in notes(answer)
            else:
                assert set(outside) <= {13}
            if kind != "run" and answer.points[["lower", "upper"]].isna().all(axis=None):
                assert any(why in notes(answer) for why in ("there are no limits", "every value is the same"))

    @pytest.mark.parametrize("limits", ["published", "guarded", "predictive"])
    def test_08_of_measurements_by_hand(self, limits: str) -> None:
        """One range of 1 among twelve: sigma 1 / 12 / 1.128 = .0739, and 6 lies beyond 66 / 13 + 3 sigma = 5.299."""
        answer = chart("i", [5.0] * 12 + [6], limits=limits)
        assert answer.points["rule_outside"].tolist() == [False] * 12 + [limits != "predictive"]
        if limits != "predictive":
            assert answer.points["upper"].to_numpy() == pytest.approx(np.full(13, 65 / 13 + 1 / 13 + 3 / 12 / 1.128))


def test_09_purchase_orders(real_data: Path) -> None:
    """Montgomery's 25 samples of purchase orders: p-bar .09551, limits of the first sample .00733 and .18369."""
    orders = pd.read_csv(real_data / "spc_reference" / "montgomery_via_qicharts2" / "tbl_07.04.csv")
    answer = pdsa.analyze(orders, "p", value="count", denominator="size", period="sample")
    assert len(answer.points) == 25
    assert round(float(answer.summary.loc[0, "center"]), 5) == 0.09551
    assert answer.summary.loc[0, "center"] == pytest.approx(234 / 2450, rel=1e-12)
    assert answer.points[["lower", "upper"]].round(5).iloc[0].tolist() == [0.00733, 0.18369]
    assert flagged(answer) == [11]


class Test10ChangeOfUnit:
    """Minutes or hours, Celsius or Fahrenheit: the same signals."""

    RULES = ("anhoej", "nelson", "making_data_count", "ihi", "wheeler")
    UNITS = ((60.0, 0.0), (1 / 60, 0.0), (1.8, 32.0), (0.001, 7.0))

    @staticmethod
    def signals(kind: str, values: Array, rules: str, n: float = 80, **more: Any) -> pd.DataFrame:
        """Subgroups are three in a row of the values."""
        below = "n" if kind in RATIOS else None
        of = 3 if kind in ("xbar", "s") else 1
        frame = pd.DataFrame({"t": np.arange(len(values)) // of, "x": values, "n": n})
        answer = pdsa.analyze(frame, kind, value="x", denominator=below, period="t", rules=rules, **more)  # type: ignore[arg-type]
        return answer.points[[c for c in answer.points if c.startswith("rule_")] + ["signal", "reasons"]].astype(str)

    @staticmethod
    def values(kind: str) -> Array:
        """Steps and an outlier among rounded values, so that ties and every rule have something to do."""
        rng = np.random.default_rng(KINDS.index(kind))
        found = np.round(rng.normal(20, 2, 180), 1)
        found[120:150] += 6
        found[75:77] += 14
        return np.asarray(found)

    @pytest.mark.parametrize("kind", ["run", "i", "mr", "xbar", "s", "cusum", "ewma"])
    def test_10_measurements(self, kind: str) -> None:
        for rules in self.RULES:
            for more in ({}, {"baseline": 20}, {"screen": "once"}):
                expected = self.signals(kind, self.values(kind), rules, **more)
                assert rules == "ihi" or (expected["signal"] == "True").any()
                for scale, shift in self.UNITS:
                    found = self.signals(kind, self.values(kind) * scale + shift, rules, **more)
                    pd.testing.assert_frame_equal(found, expected)

    def test_10_times_between(self) -> None:
        for limits in ("published", "guarded"):
            expected = self.signals("t", self.values("t") ** 3, "anhoej", limits=limits)
            for scale in (60, 1 / 60, 1e-4):
                found = self.signals("t", self.values("t") ** 3 * scale, "anhoej", limits=limits)
                pd.testing.assert_frame_equal(found, expected)

    @pytest.mark.parametrize("kind", ["p", "u", "p_prime", "u_prime", "i_prime"])
    def test_10_percent_or_share(self, kind: str) -> None:
        values = np.floor(self.values(kind))
        for rules in self.RULES:
            expected = self.signals(kind, values, rules)
            assert (expected["signal"] == "True").any()
            for per in (100, 1000):
                pd.testing.assert_frame_equal(self.signals(kind, values, rules, per=per), expected)


class Test11FalseAlarms:
    """Exact columns of E3.1 to .001, simulated ones of D, E3.1 and E3.2 within three standard errors of both sides."""

    # a fixed center: Anhoej, shifts of 6, 7 and 8
    FIXED: ClassVar = {
        10: (0.045, 0.094, 0.039, 0.016),
        12: (0.043, 0.125, 0.055, 0.023),
        16: (0.047, 0.183, 0.085, 0.039),
        20: (0.071, 0.237, 0.115, 0.054),
        24: (0.066, 0.288, 0.144, 0.069),
        36: (0.085, 0.420, 0.224, 0.113),
        60: (0.074, 0.616, 0.364, 0.195),
    }
    # the median of the same points: Anhoej, shift of 6, trends of 5 and 6; 20,000 series agree with what was printed
    OWN: ClassVar = {
        10: (0.008, 0.0, 0.084, 0.013),
        12: (0.012, 0.012, 0.112, 0.017),
        16: (0.009, 0.059, 0.161, 0.028),
        20: (0.022, 0.105, 0.206, 0.036),
        24: (0.029, 0.159, 0.253, 0.044),
        36: (0.042, 0.295, 0.371, 0.071),
        60: (0.043, 0.533, 0.555, 0.122),
    }
    PRINTED_OWN = 20_000
    # I charts with the lines of the same points; about 4,000 series stand behind each figure (test_false_alarms)
    I_CHART: ClassVar = {
        12: (0.030, 0.056, 0.064, 0.055, 0.066, 0.074),
        24: (0.062, 0.105, 0.133, 0.159, 0.203, 0.197),
        36: (0.083, 0.124, 0.166, 0.253, 0.318, 0.295),
        60: (0.145, 0.195, 0.226, 0.411, 0.511, 0.462),
        100: (0.229, 0.289, 0.317, 0.607, 0.699, 0.674),
    }
    PRINTED_I = 4_000
    SETS: tuple[tuple[object, str], ...] = (
        (["outside"], "off"),
        (["outside"], "once"),
        ("anhoej", "once"),
        ("western_electric", "off"),
        ("nelson", "off"),
        ("making_data_count_2021", "once"),
    )

    @staticmethod
    def alarm(kind: str, n: int, rules: object, **more: Any) -> float:
        """A quiet series of n useful points: the figure depends on nothing but its length and its rules."""
        values = np.linspace(1, 1.1, n) * np.resize([1.0, -1.0], n)
        return float(chart(kind, values.tolist(), rules=rules, **more).summary.loc[0, "false_alarm"])

    @staticmethod
    def error(share: float, printed: int, n: int) -> float:
        """Three standard errors of both simulations, and half a unit of the last printed digit."""
        from pdsa.chart.alarm import FEWEST, SIMULATED

        own = max(FEWEST, SIMULATED // n)
        return 3 * math.sqrt(max(share * (1 - share), 1e-4) * (1 / printed + 1 / own)) + 0.0005

    @pytest.mark.parametrize("n", list(FIXED))
    def test_11_fixed_center_exactly(self, n: int) -> None:
        shifts = [[Rule("shift", n=k)] for k in (6, 7, 8)]
        found = [self.alarm("run", n, rules, center=0) for rules in ("anhoej", *shifts)]
        assert found == pytest.approx(self.FIXED[n], abs=0.001)

    @pytest.mark.parametrize("n", OWN)
    def test_11_own_median(self, n: int) -> None:
        rules = ("anhoej", [Rule("shift", n=6)], [Rule("trend", n=5)], [Rule("trend", n=6)])
        for rule, printed in zip(rules, self.OWN[n], strict=True):
            found = self.alarm("run", n, rule)
            assert abs(found - printed) <= self.error(found, self.PRINTED_OWN, n), (rule, found, printed)

    @pytest.mark.parametrize("n", I_CHART)
    def test_11_individuals(self, n: int) -> None:
        for (rules, screen), printed in zip(self.SETS, self.I_CHART[n], strict=True):
            found = self.alarm("i", n, rules, screen=screen)
            assert abs(found - printed) <= self.error(found, self.PRINTED_I, n), (rules, screen, found, printed)

    @pytest.mark.parametrize(("n", "printed"), [(12, 0.123), (24, 0.401), (36, 0.584), (60, 0.797), (100, 0.945)])
    def test_11_the_set_of_ihi(self, n: int, printed: float) -> None:
        """Printed with a runs table from the binomial distribution, which is a little less strict at 12 and 24."""
        assert self.alarm("run", n, "ihi") == pytest.approx(printed, abs=self.error(printed, self.PRINTED_I, n) + 0.02)


class Test12PredictiveLimits:
    """What a later point of a stable series does: its chance to lie outside, averaged over the baselines drawn.

    The chance is taken from the lines that `analyze` draws, by the distribution itself, so that only the baselines
    are left to chance.
    """

    SERIES, SERIES_OF_COUNTS = 12_000, 2_000
    NOMINAL = 0.0027
    KS = (6, 12, 30)

    def lines(self, kind: str, k: int, values: Array, n: Array | None = None) -> tuple[Array, Array, Array]:
        """Lower and upper limit of the point after each baseline, and whether it was flagged."""
        rows, length = values.shape
        frame = pd.DataFrame({"s": np.repeat(np.arange(rows), length), "t": np.tile(np.arange(length), rows)})
        frame["x"] = values.ravel()
        below = None
        if n is not None:
            below, frame["n"] = "n", np.broadcast_to(n, values.shape).ravel()
        more = {"limits": "predictive", "baseline": k, "rules": ["outside"]}
        points = pdsa.analyze(frame, kind, value="x", denominator=below, period="t", by="s", **more).points  # type: ignore[arg-type]
        last = points.iloc[k :: k + 1]
        assert not last["baseline"].any()
        return last["lower"].to_numpy(), last["upper"].to_numpy(), last["signal"].to_numpy()

    @staticmethod
    def shares(chance: Array, outside: npt.NDArray[np.bool_], flags: Array) -> tuple[float, float]:
        """The mean chance and its standard error; the points drawn must be flagged just where they lie outside."""
        assert (outside == flags).all()
        return float(chance.mean()), float(chance.std() / math.sqrt(len(chance)))

    @pytest.mark.parametrize("k", KS)
    def test_12_normal(self, k: int) -> None:
        values = np.random.default_rng(k).normal(50, 4, (self.SERIES, k + 1))
        lower, upper, flags = self.lines("i", k, values)
        outside = (values[:, -1] < lower) | (values[:, -1] > upper)
        mean, _ = self.shares(ndtr((lower - 50) / 4) + ndtr((50 - upper) / 4), outside, flags)
        assert outside.any()
        assert abs(mean - self.NOMINAL) <= 0.0005

    @pytest.mark.parametrize("k", KS)
    def test_12_exponential(self, k: int) -> None:
        values = np.random.default_rng(k).exponential(9, (self.SERIES, k + 1))
        lower, upper, flags = self.lines("t", k, values)
        lower, upper = np.nan_to_num(lower), np.nan_to_num(upper, nan=np.inf)
        outside = (values[:, -1] < lower) | (values[:, -1] > upper)
        mean, _ = self.shares(-np.expm1(-lower / 9) + np.exp(-upper / 9), outside, flags)
        assert outside.any()
        assert abs(mean - self.NOMINAL) <= 0.0005

    @pytest.mark.parametrize("k", KS)
    @pytest.mark.parametrize(("n", "p"), [(10, 0.9), (25, 0.9), (25, 0.5), (200, 0.95)])
    def test_12_binomial(self, k: int, n: int, p: float) -> None:
        values = (
            np.random.default_rng([k, n, round(100 * p)]).binomial(n, p, (self.SERIES_OF_COUNTS, k + 1)).astype(float)
        )
        lower, upper, flags = self.lines("p", k, values, np.array(float(n)))
        most = np.minimum(np.floor(np.nan_to_num(upper, nan=1) * n + 1e-9), n)
        least = np.ceil(np.nan_to_num(lower) * n - 1e-9) - 1
        above = np.where(most < n, bdtrc(np.minimum(most, n - 1), n, p), 0)
        below = np.where(least >= 0, bdtr(np.maximum(least, 0), n, p), 0)
        outside = (values[:, -1] > most) | (values[:, -1] <= least)
        mean, error = self.shares(above + below, outside, flags)
        assert mean <= self.NOMINAL + 3 * error

    @pytest.mark.parametrize("k", KS)
    @pytest.mark.parametrize(("kind", "rate"), [("c", 0.5), ("c", 4), ("c", 30), ("u", 4)])
    def test_12_poisson(self, k: int, kind: str, rate: float) -> None:
        """A u chart of exposures that differ; the later point has one of 2."""
        exposure = np.append(np.resize([1.0, 3.0, 2.0], k), 2.0) if kind == "u" else np.ones(k + 1)
        values = (
            np.random.default_rng([k, round(2 * rate)])
            .poisson(rate * exposure, (self.SERIES_OF_COUNTS, k + 1))
            .astype(float)
        )
        lower, upper, flags = self.lines(kind, k, values, exposure if kind == "u" else None)
        mean_count, scale = rate * exposure[-1], exposure[-1]
        most = np.floor(np.nan_to_num(upper, nan=1e6) * scale + 1e-9)
        least = np.ceil(np.nan_to_num(lower) * scale - 1e-9) - 1
        chance = pdtrc(most, mean_count) + np.where(least >= 0, pdtr(np.maximum(least, 0), mean_count), 0)
        outside = (values[:, -1] > most) | (values[:, -1] <= least)
        mean, error = self.shares(chance, outside, flags)
        assert mean <= self.NOMINAL + 3 * error


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6])
def test_13_interrupted_series_without_a_change_are_seldom_called_changed(phi: float) -> None:
    """24 points, 12 and 12, level and slope, neighbors correlated by phi: at most 10% at a nominal 5%.

    Ordinary least squares has 4, 14 and 23% here, and the usual robust errors 18, 28 and 31% (E3.6).
    """
    series, n = 600, 24
    rng = np.random.default_rng(13)
    noise = rng.standard_normal((n, series))
    for t in range(1, n):
        noise[t] = phi * noise[t - 1] + math.sqrt(1 - phi**2) * noise[t]
    frame = pd.DataFrame(
        {"s": np.repeat(np.arange(series), n), "t": np.tile(np.arange(n), series), "x": noise.T.ravel()}
    )
    found = pdsa.interrupted(frame, value="x", period="t", by="s", change=13)
    for name in ("level", "effect"):
        size = ((found[f"{name}_low"] > 0) | (found[f"{name}_high"] < 0)).mean()
        assert 0.02 <= size <= 0.10, name
    assert abs(found["rho"].mean() - phi) < 0.1


def test_14_imputation_agrees_with_an_independent_implementation() -> None:
    """Eight schools, four waves, effects that grow, a school that never begins, cells without a value."""
    diff_diff = pytest.importorskip("diff_diff")
    rng = np.random.default_rng(14)
    begins = dict(zip("ABCDEFGHI", [4, 4, 6, 6, 8, 8, 10, 10, 0], strict=True))
    rows = [(s, t, b) for s, b in begins.items() for t in range(1, 13)]
    frame = pd.DataFrame(rows, columns=["school", "period", "begins"])
    frame["x"] = rng.normal(20, 2, len(frame)) + frame["period"] * 0.5 + frame["school"].map(ord)
    since = frame["period"] - frame["begins"]
    frame["x"] += np.where((frame["begins"] > 0) & (since >= 0), 0.25 * (since + 1), 0)
    frame = frame.drop(index=[5, 40, 71]).reset_index(drop=True)
    other = diff_diff.ImputationDiD().fit(frame, outcome="x", unit="school", time="period", first_treat="begins")
    never = frame.assign(begins=frame["begins"].where(frame["begins"] > 0))
    answer = pdsa.staggered(never, start="begins", value="x", period="period", orders=50)
    events = other.aggregate("event_study")
    expected = {int(e) + 1: one for e, one in zip(events.event_time, events.att, strict=True) if e >= 0}
    found = answer[answer["part"] == "exposure"].set_index("exposure")["effect"]
    assert sorted(found.index) == sorted(expected)
    assert {int(e): one for e, one in found.items()} == pytest.approx(expected, rel=1e-9, abs=1e-8)
    assert float(answer["effect"].iloc[-1]) == pytest.approx(float(other.overall_att), rel=1e-9)


def test_15_no_open_figures_after_a_hundred_charts() -> None:
    import matplotlib as mpl

    mpl.use("agg")
    import matplotlib.pyplot as plt

    from pdsa import figures, plots

    before = plt.get_fignums()
    for i in range(100):
        answer = chart(KINDS[i % len(KINDS)], [5.0, 6, 4, 7, 5, 6, 3 + i % 5, 5, 6, 4, 5, 6])
        drawing = plots.control_chart(answer)
        assert "<svg" in figures.control_chart(answer).html
        if i % 25 == 0:
            drawing.save(io.BytesIO(), format="png", dpi=20, verbose=False)
    assert plt.get_fignums() == before


def test_16_the_wheel_has_one_package_and_no_tests(wheel: Path) -> None:  # noqa: F811
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert "tests" not in top
    assert {name for name in top if not name.endswith((".dist-info", ".data"))} == {"pdsa"}
    # beside the package only what says to Jupyter where the kernel is
    beside = [name.split("/", 1)[1] for name in names if name.split("/")[0].endswith(".data")]
    assert beside == ["data/share/jupyter/kernels/pdsa/kernel.json"]
    assert not [
        name for name in names if "/tests/" in name or name.rsplit("/", 1)[-1].startswith(("test_", "conftest"))
    ]


def test_17_analysis_works_on_the_libraries_of_today() -> None:
    """All of them together; the lines by hand: ranges of 18 in all, mean 64 / 12."""
    least = {"pandas": (3, 1), "numpy": (2, 4), "statsmodels": (0, 15), "plotnine": (0, 15)}
    for name, version in least.items():
        installed = tuple(int(part) for part in importlib.metadata.version(name).split(".")[:2])
        assert installed >= version, name
    values = [4.0, 6, 5, 7, 5, 6, 4, 5, 6, 5, 7, 4]
    answer = chart("i", values)
    assert answer.points["upper"].iloc[0] == pytest.approx(64 / 12 + 3 * (18 / 11) / 1.128, rel=1e-12)
    from pdsa import plots

    picture = io.BytesIO()
    plots.control_chart(answer).save(picture, format="png", dpi=20, verbose=False)
    assert picture.getvalue().startswith(b"\x89PNG")
    twice = pd.DataFrame({"t": range(1, 25), "x": [*values, *(x - 2 for x in values)]})
    found = pdsa.interrupted(twice, value="x", period="t", change=13, slope=False).iloc[0]
    assert found["level"] == pytest.approx(-2, abs=0.1)
    assert found["level_low"] < found["level"] < found["level_high"] < 0
