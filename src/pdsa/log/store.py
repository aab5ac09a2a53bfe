"""The log as people use it: events in, the state out, nothing ever changed or lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import Change, Event, State, Viewer, replay, visible
from pdsa.inquiry.rules import Reference
from pdsa.log import files, proof, queries
from pdsa.log.faults import LOG, NOT_READ, NOT_SAVED, UNKNOWN, fault_of, is_passing, told
from pdsa.log.memory import Memory
from pdsa.log.proof import Verified
from pdsa.log.saving import Saving, new_id
from pdsa.terms import Entity, Visibility

TRIES = 5  # of a save that met another one
DATABASE = "the database"


def open_log(
    place: str | Path,
    *,
    author: str = "",
    create: bool = True,
    now: Callable[[], datetime] | None = None,
    new_id: Callable[[Entity], str] | None = None,
) -> Log:
    """The log in a SQLite file or a PostgreSQL database, its schema brought up to date.

    Parameters
    ----------
    place
        A file, or an address that begins with `postgresql://`.
    author
        Id of the person who writes; on PostgreSQL by default whom the login was granted to.
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
    clock, ids = now or (lambda: datetime.now(UTC)), new_id or _new_id
    if "://" in str(place):
        from pdsa.log import postgres

        engine = postgres.open_engine(str(place))
        return Log(engine, author or postgres.person_of(engine), clock, ids)
    path = Path(place)
    opened = files.open_file(path, create, clock)
    return Log(opened.engine, author, clock, ids, path, opened.notes, opened.writable)


_new_id = new_id


