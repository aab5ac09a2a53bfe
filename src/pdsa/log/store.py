"""The log as people use it: events in, the state out, nothing ever changed or lost."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, insert, select, update
from sqlalchemy.exc import IntegrityError

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import Change, Event, State, Viewer, broken_links, canonical, replay, sealed, visible
from pdsa.inquiry.authors import check_author
from pdsa.inquiry.rules import Reference, check_changes
from pdsa.log import queries, schema
from pdsa.log.faults import NOT_SAVED, told
from pdsa.log.tables import event, head
from pdsa.records.inquiry import Prediction
from pdsa.terms import VISIBILITIES, Entity, Visibility

LETTERS = "23456789bcdfghjkmnpqrstvwxz"
TRIES = 5  # of a save that met another one
AT = "%Y-%m-%dT%H:%M:%S.%fZ"


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the chains of a log are whole: every problem, and the last event of each chain by school."""

    problems: tuple[Problem, ...]
    heads: Mapping[str, tuple[int, str]]


def new_id(entity: Entity) -> str:
    """An id that says nothing about school or person, such as `cycle-7kq2m`."""
    return f"{entity.removeprefix('change_')}-{''.join(secrets.choice(LETTERS) for _ in range(5))}"


def open_log(
    place: str | Path,
    *,
    author: str = "",
    create: bool = True,
    now: Callable[[], datetime] | None = None,
    new_id: Callable[[Entity], str] = new_id,
) -> Log:
    """The log in a SQLite file or a PostgreSQL database, its schema brought up to date.

    Parameters
    ----------
    place
        A file, or an address that begins with `postgresql`.
    author
        Id of the person who writes.
    create
        Whether to make the file where there is none.
    now
        The clock; that of the machine by default.
    new_id
        Makes ids of new records.

    Raises
    ------
    InputError
        The file is damaged, no log, or of a newer version of pdsa; what to do is said.
    ParamsError
        There is no file, and none shall be made.
    """
    clock = now or (lambda: datetime.now(UTC))
    if isinstance(place, str) and place.startswith("postgresql"):
        from pdsa.log import postgres

        return Log(postgres.open_engine(place), author, clock, new_id)
    return Log(_open_file(Path(place), create, clock), author, clock, new_id, Path(place))


def _open_file(path: Path, create: bool, clock: Callable[[], datetime]) -> Engine:
    from pdsa.log import sqlite

    if not path.is_file():
        if not create:
            problem = Problem(str(path), "no log", "the improvement log of the workspace")
            raise ParamsError("the improvement log", (problem,), "nothing was read", "pdsa cycle plan begins one")
        sqlite.create(path)
    sqlite.check_file(path)
    engine = sqlite.open_engine(path)
    with told(str(path)):
        with engine.connect() as connection:
            old, there = schema.is_old(connection, str(path)), bool(schema.revision_of(connection))
        if old:
            if there:
                sqlite.backup(path, path.with_name(f"{path.name}.backup-{clock():%Y%m%dT%H%M%S}"))
            with engine.connect().execution_options(pdsa_write=True) as connection, connection.begin():
                schema.upgrade(connection)
    return engine


