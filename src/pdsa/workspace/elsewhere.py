"""Numbers of an import that another file of observations has already: two answers to one question."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from pdsa.errors import InputError, Problem
from pdsa.workspace.files import read_sheet

__all__ = ["check_elsewhere"]

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
