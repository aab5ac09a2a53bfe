"""Exact chances that a stable series breaks a rule about runs, and the limits of Swed and Eisenhart.

Signs about a center are two compositions laid into each other: that of the points above into runs, and that of the
points below. Let t(m, k) be 2**-m times the number of ways to write m as k parts, none longer than the longest run
allowed: t(m, k) = sum of 2**-l t(m - l, k - 1) over l = 1 .. longest. All terms are positive, so the relative error
stays near m times the precision of a float. Rows of t answer every question here:

- a fixed center, independent signs: 2 t(n, k) is the chance of k runs, none too long;
- a points above and b below: 2 t(a, k) t(b, k) for 2 k runs, t(a, k + 1) t(b, k) + t(a, k) t(b, k + 1) for 2 k + 1.

Same aim as crossrun: Wentzel-Larsen and Anhoej, PLoS ONE 14:e0223233 (2019), doi 10.1371/journal.pone.0223233.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from pdsa.terms import TAIL_3S

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

# Runs of more points than this have a chance under n / 2**64: longer limits change no digit of a float.
LONGEST = 64
# Tables up to this many points are kept; every length of a panel of ordinary series is then a matter of microseconds.
KEPT = 512
# Beyond this many points a count of runs is judged as if half of the points lay above the center (`runs_alarm`).
LONG = 2_000
# How many cells of the runs distribution are worked on at once.
CELLS = 1 << 20
# A tail that equals the one asked for but for rounding counts as equal.
EQUAL = 1 + 1e-12


@lru_cache(maxsize=65_536)
def runs_alarm(
    n_useful: int,
    longest: int | None = None,
    crossings: int = 0,
    *,
    few: bool = False,
    many: bool = False,
    own_median: bool = False,
) -> float:
    """The chance that a stable series breaks at least one of the rules about runs.

    Parameters
    ----------
    n_useful
        Points that are not on the center.
    longest
        The longest run that is still ordinary: round(log2 n) + 3 for `long_run`, k - 1 for a shift of k, the smaller
        one for both; None for no such rule.
    crossings
        The fewest crossings that are still ordinary; 0 for no such rule.
    few, many
        Whether fewer, or more, runs than the limits of `run_count_limits` are a signal.
    own_median
        False: the center is fixed, so signs are independent. True: it is the median of the same points, so every
        order of as many points above as below is equally likely (one more above than below where `n_useful` is odd).

    Notes
    -----
    Exact (absolute error under 1e-12), but for `few` or `many` about a fixed center with more than 2,000 points: then
    half of the points are taken to lie above it, which at 2,000 points is off by less than .01.

    Source: Wentzel-Larsen and Anhoej 2019, doi 10.1371/journal.pone.0223233; Swed and Eisenhart 1943,
    doi 10.1214/aoms/1177731494.
    """
    if n_useful < 1:
        return 0.0
    most = LONGEST if longest is None else min(longest, LONGEST)
    if most < 1:
        return 1.0
    if own_median or ((few or many) and n_useful > LONG):
        ordinary = _balanced(n_useful, most, crossings, few, many)
    elif few or many:
        ordinary = _any_counts(n_useful, most, crossings, few, many)
    else:
        runs = _band(n_useful, n_useful)
        ordinary = 2 * float(_row(n_useful, most, runs)[runs > crossings].sum())
    return min(max(1 - ordinary, 0.0), 1.0)


def with_outside(n: int, runs: float, tail: float = 2 * TAIL_3S) -> float:
    """The chance of a point beyond fixed limits among n points, or of a signal about runs.

    Whether a normal value lies beyond symmetric limits does not depend on its side of the center, so the two chances
    multiply. `tail` is the chance of one point beyond either limit, `runs` an answer of `runs_alarm`.
    """
    return -math.expm1(n * math.log1p(-tail) + math.log1p(-runs)) if runs < 1 else 1.0


def run_count_limits(above: Ints, below: Ints, tail: float = 0.025) -> tuple[Ints, Ints]:
    """The fewest and the most runs that are still ordinary, given the points above and below the center.

    Fewer than the fewest, or more than the most, have a chance of at most `tail` each. Arrays of any one shape.

    Source: Swed and Eisenhart, Annals of Mathematical Statistics 14:66 (1943), doi 10.1214/aoms/1177731494.
    """
    above, below = np.broadcast_arrays(np.asarray(above, dtype=np.int64), np.asarray(below, dtype=np.int64))
    small, large = np.minimum(above, below), np.maximum(above, below)
    base = int(large.max(initial=0)) + 1
    pairs, place = np.unique(small * base + large, return_inverse=True)
    few, many = np.ones_like(pairs), np.ones_like(pairs)
    first, last = _window(pairs // base, pairs % base)
    order = np.argsort(last - first, kind="stable")
    order = order[pairs[order] >= base]  # with nothing on one side there is one run, for certain
    while order.size:
        # narrow windows first: padding to the widest of a batch then costs little
        take = max(1, int(np.searchsorted(np.cumsum(last[order] - first[order] + 1), CELLS)))
        batch, order = order[:take], order[take:]
        sides = pairs[batch] // base, pairs[batch] % base
        few[batch], many[batch] = _count_limits(*sides, first[batch], last[batch], tail)
    return few[place].reshape(above.shape), many[place].reshape(above.shape)


def _window(small: Ints, large: Ints) -> tuple[Ints, Ints]:
    """First and last k, the runs of the rarer side: ten standard deviations and a dozen around their mean."""
    n = np.maximum(small + large, 2)
    product = small * large / n
    spread = 5 * np.sqrt(np.maximum(2 * product * (2 * product - 1), 0) / (n - 1)) + 12
    return np.maximum(np.floor(product - spread), 1).astype(np.int64), np.minimum(
        np.ceil(product + spread), np.maximum(small, 1)
    ).astype(np.int64)


def _count_limits(small: Ints, large: Ints, first: Ints, last: Ints, tail: float) -> tuple[Ints, Ints]:
    k = (first[:, None] + np.arange(int((last - first).max()) + 1)).astype(np.float64)
    inside = k <= last[:, None]
    a, b = small[:, None], large[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.log((a - k) * (b - k) / k**2)  # from k to k + 1 runs on each side
    steps = np.where(inside[:, 1:], ratio[:, :-1], -np.inf)
    height = np.concatenate([np.zeros((len(k), 1)), np.cumsum(steps, axis=1)], axis=1)
    pairs = np.exp(height - height.max(axis=1, keepdims=True))
    # 2 k runs begin on either side; 2 k + 1 runs have one more run on one of them
    mass = np.stack([2 * pairs, np.where(inside, pairs * (a + b - 2 * k) / k, 0.0)], axis=2).reshape(len(k), -1)
    edge = tail * EQUAL * mass.sum(axis=1, keepdims=True)
    few = 2 * first + (np.cumsum(mass, axis=1) <= edge).sum(axis=1)
    many = 2 * first + mass.shape[1] - 1 - (np.cumsum(mass[:, ::-1], axis=1) <= edge).sum(axis=1)
    return few, many


def _any_counts(n: int, longest: int, crossings: int, few: bool, many: bool) -> float:
    """The chance that all is ordinary about a fixed center: summed over the number of points above it."""
    table = _table(n, longest)[: n + 1, : n // 2 + 2]
    runs, mass = _by_runs(table, table[::-1], 0)
    above = np.arange(n + 1)
    return _ordinary(runs, mass, (above, n - above), crossings, few, many)


def _balanced(n: int, longest: int, crossings: int, few: bool, many: bool) -> float:
    """The same about the median of the points themselves."""
    half = n // 2
    k = _band(half, n)
    runs, mass = _by_runs(_row(n - half, longest, k)[None, :], _row(half, longest, k)[None, :], int(k[0]))
    ways = math.comb(n, half) / (1 << int(n))  # a whole number of any size, whatever kind of integer n is
    return _ordinary(runs, mass, (np.array([n - half]), np.array([half])), crossings, few, many) / ways


def _ordinary(runs: Ints, mass: Floats, counts: tuple[Ints, Ints], crossings: int, few: bool, many: bool) -> float:
    fewest, most = run_count_limits(*counts)
    kept = runs > crossings
    kept = kept & (runs >= fewest[:, None]) if few else np.broadcast_to(kept, mass.shape)
    return float(mass[kept & (runs <= most[:, None]) if many else kept].sum())


def _by_runs(up: Floats, down: Floats, first: int) -> tuple[Ints, Floats]:
    """Numbers of runs and, by row, their chances: columns of `up` and `down` are k = first, first + 1, ..."""
    mass = np.zeros((len(up), 2 * up.shape[1]))
    mass[:, 0::2] = 2 * up * down
    mass[:, 1:-1:2] = up[:, 1:] * down[:, :-1] + up[:, :-1] * down[:, 1:]
    return np.arange(2 * first, 2 * first + mass.shape[1]), mass


def _band(m: int, n: int) -> Ints:
    """The k that matter in t(m, k): all, or those within 16 standard deviations, of n points, around m / 2."""
    width = min(m + 2, 16 * math.isqrt(n))
    first = max(m // 2 - width // 2, 0)
    return np.arange(first, first + width)


def _row(m: int, longest: int, k: Ints) -> Floats:
    return _table(m, longest)[m, k] if m <= KEPT else _wound(m, longest, len(k))[k % len(k)]


def _table(n: int, longest: int) -> Floats:
    """The rows t(0), ..., t(n) and perhaps more."""
    if n > KEPT:
        return _rows(n, longest)
    return _kept(max(64, 1 << (n - 1).bit_length() if n > 1 else 1), longest)


@lru_cache(maxsize=16)
def _kept(n: int, longest: int) -> Floats:
    table = _rows(n, longest)
    table.flags.writeable = False
    return table


def _rows(n: int, longest: int) -> Floats:
    weights = 0.5 ** np.arange(longest, 0, -1)
    table = np.zeros((n + 1, n + 2))
    table[0, 0] = 1
    for m in range(1, n + 1):
        back = min(m, longest)
        table[m, 1 : m + 1] = weights[longest - back :] @ table[m - back : m, :m]
    return table


def _wound(m: int, longest: int, width: int) -> Floats:
    """The row t(m, k) with k modulo the width: what lies so far out that it would overlap is below any precision."""
    weights = np.tile(0.5 ** np.arange(longest, 0, -1), 2)
    ring = np.zeros((longest, width))
    ring[0, 0] = 1
    for step in range(1, m + 1):
        # the row of step - l stands at (step - l) modulo longest; what is not yet filled is zero
        place = step % longest
        row = weights[longest - place : 2 * longest - place] @ ring
        ring[place, 1:], ring[place, 0] = row[:-1], row[-1]
    return np.asarray(ring[m % longest])
