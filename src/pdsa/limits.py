"""The lines of every chart kind, for all series of a block at once.

A block holds one row per series and phase, padded to one width; every function takes and gives such arrays.
Formulas: qicharts2 and Montgomery, Introduction to Statistical Quality Control; prime charts: Laney, Quality
Engineering 14:531 (2002); screened moving ranges: Nelson, Journal of Quality Technology 14:172 (1982).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdsa.records import ChartSpec
from pdsa.terms import (
    D2_EXACT,
    D2_ROUNDED,
    MR_UPPER_EXACT,
    MR_UPPER_ROUNDED,
    MR_UPPER_WHEELER,
    ON_LINE,
    TAIL_2S,
    TAIL_3S,
    WHEELER_MULTIPLE,
)

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

# A moving range this many times their mean is set aside by screening.
SCREEN_MULTIPLE = 3.267
# Under these expected counts three standard deviations miss their error rate (statistics.md E 3.4).
EXACT_BINOMIAL_UNDER = 5.0
EXACT_POISSON_UNDER = 8.0
MOST_TRIALS = 1e9
# What sums and differences of floats leave of numbers that cancel, as a share of the largest of them.
ROUNDING = 1e-14


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Padded arrays of shape (rows, width); NaN is missing, `included` is false for excluded points and padding."""

    value: Floats
    numerator: Floats
    denominator: Floats
    included: Bools
    baseline: Bools


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """The plotted value and the lines, each of a shape that broadcasts to (rows, width); `sigma_z` has (rows,)."""

    value: Floats
    center: Floats
    lower: Floats
    upper: Floats
    lower_2s: Floats
    upper_2s: Floats
    sigma: Floats
    sigma_z: Floats
    exact: Bools


def total(values: Floats) -> Floats:
    """Shape (rows, 1): the sums, added from left to right: padding to the width of other series changes no digit."""
    return np.cumsum(values, axis=1)[:, -1:]


def mean_where(values: Floats, mask: Bools) -> Floats:
    """Shape (rows, 1): the mean of the values under the mask; NaN where there is none."""
    known = mask & ~np.isnan(values)
    return ratio(total(np.where(known, values, 0.0)), known.sum(axis=1, keepdims=True))


