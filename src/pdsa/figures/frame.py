"""What stands around the data: axes, the bracket of the baseline, labels of lines, the key of marks."""

from __future__ import annotations

from pdsa.figures.axes import Span
from pdsa.figures.layers import SIZES, Pen, absence
from pdsa.figures.layout import TEXT, Layout
from pdsa.figures.svg import INK, MUTED, RULE, line, mark, number, path, shorten, spread, width_of, write
from pdsa.figures.words import MARKS

MIDDLE = ' text-anchor="middle"'
LABEL_HEIGHT = 13.5


def value_axis(plan: Layout) -> str:
    """Faint lines at round values, their labels, and the unit where it is not percent."""
    x, top = plan.canvas.x, plan.canvas.y.end
    parts = [line(x.start, y, x.end, y, RULE, ' class="pdsa-gridline"') for y, _ in plan.y_ticks]
    parts += [write(x.start - 6, y + 4, text, color=MUTED, more=' text-anchor="end"') for y, text in plan.y_ticks]
    if plan.unit:
        parts.append(write(4, top - 7, shorten(plan.unit, TEXT, plan.size[0] / 2), color=MUTED))
    return "".join(parts)


def time_axis(plan: Layout) -> str:
    """The axis line with its ticks, and the school years named below."""
    x, y = plan.canvas.x, plan.canvas.axis
    below = y + 16 * plan.bracketed
    parts = [line(x.start, y, x.end, y, MUTED, ' class="pdsa-axis"')]
    for tick in plan.x_ticks:
        at = x(tick.at)
        parts.append(line(at, y, at, y + (5 if tick.label else 3), MUTED))
        if tick.label:
            half = width_of(tick.label, TEXT) / 2
            parts.append(
                write(min(max(at, half), plan.size[0] - half), below + 15, tick.label, color=MUTED, more=MIDDLE)
            )
    return "".join(parts) + "".join(_year(plan, span, below + 30) for span in plan.years)


def _year(plan: Layout, span: Span, y: float) -> str:
    """A school year's name in the middle of its stretch, between two short rules; left out where it has no room."""
    start, end = plan.canvas.x(span.start), plan.canvas.x(span.end)
    name = next(
        (name for name in (f"school year {span.label}", span.label) if width_of(name, TEXT) + 8 < end - start), ""
    )
    if not name:
        return ""
    reach = width_of(name, TEXT) / 2 + 6
    middle = (start + end) / 2
    ends = ((start + 2, middle - reach), (middle + reach, end - 2))
    rules = "".join(line(a, y - 4, b, y - 4, RULE) for a, b in ends if b - a > 4)
    return rules + write(middle, y, name, color=INK, more=MIDDLE)


def brackets(pen: Pen) -> str:
    """A thin bracket under each baseline from which lines were carried on."""
    y = pen.canvas.axis
    marked = [(first, stop) for first, stop, partial in pen.stretches if partial]
    return "".join(_bracket(pen.left[first], pen.right[stop - 1], y) for first, stop in marked)


def _bracket(start: float, end: float, y: float) -> str:
    half = width_of("baseline", 10) / 2 + 4
    middle = max((start + end) / 2, start + half)
    shape = f"M{number(start + 1)} {number(y + 7)}v4H{number(end - 1)}v-4"
    drawn = path(shape, MUTED, ' class="pdsa-baseline"')
    if end - start < 2 * half + 10:
        return drawn + write(max(end, start) + 4, y + 15, "baseline", size=10, color=MUTED)
    room = (
        f'<rect x="{number(middle - half)}" y="{number(y + 6)}" width="{number(2 * half)}" height="10" fill="#ffffff"/>'
    )
    return drawn + room + write(middle, y + 14.5, "baseline", size=10, color=MUTED, more=MIDDLE)


def end_labels(plan: Layout) -> str:
    """The names of lines at their right end, pushed apart, each tied to its line where it had to move."""
    if not plan.labels:
        return ""
    wished = [label.y for label in plan.labels]
    y, right = plan.canvas.y, plan.canvas.x.end
    placed = spread(wished, [LABEL_HEIGHT] * len(wished), y.end - 12, plan.canvas.axis + 10)
    parts = []
    for label, at in zip(plan.labels, placed, strict=True):
        parts.append(path(f"M{number(right + 2)} {number(label.y)}L{number(right + 11)} {number(at)}", label.color))
        parts.append(write(right + 14, at + 4, label.text, color=label.color, more=' class="pdsa-label"'))
    return "".join(parts)


def key(plan: Layout) -> str:
    """What the marks mean, for those that the chart uses."""
    at, y = plan.canvas.x.start, plan.size[1] - 7
    parts = []
    for name in plan.used:
        parts.append(_sample(name, at + 5, y - 4))
        parts.append(write(at + 14, y, MARKS[name], color=MUTED))
        at += 14 + width_of(MARKS[name], TEXT) + 16
    return f'<g class="pdsa-key">{"".join(parts)}</g>' if parts else ""


def _sample(name: str, x: float, y: float) -> str:
    if name in ("hidden", "missing"):
        return absence(name, x, y + 4)
    return mark(name, x, y, round(3.2 * SIZES[name] / 1.6, 1), MUTED if name == "crossed" else INK)


def message(plan: Layout, text: str) -> str:
    """A sentence in the middle of the chart."""
    x, y = plan.canvas.x, plan.canvas.y
    return write((x.start + x.end) / 2, (y.start + y.end) / 2, text, size=13, color=MUTED, more=MIDDLE)
