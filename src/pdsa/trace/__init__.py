"""A chart's columns as plain arrays, read once for both drawings; what may not be shown is blanked here."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa.series import YEAR_START, school_year
from pdsa.terms import ABSENT_WORDS, RATIO_KINDS, STATUSES, SUBGROUP_KINDS, Step

if TYPE_CHECKING:
    from pdsa.chart import Chart

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Codes = npt.NDArray[np.int_]

HIDDEN = STATUSES.index("suppressed")
TOP, BOTTOM = STATUSES.index("top_coded"), STATUSES.index("bottom_coded")

# Neighbors further apart than this many days stand on two sides of a break, such as a summer: no line joins them.
BREAK_DAYS = {"day": 5.5, "week": 35.5, "month": 70.0, "year": 550.0}
STEP_DAYS = {"day": 1.0, "week": 7.0, "month": 30.4, "year": 365.25}
BREAK_STEPS = 5.5
# Numbers beyond this would overflow when a range is taken.
HUGE = 1e300

# How a point is drawn, in the order of the key. A rule of another name is drawn as a plus.
MARKS = ("dot", "diamond", "square", "triangle", "plus", "crossed", "hollow")
MARK_OF_RULE = {"outside": "diamond", "long_run": "square", "shift": "square", "trend": "triangle"}
# How a period without a drawn value is marked at the time axis, in the order of the key; what each status gives.
ABSENCES = tuple(ABSENT_WORDS)
ABSENCE_OF_STATUS = {
    "suppressed": "hidden",
    "excluded": "set_aside",
    "not_applicable": "not_applicable",
    "error": "error",
}
_ABSENCE = np.array([ABSENCES.index(ABSENCE_OF_STATUS.get(status, "missing")) for status in STATUSES])
# Kinds whose limits depend on the size of each period.
SIZED = frozenset((*RATIO_KINDS, *SUBGROUP_KINDS))
# Rules whose signal lies on no side of the center.
SIDELESS = ("alternating", "near", "away")


@dataclass(frozen=True, slots=True)
class Trace:
    """The rows of one or more series as arrays of equal length.

    `x` is days since 1970 where the axis is dates (`dated`), the numbers themselves for integers, and positions
    for categories. `step` is the usual distance of two neighbors, `reach` the largest that a line bridges.
    `flags`, shape (rows, rules), says which of `rules` marked each row; `mark` is a position in MARKS; `side` is the
    direction of a signal, 0 where it has none; `coded` is 1 for "at least", -1 for "at most"; `high` and `low` are
    the two sums of a CUSUM, NaN elsewhere. `absence` is a position in ABSENCES, for rows without a value that is drawn;
    `school_years` says that each period is one.
    """

    x: Floats
    period: npt.NDArray[Any]
    value: Floats
    numerator: Floats
    denominator: Floats
    center: Floats
    lower: Floats
    upper: Floats
    high: Floats
    low: Floats
    included: Flags
    baseline: Flags
    flags: Flags
    mark: Codes
    side: Codes
    hidden: Flags
    absence: Codes
    coded: Codes
    phase: Codes
    instrument: Codes
    rules: tuple[str, ...]
    kinds: frozenset[str]
    dated: bool
    step: float
    reach: float
    school_years: bool = False

    def cut(self, start: int, stop: int) -> Trace:
        """The rows from `start` to before `stop`."""
        return self.take(slice(start, stop))

    def take(self, rows: slice | npt.NDArray[np.int_]) -> Trace:
        """Some rows, in their order."""
        return replace(self, **{name: getattr(self, name)[rows] for name in ROWS})

    @property
    def shown(self) -> Flags:
        """Rows with a value that is drawn."""
        return np.isfinite(self.value)

    @property
    def signal(self) -> Flags:
        """Rows that any rule has marked."""
        return np.asarray(self.flags.any(axis=1))

    @property
    def breaks(self) -> Flags:
        """For each row but the first: no line of any kind runs from the row before to this one."""
        if len(self.x) < 2:
            return np.zeros(0, dtype=bool)
        return np.asarray((np.diff(self.x) > self.reach) | self.phase_ends | self.instrument_ends)

    @property
    def phase_ends(self) -> Flags:
        """For each row but the first: another phase begins."""
        return np.asarray(self.phase[1:] != self.phase[:-1])

    @property
    def instrument_ends(self) -> Flags:
        """For each row but the first: it was measured in a new way."""
        return np.asarray(self.instrument[1:] != self.instrument[:-1])


ROWS = tuple(
    f.name for f in fields(Trace) if f.name not in ("rules", "kinds", "dated", "step", "reach", "school_years")
)
# Columns that give a hidden value away: limits tell the size of a group.
SUMS = ("cusum_upper", "cusum_lower")
SECRET = ("value", "numerator", "denominator", "lower", "upper")


def read(chart: Chart) -> Trace:
    """The chart's points as arrays; of hidden points value and size are blank, and limits, which tell the size."""
    frame, status = chart.points, np.asarray(chart.status)
    more = chart.extra if len(chart.extra) == len(frame) else frame.iloc[:, :0]
    hidden = status == HIDDEN
    x, dated = positions(frame["period"])
    step, reach = rhythm(x, chart.step if dated else None)
    numbers, rules = _numbers(frame, more, hidden), rule_columns(chart)
    included = frame["included"].to_numpy(dtype=bool)
    flags = _flags(frame, rules)
    coded = (status == TOP).astype(int) - (status == BOTTOM)
    return Trace(
        x=x,
        period=_periods(frame["period"]),
        value=numbers["value"],
        numerator=numbers["numerator"],
        denominator=numbers["denominator"],
        center=numbers["center"],
        lower=numbers["lower"],
        upper=numbers["upper"],
        high=numbers["cusum_upper"],
        low=numbers["cusum_lower"],
        included=included,
        baseline=frame["baseline"].to_numpy(dtype=bool),
        flags=flags,
        mark=_marks(flags, list(rules.values()), included, coded),
        side=_sides(
            flags, list(rules.values()), numbers["value"] - numbers["center"], included & np.isfinite(numbers["value"])
        ),
        hidden=hidden,
        absence=_ABSENCE[status],
        coded=coded,
        phase=_codes(more["stretch"] if "stretch" in more else frame["phase"]),
        instrument=_codes(more["instrument"]) if "instrument" in more else np.zeros(len(frame), dtype=int),
        rules=tuple(rules),
        kinds=frozenset(chart.summary["kind"].array),
        dated=dated,
        step=step,
        reach=reach,
        school_years=dated and chart.step == "year",
    )


