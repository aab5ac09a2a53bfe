"""Lines of counts: P, NP, U, C and Laney's prime charts.

Formulas: Montgomery, Introduction to Statistical Quality Control, chapter 7; prime charts: Laney, Quality Engineering
14:531 (2002); exact limits: Ryan and Schwertman, Journal of Quality Technology 29:86 (1997).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pdsa.limits.block import (
    Block,
    Bools,
    Floats,
    Lines,
    around,
    deviation,
    given_center,
    given_or,
    guard_zero,
    moving_ranges,
    ratio,
    typical_range,
)
from pdsa.limits.individuals import pooled
from pdsa.records import ChartSpec
from pdsa.terms import TAIL_2S, TAIL_3S

# Under these expected counts three standard deviations miss their error rate (statistics.md E 3.4).
EXACT_BINOMIAL_UNDER = 5.0
EXACT_POISSON_UNDER = 8.0
MOST_TRIALS = 1e9

Quantile = Callable[[float, Floats, Floats], Floats]


def trials(block: Block) -> Floats:
    """Denominators; a period that lacks one of its two numbers loses both, and so its limits."""
    return block.denominator if block.complete else np.where(np.isnan(block.value), np.nan, block.denominator)


def _pooled(block: Block, spec: ChartSpec) -> Floats:
    return given_center(pooled(block.numerator, block.denominator, block), block)


def binomial_sigma(center: Floats, n: Floats) -> Floats:
    """The standard deviation of a proportion of n."""
    return np.sqrt(ratio(np.maximum(center * (1 - center), 0), n))


def poisson_sigma(center: Floats, n: Floats) -> Floats:
    """The standard deviation of a rate over n units."""
    return np.sqrt(ratio(np.maximum(center, 0), n))


def proportions(block: Block, spec: ChartSpec) -> Lines:
    """The pooled proportion and binomial limits by each point's denominator; exact ones where guarded and small."""
    center, n = _pooled(block, spec), trials(block)
    lines = around(block.value, center, guard_zero(binomial_sigma(center, n), spec))
    if spec.method == "published" or spec.estimated:
        return lines
    small = (n * center < EXACT_BINOMIAL_UNDER) | (n * (1 - center) < EXACT_BINOMIAL_UNDER)
    small |= (lines.lower < 0) | (lines.upper > 1)
    # the distribution function takes whole numbers of 32 bits
    small &= n < MOST_TRIALS
    counted = whole(block.numerator) & whole(n)
    return with_exact(lines, _middle(block, spec), n, small & block.included & counted, binomial_quantile)


def numbers(block: Block, spec: ChartSpec) -> Lines:
    """NP: the lines of the P chart, multiplied by each point's denominator."""
    n = trials(block)
    shares = replace(block, value=ratio(block.numerator, n))
    lines = proportions(shares, spec)
    inner = lines.lower_2s * n, lines.upper_2s * n
    counted = np.where(np.isnan(n), np.nan, block.numerator)
    center, lower, upper, sigma = (part * n for part in (lines.center, lines.lower, lines.upper, lines.sigma))
    return Lines(counted, center, lower, upper, inner, sigma, lines.sigma_z, lines.exact)


def rates(block: Block, spec: ChartSpec) -> Lines:
    """The pooled rate and Poisson limits by each point's denominator; exact ones where guarded and small."""
    return _poisson(block, _pooled(block, spec), trials(block), spec)


def counts(block: Block, spec: ChartSpec) -> Lines:
    """C: the mean count and Poisson limits; exact ones where guarded and small."""
    center = given_center(block.mean(block.value, block.used), block)
    return _poisson(block, center, np.where(np.isnan(block.value), np.nan, 1.0), spec, single=True)


def _poisson(block: Block, center: Floats, n: Floats, spec: ChartSpec, single: bool = False) -> Lines:
    # a C chart has one pair of limits for all points, those without a value too
    sigma = np.sqrt(np.maximum(center, 0)) if single else poisson_sigma(center, n)
    lines = around(block.value, center, guard_zero(sigma, spec))
    if spec.method == "published" or spec.estimated:
        return lines
    small = (n * center < EXACT_POISSON_UNDER) | (lines.lower < 0)
    counted = whole(block.value if single else block.numerator)
    return with_exact(lines, _middle(block, spec), n, small & block.included & counted, poisson_quantile)


