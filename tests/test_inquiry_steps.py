"""Plan, do, study, act, add, edit and find: the changes that they make, and what they ask for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from itertools import count, product
from typing import get_args

import pytest

from pdsa.errors import ParamsError
from pdsa.inquiry import Change, Event, State, canonical, replay
from pdsa.inquiry.adviser import next_test_size
from pdsa.inquiry.rules import Reference, check_changes, remarks
from pdsa.inquiry.steps import act, add, do, edit, fields_of, find, plan, study
from pdsa.records import Measure, School
from pdsa.records.inquiry import Cycle, Prediction
from pdsa.terms import SCALE_WORDS, Belief, Entity, FailureCost, Readiness

TODAY = date(2026, 3, 2)


def measure(id_: str, name: str) -> Measure:
    return Measure(id_, name, "outcome", "proportion", "%", "up", "week", "d")


REFERENCE = Reference(
    TODAY,
    (School("0107", "Oak High School"), School("0114", "Elm High School")),
    (measure("attendance", "Attendance"), measure("gpa", "Grade point average, mean")),
)
FIVE = {
    "idea": "Morning calls",
    "prediction": "Attendance rises to 90%, because families learn of it the same day",
    "how": "attendance",
    "when": "2026-03-02..2026-03-13",
    "who": "two advisers",
}


def ids() -> Callable[[Entity], str]:
    numbers = count(1)
    return lambda entity: f"{entity.removeprefix('change_')}-n{next(numbers)}"


class Log:
    """A log in memory that accepts what the rules accept."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self.new_id = ids()

    @property
    def state(self) -> State:
        return replay(self.events)

    def save(self, changes: Sequence[Change], today: date = TODAY) -> list[str]:
        """Save, and hand back the remarks."""
        reference = replace(REFERENCE, today=today)
        assert check_changes(self.state, changes, reference, "ann") == ()
        told = [str(one) for one in remarks(self.state, changes, reference, "ann")]
        for one in changes:
            last = self.state.get(one.entity, one.record)
            assert one.based_on == (last.version if last else 0)
            seen = one.visibility or ("team" if one.school else "network")
            self.events.append(
                Event(
                    *(one.school, len(self.events) + 1, one.entity, one.record, one.based_on + 1, "change", "ann"),
                    *(f"{today}T08:00:00.{len(self.events):06d}Z", seen, "", "", one.based_on, canonical(one.fields)),
                )
            )
        return told

    def plan(self, school: str = "0107", **texts: object) -> Sequence[Change]:
        return plan(self.state, REFERENCE, school, {**FIVE, **texts}, self.new_id)

    def cycle(self, place: int = 0) -> Cycle:
        return sorted(self.state.cycles, key=lambda one: one.cycle_no)[place]


@pytest.fixture
def log() -> Log:
    return Log()


def refused(act_: Callable[[], object]) -> list[str]:
    with pytest.raises(ParamsError) as caught:
        act_()
    assert caught.value.consequence == "nothing was saved"
    return [str(one) for one in caught.value.problems]


