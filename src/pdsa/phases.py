"""Which points make the lines: baseline, phases and exclusions, by position, by date or by a column of the frame."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pdsa.errors import InputError, Problem
from pdsa.records import ChartSpec, Position, Positions
from pdsa.series import BOUNDS, EXCLUDED, Bools, Floats, Ints, Panel

Notes = dict[int, list[str]]


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """The part each point plays, and what had to be said about it by series.

    Stretches (series by series, phase by phase) are numbered from 0; stretch i is `starts[i]:starts[i + 1]`, `label`
    is what it is called, `instrument` the number of the instrument that measured it, and `frozen` says whether its
    lines come from a declared baseline. `all_included` says that no point is excluded; `baseline` is `included`
    itself where no baseline is declared. `center` and `sigma`, shape (stretches,), are given lines in plotted units,
    NaN where there is none; None where there are none at all.
    """

    included: Bools
    baseline: Bools
    starts: Ints
    series: Ints
    label: npt.NDArray[np.object_]
    instrument: Ints
    frozen: Bools
    notes: Notes
    all_included: bool = False
    center: Floats | None = None
    sigma: Floats | None = None

    @property
    def segment(self) -> Ints:
        """Shape (points,): which stretch each point belongs to."""
        return np.repeat(np.arange(len(self.series)), np.diff(self.starts))

    def per_point(self, values: npt.NDArray[Any]) -> npt.NDArray[Any]:
        """Shape (points,): a value of each stretch, on each of its points."""
        return np.repeat(values, np.diff(self.starts))


def plan(panel: Panel, spec: ChartSpec) -> Plan:
    """Resolve `baseline`, `phases`, `break_on` and `exclude` of the spec for every series of the panel.

    Raises
    ------
    InputError
        Where a position lies beyond every series, or a column or date is not there.
    """
    notes: Notes = {}
    excluded = _excluded(panel, spec.exclude, notes)
    included = np.ones(len(panel.value), dtype=bool) if excluded is None else ~excluded
    phase, names, instrument = None, None, None
    if spec.phases is not None or spec.break_on is not None:
        phase, names = _phases(panel, spec.phases, notes)
        instrument = _instruments(panel, spec.break_on, notes)
    starts, series, label, instruments = _segments(panel, phase, names, instrument)
    parts = Plan(included, included, starts, series, label, instruments, np.zeros(len(series), dtype=bool), notes,
                 excluded is None, _given(panel, spec.center, "center", starts),
                 _given(panel, spec.sigma, "sigma", starts))  # fmt: skip
    if instrument is not None:
        _note_breaks(panel, parts, spec)
    return parts if spec.baseline is None else _with_baseline(panel, spec, parts)


def _with_baseline(panel: Panel, spec: ChartSpec, parts: Plan) -> Plan:
    declared = _declared(panel, spec.baseline, parts)
    usable = parts.included & ~np.isnan(panel.value)
    with_values = _any(declared & usable, parts.starts)
    _note_empty_baseline(spec, parts, with_values)
    baseline = parts.included & (declared | ~parts.per_point(with_values))
    # lines are frozen once there is a value that they were not made from; until then they are lines of all points
    frozen = with_values & _any(usable & ~baseline, parts.starts)
    return replace(parts, baseline=baseline, frozen=frozen)


def _given(panel: Panel, wanted: float | str | None, argument: str, starts: Ints) -> Floats | None:
    """Shape (stretches,): a given line of each stretch; of a column, the one number that each stretch has there."""
    if wanted is None:
        return None
    if not isinstance(wanted, str):
        return np.full(len(starts) - 1, float(wanted))
    if wanted not in panel.columns:
        _refuse(argument, repr(wanted), f"a number or a column (there: {', '.join(panel.columns) or 'none'})")
    if not pd.api.types.is_numeric_dtype(panel.columns[wanted]):
        _refuse(argument, f"other values than numbers in column {wanted}", "a column of numbers")
    numbers = panel.columns[wanted].to_numpy(dtype=np.float64, na_value=np.nan)
    if not len(numbers):
        return np.zeros(0)
    low, high = np.fmin.reduceat(numbers, starts[:-1]), np.fmax.reduceat(numbers, starts[:-1])
    if (low < high).any():
        _refuse(argument, f"several numbers within one phase of a series in column {wanted}", "one number for each")
    if np.isinf(low).any() or (argument == "sigma" and (low <= 0).any()):
        _refuse(argument, f"an impossible number in column {wanted}", "finite numbers, of sigma above zero")
    return np.asarray(low)


def _any(mask: Bools, starts: Ints) -> Bools:
    """Shape (stretches,): whether the mask is true anywhere in each; no stretch is empty."""
    return np.logical_or.reduceat(mask, starts[:-1]) if len(starts) > 1 else np.zeros(0, dtype=bool)


def _note_empty_baseline(spec: ChartSpec, parts: Plan, with_values: Bools) -> None:
    for s in np.setdiff1d(parts.series, parts.series[with_values]).tolist():
        parts.notes.setdefault(s, []).append("no value lies in the baseline: the lines come from all points")


def _note_breaks(panel: Panel, parts: Plan, spec: ChartSpec) -> None:
    """What was measured in two ways is not compared: each series says from when on."""
    changed = np.flatnonzero(np.diff(parts.instrument, prepend=1) > 0)
    changed = changed[np.diff(parts.series, prepend=-1)[changed] == 0]
    for i in changed.tolist():
        text = f"measured in a new way from {told(panel.period[parts.starts[i]])}: values before are not compared"
        text += ", and the baseline holds for these alone" if spec.baseline is not None else ""
        parts.notes.setdefault(int(parts.series[i]), []).append(text)


def told(period: object) -> str:
    """A period in words."""
    return f"{period:%Y-%m-%d}" if isinstance(period, pd.Timestamp) else str(period)


def _segments(
    panel: Panel, phase: Ints | None, names: pd.Index | None, instrument: Ints | None
) -> tuple[Ints, Ints, npt.NDArray[np.object_], Ints]:
    """First points (and the number of points), series, label and instrument of each stretch."""
    if phase is None or instrument is None:
        filled = np.flatnonzero(panel.lengths > 0)
        starts = np.append(panel.offsets[filled], len(panel.value))
        ones = np.ones(len(filled), dtype=np.int64)
        return starts, filled, ones.astype(object), ones
    begins = np.zeros(len(panel.value), dtype=bool)
    begins[1:] = (phase[1:] != phase[:-1]) | (instrument[1:] != instrument[:-1])
    begins[panel.offsets[:-1][panel.lengths > 0]] = True
    first = np.flatnonzero(begins)
    owner = np.searchsorted(panel.offsets, first, side="right") - 1
    numbers = phase[first] + (instrument[first] - 1 if names is None else 0)
    label = numbers.astype(object) if names is None else names.to_numpy(dtype=object)[numbers]
    return np.append(first, len(panel.value)), owner, label, instrument[first]


def _instruments(panel: Panel, wanted: Positions | None, notes: Notes) -> Ints:
    """The number of the instrument that measured each point, from 1 in each series."""
    number = np.ones(len(panel.value), dtype=np.int64)
    if wanted is None:
        return number
    if isinstance(wanted, str) and wanted in panel.columns:
        return _numbered(panel, wanted)
    for start in _each(wanted):
        if _is_position(start):
            _check_reach(panel, int(start), "break_on", notes)  # type: ignore[arg-type]
            number += panel.positions() >= int(start)  # type: ignore[arg-type]
        else:
            number += np.asarray(panel.period >= _moment(panel, start, "break_on"))
    return number


def _numbered(panel: Panel, name: str) -> Ints:
    """The stretches of one label of a column, numbered within each series."""
    if panel.columns[name].isna().any():
        _refuse("break_on", f"rows without an instrument in column {name}", "an instrument in every row")
    codes = pd.factorize(panel.columns[name])[0]
    change = np.zeros(len(codes), dtype=np.int64)
    change[1:] = codes[1:] != codes[:-1]
    first = panel.offsets[:-1][panel.lengths > 0]
    change[first] = 0
    count = np.cumsum(change)
    return np.asarray(1 + count - np.repeat(count[first], panel.lengths[panel.lengths > 0]))


def _phases(panel: Panel, wanted: Positions | None, notes: Notes) -> tuple[Ints, pd.Index | None]:
    """The phase of each point, from 1; or a code into the labels of a column."""
    if wanted is None:
        return np.ones(len(panel.value), dtype=np.int64), None
    if isinstance(wanted, str) and wanted in panel.columns:
        if panel.columns[wanted].isna().any():
            _refuse("phases", f"rows without a phase in column {wanted}", "a phase in every row")
        codes, labels = pd.factorize(panel.columns[wanted], sort=False)
        return codes.astype(np.int64), pd.Index(labels)
    phase = np.ones(len(panel.value), dtype=np.int64)
    for end in _each(wanted):
        phase += _after(panel, end, "phases", notes)
    return phase, None


def _excluded(panel: Panel, wanted: Positions | None, notes: Notes) -> Bools | None:
    """Points that the frame or the spec sets aside, and coded bounds, which are no values; None where there is none."""
    excluded = np.isin(panel.status, (EXCLUDED, *BOUNDS))
    if wanted is None:
        return excluded if excluded.any() else None
    if isinstance(wanted, str) and wanted in panel.columns:
        return np.asarray(excluded | _flags(panel, wanted, "exclude"))
    for one in _each(wanted):
        excluded = np.asarray(excluded | _at(panel, one, "exclude", notes))
    return excluded


def _declared(panel: Panel, wanted: Positions | None, parts: Plan) -> Bools:
    """Points that the spec names as baseline; a position or date counts within the first phase only."""
    if wanted is None:
        return np.zeros(len(panel.value), dtype=bool)
    if isinstance(wanted, str) and wanted in panel.columns:
        return _flags(panel, wanted, "baseline")
    ends = _each(wanted)
    if len(ends) > 2:
        _refuse("baseline", f"{len(ends)} positions", "the last one of the baseline, or its first and its last")
    if len(ends) == 2 and all(map(_is_position, ends)) and int(ends[0]) > int(ends[1]):  # type: ignore[arg-type]
        _refuse("baseline", f"{ends[0]} before {ends[1]}", "the first and then the last of the baseline")
    inside = ~_after(panel, ends[-1], "baseline", parts.notes)
    if len(ends) == 2:
        inside &= ~_before(panel, ends[0])
    first = np.diff(parts.series, prepend=-1) > 0
    return np.asarray(inside & parts.per_point(first))


def _each(wanted: Positions) -> tuple[Position, ...]:
    return wanted if isinstance(wanted, tuple) else (wanted,)


def _flags(panel: Panel, name: str, argument: str) -> Bools:
    column = panel.columns[name]
    if column.isna().any() or not column.isin([True, False]).all():
        _refuse(argument, f"other values than true and false in column {name}", "a column of true and false")
    return column.to_numpy(dtype=bool)


def _is_position(one: Position) -> bool:
    return isinstance(one, int | np.integer) and not isinstance(one, bool)


def _moment(panel: Panel, one: Position, argument: str) -> object:
    """A date or period that can be compared with the panel's periods."""
    if isinstance(one, str) and not _looks_like_date(one):
        known = ", ".join(panel.columns) or "none"
        _refuse(argument, repr(one), f"a position, a date such as 2025-01-31, or a column (there: {known})")
    if isinstance(panel.period, pd.DatetimeIndex) and not isinstance(one, bool | pd.Period):
        moment = pd.Timestamp(one)
        if moment.tzinfo is not None:
            _refuse(argument, str(one), "a date without a time zone")
        return moment
    if isinstance(panel.period, pd.PeriodIndex):
        return pd.Period(str(one), freq=panel.period.freqstr)
    _refuse(argument, repr(one), f"a position, or what can be compared with periods of type {panel.period.dtype}")
    return None


