"""How often one point of a stable series of counts lies beyond its limits: counts seldom hit .0027."""

from __future__ import annotations

import numpy as np

from pdsa import quantiles, rules
from pdsa.chart.engine import COUNTED, Answer
from pdsa.chart.verdicts import Words
from pdsa.limits import Floats
from pdsa.limits.counts import binomial_quantile, poisson_quantile
from pdsa.limits.rare import geometric_quantile
from pdsa.records import ChartSpec
from pdsa.series import Bools
from pdsa.terms import TAIL_3S


def tails_of(answer: Answer, spec: ChartSpec, kind_of: Words) -> Floats:
    """Shape (segments,): the probability of one point outside, by the distribution of the kind.

    Of counts at the series' mean denominator and its baseline's mean; of other kinds that of a normal value. Where
    several rules speak of points outside, the one nearest to the center decides.
    """
    sigmas = [rules.lengths_of(rule)[2] for rule in spec.rules if rule.name == "outside"]
    k = min(sigmas, default=3.0)
    tails = np.full(len(kind_of), 2 * _normal(k))
    for kind in set(kind_of.tolist()) & set(COUNTED):
        rows = kind_of == kind
        tails[rows] = Law(answer, spec, kind, rows).outside(k)
    return tails


# Counts from here on are normal for every purpose.
LARGE = 1e9


def _normal(k: float) -> float:
    from scipy.special import ndtr

    return float(ndtr(-k))


class Law:
    """The distribution of the counts of some segments, and their charts' limits at the mean denominator."""

    def __init__(self, answer: Answer, spec: ChartSpec, kind: str, rows: Bools) -> None:
        segment = answer.segment
        self.kind, self.spec, self.exact = kind, spec, answer.exact[rows]
        self.rate, self.base = segment["expected"][rows], np.nan_to_num(segment["base"][rows])
        alone = np.ones(len(self.rate))
        self.n = alone if kind in ("c", "g") else np.maximum(np.round(np.nan_to_num(segment["size"][rows])), 1)
        self.parts = kind in ("p", "np")
        # of larger numbers counting and the normal law say the same
        self.large = (self.n >= LARGE) | (np.nan_to_num(self.rate) * self.n >= LARGE) | (self.base >= LARGE)
        self.n, self.rate = np.where(self.large, 1.0, self.n), np.where(self.large, 0.5, self.rate)
        self.base = np.where(self.large, 1.0, self.base)
        self.mean = np.nan_to_num(self.rate) * self.n
        share = np.clip(np.nan_to_num(self.rate), 0, 1)
        self.share = share
        self.sigma = np.sqrt(self.mean * (1 - share) if self.parts else self.mean)

    def outside(self, k: float) -> Floats:
        """The probability of a count beyond the limits at k standard deviations."""
        if self.kind == "g":
            return np.where(self.large, _normal(k), self._beyond_geometric(k))
        low, high = self.mean - k * self.sigma, self.mean + k * self.sigma
        if k == 3 and self.spec.method != "published":
            low, high = self._own_limits(low, high)
        return np.where(self.large, 2 * _normal(k), self._beyond(low, high))

    def _own_limits(self, low: Floats, high: Floats) -> tuple[Floats, Floats]:
        """Exact or predictive limits where the chart has them."""
        found = []
        for tail, line in ((TAIL_3S, low), (1 - TAIL_3S, high)):
            if self.spec.method == "predictive" and self.spec.center is None:
                found.append(self._next(tail))
            else:
                law = binomial_quantile if self.parts else poisson_quantile
                found.append(np.where(self.exact, law(tail, self.n, self.share if self.parts else self.rate), line))
        return found[0], found[1]

    def _next(self, tail: float) -> Floats:
        above, base = np.nan_to_num(self.rate) * self.base, np.maximum(self.base, 1e-9)
        if self.parts:
            return quantiles.beta_binomial_quantile(tail, self.n, above + 0.5, np.maximum(base - above, 0) + 0.5)
        return quantiles.gamma_poisson_quantile(tail, above + 0.5, self.n / base)

    def _beyond(self, low: Floats, high: Floats) -> Floats:
        from scipy.special import bdtr, bdtrc, pdtr, pdtrc

        most, least = np.floor(high + 1e-9), np.ceil(low - 1e-9) - 1
        if self.parts:
            trials = self.n.astype(np.int64)
            above = np.where(most < trials, bdtrc(np.clip(most, 0, trials), trials, self.share), 0.0)
            below = np.where(least >= 0, bdtr(np.clip(least, 0, trials), trials, self.share), 0.0)
        else:
            above = pdtrc(np.maximum(most, 0), self.mean)
            below = np.where(least >= 0, pdtr(np.maximum(least, 0), self.mean), 0.0)
        return np.asarray(np.nan_to_num(above + below))

    def _beyond_geometric(self, k: float) -> Floats:
        mean = np.nan_to_num(self.rate)
        high = mean + k * np.sqrt(mean * (mean + 1))
        if k == 3 and self.spec.method != "published":
            high = np.nan_to_num(geometric_quantile(mean, TAIL_3S))
            if self.spec.method == "predictive" and self.spec.center is None:
                events = np.maximum(self.base, 1) + 0.5
                high = quantiles.beta_geometric_quantile(1 - TAIL_3S, events, mean * self.base + 0.5)
        return np.asarray((mean / (mean + 1)) ** (np.floor(high + 1e-9) + 1))
