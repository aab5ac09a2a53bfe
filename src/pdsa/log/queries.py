"""What the log asks of its tables, and what it refuses before it writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from sqlalchemy import Connection, RowMapping, select

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import Change, Event, replay
from pdsa.log.conflict import Conflict
from pdsa.log.faults import NOT_SAVED
from pdsa.log.tables import event
from pdsa.records.inquiry import Person
from pdsa.terms import NETWORK_WIDE, Entity, Visibility


def default(change: Change) -> Visibility:
    """Who may see a new record: everybody one of the network, only its team one of a school."""
    return "network" if change.entity in NETWORK_WIDE and not change.school else "team"


def refuse_stale(connection: Connection, change: Change, last: Event | None) -> None:
    """Raise a Conflict where the change is based on another version than the last."""
    version = last.version if last else 0
    if change.based_on == version:
        return
    past = {one.version: one for one in versions(connection, change.entity, change.record)}
    base = past[change.based_on].fields if change.based_on in past else {}
    theirs = last.fields if last else {}
    mine = {name: value for name, value in change.fields.items() if name != "id"}
    raise Conflict(change.entity, change.record, (change.based_on, version), base, theirs, mine)


def refuse_moved(change: Change, last: Event | None) -> None:
    """Raise an InputError where the change would give a record to another owner."""
    if last and last.school != change.school:
        where = f"{change.entity} {change.record}"
        problem = Problem(
            where, f"the owner {change.school or 'network'}", f"its owner, {last.school or 'the network'}"
        )
        raise InputError("the improvement log", (problem,), NOT_SAVED, "make a new record for the other school")


def known(past: Sequence[Event], entity: Entity, record: str) -> Event:
    """The last version of a record, or a ParamsError where there is none."""
    if not past:
        problem = Problem(entity, repr(record), "a record of the log that you may see")
        raise ParamsError("the improvement log", (problem,), NOT_SAVED, f"pdsa log list {entity} shows them")
    return past[-1]


def people(connection: Connection) -> tuple[Person, ...]:
    """Everybody whom the log names."""
    return replay(events(connection, entity="person")).records(Person)


def events(
    connection: Connection, *, school: str | None = None, entity: Entity | None = None, record: str | None = None
) -> tuple[Event, ...]:
    """The events that a connection may read, by school and place in its chain."""
    wanted = select(event).order_by(event.c.school, event.c.seq)
    for column, value in ((event.c.school, school), (event.c.entity, entity), (event.c.record, record)):
        wanted = wanted if value is None else wanted.where(column == value)
    return tuple(event_of(row) for row in connection.execute(wanted).mappings())


def versions(connection: Connection, entity: Entity, record: str) -> list[Event]:
    """The versions of one record, the first one first."""
    return sorted(events(connection, entity=entity, record=record), key=lambda one: one.version)


def last(connection: Connection, entity: Entity, record: str) -> Event | None:
    """The latest version of a record; None where there is none."""
    wanted = select(event).where(event.c.entity == entity, event.c.record == record)
    row = connection.execute(wanted.order_by(event.c.version.desc()).limit(1)).mappings().first()
    return event_of(row) if row else None


def event_of(row: RowMapping) -> Event:
    """The event of a row."""
    return Event(**cast(dict[str, str], dict(row)))  # type: ignore[arg-type]


def row(one: Event) -> dict[str, object]:
    """The row of an event."""
    return {name: getattr(one, name) for name in event.c.keys()}  # noqa: SIM118 (a collection, no dict)
