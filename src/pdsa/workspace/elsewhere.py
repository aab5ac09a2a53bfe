"""Numbers of an import that another file of observations has already: two answers to one question."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from pdsa.errors import InputError, Problem
from pdsa.workspace.files import read_sheet

__all__ = ["check_elsewhere", "check_unit"]

TIMES = 6.0  # by which the usual number of all schools does not change from one import to the next
LEAST = 3  # numbers on either side that make a usual one
KEY = ["school", "measure", "period", "group_dim", "group"]


def check_elsewhere(folder: Path, name: str, frame: pd.DataFrame) -> None:
    """Nothing, if no other file of observations has a row for the same school, measure, period and group.

    Parameters
    ----------
    folder, name
        The workspace, and the import's name: its own file is not looked at.
    frame
        Observations.

    Raises
    ------
    InputError
        With the first such row of each other file.
    """
    others = [path for path in sorted((folder / "observations").glob("*.csv")) if path.stem != name]
    own = _keys(frame) if others else frame
    problems = [problem for path in others if (problem := _problem(path, own)) is not None]
    if problems:
        names = " or ".join(f"--name {problem.place.split('/')[1].split('.csv')[0]}" for problem in problems)
        step = f"import it as the next version of those rows ({names}), or take the rows out of one of the two files"
        raise InputError(name, tuple(problems), "nothing was imported", step)


def _keys(frame: pd.DataFrame) -> pd.DataFrame:
    days = frame["period"].dt.strftime("%Y-%m-%d")
    return pd.DataFrame({one: frame[one].astype(str) for one in KEY if one != "period"} | {"period": days})[KEY]


def _problem(path: Path, own: pd.DataFrame) -> Problem | None:
    sheet = read_sheet(path, reserved=True)
    count = len(sheet.frame)
    there = pd.DataFrame({one: sheet.frame[one] if one in sheet.frame else pd.Series([""] * count) for one in KEY})
    both = np.flatnonzero(pd.MultiIndex.from_frame(there).isin(pd.MultiIndex.from_frame(own)))
    if not len(both):
        return None
    row = there.iloc[int(both[0])]
    more = f", and {len(both) - 1} more such rows" if len(both) > 1 else ""
    found = f"{row.school}, {row.measure}, {row.period}{more}, which the import has too"
    return Problem(f"observations/{path.name}, row {sheet.rows[int(both[0])]}", found, "each number in one file")


def check_unit(old: pd.DataFrame, new: pd.DataFrame, decisions: Mapping[str, str]) -> None:
    """Nothing, if the usual number of each measure is about what it was: percents that became fractions are refused.

    Parameters
    ----------
    old, new
        Observations of the last import and of this one.
    decisions
        `unit:<measure>` is `keep` where somebody said that the numbers are right.

    Raises
    ------
    InputError
        With every measure whose usual number is six times what it was, or a sixth.
    """
    before, after = _usual(old), _usual(new)
    problems = tuple(
        Problem(measure, f"numbers about {after[measure]:.4g}, about {before[measure]:.4g} until now", "the same unit")
        for measure in sorted(before.keys() & after.keys())
        if not before[measure] / TIMES < after[measure] < before[measure] * TIMES
        and decisions.get(f"unit:{measure}") != "keep"
    )
    if problems:
        flag = f"--answer 'unit:{problems[0].place}=keep'"
        step = f"look whether its unit, its scale or its columns changed; if the numbers are right, add {flag}"
        raise InputError("the import", problems, "nothing was imported", step)


def _usual(frame: pd.DataFrame) -> dict[str, float]:
    """The median of the numbers above zero of each measure that has a few."""
    rows = frame[(frame["status"] == "reported").to_numpy() & (frame["group_dim"] == "").to_numpy()]
    own = rows["value"].fillna(rows["numerator"] / rows["denominator"].replace(0, np.nan))
    found = own[own > 0].groupby(rows["measure"].astype(str)).agg(["median", "size"])
    return {str(name): float(one["median"]) for name, one in found.iterrows() if one["size"] >= LEAST}