class TestPlan:
    def test_five_typed_fields_make_an_idea_a_cycle_and_a_prediction(self, log: Log) -> None:
        idea, cycle, prediction = log.plan()
        assert idea == Change(
            "change_idea",
            "idea-n1",
            "0107",
            {"title": "Morning calls", "origin": "practice", "evidence_level": "none", "stage": "untested"},
        )
        assert cycle == Change(
            "cycle",
            "cycle-n2",
            "0107",
            {
                "school_id": "0107",
                "team_id": "0107",
                "change_idea_id": "idea-n1",
                "title": "Morning calls",
                "objective": "Try out: Morning calls",
                "cycle_no": 1,
                "purpose": "test",
                "scale": "few_students",
                "start": "2026-03-02",
                "planned_end": "2026-03-13",
                "measure_ids": ["attendance"],
                "data_plan": "quantitative",
                "tasks": [{"what": "Morning calls", "who": "two advisers", "when": "2026-03-02"}],
            },
        )
        assert prediction == Change(
            "prediction",
            "prediction-n3",
            "0107",
            {
                "cycle_id": "cycle-n2",
                "question": "Attendance rises to 90%",
                "because": "families learn of it the same day",
                "made_on": "2026-03-02",
                "type": "text",
            },
        )
        assert log.save((idea, cycle, prediction)) == []

    def test_an_idea_that_is_known_is_taken_whatever_its_letters(self, log: Log) -> None:
        log.save(log.plan())
        for text in ("idea-n1", "  morning   CALLS ", "n1"):
            changes = log.plan(idea=text, parent_cycle_id="")
            assert [one.entity for one in changes] == ["cycle", "prediction"]
            assert changes[0].fields["change_idea_id"] == "idea-n1"

    def test_the_title_of_another_school_stays_its_own(self, log: Log) -> None:
        log.save(log.plan())
        assert [one.entity for one in log.plan("0114")] == ["change_idea", "cycle", "prediction"]

    def test_a_title_is_no_part_of_an_id(self, log: Log) -> None:
        log.save(log.plan())
        assert log.plan(idea="idea")[0].fields["title"] == "idea"

    def test_an_id_that_is_unknown_is_no_title(self, log: Log) -> None:
        log.save(log.plan())
        assert refused(lambda: log.plan(idea="idea-x4d9p")) == [
            "idea: found 'idea-x4d9p', expected idea-n1 perhaps? Known: idea-n1."
        ]

    @pytest.mark.parametrize(
        ("prediction", "question", "because"),
        [
            ("It rises because they know", "It rises", "they know"),
            ("It rises; BECAUSE: they know", "It rises", "they know"),
            ("It rises - because they say so because it is so", "It rises", "they say so because it is so"),
            ("It rises,\nbecause they\nknow", "It rises", "they\nknow"),
        ],
    )
    def test_a_sentence_with_because(self, log: Log, prediction: str, question: str, because: str) -> None:
        fields = log.plan(prediction=prediction)[-1].fields
        assert (fields["question"], fields["because"]) == (question, because)

    def test_the_reason_may_stand_apart(self, log: Log) -> None:
        fields = log.plan(prediction="It rises because, well", because="they know")[-1].fields
        assert (fields["question"], fields["because"]) == ("It rises because, well", "they know")
        assert refused(lambda: log.plan(prediction="It rises")) == [
            "prediction, because: found nothing, expected why: a prediction says because."
        ]

    @pytest.mark.parametrize(
        ("typed", "kept"),
        [
            ({"low": "88", "high": "92"}, {"type": "range", "low": 88.0, "high": 92.0, "measure_id": "attendance"}),
            ({"value": "90"}, {"type": "value", "value": 90.0, "measure_id": "attendance"}),
            ({"direction": "up", "measure_id": "GPA"}, {"type": "direction", "direction": "up", "measure_id": "gpa"}),
            ({"probability": "0.8"}, {"type": "probability", "probability": 0.8}),
            ({"how": "attendance; gpa", "value": "90"}, {"type": "value", "value": 90.0}),
        ],
    )
    def test_typed_predictions(self, log: Log, typed: dict[str, object], kept: dict[str, object]) -> None:
        fields = log.plan(**typed)[-1].fields
        plain = ("cycle_id", "question", "because", "made_on")
        assert {name: value for name, value in fields.items() if name not in plain} == kept

    def test_further_predictions(self, log: Log) -> None:
        more = [{"question": "Calls take 5 minutes", "because": "we timed one", "value": 5}]
        changes = log.plan(predictions=more)
        assert [one.fields["question"] for one in changes[2:]] == ["Attendance rises to 90%", "Calls take 5 minutes"]
        assert refused(lambda: log.plan(predictions=[*more, "x", {"question": "q"}])) == [
            "predictions, item 2: found no fields, expected question, because and others.",
            "predictions, item 3, because: found nothing, expected why: a prediction says because.",
        ]

    @pytest.mark.parametrize(
        ("how", "kept"),
        [
            ("Attendance", {"measure_ids": ["attendance"], "data_plan": "quantitative"}),
            ("attendance, GPA", {"measure_ids": ["attendance", "gpa"], "data_plan": "quantitative"}),
            ("grade point average, mean", {"measure_ids": ["gpa"], "data_plan": "quantitative"}),
            (["attendance"], {"measure_ids": ["attendance"], "data_plan": "quantitative"}),
            ("we count who answers", {"data_plan_detail": "we count who answers"}),
        ],
    )
    def test_how_we_will_know(self, log: Log, how: object, kept: dict[str, object]) -> None:
        fields = log.plan(how=how)[1].fields
        names = ("measure_ids", "data_plan", "data_plan_detail")
        assert {name: value for name, value in fields.items() if name in names} == kept

    def test_a_slip_in_the_name_of_a_measure_is_asked_about(self, log: Log) -> None:
        assert refused(lambda: log.plan(how="attendence")) == [
            "how: found 'attendence', expected attendance perhaps? Otherwise say in words how you will know."
        ]

    @pytest.mark.parametrize(
        ("when", "start", "end"),
        [
            ("2026-03-02", "2026-03-02", "2026-03-15"),
            ("2026-03-02 to 2026-03-06", "2026-03-02", "2026-03-06"),
            ("2026-03-02–2026-03-06", "2026-03-02", "2026-03-06"),
            (date(2026, 3, 2), "2026-03-02", "2026-03-15"),
            ([date(2026, 3, 2), "2026-03-06"], "2026-03-02", "2026-03-06"),
        ],
    )
    def test_when(self, log: Log, when: object, start: str, end: str) -> None:
        fields = log.plan(when=when)[1].fields
        assert (fields["start"], fields["planned_end"]) == (start, end)

    @pytest.mark.parametrize("when", ["in March", "3/2/2026", "2026-03-02..soon"])
    def test_when_in_other_words_is_refused(self, log: Log, when: str) -> None:
        assert refused(lambda: log.plan(when=when)) == [
            f"when: found {when!r}, expected the first and the last day, such as 2025-10-13..2025-10-24, or the first "
            "one."
        ]

    def test_everything_else_by_its_name(self, log: Log) -> None:
        fields = log.plan(
            scale="1 class", belief="high", title="By phone", tasks="call | Lee", students_n="24", team_id="grade 9"
        )[1].fields
        assert (fields["scale"], fields["belief"], fields["title"], fields["tasks"], fields["students_n"]) == (
            *("class", "high", "By phone"),
            *([{"what": "call", "who": "Lee"}], 24),
        )

    def test_what_is_missing_and_what_is_unknown_is_told_at_once(self, log: Log) -> None:
        texts = {"idea": "Calls", "wen": "2026-03-02", "how": " "}
        assert refused(lambda: plan(log.state, REFERENCE, "0107", texts, log.new_id)) == [
            "prediction: found nothing, expected what will happen, because why.",
            "how: found nothing, expected how you will know: a measure, or in words.",
            "when: found nothing, expected the first and the last day, such as 2025-10-13..2025-10-24, or the first "
            "one.",
            "who: found nothing, expected who does it.",
            "wen: found an unknown field, expected when perhaps? Known: idea, prediction, how, when, who, school_id, "
            "change_idea_id, title, team_id, cycle_no, parent_cycle_id, purpose, ....",
        ]

    def test_a_draft_needs_only_its_idea(self, log: Log) -> None:
        changes = plan(log.state, REFERENCE, "0107", {"idea": "Calls"}, log.new_id, draft=True)
        assert log.save(changes) == [
            "cycle cycle-n2: found a plan without a prediction, expected one with because before the test begins."
        ]
        rest = {name: text for name, text in FIVE.items() if name != "idea"}
        more = plan(log.state, REFERENCE, "0107", {**rest, "cycle": "cycle-n2"}, log.new_id)
        assert [(one.entity, one.based_on) for one in more] == [("cycle", 1), ("prediction", 0)]
        assert log.save(more) == []
        assert log.cycle().start == date(2026, 3, 2)
        assert refused(lambda: plan(log.state, REFERENCE, "0107", {}, log.new_id, draft=True)) == [
            "idea: found nothing, expected the title of the change idea, or its id."
        ]

    def test_the_next_cycle_follows_the_last_decided_one(self, log: Log) -> None:
        log.save(log.plan())
        log.save(do(log.state, "n2", {}, today=TODAY))
        log.save(study(log.state, "n2", {"learning": "x"}, today=TODAY))
        log.save(act(log.state, "n2", {"decision": "adapt"}, log.new_id, today=TODAY, clone=False))
        fields = log.plan(when="2026-03-15")[0].fields
        assert (fields["parent_cycle_id"], fields["cycle_no"]) == ("cycle-n2", 2)
        fields = log.plan(when="2026-03-15", parent_cycle_id="")[0].fields
        assert (fields.get("parent_cycle_id"), fields["cycle_no"]) == (None, 1)
        fields = log.plan(when="2026-03-15", parent_cycle_id="cycle-n2")[0].fields
        assert (fields["parent_cycle_id"], fields["cycle_no"]) == ("cycle-n2", 2)
        log.save(log.plan(when="2026-03-15"))  # nobody has decided on the second one: a third begins a ramp of its own
        fields = log.plan(when="2026-03-30")[0].fields
        assert (fields.get("parent_cycle_id"), fields["cycle_no"]) == (None, 1)


