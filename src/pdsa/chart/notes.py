"""Facts about the data that a reader must know: sentences by series, printed under the chart."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pdsa.chance import short_baseline_alarm
from pdsa.chart.alarm import resembling
from pdsa.chart.engine import COUNTED, Answer
from pdsa.chart.verdicts import Words
from pdsa.limits import Floats
from pdsa.phases import Plan, told
from pdsa.records import ChartSpec
from pdsa.series import BOUNDS, ERROR, EXCLUDED, MISSING, NOT_APPLICABLE, SUPPRESSED, Bools, Ints, Panel
from pdsa.terms import ESTABLISHED_FROM, MANY_TIES, MIN_USEFUL, MOVING_KINDS, PROPORTION_KINDS, TRIAL_UNDER

# From this autocorrelation and length on, false alarms rise to where it matters (statistics.md E 3.2).
LAG1_FROM, LAG1_POINTS = 0.25, 20
# Two estimates of sigma that differ by more than this are both named.
SECOND_OPINION = 0.25
# Later points that a short baseline is asked about.
AHEAD = 12
# Kinds whose values cannot lie below zero, and those whose limits come from moving ranges.
_FROM_ZERO = ("p", "np", "u", "c", "p_prime", "u_prime", "g", "t")
_FROM_RANGES = ("i", "i_prime", "p_prime", "u_prime")
# Counts of at least so many on both sides are nearly normal.
NEARLY_NORMAL = 5.0
_EXACT_WORDS = {
    "g": "the upper limit is a quantile of the geometric distribution; there is none below",
    "t": "limits are those of exponential times, and allow for the length of the baseline; the center is the median",
    "s": "limits are those of the chi-square distribution, because standard deviations of few values lean",
}


def add_notes(panel: Panel, plan: Plan, spec: ChartSpec, answer: Answer, last: Ints, kind_of: Words) -> None:
    """Add what the data of each series call for to `plan.notes`; `last` is each series' last segment."""
    for s in range(panel.size if panel.told else 0):
        plan.notes.setdefault(s, []).extend(panel.told)
    _say(plan, _count(panel, panel.status == SUPPRESSED), "{n} hidden because the group is small", "period")
    empty = np.isnan(panel.value) & (panel.status == MISSING)
    _say(plan, _count(panel, empty), "{n} without a value: a gap is drawn, nothing is filled in", "period")
    _say(
        plan, _count(panel, panel.status == NOT_APPLICABLE), "{n} not applicable: there was nothing to report", "period"
    )
    _say(plan, _count(panel, panel.status == ERROR), "{n} with an error in the source: a gap is drawn", "period")
    zero = (panel.numerator == 0) & (panel.denominator == 0) & (panel.status != NOT_APPLICABLE)
    _say(plan, _count(panel, zero), "{n} of 0 of 0: nothing to divide, so a gap", "period")
    coded = np.isin(panel.status, BOUNDS)
    blank = (panel.status == EXCLUDED) & np.isnan(panel.value)
    _say(plan, _count(panel, coded), "{n} known only as a bound: drawn hollow at it, in no line and no rule", "value")
    if not plan.all_included:
        left_out = (~plan.included & ~np.isnan(panel.value) | (panel.status == EXCLUDED)) & ~coded & ~blank
        moving = np.isin(spec.kind, MOVING_KINDS)
        drawn = "and without a point of their own in this kind of chart" if moving else "still drawn"
        _say(plan, _count(panel, left_out), f"{{n}} excluded from lines and rules, {drawn}", "point")
        _say(plan, _count(panel, blank), "{n} excluded without a value: what was reported cannot be", "period")
    facts = Facts(panel, plan, spec, answer, last, kind_of[last])
    facts.about_values()
    facts.about_lines()


def _count(panel: Panel, mask: Bools) -> Ints:
    if not mask.any():
        return np.zeros(panel.size, dtype=np.int64)
    return np.bincount(panel.series_of_points()[mask], minlength=panel.size)


def _say(plan: Plan, counts: Ints, text: str, noun: str) -> None:
    for s in np.flatnonzero(counts).tolist():
        n = int(counts[s])
        plan.notes.setdefault(s, []).append(text.format(n=f"{n} {noun}{'' if n == 1 else 's'}"))


