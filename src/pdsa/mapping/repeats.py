"""Rows that report the same thing twice: the same numbers once, different numbers not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.mapping.keys import row_keys
from pdsa.mapping.remarks import Aside, Remarks

Ints = NDArray[np.int64]

__all__ = ["KEY", "without_repeats"]

KEY = ("school", "measure", "period", "group_dim", "group")
TOLD = 3


def without_repeats(frame: pd.DataFrame, remarks: Remarks) -> pd.DataFrame:
    """One row for each school, measure, period and group.

    Rows that say the same are kept once, the first of them, and told; rows that contradict each other are problems.
    """
    key = row_keys(frame, KEY)
    order = np.argsort(key, kind="stable")
    same = np.zeros(len(key), dtype=bool)
    same[order[1:]] = key[order[1:]] == key[order[:-1]]
    if not same.any():
        return frame
    first = _first(key, order)
    alike = np.ones(len(key), dtype=bool)
    for name in ("value", "numerator", "denominator"):
        own = frame[name].to_numpy(dtype=float)
        alike &= (own == own[first]) | (np.isnan(own) & np.isnan(own[first]))
    status = pd.factorize(frame["status"])[0]
    alike &= status == status[first]
    for row in np.flatnonzero(same & ~alike).tolist():
        place = f"{_place(frame, row)} and {_place(frame, int(first[row]))}"
        one = frame.iloc[row]
        found = f"{_numbers(frame, row)} and {_numbers(frame, int(first[row]))} for {one.school}, {one.measure}"
        remarks.wrong(place, f"{found}, {one.period:%Y-%m-%d}", "one number for a school, measure, period and group")
    doubled = np.flatnonzero(same & alike)
    _tell(frame, doubled.tolist(), first, remarks)
    return frame[~(same & alike)].reset_index(drop=True)


def _first(key: Ints, order: Ints) -> Ints:
    """Shape (rows,): the first row with the same key."""
    starts = np.ones(len(key), dtype=bool)
    starts[1:] = key[order[1:]] != key[order[:-1]]
    heads = np.maximum.accumulate(np.where(starts, np.arange(len(key)), 0))
    first = np.empty(len(key), dtype=np.int64)
    first[order] = order[heads]
    return first


def _tell(frame: pd.DataFrame, rows: list[int], first: Ints, remarks: Remarks) -> None:
    for row in rows:
        reason = f"the same as {_place(frame, int(first[row]))}; kept once"
        remarks.asides.append(Aside(str(frame["source"].iloc[row]), int(frame["row"].iloc[row]), reason, again=True))
    if rows:
        shown = ", ".join(f"{_place(frame, row)} as {_place(frame, int(first[row]))}" for row in rows[:TOLD])
        more = f" and {len(rows) - TOLD} more" if len(rows) > TOLD else ""
        remarks.tell(f"{len(rows)} rows say what another row says and are kept once: {shown}{more}")


def _place(frame: pd.DataFrame, row: int) -> str:
    return f"{frame['source'].iloc[row]}, row {frame['row'].iloc[row]}"


def _numbers(frame: pd.DataFrame, row: int) -> str:
    one = frame.iloc[row]
    if not np.isnan(one.numerator):
        return f"{one.numerator:.10g} of {one.denominator:.10g}"
    return str(one.status) if np.isnan(one.value) else f"{one.value:.10g}"