def rule_columns(chart: Chart) -> dict[str, str]:
    """The rules of the chart: what follows `rule_` in each column, and the name of the rule that it is one of."""
    names = {rule.column: rule.name for rule in chart.spec.rules}
    found = [name.removeprefix("rule_") for name in chart.points.columns if name.startswith("rule_")]
    return {label: names.get(label, label) for label in found}


def _numbers(frame: pd.DataFrame, more: pd.DataFrame, hidden: Flags) -> dict[str, Floats]:
    """The columns of numbers as floats that can be drawn; all NaN where the chart lacks one, blank where hidden."""
    names = ("center", *SECRET, *SUMS)
    block = np.array([_floats(more if name in SUMS else frame, name, len(frame)) for name in names])
    block[np.isinf(block)] = np.nan
    if hidden.any():
        block[1:, hidden] = np.nan
    return dict(zip(names, block.clip(-HUGE, HUGE), strict=True))


def _floats(frame: pd.DataFrame, name: str, rows: int) -> Floats:
    return frame[name].to_numpy(dtype=float, na_value=np.nan) if name in frame else np.full(rows, np.nan)


def _flags(frame: pd.DataFrame, rules: dict[str, str]) -> Flags:
    columns = [frame[f"rule_{label}"].to_numpy(dtype=bool) for label in rules]
    return np.column_stack(columns) if columns else np.zeros((len(frame), 0), dtype=bool)


def _codes(column: pd.Series[Any]) -> Codes:
    """Labels as whole numbers that differ where the labels do."""
    return column.to_numpy(dtype=int) if column.dtype.kind in "iu" else pd.factorize(column)[0].astype(int)


def _marks(flags: Flags, names: list[str], included: Flags, coded: Codes) -> Codes:
    """The mark of each row: that of the first rule of the set that fired, crossed or hollow where it is left out."""
    answer = np.zeros(len(included), dtype=int)
    for column in reversed(range(len(names))):
        answer[flags[:, column]] = MARKS.index(MARK_OF_RULE.get(names[column], "plus"))
    answer[~included] = MARKS.index("crossed")
    answer[coded != 0] = MARKS.index("hollow")
    return answer


