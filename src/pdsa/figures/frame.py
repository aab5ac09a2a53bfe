"""What stands around the data: axes, the bracket of the baseline, labels of lines, the key of marks."""

from __future__ import annotations

from pdsa.figures.axes import Span
from pdsa.figures.layers import SIZES, Pen, absence, boundary
from pdsa.figures.layout import KEY_LINE, SUBTITLE, TEXT, Layout, key_width
from pdsa.figures.svg import INK, MUTED, RULE, line, mark, number, path, shorten, width_of, write
from pdsa.trace import ABSENCES, boundaries
from pdsa.trace.remarks import spread
from pdsa.trace.words import MEASURED_ANEW

MIDDLE = ' text-anchor="middle"'
LABEL_HEIGHT = 13.5


def value_axis(plan: Layout) -> str:
    """Faint lines at round values, their labels, the unit where it is not percent, and the sizes of the periods."""
    x = plan.canvas.x
    d = "".join([f"M{number(x.start)} {number(y)}H{number(x.end)}" for y, _ in plan.y_ticks])
    parts = [path(d, RULE, ' class="pdsa-gridline"')]
    parts += [write(x.start - 6, y + 4, text, color=MUTED, more=' text-anchor="end"') for y, text in plan.y_ticks]
    if plan.subtitle:
        said = shorten(plan.subtitle, TEXT, plan.size[0] - 8)
        parts.append(write(4, SUBTITLE, said, color=MUTED, more=' class="pdsa-sizes"'))
    return "".join(parts)


def time_axis(plan: Layout) -> str:
    """The axis line with its ticks, and the school years named below."""
    x, y = plan.canvas.x, plan.canvas.axis
    below = y + 16 * plan.bracketed
    d = "".join([f"M{number(x(t.at))} {number(y)}v{5 if t.label else 3}" for t in plan.x_ticks])
    parts = [line(x.start, y, x.end, y, MUTED, ' class="pdsa-axis"'), path(d, MUTED, ' class="pdsa-ticks"')]
    for tick in plan.x_ticks:
        if tick.label:
            half = width_of(tick.label, TEXT) / 2
            at = min(max(x(tick.at), half), plan.size[0] - half)
            parts.append(write(at, below + 15, tick.label, color=MUTED, more=MIDDLE))
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
    return "".join(_bracket(float(pen.left[first]), float(pen.right[stop - 1]), y) for first, stop in marked)


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


def divisions(pen: Pen) -> str:
    """The boundaries of phases, and where the measure became another one, with its words above."""
    found = boundaries(pen.trace)
    drawn = "".join(boundary(pen.canvas, at, anew) for at, anew in found)
    return drawn + _anew(pen, [pen.canvas.x(at) for at, anew in found if anew])


def _anew(pen: Pen, places: list[float]) -> str:
    """The words over each new instrument; over the first alone where they would not fit beside each other."""
    x, wide = pen.canvas.x, width_of(MEASURED_ANEW, 10) + 10
    named = places if len(places) * wide <= x.end - x.start else places[:1]
    middles = spread(named, [wide] * len(named), x.start, x.end)
    words = [
        write(m, pen.canvas.y.end - 7, MEASURED_ANEW, size=10, color=MUTED, more=f'{MIDDLE} class="pdsa-anew"')
        for m in middles
    ]
    return "".join(words)


def key(plan: Layout) -> str:
    """What the marks mean, for those that the chart uses, in as many rows as they need."""
    parts: list[str] = []
    at, y = plan.canvas.x.start, plan.size[1] - 7 - KEY_LINE * (plan.key_rows - 1)
    for name, words in plan.used.items():
        wide = key_width(words)
        if at > plan.canvas.x.start and at + wide > plan.size[0]:
            at, y = plan.canvas.x.start, y + KEY_LINE
        parts += (_sample(name, at + 5, y - 4), write(at + 14, y, words, color=MUTED))
        at += wide
    return f'<g class="pdsa-key">{"".join(parts)}</g>' if parts else ""


def _sample(name: str, x: float, y: float) -> str:
    if name in ABSENCES:
        return absence(name, x, y + 4)
    ink = MUTED if name in ("crossed", "hollow") else INK
    return mark(name, number(x), number(y), round(3.2 * SIZES[name] / 1.6, 1), ink)


def message(plan: Layout, text: str) -> str:
    """A sentence in the middle of the chart."""
    x, y = plan.canvas.x, plan.canvas.y
    return write((x.start + x.end) / 2, (y.start + y.end) / 2, text, size=13, color=MUTED, more=MIDDLE)
