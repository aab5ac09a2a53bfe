"""Lines of single measurements: run, I, MR, I-prime, and of subgroups: X-bar and S.

Formulas: Montgomery, Introduction to Statistical Quality Control, chapter 6; Nelson, Journal of Quality Technology
14:172 (1982); I-prime: Taylor (2018), as in qicharts2 and pbcharts.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pdsa.limits.block import (
    Block,
    Bools,
    Floats,
    Lines,
    Squeezed,
    around,
    deviation,
    given_center,
    given_or,
    given_sigma,
    guard_zero,
    moving_ranges,
    neighbors,
    range_sigma,
    ratio,
    typical_range,
)
from pdsa.quantiles import chi_square_quantile
from pdsa.records import ChartSpec
from pdsa.terms import D2_EXACT, D4_EXACT, MR_UPPER_EXACT, MR_UPPER_ROUNDED, MR_UPPER_WHEELER, TAIL_2S, TAIL_3S

# I-prime sets ranges aside from here on: 3 d3 / d2 + 1 by the exact constants.
SCREEN_PRIME = 3.2665
TAILS = (("lower", TAIL_3S), ("upper", 1 - TAIL_3S), ("lower_2s", TAIL_2S), ("upper_2s", 1 - TAIL_2S))
_MR_UPPER = {"rounded": MR_UPPER_ROUNDED, "wheeler": MR_UPPER_WHEELER, "exact": MR_UPPER_EXACT}


def run(block: Block, spec: ChartSpec) -> Lines:
    """The median of the baseline and no limits."""
    center = given_center(block.median(block.value, block.used), block)
    return around(block.value, center, np.full_like(center, np.nan))


def individuals(block: Block, spec: ChartSpec) -> Lines:
    """The mean and three standard deviations from the moving ranges."""
    center = given_center(block.mean(block.value, block.used), block)
    return around(block.value, center, given_sigma(range_sigma(block.value, block, spec), block, spec))


def second_opinion(block: Block, spec: ChartSpec) -> Floats:
    """Shape (rows,): sigma from the median of the moving ranges, as a share of that from their mean."""
    found = moving_ranges(block.value, block, spec)
    mean, median = (replace(spec, spread=spread, constants="exact", screen="off") for spread in ("mean", "median"))
    parts = (deviation(typical_range(*found, block, one), one) for one in (median, mean))
    return ratio(*parts)[:, 0]


def ranges(block: Block, spec: ChartSpec) -> Lines:
    """The moving ranges themselves, their mean and its upper limit; the lower limit is zero."""
    values, both = moving_ranges(block.value, block, spec)
    center = given_center(block.mean(values, both), block)
    multiple: float | Floats = _MR_UPPER[spec.constants]
    if spec.method != "published":
        multiple = np.where(center == 0, np.nan, multiple)
    upper, zero, rows = multiple * center, np.zeros_like(center), len(values)
    inner = zero, upper * 2 / 3
    return Lines(values, center, zero, upper, inner, (upper - center) / 3, np.full(rows, np.nan), _none(rows))


def _none(rows: int) -> Bools:
    return np.zeros(rows, dtype=bool)


def trials_of(block: Block) -> Floats:
    """Shape (rows, width): denominators, 1 where the series has none; NaN where the value is missing."""
    none = np.isnan(block.denominator).all(axis=1, keepdims=True)
    return np.where(np.isnan(block.value), np.nan, np.where(none, 1.0, block.denominator))


def prime_individuals(block: Block, spec: ChartSpec) -> Lines:
    """The pooled ratio, and limits from ranges that are weighed by the denominators on both sides."""
    n = trials_of(block)
    center = given_center(pooled(block.value * n, n, block), block)

    def weighed(values: Floats, order: Squeezed | None) -> Floats:
        trials = n if order is None else order.take(n)
        spread = np.sqrt(1 / trials[:, 1:] + 1 / trials[:, :-1])
        return np.asarray(np.sqrt(np.pi / 2) * ratio(np.abs(values[:, 1:] - values[:, :-1]), spread))

    found, both = neighbors(block.value, block, spec.gaps, weighed)
    sigma = typical_range(found, both, block, spec, 0.0 if spec.spread == "median" else SCREEN_PRIME)
    if spec.spread == "median":
        sigma = sigma * (D2_EXACT / D4_EXACT)
    return around(block.value, center, guard_zero(ratio(sigma, np.sqrt(n)), spec))


def pooled(above: Floats, below: Floats, block: Block) -> Floats:
    """Shape (rows, 1): the sum of one over the sum of the other, over the baseline's points with a value."""
    if block.plain:
        return ratio(block.total(above), block.total(below))
    return ratio(*(block.total(np.where(block.used, part, 0.0)) for part in (above, below)))


def c4(n: Floats) -> Floats:
    """What the standard deviation of n normal values is expected to be, in units of sigma; NaN for n of 1."""
    from scipy.special import gammaln

    size = np.where(n > 1, n, np.nan)
    return np.asarray(np.sqrt(2 / (size - 1)) * np.exp(gammaln(size / 2) - gammaln((size - 1) / 2)))


def _within(block: Block) -> tuple[Floats, Floats, Floats]:
    """Sizes and standard deviations of the subgroups, and, of shape (rows, 1), the typical one of the baseline.

    Of subgroups of one size the mean, of others the pooled one: so it is decided over all subgroups of the row.
    """
    size = block.denominator
    spread = np.full_like(size, np.nan) if block.within is None else block.within
    low, high = np.fmin.reduce(size, axis=1, keepdims=True), np.fmax.reduce(size, axis=1, keepdims=True)
    free = np.where(block.used & (size > 1), size - 1, 0.0)
    squares = np.where(free > 0, free * spread**2, 0.0)
    together = np.sqrt(ratio(block.total(squares), block.total(free)))
    return size, spread, np.where(low == high, block.mean(spread, block.used), together)


def means(block: Block, spec: ChartSpec) -> Lines:
    """X-bar: the weighed mean of the subgroups and limits from the spread within them."""
    size, _, typical = _within(block)
    center = given_center(pooled(block.numerator, block.denominator, block), block)
    sigma = ratio(typical, c4(size) * np.sqrt(size))
    if block.sigma is not None:
        sigma = given_or(sigma, block.sigma / np.sqrt(size))
    return around(block.value, center, guard_zero(sigma, spec))


def deviations(block: Block, spec: ChartSpec) -> Lines:
    """S: the standard deviations within subgroups, the typical one, and limits by each subgroup's size."""
    size, spread, typical = _within(block)
    center = given_center(typical, block)
    share = c4(size)
    sigma = center * np.sqrt(1 - share**2) / share
    lines = around(spread, center, guard_zero(sigma, spec))
    if spec.method != "published":
        return _chi_square(lines, size, sigma)
    lower, lower_2s = np.maximum(lines.lower, 0), np.maximum(lines.lower_2s, 0)
    return replace(lines, lower=lower, inner=(lower_2s, lines.upper_2s))


def _chi_square(lines: Lines, size: Floats, sigma: Floats) -> Lines:
    """Limits of the standard deviation of few values, which leans to the right: those of the chi-square law."""
    free = size - 1
    scale = np.where(sigma > 0, lines.center / c4(size), np.nan)
    drawn = {name: scale * np.sqrt(ratio(chi_square_quantile(tail, free), free)) for name, tail in TAILS}
    return lines.redrawn(drawn, np.ones(len(lines.value), dtype=bool))