def _sides(flags: Flags, names: list[str], away: Floats, there: Flags) -> Codes:
    """Direction of each signal: the side of the point; of a trend alone where it leads; 0 without a direction."""
    sided = np.array([name not in (*SIDELESS, "trend") for name in names], dtype=bool)
    trend = np.array([name == "trend" for name in names], dtype=bool)
    answer = np.where(flags[:, sided].any(axis=1), np.sign(np.nan_to_num(away)), 0).astype(int)
    if not trend.any():
        return answer
    rising = np.asarray(flags[:, trend].any(axis=1))
    only = rising & ~flags[:, sided].any(axis=1)
    return np.where(only, _slopes(rising, away, there), answer).astype(int)


def _slopes(rising: Flags, away: Floats, there: Flags) -> Floats:
    """Where a trend leads at each of its points: from the point before, or to the next at its beginning."""
    rows = np.flatnonzero(there)
    step = np.sign(np.diff(away[rows]))
    before, after = np.r_[0.0, step], np.r_[step, 0.0]
    inner = np.r_[False, rising[rows[:-1]]] if len(rows) else before.astype(bool)
    answer = np.zeros(len(there))
    answer[rows] = np.where(inner, before, after)
    return answer


def _periods(period: pd.Series[Any]) -> npt.NDArray[Any]:
    """Dates as they are stored, everything else as objects."""
    return period.to_numpy() if period.dtype.kind == "M" else period.astype(object).to_numpy()


def labels(period: npt.NDArray[Any], step: Step | None) -> list[str]:
    """Each period in words, as `narrate.format_period` says it."""
    if period.dtype.kind != "M":
        return [str(one) for one in period]
    if step == "year":
        months = period.astype("datetime64[M]").astype(int)  # from January 1970
        return [school_year(1970 + (month - YEAR_START + 1) // 12) for month in months.tolist()]
    days: list[str] = np.datetime_as_string(period, unit="D").tolist()
    if step == "month":
        return [day[:7] for day in days]
    return [f"week of {day}" for day in days] if step == "week" else days


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
    if len(chart.summary) == 1:
        return [(tuple(chart.summary[name].tolist()[0] for name in chart.by), 0, rows)]
    new = np.zeros(rows, dtype=bool)
    new[0] = True
    for name in chart.by:
        cells = frame[name].to_numpy()
        new[1:] |= cells[1:] != cells[:-1]
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
    used = trace.shown & trace.included
    for code in dict.fromkeys(trace.phase.tolist()):
        phase = trace.phase == code
        marked = (phase & trace.baseline).nonzero()[0]
        rows = marked if len(marked) else phase.nonzero()[0]
        others = (phase & used).nonzero()[0]
        first, last = int(rows[0]), int(rows[-1])
        partial = bool(len(others) and (others[0] < first or others[-1] > last))
        answer.append((first, last + 1, partial))
    return answer


def made_by(trace: Trace, found: list[tuple[int, int, bool]]) -> Flags:
    """Rows over which the center is drawn solid: those that made it, or whole phases that no other point follows."""
    made = np.zeros(len(trace.x), dtype=bool)
    for start, stop, partial in found:
        made[start:stop] = True
        if not partial:
            made |= trace.phase == trace.phase[start]
    return made


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


def boundaries(trace: Trace) -> list[tuple[float, bool]]:
    """Where one phase ends and the next begins, and whether the next was measured in a new way."""
    left, right = edges(trace)
    rows = (trace.phase_ends | trace.instrument_ends).nonzero()[0]
    new = trace.instrument_ends[rows].tolist()
    return list(zip(((right[rows] + left[rows + 1]) / 2).tolist(), new, strict=True))


def n_range(trace: Trace) -> tuple[float, float] | None:
    """Smallest and largest denominator of the drawn points, for charts whose limits depend on it."""
    if not trace.kinds & SIZED:
        return None
    known = trace.denominator[trace.shown & np.isfinite(trace.denominator)]
    return (float(known.min()), float(known.max())) if len(known) else None
