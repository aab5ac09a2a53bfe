"""The arguments of `analyze` to a Panel and a ChartSpec; every mistake in the frame named at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import get_args

import numpy as np
import pandas as pd

from pdsa.errors import InputError, Problem
from pdsa.records import ChartSpec, Rule
from pdsa.series import EXCLUDED, MISSING, REPORTED, Bools, Floats, Ints, Panel, divide, step_range
from pdsa.terms import (
    POINT_COLUMNS,
    PROPORTION_KINDS,
    RATIO_KINDS,
    SUMMARY_COLUMNS,
    Constants,
    Gaps,
    Kind,
    LimitsMethod,
    Screen,
    Step,
    Ties,
)

# Up to this many numerators above their denominators, `auto` takes them for slips, not for the sign of a rate.
RARE = 2
RULE_SETS = {"anhoej": (Rule("outside"), Rule("long_run"), Rule("few_crossings"))}
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def rules_of(wanted: str | Iterable[str | Rule]) -> tuple[Rule, ...]:
    """A rule set by name, or a list of rules."""
    if isinstance(wanted, str):
        _check_word("rules", wanted, tuple(RULE_SETS))
        return RULE_SETS[wanted]
    chosen = tuple(rule if isinstance(rule, Rule) else Rule(rule) for rule in wanted)
    known = tuple(rule.name for rule in RULE_SETS["anhoej"])
    for rule in chosen:
        _check_word("rules", rule.name, known)
    return chosen


def check_spec(spec: ChartSpec) -> None:
    """Refuse words that are none of the vocabulary and numbers that make no chart."""
    for name, words in (
        ("kind", get_args(Kind)),
        ("limits", (None, *get_args(LimitsMethod))),
        ("screen", get_args(Screen)),
        ("constants", get_args(Constants)),
        ("gaps", get_args(Gaps)),
        ("ties", get_args(Ties)),
        ("step", (None, *get_args(Step))),
        ("better", (None, "up", "down")),
    ):
        _check_word(name, getattr(spec, name), words)
    if spec.sigma is not None and spec.kind != "i":
        _refuse("sigma", f"{spec.sigma} for kind {spec.kind}", "a given sigma only for kind i")
    if spec.sigma is not None and not spec.sigma > 0:
        _refuse("sigma", str(spec.sigma), "a number above zero")
    for name in ("center", "sigma", "target"):
        number = getattr(spec, name)
        if number is not None and not np.isfinite(number):
            _refuse(name, str(number), "a finite number")
    if spec.center is not None and spec.kind in (*RATIO_KINDS, "mr"):
        highest = spec.per if spec.kind in PROPORTION_KINDS else np.inf
        if not 0 <= spec.center <= highest:
            _refuse("center", str(spec.center), f"a number from 0 to {highest:g} for kind {spec.kind}")
    if not (np.isfinite(spec.per) and spec.per > 0):
        _refuse("per", str(spec.per), "a number above zero")
    if spec.recent < 1:
        _refuse("recent", str(spec.recent), "a whole number of at least 1")


def _check_word(argument: str, found: object, words: Sequence[object]) -> None:
    if found not in words:
        _refuse(argument, repr(found), "one of " + ", ".join(map(repr, words)))


def _refuse(argument: str, found: str, expected: str) -> None:
    raise InputError("analyze", (Problem(f"argument {argument}", found, expected),), next_step="change the argument")


def panel_from_frame(
    frame: pd.DataFrame, spec: ChartSpec, *, value: str, denominator: str | None, period: str, by: tuple[str, ...]
) -> Panel:
    """The panel of a tidy frame; the frame stays as it is.

    Raises
    ------
    InputError
        With every problem: columns that are not there, text among numbers, periods that are no periods, repeated
        (series, period), a numerator above its denominator, a negative or infinite denominator.
    """
    needed = [value, period, *by, *([denominator] if denominator else [])]
    absent = tuple(
        Problem(f"column {name}", "no such column", f"one of {', '.join(map(str, frame.columns))}")
        for name in needed
        if name not in frame.columns
    )
    absent += tuple(
        Problem(f"column {name}", "this name twice", "every column once")
        for name in dict.fromkeys(needed)
        if (frame.columns == name).sum() > 1
    )
    absent += tuple(
        Problem(f"column {name}", f"a name that the chart gives to its own {name}", "another name")
        for name in by
        if name in (*POINT_COLUMNS, *SUMMARY_COLUMNS)
    )
    if spec.kind in RATIO_KINDS and denominator is None:
        absent += (Problem("argument denominator", "none", f"the column of denominators, for kind {spec.kind}"),)
    _raise(absent)
    problems: list[Problem] = []
    numerator = _numbers(frame[value], value, problems)
    below = _numbers(frame[denominator], denominator, problems) if denominator else None
    periods = _periods(frame[period], period, problems)
    codes, keys = _series_codes(frame, by, problems)
    problems += _impossible(numerator, below, value, denominator, spec.kind)
    order, twice = _order(codes, periods, len(keys), period)
    _raise((*problems, *twice))
    columns = {
        str(name): frame[name].reset_index(drop=True) for name in frame.columns if name not in (value, denominator)
    }
    panel = _sorted_panel(order, codes, periods, numerator, below, keys, columns)
    return panel if spec.step is None else _with_steps(panel, spec.step, spec.phases)


def _raise(problems: tuple[Problem, ...]) -> None:
    if problems:
        raise InputError("the frame", problems, "no chart was made", "mend the rows or arguments named above")


def _numbers(column: pd.Series, name: str, problems: list[Problem]) -> Floats:
    if pd.api.types.is_bool_dtype(column) or not pd.api.types.is_numeric_dtype(column):
        parsed = [(isinstance(x, int | float | np.number) and not isinstance(x, bool)) or pd.isna(x) for x in column]
        wrong = np.flatnonzero(~np.array(parsed, dtype=bool))
        problems += [Problem(f"row {i + 1}, {name}", repr(column.iloc[i]), "a number") for i in wrong.tolist()]
        if len(wrong):
            return np.full(len(column), np.nan)
    plain = column.where(column.notna(), np.nan) if column.dtype == object else column.astype("Float64")
    numbers: Floats = np.asarray(plain.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)
    infinite = np.flatnonzero(np.isinf(numbers)).tolist()
    problems += [Problem(f"row {i + 1}, {name}", str(numbers[i]), "a finite number") for i in infinite]
    return numbers


def _periods(column: pd.Series, name: str, problems: list[Problem]) -> pd.Index:
    """Dates, whole numbers, Periods or ordered categories; anything else is a problem (and a RangeIndex)."""
    if column.empty and not isinstance(column.dtype, pd.CategoricalDtype | pd.PeriodDtype):
        return pd.DatetimeIndex([])
    problems += [Problem(f"row {i + 1}, {name}", "nothing", "a period") for i in np.flatnonzero(column.isna()).tolist()]
    if column.isna().any():
        return pd.RangeIndex(len(column))
    if isinstance(column.dtype, pd.CategoricalDtype):
        if column.cat.ordered:
            ordered: pd.Index = pd.CategoricalIndex(column)
            return ordered
    elif isinstance(column.dtype, pd.PeriodDtype) or pd.api.types.infer_dtype(column) in ("integer", "period"):
        column = column.infer_objects() if column.dtype == object else column
        whole: pd.Index = pd.Index(column)
        return whole
    elif pd.api.types.is_datetime64_dtype(column):
        return pd.DatetimeIndex(column)
    else:
        return _texts(column, name, problems)
    problems.append(Problem(f"column {name}", "categories without an order", "ordered categories"))
    return pd.RangeIndex(len(column))


def _texts(column: pd.Series, name: str, problems: list[Problem]) -> pd.Index:
    texts = column.map(lambda one: one if isinstance(one, str) else getattr(one, "isoformat", lambda: repr(one))())
    good = texts.str.fullmatch(_DATE.pattern + r"(T00:00:00)?")
    days = pd.to_datetime(texts.str[:10].where(good), format="%Y-%m-%d", errors="coerce")
    wrong = np.flatnonzero(days.isna()).tolist()
    expected = "a date such as 2025-01-31, a whole number, a Period or an ordered category"
    problems += [Problem(f"row {i + 1}, {name}", repr(column.iloc[i]), expected) for i in wrong]
    return pd.DatetimeIndex(days) if not wrong else pd.RangeIndex(len(column))


def _series_codes(frame: pd.DataFrame, by: tuple[str, ...], problems: list[Problem]) -> tuple[Ints, pd.DataFrame]:
    for name in by:
        rows = np.flatnonzero(frame[name].isna()).tolist()
        problems += [Problem(f"row {i + 1}, {name}", "nothing", f"a {name}") for i in rows]
    if not by:
        return np.zeros(len(frame), dtype=np.int64), pd.DataFrame(index=range(min(len(frame), 1)))
    # categories in a chance order would put the series into that order
    alike = {name: _ascending(frame[name]) for name in by}
    groups = frame.assign(**alike).groupby(list(by), sort=True, observed=True, dropna=False)
    keys = groups.size().reset_index()[list(by)]
    return np.asarray(groups.ngroup(), dtype=np.int64), keys


def _ascending(column: pd.Series) -> pd.Series:
    if not isinstance(column.dtype, pd.CategoricalDtype) or column.cat.ordered:
        return column
    return column.cat.reorder_categories(column.cat.categories.sort_values())


def _impossible(
    numerator: Floats, below: Floats | None, value: str, denominator: str | None, kind: Kind
) -> list[Problem]:
    if below is None:
        return []
    negative = np.flatnonzero((below < 0) & np.isfinite(below)).tolist()
    found = [Problem(f"row {i + 1}, {denominator}", f"{below[i]:g}", "no negative denominator") for i in negative]
    if kind in RATIO_KINDS:
        minus = np.flatnonzero(numerator < 0).tolist()
        found += [Problem(f"row {i + 1}, {value}", f"{numerator[i]:g}", "no negative numerator") for i in minus]
    parts = kind in PROPORTION_KINDS or (kind == "auto" and (numerator > below).sum() <= min(RARE, len(below) / 20))
    over = (numerator > below) if parts else (numerator > 0) & (below == 0)
    expected = "no more than its denominator" if parts else "a denominator above zero"
    expected += "; of a rate, name kind='u'" if parts and kind == "auto" else ""
    rows = np.flatnonzero(over & (below >= 0) & np.isfinite(numerator)).tolist()
    return found + [Problem(f"row {i + 1}, {value}", f"{numerator[i]:g} of {below[i]:g}", expected) for i in rows]


def _order(codes: Ints, periods: pd.Index, series: int, name: str) -> tuple[Ints, list[Problem]]:
    """The rows by series and period, and those that repeat one; a whole-number key sorts faster than two columns."""
    ranks, kinds = pd.factorize(periods, sort=True)
    key = codes * max(len(kinds), 1) + ranks
    order = np.argsort(key, kind="stable")
    twice = np.flatnonzero(np.diff(key[order]) == 0)
    rows = [(int(order[i]) + 1, int(order[i + 1]) + 1) for i in twice.tolist()]
    return order, [
        Problem(f"rows {a} and {b}, {name}", f"{periods[a - 1]} twice", "one row per series and period")
        for a, b in rows
    ]


def _sorted_panel(
    order: Ints,
    codes: Ints,
    periods: pd.Index,
    numerator: Floats,
    below: Floats | None,
    keys: pd.DataFrame,
    columns: dict[str, pd.Series],
) -> Panel:
    nothing = np.full(len(order), np.nan)
    above, under = numerator[order], nothing if below is None else below[order]
    value = above if below is None else divide(above, under)
    if below is not None:
        # a period that lacks one of its two numbers loses both
        lacking = np.isnan(above) | np.isnan(under)
        above, under = np.where(lacking, np.nan, above), np.where(lacking, np.nan, under)
    return Panel(
        keys=keys,
        offsets=np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=len(keys)))]).astype(np.int64),
        period=periods[order],
        value=value,
        numerator=nothing if below is None else above,
        denominator=under,
        people=under,
        status=np.where(np.isnan(value), MISSING, REPORTED).astype(np.int8),
        ratio=np.full(len(keys), below is not None),
        columns={name: column.iloc[order].reset_index(drop=True) for name, column in columns.items()},
    )


def _steps(own: pd.Index, step: Step) -> pd.Index:
    """The periods of one series with those that are missing in between."""
    if isinstance(own, pd.PeriodIndex):
        full: pd.Index = pd.period_range(own[0], own[-1], freq=own.freqstr)
    elif step == "month":
        full = _months(pd.DatetimeIndex(own))
    else:
        full = step_range(own[0], own[-1], step)
    if not own.isin(full).all():
        _refuse("step", str(own[~own.isin(full)][0]), f"dates a whole number of {step}s after {own[0]}")
    return full


def _months(own: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """A date in every month: the given ones, and for missing months the day of the first, or the last of the month."""
    first = pd.DatetimeIndex(own - pd.to_timedelta(own.day - 1, unit="D"))
    starts = step_range(first[0], first[-1], "month")
    day = 31 if own.is_month_end.all() else int(own[0].day)
    full = starts + pd.to_timedelta(np.minimum(day, starts.days_in_month) - 1, unit="D")
    return pd.DatetimeIndex(np.where(starts.isin(first), own[first.searchsorted(starts)], full))


def _with_steps(panel: Panel, step: Step, phases: object) -> Panel:
    """Insert the periods that are missing between the first and the last of each series."""
    letter = getattr(panel.period, "freqstr", None) or ""
    if not isinstance(panel.period, pd.DatetimeIndex) and letter[:1] != step[0].upper():
        _refuse("step", step, f"dates in the column of periods, or Periods of a {step}, found {panel.period.dtype}")
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
    )


def _fill(column: pd.Series, there: Bools, phase: bool) -> pd.Series:
    """An inserted period is in no declared set; a phase goes on from the row before it."""
    if not phase and pd.api.types.infer_dtype(column) == "boolean":
        return column.where(there, False)
    return column.iloc[np.maximum.accumulate(np.where(there, np.arange(len(there)), 0))].reset_index(drop=True)


__all__ = ["EXCLUDED", "check_spec", "panel_from_frame", "rules_of"]
