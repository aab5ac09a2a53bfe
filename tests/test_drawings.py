"""Both drawings are read back, scales inverted, and hold the points, lines and signals of the chart's columns."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest

from pdsa import figures, plots
from pdsa.chart import Chart, analyze
from pdsa.terms import STATUSES

matplotlib.use("agg")
WEEKS = pd.date_range("2024-09-02", periods=48, freq="7D")
SHAPES = {"o": "dot", "D": "diamond", "s": "square", "^": "triangle", "P": "plus", "X": "crossed"}
CENTER, LIMIT, TARGET = "#2f3e4d", "#6b7480", "#0f5f3c"


@dataclass
class Drawn:
    """What a drawing shows, in days and values: points, horizontal pieces of lines, the joined line, boundaries."""

    points: list[tuple[float, float, str]]
    limits: list[tuple[float, float, float]]
    center: list[tuple[float, float, float]]
    line: list[list[tuple[float, float]]]
    absent: list[tuple[float, str]]
    boundaries: list[float]


def with_status(chart: Chart, **rows: list[int]) -> Chart:
    """The chart with some rows hidden or known only by a bound, as the engine reports them."""
    status, points = np.array(chart.status), chart.points.copy()
    for name, at in rows.items():
        status[at] = STATUSES.index(name)  # type: ignore[arg-type]
        points.loc[at, ["included", "signal", *[c for c in points if c.startswith("rule_")]]] = False
    return replace(chart, points=points, status=status)


def charts() -> dict[str, Chart]:
    rng = np.random.default_rng(17)
    size = rng.integers(18, 60, 48).astype(float)
    share = np.r_[np.full(24, 0.62), np.full(24, 0.86)]
    came = np.floor(size * np.clip(share + rng.normal(0, 0.07, 48), 0, 1))
    came[[9, 10, 31]] = np.nan
    wait = np.r_[rng.normal(30, 3, 24), rng.normal(22, 3, 24)]
    wait[[5, 40]] = 60.0, np.nan
    frame = pd.DataFrame({"week": WEEKS, "came": came, "size": size, "wait": wait})
    ratio: dict[str, Any] = {"value": "came", "denominator": "size", "per": 100, "period": "week", "better": "up"}
    single: dict[str, Any] = {"value": "wait", "period": "week", "better": "down"}
    hidden = {"suppressed": [2, 20], "top_coded": [15, 45], "bottom_coded": [33]}
    made = {
        "run": analyze(frame, "run", **single),
        "run with given lines": analyze(frame, "run", **single, center=28.0, target=20.0),
        "i": analyze(frame, "i", **single, baseline=12, target=25.0),
        "i in phases": analyze(frame, "i", **single, phases=[24], exclude=[6]),
        "p": analyze(frame, "p", **ratio),
        "p frozen": analyze(frame, "p", **ratio, baseline=20, target=70.0),
        "p in phases": analyze(frame, "p", **ratio, phases=[24], exclude=[3, 30]),
    }
    anew = made["i in phases"]
    made["i anew"] = replace(anew, extra=anew.extra.assign(instrument=np.repeat([1, 2], 24)))
    return made | {f"{name}, hidden and coded": with_status(made[name], **hidden) for name in ("p", "i", "run")}


CHARTS = charts()


def numbers(text: str) -> list[float]:
    return [float(one) for one in re.findall(r"-?\d+\.?\d*(?:e[+-]?\d+)?", text)]


def steps(d: str) -> list[tuple[float, float, float]]:
    """Left, right and height in pixels of each level of a stair's path."""
    found: list[tuple[float, float, float]] = []
    x = y = 0.0
    for command, rest in re.findall(r"([MHV])([^MHV]*)", d):
        values = numbers(rest)
        if command == "M":
            x, y = values
        elif command == "V":
            y = values[0]
        else:
            found.append((x, values[0], y))
            x = values[0]
    return found


