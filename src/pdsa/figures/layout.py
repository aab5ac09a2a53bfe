"""The geometry of one chart: room for words first, then both scales."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pdsa import narrate
from pdsa.figures.axes import Scale, Span, Tick, number_ticks, ticks, time_ticks, value_range, year_ticks
from pdsa.figures.layers import Canvas, shapes
from pdsa.figures.svg import CENTER, MUTED, TARGET, width_of
from pdsa.figures.trace import Floats, Trace, edges, stretches
from pdsa.figures.words import is_percent, possible, tick_labels, unit_of

if TYPE_CHECKING:
    from pdsa.chart import Chart

HEAD_ROOM = 42.0
FLAG_ROOM = 26.0
UNIT_ROOM = 14.0
TICK_ROOM = 17.0
YEAR_ROOM = 15.0
BRACKET_ROOM = 16.0
KEY_ROOM = 22.0
TEXT = 11.0
LONGEST_UNIT = 3
# Periods further apart than this many days are years: each is named by its own year.
YEARLY = 300.0


@dataclass(frozen=True, slots=True)
class EndLabel:
    """A word and a value at the right end of a line."""

    y: float
    text: str
    color: str


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything stands; `used` names the marks that need an entry in the key."""

    canvas: Canvas
    size: tuple[float, float]
    unit: str
    y_ticks: list[tuple[float, str]]
    x_ticks: list[Tick]
    years: list[Span]
    labels: list[EndLabel]
    bracketed: bool
    used: list[str]
    target: float | None


def lay_out(chart: Chart, trace: Trace, flagged: bool, width: float, height: float) -> Layout:
    """Places of all parts of a chart of this size in pixels."""
    floor, ceiling = possible(chart, trace)
    target, unit, used = chart.spec.target, unit_of(chart), used_marks(trace)
    shown = drawn_values(trace, target, floor, ceiling)
    low, high = value_range(shown, floor, ceiling)
    places = ticks(low, high) if np.isfinite(shown).any() else []
    marks = tick_labels(places, unit)
    ends = _ends(chart, trace, floor, ceiling)
    bracketed = any(partial for _, _, partial in stretches(trace))
    named = "" if is_percent(unit) else unit
    head = HEAD_ROOM + FLAG_ROOM * flagged + UNIT_ROOM * bool(named and not flagged)
    foot = (
        height
        - TICK_ROOM
        - YEAR_ROOM * (trace.dated and trace.step <= YEARLY)
        - BRACKET_ROOM * bracketed
        - KEY_ROOM * bool(used)
        - 9
    )
    x = time_scale(trace, 12 + _widest(marks), width - 24 - _widest([text for _, text, _ in ends]))
    canvas = Canvas(
        x, Scale(low, high, foot, head), floor, ceiling, chart.spec.better, 2.4 if len(trace.x) > 50 else 3.0
    )
    x_ticks, years = ticks_of(trace, x)
    labels = sorted((EndLabel(canvas.y(value), text, ink) for value, text, ink in ends), key=lambda label: label.y)
    drawn = [(canvas.y(place), text) for place, text in zip(places, marks, strict=True)]
    return Layout(canvas, (width, height), named, drawn, x_ticks, years, labels, bracketed, used, target)


def _widest(texts: list[str]) -> float:
    return max((width_of(text, TEXT) for text in texts), default=0.0)


def time_scale(trace: Trace, start: float, end: float) -> Scale:
    """The x scale from half a step before the first period to half a step after the last."""
    lefts, rights = edges(trace)
    return Scale(float(lefts.min()), float(rights.max()), start, end)


def drawn_values(trace: Trace, target: float | None, floor: float, ceiling: float) -> Floats:
    """Everything that the value axis must show; lines only as far as they are possible."""
    lines = np.clip(np.concatenate((trace.center, trace.lower, trace.upper)), floor, ceiling)
    aim = [target] if target is not None and math.isfinite(target) else []
    return np.concatenate((trace.value, lines, np.asarray(aim, dtype=float)))


def used_marks(trace: Trace) -> list[str]:
    """The marks other than plain dots that the series needs, in the order of the key."""
    shown = trace.shown
    kinds = {kind for kind, there in zip(shapes(trace), shown, strict=True) if there}
    absent = {"hidden": bool(trace.hidden.any()), "missing": bool((~shown & ~trace.hidden).any())}
    found = [kind for kind in ("diamond", "square", "crossed") if kind in kinds]
    return found + [kind for kind, there in absent.items() if there]


def _ends(chart: Chart, trace: Trace, floor: float, ceiling: float) -> list[tuple[float, str, str]]:
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
    # a long unit would squeeze the plot, and stands above the axis already
    short = len(unit_of(chart)) <= LONGEST_UNIT
    return [(at, f"{name} {narrate.format_value(at, chart.measure, unit=short)}", ink) for at, name, ink in found]


def ticks_of(trace: Trace, x: Scale) -> tuple[list[Tick], list[Span]]:
    """Ticks of the time axis and the school years under it; whole numbers and categories have no years."""
    room = x.end - x.start
    if trace.dated and trace.step > YEARLY:
        return year_ticks(np.unique(trace.x).tolist(), room), []
    if trace.dated:
        return time_ticks(x.low, x.high, room, np.unique(trace.x).tolist())
    if all(isinstance(period, str) for period in trace.period):
        every = max(1, math.ceil(len(trace.x) * 60 / room))
        rows = zip(trace.x.tolist(), trace.period, strict=True)
        return [Tick(at, str(label) if row % every == 0 else "") for row, (at, label) in enumerate(rows)], []
    return number_ticks(x.low, x.high, room), []
