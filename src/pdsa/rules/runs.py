"""Runs on one side of the center: their lengths, crossings and limits, for all series of a block at once.

Runs analysis: Anhoej and Olesen, PLoS ONE 9:e113825 (2014); Anhoej, PLoS ONE 10:e0121349 (2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pdsa.limits.block import count_rows

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Sides = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Runs:
    """The runs of a block of shape (rows, width): stretches of useful cells of equal sign.

    Parameters
    ----------
    useful
        Shape (cells,): flat places of the cells that are not zero, row by row.
    row_first
        Shape (rows + 1,): where each row begins within `useful`.
    sign
        Shape (cells,): 1 or -1.
    first, length
        Shape (runs,): where each run begins within `useful`, and how many useful cells it has.
    row_runs
        Shape (rows + 1,): where each row's runs begin within `first`.
    """

    useful: Ints
    row_first: Ints
    sign: Sides
    first: Ints
    length: Ints
    row_runs: Ints

    @property
    def n_useful(self) -> Ints:
        """Shape (rows,): useful cells of each row."""
        return np.diff(self.row_first)

    @property
    def crossings(self) -> Ints:
        """Shape (rows,): how often each row changes sides."""
        return np.asarray(np.maximum(np.diff(self.row_runs) - 1, 0))

    @property
    def longest(self) -> Ints:
        """Shape (rows,): the longest run of each row, 0 where it has none."""
        found = np.zeros(len(self.row_runs) - 1, dtype=np.int64)
        filled = np.diff(self.row_runs) > 0
        if len(self.length):
            found[filled] = np.maximum.reduceat(self.length, self.row_runs[:-1][filled])
        return found

    def cells(self, least: Ints | int, skip: int = 0) -> tuple[Ints, Sides]:
        """Flat places and signs of the cells in runs of at least `least`, shape (rows,) or one number.

        The first `skip` cells of each run are left out.
        """
        if not isinstance(least, int):
            least = np.repeat(least, np.diff(self.row_runs))
        chosen = np.flatnonzero(self.length >= least)
        take = np.maximum(self.length[chosen] - skip, 0)
        ends = np.cumsum(take)
        inner = np.arange(int(ends[-1]) if len(ends) else 0) - np.repeat(ends - take, take)
        at = np.repeat(self.first[chosen] + skip, take) + inner
        return self.useful[at], self.sign[at]

    def starts(self, least: int) -> tuple[Ints, Sides]:
        """Flat places and signs of the first cells of runs of at least `least`."""
        at = self.first[self.length >= least]
        return self.useful[at], self.sign[at]

    def numbers(self, size: int) -> npt.NDArray[np.int32]:
        """Shape (size,): the 1-based number of each cell's run within its row, 0 where it is in none."""
        own = np.arange(len(self.first)) - np.repeat(self.row_runs[:-1], np.diff(self.row_runs)) + 1
        found = np.zeros(size, dtype=np.int32)
        found[self.useful] = np.repeat(own, self.length)
        return found


def runs(side: Sides, breaks: Bools | None = None) -> Runs:
    """The runs of useful cells, which pass over cells that are zero; `breaks` marks cells that end a run."""
    there = side != 0
    useful = np.flatnonzero(there)
    row_first = np.concatenate(([0], np.cumsum(count_rows(there))))
    sign = np.take(side.ravel(), useful)
    begins = np.ones(len(useful), dtype=bool)
    np.not_equal(sign[1:], sign[:-1], out=begins[1:])
    begins[row_first[:-1][np.diff(row_first) > 0]] = True
    if breaks is not None:
        stretch = np.cumsum(breaks.ravel())[useful]
        begins[1:] |= stretch[1:] != stretch[:-1]
    first = np.flatnonzero(begins)
    length = np.diff(np.append(first, len(useful)))
    return Runs(useful, row_first, sign, first, length, np.searchsorted(first, row_first))


def longest_run_max(n_useful: Ints) -> Ints:
    """The longest run that is still ordinary: round(log2 n) + 3, and 0 where nothing is useful."""
    return run_limits(int(n_useful.max(initial=0)))[0][n_useful]


def crossings_min(n_useful: Ints) -> Ints:
    """The fewest crossings that are still ordinary: the 5% quantile of Binomial(n - 1, 1/2)."""
    return run_limits(int(n_useful.max(initial=0)))[1][n_useful]


def run_limits(most: int) -> tuple[Ints, Ints]:
    """Both limits for 0 to `most` useful points, in whole numbers without any rounding of probabilities."""
    # a table for the next power of two serves every shorter series
    longest, fewest = _tables(max(512, 1 << max(most, 1).bit_length()))
    return longest[: most + 1], fewest[: most + 1]


@lru_cache(maxsize=8)
def _tables(most: int) -> tuple[Ints, Ints]:
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