def from_svg(chart: Chart) -> tuple[Drawn, float, float]:
    """The drawing of `figures` read back, and the error of a tenth of a pixel in days and in values."""
    root = ET.fromstring(figures.control_chart(chart).html)
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    by_class: dict[str, list[ET.Element]] = {}
    for element in root.iter():
        for name in element.get("class", "").split():
            by_class.setdefault(name, []).append(element)
    (plot,) = by_class["pdsa-plot"]
    scales = {name: numbers(plot.get(f"data-{name}", "")) for name in "xy"}

    def value(axis: str, pixel: float) -> float:
        low, high, start, end = scales[axis]
        return low + (pixel - start) / (end - start) * (high - low)

    def levels(*names: str) -> list[tuple[float, float, float]]:
        drawn = [step for name in names for e in by_class.get(name, []) for step in steps(e.get("d", ""))]
        return [(value("x", a), value("x", b), value("y", h)) for a, b, h in drawn]

    points = []
    for group in by_class.get("pdsa-point", []):
        shape = group[1]
        x, y = (
            (float(shape.get("cx", "")), float(shape.get("cy", "")))
            if shape.tag == "circle"
            else numbers(shape.get("d", ""))[:2]
        )
        points.append((value("x", x), value("y", y), group.get("class", "").split("pdsa-")[-1]))
    lines = [piece for e in by_class.get("pdsa-line", []) for piece in e.get("d", "").split("M") if piece]
    line = [[(value("x", x), value("y", y)) for x, y in map(numbers, piece.split("L"))] for piece in lines]
    absent = [
        (value("x", float(e[1].get("x") or e[1].get("x1") or "")), name)
        for name in ("hidden", "missing")
        for e in by_class.get(f"pdsa-{name}", [])
    ]
    edges = [value("x", float(e.get("x1", ""))) for e in by_class.get("pdsa-phase", [])]
    edges += [value("x", float(e.get("data-at", ""))) for e in by_class.get("pdsa-instrument", [])]
    tenth = [abs((s[1] - s[0]) / (s[3] - s[2])) * 0.11 for s in scales.values()]
    limits, center = levels("pdsa-upper", "pdsa-lower"), levels("pdsa-center", "pdsa-center-carried")
    return Drawn(points, limits, center, line, sorted(absent), edges), tenth[0], tenth[1]


def from_plot(chart: Chart) -> Drawn:
    """The drawing of `plots` read back from the layers as plotnine has built them."""
    plot = plots.control_chart(chart)
    plot.draw()
    layers: dict[str, list[pd.DataFrame]] = {}
    for layer in plot.layers:
        layers.setdefault(type(layer.geom).__name__, []).append(layer.data)
    stairs, data = layers["geom_pens"]

    def levels(color: str) -> list[tuple[float, float, float]]:
        found = []
        for _, group in stairs[stairs["color"] == color].groupby("group"):
            x, y = group["x"].to_numpy(), group["y"].to_numpy()
            found += [(a, b, h) for a, b, h, k in zip(x, x[1:], y, y[1:], strict=False) if h == k and b > a]
        return found

    points = layers["geom_point"][0]
    marks = [
        "hollow" if fill == "#ffffff" and shape == "o" else SHAPES[shape]
        for shape, fill in zip(points["shape"], points["fill"], strict=True)
    ]
    line: list[list[tuple[float, float]]] = [[]]
    for x, y in zip(data["x"], data["y"], strict=True):
        if np.isnan(y):
            line.append([])
        else:
            line[-1].append((x, y))
    shapes = {"$*$": "hidden", "|": "missing"}
    absent = [(x, shapes[s]) for f in layers["geom_point"][1:] for x, s in zip(f["x"], f["shape"], strict=True)]
    at = [x for f in layers.get("geom_vline", []) for x in f["xintercept"]]
    anew = chart.extra["instrument"].max() > 1
    edges = [sum(at) / len(at)] if anew and at else at
    drawn = list(zip(points["x"], points["y"], marks, strict=True))
    return Drawn(drawn, levels(LIMIT), levels(CENTER), [piece for piece in line if piece], sorted(absent), edges)


def days(chart: Chart) -> np.ndarray:
    return (chart.points["period"] - pd.Timestamp("1970-01-01")).dt.days.to_numpy(dtype=float)


def expected_points(chart: Chart) -> list[tuple[float, float, str]]:
    found = []
    for day, row, status in zip(days(chart), chart.points.itertuples(), chart.status, strict=True):
        name = STATUSES[status]
        if np.isnan(row.value) or name == "suppressed":
            continue
        mark = "square" if row.rule_long_run else "dot"
        mark = "diamond" if row.rule_outside else mark
        mark = "crossed" if not row.included else mark
        mark = "hollow" if name in ("top_coded", "bottom_coded") else mark
        found.append((day, row.value, mark))
    return found


def at(levels: list[tuple[float, float, float]], day: float) -> list[float]:
    """Heights of the levels that reach over the middle of a week."""
    return sorted(height for left, right, height in levels if left + 0.3 < day < right - 0.3)


