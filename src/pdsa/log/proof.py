"""The proof that a log is as it was written: its chains, their ends, and what keeps them from being changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, text

from pdsa.errors import Problem
from pdsa.inquiry import Event, broken_links, sealed
from pdsa.log import checks, queries, schema

Heads = Mapping[str, tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Verified:
    """Whether the chains of a log are whole: every problem, and the last event of each chain by school.

    `partly` names the owners of whose chains this connection reads only what was shared: for those only the single
    events are vouched for.
    """

    problems: tuple[Problem, ...]
    heads: Heads
    partly: tuple[str, ...] = ()


def verify(connection: Connection, known: Heads) -> Verified:
    """Whether every event that this connection may read is as it was written, and none of a whole chain is missing.

    Parameters
    ----------
    connection
        In a transaction, so that everything is of one moment.
    known
        Heads that somebody noted earlier.
    """
    events = queries.events(connection)
    heads = queries.ends(connection)
    whole = _whole(connection)
    ends = {one.school: (one.seq, one.hash) for one in events}
    full = [one for one in events if whole is None or one.school in whole]
    parts = [one for one in events if whole is not None and one.school not in whole]
    problems = [
        *broken_links(full),
        *_changed(parts),
        *_misplaced(full),
        *_other_ends(full, _of(heads, whole)),
        *_forgotten(full, _of(known, whole)),
        *unreadable(events),
        *schema.missing_guards(connection),
    ]
    return Verified(tuple(dict.fromkeys(problems)), ends, tuple(sorted({one.school for one in parts})))


def unreadable(events: Iterable[Event]) -> Iterator[Problem]:
    """Yield which records have fields that make none: somebody wrote them past pdsa."""
    latest = {(one.entity, one.record): one for one in sorted(events, key=lambda each: each.version)}
    for one in (each for each in latest.values() if each.body):
        fields = _fields(one)
        if fields is None:
            yield Problem(_place(one), "a body that cannot be read", "fields as JSON")
        else:
            yield from checks.unreadable(one.entity, one.record, fields, f" of {one.author}")


def _fields(one: Event) -> dict[str, object] | None:
    try:
        found: object = one.fields
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _whole(connection: Connection) -> set[str] | None:
    """The schools all of whose events this connection reads; None for all, as on every file."""
    if connection.dialect.name == "sqlite":
        return None
    if not connection.execute(text("SELECT row_security_active('event')")).scalar():
        return None
    mine = "SELECT school, role FROM member WHERE db_user = current_user"
    found = [(row.school, row.role) for row in connection.execute(text(mine))]
    whole = {school for school, role in found if role == "team" and school}
    return whole | {"" for _, role in found if role in ("hub", "coach")}


def _of(heads: Heads, whole: set[str] | None) -> Heads:
    return {school: place for school, place in heads.items() if whole is None or school in whole}


def _changed(events: Iterable[Event]) -> Iterator[Problem]:
    for one in events:
        if sealed(one, one.prev).hash != one.hash:
            yield Problem(_place(one), "another content than its hash vouches for", "the event that was written")


def _misplaced(events: Iterable[Event]) -> Iterator[Problem]:
    """Versions of one record that do not follow each other, or change their owner."""
    past: dict[tuple[str, str], Event] = {}
    for one in sorted(events, key=lambda each: (each.entity, each.record, each.version)):
        before = past.get((one.entity, one.record))
        if one.version != (before.version if before else 0) + 1:
            yield Problem(_place(one), f"version {one.version}", f"version {(before.version if before else 0) + 1}")
        elif before and before.school != one.school:
            yield Problem(_place(one), "another owner than before", before.school or "the network")
        past[one.entity, one.record] = one


def _other_ends(events: Iterable[Event], heads: Heads) -> Iterator[Problem]:
    ends = {one.school: (one.seq, one.hash) for one in events}
    for school in sorted(heads.keys() | ends.keys()):
        noted, found = heads.get(school, (0, "")), ends.get(school, (0, ""))
        if noted != found:
            where = f"chain of {school or 'the network'}"
            yield Problem(where, f"{found[0]} events, or another last one", f"the {noted[0]} events that were written")


def _forgotten(events: Iterable[Event], known: Heads) -> Iterator[Problem]:
    """Heads that were noted earlier and are no longer part of their chain."""
    found = {(one.school, one.seq): one.hash for one in events}
    for school, (seq, noted) in sorted(known.items()):
        if found.get((school, seq)) != noted:
            where = f"chain of {school or 'the network'}, event {seq}"
            yield Problem(where, "none, or another than was noted", "the noted one: is this an older copy of the log?")


def _place(one: Event) -> str:
    return f"chain of {one.school or 'the network'}, event {one.seq} ({one.entity} {one.record})"
