"""The five parts of a sound PDSA, and progress by the evidence on file beside the team's own rating."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date
from typing import Any

import numpy as np
import pytest

from inquiries import AIM, RATE, TALKS, THEORY, chart_of, evidence, plan, predicted, state_of, week
from pdsa.cycles import Evidence, Quality, Standing, progress_of, quality_of
from pdsa.records.inquiry import Aim, Cycle, Person, Prediction, Progress, Record, Task

Records = tuple[Record, ...]
LINE = [*[11, 9] * 7, 12, 14, *[13] * 4]
WHOLE = plan(
    id="cycle-2",
    parent_cycle_id="cycle-1",
    cycle_no=2,
    objective="Find out whether short talks are possible.",
    tasks=(Task("Talk", "Ann"),),
    actual_start=week(15),
    actual_end=date(2025, 12, 19),
    carried_out_as_planned="yes",
    observations="They talked.",
    unexpected_observations="Nothing.",
    what_data_show="More talks.",
    learning="Short talks are possible.",
    studied_on=date(2026, 1, 5),
    decision="adapt",
    decided_on=date(2026, 1, 6),
    rationale="Afternoons are harder.",
    next_test="Afternoons",
)
KEPT = predicted(id="prediction-2", cycle_id="cycle-2", type="value", value=13, measure_id="talks", made_on=week(14))


def judged(
    cycle: Cycle, *predictions: Prediction, more: tuple[Record, ...] = (), given: Evidence | None = None
) -> Quality:
    state = state_of(*THEORY, cycle, *predictions, *more)
    return quality_of([cycle], state, given or evidence(chart_of(LINE)))


def scores(quality: Quality) -> dict[str, float | None]:
    return {part.name: part.score for part in quality.parts}


class TestQuality:
    def test_a_complete_cycle_scores_five(self) -> None:
        assert judged(WHOLE, KEPT).total == 5.0

    def test_an_empty_cycle_scores_nothing(self) -> None:
        empty = judged(Cycle("cycle-1", "ash", "idea-1"))
        assert empty.total == 0.0
        assert set(scores(empty).values()) == {0.0}

    def test_a_complete_ramp_scores_five(self) -> None:
        first = replace(WHOLE, id="cycle-1", parent_cycle_id="", cycle_no=1)
        state = state_of(*THEORY, first, WHOLE, KEPT, replace(KEPT, id="prediction-1", cycle_id="cycle-1"))
        assert quality_of(state.cycles, state, evidence(chart_of(LINE))).total == 5.0

    @pytest.mark.parametrize("how", ["no", "partly"])
    def test_what_differed_is_asked_of_a_cycle_that_was_not_carried_out_as_planned(self, how: Any) -> None:
        bare = judged(replace(WHOLE, carried_out_as_planned=how), KEPT)
        assert bare.part("documentation").cycles[0].lacks == ("what was different from the plan",)
        assert bare.part("documentation").score == 12 / 13
        assert judged(replace(WHOLE, carried_out_as_planned=how, deviations="Half came."), KEPT).total == 5.0

    def test_of_no_cycle(self) -> None:
        none = quality_of((), state_of(), evidence())
        assert none.total == 0.0
        assert set(scores(none).values()) == {None}

    @pytest.mark.parametrize(
        ("name", "empty", "lacks"),
        [
            ("objective", "", "what the cycle is to find out"),
            ("tasks", (), "who does what"),
            ("carried_out_as_planned", None, "whether it was carried out as planned"),
            ("what_data_show", "", "what the data show"),
            ("learning", "", "what was learned"),
            ("decision", None, "the decision"),
            ("rationale", "", "why it was decided"),
            ("next_test", "", "what comes next"),
        ],
    )
    def test_documentation_lacks_what_is_not_written(self, name: str, empty: Any, lacks: str) -> None:
        part = judged(replace(WHOLE, **{name: empty}), KEPT).part("documentation")
        assert part.score == pytest.approx(11 / 12)
        assert part.cycles[0].lacks == (lacks,)

    def test_either_of_two_texts_will_do(self) -> None:
        assert judged(replace(WHOLE, objective="", questions=("Why?",)), KEPT).part("documentation").score == 1.0
        assert judged(replace(WHOLE, observations=""), KEPT).part("documentation").score == 1.0
        assert judged(replace(WHOLE, next_test="", sustain_plan="Each fall."), KEPT).part("documentation").score == 1.0

    def test_monotone_in_everything_that_is_written(self) -> None:
        """Emptying a field of a complete cycle raises no part, and filling one of an empty cycle lowers none."""
        bare = Cycle("cycle-2", "ash", "idea-1")
        top, floor = judged(WHOLE, KEPT), judged(bare)
        for field in fields(Cycle):
            if field.name in ("id", "school_id", "change_idea_id", "scale", "purpose", "cycle_no", "measure_ids"):
                continue
            less = judged(replace(WHOLE, **{field.name: getattr(bare, field.name)}), KEPT)
            more = judged(replace(bare, **{field.name: getattr(WHOLE, field.name)}))
            for name, score in scores(top).items():
                assert (scores(less)[name] or 0) <= (score or 0), field.name
                assert (scores(more)[name] or 0) >= (scores(floor)[name] or 0), field.name

    def test_iteration(self) -> None:
        alone = replace(WHOLE, parent_cycle_id="", cycle_no=1)
        part = judged(alone, KEPT).part("iteration")
        assert (part.score, part.cycles[0].lacks) == (0.5, ("a cycle before or after it",))
        never = judged(replace(alone, next_test=""), KEPT)
        assert never.part("iteration").score == 0.0
        assert never.total == pytest.approx(3 + 11 / 12)
        after = plan(id="cycle-3", parent_cycle_id="cycle-2")
        assert judged(alone, KEPT, more=(after,)).part("iteration").score == 1.0
        elsewhere = plan(id="cycle-3", school_id="oak")
        assert judged(alone, KEPT, more=(elsewhere,)).part("iteration").score == 0.5

    @pytest.mark.parametrize(
        ("change", "score"),
        [
            ({}, 1.0),
            ({"because": ""}, 2 / 3),
            ({"type": "text"}, 1 / 3),
            ({"type": "text", "outcome": "hit"}, 2 / 3),
            ({"made_on": date(2026, 1, 5)}, 0.0),
        ],
    )
    def test_prediction(self, change: dict[str, Any], score: float) -> None:
        assert judged(WHOLE, replace(KEPT, **change)).part("prediction").score == pytest.approx(score)

    def test_without_a_chart_people_can_compare(self) -> None:
        assert judged(WHOLE, KEPT, given=evidence()).part("prediction").score == pytest.approx(2 / 3)
        assert judged(replace(WHOLE, matched="miss"), KEPT, given=evidence()).part("prediction").score == 1.0

    def test_words_settle_what_a_few_students_do(self) -> None:
        words = replace(KEPT, type="text", outcome="hit")
        assert judged(replace(WHOLE, scale="student"), words).part("prediction").score == 1.0
        assert judged(replace(WHOLE, purpose="collect_info"), words).part("prediction").score == 1.0

    def test_small_scale(self) -> None:
        wide = replace(WHOLE, scale="school")
        part = judged(wide, KEPT).part("small_scale")
        assert (part.score, part.cycles[0].lacks) == (0.0, ("a smaller test before it",))
        small = replace(WHOLE, id="cycle-1", parent_cycle_id="", cycle_no=1, start=week(2), actual_start=week(2))
        assert judged(wide, KEPT, more=(small,)).part("small_scale").score == 1.0
        only_planned = plan(id="cycle-1", start=week(2))
        assert judged(wide, KEPT, more=(only_planned,)).part("small_scale").score == 0.0
        assert judged(plan()).part("small_scale").score == 0.0
        assert judged(replace(WHOLE, scale="grade"), KEPT).part("small_scale").score == 1.0

    def test_data_over_time(self) -> None:
        half = judged(WHOLE, KEPT, given=evidence(chart_of(LINE[:15])))
        assert half.part("data_over_time").cycles[0].lacks == ("the points of that measure during the cycle",)
        assert half.part("data_over_time").score == 0.5
        assert judged(WHOLE, KEPT, given=evidence()).part("data_over_time").score == 0.5
        yearly = replace(WHOLE, measure_ids=("grades",))
        assert judged(yearly, replace(KEPT, measure_id="grades")).part("data_over_time").score == 0.0

    def test_what_is_not_due_is_left_out(self) -> None:
        """One student to collect information: no number is due, and the other four parts make the five."""
        one = replace(WHOLE, purpose="collect_info", scale="student", measure_ids=(), data_plan_detail="Listen.")
        quality = judged(one, replace(KEPT, type="text", measure_id="", outcome="hit"))
        assert quality.part("data_over_time").score is None
        assert quality.total == 5.0
        words = judged(replace(WHOLE, data_plan="qualitative"), KEPT)
        assert words.part("data_over_time").score is None
        implement = judged(replace(WHOLE, data_plan="qualitative", purpose="implement"), KEPT)
        assert implement.part("data_over_time").score == 1.0

    def test_each_part_names_the_cycles_that_gave_it(self) -> None:
        empty = Cycle("cycle-9", "ash", "idea-2")
        state = state_of(*THEORY, WHOLE, KEPT, empty)
        quality = quality_of(state.cycles, state, evidence(chart_of(LINE)))
        assert [(one.cycle, one.score) for one in quality.part("prediction").cycles] == [
            ("cycle-2", 1.0),
            ("cycle-9", 0.0),
        ]
        assert quality.total == 2.5


# An aim of 20 talks; twelve points about 10 make the lines.
WEEKS_12 = [11, 9] * 6
TALK_AIM = replace(AIM, measure_id="talks", target_value=20.0, baseline_value=None)
CLOSED = replace(WHOLE, decision="adopt")


def standing(values: list[float], *records: Record, aim: Aim | None = TALK_AIM, **spec: Any) -> Standing:
    chart = chart_of([*WEEKS_12, *values], **({"baseline": 12} | spec))
    state = state_of(*((aim,) if aim else ()), *records)
    return progress_of(state, "ash", evidence(chart))


class TestProgress:
    @pytest.mark.parametrize(
        ("values", "records", "score", "last"),
        [
            ([], (), 0.5, "no_team"),
            ([], (Person("p-1", "Ann", schools=("ash",)),), 1.0, "not_measured"),
            ([10, 10, 10], (plan(),), 1.0, "not_measured"),
            ([10, 10], (CLOSED,), 1.0, "not_measured"),  # nothing measured since the cycle began in week 15
            ([10, 10, 10], (CLOSED,), 2.5, "no_way"),
            ([12.0] * 9, (CLOSED,), 2.5, "no_way"),  # nine points after the baseline are too few
            ([12.0] * 10, (CLOSED,), 3.0, "no_signal"),  # a fifth of the way
            ([11.9] * 10, (CLOSED,), 2.5, "no_way"),
            ([12.0] * 10, (replace(CLOSED, decision="abandon"),), 2.5, "not_implemented"),
            ([14.9] * 10, (CLOSED,), 3.0, "no_signal"),
            ([15.0] * 10, (CLOSED,), 4.5, "not_reached"),
            ([*[10, 9] * 5, *[20] * 9], (CLOSED,), 4.0, "not_held"),
            ([20] * 10, (CLOSED,), 5.0, "reached"),
            ([19.9] * 12, (CLOSED,), 4.5, "not_reached"),
        ],
    )
    def test_each_step(self, values: list[float], records: tuple[Record, ...], score: float, last: str) -> None:
        one = standing(values, *records)
        assert (one.score, one.reasons[-1]) == (score, last)

    def test_half_of_the_way_without_a_signal(self) -> None:
        """Points that swing by 20 about 15: half of the way, and no rule fires."""
        wild = [30.0, -10.0] * 6
        chart = chart_of([*wild, *[35.0, -5.0] * 5], baseline=12)
        state = state_of(TALK_AIM, CLOSED)
        one = progress_of(state, "ash", evidence(chart))
        assert one.way == pytest.approx(0.5)
        assert (one.score, one.reasons[-1]) == (2.5, "no_way")  # 5 is less than one standard error of 15.2

    def test_more_than_half_of_the_way_without_a_signal(self) -> None:
        """From 10 to 26, more than one standard error (14.5) and half of the way to 40, in points that swing by 40."""
        chart = chart_of([*[30.0, -10.0] * 6, *[46.0, 6.0] * 6], baseline=12)
        one = progress_of(state_of(replace(TALK_AIM, target_value=40.0), CLOSED), "ash", evidence(chart))
        assert one.way == pytest.approx(16 / 30)
        assert (one.score, one.reasons[-1]) == (3.0, "no_signal")

    def test_numbers_beside_it(self) -> None:
        one = standing([15.0] * 14, CLOSED)
        assert (one.baseline, one.level, one.n, one.target, one.way) == (10.0, 15.0, 12, 20.0, 0.5)
        assert one.measure == "talks"

    def test_a_fall_towards_a_lower_target(self) -> None:
        low = replace(TALK_AIM, target_value=5.0)
        assert standing([7.5] * 10, CLOSED, aim=low).score == 4.5
        assert standing([12.5] * 10, CLOSED, aim=low).score == 2.5

    def test_a_gain_that_was_lost_no_longer_counts(self) -> None:
        one = standing([*[20] * 12, *[10, 9] * 6], CLOSED)
        assert (one.score, one.reasons[-1]) == (2.5, "no_way")

    def test_its_own_baseline_not_the_networks(self) -> None:
        assert standing([15.0] * 10, CLOSED, aim=replace(TALK_AIM, baseline_value=0.0)).baseline == 10.0
        own = replace(TALK_AIM, id="aim-2", school_id="ash", baseline_value=0.0)
        assert standing([15.0] * 10, TALK_AIM, CLOSED, aim=own).baseline == 0.0
        other = replace(own, school_id="oak")
        assert standing([15.0] * 10, TALK_AIM, CLOSED, aim=other).baseline == 10.0

    def test_without_a_frozen_baseline_the_first_twelve_points(self) -> None:
        one = standing([15.0] * 12, CLOSED, baseline=None)
        assert (one.baseline, one.score) == (10.0, 4.5)

    def test_a_declared_phase_changes_nothing(self) -> None:
        one = standing([15.0] * 12, CLOSED, phases=(12,))
        assert (one.baseline, one.level, one.score) == (10.0, 15.0, 4.5)

    def test_a_new_instrument_begins_anew(self) -> None:
        one = standing([15.0] * 12, CLOSED, break_on=(13,))
        assert (one.way, one.reasons[-1]) == (None, "no_way")

    def test_proportions_are_pooled(self) -> None:
        chart = chart_of([*[50] * 12, *[80] * 12], RATE, below=[100] * 24, baseline=12)
        state = state_of(AIM, replace(CLOSED, measure_ids=("zeal",)))
        one = progress_of(state, "ash", evidence(chart))
        assert (one.baseline, one.level, one.way) == (50.0, 80.0, pytest.approx(30 / 35))
        assert one.score == 4.5

    def test_no_aim(self) -> None:
        one = standing([15.0] * 12, CLOSED, aim=None)
        assert (one.score, one.reasons) == (0.5, ("team", "no_aim"))

    def test_no_chart(self) -> None:
        one = progress_of(state_of(TALK_AIM, CLOSED), "ash", evidence())
        assert (one.score, one.reasons[-1]) == (1.0, "not_measured")

    def test_an_implemented_change_by_purpose_or_scale(self) -> None:
        for more in ({"purpose": "implement"}, {"scale": "school"}, {"scale": "network"}):
            assert standing([12.0] * 10, replace(CLOSED, decision="adapt", **more)).score == 3.0
        assert standing([12.0] * 10, replace(CLOSED, decision="adapt")).reasons[-2:] == ("way", "not_implemented")
        planned = plan(id="cycle-3", scale="school")
        assert standing([12.0] * 10, replace(CLOSED, decision="adapt"), planned).score == 2.5

    def test_the_rating_of_the_team_stands_beside_it(self) -> None:
        first = Progress("progress-9", "ash", date(2026, 1, 1), 3.0)
        latest = Progress("progress-2", "ash", date(2026, 2, 1), 4.0, "We see it.")
        later = Progress("progress-3", "ash", date(2026, 9, 1), 5.0)
        other = Progress("progress-4", "oak", date(2026, 3, 1), 1.0)
        one = standing([10, 10, 10], CLOSED, latest, first, later, other)
        assert one.rated == latest
        assert one.gap == 1.5
        assert standing([10, 10, 10], CLOSED).gap is None

    def test_of_stable_series_few_seem_to_have_moved(self) -> None:
        """Claims of a fifth of the way, 2.3 standard deviations away, on series that stay: rare; of half, none."""
        rng = np.random.default_rng(20_260_406)
        found = []
        for _ in range(200):
            chart = chart_of(rng.normal(10, 2, 36).tolist(), baseline=12)
            found.append(progress_of(state_of(TALK_AIM, CLOSED), "ash", evidence(chart)).score)
        assert np.mean(np.array(found) >= 3.0) <= 0.03
        assert max(found) <= 3.0


def test_measures_without_points_of_their_own_say_nothing() -> None:
    assert TALKS.better == "up"
    assert standing([15.0] * 12, CLOSED, kind="mr").way is None