def _looks_like_date(text: str) -> bool:
    try:
        datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 (a calendar day has no time zone)
    except ValueError:
        return False
    return True


def _after(panel: Panel, end: Position, argument: str, notes: Notes) -> Bools:
    """Points later than a position or a date."""
    if _is_position(end):
        _check_reach(panel, int(end), argument, notes)  # type: ignore[arg-type]
        return np.asarray(panel.positions() > int(end))  # type: ignore[arg-type]
    return np.asarray(panel.period > _moment(panel, end, argument))


def _before(panel: Panel, start: Position) -> Bools:
    if _is_position(start):
        return np.asarray(panel.positions() < int(start))  # type: ignore[arg-type]
    return np.asarray(panel.period < _moment(panel, start, "baseline"))


def _at(panel: Panel, one: Position, argument: str, notes: Notes) -> Bools:
    if _is_position(one):
        _check_reach(panel, int(one), argument, notes)  # type: ignore[arg-type]
        return np.asarray(panel.positions() == one)
    return np.asarray(panel.period == _moment(panel, one, argument))


def check_reach(panel: Panel, spec: ChartSpec) -> None:
    """Refuse positions and dates beyond every series: a mistake in the argument, not a fact about one school.

    Reports do not ask this: there one school may be younger than the baseline of its network, which is a note.
    """
    longest = int(panel.lengths.max(initial=0))
    for argument in ("baseline", "exclude", "phases", "break_on"):
        wanted = getattr(spec, argument)
        if not longest or wanted is None or (isinstance(wanted, str) and wanted in panel.columns):
            continue
        for one in _each(wanted):
            if _is_position(one):
                if not 1 <= int(one) <= longest:  # type: ignore[arg-type]
                    _refuse(argument, str(one), f"a position from 1 to {longest}, the length of the longest series")
            else:
                _check_date(panel, argument, one, last=one == _each(wanted)[-1])


