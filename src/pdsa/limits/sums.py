"""Charts with a memory: CUSUM and EWMA. Loops run over periods; every series takes each step at once.

Formulas: Montgomery, Introduction to Statistical Quality Control, chapter 9, with the settings of the qcc package.
"""

from __future__ import annotations

import numpy as np

from pdsa.limits.block import Block, Floats, Lines, given_center, given_sigma, range_sigma, ratio
from pdsa.records import ChartSpec
from pdsa.terms import CUSUM_INTERVAL, CUSUM_SLACK, EWMA_MULTIPLE, EWMA_WEIGHT


def _standard(block: Block, spec: ChartSpec) -> tuple[Floats, Floats]:
    """Shape (rows, 1) each: the mean and the standard deviation from moving ranges, or those given."""
    center = given_center(block.mean(block.value, block.used), block)
    return center, given_sigma(range_sigma(block.value, block, spec), block, spec)


def cumulative_sums(block: Block, spec: ChartSpec) -> Lines:
    """CUSUM: how far the values have run away from the mean, in standard deviations; the larger side is the value.

    Values and lines do not change with `per`: they are in standard deviations.
    """
    center, sigma = _standard(block, spec)
    scores = np.where(block.known, ratio(block.value - center, sigma), np.nan)
    upper, lower = np.full_like(scores, np.nan), np.full_like(scores, np.nan)
    high, low = np.zeros(len(scores)), np.zeros(len(scores))
    for i in range(scores.shape[1]):
        z, known = scores[:, i], ~np.isnan(scores[:, i])
        high = np.where(known, np.maximum(high + z - CUSUM_SLACK, 0), high)
        low = np.where(known, np.minimum(low + z + CUSUM_SLACK, 0), low)
        upper[known, i], lower[known, i] = high[known], low[known]
    unit = 1 / spec.per
    value = np.where(-lower > upper, lower, upper)
    line = np.where(np.isnan(sigma), np.nan, CUSUM_INTERVAL * unit)
    none, rows = np.full_like(line, np.nan), len(line)
    return Lines(
        value * unit, np.zeros_like(line), -line, line, (none, none), sigma, np.full(rows, np.nan),
        np.zeros(rows, dtype=bool), (upper, lower),
    )  # fmt: skip


def weighted_average(block: Block, spec: ChartSpec) -> Lines:
    """EWMA: an average in which each value weighs less than the one after it; its limits widen to their full width."""
    center, sigma = _standard(block, spec)
    average = np.broadcast_to(center[:, 0], (len(center),)).copy()
    value = np.full_like(block.value, np.nan)
    known = block.known
    for i in range(value.shape[1]):
        now = known[:, i]
        average = np.where(now, EWMA_WEIGHT * block.value[:, i] + (1 - EWMA_WEIGHT) * average, average)
        value[now, i] = average[now]
    step = np.cumsum(known, axis=1)
    width = EWMA_WEIGHT / (2 - EWMA_WEIGHT) * (1 - (1 - EWMA_WEIGHT) ** (2 * step))
    spread = np.where(step > 0, sigma * np.sqrt(width), np.nan)
    third, rows = EWMA_MULTIPLE / 3, len(center)
    lower, upper, *inner = (center + sign * third * many * spread for many, sign in _SIDES)
    nothing = np.full(rows, np.nan)
    return Lines(value, center, lower, upper, (inner[0], inner[1]), sigma, nothing, np.zeros(rows, dtype=bool))


_SIDES = ((3, -1), (3, 1), (2, -1), (2, 1))
