"""Schools that begin at different times: what would have been, from all that had not begun yet."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from pdsa.effects.imputation import (
    CONFIDENCE,
    Seen,
    Wedge,
    all_effects,
    effects,
    interval,
    shares_of,
    two_way_coefficient,
    ways_of,
)
from pdsa.effects.times import COUNTED, positions
from pdsa.errors import Problem
from pdsa.series import divide
from pdsa.tidy import (
    Bools,
    Columns,
    Floats,
    Ints,
    check_count,
    check_given,
    impossible,
    periods,
    read_rows,
    refuse,
    refuse_columns,
    repeated,
)

STAGGERED_COLUMNS = (
    "part",
    "exposure",
    "effect",
    "low",
    "high",
    "p",
    "cells",
    "schools",
    "left_out",
    "twfe",
    "orders",
    "exact",
    "notes",
)
_CALLER = "pdsa.staggered"


def staggered(
    frame: pd.DataFrame,
    *,
    start: str,
    value: str = "value",
    denominator: str | None = None,
    period: str = "period",
    school: str = "school",
    orders: int = 5000,
    seed: int = 1,
) -> pd.DataFrame:
    """A row per time since the start, and one overall: values of schools that began, less what was to be expected.

    What was to be expected comes from schools and periods in which nobody had begun yet: each school has its level,
    each period its own effect on all. An association; it is more than that only where chance has set the starts.

    Parameters
    ----------
    frame
        Tidy: one row per school and period.
    start
        Column with the first period of each school under the change, the same in all its rows; missing: never.
    value, denominator, period, school
        Columns, as in `analyze`; with a denominator the quotients are compared, each cell counting alike.
    orders
        Up to so many different ways to deal the starts to the schools are all gone through; where there are more, so
        many are drawn.
    seed
        Where the drawing begins: the same call gives the same answer.

    Returns
    -------
    pandas.DataFrame
        `part` (`exposure` or `overall`), `exposure` (periods since the start, 1 for the first), `effect` (mean of the
        identified cells), `low` and `high` (overall: the 95% interval of an effect that is the same in every cell,
        from the same orders), `p` (the share of orders that give an effect at least as far from 0), `cells`,
        `schools`, `left_out` (treated cells that nothing can be compared with: no school without the change in that
        period, or no period of that school before it), `twfe` (overall: what others would get, the coefficient of a
        regression with school and period effects, which compares schools that began early with ones that begin later
        and is wrong where effects grow), `orders`, `exact` (all orders, not drawn ones), `notes`.

    Raises
    ------
    InputError
        With every problem: several starts of one school, starts that are no periods, repeated (school, period).

    Notes
    -----
    Source: Borusyak, Jaravel and Spiess, Review of Economic Studies 91:3253 (2024), doi 10.1093/restud/rdae007; on
    regressions with two effects: Goodman-Bacon, J Econometrics 225:254 (2021), doi 10.1016/j.jeconom.2021.03.014; on
    permuting starts: Thompson et al., Stat Med 37:2487 (2018), doi 10.1002/sim.7668.

    Examples
    --------
    >>> import pandas as pd
    >>> begins = {"A": 3, "B": 4, "C": None}
    >>> rows = [(s, b, t, 5 + t + 2 * (t >= (b or 9))) for s, b in begins.items() for t in range(1, 6)]
    >>> weeks = pd.DataFrame(rows, columns=["school", "begins", "week", "late"])
    >>> staggered(weeks, start="begins", value="late", period="week")["effect"].round(6).tolist()
    [2.0, 2.0, 2.0, 2.0]
    """
    problems = check_count("orders", orders, 1) + check_count("seed", seed, 0) + check_given(start=start, period=period)
    wedge = _wedge(frame, Columns(value, denominator, period, (school,)), start, problems)
    if not wedge.value.size:
        return _frame([])
    ways, exact = ways_of(wedge.start, int(orders), int(seed))
    seen = effects(wedge, wedge.value, wedge.start[None, :])
    drawn = all_effects(wedge, wedge.value, ways)
    overall = {"twfe": two_way_coefficient(wedge), **interval(wedge, ways, drawn[:, 0], float(seen.effect[0, 0]))}
    if len(ways) * (1 - CONFIDENCE) < 1:
        wedge.notes.append(f"{len(ways)} orders of starts are too few: no p can be as low as .05")
    return _frame(_rows(wedge, seen, shares_of(drawn, seen.effect[0]), overall), len(ways), exact, wedge.notes)


def _wedge(frame: pd.DataFrame, columns: Columns, start: str, problems: list[Problem]) -> Wedge:
    """The frame as a table of schools by periods.

    Raises
    ------
    InputError
        With every problem.
    """
    # the column of starts may be empty for schools that never begin, so it is not read as a period is
    refuse_columns(_CALLER, frame, Columns(start, by=columns.used), problems)
    rows = read_rows(_CALLER, frame, columns, problems)
    problems += [*impossible(rows, columns, part=False, counts=False), *repeated(rows, columns)]
    starts = _starts(frame[start], start, rows.period, problems)
    problems += _several(starts, rows.series, rows.keys.iloc[:, 0] if len(rows.keys) else None, start)
    refuse(_CALLER, problems)
    ratio = divide(rows.value, rows.denominator) if rows.ratio else rows.value
    every = rows.period.unique().sort_values()
    place, counted = positions(every)
    table = np.full((len(rows.keys), len(every)), np.nan)
    table[rows.series, rows.rank] = ratio
    own = np.full(len(rows.keys), len(every), dtype=np.int64)
    own[rows.series] = starts
    return Wedge(table, own, place, [COUNTED] if counted else [])


def _starts(column: pd.Series, name: str, period: pd.Index, problems: list[Problem]) -> Ints:
    """Shape (rows,): the column of the table that each row's school starts in."""
    every = period.unique().sort_values()
    found = np.full(len(column), len(every), dtype=np.int64)
    there = np.flatnonzero(column.notna())
    if not len(there) or not len(every):
        return found
    given, own = _given(column.iloc[there], every, there, name)
    wanted = every[:0] if own else periods(given, name, own)
    own = [_placed(problem, there) for problem in own]
    odd = isinstance(every, pd.CategoricalIndex | pd.PeriodIndex) and wanted.dtype != every.dtype
    if not own and (odd or wanted.dtype.kind != every.dtype.kind):
        own = [Problem(f"column {name}", f"{wanted.dtype}", f"periods like those of the rows, {every.dtype}")]
    problems += own
    if not own:
        found[there] = _searched(every, wanted)
    return found


