"""Cycles on a chart: a span for the days of each above the data, and a box over the values that were predicted."""

from __future__ import annotations

import math
import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.cycles.outcomes import measure_of
from pdsa.figures.axes import Scale
from pdsa.figures.layers import Canvas
from pdsa.figures.svg import INK, NOTE, PAPER, escape, line, number, path, shorten, width_of, write
from pdsa.narrate.tested import name_of
from pdsa.records.inquiry import Prediction
from pdsa.terms import OUTCOME_WORDS, Outcome
from pdsa.trace import Trace, edges
from pdsa.trace.remarks import place

if TYPE_CHECKING:
    from pdsa.inquiry import State
    from pdsa.records import Measure

ROW, TEXT = 15.0, 10.0
# Names stand beside their spans while so many rows suffice; of more cycles only the letters are drawn.
MOST_ROWS, LONGEST = 2, 190.0
LEAST = 8.0  # width of a span of one day
HATCH = 6.0
DAYS = re.compile(r"( \([0-9]{4}-)")


@dataclass(frozen=True, slots=True)
class Window:
    """A cycle on a chart: what it is called, its days (without an end while it runs), what was predicted.

    `outcomes` holds what became of predictions, by their id.
    """

    label: str
    start: date
    end: date | None = None
    predictions: tuple[Prediction, ...] = ()
    outcomes: Mapping[str, Outcome] | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A window with its letter and its place in pixels; `row` counts from the plot upward, -1 for one outside."""

    letter: str
    window: Window
    start: float
    end: float
    row: int
    where: str = ""
    named: bool = True


def windows_of(
    state: State, school: str, measure: str, outcomes: Mapping[str, Outcome] | None = None
) -> tuple[Window, ...]:
    """The cycles of a school that look at a measure, in the order of their first days, with their predictions on it.

    Parameters
    ----------
    state
        What the reader may see of the log.
    school, measure
        Ids.
    outcomes
        What became of predictions, by id.
    """
    found = []
    for cycle in state.cycles:
        own = tuple(one for one in state.predictions(cycle.id) if measure_of(one, cycle) == measure)
        if cycle.school_id == school and cycle.began and (own or measure in cycle.measure_ids):
            end = cycle.actual_end or cycle.planned_end
            found.append(Window(name_of(cycle, state), cycle.began, end, own, outcomes))
    return tuple(sorted(found, key=lambda one: (one.start, one.label)))


def foreseen(windows: Iterable[Window]) -> list[float]:
    """All predicted values, which the value axis must show."""
    named = (value for one in windows for p in _drawable(one) for value in (p.value, p.low, p.high))
    return [value for value in named if value is not None and math.isfinite(value)]


def _drawable(window: Window) -> list[Prediction]:
    """Predictions of values for all: those of a group do not speak of the line that is drawn."""
    return [p for p in window.predictions if not p.group and p.type in ("value", "range")]


def spans_of(windows: Sequence[Window], trace: Trace, x: Scale) -> list[Span]:
    """The windows with their letters, stacked so that none covers another."""
    lefts, rights = edges(trace)
    low, high = float(lefts.min()), float(rights.max())
    placed = [_span(letter, one, trace.dated, low, high, x) for letter, one in zip(_letters(), windows, strict=False)]
    for named in (True, False):
        rows: list[float] = []
        answer = [_in_row(span, rows, named, x.end) for span in placed]
        if len(rows) <= MOST_ROWS:
            break
    return answer


def _letters() -> Iterable[str]:
    """A to Z, AA to ZZ."""
    yield from string.ascii_uppercase
    yield from (first + second for first in string.ascii_uppercase for second in string.ascii_uppercase)


def _span(letter: str, window: Window, dated: bool, low: float, high: float, x: Scale) -> Span:
    start, last = place(window.start), place(window.end) + 1 if window.end else high
    if not dated or start > high or last < low:
        where = "not on this chart" if not dated else "after this chart" if start > high else "before this chart"
        return Span(letter, window, 0.0, 0.0, -1, where)
    left, right = x(max(start, low)), x(min(max(last, start + 1), high))
    spare = max(LEAST - (right - left), 0.0) / 2
    return Span(letter, window, max(left - spare, x.start), min(right + spare, x.end), 0)


def _in_row(span: Span, rows: list[float], named: bool, edge: float) -> Span:
    """The span in the lowest row in which it has room; `rows` holds where each of them is free."""
    if span.row < 0:
        return span
    end = max(span.end, span.start + _label(span, named)[1])
    start = span.start - max(end - edge - 130, 0.0)
    row = next((i for i, free in enumerate(rows) if free <= start), len(rows))
    rows[row:] = [end + 1, *rows[row + 1 :]]
    return Span(span.letter, span.window, span.start, span.end, row, span.where, named)


def _label(span: Span, named: bool) -> tuple[str, float]:
    """Letter and, where names are drawn, as much of the name as has room; and its width."""
    text = f"{span.letter} {shorten(span.window.label, TEXT, LONGEST)}" if named else span.letter
    return text, width_of(text, TEXT) + (10 if named else 3)


def rows_of(spans: Sequence[Span]) -> int:
    """Rows that the spans need above the plot."""
    return max((span.row for span in spans), default=-1) + 1


def draw_spans(spans: Sequence[Span], foot: float, measure: Measure | None) -> str:
    """The spans above the plot, the lowest row standing on `foot`."""
    drawn = "".join(_drawn_span(one, foot - ROW * one.row, measure) for one in spans if one.row >= 0)
    return f'<g class="pdsa-windows">{drawn}</g>' if drawn else ""


def _drawn_span(span: Span, foot: float, measure: Measure | None) -> str:
    """A bar over the days, and letter and name beginning with it."""
    top, wide = foot - 4, span.end - span.start
    open_end = ' stroke-dasharray="3 2"' if span.window.end is None else ""
    bar = f'<rect x="{number(span.start)}" y="{number(top)}" width="{number(wide)}" height="3" fill="{NOTE}"/>'
    tail = line(span.end, top + 1.5, span.end + 6, top + 1.5, NOTE, open_end) if open_end else ""
    words = write(
        span.start, top - 2, _label(span, span.named)[0], size=TEXT, color=INK, more=' unicode-bidi="plaintext"'
    )
    return f'<g class="pdsa-window"><title>{escape(told(span, measure))}</title>{bar}{tail}{words}</g>'


def draw_predictions(spans: Sequence[Span], canvas: Canvas, measure: Measure | None) -> str:
    """Over the days of each cycle a hatched box from the lowest to the highest predicted value, or a thick line."""
    boxes = [
        _box(span, prediction, canvas, measure)
        for span in spans
        if span.row >= 0
        for prediction in _drawable(span.window)
    ]
    return "".join(boxes)


def _box(span: Span, prediction: Prediction, canvas: Canvas, measure: Measure | None) -> str:
    title = f"<title>{escape(f'{span.letter}: {predicted(prediction, measure, span.window.outcomes)}')}</title>"
    low, high, value = prediction.low, prediction.high, prediction.value
    box, tops = "", []
    if low is not None or high is not None:
        foot = canvas.y(low) if low is not None else canvas.y.start
        top = canvas.y(high) if high is not None else canvas.y.end
        top, foot = min(top, foot - 3), max(foot, top + 3)
        box, tops = _frame(span, top, foot) + _hatching(span.start, span.end, top, foot), [top]
    if value is not None:
        box, tops = box + _level(span, canvas.y(value)), [*tops, canvas.y(value) - 2]
    if not box:
        return ""
    letter = write(span.start, min(tops) - 2.5, span.letter, size=9, color=INK)
    return f'<g class="pdsa-predicted">{title}{box}{letter}</g>'


def _level(span: Span, y: float) -> str:
    """A single predicted value: a thick dashed line between two ends."""
    ends = path(f"M{number(span.start)} {number(y - 4)}v8M{number(span.end)} {number(y - 4)}v8", INK)
    return ends + line(span.start, y, span.end, y, INK, ' stroke-width="2.2" stroke-dasharray="4 2"')


def _frame(span: Span, top: float, foot: float) -> str:
    look = f'fill="{PAPER}" fill-opacity=".55" stroke="{NOTE}" stroke-dasharray="3 2"'
    place = f'x="{number(span.start)}" y="{number(top)}" width="{number(span.end - span.start)}"'
    return f'<rect {place} height="{number(foot - top)}" {look}/>'


def _hatching(left: float, right: float, top: float, foot: float) -> str:
    """Lines that rise to the right over a box, cut at its edges; a pattern of SVG would need an id of its own."""
    parts = []
    at = left - (foot - top) + HATCH / 2
    while at < right:
        x1, x2 = max(at, left), min(at + foot - top, right)
        parts.append(f"M{number(x1)} {number(foot - (x1 - at))}L{number(x2)} {number(foot - (x2 - at))}")
        at += HATCH
    return path("".join(parts), NOTE, ' stroke-width=".7" stroke-opacity=".7"')


def predicted(prediction: Prediction, measure: Measure | None, outcomes: Mapping[str, Outcome] | None = None) -> str:
    """`predicted 80.0% to 90.0%: held`, in the words of the prediction's kind."""
    outcome = (outcomes or {}).get(prediction.id)
    group = f" for {prediction.group}" if prediction.group else ""
    return f"predicted {expected(prediction, measure)}{group}" + (f": {OUTCOME_WORDS[outcome]}" if outcome else "")


