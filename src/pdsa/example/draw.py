"""The numbers of the synthetic network, the same on every machine.

Only uniform numbers of PCG64, comparisons, +, - and * are used, and sums of whole numbers; no logarithm, root
or exponential, whose last digit depends on the system.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from pdsa.example.plan import (
    ABSENT,
    BLANK,
    CARRY,
    CLOSURES,
    CONSTANT,
    EFFECTS,
    FIRST,
    LAST,
    LATE,
    LATE_WEEKS,
    MEASURES,
    NO_PREP,
    SCHOOLS,
    SEED,
    SLOTS,
    STOPPED,
    STORM,
    STORM_SIZES,
    YEAR_2,
)

Row = tuple[object, ...]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def open_weeks() -> list[str]:
    """List the Mondays of the weeks that no closure covers wholly, written 2024-08-26."""
    closed = [(date.fromisoformat(start), date.fromisoformat(end)) for start, end, _ in CLOSURES]
    mondays = [FIRST + timedelta(weeks=week) for week in range((LAST - FIRST).days // 7 + 1)]
    return [
        day.isoformat()
        for day in mondays
        if not any(start <= day and day + timedelta(days=6) <= end for start, end in closed)
    ]


def school_id(school: int) -> str:
    """Write the id of a school: text with leading zeros, as states write theirs."""
    return f"{107 + 7 * school:04d}"


def stream(school: int, part: int) -> np.random.Generator:
    """Open the stream of one school and part, the same whatever other schools there are."""
    return np.random.Generator(np.random.PCG64([SEED, school, part]))


def series_rows(measure: str, school: int, weeks: list[str]) -> Iterator[Row]:
    """Give the rows of one series, without the weeks that were not submitted."""
    plan = school % len(SCHOOLS)
    values = _minutes(school, weeks) if measure == "prep_minutes" else _counts(measure, school, weeks)
    for week in _submitted(plan, measure, weeks):
        blank = (plan, measure, week) in BLANK
        numbers = [""] * values.shape[1] if blank else values[week].tolist()
        yield school_id(school), measure, weeks[week], *numbers, "missing" if blank else "reported"


def _submitted(plan: int, measure: str, weeks: list[str]) -> Iterator[int]:
    """Give the weeks, counted from 0, for which the school submitted a row."""
    absent = [range(first, first + many) for key in ("", measure) for first, many in _gap(plan, key)]
    for week, day in enumerate(weeks):
        late = plan == LATE and week < len(weeks) - LATE_WEEKS
        stopped = (plan, measure) == (STOPPED, "check_ins") and day >= YEAR_2
        never = (plan, measure) == (NO_PREP, "prep_minutes")
        if not (late or stopped or never or any(week in gap for gap in absent)):
            yield week


def _gap(plan: int, measure: str) -> list[tuple[int, int]]:
    return [ABSENT[plan, measure]] if (plan, measure) in ABSENT else []


def _counts(measure: str, school: int, weeks: list[str]) -> Ints:
    """Draw numerators and denominators, (weeks, 2): one chance per student, or twenty for check-ins."""
    profile = SCHOOLS[school % len(SCHOOLS)]
    students = _students(school, len(weeks))
    chances = SLOTS if measure == "check_ins" else 1
    rng = stream(school, 1 + _position(measure))
    share = (_level(measure, school, weeks) + profile.spread * _deviations(rng, len(weeks))) / chances
    happened = rng.random((len(weeks), chances * int(students.max()))) < share[:, None]
    counted = np.arange(happened.shape[1]) < chances * students[:, None]
    return np.stack([(happened & counted).sum(axis=1), students], axis=1)


def _minutes(school: int, weeks: list[str]) -> Ints:
    """Draw minutes, (weeks, 1), rounded to whole ones: many weeks are equal."""
    noise = _bell(stream(school, 1 + _position("prep_minutes")), len(weeks))
    minutes = np.floor(_level("prep_minutes", school, weeks) + 4.0 * noise + 0.5)
    return np.maximum(minutes, 0).astype(np.int64)[:, None]


def _position(measure: str) -> int:
    return [row[0] for row in MEASURES].index(measure)


def _students(school: int, weeks: int) -> Ints:
    """Draw the ninth graders of each week: the school's number, give or take a little."""
    usual = SCHOOLS[school % len(SCHOOLS)].students
    around = max(2, usual // 40)
    return usual - around + np.floor(stream(school, 0).random(weeks) * (2 * around + 1)).astype(np.int64)


def _level(measure: str, school: int, weeks: list[str]) -> Floats:
    """Give the true level of every week: the school's own, with its planted change and the ice storm."""
    plan = school % len(SCHOOLS)
    base: float = getattr(SCHOOLS[plan], measure)
    start, size, until = EFFECTS.get((plan, measure), ("9999", 0.0, ""))
    storm = 0.0 if (plan, measure) == (CONSTANT, "on_track") else STORM_SIZES.get(measure, 0.0)
    steps = (size * (start <= day <= (until or "9999")) + storm * (day == STORM) for day in weeks)
    return np.array([base + step for step in steps])


def _deviations(rng: np.random.Generator, weeks: int) -> Floats:
    """Draw deviations of standard deviation near 1, each carrying over a little of the one before."""
    carried = [0.0]
    for fresh in _bell(rng, weeks).tolist():
        carried.append(CARRY * carried[-1] + fresh)
    return np.array(carried[1:])


def _bell(rng: np.random.Generator, size: int) -> Floats:
    """Draw near-normal numbers, mean 0 and standard deviation 1: twelve uniform whole numbers, summed exactly."""
    parts = np.floor(rng.random((size, 12)) * 65536)
    drawn: Floats = (parts.sum(axis=1) - 393210) / 65536
    return drawn