class TestTurn:
    """Do, study and act of the cycle that the five fields plan."""

    @pytest.fixture
    def log(self) -> Log:
        log = Log()
        log.save(log.plan(low="88", high="92"))
        return log

    def test_a_whole_turn_and_the_next_plan(self, log: Log) -> None:
        log.save(
            do(log.state, "morning calls", {"observations": "They answer"}, today=date(2026, 3, 4)), date(2026, 3, 4)
        )
        assert (log.cycle().actual_start, log.cycle().status) == (date(2026, 3, 2), "doing")
        later = date(2026, 3, 15)
        learned = {"learning": "Before eight they answer", "results": "89.5", "actual_end": "2026-03-13"}
        assert log.save(study(log.state, "cycle-n2", learned, today=later), later) == []
        assert (log.cycle().studied_on, log.cycle().status) == (later, "studying")
        assert log.state.predictions("cycle-n2")[0].result_value == 89.5
        adapted = {"decision": "Adapt", "next_test": "By text message", "next_scale": "1 class"}
        told = log.save(act(log.state, "n2", adapted, log.new_id, today=later), later)
        assert told == [
            "cycle cycle-n4: found a plan without a prediction, expected one with because before the test begins."
        ]
        assert (log.cycle().decision, log.cycle().decided_on, log.cycle().status) == ("adapt", later, "closed")
        assert log.cycle(1) == replace(
            Cycle("cycle-n4", "0107", "idea-n1", title="Morning calls", team_id="0107"),
            cycle_no=2,
            parent_cycle_id="cycle-n2",
            objective="By text message",
            scale="class",
            questions=("Attendance rises to 90%",),
            tasks=(replace(log.cycle().tasks[0], when=""),),
            data_plan="quantitative",
            measure_ids=("attendance",),
        )

    def adapted(self, log: Log) -> Log:
        log.save(do(log.state, "n2", {}, today=TODAY))
        log.save(act(log.state, "n2", {"decision": "adapt", "learning": "x"}, log.new_id, today=TODAY))
        return log

    def test_what_is_learned_with_the_decision_was_studied_that_day(self, log: Log) -> None:
        assert self.adapted(log).cycle().studied_on == TODAY
        more = act(log.state, "n2", {"decision": "adapt", "learning": "y"}, log.new_id, today=date(2026, 3, 9))
        assert (more[0].fields["studied_on"], more[0].fields["decided_on"]) == ("2026-03-02", "2026-03-02")

    def test_predictions_of_the_next_cycle_are_made_anew(self, log: Log) -> None:
        self.adapted(log)
        begin = do(log.state, "cycle-n4", {}, today=TODAY)
        found = check_changes(log.state, begin, REFERENCE, "ann")
        assert [one.found for one in found] == ["a test without a prediction"]
        more = log.plan(when="2026-03-15", who="", how="")  # of the cycle that was copied, by its idea
        assert [(one.entity, one.record, one.based_on) for one in more] == [
            ("cycle", "cycle-n4", 1),
            ("prediction", "prediction-n5", 0),
        ]
        log.save(more)
        assert log.cycle(1).start == date(2026, 3, 15)
        assert log.plan(when="2026-03-23")[0].record != "cycle-n4"  # it has its days now

    def test_a_decision_is_cloned_once(self, log: Log) -> None:
        self.adapted(log)
        again = act(log.state, "cycle-n2", {"decision": "adapt", "rationale": "x"}, log.new_id, today=TODAY)
        assert [one.record for one in again] == ["cycle-n2"]
        for decision in ("adopt", "abandon"):
            changes = act(log.state, "cycle-n2", {"decision": decision}, log.new_id, today=TODAY)
            assert [one.record for one in changes] == ["cycle-n2"]

    @pytest.mark.parametrize(
        ("today", "given", "began"),
        [
            (date(2026, 3, 4), {}, "2026-03-02"),
            (date(2026, 2, 27), {}, "2026-02-27"),
            (date(2026, 3, 2), {}, "2026-03-02"),
            (None, {}, "2026-03-02"),
            (date(2026, 3, 4), {"actual_start": "2026-03-03"}, "2026-03-03"),
        ],
    )
    def test_the_first_day_of_a_test(self, log: Log, today: date | None, given: dict[str, object], began: str) -> None:
        assert do(log.state, "n2", given, today=today)[0].fields["actual_start"] == began

    def test_a_test_that_has_no_day_is_asked_for_it(self, log: Log) -> None:
        log.save(edit("cycle", "n2", {"start": "", "planned_end": ""}, state=log.state))
        assert refused(lambda: do(log.state, "n2", {})) == [
            "actual_start: found nothing, expected the day on which the test began."
        ]

    def test_a_second_report_of_a_test_keeps_its_first_day(self, log: Log) -> None:
        log.save(do(log.state, "n2", {}, today=TODAY))
        changes = do(log.state, "n2", {"observations": "x"}, today=date(2026, 3, 9))
        assert changes[0].fields["actual_start"] == "2026-03-02"

    def test_a_decision_is_needed_to_act(self, log: Log) -> None:
        assert refused(lambda: act(log.state, "n2", {"rationale": "x"}, log.new_id, today=TODAY)) == [
            "decision: found nothing, expected one of: adopt, adapt, abandon."
        ]
        assert refused(lambda: act(log.state, "n2", {"decision": "stop"}, log.new_id, today=TODAY)) == [
            "decision: found 'stop', expected one of: adopt, adapt, abandon."
        ]

    def test_unknown_fields_are_told(self, log: Log) -> None:
        for step in (
            lambda: do(log.state, "n2", {"observatoins": "x"}, today=TODAY),
            lambda: study(log.state, "n2", {"observatoins": "x"}, today=TODAY),
            lambda: act(log.state, "n2", {"observatoins": "x", "decision": "adopt"}, log.new_id, today=TODAY),
        ):
            assert refused(step)[0].startswith("observatoins: found an unknown field, expected observations perhaps?")


