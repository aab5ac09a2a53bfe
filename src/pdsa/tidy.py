"""From a frame that people give to arrays: columns, numbers, periods and series checked, every problem at once."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa.errors import InputError, Problem

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

_DATE = re.compile(r"(\d{4}-\d{2}-\d{2})(T00:00:00)?")
_PERIOD = "a date such as 2025-01-31, a whole number, a Period or an ordered category"


@dataclass(frozen=True, slots=True)
class Columns:
    """Which column is what; `taken` are names that the answer gives to columns of its own.

    With `truth`, true and false are values and mean 1 and 0.
    """

    value: str
    denominator: str | None = None
    period: str | None = None
    by: tuple[str, ...] = ()
    taken: tuple[str, ...] = ()
    truth: bool = False

    @property
    def used(self) -> tuple[str, ...]:
        """Every column that is read, in the order of the arguments."""
        return (self.value, *(name for name in (self.denominator, self.period) if name is not None), *self.by)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of a frame as arrays, in the order given.

    `series` numbers the series that `keys` lists in ascending order; `rank` numbers the periods; `order` puts the
    rows into the order of series and period, rows of one period as they were given. `value` and `denominator` are
    NaN where missing; without a column of denominators `denominator` is all NaN and `ratio` False.
    """

    value: Floats
    denominator: Floats
    ratio: bool
    period: pd.Index
    series: Ints
    keys: pd.DataFrame
    rank: Ints
    order: Ints

    @property
    def known(self) -> Bools:
        """Shape (rows,): rows that have all they need; 0 of 0 and a row that lacks one of its two numbers have not."""
        there = ~np.isnan(self.value)
        return there & (self.denominator > 0) if self.ratio else there


def names_of(by: str | Sequence[str] | None) -> tuple[str, ...]:
    """The columns that `by` names."""
    if by is None:
        return ()
    return tuple(by) if isinstance(by, list | tuple) else (cast(str, by),)


def check_given(**names: str | None) -> list[Problem]:
    """The problems of columns that are needed and not named."""
    return [
        Problem(f"argument {one}", "none", f"the column of the {one}") for one, name in names.items() if name is None
    ]


def refuse(caller: str, problems: Sequence[Problem]) -> None:
    """Raise an InputError with all these problems, if there is one.

    Raises
    ------
    InputError
        With every problem.
    """
    if problems:
        raise InputError(caller, tuple(problems), "nothing was computed", "mend the rows or arguments named above")


def check_word(argument: str, found: object, words: tuple[str, ...]) -> list[Problem]:
    """The problem of a word that is none of the vocabulary, if it is one."""
    good = isinstance(found, str) and found in words
    return [] if good else [Problem(f"argument {argument}", repr(found), "one of " + ", ".join(map(repr, words)))]


def check_number(argument: str, found: object, low: float, high: float, words: str) -> list[Problem]:
    """The problem of a number that does not lie strictly between `low` and `high`, if it is one."""
    number = isinstance(found, int | float | np.integer | np.floating) and not isinstance(found, bool)
    good = number and low < float(found) < high  # type: ignore[arg-type]
    return [] if good else [Problem(f"argument {argument}", repr(found), words)]


def check_count(argument: str, found: object, least: int) -> list[Problem]:
    """The problem of what is no whole number of at least `least`, if it is one."""
    good = isinstance(found, int | np.integer) and not isinstance(found, bool) and int(found) >= least
    return [] if good else [Problem(f"argument {argument}", repr(found), f"a whole number of at least {least}")]


def read_rows(caller: str, frame: pd.DataFrame, columns: Columns, problems: list[Problem]) -> Rows:
    """The rows of a frame; what is wrong with them is added to `problems`, wrong numbers count as missing.

    Raises
    ------
    InputError
        Where a column is not there: nothing else can be checked then. `problems` so far come along.
    """
    refuse_columns(caller, frame, columns, problems)
    value = numbers(frame[columns.value], columns.value, problems, truth=columns.truth)
    below = columns.denominator
    denominator = numbers(frame[below], below, problems) if below else np.full(len(frame), np.nan)
    period = (
        pd.Index(pd.RangeIndex(len(frame)))
        if columns.period is None
        else periods(frame[columns.period], columns.period, problems)
    )
    series, keys = series_of(frame, columns.by, problems)
    rank, kinds = pd.factorize(period, sort=True)
    order = np.argsort(series * max(len(kinds), 1) + rank, kind="stable")
    return Rows(value, denominator, below is not None, period, series, keys, rank.astype(np.int64), order)


