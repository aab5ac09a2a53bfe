"""What of the log reaches which page: known by its day, seen by its reader, under the names that may be shown."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest

from pdsa.inquiry import Event, State, Viewer, canonical, replay, sealed, sees, viewer_of, visible
from pdsa.inquiry.release import NAMES_A_SCHOOL, known_by, naming, packed, renamed, unnamed, unpacked
from pdsa.records import School
from pdsa.records.inquiry import RECORDS, Ask, LogAnnotation, Person
from pdsa.terms import Entity, Visibility

SCHOOLS = (School("0107", "Tarnwick High School"), School("0114", "Pellbrook High School"), School("7", "North High"))
CYCLE = {
    "school_id": "0107",
    "change_idea_id": "idea-a",
    "title": "Check-in in room 5",
    "actual_start": "2026-05-04",
    "actual_end": "2026-05-15",
    "observations": "Half of them came",
    "studied_on": "2026-05-20",
    "learning": "Mondays are too early",
    "decision": "adapt",
    "decided_on": "2026-06-01",
    "rationale": "It helped those who came",
    "next_test": "Tuesdays",
    "spread_to": ["0114", "9999"],
    "tasks": [{"what": "Print the grades", "who": "adviser"}],
}


def event(
    entity: Entity, record: str, fields: dict[str, object], school: str = "0107", visibility: Visibility = "network"
) -> Event:
    """The only version of a record."""
    told = Event(
        school, 1, entity, record, 1, "create", "ana", "2026-05-01T08:00:00.000000Z", visibility, "", "", 0, ""
    )
    return sealed(Event(**{**{n: getattr(told, n) for n in Event.__slots__}, "body": canonical(fields)}), "")


def state_of(*events: Event) -> State:
    return replay(events)


class TestKnownBy:
    @pytest.mark.parametrize(
        ("day", "status", "kept", "gone"),
        [
            ("2026-05-03", "planned", {"title"}, {"actual_start", "observations", "learning", "decision"}),
            ("2026-05-19", "doing", {"actual_start", "observations"}, {"learning", "decision", "next_test"}),
            ("2026-05-31", "studying", {"observations", "learning"}, {"decision", "rationale", "next_test"}),
            ("2026-06-01", "closed", {"learning", "decision", "rationale", "next_test"}, set()),
        ],
    )
    def test_a_cycle_is_told_as_far_as_it_had_come(self, day: str, status: str, kept: set[str], gone: set[str]) -> None:
        cycle = known_by(state_of(event("cycle", "cycle-a", CYCLE)), date.fromisoformat(day)).cycles[0]
        assert cycle.status == status
        assert [name for name in kept if not getattr(cycle, name)] == []
        assert [name for name in gone if getattr(cycle, name)] == []

    def test_remarks_of_later_days_are_left_out_and_later_answers_are_open(self) -> None:
        early = event("annotation", "annotation-a", {"date": "2026-06-01", "label": "Storm"})
        late = event("annotation", "annotation-b", {"date": "2026-06-02", "label": "Holiday"})
        ask = event(
            "ask",
            "ask-a",
            {"text": "A printer", "raised_on": "2026-05-01", "response": "Yes", "responded_on": "2026-06-05"},
        )
        found = known_by(state_of(early, late, ask), date(2026, 6, 1))
        assert [one.label for one in found.records(LogAnnotation)] == ["Storm"]
        assert [(one.text, one.is_open) for one in found.records(Ask)] == [("A printer", True)]

    def test_without_a_day_nothing_is_left_out(self) -> None:
        state = state_of(event("cycle", "cycle-a", CYCLE))
        assert known_by(state, None) is state


class TestNames:
    def test_ids_are_those_that_may_be_shown_and_nobody_is_named(self) -> None:
        person = event("person", "person-a", {"name": "Ana", "email": "ana@example.org"}, school="")
        state = state_of(event("cycle", "cycle-a", CYCLE), person)
        found = renamed(state, {"0107": "Alder", "0114": "Birch"})
        (held,) = found.all("cycle")
        assert (held.school, held.author, held.created_by) == ("Alder", "", "")
        assert (found.cycles[0].school_id, found.cycles[0].team_id) == ("Alder", "Alder")
        assert found.cycles[0].spread_to == ("Birch",)
        assert found.records(Person) == ()

    def test_records_of_schools_that_are_not_shown_are_left_out(self) -> None:
        state = state_of(event("cycle", "cycle-a", CYCLE), event("aim", "aim-a", AIM, school=""))
        assert sorted(key[0] for key in renamed(state, {"0114": "Birch"}).held) == ["aim"]

    @pytest.mark.parametrize(
        "text",
        ["At Tarnwick it worked", "PELLBROOK helps", "tarnwick   high school", "our code is 0114", "north high, too"],
    )
    def test_a_text_that_names_a_school_is_not_shown_beside_pseudonyms(self, text: str) -> None:
        state = state_of(event("cycle", "cycle-a", {**CYCLE, "learning": text}))
        assert unnamed(state, SCHOOLS).cycles[0].learning == NAMES_A_SCHOOL

    @pytest.mark.parametrize("text", ["High schools are large", "7 students came", "the north side", "Tarnwickers"])
    def test_other_texts_stay_as_they_are(self, text: str) -> None:
        cycle = unnamed(state_of(event("cycle", "cycle-a", {**CYCLE, "learning": text})), SCHOOLS).cycles[0]
        assert (cycle.learning, cycle.title, cycle.id) == (text, "Check-in in room 5", "cycle-a")

    def test_lists_and_tasks_are_searched_too(self) -> None:
        fields = {**CYCLE, "questions": ["Does it work?", "At Pellbrook?"], "tasks": [{"what": "Call Pellbrook"}]}
        cycle = unnamed(state_of(event("cycle", "cycle-a", fields)), SCHOOLS).cycles[0]
        assert cycle.questions == ("Does it work?", NAMES_A_SCHOOL)
        assert cycle.tasks[0].what == NAMES_A_SCHOOL

    def test_a_network_without_schools_names_none(self) -> None:
        assert naming(()).search("anything") is None


AIM: dict[str, object] = {
    "statement": "90% on track",
    "measure_id": "on_track",
    "population": "ninth graders",
    "target_value": 90,
    "by_date": "2026-06-12",
}


class TestViews:
    LEVELS: Sequence[Visibility] = ("team", "coach", "network", "district", "public")

    @pytest.mark.parametrize(
        ("viewer", "seen"),
        [
            (Viewer("team", ("0107",)), 5),
            (Viewer("team", ("0114",)), 3),
            (Viewer("coach", ("0107",)), 4),
            (Viewer("coach", ("0114",)), 3),
            (Viewer("hub"), 3),
            (Viewer("network"), 3),
            (Viewer("district"), 2),
            (Viewer("public"), 1),
        ],
    )
    def test_each_reader_sees_what_was_shared_that_far(self, viewer: Viewer, seen: int) -> None:
        found = [level for level in self.LEVELS if sees(viewer, "cycle", "0107", level)]
        assert found == list(self.LEVELS[5 - seen :])

    @pytest.mark.parametrize("audience", ["team", "coach", "district", "network", "public"])
    def test_the_theory_of_the_network_is_seen_by_all(self, audience: str) -> None:
        assert sees(viewer_of(audience, "0107", ["0107"]), "driver", "", "team")  # type: ignore[arg-type]

    def test_a_prediction_is_seen_only_with_its_cycle(self) -> None:
        hidden = event("cycle", "cycle-a", CYCLE, visibility="team")
        told = event("prediction", "prediction-a", {"cycle_id": "cycle-a", "question": "q", "because": "b"})
        found = visible(state_of(hidden, told), Viewer("district"))
        assert found.held == {}

    def test_coaches_of_a_network_coach_its_schools(self) -> None:
        assert viewer_of("coach", "", ["0107", "0114"]) == Viewer("coach", ("0107", "0114"))
        assert viewer_of("district", "0107", ["0107"]) == Viewer("district", ())


class TestPacked:
    def test_a_state_comes_out_as_it_went_in(self) -> None:
        hostile = "<b>=1+1</b> $5 \u202e\U0001f600\nא"
        events = (
            event("cycle", "cycle-a", {**CYCLE, "learning": hostile}),
            event("aim", "aim-a", AIM, school=""),
            event("prediction", "prediction-a", {"cycle_id": "cycle-a", "question": "q", "because": "b", "low": 2.5}),
            event("person", "person-a", {"name": "Ana", "schools": ["0107"]}, school=""),
        )
        state = state_of(*events)
        assert unpacked(packed(state)) == state
        assert packed(unpacked(packed(state))) == packed(state)
        assert set(RECORDS) >= {key[0] for key in state.held}

    @pytest.mark.parametrize("text", ["", "[", '[{"entity": "cycle"}]', '[{"entity": "x", "id": "y", "record": {}}]'])
    def test_damage_is_told(self, text: str) -> None:
        with pytest.raises((ValueError, LookupError, TypeError)):
            unpacked(text)
