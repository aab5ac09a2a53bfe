"""Effects by imputation: what cells under a change lack of what schools and periods without it lead to expect."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pdsa.tidy import Bools, Floats, Ints

CONFIDENCE = 0.95
# How many cells are worked on at once.
_CELLS = 1 << 17
# Statistics that agree but for rounding count as equal: an order must be at least as extreme as itself.
_EQUAL = 1e-9
Table = Floats


@dataclass(frozen=True, slots=True, eq=False)
class Wedge:
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


def treated_cells(wedge: Wedge, start: Ints) -> Bools:
    """Shape (..., schools, periods): under the change."""
    return np.arange(wedge.never) >= start[..., None]


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Effects (orders, 1 + exposures), overall first; the cells (orders, schools, periods) they are the means of, the
    treated cells that are left out, and the time since the start of each cell (from 0; as many as there are if not
    treated)."""

    effect: Floats
    cells: Bools
    lost: Bools
    since: Ints


def effects(wedge: Wedge, value: Table, starts: Ints) -> Seen:
    """The effects for each order of starts, shape (orders, schools)."""
    known, treated = ~np.isnan(value), treated_cells(wedge, starts)
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
    return Seen(effect, cells, known & treated & ~joined, since)


def all_effects(wedge: Wedge, value: Table, ways: Ints) -> Floats:
    """Shape (orders, 1 + exposures): a few orders at a time."""
    size = max(1, _CELLS // value.size)
    return np.concatenate([effects(wedge, value, ways[i : i + size]).effect for i in range(0, len(ways), size)])


def _exposures(wedge: Wedge) -> int:
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
    near, cells = _near(weight), weight.sum(axis=1)
    # a shift of all periods that hang together changes nothing: their shifts shall add up to zero, and those of
    # periods without a free cell shall be zero, which makes the matrix regular
    square[:, t, t] += cells + (cells == 0)
    right = (filled - weight * mean[..., None]).sum(axis=1)
    shift = np.linalg.solve(square + near, right[..., None])[..., 0]
    level = mean - (weight @ shift[..., None])[..., 0] * per
    return level, shift, np.asarray(weight @ near > 0)


def _near(weight: Floats) -> Floats:
    """Shape (orders, periods, periods): 1 where two periods hang together by schools with free cells in both."""
    near = (np.swapaxes(weight, 1, 2) @ weight > 0).astype(np.float64)
    for _ in range(max(1, math.ceil(math.log2(max(weight.shape[2], 2))))):
        near = (near @ near > 0).astype(np.float64)
    return near


def ways_of(start: Ints, most: int, seed: int) -> tuple[Ints, bool]:
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


def shares_of(drawn: Floats, effect: Floats) -> Floats:
    """Shape (parts,): the share of orders whose effect is at least as far from 0; orders without one do not count."""
    there = ~np.isnan(drawn)
    far = np.abs(drawn) >= np.abs(effect) * (1 - _EQUAL) - np.finfo(float).tiny
    share = np.full(len(effect), np.nan)
    np.divide((far & there).sum(axis=0), there.sum(axis=0), out=share, where=~np.isnan(effect))
    return share


def interval(wedge: Wedge, ways: Ints, drawn: Floats, effect: float) -> dict[str, float]:
    """The constant effects that the orders do not contradict, taken from the values before they are dealt anew.

    All is linear: an order's effect of `values - c * treated` is its effect of the values, less c times its effect of
    the treated cells, which is 1 for the order that was.
    """
    nothing = {"low": np.nan, "high": np.nan}
    if np.isnan(effect):
        return nothing
    mark = np.where(np.isnan(wedge.value), np.nan, treated_cells(wedge, wedge.start).astype(np.float64))
    unit = all_effects(wedge, mark, ways)[:, 0]
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


def two_way_coefficient(wedge: Wedge) -> float:
    """The coefficient of the change in a regression with school and period effects over all cells."""
    known = ~np.isnan(wedge.value)
    mark = treated_cells(wedge, wedge.start).astype(np.float64)
    level, shift, _ = _two_effects(mark, known[None, :, :])
    rest = np.where(known, mark - level[0][:, None] - shift[0], 0.0)
    square = float((rest**2).sum())
    return float((rest * np.where(known, wedge.value, 0.0)).sum() / square) if square > 1e-12 * mark.size else np.nan
