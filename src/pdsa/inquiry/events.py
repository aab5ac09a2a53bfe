"""One event of the log, sealed by a hash over itself and the event before it in the same school's chain."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace

from pdsa.errors import Problem
from pdsa.terms import Entity, EventKind, Visibility

FIRST = ""  # what stands before the first event of a chain


@dataclass(frozen=True, slots=True)
class Event:
    """What somebody did to one record, once and for all.

    Parameters
    ----------
    school
        The owner, "" for the network: each owner has a chain of its own, so that a team can check its own slice.
    seq
        Place in that chain, from 1.
    entity, record, version
        Which record, and its version after the event, from 1.
    kind
        What was done. `withdraw` leaves no body: those it was shared with no longer see the record.
    author, at
        Id of a person; time in UTC as `2026-05-04T08:15:30.123456Z`.
    visibility, shared_by, shared_on
        Who may see the record after the event; who shared it and when, "" where nobody did.
    based_on
        The version that the author saw, 0 for none.
    body
        All fields of the record after the event as canonical JSON, "" where it is retired or withdrawn.
    prev, hash
        The hash of the event before it in the chain, and its own.
    """

    school: str
    seq: int
    entity: Entity
    record: str
    version: int
    kind: EventKind
    author: str
    at: str
    visibility: Visibility
    shared_by: str
    shared_on: str
    based_on: int
    body: str
    prev: str = FIRST
    hash: str = ""

    @property
    def fields(self) -> dict[str, object]:
        """The fields of the record; empty where it is retired or withdrawn."""
        return json.loads(self.body) if self.body else {}


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody wants to save: all fields of one record, and the version that they are based on.

    `based_on` is 0 for a new record; `record` is "" where the log gives the id. `visibility` None keeps what it is.
    """

    entity: Entity
    record: str
    school: str
    fields: Mapping[str, object] = field(default_factory=dict)
    based_on: int = 0
    kind: EventKind = "change"
    visibility: Visibility | None = None


def canonical(fields: Mapping[str, object]) -> str:
    """Fields as JSON that is the same on every machine: sorted, without blanks, without fields that hold nothing.

    Parameters
    ----------
    fields
        Texts, numbers, lists and mappings; dates as texts such as 2025-10-13.
    """
    filled = {name: value for name, value in fields.items() if value not in (None, "", (), [], {})}
    return json.dumps(filled, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def sealed(event: Event, prev: str) -> Event:
    """The event with its hash, after the event whose hash is `prev` ("" for the first of a chain)."""
    told = {name: value for name, value in asdict(event).items() if name not in ("prev", "hash")}
    text = json.dumps([prev, told], sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return replace(event, prev=prev, hash=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest())


def broken_links(events: Iterable[Event]) -> Iterator[Problem]:
    """Yield where the chains of these events are broken: an event changed, removed, added or moved.

    Parameters
    ----------
    events
        Whole chains of one or several schools, from their first event on, in any order.
    """
    chains: dict[str, list[Event]] = {}
    for event in events:
        chains.setdefault(event.school, []).append(event)
    for school in sorted(chains):
        yield from _chain(school, sorted(chains[school], key=lambda event: event.seq))


def _chain(school: str, events: list[Event]) -> Iterator[Problem]:
    prev = FIRST
    for place, event in enumerate(events, start=1):
        where = f"chain of {school or 'the network'}, event {event.seq} ({event.entity} {event.record})"
        if event.seq != place:
            yield Problem(where, "an event missing or doubled before it", f"event {place}")
            return
        if event.prev != prev:
            yield Problem(where, "a link to another event than the one before it", "the event that was written")
        elif sealed(event, prev).hash != event.hash:
            yield Problem(where, "another content than its hash vouches for", "the event that was written")
        prev = event.hash
