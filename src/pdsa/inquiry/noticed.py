"""What the log accepts and tells: worth a second look, and no mistake for sure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast

from pdsa.errors import Problem
from pdsa.inquiry.links import ids_in
from pdsa.inquiry.lookup import MEASURES, SCHOOLS, plain
from pdsa.inquiry.saving import Saved, Saving
from pdsa.inquiry.years import year_remarks
from pdsa.params.inquiry import kinds
from pdsa.params.words import nearest
from pdsa.records.inquiry import ChangeIdea, Cycle, Driver, LogAnnotation, Person, Phase, Prediction

__all__ = ["noticed"]

NAMED = 3  # other cycles that a remark names
ROWS = 3  # lines with tabs or bars that make a table


def noticed(all_: Saving) -> Iterator[Problem]:
    """Every remark on what is to be saved, record by record."""
    for one in all_.saved:
        yield from _renamed(one, all_)
        yield from _tables(one)
        yield from _left(one, all_)
        match one.record:
            case Cycle() as cycle:
                yield from _cycle(one, cycle, all_)
                yield from year_remarks(one, all_)
            case Prediction() as prediction:
                yield from _late(one, prediction, all_)
            case LogAnnotation() as annotation:
                yield from _outside(one, annotation, all_)
            case ChangeIdea() as idea:
                yield from _retired(one, idea, all_)
            case Phase() as phase:
                yield from _not_adopted(one, phase, all_)


def _renamed(one: Saved, all_: Saving) -> Iterator[Problem]:
    """Measures and schools that the record has pointed to before, and that the workspace no longer declares."""
    measures = [measure.id for measure in all_.reference.measures]
    schools = [school.id for school in all_.reference.schools]
    for names, known, what in ((MEASURES, measures, "measures.csv"), (SCHOOLS, schools, "schools.csv")):
        for name in names:
            before = ids_in(one.before.record, name) if one.before else ()
            for target in ids_in(one.record, name):
                if target in before and target not in known:
                    found = f"{target!r}, which {what} no longer has"
                    yield one.problem(name, found, f"an id that it has: {nearest(target, known)}")


def _tables(one: Saved) -> Iterator[Problem]:
    """Texts that hold a table: its numbers are on no chart."""
    for name, kind in kinds(one.entity).items():
        text = getattr(one.record, name) if kind.name == "text" else ""
        rows = [line for line in text.split("\n") if line.count("\t") >= 1 or line.count("|") >= 2]
        if len(rows) >= ROWS and not (one.before and getattr(one.before.record, name) == text):
            expected = "words; numbers that shall be on a chart come in by pdsa import"
            yield one.problem(name, f"a table of {len(rows)} rows", expected)


def _left(one: Saved, all_: Saving) -> Iterator[Problem]:
    """An owner who no longer works here."""
    owner = plain(getattr(one.record, "owner", ""))
    for person in all_.after.records(Person) if owner else ():
        if owner in (plain(person.name), plain(person.id)) and person.until and person.until < all_.reference.today:
            yield one.problem("owner", f"somebody who left on {person.until}", "a new owner")


def _cycle(one: Saved, cycle: Cycle, all_: Saving) -> Iterator[Problem]:
    if not all_.predictions(cycle.id):
        what = "a test" if cycle.actual_start else "a plan"
        yield one.problem("", f"{what} without a prediction", "one with because before the test begins")
    before = all_.after.get("cycle", cycle.parent_cycle_id)
    if before and not cast(Cycle, before.record).decision:
        yield one.problem("parent_cycle_id", f"{before.id}, which is not decided yet", "its decision: adapt or adopt")
    yield from _beside(one, cycle, all_)
    yield from _turned(one, cycle)
    yield from _baselines(one, cycle, all_)


def _beside(one: Saved, cycle: Cycle, all_: Saving) -> Iterator[Problem]:
    """Other cycles of the same idea at the same school, at the same time or decided otherwise on the same day."""
    others = [other for other in all_.cycles(cycle.change_idea_id) if other.school_id == cycle.school_id]
    beside = [other.id for other in others if other.id != cycle.id and _overlap(cycle, other)]
    if beside:
        found = f"days of {_named(beside)}, which test the same idea here"
        expected = "one after the other, or in different classes: charts cannot tell their effects apart"
        yield one.problem("start", found, expected)
    pair = {"adopt": "abandon", "abandon": "adopt"}.get(cycle.decision or "")
    against = [other.id for other in others if other.decision == pair and other.decided_on == cycle.decided_on]
    if pair and against:
        found = f"{cycle.decision} on the day on which {_named(against)} says {pair}"
        yield one.problem("decision", found, "a rationale that says for whom each holds")


def _named(ids: Sequence[str]) -> str:
    more = f" and {len(ids) - NAMED} more" if len(ids) > NAMED else ""
    return ", ".join(ids[:NAMED]) + more


def _overlap(one: Cycle, other: Cycle) -> bool:
    """Whether two cycles ran, or are planned, on a day of both."""
    first, second = _span(one), _span(other)
    if first is None or second is None:
        return False
    return first == second or max(first[0], second[0]) < min(first[1], second[1])


def _span(cycle: Cycle) -> tuple[date, date] | None:
    end = cycle.actual_end or cycle.studied_on or cycle.decided_on or cycle.planned_end
    return (cycle.began, max(end or cycle.began, cycle.began)) if cycle.began else None


def _turned(one: Saved, cycle: Cycle) -> Iterator[Problem]:
    """A decision that another one replaces."""
    old = cast(Cycle, one.before.record) if one.before else None
    if old and old.decision and cycle.decision and old.decision != cycle.decision:
        found = f"{cycle.decision} in place of {old.decision}"
        found += " on the same day" if old.decided_on == cycle.decided_on else ""
        yield one.problem(
            "decision", found, "a rationale that says what made you change your mind; both stay in the history"
        )


def _baselines(one: Saved, cycle: Cycle, all_: Saving) -> Iterator[Problem]:
    """Measures whose lines are made from days of the test."""
    span = _span(cycle)
    for measure in all_.reference.measures:
        if span and measure.id in cycle.measure_ids and isinstance(measure.baseline, tuple):
            first, last = measure.baseline
            if first <= span[1] and span[0] <= last:
                found = f"{measure.id}, whose baseline {first}..{last} has days of the test"
                yield one.problem("measure_ids", found, "a baseline that ends before: the lines hide what the test did")


def _late(one: Saved, prediction: Prediction, all_: Saving) -> Iterator[Problem]:
    """A prediction that was made before the test and written down here afterwards."""
    held = all_.after.get("cycle", prediction.cycle_id)
    began = cast(Cycle, held.record).actual_start if held else None
    if one.before is None and began and prediction.made_on and began < all_.reference.today:
        found = f"{prediction.made_on}, written down after the test began on {began}"
        yield one.problem(
            "made_on", found, "a prediction written down before; this day is when it was made, on paper or aloud"
        )


def _outside(one: Saved, annotation: LogAnnotation, all_: Saving) -> Iterator[Problem]:
    """Dated remarks that no chart shows."""
    span = all_.reference.data
    if span and not span[0] <= annotation.date <= max(span[1], all_.reference.today):
        found = f"{annotation.date}, outside the data of {span[0]}..{span[1]}"
        yield one.problem("date", found, "a day of the charts: no chart shows this one")


def _retired(one: Saved, idea: ChangeIdea, all_: Saving) -> Iterator[Problem]:
    held = all_.after.get("driver", idea.driver_id)
    gone = cast(Driver, held.record).retired_on if held else None
    if gone and gone <= all_.reference.today:
        yield one.problem("driver_id", f"{idea.driver_id}, no part of the theory since {gone}", "a driver that stands")


def _not_adopted(one: Saved, phase: Phase, all_: Saving) -> Iterator[Problem]:
    held = all_.after.get("cycle", phase.evidence_cycle_id)
    if held and cast(Cycle, held.record).decision != "adopt":
        found = f"{phase.evidence_cycle_id}, which nobody has adopted"
        yield one.problem("evidence_cycle_id", found, "a cycle that was adopted")
