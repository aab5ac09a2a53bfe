"""Limits for the next point that keep the error rate of three sigma although they rest on few baseline points.

Sources: Hillier, Journal of Quality Technology 1:17 (1969); predictive control charts, Journal of Quality Technology
54(4) (2022), doi 10.1080/00224065.2021.1916413. Priors are Jeffreys'. A point of the baseline itself lies within such
limits more often than a later one: the limits speak of the next points.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from pdsa import quantiles
from pdsa.limits.block import Block, Bools, Floats, Lines, around, estimated_share, given_or, range_sigma, ratio
from pdsa.limits.counts import MOST_TRIALS, binomial_sigma, poisson_sigma, trials, whole
from pdsa.limits.individuals import TAILS, trials_of
from pdsa.records import ChartSpec
from pdsa.terms import TAIL_2S, TAIL_3S

Quantile = Callable[[float], Floats]


def _with(lines: Lines, quantile: Quantile) -> Lines:
    """The lines with limits at the quantiles of the next point; one that cannot be reached is missing."""
    return lines.redrawn({name: quantile(tail) for name, tail in TAILS}, np.ones(len(lines.value), dtype=bool))


def _spread(values: Floats, block: Block, center: Floats, known_center: bool | Bools) -> tuple[Floats, Floats]:
    """Shape (rows, 1) each: the sample standard deviation of the baseline, and its degrees of freedom."""
    apart = np.where(block.used, values - center, 0.0)
    free = block.count(block.used & ~np.isnan(values)).astype(np.float64) - np.logical_not(known_center)
    found = np.sqrt(ratio(block.total(apart**2), np.maximum(free, 0)))
    return np.where(found > 0, found, np.nan), free


def individuals(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Student's t around the mean; with a given sigma the normal distribution."""
    share = estimated_share(ratio(np.ones((len(block.value), 1)), block.count(block.used)), block)
    spread, free = _spread(block.value, block, lines.center, share == 0)
    return _student(lines, given_or(spread, block.sigma) * np.sqrt(1 + share), free, block)


def _student(lines: Lines, wide: Floats, free: Floats, block: Block) -> Lines:
    """Student's t around the center; the normal distribution in rows with a given sigma."""

    def quantile(tail: float) -> Floats:
        return lines.center + given_or(quantiles.t_quantile(tail, free), _normal(tail, block)) * wide

    return _with(lines, quantile)


def _normal(tail: float, block: Block) -> Floats | None:
    """Shape (rows, 1): the normal quantile in rows with a given sigma, NaN in the others."""
    many = {TAIL_3S: -3.0, 1 - TAIL_3S: 3.0, TAIL_2S: -2.0, 1 - TAIL_2S: 2.0}[tail]
    return None if block.sigma is None else np.where(np.isnan(block.sigma), np.nan, many)


