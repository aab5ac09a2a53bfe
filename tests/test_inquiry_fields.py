"""The door of the improvement log: what people typed, and what the log holds of it."""

from __future__ import annotations

import json
import math
from datetime import date, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pdsa.inquiry import canonical
from pdsa.params.inquiry import kinds, read_fields, record_of
from pdsa.records.inquiry import RECORDS, Aim, Cycle, Task
from pdsa.terms import ENTITIES, Entity

CYCLE = {"school_id": "0107", "change_idea_id": "idea-1"}
PREDICTION = {"cycle_id": "cycle-1", "question": "Attendance rises", "because": "families know"}


def problems(entity: Entity, texts: dict[str, object], place: str = "") -> list[str]:
    return [str(one) for one in read_fields(entity, texts, place)[1]]


def cycle(**texts: object) -> dict[str, object]:
    """What the log holds of a cycle beyond its school, its idea and the defaults."""
    fields, wrong = read_fields("cycle", {**CYCLE, **texts})
    assert wrong == ()
    plain = {**CYCLE, "cycle_no": 1, "purpose": "test", "scale": "few_students"}
    return {name: value for name, value in fields.items() if value != plain.get(name)}


class TestValues:
    def test_each_kind_of_value(self) -> None:
        assert cycle(
            title="Morning calls",
            start=" 2025-10-13 ",
            sites_n="3",
            measure_ids="attendance; gpa, tardy\nattendance",
            questions="Do they call?; Who answers\n\n",
            tasks="call | adviser | Mon | office\nwrite down",
            scale="One Class".replace("One", "1"),
            data_plan="BOTH",
            cost_of_failure=" High ",
        ) == {
            "title": "Morning calls",
            "start": "2025-10-13",
            "sites_n": 3,
            "measure_ids": ["attendance", "gpa", "tardy"],
            "questions": ["Do they call?", "Who answers"],
            "tasks": [{"what": "call", "who": "adviser", "when": "Mon", "where": "office"}, {"what": "write down"}],
            "scale": "class",
            "data_plan": "both",
            "cost_of_failure": "high",
        }

    def test_values_that_are_typed_already(self) -> None:
        assert cycle(
            start=date(2025, 10, 13),
            planned_end=datetime(2025, 10, 24),
            sites_n=np.int64(3),
            students_n=12.0,
            measure_ids=("attendance",),
            questions=["a; b"],
            tasks=[{"what": "call", "Who": "adviser"}, {"what": "go", "where": math.nan}],
            objective=12,
            title=date(2025, 10, 13),
        ) == {
            "start": "2025-10-13",
            "planned_end": "2025-10-24",
            "sites_n": 3,
            "students_n": 12,
            "measure_ids": ["attendance"],
            "questions": ["a; b"],
            "tasks": [{"what": "call", "who": "adviser"}, {"what": "go"}],
            "objective": "12",
            "title": "2025-10-13",
        }

    def test_lists_that_a_program_wrote_are_not_taken_apart(self) -> None:
        assert cycle(questions='["a; b", "c"]', tasks='[{"what": "call | write"}]', artifacts="[draft]; photo") == {
            "questions": ["a; b", "c"],
            "tasks": [{"what": "call | write"}],
            "artifacts": ["[draft]", "photo"],
        }

    @pytest.mark.parametrize("blank", ["", "  ", "\n", None, math.nan, [], (), {}])
    def test_what_is_blank_is_left_out(self, blank: object) -> None:
        names = [name for name in kinds("cycle") if name not in (*CYCLE, "id")]
        assert cycle(**dict.fromkeys(names, blank)) == {}

    def test_the_longest_id_and_nought(self) -> None:
        assert cycle(parent_cycle_id="x" * 80) == {"parent_cycle_id": "x" * 80}
        assert str(read_fields("prediction", {**PREDICTION, "value": "-0"})[0]["value"]) == "0.0"

    def test_names_of_fields_in_other_letters(self) -> None:
        fields = read_fields("cycle", {"School ID": "0107", "CHANGE-IDEA-ID": "idea-1", " What data show ": "x"})[0]
        assert (fields["school_id"], fields["change_idea_id"], fields["what_data_show"]) == ("0107", "idea-1", "x")

    @pytest.mark.parametrize(
        ("name", "shown", "word"),
        [
            ("matched", "did not hold", "miss"),
            ("matched", "Held in part", "partly"),
            ("decision", "set aside", "abandon"),
            ("decision", "ADOPTED", "adopt"),
            ("scale", "a few students", "few_students"),
            ("scale", "the whole school", "school"),
            ("purpose", "collect-info", "collect_info"),
            ("carried_out_as_planned", True, "yes"),
            ("carried_out_as_planned", False, "no"),
        ],
    )
    def test_words_as_pages_show_them(self, name: str, shown: object, word: str) -> None:
        assert read_fields("cycle", {**CYCLE, name: shown})[0][name] == word

    def test_free_text_stays_as_it_was_written(self) -> None:
        text = "  =1+1\n\t$x$ <b>&amp;</b> 'שלום' \u202e👩‍🏫 e\u0301\u0301 \u200b\u00a0|;--  "
        assert cycle(observations=text) == {"observations": text}

    def test_every_record_can_be_made_of_what_it_cannot_do_without(self) -> None:
        aim = {
            "statement": "More of them come",
            "measure_id": "attendance",
            "population": "all",
            "target_value": ".5",
            "by_date": "2026-06-30",
        }
        fields, wrong = read_fields("aim", aim)
        assert wrong == ()
        assert record_of("aim", {**fields, "id": "aim-1"}) == Aim(
            "aim-1", "More of them come", "attendance", "all", 0.5, date(2026, 6, 30)
        )
        made = record_of("cycle", {**read_fields("cycle", {**CYCLE, "tasks": "call | Lee"})[0], "id": "c"})
        assert made == Cycle("c", "0107", "idea-1", tasks=(Task("call", "Lee"),))


