"""Several people plan, do, study, act, undo, share and merge on one log, each from what they saw last.

Beside the log a plain model is kept: what each record holds, its version, and who sees it. Whatever is done in
whatever order, the state of the log, the replay of its events and the model are one, the chains are whole, and no
event that was acknowledged is changed or gone.
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from pdsa.errors import InputError
from pdsa.inquiry import Change, Event, State, replay
from pdsa.inquiry.rules import Reference
from pdsa.inquiry.steps import act, do, edit, plan, study
from pdsa.log import Conflict, Log, open_log
from pdsa.records import School
from pdsa.terms import VISIBILITIES, Entity, Visibility
from places import Ticks

PEOPLE = ("ana", "ben", "cyd")
SCHOOLS = ("s1", "s2")
TODAY = date(2026, 3, 2)
REFERENCE = Reference(TODAY, tuple(School(one, one.upper()) for one in SCHOOLS))
TEXTS = st.sampled_from(["more came", "$5 <b>", "\u202eאב\u202c \U0001f600", "=1+1", "", "nothing"])
WHO = st.sampled_from(PEOPLE)
WHICH = st.integers(0, 5)
LEVELS = st.sampled_from(VISIBILITIES)
ROOM = Path("/dev/shm") if Path("/dev/shm").is_dir() else Path(tempfile.gettempdir())
Key = tuple[Entity, str]


class Model:
    """What a log should hold, told in the plainest way."""

    def __init__(self) -> None:
        self.past: dict[Key, list[tuple[str, Visibility]]] = {}  # bodies and who sees them, version by version
        self.school: dict[Key, str] = {}

    def version(self, key: Key) -> int:
        return len(self.past.get(key, []))

    def body(self, key: Key) -> str:
        return self.past[key][-1][0] if key in self.past else ""

    def level(self, key: Key) -> Visibility:
        return self.past[key][-1][1]

    def write(self, key: Key, body: str, level: Visibility | None = None) -> None:
        kept = self.level(key) if key in self.past else "team"
        self.past.setdefault(key, []).append((body, level or kept))

    def standing(self) -> dict[Key, tuple[str, int, Visibility]]:
        return {key: (self.body(key), self.version(key), self.level(key)) for key in self.past if self.body(key)}

    def share(self, key: Key, level: Visibility) -> None:
        """A cycle takes along its predictions, and where more people see it the team's own idea."""
        up = VISIBILITIES.index(level) >= VISIBILITIES.index(self.level(key))
        others = [one for one in self.past if one != key and self._goes_with(one, key, up)]
        for one in [key, *others]:
            steps = VISIBILITIES.index(level) - VISIBILITIES.index(self.level(one))
            if steps < 0 and not up:
                body = self.body(one)
                self.write(one, "")
                self.write(one, body, level)
            elif steps > 0 and up:
                self.write(one, self.body(one), level)

    def _goes_with(self, one: Key, cycle: Key, up: bool) -> bool:
        if cycle[0] != "cycle" or not self.body(one):
            return False
        if one[0] == "prediction":
            return bool(json.loads(self.body(one))["cycle_id"] == cycle[1])
        idea = json.loads(self.body(cycle)).get("change_idea_id")
        return up and one == ("change_idea", idea) and self.school[one] == self.school[cycle]


def body_of(fields: dict[str, object]) -> str:
    told = {name: value for name, value in fields.items() if name != "id" and value not in (None, "", [], (), {})}
    return json.dumps(json.loads(json.dumps(told)), sort_keys=True)


