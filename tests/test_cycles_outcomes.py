"""Prediction against result: which points count, what a hit is, and when the chart says nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from inquiries import GRADES, MINUTES, MONTHLY, RATE, THEORY, chart_of, evidence, plan, predicted, state_of, week
from pdsa.chart import Chart
from pdsa.cycles import Result, outcome_of, results
from pdsa.cycles.outcomes import ended
from pdsa.narrate.judged import judged_words
from pdsa.records import Calendar, Closure
from pdsa.records.inquiry import Cycle
from pdsa.texts import number_read

JUNE = date(2026, 6, 1)
# Weeks 1 to 14 lie about 10, so that the twelve before week 15 have mean 10 and mean moving range 2; 15 and 16 follow.
BEFORE = [11, 9] * 7
# One standard error of the difference between 2 points and the 12 before: 2 / 1.128 * sqrt(1/2 + 1/12).
ERROR = 1.354


def judged(last: list[float], chart: Chart | None = None, cycle: Cycle | None = None, **fields: Any) -> Result:
    """The result of a prediction about weeks 15 and 16, which have these values."""
    drawn = chart or chart_of([*BEFORE, *last])
    return outcome_of(predicted(measure_id="talks", **fields), cycle or plan(actual_end=date(2025, 12, 19)), drawn)


class TestWindow:
    def test_the_points_of_the_cycle_count_together(self) -> None:
        one = judged([12, 14, 50], type="value", value=13)
        assert (one.value, one.n, one.first, one.last) == (13.0, 2, week(15), week(16))
        assert (one.before, one.before_n) == (10.0, 12)
        assert one.spread == pytest.approx(2 / 1.128)

    def test_proportions_are_divided_as_sums_not_averaged(self) -> None:
        # 10 of 20 and 72 of 80: 82 of 100, where the mean of the two shares would be 70%
        chart = chart_of([*[50] * 14, 10, 72], RATE, below=[*[100] * 14, 20, 80])
        one = judged([], chart, type="range", low=81, high=83)
        assert one.value == pytest.approx(82.0)
        assert one.outcome == "hit"

    def test_counts_of_an_np_chart_are_averaged(self) -> None:
        chart = chart_of([*[50] * 14, 10, 30], RATE, below=[100] * 16, kind="np", per=1.0)
        assert judged([], chart, type="range", low=0, high=99).value == 20.0

    def test_a_week_that_began_before_the_cycle_is_in_neither(self) -> None:
        cycle = plan(start=date(2025, 12, 9), actual_end=date(2025, 12, 19))  # a Tuesday
        one = judged([30, 14], cycle=cycle, type="value", value=13)
        assert (one.value, one.n, one.first) == (14.0, 1, week(16))
        assert one.before == 10.0

    def test_after_a_closed_monday_a_tuesday_begins_the_week(self) -> None:
        monday = Calendar(closures=(Closure(date(2025, 12, 8), date(2025, 12, 8), "Off"),))
        cycle = plan(start=date(2025, 12, 9), actual_end=date(2025, 12, 19))
        chart = chart_of([*BEFORE, 30, 14])
        assert outcome_of(predicted(type="value", value=13), cycle, chart, calendar=monday).n == 2

    def test_the_actual_start_comes_before_the_planned_one(self) -> None:
        cycle = plan(actual_start=week(16), actual_end=date(2025, 12, 19))
        assert judged([30, 14], cycle=cycle, type="value", value=13).first == week(16)

    def test_points_after_the_end_do_not_count(self) -> None:
        cycle = plan(planned_end=date(2026, 3, 1), actual_end=date(2025, 12, 12))
        assert judged([30, 14], cycle=cycle, type="value", value=13).n == 1

    @pytest.mark.parametrize(
        ("fields", "end"),
        [
            ({"actual_end": date(2025, 12, 18)}, date(2025, 12, 18)),
            ({}, date(2025, 12, 19)),
            ({"studied_on": date(2025, 12, 12)}, date(2025, 12, 12)),
            ({"studied_on": date(2026, 1, 7)}, date(2025, 12, 19)),
            ({"decided_on": date(2025, 12, 11), "decision": "abandon"}, date(2025, 12, 11)),
            ({"planned_end": None, "decided_on": date(2026, 1, 8)}, date(2026, 1, 8)),
            ({"planned_end": None}, None),
            ({"planned_end": date(2026, 7, 1)}, None),
            ({"actual_end": date(2026, 7, 1)}, None),
        ],
    )
    def test_when_a_cycle_ended(self, fields: dict[str, Any], end: date | None) -> None:
        assert ended(plan(**fields), JUNE) == end

    def test_a_point_set_aside_counts_neither_before_nor_during(self) -> None:
        chart = chart_of([*BEFORE[:13], 99, 12, 14], exclude=(14, 15))
        one = judged([], chart, type="value", value=13)
        assert (one.value, one.n) == (14.0, 1)
        assert one.before == 10.0

    def test_values_known_as_bounds_do_not_count(self) -> None:
        chart = chart_of([*BEFORE, 12, 14], codes=[*[0] * 15, 4])
        assert judged([], chart, type="value", value=13).n == 1

    def test_the_level_before_does_not_cross_a_phase_or_a_new_instrument(self) -> None:
        phased = chart_of([*[50.0] * 4, *[11, 9] * 5, 12, 14], phases=(4,))
        assert judged([], phased, type="value", value=13).before == 10.0
        changed = chart_of([*[50.0] * 4, *[11, 9] * 5, 12, 14], break_on=(5,))
        assert judged([], changed, type="value", value=13).before == 10.0

    def test_another_school_of_the_chart_is_another_matter(self) -> None:
        drawn = chart_of([*BEFORE, 12, 14], school="oak")
        assert judged([], drawn, type="value", value=13).why == "no_chart"


class TestOutcome:
    @pytest.mark.parametrize(
        ("values", "outcome"),
        [
            ([13, 13], "hit"),
            ([20, 20], "hit"),  # passed
            ([12.95, 12.96], "hit"),  # shown as 13.0
            ([11.5, 11.5], "partly"),  # half of the way from 10
            ([11.4, 11.4], "miss"),
            ([10, 10], "miss"),
            ([7, 7], "miss"),
        ],
    )
    def test_a_value_without_a_band_is_kept_where_it_is_reached(self, values: list[float], outcome: str) -> None:
        assert judged(values, type="value", value=13).outcome == outcome

    @pytest.mark.parametrize(("values", "outcome"), [([7, 7], "hit"), ([6, 6], "hit"), ([8.5, 8.5], "partly")])
    def test_a_value_below_the_level_is_reached_from_above(self, values: list[float], outcome: str) -> None:
        assert judged(values, type="value", value=7).outcome == outcome

    def test_a_value_that_is_the_level_itself_needs_a_band(self) -> None:
        assert judged([10, 10], type="value", value=10).why == "no_change"
        assert judged([10, 10], type="value", value=10, low=9, high=11).outcome == "hit"

    @pytest.mark.parametrize(
        ("values", "outcome"),
        [
            ([12, 12], "hit"),  # both ends included
            ([14, 14], "hit"),
            ([14.04, 14.04], "hit"),  # shown as 14.0
            ([14.06, 14.06], "partly"),  # past the band
            ([11.94, 11.94], "partly"),  # half of the way to it
            ([11, 11], "partly"),
            ([10.9, 10.9], "miss"),
            ([8, 8], "miss"),
        ],
    )
    def test_a_band_is_kept_within_its_ends(self, values: list[float], outcome: str) -> None:
        assert judged(values, type="range", low=12, high=14).outcome == outcome
        assert judged(values, type="value", value=13, low=12, high=14).outcome == outcome

    def test_leaving_a_band_that_held_before_is_a_miss(self) -> None:
        assert judged([12, 12], type="range", low=9, high=11).outcome == "miss"

    def test_a_band_may_be_open_on_one_side(self) -> None:
        assert judged([30, 30], type="range", low=12).outcome == "hit"
        assert judged([12, 12], type="range", high=9).outcome == "miss"
        assert judged([9.5, 9.5], type="range", high=9).outcome == "partly"

    @pytest.mark.parametrize(
        ("values", "up", "down"),
        [
            ([11.4, 11.4], "hit", "miss"),  # 1.4 is more than one standard error, 1.354
            ([11.3, 11.3], "partly", "miss"),
            ([10, 10], "miss", "miss"),
            ([8.7, 8.7], "miss", "partly"),
            ([8.6, 8.6], "miss", "hit"),
        ],
    )
    def test_a_direction_is_kept_beyond_ordinary_variation(self, values: list[float], up: str, down: str) -> None:
        assert judged(values, type="direction", direction="up").outcome == up
        assert judged(values, type="direction", direction="down").outcome == down

    def test_more_points_need_a_smaller_change(self) -> None:
        # two weeks 1.354, six weeks 2 / 1.128 * sqrt(1/6 + 1/12) = 0.886
        cycle = plan(actual_end=date(2026, 1, 16))
        assert judged([11] * 6, cycle=cycle, type="direction", direction="up").outcome == "hit"
        assert judged([11] * 2, type="direction", direction="up").outcome == "partly"

    def test_of_a_stable_measure_about_one_direction_in_six_holds(self) -> None:
        rng = np.random.default_rng(20_260_401)
        told = [
            judged([], chart_of(rng.normal(20, 2, 16).tolist()), type="direction", direction="up").outcome
            for _ in range(600)
        ]
        assert told.count("hit") / 600 == pytest.approx(1 / 6, abs=0.05)
        assert (told.count("hit") + told.count("partly")) / 600 == pytest.approx(0.5, abs=0.06)


class TestNotMeasured:
    def reason(self, last: list[float] | None = None, chart: Chart | None = None, **fields: Any) -> str:
        given = {"type": "value", "value": 13} | fields
        one = judged([12, 14] if last is None else last, chart, **given)
        assert one.outcome == "not_measured"
        return one.why

    def test_without_a_number(self) -> None:
        assert self.reason(value=None) == "incomplete"
        assert self.reason(type="range") == "incomplete"
        assert self.reason(type="direction") == "incomplete"

    def test_without_a_measure_or_a_chart(self) -> None:
        cycle = plan(measure_ids=("talks", "wait"), actual_end=date(2025, 12, 19))
        chart = chart_of([*BEFORE, 12, 14])
        assert outcome_of(predicted(type="value", value=13), cycle, chart).why == "no_measure"
        assert outcome_of(predicted(type="value", value=13), plan(), None).why == "no_chart"

    def test_the_only_measure_of_the_cycle_is_meant(self) -> None:
        one = outcome_of(predicted(type="value", value=13), plan(), chart_of([*BEFORE, 12, 14]))
        assert (one.measure, one.outcome) == ("talks", "hit")

    def test_of_a_group_the_chart_of_all_says_nothing(self) -> None:
        assert self.reason(group="multilingual learners") == "group"

    @pytest.mark.parametrize("kind", ["mr", "cusum", "ewma"])
    def test_charts_of_other_values(self, kind: str) -> None:
        assert self.reason(chart=chart_of([*BEFORE, 12, 14], kind=kind)) == "other_values"

    def test_without_a_day(self) -> None:
        one = judged([12, 14], cycle=plan(start=None), type="value", value=13)
        assert one.why == "not_begun"

    def test_before_its_time(self) -> None:
        chart = chart_of([*BEFORE, 12, 14])
        prediction = predicted(type="value", value=13)
        assert outcome_of(prediction, plan(), chart, today=date(2025, 12, 1)).why == "not_begun"
        under_way = outcome_of(prediction, plan(), chart, today=date(2025, 12, 16))
        assert (under_way.why, under_way.outcome, under_way.n) == ("running", "not_measured", 2)
        assert outcome_of(prediction, plan(), chart, today=date(2025, 12, 19)).outcome == "hit"

    def test_without_a_value(self) -> None:
        assert self.reason([np.nan, np.nan]) == "no_points"
        assert self.reason([]) == "no_points"
        assert judged([np.nan, 14], type="value", value=13).n == 1

    def test_hidden_values(self) -> None:
        chart = chart_of([*BEFORE, np.nan, np.nan], codes=[*[0] * 14, 2, 1])
        assert self.reason(chart=chart) == "hidden"

    def test_counted_in_two_ways(self) -> None:
        assert self.reason(chart=chart_of([*BEFORE, 12, 14], break_on=(16,))) == "new_way"

    def test_too_few_before(self) -> None:
        cycle = plan(start=week(10), actual_end=date(2025, 11, 14))
        chart = chart_of([*[11, 9] * 5, 12, 14])
        for fields in ({"type": "value", "value": 13}, {"type": "direction", "direction": "up"}):
            assert outcome_of(predicted(**fields), cycle, chart).why == "few_before"
        later = plan(start=week(11), actual_end=date(2025, 11, 21))  # ten points before
        assert outcome_of(predicted(type="value", value=12), later, chart).outcome == "hit"

    def test_a_band_needs_nothing_before(self) -> None:
        cycle = plan(start=week(2), actual_end=date(2025, 9, 19))
        chart = chart_of([11, 9, 10, 10])
        assert outcome_of(predicted(type="range", low=9, high=10), cycle, chart).outcome == "hit"
        assert outcome_of(predicted(type="range", low=12, high=13), cycle, chart).outcome == "miss"

    def test_a_monthly_measure_has_no_whole_month_in_two_weeks(self) -> None:
        chart = chart_of([*BEFORE[:12], 14, 14], MONTHLY)
        cycle = plan(measure_ids=("month",), actual_end=date(2025, 12, 19))
        assert outcome_of(predicted(type="value", value=13), cycle, chart).why == "no_points"

    def test_periods_that_are_no_dates(self) -> None:
        import pandas as pd

        from pdsa import analyze

        chart = analyze(pd.DataFrame({"period": range(1, 13), "value": range(12)}))
        assert outcome_of(predicted(type="value", value=13), plan(), chart).why == "no_chart"


class TestPeople:
    @pytest.mark.parametrize("kind", ["text", "probability"])
    def test_of_words_and_chances_the_people_tell(self, kind: str) -> None:
        fields = {"type": kind, "probability": 0.7}
        assert judged([12, 14], **fields).outcome == "not_measured"
        one = judged([12, 14], outcome="partly", **fields)
        assert (one.outcome, one.why, one.told) == ("partly", "people", "partly")

    def test_what_people_say_stands_beside_what_the_chart_says(self) -> None:
        one = judged([12, 14], type="value", value=13, outcome="miss")
        assert (one.outcome, one.people, one.told, one.differs) == ("hit", "miss", "hit", True)
        assert not judged([12, 14], type="value", value=13, outcome="hit").differs
        assert not judged([12, 14], type="value", value=13, outcome="not_measured").differs

    def test_where_the_chart_cannot_tell_the_people_do(self) -> None:
        one = judged([np.nan, np.nan], type="value", value=13, outcome="miss")
        assert (one.outcome, one.told, one.differs) == ("not_measured", "miss", False)

    def test_a_cycle_with_one_prediction_speaks_for_it(self) -> None:
        cycle = plan(matched="partly")
        one = predicted(type="text")
        assert [r.told for r in results(state_of(*THEORY, cycle, one), evidence())] == ["partly"]
        two = replace(one, id="prediction-2", outcome="hit")
        told = [r.told for r in results(state_of(*THEORY, cycle, one, two), evidence())]
        assert told == ["not_measured", "hit"]

    def test_written_down_afterwards(self) -> None:
        assert judged([12, 14], type="value", value=13, made_on=date(2025, 12, 20)).late
        assert not judged([12, 14], type="value", value=13, made_on=date(2025, 12, 19)).late
        assert not judged([12, 14], type="value", value=13).late

    def test_when_it_was_known(self) -> None:
        assert judged([12, 14], type="value", value=13).closed == date(2025, 12, 19)
        cycle = plan(studied_on=date(2026, 1, 6), decided_on=date(2026, 1, 8), actual_end=date(2025, 12, 19))
        assert judged([12, 14], cycle=cycle, type="value", value=13).closed == date(2026, 1, 6)


def test_the_rule_is_told_where_a_chart_has_judged() -> None:
    told = Result(predicted(type="value", value=84.0), "0107", "partly", value=80.0)
    assert judged_words([told]).startswith("How the charts judge a prediction: ")
    assert judged_words([replace(told, why="people"), replace(told, outcome="not_measured", why="running")]) == ""


def test_results_find_the_chart_of_each_prediction() -> None:
    talks, wait = chart_of([*BEFORE, 12, 14]), chart_of([*BEFORE, 8, 8], MINUTES)
    one = predicted(type="value", value=13, measure_id="talks")
    two = predicted(id="prediction-2", type="direction", direction="down", measure_id="wait")
    orphan = predicted(id="prediction-3", cycle_id="cycle-9", type="text")
    begun = plan(actual_start=plan().start)
    found = results(state_of(*THEORY, begun, one, two, orphan), evidence(talks, wait))
    assert [(r.prediction.id, r.outcome, r.value) for r in found] == [
        ("prediction-1", "hit", 13.0),
        ("prediction-2", "hit", 8.0),
    ]


def test_the_lines_of_the_chart_stay_as_they_are() -> None:
    chart = chart_of([*BEFORE, 12, 14])
    points, summary = chart.points.copy(), chart.summary.copy()
    judged([], chart, type="value", value=13)
    assert chart.points.equals(points)
    assert chart.summary.equals(summary)


@pytest.mark.parametrize(
    ("value", "digits"), [(74.96, 75.0), (74.94, 74.9), (0.12345, 0.123), (1234.6, 1235.0), (0.0, 0.0), (-3.14, -3.1)]
)
def test_values_are_compared_as_they_are_read(value: float, digits: float) -> None:
    assert number_read(value, "") == digits


@pytest.mark.parametrize(("value", "digits"), [(0.964, 1.0), (0.94, 0.9), (0.04, 0.0), (78.06, 78.1)])
def test_percents_are_compared_to_one_decimal(value: float, digits: float) -> None:
    assert number_read(value, "%") == digits


def test_expected_numbers() -> None:
    assert judged([12, 14], type="range", low=12, high=15).expected == 13.5
    assert judged([12, 14], type="value", value=13, low=12, high=20).expected == 13
    assert judged([12, 14], type="range", low=12).expected is None
    assert judged([12, 14], type="direction", direction="up").expected is None


def test_a_year_is_one_point() -> None:
    chart = chart_of([72, 70, 71], GRADES, below=[100, 100, 100])  # of 2026-27, 2027-28, 2028-29
    year = {"start": date(2026, 8, 24), "actual_end": date(2027, 6, 1)}
    cycle = plan(measure_ids=("grades",), **year)
    one = outcome_of(predicted(type="range", low=71, high=73), cycle, chart, today=date(2027, 7, 1))
    assert (one.n, one.value, one.outcome) == (1, 72.0, "hit")


def test_a_plan_that_nobody_has_begun_is_not_judged() -> None:
    one = predicted(type="value", value=13, measure_id="talks")
    (found,) = results(state_of(*THEORY, plan(), one), evidence(chart_of([*BEFORE, 12, 14])))
    assert (found.outcome, found.why, found.value, found.closed) == ("not_measured", "not_begun", None, None)


def test_a_chart_without_points_judges_nothing() -> None:
    one = predicted(type="value", value=13, measure_id="talks")
    (found,) = results(state_of(*THEORY, plan(actual_start=plan().start), one), evidence(chart_of([])))
    assert found.outcome == "not_measured"
