"""One series as a control chart of full size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.figures import frame, layers
from pdsa.figures.drawing import many
from pdsa.figures.figure import Figure
from pdsa.figures.flags import draw_flags, listed
from pdsa.figures.layout import ANEW_ROOM, FLAG_ROOM, Layout, lay_out
from pdsa.figures.svg import (
    AS_TYPED,
    BOLD,
    FONT,
    LIMIT,
    MUTED,
    PAPER,
    TARGET,
    digest,
    escape,
    number,
    shorten,
    slug,
    width_of,
    write,
)
from pdsa.figures.symbols import ASSURANCE_SHORT, COLORS, NO_SYMBOL, shape
from pdsa.figures.windows import (
    MOST_ROWS,
    ROW,
    Span,
    Window,
    draw_predictions,
    draw_spans,
    foreseen,
    listed_windows,
    rows_of,
    spans_of,
)
from pdsa.figures.windows import told as told_window
from pdsa.narrate import Account
from pdsa.trace import Trace, read, series_of
from pdsa.trace.remarks import Flag, flags_of
from pdsa.trace.words import tips

if TYPE_CHECKING:
    from pdsa.chart import Chart

EMPTY = "No data yet: there is nothing to draw."
NOTHING = "No values to draw in these periods."


def control_chart(
    chart: Chart,
    *,
    width: float = 720,
    height: float = 320,
    title: str | None = None,
    windows: Sequence[Window] = (),
) -> Figure:
    """A chart of one series: `<figure>` with an SVG and, under it, the list of its annotations and of its cycles.

    Parameters
    ----------
    chart
        Must hold one series or none; take one out of many by `chart.only(...)`.
    width, height
        Size in pixels of the SVG; it scales to the place where it stands.
    title
        Headline; by default that of `narrate.title`.
    windows
        Cycles to draw above the data, with the values that were predicted for their days (`windows_of`).

    Raises
    ------
    ValueError
        If the chart holds several series.
    """
    found = series_of(chart)
    if len(found) > 1:
        raise ValueError(f"found {len(found)} series, expected one: take it out by chart.only(...)")
    headline = narrate.title(chart) if title is None else title
    told = narrate.account(chart)
    if not found:
        return Figure(_page(chart, headline, _nothing(width), replace(told, alt=EMPTY), (width, 120), ""), told.line)
    trace = read(chart)
    flags, remarks = flags_of(chart, trace, found[0][0])
    plan, spans = _planned(chart, trace, bool(flags), windows, (width, height))
    body = _drawing(chart, trace, flags, plan, spans)
    measure = narrate.in_unit(chart, trace.kinds)
    if spans:
        cycles = "; ".join(told_window(span, measure) for span in spans)
        told = replace(
            told, alt=f"{told.alt} Cycles: {cycles}.", line=f"{told.line} · {many(len(spans), 'cycle')}: {cycles}"
        )
    below = listed(remarks) + listed_windows(spans, measure)
    return Figure(_page(chart, headline, body, told, plan.size, below), told.line)


def _page(chart: Chart, headline: str, body: str, told: Account, size: tuple[float, float], below: str) -> str:
    width, height = size
    head, key = _headline(told, headline, width), digest(headline + body + told.alt)
    anchor = f' id="measure-{slug(chart.measure.id)}"' if chart.measure else ""
    return (
        f'<figure class="pdsa-figure pdsa-chart {AS_TYPED}"{anchor} style="margin:0">'
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="pdsa-{key}-t pdsa-{key}-d" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'style="max-width:100%;height:auto" font-family="{FONT}">'
        f'<title id="pdsa-{key}-t">{escape(headline)}</title><desc id="pdsa-{key}-d">{escape(told.alt)}</desc>'
        f"{head}{body}</svg>{below}</figure>"
    )


def _headline(told: Account, headline: str, width: float) -> str:
    """Title at the left; at the right the assurance and the verdict, without a symbol where none is due."""
    verdict = told.verdict
    ink = COLORS.get(verdict, MUTED)
    right, start = _word(width - 6, narrate.VERDICT_WORDS[verdict], ink, "pdsa-word")
    if verdict not in NO_SYMBOL:
        right, start = right + _picture(start, verdict, "pdsa-verdict"), start - 19
    if told.assurance:
        words, start = _word(start - 14, ASSURANCE_SHORT[told.assurance], MUTED, "pdsa-assured")
        right, start = right + words + _picture(start, told.assurance, "pdsa-assurance"), start - 19
    return _title(headline, start - 14) + right


def _word(end: float, words: str, color: str, name: str) -> tuple[str, float]:
    start = end - width_of(words, 12.5) * BOLD
    return write(start, 18.5, words, size=12.5, color=color, more=f' font-weight="600" class="{name}"'), start


def _picture(end: float, name: str, kind: str) -> str:
    return f'<g class="{kind}" transform="translate({number(end - 19)} 7)">{shape(name)}</g>'


def _title(headline: str, room: float) -> str:
    short = shorten(headline, 15, room / BOLD)
    full = f"<title>{escape(headline)}</title>" if short != headline else ""
    more = ' font-weight="600" unicode-bidi="plaintext" class="pdsa-title"'
    return f"<g>{full}{write(4, 19, short, size=15, more=more)}</g>"


def _nothing(width: float) -> str:
    box = (
        f'<rect x="4" y="34" width="{width - 8:g}" height="76" fill="{PAPER}" stroke="{LIMIT}" stroke-dasharray="4 3"/>'
    )
    return box + write(width / 2, 77, EMPTY, size=13, color=MUTED, more=' text-anchor="middle"')


def _drawing(chart: Chart, trace: Trace, flags: list[Flag], plan: Layout, spans: list[Span]) -> str:
    """All layers in one group, which says its scales: value and pixel at both ends of each axis."""
    pen, measure = layers.pen(plan.canvas, trace), narrate.in_unit(chart, trace.kinds)
    said = {row: escape(tip) for row, tip in tips(chart, trace, range(len(trace.x))).items()}
    foot = plan.canvas.y.end - 8 - FLAG_ROOM * bool(flags) - ANEW_ROOM * bool(trace.instrument_ends.any())
    parts = (
        layers.band(pen),
        frame.value_axis(plan),
        frame.time_axis(plan),
        frame.brackets(pen),
        frame.divisions(pen),
        draw_predictions(spans, plan.canvas, measure),
        layers.target_line(plan.canvas, plan.target, TARGET),
        layers.limits(pen),
        layers.center(pen),
        draw_flags(flags, plan.canvas),
        draw_spans(spans, foot, measure),
        layers.data_line(pen),
        layers.points(pen, said),
        layers.absences(pen, said),
        frame.end_labels(plan),
        frame.key(plan),
        "" if trace.shown.any() else frame.message(plan, NOTHING),
    )
    return f'<g class="pdsa-plot"{_scales(plan)}>{"".join(parts)}</g>'


def _planned(
    chart: Chart, trace: Trace, flagged: bool, windows: Sequence[Window], size: tuple[float, float]
) -> tuple[Layout, list[Span]]:
    """The layout, with room for the rows of the cycles, which do not move the time axis."""
    values = foreseen(windows)
    plan = lay_out(chart, trace, flagged, size, (values, 0.0))
    spans = spans_of(windows, trace, plan.canvas.x) if windows else []
    if rows := rows_of(spans):
        taller = (size[0], size[1] + ROW * max(rows - MOST_ROWS, 0))
        plan = lay_out(chart, trace, flagged, taller, (values, ROW * rows))
    return plan, spans


def _scales(plan: Layout) -> str:
    """Value and pixel at both ends of each axis, for whoever reads the drawing back."""
    named = (("x", plan.canvas.x), ("y", plan.canvas.y))
    return "".join(f' data-{name}="{s.low:.9g} {s.high:.9g} {s.start:g} {s.end:g}"' for name, s in named)
