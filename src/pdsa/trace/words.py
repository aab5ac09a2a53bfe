"""What a drawing says in words: the names of its marks, tooltips, units and the possible range."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np

from pdsa import narrate
from pdsa.terms import ABSENT_WORDS, PROPORTION_KINDS
from pdsa.trace import ABSENCES, MARK_OF_RULE, MARKS, Trace, labels, rule_columns
from pdsa.trace.ink import CENTER, MUTED, TARGET

if TYPE_CHECKING:
    from pdsa.chart import Chart

# What a rule says of a single point.
POINT_WORDS = {
    "outside": "outside the limits",
    "long_run": "in a long run on one side",
    "shift": "in a shift to one side",
    "trend": "in a steady rise or fall",
    "alternating": "in a row of ups and downs in turn",
    "two_of_three": "in two of three near a limit",
    "three_of_four": "in three of four toward a limit",
    "four_of_five": "in four of five away from the center",
    "beyond": "in a group toward a limit",
    "near": "in a row close to the center",
    "away": "in a row away from the center",
}
# What other marks mean.
OTHER_WORDS = {
    "crossed": "left out of the lines",
    "hollow": "only a bound is known, in no line",
    **ABSENT_WORDS,
}
MEASURED_ANEW = "measured in a new way"
MOST_NAMED = 2
# A longer unit would squeeze the plot, and stands above the axis already.
LONGEST_UNIT = 3


def point_words(chart: Chart) -> dict[str, str]:
    """For each rule column of the chart what it says of a point."""
    found = {}
    for label, name in rule_columns(chart).items():
        named = f"marked by {label.replace('_', ' ')}"
        found[label] = POINT_WORDS.get(label) or POINT_WORDS.get(name) or named
    return found


def used_marks(chart: Chart, trace: Trace) -> dict[str, str]:
    """The marks other than plain dots that the rows need, in the order of the key, with their meaning."""
    shown = trace.shown
    kinds = {MARKS[code] for code in set(trace.mark[shown].tolist())}
    used = {mark: _meaning(chart, trace, mark) for mark in MARKS[1:] if mark in kinds}
    absent = {ABSENCES[code] for code in set(trace.absence[~shown].tolist())}
    return used | {name: OTHER_WORDS[name] for name in ABSENCES if name in absent}


def _meaning(chart: Chart, trace: Trace, mark: str) -> str:
    """The rules that gave points this mark; of many the first, as each tooltip names its own."""
    if mark in OTHER_WORDS:
        return OTHER_WORDS[mark]
    words = point_words(chart)
    drawn = trace.flags[trace.mark == MARKS.index(mark)].any(axis=0)
    columns = [label for label, there in zip(trace.rules, drawn, strict=True) if there]
    names = rule_columns(chart)
    found = list(dict.fromkeys(words[c] for c in columns if MARK_OF_RULE.get(names[c], "plus") == mark))
    return " or ".join(found[:MOST_NAMED]) + (" or another pattern" if len(found) > MOST_NAMED else "")


def possible(chart: Chart, trace: Trace) -> tuple[float, float]:
    """Least and greatest value that can be drawn, in plotted units; never tighter than the values are."""
    return narrate.possible_range(chart, trace.kinds, trace.value)


def better_of(chart: Chart, trace: Trace) -> str | None:
    """The good direction of the values; a moving range speaks of spread and has none."""
    return None if trace.kinds <= {"mr"} else chart.spec.better


def tips(chart: Chart, trace: Trace, rows: Iterable[int]) -> dict[int, str]:
    """The tooltip of each of these rows: period, value, sizes, and what the mark means.

    A numerator that is no whole number was computed from a percent, and is not printed.
    """
    rows = list(rows)
    whens = labels(trace.period[np.asarray(rows, dtype=int)], chart.step)
    measure, words = narrate.in_unit(chart, trace.kinds), list(point_words(chart).values())
    values, sizes, remarks = trace.value.tolist(), _sizes(chart, trace), _remarks(trace, words)
    told = {}
    for row, when in zip(rows, whens, strict=True):
        value, remark = values[row], remarks[row]
        if value != value:
            told[row] = f"{when}: {remark}"
        else:
            bound = BOUNDS[trace.coded[row]] if remark else ""
            after = f", {remark}" if remark else ""
            told[row] = f"{when}: {bound}{narrate.format_value(value, measure)}{sizes[row]}{after}"
    return told


BOUNDS = {1: "at least ", -1: "at most ", 0: ""}


def _sizes(chart: Chart, trace: Trace) -> list[str]:
    if not np.isfinite(trace.denominator).any():
        return [""] * len(trace.x)
    estimated = bool(chart.measure and chart.measure.estimated)
    pairs = zip(trace.numerator.tolist(), trace.denominator.tolist(), strict=True)
    return [_size(top, bottom, estimated) for top, bottom in pairs]


def _size(top: float, bottom: float, estimated: bool) -> str:
    if not math.isfinite(bottom):
        return ""
    whole = not estimated and math.isfinite(top) and top == round(top)
    return f" ({top:,.0f} of {bottom:,.10g})" if whole else f" (of {bottom:,.10g})"


def _remarks(trace: Trace, words: list[str]) -> list[str]:
    """What is said of each row after its value; empty for ordinary points."""
    answer = [""] * len(trace.x)
    for row in np.flatnonzero(trace.signal).tolist():
        answer[row] = ", ".join(word for word, fired in zip(words, trace.flags[row].tolist(), strict=True) if fired)
    for row in (~trace.included).nonzero()[0].tolist():
        answer[row] = OTHER_WORDS["hollow" if trace.coded[row] else "crossed"]
    for row in (~trace.shown).nonzero()[0].tolist():
        answer[row] = OTHER_WORDS[ABSENCES[trace.absence[row]]]
    return answer


def is_percent(unit: str) -> bool:
    """Whether values carry a percent sign rather than a named unit."""
    return unit.strip().lower() in ("%", "percent", "per cent", "pct")


def unit_of(chart: Chart, trace: Trace) -> str:
    """The unit of the value axis; proportions times 100 are percent also where no measure says so."""
    if "cusum" in trace.kinds:
        return "standard deviations"
    if chart.measure is not None:
        return chart.measure.unit
    return "%" if chart.spec.per == 100 and trace.kinds <= set(PROPORTION_KINDS) - {"np"} else ""


def ends_of(chart: Chart, trace: Trace, floor: float, ceiling: float) -> list[tuple[float, str, str]]:
    """Value, words and color of the label of each line: its last value within the last phase."""
    last = trace.phase == trace.phase[-1]
    lines = (("upper", trace.upper, MUTED), ("center", trace.center, CENTER), ("lower", trace.lower, MUTED))
    found = []
    for name, values, color in lines:
        there = values[last & np.isfinite(values)]
        if len(there):
            found.append((float(np.clip(there[-1], floor, ceiling)), name, color))
    target = chart.spec.target
    if target is not None and math.isfinite(target):
        found.append((float(target), "target", TARGET))
    short = len(unit_of(chart, trace)) <= LONGEST_UNIT
    measure = narrate.in_unit(chart, trace.kinds)
    return [(at, f"{name} {narrate.format_value(at, measure, unit=short)}", ink) for at, name, ink in found]


def sizes_told(found: tuple[float, float] | None) -> str:
    """`n 41–58`, or `n 50` where all are equal; nothing without sizes."""
    if found is None:
        return ""
    low, high = (f"{size:,.10g}" for size in found)
    return f"n {low}" if low == high else f"n {low}–{high}"


def display(key: object, names: Mapping[str, str] | None) -> str:
    """The name that readers see of a series' key."""
    return (names or {}).get(str(key), str(key))
