"""The bytes of any file -> its Grids, member by member where it is an archive."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath

from pdsa.errors import InputError, Problem
from pdsa.read.columns import control_fact, filled_rows, without_controls
from pdsa.read.encodings import decoded, encoding_fact
from pdsa.read.grid import Fact, Grid
from pdsa.read.joined import Joined, shape_of
from pdsa.read.options import ReadOptions
from pdsa.read.recognize import ARCHIVES, PACKED, kind_of, unpacked_name
from pdsa.read.records import json_grid, xml_grid
from pdsa.read.separated import chosen_delimiter, separated
from pdsa.read.texts import paused_collector
from pdsa.read.unpack import Member, counted, listed, members

__all__ = ["grids_of"]

TABLES = (".csv", ".tsv", ".tab", ".psv", ".xml", ".json", ".jsonl", ".ndjson", ".xlsx", ".xlsm", ".ods")
ASIDE = ("__MACOSX/", ".", "~$")  # how the names of files begin that systems leave in archives
FACTS_SHOWN = 20


def grids_of(name: str, data: bytes, options: ReadOptions | None = None) -> tuple[Grid, ...]:
    """Every table in a file, as found.

    Parameters
    ----------
    name
        The file's name; its ending says how it is packed.
    data
        Its bytes.
    options
        What is known beforehand.

    Raises
    ------
    InputError
        If it is no file of tables, or none that may be read; says what to do instead.
    """
    with paused_collector():
        try:
            found = _of_any(name, data, options or ReadOptions())
        except RecursionError as error:
            problem = Problem(name, "elements nested too deeply to be read", "a table")
            raise InputError(name, (problem,)) from error
    _check_rows(name, found)
    return tuple(replace(grid, name=PurePosixPath(name).name) for grid in found)


def _of_any(name: str, data: bytes, options: ReadOptions) -> tuple[Grid, ...]:
    kind = kind_of(name, data)
    if kind in ARCHIVES or (kind in PACKED and unpacked_name(name).lower().endswith(".tar")):
        return _of_archive(name, data, options)
    if kind in PACKED:
        ((_, unpacked, _),) = members(io.BytesIO(data), len(data), name, "*")
        return _of_table(name, unpacked_name(name), unpacked, options)
    return _of_table(name, name, data, options)


def _of_table(source: str, name: str, data: bytes, options: ReadOptions) -> tuple[Grid, ...]:
    """The tables of a file that is no archive."""
    kind = kind_of(name, data, source)
    if kind in ARCHIVES or kind in PACKED:
        problem = Problem(source, "an archive inside an archive", "an archive of files with tables")
        raise InputError(source, (problem,), next_step="unpack it, and run the same command with the files in it")
    if kind == "xlsx":
        from pdsa.read.workbooks import workbook_grids  # openpyxl costs a fifth of a second

        return workbook_grids(source, data, options.sheets)
    if kind == "ods":
        from pdsa.read.opendocument import opendocument_grids

        return opendocument_grids(source, data, options.sheets)
    if kind == "xml":
        return (xml_grid(source, data, options),)
    return (json_grid(source, data, options) if kind == "json" else _text_grid(source, data, options),)


def _text_grid(source: str, data: bytes, options: ReadOptions) -> Grid:
    kept = data.translate(None, bytes(options.strip)) if options.strip else data
    text, guessed = decoded(source, kept, options.encoding)
    delimiter, fact = chosen_delimiter(text, options.delimiter)
    grid = separated(source, text, delimiter, kept if len(kept) == len(text) and kept.isascii() else b"")
    if control := control_fact(grid):
        grid = separated(source, without_controls(text), delimiter)
    facts = [encoding_fact(grid), fact] if guessed else [fact]
    if not text.endswith(("\n", "\r")) and len(grid.rows):
        facts.append(Fact("no final line break", f"row {grid.rows[-1]}", "no line break after the last row"))
    if len(kept) < len(data):
        facts.append(Fact("control characters", "", f"{len(data) - len(kept)} unwanted bytes removed, as told"))
    return replace(grid, facts=(*facts, *([control] if control else [])))


def _of_archive(name: str, data: bytes, options: ReadOptions) -> tuple[Grid, ...]:
    """The tables of all members; those of the same shape as one, and what could not be read as facts of the first."""
    tables: dict[object, Joined] = {}
    errors: list[InputError] = []
    unread: list[str] = []
    for member in members(io.BytesIO(data), len(data), name, options.members):
        if not _is_table(member[0].rpartition("!")[2], options):
            unread.append(member[0].rpartition("!")[2])
            continue
        try:
            grids = _of_member(member, options)
        except InputError as error:
            errors.append(error)
            continue
        for grid in grids:
            _join(tables, grid)
    if not tables:
        raise _nothing(name, errors, unread)
    first, *others = (table.grid(name) for table in tables.values())
    return (replace(first, facts=(*first.facts, *_archive_facts(errors, unread))), *others)


def _join(tables: dict[object, Joined], grid: Grid) -> None:
    shape = shape_of(grid)
    if shape in tables:
        tables[shape].add(grid)
    else:
        tables[shape] = Joined(grid)


def _of_member(member: Member, options: ReadOptions) -> tuple[Grid, ...]:
    source, data, fault = member
    if fault:
        raise InputError(source, (Problem(source, f"a member that is {fault}", "a file that can be unpacked"),))
    return _of_table(source, source.rpartition("!")[2], data, options)


def _is_table(name: str, options: ReadOptions) -> bool:
    path = PurePosixPath(name)
    if name.startswith("__MACOSX/") or path.name.startswith(ASIDE):
        return False
    return options.members != "*" or path.suffix.lower() in TABLES


def _archive_facts(errors: list[InputError], unread: list[str]) -> Iterator[Fact]:
    for error in errors[:FACTS_SHOWN]:
        problem = error.problems[0]
        yield Fact("unpacked", error.source.rpartition("!")[2], f"not read: found {problem.found} ({problem.place})")
    if len(errors) > FACTS_SHOWN:
        rest = [error.source.rpartition("!")[2] for error in errors[FACTS_SHOWN:]]
        yield Fact("unpacked", "", f"{len(rest)} more members not read: {listed(rest)}")
    if unread:
        yield Fact("unpacked", "", f"{counted(len(unread), 'member')} not read, because not tables: {listed(unread)}")


def _nothing(name: str, errors: list[InputError], unread: list[str]) -> InputError:
    problems = [
        Problem(error.source, f"{problem.found} ({problem.place})", problem.expected)
        for error in errors
        for problem in error.problems
    ]
    if unread:
        expected = f"a member whose name ends in {', '.join(TABLES)}"
        problems.append(Problem(name, f"the members {listed(unread)}", expected))
    return InputError(name, tuple(problems))


def _check_rows(name: str, grids: tuple[Grid, ...]) -> None:
    """Refuse a file in which no table has a row below its first one."""
    if any(_has_two_rows(grid) for grid in grids):
        return
    grid = grids[0]
    place = f"row {grid.rows[0]}" if len(grid.rows) else name
    found = "a header and no rows below it" if len(grid.rows) else "no text"
    raise InputError(name, (Problem(place, found, "at least one row of data"),))


def _has_two_rows(grid: Grid) -> bool:
    count = len(grid.rows)
    if count > 1 and any(column.at(0) for column in grid.columns) and any(column.at(1) for column in grid.columns):
        return True
    return int(filled_rows(grid.columns, count).sum()) > 1
