"""Many series of one measure in a grid of small panels, all on one scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pdsa import narrate
from pdsa.figures import layers
from pdsa.figures.axes import Scale, tick_labels, ticks, value_range
from pdsa.figures.figure import Figure
from pdsa.figures.layout import drawn_values, ticks_of, time_scale
from pdsa.figures.svg import (
    AS_TYPED,
    CENTER,
    FONT,
    LIMIT,
    MUTED,
    RULE,
    TARGET,
    escape,
    line,
    mark,
    shorten,
    slug,
    unique,
    width_of,
    write,
)
from pdsa.figures.symbols import ASSURANCE_SHORT, NO_SYMBOL, SHORT_WORDS, symbol
from pdsa.trace import ABSENCES, Trace, boundaries, labels, read, series_of, verdicts_of
from pdsa.trace.words import MEASURED_ANEW, better_of, display, possible, tips, unit_of, used_marks

if TYPE_CHECKING:
    from pdsa.chart import Chart

PAGE = 720.0
GAP = 14.0
HEIGHT = 104.0
TEXT = 9.5


@dataclass(frozen=True, slots=True)
class Panel:
    """One series with the name that readers see, its verdict, its assurance as far as it is told, and its rows."""

    name: str
    key: str
    verdict: str
    assurance: str
    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all panels share: scales, labeled ticks of both axes, target, and size of a panel."""

    canvas: layers.Canvas
    y_ticks: list[tuple[float, str]]
    x_ticks: list[tuple[float, str]]
    target: float | None
    width: float


def small_multiples(
    chart: Chart,
    *,
    columns: int = 4,
    most: int = 40,
    names: Mapping[str, str] | None = None,
    links: Mapping[str, str] | None = None,
) -> Figure:
    """A grid of panels, one for each series of a measure, in the order of their names and on one scale.

    Parameters
    ----------
    chart
        Series of one measure.
    columns
        Panels side by side.
    most
        Panels drawn at most. Of more series the first by name are drawn, and a sentence says so.
    names, links
        Name to show and address to link to, by the id of a series (its school).

    Raises
    ------
    ValueError
        If the chart holds several measures.
    """
    every = panels_of(chart, names)
    chosen = choose(every, most)
    caption = f"{_measure_name(chart)}: {_counted(every, chosen)} All panels share one scale."
    if not chosen:
        return Figure(_grid(caption.replace(" All panels share one scale.", ""), "", columns, ""), caption)
    trace = read(chart)
    rows = np.concatenate([np.arange(panel.start, panel.stop) for panel in chosen])
    sheet = _sheet(chart, trace.take(rows), (PAGE - GAP * (columns - 1)) / columns)
    own = f"{slug(chart.measure.id)}-" if chart.measure else ""
    anchors = unique([f"chart-{own}{slug(panel.name)}" for panel in chosen])
    told = [_told(chart, panel, trace) for panel in chosen]
    drawn = [
        _panel(chart, sheet, panel, trace, (anchor, (links or {}).get(panel.key, ""), words))
        for panel, anchor, words in zip(chosen, anchors, told, strict=True)
    ]
    return Figure(
        _grid(caption, "".join(drawn), columns, _key(chart, trace.take(rows), {panel.assurance for panel in chosen})),
        "\n".join([caption, *told]),
    )


def panels_of(chart: Chart, names: Mapping[str, str] | None) -> list[Panel]:
    """The panels of a chart in the order of their names."""
    if "measure" in chart.by and chart.summary["measure"].nunique() > 1:
        raise ValueError(f"found {chart.summary['measure'].nunique()} measures, expected series of one measure")
    verdicts = verdicts_of(chart)
    rows = zip(chart.summary["assurance"].tolist(), chart.summary["verdict"].tolist(), strict=True)
    told = [narrate.assurance_told({"assurance": found, "verdict": verdict}) for found, verdict in rows]
    panels = []
    for (key, start, stop), assured in zip(series_of(chart), told, strict=False):
        parts = dict(zip(chart.by, key, strict=True))
        parts.pop("measure", None)
        name = " · ".join(display(part, names) for part in parts.values()) or _measure_name(chart)
        school = str(parts.get("school", next(iter(parts.values()), "")))
        panels.append(Panel(name, school, verdicts.get(key, "no_data"), assured, start, stop))
    return sorted(panels, key=lambda panel: (panel.name.casefold(), panel.name, panel.key))


