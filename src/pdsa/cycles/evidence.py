"""What a log is judged by: charts as they were released, the calendar, and the day up to which one counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa.chart import Chart
from pdsa.records import Calendar, Measure
from pdsa.series import Bools, Codes, Floats, Ints
from pdsa.terms import Step

Days = npt.NDArray[np.datetime64]
# The values of these charts are none of the measure: ranges, spreads, sums.
OTHER_VALUES = ("mr", "s", "cusum", "ewma")
# Their values are counts or times although there may be denominators: a mean says what a quotient would not.
UNDIVIDED = ("np", "c", "g", "t")


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The points of one measure at one school, as arrays of shape (points,), in the order of time.

    Parameters
    ----------
    day
        First day of each period.
    value, numerator, denominator
        As plotted, and as counted; NaN where there is none.
    status, useful
        Codes of `terms.STATUSES`; whether a value was reported, is shown, and is not set aside.
    phase, instrument
        Number of the stretch with lines of its own, and of the way to measure.
    baseline, center, signal
        Which points make the lines, the line in the middle, and whether any rule fired at a point.
    kind, per
        Of the chart; what values are multiplied by.
    """

    school: str
    measure: Measure | None
    day: Days
    value: Floats
    numerator: Floats
    denominator: Floats
    status: Codes
    useful: Bools
    phase: Ints
    instrument: Ints
    baseline: Bools
    center: Floats
    signal: Bools
    verdict: str
    kind: str
    per: float
    step: Step | None

    @property
    def is_of_measure(self) -> bool:
        """Whether the values plotted are values of the measure."""
        return self.kind not in OTHER_VALUES

    def level(self, where: Bools) -> float:
        """The value of these points together: sums divided where there are sums, otherwise the mean; NaN of none."""
        if not where.any():
            return float("nan")
        below = self.denominator[where]
        if self.kind not in UNDIVIDED and not np.isnan(below).any() and below.sum() > 0:
            return float(self.per * self.numerator[where].sum() / below.sum())
        return float(self.value[where].mean())

    def within(self, first: date, last: date | None) -> Bools:
        """Shape (points,): the periods that begin within two days, both included."""
        inside = self.day >= np.datetime64(first)
        return inside if last is None else inside & (self.day <= np.datetime64(last))

    def days(self, where: Bools) -> tuple[date, ...]:
        """The first days of these periods."""
        return tuple(self.day[where].astype("datetime64[D]").tolist())


@dataclass(frozen=True, eq=False)
class Evidence:
    """Charts and calendar that the log is judged by; nothing after `today` is known.

    Parameters
    ----------
    charts
        By measure id; each holds one school or several, as its reader may see them. Lines and limits are not touched.
    calendar
        Closed days are no days on which anything is due.
    today
        The day up to which the report counts; never the clock.
    measures
        The network's measures, with and without charts.
    """

    charts: Mapping[str, Chart]
    calendar: Calendar
    today: date
    measures: tuple[Measure, ...] = ()

    @cached_property
    def by_id(self) -> dict[str, Measure]:
        """Measures by id."""
        drawn = {name: chart.measure for name, chart in self.charts.items() if chart.measure}
        return {**drawn, **{one.id: one for one in self.measures}}

    @cached_property
    def lines(self) -> dict[tuple[str, str], Line]:
        """Lines by school and measure; school "" where a chart names none."""
        return {
            (line.school, name): line for name, chart in self.charts.items() for line in lines_of(chart)
        }  # fmt: skip

    def line(self, school: str, measure: str) -> Line | None:
        """The points of a measure at a school; None where there is no chart of it."""
        return self.lines.get((school, measure)) or self.lines.get(("", measure))


def lines_of(chart: Chart) -> Iterator[Line]:
    """Yield the points of each school of a chart; none of a chart without points, or whose periods are no dates."""
    points, summary = chart.points, chart.summary
    if points.empty or not pd.api.types.is_datetime64_any_dtype(points["period"]):
        return
    named = "school" in chart.by
    schools = points["school"].to_numpy(dtype=object) if named else np.full(len(points), "", dtype=object)
    told = summary["school"].astype(str) if named else [""] * len(summary)
    words = dict(zip(told, zip(summary["verdict"], summary["kind"], strict=True), strict=True))
    arrays = _arrays(chart)
    names, place = np.unique(schools.astype(str), return_inverse=True)
    order, ends = np.argsort(place, kind="stable"), np.cumsum(np.bincount(place, minlength=len(names)))[:-1]
    for school, rows in zip(names.tolist(), np.split(order, ends), strict=True):
        verdict, kind = words.get(school, ("no_data", chart.spec.kind))
        step = chart.step or (chart.measure.frequency if chart.measure else None)
        own = {name: array[rows] for name, array in arrays.items()}
        yield Line(school, chart.measure, **own, verdict=verdict, kind=kind, per=float(chart.spec.per), step=step)


def _arrays(chart: Chart) -> dict[str, Any]:
    """The points of all schools, by the names of a line's arrays."""
    points, value = chart.points, chart.points["value"].to_numpy(dtype=float)
    included = points["included"].to_numpy(dtype=bool)
    same = np.zeros(len(points), dtype=np.int64)
    return {
        "day": points["period"].to_numpy(dtype="datetime64[D]"),
        "value": value,
        **{name: points[name].to_numpy(dtype=float) for name in ("numerator", "denominator", "center")},
        "status": chart.status,
        "useful": ~np.isnan(value) & included,  # a bound, or a point set aside, is not included
        "phase": np.asarray(pd.factorize(points["phase"])[0], dtype=np.int64),
        "instrument": chart.extra["instrument"].to_numpy() if "instrument" in chart.extra else same,
        **{name: points[name].to_numpy(dtype=bool) for name in ("baseline", "signal")},
    }
