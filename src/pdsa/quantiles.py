"""Quantiles of the next value, given a baseline: what predictive limits are made of.

Counts follow one convention: the quantile is the smallest count whose distribution function reaches q, so a count
strictly below the lower limit, or strictly above the upper one, has at most the chance of its tail. Every function
takes arrays of any shape (they are broadcast) and one q; without a finite number in, NaN out.

The prior is Jeffreys' in each case, which the caller adds: a + 1/2 and b + 1/2 for proportions, events + 1/2 for rates.
Background: Hillier, Journal of Quality Technology 1:17 (1969); predictive control charts, Journal of Quality Technology
54(4) (2022), doi 10.1080/00224065.2021.1916413.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Numbers = Floats | float

# How many counts of the beta-binomial distribution are worked on at once.
CELLS = 1 << 20
# Counts whose chance is under exp(-46) of that of the likeliest one add nothing to a float.
NEGLIGIBLE = 46.0
# A distribution function that equals q but for rounding has reached it.
EQUAL = 1 - 1e-12


def beta_binomial_quantile(q: float, n: Numbers, a: Numbers, b: Numbers) -> Floats:
    """The smallest count of the next `n` trials whose distribution function reaches q.

    Parameters
    ----------
    n
        Trials of the next period, whole numbers.
    a, b
        The posterior of the proportion: baseline events + 1/2, baseline non-events + 1/2; both positive.

    Notes
    -----
    The chances of all counts that matter are built from the ratio of neighbors and divided by their sum: no gamma
    function of a large number, whose rounding would show. Exact to about 1e-12 of the distribution function.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, chapter 6 (negative hypergeometric).
    """
    n, a, b = np.broadcast_arrays(*(np.asarray(part, dtype=np.float64) for part in (n, a, b)))
    known = np.isfinite(n + a + b)
    trials, up, down = n[known], a[known], b[known]
    first, last = _counts_that_matter(trials, up, down)
    found = np.empty(len(trials))
    order = np.argsort(last - first, kind="stable")
    while order.size:
        # narrow windows first: padding to the widest of a batch then costs little
        take = max(1, int(np.searchsorted(np.cumsum(last[order] - first[order] + 1), CELLS)))
        batch, order = order[:take], order[take:]
        found[batch] = _count_reaching(q, trials[batch], up[batch], down[batch], first[batch], last[batch])
    out = np.full(n.shape, np.nan)
    out[known] = found
    return out


def gamma_poisson_quantile(q: float, shape: Numbers, scale: Numbers) -> Floats:
    """The smallest count whose negative binomial distribution function reaches q.

    Parameters
    ----------
    shape
        Baseline events + 1/2.
    scale
        Exposure of the next period divided by that of the whole baseline; without exposures, 1 / number of periods.

    Notes
    -----
    F(x) = 1 - I(x + 1, shape; scale / (1 + scale)), with the incomplete beta function I.

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, chapter 5 (negative binomial).
    """
    from scipy.special import betaincc

    shape, scale = np.broadcast_arrays(np.asarray(shape, dtype=np.float64), np.asarray(scale, dtype=np.float64))
    with np.errstate(invalid="ignore"):
        share = scale / (1 + scale)
    return _smallest(lambda x: betaincc(x + 1, shape, share), q, shape * scale)


def beta_geometric_quantile(q: float, a: Numbers, b: Numbers) -> Floats:
    """The smallest number of cases between two events whose distribution function reaches q.

    Parameters
    ----------
    a, b
        The posterior of the chance of an event at a case: baseline events + 1/2, baseline cases without + 1/2.

    Notes
    -----
    Closed form: the chance of x or more cases between is B(a, b + x) / B(a, b).

    Source: Johnson, Kemp and Kotz, Univariate Discrete Distributions, chapter 6 (beta-geometric).
    """
    from scipy.special import betaln

    a, b = np.broadcast_arrays(np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64))
    return _smallest(lambda x: -np.expm1(betaln(a, b + x + 1) - betaln(a, b)), q, b / a)


def exponential_quantile(q: float, k: Numbers, mean: Numbers) -> Floats:
    """The quantile of the next time between events, when `k` baseline times have this mean.

    The next time over that mean follows F(2, 2 k), whose distribution function is 1 - (1 + x / k)**-k.

    Source: Johnson, Kotz and Balakrishnan, Continuous Univariate Distributions 2, chapter 27.
    """
    k = np.asarray(k, dtype=np.float64)
    return np.asarray(k * mean * np.expm1(-np.log1p(-q) / k))


def normal_quantile(q: float, k: Numbers, mean: Numbers, sd: Numbers) -> Floats:
    """The quantile of the next normal value, when `k` baseline values have this mean and sample standard deviation.

    mean + t(k - 1) sd sqrt(1 + 1 / k); NaN for fewer than two values.

    Source: Hillier, Journal of Quality Technology 1:17 (1969).
    """
    k = np.asarray(k, dtype=np.float64)
    with np.errstate(divide="ignore"):
        return np.asarray(mean + t_quantile(q, k - 1) * sd * np.sqrt(1 + 1 / k))


def t_quantile(q: float, df: Numbers) -> Floats:
    """The quantile of Student's t distribution; NaN without a degree of freedom."""
    from scipy.special import stdtrit

    df = np.asarray(df, dtype=np.float64)
    return np.where(df > 0, stdtrit(np.where(df > 0, df, 1.0), q), np.nan)


