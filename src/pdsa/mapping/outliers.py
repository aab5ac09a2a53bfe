"""Numbers that stand alone: a denominator twenty times its neighbors is a slip more often than a fact."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from types import MappingProxyType

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.mapping.keys import row_keys
from pdsa.mapping.remarks import Aside, Remarks
from pdsa.mapping.wholes import excluded
from pdsa.records.imports import Choice, Question

__all__ = ["without_outliers"]

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

TIMES = 20.0  # from which a number is asked about
CALM = 3.0  # within which its two neighbors must agree
LEAST = 5.0  # below which neighbors are too small to speak of
SHOWN = 4
PLAIN = ("count", "continuous", "rate", "time_between")
KEY = ("school", "measure", "group_dim", "group")


def without_outliers(
    frame: pd.DataFrame,
    types: Pairs[str, str],
    decisions: Pairs[str, str],
    remarks: Remarks,
    headers: Pairs[str, str] = MappingProxyType({}),
) -> pd.DataFrame:
    """The frame; numbers far from both neighbors are asked about, kept, or set aside, as somebody decided.

    Denominators are looked at, and values of measures that are no shares.

    Parameters
    ----------
    frame
        Observations.
    types
        The data type of each measure.
    decisions
        `outliers`: `keep` or `set-aside`.
    headers
        What the file calls the denominator, or the value, of each measure.
    """
    if decisions.get("outliers") == "keep" or len(frame) < 3:
        return frame
    order, starts = _order(frame)
    plain = frame["measure"].astype(str).map(types).isin(PLAIN).to_numpy() if _any_plain(frame, types) else None
    found = np.zeros(len(frame), dtype=bool)
    for name in ("denominator", "value"):
        numbers = frame[name].to_numpy(dtype=float)
        if name == "value":
            numbers = np.where(plain, numbers, np.nan) if plain is not None else np.full(0, np.nan)
        if len(numbers) and np.isfinite(numbers).any():
            found[order] |= _outliers(numbers[order], starts)
    rows = np.flatnonzero(found).tolist()
    if not rows:
        return frame
    if decisions.get("outliers") == "set-aside":
        return _set_aside(frame, found, headers, remarks)
    shown = "; ".join(_told(frame, row, headers) for row in rows[:SHOWN])
    more = f"; {len(rows) - SHOWN} more" if len(rows) > SHOWN else ""
    choices = (Choice("keep", "they are right"), Choice("set-aside", "their rows make no lines and are told"))
    place = f"{frame['source'].iloc[rows[0]]}, row {frame['row'].iloc[rows[0]]}"
    ask = f"are these numbers right? They are {TIMES:.0f} times as large, or as small, as those before and after"
    remarks.ask(Question("outliers", place, shown + more, ask, choices))
    return frame


def _any_plain(frame: pd.DataFrame, types: Pairs[str, str]) -> bool:
    names = frame["measure"].cat.categories if hasattr(frame["measure"], "cat") else frame["measure"].unique()
    return any(types.get(str(name)) in PLAIN for name in names)


def _order(frame: pd.DataFrame) -> tuple[NDArray[np.int64], Mask]:
    """Rows by series and period, and where a series begins."""
    key = row_keys(frame, KEY)
    days = frame["period"].to_numpy().astype("datetime64[D]").astype(np.int64)
    steps = np.diff(key)
    if not ((steps > 0) | ((steps == 0) & (np.diff(days) > 0))).all():
        order = np.lexsort((days, key))
    else:
        order = np.arange(len(key))
    starts = np.ones(len(key), dtype=bool)
    starts[1:] = key[order][1:] != key[order][:-1]
    return order, starts


def _outliers(numbers: Floats, starts: Mask) -> Mask:
    """Shape (rows,): numbers far from the two before and after them, or at an end from the two next to them."""
    none = np.full(len(numbers), np.nan)
    ends = np.append(starts[1:], True)
    before, after = none.copy(), none.copy()
    before[1:] = np.where(starts[1:], np.nan, numbers[:-1])
    after[:-1] = np.where(ends[:-1], np.nan, numbers[1:])
    earlier, later = none.copy(), none.copy()
    earlier[1:] = np.where(starts[1:], np.nan, before[:-1])
    later[:-1] = np.where(ends[:-1], np.nan, after[1:])
    one = np.where(starts, after, before)
    two = np.where(starts, later, np.where(ends, earlier, after))
    with np.errstate(invalid="ignore"):
        low, high = np.minimum(one, two), np.maximum(one, two)
        calm = (low >= LEAST) & (high <= CALM * low)
        # one student tested in a year is a fact; 1.18 students are a decimal point in the wrong place
        tiny = (numbers > 0) & (numbers * TIMES <= low) & (numbers != np.round(numbers))
        return np.asarray(calm & ((numbers >= TIMES * high) | tiny), dtype=bool)


def _told(frame: pd.DataFrame, row: int, headers: Pairs[str, str]) -> str:
    """The number, where it stands, and the usual one of its series."""
    one = frame.iloc[row]
    counted = bool(np.isfinite(one.denominator))
    own = np.logical_and.reduce([(frame[name] == one[name]).to_numpy() for name in KEY])
    usual = np.nanmedian(frame.loc[own, "denominator" if counted else "value"].to_numpy(dtype=float))
    header = headers.get(str(one.measure)) or ("denominator" if counted else "value")
    number = one.denominator if counted else one.value
    where = f"{one.school}, {one.measure}, {one.period:%Y-%m-%d} (row {one.row})"
    return f"{where}: {header} {number:.10g}, usually {usual:.10g}"


def _set_aside(frame: pd.DataFrame, rows: Mask, headers: Pairs[str, str], remarks: Remarks) -> pd.DataFrame:
    for row in np.flatnonzero(rows).tolist():
        one = frame.iloc[row]
        reason = "far from the numbers before and after; set aside"
        remarks.asides.append(Aside(str(one.source), int(one.row), reason, _told(frame, row, headers)))
    return excluded(frame, rows)