def check(chart: Chart, drawn: Drawn, day_error: float, value_error: float) -> None:
    """Everything in a drawing that columns of the chart say."""
    expected = expected_points(chart)
    assert [mark for *_, mark in drawn.points] == [mark for *_, mark in expected]
    assert np.allclose([p[0] for p in drawn.points], [p[0] for p in expected], atol=day_error, rtol=0)
    assert np.allclose([p[1] for p in drawn.points], [p[1] for p in expected], atol=value_error, rtol=0)
    ceiling = 100.0 if chart.summary.loc[0, "kind"] == "p" else np.inf
    floor = 0.0 if chart.summary.loc[0, "kind"] == "p" else -np.inf
    for day, row, status in zip(days(chart), chart.points.itertuples(), chart.status, strict=True):
        secret = STATUSES[status] == "suppressed"
        limits = [np.clip(x, floor, ceiling) for x in (row.lower, row.upper) if not np.isnan(x) and not secret]
        assert np.allclose(at(drawn.limits, day), limits, atol=value_error, rtol=0), day
        center = [] if np.isnan(row.center) else [row.center]
        assert np.allclose(at(drawn.center, day), center, atol=value_error, rtol=0), day
    signals = {mark for *_, mark in expected} & {"diamond", "square"}
    assert sum(m in signals for *_, m in drawn.points) == chart.points["signal"].sum()
    check_line(chart, drawn, day_error)
    check_absent(chart, drawn, day_error)


def check_line(chart: Chart, drawn: Drawn, day_error: float) -> None:
    """The line joins neighbors within a phase, and stops at missing, hidden and coded weeks."""
    joined = {(round(a[0]), round(b[0])) for piece in drawn.line for a, b in pairwise(piece)}
    day, phase, value = days(chart), chart.points["phase"].to_numpy(), chart.points["value"].to_numpy()
    there = ~np.isnan(value) & np.isin(chart.status, [0, 3])
    wished = {
        (round(day[i]), round(day[i + 1]))
        for i in range(len(day) - 1)
        if there[i] and there[i + 1] and phase[i] == phase[i + 1]
    }
    assert joined == wished
    ends = np.flatnonzero(phase[1:] != phase[:-1])
    assert np.allclose(sorted(drawn.boundaries), (day[ends] + day[ends + 1]) / 2, atol=3 * day_error, rtol=0)


def check_absent(chart: Chart, drawn: Drawn, day_error: float) -> None:
    value, hidden = chart.points["value"].to_numpy(), chart.status == STATUSES.index("suppressed")
    rows = np.flatnonzero(np.isnan(value) | hidden)
    assert [name for _, name in drawn.absent] == ["hidden" if hidden[i] else "missing" for i in rows]
    assert np.allclose([x for x, _ in drawn.absent], days(chart)[rows], atol=day_error, rtol=0)


@pytest.mark.parametrize("name", CHARTS)
def test_the_svg_holds_the_columns_of_the_chart(name: str) -> None:
    drawn, day_error, value_error = from_svg(CHARTS[name])
    check(CHARTS[name], drawn, day_error, value_error)


@pytest.mark.parametrize("name", CHARTS)
def test_the_plot_holds_the_columns_of_the_chart(name: str) -> None:
    check(CHARTS[name], from_plot(CHARTS[name]), 0.01, 1e-9)


def test_the_charts_have_what_the_test_is_about() -> None:
    assert any(chart.points["rule_outside"].any() for chart in CHARTS.values())
    assert any(chart.points["rule_long_run"].any() for chart in CHARTS.values())
    assert any((chart.points["upper"] > 100).any() for chart in CHARTS.values())
    assert CHARTS["p"].points["upper"].nunique() > 5
    codes = set(np.concatenate([chart.status for chart in CHARTS.values()]).tolist())
    assert {STATUSES[code] for code in codes} >= {"missing", "suppressed", "top_coded", "bottom_coded"}
    assert any((~c.points["included"] & c.points["value"].notna()).any() for c in CHARTS.values())


def test_both_draw_the_target_across_the_chart() -> None:
    chart = CHARTS["p frozen"]
    root = ET.fromstring(figures.control_chart(chart).html)
    (line,) = [e for e in root.iter() if e.get("class") == "pdsa-target"]
    (plot,) = [e for e in root.iter() if e.get("class") == "pdsa-plot"]
    low, high, start, end = numbers(plot.get("data-y", ""))
    height = low + (float(line.get("y1", "")) - start) / (end - start) * (high - low)
    assert height == pytest.approx(70.0, abs=0.02)
    drawn = plots.control_chart(chart)
    drawn.draw()
    stairs = drawn.layers[0].data
    target = stairs[stairs["color"] == TARGET].dropna()
    assert target["y"].tolist() == [70.0, 70.0]
    assert target["x"].tolist() == [days(chart)[0] - 3.5, days(chart)[-1] + 3.5]