class TestResults:
    @pytest.fixture
    def log(self) -> Log:
        log = Log()
        more = [{"question": "Calls take 5 minutes", "because": "we timed one"}]
        log.save(log.plan(predictions=more))
        log.save(do(log.state, "n2", {}, today=TODAY))
        return log

    def results(self, log: Log, results: object) -> dict[str, tuple[object, ...]]:
        changes = study(log.state, "n2", {"learning": "x", "results": results}, today=TODAY)
        log.save(changes)
        kept = {one.id: (one.result_value, one.result_text, one.outcome) for one in log.state.records(Prediction)}
        return {name: value for name, value in kept.items() if value != (None, "", None)}

    @pytest.mark.parametrize(
        ("results", "first", "second"),
        [
            ({"prediction-n3": 89.5, "n4": "did not hold"}, (89.5, "", None), (None, "", "miss")),
            ({"calls take 5 minutes": "about 8"}, None, (None, "about 8", None)),
            ("prediction-n3 = 89.5; prediction-n4 = held", (89.5, "", None), (None, "", "hit")),
            ("n3=89.5\nn4=partly", (89.5, "", None), (None, "", "partly")),
            (
                {"n3": {"value": "89.5", "outcome": "partly", "text": "not in grade 9"}},
                (89.5, "not in grade 9", "partly"),
                None,
            ),
        ],
    )
    def test_results_by_prediction(
        self, log: Log, results: object, first: tuple[object, ...] | None, second: tuple[object, ...] | None
    ) -> None:
        wanted = {"prediction-n3": first, "prediction-n4": second}
        assert self.results(log, results) == {name: value for name, value in wanted.items() if value}

    @pytest.mark.parametrize("results", [{"prediction-n9": 1}, "prediction-n9=1", "89.5", 89.5])
    def test_a_result_of_no_prediction_is_told(self, log: Log, results: object) -> None:
        found = refused(lambda: study(log.state, "n2", {"results": results}, today=TODAY))
        assert len(found) == 1
        assert found[0].startswith("results: found ")
        assert found[0].endswith(
            "expected a prediction of the cycle: prediction-n3 (Attendance rises to 90%); prediction-n4 (Calls take 5 "
            "minutes)."
        )

    @pytest.mark.parametrize(
        ("results", "kept"),
        [
            ("89.5", (89.5, "", None)),
            (89.5, (89.5, "", None)),
            ("held in part", (None, "", "partly")),
            ("2 of 3 = most", (None, "2 of 3 = most", None)),
            ({"value": 89.5, "outcome": "hit"}, (89.5, "", "hit")),
            ("prediction-n3=89.5", (89.5, "", None)),
        ],
    )
    def test_the_result_of_the_only_prediction(self, results: object, kept: tuple[object, ...]) -> None:
        log = Log()
        log.save(log.plan())
        log.save(do(log.state, "n2", {}, today=TODAY))
        assert self.results(log, results) == {"prediction-n3": kept}


