"""Known export formats of student information systems, recognized by their headers; what they are is data, not code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from pdsa.check import Findings, coded, read_numbers
from pdsa.content import content
from pdsa.errors import InputError, Problem
from pdsa.pii import header_words
from pdsa.read.grid import Grid
from pdsa.records.imports import StudentRows
from pdsa.students.codes import code_meanings

__all__ = ["Export", "check_private", "export_table", "export_tables", "private_only", "recognize", "student_rows"]

PRIVATE = "private"
NUMBERS = ("absent", "present", "excused", "unexcused", "enrolled", "duration")


@dataclass(frozen=True, slots=True)
class Export:
    """A known format, as a file has it.

    Parameters
    ----------
    name, title
        Its key in `content/exports.yaml`, and its name in words.
    layout
        Of `StudentRows`; "" where its tables are joined instead.
    students
        Whether rows are single students: the file must lie in `private/`.
    roles
        Pairs of a role and the header that plays it.
    keep
        Pairs of a role and the texts that rows must have there.
    told
        What must be known about it.
    """

    name: str
    title: str
    layout: str
    students: bool
    roles: tuple[tuple[str, str], ...]
    keep: tuple[tuple[str, tuple[str, ...]], ...] = ()
    told: str = ""

    def header(self, role: str) -> str:
        """The header that plays a role; "" where none does."""
        return dict(self.roles).get(role, "")


def recognize(headers: Sequence[str]) -> Export | None:
    """The first known format whose needed roles are all played by these headers; None for other files."""
    words = _by_words(headers)
    for one in _formats():
        if any(header in words for header in one.get("not", ())):
            continue
        needed = {role: _played(alternatives, words) for role, alternatives in one["needs"].items()}
        if all(needed.values()) and len(set(needed.values())) == len(needed):
            more = {role: _played(alternatives, words) for role, alternatives in one.get("may", {}).items()}
            return _export(one, {**needed, **{role: header for role, header in more.items() if header}})
    return None


def private_only(path: Path, workspace: Path) -> bool:
    """Whether a file lies in the folder `private/` of a workspace, links resolved."""
    return path.resolve().is_relative_to((workspace / PRIVATE).resolve())


def check_private(path: Path, workspace: Path, export: Export) -> None:
    """Refuse rows of single students that lie anywhere but in the workspace's `private/`.

    Raises
    ------
    InputError
        With the columns by which rows of students were known.
    """
    if not export.students or private_only(path, workspace):
        return
    headers = ", ".join(header for role, header in export.roles if role in ("student", "id", "user", "code", "absent"))
    raise InputError(
        path.name,
        (Problem(f"columns {headers}", f"rows of single students ({export.title})", f"such a file in {PRIVATE}/"),),
        "nothing was imported",
        f"move the file into the folder {PRIVATE}/ of the workspace (git leaves it out) and import it from there: its "
        "rows are added up to schools, and no student's number is kept",
    )


def export_table(grid: Grid, header: int, export: Export) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """The columns that play a role, as texts under the names of the roles, with `source` and `row`; and what was told.

    Roles that are numbers are floats, NaN where blank. `day` stays text. Rows without any text are left out, and so
    are those that the format does not keep.

    Parameters
    ----------
    grid
        The table.
    header
        Position of the header in `grid.rows`.

    Raises
    ------
    InputError
        With every cell of a number that is none.
    """
    places = {column.at(header).strip(): place for place, column in enumerate(grid.columns)}
    below = np.arange(len(grid.rows)) > header
    frame = pd.DataFrame({role: _texts(grid, places[name], below) for role, name in export.roles})
    frame = frame.assign(source=grid.source, row=grid.rows[below])
    filled = (frame[[role for role, _ in export.roles]] != "").any(axis=1).to_numpy()
    frame, told = _kept(frame[filled].reset_index(drop=True), export)
    return _with_numbers(frame, export, grid.source), told


def export_tables(grids: Iterable[Grid]) -> dict[str, pd.DataFrame]:
    """The tables of an export of several files (OneRoster), by the name of their format; headers in their first rows.

    A format that several files have is one table. Files that are not recognized are left out.
    """
    found: dict[str, list[pd.DataFrame]] = {}
    for grid in grids:
        export = recognize([column.at(0) for column in grid.columns]) if len(grid.rows) else None
        if export is not None:
            found.setdefault(export.name, []).append(export_table(grid, 0, export)[0])
    return {name: pd.concat(frames, ignore_index=True) for name, frames in found.items()}


def student_rows(
    export: Export, frame: pd.DataFrame, min_days: int = 10, decisions: Mapping[str, str] | None = None
) -> StudentRows:
    """How the rows of a recognized format are counted.

    A format whose rows may be every day or only absences is `daily` where more than half of the rows say present.
    """
    layout = export.layout
    if layout in ("absences", "daily") and "code" in frame:
        codes = coded(frame["code"])
        meanings = code_meanings(codes.texts, StudentRows(layout), decisions or {})
        present = np.array([meaning == "present" for meaning in meanings], dtype=bool)[codes.codes]
        layout = "daily" if present.mean() > 0.5 else layout
    names = {role: (header,) for role, header in export.roles if role in ("student", "code", "absent", "enrolled")}
    return StudentRows(layout, min_days=min_days, **names)


@cache
def _formats() -> tuple[Mapping[str, Any], ...]:
    return tuple(content("exports"))


def _by_words(headers: Sequence[str]) -> dict[str, str]:
    """Headers by their words, whole and without what stands before the last point or bracket."""
    words: dict[str, str] = {}
    for header in headers:
        last = header.replace("]", ".").rsplit(".", 1)[-1]
        words.setdefault(header_words(last), header.strip())
    return {**words, **{header_words(header): header.strip() for header in headers}}


def _played(alternatives: Sequence[str], words: Mapping[str, str]) -> str:
    return next((words[one] for one in alternatives if words.get(one)), "")


def _export(one: Mapping[str, Any], roles: Mapping[str, str]) -> Export:
    keep = tuple((role, tuple(texts)) for role, texts in one.get("keep", {}).items() if role in roles)
    return Export(
        one["name"], one["title"], one["layout"], one["students"], tuple(roles.items()), keep, one.get("told", "")
    )


def _texts(grid: Grid, place: int, below: np.ndarray[Any, np.dtype[np.bool_]]) -> pd.Series:
    column = grid.columns[place]
    stripped = np.array([text.strip() for text in column.texts], dtype=object)
    return pd.Series(stripped[column.codes[below]], dtype="str")


def _kept(frame: pd.DataFrame, export: Export) -> tuple[pd.DataFrame, tuple[str, ...]]:
    told = []
    for role, texts in export.keep:
        if len(frame) and not frame[role].isin(texts).any():
            found, wanted = f"no row whose {export.header(role)} is {' or '.join(texts)}", "rows of whole days"
            raise InputError(export.title, (Problem(export.header(role), found, wanted),), "nothing was imported")
        keep = frame[role].isin(texts).to_numpy()
        if not keep.all():
            rows = f"{int((~keep).sum()):,} rows whose {export.header(role)} is not {' or '.join(texts)}"
            told.append(f"{rows} were left out")
        frame = frame[keep].reset_index(drop=True)
    return frame, tuple(told)


def _with_numbers(frame: pd.DataFrame, export: Export, source: str) -> pd.DataFrame:
    findings, numbers = Findings(frame, source), {}
    for role in (role for role, _ in export.roles if role in NUMBERS):
        texts = coded(frame[role])
        values, bad = read_numbers(texts.texts)
        wrong = texts.rows_of(np.flatnonzero(bad))
        expected = "a plain number such as 12 or 0.5, or a blank cell"
        # what stands there is not repeated: it may be of a student
        findings.add(wrong, export.header(role), "a text that is no number", expected)
        numbers[role] = values[texts.codes]
    findings.settle()
    return frame.assign(**numbers)
