"""Absences and membership -> days enrolled and absent: students who are present stand in the second table only."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.check import coded
from pdsa.errors import InputError, Problem
from pdsa.students.rows import StudentDays

__all__ = ["NO_MEMBERSHIP", "is_daily", "joined", "known_texts"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

TINY = 1e-9
# Days of students without any row of absences, from which on attendance was rather not taken.
QUIET = 200
UNTAKEN = (
    "without a row of absences among many students were left out: attendance was not taken, or it was no school day"
)

NO_MEMBERSHIP = (
    "days enrolled of every student (a table of membership with school, student and day or days enrolled): students "
    "who were present do not stand in a table of absences, so no rate can be made of it"
)


def known_texts(*frames: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    """The schools and the students of several tables: positions in them are the same for all."""
    return {
        column: tuple(sorted({text.strip() for frame in frames for text in coded(frame[column]).texts}))
        for column in ("school", "student")
    }


def joined(absences: StudentDays, membership: StudentDays, start_month: int, source: str) -> StudentDays:
    """Days enrolled with the days absent of the same student and school; what did not fit is told.

    Membership of single days is joined day by day, within the days that the table of absences covers; membership in
    days enrolled so far takes the absences of the same school year up to its day.

    Raises
    ------
    InputError
        If most absences have no membership: the numbers of students are not the same in both tables.
    """
    daily = is_daily(membership)
    base = _covered(membership, absences) if daily else membership
    place, found = _places(absences, base, start_month, daily)
    _check_most(found, source)
    told = [*absences.told, *base.told]
    if not found.all():
        what = "on a day on which" if daily else "of students or after the day for which"
        told.append(f"{int((~found).sum()):,} absences {what} the table of membership has no days were set aside")
    count = len(base.unit)
    absent, unexcused, seen = (
        np.asarray(np.bincount(place[found], days[found], count), dtype=np.float64)
        for days in (absences.absent, absences.unexcused, np.ones(len(place)))
    )
    if daily:  # of a student who is enrolled for half of the day, half a day is absent
        absent, unexcused = absent * base.enrolled, unexcused * base.enrolled
    over = absent > base.enrolled + TINY
    if over.any():
        told.append(f"{int(over.sum()):,} students or days with more absences than membership were left out")
    both = replace(base, absent=absent, unexcused=unexcused, told=tuple(told))
    untaken = _untaken(base, seen) if daily else np.zeros(count, dtype=bool)
    if untaken.any():
        days = len(np.unique(np.column_stack([base.unit, base.day.astype(np.int64)])[untaken], axis=0))
        return both.only(~over & ~untaken, f"{days:,} days of a school {UNTAKEN}")
    return both.only(~over)


def is_daily(membership: StudentDays) -> bool:
    """Whether membership has a row for each day: none with more than one day."""
    return bool((membership.enrolled <= 1).all()) and len(np.unique(membership.day)) > 1


def _covered(membership: StudentDays, absences: StudentDays) -> StudentDays:
    """Membership within the days from the first to the last absence: outside nobody was counted."""
    first, last = absences.day.min(), absences.day.max()
    inside = (membership.day >= first) & (membership.day <= last)
    if inside.all():
        return membership
    days = f"{first} to {last}"
    left = int((~inside).sum())
    return membership.only(inside, f"absences are known from {days}; {left:,} days of membership outside were left out")


def _untaken(base: StudentDays, seen: NDArray[np.float64]) -> Mask:
    """Rows on days on end without any row of absences in a school: too many students for that to be perfect attendance.

    At 3% absent, 200 days of students without one absence happen in a fifth of a percent of cases.
    """
    keys = base.unit * np.int64(60_000) + base.day.astype(np.int64)
    found, place = np.unique(keys, return_inverse=True)
    quiet = np.bincount(place, seen, len(found)) == 0
    unit = found // 60_000
    start = np.concatenate([[True], (quiet[1:] != quiet[:-1]) | (unit[1:] != unit[:-1])])
    run = np.cumsum(start) - 1
    long = np.bincount(run, np.bincount(place, base.enrolled, len(found)))[run] >= QUIET
    return np.asarray((quiet & long)[place], dtype=bool)


def _keys(days: StudentDays, students: int) -> Ints:
    return days.unit * np.int64(students) + days.student


def _places(absences: StudentDays, base: StudentDays, start_month: int, daily: bool) -> tuple[Ints, Mask]:
    """Position in `base` of each absence, and whether there is one."""
    students = int(max(absences.student.max(initial=0), base.student.max(initial=0))) + 1
    when = absences.day if daily else _school_year(absences.day, start_month)
    other = base.day if daily else _school_year(base.day, start_month)
    keys, known = _combined(absences, students, when), _combined(base, students, other)
    place = np.searchsorted(known, keys)
    inside = np.minimum(place, max(len(known) - 1, 0))
    found = np.zeros(len(keys), dtype=bool) if not len(known) else known[inside] == keys
    if not daily and len(known):
        through = base.day[inside]
        found &= (absences.day <= through) | _is_year_start(through, start_month)
    return inside, found


def _combined(days: StudentDays, students: int, when: NDArray[np.datetime64]) -> Ints:
    """One number for unit, student and time, in the order of `StudentDays`."""
    numbers = when.astype("datetime64[D]").astype(np.int64)
    return np.asarray(_keys(days, students) * np.int64(60_000) + numbers, dtype=np.int64)  # days from 1970 to 2134


def _school_year(day: NDArray[np.datetime64], start_month: int) -> NDArray[np.datetime64]:
    """The first day of the school year of each day."""
    shifted = day.astype("datetime64[M]") - (start_month - 1)
    return (shifted.astype("datetime64[Y]").astype("datetime64[M]") + (start_month - 1)).astype("datetime64[D]")


def _is_year_start(day: NDArray[np.datetime64], start_month: int) -> Mask:
    # A whole school year is written as its first day.
    return np.asarray(day == _school_year(day, start_month), dtype=bool)


def _check_most(found: Mask, source: str) -> None:
    if len(found) and found.mean() < 0.5:
        text = f"{int((~found).sum()):,} of {len(found):,} absences are of no student, school and day of the membership"
        expected = "the same numbers of students and schools in both tables, and the same days"
        raise InputError(source, (Problem("membership", text, expected),), "no rate was made")
