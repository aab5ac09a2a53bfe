"""School days and due periods: what counts between two days when closed days do not count."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from pdsa.records import Calendar
from pdsa.series import new_way, open_periods, period_start, step_range
from pdsa.terms import Step

WEEKEND = 5  # the first day of a weekend, Monday is 0
DAY = timedelta(days=1)


def closed_days(calendar: Calendar) -> np.ndarray[tuple[int], np.dtype[np.datetime64]]:
    """Shape (days,): every day on which schools are closed, weekends aside."""
    spans = [np.arange(np.datetime64(one.start), np.datetime64(one.end + DAY)) for one in calendar.closures]
    return np.unique(np.concatenate([np.zeros(0, dtype="datetime64[D]"), *spans]))


def school_days(first: date, last: date, calendar: Calendar) -> int:
    """How many school days lie from `first` to `last`, both included; 0 where `last` comes before."""
    if last < first:
        return 0
    after = np.datetime64(last + DAY)
    return int(np.busday_count(np.datetime64(first), after, holidays=closed_days(calendar)))


def open_days(first: date, last: date, calendar: Calendar) -> int:
    """How many days lie after `first` up to `last`, weekends included and days of closures not."""
    closed = closed_days(calendar)
    inside = (closed > np.datetime64(first)) & (closed <= np.datetime64(last))
    return max((last - first).days - int(inside.sum()), 0)


@lru_cache(maxsize=4096)
def first_period(day: date, step: Step, calendar: Calendar) -> date:
    """The first day of the first period all of whose school days lie on or after a day."""
    found: date = new_way(day, step, calendar)[0].date()
    return found


@lru_cache(maxsize=4096)
def period_of(day: date, step: Step) -> date:
    """The first day of the period that a day lies in."""
    found: date = period_start(pd.Series([pd.Timestamp(day)]), step)[0].date()
    return found


@lru_cache(maxsize=4096)
def due_periods(first: date, last: date, step: Step, calendar: Calendar) -> tuple[date, ...]:
    """The first days of the periods that begin within two days, the first of them whole; closed periods are none."""
    start = first_period(first, step, calendar)
    if start > last:
        return ()
    starts = step_range(pd.Timestamp(start), pd.Timestamp(period_of(last, step)), step)
    return tuple(one.date() for one in open_periods(starts, step, calendar))


@lru_cache(maxsize=4096)
def next_period(start: date, step: Step) -> date:
    """The first day of the period after one that begins on `start`."""
    longer = {"day": pd.DateOffset(days=1), "week": pd.DateOffset(days=7), "month": pd.DateOffset(months=1)}
    found: date = (pd.Timestamp(start) + longer.get(step, pd.DateOffset(years=1))).date()
    return found
