"""One transaction that writes: the events that it puts at the end of their chains."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import Connection

from pdsa.errors import InputError, Problem
from pdsa.inquiry import Change, Event, State, replay, sealed
from pdsa.inquiry.authors import Deed, check_author
from pdsa.inquiry.rules import Reference, check_changes
from pdsa.log import checks, queries
from pdsa.log.faults import LOG, NOT_SAVED
from pdsa.records.inquiry import Person, Prediction
from pdsa.terms import VISIBILITIES, Entity, EventKind, Visibility

LETTERS = "23456789bcdfghjkmnpqrstvwxz"
AT = "%Y-%m-%dT%H:%M:%S.%fZ"
Key = tuple[Entity, str]


def new_id(entity: Entity) -> str:
    """An id that says nothing about school or person, such as `cycle-7kq2m`."""
    return f"{entity.removeprefix('change_')}-{''.join(secrets.choice(LETTERS) for _ in range(5))}"


@dataclass(frozen=True, slots=True)
class Saving:
    """Whoever writes, at which moment, in an open transaction.

    `people` is everybody whom the log names; `state` reads what it holds.
    """

    connection: Connection
    author: str
    at: datetime
    new_id: Callable[[Entity], str]
    people: tuple[Person, ...]
    state: Callable[[Connection], State]

    def apply(self, changes: Sequence[Change], reference: Reference | None) -> tuple[Event, ...]:
        """The events of these changes, once none of them is stale and all of them are allowed."""
        self._refuse((), [problem for change in changes for problem in checks.problems_of(change)], self.at.date())
        self._lock(change.school for change in changes)
        lasts = {(one.entity, one.record): self._last(one.entity, one.record) for one in changes}
        first = {(one.entity, one.record): one for one in reversed(changes)}
        for key, change in first.items():  # what follows in the same call is based on what is not yet saved
            checks.refuse_stale(self.connection, change, lasts[key])
        self._check(changes, lasts, reference)
        return tuple(one for change in changes for one in self._save(change))

    def undo(self, key: Key, based_on: int | None, reference: Reference | None) -> tuple[Event, ...]:
        """The event that brings back what a record held before; nothing where it held nothing else."""
        past = self._past(key)
        last = past[-1]
        before = [one for one in past if one.body and one.body != last.body]
        fields = before[-1].fields if before else {}
        version = last.version if based_on is None else based_on
        change = Change(*key, last.school, fields, version, "undo" if before else "retire")
        checks.refuse_stale(self.connection, change, last)
        self._check((change,), {key: last}, reference)
        return (self._append(last, "undo", checks.body_of(change)),)

    def retire(self, key: Key, based_on: int, reference: Reference | None) -> tuple[Event, ...]:
        """The event that takes a record out."""
        last = self._past(key)[-1]
        return self.apply((Change(*key, last.school, {}, based_on, "retire"),), reference)

    def share(self, key: Key, visibility: Visibility, based_on: int | None = None) -> tuple[Event, ...]:
        """The events that change who sees a record, and with a cycle its predictions; its idea is seen as far."""
        last = self._past(key)[-1]
        if not last.body:
            raise checks.unknown(*key)
        seen = last.version if based_on is None else based_on
        checks.refuse_stale(self.connection, Change(*key, last.school, last.fields, seen), last)
        self._refuse([Deed(last.entity, last.school, shares=True)], (), self.at.date())
        lowers = VISIBILITIES.index(visibility) < VISIBILITIES.index(last.visibility)
        records = [last, *(self._predictions(last) if last.entity == "cycle" else ()), *self._idea(last, lowers)]
        return tuple(written for one in records for written in self._shared(one, visibility, lowers))

    def _shared(self, last: Event, visibility: Visibility, lowers: bool) -> Iterator[Event]:
        """A prediction that is shared less than a cycle that is taken back, or more than one shared, stays as it is."""
        steps = VISIBILITIES.index(visibility) - VISIBILITIES.index(last.visibility)
        if steps < 0 and lowers:
            # those it was shared with see the withdrawal, and nothing after it
            withdrawn = self._append(last, "withdraw", "")
            yield withdrawn
            yield self._append(withdrawn, "share", last.body, visibility)
        elif steps > 0 and not lowers:
            yield self._append(last, "share", last.body, visibility)

    def _predictions(self, cycle: Event) -> list[Event]:
        state = replay(queries.events(self.connection, school=cycle.school, entity="prediction"))
        own = [one.id for one in state.records(Prediction) if one.cycle_id == cycle.record]
        return [last for record in own if (last := self._last("prediction", record))]

    def _idea(self, cycle: Event, lowers: bool) -> list[Event]:
        """The team's own change idea that a shared cycle tests: without it nobody would know what was tried."""
        named = str(cycle.fields.get("change_idea_id", "")) if cycle.entity == "cycle" and not lowers else ""
        idea = self._last("change_idea", named) if named else None
        return [idea] if idea and idea.body and idea.school == cycle.school else []

    def _check(self, changes: Sequence[Change], lasts: Mapping[Key, Event | None], reference: Reference | None) -> None:
        """Raise an InputError with every problem of the author, and of the records where a reference is given."""
        deeds = []
        for change in changes:
            last = lasts[change.entity, change.record]
            checks.refuse_moved(change, last)
            deeds.append(checks.deed_of(change, last, self._usual(change.school)))
        problems: tuple[Problem, ...] = ()
        if reference is not None:
            problems = check_changes(self.state(self.connection), changes, reference, self.author)
        if not problems:
            standing = [one for one in changes if checks.body_of(one)]
            problems = tuple(
                wrong
                for one in standing
                for wrong in checks.unreadable(one.entity, one.record, checks.own_fields(one.fields))
            )
        self._refuse(deeds, problems, reference.today if reference else self.at.date())

    def _refuse(self, deeds: Sequence[Deed], problems: Sequence[Problem], today: date) -> None:
        found = [check_author(self.people, self.author, deed, today) for deed in deeds]
        every = (*dict.fromkeys(problem for problem in found if problem), *problems)
        if every:
            raise InputError(LOG, every, NOT_SAVED, "mend what is named and save again")

    def _usual(self, school: str) -> Visibility:
        person = next((one for one in self.people if one.id == self.author), None)
        return checks.default(school, person)

    def _lock(self, schools: Iterable[str]) -> None:
        """Wait for the turn to write at the end of these schools' chains; a file has one turn for all."""
        if self.connection.dialect.name == "postgresql":
            from pdsa.log import postgres

            postgres.lock(self.connection, schools)

    def _last(self, entity: Entity, record: str) -> Event | None:
        return queries.last(self.connection, entity, record) if record else None

    def _past(self, key: Key) -> list[Event]:
        """The versions of a record, read when it is our turn to write in its school."""
        last = self._last(*key)
        if last is None:
            raise checks.unknown(*key)
        self._lock((last.school,))
        return queries.versions(self.connection, *key)

    def _save(self, change: Change) -> Iterator[Event]:
        last = self._last(change.entity, change.record)
        checks.refuse_stale(self.connection, change, last)
        body = checks.body_of(change)
        if last is None:
            yield self._append(self._blank(change), "create", body, change.visibility)
            return
        changes = body != last.body or change.kind in ("undo", "merge")
        shares = change.visibility not in (None, last.visibility)
        if changes:
            last = self._append(last, "change" if change.kind == "share" else change.kind, body)
        if changes or not shares:  # a change that changes nothing makes no event
            yield last
        if shares and change.visibility:
            yield from self.share((change.entity, change.record), change.visibility)

    def _blank(self, change: Change) -> Event:
        """What stands before the first version of a record."""
        record = change.record or self._free_id(change.entity)
        usual = self._usual(change.school)
        return Event(change.school, 0, change.entity, record, 0, "create", "", "", usual, "", "", 0, "")

    def _free_id(self, entity: Entity) -> str:
        record = self.new_id(entity)
        while self._last(entity, record):
            record = self.new_id(entity)
        return record

    def _append(self, last: Event, kind: EventKind, body: str, visibility: Visibility | None = None) -> Event:
        """The next version of a record, written at the end of its school's chain."""
        at = self.at.astimezone(UTC).strftime(AT)
        seq, prev = queries.end(self.connection, last.school)
        after = replace(
            last,
            seq=seq + 1,
            version=last.version + 1,
            kind=kind,
            author=self.author,
            at=at,
            based_on=last.version,
            body=body,
        )
        if visibility not in (None, last.visibility):
            after = replace(after, visibility=visibility, shared_by=self.author, shared_on=at[:10])
        written = sealed(after, prev)
        queries.add(self.connection, written)
        return written