class Team(RuleBasedStateMachine):
    """Each of the people has the log open, and looks at it now and then."""

    @initialize()
    def open(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="pdsa-", dir=ROOM))
        clock = Ticks()
        numbers = itertools.count(1)
        self.logs: dict[str, Log] = {
            who: open_log(
                self.folder / "pdsa.sqlite", author=who, now=clock, new_id=lambda kind: f"{kind}-{next(numbers)}"
            )
            for who in PEOPLE
        }
        self.seen: dict[str, State] = {who: State() for who in PEOPLE}
        self.conflicts: list[tuple[str, Conflict]] = []
        self.events: tuple[Event, ...] = ()
        self.model = Model()
        self.plan("ana", "s1", "Check-in", "more came")
        self.seen = {who: self.logs["ana"].state() for who in PEOPLE}

    def teardown(self) -> None:
        if hasattr(self, "logs"):
            for log in self.logs.values():
                log.close()
            shutil.rmtree(self.folder)

    def step(self, who: str, changes: Callable[[], tuple[Change, ...]]) -> None:
        """Save what somebody means, unless it makes no sense of what they see (two ideas of one title)."""
        try:
            meant = changes()
        except InputError:
            return
        self.save(who, meant)

    def save(self, who: str, changes: tuple[Change, ...]) -> None:
        """Save, and know beforehand whether it will be a conflict."""
        stale = [one for one in changes if one.based_on != self.model.version((one.entity, one.record))]
        try:
            self.logs[who].apply(changes)
        except Conflict as conflict:
            assert stale
            assert (conflict.entity, conflict.record) == (stale[0].entity, stale[0].record)
            self.conflicts.append((who, conflict))
            return
        assert not stale
        for one in changes:
            key, body = (one.entity, one.record), body_of(dict(one.fields))
            self.model.school.setdefault(key, one.school)
            if body != self.model.body(key) or one.kind == "merge":
                self.model.write(key, body)

    def cycle(self, who: str, which: int) -> str:
        """One of the cycles that somebody has seen; "" for none."""
        known = [one.id for one in self.seen[who].cycles]
        return known[which % len(known)] if known else ""

    def key(self, which: int) -> Key | None:
        known = sorted(self.model.past)
        return known[which % len(known)] if known else None

    @rule(who=WHO)
    def look(self, who: str) -> None:
        self.seen[who] = self.logs[who].state()

    @rule(who=WHO, school=st.sampled_from(SCHOOLS), title=st.sampled_from(["Check-in", "Call home"]), text=TEXTS)
    def plan(self, who: str, school: str, title: str, text: str) -> None:
        texts = {
            "idea": title, "prediction": f"More come {text} because somebody asks", "how": "we count",
            "when": "2026-03-02..2026-03-13", "who": "Ana", "objective": text,
        }  # fmt: skip
        self.step(who, lambda: plan(self.seen[who], REFERENCE, school, texts, self.logs[who].new_id))

    @rule(who=WHO, which=WHICH, text=TEXTS)
    def do(self, who: str, which: int, text: str) -> None:
        if cycle := self.cycle(who, which):
            self.step(who, lambda: do(self.seen[who], cycle, {"observations": text or None}, today=TODAY))

    @rule(who=WHO, which=WHICH, text=TEXTS)
    def study(self, who: str, which: int, text: str) -> None:
        if cycle := self.cycle(who, which):
            texts = {"learning": text or None, "studied_on": str(TODAY + timedelta(days=which))}
            self.step(who, lambda: study(self.seen[who], cycle, texts, today=TODAY))

    @rule(who=WHO, which=WHICH, decision=st.sampled_from(["adopt", "adapt", "abandon"]), text=TEXTS)
    def act(self, who: str, which: int, decision: str, text: str) -> None:
        if cycle := self.cycle(who, which):
            texts = {"decision": decision, "rationale": text or None}
            self.step(who, lambda: act(self.seen[who], cycle, texts, self.logs[who].new_id, today=TODAY))

    @rule(who=WHO, which=WHICH, text=TEXTS)
    def edit(self, who: str, which: int, text: str) -> None:
        known = list(self.seen[who].ideas)
        if known:
            texts = {"owner": text or None, "local_fit": str(which)}
            self.step(who, lambda: edit("change_idea", known[which % len(known)], texts, state=self.seen[who]))

    @precondition(lambda self: self.conflicts)
    @rule(mine=st.booleans())
    def merge(self, mine: bool) -> None:
        """Somebody settles a conflict field by field; in the meantime it may have become another one."""
        who, conflict = self.conflicts.pop()
        if not conflict.theirs:
            with pytest.raises(InputError):
                conflict.resolved()
            return
        chosen = {one.field: one.mine if mine else one.theirs for one in conflict.merge.clashes}
        change = conflict.resolved(chosen)
        for one in conflict.merge.clashes:
            assert change.fields.get(one.field) == (one.mine if mine else one.theirs)
        only_mine = set(conflict.mine) - set(conflict.base) - set(conflict.theirs)
        only_theirs = set(conflict.theirs) - set(conflict.base) - set(conflict.mine)
        assert {name: conflict.mine[name] for name in only_mine}.items() <= change.fields.items()
        assert {name: conflict.theirs[name] for name in only_theirs}.items() <= change.fields.items()
        self.save(who, (change,))

    @rule(who=WHO, which=WHICH)
    def undo(self, who: str, which: int) -> None:
        key = self.key(which)
        if key:
            self.logs[who].undo(*key)
            before = [body for body, _ in self.model.past[key] if body and body != self.model.body(key)]
            self.model.write(key, before[-1] if before else "")

    @rule(who=WHO, which=WHICH)
    def retire(self, who: str, which: int) -> None:
        key = self.key(which)
        if key:
            self.logs[who].retire(*key, based_on=self.model.version(key))
            if self.model.body(key):
                self.model.write(key, "")

    @rule(who=WHO, which=WHICH, level=LEVELS)
    def share(self, who: str, which: int, level: Visibility) -> None:
        key = self.key(which)
        if key and not self.model.body(key):
            with pytest.raises(InputError):
                self.logs[who].share(*key, level)
        elif key:
            self.logs[who].share(*key, level)
            self.model.share(key, level)

    @rule(who=WHO)
    def reopen(self, who: str) -> None:
        old = self.logs[who]
        old.close()
        self.logs[who] = open_log(self.folder / "pdsa.sqlite", author=who, now=old._now, new_id=old.new_id)

    @invariant()
    def state_replay_and_model_are_one(self) -> None:
        if not hasattr(self, "logs"):
            return
        log = self.logs[PEOPLE[0]]
        events, state = log.events(), log.state()
        assert state == replay(events) == replay(reversed(events))
        with log._reading() as connection:  # what is remembered from save to save
            assert list(log._known(connection).held.items()) == list(state.held.items())
        latest = {(one.entity, one.record): one for one in sorted(events, key=lambda one: one.version)}
        found = {key: (body_of(one.fields), one.version, one.visibility) for key, one in latest.items() if one.body}
        assert found == self.model.standing()
        assert set(state.held) == set(found)

    @invariant()
    def nothing_is_changed_or_gone(self) -> None:
        if not hasattr(self, "logs"):
            return
        log = self.logs[PEOPLE[1]]
        verified = log.verify()
        assert verified.problems == ()
        events = log.events()
        assert set(self.events) <= set(events)
        self.events = events


TestTeam = Team.TestCase
TestTeam.settings = settings(
    max_examples=int(os.environ.get("PDSA_LOG_EXAMPLES", "60")), stateful_step_count=30, deadline=None,
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
