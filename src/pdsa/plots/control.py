"""Control charts and small multiples as ggplots: layers over frames that say how each mark looks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from plotnine import (
    aes,
    facet_wrap,
    geom_blank,
    geom_label,
    geom_point,
    geom_text,
    geom_vline,
    ggplot,
    labs,
    scale_color_identity,
    scale_fill_identity,
    scale_linetype_identity,
    scale_shape_identity,
    scale_size_identity,
    scale_x_continuous,
    scale_x_datetime,
    scale_y_continuous,
)

from pdsa import narrate
from pdsa.narrate import Account
from pdsa.plots import frames
from pdsa.plots.frames import Sheet, sheet_of
from pdsa.plots.look import date_ticks, house_theme, percent_labels, plain, value_labels, wrapped
from pdsa.plots.pens import geom_pens
from pdsa.trace import n_range
from pdsa.trace.ink import DATA, INK, MUTED, NOTE, PAPER
from pdsa.trace.remarks import Flag, Remark, told
from pdsa.trace.words import is_percent, sizes_told, unit_of, used_marks

if TYPE_CHECKING:
    from pdsa.chart import Chart

# Shapes in the words of a caption.
SHAPE_WORDS = {
    "diamond": "diamond",
    "square": "square",
    "triangle": "triangle",
    "plus": "plus",
    "crossed": "cross",
    "hollow": "hollow point",
    "hidden": "star",
    "missing": "tick",
    "set_aside": "small cross",
    "not_applicable": "short dash",
    "error": "letter E",
}


def control_chart(
    chart: Chart, *, width: float = 9.0, height: float = 4.5, names: Mapping[str, str] | None = None
) -> ggplot:
    """An unrendered ggplot of a chart: one series at full size, several as panels on one scale.

    Parameters
    ----------
    chart
        Any chart. Annotations are flagged and listed on a chart of one series.
    width, height
        Size in inches; the list of annotations is added to the height.
    names
        Name to show, by the id of a series.

    Returns
    -------
    ggplot
        To be drawn, saved or composed further by whoever asked; its attribute `alt_text` is the picture in words.
    """
    if len(chart.summary) > 1:
        return small_multiples(chart, width=width, names=names)
    sheet = sheet_of(chart, dict(names or {}))
    if not sheet.parts:
        return _empty(chart, width, height)
    flags, remarks = frames.remarks(sheet)
    caption, ends = _caption(sheet, remarks, width), frames.line_labels(sheet)
    told_of = narrate.account(chart)
    layers = [*_base(sheet, _label_room(ends, width), 7), *_around(sheet, flags, ends)]
    words = labs(title=_title(chart, width), subtitle=_subtitle(sheet, told_of), caption=caption)
    look = house_theme(width, height + 0.16 * caption.count("\n"))
    return _plotted(frames.points(sheet), [*layers, words, look], told_of.alt)


def run_chart(chart: Chart, *, width: float = 9.0, height: float = 4.5) -> ggplot:
    """An unrendered ggplot of a run chart; it is the control chart of a chart that has no limits."""
    return control_chart(chart, width=width, height=height)


def small_multiples(
    chart: Chart, *, columns: int = 4, width: float = 9.0, names: Mapping[str, str] | None = None
) -> ggplot:
    """An unrendered ggplot with a panel for each series, in the order of the chart and on one scale.

    Parameters
    ----------
    chart
        Series of one measure.
    columns
        Panels side by side.
    width
        Inches; the height follows from the number of panels.
    names
        Name to show, by the id of a series.
    """
    sheet = sheet_of(chart, dict(names or {}))
    if not sheet.parts:
        return _empty(chart, width, 4.5)
    rows = -(-len(sheet.parts) // columns)
    caption = _caption(sheet, [], width)
    told_of = narrate.alt_text(chart)
    panels = facet_wrap("series", ncol=min(columns, len(sheet.parts)))
    words = labs(title=_title(chart, width), subtitle=wrapped(plain(told_of), width), caption=caption)
    look = house_theme(width, 1.0 + 1.6 * rows)
    return _plotted(frames.points(sheet, 0.6), [*_base(sheet, 0.02, 2), panels, words, look], told_of)


def _plotted(points: pd.DataFrame, parts: list[Any], told_of: str) -> ggplot:
    """The plot put together in place: `+` would copy all that is there."""
    plot = ggplot(points, aes("x", "y"))
    plot += parts
    plot.alt_text = told_of
    return plot


def _title(chart: Chart, width: float) -> str:
    """The title in as many lines as it needs; bold letters of its size are half as many an inch."""
    return wrapped(plain(narrate.title(chart)), 0.6 * width)


def _empty(chart: Chart, width: float, height: float) -> ggplot:
    words = labs(title=_title(chart, width), subtitle="No data yet: there is nothing to draw.")
    return _plotted(
        pd.DataFrame({"x": [], "y": []}), [geom_blank(), words, house_theme(width, height)], narrate.alt_text(chart)
    )


def _subtitle(sheet: Sheet, told_of: Account) -> str:
    """Verdict, target and sizes, in the words of the sentence."""
    assured = f"target {told_of.assurance.replace('_', ' ')}" if told_of.assurance else ""
    sizes = sizes_told(n_range(sheet.trace))
    return " · ".join(filter(None, (narrate.VERDICT_WORDS[told_of.verdict], assured, sizes)))


def _base(sheet: Sheet, room: float, ticks: int) -> list[Any]:
    """Lines, values and absences on both axes: what every panel has."""
    absent, lines, stairs = frames.absences(sheet), frames.data_lines(sheet), frames.stairs(sheet)
    parts = _divided(sheet)
    if len(stairs):
        look = aes("x", "y", group="pen", color="color", linetype="linetype")
        parts.append(geom_pens(look, stairs, size=0.55, na_rm=True, inherit_aes=False))
    if len(lines):
        parts.append(geom_pens(aes("x", "y", group="line"), lines, color=DATA, size=0.6, na_rm=True, inherit_aes=False))
    marks = {"shape": "shape", "size": "size", "color": "color", "group": 1}
    if (sheet.trace.coded != 0).any():  # only hollow points are filled by another color than their own
        marks["fill"] = "fill"
    parts.append(geom_point(aes(**marks), stroke=0.5))
    if len(absent):
        parts.append(geom_point(aes("x", "y", shape="shape"), absent, color=MUTED, size=2.5, inherit_aes=False))
    return [*parts, *_scales(sheet, room, ticks)]


def _divided(sheet: Sheet) -> list[Any]:
    found = frames.divisions(sheet)
    if not len(found):
        return []
    return [geom_vline(aes(xintercept="x", color="color", size="size"), found, inherit_aes=False)]


def _scales(sheet: Sheet, room: float, ticks: int) -> list[Any]:
    """Marks look as their frames say; `room` is left at the right of the data, as a share of their width."""
    unit = unit_of(sheet.chart, sheet.trace)
    x = scale_x_datetime if sheet.trace.dated else scale_x_continuous
    labels = percent_labels if is_percent(unit) else value_labels
    return [
        scale_color_identity(),
        scale_fill_identity(),
        scale_shape_identity(),
        scale_size_identity(),
        scale_linetype_identity(),
        x(expand=(0.01, 0, room, 0), **_ticks(sheet, ticks)),
        scale_y_continuous(labels=labels),
        labs(x="", y="" if is_percent(unit) else plain(unit)),
    ]


def _ticks(sheet: Sheet, most: int) -> dict[str, Any]:
    """Ticks of dates and of named periods; numbers have ticks of their own."""
    if sheet.trace.dated:
        days, names = date_ticks(sorted(set(sheet.trace.x.tolist())), most, sheet.trace.school_years)
        return {"breaks": [pd.Timestamp(day) for day in days], "labels": names}
    named = dict(zip(sheet.trace.x.tolist(), sheet.trace.period.tolist(), strict=True))
    if not all(isinstance(name, str) for name in named.values()):
        return {}
    kept = list(named)[:: max(1, -(-len(named) // most))]
    return {"breaks": kept, "labels": [plain(named[at]) for at in kept]}


def _label_room(ends: pd.DataFrame, width: float) -> float:
    """Share of the data's width that the names of the lines need: a letter of theirs is 0.075 inches wide."""
    longest = max(map(len, ends["label"]), default=0)
    taken = min(0.4, (0.075 * longest + 0.1) / max(width - 0.8, 1.0))
    return taken / (1 - taken)


