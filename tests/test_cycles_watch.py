"""Holding the gain: a decaying measure raises the watch, one that holds does not, and how often chance does."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from inquiries import DRIVER, IDEA, MEASURES, MINUTES, RATE, THEORY, chart_of, evidence, plan, predicted, state_of, week
from pdsa.chart import analyze
from pdsa.cycles import Watch, hold_the_gain
from pdsa.cycles.levels import left
from pdsa.records import Measure
from pdsa.records.inquiry import Cycle

BEFORE = [11.0, 9.0] * 7
LEVEL = [21.0, 19.0] * 6  # weeks 15 to 26, about 20
ADOPTED = plan(
    actual_start=week(15), actual_end=date(2025, 12, 19), decision="adopt", decided_on=date(2025, 12, 22)
)  # fmt: skip


def watch(later: list[float], cycle: Cycle = ADOPTED, level: list[float] | None = None, **spec: Any) -> Watch:
    """The watch on talks: weeks before, the level, and what came after it."""
    chart = chart_of([*BEFORE, *(LEVEL if level is None else level), *later], **spec)
    (one,) = hold_the_gain(state_of(*THEORY, cycle), evidence(chart))
    return one


class TestWatch:
    def test_a_gain_that_holds(self) -> None:
        one = watch([20.0, 21.0, 19.0, 20.0] * 3)
        assert one == Watch(
            "idea-1", "ash", "cycle-1", "talks", date(2025, 12, 22), "holding", level=20.0, level_n=12, value=20.0, n=12
        )

    def test_a_gain_that_decays(self) -> None:
        one = watch([20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9])
        assert one.state == "slipping"
        assert one.reasons == ("long_run", "outside")
        # the first is on the center; the run of eleven begins with the second week after the level
        assert one.since == week(28)
        assert one.value == pytest.approx(14.5)

    def test_back_to_where_it_began(self) -> None:
        one = watch(BEFORE[:8])
        assert (one.state, one.since, one.n) == ("slipping", week(27), 8)
        assert one.reasons[0] == "outside"

    def test_a_better_measure_still_is_no_loss(self) -> None:
        assert watch([30.0] * 12).state == "holding"

    def test_a_signal_to_the_good_side_is_no_loss_although_the_latest_lie_lower(self) -> None:
        assert watch([40.0, 19.5, 20.5, 19.0, 19.5, 20.5, 19.0, 19.5]).state == "holding"

    def test_limits_allow_for_a_level_of_so_few_points(self) -> None:
        """Moving ranges of 10 / 11 put published limits at 17.6; limits for a future point of twelve lie at 15.8."""
        level = [21.0, 21.0, 19.0, 19.0] * 3
        assert watch([20.5, 16.5, 19.5, 20.5, 19.5, 20.0], level=level).state == "holding"
        assert watch([20.5, 15.5, 19.5, 20.5, 19.5, 20.0], level=level).state == "slipping"

    def test_less_is_better_where_the_measure_says_so(self) -> None:
        cycle = replace(ADOPTED, measure_ids=("wait",))
        for later, state in (([30.0] * 8, "slipping"), ([9.0] * 8, "holding")):
            chart = chart_of([*BEFORE, *LEVEL, *later], MINUTES)
            assert hold_the_gain(state_of(*THEORY, cycle), evidence(chart))[0].state == state

    def test_a_loss_that_was_made_good_is_told_no_more(self) -> None:
        assert watch([9.0] * 8).state == "slipping"
        assert watch([*[9.0] * 8, *[21.0] * 6]).state == "holding"

    def test_a_loss_stays_told_while_it_lasts(self) -> None:
        assert watch([16.0, 15.0] * 14).state == "slipping"

    def test_too_early(self) -> None:
        assert watch([]).state == "too_early"
        assert (watch([9.0] * 3).state, watch([9.0] * 3).n) == ("too_early", 3)
        assert watch([9.0] * 4).state == "slipping"
        short = watch([], level=LEVEL[:5])
        assert (short.state, short.level, short.level_n, short.value) == ("too_early", 20.2, 5, None)

    def test_a_long_cycle_makes_a_longer_level(self) -> None:
        late = replace(ADOPTED, actual_end=week(29), decided_on=week(30))
        one = watch([20.0] * 8, late)
        assert (one.level_n, one.n) == (16, 4)

    def test_gaps_and_points_set_aside_count_nowhere(self) -> None:
        gap = float("nan")
        level = [21.0, gap, 19.0, *LEVEL[2:], gap]
        one = watch([20.0] * 6, level=level)
        assert (one.level_n, one.n) == (12, 6)
        assert watch([20.0] * 6, exclude=(15,)).n == 5

    def test_nothing_crosses_a_new_way_to_measure(self) -> None:
        one = watch([9.0] * 12, break_on=(27,))
        assert (one.state, one.level, one.level_n) == ("too_early", 9.0, 12)

    def test_a_declared_phase_is_no_new_level(self) -> None:
        assert watch([9.0] * 12, phases=(26,)).state == "slipping"

    def test_proportions_are_watched_as_proportions(self) -> None:
        cycle = replace(ADOPTED, measure_ids=("zeal",))
        for last, state in ((80, "holding"), (60, "slipping")):
            chart = chart_of([*[50] * 14, *[80, 82] * 6, *[last, last + 2] * 4], RATE, below=[100] * 34)
            (one,) = hold_the_gain(state_of(*THEORY, cycle), evidence(chart))
            assert (one.state, one.level) == (state, pytest.approx(81.0))

    def test_later_proportions_do_not_move_the_level(self) -> None:
        """About all 36 points the last 24 would swing; about the level of the first twelve they all lie below."""
        cycle = replace(ADOPTED, measure_ids=("zeal",))
        chart = chart_of([*[50] * 14, *[80, 82] * 6, *[76, 79] * 12], RATE, below=[100] * 50)
        (one,) = hold_the_gain(state_of(*THEORY, cycle), evidence(chart, today=week(51)))
        assert (one.state, one.reasons) == ("slipping", ("long_run",))

    def test_run_charts_are_watched_by_their_runs(self) -> None:
        one = watch([18.5, 18.0] * 6, kind="run")
        assert (one.state, one.reasons) == ("slipping", ("long_run",))
        assert watch([20.0, 21.0] * 6, kind="run").state == "holding"


class TestWhich:
    def test_only_adopted_ideas(self) -> None:
        chart = chart_of([*BEFORE, *LEVEL, *[9.0] * 8])
        for decision in ("adapt", "abandon", None):
            state = state_of(*THEORY, replace(ADOPTED, decision=decision))  # type: ignore[arg-type]
            assert hold_the_gain(state, evidence(chart)) == ()
        assert hold_the_gain(state_of(*THEORY, ADOPTED), evidence(chart, today=date(2025, 12, 21))) == ()

    def test_the_latest_adoption_sets_the_level(self) -> None:
        again = replace(ADOPTED, id="cycle-2", start=week(27), actual_start=week(27), decided_on=week(28))
        values = [*BEFORE, *LEVEL, *[11.0, 9.0] * 6, 10.0, 9.0, 11.0, 10.0]
        for records in ((ADOPTED, again), (again, ADOPTED)):
            (one,) = hold_the_gain(state_of(*THEORY, *records), evidence(chart_of(values), today=week(43)))
            assert (one.cycle, one.level, one.state) == ("cycle-2", 10.0, "holding")

    def test_measures_of_cycle_and_predictions_or_of_the_driver(self) -> None:
        talks, wait = chart_of([*BEFORE, *LEVEL]), chart_of([*BEFORE, *LEVEL], MINUTES)
        zeal = chart_of([50] * 26, RATE, below=[100] * 26)
        drawn = evidence(talks, wait, zeal)
        both = state_of(*THEORY, ADOPTED, predicted(measure_id="wait", type="direction", direction="down"))
        assert [one.measure for one in hold_the_gain(both, drawn)] == ["talks", "wait"]
        bare = state_of(*THEORY, replace(ADOPTED, measure_ids=()))
        assert [one.measure for one in hold_the_gain(bare, drawn)] == ["zeal"]
        alone = state_of(DRIVER, replace(IDEA, driver_id=""), replace(ADOPTED, measure_ids=()))
        assert hold_the_gain(alone, drawn) == ()

    def test_measures_without_a_better_direction_or_a_chart(self) -> None:
        level = Measure("talks", "Talks", "balancing", "continuous", "talks", "stable", "week", "Talks.")
        chart = chart_of([*BEFORE, *LEVEL, *[9.0] * 8], level)
        assert hold_the_gain(state_of(*THEORY, ADOPTED), evidence(chart, measures=(level,))) == ()
        assert hold_the_gain(state_of(*THEORY, ADOPTED), evidence(measures=MEASURES)) == ()
        assert hold_the_gain(state_of(*THEORY, ADOPTED), evidence(chart_of([*BEFORE, *LEVEL], kind="mr"))) == ()

    def test_those_that_slip_come_first(self) -> None:
        talks, wait = chart_of([*BEFORE, *LEVEL, *[20.0] * 8]), chart_of([*BEFORE, *LEVEL, *[40.0] * 8], MINUTES)
        month = replace(ADOPTED, measure_ids=("talks", "wait"))
        found = hold_the_gain(state_of(*THEORY, month), evidence(talks, wait))
        assert [(one.measure, one.state) for one in found] == [("wait", "slipping"), ("talks", "holding")]


def looks(drop: float, series: int, seed: int) -> tuple[float, float]:
    """The share of series that raise the watch at some look of half a year, and at its end.

    Twelve points about 0 make the lines; the points after them lie lower by `drop` standard deviations.
    """
    import pandas as pd

    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (series, 38))
    values[:, 12:] -= drop
    ever, last = np.zeros(series, dtype=bool), np.zeros(series, dtype=bool)
    for n in (*range(16, 38, 2), 38):
        frame = pd.DataFrame(
            {
                "s": np.repeat(np.arange(series), n),
                "period": np.tile(pd.date_range("2025-09-01", periods=n, freq="7D"), series),
                "value": values[:, :n].ravel(),
            }
        )
        chart = analyze(frame, "i", by="s", baseline=12, limits="predictive")
        rows = np.arange(series * n).reshape(series, n)
        for s in range(series):
            one = replace(chart, points=chart.points.iloc[rows[s]])
            last[s] = left(one, 12, -1).any()
        ever |= last
    return float(ever.mean()), float(last.mean())


def test_chance_raises_it_seldom_and_a_loss_nearly_always() -> None:
    """As `left` says of 26 looks: 9% of those that stay, 95% of those that lose 1.5; here of 12 looks each."""
    ever, last = looks(0.0, 300, 20_260_407)
    assert 0.03 <= ever <= 0.13
    assert last <= 0.11
    ever, last = looks(1.5, 120, 20_260_408)
    assert ever >= 0.88
    assert last >= 0.86
