"""A school minus the others in the same period: what is left is its own."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pdsa.series import divide
from pdsa.tidy import (
    Bools,
    Columns,
    Floats,
    Ints,
    Rows,
    cell_sums,
    check_given,
    impossible,
    names_of,
    own_names,
    read_rows,
    refuse,
    repeated,
)

PEER_COLUMNS = ("network", "others", "network_adjusted")
_CALLER = "pdsa.network_adjusted"


def network_adjusted(
    frame: pd.DataFrame,
    *,
    value: str = "value",
    denominator: str | None = None,
    period: str = "period",
    by: str | Sequence[str] | None = None,
    school: str = "school",
) -> pd.DataFrame:
    """The frame with what the other schools had in the same period, and each value less that.

    Parameters
    ----------
    frame
        Tidy: one row per series and period.
    value, denominator, period
        Columns of the numerator, count or measurement, of the denominator, and of the period.
    by
        Columns that tell series apart, with or without the school; schools are compared within the others of these
        columns (the measure, the group). None: the school alone.
    school
        The column of the school.

    Returns
    -------
    pandas.DataFrame
        All columns of the frame, series and periods ascending, and `network` (numerators of the other schools over
        their denominators; without denominators the mean of their values), `others` (how many other schools that
        rests on), `network_adjusted` (the value, or numerator over denominator, minus `network`). Missing where the
        school has no value, or nobody else has one.

    Raises
    ------
    InputError
        With every problem: columns, text among numbers, a repeated (series, period), a column that is named like one
        of the answer's.

    Notes
    -----
    The school itself is left out: in a network of few, a school would else be compared with itself. A change that
    all schools make together is subtracted like a holiday; look at the network's own chart beside this one.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.DataFrame({"school": ["A", "B", "C"], "week": [1, 1, 1], "late": [9, 4, 6], "all": [90, 50, 50]})
    >>> network_adjusted(weeks, value="late", denominator="all", period="week")["network_adjusted"].round(3).tolist()
    [0.0, -0.027, 0.027]
    """
    names = names_of(by)
    columns = Columns(value, denominator, period, names if school in names else (school, *names), PEER_COLUMNS)
    problems = own_names(frame, PEER_COLUMNS) + check_given(period=period)
    rows = read_rows(_CALLER, frame, columns, problems)
    problems += [*impossible(rows, columns, part=False, counts=False), *repeated(rows, columns)]
    refuse(_CALLER, problems)
    own = divide(rows.value, rows.denominator) if rows.ratio else rows.value
    network, others = _others(rows, _peers(rows, columns, school))
    answer = {"network": network, "others": others, "network_adjusted": own - network}
    return frame.assign(**answer).iloc[rows.order].reset_index(drop=True)


def _peers(rows: Rows, columns: Columns, school: str) -> Ints:
    """Shape (rows,): rows that are compared have the same number: all but the school is alike, the period too."""
    rest = [name for name in columns.by if name != school]
    group = rows.keys.groupby(rest, sort=True, observed=True).ngroup().to_numpy() if rest else np.zeros(len(rows.keys))
    key = group.astype(np.int64)[rows.series] * (int(rows.rank.max(initial=0)) + 1) + rows.rank
    return np.asarray(np.unique(key, return_inverse=True)[1], dtype=np.int64)


def _others(rows: Rows, peers: Ints) -> tuple[Floats, Ints]:
    """Shape (rows,): the ratio or mean of all others among the peers, and their number."""
    known: Bools = rows.known
    weight = np.where(known, rows.denominator if rows.ratio else 1.0, 0.0)
    amount = np.where(known, rows.value, 0.0)
    size = int(peers.max(initial=-1)) + 1
    above, below = cell_sums(peers, size, amount, weight)
    others = np.bincount(peers, weights=known, minlength=size)[peers].astype(np.int64) - known
    network = np.full(len(peers), np.nan)
    np.divide(above[peers] - amount, below[peers] - weight, out=network, where=others > 0)
    return network, others
