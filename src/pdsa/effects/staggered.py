"""Schools that begin at different times: what would have been, from all that had not begun yet."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

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
CONFIDENCE = 0.95
# How many cells are worked on at once.
_CELLS = 1 << 17
# Statistics that agree but for rounding count as equal: an order must be at least as extreme as itself.
_EQUAL = 1e-9
_CALLER = "pdsa.staggered"
Table = Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Wedge:
    """Schools by periods: values (NaN where unknown), the column each school starts in (that of `never` if it does
    not), and where each column stands in time."""

    value: Table
    start: Ints
    place: Ints
    notes: list[str]

    @property
    def never(self) -> int:
        """The start of schools that do not begin within the periods seen."""
        return int(self.value.shape[1])


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
    ways, exact = _orders(wedge.start, int(orders), int(seed))
    seen = _effects(wedge, wedge.value, wedge.start[None, :])
    drawn = _all_effects(wedge, wedge.value, ways)
    overall = {"twfe": _twfe(wedge), **_interval(wedge, ways, drawn[:, 0], float(seen.effect[0, 0]))}
    if len(ways) * (1 - CONFIDENCE) < 1:
        wedge.notes.append(f"{len(ways)} orders of starts are too few: no p can be as low as .05")
    return _frame(_rows(wedge, seen, _shares(drawn, seen.effect[0]), overall), len(ways), exact, wedge.notes)


def _wedge(frame: pd.DataFrame, columns: Columns, start: str, problems: list[Problem]) -> _Wedge:
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
    return _Wedge(table, own, place, [COUNTED] if counted else [])


def _starts(column: pd.Series, name: str, period: pd.Index, problems: list[Problem]) -> Ints:
    """Shape (rows,): the column of the table that each row's school starts in."""
    every = period.unique().sort_values()
    found = np.full(len(column), len(every), dtype=np.int64)
    there = np.flatnonzero(column.notna())
    if not len(there):
        return found
    given = column.iloc[there]
    # a column of whole numbers with gaps in it has become one of floats
    if pd.api.types.is_float_dtype(given) and np.isfinite(given).all() and (given == given.round()).all():
        given = given.astype("int64")
    own: list[Problem] = []
    if isinstance(every, pd.CategoricalIndex) and not isinstance(given.dtype, pd.CategoricalDtype):
        unknown = ~given.isin(every.categories).to_numpy()
        own += [
            Problem(f"row {there[i] + 1}, {name}", repr(given.iloc[i]), "a period") for i in np.flatnonzero(unknown)
        ]
        given = given.astype(every.dtype) if not own else given
    wanted = periods(given, name, own) if not own else pd.RangeIndex(0)
    problems += own
    if own or not len(every):
        return found
    odd = isinstance(every, pd.CategoricalIndex | pd.PeriodIndex) and wanted.dtype != every.dtype
    if odd or wanted.dtype.kind != every.dtype.kind:
        problems.append(Problem(f"column {name}", f"{wanted.dtype}", f"periods like those of the rows, {every.dtype}"))
        return found
    found[there] = _searched(every, wanted)
    return found


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


