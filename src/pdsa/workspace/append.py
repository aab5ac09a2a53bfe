"""New schools and measures at the end of the sheets that people keep: what stands in them stays byte for byte."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.publish import write_atomic
from pdsa.records import Measure, School
from pdsa.texts import guarded
from pdsa.workspace.files import read_sheet

__all__ = ["MEASURE_COLUMNS", "SCHOOL_COLUMNS", "Added", "add_measures", "add_schools", "csv_rows"]

SCHOOL_COLUMNS = ("id", "name", "district", "pseudonym")
MEASURE_COLUMNS = tuple(field.name for field in fields(Measure))
# Columns whose absence would change the numbers of a measure that needs them.
NEEDED = ("per", "estimated", "baseline", "min_denominator")
NOT_ADDED = "nothing was added"

Cells = dict[str, str]


@dataclass(frozen=True, slots=True)
class Added:
    """The ids that are new in a sheet, and what else is to be told, such as a column that the sheet does not have."""

    ids: tuple[str, ...]
    told: tuple[str, ...] = ()


def add_schools(folder: Path, schools: Iterable[School]) -> Added:
    """Append the schools that `schools.csv` does not have yet; those that it has stay as people wrote them.

    Parameters
    ----------
    folder
        The workspace; the file is made if it is not there.
    schools
        Ids as they stand in observations.

    Raises
    ------
    InputError
        The file cannot be read, or has an id that differs only in capitals or in the coding of accents.
    """
    rows = [_cells(one, SCHOOL_COLUMNS) for one in schools]
    return _append(folder / "schools.csv", SCHOOL_COLUMNS, rows)


def add_measures(folder: Path, measures: Iterable[Measure]) -> Added:
    """Append the measures that `measures.csv` does not have yet; those that it has stay as people wrote them.

    Raises
    ------
    InputError
        As `add_schools`; or the file lacks a column without which a new measure would be charted otherwise.
    """
    rows = [_cells(one, MEASURE_COLUMNS) for one in measures]
    return _append(folder / "measures.csv", MEASURE_COLUMNS, rows)


def _cells(record: School | Measure, columns: Sequence[str]) -> Cells:
    """The cells of a record; those that hold the default are blank, so that few columns are needed."""
    defaults = {field.name: field.default for field in fields(record)}
    return {name: "" if (value := getattr(record, name)) == defaults[name] else _written(value) for name in columns}


def _written(value: object) -> str:
    """A value as the forms of `params` read it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple):
        return "..".join(map(_written, value))
    if isinstance(value, float):
        return str(int(value)) if value == int(value) else repr(value)
    return value.isoformat() if isinstance(value, date) else str(value)


def _append(path: Path, columns: Sequence[str], rows: Sequence[Cells]) -> Added:
    if not path.is_file():
        new = _new_rows(path.name, (), rows)
        _write(path, b"", columns, new, "\n", head=True)
        return Added(tuple(row["id"] for row in new))
    data = path.read_bytes()
    sheet = read_sheet(path)
    new = _new_rows(path.name, sheet.frame["id"].tolist() if "id" in sheet.frame else None, rows)
    told = _lacking(path.name, tuple(sheet.frame.columns), new)
    if new:
        _write(path, data, tuple(sheet.frame.columns), new, "\r\n" if b"\r\n" in data else "\n")
    return Added(tuple(row["id"] for row in new), told)


def _new_rows(name: str, known: Sequence[str] | None, rows: Sequence[Cells]) -> list[Cells]:
    """The rows whose ids are not there yet, each once."""
    if known is None:
        raise InputError(name, (Problem("header", "no column id", "a column id"),), NOT_ADDED)
    texts = {text.strip() for text in known}
    folded = {_folded(text): text for text in texts}
    new: dict[str, Cells] = {}
    problems = []
    for row in rows:
        there = folded.setdefault(_folded(row["id"]), row["id"])
        if there != row["id"]:
            problems.append(Problem("id", repr(row["id"]), f"one way to write it; elsewhere it is {there!r}"))
        elif there not in texts:
            new.setdefault(there, row)
    if problems:
        raise InputError(name, tuple(dict.fromkeys(problems)), NOT_ADDED, "write each id in one way")
    return list(new.values())


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip().casefold()


def _lacking(name: str, columns: tuple[str, ...], rows: Sequence[Cells]) -> tuple[str, ...]:
    """What is lost for want of a column: told, or refused where numbers would change."""
    found = {one: sum(bool(row[one]) for row in rows) for one in (rows[0] if rows else ()) if one not in columns}
    lost = {one: count for one, count in found.items() if count}
    needed = [one for one in lost if one in NEEDED]
    if needed:
        expected = "this column: without it a new row would be charted otherwise"
        problems = tuple(Problem("header", f"no column {one}", expected) for one in needed)
        raise InputError(name, problems, NOT_ADDED, f"add it to the header of {name} and run the same command again")
    return tuple(f"{name} has no column {one}: it was left out of {count} new rows" for one, count in lost.items())


def _write(path: Path, old: bytes, columns: Sequence[str], rows: Sequence[Cells], end: str, head: bool = False) -> None:
    text = csv_rows([columns] * head + [[row.get(name, "") for name in columns] for row in rows], end)
    gap = b"" if not old or old.endswith(b"\n") else end.encode()
    write_atomic(path, old + gap + text.encode())


def csv_rows(rows: Iterable[Sequence[str]], end: str = "\n") -> str:
    """Rows as CSV, quoted where a cell needs it, and with an apostrophe before what a spreadsheet would run."""
    text = io.StringIO()
    csv.writer(text, lineterminator=end).writerows([guarded(cell) for cell in row] for row in rows)
    return text.getvalue()