def choose(panels: list[Panel], most: int) -> list[Panel]:
    """All panels, or of too many the first in the order of names: an order that no result can change."""
    return panels[:most]


def _counted(every: list[Panel], chosen: list[Panel]) -> str:
    if not every:
        return "no series yet."
    if len(every) == len(chosen):
        return f"{len(every)} {'panels' if len(every) > 1 else 'panel'} in the order of names."
    rest = "the others stand in the table and on pages of their own"
    return f"{len(chosen)} of {len(every)} schools are drawn, the first in the order of names; {rest}."


def _measure_name(chart: Chart) -> str:
    if chart.measure is not None:
        return chart.measure.name
    found = chart.summary["measure"].tolist() if "measure" in chart.by else []
    return str(found[0]) if found else "Value"


def _sheet(chart: Chart, trace: Trace, width: float) -> Sheet:
    floor, ceiling = possible(chart, trace)
    low, high = value_range(drawn_values(trace, chart.spec.target, floor, ceiling), floor, ceiling)
    places = ticks(low, high, 4)
    labels = tick_labels(places, unit_of(chart, trace))
    left = 6 + max((width_of(text, TEXT) for text in labels), default=0.0)
    x, y = time_scale(trace, left, width - 4), Scale(low, high, HEIGHT - 24, 6)
    canvas = layers.Canvas(x, y, floor, ceiling, better_of(chart, trace), dot=1.5)
    y_ticks = [(y(place), text) for place, text in zip(places, labels, strict=True)]
    return Sheet(canvas, y_ticks, _few_ticks(trace, x), chart.spec.target, width)


def _few_ticks(trace: Trace, x: Scale) -> list[tuple[float, str]]:
    """Ticks of the time axis; years stand for the months that open them where there is no room for more."""
    found, years = ticks_of(trace, x)
    if len(years) > 1:
        return [(x(span.start), "") for span in years[1:]] + [
            ((x(span.start) + x(span.end)) / 2, span.label) for span in years
        ]
    return [(x(tick.at), tick.label) for tick in found]


def _told(chart: Chart, panel: Panel, trace: Trace) -> str:
    """The panel in one sentence: name, verdict, latest value, center."""
    part = trace.cut(panel.start, panel.stop)
    shown = np.flatnonzero(part.shown)
    parts = [f"{panel.name}: {SHORT_WORDS[panel.verdict]}"]
    if len(shown):
        when, last = labels(part.period[shown[-1:]], chart.step)[0], float(part.value[shown[-1]])
        parts.append(f"latest {narrate.format_value(last, narrate.in_unit(chart, trace.kinds))} ({when})")
    centers = part.center[np.isfinite(part.center)]
    if len(centers):
        parts.append(f"center {narrate.format_value(float(centers[-1]), narrate.in_unit(chart, trace.kinds))}")
    if panel.assurance:
        parts.append(ASSURANCE_SHORT[panel.assurance])
    return "; ".join(parts) + "."


def _panel(chart: Chart, sheet: Sheet, panel: Panel, trace: Trace, words: tuple[str, str, str]) -> str:
    anchor, link, told = words
    part = trace.cut(panel.start, panel.stop)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-label="{escape(told)}" font-family="{FONT}" '
        f'viewBox="0 0 {sheet.width:g} {HEIGHT:g}" width="100%" style="display:block">'
        f"<title>{escape(told)}</title>{_drawn(chart, sheet, part)}</svg>"
    )
    return f'<div class="pdsa-panel" id="{anchor}">{_head(panel, link, sheet.width)}{svg}</div>'


def _head(panel: Panel, link: str, width: float) -> str:
    word = SHORT_WORDS[panel.verdict]
    picture = "" if panel.verdict in NO_SYMBOL else symbol(panel.verdict) + " "
    if panel.assurance:
        picture = f'<span title="{ASSURANCE_SHORT[panel.assurance]}">{symbol(panel.assurance)}</span> {picture}'
    short = shorten(panel.name, 12, width - width_of(word, 12) - 22 - 15 * bool(panel.assurance))
    clip = "overflow:hidden;text-overflow:ellipsis;min-width:0"
    name = f'<b title="{escape(panel.name)}" style="{clip}"><bdi>{escape(short)}</bdi></b>'
    if link:
        name = f'<a href="{escape(link)}">{name}</a>'
    verdict = f'<span class="pdsa-word">{picture}{word}</span>'
    row = "display:flex;justify-content:space-between;gap:6px;font-size:12px;white-space:nowrap"
    return f'<div class="pdsa-panel-head" style="{row}">{name}{verdict}</div>'


