"""Ramps: the cycles of one idea at one school, in their order, whatever links they have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pdsa.inquiry import State
from pdsa.records.inquiry import Cycle
from pdsa.terms import SCALES, Decision


@dataclass(frozen=True, slots=True)
class Ramp:
    """The cycles of one idea at one school, first to last.

    `idea` is that of the latest cycle: adapting may have led to another idea than the one that was begun with.
    """

    idea: str
    school: str
    cycles: tuple[Cycle, ...]

    @property
    def first(self) -> Cycle:
        """The cycle that it began with, as far as the reader may see."""
        return self.cycles[0]

    @property
    def last(self) -> Cycle:
        """The latest cycle."""
        return self.cycles[-1]

    @property
    def decision(self) -> Decision | None:
        """What was decided last; None where no cycle is closed."""
        return next((one.decision for one in reversed(self.cycles) if one.decision), None)

    @property
    def length(self) -> int:
        """How many cycles it has, those included that the reader may not see."""
        return max(len(self.cycles), *(one.cycle_no for one in self.cycles))

    @property
    def widest(self) -> int:
        """The largest scale that was begun, as a position in `terms.SCALES`; -1 where nothing was."""
        return max((SCALES.index(one.scale) for one in self.cycles if one.status != "planned"), default=-1)


def in_order(cycles: Iterable[Cycle]) -> list[Cycle]:
    """Cycles by their first day, then by number; those without a day last."""
    return sorted(cycles, key=lambda one: (one.began or date.max, one.cycle_no, one.id))


def ramps(state: State) -> tuple[Ramp, ...]:
    """The ramps of all cycles of a state: by school and idea, and along `parent_cycle_id` where an idea changed.

    Schools in the order of their ids, ramps of a school in the order in which they began.
    """
    joined = _joined(state.cycles)
    groups: dict[Key, list[Cycle]] = {}
    for cycle in state.cycles:
        groups.setdefault(_root(_key(cycle), joined), []).append(cycle)
    found = [_ramp(in_order(group)) for group in groups.values()]
    return tuple(sorted(found, key=lambda one: (one.school, one.first.began or date.max, one.idea, one.first.id)))


def ramp_of(cycle: Cycle, state: State) -> Ramp:
    """The ramp that a cycle of the state stands on."""
    return next(one for one in ramps(state) if any(each.id == cycle.id for each in one.cycles))


Key = tuple[str, str]


def _key(cycle: Cycle) -> Key:
    return cycle.school_id, cycle.change_idea_id


def _ramp(cycles: list[Cycle]) -> Ramp:
    return Ramp(cycles[-1].change_idea_id, cycles[0].school_id, tuple(cycles))


def _joined(cycles: tuple[Cycle, ...]) -> dict[Key, Key]:
    """For an idea at a school the one that its ramp began with, where cycles lead from one to the other."""
    by_id = {one.id: one for one in cycles}
    joined: dict[Key, Key] = {}
    for cycle in in_order(cycles):
        parent = by_id.get(cycle.parent_cycle_id)
        if parent and parent.school_id == cycle.school_id:
            upper, lower = _root(_key(parent), joined), _root(_key(cycle), joined)
            if upper != lower:
                joined[lower] = upper
    return joined


def _root(key: Key, joined: dict[Key, Key]) -> Key:
    while key in joined:
        key = joined[key]
    return key
