"""Which few categories make most of the cases."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
import pandas as pd

from pdsa.errors import Problem
from pdsa.tidy import Bools, Columns, Floats, Ints, cell_sums, check_word, numbers, refuse, refuse_columns, series_of

MissingCategory = Literal["drop", "keep"]
PARETO_COLUMNS = ("category", "count", "cumulative", "share", "cumulative_share")
_CALLER = "pdsa.pareto"


def pareto(
    frame: pd.DataFrame, value: str = "value", *, counts: str | None = None, missing: MissingCategory = "drop"
) -> pd.DataFrame:
    """A row per category, the most frequent first, with running totals.

    Parameters
    ----------
    frame
        One row per case, or with `counts` one or more rows per category.
    value
        Column of the categories.
    counts
        Column of the number of cases of each row; None: each row is one case.
    missing
        `drop`: rows without a category are left out, of the shares too. `keep`: they are a category of their own,
        which is missing in the answer.

    Returns
    -------
    pandas.DataFrame
        `category`, `count`, `cumulative`, `share`, `cumulative_share` (of 1). Categories of equal count stand in
        ascending order (ordered categories in theirs), the missing one last among its equals, whatever the order
        of rows. Categories without a case are left out.

    Raises
    ------
    InputError
        With every problem: columns that are not there, counts that are missing, negative or no numbers.

    Notes
    -----
    Source: Juran, Quality Control Handbook (1951); the ordering of Pareto charts in qicharts2.

    Examples
    --------
    >>> import pandas as pd
    >>> reasons = pd.DataFrame({"reason": ["bus", "ill", "bus", "bus", "ill", "other"]})
    >>> pareto(reasons, "reason")[["category", "count", "cumulative"]].to_dict("list")
    {'category': ['bus', 'ill', 'other'], 'count': [3, 2, 1], 'cumulative': [3, 5, 6]}
    """
    problems = check_word("missing", missing, get_args(MissingCategory))
    columns = Columns(value, counts)
    refuse_columns(_CALLER, frame, columns, problems)
    size = np.ones(len(frame)) if counts is None else _counts(frame[counts], counts, problems)
    # a missing category is no problem here, so series_of sees only the rows that have one
    named = frame[value].notna().to_numpy()
    code, keys = series_of(frame.loc[named, [value]].reset_index(drop=True), (value,), problems)
    refuse(_CALLER, problems)
    (total,) = cell_sums(code, len(keys), size[named])
    category = keys[value]
    lost = np.sort(size[~named]).sum()
    if missing == "keep" and lost > 0:
        category = frame[value].iloc[[*_first_rows(code, named, len(keys)), int(np.flatnonzero(~named)[0])]]
        total = np.append(total, lost)
    return _frame(category.reset_index(drop=True), total)


def _first_rows(code: Ints, named: Bools, size: int) -> list[int]:
    """The first row of the frame that has each category."""
    rows = np.flatnonzero(named)
    first = np.full(size, len(named))
    np.minimum.at(first, code, rows)
    return [int(row) for row in first]


def _counts(column: pd.Series, name: str, problems: list[Problem]) -> Floats:
    before = len(problems)
    found = numbers(column, name, problems)
    if len(problems) == before:
        lacking = np.flatnonzero(np.isnan(found)).tolist()
        problems += [Problem(f"row {i + 1}, {name}", "nothing", "a count") for i in lacking]
    negative = np.flatnonzero(found < 0).tolist()
    problems += [Problem(f"row {i + 1}, {name}", f"{found[i]:g}", "no negative count") for i in negative]
    return found


def _frame(category: pd.Series, total: Floats) -> pd.DataFrame:
    order = np.argsort(-total, kind="stable")
    order = order[total[order] > 0]
    count = total[order]
    cumulative = np.cumsum(count)
    whole = bool(np.all(count == np.floor(count)) and total.sum() < 2**53)
    share = count / (cumulative[-1] if len(count) else 1.0)
    return pd.DataFrame(
        {
            "category": category.iloc[order].reset_index(drop=True),
            "count": count.astype(np.int64) if whole else count,
            "cumulative": cumulative.astype(np.int64) if whole else cumulative,
            "share": share,
            # a running sum of shares would not end at exactly 1
            "cumulative_share": cumulative / (cumulative[-1] if len(count) else 1.0),
        }
    )