def _middle(block: Block, spec: ChartSpec) -> Floats:
    return given_center(block.median(block.value, block.used), block)


def expected(block: Block, kind: str) -> tuple[Floats, Floats]:
    """Shape (rows, 1) each: the rate that the counts of a row are drawn from, and the denominators it rests on."""
    if kind in ("c", "g"):
        return given_or(block.mean(block.value, block.used), block.center), block.count(block.used).astype(np.float64)
    rate = given_or(pooled(block.numerator, block.denominator, block), block.center)
    return rate, block.total(np.where(block.used, block.denominator, 0.0))


def whole(numbers: Floats) -> Bools:
    """Shape (rows, 1): whether every number is a whole one but for rounding; others are no counts, so never exact."""
    broken = np.abs(numbers - np.round(numbers)) > 1e-9 * np.maximum(numbers, 1)
    return np.asarray(~broken.any(axis=1, keepdims=True))


def sigma_z(block: Block, spec: ChartSpec, sigma: Floats, center: Floats) -> Floats:
    """Shape (rows, 1): how much wider the points scatter than counting alone explains (Laney)."""
    scores = ratio(block.value - center, sigma)
    return deviation(typical_range(*moving_ranges(scores, block, spec), block, spec), spec)


def _prime(block: Block, spec: ChartSpec, center: Floats, sigma: Floats) -> Lines:
    widened = sigma_z(block, spec, sigma, center)
    used = widened if spec.method == "published" else np.fmax(widened, 1.0)
    return around(block.value, center, guard_zero(sigma * used, spec), widened)


def prime_proportions(block: Block, spec: ChartSpec) -> Lines:
    """Laney's P-prime: binomial limits widened by sigma_z (never narrowed where guarded)."""
    center = _pooled(block, spec)
    return _prime(block, spec, center, binomial_sigma(center, trials(block)))


def prime_rates(block: Block, spec: ChartSpec) -> Lines:
    """Laney's U-prime: Poisson limits widened by sigma_z (never narrowed where guarded)."""
    center = _pooled(block, spec)
    return _prime(block, spec, center, poisson_sigma(center, trials(block)))


def with_exact(lines: Lines, middle: Floats, n: Floats, small: Bools, quantile: Quantile) -> Lines:
    """Whole rows in which one point is small take exact limits: one chart has one kind of limit.

    `middle` becomes their center: of small counts most lie on one side of their mean (7 of 10 classes of ten are
    at 100% when 97% are present), so runs about the mean would signal in half of all stable charts.
    """
    rows = small.any(axis=1) & (np.nan_to_num(lines.sigma).max(axis=1) > 0)
    if not rows.any():
        return lines
    size, p = n[rows], np.broadcast_to(lines.center, n.shape)[rows]
    drawn = {}
    for name, tail in (("lower", TAIL_3S), ("upper", 1 - TAIL_3S), ("lower_2s", TAIL_2S), ("upper_2s", 1 - TAIL_2S)):
        line = np.array(np.broadcast_to(getattr(lines, name), n.shape))
        line[rows] = ratio(quantile(tail, size, p), size)
        drawn[name] = line
    return lines.redrawn(drawn | {"center": np.where(rows[:, None], middle, lines.center)}, rows)


def binomial_quantile(q: float, n: Floats, p: Floats) -> Floats:
    """The smallest count whose binomial distribution function reaches q; NaN where n is missing."""
    from scipy.special import bdtr

    size = np.nan_to_num(n).astype(np.int64)
    return search(lambda k: bdtr(k, size, p), q, np.zeros_like(n), size.astype(float), n)


def poisson_quantile(q: float, n: Floats, p: Floats) -> Floats:
    """The smallest count whose Poisson distribution function reaches q; NaN where n is missing."""
    from scipy.special import pdtr

    mean = np.nan_to_num(n * p)
    return search(lambda k: pdtr(k, mean), q, np.zeros_like(n), np.ceil(mean + 10 * np.sqrt(mean) + 20), n)


def search(cdf: Callable[[Floats], Floats], q: float, low: Floats, high: Floats, n: Floats) -> Floats:
    """Bisection over whole numbers, all points at once."""
    high = np.minimum(high, 2.0**52)
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        reached = cdf(middle) >= q
        low, high = np.where(reached, low, np.minimum(middle + 1, high)), np.where(reached, middle, high)
    return np.where(np.isnan(n), np.nan, low)