def chi_square_quantile(q: float, df: Numbers) -> Floats:
    """The quantile of the chi-square distribution; NaN without a degree of freedom."""
    from scipy.special import gammaincinv

    half = np.asarray(df, dtype=np.float64) / 2
    return np.where(half > 0, 2 * gammaincinv(np.where(half > 0, half, 1.0), q), np.nan)


# The largest whole number that is told apart from the next.
MOST = 2.0**52


def _smallest(cdf: Callable[[Floats], Floats], q: float, guess: Floats) -> Floats:
    """The smallest whole number whose distribution function reaches q, by doubling and then halving."""
    known = np.isfinite(guess)
    high = np.where(known, np.ceil(guess), 0.0)
    reach = q * EQUAL
    while np.any(short := known & (cdf(high) < reach) & (high < MOST)):
        high = np.where(short, 2 * high + 1, high)
    low = np.zeros_like(high)
    # beyond whole numbers that a float can tell apart halving would never end
    high = np.minimum(high, MOST)
    while np.any(low < high):
        middle = np.floor((low + high) / 2)
        missed = cdf(middle) < reach
        low, high = np.where(missed, middle + 1, low), np.where(missed, high, middle)
    return np.where(known, low, np.nan)


def _log_chance(x: Floats, n: Floats, a: Floats, b: Floats) -> Floats:
    """The logarithm of a beta-binomial chance, but for what does not depend on x."""
    from scipy.special import gammaln

    return np.asarray(gammaln(x + a) - gammaln(x + 1) + gammaln(n - x + b) - gammaln(n - x + 1))


def _counts_that_matter(n: Floats, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """The first and the last count that are not negligible."""
    with np.errstate(divide="ignore", invalid="ignore"):
        peak = np.clip(np.floor((n * (a - 1) - (b - 1)) / (a + b - 2)) + 1, 0, n)
    # with a + b of 2 or less no count is negligible, wherever the peak
    peak = np.where(a + b > 2, peak, 0.0)
    floor = _log_chance(peak, n, a, b) - NEGLIGIBLE
    return _edge(peak, np.zeros_like(n), floor, (n, a, b)), _edge(peak, n, floor, (n, a, b))


def _edge(peak: Floats, end: Floats, floor: Floats, terms: tuple[Floats, Floats, Floats]) -> Floats:
    """A count between peak and end beyond which the chances are below the floor: the nearest one, or 5% further out."""
    inside, outside = peak, end
    while np.any(np.abs(outside - inside) > 1 + 0.05 * np.abs(outside - peak)):
        middle = np.floor((inside + outside) / 2)
        negligible = _log_chance(middle, *terms) < floor
        inside, outside = np.where(negligible, inside, middle), np.where(negligible, middle, outside)
    return outside


def _count_reaching(q: float, n: Floats, a: Floats, b: Floats, first: Floats, last: Floats) -> Floats:
    x = first[:, None] + np.arange(int((last - first).max(initial=0)) + 1)
    before, inside = x[:, :-1], x[:, 1:] <= last[:, None]
    left = n[:, None] - before
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.log(left * (a[:, None] + before) / ((before + 1) * (b[:, None] + left - 1)))
    height = np.zeros(x.shape)
    np.cumsum(np.where(inside, steps, -np.inf), axis=1, out=height[:, 1:])
    chance = np.cumsum(np.exp(height - height.max(axis=1, keepdims=True)), axis=1)
    return np.asarray(first + (chance < q * EQUAL * chance[:, -1:]).sum(axis=1))