class TestAddAndEdit:
    def test_records_by_name_with_their_day_and_owner(self, log: Log) -> None:
        def more(entity: Entity, school: str = "0107", **texts: object) -> Change:
            (change,) = add(entity, texts, state=log.state, school=school, ids=log.new_id, reference=REFERENCE)
            log.save([change])
            return change

        driver = more("driver", text="Families know", measure_ids="Attendance")
        assert (driver.school, driver.record, driver.fields) == (
            *("", "driver-n1"),
            {"text": "Families know", "level": "primary", "measure_ids": ["attendance"]},
        )
        idea = more("change_idea", title="Morning calls", driver_id="families know")
        assert (idea.school, idea.fields["driver_id"]) == ("0107", "driver-n1")
        ask = more("ask", text="A phone", Raised_On="")
        assert ask.fields == {"text": "A phone", "school_id": "0107", "to": "coach", "raised_on": "2026-03-02"}
        insight = more("insight", text="x", on="2026-02-27")
        assert insight.fields["on"] == "2026-02-27"
        aim = {"statement": "s", "measure_id": "GPA", "population": "all", "target_value": 3, "by_date": "2026-06-30"}
        assert (more("aim", **aim).school, more("aim", **aim, school_id="0107").school) == ("", "0107")
        assert more("person", id="ann", name="Ann", schools="Oak High School").fields["schools"] == ["0107"]
        assert more("annotation", "", label="Snow", date="2026-01-26").fields == {
            "label": "Snow",
            "date": "2026-01-26",
            "kind": "change",
        }

    def test_a_prediction_is_of_the_school_of_its_cycle(self, log: Log) -> None:
        log.save(log.plan())
        texts = {"cycle_id": "morning calls", "question": "q", "because": "b"}
        (change,) = add("prediction", texts, state=log.state, school="", ids=log.new_id, reference=REFERENCE)
        assert (change.school, change.fields["cycle_id"], change.fields["made_on"]) == (
            "0107",
            "cycle-n2",
            "2026-03-02",
        )

    def test_a_title_of_several_records_names_none(self, log: Log) -> None:
        for _ in range(2):
            log.save(add("driver", {"text": "Rides"}, state=log.state, school="", ids=log.new_id))
        texts = {"title": "Buses", "driver_id": "rides"}
        (change,) = add("change_idea", texts, state=log.state, school="0107", ids=log.new_id)
        assert change.fields["driver_id"] == "rides"
        assert [one.place for one in check_changes(log.state, [change], REFERENCE)] == [
            "change idea idea-n3, driver_id"
        ]

    def test_problems_are_told_at_once(self, log: Log) -> None:
        texts = {"statement": "s", "target": "9"}
        assert refused(lambda: add("aim", texts, state=log.state, school="", ids=log.new_id)) == [
            "target: found an unknown field, expected target_value perhaps? Known: statement, measure_id, population, "
            "target_value, by_date, baseline_value, since, school_id, id.",
            "measure_id: found nothing, expected the measure that shows it.",
            "population: found nothing, expected for whom: an aim names its population, such as all grade 9 students.",
            "target_value: found nothing, expected how good: an aim has a number.",
            "by_date: found nothing, expected by when: an aim has a date such as 2026-06-30.",
        ]

    def test_an_edit_keeps_the_rest_and_a_blank_empties_a_field(self, log: Log) -> None:
        log.save(log.plan())
        (change,) = edit("cycle", "morning calls", {"objective": "", "students_n": 12}, state=log.state)
        before = fields_of(find(log.state, "cycle", "n2"))
        assert change.based_on == 1
        assert change.fields == {
            **{name: value for name, value in before.items() if name != "objective"},
            "students_n": 12,
        }

    def test_what_is_edited_by_nothing_is_what_was_saved(self, log: Log) -> None:
        saved = log.plan(low="88", high="92", tasks="call | Lee | | office")
        log.save(saved)
        for one in saved:
            (again,) = edit(one.entity, one.record, {}, state=log.state)
            assert again == replace(one, based_on=1)

    def test_another_number_makes_a_prediction_one_of_another_type(self, log: Log) -> None:
        log.save(log.plan())
        (change,) = edit("prediction", "n3", {"direction": "up"}, state=log.state)
        assert change.fields["type"] == "direction"

    def test_the_id_of_a_record_stays(self, log: Log) -> None:
        log.save(log.plan())
        assert refused(lambda: edit("cycle", "n2", {"id": "cycle-9"}, state=log.state)) == [
            "id: found another id, expected cycle-n2: the id of a record stays."
        ]


