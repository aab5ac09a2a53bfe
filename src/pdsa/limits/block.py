"""Padded blocks of series, and the sums, means, medians and moving ranges that every kind of chart is made of.

A block holds one row per series and phase, padded to one width with cells that nothing counts. Sums run over the
cells of each row alone, so that the width of its neighbors changes no digit.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pdsa.records import ChartSpec
from pdsa.terms import D2_EXACT, D2_ROUNDED, D4_EXACT, D4_ROUNDED, ON_LINE, WHEELER_MEDIAN_MULTIPLE, WHEELER_MULTIPLE

Cells = npt.NDArray[Any]
Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# A moving range this many times their mean (or median) is set aside by screening.
SCREEN_MULTIPLE = 3.267
SCREEN_MEDIAN_MULTIPLE = 3.865
# Fewer ranges than these are no ground to set others aside.
FEWEST_SCREENED = 5
# Rows up to this many cells are counted eight cells at a time.
MOST_BYTES = 8 * 255
# What sums and differences of floats leave of numbers that cancel, as a share of the largest of them.
ROUNDING = 1e-14


@dataclass(eq=False)
class Block:
    """Padded arrays of shape (rows, width); NaN is missing, `included` is false for excluded points and padding.

    Parameters
    ----------
    value, numerator, denominator, within
        Shape (rows, width); `within` holds the standard deviations of subgroups, where there are any.
    included, baseline
        Shape (rows, width).
    lengths
        Shape (rows,): how many cells of each row are points. Every row ends in padding.
    whole
        No point of the block is excluded.
    center, sigma
        Shape (rows, 1): given lines, NaN in rows that have none; None where no row has one.
    """

    value: Floats
    numerator: Floats
    denominator: Floats
    included: Bools
    baseline: Bools
    lengths: Ints
    whole: bool
    within: Floats | None = field(default=None)
    center: Floats | None = field(default=None)
    sigma: Floats | None = field(default=None)

    @cached_property
    def edges(self) -> Ints:
        """Shape (2 * rows,): flat places where each row begins and where its points end."""
        rows, width = self.included.shape
        first = np.arange(rows, dtype=np.int64) * width
        return np.column_stack((first, first + self.lengths)).ravel()

    @cached_property
    def complete(self) -> bool:
        """Whether every point of every row is included and has a value."""
        return self.whole and int(np.count_nonzero(np.isnan(self.value))) == self.value.size - int(self.lengths.sum())

    @cached_property
    def known(self) -> Bools:
        """Included points with a value."""
        return self.included if self.complete else self.included & ~np.isnan(self.value)

    @cached_property
    def used(self) -> Bools:
        """Baseline points with a value: those that the lines come from."""
        return self.known if self.baseline is self.included else self.baseline & self.known

    @property
    def range(self) -> tuple[Floats, Floats]:
        """Shape (rows,) each: the lowest and the highest value that counts."""
        value = np.where(self.known, self.value, np.nan)
        return np.fmin.reduce(value, axis=1), np.fmax.reduce(value, axis=1)

    @property
    def plain(self) -> bool:
        """Whether lines come from every point of every row, so that no mask is needed."""
        return self.complete and self.baseline is self.included

    def total(self, values: Floats, first: int = 0) -> Floats:
        """Shape (rows, 1): the sums of the points of each row from cell `first` on, whatever stands in the padding."""
        edges = self.edges
        if first:
            edges = edges.copy()
            edges[::2] = np.minimum(edges[::2] + first, edges[1::2])
        return np.add.reduceat(np.ascontiguousarray(values).ravel(), edges)[::2, None]

    def count(self, mask: Bools) -> Ints:
        """Shape (rows, 1): how many cells are true."""
        return self.lengths[:, None] if mask is self.included and self.whole else count_rows(mask)[:, None]

    def mean(self, values: Floats, mask: Bools) -> Floats:
        """Shape (rows, 1): the mean of the values under the mask that are not missing; NaN where there is none."""
        if self.plain and values is self.value and mask is self.used:
            return ratio(self.total(values), self.lengths[:, None])
        known = mask & ~np.isnan(values)
        return ratio(self.total(np.where(known, values, 0.0)), self.count(known))

    def median(self, values: Floats, mask: Bools) -> Floats:
        """Shape (rows, 1): the median of the values under the mask that are not missing; NaN where there is none."""
        known = mask & ~np.isnan(values)
        ordered = np.sort(np.where(known, values, np.inf), axis=1)
        count = self.count(known)
        first = np.arange(len(count))[:, None] * ordered.shape[1]
        flat = ordered.ravel()
        low, high = flat[first + np.maximum(count - 1, 0) // 2], flat[first + count // 2]
        # the sum of two equal values halves to that value exactly, so a median on a point is a tie
        return np.where(count > 0, (low + high) / 2, np.nan)


@dataclass(eq=False)
class Lines:
    """The plotted value and the lines, each of a shape that broadcasts to (rows, width); `sigma_z` has (rows,).

    `exact` marks rows with exact limits; `sums` are the two traces of a CUSUM chart, upper and lower. `inner` are the
    lines at two standard deviations, None where they lie as far from the center as `sigma` says.
    """

    value: Floats
    center: Floats
    lower: Floats
    upper: Floats
    inner: tuple[Floats, Floats] | None
    sigma: Floats
    sigma_z: Floats
    exact: Bools
    sums: tuple[Floats, Floats] | None = None

    @cached_property
    def lower_2s(self) -> Floats:
        """The lower line at two standard deviations."""
        return self.center - 2 * self.sigma if self.inner is None else self.inner[0]

    @cached_property
    def upper_2s(self) -> Floats:
        """The upper line at two standard deviations."""
        return self.center + 2 * self.sigma if self.inner is None else self.inner[1]

    def redrawn(self, drawn: dict[str, Floats], exact: Bools) -> Lines:
        """The lines with other limits: `lower`, `upper`, `lower_2s`, `upper_2s` and, where named, `center`."""
        inner = drawn["lower_2s"], drawn["upper_2s"]
        center = drawn.get("center", self.center)
        return replace(self, center=center, lower=drawn["lower"], upper=drawn["upper"], inner=inner, exact=exact)


def count_rows(mask: Bools) -> Ints:
    """Shape (rows,): how many cells of each row are true."""
    rows, width = mask.shape
    if width % 8 or not mask.flags.c_contiguous or width > MOST_BYTES:
        return np.asarray(np.count_nonzero(mask, axis=1))
    # eight cells are added at once as the bytes of one number; no byte can overflow up to this width
    words = np.add.reduce(mask.view(np.uint64), axis=1)
    return np.asarray(words.view(np.uint8).reshape(rows, 8).sum(axis=1, dtype=np.int64))


def ratio(above: Cells, below: Cells) -> Floats:
    """The quotient, NaN where the divisor is zero."""
    with np.errstate(divide="ignore", invalid="ignore"):
        out = np.divide(above, below, dtype=np.float64)
    zero = below == 0
    if zero.any():
        out[np.broadcast_to(zero, out.shape)] = np.nan
    return np.asarray(out)


class Squeezed:
    """Rows with some cells left out, the others moved up: what moving ranges and patterns see.

    Parameters
    ----------
    keep
        Shape (rows, width): the cells that stay.
    """

    def __init__(self, keep: Bools) -> None:
        self.keep = keep
        rows, width = keep.shape
        place = np.cumsum(keep, axis=1, dtype=np.int64) + (np.arange(rows)[:, None] * width - 1)
        self.place = place[keep]

    def take(self, values: Cells, fill: float = np.nan) -> Cells:
        """The kept cells of each row from its left end on, then `fill`; a single column stays as it is."""
        if values.shape[1] == 1:
            return values
        out = np.full(self.keep.shape, fill, dtype=values.dtype)
        out.ravel()[self.place] = values[self.keep]
        return out

    def back(self, cells: Cells, fill: float = 0) -> Cells:
        """The cells in their old places, `fill` in those left out."""
        out = np.full(self.keep.shape, fill, dtype=cells.dtype)
        out[self.keep] = cells.ravel()[self.place]
        return out


def neighbors(values: Floats, block: Block, gaps: str, measure: Callable[..., Floats]) -> tuple[Floats, Bools]:
    """What `measure(after, before)` gives for each point and the one before it, and which of these the lines use.

    Excluded points are bridged; across a missing point there is nothing (NaN), unless `gaps="bridge"`. Lines use the
    pairs of which both points lie in the baseline.
    """
    bridging = gaps == "bridge" and not np.array_equal(block.included, block.included & ~np.isnan(values))
    if block.whole and not bridging:
        return _pairs(values, block.baseline, measure)
    keep = block.included & ~np.isnan(values) if gaps == "bridge" else block.included
    order = Squeezed(keep)
    wide = order.take(values), order.take(block.baseline, False)
    found, both = _pairs(*wide, measure, order)
    return order.back(found, np.nan), order.back(both)


def _pairs(
    values: Floats, baseline: Bools, measure: Callable[..., Floats], order: Squeezed | None = None
) -> tuple[Floats, Bools]:
    found = np.full(values.shape, np.nan)
    both = np.zeros(values.shape, dtype=bool)
    found[:, 1:] = measure(values, order)
    np.logical_and(baseline[:, 1:], baseline[:, :-1], out=both[:, 1:])
    return found, both


def distance(values: Floats, order: Squeezed | None) -> Floats:
    """Shape (rows, width - 1): the distance of each value to the one before it."""
    apart = values[:, 1:] - values[:, :-1]
    return np.abs(apart, out=apart)


def moving_ranges(values: Floats, block: Block, spec: ChartSpec) -> tuple[Floats, Bools]:
    """The distance of each point to its neighbor before it, and which of these the lines use."""
    return neighbors(values, block, spec.gaps, distance)


def typical_range(ranges: Floats, both: Bools, block: Block, spec: ChartSpec, multiple: float = 0.0) -> Floats:
    """Shape (rows, 1): the mean (or median) of the baseline's moving ranges, screened as the spec says."""
    average = block.median if spec.spread == "median" else block.mean
    typical = average(ranges, both)
    if spec.screen == "off":
        return typical
    limit = multiple or (SCREEN_MEDIAN_MULTIPLE if spec.spread == "median" else SCREEN_MULTIPLE)
    # a range on the border is there by rounding only; where all ranges are equal to zero nothing is screened
    kept = both & (ranges < limit * typical)
    screened = np.where(typical == 0, typical, average(ranges, kept))
    if spec.method == "published":
        return screened
    enough = block.count(kept) >= FEWEST_SCREENED
    return np.where(enough & (screened > 0), screened, typical)


