"""The state that events leave: the latest version of every record."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar, cast

from pdsa.inquiry.events import Event
from pdsa.params.inquiry import record_of
from pdsa.records.inquiry import RECORDS, ChangeIdea, Cycle, Driver, Prediction, Record
from pdsa.terms import Entity, Visibility

R = TypeVar("R", bound=Record)
ENTITY_OF: dict[object, Entity] = {kind: entity for entity, kind in RECORDS.items()}


@dataclass(frozen=True, slots=True)
class Held:
    """A record as the log holds it: its latest version, whose it is, who wrote it and who may see it."""

    entity: Entity
    id: str
    school: str
    version: int
    author: str
    at: str
    visibility: Visibility
    shared_by: str
    shared_on: str
    created_at: str
    created_by: str
    record: Record


@dataclass(frozen=True)
class State:
    """Every record that stands, by kind and id; records are in the order in which they were made.

    What is asked for again and again is gathered once: a state never changes.
    """

    held: Mapping[tuple[Entity, str], Held] = field(default_factory=dict)

    def get(self, entity: Entity, record: str) -> Held | None:
        """One record with what the log knows about it."""
        return self.held.get((entity, record))

    @cached_property
    def _kinds(self) -> dict[Entity, tuple[Held, ...]]:
        found: dict[Entity, list[Held]] = {}
        for (kind, _), one in self.held.items():
            found.setdefault(kind, []).append(one)
        return {kind: tuple(own) for kind, own in found.items()}

    def all(self, entity: Entity) -> tuple[Held, ...]:
        """All records of a kind with what the log knows about them."""
        return self._kinds.get(entity, ())

    @cached_property
    def _records(self) -> dict[Entity, tuple[Record, ...]]:
        return {kind: tuple(one.record for one in own) for kind, own in self._kinds.items()}

    def records(self, kind: type[R]) -> tuple[R, ...]:
        """All records of a kind, such as `state.records(Cycle)`."""
        return cast(tuple[R, ...], self._records.get(ENTITY_OF[kind], ()))

    @property
    def cycles(self) -> tuple[Cycle, ...]:
        """All cycles."""
        return self.records(Cycle)

    @cached_property
    def ideas(self) -> dict[str, ChangeIdea]:
        """Change ideas by id."""
        return {one.id: one for one in self.records(ChangeIdea)}

    @cached_property
    def drivers(self) -> dict[str, Driver]:
        """Drivers by id."""
        return {one.id: one for one in self.records(Driver)}

    @cached_property
    def _predictions(self) -> dict[str, tuple[Prediction, ...]]:
        found: dict[str, list[Prediction]] = {}
        for one in self.records(Prediction):
            found.setdefault(one.cycle_id, []).append(one)
        return {cycle: tuple(own) for cycle, own in found.items()}

    def predictions(self, cycle: str) -> tuple[Prediction, ...]:
        """The predictions of one cycle."""
        return self._predictions.get(cycle, ())


def replay(events: Iterable[Event]) -> State:
    """The state that events leave, whatever their order among different records.

    Parameters
    ----------
    events
        Those of one log that a reader may see.

    Raises
    ------
    InputError
        An event holds fields that this version of pdsa does not know.
    """
    ordered = sorted(events, key=lambda event: (event.entity, event.record, event.version))
    first: dict[tuple[Entity, str], Event] = {}
    last: dict[tuple[Entity, str], Event] = {}
    for event in ordered:
        first.setdefault((event.entity, event.record), event)
        last[event.entity, event.record] = event
    standing = [key for key, event in last.items() if event.body]
    standing.sort(key=lambda key: (first[key].at, key))
    return State({key: _held(first[key], last[key]) for key in standing})


def _held(first: Event, last: Event) -> Held:
    return Held(
        entity=last.entity,
        id=last.record,
        school=last.school,
        version=last.version,
        author=last.author,
        at=last.at,
        visibility=last.visibility,
        shared_by=last.shared_by,
        shared_on=last.shared_on,
        created_at=first.at,
        created_by=first.author,
        record=record_of(last.entity, {**last.fields, "id": last.record}),
    )