def median_where(values: Floats, mask: Bools) -> Floats:
    """Shape (rows, 1): the median of the values under the mask; NaN where there is none."""
    known = mask & ~np.isnan(values)
    ordered = np.sort(np.where(known, values, np.inf), axis=1)
    count = known.sum(axis=1, keepdims=True)
    low = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=1)
    high = np.take_along_axis(ordered, np.minimum(count // 2, values.shape[1] - 1), axis=1)
    # the sum of two equal values halves to that value exactly, so a median on a point is a tie
    return np.where(count > 0, (low + high) / 2, np.nan)


def ratio(above: npt.NDArray[np.generic], below: npt.NDArray[np.generic]) -> Floats:
    """The quotient, NaN where the divisor is zero."""
    out = np.full(np.broadcast_shapes(above.shape, below.shape), np.nan)
    return np.divide(above, below, out=out, where=np.broadcast_to(below != 0, out.shape))  # type: ignore[no-any-return]


def moving_ranges(values: Floats, included: Bools, gaps: str) -> tuple[Floats, Ints]:
    """The distance of each point to its neighbor before it, and that neighbor's column (-1 for none).

    Excluded points are bridged; across a missing point there is no range, unless `gaps="bridge"`.
    """
    present = included & ~np.isnan(values) if gaps == "bridge" else included
    columns = np.where(present, np.arange(values.shape[1]), -1)
    seen = np.maximum.accumulate(columns, axis=1)
    before = np.concatenate([np.full((len(values), 1), -1), seen[:, :-1]], axis=1)
    neighbor = np.take_along_axis(values, np.maximum(before, 0), axis=1)
    ranges = np.where(present & (before >= 0), np.abs(values - neighbor), np.nan)
    return ranges, before


def mean_range(values: Floats, block: Block, spec: ChartSpec) -> Floats:
    """Shape (rows, 1): the mean moving range of the baseline, screened as the spec says."""
    ranges, before = moving_ranges(values, block.included, spec.gaps)
    both = block.baseline & np.take_along_axis(block.baseline, np.maximum(before, 0), axis=1)
    mean = mean_where(ranges, both)
    if spec.screen == "off":
        return mean
    # a range on the border is there by rounding only; where all ranges are equal to zero nothing is screened
    kept = both & (ranges < SCREEN_MULTIPLE * mean)
    screened = np.where(mean == 0, mean, mean_where(ranges, kept))
    if spec.method == "guarded":
        enough = (kept & ~np.isnan(ranges)).sum(axis=1, keepdims=True) >= 5
        return np.where(enough & (screened > 0), screened, mean)
    return screened


def range_count(block: Block, spec: ChartSpec) -> Ints:
    """Shape (rows,): how many moving ranges the baseline has."""
    ranges, before = moving_ranges(block.value, block.included, spec.gaps)
    both = block.baseline & np.take_along_axis(block.baseline, np.maximum(before, 0), axis=1)
    return np.asarray((both & ~np.isnan(ranges)).sum(axis=1), dtype=np.int64)


def deviation(mean: Floats, spec: ChartSpec) -> Floats:
    """The standard deviation that a mean moving range stands for, by the constants of the spec."""
    if spec.constants == "wheeler":
        return mean * WHEELER_MULTIPLE / 3
    return mean / (D2_EXACT if spec.constants == "exact" else D2_ROUNDED)


def _around(value: Floats, center: Floats, sigma: Floats, sigma_z: Floats | None = None) -> Lines:
    rows = len(value)
    return Lines(
        value=value,
        center=center,
        lower=center - 3 * sigma,
        upper=center + 3 * sigma,
        lower_2s=center - 2 * sigma,
        upper_2s=center + 2 * sigma,
        sigma=sigma,
        sigma_z=np.full(rows, np.nan) if sigma_z is None else sigma_z[:, 0],
        exact=np.zeros(rows, dtype=bool),
    )


def _center(computed: Floats, spec: ChartSpec) -> Floats:
    return computed if spec.center is None else np.full_like(computed, spec.center / spec.per)


def run(block: Block, spec: ChartSpec) -> Lines:
    """The median of the baseline and no limits."""
    center = _center(median_where(block.value, block.baseline), spec)
    return _around(block.value, center, np.full_like(center, np.nan))


def individuals(block: Block, spec: ChartSpec) -> Lines:
    """The mean and three standard deviations from the moving ranges."""
    center = _center(mean_where(block.value, block.baseline), spec)
    sigma = deviation(mean_range(block.value, block, spec), spec)
    if spec.sigma is not None:
        sigma = np.full_like(sigma, spec.sigma / spec.per)
    return _around(block.value, center, _guard_zero(sigma, spec))


def ranges(block: Block, spec: ChartSpec) -> Lines:
    """The moving ranges themselves, their mean and its upper limit; the lower limit is zero."""
    values, before = moving_ranges(block.value, block.included, spec.gaps)
    both = block.baseline & np.take_along_axis(block.baseline, np.maximum(before, 0), axis=1)
    center = _center(mean_where(values, both), spec)
    multiple: float | Floats = {"rounded": MR_UPPER_ROUNDED, "wheeler": MR_UPPER_WHEELER, "exact": MR_UPPER_EXACT}[
        spec.constants
    ]
    zero = np.zeros_like(center)
    if spec.method == "guarded":
        multiple = np.where(center == 0, np.nan, multiple)
    upper, upper_2s = multiple * center, multiple * 2 / 3 * center
    sigma = (upper - center) / 3
    nothing = np.full(len(values), np.nan)
    return Lines(values, center, zero, upper, zero, upper_2s, sigma, nothing, np.zeros(len(values), dtype=bool))


def _pooled(block: Block, spec: ChartSpec) -> Floats:
    known = block.baseline & ~np.isnan(block.value)
    parts = (total(np.where(known, part, 0.0)) for part in (block.numerator, block.denominator))
    return _center(ratio(*parts), spec)


def _trials(block: Block) -> Floats:
    """Denominators; a period that lacks one of its two numbers loses both, and so its limits."""
    return np.where(np.isnan(block.value), np.nan, block.denominator)


def _binomial_sigma(center: Floats, block: Block) -> Floats:
    return np.sqrt(np.clip(ratio(center * (1 - center), _trials(block)), 0, None))


def _poisson_sigma(center: Floats, block: Block) -> Floats:
    return np.sqrt(np.clip(ratio(center, _trials(block)), 0, None))


def proportions(block: Block, spec: ChartSpec) -> Lines:
    """The pooled proportion and binomial limits by each point's denominator; exact ones where guarded and small."""
    center = _pooled(block, spec)
    lines = _around(block.value, center, _guard_zero(_binomial_sigma(center, block), spec))
    if spec.method == "published" or spec.estimated:
        return lines
    n = _trials(block)
    small = (n * center < EXACT_BINOMIAL_UNDER) | (n * (1 - center) < EXACT_BINOMIAL_UNDER)
    small |= (lines.lower < 0) | (lines.upper > 1)
    # the distribution function takes whole numbers of 32 bits
    small &= n < MOST_TRIALS
    whole = _whole(block.numerator) & _whole(n)
    return _with_exact(lines, _middle(block, spec), n, small & block.included & whole, binomial_quantile)


def rates(block: Block, spec: ChartSpec) -> Lines:
    """The pooled rate and Poisson limits by each point's denominator; exact ones where guarded and small."""
    center = _pooled(block, spec)
    lines = _around(block.value, center, _guard_zero(_poisson_sigma(center, block), spec))
    if spec.method == "published" or spec.estimated:
        return lines
    n = _trials(block)
    small = (n * center < EXACT_POISSON_UNDER) | (lines.lower < 0)
    whole = _whole(block.numerator)
    return _with_exact(lines, _middle(block, spec), n, small & block.included & whole, poisson_quantile)


def _middle(block: Block, spec: ChartSpec) -> Floats:
    return _center(median_where(block.value, block.baseline), spec)


def _whole(counts: Floats) -> Bools:
    """Shape (rows, 1): whether every number is a whole one but for rounding; others are no counts, so never exact."""
    broken = np.abs(counts - np.round(counts)) > 1e-9 * np.maximum(counts, 1)
    return np.asarray(~broken.any(axis=1, keepdims=True))


def sigma_z(block: Block, spec: ChartSpec, sigma: Floats, center: Floats) -> Floats:
    """Shape (rows, 1): how much wider the points scatter than counting alone explains (Laney)."""
    scores = ratio(block.value - center, sigma)
    return deviation(mean_range(scores, block, spec), spec)


def _prime(block: Block, spec: ChartSpec, center: Floats, sigma: Floats) -> Lines:
    widened = sigma_z(block, spec, sigma, center)
    used = np.fmax(widened, 1.0) if spec.method == "guarded" else widened
    return _around(block.value, center, _guard_zero(sigma * used, spec), widened)


def prime_proportions(block: Block, spec: ChartSpec) -> Lines:
    """Laney's P-prime: binomial limits widened by sigma_z (never narrowed where guarded)."""
    center = _pooled(block, spec)
    return _prime(block, spec, center, _binomial_sigma(center, block))


def prime_rates(block: Block, spec: ChartSpec) -> Lines:
    """Laney's U-prime: Poisson limits widened by sigma_z (never narrowed where guarded)."""
    center = _pooled(block, spec)
    return _prime(block, spec, center, _poisson_sigma(center, block))


def _guard_zero(sigma: Floats, spec: ChartSpec) -> Floats:
    """Without variation in the baseline there is nothing to set limits by: guarded charts then have none."""
    return np.where(sigma == 0, np.nan, sigma) if spec.method == "guarded" else sigma


def _with_exact(
    lines: Lines, middle: Floats, n: Floats, small: Bools, quantile: Callable[[float, Floats, Floats], Floats]
) -> Lines:
    """Whole rows in which one point is small take exact limits: one chart has one kind of limit.

    `middle` becomes their center: of small counts most lie on one side of their mean (7 of 10 classes of ten are
    at 100% when 97% are present), so runs about the mean would signal in half of all stable charts.
    """
    rows = small.any(axis=1) & (np.nan_to_num(lines.sigma).max(axis=1) > 0)
    if not rows.any():
        return lines
    trials, p = n[rows], np.broadcast_to(lines.center, n.shape)[rows]
    drawn = {}
    for name, tail in (("lower", TAIL_3S), ("upper", 1 - TAIL_3S), ("lower_2s", TAIL_2S), ("upper_2s", 1 - TAIL_2S)):
        line = np.array(np.broadcast_to(getattr(lines, name), n.shape))
        line[rows] = ratio(quantile(tail, trials, p), trials)
        drawn[name] = line
    center = np.where(rows[:, None], middle, lines.center)
    return Lines(lines.value, center, **drawn, sigma=lines.sigma, sigma_z=lines.sigma_z, exact=rows)


def binomial_quantile(q: float, n: Floats, p: Floats) -> Floats:
    """The smallest count whose binomial distribution function reaches q; NaN where n is missing."""
    from scipy.special import bdtr

    trials = np.nan_to_num(n).astype(np.int64)
    return _search(lambda k: bdtr(k, trials, p), q, np.zeros_like(n), trials.astype(float), n)


def poisson_quantile(q: float, n: Floats, p: Floats) -> Floats:
    """The smallest count whose Poisson distribution function reaches q; NaN where n is missing."""
    from scipy.special import pdtr

    mean = np.nan_to_num(n * p)
    return _search(lambda k: pdtr(k, mean), q, np.zeros_like(n), np.ceil(mean + 10 * np.sqrt(mean) + 20), n)


def _search(cdf: Callable[[Floats], Floats], q: float, low: Floats, high: Floats, n: Floats) -> Floats:
    """Bisection over whole numbers, all points at once."""
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        reached = cdf(middle) >= q
        low, high = np.where(reached, low, np.minimum(middle + 1, high)), np.where(reached, middle, high)
    return np.where(np.isnan(n), np.nan, low)


def beyond(value: Floats, line: Floats, size: Floats | float = 0.0) -> Floats:
    """How far the value lies above the line; zero where they agree but for rounding, NaN where one is missing.

    `size` is that of the numbers that the line was computed from: where they cancel, a line at zero is not quite zero.
    """
    distance = value - line
    rounding = np.fmax(ON_LINE * np.maximum(np.abs(value), np.abs(line)), ROUNDING * size)
    return np.where(np.abs(distance) <= rounding, 0.0, distance)


LINES: dict[str, Callable[[Block, ChartSpec], Lines]] = {
    "run": run,
    "i": individuals,
    "mr": ranges,
    "p": proportions,
    "p_prime": prime_proportions,
    "u": rates,
    "u_prime": prime_rates,
}
