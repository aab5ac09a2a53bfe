"""Where periods stand in time: how many steps lie between two of them, whether or not each has a row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pdsa.tidy import Floats, Ints

# A week that begins on a Tuesday after a holiday is still the next week: steps may be off by this share of a step.
_OFF = 0.25
# Steps of so many days and more are counted in months, which differ in length.
_MONTHLY = 28
COUNTED = "the periods are not evenly spaced: the rows were counted instead"


def positions(period: pd.Index) -> tuple[Ints, bool]:
    """Steps from the first period to each one, and whether the rows had to be counted because there is no step.

    Parameters
    ----------
    period
        Ascending and distinct: dates, whole numbers, Periods or an ordered categorical.

    Notes
    -----
    The step is the most common distance. Dates without a weekend among them, some of them a day apart, are school
    days, in which Friday and Monday are neighbors; steps of four weeks and more are months, terms or years.
    """
    count = np.arange(len(period))
    if len(period) < 2:
        return count, False
    place = _numbers(period)
    gaps = np.diff(place)
    sizes, often = np.unique(gaps, return_counts=True)
    # where several are as common, the one in the middle: gaps are longer, holidays make a step a day shorter
    step = float(np.quantile(sizes[often == often.max()], 0.5, method="lower"))
    steps = np.round(gaps / step)
    if (steps < 1).any() or (np.abs(gaps / step - steps) > _OFF).any():
        return count, True
    return np.concatenate([[0], np.cumsum(steps)]).astype(np.int64), False


def _numbers(period: pd.Index) -> Floats:
    if isinstance(period, pd.CategoricalIndex):
        return np.asarray(period.codes, dtype=np.float64)
    if isinstance(period, pd.PeriodIndex):
        return np.asarray(period.asi8, dtype=np.float64)
    if not isinstance(period, pd.DatetimeIndex):
        return np.asarray(period, dtype=np.float64)
    days = period.to_numpy().astype("datetime64[D]")
    gaps = np.diff(days).astype(np.int64)
    if np.median(gaps) >= _MONTHLY and (np.diff(period.year * 12 + period.month) > 0).all():
        return np.asarray(period.year * 12 + period.month, dtype=np.float64)
    if gaps.min() == 1 and (period.day_of_week < 5).all():
        return np.asarray(np.busday_count(days[0], days), dtype=np.float64)
    return np.asarray((days - days[0]).astype(np.int64), dtype=np.float64)


def half_a_year(period: pd.Index, first: int, place: Ints) -> int | None:
    """The place of the last period within six months of row `first`; None where nothing is dated."""
    if isinstance(period, pd.PeriodIndex):
        period = period.to_timestamp()
    if not isinstance(period, pd.DatetimeIndex):
        return None
    return int(place[period < period[first] + pd.DateOffset(months=6)][-1])
