"""From rows to series: one panel of ragged arrays for all series, with every period in its place and every gap kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa.records import Calendar, Measure
from pdsa.terms import STATUSES, Status, Step

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int8]

REPORTED, MISSING, SUPPRESSED, EXCLUDED, TOP_CODED, BOTTOM_CODED, NOT_APPLICABLE, ERROR = range(len(STATUSES))
# Statuses of values that are known only as a bound, and of periods that have no value and must not have one.
BOUNDS = (TOP_CODED, BOTTOM_CODED)
EMPTY = (MISSING, SUPPRESSED, NOT_APPLICABLE, ERROR)
# School years begin in this month.
YEAR_START = 7


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """Every series of one measure (or of one frame) as flat arrays; series `s` is `offsets[s]:offsets[s + 1]`.

    Parameters
    ----------
    keys
        One row per series: the columns that tell series apart.
    offsets
        Shape (series + 1,).
    period
        Length of all points, ascending within each series.
    value, numerator, denominator
        Shape (points,); NaN where missing. `value` is the numerator over the denominator for ratio series.
    people
        Shape (points,): the smallest denominator that went into the period, for the privacy mask.
    status
        Shape (points,): positions in `terms.STATUSES`.
    ratio
        Shape (series,): whether the series has numerators and denominators.
    within
        Shape (points,): standard deviations of subgroups, for X-bar and S charts.
    columns
        Further columns of the frame, by name, that `baseline`, `exclude` or `phases` may point to.
    step
        The distance between periods, where it is known.
    told
        Facts about the frame that each of its series is told.
    """

    keys: pd.DataFrame
    offsets: Ints
    period: pd.Index
    value: Floats
    numerator: Floats
    denominator: Floats
    people: Floats
    status: Codes
    ratio: Bools
    columns: Mapping[str, pd.Series] = field(default_factory=dict)
    step: Step | None = None
    within: Floats | None = None
    told: tuple[str, ...] = ()

    @property
    def size(self) -> int:
        """The number of series."""
        return len(self.offsets) - 1

    @property
    def lengths(self) -> Ints:
        """Shape (series,): the number of periods of each series."""
        return np.diff(self.offsets)

    def series_of_points(self) -> Ints:
        """Shape (points,): which series each point belongs to."""
        return np.repeat(np.arange(self.size), self.lengths)

    def positions(self) -> Ints:
        """Shape (points,): the 1-based position of each point within its series."""
        return np.arange(len(self.value)) - np.repeat(self.offsets[:-1], self.lengths) + 1

    def take(self, series: Ints) -> Panel:
        """A panel of these series in this order, by number; this one stays as it is."""
        # one series, as of a school's report, is not gathered but cut out
        chosen = slice(int(series[0]), int(series[0]) + 1) if len(series) == 1 else series
        rows = self._rows(chosen)
        return replace(
            self,
            keys=self.keys.iloc[chosen].reset_index(drop=True),
            offsets=np.concatenate([[0], np.cumsum(self.lengths[chosen])]).astype(np.int64),
            period=self.period[rows],
            ratio=self.ratio[chosen],
            columns={name: column[rows] for name, column in self.columns.items()},
            within=None if self.within is None else self.within[rows],
            **{name: getattr(self, name)[rows] for name in _POINTWISE},
        )

    def _rows(self, series: slice | Ints) -> slice | Ints:
        """The points of these series; those of one series stand in a row."""
        if isinstance(series, slice):
            return slice(int(self.offsets[series.start]), int(self.offsets[series.stop]))
        spans = [np.arange(self.offsets[s], self.offsets[s + 1]) for s in series.tolist()]
        return np.concatenate([np.zeros(0, dtype=np.int64), *spans])


_POINTWISE = ("value", "numerator", "denominator", "people", "status")


def divide(numerator: Floats, denominator: Floats) -> Floats:
    """Shape (points,): the ratios; NaN for 0 of 0 and wherever one of the two is missing."""
    known = ~np.isnan(numerator) & (denominator > 0)
    out = np.full(len(numerator), np.nan)
    np.divide(numerator, denominator, out=out, where=known)
    return out


def period_start(days: pd.Series, step: Step) -> pd.Series:
    """The first day of the period that each day lies in: itself, the week's Monday, the month's first, or July 1."""
    if step == "day":
        return days
    if step == "year":
        july = pd.to_datetime({"year": year_of(days), "month": YEAR_START, "day": 1})
        return july.astype(days.dtype)
    back = days.dt.day_of_week if step == "week" else days.dt.day - 1
    start: pd.Series = days - pd.to_timedelta(back, unit="D")
    return start


def year_of(days: pd.Series) -> pd.Series:
    """The calendar year in which the school year of each day began."""
    began: pd.Series = days.dt.year - (days.dt.month < YEAR_START)
    return began


def school_year(began: int) -> str:
    """`2016-17` for the school year that began in 2016."""
    return f"{began:04d}-{(began + 1) % 100:02d}"


def step_range(first: pd.Timestamp, last: pd.Timestamp, step: Step) -> pd.DatetimeIndex:
    """Every period start from `first` to `last`, both included."""
    codes = {"day": "D", "week": "7D", "month": "MS", "year": "YS-JUL"}
    return pd.date_range(first, last, freq=codes[step])


def open_periods(starts: pd.DatetimeIndex, step: Step, calendar: Calendar) -> pd.DatetimeIndex:
    """Those periods that do not lie wholly within one closure of the calendar; weekends are no school days."""
    if not len(starts):
        return starts
    ends = {
        "day": starts,
        "week": starts + pd.Timedelta(days=4),
        "month": starts + pd.offsets.MonthEnd(0),
        "year": starts + pd.offsets.MonthEnd(12),
    }[step]
    closed = np.zeros(len(starts), dtype=bool)
    for closure in calendar.closures:
        closed |= (starts >= pd.Timestamp(closure.start)) & (ends <= pd.Timestamp(closure.end))
    if step == "day":
        closed |= starts.day_of_week >= 5
    return starts[~closed]


def new_way(day: date, step: Step, calendar: Calendar) -> tuple[pd.Timestamp, pd.Timestamp | None]:
    """The first period measured wholly in a new way, and the one measured in both ways, if there is one.

    Only school days count: after a Monday off, a change on Tuesday leaves no day of that week to the old way. A school
    year is measured in the new way as a whole if the change comes by the end of September, for schools open in August
    or September and figures of a year are published under one definition.

    Parameters
    ----------
    day
        The first day measured in the new way.
    """
    start = period_start(pd.Series([pd.Timestamp(day)]), step)[0]
    longer = {"day": pd.Timedelta(days=1), "week": pd.Timedelta(days=7), "month": pd.offsets.MonthBegin(1)}
    after = start + (pd.DateOffset(years=1) if step == "year" else longer[step])
    if step == "year" and pd.Timestamp(day) < start + pd.DateOffset(months=3):
        return start, None
    lessons = open_periods(pd.date_range(start, after, inclusive="left"), "day", calendar)
    old = lessons < pd.Timestamp(day)
    if not old.any():
        return start, None
    return after, None if old.all() else start


def panel_of(observations: pd.DataFrame, measure: Measure, calendar: Calendar) -> Panel:
    """The panel of one measure: a series per school, a point per period of the calendar.

    Several rows in one period are summed (numerators and denominators over the same rows) or averaged (values).
    A series runs from its own first period to the last period in which anybody reported this measure, so that a
    school which stopped reporting shows it. A series in which some reported period has no denominator is treated
    as a series of values.

    A period with a top-coded row is known only as a bound: its value is at least the least of its bounds and of what
    its other rows give, and that stands in it, with the status of a bound; with a bottom-coded row, at most the
    greatest. Bounds are never averaged with values. A period with bounds of both sorts says nothing and is missing.

    Parameters
    ----------
    observations
        Columns `terms.OBSERVATION_COLUMNS`; rows of groups are left to other panels.
    measure, calendar
        The measure and the network's calendar.
    """
    rows = observations[(observations["measure"] == measure.id) & (observations["group_dim"] == "")]
    rows = rows.assign(period=period_start(rows["period"], measure.frequency))
    cells = _sum_cells(rows)
    grid = _grid(cells, measure.frequency, calendar)
    full = grid.merge(cells, on=["school", "period"], how="left").sort_values(["school", "period"])
    return _panel_from_cells(full, measure)


# Statuses of rows without a value that counts, in the order in which a later one wins over an earlier one.
ABSENT: tuple[Status, ...] = ("not_applicable", "missing", "error", "suppressed", "excluded")


def _sum_cells(rows: pd.DataFrame) -> pd.DataFrame:
    """One row per school and period: sums, the mean value, bounds, the smallest denominator, counts of rows."""
    status = rows["status"].astype(str)
    top, bottom = status.eq("top_coded"), status.eq("bottom_coded")
    used = status.eq("reported")
    # a period made of excluded rows only keeps its value, so that it can be drawn and named
    set_aside = status.eq("excluded")
    known = (used | top | bottom).groupby([rows["school"], rows["period"]]).transform("any")
    take = used | (set_aside & ~known)
    own = rows["value"].fillna(rows["numerator"] / rows["denominator"].replace(0, np.nan))
    both = take & rows["numerator"].notna() & rows["denominator"].notna()
    frame = pd.DataFrame(
        {
            "school": rows["school"].astype(str),
            "period": rows["period"],
            "value": own.where(take),
            "numerator": rows["numerator"].where(both),
            "denominator": rows["denominator"].where(both),
            "least": own.where(top),
            "most": own.where(bottom),
            "valued": own.notna() & take,
            # who stands behind the value, known with or without a numerator; a day of nobody hides no other day
            "people": rows["denominator"].where((take | top | bottom) & (rows["denominator"] > 0)),
            "ratio": both & (rows["denominator"] > 0),
            "reported": used,
            "suppressed": status.eq("suppressed"),
            "excluded": set_aside,
            "error": status.eq("error"),
            "missing": status.eq("missing"),
            "not_applicable": status.eq("not_applicable"),
        }
    )
    groups = frame.groupby(["school", "period"], sort=True, observed=True)
    sums = groups[["numerator", "denominator"]].sum(min_count=1)
    counts = groups[["valued", "ratio", "reported", *ABSENT]].sum()
    lowest, highest = groups[["people", "least"]].min(), groups["most"].max()
    return sums.join(counts).join(lowest).assign(value=groups["value"].mean(), most=highest).reset_index()


def _grid(cells: pd.DataFrame, step: Step, calendar: Calendar) -> pd.DataFrame:
    """Every (school, period) that could have data."""
    if cells.empty:
        return cells[["school", "period"]]
    told = (cells["valued"] > 0) | cells["least"].notna() | cells["most"].notna()
    live = cells[told] if told.any() else cells
    if calendar.mode == "observed":
        expected = pd.DatetimeIndex(np.sort(live["period"].unique()))
    else:
        expected = open_periods(step_range(live["period"].min(), live["period"].max(), step), step, calendar)
        # data within a closure is drawn where it lies: nothing that was reported is dropped
        expected = expected.union(pd.DatetimeIndex(live["period"].unique()))
    first = cells.groupby("school")["period"].min()
    pairs = pd.MultiIndex.from_product([first.index, expected], names=["school", "period"]).to_frame(index=False)
    return pairs[pairs["period"] >= pairs["school"].map(first)]


def _panel_from_cells(full: pd.DataFrame, measure: Measure) -> Panel:
    names, codes = np.unique(full["school"].to_numpy(dtype=object).astype(str), return_inverse=True)
    lengths = np.bincount(codes, minlength=len(names)) if len(names) else np.zeros(0, dtype=np.int64)
    without = (full["valued"].fillna(0) > full["ratio"].fillna(0)).to_numpy()
    ratio = np.bincount(codes, weights=without, minlength=len(names)) == 0
    ratio &= np.bincount(codes, weights=(full["denominator"] > 0).to_numpy(), minlength=len(names)) > 0
    spread = np.repeat(ratio, lengths)
    numerator, denominator, plain = (full[c].to_numpy(dtype=float) for c in ("numerator", "denominator", "value"))
    status = _status(full)
    value = _bounded(np.where(spread, divide(numerator, denominator), plain), full, status)
    counted = spread & full["least"].isna().to_numpy() & full["most"].isna().to_numpy()
    return Panel(
        keys=pd.DataFrame({"school": names, "measure": measure.id}, dtype="str"),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        period=pd.DatetimeIndex(full["period"]).as_unit("us"),
        value=value,
        numerator=np.where(counted, numerator, np.nan),
        denominator=np.where(counted, denominator, np.nan),
        people=full["people"].to_numpy(dtype=float),
        status=status,
        ratio=ratio,
        step=measure.frequency,
    )


def _bounded(value: Floats, full: pd.DataFrame, status: Codes) -> Floats:
    """Shape (points,): the values, and in periods that are known only as a bound that bound."""
    least, most = full["least"].to_numpy(dtype=float), full["most"].to_numpy(dtype=float)
    value = np.where(status == TOP_CODED, np.fmin(value, least), value)
    value = np.where(status == BOTTOM_CODED, np.fmax(value, most), value)
    return np.where(~np.isnan(least) & ~np.isnan(most), np.nan, value)


def _status(full: pd.DataFrame) -> Codes:
    """A bound wins over reported; then excluded, suppressed, error, missing; not applicable is what is nothing else."""
    chosen = np.full(len(full), MISSING, dtype=np.int8)
    for word in ABSENT:
        chosen[(full[word] > 0).to_numpy()] = STATUSES.index(word)
    chosen[(full["reported"] > 0).to_numpy() & (full["valued"] > 0).to_numpy()] = REPORTED
    least, most = full["least"].notna().to_numpy(), full["most"].notna().to_numpy()
    chosen[least], chosen[most], chosen[least & most] = TOP_CODED, BOTTOM_CODED, MISSING
    return chosen


def complete_series(panel: Panel) -> Bools:
    """Shape (series,): whether a series has a value in every period; of a mixed panel, ratio series only."""
    periods = len(np.unique(panel.period[panel.status == REPORTED]))
    values = np.bincount(panel.series_of_points()[panel.status == REPORTED], minlength=panel.size)
    return np.asarray((values == periods) & (panel.ratio | ~panel.ratio.any()))


def total(panel: Panel, name: str) -> Panel:
    """The network as one series: numerators and denominators summed by period over `complete` series of the panel.

    The same schools stand in every period: a total that schools join and leave would rise and fall with them, though
    none of them changed. A panel without ratio series gives the mean of the schools' values. A point that is hidden
    from the panel makes its series incomplete, so that no total contains it.
    """
    panel = panel.take(np.flatnonzero(complete_series(panel)))
    shown = ~np.isnan(panel.value) & (panel.status == REPORTED)
    frame = pd.DataFrame(
        {
            "period": panel.period[shown],
            "value": panel.value[shown],
            "numerator": panel.numerator[shown],
            "denominator": panel.denominator[shown],
        }
    )
    groups = frame.groupby("period", sort=True)
    sums = groups[["numerator", "denominator"]].sum(min_count=1)
    periods = pd.DatetimeIndex(np.unique(panel.period))
    sums = sums.assign(value=groups["value"].mean()).reindex(periods)
    ratio = bool(panel.ratio.any())
    numerator, denominator = sums["numerator"].to_numpy(), sums["denominator"].to_numpy()
    value = divide(numerator, denominator) if ratio else sums["value"].to_numpy()
    measure = cast(str, panel.keys["measure"].iloc[0]) if panel.size else ""
    return Panel(
        keys=pd.DataFrame({"school": [name], "measure": [measure]}),
        offsets=np.array([0, len(periods)]),
        period=periods,
        value=value,
        numerator=numerator if ratio else np.full(len(periods), np.nan),
        denominator=denominator if ratio else np.full(len(periods), np.nan),
        people=denominator,
        status=np.where(np.isnan(value), MISSING, REPORTED).astype(np.int8),
        ratio=np.array([ratio]),
        step=panel.step,
    )
