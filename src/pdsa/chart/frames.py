"""A tidy frame to a Panel; every mistake in it is named at once and the frame stays as it is."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable
from typing import Any

import numpy as np
import pandas as pd
from pandas.api.types import is_scalar

from pdsa.chart.arguments import LARGEST, refuse
from pdsa.chart.assemble import Rows, sorted_panel, subgroups
from pdsa.chart.steps import with_steps
from pdsa.errors import InputError, Problem
from pdsa.records import ChartSpec
from pdsa.series import EMPTY, REPORTED, Bools, Codes, Floats, Ints, Panel
from pdsa.terms import (
    PLAIN_KINDS,
    POINT_COLUMNS,
    PROPORTION_KINDS,
    RATIO_KINDS,
    SIGNAL_COLUMNS,
    STATUSES,
    SUBGROUP_KINDS,
    SUMMARY_COLUMNS,
    Kind,
)

# Up to this many numerators above their denominators, `auto` takes them for slips, not for the sign of a rate.
RARE = 2
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def names_of_series(by: object) -> tuple[str, ...]:
    """The columns that tell series apart: one name, or several."""
    if by is None:
        return ()
    if isinstance(by, str):
        return (by,)
    if not isinstance(by, Iterable):
        refuse("by", repr(by), "the name of a column, or a list of them")
    found = tuple(by)
    for name in found:
        _check_name("by", name)
    if len(set(found)) < len(found):
        refuse("by", repr(list(found)), "every column once")
    return found


def _check_name(argument: str, name: object) -> None:
    if not isinstance(name, Hashable) or isinstance(name, tuple):
        refuse(argument, repr(name), "the name of a column")


def _check_names(frame: object, value: object, denominator: object, period: object) -> None:
    if not isinstance(frame, pd.DataFrame):
        refuse("frame", type(frame).__name__, "a DataFrame or a Panel")
    for argument, name in (("value", value), ("denominator", denominator), ("period", period)):
        _check_name(argument, name)
    if denominator is not None and denominator in (value, period):
        refuse("denominator", repr(denominator), "another column than those of value and period")


def panel_from_frame(
    frame: pd.DataFrame, spec: ChartSpec, *, value: str, denominator: str | None, period: str, by: tuple[str, ...]
) -> Panel:
    """The panel of a tidy frame; the frame stays as it is.

    Raises
    ------
    InputError
        With every problem: columns that are not there, text among numbers, periods that are no periods, repeated
        (series, period), a numerator above its denominator, a negative or infinite denominator.
    """
    _check_names(frame, value, denominator, period)
    needed = [value, period, *by, *([] if denominator is None else [denominator])]
    absent = tuple(
        Problem(f"column {name}", "no such column", f"one of {', '.join(map(str, frame.columns))}")
        for name in needed
        if name not in frame.columns
    )
    absent += tuple(
        Problem(f"column {name}", "this name twice", "every column once")
        for name in dict.fromkeys(needed)
        if (frame.columns == name).sum() > 1
    )
    absent += tuple(
        Problem(f"column {name}", f"a name that the chart gives to its own {name}", "another name")
        for name in by
        if name in (*POINT_COLUMNS, *SIGNAL_COLUMNS, *SUMMARY_COLUMNS)
    )
    if spec.kind in RATIO_KINDS and spec.kind != "i_prime" and denominator is None:
        absent += (Problem("argument denominator", "none", f"the column of denominators, for kind {spec.kind}"),)
    if spec.kind in (*PLAIN_KINDS, *SUBGROUP_KINDS) and denominator is not None:
        absent += (Problem("argument denominator", repr(denominator), f"none, for kind {spec.kind}"),)
    _raise(absent)
    problems: list[Problem] = []
    numerator = _numbers(frame[value], value, problems)
    below = _numbers(frame[denominator], denominator, problems) if denominator else None
    periods = _periods(frame[period], period, problems)
    codes, keys = _series_codes(frame, by, problems)
    problems += _impossible(numerator, below, value, denominator, spec.kind)
    order, same, twice = _order(codes, periods, len(keys), period, spec.kind)
    status, told = _status_of(frame, (numerator, below), value, problems)
    _raise((*problems, *twice))
    columns = _columns(frame, spec, (value, denominator))
    rows = Rows(codes, periods, numerator, below, status, columns, told)
    panel = (
        subgroups(order, same, rows, keys, spec.kind)
        if spec.kind in SUBGROUP_KINDS
        else sorted_panel(order, rows, keys)
    )
    return panel if spec.step is None else with_steps(panel, spec.step, spec.phases)


def _raise(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise InputError("the frame", problems, "no chart was made", "mend the rows or arguments named above")


def _numbers(column: pd.Series, name: str, problems: list[Problem]) -> Floats:
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        parsed = [
            (isinstance(x, int | float | np.number) and not isinstance(x, bool)) or (is_scalar(x) and pd.isna(x))
            for x in column
        ]
        wrong = np.flatnonzero(~np.array(parsed, dtype=bool))
        problems += [Problem(f"row {i + 1}, {name}", repr(column.iloc[i]), "a number") for i in wrong.tolist()]
        if len(wrong):
            return np.full(len(column), np.nan)
    if isinstance(column.dtype, np.dtype) and column.dtype.kind in "fiu":
        numbers: Floats = column.to_numpy(dtype=np.float64)
    else:
        plain = column.where(column.notna(), np.nan) if column.dtype == object else column.astype("Float64")
        numbers = np.asarray(plain.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    infinite = np.flatnonzero(np.abs(numbers) > LARGEST).tolist()
    expected = f"a finite number, of at most {LARGEST:g}"
    problems += [Problem(f"row {i + 1}, {name}", str(numbers[i]), expected) for i in infinite]
    return numbers


def _periods(column: pd.Series, name: str, problems: list[Problem]) -> pd.Index:
    """Dates, whole numbers, Periods or ordered categories; anything else is a problem (and a RangeIndex)."""
    if column.empty and not isinstance(column.dtype, pd.CategoricalDtype | pd.PeriodDtype):
        return pd.DatetimeIndex([])
    problems += [Problem(f"row {i + 1}, {name}", "nothing", "a period") for i in np.flatnonzero(column.isna()).tolist()]
    if column.isna().any():
        return pd.RangeIndex(len(column))
    if isinstance(column.dtype, pd.CategoricalDtype):
        if column.cat.ordered:
            ordered: pd.Index = pd.CategoricalIndex(column)
            return ordered
    elif isinstance(column.dtype, pd.PeriodDtype) or pd.api.types.infer_dtype(column) in ("integer", "period"):
        column = column.infer_objects() if column.dtype == object else column
        whole: pd.Index = pd.Index(column)
        return whole
    elif pd.api.types.is_datetime64_dtype(column):
        return pd.DatetimeIndex(column)
    else:
        return _texts(column, name, problems)
    problems.append(Problem(f"column {name}", "categories without an order", "ordered categories"))
    return pd.RangeIndex(len(column))


def _texts(column: pd.Series, name: str, problems: list[Problem]) -> pd.Index:
    texts = column.map(lambda one: one if isinstance(one, str) else getattr(one, "isoformat", lambda: repr(one))())
    good = texts.str.fullmatch(_DATE.pattern + r"(T00:00:00)?")
    days = pd.to_datetime(texts.str[:10].where(good), format="%Y-%m-%d", errors="coerce")
    wrong = np.flatnonzero(days.isna()).tolist()
    expected = "a date such as 2025-01-31, a whole number, a Period or an ordered category"
    problems += [Problem(f"row {i + 1}, {name}", repr(column.iloc[i]), expected) for i in wrong]
    return pd.DatetimeIndex(days) if not wrong else pd.RangeIndex(len(column))


def _series_codes(frame: pd.DataFrame, by: tuple[str, ...], problems: list[Problem]) -> tuple[Ints, pd.DataFrame]:
    for name in by:
        rows = np.flatnonzero(frame[name].isna()).tolist()
        problems += [Problem(f"row {i + 1}, {name}", "nothing", f"a {name}") for i in rows]
    if not by:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(min(len(frame), 1)))
    found = [_factorized(frame[name]) for name in by]
    codes, size = found[0][0], len(found[0][1])
    sizes = [size]
    for more, names in found[1:]:
        codes, size = codes * max(len(names), 1) + more, size * max(len(names), 1)
        sizes.append(len(names))
    if size > MOST_CODES:
        there, own = np.unique(codes, return_inverse=True)
    else:
        counts = np.bincount(codes, minlength=size)
        there = np.flatnonzero(counts)
        own = (np.cumsum(counts > 0) - 1)[codes]
    return np.asarray(own, dtype=np.int64), _keys(there, sizes, by, [names for _, names in found])


# Up to this many pairs of names their numbers are counted; beyond it they are sorted.
MOST_CODES = 1 << 24


def _keys(there: Ints, sizes: list[int], by: tuple[str, ...], names: list[Any]) -> pd.DataFrame:
    """The names of each series, from its number among all pairs of names."""
    columns: dict[str, Any] = {}
    for name, size, found in zip(reversed(by), reversed(sizes), reversed(names), strict=True):
        columns[name] = found.take(there % max(size, 1))
        there = there // max(size, 1)
    return pd.DataFrame({name: columns[name] for name in by}, copy=False)


def _factorized(column: pd.Series) -> tuple[Ints, Any]:
    """Numbers of the values of a column in ascending order, and these values."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        codes, names = pd.factorize(column, sort=True)
        return np.maximum(codes, 0).astype(np.int64), pd.Index(names)
    # categories in a chance order would put the series into that order
    if not column.cat.ordered and not column.cat.categories.is_monotonic_increasing:
        column = column.cat.reorder_categories(column.cat.categories.sort_values())
    codes = np.maximum(column.cat.codes.to_numpy(), 0).astype(np.int64)
    every = column.cat.categories.astype(column.dtype)
    return codes, every


