"""The plan check: each of the thirteen failure modes where it is planted, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from datetime import date
from typing import Any, get_args

import numpy as np
import pytest

from inquiries import (
    AIM,
    DRIVER,
    GRADES,
    IDEA,
    MINUTES,
    MONTHLY,
    RATE,
    TALKS,
    THEORY,
    chart_of,
    evidence,
    plan,
    predicted,
    state_of,
    week,
)
from pdsa.content import content
from pdsa.cycles import Evidence, PlanQuestion, all_questions, modes, plan_questions
from pdsa.cycles.modes import ModeId
from pdsa.inquiry import State
from pdsa.records import Calendar, Closure
from pdsa.records.inquiry import Aim, ChangeIdea, Cycle, Driver, Insight, Prediction, Record
from pdsa.terms import SCALES, Purpose, Scale

SOUND = {
    "actual_start": week(15),
    "actual_end": date(2025, 12, 19),
    "carried_out_as_planned": "yes",
    "observations": "They talked.",
    "unexpected_observations": "Nothing.",
    "what_data_show": "More talks.",
    "learning": "Short talks are possible.",
    "studied_on": date(2026, 1, 5),
    "decision": "adapt",
    "decided_on": date(2026, 1, 6),
}
LINE = [*[11, 9] * 7, 12, 14, *[13] * 4]
JANUARY = date(2026, 1, 20)


def done(**more: Any) -> Cycle:
    """A cycle of class scale that leaves nothing open."""
    return plan(**(SOUND | more))


def kept(**more: Any) -> Prediction:
    """A prediction that the chart can settle."""
    return predicted(**({"type": "value", "value": 13, "measure_id": "talks"} | more))


def charts(*more: Any, today: date = JANUARY, closures: Any = ()) -> Evidence:
    return evidence(*(more or (chart_of(LINE),)), today=today, closures=closures)


def asked(
    cycle: Cycle, *records: Record, given: Evidence | None = None, theory: tuple[Record, ...] = THEORY
) -> list[str]:
    """The modes that are asked about."""
    state = state_of(*theory, cycle, *(records or (kept(),)))
    return [one.mode for one in plan_questions(cycle, state, given or charts())]


def found(
    cycle: Cycle, *records: Record, given: Evidence | None = None, theory: tuple[Record, ...] = THEORY
) -> list[str]:
    state = state_of(*theory, cycle, *(records or (kept(),)))
    return [one.found for one in plan_questions(cycle, state, given or charts())]


class TestSound:
    def test_a_sound_cycle_is_asked_nothing_at_any_stage(self) -> None:
        assert asked(plan(), given=charts(today=date(2025, 12, 1))) == []
        assert asked(plan(actual_start=week(15)), given=charts(today=date(2025, 12, 15))) == []
        assert asked(done(decision=None, decided_on=None)) == []
        assert asked(done()) == []

    def test_one_student_to_collect_information_needs_no_number_and_no_iteration(self) -> None:
        cycle = plan(
            purpose="collect_info",
            scale="student",
            measure_ids=(),
            questions=("What keeps her from coming?",),
            actual_start=week(15),
            unexpected_observations="The bus.",
            what_data_show="She told us.",
            learning="The bus is late.",
            decision="adopt",
            decided_on=date(2026, 1, 6),
        )
        assert asked(cycle, Insight("insight-1", "The bus.")) == []
        bare = replace(cycle, change_idea_id="", carried_out_as_planned=None)
        assert asked(bare, Insight("insight-1", "The bus.")) == []

    def test_a_few_students_need_a_prediction_and_something_to_watch_for(self) -> None:
        cycle = done(scale="few_students", measure_ids=(), data_plan_detail="Do they stay to the end?")
        assert asked(cycle, predicted(outcome="hit")) == []

    def test_a_school_after_smaller_tests(self) -> None:
        first = done(scale="class")
        second = done(
            id="cycle-2", scale="school", parent_cycle_id="cycle-1", cycle_no=2, decision="adopt", start=week(17)
        )
        second = replace(second, actual_start=week(17), actual_end=date(2026, 1, 2), decided_on=date(2026, 1, 6))
        later = [first, kept(), kept(id="prediction-2", cycle_id="cycle-2")]
        assert asked(second, *later) == []


class TestTheory:
    def test_no_idea(self) -> None:
        assert found(plan(change_idea_id=""), given=charts(today=week(14))) == ["The cycle names no change idea."]

    def test_an_idea_that_the_reader_may_not_see_is_not_missing(self) -> None:
        assert asked(plan(change_idea_id="idea-9"), given=charts(today=week(14))) == []

    def test_an_idea_without_a_driver(self) -> None:
        theory = (AIM, DRIVER, replace(IDEA, driver_id=""))
        assert found(plan(), given=charts(today=week(14)), theory=theory) == [
            'The idea "Morning talks" stands under no driver.'
        ]

    def test_a_driver_that_is_gone(self) -> None:
        assert found(plan(), given=charts(today=week(14)), theory=(AIM, IDEA)) == [
            'The driver that the idea "Morning talks" stood under is no longer in the theory.'
        ]

    def test_a_retired_driver(self) -> None:
        theory = (AIM, replace(DRIVER, retired_on=week(10)), IDEA)
        told = 'The idea "Morning talks" stands under "Students are known", which the network has retired.'
        assert found(plan(), given=charts(today=week(14)), theory=theory) == [told]
        assert found(plan(), given=charts(today=week(9)), theory=theory) == []

    def test_drivers_that_lead_to_no_aim(self) -> None:
        told = ['The driver "Students are known" leads to no aim.']
        alone = replace(DRIVER, aim_id="")
        assert found(plan(), given=charts(today=week(14)), theory=(alone, IDEA)) == told
        assert found(plan(), given=charts(today=week(14)), theory=(AIM, alone, IDEA)) == []
        other = replace(AIM, id="aim-2")
        assert found(plan(), given=charts(today=week(14)), theory=(AIM, other, alone, IDEA)) == told
        assert found(plan(), given=charts(today=week(14)), theory=(other, DRIVER, IDEA)) == told

    def test_a_secondary_driver_leads_there_by_way_of_its_parent(self) -> None:
        below = Driver("driver-2", "Talks", "secondary", parent_id="driver-1")
        theory = (AIM, replace(AIM, id="aim-2"), DRIVER, below, replace(IDEA, driver_id="driver-2"))
        assert asked(plan(), given=charts(today=week(14)), theory=theory) == []

    def test_drivers_in_a_circle_lead_nowhere(self) -> None:
        one = Driver("driver-1", "One", parent_id="driver-2")
        two = Driver("driver-2", "Two", parent_id="driver-1")
        theory = (AIM, replace(AIM, id="aim-2"), one, two, IDEA)
        assert asked(plan(), given=charts(today=week(14)), theory=theory) == ["no_theory"]


class TestCriteria:
    def ask(self, cycle: Cycle, *records: Record) -> list[str]:
        state = state_of(*THEORY, cycle, *records)
        return [one.found for one in plan_questions(cycle, state, charts(today=week(14))) if one.mode == "no_criteria"]

    def test_information_needs_a_question(self) -> None:
        cycle = plan(purpose="collect_info", measure_ids=())
        assert self.ask(cycle) == [
            "The cycle is there to collect information, and says nothing that it wants to find out."
        ]
        assert self.ask(replace(cycle, questions=("  ",))) != []
        assert self.ask(replace(cycle, questions=("Why?",))) == []
        assert self.ask(replace(cycle, objective="Find out why.")) == []
        assert self.ask(cycle, predicted()) == []

    def test_without_a_prediction(self) -> None:
        assert self.ask(plan(scale="student")) == ["The cycle has no prediction."]

    def test_nothing_to_look_at(self) -> None:
        told = ["There is a prediction, and neither a measure nor anything else to look at."]
        assert self.ask(plan(scale="student", measure_ids=()), predicted()) == told
        assert self.ask(plan(scale="student", measure_ids=(), data_plan_detail="Watch."), predicted()) == []
        assert self.ask(plan(scale="student", measure_ids=()), predicted(measure_id="talks")) == []

    @pytest.mark.parametrize(
        ("purpose", "scale", "asks"),
        [
            ("test", "student", False),
            ("test", "few_students", False),
            ("test", "class", True),
            ("test", "network", True),
            ("develop", "few_students", False),
            ("develop", "class", True),
            ("implement", "student", True),
            ("implement", "school", True),
        ],
    )
    def test_from_a_class_on_a_number_can_settle_it(self, purpose: Purpose, scale: Scale, asks: bool) -> None:
        cycle = plan(purpose=purpose, scale=scale)
        assert bool(self.ask(cycle, predicted())) == asks
        if asks:
            assert self.ask(cycle, predicted()) == [
                "No prediction says a value, a range, a direction or a probability."
            ]
            assert self.ask(cycle, kept()) == []

    def test_a_plan_in_words_needs_no_number(self) -> None:
        assert self.ask(plan(data_plan="qualitative"), predicted()) == []
        assert self.ask(plan(data_plan="qualitative", purpose="implement"), predicted()) != []

    def test_a_type_without_its_number_is_no_number(self) -> None:
        assert self.ask(plan(), predicted(type="value")) != []
        assert self.ask(plan(), predicted(type="direction")) != []
        assert self.ask(plan(), predicted(type="direction", direction="up")) == []
        assert self.ask(plan(), predicted(type="probability", probability=0.0)) == []

    def test_a_number_of_no_measure(self) -> None:
        cycle = plan(measure_ids=("talks", "wait"))
        told = ["No prediction says which measure it speaks of."]
        assert self.ask(cycle, predicted(type="value", value=13)) == told
        assert self.ask(cycle, kept()) == []
        assert self.ask(cycle, predicted(type="probability", probability=0.7)) == []

    def test_one_prediction_of_several_is_enough(self) -> None:
        assert self.ask(plan(), predicted(), kept(id="prediction-2")) == []


class TestDataPlan:
    def ask(self, cycle: Cycle, prediction: Prediction, given: Evidence | None = None) -> list[str]:
        state = state_of(*THEORY, cycle, prediction)
        raised = plan_questions(cycle, state, given or charts(today=week(14)))
        return [one.found for one in raised if one.mode == "data_plan"]

    def test_no_month_lies_wholly_in_two_weeks(self) -> None:
        cycle = plan(measure_ids=("month",))
        told = "From 2025-12-08 to {} no whole month of Monthly is counted."
        assert self.ask(cycle, kept(measure_id="month")) == [told.format("2025-12-19")]
        later = replace(cycle, planned_end=date(2025, 12, 31))
        assert self.ask(later, kept(measure_id="month")) == [told.format("2025-12-31")]
        assert self.ask(replace(cycle, planned_end=date(2026, 1, 2)), kept(measure_id="month")) == []
        assert self.ask(replace(cycle, start=date(2025, 12, 1)), kept(measure_id="month")) == []

    def test_the_measure_of_the_prediction_decides(self) -> None:
        cycle = plan(measure_ids=("month", "talks"))
        assert self.ask(cycle, kept()) == []
        assert self.ask(cycle, kept(measure_id="month")) != []

    def test_closed_weeks_are_no_points(self) -> None:
        closed = charts(today=week(14), closures=[Closure(week(15), date(2025, 12, 21), "Break")])
        assert self.ask(plan(), kept(), closed) != []
        one_day = charts(today=week(14), closures=[Closure(week(15), week(15), "Off")])
        assert self.ask(plan(), kept(), one_day) == []

    def test_without_days_nobody_can_tell(self) -> None:
        assert self.ask(plan(measure_ids=("month",), planned_end=None), kept(measure_id="month")) == []
        assert self.ask(plan(measure_ids=("month",), start=None), kept(measure_id="month")) == []

    def test_a_yearly_measure_is_another_question(self) -> None:
        cycle = plan(measure_ids=("grades",))
        assert self.ask(cycle, kept(measure_id="grades")) == []
        assert asked(cycle, kept(measure_id="grades"), given=charts(today=week(14))) == ["no_data_over_time"]

    def test_plans_in_words_and_for_information_are_not_asked(self) -> None:
        for more in ({"data_plan": "qualitative"}, {"purpose": "collect_info"}):
            assert self.ask(plan(measure_ids=("month",), **more), kept(measure_id="month")) == []

    def test_points_of_too_few(self) -> None:
        cycle, one = plan(measure_ids=("zeal",)), kept(measure_id="zeal", value=90)
        small = charts(chart_of([6] * 14, RATE, below=[9] * 14), today=week(14))
        assert self.ask(cycle, one, small) == ["Zeal rests on about 9 a week, and needs 10 to say anything."]
        enough = charts(chart_of([6] * 14, RATE, below=[10] * 14), today=week(14))
        assert self.ask(cycle, one, enough) == []
        rare = charts(chart_of([6] * 14, RATE, below=[*[30] * 10, *[9] * 4]), today=week(14))
        assert self.ask(cycle, one, rare) == []
        grown = charts(chart_of([6] * 26, RATE, below=[*[9] * 14, *[30] * 12]), today=week(14))
        assert self.ask(cycle, one, grown) == []
        unbounded = replace(RATE, min_denominator=0)
        drawn = chart_of([6] * 14, unbounded, below=[9] * 14)
        assert self.ask(cycle, one, evidence(drawn, measures=(unbounded,), today=week(14))) == []


class TestAsPlanned:
    def ask(self, cycle: Cycle, given: Evidence | None = None) -> list[str]:
        state = state_of(*THEORY, cycle, kept())
        raised = plan_questions(cycle, state, given or charts())
        return [one.found for one in raised if one.mode == "not_as_planned"]

    def test_nobody_says(self) -> None:
        told = ["Nothing says whether the test was carried out as planned."]
        assert self.ask(done(carried_out_as_planned=None)) == told

    @pytest.mark.parametrize(("how", "word"), [("no", "not"), ("partly", "only partly")])
    def test_otherwise_and_nobody_says_how(self, how: str, word: str) -> None:
        told = [f"It was {word} carried out as planned, and nothing says what was different."]
        assert self.ask(done(carried_out_as_planned=how)) == told
        assert self.ask(done(carried_out_as_planned=how, deviations=" ")) == told
        assert self.ask(done(carried_out_as_planned=how, deviations="Two were ill.")) == []

    def test_not_before_it_is_over(self) -> None:
        cycle = plan(actual_start=week(15))
        assert self.ask(cycle) == []
        assert self.ask(replace(cycle, actual_end=date(2025, 12, 19))) != []
        assert self.ask(replace(cycle, actual_end=date(2026, 2, 1))) == []
        assert self.ask(replace(cycle, learning="It works.")) != []

    def test_for_a_whole_school_a_process_measure_shows_it(self) -> None:
        told = ["It was carried out as planned, as people say, and no process measure shows it."]
        wide = {"scale": "school", "cycle_no": 2}
        assert self.ask(done(measure_ids=("wait",), **wide), charts(chart_of(LINE, MINUTES))) == []
        state = state_of(*THEORY, done(measure_ids=("wait",), **wide), kept(measure_id="wait"))
        raised = plan_questions(state.cycles[0], state, charts(chart_of(LINE, MINUTES)))
        assert [one.found for one in raised] == told
        assert self.ask(done(**wide)) == []
        implement = state_of(*THEORY, done(purpose="implement", measure_ids=("wait",)), kept(measure_id="wait"))
        raised = plan_questions(implement.cycles[0], implement, charts(chart_of(LINE, MINUTES)))
        assert [one.found for one in raised] == told

    def test_collecting_information_changes_nothing(self) -> None:
        assert self.ask(done(purpose="collect_info", carried_out_as_planned=None)) == []


class TestDataGaps:
    def ask(self, values: list[float], codes: Any = None, cycle: Cycle | None = None, **given: Any) -> list[str]:
        own = cycle or done(planned_end=date(2026, 1, 9), actual_end=date(2026, 1, 9))
        state = state_of(*THEORY, own, kept())
        chart = chart_of([*[11, 9] * 7, *values], codes=None if codes is None else [*[0] * 14, *codes])
        raised = plan_questions(own, state, charts(chart, **({"today": date(2026, 3, 1)} | given)))
        return [one.found for one in raised if one.mode == "data_gaps"]

    def test_under_four_in_five(self) -> None:
        gap = float("nan")
        assert self.ask([gap, 12, 12, 12, gap]) == ["Of 5 points of Talks that were due, one a week, 3 came in."]
        assert self.ask([gap, 12, 12, 12, 12]) == []
        assert self.ask([12, 12, 12, 12, 12]) == []

    def test_a_school_that_stopped_reporting(self) -> None:
        assert self.ask([]) == ["Of 5 points of Talks that were due, one a week, 0 came in."]

    def test_hidden_points_came_in_and_those_not_applicable_were_not_due(self) -> None:
        gap = float("nan")
        assert self.ask([gap, gap, 12, 12, 12], [2, 2, 0, 0, 0]) == []
        assert self.ask([gap, gap, 12, 12, 12], [6, 6, 0, 0, 0]) == []
        assert self.ask([gap, gap, 12, 12, 12], [7, 7, 0, 0, 0]) != []
        assert self.ask([gap] * 5, [6] * 5) == []

    def test_closed_weeks_are_not_due(self) -> None:
        gap = float("nan")
        break_ = Closure(date(2025, 12, 22), date(2026, 1, 4), "Winter break")
        assert self.ask([12, 12, gap, gap, 12]) != []
        assert self.ask([12, 12, gap, gap, 12], closures=[break_]) == []
        assert self.ask([12, gap, gap, gap, 12], closures=[break_]) == [
            "Of 3 points of Talks that were due, one a week, 2 came in."
        ]

    def test_numbers_still_on_their_way_are_not_missed(self) -> None:
        running = plan(actual_start=week(15), planned_end=date(2026, 3, 1))
        for today, due in ((week(16), 0), (date(2025, 12, 21), 0), (week(17), 1), (week(20), 4)):
            told = [f"Of {due} points of Talks that were due, one a week, 0 came in."] if due else []
            assert self.ask([], cycle=running, today=today) == told

    def test_without_a_chart_nobody_knows(self) -> None:
        assert asked(done(), kept(outcome="hit"), given=evidence(today=JANUARY)) == []

    def test_a_calendar_of_observed_weeks_asks_for_weeks_in_which_anybody_reported(self) -> None:
        gap = float("nan")
        cycle = done(planned_end=date(2026, 1, 9), actual_end=date(2026, 1, 9))
        state = state_of(*THEORY, cycle, kept())
        chart = chart_of([*[11, 9] * 7, 12, gap, 12])
        drawn = Evidence({"talks": chart}, Calendar("observed"), date(2026, 3, 1), (TALKS,))
        assert [one.found for one in plan_questions(cycle, state, drawn) if one.mode == "data_gaps"] == [
            "Of 3 points of Talks that were due, one a week, 2 came in."
        ]


class TestStudy:
    def ask(self, cycle: Cycle, *records: Record, given: Evidence | None = None) -> list[str]:
        state = state_of(*THEORY, cycle, *records)
        raised = plan_questions(cycle, state, given or charts())
        return [one.found for one in raised if one.mode == "no_study"]

    def test_a_decision_without_a_result(self) -> None:
        assert self.ask(done(what_data_show=""), kept()) == ["Nothing says what came out."]
        assert self.ask(done(what_data_show=""), kept(outcome="hit")) == []
        assert self.ask(done(what_data_show=""), kept(result_value=0.0)) == []
        assert self.ask(done(what_data_show=""), kept(result_text="Twelve.")) == []
        assert self.ask(done(what_data_show="", matched="miss"), kept()) == []

    def test_a_result_beside_no_prediction(self) -> None:
        told = ["What came out is written down, and not set beside the prediction."]
        assert self.ask(done(), predicted()) == told
        assert self.ask(done(), predicted(outcome="miss")) == []
        assert self.ask(done(matched="hit"), predicted()) == []
        assert self.ask(done(), kept()) == []  # the chart sets it beside
        assert self.ask(done(), kept(), given=evidence(today=JANUARY)) == told

    def test_without_a_prediction_there_is_nothing_to_compare(self) -> None:
        assert self.ask(done()) == []

    def test_a_study_under_way_is_asked_too(self) -> None:
        assert self.ask(done(decision=None), predicted()) != []
        assert self.ask(done(decision=None, studied_on=None), predicted()) == []

    def test_overdue_after_two_school_weeks(self) -> None:
        cycle = plan(actual_start=week(15))  # its planned end is Friday 2025-12-19
        assert self.ask(cycle, kept(), given=charts(today=date(2026, 1, 2))) == []
        told = ["The planned end, 2025-12-19, was 11 school days ago, and nothing is studied yet."]
        assert self.ask(cycle, kept(), given=charts(today=date(2026, 1, 5))) == told
        closed = [Closure(date(2025, 12, 22), date(2026, 1, 4), "Winter break")]
        assert self.ask(cycle, kept(), given=charts(today=date(2026, 1, 16), closures=closed)) == []
        assert self.ask(cycle, kept(), given=charts(today=date(2026, 1, 19), closures=closed)) != []

    def test_what_never_began_is_not_asked_for_its_study(self) -> None:
        assert self.ask(plan(), kept(), given=charts(today=date(2026, 3, 1))) == []


class TestLearning:
    def test_surprises(self) -> None:
        told = ["Nothing is written down that was not expected, not even that there was nothing."]
        assert found(done(unexpected_observations="")) == told
        assert found(done(unexpected_observations=" \n")) == told
        assert asked(plan(actual_start=week(15)), given=charts(today=date(2025, 12, 15))) == []

    def test_learning(self) -> None:
        told = ["The cycle is closed, and neither its learning nor an insight says what it taught."]
        assert found(done(learning="")) == told
        assert found(done(learning=""), kept(), Insight("insight-1", "Short is enough.", ("cycle-1",))) == []
        assert found(done(learning=""), kept(), Insight("insight-1", "Other.", ("cycle-2",))) == told
        assert asked(done(learning="", decision=None)) == []


def ramp_of(outcomes: str, last: str = "adapt") -> list[Record]:
    """A ramp with one prediction in words a cycle: held, partly, missed or not measured."""
    words = {"h": "hit", "p": "partly", "m": "miss", "-": None}
    found: list[Record] = []
    for k, letter in enumerate(outcomes, start=1):
        decision = last if k == len(outcomes) else "adapt"
        day = {"actual_start": week(k), "actual_end": week(k), "start": week(k), "planned_end": week(k)}
        more = {"decided_on": week(k), "studied_on": week(k), "scale": "few_students", "measure_ids": ()}
        parent = f"cycle-{k - 1}" if k > 1 else ""
        known = {"decision": decision, "data_plan_detail": "Watch.", "matched": "hit"}
        found.append(done(id=f"cycle-{k}", cycle_no=k, parent_cycle_id=parent, **known, **day, **more))
        given = {"outcome": words[letter]} if words[letter] else {"outcome": "not_measured"}
        found.append(predicted(id=f"prediction-{k}", cycle_id=f"cycle-{k}", **given))
    return found


class TestRamps:
    def ask(self, records: list[Record]) -> dict[str, list[str]]:
        state = state_of(*THEORY, *records)
        return {
            cycle.id: [one.mode for one in plan_questions(cycle, state, charts()) if one.mode != "theory_unrevised"]
            for cycle in state.cycles
            if [one for one in plan_questions(cycle, state, charts()) if one.mode != "theory_unrevised"]
        }

    def test_three_misses_and_still_adapt(self) -> None:
        assert self.ask(ramp_of("mmm")) == {"cycle-3": ["not_abandoned"]}
        assert self.ask(ramp_of("hmmpmm")) == {"cycle-6": ["not_abandoned"]}

    @pytest.mark.parametrize("outcomes", ["mm", "mm-", "mmh", "hmhmhm", "hhmmmh", "ppmpmm"])
    def test_a_ramp_that_learns_is_not_asked(self, outcomes: str) -> None:
        assert self.ask(ramp_of(outcomes)) == {}

    @pytest.mark.parametrize("last", ["abandon", "adopt"])
    def test_another_decision_is_not_asked(self, last: str) -> None:
        assert self.ask(ramp_of("mmmm", last)) == {}

    def test_a_planned_cycle_after_the_decision_changes_nothing(self) -> None:
        records = ramp_of("mmm")
        new = plan(id="cycle-4", cycle_no=4, parent_cycle_id="cycle-3", start=None, scale="few_students")
        assert self.ask([*records, new, predicted(id="prediction-4", cycle_id="cycle-4")]) == {
            "cycle-3": ["not_abandoned"]
        }

    def test_the_words(self) -> None:
        state = state_of(*THEORY, *ramp_of("mmmh"))
        one = next(q for q in plan_questions(state.cycles[-1], state, charts()) if q.mode == "not_abandoned")
        assert one.found == "3 of 4 predictions on this ramp did not hold, and the decision is to adapt again."

    def test_adopted_after_one_cycle(self) -> None:
        assert found(done(decision="adopt")) == ["The idea was adopted after a single cycle here."]
        assert asked(done(decision="adopt", purpose="implement")) == ["not_iterative"]
        assert asked(done(decision="adopt", cycle_no=2)) == []
        assert asked(done(decision="adopt", parent_cycle_id="cycle-0")) == []
        assert asked(done(decision="abandon")) == []
        earlier = done(id="cycle-0", start=week(2), actual_start=week(2), actual_end=week(3), decided_on=week(4))
        assert asked(done(decision="adopt"), kept(), earlier) == []
        elsewhere = replace(earlier, school_id="oak")
        assert asked(done(decision="adopt"), kept(), elsewhere) == ["not_iterative"]

    @pytest.mark.parametrize("scale", SCALES)
    def test_first_cycles_of_a_school_or_more(self, scale: Scale) -> None:
        wide = scale in ("school", "several_schools", "network")
        assert ("not_small" in asked(plan(scale=scale), given=charts(today=week(14)))) == wide

    def test_later_cycles_and_surveys_may_be_wide(self) -> None:
        assert asked(plan(scale="school", cycle_no=2), given=charts(today=week(14))) == []
        assert asked(plan(scale="school", parent_cycle_id="cycle-0"), given=charts(today=week(14))) == []
        survey = plan(scale="school", purpose="collect_info", questions=("Who is known?",))
        assert asked(survey, given=charts(today=week(14))) == []

    @pytest.mark.parametrize(
        ("belief", "cost", "readiness", "asks"),
        [
            ("high", "low", "ready", False),
            ("high", "low", "indifferent", False),
            ("high", "high", "ready", False),
            ("high", "low", "resistant", True),
            ("high", "high", "indifferent", True),
            ("moderate", "low", "ready", True),
            (None, "low", "ready", True),
        ],
    )
    def test_where_the_adviser_would_not_start_smaller(
        self, belief: Any, cost: Any, readiness: Any, asks: bool
    ) -> None:
        cycle = plan(scale="school", belief=belief, cost_of_failure=cost, readiness=readiness)
        assert (asked(cycle, given=charts(today=week(14))) == ["not_small"]) == asks
        words = ["The first cycle is a test on the whole school."] if asks else []
        assert found(cycle, given=charts(today=week(14))) == words


class TestDataOverTime:
    def ask(self, cycle: Cycle, *records: Record) -> list[str]:
        state = state_of(*THEORY, cycle, *records)
        given = charts(today=week(14))
        return [one.found for one in plan_questions(cycle, state, given) if one.mode == "no_data_over_time"]

    def test_yearly_only(self) -> None:
        told = ["All that is measured is counted once a year: Grades."]
        assert self.ask(plan(measure_ids=("grades",)), kept(measure_id="grades")) == told
        assert self.ask(plan(measure_ids=("grades", "month")), kept(measure_id="grades")) == []
        assert self.ask(plan(measure_ids=("grades",)), kept()) == []

    def test_not_due_of_a_few_students_words_or_information(self) -> None:
        for more in ({"scale": "student"}, {"data_plan": "qualitative"}, {"purpose": "collect_info"}):
            assert self.ask(plan(measure_ids=("grades",), **more), kept(measure_id="grades")) == []
        assert self.ask(plan(measure_ids=("grades",), scale="student", purpose="implement"), kept(measure_id="grades"))

    def test_no_measure_is_another_question(self) -> None:
        assert self.ask(plan(measure_ids=()), predicted()) == []
        assert self.ask(plan(measure_ids=("unknown",)), kept(measure_id="unknown")) == []


class TestDoubleLoop:
    OLD = "2024-09-01T08:00:00.000000Z"
    TODAY = date(2025, 10, 1)

    def state(self, outcomes: str = "mmm", at: dict[str, str] | None = None, **aim: Any) -> State:
        when = {"aim-1": self.OLD, "driver-1": self.OLD} | (at or {})
        return state_of(replace(AIM, **aim), DRIVER, IDEA, *ramp_of(outcomes, "abandon"), at=when)

    def ask(self, state: State, today: date | None = None) -> list[str]:
        given = charts(today=today or self.TODAY)
        return [f"{one.cycle}: {one.found}" for one in all_questions(state, given) if one.mode == "theory_unrevised"]

    def test_asked_once_at_the_latest_closed_cycle(self) -> None:
        told = (
            'cycle-3: 3 of 3 predictions under "Students are known" did not hold in the last twelve months, and '
            "neither it nor the aim has changed in that time."
        )
        assert self.ask(self.state()) == [told]

    @pytest.mark.parametrize("outcomes", ["mm", "mmhh", "mmmhhh", "mm--"])
    def test_not_while_predictions_hold(self, outcomes: str) -> None:
        assert self.ask(self.state(outcomes), date(2025, 10, 20)) == []

    def test_what_is_decided_later_does_not_count_yet(self) -> None:
        assert self.ask(self.state("mmmhhh"), date(2025, 9, 16))[0].startswith("cycle-3: 3 of 3 predictions")

    @pytest.mark.parametrize("record", ["aim-1", "driver-1"])
    def test_a_revision_of_either_is_enough(self, record: str) -> None:
        assert self.ask(self.state(at={record: "2024-10-02T08:00:00.000000Z"})) == []
        assert self.ask(self.state(at={record: "2024-10-01T08:00:00.000000Z"})) != []

    def test_a_new_version_of_the_aim_says_its_day(self) -> None:
        assert self.ask(self.state(since=date(2025, 6, 1))) == []
        assert self.ask(self.state(since=date(2024, 6, 1))) != []

    def test_misses_of_another_year_do_not_count(self) -> None:
        assert self.ask(self.state(), date(2026, 9, 20)) == []

    def test_a_parent_driver_that_was_revised(self) -> None:
        below = Driver("driver-2", "Talks", "secondary", parent_id="driver-1")
        idea = replace(IDEA, driver_id="driver-2")
        records = (AIM, DRIVER, below, idea, *ramp_of("mmm", "abandon"))
        old = dict.fromkeys(("aim-1", "driver-1", "driver-2"), self.OLD)
        assert len(self.ask(state_of(*records, at=old))) == 1
        assert self.ask(state_of(*records, at=old | {"driver-1": "2025-03-01T08:00:00.000000Z"})) == []

    def test_without_a_theory_the_first_question_is_another(self) -> None:
        assert self.ask(state_of(*ramp_of("mmm", "abandon"))) == []


class TestModes:
    def test_thirteen_in_the_order_of_the_field(self) -> None:
        assert tuple(one.id for one in modes()) == get_args(ModeId)
        assert len(modes()) == 13

    def test_each_says_why_and_asks_a_question(self) -> None:
        for one in modes():
            assert one.severity in ("high", "medium", "low")
            assert one.why
            assert one.ask.endswith("?")
            assert all(text.endswith(".") for text in one.found.values())
            assert set(one.statuses) <= {"planned", "doing", "studying", "closed"}
            assert len(set(one.scales)) == len(one.scales)
        assert {name for entry in content("plan_check") for name in entry} <= {
            one.name for one in fields(type(modes()[0]))
        }

    def test_words_of_the_house(self) -> None:
        text = " ".join(f"{one.name} {one.ask} {one.later} {' '.join(one.found.values())}" for one in modes())
        assert not re.search(r"weak|fail|cause|bad|poor|wrong", text, re.IGNORECASE)

    def test_of_closed_cycles_the_question_is_about_the_next(self) -> None:
        before = plan_questions(
            plan(scale="school"), state_of(*THEORY, plan(scale="school"), kept()), charts(today=week(14))
        )
        assert before[0].ask.startswith("What is the smallest test")
        closed = done(scale="school")
        after = plan_questions(closed, state_of(*THEORY, closed, kept()), charts())
        assert (before[0].is_closed, after[0].is_closed) == (False, True)
        assert after[0].ask.startswith("What could a test on one class")

    def test_free_text_with_braces_stays_as_it_is(self) -> None:
        theory = (AIM, DRIVER, ChangeIdea("idea-1", "{0} {title} <b>"))
        assert found(plan(), given=charts(today=week(14)), theory=theory) == [
            'The idea "{0} {title} <b>" stands under no driver.'
        ]

    def test_all_at_once_is_the_same_as_one_by_one(self) -> None:
        state = state_of(*THEORY, *ramp_of("mmm"), done(id="cycle-9", learning="", school_id="oak"))
        one_by_one = [q for cycle in state.cycles for q in plan_questions(cycle, state, charts())]
        assert list(all_questions(state, charts())) == one_by_one
        assert {(q.cycle, q.school) for q in one_by_one} == {("cycle-3", "ash"), ("cycle-9", "oak")}

    def test_an_empty_cycle_is_asked_what_its_plan_lacks(self) -> None:
        bare = Cycle("cycle-1", "ash", "")
        state = state_of(bare)
        assert [one.mode for one in plan_questions(bare, state, charts())] == ["no_theory", "no_criteria"]
        assert isinstance(plan_questions(bare, state, charts())[0], PlanQuestion)

    def test_an_aim_of_a_school_is_an_aim(self) -> None:
        own = Aim("aim-1", "Ours", "zeal", "all", 80.0, date(2026, 6, 1), school_id="ash")
        assert asked(plan(), given=charts(today=week(14)), theory=(own, DRIVER, IDEA)) == []


def test_numbers_of_any_kind_make_no_crash() -> None:
    gap = float("nan")
    cycle = done(measure_ids=("talks", "grades", "month", "nothing"))
    chart = chart_of([gap] * 16)
    yearly = chart_of([gap, 70], GRADES, below=[100, 100])
    monthly = chart_of([np.nan], MONTHLY)
    state = state_of(*THEORY, cycle, kept())
    assert [one.mode for one in plan_questions(cycle, state, charts(chart, yearly, monthly))] == [
        "data_gaps",
        "no_study",
    ]
