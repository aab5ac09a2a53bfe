"""What is about to be saved together: each record as it would stand, beside what the log holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, TypeVar

from pdsa.errors import Problem
from pdsa.inquiry.events import Change
from pdsa.inquiry.lookup import plain, seen_by
from pdsa.inquiry.state import Held, State
from pdsa.params.inquiry import read_fields, record_of
from pdsa.records import Calendar, Measure, School
from pdsa.records.inquiry import ChangeIdea, Cycle, Prediction, Record
from pdsa.terms import Entity, Visibility

__all__ = ["GRACE", "Reference", "Saved", "Saving", "place_of", "saving", "stood"]

R = TypeVar("R", bound=Record)
# One day more than today is no day ahead: elsewhere it is later.
GRACE = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Reference:
    """What records of the log may point to, and the day on which somebody writes.

    Parameters
    ----------
    today
        The day of writing.
    schools, measures, calendar
        Of the network.
    data
        The first and the last day of its observations; None where nobody looked.
    not_personal
        Fields of which the writer said that nothing in them is personal, such as `observations`; `*` for all.
    """

    today: date
    schools: tuple[School, ...] = ()
    measures: tuple[Measure, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)
    data: tuple[date, date] | None = None
    not_personal: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Saved:
    """One record as it would stand: its change, its fields as a record, and the version before, if there is one."""

    change: Change
    record: Record
    before: Held | None

    @property
    def entity(self) -> Entity:
        """The kind of record."""
        return self.change.entity

    @property
    def school(self) -> str:
        """The owner, "" for the network."""
        return self.change.school

    def problem(self, name: str, found: str, expected: str) -> Problem:
        """What is wrong with a field of it."""
        return Problem(place_of(self.change, name), found, expected)


@dataclass(frozen=True, slots=True)
class Saving:
    """What is to be saved, the state before and after, and what records may point to."""

    saved: tuple[Saved, ...]
    state: State
    after: State
    reference: Reference
    kept: dict[str, Any] = field(default_factory=dict)  # what was looked up once; nothing else is written there

    def seen_by(self, school: str) -> State:
        """What the people of a school would see afterwards."""
        found: State = self._once(f"seen by {school}", lambda: seen_by(self.after, school))
        return found

    def predictions(self, cycle: str) -> list[Prediction]:
        """The predictions of a cycle afterwards."""
        return self._grouped("predictions", Prediction, lambda one: one.cycle_id).get(cycle, [])

    def cycles(self, idea: str) -> list[Cycle]:
        """The cycles on a change idea afterwards, of every school."""
        return self._grouped("cycles", Cycle, lambda one: one.change_idea_id).get(idea, [])

    def titled(self, school: str, title: str) -> list[ChangeIdea]:
        """The change ideas under a title, of those that a school would see."""
        seen = self.seen_by(school).records(ChangeIdea)
        titles = self._once(f"titles seen by {school}", lambda: _groups(seen, lambda one: plain(one.title)))
        return list(titles.get(plain(title), []))

    def _grouped(self, name: str, kind: type[R], key: Callable[[R], str]) -> dict[str, list[R]]:
        found: dict[str, list[R]] = self._once(name, lambda: _groups(self.after.records(kind), key))
        return found

    def _once(self, name: str, make: Callable[[], Any]) -> Any:
        if name not in self.kept:
            self.kept[name] = make()
        return self.kept[name]


def _groups(records: Iterable[R], key: Callable[[R], str]) -> dict[str, list[R]]:
    groups: dict[str, list[R]] = {}
    for one in records:
        groups.setdefault(key(one), []).append(one)
    return groups


def place_of(change: Change, name: str) -> str:
    """Where a field stands, as messages say it."""
    record = f"{change.entity.replace('_', ' ')} {change.record}".strip()
    return f"{record}, {name}" if name else record


def stood(all_: Saving) -> Saving:
    """The same records as they stand in the log now, as if they were saved once more."""
    saved = [
        Saved(Change(one.entity, one.change.record, one.before.school), one.before.record, None)
        for one in all_.saved
        if one.before
    ]
    return Saving(tuple(saved), all_.state, all_.state, all_.reference)


def saving(state: State, changes: Sequence[Change], reference: Reference) -> tuple[Saving, tuple[Problem, ...]]:
    """The changes as they would stand together, and what cannot be read of them."""
    saved: list[Saved] = []
    problems: list[Problem] = []
    for change in changes:
        if change.kind in ("retire", "withdraw"):
            continue
        fields, wrong = read_fields(change.entity, change.fields, place_of(change, ""))
        problems += wrong
        if not wrong:
            record = record_of(change.entity, {**fields, "id": change.record})
            saved.append(Saved(change, record, state.get(change.entity, change.record)))
    held = dict(state.held)
    held |= {(one.entity, one.change.record): _held(one) for one in saved}
    gone = [(one.entity, one.record) for one in changes if one.kind in ("retire", "withdraw")]
    after = State({key: one for key, one in held.items() if key not in gone})
    return Saving(tuple(saved), state, after, reference), (*problems, *_twice(changes))


def _held(one: Saved) -> Held:
    before, change = one.before, one.change
    default: Visibility = "team" if change.school else "network"
    return Held(
        entity=change.entity,
        id=change.record,
        school=change.school,
        version=change.based_on + 1,
        author="",
        at=before.at if before else "",
        visibility=change.visibility or (before.visibility if before else default),
        shared_by="",
        shared_on="",
        created_at=before.created_at if before else "",
        created_by="",
        record=one.record,
    )


def _twice(changes: Sequence[Change]) -> Iterator[Problem]:
    """Records that one save would write twice from the same version."""
    seen = set()
    for change in changes:
        key = (change.entity, change.record, change.based_on)
        if change.record and key in seen:
            yield Problem(place_of(change, ""), "the same record twice in one save", "it once, with all its fields")
        seen.add(key)