def _impossible(
    numerator: Floats, below: Floats | None, value: str, denominator: str | None, kind: Kind
) -> list[Problem]:
    if below is None:
        return _impossible_values(numerator, value, kind)
    negative = np.flatnonzero((below < 0) & np.isfinite(below)).tolist()
    found = [Problem(f"row {i + 1}, {denominator}", f"{below[i]:g}", "no negative denominator") for i in negative]
    if kind in RATIO_KINDS and kind != "i_prime":
        minus = np.flatnonzero(numerator < 0).tolist()
        found += [Problem(f"row {i + 1}, {value}", f"{numerator[i]:g}", "no negative numerator") for i in minus]
    parts = kind in PROPORTION_KINDS or (kind == "auto" and (numerator > below).sum() <= min(RARE, len(below) / 20))
    over = (numerator > below) if parts else (numerator > 0) & (below == 0)
    expected = "no more than its denominator" if parts else "a denominator above zero"
    expected += "; of a rate, name kind='u'" if parts and kind == "auto" else ""
    rows = np.flatnonzero(over & (below >= 0) & np.isfinite(numerator)).tolist()
    return found + [Problem(f"row {i + 1}, {value}", f"{numerator[i]:g} of {below[i]:g}", expected) for i in rows]


def _impossible_values(values: Floats, name: str, kind: Kind) -> list[Problem]:
    """Counts and times that cannot be."""
    if kind not in PLAIN_KINDS:
        return []
    wrong = np.flatnonzero(values <= 0 if kind == "t" else values < 0).tolist()
    expected = (
        "a time above zero (take a finer unit, or count cases between: kind g)" if kind == "t" else "no negative count"
    )
    return [Problem(f"row {i + 1}, {name}", f"{values[i]:g}", expected) for i in wrong]