def deviation(typical: Floats, spec: ChartSpec) -> Floats:
    """The standard deviation that a mean (or median) moving range stands for, by the constants of the spec."""
    if spec.spread == "median":
        if spec.constants == "wheeler":
            return typical * WHEELER_MEDIAN_MULTIPLE / 3
        return typical / (D4_EXACT if spec.constants == "exact" else D4_ROUNDED)
    if spec.constants == "wheeler":
        return typical * WHEELER_MULTIPLE / 3
    return typical / (D2_EXACT if spec.constants == "exact" else D2_ROUNDED)


def range_sigma(values: Floats, block: Block, spec: ChartSpec) -> Floats:
    """Shape (rows, 1): the standard deviation from the moving ranges of the baseline."""
    if block.plain and spec.spread == "mean" and spec.screen == "off" and values is block.value:
        steps = np.empty_like(values)
        steps[:, 0] = 0.0
        np.subtract(values[:, 1:], values[:, :-1], out=steps[:, 1:])
        np.abs(steps, out=steps)
        many = block.lengths[:, None] - 1
        return deviation(ratio(np.where(many > 0, block.total(steps, 1), 0.0), many), spec)
    return deviation(typical_range(*moving_ranges(values, block, spec), block, spec), spec)


def range_count(block: Block, spec: ChartSpec) -> Ints:
    """Shape (rows,): how many moving ranges the baseline has."""
    ranges, both = moving_ranges(block.value, block, spec)
    return block.count(both & ~np.isnan(ranges))[:, 0]


