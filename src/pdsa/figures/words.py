"""What a chart's drawing says in words: tooltips, tick labels, the names and directions of things."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.figures.axes import decimals
from pdsa.figures.svg import escape
from pdsa.figures.trace import Trace
from pdsa.terms import PROPORTION_KINDS, RATIO_KINDS

if TYPE_CHECKING:
    from pdsa.chart import Chart

MARKS = {
    "diamond": "outside the limits",
    "square": "in a long run on one side",
    "crossed": "left out of the lines",
    "hidden": "hidden for privacy",
    "missing": "no data",
}


def possible(chart: Chart, trace: Trace) -> tuple[float, float]:
    """Least and greatest value that the measure can take, in plotted units; never tighter than the values are."""
    known = chart.measure.data_type if chart.measure else chart.spec.data_type
    kinds = set(chart.summary["kind"])
    floor, ceiling = -math.inf, math.inf
    if known in ("proportion", "rate", "count") or (known is None and kinds & set(RATIO_KINDS)):
        floor = 0.0
    if known == "proportion" or (known is None and kinds & set(PROPORTION_KINDS)):
        ceiling = float(chart.spec.per)
    values = trace.value[trace.shown]
    beyond = bool(len(values)) and (values.min() < floor or values.max() > ceiling * (1 + 1e-9))
    return (-math.inf, math.inf) if beyond else (floor, ceiling)


def tips(chart: Chart, trace: Trace, rows: Iterable[int]) -> dict[int, str]:
    """The tooltip of each of these rows: period, value, sizes, and what the mark means; escaped.

    A numerator that is no whole number was computed from a percent, and is not printed.
    """
    return {row: escape(_tip(chart, trace, row)) for row in rows}


def _tip(chart: Chart, trace: Trace, row: int) -> str:
    value, remark = float(trace.value[row]), _remark(trace, row)
    told = [remark] if remark else []
    if math.isfinite(value):
        estimated = bool(chart.measure and chart.measure.estimated)
        sizes = _sizes(float(trace.numerator[row]), float(trace.denominator[row]), estimated)
        told.insert(0, f"{narrate.format_value(value, chart.measure)}{sizes}")
    return f"{narrate.format_period(trace.period[row], chart.step)}: {', '.join(told)}"


def _sizes(top: float, bottom: float, estimated: bool) -> str:
    if not math.isfinite(bottom):
        return ""
    whole = not estimated and math.isfinite(top) and top == round(top)
    return f" ({top:,.0f} of {bottom:,.10g})" if whole else f" (of {bottom:,.10g})"


def _remark(trace: Trace, row: int) -> str:
    if math.isnan(trace.value[row]):
        return MARKS["hidden" if trace.hidden[row] else "missing"]
    if not trace.included[row]:
        return MARKS["crossed"]
    named = (MARKS["diamond"] if trace.outside[row] else "", MARKS["square"] if trace.long_run[row] else "")
    return ", ".join(filter(None, named))


def tick_labels(places: list[float], unit: str) -> list[str]:
    """Ticks of the value axis with as many decimals as tell them apart; percent carries its sign."""
    count = decimals(places)
    sign = "%" if is_percent(unit) else ""
    return [f"{_plain(place, count)}{sign}" for place in places]


def _plain(value: float, count: int) -> str:
    if value and (abs(value) >= 1e9 or abs(value) < 1e-4):
        return f"{value:.3g}"
    return f"{value:,.{count}f}"


def is_percent(unit: str) -> bool:
    """Whether values carry a percent sign rather than a named unit."""
    return unit.strip().lower() in ("%", "percent", "per cent", "pct")


def unit_of(chart: Chart) -> str:
    """The unit of the value axis; proportions times 100 are percent also where no measure says so."""
    if chart.measure is not None:
        return chart.measure.unit
    return "%" if chart.spec.per == 100 and set(chart.summary["kind"]) <= set(PROPORTION_KINDS) else ""


def display(key: object, names: Mapping[str, str] | None) -> str:
    """The name that readers see of a series' key."""
    return (names or {}).get(str(key), str(key))