def _order(codes: Ints, periods: pd.Index, series: int, name: str, kind: Kind) -> tuple[Ints, Bools, list[Problem]]:
    """The rows by series and period, which of them repeat the one before, and those that must not.

    One whole-number key sorts faster than two columns.
    """
    ranks, count = _ranks(periods)
    key = codes * max(count, 1) + ranks if series > 1 else ranks
    steps = np.diff(key)
    if (steps > 0).all():
        return np.arange(len(key)), np.zeros(len(key), dtype=bool), []
    order = np.argsort(key)
    same = np.zeros(len(key), dtype=bool)
    same[1:] = np.diff(key[order]) == 0
    if not same.any():
        return order, same, []
    # rows of one period keep the order in which they were given
    order = np.argsort(key, kind="stable")
    if kind in SUBGROUP_KINDS:
        return order, same, []
    twice = np.flatnonzero(same)
    rows = [(int(order[i - 1]) + 1, int(order[i]) + 1) for i in twice.tolist()]
    return (
        order,
        same,
        [
            Problem(f"rows {a} and {b}, {name}", f"{periods[a - 1]} twice", "one row per series and period")
            for a, b in rows
        ],
    )


def _ranks(periods: pd.Index) -> tuple[Ints, int]:
    """Whole numbers that ascend with the periods, from 0, and how many values they can take."""
    if isinstance(periods, pd.CategoricalIndex):
        return np.asarray(periods.codes, dtype=np.int64), len(periods.categories)
    numbers = periods.asi8 if isinstance(periods, pd.DatetimeIndex | pd.PeriodIndex) else periods.to_numpy()
    if len(numbers) and numbers.dtype.kind in "iu":
        low, high = int(numbers.min()), int(numbers.max())
        apart = np.asarray(numbers - low, dtype=np.int64)
        day = _day(periods)
        if day > 1 and high - low >= MOST_RANKS:
            days = apart // day
            if np.array_equal(days * day, apart):
                apart, high = days, low + (high - low) // day
        if high - low < MOST_RANKS:
            return apart, high - low + 1
    ranks, values = pd.factorize(periods, sort=True)
    return np.asarray(ranks, dtype=np.int64), len(values)