class TestProblems:
    @pytest.mark.parametrize(
        ("name", "written", "message"),
        [
            ("start", "10/13/2025", "start: found '10/13/2025', expected a date such as 2025-10-13."),
            ("start", "2025-02-30", "start: found '2025-02-30', expected a day of the calendar."),
            ("start", "next week", "start: found 'next week', expected a date such as 2025-10-13."),
            ("start", 45943, "start: found 45943, expected a date such as 2025-10-13."),
            ("start", "1025-10-13", "start: found 1025-10-13, expected a day from 1990 to 2100."),
            ("start", datetime(2025, 1, 3, 8), "start: found 2025-01-03 08:00:00, expected a date such as 2025-10-13."),
            ("sites_n", "three", "sites_n: found 'three', expected a whole number such as 12."),
            ("sites_n", "3.5", "sites_n: found '3.5', expected a whole number such as 12."),
            ("sites_n", "-1", "sites_n: found '-1', expected a whole number such as 12."),
            ("sites_n", True, "sites_n: found True, expected a whole number such as 12."),
            ("cycle_no", "0", "cycle_no: found '0', expected a whole number from 1 to 999."),
            (
                *("scale", "klass"),
                "scale: found 'klass', expected class perhaps? Known: student, few_students, class, several_classes, "
                "grade, school, several_schools, network.",
            ),
            ("decision", "maybe", "decision: found 'maybe', expected one of: adopt, adapt, abandon."),
            ("parent_cycle_id", "a\u200bb", "parent_cycle_id: found an invisible character, expected an id of visible "
             "characters."),
            ("parent_cycle_id", "a\ud800", "parent_cycle_id: found an invisible character, expected an id of visible "
             "characters."),
            ("parent_cycle_id", "x" * 81, "parent_cycle_id: found 81 characters, expected an id of at most 80."),
            ("measure_ids", ["a", "b\n"], "measure_ids, item 2: found an invisible character, expected an id of "
             "visible characters."),
            ("title", "x" * 201, "title: found 201 characters, expected at most 200."),
            ("title", "a\nb", "title: found several lines or a tab, expected one line."),
            ("questions", ["a", 1j], "questions, item 2: found something else, expected a text."),
            ("questions", ["a"] * 201, "questions: found 201 items, expected at most 200."),
            ("objective", ["a"], "objective: found a list, expected a text."),
            ("tasks", "a | b | c | d | e", "tasks, item 1: found 5 parts, expected what | who | when | where."),
            ("tasks", [{"whom": "Lee", "what": "x"}], "tasks, item 1, whom: found an unknown part, expected who "
             "perhaps? Known: what, who, when, where."),
            ("tasks", [{"who": "Lee"}], "tasks, item 1, what: found nothing, expected what is to be done."),
            ("tasks", [7], "tasks, item 1: found 7, expected what | who | when | where."),
            ("tasks", " | Lee", "tasks, item 1, what: found nothing, expected what is to be done."),
        ],
    )  # fmt: skip
    def test_one_value(self, name: str, written: object, message: str) -> None:
        assert problems("cycle", {**CYCLE, name: written}) == [message]

    @pytest.mark.parametrize(
        ("texts", "message"),
        [
            ({"value": "85 percent"}, "value: found '85 percent', expected a plain number such as 12 or 0.85."),
            ({"value": "1e3"}, "value: found '1e3', expected a plain number such as 12 or 0.85."),
            (
                {"value": 10**400},
                "value: found a number that is too large, expected a plain number such as 12 or 0.85.",
            ),
            ({"value": math.inf}, "value: found inf, expected a plain number such as 12 or 0.85."),
            ({"probability": "80"}, "probability: found '80', expected a number from 0 to 1."),
            ({"probability": "-0.1"}, "probability: found '-0.1', expected a number from 0 to 1."),
            ({"low": "90", "high": "80"}, "low: found 90, expected at most high, which is 80."),
            ({"value": "85", "high": "80"}, "value: found 85, expected at most high, which is 80."),
            ({"value": "85", "low": "86"}, "low: found 86, expected at most value, which is 85."),
            ({"low": "80"}, "high: found nothing, expected it: a prediction of type range needs low and high."),
            ({"type": "value"}, "value: found nothing, expected it: a prediction of type value needs value."),
            (
                {"type": "direction"},
                "direction: found nothing, expected it: a prediction of type direction needs direction.",
            ),
            ({"because": " "}, "because: found nothing, expected why: a prediction says because."),
            ({"question": ""}, "question: found nothing, expected what will happen."),
        ],
    )
    def test_predictions(self, texts: dict[str, object], message: str) -> None:
        assert problems("prediction", {**PREDICTION, **texts}) == [message]

    @pytest.mark.parametrize(
        ("texts", "kind"),
        [
            ({}, "text"),
            ({"value": "85", "low": "80", "high": "90"}, "value"),
            ({"low": "80", "high": "80"}, "range"),
            ({"direction": "UP"}, "direction"),
            ({"probability": "0"}, "probability"),
            ({"probability": "0.8", "type": "text"}, "text"),
        ],
    )
    def test_the_type_of_a_prediction_follows_from_what_it_holds(self, texts: dict[str, object], kind: str) -> None:
        fields, wrong = read_fields("prediction", {**PREDICTION, **texts})
        assert (fields["type"], wrong) == (kind, ())

    def test_an_aim_without_number_date_or_population_is_refused_with_a_message_each(self) -> None:
        assert problems("aim", {"statement": "More of them come", "measure_id": "attendance"}) == [
            "population: found nothing, expected for whom: an aim names its population, such as all grade 9 students.",
            "target_value: found nothing, expected how good: an aim has a number.",
            "by_date: found nothing, expected by when: an aim has a date such as 2026-06-30.",
        ]

    @pytest.mark.parametrize(
        ("entity", "needs"),
        [
            ("aim", ["statement", "measure_id", "population", "target_value", "by_date"]),
            ("driver", ["text"]),
            ("cause", ["category", "cause"]),
            ("change_idea", ["title"]),
            ("cycle", ["school_id", "change_idea_id"]),
            ("prediction", ["cycle_id", "question", "because"]),
            ("annotation", ["date", "label"]),
            ("phase", ["measure_id", "school_id", "start", "reason", "evidence_cycle_id"]),
            ("interview", ["date", "heard"]),
            ("insight", ["text"]),
            ("ask", ["text"]),
            ("progress", ["school_id", "on", "score"]),
            ("person", ["name"]),
        ],
    )
    def test_what_each_record_cannot_do_without(self, entity: Entity, needs: list[str]) -> None:
        assert [one.split(":")[0] for one in problems(entity, {})] == needs

    @pytest.mark.parametrize(
        ("score", "message"),
        [
            ("0.5", ""),
            ("5", ""),
            ("0", "score: found '0', expected a number from 0.5 to 5."),
            ("5.5", "score: found '5.5', expected a number from 0.5 to 5."),
            ("2.25", "score: found '2.25', expected a number in halves, such as 2.5."),
        ],
    )
    def test_progress_is_rated_in_halves(self, score: str, message: str) -> None:
        found = problems("progress", {"school_id": "0107", "on": "2026-03-02", "score": score})
        assert found == [message] * bool(message)

    def test_a_person_has_an_address_or_none(self) -> None:
        person = {"name": "Lee", "schools": "0107; 0114", "role": "coach"}
        assert problems("person", {**person, "email": "lee@school.org"}) == []
        assert problems("person", {**person, "email": "lee at school"}) == [
            "email: found no e-mail address, expected an address such as name@school.org, or nothing."
        ]

    def test_all_at_once_with_their_place(self) -> None:
        texts = {"start": "soon", "sites_n": "x", "titel": "T", "observations": "a\x00"}
        assert problems("cycle", texts, "cycles.csv, row 3") == [
            "cycles.csv, row 3, start: found 'soon', expected a date such as 2025-10-13.",
            "cycles.csv, row 3, sites_n: found 'x', expected a whole number such as 12.",
            "cycles.csv, row 3, titel: found an unknown field, expected title perhaps? Known: school_id, "
            "change_idea_id, title, team_id, cycle_no, parent_cycle_id, purpose, objective, questions, tasks, start, "
            "planned_end, ....",
            "cycles.csv, row 3, observations, character 2: found a NUL character (U+0000), expected text that can be "
            "read.",
            "cycles.csv, row 3, school_id: found nothing, expected the school that tests.",
            "cycles.csv, row 3, change_idea_id: found nothing, expected the change idea that is tested.",
        ]

    def test_what_is_wrong_is_not_also_called_nothing(self) -> None:
        assert problems("progress", {"school_id": "0107", "on": "soon", "score": "much"}) == [
            "on: found 'soon', expected a date such as 2025-10-13.",
            "score: found 'much', expected a plain number such as 12 or 0.85.",
        ]

    def test_a_long_text_is_repeated_only_in_part(self) -> None:
        assert problems("cycle", {**CYCLE, "start": "x" * 90}) == [
            f"start: found '{'x' * 57}'..., expected a date such as 2025-10-13."
        ]


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.dates(),
    st.datetimes(),
    st.sampled_from(
        ["2025-10-13", "12", "yes", "0.5", "1 class", "test", "up", "value", "a; b", "[1]", '["a"]', "a|b"]
    ),
)
WRITTEN = st.one_of(
    CELLS,
    st.lists(CELLS, max_size=4),
    st.dictionaries(st.one_of(st.text(max_size=5), st.integers(), st.sampled_from(["what", "who"])), CELLS, max_size=3),
    st.lists(st.dictionaries(st.sampled_from(["what", "who", "when"]), st.text()), max_size=3),
)


@given(st.data())
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_becomes_fields_or_problems(data: st.DataObject) -> None:
    """Nothing raises; what was read without a problem is a record, and reads the same again."""
    entity = data.draw(st.sampled_from(ENTITIES))
    names = st.one_of(st.sampled_from(list(kinds(entity))), st.text(max_size=6))
    fields, wrong = read_fields(entity, data.draw(st.dictionaries(names, WRITTEN)))
    assert all(str(one) for one in wrong)
    saved = canonical(fields)
    again, still = read_fields(entity, json.loads(saved))
    if not wrong:
        assert isinstance(record_of(entity, {"id": "x", **fields}), RECORDS[entity])
        assert (again, still) == (fields, ())
        assert canonical(again) == saved


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc"))), st.sampled_from(["\n", "\t", "x"]))
@settings(max_examples=300, deadline=None)
def test_a_text_without_control_characters_stays_as_it_is(text: str, between: str) -> None:
    text = f"a{between}{text}"
    fields, wrong = read_fields("insight", {"text": text})
    fine = not any(ord(sign) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(sign) <= 0xFDEF for sign in text)
    assert (fields.get("text") == text) == fine == (wrong == ())
