"""Groups beside the whole that they are parts of: no group has more members than everybody."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.mapping.keys import row_keys
from pdsa.mapping.remarks import Aside, Remarks
from pdsa.terms import STATUSES

__all__ = ["excluded", "without_large_groups"]

WHOLE = ("school", "measure", "period")


def without_large_groups(frame: pd.DataFrame, remarks: Remarks) -> pd.DataFrame:
    """The frame; rows of groups with a larger denominator than the row of everybody are set aside and told.

    Parameters
    ----------
    frame
        Observations; each school, measure, period and group once.
    """
    grouped = (frame["group_dim"] != "").to_numpy()
    if not grouped.any() or grouped.all():
        return frame
    keys = row_keys(frame, WHOLE)
    below = frame["denominator"].to_numpy(dtype=float)
    whole = pd.Series(np.flatnonzero(~grouped), index=keys[~grouped])
    whole = whole[~whole.index.duplicated()]
    place = whole.reindex(keys[grouped]).to_numpy(dtype=float)
    there = np.isfinite(place)
    rows = np.flatnonzero(grouped)[there]
    wholes = place[there].astype(np.int64)
    with np.errstate(invalid="ignore"):
        large = below[rows] > below[wholes]
    for row, other in zip(rows[large].tolist(), wholes[large].tolist(), strict=True):
        one, everybody = frame.iloc[row], frame.iloc[other]
        reason = f"a group larger than everybody in row {everybody.row}; set aside"
        found = f"{one.school}, {one.group}: {below[row]:.10g} of {below[other]:.10g}"
        remarks.asides.append(Aside(str(one.source), int(one.row), reason, found))
    if not large.any():
        return frame
    aside = np.zeros(len(frame), dtype=bool)
    aside[rows[large]] = True
    return excluded(frame, aside)


def excluded(frame: pd.DataFrame, rows: NDArray[np.bool_]) -> pd.DataFrame:
    """The frame with these rows without numbers, as excluded."""
    blank = np.where(rows, np.nan, 0.0)
    numbers = {name: frame[name].to_numpy(dtype=float) + blank for name in ("value", "numerator", "denominator")}
    words = np.where(rows, "excluded", frame["status"].astype(str))
    return frame.assign(**numbers, status=pd.Categorical(words, categories=list(STATUSES)))
