"""A chart's columns as plain arrays, taken out of the frame once; what may not be shown is blanked here."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa.terms import STATUSES

if TYPE_CHECKING:
    from pdsa.chart import Chart

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int_]

HIDDEN = STATUSES.index("suppressed")
EXCLUDED = STATUSES.index("excluded")

# Neighbors further apart than this many days stand on two sides of a break, such as a summer: no line joins them.
BREAK_DAYS = {"day": 5.5, "week": 35.5, "month": 70.0}
STEP_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4}
BREAK_STEPS = 5.5
# Numbers beyond this would overflow when a range is taken.
HUGE = 1e300


@dataclass(frozen=True, slots=True)
class Trace:
    """The rows of one or more series as arrays of equal length.

    `x` is days since 1970 where the axis is dates (`dated`), the numbers themselves for integers, and positions
    for categories. `step` is the usual distance of two neighbors, `reach` the largest that a line bridges.
    """

    x: Floats
    period: npt.NDArray[np.object_]
    value: Floats
    numerator: Floats
    denominator: Floats
    center: Floats
    lower: Floats
    upper: Floats
    included: Flags
    baseline: Flags
    outside: Flags
    long_run: Flags
    hidden: Flags
    phase: Codes
    dated: bool
    step: float
    reach: float

    def cut(self, start: int, stop: int) -> Trace:
        """The rows from `start` to before `stop`."""
        return self.take(slice(start, stop))

    def take(self, rows: slice | npt.NDArray[np.int_]) -> Trace:
        """Some rows, in their order."""
        parts = {f.name: getattr(self, f.name)[rows] for f in fields(self) if f.name not in ("dated", "step", "reach")}
        return replace(self, **parts)

    @property
    def shown(self) -> Flags:
        """Rows with a value that is drawn."""
        return np.isfinite(self.value)

    @property
    def breaks(self) -> Flags:
        """For each row but the first: no line of any kind runs from the row before to this one."""
        if len(self.x) < 2:
            return np.zeros(0, dtype=bool)
        return np.asarray((np.diff(self.x) > self.reach) | (self.phase[1:] != self.phase[:-1]))


def read(chart: Chart) -> Trace:
    """The chart's points as arrays; of hidden points value and size are blank, and limits, which tell the size."""
    frame = chart.points
    hidden = np.asarray(chart.status) == HIDDEN
    x, dated = positions(frame["period"])
    step, reach = rhythm(x, chart.step if dated else None)
    secret = ("value", "numerator", "denominator", "lower", "upper")
    numbers = {name: _floats(frame, name, hidden) for name in secret}
    return Trace(
        x=x,
        period=frame["period"].astype(object).to_numpy(),
        value=numbers["value"],
        numerator=numbers["numerator"],
        denominator=numbers["denominator"],
        center=_floats(frame, "center", None),
        lower=numbers["lower"],
        upper=numbers["upper"],
        included=_flags(frame, "included"),
        baseline=_flags(frame, "baseline"),
        outside=_flags(frame, "rule_outside"),
        long_run=_flags(frame, "rule_long_run"),
        hidden=hidden,
        phase=pd.factorize(frame["phase"])[0],
        dated=dated,
        step=step,
        reach=reach,
    )


def _floats(frame: pd.DataFrame, name: str, blank: Flags | None) -> Floats:
    column = frame[name].to_numpy(dtype=float, na_value=np.nan, copy=True)
    column[~np.isfinite(column)] = np.nan
    if blank is not None:
        column[blank] = np.nan
    clipped: Floats = np.clip(column, -HUGE, HUGE)
    return clipped


def _flags(frame: pd.DataFrame, name: str) -> Flags:
    """The column as booleans; a rule that the chart's rule set lacks has marked no point."""
    return frame[name].to_numpy(dtype=bool) if name in frame else np.zeros(len(frame), dtype=bool)