def prime_individuals(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Student's t for values that scatter with one over the root of their denominators."""
    n = trials_of(block)
    spread, free = _spread((block.value - lines.center) * np.sqrt(n), block, np.zeros_like(lines.center), False)
    share = estimated_share(ratio(np.ones_like(spread), block.total(np.where(block.used, n, 0.0))), block)
    return _student(lines, spread * np.sqrt(1 / n + share), free, block)


def means(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Student's t with the degrees of freedom within all subgroups of the baseline."""
    size = np.where(np.isnan(block.value), np.nan, block.denominator)
    free = np.where(block.used & (size > 1), size - 1, 0.0)
    within = np.zeros_like(size) if block.within is None else np.nan_to_num(block.within)
    total = block.total(free)
    spread = np.sqrt(ratio(block.total(free * within**2), total))
    spread = np.where(spread > 0, spread, np.nan)
    share = estimated_share(ratio(np.ones_like(total), block.total(np.where(block.used, size, 0.0))), block)
    return _student(lines, given_or(spread, block.sigma) * np.sqrt(1 / size + share), total, block)


def _baseline_sum(values: Floats, block: Block) -> Floats:
    return block.total(np.where(block.used, values, 0.0))


def proportions(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Beta-binomial limits; of estimated numerators, which are no counts, Student's t for scores."""
    if spec.estimated:
        return prime_proportions(lines, block, spec)
    above, below, n = _baseline_sum(block.numerator, block), _baseline_sum(block.denominator, block), trials(block)
    counted = whole(block.numerator) & whole(n) & (np.nan_to_num(n).max(axis=1, keepdims=True) < MOST_TRIALS)
    size = np.where(counted, n, np.nan)

    def quantile(tail: float) -> Floats:
        return ratio(
            quantiles.beta_binomial_quantile(tail, size, above + 0.5, np.maximum(below - above, 0) + 0.5), size
        )

    return _or_scores(_with(lines, quantile), counted, prime_proportions(lines, block, spec))


def _or_scores(found: Lines, counted: Bools, others: Lines) -> Lines:
    """Limits of counts, and Student's t for scores in rows whose numbers are no counts, or too large to be counted."""
    if counted.all():
        return found
    names = ("lower", "upper", "lower_2s", "upper_2s")
    return found.redrawn(
        {name: np.where(counted, getattr(found, name), getattr(others, name)) for name in names}, found.exact
    )


def numbers(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """The limits of proportions, multiplied by the denominators."""
    n = trials(block)
    share = proportions(replace(lines, value=ratio(lines.value, n), center=ratio(lines.center, n)), block, spec)
    return lines.redrawn({name: getattr(share, name) * n for name, _ in TAILS}, share.exact)


def rates(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Gamma-Poisson limits; of estimated numerators, Student's t for scores."""
    n = trials(block)
    if spec.estimated:
        return prime_rates(lines, block, spec)
    events, exposure = _baseline_sum(block.numerator, block), _baseline_sum(block.denominator, block)
    counted = (events < MOST_TRIALS) & (np.nan_to_num(block.numerator).max(axis=1, keepdims=True) < MOST_TRIALS)
    shape = np.where(counted, events + 0.5, np.nan)
    found = _with(lines, lambda tail: ratio(quantiles.gamma_poisson_quantile(tail, shape, ratio(n, exposure)), n))
    return _or_scores(found, counted, prime_rates(lines, block, spec))


def counts(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Gamma-Poisson limits, of periods that are all alike."""
    share = ratio(np.ones_like(lines.center), block.count(block.used))
    events = _baseline_sum(block.value, block)
    counted = (events < MOST_TRIALS) & (np.nan_to_num(block.value).max(axis=1, keepdims=True) < MOST_TRIALS)
    shape = np.where(counted, events + 0.5, np.nan)
    found = _with(lines, lambda tail: quantiles.gamma_poisson_quantile(tail, shape, share))
    return _or_scores(found, counted, _scores(lines, block, spec, np.sqrt(lines.center)))


def prime_proportions(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Student's t for scores, never narrower than counting gives."""
    return _scores(lines, block, spec, binomial_sigma(lines.center, trials(block)))


def prime_rates(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Student's t for scores, never narrower than counting gives."""
    return _scores(lines, block, spec, poisson_sigma(lines.center, trials(block)))


def _scores(lines: Lines, block: Block, spec: ChartSpec, sigma: Floats) -> Lines:
    """Values that scatter `spread` times as widely as counting alone: at least once."""
    spread, free = _spread(ratio(block.value - lines.center, sigma), block, np.zeros_like(lines.center), False)
    share = estimated_share(ratio(np.ones_like(spread), block.count(block.used)), block)
    wide = np.fmax(spread, 1.0) * np.sqrt(1 + share) * sigma
    return _with(lines, lambda tail: lines.center + quantiles.t_quantile(tail, free) * wide)


def scores(block: Block, spec: ChartSpec) -> Lines:
    """Lines of scores: those of a prime chart whose counting alone would give a standard deviation of 1."""
    center = block.mean(block.value, block.used)
    one = np.ones_like(center)
    lines = around(block.value, center, np.fmax(range_sigma(block.value, block, spec), one))
    return _scores(lines, block, spec, one) if spec.method == "predictive" else lines


def cases_between(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Beta-geometric limit above and none below; with a given mean, the geometric quantile."""
    events = block.count(block.used).astype(np.float64)
    cases = _baseline_sum(block.value, block)
    # more cases than can be counted on: the guarded quantile is the same
    counted = cases < MOST_TRIALS
    some = np.where(counted, cases, np.nan)
    found = _with(lines, lambda tail: quantiles.beta_geometric_quantile(tail, events + 0.5, some + 0.5))
    none = np.full_like(lines.center, np.nan)
    return _or_scores(replace(found, lower=none, inner=(none, found.upper_2s)), counted, lines)


def as_they_are(lines: Lines, block: Block, spec: ChartSpec) -> Lines:
    """Run charts have no limits, and those of T charts are guarded as predictive ones already."""
    return lines


def known_rows(lines: Lines, found: Lines, block: Block) -> Lines:
    """Of counts about a given center nothing is estimated: the limits of these rows are the guarded ones already."""
    if block.center is None:
        return found
    given = ~np.isnan(block.center)
    names = ("lower", "upper", "lower_2s", "upper_2s")
    drawn = {name: np.where(given, getattr(lines, name), getattr(found, name)) for name in names}
    return found.redrawn(drawn, np.where(given[:, 0], lines.exact, found.exact))


# Kinds whose sigma follows from their center.
COUNTED = ("p", "np", "u", "c", "g")
PREDICTIVE: dict[str, Callable[[Lines, Block, ChartSpec], Lines]] = {
    "run": as_they_are,
    "i": individuals,
    "i_prime": prime_individuals,
    "xbar": means,
    "p": proportions,
    "np": numbers,
    "u": rates,
    "c": counts,
    "p_prime": prime_proportions,
    "u_prime": prime_rates,
    "g": cases_between,
    "t": as_they_are,
}
