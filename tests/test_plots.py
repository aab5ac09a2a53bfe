"""Plots by their frames, layers and texts; that they are what the chart's columns say is tested in test_drawings."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotnine
import pytest
from matplotlib.cbook import is_math_text
from matplotlib.text import Text

from pdsa import narrate, plots
from pdsa.chart import Chart, analyze
from pdsa.plots import frames
from pdsa.records import Annotation, Measure
from pdsa.trace.remarks import box

matplotlib.use("agg")
NASTY = ("$5 (10%) of $10", "a_b^c \\alpha {x}", "costs \\$5 and $6", "x" * 150, "tab\x07bell $")
PERCENT = Measure("m", "Attendance", "outcome", "proportion", "%", "up", "week", "present / enrolled", per=100)
WEEKS = pd.date_range("2024-09-02", periods=40, freq="7D")


def one(n: int = 40, **spec: Any) -> Chart:
    rng = np.random.default_rng(5)
    size = rng.integers(30, 60, n).astype(float)
    frame = pd.DataFrame({"week": WEEKS[:n], "x": np.floor(size * rng.uniform(0.6, 0.9, n)), "n": size})
    asked = {"value": "x", "denominator": "n", "per": 100, "period": "week", "better": "up", "step": "week"} | spec
    return replace(analyze(frame, "p", **asked), measure=PERCENT)


def many(names: list[str]) -> Chart:
    rng = np.random.default_rng(6)
    parts = [pd.DataFrame({"s": name, "week": WEEKS, "y": rng.normal(20, 3, 40)}) for name in names]
    return analyze(pd.concat(parts), "i", value="y", period="week", by="s")


def texts(plot: plotnine.ggplot) -> list[str]:
    """Every text of the drawing, as matplotlib was given it."""
    figure = plot.draw()
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def read(plot: plotnine.ggplot) -> list[str]:
    """Every text of the drawing as it is read: no text is a formula, and an escaped dollar is a dollar."""
    found = texts(plot)
    assert not any(is_math_text(line) for text in found for line in text.split("\n"))
    return [text.replace(r"\$", "$") for text in found]


def test_a_plot_is_unrendered_and_carries_its_alt_text() -> None:
    chart = one(baseline=12, target=80.0)
    for plot in (plots.control_chart(chart), plots.run_chart(chart), plots.small_multiples(chart)):
        assert isinstance(plot, plotnine.ggplot)
        assert not hasattr(plot, "figure")
        assert plot.alt_text == narrate.alt_text(chart)
    assert isinstance(plots.control_chart(chart) + plotnine.labs(title="ours"), plotnine.ggplot)


def test_nothing_global_changes_and_no_figure_stays_open() -> None:
    chart, before = one(), dict(matplotlib.rcParams)
    theme = plotnine.theme_get()
    points = chart.points.copy()
    for _ in range(6):
        plots.control_chart(chart).draw()
    assert plt.get_fignums() == []
    assert dict(matplotlib.rcParams) == before
    assert plotnine.theme_get() == theme
    pd.testing.assert_frame_equal(chart.points, points)


def test_plotnine_is_imported_by_plots_alone() -> None:
    told = "import sys, pdsa.figures, pdsa.narrate, pdsa.cli; assert not {'plotnine', 'matplotlib'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", told], check=True)


@pytest.mark.parametrize("name", NASTY)
def test_text_of_people_is_drawn_as_typed(name: str) -> None:
    clean = name.replace("\x07", "")
    notes = (Annotation(date(2024, 10, 1), name),)
    chart = replace(one(), measure=replace(PERCENT, name=name, unit=name), annotations=notes)
    found = " ".join(" ".join(read(plots.control_chart(chart))).split())
    assert found.count(clean) == 3 or len(name) > 100
    panels = " ".join(read(plots.small_multiples(many([name, "b"]))))
    assert clean in panels
    frame = pd.DataFrame({"unit": [name], "denominator": [10], "value": [0.5], "outside": [True]})
    assert clean in " ".join(read(plots.funnel(frame, title=name)))
    counts = pd.DataFrame({"category": [name], "count": [3], "cumulative_share": [1.0]})
    assert clean.replace(" ", "") in "".join(" ".join(read(plots.pareto(counts))).split())


def test_the_axis_is_dates_and_names_months() -> None:
    plot = plots.control_chart(one())
    assert isinstance(plot.scales.get_scales("x"), plotnine.scale_x_datetime)
    assert [t for t in dict.fromkeys(read(plot)) if t.split(" ")[0] in ("Sep", "Nov", "Jan", "Mar", "May")] == [
        "Sep 2024",
        "Nov 2024",
        "Jan 2025",
        "Mar 2025",
        "May 2025",
    ]
    short = read(plots.control_chart(one(8)))
    assert [t for t in dict.fromkeys(short) if t.startswith(("Sep", "Oct"))][:3] == ["Sep 2", "Sep 16", "Sep 30"]
    numbers = pd.DataFrame({"t": range(1, 13), "y": np.arange(12.0) % 5})
    assert "10" in read(plots.control_chart(analyze(numbers, "run", value="y", period="t")))
    named = numbers.assign(t=pd.Categorical([f"term $ {k:02d}" for k in range(12)], ordered=True))
    assert "term $ 02" in read(plots.control_chart(analyze(named, "run", value="y", period="t")))


def test_lines_and_sizes_are_named() -> None:
    found = read(plots.control_chart(one(baseline=12, target=80.0)))
    assert [t.split()[0] for t in found if t.startswith(" ")] == ["lower", "center", "target", "upper"]
    assert any("n 30–59" in t for t in found)


@pytest.mark.parametrize("days", [[0] * 12, list(range(12)), list(range(0, 84, 7)), [0, 3, 50, 51, 52, 53, 200, 210]])
def test_flags_never_overlap_and_none_is_lost(days: list[int]) -> None:
    notes = tuple(Annotation(date(2024, 9, 3) + timedelta(days=d), f"idea {i} " * 12) for i, d in enumerate(days))
    chart = replace(one(), annotations=notes)
    sheet = frames.sheet_of(chart)
    boxes = frames.flag_boxes(sheet, frames.remarks(sheet)[0])
    at = [(x - boxes["x"].iloc[0]) / pd.Timedelta(days=1) for x in boxes["x"]]
    scale = frames.PIXELS / (sheet.right - sheet.left)
    for (x, label), (following, other) in pairwise(zip(at, boxes["label"], strict=True)):
        assert (following - x) * scale >= (box(label) + box(other)) / 2 - 1e-4
    caption = next(t for t in read(plots.control_chart(chart)) if "idea 0" in t)
    assert [f"\n{i + 1} ·" in f"\n{caption}" for i in range(len(days))] == [True] * len(days)
    assert max(map(len, caption.split("\n"))) < 130


def test_line_labels_never_overlap() -> None:
    chart = one(target=80.0)
    points = chart.points.assign(center=80.0, lower=79.9, upper=80.1)
    sheet = frames.sheet_of(replace(chart, points=points))
    placed = frames.line_labels(sheet)["y"].to_numpy()
    assert min(np.diff(placed)) >= 0.99 * frames.LABEL_ROOM * (sheet.high - sheet.low)


def test_several_series_are_panels_on_one_scale() -> None:
    chart = many([f"school {k}" for k in range(6)])
    plot = plots.control_chart(chart)
    figure = plot.draw()
    assert len(figure.axes) == 6
    assert len({axes.get_ylim() for axes in figure.axes}) == 1
    named = [text for text in read(plots.control_chart(chart)) if text.startswith("school")]
    assert named == [f"school {k}" for k in range(6)]
    assert "Ash" in read(plots.small_multiples(chart, names={"school 0": "Ash"}))


def test_a_new_instrument_has_two_lines_and_its_words() -> None:
    chart = one()
    chart = replace(chart, extra=chart.extra.assign(instrument=np.repeat([1, 2], 20)))
    lines = frames.divisions(frames.sheet_of(chart))
    assert lines["anew"].tolist() == [True, True]
    middle = lines["x"].iloc[0] + (lines["x"].iloc[1] - lines["x"].iloc[0]) / 2
    assert middle.date() == date(2025, 1, 16)
    assert "measured in a new way" in read(plots.control_chart(chart))


def test_empty_charts_say_so() -> None:
    chart = one()
    nothing = replace(
        chart, points=chart.points.iloc[:0], summary=chart.summary.iloc[:0], status=np.zeros(0, dtype=np.int8)
    )
    for make in (plots.control_chart, plots.small_multiples):
        assert any("No data yet" in text for text in texts(make(nothing)))
    hollow = replace(chart, points=chart.points.assign(value=np.nan))
    assert plots.control_chart(hollow).draw() is not None


def test_a_funnel_marks_and_names_the_units_outside() -> None:
    size = np.array([20, 50, 100, 200, 400])
    width = np.sqrt(0.3 * 0.7 / size)
    frame = pd.DataFrame(
        {
            "unit": list("edcba"),
            "numerator": 1,
            "denominator": size,
            "value": [0.3, 0.3, 0.6, 0.3, 0.3],
            "center": 0.3,
            "lower_95": 0.3 - 1.96 * width,
            "upper_95": 0.3 + 1.96 * width,
            "lower_998": 0.3 - 3.09 * width,
            "upper_998": 0.3 + 3.09 * width,
            "outside": [False, False, True, False, False],
        }
    )
    plot = plots.funnel(frame)
    assert plot.data["shape"].tolist() == ["o", "o", "D", "o", "o"]
    lines = plot.layers[0].geom.data if hasattr(plot.layers[0].geom, "data") else plot.layers[0]._data
    assert set(lines["line"]) == {"center", "lower_95", "upper_95", "lower_998", "upper_998"}
    assert "c" in read(plots.funnel(frame))
    assert "a" not in read(plots.funnel(frame))
    bare = frame[["unit", "denominator", "value"]]
    assert plots.funnel(bare).draw() is not None
    words = frame.assign(outside=["", "", "above the 99.8% limit", "", None])
    assert plots.funnel(words).data["shape"].tolist() == ["o", "o", "D", "o", "o"]


def test_a_pareto_keeps_the_order_of_its_frame() -> None:
    count = np.array([40, 22, 9])
    frame = pd.DataFrame(
        {
            "category": ["z first", "a then", "m last"],
            "count": count,
            "cumulative": count.cumsum(),
            "share": count / 71,
            "cumulative_share": count.cumsum() / 71,
        }
    )
    plot = plots.pareto(frame)
    assert plot.data["place"].cat.categories.tolist() == ["z first", "a then", "m last"]
    assert [t for t in read(plot) if t.endswith("%")] == ["56%", "87%", "100%"]
    plot.draw()
    assert plot.layers[1].data["y"].tolist() == pytest.approx([40, 62, 71])
    assert plots.pareto(frame[["category", "count"]]).draw() is not None
    assert plots.pareto(frame.iloc[:0]).draw() is not None
