"""Cadence in little height: cycles begun and decided by week, and how long one takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from pdsa.cycles import Cadence
from pdsa.figures.axes import Scale, time_ticks
from pdsa.figures.drawing import drawing, framed, keyed, many
from pdsa.figures.figure import Figure
from pdsa.figures.frame import MIDDLE
from pdsa.figures.svg import DATA, INK, MUTED, PAPER, escape, line, number, width_of, write
from pdsa.trace.remarks import place

WIDTH, LEFT, RIGHT = 720.0, 62.0, 6.0
TOP, HALF, FOOT = 8.0, 40.0, 20.0  # above the bars, height of the bars of each side, the axis
TEXT = 10.5
MOST_WIDE = 16.0  # of a bar
UNIT, LEAST = 10.0, 4.0  # pixels that a single cycle is high
EDGE, SEAM = f'stroke="{DATA}" stroke-width="1.2"', f'stroke="{PAPER}" stroke-width=".8"'


def cadence_chart(cadence: Cadence, *, width: float = WIDTH, title: str = "Cycles by week") -> Figure:
    """A bar above the axis for the cycles that began in each week, one below for those that were decided.

    Parameters
    ----------
    cadence
        From `cycles.cadence`.
    width
        In pixels; the picture scales to its place.
    title
        What the picture is called.
    """
    told = _told(cadence)
    if not any((*cadence.opened, *cadence.closed)):
        return Figure(framed(f'<p class="pdsa-note">{escape(told)}</p>'), told)
    x = _scale(cadence, width)
    high = max(*cadence.opened, *cadence.closed)
    unit = min(HALF / high, UNIT)
    up, down = unit * max(cadence.opened), unit * max(cadence.closed)
    axis = TOP + max(up, 14.0)
    height = axis + max(down, 14.0) + FOOT
    body = _bars(cadence, x, axis, unit) + _frame(x, axis, (up, down)) + _weeks(cadence, x, height)
    weeks = [f"week of {week}: {a} begun, {b} decided" for week, a, b in _rows(cadence) if a or b]
    svg = drawing("pdsa-rhythm", (width, height), title, f"{told} {'; '.join(weeks)}.", body)
    note = f'<figcaption class="pdsa-note" style="margin:0 0 .2em"><b>{escape(title)}</b> · {escape(told)}</figcaption>'
    key = keyed([(_sample(PAPER), "begun"), (_sample(DATA), "decided")])
    return Figure(framed(note, svg, key, name="pdsa-cadence"), told)


def _rows(cadence: Cadence) -> Sequence[tuple[object, int, int]]:
    return list(zip(cadence.weeks, cadence.opened, cadence.closed, strict=True))


def _told(cadence: Cadence) -> str:
    """`9 cycles begun and 7 decided in 12 weeks; median 8 school days from first day to last.`"""
    if not any((*cadence.opened, *cadence.closed)):
        return "No cycle has begun yet."
    took = "no cycle is decided yet"
    if cadence.median_days is not None:
        days = "day" if cadence.median_days == 1 else "days"
        took = f"median {cadence.median_days:g} school {days} from first day to last"
    begun, decided = sum(cadence.opened), sum(cadence.closed)
    return f"{many(begun, 'cycle')} begun and {decided} decided in {many(len(cadence.weeks), 'week')}; {took}."


def _scale(cadence: Cadence, width: float) -> Scale:
    first, last = place(cadence.weeks[0]), place(cadence.weeks[-1] + timedelta(days=7))
    return Scale(first, max(last, first + 56), LEFT, width - RIGHT)


def _bars(cadence: Cadence, x: Scale, axis: float, unit: float) -> str:
    """A group for each week in which anything happened; its tooltip says what."""
    parts = []
    for week, opened, closed in zip(cadence.weeks, cadence.opened, cadence.closed, strict=True):
        if opened or closed:
            start, end = x(place(week)), x(place(week) + 7)
            wide = min((end - start) * 0.7, MOST_WIDE)
            left = (start + end) / 2 - wide / 2
            bars = _bar(left, axis, wide, -unit, opened) + _bar(left, axis, wide, unit, closed)
            title = f"<title>week of {week}: {opened} begun, {closed} decided</title>"
            parts.append(f'<g class="pdsa-week">{title}{bars}</g>')
    return "".join(parts)


def _bar(x: float, at: float, wide: float, unit: float, count: int) -> str:
    """A box for each cycle, upward from the axis where `unit` is below 0; one bar of many that have no room."""
    sizes = [unit] * count if abs(unit) >= LEAST else [unit * count] * (count > 0)
    boxes = []
    for i, size in enumerate(sizes):
        top = at + sum(sizes[: i + (size < 0)])
        place = f'x="{number(x)}" y="{number(top)}" width="{number(wide)}" height="{number(abs(size))}"'
        boxes.append(f'<rect {place} fill="{PAPER if unit < 0 else DATA}" {EDGE if unit < 0 else SEAM}/>')
    return "".join(boxes)


def _frame(x: Scale, axis: float, reach: tuple[float, float]) -> str:
    """The line between both sides, and what each of them counts."""
    sides = (("begun", axis - max(reach[0] / 2, 6)), ("decided", axis + max(reach[1] / 2, 6)))
    end = ' text-anchor="end"'
    words = [write(x.start - 8, y + 4, text, size=TEXT, color=INK, more=end) for text, y in sides]
    return line(x.start, axis, x.end, axis, MUTED, ' stroke-width="1.2"') + "".join(words)


def _weeks(cadence: Cadence, x: Scale, height: float) -> str:
    """The days or months under the bars."""
    found, _ = time_ticks(x.low, x.high, x.end - x.start, [place(week) for week in cadence.weeks])
    parts = []
    for tick in found:
        if tick.label:
            half = width_of(tick.label, TEXT) / 2
            at = min(max(x(tick.at), x.start + half), x.end - half)
            parts.append(line(x(tick.at), height - FOOT + 2, x(tick.at), height - FOOT + 6, MUTED))
            parts.append(write(at, height - 4, tick.label, size=TEXT, color=MUTED, more=MIDDLE))
    return "".join(parts)


def _sample(paper: str) -> str:
    bar = f'<rect x="2" y="2" width="8" height="8" fill="{paper}" stroke="{DATA}" stroke-width="1.2"/>'
    return f'<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">{bar}</svg>'