def _drawn(chart: Chart, sheet: Sheet, part: Trace) -> str:
    absent = ~part.shown if part.shown.any() else ~part.shown & (part.absence != ABSENCES.index("missing"))
    special = ((part.mark != 0) & part.shown | absent).nonzero()[0].tolist()
    told = {row: escape(tip) for row, tip in tips(chart, part, special).items()}
    pen = layers.pen(sheet.canvas, part)
    return "".join(
        (
            layers.band(pen),
            _axes(sheet),
            *(layers.boundary(sheet.canvas, at, anew) for at, anew in boundaries(part)),
            layers.target_line(sheet.canvas, sheet.target, TARGET),
            layers.limits(pen),
            layers.center(pen),
            layers.data_line(pen),
            layers.dots(pen),
            layers.points(pen, told),
            layers.absences(pen, told),
        )
    )


def _axes(sheet: Sheet) -> str:
    x, axis = sheet.canvas.x, sheet.canvas.axis
    parts = [line(x.start, axis, x.end, axis, MUTED)]
    for y, text in sheet.y_ticks:
        parts.append(line(x.start, y, x.end, y, RULE))
        parts.append(write(x.start - 3, y + 3.2, text, size=TEXT, color=MUTED, more=' text-anchor="end"'))
    for at, text in sheet.x_ticks:
        half = width_of(text, TEXT) / 2
        within = min(max(at, half), sheet.width - half)
        parts.append(
            write(within, axis + 12, text, size=TEXT, color=MUTED, more=' text-anchor="middle"')
            if text
            else line(at, axis, at, axis + 5, MUTED)
        )
    return "".join(parts)


def _key(chart: Chart, trace: Trace, assured: set[str]) -> str:
    """What lines, marks and symbols of targets mean, for those that the panels use."""
    found = [(line(0, 6, 22, 6, CENTER, ' stroke-width="1.3"'), "center")] if np.isfinite(trace.center).any() else []
    if np.isfinite(trace.upper).any():
        found.append((line(0, 6, 22, 6, LIMIT, layers.DASHES), "limits"))
    if chart.spec.target is not None:
        target = f"target {narrate.format_value(chart.spec.target, chart.measure)}"
        found.append((line(0, 6, 22, 6, TARGET, f'{layers.DASH_DOT} stroke-width="1.4"'), target))
    if trace.instrument_ends.any():
        double = "".join(line(x, 0, x, 12, MUTED, ' stroke-width="1.3"') for x in (9.5, 12.5))
        found.append((double, MEASURED_ANEW))
    found += [(_sample(name), words) for name, words in used_marks(chart, trace).items()]
    pictures = [(_boxed(drawn), words) for drawn, words in found]
    pictures += [(symbol(name), words) for name, words in ASSURANCE_SHORT.items() if name in assured]
    parts = [f'<span style="white-space:nowrap">{picture} {escape(words)}</span>' for picture, words in pictures]
    return f'<p class="pdsa-note" style="margin:.5em 0 0;font-size:12px">{" &#160; ".join(parts)}</p>'


def _sample(name: str) -> str:
    if name in ABSENCES:
        return layers.absence(name, 11, 11)
    return mark(name, "11", "6.5", round(2.2 * layers.SIZES[name], 1), MUTED)


def _boxed(drawn: str) -> str:
    return f'<svg width="22" height="12" viewBox="0 0 22 12" font-family="{FONT}" aria-hidden="true">{drawn}</svg>'


def _grid(caption: str, panels: str, columns: int, key: str) -> str:
    style = f"display:grid;grid-template-columns:repeat({columns},minmax(0,1fr));gap:12px {GAP:g}px"
    grid = f'<div class="pdsa-panels" style="{style}">{panels}</div>' if panels else ""
    head = f'<figcaption class="pdsa-note">{escape(caption)}</figcaption>'
    return f'<figure class="pdsa-figure pdsa-multiples {AS_TYPED}" style="margin:0">{head}{grid}{key}</figure>'
