"""The layers of a control chart, each a function of arrays and scales that returns SVG text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from pdsa.figures.axes import Scale
from pdsa.figures.svg import BAND, CENTER, CHANGED, DATA, GOOD, LIMIT, MUTED, WORSE, line, mark, number, path, write
from pdsa.figures.trace import Flags, Floats, Trace, edges, pieces, stretches

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
    """A series on its canvas: pixels of each row, computed once for all layers.

    `left` and `right` are the ends of the row's stair, `stretches` the baselines of its phases.
    """

    canvas: Canvas
    trace: Trace
    xs: list[float]
    ys: list[float]
    left: list[float]
    right: list[float]
    breaks: Flags
    stretches: list[tuple[int, int, bool]]


def pen(canvas: Canvas, trace: Trace) -> Pen:
    """The pen of a series."""
    left, right = edges(trace)
    x, y = canvas.x, canvas.y
    return Pen(
        canvas=canvas,
        trace=trace,
        xs=x.many(trace.x).tolist(),
        ys=y.many(trace.value).tolist(),
        left=x.many(left).tolist(),
        right=x.many(right).tolist(),
        breaks=trace.breaks,
        stretches=stretches(trace),
    )


def heights(pen: Pen, values: Floats) -> list[float]:
    """Pixels of a line, which is kept within what is possible."""
    clipped: list[float] = pen.canvas.y.many(np.clip(values, pen.canvas.floor, pen.canvas.ceiling)).tolist()
    return clipped


def stair(pen: Pen, values: Floats, rows: Flags) -> str:
    """Path data of one line as stair-steps over some rows; broken where phases, pauses or blanks break it."""
    ys = heights(pen, values)
    parts = []
    for start, stop in pieces(rows & np.isfinite(values), pen.breaks):
        at = ys[start]
        parts.append(f"M{number(pen.left[start])} {number(at)}")
        for row in range(start + 1, stop):
            if ys[row] != at:
                at = ys[row]
                parts.append(f"H{number(pen.left[row])}V{number(at)}")
        parts.append(f"H{number(pen.right[stop - 1])}")
    return "".join(parts)


def band(pen: Pen) -> str:
    """The faint area between both limits."""
    upper, lower = pen.trace.upper, pen.trace.lower
    tops, feet = heights(pen, upper), heights(pen, lower)
    parts = []
    for start, stop in pieces(np.isfinite(upper) & np.isfinite(lower), pen.breaks):
        there = _outline(pen.left, pen.right, tops, range(start, stop), "M")
        back = _outline(pen.right, pen.left, feet, range(stop - 1, start - 1, -1), "L")
        parts.append(f"{there}{back}Z")
    return f'<path class="pdsa-band" d="{"".join(parts)}" fill="{BAND}"/>' if parts else ""


def _outline(near: list[float], far: list[float], ys: list[float], rows: range, first: str) -> str:
    parts = [f"{first}{number(near[rows[0]])} {number(ys[rows[0]])}"]
    for before, row in pairwise(rows):
        if ys[row] != ys[before]:
            parts.append(f"H{number(near[row])}V{number(ys[row])}")
    return "".join([*parts, f"H{number(far[rows[-1]])}"])


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
    trace = pen.trace
    made = np.zeros(len(pen.xs), dtype=bool)
    for start, stop, partial in pen.stretches:
        made[start:stop] = True
        if not partial:
            made |= trace.phase == trace.phase[start]
    solid = path(stair(pen, trace.center, made), CENTER, ' stroke-width="1.3" class="pdsa-center"')
    carried = stair(pen, trace.center, ~made)
    return solid + path(carried, CENTER, ' stroke-width="1.3" stroke-dasharray="6 4" class="pdsa-center-carried"')


def data_line(pen: Pen) -> str:
    """The line through the values; a missing period or a long pause leaves a gap."""
    parts = []
    for start, stop in pieces(pen.trace.shown, pen.breaks):
        if stop - start > 1:
            places = [f"{number(x)} {number(y)}" for x, y in zip(pen.xs[start:stop], pen.ys[start:stop], strict=True)]
            parts.append("M" + "L".join(places))
    return path("".join(parts), DATA, ' stroke-width="1.4" stroke-linejoin="round" class="pdsa-line"')


def shapes(trace: Trace) -> list[str]:
    """The shape of each point: `dot`, `diamond` (outside), `square` (long run) or `crossed` (left out)."""
    answer = np.full(len(trace.x), "dot", dtype=object)
    answer[trace.long_run] = "square"
    answer[trace.outside] = "diamond"
    answer[~trace.included] = "crossed"
    return [str(shape) for shape in answer]


def colors(canvas: Canvas, trace: Trace) -> list[str]:
    """The color of each point: that of its direction for signals, ink otherwise."""
    signal = (trace.outside | trace.long_run) & trace.included
    above = np.nan_to_num(trace.value - trace.center) > 0
    good = {"up": GOOD, "down": WORSE}.get(canvas.better or "", CHANGED)
    bad = {"up": WORSE, "down": GOOD}.get(canvas.better or "", CHANGED)
    directed = np.where(above, good, bad)
    return [str(color) for color in np.where(signal, directed, np.where(trace.included, DATA, MUTED))]


SIZES = {"dot": 1.0, "square": 1.45, "diamond": 2.1, "crossed": 1.7}


def points(pen: Pen, tips: Mapping[int, str]) -> str:
    """A mark for each row that has a tooltip and a value."""
    dot, trace = pen.canvas.dot, pen.trace
    kinds, inks, shown = shapes(trace), colors(pen.canvas, trace), trace.shown.tolist()
    parts = []
    for row, tip in tips.items():
        if shown[row]:
            drawn = mark(kinds[row], pen.xs[row], pen.ys[row], round(dot * SIZES[kinds[row]], 1), inks[row])
            parts.append(f'<g class="pdsa-point pdsa-{kinds[row]}"><title>{tip}</title>{drawn}</g>')
    return "".join(parts)


def dots(pen: Pen) -> str:
    """All values as small dots in one path, for panels too small for tooltips."""
    rows = np.flatnonzero(pen.trace.shown & pen.trace.included).tolist()
    d = "".join([f"M{number(pen.xs[row])} {number(pen.ys[row])}h0" for row in rows])
    return path(d, DATA, f' stroke-width="{2 * pen.canvas.dot:g}" stroke-linecap="round" class="pdsa-dots"')


def absences(pen: Pen, tips: Mapping[int, str]) -> str:
    """At the time axis: a star for a value hidden for privacy, a short tick for a missing one."""
    shown, hidden = pen.trace.shown, pen.trace.hidden
    parts = []
    for row, tip in tips.items():
        if shown[row]:
            continue
        name = "hidden" if hidden[row] else "missing"
        drawn = absence(name, pen.xs[row], pen.canvas.axis, pen.canvas.dot)
        parts.append(f'<g class="pdsa-{name}"><title>{tip}</title>{drawn}</g>')
    return "".join(parts)


def absence(name: str, x: float, axis: float, dot: float = 3.0) -> str:
    """The mark of a period without a drawn value, standing on the axis."""
    if name == "hidden":
        return write(x, axis + 2, "*", size=14, color=MUTED, more=' text-anchor="middle"')
    return line(x, axis - 2 - 1.7 * dot, x, axis, MUTED, f' stroke-width="{0.55 * dot:.2g}"')


def target_line(canvas: Canvas, target: float | None, color: str) -> str:
    """The target across the whole chart, dash and dot."""
    if target is None or not math.isfinite(target):
        return ""
    y = canvas.y(target)
    return line(canvas.x.start, y, canvas.x.end, y, color, f'{DASH_DOT} stroke-width="1.4" class="pdsa-target"')