@dataclass(frozen=True, slots=True)
class Log:
    """An open log; `with open_log(...) as log:` closes it.

    `notes` is what whoever opened it should be told: that it was brought up to date, or can only be read.
    """

    _engine: Engine
    author: str
    _now: Callable[[], datetime]
    new_id: Callable[[Entity], str]
    path: Path | None = None
    notes: tuple[str, ...] = ()
    writable: bool = True
    _memory: list[Memory] = field(default_factory=lambda: [Memory()])

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
        with self._reading() as connection:
            return tuple(queries.versions(connection, entity, record))

    def state(self, viewer: Viewer | None = None) -> State:
        """The latest version of every record; for a viewer only what they may see.

        Parameters
        ----------
        viewer
            Who reads; None for everything that this connection may read.
        """
        events = self.events()
        try:
            found = replay(events)
        except (TypeError, ValueError) as error:
            wrong = tuple(proof.unreadable(events))
            step = "take those records out, or undo their latest change (pdsa log undo)"
            raise InputError(LOG, wrong, NOT_READ, step) from error
        return found if viewer is None else visible(found, viewer)

    def apply(self, changes: Sequence[Change], reference: Reference | None = None) -> tuple[Event, ...]:
        """Save changes, all of them or none, and return their events once they are on the disk.

        Parameters
        ----------
        changes
            What to save; a change that changes nothing makes no event. One of kind `merge`, based on what the others
            saved, settles a Conflict (`Conflict.resolved`). One with another visibility shares the record as well.
        reference
            What the records may point to; without it only authors and versions are checked.

        Raises
        ------
        Conflict
            Somebody saved one of the records since the version that the change is based on.
        InputError
            With every problem of the changes.
        """
        if reference is not None:  # the long reading first, while others may write
            with self._reading() as connection:
                self._known(connection)
        return self._saved(lambda saving: saving.apply(changes, reference))

    def undo(
        self, entity: Entity, record: str, *, based_on: int | None = None, reference: Reference | None = None
    ) -> Event:
        """A new event that brings back what a record held before; a record that held nothing else is taken out.

        Undoing an undo does again what was undone. Who may see the record stays as it is.

        Parameters
        ----------
        entity, record
            Which record.
        based_on
            The version that is undone: a Conflict where somebody saved another one since. The latest by default.
        reference
            What the records may point to; without it only the author is checked.
        """
        return self._saved(lambda saving: saving.undo((entity, record), based_on, reference))[0]

    def retire(self, entity: Entity, record: str, *, based_on: int, reference: Reference | None = None) -> Event:
        """A new event after which the record no longer stands; its history stays.

        Parameters
        ----------
        entity, record, based_on
            Which record, and the version of it that is taken out.
        reference
            What the records may point to; without it only the author is checked.
        """
        return self._saved(lambda saving: saving.retire((entity, record), based_on, reference))[0]

    def share(
        self, entity: Entity, record: str, visibility: Visibility, *, based_on: int | None = None
    ) -> tuple[Event, ...]:
        """Let more or fewer people see a record, the predictions of a cycle with it, and its idea at least as far.

        Parameters
        ----------
        entity, record
            Which record.
        visibility
            Who may see it from now on: `team`, `coach`, `network`, `district` or `public`.
        based_on
            The version that is shared: a Conflict where somebody saved another one since. The latest by default.
        """
        return self._saved(lambda saving: saving.share((entity, record), visibility, based_on))

    def verify(self, known: Mapping[str, tuple[int, str]] | None = None) -> Verified:
        """Whether every event that this connection may read is as it was written, and none is missing.

        Parameters
        ----------
        known
            Heads of chains that somebody noted earlier (`Verified.heads`): a log that no longer holds them was put
            back from an older copy, or written anew.
        """
        with self._reading() as connection:
            return proof.verify(connection, known or {})

    def backup(self, target: Path | None = None) -> Path:
        """Copy the log to a file, whole and consistent, while others go on writing; only of SQLite.

        Parameters
        ----------
        target
            A file that is not there yet; by default beside the log, named by day and time.
        """
        if self.path is None:
            problem = Problem("--log", "a PostgreSQL database", "a log in a file")
            step = "let an administrator of the database run pg_dump (its owner does not see the teams' records)"
            raise ParamsError("the backup", (problem,), "nothing was copied", step)
        return files.backup(self.path, target or files.backup_name(self.path, self._now()))

    def _known(self, connection: Connection) -> State:
        """The state, of which only what came since the last time is read."""
        self._memory[0] = self._memory[0].refreshed(connection)
        return self._memory[0].state

    @property
    def _place(self) -> str:
        return str(self.path) if self.path else DATABASE

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        with told(self._place, NOT_READ), self._engine.connect() as connection, connection.begin():
            yield connection

    def _saved(self, save: Callable[[Saving], tuple[Event, ...]]) -> tuple[Event, ...]:
        """Saves again where another save took the place in the chain, or the turn to write, in the meantime."""
        self._refuse_read_only()
        with told(self._place):
            for _ in range(TRIES - 1):
                try:
                    return self._once(save)
                except DBAPIError as error:
                    if not is_passing(error):
                        raise
            return self._once(save)

    def _once(self, save: Callable[[Saving], tuple[Event, ...]]) -> tuple[Event, ...]:
        with self._engine.connect().execution_options(pdsa_write=True) as connection:
            transaction = connection.begin()
            try:
                people = queries.people(connection)
                written = save(Saving(connection, self.author, self._now(), self.new_id, people, self._known))
            except BaseException:
                transaction.rollback()
                raise
            try:
                transaction.commit()
            except DBAPIError as error:
                self._refuse_unknown(error, written)
        return written

    def _refuse_unknown(self, error: DBAPIError, written: tuple[Event, ...]) -> None:
        """Where the connection broke at the last moment, only the log itself knows whether it holds the events."""
        fault = fault_of(error)
        if not error.connection_invalidated or fault is None:
            raise error
        with told(self._place, UNKNOWN), self._engine.connect() as connection, connection.begin():
            saved = all(queries.holds(connection, one) for one in written)
        if not saved:
            raise error

    def _refuse_read_only(self) -> None:
        if not self.writable:
            problem = Problem(self._place, "a log that can only be read here", "a folder that you may write")
            step = "ask whoever owns the folder, or copy the workspace to a place of your own"
            raise InputError(LOG, (problem,), NOT_SAVED, step)


__all__ = ["Log", "open_log"]