def expected(prediction: Prediction, measure: Measure | None, *, quoted: bool = True) -> str:
    """What was expected, as short as possible: values, a direction, a probability, or the question itself.

    `quoted` says whether the question stands with a probability.
    """

    def said(value: float | None, unit: bool = True) -> str:
        return narrate.format_value(math.nan if value is None else value, measure, unit=unit)

    low, high, value = prediction.low, prediction.high, prediction.value
    if low is not None and high is not None:
        band = f"{said(low, False)} to {said(high)}"
        return band if value is None else f"{said(value, False)} ({band})"
    if low is not None or high is not None:
        return f"at least {said(low)}" if low is not None else f"at most {said(high)}"
    if value is not None:
        return said(value)
    if prediction.direction:
        return f"it would go {prediction.direction}"
    if prediction.probability is not None:
        chance = f"{100 * prediction.probability:.0f} in 100"
        return f"“{prediction.question}” with {chance}" if quoted else f"a chance of {chance}"
    return f"“{prediction.question}”"


def told(span: Span, measure: Measure | None) -> str:
    """A window in one line: `A · Call home, cycle 2 (2025-10-06 to 2025-10-17): predicted 80.0% to 90.0%: held`."""
    one = span.window
    until = f" to {one.end}" if one.end else ", not ended"
    where = f", {span.where}" if span.where else ""
    said = "; ".join(predicted(prediction, measure, one.outcomes) for prediction in one.predictions)
    return f"{span.letter} · {one.label} ({one.start}{until}{where})" + (f": {said}" if said else "")


def _on_paper(words: str) -> str:
    """A cycle's line, on paper without its days and prediction: a page of one sheet tells those elsewhere."""
    name, days, rest = DAYS.split(words, maxsplit=1) if DAYS.search(words) else (words, "", "")
    return f'{escape(name)}<span class="pdsa-screen-only">{escape(days + rest)}</span>' if days else escape(words)


def listed_windows(spans: Sequence[Span], measure: Measure | None) -> str:
    """The windows as a list under the chart."""
    if not spans:
        return ""
    items = "".join(f"<li><bdi>{_on_paper(told(span, measure))}</bdi></li>" for span in spans)
    style = "list-style:none;margin:.2em 0 0;padding:0 0 0 4px;font-size:12px;overflow-wrap:anywhere"
    return f'<ul class="pdsa-annotations pdsa-cycles" style="{style}">{items}</ul>'
