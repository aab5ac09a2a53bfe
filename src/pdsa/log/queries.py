"""What the log asks of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, Select, bindparam, func, insert, select

from pdsa.inquiry import Event, replay
from pdsa.log.tables import event, head
from pdsa.records.inquiry import Person
from pdsa.terms import Entity

# In the order of an event's fields: rows are many, and become events as they are.
COLUMNS = tuple(event.c[one.name] for one in fields(Event))
# What every save asks, built once.
RECORD = select(*COLUMNS).where(event.c.entity == bindparam("entity"), event.c.record == bindparam("record"))
LAST = RECORD.order_by(event.c.version.desc()).limit(1)
VERSION = RECORD.where(event.c.version == bindparam("version"))
PEOPLE = select(*COLUMNS).where(event.c.entity == "person")
END = select(head.c.seq, head.c.hash).where(head.c.school == bindparam("school"))
SEEN = select(event.c.school, func.max(event.c.seq).label("seq")).group_by(event.c.school)
NEWER = select(*COLUMNS).where(event.c.school == bindparam("school"), event.c.seq > bindparam("seq"))
ADD = insert(event)


def people(connection: Connection) -> tuple[Person, ...]:
    """Everybody whom the log names."""
    found = _found(connection, PEOPLE)
    return replay(found).records(Person) if found else ()


def events(
    connection: Connection, *, school: str | None = None, entity: Entity | None = None, record: str | None = None
) -> tuple[Event, ...]:
    """The events that a connection may read, by school and place in its chain."""
    wanted = select(*COLUMNS)
    for column, value in ((event.c.school, school), (event.c.entity, entity), (event.c.record, record)):
        wanted = wanted if value is None else wanted.where(column == value)
    found = _found(connection, wanted)
    # sorted here: databases sort texts by the language they were set up with
    return tuple(sorted(found, key=lambda one: (one.school, one.seq)))


def after(connection: Connection, known: Mapping[str, int]) -> list[Event]:
    """The events that came after the places to which each chain is known.

    Parameters
    ----------
    known
        The last place by school; a school that is not there is read from its first event on.
    """
    if not known:
        return _found(connection, select(*COLUMNS))
    if connection.dialect.name == "sqlite":
        places = {school: seq for school, (seq, _) in ends(connection).items()}
    else:  # not every school's end may be read, but what it shared
        places = {row.school: row.seq for row in connection.execute(SEEN)}
    found: list[Event] = []
    for school, seq in places.items():
        if seq > known.get(school, 0):
            found += _found(connection, NEWER, school=school, seq=known.get(school, 0))
    return found


def versions(connection: Connection, entity: Entity, record: str) -> list[Event]:
    """The versions of one record, the first one first."""
    return sorted(_found(connection, RECORD, entity=entity, record=record), key=lambda one: one.version)


def last(connection: Connection, entity: Entity, record: str) -> Event | None:
    """The latest version of a record; None where there is none."""
    found = _found(connection, LAST, entity=entity, record=record)
    return found[0] if found else None


def version(connection: Connection, entity: Entity, record: str, number: int) -> Event | None:
    """One version of a record; None where there is none."""
    found = _found(connection, VERSION, entity=entity, record=record, version=number)
    return found[0] if found else None


def holds(connection: Connection, written: Event) -> bool:
    """Whether the log holds exactly this event."""
    wanted = select(event.c.hash).where(event.c.school == written.school, event.c.seq == written.seq)
    return connection.execute(wanted).scalar() == written.hash


def end(connection: Connection, school: str) -> tuple[int, str]:
    """Place and hash of the last event of a school's chain; 0 and "" where it has none."""
    found = connection.execute(END, {"school": school}).first()
    return (found.seq, found.hash) if found else (0, "")


def ends(connection: Connection) -> dict[str, tuple[int, str]]:
    """Place and hash of the last event of every chain, as the database wrote it down."""
    return {row.school: (row.seq, row.hash) for row in connection.execute(select(head))}


def add(connection: Connection, one: Event) -> None:
    """Write an event, which the database refuses where it does not follow the end of its chain."""
    connection.execute(ADD, asdict(one))


def _found(connection: Connection, wanted: Select[*tuple[Any, ...]], **values: object) -> list[Event]:
    return [Event(*row) for row in connection.execute(wanted, values)]