# Periods that span fewer steps than this are their own ranks; the others are ranked by their values.
MOST_RANKS = 1 << 24


def _day(periods: pd.Index) -> int:
    """How many of its units a day has, for dates; 0 for other periods."""
    if not isinstance(periods, pd.DatetimeIndex):
        return 0
    return int(np.timedelta64(1, "D") / np.timedelta64(1, periods.unit))


def _columns(frame: pd.DataFrame, spec: ChartSpec, taken: tuple[str | None, ...]) -> dict[str, pd.Series]:
    """The columns that baseline, exclude, phases or break_on may name; all of them where one names none of these."""
    wanted = {
        one
        for one in (spec.baseline, spec.exclude, spec.phases, spec.break_on, spec.center, spec.sigma)
        if isinstance(one, str)
    }
    if not wanted:
        return {}
    return {str(name): frame[name].reset_index(drop=True) for name in frame.columns if name not in taken}


def _status_of(
    frame: pd.DataFrame, numbers: tuple[Floats, Floats | None], value: str, problems: list[Problem]
) -> tuple[Codes | None, tuple[str, ...]]:
    """Codes of a column `status` that has one of our words, as Observations have it; a blank is `reported`.

    Other words beside ours are a mistake: a bound that is misspelled must not pass for a value. A column that has
    none of our words is somebody else's: that it was not used is told.
    """
    if "status" not in frame.columns:
        return None, ()
    words = frame["status"].astype(object).where(frame["status"].notna(), "")
    codes = pd.Index(STATUSES).get_indexer(pd.Index(words))
    if (codes < 0).all():
        return None, _not_used(words)
    codes = np.where(words.to_numpy() == "", REPORTED, codes)
    unknown = np.flatnonzero(codes < 0).tolist()
    problems += [Problem(f"row {i + 1}, status", repr(words.iloc[i]), f"one of {', '.join(STATUSES)}") for i in unknown]
    # what should be hidden is not printed here either
    numerator, below = numbers
    nothing = (numerator == 0) & (below == 0) if below is not None else np.zeros(len(codes), dtype=bool)
    beside = np.flatnonzero(np.isin(codes, EMPTY) & ~np.isnan(numerator) & ~nothing).tolist()
    problems += [
        Problem(f"row {i + 1}, {value}", f"a number beside {words.iloc[i]}", "no number there") for i in beside
    ]
    return codes.astype(np.int8), ()


def _not_used(words: pd.Series) -> tuple[str, ...]:
    """What is told of a column of statuses whose words are not ours."""
    found = [str(one) for one in pd.unique(words) if one != ""]
    if not found:
        return ()
    more = ", ..." if len(found) > MOST_WORDS else ""
    listed = ", ".join(repr(one) for one in found[:MOST_WORDS])
    return (f"the column status was not used: it has none of our words ({', '.join(STATUSES)}), but {listed}{more}",)


# Words of a foreign column that are printed.
MOST_WORDS = 3


__all__ = ["panel_from_frame"]