def _treated(wedge: _Wedge, start: Ints) -> Bools:
    """Shape (..., schools, periods): under the change."""
    return np.arange(wedge.never) >= start[..., None]


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Effects (orders, 1 + exposures), overall first; the cells (orders, schools, periods) they are the means of, the
    treated cells that are left out, and the time since the start of each cell (from 0; as many as there are if not
    treated)."""

    effect: Floats
    cells: Bools
    lost: Bools
    since: Ints


def _effects(wedge: _Wedge, value: Table, starts: Ints) -> _Seen:
    """The effects for each order of starts, shape (orders, schools)."""
    known, treated = ~np.isnan(value), _treated(wedge, starts)
    level, shift, joined = _two_effects(value, known & ~treated)
    cells = known & treated & joined
    gain = np.where(cells, value - level[..., None] - shift[:, None, :], 0.0)
    size = _exposures(wedge)
    since = np.where(treated, wedge.place - np.append(wedge.place, 0)[starts][..., None], size)
    key = (np.arange(len(starts))[:, None, None] * (size + 1) + since).ravel()
    total, count = (
        np.bincount(key, weights=part.ravel(), minlength=len(starts) * (size + 1)).reshape(-1, size + 1)[:, :size]
        for part in (gain, cells)
    )
    total, count = (np.column_stack([part.sum(axis=1), part]) for part in (total, count))
    effect = np.full(total.shape, np.nan)
    np.divide(total, count, out=effect, where=count > 0)
    return _Seen(effect, cells, known & treated & ~joined, since)


def _all_effects(wedge: _Wedge, value: Table, ways: Ints) -> Floats:
    """Shape (orders, 1 + exposures): a few orders at a time."""
    size = max(1, _CELLS // value.size)
    return np.concatenate([_effects(wedge, value, ways[i : i + size]).effect for i in range(0, len(ways), size)])


def _exposures(wedge: _Wedge) -> int:
    """How many exposure times there can be: from the earliest start to the last period."""
    first = int(wedge.start.min())
    return 0 if first >= wedge.never else int(wedge.place[-1] - wedge.place[first]) + 1


def _two_effects(value: Table, free: Bools) -> tuple[Floats, Floats, Bools]:
    """Least squares of school and period effects over the free cells, for each order at once.

    Returns levels (orders, schools), shifts (orders, periods), and for which cells (orders, schools, periods) their
    sum is identified: those whose school and period hang together by free cells.
    """
    weight = free.astype(np.float64)
    filled = np.where(free, value, 0.0)
    count = weight.sum(axis=2)
    per = 1 / np.maximum(count, 1)
    mean = filled.sum(axis=2) * per
    square = -np.swapaxes(weight, 1, 2) @ (weight * per[..., None])
    t = np.arange(value.shape[1])
    square[:, t, t] += weight.sum(axis=1)
    right = (filled - weight * mean[..., None]).sum(axis=1)
    shift = (np.linalg.pinv(square, rcond=1e-10, hermitian=True) @ right[..., None])[..., 0]
    level = mean - (weight @ shift[..., None])[..., 0] * per
    return level, shift, _joined(weight)


def _joined(weight: Floats) -> Bools:
    """Shape (orders, schools, periods): whether a school and a period hang together by free cells."""
    near = (np.swapaxes(weight, 1, 2) @ weight > 0).astype(np.float64)
    for _ in range(max(1, math.ceil(math.log2(max(weight.shape[2], 2))))):
        near = (near @ near > 0).astype(np.float64)
    return np.asarray(weight @ near > 0)


def _orders(start: Ints, most: int, seed: int) -> tuple[Ints, bool]:
    """Shape (orders, schools): every way to deal the starts to the schools, or the given one and drawn ones."""
    sizes = np.unique(start, return_counts=True)[1].tolist()
    ways = math.factorial(len(start))
    for size in sizes:
        ways //= math.factorial(size)
    if ways <= most:
        return np.array(_every(sorted(start.tolist())), dtype=np.int64), True
    rng = np.random.default_rng(seed)
    drawn = rng.permuted(np.tile(np.sort(start), (most - 1, 1)), axis=1)
    return np.concatenate([start[None, :], drawn]), False


def _every(items: Sequence[int]) -> list[list[int]]:
    """Every different order of the items."""
    if not items:
        return [[]]
    found = []
    for one in dict.fromkeys(items):
        rest = list(items)
        rest.remove(one)
        found += [[one, *others] for others in _every(rest)]
    return found


def _shares(drawn: Floats, effect: Floats) -> Floats:
    """Shape (parts,): the share of orders whose effect is at least as far from 0; orders without one do not count."""
    there = ~np.isnan(drawn)
    far = np.abs(drawn) >= np.abs(effect) * (1 - _EQUAL) - np.finfo(float).tiny
    share = np.full(len(effect), np.nan)
    np.divide((far & there).sum(axis=0), there.sum(axis=0), out=share, where=~np.isnan(effect))
    return share


def _interval(wedge: _Wedge, ways: Ints, drawn: Floats, effect: float) -> dict[str, float]:
    """The constant effects that the orders do not contradict, taken from the values before they are dealt anew.

    All is linear: an order's effect of `values - c * treated` is its effect of the values, less c times its effect of
    the treated cells, which is 1 for the order that was.
    """
    nothing = {"low": np.nan, "high": np.nan}
    if np.isnan(effect):
        return nothing
    mark = np.where(np.isnan(wedge.value), np.nan, _treated(wedge, wedge.start).astype(np.float64))
    unit = _all_effects(wedge, mark, ways)[:, 0]
    there = ~np.isnan(drawn)
    drawn, unit = drawn[there], unit[there]
    with np.errstate(divide="ignore", invalid="ignore"):
        edges = np.concatenate([(effect - drawn) / (1 - unit), (effect + drawn) / (1 + unit)])
    edges = np.unique(edges[np.isfinite(edges)])
    return {
        "low": _end(edges[edges <= effect][::-1], drawn, unit, effect),
        "high": _end(edges[edges >= effect], drawn, unit, effect),
    }


def _end(edges: Floats, drawn: Floats, unit: Floats, effect: float) -> float:
    """The first edge, from the effect outward, beyond which the orders contradict; NaN if there is none."""
    if not len(edges):
        return float("nan")
    # between two edges nothing changes, so a point between them speaks for both; beyond the last one, any point does
    reach = 1 + abs(edges[-1] - effect)
    outward = edges[-1] + (reach if edges[-1] >= effect else -reach)
    between = (edges + np.append(edges[1:], outward)) / 2
    low, high = 0, len(edges)
    while low < high:
        middle = (low + high) // 2
        far = np.abs(drawn - between[middle] * unit) >= abs(effect - between[middle]) * (1 - _EQUAL)
        low, high = (low, middle) if far.mean() <= 1 - CONFIDENCE else (middle + 1, high)
    return float(edges[low]) if low < len(edges) else float("nan")


def _twfe(wedge: _Wedge) -> float:
    """The coefficient of the change in a regression with school and period effects over all cells."""
    known = ~np.isnan(wedge.value)
    mark = _treated(wedge, wedge.start).astype(np.float64)
    level, shift, _ = _two_effects(mark, known[None, :, :])
    rest = np.where(known, mark - level[0][:, None] - shift[0], 0.0)
    square = float((rest**2).sum())
    return float((rest * np.where(known, wedge.value, 0.0)).sum() / square) if square > 1e-12 * mark.size else np.nan


def _rows(wedge: _Wedge, seen: _Seen, shares: Floats, overall: dict[str, float]) -> list[dict[str, object]]:
    """A row for each exposure time that has a treated cell, and one overall."""
    found: list[dict[str, object]] = []
    for i in range(1, seen.effect.shape[1]):
        at = seen.since[0] == i - 1
        if (at & (seen.cells | seen.lost)[0]).any():
            found.append({"part": "exposure", "exposure": i, **_counted(seen, at, float(seen.effect[0, i]), shares[i])})
    every = np.ones_like(seen.cells[0])
    _tell(wedge, seen)
    return [*found, {"part": "overall", **_counted(seen, every, float(seen.effect[0, 0]), shares[0]), **overall}]


def _counted(seen: _Seen, at: Bools, effect: float, p: float) -> dict[str, object]:
    cells = seen.cells[0] & at
    return {
        "effect": effect,
        "p": p,
        "cells": int(cells.sum()),
        "schools": int(cells.any(axis=1).sum()),
        "left_out": int((seen.lost[0] & at).sum()),
    }


def _tell(wedge: _Wedge, seen: _Seen) -> None:
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