class TestFind:
    STATE = replay(
        Event(
            "0107",
            number,
            "change_idea",
            record,
            1,
            "create",
            "ann",
            "2026",
            "team",
            "",
            "",
            0,
            canonical({"title": title}),
        )
        for number, (record, title) in enumerate(
            [("idea-7kq2m", "Morning calls"), ("idea-7kx4d", "Evening calls"), ("idea-x4d9p", "evening  Calls")],
            start=1,
        )
    )

    @pytest.mark.parametrize(
        ("text", "record"),
        [
            ("idea-7kq2m", "idea-7kq2m"),
            (" IDEA-7KQ2M ", "idea-7kq2m"),
            ("idea-7kq", "idea-7kq2m"),
            ("x4d9p", "idea-x4d9p"),
            ("  morning CALLS", "idea-7kq2m"),
        ],
    )
    def test_by_id_by_part_and_by_title(self, text: str, record: str) -> None:
        assert find(self.STATE, "change_idea", text).id == record

    def test_several_are_named(self) -> None:
        assert refused(lambda: find(self.STATE, "change_idea", "Evening calls")) == [
            "change idea: found 'Evening calls', expected one of them: idea-7kx4d (Evening calls); idea-x4d9p "
            "(evening  Calls)."
        ]
        assert refused(lambda: find(self.STATE, "change_idea", "idea-7k"))[0].startswith(
            "change idea: found 'idea-7k', expected one of them: idea-7kq2m (Morning calls); idea-7kx4d"
        )

    def test_none_is_told_with_the_nearest(self) -> None:
        assert refused(lambda: find(self.STATE, "change_idea", "Mornin calls")) == [
            "change idea: found 'Mornin calls', expected Morning calls perhaps? Known: idea-7kq2m, idea-7kx4d, "
            "idea-x4d9p, Morning calls, Evening calls, evening  Calls."
        ]
        for text in ("", "  "):
            assert refused(lambda text=text: find(self.STATE, "change_idea", text))  # type: ignore[misc]
        assert refused(lambda: find(self.STATE, "cycle", "x")) == [
            "cycle: found 'x', expected a record of the log: there is none of this kind yet."
        ]


