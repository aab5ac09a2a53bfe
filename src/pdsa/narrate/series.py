"""One series of a chart, read out of its frames once, for all sentences about it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from pdsa.chart import Chart
from pdsa.narrate.words import format_period, format_value, in_unit, noun_of, plural
from pdsa.records import Measure
from pdsa.series import Bools, Floats, Ints
from pdsa.terms import ON_LINE

POINTS = ("value", "center", "lower", "upper", "included", "baseline", "phase", "signal")


# So many periods without a value at the end make the latest value an old one.
STALE = 4


@dataclass(frozen=True, slots=True)
class Series:
    """One series; `there`, `side` and `used` are of the last phase, as the summary is.

    `there` marks its included points with a value; `side` is 1 above the center, -1 below, 0 on it or not there;
    `run` numbers the runs; `used` are the rows that made the lines; `frozen` says that others did not; `limits` are
    the latest.
    """

    chart: Chart
    row: Mapping[str, Any]
    period: Any
    value: Floats
    signal: Bools
    there: Bools
    side: Ints
    run: Ints
    used: Ints
    frozen: bool
    phases: int
    limits: tuple[float, float]

    def column(self, name: str) -> Any:
        """A column of the points as an array."""
        return self.chart.points[name].to_numpy()

    def when(self, at: int) -> str:
        """The period of a row in words."""
        return format_period(self.period[at], self.chart.step)

    def told(self, value: float, unit: bool = True, more: int = 0) -> str:
        """A value in the unit of the chart, with so many digits more than usual."""
        return format_value(value, self.measure, unit, more)

    @property
    def measure(self) -> Measure | None:
        """The measure in whose unit the values stand."""
        return in_unit(self.chart, self.kinds)

    @property
    def kinds(self) -> frozenset[str]:
        """The kind of the series, as a set."""
        return frozenset((str(self.row.get("kind")),))

    @property
    def noun(self) -> str:
        """What one point is called."""
        return noun_of(self.chart.step)


@lru_cache(maxsize=8)  # a page asks four times for each of its charts, which never change
def read(chart: Chart) -> Series:
    """The series of a chart that holds one."""
    points, known = chart.points, not chart.summary.empty
    value, center, lower, upper, included, baseline, phase, signal = (points[name].to_numpy() for name in POINTS)
    # labels of phases may come again after a new instrument or another phase: stretches do not
    apart = len(chart.extra) == len(points) and "stretch" in chart.extra
    phase = chart.extra["stretch"].to_numpy() if apart else phase
    last = phase == phase[-1] if len(phase) else included
    there = included & last & ~np.isnan(value)
    side = _sides(value, center, there)
    run = chart.extra["run"].to_numpy() if len(chart.extra) == len(points) and "run" in chart.extra else _numbered(side)
    return Series(
        chart=chart,
        row=dict(zip(chart.summary.columns, chart.summary.iloc[0].array, strict=True)) if known else {},
        period=points["period"].array,
        value=value,
        signal=signal,
        there=there,
        side=np.where(run > 0, side, 0),
        run=run,
        used=np.flatnonzero(baseline & last & ~np.isnan(value)),
        frozen=not np.array_equal(baseline[last], included[last]),
        phases=len(set(phase.tolist())),
        limits=_latest(last, lower, upper),
    )


def old_value(value: Floats) -> tuple[int, int] | None:
    """The row of the last value and how many rows follow it, where these are so many that it is no longer of now."""
    known = np.flatnonzero(~np.isnan(value))
    since = len(value) - 1 - int(known[-1]) if len(known) else 0
    return (int(known[-1]), since) if since >= STALE else None


def _sides(value: Floats, center: Floats, there: Bools) -> Ints:
    """On which side of the center each point stands; agreement to the last digits counts as on it."""
    away = np.where(there, value - center, 0.0)
    near = ON_LINE * np.abs(value[there]).max(initial=0.0)
    return np.where(np.abs(away) > near, np.sign(away), 0).astype(np.int64)


def _numbered(side: Ints) -> Ints:
    """The runs as the engine numbers them, for charts made without that column."""
    useful = np.flatnonzero(side)
    run = np.zeros(len(side), dtype=np.int64)
    run[useful] = 1 + np.cumsum(np.diff(side[useful], prepend=side[useful[:1]]) != 0)
    return run


def center_words(series: Series) -> str:
    """The center with the points that it comes from."""
    if series.row["kind"] == "cusum":
        return f"zero, counted in standard deviations ({baseline_words(series)})"
    word = "the median" if series.row["kind"] == "run" else "the center"
    return f"{word} of {series.told(float(series.row['center']))} ({baseline_words(series)})"


def span_words(series: Series, rows: Sequence[int] | Ints) -> str:
    """The first and the last of some rows, so that a reader can find them: `2024-09-02 to 2024-11-18`."""
    step = series.chart.step if series.chart.step == "year" else None
    return " to ".join(format_period(series.period[at], step) for at in (rows[0], rows[-1]))


def baseline_words(series: Series) -> str:
    """Which points the lines come from: `baseline: 12 weeks, 2024-09-02 to 2024-11-18`."""
    if not len(series.used):
        return "no baseline"
    span = f"{plural(len(series.used), series.noun)}, {span_words(series, series.used)}"
    return f"baseline: {span}" if series.frozen else f"all {span}"


def _latest(last: Bools, lower: Floats, upper: Floats) -> tuple[float, float]:
    """The latest limits of the last phase, NaN where there are none."""
    known = np.flatnonzero(last & ~(np.isnan(lower) & np.isnan(upper)))
    return (float(lower[known[-1]]), float(upper[known[-1]])) if len(known) else (math.nan, math.nan)
