"""The bad inputs of an improvement log, 158 to 193: which are refused, which are accepted and told, and in which words.

The list of faults that the log must answer counts 36 of them; each has its number, its decision and its message here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pdsa.errors import InputError
from pdsa.inquiry import Change, Event, State, canonical, replay
from pdsa.inquiry.clocks import clock_problems
from pdsa.inquiry.personal import personal_in
from pdsa.inquiry.rules import Reference, check_changes, remarks
from pdsa.log import Conflict, open_log
from pdsa.params.inquiry import read_fields
from pdsa.records import Measure, School
from pdsa.records.inquiry import Cycle
from pdsa.terms import Entity

TODAY = date(2026, 3, 20)
PLACE = "cycle cycle-1"


def measure(name: str, **more: object) -> Measure:
    kept = {"type": "outcome", "data_type": "proportion", "unit": "%", "direction": "up", "frequency": "week"}
    return Measure(name, name.replace("_", " ").title(), definition="d", **{**kept, **more})  # type: ignore[arg-type]


REFERENCE = Reference(
    TODAY,
    (School("0107", "Oak High School"), School("0114", "Elm High School")),
    (measure("attendance"), measure("gpa")),
)
IDEA = Change("change_idea", "idea-1", "0107", {"title": "Morning calls"})
PLAN: dict[str, object] = {
    "school_id": "0107",
    "change_idea_id": "idea-1",
    "measure_ids": ["attendance"],
    "start": "2026-03-02",
    "planned_end": "2026-03-13",
}
DONE = {**PLAN, "actual_start": "2026-03-02", "actual_end": "2026-03-13"}
STUDIED = {**DONE, "studied_on": "2026-03-16", "learning": "Calls before eight reach families"}
DECIDED = {**STUDIED, "decision": "adapt", "decided_on": "2026-03-17"}
PREDICTED: dict[str, object] = {
    "cycle_id": "cycle-1",
    "question": "Attendance rises to 90",
    "because": "families know",
    "made_on": "2026-03-01",
    "type": "range",
    "low": 88.0,
    "high": 92.0,
    "measure_id": "attendance",
}


def cycle(fields: dict[str, object], record: str = "cycle-1", based_on: int = 0) -> Change:
    return Change("cycle", record, "0107", fields, based_on)


def prediction(record: str = "prediction-1", based_on: int = 0, **more: object) -> Change:
    return Change("prediction", record, "0107", {**PREDICTED, **more}, based_on)


def log(*changes: Change, at: str = "2026-03-01T08:00:00.000000Z") -> State:
    """What the log holds after these changes, whether or not it would have accepted them."""
    return replay(
        Event(
            school=one.school,
            seq=number,
            entity=one.entity,
            record=one.record,
            version=1,
            kind="create",
            author="ann",
            at=at,
            visibility=one.visibility or ("team" if one.school else "network"),
            shared_by="",
            shared_on="",
            based_on=0,
            body=canonical(one.fields),
        )
        for number, one in enumerate(changes, start=1)
    )


def refused(state: State, *changes: Change, reference: Reference = REFERENCE) -> list[str]:
    return [str(one) for one in check_changes(state, changes, reference, "ann")]


def told(state: State, *changes: Change, reference: Reference = REFERENCE) -> list[str]:
    """What is told of changes that are accepted."""
    assert refused(state, *changes, reference=reference) == []
    return [str(one) for one in remarks(state, changes, reference, "ann")]


def read(entity: Entity, fields: dict[str, object]) -> list[str]:
    return [str(one) for one in read_fields(entity, fields)[1]]


def test_a_whole_cycle_is_accepted_without_a_word() -> None:
    assert told(log(), IDEA, cycle(DECIDED), prediction()) == [
        # it is written down on March 20, and the test began on March 2
        "prediction prediction-1, made_on: found 2026-03-01, written down after the test began on 2026-03-02, expected "
        "a prediction written down before; this day is when it was made, on paper or aloud."
    ]
    assert told(log(IDEA), cycle(PLAN), prediction(made_on="2026-03-01")) == []
    assert told(log(IDEA, cycle(PLAN), prediction()), cycle(DONE, based_on=1)) == []
    assert told(log(IDEA, cycle(DONE), prediction()), cycle(STUDIED, based_on=1)) == []
    assert told(log(IDEA, cycle(STUDIED), prediction()), cycle(DECIDED, based_on=1)) == []


class TestOrderOfSteps:
    """158-163, 170, 171."""

    def test_158_study_before_the_do_date_is_refused(self) -> None:
        early = {**STUDIED, "studied_on": "2026-02-27"}
        assert refused(log(IDEA), cycle(early), prediction()) == [
            f"{PLACE}, studied_on: found 2026-02-27, expected a day on or after actual_start, 2026-03-02."
        ]
        without = {**PLAN, "studied_on": "2026-03-16"}
        assert refused(log(IDEA), cycle(without), prediction()) == [
            f"{PLACE}, studied_on: found a study of a test that has not begun, expected actual_start first: the day on "
            "which the test began (Do)."
        ]

    @pytest.mark.parametrize("name", ["learning", "what_data_show"])
    def test_158_words_of_a_study_are_a_study(self, name: str) -> None:
        assert [one.split(":")[0] for one in refused(log(IDEA), cycle({**PLAN, name: "x"}), prediction())] == [
            f"{PLACE}, {name}"
        ]

    def test_158_a_result_comes_after_the_test_began(self) -> None:
        assert refused(log(IDEA, cycle(PLAN)), prediction(result_value=89.0)) == [
            "prediction prediction-1, result_value: found the result of a test that has not begun, expected "
            "actual_start of the cycle first (Do)."
        ]

    def test_159_act_without_study_is_refused(self) -> None:
        fields = {**DONE, "decision": "adopt", "decided_on": "2026-03-17"}
        assert refused(log(IDEA), cycle(fields), prediction()) == [
            f"{PLACE}, decision: found adopt, without a study, expected the study first: what_data_show or learning."
        ]
        early = {**DECIDED, "decided_on": "2026-03-15"}
        assert refused(log(IDEA), cycle(early), prediction()) == [
            f"{PLACE}, decided_on: found 2026-03-15, expected a day on or after studied_on, 2026-03-16."
        ]
        assert refused(log(IDEA), cycle({**STUDIED, "decided_on": "2026-03-17"}), prediction()) == [
            f"{PLACE}, decided_on: found a day without a decision, expected decision: adopt, adapt or abandon."
        ]

    def test_159_a_study_without_its_day_counts_from_the_first_day_of_the_test(self) -> None:
        fields = {**DONE, "learning": "x", "decision": "adapt", "decided_on": "2026-03-01"}
        assert refused(log(IDEA), cycle(fields), prediction()) == [
            f"{PLACE}, decided_on: found 2026-03-01, expected a day on or after actual_start, 2026-03-02."
        ]

    def test_160_a_plan_without_a_prediction_is_told_and_a_test_without_one_refused(self) -> None:
        assert told(log(IDEA), cycle(PLAN)) == [
            f"{PLACE}: found a plan without a prediction, expected one with because before the test begins."
        ]
        assert refused(log(IDEA, cycle(PLAN)), cycle(DONE, based_on=1)) == [
            f"{PLACE}, actual_start: found a test without a prediction, expected a prediction with because first; "
            "without one a test cannot surprise anybody."
        ]

    def test_160_a_cycle_that_is_over_when_it_is_first_written_down_is_told_as_it_was(self) -> None:
        for fields in (STUDIED, DECIDED):
            assert told(log(IDEA), cycle(fields)) == [
                f"{PLACE}: found a test without a prediction, expected one with because before the test begins."
            ]
        assert refused(log(IDEA, cycle(STUDIED)), cycle(DECIDED, based_on=1)) == []
        begun = [f"{PLACE}, actual_start: found a test without a prediction"]
        assert [one.partition(", expected")[0] for one in refused(log(IDEA), cycle(DONE))] == begun
        at_once = refused(log(IDEA, cycle(PLAN)), cycle(STUDIED, based_on=1))
        assert [one.partition(", expected")[0] for one in at_once] == begun

    def test_161_a_prediction_after_the_data_is_refused(self) -> None:
        held = log(IDEA, cycle(DONE), prediction())
        late = prediction("prediction-2", made_on="2026-03-05", question="And it stays")
        assert refused(held, late) == [
            "prediction prediction-2, made_on: found 2026-03-05, after the test began on 2026-03-02, expected a "
            "prediction made before; what you expect now belongs to the next cycle."
        ]
        undated = prediction("prediction-2", made_on="")
        assert refused(held, undated) == [
            "prediction prediction-2, made_on: found nothing, of a test that began on 2026-03-02, expected the day of "
            "the prediction."
        ]
        backwards = {**DONE, "actual_start": "2026-02-27"}
        assert refused(held, cycle(backwards, based_on=1)) == [
            f"{PLACE}, actual_start: found 2026-02-27, before the prediction prediction-1 of 2026-03-01, expected a "
            "test that begins on the day of its predictions or later; made_on of the prediction says when that was."
        ]

    def test_161_a_prediction_of_the_first_day_is_made_before(self) -> None:
        assert refused(log(IDEA), cycle(DONE), prediction(made_on="2026-03-02")) == []

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("question", "Attendance rises"),
            ("because", "it is spring"),
            ("low", 80.0),
            ("high", 95.0),
            ("measure_id", "gpa"),
            ("made_on", "2026-02-01"),
            ("group", "grade 9"),
        ],
    )
    def test_161_a_prediction_stays_as_it_was_made(self, name: str, value: object) -> None:
        changed = prediction(based_on=1, **{name: value})
        assert refused(log(IDEA, cycle(DONE), prediction()), changed) == [
            f"prediction prediction-1, {name}: found another one than before the test began on 2026-03-02, expected "
            "the prediction as it was made; what came of it is its result."
        ]
        assert refused(log(IDEA, cycle(PLAN), prediction()), changed) == []

    def test_161_its_result_may_come_and_it_may_not_go(self) -> None:
        held = log(IDEA, cycle(DONE), prediction())
        assert refused(held, prediction(based_on=1, result_value=89.0, outcome="hit")) == []
        assert refused(held, Change("prediction", "prediction-1", "0107", {}, 1, "retire")) == [
            "prediction prediction-1: found a prediction of a test that began on 2026-03-02, expected that it stays, "
            "however it turns out: that is the learning."
        ]
        before = log(IDEA, cycle(PLAN), prediction())
        assert refused(before, Change("prediction", "prediction-1", "0107", {}, 1, "retire")) == []

    def test_162_two_cycles_of_one_idea_at_the_same_time_are_told(self) -> None:
        other = cycle({**PLAN, "start": "2026-03-09", "planned_end": "2026-03-20"}, "cycle-2")
        assert told(log(IDEA, cycle(DONE), prediction()), other, prediction("prediction-2", cycle_id="cycle-2")) == [
            "cycle cycle-2, start: found days of cycle-1, which test the same idea here, expected one after "
            "the other, or in different classes: charts cannot tell their effects apart."
        ]
        after = cycle({**PLAN, "start": "2026-03-13", "planned_end": "2026-03-20"}, "cycle-2")
        assert told(log(IDEA, cycle(DONE), prediction()), after, prediction("prediction-2", cycle_id="cycle-2")) == []

    def test_163_a_cycle_that_ends_before_it_starts_is_refused(self) -> None:
        assert refused(log(IDEA), cycle({**PLAN, "planned_end": "2026-03-01"})) == [
            f"{PLACE}, planned_end: found 2026-03-01, expected a day on or after start, 2026-03-02."
        ]
        assert refused(log(IDEA), cycle({**DONE, "actual_end": "2026-03-01"}), prediction()) == [
            f"{PLACE}, actual_end: found 2026-03-01, expected a day on or after actual_start, 2026-03-02."
        ]
        assert refused(log(IDEA), cycle({**PLAN, "actual_end": "2026-03-13"})) == [
            f"{PLACE}, actual_end: found the end of a test that has not begun, expected actual_start first: the day on "
            "which the test began (Do)."
        ]
        assert refused(log(IDEA), cycle({**PLAN, "planned_end": "2026-03-02"})) == []

    def test_170_a_decision_without_a_test_and_a_stage_without_an_adoption_are_refused(self) -> None:
        assert refused(log(IDEA), cycle({**PLAN, "decision": "adopt"}), prediction()) == [
            f"{PLACE}, decision: found adopt, without a test that began, expected actual_start first: the day on which "
            "the test began (Do); a plan that nobody will try is retired."
        ]
        for stage in ("spreading", "sustained"):
            jump = Change("change_idea", "idea-1", "0107", {"title": "Morning calls", "stage": stage}, 1)
            assert refused(log(IDEA, cycle(DECIDED), prediction()), jump) == [
                f"change idea idea-1, stage: found {stage}, without a cycle that adopted it, expected an adopted cycle "
                "first."
            ]
            assert refused(log(IDEA, cycle({**DECIDED, "decision": "adopt"}), prediction()), jump) == []

    def test_171_adopted_and_set_aside_on_one_day_is_told(self) -> None:
        held = log(IDEA, cycle({**DECIDED, "decision": "adopt"}), prediction())
        turned = cycle({**DECIDED, "decision": "abandon"}, based_on=1)
        assert told(held, turned) == [
            f"{PLACE}, decision: found abandon in place of adopt on the same day, expected a rationale that says what "
            "made you change your mind; both stay in the history."
        ]
        later = cycle({**DECIDED, "decision": "abandon", "decided_on": "2026-03-19"}, based_on=1)
        assert told(held, later) == [
            f"{PLACE}, decision: found abandon in place of adopt, expected a rationale that says what made you "
            "change your mind; both stay in the history."
        ]
        beside = cycle({**DECIDED, "decision": "abandon"}, "cycle-2")
        assert told(held, beside, prediction("prediction-2", cycle_id="cycle-2"))[1] == (
            "cycle cycle-2, decision: found abandon on the day on which cycle-1 says adopt, expected a rationale "
            "that says for whom each holds."
        )


class TestRamps:
    """164."""

    FIRST = (IDEA, cycle(DECIDED), prediction())

    def test_164_a_gap_in_a_ramp_is_refused(self) -> None:
        assert refused(log(*self.FIRST), cycle({**PLAN, "cycle_no": 2}, "cycle-2")) == [
            "cycle cycle-2, cycle_no: found 2, without the cycle before it, expected 1, or parent_cycle_id: the cycle "
            "before it on the ramp."
        ]
        assert refused(log(*self.FIRST), cycle({**PLAN, "cycle_no": 3, "parent_cycle_id": "cycle-1"}, "cycle-2")) == [
            "cycle cycle-2, cycle_no: found 3, expected 2: the cycle before it, cycle-1, is number 1."
        ]
        assert refused(log(*self.FIRST), cycle({**PLAN, "cycle_no": 2, "parent_cycle_id": "cycle-1"}, "cycle-2")) == []

    def test_164_the_cycle_before_is_there_and_of_the_same_idea_and_school(self) -> None:
        assert refused(log(*self.FIRST), cycle({**PLAN, "cycle_no": 2, "parent_cycle_id": "cycle-l"}, "cycle-2")) == [
            "cycle cycle-2, parent_cycle_id: found 'cycle-l', no cycle of the log, expected cycle-1 perhaps? Known: "
            "cycle-1."
        ]
        other = Change("change_idea", "idea-2", "0107", {"title": "Evening calls"})
        moved = cycle({**PLAN, "change_idea_id": "idea-2", "cycle_no": 2, "parent_cycle_id": "cycle-1"}, "cycle-2")
        assert refused(log(*self.FIRST, other), moved) == [
            "cycle cycle-2, parent_cycle_id: found cycle-1, of another idea or school, expected a cycle of the same "
            "change idea at the same school; a ramp of another begins with number 1."
        ]

    def test_164_a_ramp_that_bites_its_tail_is_refused(self) -> None:
        second = cycle({**PLAN, "cycle_no": 2, "parent_cycle_id": "cycle-1"}, "cycle-2")
        round_ = cycle({**DECIDED, "cycle_no": 3, "parent_cycle_id": "cycle-2"}, based_on=1)
        assert refused(log(*self.FIRST, second), round_) == [
            f"{PLACE}, parent_cycle_id: found cycle-2, which follows this cycle, expected a cycle before it."
        ]

    def test_164_a_cycle_before_that_is_not_decided_is_told(self) -> None:
        second = cycle(
            {**PLAN, "start": "2026-03-16", "planned_end": "", "cycle_no": 2, "parent_cycle_id": "cycle-1"}, "c2"
        )
        assert told(log(IDEA, cycle(DONE), prediction()), second, prediction("p2", cycle_id="c2")) == [
            "cycle c2, parent_cycle_id: found cycle-1, which is not decided yet, expected its decision: adapt or adopt."
        ]


class TestIdeasAndDrivers:
    """165, 166, and the tree."""

    def test_165_an_idea_that_is_cited_is_not_retired(self) -> None:
        gone = Change("change_idea", "idea-1", "0107", {}, 1, "retire")
        assert refused(log(IDEA, cycle(PLAN)), gone) == [
            "change idea idea-1: found a record that others point to: cycle cycle-1, expected its stage set to "
            "abandoned: what was tried with it stays."
        ]
        assert refused(log(IDEA), gone) == []
        assert refused(log(IDEA, cycle(PLAN)), gone, Change("cycle", "cycle-1", "0107", {}, 1, "retire")) == []

    def test_165_nor_is_a_driver_or_a_cycle(self) -> None:
        driver = Change("driver", "driver-1", "", {"text": "Families know"})
        under = replace(IDEA, fields={**IDEA.fields, "driver_id": "driver-1"})
        assert refused(log(driver, under), Change("driver", "driver-1", "", {}, 1, "retire")) == [
            "driver driver-1: found a record that others point to: change idea idea-1, expected retired_on: the day "
            "from which it is no part of the theory."
        ]
        insight = Change("insight", "insight-1", "0107", {"text": "x", "cycle_ids": ["cycle-1"]})
        held = log(IDEA, cycle(DECIDED), prediction(), insight)
        assert refused(held, Change("cycle", "cycle-1", "0107", {}, 1, "retire")) == [
            "cycle cycle-1: found a record that others point to: insight insight-1, expected that nothing points to it."
        ]

    @pytest.mark.parametrize("title", ["morning calls", "  Morning   Calls ", "MORNING\u00a0CALLS"])
    def test_166_the_same_idea_in_other_letters_is_refused(self, title: str) -> None:
        again = Change("change_idea", "idea-2", "0107", {"title": title})
        assert refused(log(IDEA), again) == [
            "change idea idea-2, title: found the title of idea-1, expected that idea, or a title that tells them "
            "apart."
        ]
        assert refused(log(IDEA), replace(again, school="0114")) == []  # it cannot know what 0107 keeps to itself
        shared = log(replace(IDEA, visibility="network"))
        assert refused(shared, replace(again, school="0114"))[0].startswith("change idea idea-2, title")
        assert refused(log(IDEA), Change("change_idea", "idea-1", "0107", {"title": title}, 1)) == []

    def test_a_driver_below_itself_is_refused(self) -> None:
        first = Change("driver", "driver-1", "", {"text": "a"})
        second = Change("driver", "driver-2", "", {"text": "b", "parent_id": "driver-1"})
        looped = Change("driver", "driver-1", "", {"text": "a", "parent_id": "driver-2"}, 1)
        assert refused(log(first, second), looped) == [
            "driver driver-1, parent_id: found driver-2, which stands below it, expected a driver above it, or none."
        ]
        unknown = replace(second, fields={"text": "b", "parent_id": "driver-7"})
        assert refused(log(first), unknown) == [
            "driver driver-2, parent_id: found 'driver-7', no driver of the log, expected driver-1 perhaps? Known: "
            "driver-1."
        ]

    def test_an_idea_under_a_driver_that_is_retired_is_told(self) -> None:
        driver = Change("driver", "driver-1", "", {"text": "a", "retired_on": "2026-01-31"})
        assert told(log(driver), replace(IDEA, fields={**IDEA.fields, "driver_id": "driver-1"})) == [
            "change idea idea-1, driver_id: found driver-1, no part of the theory since 2026-01-31, expected a driver "
            "that stands."
        ]


class TestAuthors:
    """167-169: the log itself refuses them."""

    PEOPLE = (
        Change("person", "ann", "", {"name": "Ann", "role": "team", "schools": ["0107"]}),
        Change("person", "lee", "", {"name": "Lee", "role": "team", "schools": ["0107"], "until": "2026-01-31"}),
    )

    def saved_by(self, author: str, school: str, folder: Path) -> str:
        """What the log answers when this author saves an idea of a school."""
        clock = datetime(2026, 3, 20, 12, tzinfo=UTC)
        with open_log(folder / "log", author="hub", now=lambda: clock) as first:
            first.apply(self.PEOPLE)
        with open_log(folder / "log", author=author, now=lambda: clock) as second:
            try:
                second.apply([Change("change_idea", "idea-1", school, {"title": "Morning calls"})], REFERENCE)
            except InputError as error:
                return str(error.problems[0])
        return "saved"

    @pytest.mark.parametrize(
        ("author", "school", "answer"),
        [
            ("ann", "0107", "saved"),
            ("zed", "0107", "author: found 'zed', expected one of: ann, lee."),
            ("ann", "0114", "author: found ann (team of 0107), writing for 0114, expected their own school."),
            (
                *("lee", "0107"),
                "author: found lee, who writes here only until 2026-01-31, expected somebody who writes here today.",
            ),
        ],
        ids=["known", "167 unknown", "168 of another school", "169 has left"],
    )
    def test_167_168_169_who_may_write(self, author: str, school: str, answer: str, tmp_path: Path) -> None:
        assert self.saved_by(author, school, tmp_path) == answer

    def test_169_what_somebody_who_left_still_owns_is_told(self) -> None:
        owned = replace(IDEA, fields={**IDEA.fields, "owner": "lee"})
        assert told(log(*self.PEOPLE), owned) == [
            "change idea idea-1, owner: found somebody who left on 2026-01-31, expected a new owner."
        ]
        assert told(log(*self.PEOPLE), replace(IDEA, fields={**IDEA.fields, "owner": "Ann"})) == []
        going = replace(self.PEOPLE[1], fields={**self.PEOPLE[1].fields, "until": "2026-03-20"})
        assert told(log(going), owned) == []


class TestMeasuresAndDays:
    """172-175, 188, 189."""

    def test_172_a_measure_that_is_none_is_refused_with_the_nearest(self) -> None:
        assert refused(log(IDEA), cycle({**PLAN, "measure_ids": ["atendance", "gpa"]})) == [
            f"{PLACE}, measure_ids: found 'atendance', no measure of measures.csv, expected attendance perhaps? Known: "
            "attendance, gpa."
        ]
        for entity, fields in (
            ("driver", {"text": "a", "measure_ids": ["x"]}),
            (
                "aim",
                {"statement": "s", "measure_id": "x", "population": "all", "target_value": 9, "by_date": "2026-06-30"},
            ),
            ("annotation", {"date": "2026-03-02", "label": "Snow", "measure_id": "x"}),
        ):
            found = refused(log(), Change(entity, "a", "", fields))  # type: ignore[arg-type]
            assert [one.partition("expected ")[2] for one in found] == ["one of: attendance, gpa."]
        none = replace(REFERENCE, measures=())
        assert refused(log(IDEA), cycle(PLAN), reference=none) == [
            f"{PLACE}, measure_ids: found 'attendance', no measure of measures.csv, expected a measure of "
            "measures.csv, which has none yet."
        ]

    def test_173_a_measure_that_was_renamed_is_told_and_blocks_nothing(self) -> None:
        renamed = replace(REFERENCE, measures=(measure("attendance_rate"), measure("gpa")))
        held = log(IDEA, cycle(PLAN), prediction())
        assert told(held, cycle({**PLAN, "objective": "See"}, based_on=1), reference=renamed) == [
            f"{PLACE}, measure_ids: found 'attendance', which measures.csv no longer has, expected an id that it has: "
            "attendance_rate perhaps? Known: attendance_rate, gpa."
        ]
        assert refused(log(IDEA), cycle(PLAN), reference=renamed) != []

    def test_174_a_baseline_within_the_test_is_told(self) -> None:
        baseline = (date(2025, 9, 1), date(2026, 3, 6))
        within = replace(REFERENCE, measures=(measure("attendance", baseline=baseline), measure("gpa")))
        assert told(log(IDEA, prediction()), cycle(PLAN), reference=within) == [
            f"{PLACE}, measure_ids: found attendance, whose baseline 2025-09-01..2026-03-06 has days of the test, "
            "expected a baseline that ends before: the lines hide what the test did."
        ]
        for span in ((date(2025, 9, 1), date(2026, 3, 2)), (date(2026, 3, 13), date(2026, 5, 1))):
            touching = replace(REFERENCE, measures=(measure("attendance", baseline=span),))
            assert len(told(log(IDEA, prediction()), cycle(PLAN), reference=touching)) == 1
        before = replace(REFERENCE, measures=(measure("attendance", baseline=(date(2025, 9, 1), date(2026, 3, 1))),))
        assert told(log(IDEA, prediction()), cycle(PLAN), reference=before) == []

    def test_175_an_annotation_outside_the_data_is_told(self) -> None:
        spanned = replace(REFERENCE, data=(date(2024, 9, 3), date(2026, 3, 13)))
        note = Change("annotation", "annotation-1", "", {"date": "2016-03-02", "label": "Snow"})
        assert told(log(), note, reference=spanned) == [
            "annotation annotation-1, date: found 2016-03-02, outside the data of 2024-09-03..2026-03-13, expected a "
            "day of the charts: no chart shows this one."
        ]
        for day in ("2024-09-03", "2026-03-20"):
            assert told(log(), replace(note, fields={**note.fields, "date": day}), reference=spanned) == []
        assert read("annotation", {"date": "0206-03-02", "label": "Snow"}) == [
            "date: found 0206-03-02, expected a day from 1990 to 2100."
        ]

    def test_188_what_happened_lies_not_ahead(self) -> None:
        ahead = {**PLAN, "actual_start": "2026-03-22"}
        assert refused(log(IDEA, prediction()), cycle(ahead)) == [
            f"{PLACE}, actual_start: found 2026-03-22, which lies ahead, expected a day up to today, 2026-03-20; the "
            "clock may be wrong."
        ]
        for entity, fields in (
            ("insight", {"text": "x", "on": "2026-03-22"}),
            ("interview", {"heard": "x", "date": "2026-03-22"}),
            ("ask", {"text": "x", "raised_on": "2026-03-22"}),
            ("progress", {"score": 2, "school_id": "0107", "on": "2026-03-22"}),
        ):
            assert "which lies ahead" in refused(log(), Change(entity, "a", "0107", fields))[0]  # type: ignore[arg-type]
        holiday = Change("annotation", "a", "", {"date": "2026-06-30", "label": "Last day", "kind": "holiday"})
        assert refused(log(), holiday) == []

    def test_188_a_clock_that_was_wrong_is_told(self) -> None:
        def saved(school: str, *days: str) -> list[Event]:
            return [
                Event(
                    *(school, seq, "insight", f"i{seq}", 1, "create", "ann", f"{day}T08:00:00.000000Z"),
                    *("team", "", "", 0, "{}"),
                )
                for seq, day in enumerate(days, start=1)
            ]

        right = saved("0107", "2026-03-20", "2026-03-19", "2026-03-21")  # elsewhere it is a day later
        assert list(clock_problems(right, TODAY)) == []
        ahead = saved("0107", "2026-03-19", "2036-03-20", "2036-03-21", "2036-03-21")
        assert [str(one) for one in clock_problems([*saved("", "2026-03-22"), *ahead], TODAY)] == [
            "chain of the network: found 1 event of days that lie ahead, up to 2026-03-22, expected days up to today, "
            "2026-03-20: set the clock of the machine that wrote right.",
            "chain of 0107: found 3 events of days that lie ahead, up to 2036-03-21, expected days up to today, "
            "2026-03-20: set the clock of the machine that wrote right.",
        ]
        back = saved("0107", "2026-03-19", "2026-03-17", "2026-03-20")
        assert [str(one) for one in clock_problems(reversed(back), TODAY)] == [
            "chain of 0107: found 1 event of days before the event before, expected a clock that only goes on."
        ]

    def test_189_a_day_further_east_is_no_day_ahead_and_days_have_no_hours(self) -> None:
        east = cycle({**PLAN, "start": "2026-03-21", "actual_start": "2026-03-21", "planned_end": ""})
        assert refused(log(IDEA, prediction()), east) == []
        for text in ("2026-03-08T02:30", "2026-03-08 02:30:00-05:00", "3/8/2026"):
            assert read("annotation", {"date": text, "label": "Clocks change"}) == [
                f"date: found {text!r}, expected a date such as 2025-10-13."
            ]

    def test_189_saves_within_the_doubled_hour_keep_their_order(self, tmp_path: Path) -> None:
        """On 2025-11-02 in New York 1:30 comes twice; the log writes universal time."""
        hours = iter([datetime(2025, 11, 2, hour, 30, tzinfo=UTC) for hour in (5, 6)] * 9)
        with open_log(tmp_path / "log", author="ann", now=lambda: next(hours)) as saved:
            saved.apply([IDEA])
            saved.apply([Change("change_idea", "idea-1", "0107", {"title": "Later"}, 1)])
            history = saved.history("change_idea", "idea-1")
        assert [one.fields["title"] for one in history] == ["Morning calls", "Later"]
        assert all(one.at.endswith("Z") for one in history)


NOTES = {
    178: "\u202eשלום עולם\u202c 👩‍🏫🏽 Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!",
    179: r"It costs $5 to $10, and $\alpha$ is no code: $$x^2$$",
    180: "[click](javascript:alert(1)) and [ours](https://example.org)",
    181: "<img src=x onerror=alert(1)><script>alert(2)</script> & <b>bold</b>",
    182: '=HYPERLINK("http://example.org","x")\n+1\n-2+3\n@SUM(A1)',
}


class TestNotes:
    """176-185: what free texts may hold."""

    def test_176_a_note_of_nothing_is_left_out_or_asked_for(self) -> None:
        for blank in ("", "   ", "\n\t"):
            assert read_fields("cycle", {**PLAN, "observations": blank})[0].get("observations") is None
            assert read("insight", {"text": blank}) == [
                "text: found nothing, expected what you conclude, in words that others can use."
            ]

    def test_177_a_note_of_a_megabyte_is_refused(self) -> None:
        assert read("cycle", {**PLAN, "observations": "x" * 1_048_576}) == [
            "observations: found 1,048,576 characters, expected at most 20,000; keep long texts in a file and name it "
            "under artifacts."
        ]
        assert read("cycle", {**PLAN, "observations": "x" * 20_000}) == []
        assert read("change_idea", {"title": "x" * 201}) == ["title: found 201 characters, expected at most 200."]

    @pytest.mark.parametrize("number", NOTES)
    def test_178_to_182_texts_are_kept_as_they_were_written(self, number: int, tmp_path: Path) -> None:
        text = NOTES[number]
        assert told(log(IDEA), cycle({**PLAN, "observations": text}), prediction()) == []
        with open_log(tmp_path / "log", author="ann") as saved:
            saved.apply([IDEA, cycle({**PLAN, "observations": text}), prediction()], REFERENCE)
            assert saved.state().records(Cycle)[0].observations == text

    @pytest.mark.parametrize(
        "address", ["javascript:alert(1)", " JavaScript :alert(1)", "data:text/html,x", "vbscript:x"]
    )
    def test_180_an_address_that_is_a_program_is_refused_where_a_page_would_link_it(self, address: str) -> None:
        found = read("change_idea", {"title": "x", "tools_url": address})
        assert [one.partition(" found ")[2][:28] for one in found] == ["an address that is a program"]
        assert read("cycle", {**PLAN, "artifacts": [address]})[0].startswith(
            "artifacts, item 1: found an address that is"
        )
        assert read("change_idea", {"title": "x", "tools_url": "https://example.org/data:1"}) == []

    def test_183_what_may_be_personal_is_asked_about_and_never_repeated(self) -> None:
        text = "Maria Lopez (1234567) came late; her mother is anna.lopez@example.org, 555-123-4567, born 2009-04-30."
        expected = (
            "expected no data of single persons: take it out, or say that it is none: --not-personal observations."
        )
        found = refused(log(IDEA), cycle({**PLAN, "observations": text}))
        assert found == [
            f"{PLACE}, observations, character 48: found what may be an e-mail address, {expected}",
            f"{PLACE}, observations, character 72: found what may be a phone number, {expected}",
            f"{PLACE}, observations, character 86: found what may be a birth date, {expected}",
            f"{PLACE}, observations, character 14: found what may be a student's number, {expected}",
            f"{PLACE}, observations, character 1: found what may be the name of a person, {expected}",
        ]
        for hidden in ("Maria", "Lopez", "1234567", "anna", "4567", "2009"):
            assert not any(hidden in one for one in found)

    def test_183_the_answer_lets_the_text_in_and_is_not_asked_for_again(self) -> None:
        noted = {**PLAN, "observations": "Room 4, Maria Lopez", "tasks": [{"what": "call", "who": "Maria Lopez"}]}
        assert len(refused(log(IDEA), cycle(noted))) == 1  # who does it is named on purpose
        for answer in (("observations",), ("*",)):
            assert refused(log(IDEA), cycle(noted), reference=replace(REFERENCE, not_personal=answer)) == []
        other = replace(REFERENCE, not_personal=("learning",))
        assert len(refused(log(IDEA), cycle(noted), reference=other)) == 1
        assert refused(log(IDEA, cycle(noted)), cycle({**noted, "objective": "See"}, based_on=1)) == []
        again = cycle({**noted, "observations": "Maria Lopez"}, based_on=1)
        assert len(refused(log(IDEA, cycle(noted)), again)) == 1
        assert refused(log(IDEA, cycle(noted)), replace(again, kind="undo")) == []

    def test_183_people_of_the_log_and_schools_are_no_students(self) -> None:
        person = Change("person", "maria", "", {"name": "Maria Lopez", "email": "maria@example.org"})
        noted = cycle({**PLAN, "observations": "Maria Lopez (maria@example.org) asked Oak High School"})
        assert refused(log(IDEA, person), noted) == []
        assert refused(log(), person) == []

    @pytest.mark.parametrize(
        "text",
        [
            "Will students come? In May, Grace Hall was full.",
            "Ms. Maria Lopez and Coach John Smith tried it in room 12.",
            "Anna and Ben tested it with 24 students, 85.5% came on 2026-03-02 (20260302).",
            "It costs $250000, or 1,200,000 in all; see https://example.org/id/12345678.",
            "Austin Middle School and Jordan High School; 0.1234567",
            "Attendance was 12/30 on Mon, 14/30 on Tue",
        ],
    )
    def test_183_ordinary_notes_are_not_asked_about(self, text: str) -> None:
        assert list(personal_in(text)) == []

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("Student Maria came late", [("the name of a person", 9)]),
            ("we called James' mom and Maria's mom", [("the name of a person", 26)]),
            ("James was often late", [("the name of a person", 1)]),
            ("Lopez, Maria\t12\nNguyen, Kevin\t3", [("the name of a person", 8)]),
            ("José García missed it", [("the name of a person", 1)]),
            ("S1234567 came", [("a student's number", 1)]),
            ("her number: 123-45-6789", [("a social security number", 13)]),
            ("(555) 123-4567", [("a phone number", 1)]),
            ("DOB: 4/30/2009", [("a birth date", 1)]),
        ],
    )
    def test_183_what_may_be_personal_is_known_by_its_form(self, text: str, found: list[tuple[str, int]]) -> None:
        assert list(personal_in(text)) == found

    def test_184_a_pasted_table_is_kept_and_told(self) -> None:
        table = "Week\tPresent\tEnrolled\n1\t81\t100\n2\t85\t100\n3\t88\t101"
        assert told(log(IDEA, prediction()), cycle({**PLAN, "observations": table})) == [
            f"{PLACE}, observations: found a table of 4 rows, expected words; numbers that shall be on a chart come in "
            "by pdsa import."
        ]
        assert read_fields("cycle", {**PLAN, "observations": table})[0]["observations"] == table
        assert read("change_idea", {"title": "a\tb"}) == ["title: found several lines or a tab, expected one line."]

    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("ab\x00c", "character 3: found a NUL character (U+0000)"),
            ("\x1b[31mred\x1b[0m", "character 1: found an escape sequence of a terminal (U+001B)"),
            ("a\x07", "character 2: found a control character (U+0007)"),
            ("a\x9b31m", "character 2: found a control character (U+009B)"),
            ("a\ud800", "character 2: found half of a character (U+D800)"),
            ("a\ufffe", "character 2: found no character (U+FFFE)"),
        ],
    )
    def test_185_control_characters_are_refused_with_their_place(self, text: str, found: str) -> None:
        assert read("cycle", {**PLAN, "observations": text}) == [
            f"observations, {found}, expected text that can be read."
        ]

    def test_185_line_ends_of_windows_are_line_ends(self) -> None:
        fields, problems = read_fields("insight", {"text": "one\r\ntwo\rthree\tfour"})
        assert (fields["text"], problems) == ("one\ntwo\nthree\tfour", ())


class TestVersions:
    """186, 187, 190, 191: the log itself answers them."""

    def save(self, folder: Path, *changes: Change) -> None:
        clock = datetime(2026, 3, 20, 12, tzinfo=UTC)
        with open_log(folder / "log", author="ann", now=lambda: clock) as saved:
            for change in changes:
                saved.apply([change], REFERENCE)

    def conflict(self, folder: Path, change: Change) -> Conflict:
        with pytest.raises(Conflict) as caught:
            self.save(folder, change)
        return caught.value

    def idea(self, based_on: int, **fields: object) -> Change:
        return Change("change_idea", "idea-1", "0107", {"title": "Morning calls", **fields}, based_on)

    def test_186_a_stale_version_is_a_conflict(self, tmp_path: Path) -> None:
        self.save(tmp_path, self.idea(0), self.idea(1, description="By phone"))
        found = self.conflict(tmp_path, self.idea(1, description="By text"))
        assert (found.theirs["description"], found.mine["description"]) == ("By phone", "By text")
        assert str(found).startswith(
            "change idea idea-1: ann saved version 2 on 2026-03-20 12:00 UTC, after you opened version 1; nothing of "
            "yours was saved, and nothing of theirs is lost.\n"
        )

    def test_187_the_same_version_twice_in_one_save_is_refused(self) -> None:
        twice = self.idea(1, description="a"), self.idea(1, description="b")
        assert refused(log(self.idea(0)), *twice) == [
            "change idea idea-1: found the same record twice in one save, expected it once, with all its fields."
        ]
        assert refused(log(), replace(self.idea(0), record=""), Change("change_idea", "", "0107", {"title": "b"})) == []

    def test_187_a_second_save_of_a_version_is_a_conflict(self, tmp_path: Path) -> None:
        self.save(tmp_path, self.idea(0), self.idea(1, description="By phone"))
        self.conflict(tmp_path, self.idea(0, title="Morning calls again"))

    def test_190_two_edits_without_a_network_are_put_together_field_by_field(self, tmp_path: Path) -> None:
        self.save(tmp_path, self.idea(0), self.idea(1, description="By phone"))
        found = self.conflict(tmp_path, self.idea(1, owner="Ann")).merge
        assert (found.clashes, found.fields["description"], found.fields["owner"]) == ((), "By phone", "Ann")

    def test_191_a_backup_older_than_what_somebody_saw_is_a_conflict(self, tmp_path: Path) -> None:
        self.save(tmp_path, self.idea(0))
        self.conflict(tmp_path, self.idea(3, description="of version 3, which the restored log does not have"))


class TestSchools:
    """192, 193."""

    def closing(self, **days: date) -> Reference:
        return replace(REFERENCE, schools=(School("0107", "Oak High School", **days), REFERENCE.schools[1]))

    def test_192_a_school_that_closes_while_a_cycle_runs_is_told(self) -> None:
        assert told(log(IDEA, prediction()), cycle(PLAN), reference=self.closing(left=date(2026, 3, 6))) == [
            f"{PLACE}, planned_end: found 2026-03-13, after the school leaves on 2026-03-06, expected an earlier end, "
            "or the next cycle at the school that takes over."
        ]
        assert told(log(IDEA, prediction()), cycle(PLAN), reference=self.closing(joined=date(2026, 3, 6))) == [
            f"{PLACE}, start: found 2026-03-02, before the school joined on 2026-03-06, expected a day on which it was "
            "there."
        ]
        for days in ({"left": date(2026, 3, 13)}, {"joined": date(2026, 3, 2)}):
            assert told(log(IDEA, prediction()), cycle(PLAN), reference=self.closing(**days)) == []
        one_day = cycle({**PLAN, "planned_end": "2026-03-02"})
        assert told(log(IDEA, prediction()), one_day, reference=self.closing(left=date(2026, 3, 2))) == []

    def test_192_a_cycle_that_begins_after_its_school_left_is_refused(self) -> None:
        assert refused(log(IDEA, prediction()), cycle(PLAN), reference=self.closing(left=date(2026, 2, 27))) == [
            f"{PLACE}, start: found 2026-03-02, after the school left on 2026-02-27, expected a day on which the "
            "school was there, or the school that took over."
        ]

    def test_192_a_school_that_was_merged_or_has_another_id_blocks_no_record_that_stands(self) -> None:
        merged = replace(REFERENCE, schools=(School("0108", "Oak and Elm High School"),))
        held = log(IDEA, cycle(PLAN), prediction())
        assert told(held, cycle({**PLAN, "objective": "See"}, based_on=1), reference=merged) == [
            f"{PLACE}, school_id: found '0107', which schools.csv no longer has, expected an id that it has: "
            "0108 perhaps? Known: 0108."
        ]
        assert refused(log(IDEA), cycle(PLAN), reference=merged) == [
            f"{PLACE}, school_id: found '0107', no school of schools.csv, expected 0108 perhaps? Known: 0108."
        ]

    def test_192_another_name_changes_nothing(self) -> None:
        renamed = replace(REFERENCE, schools=(School("0107", "Oak Academy"), REFERENCE.schools[1]))
        assert (
            told(
                log(IDEA, cycle(PLAN), prediction()), cycle({**PLAN, "objective": "See"}, based_on=1), reference=renamed
            )
            == []
        )

    def test_193_a_cycle_over_the_end_of_the_school_year_is_told(self) -> None:
        fields = {**PLAN, "start": "2026-06-22", "planned_end": "2026-07-03"}
        assert told(log(IDEA, prediction()), cycle(fields)) == [
            f"{PLACE}, planned_end: found 2026-06-22..2026-07-03, over the end of a school year, expected the same "
            "students throughout: classes change on July 1."
        ]
        assert told(log(IDEA, prediction()), cycle({**fields, "planned_end": "2026-06-30"})) == []
        assert told(log(IDEA, prediction()), cycle({**PLAN, "start": "2025-12-15", "planned_end": "2026-01-16"})) == []


class TestOwners:
    """Records belong to the school that they are about; what others keep to themselves cannot be pointed to."""

    def test_a_record_is_of_its_own_school(self) -> None:
        assert refused(log(replace(IDEA, school="")), replace(cycle(PLAN), school="0114")) == [
            f"{PLACE}, school_id: found '0107', in a record of 0114, expected its own school."
        ]
        assert refused(log(), replace(IDEA, school="0199")) == [
            "change idea idea-1: found the owner '0199', no school of schools.csv, expected 0114 perhaps? Known: 0107, "
            "0114."
        ]
        assert refused(log(IDEA, cycle(PLAN)), replace(prediction(), school="0114"))[0].startswith(
            "prediction prediction-1, cycle_id: found 'cycle-1', no cycle of the log"
        )
        shared = log(IDEA, replace(cycle(PLAN), visibility="network"))
        assert refused(shared, replace(prediction(), school="0114")) == [
            "prediction prediction-1, cycle_id: found a cycle of 0107, expected one of its own school."
        ]

    def test_an_idea_that_another_school_keeps_to_itself_cannot_be_tested(self) -> None:
        fields = {**PLAN, "school_id": "0114"}
        other = Change("cycle", "cycle-2", "0114", fields)
        assert refused(log(IDEA), other) == [
            "cycle cycle-2, change_idea_id: found 'idea-1', no change idea of the log, expected a change idea of the "
            "log, which has none yet."
        ]
        assert refused(log(replace(IDEA, visibility="network")), other) == []

    def test_new_lines_need_a_studied_cycle_of_the_school(self) -> None:
        fields = {
            "measure_id": "attendance",
            "school_id": "0107",
            "start": "2026-03-16",
            "reason": "every class has it",
        }
        phase = Change("phase", "phase-1", "0107", {**fields, "evidence_cycle_id": "cycle-1"})
        place = "phase phase-1"
        assert told(log(IDEA, cycle({**DECIDED, "decision": "adopt"}), prediction()), phase) == []
        assert told(log(IDEA, cycle(STUDIED), prediction()), phase) == [
            f"{place}, evidence_cycle_id: found cycle-1, which nobody has adopted, expected a cycle that was adopted."
        ]
        assert refused(log(IDEA, cycle(DONE), prediction()), phase) == [
            f"{place}, evidence_cycle_id: found cycle-1, which nobody has studied yet, expected a cycle with a study."
        ]
        assert refused(log(), phase) == [
            f"{place}, evidence_cycle_id: found 'cycle-1', no cycle of the log, expected a cycle of the log, which has "
            "none yet."
        ]
        first = replace(phase, fields={**phase.fields, "start": "2026-03-02"})
        assert refused(log(IDEA, cycle(DECIDED), prediction()), first) == []
        early = replace(phase, fields={**phase.fields, "start": "2026-02-27"})
        assert refused(log(IDEA, cycle(DECIDED), prediction()), early) == [
            f"{place}, start: found 2026-02-27, before its evidence began on 2026-03-02, expected a day of the cycle "
            "that shows it, or a later one."
        ]
        bare = replace(phase, fields={**phase.fields, "reason": " "})
        assert refused(log(IDEA, cycle(DECIDED), prediction()), bare) == [
            f"{place}, reason: found nothing, expected why the process is another one from that day on."
        ]

    def test_what_the_log_holds_already_is_not_held_against_another_save(self) -> None:
        wrong = {**STUDIED, "studied_on": "2026-02-27", "measure_ids": ["gone"]}
        held = log(IDEA, cycle(wrong), prediction())
        assert refused(held, cycle({**wrong, "objective": "See"}, based_on=1)) == []
        assert len(refused(held, cycle({**wrong, "studied_on": "2026-02-26"}, based_on=1))) == 1

    def test_every_problem_is_told_at_once(self) -> None:
        wrong = {
            **PLAN,
            "measure_ids": ["x"],
            "planned_end": "2026-03-01",
            "decision": "adopt",
            "observations": "Amy Chen",
        }
        assert [one.partition(":")[0] for one in refused(log(IDEA), cycle(wrong))] == [
            f"{PLACE}, measure_ids",
            f"{PLACE}, planned_end",
            f"{PLACE}, decision",
            f"{PLACE}, observations, character 1",
        ]
        assert refused(log(), cycle({"school_id": "0107", "start": "soon"})) == [
            f"{PLACE}, start: found 'soon', expected a date such as 2025-10-13.",
            f"{PLACE}, change_idea_id: found nothing, expected the change idea that is tested.",
        ]


def numbered(names: Iterable[str]) -> set[int]:
    """The numbers of bad inputs in the names of tests."""
    found: set[int] = set()
    for name in names:
        words = [int(word) for word in name.split("_") if word.isdigit() and 158 <= int(word) <= 193]
        found |= set(range(words[0], words[1] + 1)) if "_to_" in name and len(words) == 2 else set(words)
    return found


def test_every_bad_input_has_its_test() -> None:
    names = [name for kind in list(globals().values()) if isinstance(kind, type) for name in vars(kind)]
    assert numbered(name for name in names if name.startswith("test_")) == set(range(158, 194))
