"""One series as a control chart of full size."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.figures import frame, layers
from pdsa.figures.figure import Figure
from pdsa.figures.flags import draw_flags, listed
from pdsa.figures.layout import Layout, lay_out
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
from pdsa.narrate import Account
from pdsa.trace import Trace, read, series_of
from pdsa.trace.remarks import Flag, flags_of
from pdsa.trace.words import tips

if TYPE_CHECKING:
    from pdsa.chart import Chart

EMPTY = "No data yet: there is nothing to draw."
NOTHING = "No values to draw in these periods."


def control_chart(chart: Chart, *, width: float = 720, height: float = 320, title: str | None = None) -> Figure:
    """A chart of one series: `<figure>` with an SVG and, under it, the list of its annotations.

    Parameters
    ----------
    chart
        Must hold one series or none; take one out of many by `chart.only(...)`.
    width, height
        Size in pixels of the SVG; it scales to the place where it stands.
    title
        Headline; by default that of `narrate.title`.

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
    body = _drawing(chart, trace, flags, width, height)
    return Figure(_page(chart, headline, body, told, (width, height), listed(remarks)), told.line)


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


def _drawing(chart: Chart, trace: Trace, flags: list[Flag], width: float, height: float) -> str:
    """All layers in one group, which says its scales: value and pixel at both ends of each axis."""
    plan = lay_out(chart, trace, bool(flags), width, height)
    pen = layers.pen(plan.canvas, trace)
    said = {row: escape(tip) for row, tip in tips(chart, trace, range(len(trace.x))).items()}
    parts = (
        layers.band(pen),
        frame.value_axis(plan),
        frame.time_axis(plan),
        frame.brackets(pen),
        frame.divisions(pen),
        layers.target_line(plan.canvas, plan.target, TARGET),
        layers.limits(pen),
        layers.center(pen),
        draw_flags(flags, plan.canvas),
        layers.data_line(pen),
        layers.points(pen, said),
        layers.absences(pen, said),
        frame.end_labels(plan),
        frame.key(plan),
        "" if trace.shown.any() else frame.message(plan, NOTHING),
    )
    return f'<g class="pdsa-plot"{_scales(plan)}>{"".join(parts)}</g>'


def _scales(plan: Layout) -> str:
    """Value and pixel at both ends of each axis, for whoever reads the drawing back."""
    named = (("x", plan.canvas.x), ("y", plan.canvas.y))
    return "".join(f' data-{name}="{s.low:.9g} {s.high:.9g} {s.start:g} {s.end:g}"' for name, s in named)