def around(value: Floats, center: Floats, sigma: Floats, sigma_z: Floats | None = None) -> Lines:
    """Lines at two and three standard deviations from the center."""
    rows, wide = len(value), 3 * sigma
    return Lines(
        value=value,
        center=center,
        lower=center - wide,
        upper=center + wide,
        inner=None,
        sigma=sigma,
        sigma_z=np.full(rows, np.nan) if sigma_z is None else sigma_z[:, 0],
        exact=np.zeros(rows, dtype=bool),
    )


def given_or(computed: Floats, given: Floats | None) -> Floats:
    """Given lines, and computed ones in rows without."""
    return computed if given is None else np.where(np.isnan(given), computed, given)


def given_center(computed: Floats, block: Block) -> Floats:
    """The given center where there is one."""
    return given_or(computed, block.center)


def given_sigma(computed: Floats, block: Block, spec: ChartSpec) -> Floats:
    """The given standard deviation where there is one, guarded against zero."""
    return guard_zero(given_or(computed, block.sigma), spec)


def estimated_share(share: Floats, block: Block) -> Floats:
    """What the estimation of the center adds to the variance of the next point: nothing where the center is given."""
    return share if block.center is None else np.where(np.isnan(block.center), share, 0.0)


def guard_zero(sigma: Floats, spec: ChartSpec) -> Floats:
    """Without variation in the baseline there is nothing to set limits by: only published charts then have some."""
    return sigma if spec.method == "published" else np.where(sigma == 0, np.nan, sigma)


def beyond(value: Floats, line: Floats, size: Floats | float = 0.0) -> Floats:
    """How far the value lies above the line; zero where they agree but for rounding, NaN where one is missing.

    `size` is that of the numbers that the line was computed from: where they cancel, a line at zero is not quite zero.
    """
    apart = value - line
    rounding = np.fmax(ON_LINE * np.maximum(np.abs(value), np.abs(line)), ROUNDING * size)
    return np.where(np.abs(apart) <= rounding, 0.0, apart)
