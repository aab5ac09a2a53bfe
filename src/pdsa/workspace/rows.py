"""The files of observations of a workspace: read with all their problems, and written so that they read the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.check import Findings, check_observations, coded
from pdsa.errors import InputError, Problem
from pdsa.publish import slug, write_atomic
from pdsa.records import Measure, School, SourceNote
from pdsa.terms import OBSERVATION_COLUMNS
from pdsa.texts import guarded
from pdsa.workspace.files import NOTHING, Sheet, read_sheet
from pdsa.workspace.grouping import gathered

__all__ = ["check_rows", "read_observations", "write_observations"]

# Distinct texts of a column, and for each row which one it has.
Made = tuple[NDArray[np.object_], NDArray[np.int64]]
PROVENANCE = ("source", "row")
KEYS = ["school", "measure", "period", "group_dim", "group"]
AGAIN = "run the same command again"
MEND_ROWS = f"fix these rows in the spreadsheet, save as CSV, {AGAIN}"
# Whole numbers up to this size are written without a point and read as the same float.
WHOLE = 2.0**53
# Longer numbers are no numbers of rows.
MOST_DIGITS = 12
# Rows that are joined at a time.
CHUNK = 100_000


def read_observations(
    files: Iterable[Path], measures: tuple[Measure, ...], schools: tuple[School, ...] | None
) -> tuple[pd.DataFrame, tuple[SourceNote, ...]]:
    """The rows of all files, checked, and a note for each file.

    A file may carry the columns `source` and `row`, as imports write them: where a row came from before. Rows without
    them came from the file itself.

    Parameters
    ----------
    files
        CSV files with the columns `terms.OBSERVATION_COLUMNS`.
    measures, schools
        Those that rows may name; with None any school.

    Raises
    ------
    InputError
        With the problems of all files at once, by file and row of the file.
    """
    frames, notes, problems, names = [], [], [], []
    for file in files:
        try:
            sheet = read_sheet(file, reserved=True)
            frames.append(check_rows(sheet, measures, schools))
            notes.append(SourceNote(file.name, "used", len(sheet.frame)))
        except InputError as error:
            names.append(file.name)
            problems += [replace(problem, place=f"{file.name}, {problem.place}") for problem in error.problems]
    if not problems and frames:
        problems += repeats(frames)
        names += ["observations"] * bool(problems)
    if problems:
        told, step = gathered(problems, [one.id for one in schools or ()], MEND_ROWS, AGAIN)
        raise InputError(" and ".join(names), told, NOTHING, step)
    return joined(frames), tuple(notes)


def check_rows(sheet: Sheet, measures: tuple[Measure, ...], schools: tuple[School, ...] | None) -> pd.DataFrame:
    """The observations of one file and, in `file` and `file_row`, their places in it; without rows an empty frame.

    Raises
    ------
    InputError
        With every problem, by row of the file.
    """
    if not len(sheet.frame):
        _check_header(sheet)
        return _empty()
    table = sheet.frame.drop(columns=[name for name in PROVENANCE if name in sheet.frame])
    placed = table.assign(row=sheet.rows)
    problem = None
    try:
        checked = check_observations(placed, measures, schools, sheet.name, tuple(map(str, sheet.frame)))
    except InputError as error:
        problem = error
    findings = Findings(placed, sheet.name)
    row = _origin_rows(sheet, findings)
    if problem is not None or findings.found:
        own = tuple(one for _, _, one in findings.found)
        raise InputError(sheet.name, (*(problem.problems if problem else ()), *own), NOTHING, MEND_ROWS)
    return checked.assign(
        source=_origin_sources(sheet), row=row, file=pd.Categorical([sheet.name] * len(checked)), file_row=sheet.rows
    )


def _check_header(sheet: Sheet) -> None:
    """Without rows a header says whether this is a file of observations that nobody has filled in yet."""
    odd = [repr(name) for name in sheet.frame if name not in OBSERVATION_COLUMNS]
    if odd:
        problem = Problem("header", f"only {', '.join(odd)}"[:200], f"columns {', '.join(OBSERVATION_COLUMNS)}")
        raise InputError(sheet.name, (problem,), NOTHING, MEND_ROWS)


def _empty() -> pd.DataFrame:
    texts = {name: pd.Categorical([], categories=pd.Index([], dtype="str")) for name in OBSERVATION_COLUMNS}
    numbers = {name: np.zeros(0) for name in ("value", "numerator", "denominator")}
    days = {"period": pd.Series([], dtype="datetime64[us]"), "row": np.zeros(0, dtype=np.int64)}
    places = {"file": texts["source"], "file_row": np.zeros(0, dtype=np.int64)}
    return pd.DataFrame(texts | numbers | days | places)


def _origin_rows(sheet: Sheet, findings: Findings) -> NDArray[np.int64]:
    """Shape (rows,): the row of the file that an import read; that of this file where none is given."""
    if "row" not in sheet.frame:
        return sheet.rows
    texts = coded(sheet.frame["row"])
    every = "".join(texts.texts)
    if every.isascii() and every.isdigit() and max(map(len, texts.texts)) < MOST_DIGITS:
        found = np.array([int(text or "0") for text in texts.texts], dtype=np.int64)[texts.codes]
        return np.where(found > 0, found, sheet.rows)
    good = [text.isascii() and text.isdigit() and len(text) < MOST_DIGITS for text in texts.texts]
    bad = [k for k, text in enumerate(texts.texts) if text and not good[k]]
    findings.add(texts.rows_of(bad), "row", lambda row: repr(texts.at(row)), "a row number such as 14, or a blank cell")
    found = np.array([int(text) if ok else 0 for text, ok in zip(texts.texts, good, strict=True)], dtype=np.int64)
    return np.where(found[texts.codes] > 0, found[texts.codes], sheet.rows)


def _origin_sources(sheet: Sheet) -> pd.Categorical:
    texts = coded(sheet.frame["source"]) if "source" in sheet.frame else coded(pd.Series([""] * len(sheet.frame)))
    names = [text or sheet.name for text in texts.texts]
    kept = list(dict.fromkeys(names))
    codes = np.array([kept.index(name) for name in names], dtype=np.int64)[texts.codes]
    return pd.Categorical.from_codes(codes, pd.Index(kept, dtype="str"))


def repeats(frames: Sequence[pd.DataFrame]) -> list[Problem]:
    """The problems of rows that report what a row of another file reports, by file and row."""
    every = pd.concat(frames, ignore_index=True)
    twice = every[every.duplicated(KEYS, keep=False)].sort_values([*KEYS, "file"])
    return [
        Problem(
            f"{row.file}, row {row.file_row}", f"{row.school}, {row.measure}, {row.period:%Y-%m-%d} again", "it once"
        )
        for row in twice.itertuples()
    ]


def joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """All observations, with the columns `terms.OBSERVATION_COLUMNS`."""
    some = [frame for frame in frames if len(frame)] or [_empty()]
    return pd.concat(some, ignore_index=True)[list(OBSERVATION_COLUMNS)]


def write_observations(folder: Path, name: str, frame: pd.DataFrame) -> Path:
    """Write `observations/<name>.csv` of a workspace as a whole; return its path.

    Numbers are written with all their digits (whole ones without a point), days as 2025-10-13, and nothing where a
    number is missing: `read_observations` gives the same rows.

    Parameters
    ----------
    folder
        The workspace.
    name
        The import's name; made safe for a file.
    frame
        Columns `terms.OBSERVATION_COLUMNS`, `source` and `row` saying where each row came from.
    """
    path = folder / "observations" / f"{slug(name)}.csv"
    write_atomic(path, observations_csv(frame))
    return path


def observations_csv(frame: pd.DataFrame) -> bytes:
    """The rows as CSV in UTF-8; every distinct text is made once, and rows are joined from these."""
    columns = [
        *(_texts(frame, ("school", "measure")), _days(frame["period"])),
        *(_numbers(frame[name]) for name in ("value", "numerator", "denominator")),
        _texts(frame, ("group_dim", "group", "status", "source")),
    ]
    rows = frame["row"].to_numpy(dtype=np.int64)
    head = f"{','.join(OBSERVATION_COLUMNS)}\n".encode()
    return b"".join([head, *(_lines(columns, rows, start) for start in range(0, len(frame), CHUNK))])


def _lines(columns: Sequence[Made], rows: NDArray[np.int64], start: int) -> bytes:
    """Some rows, so that texts of a million rows are never there together."""
    span = slice(start, start + CHUNK)
    cells = [texts[place[span]].tolist() for texts, place in columns]
    return "\n".join([*map(",".join, zip(*cells, map(str, rows[span].tolist()), strict=True)), ""]).encode()


def _texts(frame: pd.DataFrame, names: tuple[str, ...]) -> Made:
    """Neighboring columns of text, joined: each pair that occurs is made once."""
    found = [coded(frame[name]) for name in names]
    key = np.zeros(len(frame), dtype=np.int64)
    for one in found:
        key = key * len(one.texts) + one.codes
    first, place = _distinct(key)
    quoted = [[_quoted(guarded(text)) for text in one.texts] for one in found]
    made = [",".join(texts[one.codes[row]] for texts, one in zip(quoted, found, strict=True)) for row in first.tolist()]
    return np.array(made, dtype=object), place


def _distinct(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The first row of each distinct value, and for each row which one it has."""
    place, kinds = pd.factorize(values)
    first = np.empty(len(kinds), dtype=np.int64)
    first[place[::-1]] = np.arange(len(values) - 1, -1, -1)
    return first, np.asarray(place, dtype=np.int64)


def _days(period: pd.Series) -> Made:
    place, days = pd.factorize(period)
    made = [f"{day:%Y-%m-%d}" for day in pd.DatetimeIndex(days)]
    return np.array(made, dtype=object), np.asarray(place, dtype=np.int64)


def _numbers(column: pd.Series) -> Made:
    """Each distinct number once; -1, where missing numbers point, is the empty text at the end."""
    place, found = pd.factorize(column.to_numpy(dtype=np.float64, na_value=np.nan))
    whole = (found == np.floor(found)) & (np.abs(found) < WHOLE)
    made = np.empty(len(found) + 1, dtype=object)
    made[:-1][whole] = list(map(str, found[whole].astype(np.int64).tolist()))
    made[:-1][~whole] = list(map(_decimal, found[~whole].tolist()))
    made[-1] = ""
    return made, np.asarray(place, dtype=np.int64)


def _decimal(number: float) -> str:
    """The shortest plain decimal that reads as the same number; exponents are not read as numbers."""
    text = repr(number)
    return text if "e" not in text else np.format_float_positional(number, trim="-")


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\n\r') else text
