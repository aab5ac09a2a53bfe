"""Checked rows in order to a Panel: single rows, or the subgroups of X-bar and S charts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pdsa.series import EMPTY, EXCLUDED, MISSING, REPORTED, Bools, Codes, Floats, Ints, Panel, divide
from pdsa.terms import Kind


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """What the rows of a frame hold, in the order given."""

    codes: Ints
    periods: pd.Index
    numerator: Floats
    below: Floats | None
    status: Codes | None
    columns: dict[str, pd.Series]
    told: tuple[str, ...] = ()


def _offsets(codes: Ints, series: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(codes, minlength=series))]).astype(np.int64)


def sorted_panel(order: Ints, rows: Rows, keys: pd.DataFrame) -> Panel:
    """A point per row: value, numerator and denominator in order, and what is known of rows without a value."""
    below = rows.below
    above = rows.numerator[order]
    nothing = np.broadcast_to(np.float64(np.nan), above.shape)
    under = nothing if below is None else below[order]
    value = above if below is None else divide(above, under)
    if below is not None:
        # a period that lacks one of its two numbers loses both
        lacking = np.isnan(above) | np.isnan(under)
        if lacking.any():
            above, under = np.where(lacking, np.nan, above), np.where(lacking, np.nan, under)
    status = np.where(np.isnan(value), np.int8(MISSING), np.int8(REPORTED))
    if rows.status is not None:
        given = rows.status[order]
        without = np.isnan(value) & ~np.isin(given, (*EMPTY, EXCLUDED))
        status = np.where(without, np.int8(MISSING), given)
    return Panel(
        keys=keys,
        offsets=_offsets(rows.codes, len(keys)),
        period=rows.periods[order],
        value=value,
        numerator=nothing if below is None else above,
        denominator=under,
        people=under,
        status=status,
        ratio=np.full(len(keys), below is not None),
        columns={name: column.iloc[order].reset_index(drop=True) for name, column in rows.columns.items()},
        told=rows.told,
    )


def subgroups(order: Ints, same: Bools, rows: Rows, keys: pd.DataFrame, kind: Kind) -> Panel:
    """A point per period: its rows' mean (or standard deviation) and number; rows without a value are left out."""
    first = np.flatnonzero(~same)
    # in the order of their values, so that the order of the rows given changes no digit of a sum
    order = order[np.lexsort((rows.numerator[order], np.cumsum(~same)))]
    values = rows.numerator[order]
    known = ~np.isnan(values)
    if rows.status is not None:
        # bounds and rows that are set aside are no values of a subgroup
        known &= rows.status[order] == REPORTED

    def each(cells: Floats) -> Floats:
        return np.add.reduceat(cells, first) if len(first) else np.zeros(0)

    count, sums = each(known.astype(np.float64)), each(np.where(known, values, 0.0))
    mean = divide(sums, count)
    apart = np.where(known, values - np.repeat(mean, np.diff(np.append(first, len(values)))), 0.0)
    spread = np.sqrt(divide(each(apart**2), count - 1))
    at = order[first]
    return Panel(
        keys=keys,
        offsets=_offsets(rows.codes[at], len(keys)),
        period=rows.periods[at],
        value=spread if kind == "s" else mean,
        numerator=np.where(count > 0, sums, np.nan),
        denominator=np.where(count > 0, count, np.nan),
        people=count,
        status=np.where(count > 0, REPORTED, MISSING).astype(np.int8),
        ratio=np.full(len(keys), False),
        columns={name: column.iloc[at].reset_index(drop=True) for name, column in rows.columns.items()},
        within=spread,
        told=rows.told,
    )
