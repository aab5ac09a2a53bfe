"""Networks in which nothing happens: stable values for every kind of chart, and what its rules say of them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pdsa import phases
from pdsa.chart.engine import compute, empty_answer
from pdsa.chart.verdicts import Words, judge
from pdsa.limits.counts import binomial_sigma, poisson_sigma
from pdsa.limits.individuals import c4
from pdsa.limits.rare import NELSON
from pdsa.records import ChartSpec
from pdsa.series import MISSING, REPORTED, Bools, Floats, Panel
from pdsa.terms import RATIO_KINDS, SUBGROUP_KINDS


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """What stable values are drawn around, shape (points,) each; the spec is in the unit of the data (`per` of 1).

    `n` are denominators or sizes of subgroups, 1 where there are none; `level` is what the baseline pools to, or the
    given center; `wide` says how many times as widely as counting the values scatter.
    """

    n: Floats
    level: Floats
    wide: Floats
    spec: ChartSpec
    rng: np.random.Generator

    def normal(self) -> Floats:
        """Standard normal values, moved and stretched to a given center and sigma.

        Lines that come from the values move and stretch with them, so that no verdict depends on either.
        """
        drawn = self.rng.standard_normal(len(self.n)) * (self.sigma or 1.0) / np.sqrt(self.n)
        return np.asarray(drawn + (self.center or 0.0))

    @property
    def center(self) -> float | None:
        """The given center; one given by a column is of single series, and counts as computed."""
        return None if isinstance(self.spec.center, str) else self.spec.center

    @property
    def sigma(self) -> float | None:
        """The given standard deviation, likewise."""
        return None if isinstance(self.spec.sigma, str) else self.spec.sigma

    @property
    def trials(self) -> Floats:
        """Whole denominators."""
        return np.asarray(np.round(np.nan_to_num(self.n)), dtype=np.float64)


def _binomial(ground: Ground) -> Floats:
    share = np.clip(np.nan_to_num(ground.level), 0, 1)
    return ground.rng.binomial(ground.trials.astype(np.int64), share) / np.maximum(ground.trials, 1)


def _poisson(ground: Ground) -> Floats:
    n = np.where(ground.n > 0, ground.n, 1.0)
    return ground.rng.poisson(np.clip(np.nan_to_num(n * ground.level), 0, None)) / n


def _wide_binomial(ground: Ground) -> Floats:
    return _scattered(ground, binomial_sigma(ground.level, ground.n))


def _wide_poisson(ground: Ground) -> Floats:
    return _scattered(ground, poisson_sigma(ground.level, ground.n))


def _scattered(ground: Ground, sigma: Floats) -> Floats:
    return np.asarray(ground.level + ground.rng.normal(size=len(sigma)) * sigma * ground.wide)


def _geometric(ground: Ground) -> Floats:
    chance = 1 / (1 + np.clip(np.nan_to_num(ground.level), 0, None))
    return ground.rng.geometric(chance).astype(np.float64) - 1


def _exponential(ground: Ground) -> Floats:
    """Times whose center is the given one: their median, or what published charts take for the middle."""
    middle = math.gamma(1 + 1 / NELSON) ** NELSON if ground.spec.method == "published" else math.log(2)
    mean = 1.0 if ground.center is None else ground.center / middle
    return ground.rng.exponential(mean, len(ground.n))


_DRAWN: dict[str, Callable[[Ground], Floats]] = {
    **dict.fromkeys(("p", "np"), _binomial),
    **dict.fromkeys(("u", "c"), _poisson),
    "p_prime": _wide_binomial,
    "u_prime": _wide_poisson,
    "g": _geometric,
    "t": _exponential,
}


def _within(ground: Ground) -> Floats:
    """Standard deviations of subgroups; of one value there is none."""
    free = ground.n - 1
    sigma: float | Floats = ground.sigma or 1.0
    if ground.spec.kind == "s" and ground.center is not None:
        sigma = ground.center / c4(ground.n)
    several = free > 0
    drawn = ground.rng.chisquare(np.where(several, free, 1.0)) / np.where(several, free, 1.0)
    return np.where(several, sigma * np.sqrt(drawn), np.nan)


def stable_panel(rows: pd.DataFrame, spec: ChartSpec, replicates: int, rng: np.random.Generator) -> Panel:
    """Each series `replicates` times over: stable values on the same periods, gaps and denominators.

    Parameters
    ----------
    rows
        A row per point: `series`, `there`, `baseline`, `denominator`, `level` and `wide`, in the unit of the data.
    spec
        With the kind of the chart, and `per` of 1.
    """
    lengths = np.tile(rows.groupby("series", sort=True).size().to_numpy(), replicates)

    def many(name: str) -> Floats:
        return np.tile(rows[name].to_numpy(dtype=float), replicates)

    there, denominator = many("there") > 0, many("denominator")
    ratio = spec.kind in RATIO_KINDS and bool(np.isfinite(denominator).any())
    sized = ratio or spec.kind in SUBGROUP_KINDS
    ground = Ground(np.where(there & sized, denominator, 1.0), many("level"), many("wide"), spec, rng)
    within = _within(ground) if spec.kind in SUBGROUP_KINDS else None
    drawn = within if spec.kind == "s" and within is not None else _DRAWN.get(spec.kind, Ground.normal)(ground)
    value = np.where(there, drawn, np.nan)
    nothing = np.full(len(value), np.nan)
    # numerators of counts are whole to the last digit: exact limits ask for that
    above = np.round(value * ground.n) if spec.kind in ("p", "np", "u") else value * ground.n
    return Panel(
        keys=pd.DataFrame(index=range(len(lengths))),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        period=pd.RangeIndex(len(value)),
        value=value,
        numerator=above if sized else nothing,
        denominator=np.where(there, ground.n, np.nan) if sized else nothing,
        people=nothing,
        status=np.where(there, REPORTED, MISSING).astype(np.int8),
        ratio=np.full(len(lengths), ratio),
        columns={"baseline": pd.Series(many("baseline") > 0)},
        within=within,
    )


def verdicts(panel: Panel, spec: ChartSpec) -> Words:
    """Shape (series,): what the rules say of each series now, without the words and chances of a chart."""
    plan = phases.plan(panel, spec)
    answer = empty_answer(len(panel.value), len(plan.series))
    every: Bools = np.ones(len(plan.series), dtype=bool)
    compute(panel, plan, spec, spec.kind, every, answer)
    return judge(answer, spec, np.full(len(every), spec.kind, dtype=object)).verdict
