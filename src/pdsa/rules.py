"""The rules: arrays of values and lines to flags, every rule kept per point, for all series of a block at once.

Runs analysis: Anhoej and Olesen, PLoS ONE 9:e113825 (2014); Anhoej, PLoS ONE 10:e0121349 (2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pdsa.limits import beyond

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Sides = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The runs of each row: useful points, longest run, crossings; length and first column of each point's run."""

    n_useful: Ints
    longest: Ints
    crossings: Ints
    length: Ints
    start: Ints


def outside(value: Floats, lower: Floats, upper: Floats, included: Bools) -> Bools:
    """Shape (rows, width): points strictly beyond a limit; missing and excluded points are False."""
    size = np.fmax(np.abs(lower), np.abs(upper))
    return included & ((beyond(value, upper, size) > 0) | (beyond(value, lower, size) < 0))


def sides(value: Floats, center: Floats, included: Bools) -> Sides:
    """Shape (rows, width): 1 above the center, -1 below it, 0 on it, missing or excluded."""
    size = np.abs(np.where(included, np.nan_to_num(value), 0.0)).max(axis=1, keepdims=True, initial=0.0)
    side = np.sign(beyond(value, center, size))
    return np.where(included & ~np.isnan(side), side, 0).astype(np.int8)


def runs(side: Sides) -> Runs:
    """The runs of useful points, which pass over points on the center, missing and excluded ones."""
    rows, width = side.shape
    useful = np.flatnonzero(side)
    row = useful // width if width else useful
    sign = side.ravel()[useful]
    begins = np.ones(len(useful), dtype=bool)
    begins[1:] = (sign[1:] != sign[:-1]) | (row[1:] != row[:-1])
    starts = np.flatnonzero(begins)
    lengths = np.diff(np.append(starts, len(useful)))
    longest = np.zeros(rows, dtype=np.int64)
    np.maximum.at(longest, row[starts], lengths)
    length = np.zeros(side.size, dtype=np.int64)
    length[useful] = np.repeat(lengths, lengths)
    start = np.full(side.size, -1, dtype=np.int64)
    start[useful] = np.repeat(useful[starts] % max(width, 1), lengths)
    n_useful = np.bincount(row, minlength=rows)
    crossings = np.maximum(np.bincount(row[starts], minlength=rows) - 1, 0)
    return Runs(n_useful, longest, crossings, length.reshape(side.shape), start.reshape(side.shape))


def longest_run_max(n_useful: Ints) -> Ints:
    """The longest run that is still ordinary: round(log2 n) + 3, and 0 where nothing is useful."""
    return run_limits(int(n_useful.max(initial=0)))[0][n_useful]


def crossings_min(n_useful: Ints) -> Ints:
    """The fewest crossings that are still ordinary: the 5% quantile of Binomial(n - 1, 1/2)."""
    return run_limits(int(n_useful.max(initial=0)))[1][n_useful]


@lru_cache(maxsize=8)
def run_limits(most: int) -> tuple[Ints, Ints]:
    """Both limits for 0 to `most` useful points, in whole numbers without any rounding of probabilities."""
    longest = [0] + [round(math.log2(n)) + 3 for n in range(1, most + 1)]
    return np.array(longest, dtype=np.int64), np.array([0, *_quantiles(most)], dtype=np.int64)


def _quantiles(most: int) -> list[int]:
    """The 5% quantiles of Binomial(m, 1/2) for m = 0 .. most - 1, by counting outcomes."""
    found = []
    k, choose, below = 0, 1, 1  # choose = C(m, k); below = sum of C(m, j) for j up to k
    for m in range(most):
        while 20 * below < 2**m:
            k, choose = k + 1, choose * (m - k) // (k + 1)
            below += choose
        found.append(k)
        # to m + 1: sum C(m+1, j) = 2 sum C(m, j) - C(m, k), and C(m+1, k) = C(m, k) (m+1) / (m+1-k)
        below, choose = 2 * below - choose, choose * (m + 1) // (m + 1 - k)
    return found
