"""Observations read school by school: the mistakes of some schools do not stop the reports of the others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from pdsa.errors import InputError, Problem
from pdsa.records import Measure, School, SourceNote
from pdsa.workspace.files import Sheet, read_sheet
from pdsa.workspace.rows import KEYS, check_rows, joined, read_observations, repeats
from pdsa.workspace.short import without_short

Read = tuple[pd.DataFrame, tuple[SourceNote, ...], Mapping[str, tuple[Problem, ...]]]


def read_apart(files: Sequence[Path], measures: tuple[Measure, ...], schools: tuple[School, ...]) -> Read:
    """The rows of the schools whose rows are all right, a note for each file, and the problems of the others.

    Of a school with a mistake no row is used, for half of its numbers would be taken for all of them. Where nobody can
    tell whose rows are wrong, or where they are those of most schools, the file is at fault, and with it everything.

    Parameters
    ----------
    files
        CSV files with the columns `terms.OBSERVATION_COLUMNS`.
    measures, schools
        Those that rows may name.

    Raises
    ------
    InputError
        With the problems of all files at once, by file and row of the file.
    """
    try:
        return *read_observations(files, measures, schools), {}
    except InputError as error:
        whole: InputError | OSError = error
    except OSError as error:
        whole = error
    found: dict[str, list[Problem]] = {}
    frames = [frame for file in files for frame in _frames(file, measures, schools, found, whole)]
    for school, rows in pd.concat(frames).groupby("school", observed=True) if frames else ():
        if rows.duplicated(KEYS).any():
            found.setdefault(str(school), []).extend(repeats([rows]))
    if not frames or not found or 2 * len(found) > len(schools):
        raise whole
    kept = [frame[~frame["school"].isin(list(found))] for frame in frames]
    notes = tuple(SourceNote(file.name, "used", 0) for file in files)
    return joined(kept), notes, {school: tuple(problems) for school, problems in found.items()}


def _frames(
    file: Path,
    measures: tuple[Measure, ...],
    schools: Sequence[School],
    found: dict[str, list[Problem]],
    whole: InputError | OSError,
) -> Iterable[pd.DataFrame]:
    """The checked rows of a file, school by school where not all are right; problems go to `found`."""
    try:
        sheet = read_sheet(file, reserved=True)
    except (InputError, OSError) as error:
        rest = _whole_rows(file, schools, found, error)
        if rest is None:
            _tell(found, _named_for(file, schools, whole), file, _problems(error))
            return
        sheet = rest
    try:
        yield check_rows(sheet, measures, tuple(schools))
    except InputError as error:
        known = {one.id for one in schools}
        if "school" not in sheet.frame or not known.issuperset(sheet.frame["school"]):
            _tell(found, _named_for(file, schools, whole), file, error.problems)
        else:
            yield from _by_school(sheet, measures, tuple(schools), found, file)


def _whole_rows(
    file: Path, schools: Iterable[School], found: dict[str, list[Problem]], error: InputError | OSError
) -> Sheet | None:
    """What a file holds beside short rows, where each of these names its school; their problems go to `found`."""
    parted = without_short(file, error) if isinstance(error, InputError) else None
    if parted is None or not {one.id for one in schools}.issuperset(school for school, _ in parted[1]):
        return None
    for school, problem in parted[1]:
        _tell(found, school, file, (problem,))
    return parted[0]


def _by_school(
    sheet: Sheet,
    measures: tuple[Measure, ...],
    schools: tuple[School, ...],
    found: dict[str, list[Problem]],
    file: Path,
) -> Iterable[pd.DataFrame]:
    for school, places in sheet.frame.groupby("school", sort=False).indices.items():
        part = Sheet(sheet.name, sheet.frame.iloc[places].reset_index(drop=True), sheet.rows[places])
        try:
            yield check_rows(part, measures, schools)
        except InputError as error:
            _tell(found, str(school), file, error.problems)


def _tell(found: dict[str, list[Problem]], school: str, file: Path, problems: Iterable[Problem]) -> None:
    placed = [Problem(f"{file.name}, {one.place}", one.found, one.expected) for one in problems]
    found.setdefault(school, []).extend(placed)


def _problems(error: InputError | OSError) -> tuple[Problem, ...]:
    if isinstance(error, InputError):
        return error.problems
    return (Problem("the file", f"what cannot be read ({error.strerror or error})", "a file that can be read"),)


def _named_for(file: Path, schools: Iterable[School], whole: InputError | OSError) -> str:
    """The school that a file is named for, if it names no other one in a cell; else everything is at fault."""
    stem = file.stem.casefold()
    hits = [one.id for one in schools if stem in (one.id.casefold(), one.name.casefold())]
    others = {one.id for one in schools}.difference(hits)
    if len(hits) != 1 or others.intersection(_cells(file)):
        raise whole
    return hits[0]


def _cells(file: Path) -> set[str]:
    try:
        text = file.read_bytes().decode("latin-1")
    except OSError:
        return set()
    return {cell.strip(' "') for line in text.splitlines() for cell in line.split(",")}


__all__ = ["read_apart"]
