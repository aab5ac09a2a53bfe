"""The geometry of one chart: room for words first, then both scales."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pdsa.figures.axes import Scale, Span, Tick, number_ticks, tick_labels, ticks, time_ticks, value_range, year_ticks
from pdsa.figures.layers import Canvas
from pdsa.figures.svg import width_of
from pdsa.trace import Floats, Trace, edges, n_range, stretches
from pdsa.trace.words import better_of, ends_of, is_percent, possible, sizes_told, unit_of, used_marks

if TYPE_CHECKING:
    from pdsa.chart import Chart

HEAD_ROOM = 42.0
FLAG_ROOM = 26.0
SUBTITLE_ROOM = 5.0
TICK_ROOM = 17.0
YEAR_ROOM = 15.0
BRACKET_ROOM = 16.0
ANEW_ROOM = 14.0
KEY_ROOM = 22.0
KEY_LINE = 15.0
# Height of the line under the title, where unit and sizes of the periods stand.
SUBTITLE = 33.0
TEXT = 11.0
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
    """Where everything stands; `used` are the marks that need an entry in the key, with their words."""

    canvas: Canvas
    size: tuple[float, float]
    subtitle: str
    y_ticks: list[tuple[float, str]]
    x_ticks: list[Tick]
    years: list[Span]
    labels: list[EndLabel]
    bracketed: bool
    used: dict[str, str]
    key_rows: int
    target: float | None


def lay_out(
    chart: Chart,
    trace: Trace,
    flagged: bool,
    size: tuple[float, float],
    more: tuple[Sequence[float], float] = ((), 0.0),
) -> Layout:
    """Places of all parts of a chart of this size in pixels.

    `more` holds values that the axis must show besides, and height to keep free above the plot.
    """
    width, height = size
    (floor, ceiling), target, unit = possible(chart, trace), chart.spec.target, unit_of(chart, trace)
    shown = np.concatenate((drawn_values(trace, target, floor, ceiling), np.asarray(more[0], dtype=float)))
    low, high = value_range(shown, floor, ceiling)
    places = ticks(low, high) if np.isfinite(shown).any() else []
    marks, ends = tick_labels(places, unit), ends_of(chart, trace, floor, ceiling)
    x = time_scale(trace, 12 + _widest(marks), width - 24 - _widest([text for _, text, _ in ends]))
    used, bracketed = used_marks(chart, trace), any(partial for _, _, partial in stretches(trace))
    rows = _key_rows(used, x.start, width)
    subtitle = " · ".join(filter(None, ("" if is_percent(unit) else unit, sizes_told(n_range(trace)))))
    y = Scale(low, high, _foot(trace, bracketed, rows, height), _head(trace, flagged, subtitle) + more[1])
    dot = 2.4 if len(trace.x) > 50 else 3.0
    x_ticks, years = ticks_of(trace, x)
    return Layout(
        canvas=Canvas(x, y, floor, ceiling, better_of(chart, trace), dot),
        size=size,
        subtitle=subtitle,
        y_ticks=[(y(place), text) for place, text in zip(places, marks, strict=True)],
        x_ticks=x_ticks,
        years=years,
        labels=sorted((EndLabel(y(at), text, ink) for at, text, ink in ends), key=lambda label: label.y),
        bracketed=bracketed,
        used=used,
        key_rows=rows,
        target=target,
    )


def _head(trace: Trace, flagged: bool, subtitle: str) -> float:
    """Top of the plot: under title, unit and sizes, flags, and the words over a new instrument."""
    anew = bool(trace.instrument_ends.any())
    return HEAD_ROOM + FLAG_ROOM * flagged + SUBTITLE_ROOM * bool(subtitle) + ANEW_ROOM * anew


def _foot(trace: Trace, bracketed: bool, key_rows: int, height: float) -> float:
    """Foot of the plot: above the axis, the school years, the bracket of the baseline and the key."""
    key = KEY_ROOM + KEY_LINE * (key_rows - 1) if key_rows else 0.0
    years = YEAR_ROOM * (trace.dated and trace.step <= YEARLY)
    return height - TICK_ROOM - years - BRACKET_ROOM * bracketed - key - 9


def key_width(words: str) -> float:
    """Room of one entry of the key."""
    return 30 + width_of(words, TEXT)


def _key_rows(used: dict[str, str], start: float, width: float) -> int:
    """Lines that the key needs."""
    rows, at = int(bool(used)), start
    for words in used.values():
        if at > start and at + key_width(words) > width:
            rows, at = rows + 1, start
        at += key_width(words)
    return rows


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
    return np.concatenate((trace.value, trace.high, trace.low, lines, np.asarray(aim, dtype=float)))


def ticks_of(trace: Trace, x: Scale) -> tuple[list[Tick], list[Span]]:
    """Ticks of the time axis and the school years under it; whole numbers and categories have no years."""
    room = x.end - x.start
    if trace.dated and trace.step > YEARLY:
        return year_ticks(np.unique(trace.x).tolist(), room, trace.school_years), []
    if trace.dated:
        return time_ticks(x.low, x.high, room, np.unique(trace.x).tolist())
    if all(isinstance(period, str) for period in trace.period):
        every = max(1, math.ceil(len(trace.x) * 60 / room))
        rows = zip(trace.x.tolist(), trace.period, strict=True)
        return [Tick(at, str(label) if row % every == 0 else "") for row, (at, label) in enumerate(rows)], []
    return number_ticks(x.low, x.high, room), []
