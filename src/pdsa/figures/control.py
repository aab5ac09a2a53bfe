"""One series as a control chart of full size."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdsa import narrate
from pdsa.figures import frame, layers
from pdsa.figures.figure import Figure
from pdsa.figures.flags import Flag, draw_flags, flags_of, listed
from pdsa.figures.layout import lay_out
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
from pdsa.figures.symbols import COLORS, NO_SYMBOL, shape
from pdsa.figures.trace import Trace, read, series_of
from pdsa.figures.words import tips

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
    trace = read(chart)
    headline = narrate.title(chart) if title is None else title
    text = narrate.summary_line(chart)
    if not found:
        return Figure(_page(chart, headline, _nothing(width), EMPTY, (width, 120), ""), text)
    flags, remarks = flags_of(chart, trace, found[0][0])
    body = _drawing(chart, trace, flags, width, height)
    return Figure(_page(chart, headline, body, narrate.alt_text(chart), (width, height), listed(remarks)), text)


def _page(chart: Chart, headline: str, body: str, description: str, size: tuple[float, float], below: str) -> str:
    width, height = size
    head = _headline(chart, headline, width)
    key = digest(headline + body + description)
    anchor = f' id="measure-{slug(chart.measure.id)}"' if chart.measure else ""
    return (
        f'<figure class="pdsa-figure pdsa-chart {AS_TYPED}"{anchor} style="margin:0">'
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="pdsa-{key}-t pdsa-{key}-d" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f'style="max-width:100%;height:auto" font-family="{FONT}">'
        f'<title id="pdsa-{key}-t">{escape(headline)}</title><desc id="pdsa-{key}-d">{escape(description)}</desc>'
        f"{head}{body}</svg>{below}</figure>"
    )


def _headline(chart: Chart, headline: str, width: float) -> str:
    """Title at the left; symbol and words of the verdict at the right, without a symbol where none is due."""
    verdict = narrate.verdict_of(chart)
    words = narrate.VERDICT_WORDS[verdict]
    start = width - width_of(words, 12.5) * BOLD - 6
    color = COLORS.get(verdict, MUTED)
    told = write(start, 18.5, words, size=12.5, color=color, more=' font-weight="600" class="pdsa-word"')
    if verdict not in NO_SYMBOL:
        start -= 19
        told += f'<g class="pdsa-verdict" transform="translate({number(start)} 7)">{shape(verdict)}</g>'
    return _title(headline, start - 14) + told


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
    plan = lay_out(chart, trace, bool(flags), width, height)
    pen, told = layers.pen(plan.canvas, trace), tips(chart, trace, range(len(trace.x)))
    return "".join(
        (
            layers.band(pen),
            frame.value_axis(plan),
            frame.time_axis(plan),
            frame.brackets(pen),
            layers.target_line(plan.canvas, plan.target, TARGET),
            layers.limits(pen),
            layers.center(pen),
            draw_flags(flags, plan.canvas),
            layers.data_line(pen),
            layers.points(pen, told),
            layers.absences(pen, told),
            frame.end_labels(plan),
            frame.key(plan),
            "" if trace.shown.any() else frame.message(plan, NOTHING),
        )
    )
