"""The frames that the layers of a plot draw: stairs, lines, points, labels, divisions and flags, a row per mark."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pdsa.plots.look import SHAPES, SIZES, plain
from pdsa.trace import (
    ABSENCES,
    MARKS,
    Flags,
    Floats,
    Trace,
    boundaries,
    edges,
    made_by,
    pieces,
    read,
    series_of,
    stretches,
)
from pdsa.trace.ink import CENTER, LIMIT, MUTED, PAPER, TARGET, colors
from pdsa.trace.remarks import Flag, Remark, box, flags_of, grouped, spread
from pdsa.trace.words import MEASURED_ANEW, better_of, display, ends_of, possible, tips

if TYPE_CHECKING:
    from pdsa.chart import Chart

LOOKS = {
    "upper": (LIMIT, "dashed"),
    "lower": (LIMIT, "dashed"),
    "center": (CENTER, "solid"),
    "carried": (CENTER, "dashed"),
    "target": (TARGET, "dashdot"),
}
# Of the height of the plot: least distance of two labels of lines, and the rows of words above the data.
LABEL_ROOM, ROW = 0.055, 0.075
# Width in pixels for which flags and words are spread; only their proportions matter.
PIXELS = 620.0


@dataclass(frozen=True, slots=True)
class Part:
    """One series of a chart: its name as drawn, its key, and its rows."""

    name: str
    key: tuple[Hashable, ...]
    trace: Trace


@dataclass(frozen=True, slots=True)
class Sheet:
    """What all series of a plot share: rows, possible range, ends of the values drawn, and of the time axis."""

    chart: Chart
    trace: Trace
    parts: list[Part]
    floor: float
    ceiling: float
    low: float
    high: float
    left: float
    right: float

    def x(self, places: Any) -> Any:
        """Places on the time axis as plotnine reads them: dates where the axis is dates."""
        days = np.asarray(places, dtype=float)
        if not self.trace.dated:
            return days
        return (days * 86400.0).round().astype("int64").astype("datetime64[s]").astype("datetime64[ns]")


def sheet_of(chart: Chart, names: dict[str, str] | None = None) -> Sheet:
    """The series of a chart, in the order of its points, and the range that all of them need."""
    trace = read(chart)
    floor, ceiling = possible(chart, trace)
    parts = [
        Part(plain(" · ".join(display(k, names) for k in key)), key, trace.cut(a, b)) for key, a, b in series_of(chart)
    ]
    lines = np.concatenate((trace.center, trace.lower, trace.upper)).clip(floor, ceiling)
    target = np.array([chart.spec.target if chart.spec.target is not None else np.nan])
    every = np.concatenate((trace.value, trace.high, trace.low, lines, target))
    finite = every[np.isfinite(every)]
    low, high = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 1.0)
    lefts, rights = edges(trace) if len(parts) == 1 else (trace.x - trace.step / 2, trace.x + trace.step / 2)
    ends = (float(lefts.min()), float(rights.max())) if len(trace.x) else (0.0, 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        high = low + (0.1 * abs(low) or 1.0)
    return Sheet(chart, trace, parts, floor, ceiling, low, high, *ends)


def _gathered(sheet: Sheet, make: Callable[[Part], list[tuple[Any, ...]]], columns: list[str]) -> pd.DataFrame:
    """One frame of what `make` finds in each series: an array of places, then arrays or single values a column."""
    found = [(part.name, *values) for part in sheet.parts for values in make(part)]
    sizes = [len(one[1]) for one in found]
    frame = {}
    for place, name in enumerate(("series", *columns)):
        parts = [one[place] for one in found]
        long = bool(parts) and isinstance(parts[0], np.ndarray)
        every = [value for value, size in zip(parts, sizes, strict=True) for _ in range(size)]
        frame[name] = np.concatenate(parts) if long else _column(every)
    return pd.DataFrame(frame | {"piece": np.repeat(np.arange(len(found)), sizes)})


def _column(values: Any) -> Any:
    """A column whose words stay plain objects: plotnine reads them quicker than the strings of pandas."""
    return pd.Series(values, dtype=object) if len(values) and isinstance(values[0], str) else values


def stairs(sheet: Sheet) -> pd.DataFrame:
    """Center and limits as stair-steps and the target: x, y, line, and how it looks.

    A row without y ends each unbroken `piece`, so that all lines of one look (`pen`) are drawn at once.
    """
    return _gathered(sheet, lambda part: _stairs(sheet, part), ["x", "y", "line", "pen", "color", "linetype"])


def _stairs(sheet: Sheet, part: Part) -> list[tuple[Any, ...]]:
    trace = part.trace
    left, right = (sheet.x(side) for side in edges(trace))
    made = made_by(trace, stretches(trace))
    every = np.ones(len(trace.x), dtype=bool)
    lines = (("upper", trace.upper, every), ("lower", trace.lower, every))
    centers = (("center", trace.center, made), ("carried", trace.center, ~made))
    found: list[tuple[Any, ...]] = []
    for name, values, rows in (*lines, *centers):
        clipped = values.clip(sheet.floor, sheet.ceiling)
        for start, stop in pieces(rows & np.isfinite(values), trace.breaks):
            x = np.column_stack((left[start:stop], right[start:stop])).ravel()
            found.append(_looked(x, np.repeat(clipped[start:stop], 2), name))
    target = sheet.chart.spec.target
    if target is not None and np.isfinite(target):
        found.append(_looked(sheet.x([sheet.left, sheet.right]), np.array([target, target]), "target"))
    return found


def _looked(x: Any, y: Floats, name: str) -> tuple[Any, ...]:
    color, linetype = LOOKS[name]
    pen = "limits" if name in ("upper", "lower") else name
    return *_ended(x, y), name, pen, color, linetype


def _ended(x: Any, y: Floats) -> tuple[Any, Floats]:
    """A piece with the row that lifts the pen after it."""
    return np.append(x, x[-1:]), np.append(y, np.nan)


def data_lines(sheet: Sheet) -> pd.DataFrame:
    """The line through the values, or both sums of a CUSUM: x, y, line; a row without y ends each unbroken `piece`."""
    return _gathered(sheet, lambda part: _data_lines(sheet, part), ["x", "y", "line"])


def _data_lines(sheet: Sheet, part: Part) -> list[tuple[Any, ...]]:
    trace, x = part.trace, sheet.x(part.trace.x)
    drawn: list[tuple[str, Floats, Flags]] = [("value", trace.value, trace.shown & (trace.coded == 0))]
    if np.isfinite(trace.high).any():
        sums = (("sum_upper", trace.high), ("sum_lower", trace.low))
        drawn = [(name, values, np.isfinite(values)) for name, values in sums]
    return [
        (*_ended(x[start:stop], values[start:stop]), name)
        for name, values, rows in drawn
        for start, stop in pieces(rows, trace.breaks)
        if stop - start > 1
    ]


def points(sheet: Sheet, scale: float = 1.0) -> pd.DataFrame:
    """Every drawn value: x, y, mark, what is said of it in words, and how it looks."""
    trace = sheet.trace
    rows = np.flatnonzero(trace.shown)
    marks = [MARKS[code] for code in trace.mark[rows].tolist()]
    every = colors(trace, better_of(sheet.chart, trace))
    inks = [every[row] for row in rows.tolist()]
    names = np.repeat([part.name for part in sheet.parts], [len(part.trace.x) for part in sheet.parts])
    columns = {
        "series": names[rows],
        "x": sheet.x(trace.x[rows]),
        "y": trace.value[rows],
        "mark": marks,
        "told": list(tips(sheet.chart, trace, rows.tolist()).values()),
        "shape": [SHAPES[mark] for mark in marks],
        "size": [SIZES[mark] * scale for mark in marks],
        "color": inks,
        "fill": [PAPER if mark == "hollow" else ink for mark, ink in zip(marks, inks, strict=True)],
    }
    return pd.DataFrame({name: _column(values) for name, values in columns.items()})


def absences(sheet: Sheet) -> pd.DataFrame:
    """Periods without a drawn value, under the data: x, y, mark (one of ABSENCES) and shape."""
    trace, foot = sheet.trace, sheet.low - ROW * (sheet.high - sheet.low)
    rows = np.flatnonzero(~trace.shown)
    names = np.repeat([part.name for part in sheet.parts], [len(part.trace.x) for part in sheet.parts])
    marks = np.array(ABSENCES)[trace.absence[rows]]
    shapes = [SHAPES[mark] for mark in marks.tolist()]
    return pd.DataFrame({"series": names[rows], "x": sheet.x(trace.x[rows]), "y": foot, "mark": marks, "shape": shapes})


def line_labels(sheet: Sheet) -> pd.DataFrame:
    """The names of lines at their right end, pushed apart so that none covers another: x, y, label, color."""
    found = sorted(ends_of(sheet.chart, sheet.trace, sheet.floor, sheet.ceiling), key=lambda end: end[0])
    tall = sheet.high - sheet.low
    placed = spread([at for at, _, _ in found], [LABEL_ROOM * tall] * len(found), sheet.low - tall, sheet.high + tall)
    label = [f" {plain(text)}" for _, text, _ in found]
    x = sheet.x([sheet.right] * len(found))
    return pd.DataFrame({"x": x, "y": placed, "label": label, "color": [ink for _, _, ink in found]})


def divisions(sheet: Sheet) -> pd.DataFrame:
    """Boundaries of phases and of instruments, the latter as two lines beside each other: x, anew, looks."""
    nearby = (sheet.right - sheet.left) / PIXELS * 2.2

    def of(part: Part) -> list[tuple[Any, ...]]:
        found = [
            (at + side * nearby, anew) for at, anew in boundaries(part.trace) for side in ((-1, 1) if anew else (0,))
        ]
        return [(sheet.x([at]), anew, MUTED if anew else LIMIT, 0.6 if anew else 0.4) for at, anew in found]

    return _gathered(sheet, of, ["x", "anew", "color", "size"])


def remarks(sheet: Sheet) -> tuple[list[Flag], list[Remark]]:
    """The flags and the lines of the list of a plot of one series; panels carry none."""
    return flags_of(sheet.chart, sheet.trace, sheet.parts[0].key) if len(sheet.parts) == 1 else ([], [])


def flag_lines(sheet: Sheet, flags: list[Flag]) -> pd.DataFrame:
    """The date of each flag: x."""
    return pd.DataFrame({"x": sheet.x([flag.at for flag in flags])})


def flag_boxes(sheet: Sheet, flags: list[Flag]) -> pd.DataFrame:
    """The numbered boxes above the data, none covering another: x, y, label."""
    scale = PIXELS / (sheet.right - sheet.left)
    groups = grouped([(flag.number, (flag.at - sheet.left) * scale) for flag in flags], PIXELS)
    placed = spread([at for at, _ in groups], [box(text) for _, text in groups], 0.0, PIXELS)
    rows = 1 + bool(sheet.trace.instrument_ends.any())
    y = sheet.high + rows * ROW * (sheet.high - sheet.low)
    return pd.DataFrame(
        {"x": sheet.x([at / scale + sheet.left for at in placed]), "y": y, "label": [t for _, t in groups]}
    )


def anew_words(sheet: Sheet) -> pd.DataFrame:
    """The words over each new instrument, over the first alone where they would not fit beside each other."""
    scale, wide = PIXELS / (sheet.right - sheet.left), 130.0
    part = sheet.parts[0].trace if len(sheet.parts) == 1 else None
    places = [(at - sheet.left) * scale for at, anew in boundaries(part) if anew] if part is not None else []
    named = places if len(places) * wide <= PIXELS else places[:1]
    placed = spread(named, [wide] * len(named), 0.0, PIXELS)
    y = sheet.high + ROW * (sheet.high - sheet.low)
    return pd.DataFrame({"x": sheet.x([at / scale + sheet.left for at in placed]), "y": y, "label": MEASURED_ANEW})
