"""The layers of a control chart, each a function of arrays and scales that returns SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pdsa.figures.axes import Scale
from pdsa.figures.svg import (
    BAND,
    CENTER,
    DATA,
    LIMIT,
    MUTED,
    coordinates,
    line,
    mark,
    number,
    path,
    write,
)
from pdsa.trace import ABSENCES, MARKS, Flags, Floats, Trace, edges, made_by, pieces, stretches
from pdsa.trace.ink import colors

DASHES = ' stroke-dasharray="5 3"'
DASH_DOT = ' stroke-dasharray="8 3 1.5 3"'
DOTS = ' stroke-dasharray="1 3" stroke-linecap="round"'


@dataclass(frozen=True, slots=True)
class Canvas:
    """Where a series is drawn: both scales, the possible range of values, and which direction is good."""

    x: Scale
    y: Scale
    floor: float = -math.inf
    ceiling: float = math.inf
    better: str | None = None
    dot: float = 2.4

    @property
    def axis(self) -> float:
        """Height of the time axis: a little under the lowest value, where marks of missing periods stand."""
        return self.y.start + 9


@dataclass(frozen=True, slots=True)
class Pen:
    """A series on its canvas: written coordinates of each row, computed once for all layers.

    `left` and `right` are the ends of the row's stair, `stretches` the baselines of its phases.
    """

    canvas: Canvas
    trace: Trace
    xs: list[str]
    ys: list[str]
    left: list[str]
    right: list[str]
    breaks: Flags
    stretches: list[tuple[int, int, bool]]


def pen(canvas: Canvas, trace: Trace) -> Pen:
    """The pen of a series."""
    left, right = edges(trace)
    x, y = canvas.x, canvas.y
    return Pen(
        canvas=canvas,
        trace=trace,
        xs=coordinates(x.many(trace.x)),
        ys=coordinates(y.many(trace.value)),
        left=coordinates(x.many(left)),
        right=coordinates(x.many(right)),
        breaks=trace.breaks,
        stretches=stretches(trace),
    )


def heights(pen: Pen, values: Floats) -> list[str]:
    """Coordinates of a line, which is kept within what is possible."""
    return coordinates(pen.canvas.y.many(values.clip(pen.canvas.floor, pen.canvas.ceiling)))


def stair(pen: Pen, values: Floats, rows: Flags) -> str:
    """Path data of one line as stair-steps over some rows; broken where phases, pauses or blanks break it."""
    ys = heights(pen, values)
    return "".join(
        f"M{_outline(pen.left, pen.right, ys, range(start, stop))}"
        for start, stop in pieces(rows & np.isfinite(values), pen.breaks)
    )


def band(pen: Pen) -> str:
    """The faint area between both limits."""
    upper, lower = pen.trace.upper, pen.trace.lower
    tops, feet = heights(pen, upper), heights(pen, lower)
    parts = []
    for start, stop in pieces(np.isfinite(upper) & np.isfinite(lower), pen.breaks):
        there = _outline(pen.left, pen.right, tops, range(start, stop))
        back = _outline(pen.right, pen.left, feet, range(stop - 1, start - 1, -1))
        parts.append(f"M{there}L{back}Z")
    return f'<path class="pdsa-band" d="{"".join(parts)}" fill="{BAND}"/>' if parts else ""


def _outline(near: list[str], far: list[str], ys: list[str], rows: range) -> str:
    """A stair over neighboring rows, forward or backward."""
    at = ys[rows[0]]
    parts = [near[rows[0]], " ", at]
    for row in rows:
        if ys[row] != at:
            at = ys[row]
            parts += ("H", near[row], "V", at)
    return "".join((*parts, "H", far[rows[-1]]))


def limits(pen: Pen) -> str:
    """Both limits, dashed."""
    every = np.ones(len(pen.xs), dtype=bool)
    names = (("upper", pen.trace.upper), ("lower", pen.trace.lower))
    return "".join(
        path(stair(pen, values, every), LIMIT, f'{DASHES} stroke-width="1.1" class="pdsa-{name}"')
        for name, values in names
    )


def center(pen: Pen) -> str:
    """The center line: solid over the points that made it, dashed where it is carried on."""
    made = made_by(pen.trace, pen.stretches)
    solid = path(stair(pen, pen.trace.center, made), CENTER, ' stroke-width="1.3" class="pdsa-center"')
    carried = "" if made.all() else stair(pen, pen.trace.center, ~made)
    return solid + path(carried, CENTER, ' stroke-width="1.3" stroke-dasharray="6 4" class="pdsa-center-carried"')


def data_line(pen: Pen) -> str:
    """The line through the values, or both sums of a CUSUM; a missing or coded period or a long pause is a gap."""
    trace = pen.trace
    if not np.isfinite(trace.high).any():
        return _joined(pen, pen.ys, trace.shown & (trace.coded == 0), "pdsa-line")
    sums = (("pdsa-sum-upper", trace.high), ("pdsa-sum-lower", trace.low))
    return "".join(_joined(pen, heights(pen, values), np.isfinite(values), name) for name, values in sums)


def _joined(pen: Pen, ys: list[str], rows: Flags, name: str) -> str:
    places = [f"{x} {y}" for x, y in zip(pen.xs, ys, strict=True)]
    d = "".join("M" + "L".join(places[a:b]) for a, b in pieces(rows, pen.breaks) if b - a > 1)
    return path(d, DATA, f' stroke-width="1.4" stroke-linejoin="round" class="{name}"')


SIZES = {"dot": 1.0, "square": 1.35, "diamond": 2.0, "triangle": 1.8, "plus": 1.9, "crossed": 1.7, "hollow": 1.4}


def points(pen: Pen, tips: Mapping[int, str]) -> str:
    """A mark for each row that has a tooltip, which is escaped already, and a value."""
    dot, trace = pen.canvas.dot, pen.trace
    codes, inks, shown = trace.mark.tolist(), colors(trace, pen.canvas.better), trace.shown.tolist()
    sizes = [round(dot * SIZES[name], 1) for name in MARKS]
    return "".join(
        f'<g class="pdsa-point pdsa-{MARKS[codes[row]]}"><title>{tip}</title>'
        f"{mark(MARKS[codes[row]], pen.xs[row], pen.ys[row], sizes[codes[row]], inks[row])}</g>"
        for row, tip in tips.items()
        if shown[row]
    )


def dots(pen: Pen) -> str:
    """All values as small dots in one path, for panels too small for tooltips."""
    rows = np.flatnonzero(pen.trace.shown & pen.trace.included).tolist()
    d = "".join([f"M{pen.xs[row]} {pen.ys[row]}h0" for row in rows])
    return path(d, DATA, f' stroke-width="{2 * pen.canvas.dot:g}" stroke-linecap="round" class="pdsa-dots"')


def absences(pen: Pen, tips: Mapping[int, str]) -> str:
    """At the time axis: a star for a value hidden for privacy, a short tick for a missing one, a sign for others."""
    shown, codes = pen.trace.shown.tolist(), pen.trace.absence.tolist()
    parts = []
    for row, tip in tips.items():
        if not shown[row]:
            name = ABSENCES[codes[row]]
            drawn = absence(name, float(pen.xs[row]), pen.canvas.axis, pen.canvas.dot)
            parts.append(f'<g class="pdsa-{name}"><title>{tip}</title>{drawn}</g>')
    return "".join(parts)


# What stands on the axis in place of a value, and how far below the axis its foot lies.
SIGNS = {
    "hidden": ("*", 14, 2.0),
    "set_aside": ("×", 11, 0.0),
    "not_applicable": ("–", 11, -1.0),
    "error": ("!", 11, -1.0),
}


def absence(name: str, x: float, axis: float, dot: float = 3.0) -> str:
    """The mark of a period without a drawn value, standing on the axis."""
    if name in SIGNS:
        sign, size, below = SIGNS[name]
        return write(x, axis + below, sign, size=size, color=MUTED, more=' text-anchor="middle"')
    return line(x, axis - 2 - 1.7 * dot, x, axis, MUTED, f' stroke-width="{0.55 * dot:.2g}"')


def target_line(canvas: Canvas, target: float | None, color: str) -> str:
    """The target across the whole chart, dash and dot."""
    if target is None or not math.isfinite(target):
        return ""
    y = canvas.y(target)
    return line(canvas.x.start, y, canvas.x.end, y, color, f'{DASH_DOT} stroke-width="1.4" class="pdsa-target"')


def boundary(canvas: Canvas, at: float, anew: bool) -> str:
    """Where a phase ends: a thin line; two thick ones, from edge to edge, where the measure itself is another."""
    x, top, foot = canvas.x(at), canvas.y.end, canvas.axis
    if not anew:
        return line(x, top, x, foot, LIMIT, ' stroke-width="0.8" class="pdsa-phase"')
    d = "".join(f"M{number(x + side)} {number(top - 4)}V{number(foot)}" for side in (-1.5, 1.5))
    return path(d, MUTED, f' stroke-width="1.3" class="pdsa-instrument" data-at="{number(x)}"')
