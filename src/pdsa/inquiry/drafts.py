"""Changes that belong together while they are put together: texts read, names resolved, every problem kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pdsa.errors import ParamsError, Problem
from pdsa.inquiry.events import Change
from pdsa.inquiry.lookup import LINKS, MEASURES, NOT_SAVED, SCHOOLS, found, plain, seen_by
from pdsa.inquiry.saving import Reference
from pdsa.inquiry.state import Held, State
from pdsa.params.inquiry import adapter, read_fields
from pdsa.terms import Entity

__all__ = ["Draft", "Ids", "Texts", "fields_of"]

Texts = Mapping[str, object]
Ids = Callable[[Entity], str]
MEND = "mend what is named and save again"
# Another of them may make a prediction one of another type.
HELD_BY_TYPE = frozenset(("value", "low", "high", "direction", "probability"))


def fields_of(held: Held) -> dict[str, object]:
    """The fields that a record holds, as `canonical` and `read_fields` take them, without those that are empty."""
    told: dict[str, object] = adapter(held.entity).dump_python(held.record, mode="json")
    told = {name: value for name, value in told.items() if name != "id" and value not in (None, "", [], ())}
    if "tasks" in told:
        tasks: list[dict[str, str]] = told["tasks"]  # type: ignore[assignment]
        told["tasks"] = [{name: text for name, text in task.items() if text} for task in tasks]
    return told


@dataclass(slots=True)
class Draft:
    """Changes, and everything that is wrong with what they were made of."""

    state: State
    reference: Reference | None = None
    changes: list[Change] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def new(self, entity: Entity, record: str, school: str, texts: Texts, place: str = "") -> None:
        """Take a new record of a school, "" for the network, into the changes."""
        fields = self._read(entity, school, texts, place)
        self.changes.append(Change(entity, str(fields.pop("id", record)), school, fields))

    def edit(self, held: Held, texts: Texts, place: str = "") -> None:
        """Take an edit of a record into the changes; a blank text empties its field."""
        before = fields_of(held)
        if held.entity == "prediction" and HELD_BY_TYPE.intersection(texts) and "type" not in texts:
            before.pop("type")
        fields = self._read(held.entity, held.school, {**before, **texts}, place)
        if fields.pop("id", held.id) != held.id:
            self.tell(f"{place}, id" if place else "id", "another id", f"{held.id}: the id of a record stays")
        self.changes.append(Change(held.entity, held.id, held.school, fields, held.version))

    def tell(self, place: str, found: str, expected: str) -> None:
        """Note what is wrong."""
        self.problems.append(Problem(place, found, expected))

    def done(self) -> tuple[Change, ...]:
        """The changes, or a ParamsError with every problem."""
        if self.problems:
            raise ParamsError("the improvement log", tuple(dict.fromkeys(self.problems)), NOT_SAVED, MEND)
        return tuple(self.changes)

    def _read(self, entity: Entity, school: str, texts: Texts, place: str) -> dict[str, object]:
        fields, problems = read_fields(entity, texts, place)
        self.problems += problems
        return {name: self._resolved(name, value, school) for name, value in fields.items()}

    def _resolved(self, name: str, value: object, school: str) -> object:
        """The ids of what a field names by its title; what nothing is known by stays, for the rules to tell."""
        if isinstance(value, list):
            return list(dict.fromkeys(self._resolved(name, one, school) for one in value)) if _links(name) else value
        if not isinstance(value, str):
            return value
        if name in LINKS:
            if any((one.entity, one.record) == (LINKS[name], value) for one in self.changes):
                return value
            hits = found(seen_by(self.state, school), LINKS[name], value, begun=False)
            return hits[0].id if len(hits) == 1 else value
        known = self._named(name)
        return value if value in known.values() else known.get(plain(value), value)

    def _named(self, name: str) -> dict[str, str]:
        """Ids of measures or schools by their names and by the ids themselves, as they are compared."""
        if self.reference is None or name not in (*MEASURES, *SCHOOLS):
            return {}
        known = self.reference.measures if name in MEASURES else self.reference.schools
        return {plain(one.name): one.id for one in known} | {plain(one.id): one.id for one in known}


def _links(name: str) -> bool:
    return name in LINKS or name in MEASURES or name in SCHOOLS
