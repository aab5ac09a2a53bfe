"""Sparklines: a series in the height of a line of text, one alone or all series of a chart at once."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from pdsa import narrate
from pdsa.figures.figure import Figure
from pdsa.figures.svg import DATA, INK, LIMIT, coordinates, escape, mark, number
from pdsa.figures.symbols import SHORT_WORDS
from pdsa.trace import HIDDEN, HUGE, Codes, Flags, Floats, pieces, positions, rhythm, series_of

if TYPE_CHECKING:
    from pdsa.chart import Chart

MARGIN = 3.0
WIDTH, HEIGHT = 96.0, 22.0
# What each of its lines looks like: alone, and in a table of many, where the head says once what they share.
ALONE = {
    "level": f'fill="none" stroke="{LIMIT}" stroke-width="1" class="pdsa-level"',
    "line": f'fill="none" stroke="{DATA}" stroke-width="1.2" stroke-linejoin="round" class="pdsa-line"',
    "dots": f'fill="none" stroke="{INK}" stroke-width="3" stroke-linecap="round" class="pdsa-dots"',
}
SHARED = 'aria-hidden="true" fill="none" stroke-linecap="round"'
OF_MANY = {"level": f'stroke="{LIMIT}"', "line": f'stroke="{DATA}"', "dots": f'stroke="{INK}" stroke-width="3"'}


@dataclass(frozen=True, slots=True)
class Thin:
    """The few columns that a sparkline needs, for all series of a chart; `starts` are their first rows."""

    x: Floats
    value: Floats
    center: Floats
    signal: Flags
    breaks: Flags
    starts: Codes
    stops: Codes


def sparkline(chart: Chart, *, width: float = WIDTH, height: float = HEIGHT) -> Figure:
    """One series as a line of `width` by `height` pixels: values, center, signals, and a mark at the latest point.

    The vertical scale is the range of this series; a hidden, missing or coded period is a gap.

    Raises
    ------
    ValueError
        If the chart holds several series.
    """
    found = series_of(chart)
    if len(found) > 1:
        raise ValueError(f"found {len(found)} series, expected one: take it out by chart.only(...)")
    told = _told(chart)
    label = f'role="img" aria-label="{escape(told)}"'
    drawn = sparks(chart, [start for _, start, _ in found], width=width, height=height, label=label)
    return Figure(drawn[0] if drawn else "", told)


def _told(chart: Chart) -> str:
    """Measure, verdict and latest value in one line."""
    if not len(chart.summary):
        return f"{narrate.title(chart)}: {SHORT_WORDS['no_data']}"
    verdict, last, kind = (chart.summary[name].array[0] for name in ("verdict", "last", "kind"))
    verdict = verdict if np.isfinite(chart.points["value"].to_numpy()).any() else "no_data"
    latest = narrate.format_value(float(last), narrate.in_unit(chart, frozenset((kind,))))
    return f"{narrate.title(chart)}: {SHORT_WORDS[verdict]}; latest {latest}"


def sparks_by_key(chart: Chart) -> dict[tuple[Hashable, ...], str]:
    """The sparkline of each series by its key, without words: they stand beside it in a table."""
    found = series_of(chart)
    drawn = sparks(chart, [start for _, start, _ in found], label=SHARED, looks=OF_MANY)
    return dict(zip([key for key, _, _ in found], drawn, strict=True))


def sparks(
    chart: Chart,
    starts: list[int],
    *,
    width: float = WIDTH,
    height: float = HEIGHT,
    label: str,
    looks: Mapping[str, str] = ALONE,
) -> list[str]:
    """The inline SVG of each series, by the first rows of the series; all are computed together."""
    if not starts:
        return []
    thin = _read(chart, np.array(starts))
    xs, ys, centers = _places(thin, width, height)
    places = [f"{x} {y}" for x, y in zip(xs, ys, strict=True)]
    parts = {
        "level": _by_series(thin, _levels(thin, xs, centers)),
        "line": _by_series(thin, _lines(thin, places)),
        "dots": _by_series(thin, [(row, f"M{places[row]}h0") for row in np.flatnonzero(thin.signal).tolist()]),
    }
    head = f'<svg class="pdsa-spark" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}" {label}>'
    drawn = zip(*(_paths(looks[name], found) for name, found in parts.items()), _ends(thin, xs, ys), strict=True)
    return [f"{head}{''.join(part)}</svg>" for part in drawn]


def _paths(look: str, found: list[str]) -> list[str]:
    return [f'<path d="{d}" {look}/>' if d else "" for d in found]


def _read(chart: Chart, starts: Codes) -> Thin:
    frame, status = chart.points, np.asarray(chart.status)
    x, dated = positions(frame["period"])
    value = frame["value"].to_numpy(dtype=float, na_value=np.nan, copy=True)
    value[~np.isfinite(value) | (status >= HIDDEN)] = np.nan
    phase = frame["phase"].to_numpy()
    breaks = (np.diff(x) > rhythm(x, chart.step if dated else None)[1]) | (phase[1:] != phase[:-1])
    if "instrument" in chart.extra:
        breaks = breaks | (np.diff(chart.extra["instrument"].to_numpy()) != 0)
    breaks[starts[1:] - 1] = True
    return Thin(
        x=x,
        value=value.clip(-HUGE, HUGE),
        center=frame["center"].to_numpy(dtype=float, na_value=np.nan).clip(-HUGE, HUGE),
        signal=frame["signal"].to_numpy(dtype=bool) & np.isfinite(value),
        breaks=np.asarray(breaks),
        starts=starts,
        stops=np.append(starts[1:], len(x)),
    )


def _places(thin: Thin, width: float, height: float) -> tuple[list[str], list[str], list[str]]:
    """Coordinates of every row: one time axis for all series, a scale of its own for the values of each."""
    low = np.fmin.reduceat(np.fmin(thin.value, thin.center), thin.starts)
    high = np.fmax.reduceat(np.fmax(thin.value, thin.center), thin.starts)
    flat = ~(high - low > 1e-9 * np.fmax(np.abs(low), np.abs(high)))
    low, span = np.where(flat, low - 0.5, low), np.where(flat, 1.0, high - low)
    rows = thin.stops - thin.starts
    low, span = np.repeat(low, rows), np.repeat(span, rows)
    tall, first = height - 2 * MARGIN, float(thin.x.min())
    xs = MARGIN + (thin.x - first) / (float(thin.x.max()) - first or 1.0) * (width - 2 * MARGIN)
    ys, centers = (MARGIN + tall - (values - low) / span * tall for values in (thin.value, thin.center))
    return coordinates(xs), coordinates(ys), coordinates(centers)


def _lines(thin: Thin, places: list[str]) -> list[tuple[int, str]]:
    """First row and path data of each unbroken stretch; a single point is a stretch without length."""
    there = pieces(np.isfinite(thin.value), thin.breaks)
    return [(a, "M" + "L".join(places[a:b])) for a, b in there if b - a > 1]


def _levels(thin: Thin, xs: list[str], centers: list[str]) -> list[tuple[int, str]]:
    """The center over each stretch on which it stays the same."""
    moved = thin.breaks | (thin.center[1:] != thin.center[:-1])
    return [(a, f"M{xs[a]} {centers[a]}H{xs[b - 1]}") for a, b in pieces(np.isfinite(thin.center), moved)]


def _by_series(thin: Thin, found: list[tuple[int, str]]) -> list[str]:
    """Path data of each series, put together from that of its stretches."""
    if len(thin.starts) == 1:
        return ["".join([d for _, d in found])]
    parts: list[list[str]] = [[] for _ in thin.starts]
    owners = np.searchsorted(thin.starts, [row for row, _ in found], side="right") - 1
    for owner, (_, d) in zip(owners.tolist(), found, strict=True):
        parts[owner].append(d)
    return ["".join(part) for part in parts]


def _ends(thin: Thin, xs: list[str], ys: list[str]) -> list[str]:
    """The latest value of each series: a diamond where it signals, a dot otherwise."""
    rows = np.where(np.isfinite(thin.value), np.arange(len(thin.value)), -1)
    last = np.maximum.reduceat(rows, thin.starts)
    shapes = np.where(thin.signal[last], "diamond", "dot").tolist()
    sizes = {"diamond": 3.4, "dot": 1.9}
    return [
        mark(shape, xs[row], ys[row], sizes[shape], INK) if row >= 0 else ""
        for row, shape in zip(last.tolist(), shapes, strict=True)
    ]


def nothing(width: float = WIDTH, height: float = HEIGHT) -> str:
    """The place of a sparkline where there is no series."""
    middle = number(height / 2)
    return (
        f'<svg class="pdsa-spark" width="{width:g}" height="{height:g}" aria-hidden="true">'
        f'<path d="M{MARGIN:g} {middle}h6" stroke="{LIMIT}"/></svg>'
    )
