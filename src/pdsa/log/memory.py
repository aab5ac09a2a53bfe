"""What a log held when it was last read, so that a save has to read only what came after it.

The rules look at the whole log. Read anew for each save it would keep others waiting; nothing in it ever changes, so
that what was read once stays true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pdsa.inquiry import Event, Held, State, replay
from pdsa.log import queries
from pdsa.terms import Entity

Key = tuple[Entity, str]


@dataclass(frozen=True, slots=True)
class Memory:
    """The state, the place to which each chain was read, and the first and the last event of each record."""

    state: State = field(default_factory=State)
    ends: Mapping[str, int] = field(default_factory=dict)
    first: Mapping[Key, Event] = field(default_factory=dict)
    last: Mapping[Key, Event] = field(default_factory=dict)

    def refreshed(self, connection: Connection) -> Memory:
        """The memory with what the log holds by now."""
        events = queries.after(connection, self.ends)
        return self.advanced(events) if events else self

    def advanced(self, events: Iterable[Event]) -> Memory:
        """The memory with events that came after it, in their order."""
        ends, first, last = dict(self.ends), dict(self.first), dict(self.last)
        touched: dict[Key, None] = {}
        for one in sorted(events, key=lambda each: (each.entity, each.record, each.version)):
            key = (one.entity, one.record)
            ends[one.school] = max(one.seq, ends.get(one.school, 0))
            first.setdefault(key, one)
            last[key] = one
            touched[key] = None
        changed = replay(event for key in touched for event in (first[key], last[key])).held
        return Memory(State(_with(self.state.held, changed, touched)), ends, first, last)


def _with(before: Mapping[Key, Held], changed: Mapping[Key, Held], touched: Iterable[Key]) -> dict[Key, Held]:
    """The records with those that changed, in the order in which they were made."""
    held = dict(before)
    for key in touched:
        if key not in changed:
            held.pop(key, None)
    held |= changed
    if any(key not in before for key in changed):
        return dict(sorted(held.items(), key=lambda item: (item[1].created_at, item[0])))
    return held
