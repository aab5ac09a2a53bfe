"""Facts about the data that a reader must know: sentences by series, printed under the chart."""

from __future__ import annotations

import numpy as np

from pdsa.chart.engine import Answer
from pdsa.chart.verdicts import Words
from pdsa.phases import Plan
from pdsa.records import ChartSpec
from pdsa.series import EXCLUDED, MISSING, SUPPRESSED, Bools, Ints, Panel
from pdsa.terms import ESTABLISHED_FROM, MANY_TIES, MIN_USEFUL, TRIAL_UNDER

# From this autocorrelation and length on, false alarms rise to where it matters (statistics.md E 3.2).
LAG1_FROM, LAG1_POINTS = 0.25, 20


def add_notes(panel: Panel, plan: Plan, spec: ChartSpec, answer: Answer, last: Ints, kind_of: Words) -> None:
    """Add what the data of each series call for to `plan.notes`; `last` is each series' last segment."""
    _say(plan, _count(panel, panel.status == SUPPRESSED), "{n} hidden because the group is small", "period")
    empty = np.isnan(panel.value) & (panel.status == MISSING)
    _say(plan, _count(panel, empty), "{n} without a value: a gap is drawn, nothing is filled in", "period")
    zero = (panel.numerator == 0) & (panel.denominator == 0)
    _say(plan, _count(panel, zero), "{n} of 0 of 0: nothing to divide, so a gap", "period")
    coded = panel.status > EXCLUDED
    _say(plan, _count(panel, coded), "{n} known only as a bound: drawn hollow at it, in no line and no rule", "value")
    left_out = (~plan.included & ~np.isnan(panel.value) | (panel.status == EXCLUDED)) & ~coded
    _say(plan, _count(panel, left_out), "{n} excluded from lines and rules, still drawn", "point")
    for s, segment in zip(plan.series[last].tolist(), last.tolist(), strict=True):
        texts = [*_about_values(answer, segment), *_about_lines(answer, spec, segment, str(kind_of[segment]))]
        if texts:
            plan.notes.setdefault(s, []).extend(texts)


def _count(panel: Panel, mask: Bools) -> Ints:
    return np.bincount(panel.series_of_points()[mask], minlength=panel.size)


def _say(plan: Plan, counts: Ints, text: str, noun: str) -> None:
    for s in np.flatnonzero(counts).tolist():
        n = int(counts[s])
        plan.notes.setdefault(s, []).append(text.format(n=f"{n} {noun}{'' if n == 1 else 's'}"))


def _about_values(answer: Answer, segment: int) -> list[str]:
    values, useful = int(answer.counts["n_values"][segment]), int(answer.counts["n_useful"][segment])
    if values == 0:
        return ["there is no value yet"]
    if values == 1:
        return ["there is one value so far"]
    if bool(answer.constant[segment]):
        return ["every value is the same: without variation there is nothing to signal"]
    ties = values - useful
    if values >= MIN_USEFUL and ties > MANY_TIES * values:
        judged = ": runs are not judged, only points outside limits" if bool(answer.tied[segment]) else ""
        return [f"{ties} of {values} points lie on the center line and tell nothing about runs{judged}"]
    return []


def _about_spread(sigma: float) -> list[str]:
    if np.isnan(sigma):
        return ["there are no limits: the baseline shows no variation to set them by"]
    return ["limits fall on the center line: the ranges that set them are all zero"] if sigma == 0 else []


def _about_lines(answer: Answer, spec: ChartSpec, segment: int, kind: str) -> list[str]:
    texts = []
    k = int(answer.counts["n_baseline"][segment])
    if 1 < k < ESTABLISHED_FROM and kind != "run" and not bool(answer.constant[segment]):
        label = "trial" if k < TRIAL_UNDER else "provisional"
        texts.append(f"{label} limits: they rest on {k} points, and {ESTABLISHED_FROM} make them established")
    if k > 1 and kind != "run" and not bool(answer.constant[segment]):
        texts += _about_spread(float(answer.segment["sigma"][segment]))
    lag1, values = float(answer.segment["lag1"][segment]), int(answer.counts["n_baseline"][segment])
    if lag1 > LAG1_FROM and values >= LAG1_POINTS:
        texts.append(f"neighboring values resemble each other (lag-1 {lag1:.2f}): false signals are more frequent")
    if bool(answer.exact[segment]):
        texts.append("limits are exact and the center is the median, because expected counts are small")
    widened = float(answer.segment["sigma_z"][segment])
    if widened < 1 and spec.method == "guarded":
        texts.append(f"sigma_z is {widened:.2f}; limits are not drawn narrower than counting alone gives")
    return texts
