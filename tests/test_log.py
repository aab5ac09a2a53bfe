"""The log on both engines: what is saved, what is refused, and that nothing is lost."""

from __future__ import annotations

import pickle
import sqlite3
import threading
from datetime import UTC, date, datetime

import psycopg
import pytest

from pdsa.errors import InputError, ParamsError
from pdsa.inquiry import Change, Viewer, broken_links, replay
from pdsa.inquiry.rules import Reference
from pdsa.log import Conflict, Log
from pdsa.log.guards import SQLITE
from pdsa.records import School
from places import Place, cycle, idea, person, prediction

ADMIN = "postgres"  # a login that no policy concerns
TEXTS = (
    "It costs $5 (10%), $x^{$",
    "<img src=x onerror=alert(1)>",
    "=HYPERLINK(\"x\")",
    "\u202e\u05d0\u05d1\u05d2\u202c",
    "\U0001f600 e\u0301 \u00e9 \ufb01",
    "a\nb\r\n\tc",
    "'; DROP TABLE event; --",
    "\\x00 \\u0000 %s %(a)s :name",
    "x" * 200_000,
)  # fmt: skip


def told(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [str(problem) for problem in error.value.problems]


class TestSaving:
    def test_a_record_is_an_event_and_the_state_holds_its_latest_version(self, place: Place) -> None:
        with place.open() as log:
            made = log.apply([idea()])[0]
            changed = log.apply([idea(made.record, based_on=1, owner="bo")])[0]
            assert (made.record, made.version, made.kind, made.visibility) == ("idea-1", 1, "create", "team")
            assert (changed.version, changed.kind, changed.based_on, changed.prev) == (2, "change", 1, made.hash)
            assert changed.at == "2026-03-02T08:00:02.000000Z"
            held = log.state().get("change_idea", "idea-1")
            assert held is not None
            assert (held.version, held.record.owner, held.created_at) == (2, "bo", made.at)  # type: ignore[union-attr]
            assert log.events() == (made, changed)
            assert log.history("change_idea", "idea-1") == (made, changed)
            assert log.verify().problems == ()

    def test_each_school_has_a_chain_of_its_own(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a"), idea("b", "s2"), idea("c"), person("ana", "hub")])
            found = [(one.school, one.seq, one.record) for one in log.events()]
            assert found == [("", 1, "ana"), ("s1", 1, "a"), ("s1", 2, "c"), ("s2", 1, "b")]
            assert {school: seq for school, (seq, _) in log.verify().heads.items()} == {"": 1, "s1": 2, "s2": 1}
            assert [one.record for one in log.events(school="s1", entity="change_idea", record="c")] == ["c"]
            assert list(broken_links(log.events(school="s2"))) == []

    @pytest.mark.parametrize("text", TEXTS)
    def test_free_text_comes_back_as_it_was_written(self, place: Place, text: str) -> None:
        with place.open("ana") as log:
            log.apply([idea("a", description=text)])
        with place.open("ben") as log:
            assert log.state().ideas["a"].description == text
            assert log.verify().problems == ()

    def test_what_changes_nothing_makes_no_event(self, place: Place) -> None:
        with place.open() as log:
            first = log.apply([idea("a", owner="")])
            again = log.apply([idea("a", based_on=1, description="")])
            assert again == first
            assert len(log.events()) == 1

    def test_all_changes_or_none(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            with pytest.raises(Conflict):
                log.apply([idea("b"), idea("a", title="Other")])
            assert [one.record for one in log.events()] == ["a"]

    def test_one_call_may_change_a_record_that_it_made(self, place: Place) -> None:
        with place.open() as log:
            written = log.apply([idea("a"), idea("a", based_on=1, owner="bo")])
            assert [one.version for one in written] == [1, 2]

    def test_a_record_keeps_its_owner(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            with pytest.raises(InputError) as error:
                log.apply([idea("a", "s2", 1)])
            assert told(error) == ["change_idea a: found the owner s2, expected its owner, s1."]

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            (idea("a", owner="\ud800"), "change_idea a: found half a letter ('\\ud800'), expected whole letters"),
            (idea("a", owner=float("nan")), "change_idea a: found a value that cannot be kept (Out of range"),
            (idea("a", owner=date(2026, 1, 1)), "change_idea a: found a value that cannot be kept (Object of type"),
            (idea("a\0"), "change_idea, id: found 'a\\x00', expected at most 100 ordinary letters."),
            (idea("a" * 101), "expected at most 100 ordinary letters."),
        ],
    )
    def test_what_no_database_can_keep_is_named(self, place: Place, change: Change, problem: str) -> None:
        with place.open() as log:
            with pytest.raises(InputError) as error:
                log.apply([change])
            assert problem in told(error)[0]
            assert log.events() == ()

    def test_what_makes_no_record_is_refused_whoever_asks(self, place: Place) -> None:
        """Nobody could read the log any more."""
        with place.open() as log:
            with pytest.raises(InputError) as error:
                log.apply([idea("a"), Change("cycle", "c", "s1", {"scale": "galaxy", "sites_n": "many"})])
            assert [line.split(", expected")[0] for line in told(error)] == [
                "cycle c, school_id: found nothing",
                "cycle c, change_idea_id: found nothing",
                "cycle c, scale: found 'galaxy'",
                "cycle c, sites_n: found 'many'",
            ]
            assert log.events() == ()

    @pytest.mark.parametrize("body", ["{}", "[]", '{"title":"x","stage":7}'])
    def test_what_was_written_past_it_is_named_and_can_be_taken_out(self, place: Place, body: str) -> None:
        with place.open() as log:
            log.apply([idea("a"), idea("b")])
            place.tamper(*([] if place.server else ["DROP TRIGGER event_no_update"]),
                         f"UPDATE event SET body = '{body}' WHERE record = 'a'")  # fmt: skip
            with pytest.raises(InputError, match=r"change_idea a.*\n.*Next: take those records out"):
                log.state()
            assert any("(change_idea a)" in one.place or "idea a of ana" in one.place for one in log.verify().problems)
            if body != "[]":
                log.retire("change_idea", "a", based_on=1)
                assert list(log.state().ideas) == ["b"]

    def test_an_id_that_is_taken_is_made_anew(self, place: Place) -> None:
        ids = iter(["idea-x", "idea-x", "idea-y"])
        with place.open(new_id=lambda _: next(ids)) as log:
            assert [one.record for one in log.apply([idea(), idea()])] == ["idea-x", "idea-y"]

    def test_a_clock_that_goes_back_breaks_nothing(self, place: Place) -> None:
        times = iter([datetime(2026, 11, 1, 6, 30, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)])
        with place.open(now=lambda: next(times)) as log:
            log.apply([idea("a")])
            log.apply([idea("a", based_on=1, owner="bo")])
            assert log.state().ideas["a"].owner == "bo"
            assert [one.at[:10] for one in log.events()] == ["2026-11-01", "2025-01-01"]
            assert log.verify().problems == ()

    def test_rules_are_asked_with_a_reference_and_all_problems_told(self, place: Place) -> None:
        reference = Reference(date(2026, 3, 2), (School("s1", "One"), School("s2", "Two")))
        with place.open() as log:
            with pytest.raises(InputError) as error:
                log.apply([cycle("a", start="2026-02-03", planned_end="2026-02-01")], reference)
            assert len(told(error)) == 2  # an idea that is not there, an end before the start
            assert log.events() == ()
            log.apply([idea("idea-1"), cycle("a", start="2026-02-03", planned_end="2026-02-10")], reference)
            assert len(log.events()) == 2


class TestConflicts:
    def test_a_stale_save_holds_both_versions_and_their_merge(self, place: Place) -> None:
        with place.open("ana") as ana, place.open("ben") as ben:
            ana.apply([idea("a", owner="bo", local_fit="none")])
            ben.apply([idea("a", based_on=1, owner="cy", local_fit="none")])
            with pytest.raises(Conflict) as error:
                ana.apply([idea("a", based_on=1, owner="di", local_fit="good")])
            found = error.value
            assert (found.entity, found.record, found.based_on, found.version) == ("change_idea", "a", 1, 2)
            assert (found.base["owner"], found.theirs["owner"], found.mine["owner"]) == ("bo", "cy", "di")
            assert [(one.field, one.base, one.theirs, one.mine) for one in found.merge.clashes] == [
                ("owner", "bo", "cy", "di")
            ]
            assert found.merge.fields == {"title": "Check-in", "owner": "cy", "local_fit": "good"}
            assert str(found) == (
                "change idea a: ben saved version 2 on 2026-03-02 08:00 UTC, after you opened version 1; "
                "nothing of yours was saved, and nothing of theirs is lost.\n"
                "  owner: they saved 'cy'; you want 'di'.\n"
                "  local_fit: only you changed it, to 'good'.\n"
                "  Next: look at version 2 and save again on top of it; or put both together with --merge mine or "
                "--merge theirs, which decides the fields that both changed."
            )
            assert ana.history("change_idea", "a")[-1].author == "ben"

    def test_a_merge_is_saved_on_top_of_theirs(self, place: Place) -> None:
        with place.open("ana") as ana, place.open("ben") as ben:
            ana.apply([idea("a", owner="bo")])
            ben.apply([idea("a", based_on=1, owner="cy")])
            with pytest.raises(Conflict) as error:
                ana.apply([idea("a", based_on=1, owner="di", local_fit="good")])
            with pytest.raises(ParamsError, match="a, owner: found two different edits"):
                error.value.resolved()
            merged = ana.apply([error.value.resolved({"owner": "cy and di"})])[0]
            assert (merged.kind, merged.version, merged.based_on) == ("merge", 3, 2)
            assert merged.fields == {"title": "Check-in", "owner": "cy and di", "local_fit": "good"}

    def test_edits_of_different_fields_need_no_choice(self, place: Place) -> None:
        with place.open("ana") as ana, place.open("ben") as ben:
            ana.apply([idea("a")])
            ben.apply([idea("a", based_on=1, owner="cy")])
            with pytest.raises(Conflict, match="You changed different fields: both fit together") as error:
                ana.apply([idea("a", based_on=1, local_fit="good")])
            assert ana.apply([error.value.resolved()])[0].fields == {
                "title": "Check-in", "owner": "cy", "local_fit": "good",
            }  # fmt: skip

    def test_a_new_record_under_an_id_that_is_there_conflicts(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            with pytest.raises(Conflict, match=r"ana saved version 1 on .*, and you wanted to make it new"):
                log.apply([idea("a", title="Other")])

    def test_a_stale_save_is_told_before_what_else_is_wrong_with_it(self, place: Place) -> None:
        reference = Reference(date(2026, 3, 2), (School("s1", "One"),))
        with place.open("ana") as ana, place.open("ben") as ben:
            ana.apply([idea("idea-1"), cycle("c")])
            ben.apply([cycle("c", based_on=1, learning="something")])
            with pytest.raises(Conflict):
                ana.apply([cycle("c", based_on=1, start="2026-02-03", planned_end="2026-02-01")], reference)

    def test_a_record_that_was_taken_out_conflicts(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            log.retire("change_idea", "a", based_on=1)
            with pytest.raises(Conflict, match="They took it out of the log"):
                log.apply([idea("a", based_on=1, owner="bo")])

    def test_nothing_is_put_together_with_a_record_that_was_taken_out(self, place: Place) -> None:
        with place.open("ana") as ana, place.open("ben") as ben:
            ana.apply([idea("a"), idea("b")])
            ben.retire("change_idea", "a", based_on=1)
            ben.apply([idea("b", based_on=1, owner="ben")])
            for attempt in (lambda: ana.apply([idea("a", based_on=1, owner="bo")]),
                            lambda: ana.retire("change_idea", "b", based_on=1)):  # fmt: skip
                with pytest.raises(Conflict) as error:
                    attempt()
                with pytest.raises(ParamsError, match="a record that one of the two took out"):
                    error.value.resolved({"title": "x", "owner": "y"})

    def test_a_version_that_never_was_conflicts(self, place: Place) -> None:
        with place.open() as log, pytest.raises(Conflict, match="the log holds no such record"):
            log.apply([idea("a", based_on=3)])

    def test_a_conflict_survives_the_way_between_workers(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a", owner="bo")])
            with pytest.raises(Conflict) as error:
                log.apply([idea("a", owner="cy")])
        copy = pickle.loads(pickle.dumps(error.value))
        assert (str(copy), copy.merge) == (str(error.value), error.value.merge)

    def test_of_two_saves_at_the_same_time_one_is_acknowledged(self, place: Place) -> None:
        with place.open("ana") as ana, place.open("ben") as ben:
            ana.apply([idea("a", owner="none")])
            for version in range(1, 11):
                done = at_the_same_time(ana, ben, version)
                assert sorted(done) == ["conflict", "saved"]
            assert [one.version for one in ana.history("change_idea", "a")] == list(range(1, 12))
            assert ana.verify().problems == ()

    def test_saves_of_different_records_at_the_same_time_are_both_kept(self, place: Place) -> None:
        def write(log: Log, name: str) -> None:
            for number in range(10):
                log.apply([idea(f"{name}-{number}")])

        with place.open("ana") as ana, place.open("ben") as ben:
            threads = [threading.Thread(target=write, args=(log, log.author)) for log in (ana, ben)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [one.seq for one in ana.events()] == list(range(1, 21))
            assert ana.verify().problems == ()


def at_the_same_time(ana: Log, ben: Log, version: int) -> list[str]:
    """What becomes of two saves that are based on the same version."""
    done: list[str] = []
    both = threading.Barrier(2)

    def write(log: Log) -> None:
        both.wait()
        try:
            log.apply([idea("a", based_on=version, owner=f"{log.author} {version}")])
            done.append("saved")
        except Conflict:
            done.append("conflict")

    threads = [threading.Thread(target=write, args=(log,)) for log in (ana, ben)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return done


class TestUndo:
    def test_undo_brings_back_and_undo_again_does_again(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a", owner="bo")])
            log.apply([idea("a", based_on=1, owner="cy")])
            undone = log.undo("change_idea", "a")
            assert (undone.kind, undone.version, undone.fields["owner"]) == ("undo", 3, "bo")
            assert log.undo("change_idea", "a").fields["owner"] == "cy"

    def test_undo_of_the_first_version_takes_the_record_out_and_back(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            assert log.undo("change_idea", "a").body == ""
            assert log.state().ideas == {}
            log.undo("change_idea", "a")
            assert list(log.state().ideas) == ["a"]

    def test_what_was_taken_out_comes_back(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a", owner="bo")])
            gone = log.retire("change_idea", "a", based_on=1)
            assert (gone.kind, gone.body, log.state().ideas) == ("retire", "", {})
            assert log.retire("change_idea", "a", based_on=2) == gone
            log.undo("change_idea", "a")
            assert log.state().ideas["a"].owner == "bo"

    def test_undo_of_a_version_that_is_no_longer_the_latest_conflicts(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            log.apply([idea("a", based_on=1, owner="bo")])
            log.apply([idea("a", based_on=2, owner="cy")])
            with pytest.raises(Conflict):
                log.undo("change_idea", "a", based_on=2)
            with pytest.raises(Conflict):
                log.retire("change_idea", "a", based_on=2)
            with pytest.raises(Conflict):
                log.share("change_idea", "a", "network", based_on=2)
            assert len(log.events()) == 3

    @pytest.mark.parametrize("what", ["undo", "retire", "share"])
    def test_a_record_that_is_not_there_is_named(self, place: Place, what: str) -> None:
        more = {"undo": {}, "retire": {"based_on": 1}, "share": {"visibility": "network"}}[what]
        with place.open() as log, pytest.raises(ParamsError, match="change_idea: found 'b', expected a record"):
            getattr(log, what)("change_idea", "b", **more)


class TestSharing:
    def test_a_record_is_the_teams_until_it_shares_it(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            other, own = Viewer("team", ("s2",)), Viewer("team", ("s1",))
            assert (list(log.state(other).ideas), list(log.state(own).ideas)) == ([], ["a"])
            shared = log.share("change_idea", "a", "network")
            assert [(one.kind, one.visibility, one.shared_by, one.shared_on) for one in shared] == [
                ("share", "network", "ana", "2026-03-02")
            ]
            assert list(log.state(other).ideas) == ["a"]
            assert log.state(Viewer("public")).ideas == {}
            assert log.share("change_idea", "a", "network") == ()

    def test_taking_back_is_told_to_those_it_was_shared_with(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            log.share("change_idea", "a", "district")
            back = log.share("change_idea", "a", "coach")
            assert [(one.kind, one.visibility, bool(one.body)) for one in back] == [
                ("withdraw", "district", False),
                ("share", "coach", True),
            ]
            district = [one for one in log.events() if one.visibility in ("district", "public")]
            assert replay(district).ideas == {}
            assert log.state().ideas["a"].title == "Check-in"

    def test_a_cycle_takes_its_idea_and_its_predictions_along(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("idea-1"), cycle("c"), prediction("p", "c"), cycle("d"), prediction("q", "d")])
            log.share("cycle", "c", "network")
            levels = {one.record: one.visibility for one in replay_held(log)}
            assert levels == {"idea-1": "network", "c": "network", "p": "network", "d": "team", "q": "team"}
            log.apply([prediction("r", "c")])
            assert [one.record for one in log.share("cycle", "c", "network")] == ["r"]
            log.apply([prediction("t", "c")])
            back = log.share("cycle", "c", "coach")
            assert {one.record for one in back} == {"c", "p", "r"}  # what was less shared does not become more so
            assert log.state(Viewer("team", ("s2",))).predictions("c") == ()

    def test_editing_keeps_who_sees_it(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            log.share("change_idea", "a", "public")
            edited = log.apply([idea("a", based_on=2, owner="bo")])[0]
            assert (edited.visibility, edited.shared_by) == ("public", "ana")

    def test_a_change_with_another_visibility_shares_or_takes_back(self, place: Place) -> None:
        with place.open() as log:
            made = log.apply([Change("change_idea", "a", "s1", {"title": "A"}, visibility="district")])[0]
            assert (made.kind, made.visibility, made.shared_by) == ("create", "district", "ana")
            lower = Change("change_idea", "a", "s1", {"title": "B"}, 1, visibility="team")
            assert [(one.kind, one.visibility) for one in log.apply([lower])] == [
                ("change", "district"), ("withdraw", "district"), ("share", "team"),
            ]  # fmt: skip
            assert log.state(Viewer("district")).ideas == {}
            assert log.state().ideas["a"].title == "B"

    def test_a_record_that_was_taken_out_is_not_shared(self, place: Place) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            log.retire("change_idea", "a", based_on=1)
            with pytest.raises(ParamsError):
                log.share("change_idea", "a", "network")

    def test_records_of_the_network_are_the_networks(self, place: Place) -> None:
        with place.open() as log:
            made = log.apply([Change("driver", "d", "", {"text": "Belonging"}), idea("a", "")])
            assert {one.visibility for one in made} == {"network"}
            assert list(log.state(Viewer("team", ("s2",))).ideas) == ["a"]


def replay_held(log: Log) -> list[object]:
    latest = {}
    for one in sorted(log.events(), key=lambda event: event.version):
        latest[one.entity, one.record] = one
    return list(latest.values())


class TestAuthors:
    """Once the log names people, each writes in their role; before, everybody who can open it."""

    @pytest.fixture
    def people(self, place: Place) -> Place:
        with place.open("ana", ADMIN) as log:
            log.apply([
                person("ana", "hub"), person("ben", "team", "s1"), person("cyd", "coach", "s1"),
                person("dee", "district"), person("eve", "team", "s1", until="2026-02-28"),
                person("fay", "team", "s1", since="2026-09-01"),
            ])  # fmt: skip
        return place

    def refused(self, place: Place, author: str, change: Change) -> list[str]:
        with place.open(author, ADMIN) as log:
            with pytest.raises(InputError) as error:
                log.apply([change, change])
            assert log.events(entity=change.entity, school="s1") == ()
        return told(error)

    def test_people_who_are_unknown_or_no_longer_or_not_yet_there(self, people: Place) -> None:
        everybody = "one of: ana, ben, cyd, dee, eve, fay"
        assert self.refused(people, "gus", idea("a")) == [f"author: found 'gus', expected {everybody}."]
        assert self.refused(people, "eve", idea("a")) == [
            "author: found eve, who writes here only until 2026-02-28, expected somebody who writes here today."
        ]
        assert self.refused(people, "fay", idea("a")) == [
            "author: found fay, who writes here only from 2026-09-01, expected somebody who writes here today."
        ]

    def test_each_writes_for_their_own(self, people: Place) -> None:
        assert self.refused(people, "ben", idea("a", "s2")) == [
            "author: found ben (team of s1), writing for s2, expected their own school."
        ]
        assert self.refused(people, "ben", idea("a", "")) == [
            "author: found ben (team of s1), writing for the network, expected their own school."
        ]
        assert self.refused(people, "cyd", idea("a", "s2")) == [
            "author: found cyd (coach of s1), writing for s2, expected their own school."
        ]
        assert self.refused(people, "ana", idea("a")) == [
            "author: found ana (hub), writing for s1, expected the network's records."
        ]
        assert self.refused(people, "ben", person("gus", "team", "s1")) == [
            "author: found ben (team), writing about people, expected the hub: ana."
        ]
        with people.open("ben", ADMIN) as team, people.open("cyd", ADMIN) as coach:
            assert team.apply([idea("a")])[0].visibility == "team"
            made = coach.apply([idea("b"), idea("c", "")])
            assert [one.visibility for one in made] == ["coach", "network"]
        with people.open("ana", ADMIN) as hub:
            hub.apply([idea("d", "")])

    def test_a_record_is_shared_by_its_team_alone(self, people: Place) -> None:
        with people.open("ben", ADMIN) as team:
            team.apply([idea("a")])
        with people.open("cyd", ADMIN) as coach:
            with pytest.raises(InputError, match="cyd \\(coach\\), deciding who sees a record of s1"):
                coach.share("change_idea", "a", "network")
            with pytest.raises(InputError, match="the team's until the team shares it"):
                coach.apply([Change("change_idea", "a", "s1", {"title": "Check-in"}, 1, visibility="public")])
            coach.apply([idea("a", based_on=1, owner="cyd")])
        with people.open("ben", ADMIN) as team:
            team.share("change_idea", "a", "network", based_on=2)

    def test_a_district_only_answers_asks(self, people: Place) -> None:
        ask = {"text": "A printer", "to": "district", "school_id": "s1"}
        with people.open("ben", ADMIN) as team:
            team.apply([Change("ask", "k", "s1", ask, visibility="district")])
        with people.open("dee", ADMIN) as district:
            answered = {**ask, "response": "It comes", "responded_on": "2026-03-03"}
            assert district.apply([Change("ask", "k", "s1", answered, 1)])[0].author == "dee"
            for change in (
                Change("ask", "k", "s1", {**answered, "text": "No"}, 2),
                Change("ask", "k", "s1", answered, 2, visibility="public"),
                Change("ask", "l", "s1", answered),
                idea("a"),
            ):
                with pytest.raises(InputError, match="expected only response and responded_on of asks"):
                    district.apply([change])

    def test_without_a_hub_those_who_are_named_name_others(self, place: Place) -> None:
        with place.open("ana", ADMIN) as log:
            log.apply([person("ana", "team", "s1")])
            log.apply([person("ben", "team", "s1")])
            assert set(log.state().held) == {("person", "ana"), ("person", "ben")}


class TestProof:
    """Whatever is done to the tables by hand, verification finds it."""

    @pytest.fixture
    def written(self, place: Place) -> Place:
        with place.open() as log:
            log.apply([idea("a"), idea("b"), idea("c", "s2")])
            log.apply([idea("a", based_on=1, owner="bo")])
        if place.path:
            place.tamper(*(f"DROP TRIGGER {name}" for name in SQLITE))
        return place

    def found(self, place: Place) -> list[str]:
        with place.open("postgres") as log:
            return [str(one) for one in log.verify().problems if "trigger" not in one.place]

    @pytest.mark.parametrize(
        ("statement", "problem"),
        [
            ("UPDATE event SET body = '{}' WHERE record = 'b'", "event 2 (change_idea b): found another content"),
            ("UPDATE event SET author = 'eve' WHERE record = 'b'", "event 2 (change_idea b): found another content"),
            (
                "UPDATE event SET visibility = 'public' WHERE record = 'c'",
                "chain of s2, event 1 (change_idea c): ",
            ),
            ("UPDATE event SET at = '2020' WHERE version = 2", "event 3 (change_idea a): found another content"),
            (
                "UPDATE event SET school = 's2', seq = 2 WHERE record = 'b'",
                "chain of s1, event 3 (change_idea a): ",
            ),
            ("UPDATE event SET version = 5 WHERE version = 2", "found version 5, expected version 2."),
            ("DELETE FROM event WHERE record = 'b'", "found an event missing or doubled before it, expected event 2."),
            ("DELETE FROM event WHERE version = 2", "chain of s1: found 2 events, or another last one, expected the 3"),
            (
                "DELETE FROM event WHERE school = 's2'",
                "s2: found 0 events, or another last one, expected the 1",
            ),
            (
                "DELETE FROM head WHERE school = 's2'",
                "s2: found 1 events, or another last one, expected the 0",
            ),
            ("UPDATE head SET hash = 'x' WHERE school = 's2'", "chain of s2: found 1 events, or another last one"),
        ],
    )
    def test_what_was_changed_by_hand_is_found(self, written: Place, statement: str, problem: str) -> None:
        assert self.found(written) == []
        written.tamper(statement)
        assert any(problem in one for one in self.found(written)), self.found(written)

    def test_an_older_copy_is_known_by_heads_that_were_noted(self, written: Place) -> None:
        with written.open("postgres") as log:
            noted = log.verify().heads
            assert log.verify(noted).problems[6 * (written.engine == "sqlite") :] == ()
        written.tamper(
            "DELETE FROM event WHERE version = 2",
            "UPDATE head SET seq = 2, hash = (SELECT hash FROM event WHERE record = 'b') WHERE school = 's1'",
        )
        assert self.found(written) == []
        with written.open("postgres") as log:
            assert [str(one) for one in log.verify(noted).problems if "trigger" not in one.place] == [
                "chain of s1, event 3: found none, or another than was noted, "
                "expected the noted one: is this an older copy of the log?."
            ]

    def test_guards_that_are_gone_are_told(self, place: Place) -> None:
        with place.open() as log:
            assert log.verify().problems == ()
        if place.engine == "sqlite":
            place.tamper(
                "DROP TRIGGER event_no_update", "DROP TRIGGER event_no_delete",
                "CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT 1; END",
            )  # fmt: skip
            expected = [("trigger event_no_update", "none"), ("trigger event_no_delete", "another text")]
        else:
            place.tamper(
                "ALTER TABLE event DISABLE TRIGGER event_kept",
                "ALTER TABLE head NO FORCE ROW LEVEL SECURITY",
            )
            expected = [("trigger event_kept", "none, or one that is off"), ("row-level security of head", "none")]
        with place.open() as log:
            assert [(one.place, one.found) for one in log.verify().problems] == expected


class TestGuards:
    """Whoever connects by other programs: the database refuses what would lose or forge events."""

    COLUMNS = "entity, record, version, school, seq, kind, author, at, visibility, shared_by, shared_on, based_on"

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE event SET body = ''",
            "DELETE FROM event",
            "DELETE FROM head",
            "UPDATE head SET seq = 7",
            # in the place of an event, by its record or by its place in the chain
            "INSERT {replace} INTO event SELECT {columns}, '{{}}', prev, hash FROM event WHERE version = 1 {upsert}",
            "INSERT {replace} INTO event SELECT entity, 'other', 1, school, seq, kind, author, at, visibility, "
            "shared_by, shared_on, 0, '{{}}', prev, hash FROM event WHERE version = 2 {upsert}",
            # at the end of the chain, but in another place than follows
            "INSERT INTO event SELECT entity, 'other', 1, school, 9, kind, author, at, visibility, shared_by, "
            "shared_on, 0, '{{}}', hash, 'h' FROM event WHERE version = 2",
            "INSERT INTO event SELECT entity, 'other', 1, school, 3, kind, author, at, visibility, shared_by, "
            "shared_on, 0, '{{}}', 'no', 'h' FROM event WHERE version = 2",
            # fields that are none
            *(
                "INSERT INTO event SELECT entity, 'other', 1, school, 3, kind, author, at, visibility, shared_by, "
                f"shared_on, 0, '{body}', hash, 'h' FROM event WHERE version = 2"
                for body in ("[]", "{{", "7", "null")
            ),
            # a version that does not follow, and a record that changes its owner
            "INSERT INTO event SELECT entity, record, 4, school, 3, kind, author, at, visibility, shared_by, "
            "shared_on, 2, '{{}}', hash, 'h' FROM event WHERE version = 2",
            "INSERT INTO event SELECT entity, record, 3, 's2', 1, kind, author, at, visibility, shared_by, "
            "shared_on, 2, '{{}}', '', 'h' FROM event WHERE version = 2",
        ],
    )
    def test_forged_and_lost_events_are_refused(self, place: Place, statement: str) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            log.apply([idea("a", based_on=1, owner="bo")])
            before = log.events()
            replace = "OR REPLACE" if place.path else ""
            upsert = "" if place.path else "ON CONFLICT (entity, record, version) DO UPDATE SET body = ''"
            filled = statement.format(columns=self.COLUMNS, replace=replace, upsert=upsert)
            if place.path:
                connection = sqlite3.connect(place.path)
                for recursive in ("ON", "OFF"):
                    connection.execute(f"PRAGMA recursive_triggers = {recursive}")
                    with pytest.raises(sqlite3.IntegrityError):
                        connection.execute(filled)
                connection.close()
            else:
                assert place.server
                for user in ("ana", "postgres"):
                    with pytest.raises(psycopg.Error):
                        place.server.run(filled, place.database, user)
            assert log.events() == before
            assert log.verify().problems == ()