class Facts:
    """What is true of the last phase of each series; a sentence is made only where it is needed."""

    def __init__(self, panel: Panel, plan: Plan, spec: ChartSpec, answer: Answer, last: Ints, kind: Words) -> None:
        self.panel, self.plan, self.spec, self.answer = panel, plan, spec, answer
        self.last, self.kind = last, kind
        self.constant = answer.constant[last]
        self.baseline = self.counted("n_baseline")

    def counted(self, name: str) -> Ints:
        """A count of each series' last phase."""
        return self.answer.counts[name][self.last]

    def number(self, name: str) -> Floats:
        """A number of each series' last phase."""
        return self.answer.segment[name][self.last]

    def say(self, where: Bools, text: str | Callable[[int], str]) -> None:
        """Add a sentence to those series."""
        for i in np.flatnonzero(where).tolist():
            told_so = text if isinstance(text, str) else text(i)
            self.plan.notes.setdefault(int(self.plan.series[self.last[i]]), []).append(told_so)

    def about_values(self) -> None:
        """How much there is to judge."""
        values, useful = self.counted("n_values"), self.counted("n_useful")
        given = self.counted("n_given")
        self.say(given == 0, "there is no value yet")
        self.say(given == 1, "there is one value so far")
        self.say((given > 1) & self.constant, "every value is the same: without variation there is nothing to signal")
        tied = self.answer.tied[self.last]
        judged = np.where(tied, ": runs are not judged, only points outside limits", "")
        ties = (values >= MIN_USEFUL) & ~self.constant & (values - useful > MANY_TIES * values)
        self.say(
            ties,
            lambda i: (
                f"{values[i] - useful[i]} of {values[i]} points lie on the center line and tell nothing about runs"
                f"{judged[i]}"
            ),
        )
        names = {rule.name for rule in self.spec.rules}
        if "few_runs" in names and "outside" not in names:
            self.say((values > 1) & ~self.constant, self._furthest)

    def _furthest(self, i: int) -> str:
        """The point that people should look at: whether it is astronomical is for them to judge."""
        segment = int(self.last[i])
        span = slice(int(self.plan.starts[segment]), int(self.plan.starts[segment + 1]))
        point = self.answer.point
        apart = np.abs(np.where(self.plan.included[span], point["value"][span] - point["center"][span], np.nan))
        if np.isnan(apart).all():
            return "there is no center to judge points by"
        at = span.start + int(np.nanargmax(apart))
        where = told(self.panel.period[at])
        return f"whether a point is astronomical is for people to judge: the furthest from the center is {where}"

    def about_lines(self) -> None:
        """What the lines rest on, and what they cannot do."""
        drawn = (self.kind != "run") & ~self.constant & (self.baseline > 1)
        self.say(drawn & ~self._given() & (self.baseline < ESTABLISHED_FROM), self._short)
        sigma = self.number("sigma")
        self.say(drawn & np.isnan(sigma), "there are no limits: the baseline shows no variation to set them by")
        self.say(drawn & (sigma == 0), "limits fall on the center line: the ranges that set them are all zero")
        self._one_sided(drawn & (sigma > 0))
        self.say((self.number("lag1") > LAG1_FROM) & (self.baseline >= LAG1_POINTS), self._resembling)
        limited = ~np.isnan(self.number("last_lower")) | ~np.isnan(self.number("last_upper"))
        self.say(self.answer.exact[self.last] & limited, self._exact)
        widened = self.number("sigma_z")
        if self.spec.method != "published":
            self.say(
                widened < 1,
                lambda i: (
                    f"points scatter {widened[i]:.2f} times as widely as counting alone explains (sigma_z): limits are "
                    "not drawn narrower than counting gives"
                ),
            )
        self._second_opinion()

    def _given(self) -> Bools:
        """Series whose limits need no baseline, because their lines are given."""
        plan = self.plan
        none = np.zeros(len(self.last), dtype=bool)
        center, sigma = (none if one is None else ~np.isnan(one[self.last]) for one in (plan.center, plan.sigma))
        return np.asarray(sigma | (center & np.isin(self.kind, COUNTED)))

    def _short(self, i: int) -> str:
        k = int(self.baseline[i])
        text = f"{label_of(k)} limits: they rest on {k} points, and {ESTABLISHED_FROM} make them established"
        if self.spec.method == "predictive":
            return f"{text}; being predictive they keep their error rate nevertheless"
        share = self._next_false(i, k)
        if share is None:
            return text
        return (
            f"{text}; among the next {AHEAD} points alone, 1 stable chart in {round(1 / share)} would show a false one"
        )

    def _next_false(self, i: int, k: int) -> float | None:
        """The chance of a false point among the next ones, where it is known for such a chart."""
        if self.kind[i] in _FROM_RANGES:
            return float(short_baseline_alarm(k, AHEAD)) if self.spec.spread == "mean" else None
        if self.kind[i] not in ("p", "np", "u", "c") or self.answer.exact[self.last[i]]:
            return None
        rate = float(self.number("expected")[i])
        n = 1.0 if self.kind[i] == "c" else float(self.number("size")[i])
        fewest = n * (min(rate, 1 - rate) if self.kind[i] in ("p", "np") else rate)
        return _of_counts(k) if fewest >= NEARLY_NORMAL else None

    def _one_sided(self, drawn: Bools) -> None:
        known = self.spec.data_type in ("proportion", "rate", "count", "time_between")
        from_zero = np.isin(self.kind, _FROM_ZERO) | (known & np.isin(self.kind, ("i", "i_prime", "xbar")))
        whole = self.spec.per if self.spec.data_type == "proportion" else np.inf
        most = np.where(np.isin(self.kind, PROPORTION_KINDS), self.spec.per, whole)
        low, high = self.number("highest_lower") <= 0, self.number("lowest_upper") >= most
        low, high = low & from_zero & drawn, high & drawn
        self.say(low & ~high, "no single low point can signal here: the lower limit lies at or below zero")
        self.say(high & ~low, "no single high point can signal here: the upper limit lies at or above what is possible")
        self.say(low & high, "no single point can signal here: both limits lie at or beyond what is possible")

    def _resembling(self, i: int) -> str:
        r, n = float(self.number("lag1")[i]), int(self.baseline[i])
        length = int(self.counted("n_values")[i])
        # the estimate is too low by about (1 + 4 r) / n: Kendall, Biometrika 41:403 (1954)
        corrected = min(r + (1 + 4 * r) / n, 0.99)
        alike = f"a correlation of {corrected:.2f} with the value before: corrected lag-1"
        text = f"neighboring values resemble each other ({alike}): false signals are more frequent"
        frozen = bool(self.plan.frozen[self.last[i]])
        plain, inflated = resembling(self.spec, str(self.kind[i]), frozen, length, corrected)
        more = f"{text}, over the whole chart about {inflated / plain:.1f} times as frequent"
        return more if 0 < plain < inflated else text

    def _exact(self, i: int) -> str:
        kind = str(self.kind[i])
        if kind in _EXACT_WORDS:
            return _EXACT_WORDS[kind]
        if self.spec.method == "predictive" and not (kind in COUNTED and self._given()[i]):
            return f"predictive limits: they allow for a baseline of {self.baseline[i]} points"
        return "limits are exact and the center is the median, because expected counts are small"

    def _second_opinion(self) -> None:
        share = self.number("second")
        self.say(
            (share > 0) & (np.abs(share - 1) > SECOND_OPINION),
            lambda i: f"the median of the moving ranges would set limits {share[i]:.2f} times as wide: look for jumps",
        )


def label_of(baseline: int) -> str:
    """What limits are called that rest on so many points: `trial`, `provisional` or `established`."""
    return "trial" if baseline < TRIAL_UNDER else "provisional" if baseline < ESTABLISHED_FROM else "established"


def _of_counts(k: int) -> float:
    """The chance of a false point among the next ones where counting gives sigma and only the center is estimated."""
    from scipy.special import ndtr

    one = 2 * float(ndtr(-3 / np.sqrt(1 + 1 / k)))
    return float(1 - (1 - one) ** AHEAD)