def _check_date(panel: Panel, argument: str, one: Position, last: bool) -> None:
    """Refuse a date that no series reaches: it would change nothing, or everything, without a word."""
    moment = _moment(panel, one, argument)
    if argument == "exclude":
        if not np.asarray(panel.period == moment).any():
            _refuse(argument, str(one), "a date that is one of the periods")
    elif (argument in ("phases", "break_on") or last) and not np.asarray(panel.period <= moment).any():
        _refuse(argument, str(one), f"a date not before the first period, {panel.period.min()}")
    elif (argument in ("phases", "break_on") or not last) and not np.asarray(panel.period >= moment).any():
        _refuse(argument, str(one), f"a date not after the last period, {panel.period.max()}")


def _check_reach(panel: Panel, position: int, argument: str, notes: Notes) -> None:
    """A position beyond one series is a note of that series."""
    if position < 1:
        _refuse(argument, str(position), "a position of 1 or more")
    for s in np.flatnonzero(panel.lengths < position).tolist():
        text = f"{argument}={position} lies beyond this series of {int(panel.lengths[s])} points"
        notes.setdefault(s, []).append(text)


def _refuse(argument: str, found: str, expected: str) -> None:
    raise InputError("analyze", (Problem(f"argument {argument}", found, expected),), next_step="change the argument")


def as_positions(wanted: object) -> Positions | None:
    """Positions as the records hold them: one, or a tuple; lists, arrays and dates of pandas are taken too."""
    if wanted is None or (isinstance(wanted, str | int | date) and not isinstance(wanted, bool)):
        return wanted
    if isinstance(wanted, np.ndarray) and wanted.ndim == 0:
        wanted = wanted.item()
    if isinstance(wanted, int | np.integer) and not isinstance(wanted, bool):
        return int(wanted)
    if isinstance(wanted, Iterable):
        return tuple(_one(item) for item in wanted) or None
    return _one(wanted)


def _one(item: Any) -> Position:
    if isinstance(item, bool) or not isinstance(item, int | np.integer | date | str | np.datetime64 | pd.Period):
        _refuse("baseline, exclude or phases", repr(item), "a position, a date or a column name")
    if isinstance(item, np.integer):
        return int(item)
    if isinstance(item, np.datetime64):
        return pd.Timestamp(item)
    return item  # type: ignore[no-any-return]
