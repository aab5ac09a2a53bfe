"""What the log asks of its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from sqlalchemy import Connection, RowMapping, Select, func, select

from pdsa.inquiry import Event, replay
from pdsa.log.tables import event, head
from pdsa.records.inquiry import Person
from pdsa.terms import Entity


def people(connection: Connection) -> tuple[Person, ...]:
    """Everybody whom the log names."""
    return replay(events(connection, entity="person")).records(Person)


def events(
    connection: Connection, *, school: str | None = None, entity: Entity | None = None, record: str | None = None
) -> tuple[Event, ...]:
    """The events that a connection may read, by school and place in its chain."""
    wanted = select(event)
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
        return _found(connection, select(event))
    if connection.dialect.name == "sqlite":
        places = {school: seq for school, (seq, _) in ends(connection).items()}
    else:  # not every school's end may be read, but what it shared
        last_ones = select(event.c.school, func.max(event.c.seq).label("seq")).group_by(event.c.school)
        places = {row.school: row.seq for row in connection.execute(last_ones)}
    found: list[Event] = []
    for school, seq in places.items():
        if seq > known.get(school, 0):
            newer = select(event).where(event.c.school == school, event.c.seq > known.get(school, 0))
            found += _found(connection, newer)
    return found


def versions(connection: Connection, entity: Entity, record: str) -> list[Event]:
    """The versions of one record, the first one first."""
    return sorted(events(connection, entity=entity, record=record), key=lambda one: one.version)


def last(connection: Connection, entity: Entity, record: str) -> Event | None:
    """The latest version of a record; None where there is none."""
    wanted = select(event).where(event.c.entity == entity, event.c.record == record)
    found = _found(connection, wanted.order_by(event.c.version.desc()).limit(1))
    return found[0] if found else None


def version(connection: Connection, entity: Entity, record: str, number: int) -> Event | None:
    """One version of a record; None where there is none."""
    wanted = select(event).where(event.c.entity == entity, event.c.record == record, event.c.version == number)
    found = _found(connection, wanted)
    return found[0] if found else None


def holds(connection: Connection, written: Event) -> bool:
    """Whether the log holds exactly this event."""
    wanted = select(event.c.hash).where(event.c.school == written.school, event.c.seq == written.seq)
    return connection.execute(wanted).scalar() == written.hash


def end(connection: Connection, school: str) -> tuple[int, str]:
    """Place and hash of the last event of a school's chain; 0 and "" where it has none."""
    found = connection.execute(select(head.c.seq, head.c.hash).where(head.c.school == school)).first()
    return (found.seq, found.hash) if found else (0, "")


def ends(connection: Connection) -> dict[str, tuple[int, str]]:
    """Place and hash of the last event of every chain, as the database wrote it down."""
    return {row.school: (row.seq, row.hash) for row in connection.execute(select(head))}


def row(one: Event) -> dict[str, object]:
    """The row of an event."""
    return {name: getattr(one, name) for name in event.c.keys()}  # noqa: SIM118 (a collection, no dict)


def _found(connection: Connection, wanted: Select[*tuple[object, ...]]) -> list[Event]:
    return [_event(row) for row in connection.execute(wanted).mappings()]


def _event(row: RowMapping) -> Event:
    return Event(**cast(dict[str, str], dict(row)))  # type: ignore[arg-type]
