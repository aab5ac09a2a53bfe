"""What a record points to: other records, measures and schools that are there, and that its school may see."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from pdsa.errors import Problem
from pdsa.inquiry.events import Change
from pdsa.inquiry.lookup import LINKS, MEASURES, SCHOOLS
from pdsa.inquiry.saving import Saved, Saving, place_of
from pdsa.inquiry.state import Held, State
from pdsa.params.words import nearest
from pdsa.records.inquiry import Cycle, Driver, Phase, Prediction
from pdsa.terms import NETWORK_WIDE, Entity

__all__ = ["ids_in", "link_problems", "retired_problems"]

CITED_BY = 5  # citing records that a message names


def link_problems(one: Saved, all_: Saving) -> Iterator[Problem]:
    """What a record points to in vain."""
    yield from _records(one, all_)
    yield from _declared(one, all_)
    yield from _owner(one, all_)
    if isinstance(one.record, Driver) and _in_circle(one.record, all_.after):
        yield one.problem("parent_id", f"{one.record.parent_id}, which stands below it", "a driver above it, or none")
    if isinstance(one.record, Phase):
        yield from _evidence(one, one.record, all_.after)


def ids_in(record: object, name: str) -> tuple[str, ...]:
    """The ids that a field holds, whether it is a list or a single one."""
    value = getattr(record, name, None)
    return tuple(value) if isinstance(value, tuple) else (value,) if isinstance(value, str) and value else ()


def _records(one: Saved, all_: Saving) -> Iterator[Problem]:
    for name, entity in LINKS.items():
        for target in ids_in(one.record, name):
            if all_.seen_by(one.school).get(entity, target) is None:
                known = [held.id for held in all_.seen_by(one.school).all(entity) if held.id != one.change.record]
                word = entity.replace("_", " ")
                yield one.problem(name, f"{target!r}, no {word} of the log", _expected(target, known, word))


def _expected(target: str, known: Sequence[str], word: str) -> str:
    return nearest(target, known) if known else f"a {word} of the log, which has none yet"


def _declared(one: Saved, all_: Saving) -> Iterator[Problem]:
    """Measures and schools are those that the workspace declares."""
    measures = [measure.id for measure in all_.reference.measures]
    schools = [school.id for school in all_.reference.schools]
    for names, known, what, sheet in (
        (MEASURES, measures, "measure", "measures.csv"),
        (SCHOOLS, schools, "school", "schools.csv"),
    ):
        for name in names:
            for target in ids_in(one.record, name):
                if target not in known:
                    expected = nearest(target, known) if known else f"a {what} of {sheet}, which has none yet"
                    yield one.problem(name, f"{target!r}, no {what} of {sheet}", expected)


def _owner(one: Saved, all_: Saving) -> Iterator[Problem]:
    """A record belongs to the school that it is about, a prediction to the school of its cycle."""
    about = getattr(one.record, "school_id", "")
    if about and about != one.school and (one.entity not in NETWORK_WIDE or one.school):
        yield one.problem("school_id", f"{about!r}, in a record of {one.school or 'the network'}", "its own school")
    known = [school.id for school in all_.reference.schools]
    if one.school and not about and one.school not in known:
        yield one.problem("", f"the owner {one.school!r}, no school of schools.csv", nearest(one.school, known))
    if isinstance(one.record, Prediction):
        held = all_.after.get("cycle", one.record.cycle_id)
        if held and held.school != one.school:
            yield one.problem("cycle_id", f"a cycle of {held.school or 'the network'}", "one of its own school")


def _in_circle(driver: Driver, after: State) -> bool:
    seen, parent = {driver.id}, driver.parent_id
    while parent:
        if parent in seen:
            return True
        seen.add(parent)
        held = after.get("driver", parent)
        parent = held.record.parent_id if held and isinstance(held.record, Driver) else ""
    return False


def _evidence(one: Saved, phase: Phase, after: State) -> Iterator[Problem]:
    """New lines rest on a cycle of the same school that has been studied."""
    held = after.get("cycle", phase.evidence_cycle_id)
    if held is None:
        return  # told as an unknown id
    cycle = cast(Cycle, held.record)
    if cycle.school_id != phase.school_id:
        yield one.problem("evidence_cycle_id", f"{cycle.id}, a cycle of another school", f"one of {phase.school_id}")
    elif cycle.status not in ("studying", "closed"):
        yield one.problem("evidence_cycle_id", f"{cycle.id}, which nobody has studied yet", "a cycle with a study")
    elif cycle.began and phase.start < cycle.began:
        found = f"{phase.start}, before its evidence began on {cycle.began}"
        yield one.problem("start", found, "a day of the cycle that shows it, or a later one")


def retired_problems(state: State, after: State, change: Change) -> Iterator[Problem]:
    """Why a record is not retired: others point to it, or it is a prediction whose test began.

    Parameters
    ----------
    state, after
        What the log holds before and after all that is saved together.
    change
        The retirement.
    """
    held = state.get(change.entity, change.record)
    citing = [one for one in after.held.values() if _points(one, change.entity, change.record)]
    if citing:
        named = ", ".join(f"{one.entity.replace('_', ' ')} {one.id}" for one in citing[:CITED_BY])
        more = f" and {len(citing) - CITED_BY} more" if len(citing) > CITED_BY else ""
        found = f"a record that others point to: {named}{more}"
        yield Problem(place_of(change, ""), found, _instead(change.entity))
    if held and isinstance(held.record, Prediction):
        cycle = after.get("cycle", held.record.cycle_id)
        if cycle and isinstance(cycle.record, Cycle) and cycle.record.actual_start:
            found = f"a prediction of a test that began on {cycle.record.actual_start}"
            yield Problem(place_of(change, ""), found, "that it stays, however it turns out: that is the learning")


def _points(one: Held, entity: Entity, record: str) -> bool:
    """Whether a record points to another; predictions go with their cycle."""
    if isinstance(one.record, Prediction):
        return False
    return any(record in ids_in(one.record, name) for name, target in LINKS.items() if target == entity)


def _instead(entity: Entity) -> str:
    if entity == "change_idea":
        return "its stage set to abandoned: what was tried with it stays"
    if entity == "driver":
        return "retired_on: the day from which it is no part of the theory"
    return "that nothing points to it"
