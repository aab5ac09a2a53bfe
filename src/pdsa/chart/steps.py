"""The periods that a frame leaves out, put in between as gaps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pdsa.chart.arguments import refuse
from pdsa.series import MISSING, Bools, Floats, Panel, period_start, step_range
from pdsa.terms import Step


def _steps(own: pd.Index, step: Step) -> pd.Index:
    """The periods of one series with those that are missing in between."""
    if isinstance(own, pd.PeriodIndex):
        full: pd.Index = pd.period_range(own[0], own[-1], freq=own.freqstr)
    elif step == "month":
        full = _months(pd.DatetimeIndex(own))
    elif step == "year":
        full = _years(pd.DatetimeIndex(own))
    else:
        full = step_range(own[0], own[-1], step)
    if not own.isin(full).all():
        refuse("step", str(own[~own.isin(full)][0]), f"dates a whole number of {step}s after {own[0]}")
    return full


def _months(own: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """A date in every month: the given ones, and for missing months the day of the first, or the last of the month."""
    first = pd.DatetimeIndex(own - pd.to_timedelta(own.day - 1, unit="D"))
    starts = step_range(first[0], first[-1], "month")
    day = 31 if own.is_month_end.all() else int(own[0].day)
    full = starts + pd.to_timedelta(np.minimum(day, starts.days_in_month) - 1, unit="D")
    return pd.DatetimeIndex(np.where(starts.isin(first), own[first.searchsorted(starts)], full))


def _years(own: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """A date in every school year: the given ones, and for missing years July 1."""
    first = pd.DatetimeIndex(period_start(pd.Series(own), "year"))
    starts = step_range(first[0], first[-1], "year")
    return pd.DatetimeIndex(np.where(starts.isin(first), own[first.searchsorted(starts)], starts))


def with_steps(panel: Panel, step: Step, phases: object) -> Panel:
    """Insert the periods that are missing between the first and the last of each series."""
    letter = getattr(panel.period, "freqstr", None) or ""
    if not isinstance(panel.period, pd.DatetimeIndex) and letter[:1] != step[0].upper():
        refuse("step", step, f"dates in the column of periods, or Periods of a {step}, found {panel.period.dtype}")
    parts = []
    owner = panel.series_of_points()
    for s in range(panel.size):
        own = panel.period[owner == s]
        parts.append(pd.DataFrame({"s": s, "period": _steps(own, step)}))
    grid = pd.concat(parts) if parts else pd.DataFrame({"s": [], "period": []})
    old = pd.MultiIndex.from_arrays([owner, panel.period])
    at = old.get_indexer(pd.MultiIndex.from_frame(grid))
    there = at >= 0

    def spread(values: Floats) -> Floats:
        return np.where(there, values[at], np.nan)

    return Panel(
        keys=panel.keys,
        offsets=np.concatenate([[0], np.cumsum(np.bincount(grid["s"].astype(int), minlength=panel.size))]),
        period=pd.Index(grid["period"]) if len(grid) else panel.period,
        value=spread(panel.value),
        numerator=spread(panel.numerator),
        denominator=spread(panel.denominator),
        people=spread(panel.people),
        status=np.where(there, panel.status[at], MISSING).astype(np.int8),
        ratio=panel.ratio,
        columns={
            name: _fill(column.iloc[at].reset_index(drop=True), there, name == phases)
            for name, column in panel.columns.items()
        },
        step=step,
        within=None if panel.within is None else spread(panel.within),
        told=panel.told,
    )


def _fill(column: pd.Series, there: Bools, phase: bool) -> pd.Series:
    """An inserted period is in no declared set; a phase goes on from the row before it."""
    if not phase and pd.api.types.infer_dtype(column) == "boolean":
        return column.where(there, False)
    return column.iloc[np.maximum.accumulate(np.where(there, np.arange(len(there)), 0))].reset_index(drop=True)
