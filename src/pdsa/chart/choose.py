"""`kind="auto"`: which chart each series gets, and the reason in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from pdsa import limits
from pdsa.chart.engine import block_of, blocks
from pdsa.phases import Plan
from pdsa.records import ChartSpec
from pdsa.series import Bools, Floats, Ints, Panel
from pdsa.terms import TRIAL_UNDER

# Variance of a mean moving range over d2 is (A (k - 1) - B) / (k - 1)^2 for k values: Cryer and Ryan,
# Journal of Quality Technology 22:187 (1990).
_A = 2 * np.pi / 3 - 3 + np.sqrt(3)
_B = np.pi / 6 - 2 + np.sqrt(3)
FEWEST_RANGES = 8
_NORMAL_95 = 1.6448536269514722
# The distribution leans to the right: what a simulation of 400,000 series of 5 to 40 points adds to the normal one.
_LEAN = 0.37


def ordinary_sigma_z(k: Floats) -> Floats:
    """The value that sigma_z of k points stays under 19 times of 20 when counting explains all the scatter."""
    steps = np.maximum(k - 1, 1)
    return np.asarray(1 + _NORMAL_95 * np.sqrt((_A * steps - _B) / steps**2) + _LEAN / steps)


def is_rate(panel: Panel, spec: ChartSpec) -> bool:
    """Whether numerators count events (a rate) rather than a part of the denominator (a proportion)."""
    if spec.data_type is not None:
        return spec.data_type != "proportion"
    return bool(np.any(panel.numerator > panel.denominator))


def choose(panel: Panel, plan: Plan, spec: ChartSpec) -> dict[int, str]:
    """The kind of each series by its number; reasons go to `plan.notes`."""
    first = np.flatnonzero(np.diff(plan.series, prepend=-1))
    baseline: Floats = np.bincount(
        plan.segment, weights=plan.baseline & ~np.isnan(panel.value), minlength=len(plan.series)
    ).astype(float)
    short = baseline[first] < TRIAL_UNDER
    ratio = panel.ratio[plan.series[first]]
    rate = is_rate(panel, spec)
    scatter, ranges = _scatter(panel, plan, spec, first, rate)
    # gaps leave fewer ranges than values: sigma_z of a few ranges says nothing
    wide = (ranges >= FEWEST_RANGES) & (scatter > ordinary_sigma_z(1 + ranges.astype(np.float64)))
    kinds = {}
    for i, s in enumerate(plan.series[first].tolist()):
        kind, why = _one(bool(short[i]), bool(ratio[i]), rate, bool(wide[i]), float(scatter[i]), spec)
        kinds[s] = kind
        plan.notes.setdefault(s, []).insert(0, why)
    return kinds


def _one(short: bool, ratio: bool, rate: bool, wide: bool, scatter: float, spec: ChartSpec) -> tuple[str, str]:
    if short:
        return "run", f"run chart: under {TRIAL_UNDER} baseline points limits would mislead"
    if not ratio:
        return "i", "I chart: there are values without numerators and denominators"
    letter, law = ("u", "Poisson") if rate else ("p", "binomial")
    name = f"{letter.upper()}-prime chart"
    if spec.estimated:
        return f"{letter}_prime", f"{name}: numerators are estimated, so counts are not exact (sigma_z {scatter:.2f})"
    if wide:
        return f"{letter}_prime", f"{name}: points scatter {scatter:.2f} times as widely as counting alone explains"
    if np.isnan(scatter):
        return letter, f"{letter.upper()} chart: {law} limits; the scatter cannot be estimated"
    return (
        letter,
        f"{letter.upper()} chart: the points scatter no wider than counting alone can give (sigma_z {scatter:.2f})",
    )


def _scatter(panel: Panel, plan: Plan, spec: ChartSpec, first: Ints, rate: bool) -> tuple[Floats, Ints]:
    """Shape (series,) each: sigma_z of each series' first phase, and the number of ranges it rests on."""
    wanted = np.zeros(len(plan.series), dtype=bool)
    wanted[first] = True
    found, ranges = np.full(len(plan.series), np.nan), np.zeros(len(plan.series), dtype=np.int64)
    prime = limits.prime_rates if rate else limits.prime_proportions
    exact = replace(spec, constants="exact")
    for rows in blocks(np.diff(plan.starts), _with_points(plan, wanted)):
        block = block_of(panel, plan, rows)
        found[rows], ranges[rows] = prime(block, exact).sigma_z, limits.range_count(block, exact)
    return found[first], ranges[first]


def _with_points(plan: Plan, wanted: Bools) -> Bools:
    return wanted & (np.diff(plan.starts) > 0)
