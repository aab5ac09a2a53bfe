"""`kind="auto"`: which chart each series gets, and the reason in words."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from pdsa import limits, rules
from pdsa.chart.engine import block_at, places
from pdsa.limits import counts
from pdsa.phases import Plan
from pdsa.records import ChartSpec
from pdsa.series import Floats, Ints, Panel
from pdsa.terms import TRIAL_UNDER

Kinds = npt.NDArray[np.object_]

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


def choose(panel: Panel, plan: Plan, spec: ChartSpec) -> Kinds:
    """Shape (series,): the kind of each series; reasons go to `plan.notes`."""
    first = np.flatnonzero(np.diff(plan.series, prepend=-1))
    usable = plan.baseline & ~np.isnan(panel.value)
    baseline = np.add.reduceat(usable, plan.starts[:-1], dtype=np.int64)[first] if len(first) else first
    ratio = panel.ratio[plan.series[first]]
    rate = is_rate(panel, spec)
    scatter, ranges = _scatter(panel, plan, spec, first, rate)
    # gaps leave fewer ranges than values: sigma_z of a few ranges says nothing
    wide = (ranges >= FEWEST_RANGES) & (scatter > ordinary_sigma_z(1 + ranges.astype(np.float64)))
    kinds = np.full(panel.size, "run", dtype=object)
    for i, s in enumerate(plan.series[first].tolist()):
        kind, why = _one(int(baseline[i]), bool(ratio[i]), rate, bool(wide[i]), float(scatter[i]), spec)
        kinds[s] = kind
        plan.notes.setdefault(s, []).insert(0, why)
    return kinds


def _one(baseline: int, ratio: bool, rate: bool, wide: bool, scatter: float, spec: ChartSpec) -> tuple[str, str]:
    if baseline < TRIAL_UNDER:
        return "run", f"run chart: under {TRIAL_UNDER} baseline points limits would mislead"
    if not ratio:
        return _without_denominators(wide, scatter, spec)
    letter, law = ("u", "Poisson") if rate else ("p", "binomial")
    name = f"{letter.upper()}-prime chart"
    if spec.estimated:
        known = "" if np.isnan(scatter) else f"; points scatter {_times(scatter)}"
        return f"{letter}_prime", f"{name}: numerators are estimated, so counts are not exact{known}"
    if wide:
        return f"{letter}_prime", f"{name}: points scatter {_times(scatter)}"
    if np.isnan(scatter):
        return letter, _unknown(letter, law)
    return letter, f"{letter.upper()} chart: points scatter {_times(scatter)}, {_NO_WIDER}"


_NO_WIDER = "which is not distinguishably more"


def _times(scatter: float) -> str:
    """Plain words first; the term is what other programs and books call it."""
    return f"{scatter:.2f} times as widely as counting alone explains (sigma_z)"


def _unknown(letter: str, law: str) -> str:
    return f"{letter.upper()} chart: {law} limits; the scatter cannot be estimated"


def _without_denominators(wide: bool, scatter: float, spec: ChartSpec) -> tuple[str, str]:
    if spec.data_type == "time_between":
        return "t", "T chart: the values are times between events"
    if spec.data_type != "count":
        return "i", "I chart: there are values without numerators and denominators"
    if wide:
        return "i", f"I chart: counts scatter {_times(scatter)}"
    if np.isnan(scatter):
        return "c", _unknown("c", "Poisson")
    return "c", f"C chart: counts scatter {_times(scatter)}, {_NO_WIDER}"


def _scatter(panel: Panel, plan: Plan, spec: ChartSpec, first: Ints, rate: bool) -> tuple[Floats, Ints]:
    """Shape (series,) each: sigma_z of each series' first phase, and the number of ranges it rests on."""
    wanted = np.zeros(len(plan.series), dtype=bool)
    wanted[first] = True
    found, ranges = np.full(len(plan.series), np.nan), np.zeros(len(plan.series), dtype=np.int64)
    prime = counts.prime_rates if rate else counts.prime_proportions
    exact = replace(spec, constants="exact", spread="mean", limits="published")
    for place in places(plan.starts, wanted, rules.padding(())):
        block = block_at(panel, plan, place, per=spec.per)
        if spec.data_type == "count":
            plain = np.isnan(block.denominator).all(axis=1, keepdims=True)
            ones = np.where(plain & ~np.isnan(block.value), 1.0, block.denominator)
            block = replace(block, numerator=np.where(plain, block.value, block.numerator), denominator=ones)
        found[place.rows] = prime(block, exact).sigma_z
        ranges[place.rows] = limits.range_count(block, exact)
    return found[first], ranges[first]