@dataclass(frozen=True, slots=True)
class Log:
    """An open log; `with open_log(...) as log:` closes it."""

    _engine: Engine
    author: str
    _now: Callable[[], datetime]
    new_id: Callable[[Entity], str]
    path: Path | None = None

    def __enter__(self) -> Log:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._engine.dispose()

    @property
    def engine(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    @property
    def _place(self) -> str:
        return str(self.path) if self.path else "the database"

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(self._place), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        writer = self._engine.connect().execution_options(pdsa_write=True)
        with told(self._place), writer as connection, connection.begin():
            yield connection

    def events(
        self, *, school: str | None = None, entity: Entity | None = None, record: str | None = None
    ) -> tuple[Event, ...]:
        """The events that this connection may read, by school and place in its chain.

        Parameters
        ----------
        school, entity, record
            Only of these; all by default.
        """
        with self._reading() as connection:
            return queries.events(connection, school=school, entity=entity, record=record)

    def history(self, entity: Entity, record: str) -> tuple[Event, ...]:
        """What happened to one record, version by version."""
        return tuple(sorted(self.events(entity=entity, record=record), key=lambda one: one.version))

    def state(self, viewer: Viewer | None = None) -> State:
        """The latest version of every record; for a viewer only what they may see.

        Parameters
        ----------
        viewer
            Who reads; None for everything that this connection may read.
        """
        found = replay(self.events())
        return found if viewer is None else visible(found, viewer)

    def apply(self, changes: Sequence[Change], reference: Reference | None = None) -> tuple[Event, ...]:
        """Save changes, all of them or none, and return their events once they are on the disk.

        Parameters
        ----------
        changes
            What to save; a change that changes nothing makes no event.
        reference
            What the records may point to; without it only authors and versions are checked.

        Raises
        ------
        Conflict
            Somebody saved one of the records since the version that the change is based on.
        InputError
            With every problem of the changes.
        """

        def save(connection: Connection) -> tuple[Event, ...]:
            self._check(connection, changes, reference)
            return tuple(self._save(connection, change) for change in changes)

        return self._trying(save)

    def _trying(self, save: Callable[[Connection], tuple[Event, ...]]) -> tuple[Event, ...]:
        """Saves again where another save took the place in the chain in the meantime."""
        for _ in range(TRIES - 1):
            try:
                with self._writing() as connection:
                    return save(connection)
            except IntegrityError:
                continue
        try:
            with self._writing() as connection:
                return save(connection)
        except IntegrityError as error:
            problem = Problem(self._place, "other saves each time, or an id that is taken", "a free id")
            raise InputError("the improvement log", (problem,), NOT_SAVED, "try again, or give another id") from error

    def _check(self, connection: Connection, changes: Sequence[Change], reference: Reference | None) -> None:
        today = reference.today if reference else self._now().date()
        people = queries.people(connection)
        found = [check_author(people, self.author, one.school, one.entity, today) for one in changes]
        problems = list(dict.fromkeys(problem for problem in found if problem))
        if reference is not None:
            problems += check_changes(replay(queries.events(connection)), changes, reference, self.author)
        if problems:
            raise InputError("the improvement log", tuple(problems), NOT_SAVED, "mend what is named and save again")

    def _save(self, connection: Connection, change: Change) -> Event:
        last = queries.last(connection, change.entity, change.record) if change.record else None
        queries.refuse_stale(connection, change, last)
        queries.refuse_moved(change, last)
        body = canonical({name: value for name, value in change.fields.items() if name != "id"})
        wanted = change.visibility or (last.visibility if last else queries.default(change))
        if last and change.kind == "change" and (last.body, last.visibility) == (body, wanted):
            return last
        return self._append(connection, self._event(change, last, body, wanted))

    def _event(self, change: Change, last: Event | None, body: str, visibility: Visibility) -> Event:
        at = self._now().astimezone(UTC).strftime(AT)
        shared = change.kind == "share"
        return Event(
            school=change.school,
            seq=0,
            entity=change.entity,
            record=change.record or self.new_id(change.entity),
            version=(last.version if last else 0) + 1,
            kind="create" if last is None else change.kind,
            author=self.author,
            at=at,
            visibility=visibility,
            shared_by=self.author if shared else last.shared_by if last else "",
            shared_on=at[:10] if shared else last.shared_on if last else "",
            based_on=last.version if last else 0,
            body=body,
        )

    def _append(self, connection: Connection, new: Event) -> Event:
        """The event at the end of its school's chain."""
        if self.engine == "postgresql":
            from pdsa.log import postgres

            postgres.lock(connection, new.school)
        end = connection.execute(select(head.c.seq, head.c.hash).where(head.c.school == new.school)).first()
        seq, prev = (end.seq + 1, end.hash) if end else (1, "")
        written = sealed(replace(new, seq=seq), prev)
        connection.execute(insert(event).values(queries.row(written)))
        if self.engine == "sqlite":  # elsewhere a trigger does it, since nobody may write the heads
            place = {"seq": seq, "hash": written.hash}
            if end:
                connection.execute(update(head).where(head.c.school == new.school).values(place))
            else:
                connection.execute(insert(head).values(school=new.school, **place))
        return written

    def undo(self, entity: Entity, record: str) -> Event:
        """A new event that brings back what a record held before; a record that held nothing else is retired.

        Undoing an undo does again what was undone. Who may see the record stays as it is.
        """

        def save(connection: Connection) -> tuple[Event, ...]:
            past = queries.versions(connection, entity, record)
            last = queries.known(past, entity, record)
            before = [one for one in past if one.body and one.body != last.body]
            fields = before[-1].fields if before else {}
            change = Change(entity, record, last.school, fields, last.version, "undo")
            self._check(connection, (change,), None)
            return (self._save_fields(connection, change, last),)

        return self._trying(save)[0]

    def retire(self, entity: Entity, record: str, *, based_on: int) -> Event:
        """A new event after which the record no longer stands; its history stays."""

        def save(connection: Connection) -> tuple[Event, ...]:
            last = queries.known(queries.versions(connection, entity, record), entity, record)
            change = Change(entity, record, last.school, {}, based_on, "retire")
            queries.refuse_stale(connection, change, last)
            self._check(connection, (change,), None)
            return (self._save_fields(connection, change, last),)

        return self._trying(save)[0]

    def _save_fields(self, connection: Connection, change: Change, last: Event) -> Event:
        body = canonical(change.fields) if change.fields else ""
        return self._append(connection, self._event(change, last, body, change.visibility or last.visibility))

    def share(self, entity: Entity, record: str, visibility: Visibility) -> tuple[Event, ...]:
        """Let more or fewer people see a record, and the predictions of a cycle with it.

        Parameters
        ----------
        entity, record
            Which record.
        visibility
            Who may see it from now on: `team`, `coach`, `network`, `district` or `public`.
        """

        def save(connection: Connection) -> tuple[Event, ...]:
            queries.known(queries.versions(connection, entity, record), entity, record)
            keys: list[tuple[Entity, str]] = [(entity, record)]
            if entity == "cycle":
                state = replay(queries.events(connection, entity="prediction"))
                own = [one for one in state.records(Prediction) if one.cycle_id == record]
                keys += [("prediction", one.id) for one in own]
            return tuple(one for key in keys for one in self._share(connection, key, visibility))

        return self._trying(save)

    def _share(self, connection: Connection, key: tuple[Entity, str], visibility: Visibility) -> Iterator[Event]:
        last = queries.known(queries.versions(connection, *key), *key)
        if last.visibility == visibility:
            return
        if VISIBILITIES.index(visibility) < VISIBILITIES.index(last.visibility):
            # those it was shared with see the withdrawal, and nothing after it
            withdrawn = Change(*key, last.school, {}, last.version, "withdraw")
            self._check(connection, (withdrawn,), None)
            fields, last = last.fields, self._save_fields(connection, withdrawn, last)
            yield last
        else:
            fields = last.fields
        change = Change(*key, last.school, fields, last.version, "share", visibility)
        self._check(connection, (change,), None)
        yield self._save_fields(connection, change, last)

    def verify(self) -> Verified:
        """Whether every event that this connection may read is as it was written, and none is missing.

        On PostgreSQL it says so of a school only to those who may read all of its events.
        """
        with self._reading() as connection:
            events = queries.events(connection)
            heads = {row.school: (row.seq, row.hash) for row in connection.execute(select(head))}
        problems = list(broken_links(events))
        broken = {problem.place.split(",")[0] for problem in problems}
        ends = {one.school: (one.seq, one.hash) for one in events}
        for school in sorted(heads.keys() | ends.keys()):
            where = f"chain of {school or 'the network'}"
            if heads.get(school) != ends.get(school) and where not in broken:
                problems.append(
                    Problem(where, "another end than was written", f"{heads.get(school, (0, ''))[0]} events")
                )
        return Verified(tuple(problems), ends)

    def backup(self, target: Path) -> Path:
        """Copy the log to a file, whole and consistent, while others go on writing; only of SQLite.

        Parameters
        ----------
        target
            A file that is not there yet.
        """
        from pdsa.log import sqlite

        if self.path is None:
            problem = Problem("--log", "a PostgreSQL database", "a log in a file")
            raise ParamsError("the backup", (problem,), "nothing was copied", "use pg_dump, or pdsa log export")
        if target.exists():
            problem = Problem(str(target), "a file that is there already", "a new name")
            raise ParamsError("the backup", (problem,), "nothing was copied", "name another file")
        return sqlite.backup(self.path, target)


__all__ = ["Log", "Verified", "new_id", "open_log"]