def refuse_columns(caller: str, frame: pd.DataFrame, columns: Columns, problems: list[Problem]) -> None:
    """Refuse a frame in which a column is missing, there twice, asked for twice or named like one of the answer's.

    Raises
    ------
    InputError
        With every such column, after the `problems` so far.
    """
    if not isinstance(cast(object, frame), pd.DataFrame):
        refuse(caller, [*problems, Problem("argument frame", type(frame).__name__, "a pandas DataFrame")])
    if frame.columns.nlevels > 1:
        refuse(caller, [*problems, Problem("argument frame", "columns of several levels", "one name a column")])
    odd = [name for name in columns.used if not isinstance(name, Hashable)]
    if odd:
        refuse(
            caller, [*problems, *(Problem(f"column {name}", type(name).__name__, "a column's name") for name in odd)]
        )
    found = [problem for name in dict.fromkeys(columns.used) for problem in _column(frame, name, columns)]
    if found:
        refuse(caller, [*problems, *found])


def _column(frame: pd.DataFrame, name: str, columns: Columns) -> Iterable[Problem]:
    place = f"column {name}"
    copies = int((frame.columns == name).sum())
    if copies == 0:
        yield Problem(place, "no such column", f"one of {', '.join(map(str, frame.columns)) or 'those of a frame'}")
    if copies > 1:
        yield Problem(place, "this name twice", "every column once")
    if columns.used.count(name) > 1:
        yield Problem(place, "one column for two arguments", "a column for each")
    if name in columns.by and name in columns.taken:
        yield Problem(place, f"a name that the answer gives to its own {name}", "another name")


def _missing(one: object) -> bool:
    return one is None or one is pd.NA or one is pd.NaT or (isinstance(one, float | np.floating) and bool(one != one))


def _number(one: object, truth: bool = False) -> bool:
    plain = isinstance(one, int | float | np.integer | np.floating) and not isinstance(one, bool)
    return plain or (truth and isinstance(one, bool | np.bool_))


def numbers(column: pd.Series, name: str, problems: list[Problem], *, truth: bool = False) -> Floats:
    """Shape (rows,): the numbers, NaN where missing; text, truth values and infinite numbers are problems.

    With `truth`, true and false are 1 and 0.
    """
    numeric = pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_complex_dtype(column)
    if numeric and (truth or not pd.api.types.is_bool_dtype(column)):
        found = np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
    else:
        items = column.tolist()
        good = [_number(one, truth) for one in items]
        wrong = [i for i, one in enumerate(items) if not (good[i] or _missing(one))]
        problems += [Problem(f"row {i + 1}, {name}", repr(items[i]), "a number") for i in wrong]
        found = np.array([float(one) if ok else np.nan for one, ok in zip(items, good, strict=True)], dtype=np.float64)
    infinite = np.flatnonzero(np.isinf(found)).tolist()
    problems += [Problem(f"row {i + 1}, {name}", str(found[i]), "a finite number") for i in infinite]
    found[infinite] = np.nan
    return found


def periods(column: pd.Series, name: str, problems: list[Problem]) -> pd.Index:
    """Shape (rows,): dates, whole numbers, Periods or ordered categories; anything else is a problem."""
    nothing = np.flatnonzero(column.isna()).tolist()
    problems += [Problem(f"row {i + 1}, {name}", "nothing", "a period") for i in nothing]
    if nothing:
        return pd.RangeIndex(len(column))
    if isinstance(column.dtype, pd.CategoricalDtype):
        if column.cat.ordered:
            return pd.CategoricalIndex(column)
        problems.append(Problem(f"column {name}", "categories without an order", "ordered categories"))
        return pd.RangeIndex(len(column))
    if isinstance(column.dtype, pd.PeriodDtype) or pd.api.types.infer_dtype(column) in ("integer", "period"):
        whole: pd.Index = pd.Index(column.infer_objects())
        return whole
    if pd.api.types.is_datetime64_dtype(column):
        return pd.DatetimeIndex(column)
    return _texts(column, name, problems) if len(column) else pd.DatetimeIndex([])


