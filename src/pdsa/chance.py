"""How often a stable series signals where no formula says it: by simulation, repeatable to the last digit."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

# How many values are drawn and judged at once.
CELLS = 1 << 20


def simulate(
    n: int, flags: Callable[[Floats], Bools], replicates: int, seed: int, lag1: float = 0.0
) -> tuple[float, float]:
    """The share of stable series that signal, and its standard error.

    Parameters
    ----------
    n
        Points of a series.
    flags
        Takes standard normal values of shape (rows, n), says for each row whether it signals.
    replicates, seed
        How many series, and where the random numbers begin: the same call gives the same answer.
    lag1
        Correlation of neighbors: 0, or that of a first-order autoregression of variance 1.
    """
    rng = np.random.default_rng(seed)
    size = max(1, CELLS // max(n, 1))
    hits = sum(
        int(np.count_nonzero(flags(stable_values(rng, (min(size, replicates - done), n), lag1))))
        for done in range(0, replicates, size)
    )
    share = hits / replicates
    return share, math.sqrt(share * (1 - share) / replicates)


def stable_values(rng: np.random.Generator, shape: tuple[int, int], lag1: float = 0.0) -> Floats:
    """Standard normal values of shape (rows, n): independent, or a stationary first-order autoregression by row."""
    drawn = rng.standard_normal(shape)
    if lag1 == 0:
        return drawn
    innovation = math.sqrt(1 - lag1**2)
    steps = np.ascontiguousarray(drawn.T)
    for before, after in zip(steps[:-1], steps[1:], strict=True):
        after *= innovation
        after += lag1 * before
    return steps.T