def _placed(problem: Problem, there: Ints) -> Problem:
    """The problem at its row of the frame; it was found among the rows that have a start."""
    row = re.fullmatch(r"row (\d+), (.*)", problem.place, re.DOTALL)
    return replace(problem, place=f"row {there[int(row[1]) - 1] + 1}, {row[2]}") if row else problem


def _given(given: pd.Series, every: pd.Index, there: Ints, name: str) -> tuple[pd.Series, list[Problem]]:
    """The starts that are there, as periods are written."""
    # a column of whole numbers with gaps in it has become one of floats
    if pd.api.types.is_float_dtype(given) and np.isfinite(given).all() and (given == given.round()).all():
        return given.astype("int64"), []
    if not isinstance(every, pd.CategoricalIndex) or isinstance(given.dtype, pd.CategoricalDtype):
        return given, []
    unknown = np.flatnonzero(~given.isin(every.categories).to_numpy())
    found = [Problem(f"row {i + 1}, {name}", repr(given.iloc[i]), "one of the periods") for i in unknown]
    return given if found else given.astype(every.dtype), found


def _searched(every: pd.Index, wanted: pd.Index) -> Ints:
    """For each start the first period that is not before it."""
    if isinstance(every, pd.CategoricalIndex) and isinstance(wanted, pd.CategoricalIndex):
        return np.searchsorted(every.codes, wanted.codes).astype(np.int64)
    return np.asarray(every.searchsorted(wanted), dtype=np.int64)


def _several(starts: Ints, series: Ints, names: pd.Series | None, start: str) -> list[Problem]:
    """Schools with more than one start, each with a row that disagrees with the first."""
    found = []
    for s in range(int(series.max(initial=-1)) + 1):
        own = np.flatnonzero(series == s)
        other = own[starts[own] != starts[own[0]]]
        if len(other) and names is not None:
            place = f"rows {own[0] + 1} and {other[0] + 1}, {start}"
            found.append(Problem(place, f"two starts of {names.iloc[s]}", "one start per school, in all its rows"))
    return found


def _rows(wedge: Wedge, seen: Seen, shares: Floats, overall: dict[str, float]) -> list[dict[str, object]]:
    """A row for each exposure time that has a treated cell, and one overall."""
    found: list[dict[str, object]] = []
    for i in range(1, seen.effect.shape[1]):
        at = seen.since[0] == i - 1
        if (at & (seen.cells | seen.lost)[0]).any():
            found.append({"part": "exposure", "exposure": i, **_counted(seen, at, float(seen.effect[0, i]), shares[i])})
    every = np.ones_like(seen.cells[0])
    _tell(wedge, seen)
    return [*found, {"part": "overall", **_counted(seen, every, float(seen.effect[0, 0]), shares[0]), **overall}]


def _counted(seen: Seen, at: Bools, effect: float, p: float) -> dict[str, object]:
    cells = seen.cells[0] & at
    return {
        "effect": effect,
        "p": p,
        "cells": int(cells.sum()),
        "schools": int(cells.any(axis=1).sum()),
        "left_out": int((seen.lost[0] & at).sum()),
    }


def _tell(wedge: Wedge, seen: Seen) -> None:
    """What the answer cannot say, into the notes."""
    lost, gone = int(seen.lost.sum()), int(np.isnan(wedge.value).sum())
    if not (seen.cells | seen.lost).any():
        wedge.notes.append("no school has begun: no effect")
    if lost:
        wedge.notes.append(f"{lost} treated cells have nothing to be compared with and are left out")
    if gone:
        wedge.notes.append(f"{gone} of {wedge.value.size} cells have no value")


_COUNTS = ("exposure", "cells", "schools", "left_out", "orders")


def _frame(
    found: list[dict[str, object]], orders: int = 0, exact: bool = True, notes: Sequence[str] = ()
) -> pd.DataFrame:
    columns: dict[str, pd.Series] = {}
    common = {"orders": orders, "exact": exact, "notes": "; ".join(notes)}
    kinds = {"part": "str", "notes": "str", "exact": "bool"} | dict.fromkeys(_COUNTS, "Int64")
    for name in STAGGERED_COLUMNS:
        items = [(common | row).get(name) for row in found]
        columns[name] = pd.Series(items, dtype=kinds.get(name, "float64"))
    return pd.DataFrame(columns)
