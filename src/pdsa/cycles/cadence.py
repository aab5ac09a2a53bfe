"""Cadence: cycles opened and closed by week, how long they take, which have passed their own end or lie still."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from pdsa.cycles.days import open_days, school_days
from pdsa.inquiry import State
from pdsa.records import Calendar
from pdsa.records.inquiry import Cycle

# Days without an edit after which a cycle lies still (features.md P8).
STALLED = 21
WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A cycle that waits for its team: since when, and for how many days; days of closures do not count."""

    cycle: Cycle
    since: date
    days: int


@dataclass(frozen=True, slots=True)
class Cadence:
    """The rhythm of these schools' cycles.

    Parameters
    ----------
    weeks
        The Mondays from the first cycle's week to that of `today`.
    opened, closed, running
        Shape (weeks,): cycles that began, that were decided, and that ran at the end of the week.
    median_days
        Median number of school days from a decided cycle's first day to its last; None where none is decided.
    overdue
        Cycles past their own planned end, with the school days since then; longest first.
    stalled
        Undecided cycles not edited for more than 21 days outside closures; longest first.
    """

    weeks: tuple[date, ...]
    opened: tuple[int, ...]
    closed: tuple[int, ...]
    running: tuple[int, ...]
    median_days: float | None
    overdue: tuple[Waiting, ...]
    stalled: tuple[Waiting, ...]


def cadence(state: State, schools: Collection[str], today: date, calendar: Calendar) -> Cadence:
    """The rhythm of the cycles of these schools up to a day.

    Parameters
    ----------
    state
        What the reader may see of the log.
    schools
        Ids of the schools whose cycles count together.
    today
        The last day that counts.
    calendar
        School days are Mondays to Fridays outside its closures.
    """
    cycles = [one for one in state.cycles if one.school_id in schools]
    began = [_monday(one.began) for one in cycles if _has_begun(one, today) and one.began]
    done = [_monday(one.decided_on) for one in cycles if one.decided_on and one.decided_on <= today]
    weeks = _weeks([*began, *done], today)
    opened, closed = (tuple(days.count(week) for week in weeks) for days in (began, done))
    return Cadence(
        weeks=weeks,
        opened=opened,
        closed=closed,
        running=tuple(sum(_runs_after(one, week, today) for one in cycles) for week in weeks),
        median_days=_median_days(cycles, today, calendar),
        overdue=_longest(_overdue(cycles, today, calendar)),
        stalled=_longest(_stalled(cycles, state, today, calendar)),
    )


def _monday(day: date | None) -> date:
    return day - timedelta(days=day.weekday()) if day else date.min


def _has_begun(cycle: Cycle, today: date) -> bool:
    """Whether people said that it began: a planned day that has passed is no beginning."""
    return cycle.status != "planned" and cycle.began is not None and cycle.began <= today


def _weeks(days: list[date], today: date) -> tuple[date, ...]:
    first, last = min(days, default=date.max), _monday(today)
    return tuple(first + WEEK * k for k in range((last - first).days // 7 + 1)) if first <= last else ()


def _runs_after(cycle: Cycle, week: date, today: date) -> bool:
    """Whether a cycle that began runs on after the last day of a week."""
    last = min(week + WEEK - DAY, today)
    decided = cycle.decided_on or (cycle.actual_end if cycle.decision else None)
    return _has_begun(cycle, last) and (decided is None or decided > last)


def _median_days(cycles: list[Cycle], today: date, calendar: Calendar) -> float | None:
    taken = [
        school_days(one.began, last, calendar)
        for one in cycles
        if one.decision and one.began and (last := one.actual_end or one.decided_on) and one.began <= last <= today
    ]
    return float(median(taken)) if taken else None


def overdue_days(cycle: Cycle, today: date, calendar: Calendar) -> int:
    """School days since a cycle's own planned end; 0 where it is decided or has none."""
    if cycle.decision or cycle.planned_end is None:
        return 0
    return school_days(cycle.planned_end + DAY, today, calendar)


def _overdue(cycles: list[Cycle], today: date, calendar: Calendar) -> list[Waiting]:
    return [
        Waiting(one, one.planned_end, days)
        for one in cycles
        if one.planned_end and (days := overdue_days(one, today, calendar))
    ]


def _stalled(cycles: list[Cycle], state: State, today: date, calendar: Calendar) -> list[Waiting]:
    found = []
    for one in cycles:
        edited = _edited(one, state)
        waits = one.start is None or one.start <= today  # what is planned for later does not lie still
        if edited and waits and not one.decision and (days := open_days(edited, today, calendar)) > STALLED:
            found.append(Waiting(one, edited, days))
    return found


def _edited(cycle: Cycle, state: State) -> date | None:
    """The day of the last edit of a cycle or of a prediction of it."""
    held = [state.get("cycle", cycle.id), *(state.get("prediction", one.id) for one in state.predictions(cycle.id))]
    days = [one.at[:10] for one in held if one and one.at]
    return date.fromisoformat(max(days)) if days else None


def _longest(waiting: list[Waiting]) -> tuple[Waiting, ...]:
    return tuple(sorted(waiting, key=lambda one: (-one.days, one.cycle.school_id, one.cycle.id)))