def _around(sheet: Sheet, flags: list[Flag], ends: pd.DataFrame) -> list[Any]:
    """Names of lines, words over new instruments, numbered flags."""
    anew = frames.anew_words(sheet)
    at = aes("x", "y", label="label")
    added: list[Any] = []
    if len(ends):
        look = aes("x", "y", label="label", color="color", group=1)
        added.append(geom_text(look, ends, ha="left", size=8, inherit_aes=False))
    if len(anew):
        added.append(geom_label(at, anew, size=8, color=MUTED, fill=PAPER, label_size=0, inherit_aes=False))
    if flags:
        lines = aes(xintercept="x")
        added.append(geom_vline(lines, frames.flag_lines(sheet, flags), color=NOTE, linetype="dotted", size=0.4))
        boxes = frames.flag_boxes(sheet, flags)
        added.append(geom_label(at, boxes, size=8, color=INK, fill=PAPER, label_padding=0.2, inherit_aes=False))
    return added


def _caption(sheet: Sheet, remarks: list[Remark], width: float) -> str:
    """The key of the marks in use, and the list of annotations."""
    used = used_marks(sheet.chart, sheet.trace)
    key = "; ".join(f"{SHAPE_WORDS[mark]}: {words}" for mark, words in used.items())
    lines = [wrapped(key, width)] if key else []
    for remark in remarks:
        before, after = told(remark)
        lines.append(wrapped(f"{before}{plain(remark.annotation.label)}{after}", width))
    return "\n".join(lines)
