"""Days to weeks to months, without averaging ratios."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd

from pdsa.errors import Problem
from pdsa.series import period_start
from pdsa.terms import Step
from pdsa.tidy import (
    Columns,
    Floats,
    Ints,
    Rows,
    cell_sums,
    check_given,
    check_word,
    impossible,
    names_of,
    read_rows,
    refuse,
)

Combine = Literal["mean", "sum"]
_CALLER = "pdsa.aggregate"


def aggregate(
    frame: pd.DataFrame,
    to: Step = "week",
    *,
    value: str = "value",
    denominator: str | None = None,
    period: str = "period",
    by: str | Sequence[str] | None = None,
    combine: Combine = "mean",
) -> pd.DataFrame:
    """A row per series and coarser period, under the names of the columns given.

    Parameters
    ----------
    frame
        Tidy; several rows of one series and period are summed or averaged like any others.
    to
        `week` (named by its Monday), `month` (by its first day), `year` (the school year, by July 1) or `day`. A week
        belongs to the month of its Monday.
    value, denominator, period, by
        Columns of the numerator, count or measurement, of the denominator, of the dates (or Periods, which count from
        their first day) and of the series.
    combine
        Values without denominators: `mean` for measurements, `sum` for counts. With denominators, both are summed.

    Returns
    -------
    pandas.DataFrame
        Series and periods ascending: the `by` columns, `period`, `value`, `denominator` under their given names;
        `rows`, how many rows went in, and `left_out`, how many lacked a number. A row that lacks one of its two
        numbers loses both; a period of such rows only stays, without a value. Periods without any row are not
        inserted: `analyze(..., step=)` does that.

    Raises
    ------
    InputError
        With every problem: columns, text among numbers, periods that are no dates, negative denominators.

    Notes
    -----
    Sums of days to months are the same by way of weeks wherever weeks lie within one month; means are not, because a
    short week counts as much as a full one.

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.DataFrame({"day": ["2025-01-06", "2025-01-07", "2025-01-13"], "late": [2, 3, 1], "all": [20, 30, 25]})
    >>> aggregate(days, "week", value="late", denominator="all", period="day")[["late", "all", "rows"]].values.tolist()
    [[5.0, 50.0, 2.0], [1.0, 25.0, 1.0]]
    """
    problems = (
        check_word("to", to, get_args(Step))
        + check_word("combine", combine, get_args(Combine))
        + check_given(period=period)
    )
    columns = Columns(value, denominator, period, names_of(by), ("rows", "left_out"))
    problems += _named_rows(columns)
    rows = read_rows(_CALLER, frame, columns, problems)
    problems += impossible(rows, columns, part=False, counts=False)
    days = as_days(rows, period, problems)
    refuse(_CALLER, problems)
    starts = pd.DatetimeIndex(period_start(pd.Series(days), to))
    cell, series, kinds = _cells(rows.series, starts)
    return _frame(rows, columns, cell, rows.keys.iloc[series], kinds, combine)


def _named_rows(columns: Columns) -> list[Problem]:
    return [
        Problem(f"column {name}", f"a name that the answer gives to its own {name}", "another name")
        for name in columns.used
        if name in columns.taken and name not in columns.by
    ]


def as_days(rows: Rows, name: str, problems: list[Problem]) -> pd.DatetimeIndex:
    """Shape (rows,): the day of each row, of Periods the first one; other periods have no days."""
    period = rows.period
    if isinstance(period, pd.PeriodIndex):
        return pd.DatetimeIndex(period.start_time).normalize()
    if isinstance(period, pd.DatetimeIndex):
        return period.normalize()
    if not problems:
        problems.append(Problem(f"column {name}", f"periods of type {period.dtype}", "dates such as 2025-01-31"))
    return pd.DatetimeIndex(np.zeros(len(period), dtype="datetime64[us]"))


def _cells(series: Ints, starts: pd.DatetimeIndex) -> tuple[Ints, Ints, pd.DatetimeIndex]:
    """The cell of each row, and series and period of each cell, in ascending order."""
    rank, kinds = pd.factorize(starts, sort=True)
    key, cell = np.unique(series * max(len(kinds), 1) + rank, return_inverse=True)
    return cell.astype(np.int64), key // max(len(kinds), 1), pd.DatetimeIndex(kinds[key % max(len(kinds), 1)])


def _frame(
    rows: Rows, columns: Columns, cell: Ints, keys: pd.DataFrame, starts: pd.DatetimeIndex, combine: str
) -> pd.DataFrame:
    there = ~np.isnan(rows.value) & (~np.isnan(rows.denominator) if rows.ratio else True)
    used = np.bincount(cell, weights=there, minlength=len(starts))
    lost = np.bincount(cell, weights=~there, minlength=len(starts))
    below = rows.denominator if rows.ratio else np.zeros(len(cell))
    value, denominator = cell_sums(cell, len(starts), np.where(there, rows.value, 0.0), np.where(there, below, 0.0))
    if not rows.ratio and combine == "mean":
        value = value / np.maximum(used, 1)
    answer: dict[str, Floats | Ints | pd.DatetimeIndex] = {str(columns.period): starts}
    answer[columns.value] = np.where(used > 0, value, np.nan)
    if columns.denominator is not None:
        answer[columns.denominator] = np.where(used > 0, denominator, np.nan)
    answer |= {"rows": used.astype(np.int64), "left_out": lost.astype(np.int64)}
    return keys.reset_index(drop=True).assign(**answer)
