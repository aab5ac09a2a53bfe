"""Lines of rare events: G (cases between) and T (time between).

Formulas: G: Kaminsky and others, Journal of Quality Technology 24:63 (1992), Benneyan, Health Care Management Science
4:305 (2001); T: Nelson, Journal of Quality Technology 26:239 (1994); predictive limits of exponential times: F with 2
and 2 k degrees of freedom (statistics.md E 3.3).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pdsa import quantiles
from pdsa.limits.block import Block, Floats, Lines, around, given_center, given_or, guard_zero, range_sigma, ratio
from pdsa.records import ChartSpec
from pdsa.terms import TAIL_2S, TAIL_3S

# The power that makes exponential times nearly normal.
NELSON = 3.6
# What a given mean of a geometric distribution is multiplied by for the center that is drawn: near its median.
MEDIAN_SHARE = 0.693
_TAILS = (("lower", 1 - TAIL_3S), ("upper", TAIL_3S), ("lower_2s", 1 - TAIL_2S), ("upper_2s", TAIL_2S))


def cases_between(block: Block, spec: ChartSpec) -> Lines:
    """G: the median, and limits of a geometric distribution of the baseline's mean.

    Guarded limits are its quantile above and none below: few cases between are many events, which no low limit of
    counts that start at zero can show.
    """
    mean = given_center(block.mean(block.value, block.used), block)
    middle = given_or(block.median(block.value, block.used), _scaled(block.center, MEDIAN_SHARE))
    lines = around(block.value, mean, guard_zero(np.sqrt(mean * (mean + 1)), spec))
    if spec.method == "published":
        return replace(lines, center=middle, inner=(lines.lower_2s, lines.upper_2s))
    drawn = {name: geometric_quantile(mean, tail) if "upper" in name else mean * np.nan for name, tail in _TAILS}
    return lines.redrawn(drawn | {"center": middle}, np.ones(len(mean), dtype=bool))


def _scaled(given: Floats | None, share: float) -> Floats | None:
    return None if given is None else given * share


def geometric_quantile(mean: Floats, tail: float) -> Floats:
    """The smallest count that a geometric variable of this mean exceeds with at most this probability."""
    with np.errstate(divide="ignore"):
        count = np.ceil(np.log(tail) / np.log(ratio(mean, mean + 1))) - 1
    return np.where(mean > 0, np.maximum(count, 0), np.nan)


def time_between(block: Block, spec: ChartSpec) -> Lines:
    """T: an I chart of the times to the power 1 / 3.6, brought back; guarded, the limits of exponential times."""
    if spec.method != "published":
        return _exponential(block, spec)
    even = block.value ** (1 / NELSON)
    center = block.mean(even, block.used)
    if block.center is not None:
        center = given_or(center, block.center ** (1 / NELSON))
    sigma = range_sigma(even, block, spec)
    lines = around(block.value, center, sigma)
    lower, upper, lower_2s, upper_2s = (
        _back(line) for line in (lines.lower, lines.upper, lines.lower_2s, lines.upper_2s)
    )
    # a limit below zero is drawn at zero; of the inner line nothing is said there
    lower = np.where(np.isnan(lower) & ~np.isnan(center), 0.0, lower)
    inner = lower_2s, upper_2s
    return Lines(block.value, _back(center), lower, upper, inner, sigma, lines.sigma_z, lines.exact)


def _back(line: Floats) -> Floats:
    return np.where(line >= 0, np.abs(line) ** NELSON, np.nan)


def _exponential(block: Block, spec: ChartSpec) -> Lines:
    """The median, and limits that hold although the mean is known from k times only."""
    k = block.count(block.used).astype(np.float64)
    # a given center is the median of an exponential law, which is then known
    mean = given_or(block.mean(block.value, block.used), _scaled(block.center, 1 / np.log(2)))
    middle = given_center(block.median(block.value, block.used), block)
    known = np.zeros_like(mean, dtype=bool) if block.center is None else ~np.isnan(block.center)
    drawn = {}
    for name, tail in _TAILS:
        found = np.where(k > 1, quantiles.exponential_quantile(1 - tail, np.maximum(k, 2), mean), np.nan)
        drawn[name] = np.where(known, -mean * np.log(tail), found)
    return around(block.value, middle, mean).redrawn(drawn, np.ones(len(mean), dtype=bool))