def positions(period: pd.Series[Any]) -> tuple[Floats, bool]:
    """Where each period stands on the x axis, and whether that axis is dates."""
    if isinstance(period.dtype, pd.PeriodDtype):
        period = period.dt.to_timestamp()
    if isinstance(period.dtype, pd.DatetimeTZDtype):
        period = period.dt.tz_localize(None)
    if period.dtype.kind == "M":
        return period.to_numpy().astype("datetime64[s]").astype(np.float64) / 86400.0, True
    if isinstance(period.dtype, pd.CategoricalDtype):
        return np.asarray(period.cat.codes, dtype=np.float64), False
    if period.dtype.kind in "iuf":
        return period.to_numpy(dtype=float), False
    return np.asarray(pd.factorize(period)[0], dtype=np.float64), False


def rhythm(x: Floats, step: str | None) -> tuple[float, float]:
    """The usual distance of neighbors, and the largest distance that a line may bridge."""
    if step is not None:
        return STEP_DAYS[step], BREAK_DAYS[step]
    ahead = np.diff(x)
    ahead = ahead[ahead > 0]
    usual = float(np.median(ahead)) if len(ahead) else 1.0
    return usual, usual * BREAK_STEPS


def series_of(chart: Chart) -> list[tuple[tuple[Hashable, ...], int, int]]:
    """Key, first row and row after the last of each series, as they stand in the chart's points."""
    frame, rows = chart.points, len(chart.points)
    if rows == 0:
        return []
    new = np.zeros(rows, dtype=bool)
    new[0] = True
    for name in chart.by:
        codes = pd.factorize(frame[name])[0]
        new[1:] |= codes[1:] != codes[:-1]
    starts = np.flatnonzero(new)
    columns = [frame[name].iloc[starts].tolist() for name in chart.by]
    keys = list(zip(*columns, strict=True)) if columns else [()]
    return [(key, int(a), int(b)) for key, a, b in zip(keys, starts, [*starts[1:], rows], strict=True)]


def verdicts_of(chart: Chart) -> dict[tuple[Hashable, ...], str]:
    """The verdict of each series by its key; `no_data` where it has no value at all."""
    columns = [chart.summary[name].tolist() for name in chart.by]
    keys = list(zip(*columns, strict=True)) if columns else [()] * len(chart.summary)
    shown = np.isfinite(chart.points["value"].to_numpy(dtype=float, na_value=np.nan))
    filled = {key for key, start, stop in series_of(chart) if shown[start:stop].any()}
    words = zip(keys, chart.summary["verdict"].tolist(), strict=True)
    return {key: str(word) if key in filled else "no_data" for key, word in words}


def pieces(there: Flags, breaks: Flags) -> list[tuple[int, int]]:
    """First row and row after the last of each unbroken stretch of rows that are `there`."""
    if not len(there):
        return []
    joined = there[1:] & there[:-1] & ~breaks
    starts, stops = there.copy(), there.copy()
    starts[1:] &= ~joined
    stops[:-1] &= ~joined
    return list(zip(starts.nonzero()[0].tolist(), (stops.nonzero()[0] + 1).tolist(), strict=True))


def stretches(trace: Trace) -> list[tuple[int, int, bool]]:
    """For each phase the rows of its baseline, and whether other points follow or precede it.

    A phase without a marked baseline counts as one whole stretch: all its points made its lines.
    """
    answer = []
    for code in dict.fromkeys(trace.phase.tolist()):
        rows = np.flatnonzero(trace.phase == code)
        marked = rows[trace.baseline[rows]]
        first, last = (int(marked[0]), int(marked[-1])) if len(marked) else (int(rows[0]), int(rows[-1]))
        used = rows[trace.shown[rows] & trace.included[rows]]
        partial = bool(((used < first) | (used > last)).any())
        answer.append((first, last + 1, partial))
    return answer


def edges(trace: Trace) -> tuple[Floats, Floats]:
    """Left and right end of the stair of each row: half way to its neighbor, half a step at a break."""
    half = trace.step / 2
    left, right = trace.x - half, trace.x + half
    if len(trace.x) > 1:
        middle = (trace.x[1:] + trace.x[:-1]) / 2
        near = np.diff(trace.x) <= trace.reach
        left[1:] = np.where(near, middle, left[1:])
        right[:-1] = np.where(near, middle, right[:-1])
    return left, right