def _texts(column: pd.Series, name: str, problems: list[Problem]) -> pd.Index:
    items = column.tolist()
    texts = [one if isinstance(one, str) else getattr(one, "isoformat", lambda: "")() for one in items]
    days = [match[1] if (match := _DATE.fullmatch(text)) else None for text in texts]
    found = pd.to_datetime(pd.Series(days, dtype="str"), format="%Y-%m-%d", errors="coerce")
    wrong = np.flatnonzero(found.isna()).tolist()
    problems += [Problem(f"row {i + 1}, {name}", repr(items[i]), _PERIOD) for i in wrong]
    return pd.RangeIndex(len(items)) if wrong else pd.DatetimeIndex(found)


def series_of(frame: pd.DataFrame, by: tuple[str, ...], problems: list[Problem]) -> tuple[Ints, pd.DataFrame]:
    """The number of each row's series, and the series in ascending order of the `by` columns."""
    if not by:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(min(len(frame), 1)))
    for name in by:
        rows = np.flatnonzero(frame[name].isna()).tolist()
        problems += [Problem(f"row {i + 1}, {name}", "nothing", f"a {name}") for i in rows]
    # categories in a chance order would put the series into that order
    alike = pd.DataFrame({name: _ascending(frame[name]).reset_index(drop=True) for name in by})
    try:
        groups = alike.groupby(list(by), sort=True, observed=True, dropna=False)
        return np.asarray(groups.ngroup(), dtype=np.int64), groups.size().reset_index()[list(by)]
    except TypeError:
        problems.append(Problem(f"columns {', '.join(by)}", "values without an order", "texts, numbers or dates"))
        return np.zeros(len(frame), dtype=np.int64), alike.iloc[:1]


def _ascending(column: pd.Series) -> pd.Series:
    if not isinstance(column.dtype, pd.CategoricalDtype) or column.cat.ordered:
        return column
    return column.cat.reorder_categories(column.cat.categories.sort_values())


def impossible(rows: Rows, columns: Columns, *, part: bool, counts: bool = True) -> list[Problem]:
    """Denominators below zero, and numerators that are negative or more than their denominator allows.

    `part`: a numerator is a part of its denominator. `counts`: numerators are no less than zero.
    """
    if not rows.ratio:
        return []
    value, below = rows.value, rows.denominator
    minus = np.flatnonzero(below < 0).tolist()
    found = [Problem(f"row {i + 1}, {columns.denominator}", f"{below[i]:g}", "no negative denominator") for i in minus]
    negative = np.flatnonzero(value < 0).tolist() if counts else []
    found += [Problem(f"row {i + 1}, {columns.value}", f"{value[i]:g}", "no negative numerator") for i in negative]
    over = (value > below) if part else (value > 0) & (below == 0)
    expected = "no more than its denominator" if part else "a denominator above zero"
    rest = np.flatnonzero(over & (below >= 0)).tolist()
    return found + [Problem(f"row {i + 1}, {columns.value}", f"{value[i]:g} of {below[i]:g}", expected) for i in rest]


def repeated(rows: Rows, columns: Columns) -> list[Problem]:
    """Periods that stand twice in one series."""
    ordered = rows.order
    same = (np.diff(rows.series[ordered]) == 0) & (np.diff(rows.rank[ordered]) == 0)
    pairs = [(int(ordered[i]), int(ordered[i + 1])) for i in np.flatnonzero(same).tolist()]
    return [
        Problem(
            f"rows {a + 1} and {b + 1}, {columns.period}", f"{rows.period[a]} twice", "one row per series and period"
        )
        for a, b in pairs
    ]


def own_names(frame: pd.DataFrame, taken: tuple[str, ...]) -> list[Problem]:
    """Columns of the frame that the answer, which keeps them all, would write over."""
    there = frame.columns if isinstance(frame, pd.DataFrame) else ()
    return [
        Problem(f"column {name}", f"a name that the answer gives to its own {name}", "another name")
        for name in taken
        if name in there
    ]


def cell_sums(cells: Ints, size: int, *columns: Floats) -> list[Floats]:
    """Shape (size,) each: the sums by cell, to the same last digit in whatever order the rows came."""
    order = np.lexsort((*columns, cells))
    return [np.bincount(cells[order], weights=column[order], minlength=size).astype(np.float64) for column in columns]