TABLE = {
    ("low", "high"): ("very small", "very small", "very small"),
    ("low", "low"): ("very small", "very small", "small"),
    ("high", "high"): ("very small", "small", "large"),
    ("high", "low"): ("small", "large", "implement"),
    # not in the table: as sure as the lower row
    ("moderate", "high"): ("very small", "very small", "very small"),
    ("moderate", "low"): ("very small", "very small", "small"),
}


class TestAdviser:
    """Low belief and high cost: very small always; the other rows of the table by how ready people are."""

    @pytest.mark.parametrize(
        ("belief", "cost", "readiness"), [*product(get_args(Belief), get_args(FailureCost), get_args(Readiness))]
    )
    def test_the_table(self, belief: Belief, cost: FailureCost, readiness: Readiness) -> None:
        place = ("resistant", "indifferent", "ready").index(readiness)
        assert next_test_size(belief, cost, readiness).size == TABLE[belief, cost][place]

    def test_words_and_scales(self) -> None:
        advice = next_test_size("low", "high", "ready")
        assert advice.words == (
            "You are not yet sure that it works here, a test that does not work out costs much, and the people who "
            "would do it are ready: make the next test very small: 1 student or a few students."
        )
        assert advice.scales == ("student", "few_students")
        assert next_test_size("high", "low", "ready").words.endswith(
            "make it part of daily work: the whole school or several schools or the network."
        )
        every = [next_test_size(*one) for one in product(("low", "high"), get_args(FailureCost), get_args(Readiness))]
        sizes = {one.size: one.scales for one in every}
        assert {scale for scales in sizes.values() for scale in scales} == set(SCALE_WORDS)
