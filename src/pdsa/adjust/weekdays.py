"""Mondays are not Fridays: the pattern of the week taken out of a daily series."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa.adjust.aggregation import as_days
from pdsa.errors import Problem
from pdsa.series import divide, period_start
from pdsa.tidy import (
    Bools,
    Columns,
    Floats,
    Ints,
    Rows,
    cell_sums,
    check_count,
    check_given,
    check_word,
    impossible,
    names_of,
    own_names,
    read_rows,
    refuse,
    repeated,
)

Effect = Literal["median", "pooled"]
WEEKDAY_COLUMNS = ("weekday_effect", "weekday_adjusted", "weekday_note")
# A series needs values in so many weeks, and a weekday so many values, before a pattern is more than chance.
MIN_WEEKS = 4
MIN_DAYS = 3
_CALLER = "pdsa.weekday_adjusted"


def weekday_adjusted(
    frame: pd.DataFrame,
    *,
    value: str = "value",
    denominator: str | None = None,
    period: str = "period",
    by: str | Sequence[str] | None = None,
    baseline: int | str | None = None,
    effect: Effect = "median",
) -> pd.DataFrame:
    """The frame with the effect of each row's weekday in its series, and each value less that effect.

    Parameters
    ----------
    frame
        Tidy: one row per series and day.
    value, denominator, period, by
        Columns of the numerator or measurement, of the denominator, of the date and of the series.
    baseline
        The effects come from the first so many rows of each series, or from the rows in which this column is true;
        None: from all. With a change idea under way, take the rows before it.
    effect
        `median` of the weekday's values, or `pooled`: their mean, or numerators over denominators.

    Returns
    -------
    pandas.DataFrame
        All columns of the frame, series and days ascending, and `weekday_effect`, `weekday_adjusted` (the value, or
        numerator over denominator, minus the effect) and `weekday_note`. Effects are centered: the mean of the
        baseline rows (weighted by denominators where there are some) is the same before and after. They are missing,
        with a note, in series with values in under 4 weeks of the baseline and on weekdays with under 3 values.

    Raises
    ------
    InputError
        With every problem: columns, text among numbers, periods that are no dates, a repeated (series, day); and
        where no series has its 4 weeks.

    Notes
    -----
    Source: additive seasonal effects centered at zero, as in classical decomposition (Hyndman and Athanasopoulos,
    Forecasting: principles and practice, 3.4), with medians against single bad days.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.DataFrame({"day": pd.date_range("2025-01-06", periods=28), "late": [8, 5, 5, 5, 5, 6, 1] * 4})
    >>> weekday_adjusted(days, value="late", period="day")["weekday_effect"].head(7).tolist()
    [3.0, 0.0, 0.0, 0.0, 0.0, 1.0, -4.0]
    """
    problems = (
        check_word("effect", effect, get_args(Effect)) + check_given(period=period) + own_names(frame, WEEKDAY_COLUMNS)
    )
    columns = Columns(value, denominator, period, names_of(by))
    rows = read_rows(_CALLER, frame, columns, problems)
    problems += [*impossible(rows, columns, part=False, counts=False), *repeated(rows, columns)]
    days = as_days(rows, period, problems)
    inside = _baseline(rows, frame, baseline, problems)
    refuse(_CALLER, problems)
    own = divide(rows.value, rows.denominator) if rows.ratio else rows.value
    known = rows.known & inside
    weeks = _weeks(rows, days, known)
    _refuse_short(weeks)
    found = _effects(rows, own, days, known, effect)
    found[weeks[rows.series] < MIN_WEEKS] = np.nan
    notes = _notes(rows, weeks, found)
    answer = frame.assign(weekday_effect=found, weekday_adjusted=own - found, weekday_note=pd.array(notes, dtype="str"))
    return answer.iloc[rows.order].reset_index(drop=True)


def _baseline(rows: Rows, frame: pd.DataFrame, wanted: int | str | None, problems: list[Problem]) -> Bools:
    """Shape (rows,): the rows that the effects come from."""
    everything = np.ones(len(rows.value), dtype=bool)
    if wanted is None:
        return everything
    if not isinstance(wanted, str):
        problems += check_count("baseline", wanted, 1)
        return everything if problems else _position(rows) < wanted
    if wanted not in frame.columns:
        problems.append(Problem("argument baseline", repr(wanted), "a number of rows or a column of true and false"))
        return everything
    column = frame[wanted]
    wrong = np.flatnonzero(~column.isin([True, False]).to_numpy() | column.isna().to_numpy()).tolist()
    problems += [Problem(f"row {i + 1}, {wanted}", repr(column.iloc[i]), "true or false") for i in wrong]
    return everything if wrong else column.to_numpy(dtype=bool)


def _position(rows: Rows) -> Ints:
    """Shape (rows,): how many rows of its series come before each row."""
    ordered = rows.series[rows.order]
    position = np.empty(len(ordered), dtype=np.int64)
    position[rows.order] = np.arange(len(ordered)) - np.searchsorted(ordered, ordered, side="left")
    return position


def _weeks(rows: Rows, days: pd.DatetimeIndex, known: Bools) -> Ints:
    """Shape (series,): the weeks of the baseline in which each series has a value."""
    week = pd.factorize(period_start(pd.Series(days[known]), "week"))[0]
    pairs = np.unique(rows.series[known] * (int(week.max(initial=0)) + 1) + week)
    return np.bincount(pairs // (int(week.max(initial=0)) + 1), minlength=len(rows.keys)).astype(np.int64)


def _refuse_short(weeks: Ints) -> None:
    if len(weeks) and weeks.max() < MIN_WEEKS:
        found = f"values in at most {weeks.max()} week{'s' if weeks.max() != 1 else ''} of the baseline of any series"
        refuse(_CALLER, [Problem("argument frame", found, f"values in at least {MIN_WEEKS} weeks")])


def _effects(rows: Rows, own: Floats, days: pd.DatetimeIndex, known: Bools, effect: str) -> Floats:
    """Shape (rows,): the centered effect of each row's weekday; missing for weekdays with too few values."""
    size = len(rows.keys)
    cell = rows.series * 7 + np.asarray(days.day_of_week, dtype=np.int64)
    weight = np.where(known, rows.denominator if rows.ratio else 1.0, 0.0)
    above, below = cell_sums(cell, size * 7, np.where(known, rows.value, 0.0), weight)
    if effect == "pooled":
        level = divide(above, below)
    else:
        medians = pd.Series(own[known]).groupby(cell[known]).median().reindex(np.arange(size * 7))
        level = np.array(medians, dtype=np.float64)
    level[np.bincount(cell[known], minlength=size * 7) < MIN_DAYS] = np.nan
    level, below = level.reshape(size, 7), np.where(np.isnan(level), 0.0, below).reshape(size, 7)
    middle = divide((np.nan_to_num(level) * below).sum(axis=1), below.sum(axis=1))
    return np.asarray((level - middle[:, None]).ravel()[cell])


def _notes(rows: Rows, weeks: Ints, found: Floats) -> npt.NDArray[np.object_]:
    few = [f"values in {n} weeks of the baseline: no pattern under {MIN_WEEKS}" for n in weeks.tolist()]
    rare = f"under {MIN_DAYS} values on this weekday in the baseline: no effect"
    short = weeks[rows.series] < MIN_WEEKS
    notes = np.where(short, np.array(few, dtype=object)[rows.series], np.where(np.isnan(found), rare, ""))
    return np.asarray(notes, dtype=object)
