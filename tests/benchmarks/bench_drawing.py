"""What a drawing costs: SVG, sparklines and panels in milliseconds, plotnine beside a bare plot of as many layers.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_drawing.py
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import plotnine as p9

from pdsa import figures, plots
from pdsa.chart import Chart, analyze
from pdsa.records import Measure

matplotlib.use("agg")
WEEKS = pd.date_range("2024-09-02", periods=60, freq="7D")
MEASURE = Measure("m", "Attendance", "outcome", "proportion", "%", "up", "week", "present / enrolled", per=100)
CHART, SPARK, PANELS, RATIO = 3.0, 0.5, 50.0, 1.3


def chart_of(schools: int) -> Chart:
    """P charts of 60 weeks with varying sizes: every limit is a stair."""
    rng = np.random.default_rng(3)
    parts = []
    for school in range(schools):
        size = rng.integers(30, 60, 60).astype(float)
        came = np.floor(size * np.r_[np.full(40, 0.7), np.full(20, 0.85)] + rng.normal(0, 2, 60)).clip(0, size)
        parts.append(pd.DataFrame({"school": f"s{school:02d}", "week": WEEKS, "came": came, "size": size}))
    asked = {"value": "came", "denominator": "size", "per": 100, "period": "week", "step": "week", "by": "school"}
    chart = analyze(pd.concat(parts), "p", **asked, baseline=20, better="up", target=75)  # type: ignore[arg-type]
    return replace(chart, measure=MEASURE)


def milliseconds(draw: Callable[[], object], times: int) -> float:
    """The quickest of some runs after one that warms up: what the drawing costs where nothing else runs."""
    draw()
    spent = []
    for _ in range(times):
        start = time.perf_counter()
        draw()
        spent.append(time.perf_counter() - start)
    return 1000 * min(spent)


def bare(plot: p9.ggplot) -> p9.ggplot:
    """A plot of the same geoms as another, on 60 rows or 4 names, with nothing set, mapped or themed."""
    frame = pd.DataFrame({"x": WEEKS, "y": np.arange(60.0) % 7})
    names = frame.iloc[:4].assign(label=["upper", "center", "target", "lower"])
    parts: list[object] = []
    for layer in plot.layers:
        geom = p9.geom_path if isinstance(layer.geom, p9.geom_path) else type(layer.geom)
        parts.append(geom(p9.aes(label="label"), names) if geom is p9.geom_text else geom())
    return p9.ggplot(frame, p9.aes("x", "y")) + parts


def processor(draw: Callable[[], object]) -> float:
    """Milliseconds of this process alone, whatever else the machine does."""
    start = time.process_time()
    draw()
    return 1000 * (time.process_time() - start)


def test_bench_drawing() -> None:
    one, many = chart_of(1), chart_of(24)
    drawn = plots.control_chart(one)
    svg = milliseconds(lambda: figures.control_chart(one), 101)
    spark = milliseconds(lambda: figures.sparkline(one), 201)
    panels = milliseconds(lambda: figures.small_multiples(many), 21)
    matrix = milliseconds(lambda: figures.matrix([many], sparklines=True), 21)
    pairs = []  # in turns, so that what else the machine does falls on both
    for _ in range(30):
        ours = processor(lambda: plots.control_chart(one).draw())
        pairs.append((ours, processor(lambda: bare(drawn).draw())))
    ours, other = np.min(pairs[1:], axis=0)
    for _ in range(70):
        plots.control_chart(one).draw()
    print(f"\nSVG of 60 points with alt text {svg:.2f} ms, limit {CHART}: ratio {svg / CHART:.2f}")
    print(f"sparkline {spark:.2f} ms, limit {SPARK}: ratio {spark / SPARK:.2f}")
    print(f"24 small multiples {panels:.1f} ms, limit {PANELS}: ratio {panels / PANELS:.2f}")
    print(f"matrix of 24 sparklines {matrix:.1f} ms, {matrix / 24:.2f} ms a cell")
    ratio = ours / other
    layers = len(drawn.layers)
    print(f"plotnine, built and drawn {ours:.0f} ms, bare with {layers} layers {other:.0f} ms: {ratio:.2f} of {RATIO}")
    print(f"open matplotlib figures after 100 charts: {len(plt.get_fignums())}")
    assert svg <= CHART
    assert spark <= SPARK
    assert panels <= PANELS
    assert ratio <= RATIO
    assert plt.get_fignums() == []
