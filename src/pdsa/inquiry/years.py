"""Schools that come and go, and school years that end, while cycles run."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from pdsa.errors import Problem
from pdsa.inquiry.saving import Saved, Saving
from pdsa.records import School
from pdsa.records.inquiry import Cycle

__all__ = ["school_problems", "year_remarks"]

YEAR_BEGINS = 7  # the month; a school year begins on its first day


def school_problems(one: Saved, all_: Saving) -> Iterator[Problem]:
    """A cycle that begins when its school is no longer there."""
    if isinstance(one.record, Cycle) and (school := _school(one.record, all_)) and school.left:
        name = "actual_start" if one.record.actual_start else "start"
        began = one.record.began
        if began and began > school.left:
            found = f"{began}, after the school left on {school.left}"
            yield one.problem(name, found, "a day on which the school was there, or the school that took over")


def year_remarks(one: Saved, all_: Saving) -> Iterator[Problem]:
    """Cycles that run on when their school leaves or the school year ends, or that began before the school joined."""
    if not isinstance(cycle := one.record, Cycle) or cycle.began is None:
        return
    end = cycle.actual_end or cycle.studied_on or cycle.planned_end
    school = _school(cycle, all_)
    if school and school.joined and cycle.began < school.joined:
        yield one.problem(
            "start", f"{cycle.began}, before the school joined on {school.joined}", "a day on which it was there"
        )
    if end is None:
        return
    if school and school.left and cycle.began <= school.left < end:
        expected = "an earlier end, or the next cycle at the school that takes over"
        yield one.problem("planned_end", f"{end}, after the school leaves on {school.left}", expected)
    if _year(cycle.began) != _year(end):
        found = f"{cycle.began}..{end}, over the end of a school year"
        yield one.problem("planned_end", found, "the same students throughout: classes change on July 1")


def _school(cycle: Cycle, all_: Saving) -> School | None:
    return next((one for one in all_.reference.schools if one.id == cycle.school_id), None)


def _year(day: date) -> int:
    """The calendar year in which the school year of a day begins."""
    return day.year if day.month >= YEAR_BEGINS else day.year - 1
