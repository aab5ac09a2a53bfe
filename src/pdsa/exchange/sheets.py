"""Sheets of the log as they are read back: exported, and perhaps edited and saved by a spreadsheet since."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.exchange.cells import columns_of
from pdsa.exchange.tables import EVENTS, decoded
from pdsa.params.words import nearest
from pdsa.read import Grid, read_grids
from pdsa.terms import ENTITIES, Entity
from pdsa.texts import unguarded

NOT_TAKEN = "nothing was imported"
MEND = "mend these cells, save the file, and run the same command again"
LONGEST = 2**24  # characters of one cell of a CSV file


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: where it stands, and its cells by column."""

    place: str
    cells: Mapping[str, str]

    def cell(self, column: str) -> str:
        """What stands in a column, without blanks around it; "" where there is no such column."""
        return self.cells.get(column, "").strip()


Sheets = dict[Entity, list[Row]]
Lines = list[tuple[int, list[str]]]  # the number that the spreadsheet shows, and the cells


def read_sheets(path: Path) -> Sheets:
    """The rows of each kind of records in an exported folder, one of its CSV files, or a workbook.

    Raises
    ------
    InputError
        With every sheet or column that is none of the log.
    """
    files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
    tables = {name: lines for file in files for name, lines in _tables(file)}
    problems = [*_strange_sheets(path, tables), *_strange_columns(tables)]
    if problems:
        raise InputError(path.name, tuple(problems), NOT_TAKEN, f"{MEND}; a form or tracker comes with --mapping NAME")
    return {entity: _rows(entity, tables[entity]) for entity in ENTITIES if entity in tables}


def _tables(file: Path) -> Iterator[tuple[str, Lines]]:
    """Each table of a file by the name of its kind."""
    if file.suffix.casefold() == ".csv":
        yield file.stem, [(row, list(map(unguarded, cells))) for row, cells in _as_written(file) or _as_saved(file)]
        return
    for grid in read_grids(file):
        yield grid.source.rpartition("!")[2], [(row, list(map(decoded, cells))) for row, cells in _lines(grid)]


def _as_written(file: Path) -> Lines:
    """The cells of a CSV file as pdsa writes it; nothing where a spreadsheet saved it with other marks or letters."""
    before = csv.field_size_limit(LONGEST)
    try:
        text = file.read_text(encoding="utf-8-sig")
        rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error):
        return []
    finally:
        csv.field_size_limit(before)
    known = {column for entity in ENTITIES for column in columns_of(entity)}
    if not rows or (len(rows[0]) == 1 and rows[0][0].strip() not in known):
        return []
    return list(enumerate(rows, start=1))


def _as_saved(file: Path) -> Lines:
    """The cells of a CSV file as spreadsheets save it: semicolons or tabs, letters of Windows."""
    return [line for grid in read_grids(file) for line in _lines(grid)]


def _lines(grid: Grid) -> Lines:
    cells = [[column.at(row) for column in grid.columns] for row in range(len(grid.rows))]
    return list(zip(map(int, grid.rows), cells, strict=True))


def _strange_sheets(path: Path, tables: Mapping[str, object]) -> Iterator[Problem]:
    if not tables and not (path / EVENTS).is_file():  # an empty log has no sheet
        yield Problem(path.name, "no sheet", f"sheets called {', '.join(ENTITIES)}")
    for name in tables:
        if name not in ENTITIES:
            yield Problem(f"sheet {name}", "a name that is none of the log", nearest(name, ENTITIES))


def _strange_columns(tables: Mapping[str, Lines]) -> Iterator[Problem]:
    for name, table in tables.items():
        first, header = (table[0][0], [cell.strip() for cell in table[0][1]]) if table else (1, [])
        known = next((columns_of(one) for one in ENTITIES if one == name), ())
        for column in header if known else ():
            if column and column not in known:
                yield Problem(f"{name}, row {first}", f"the column {column!r}", nearest(column, known))
        for column in sorted({one for one in header if one and header.count(one) > 1}):
            yield Problem(f"{name}, row {first}", f"the column {column!r} twice", "each column once")
        for number, cells in table[1:]:
            if any(cell.strip() for place, cell in enumerate(cells) if not "".join(header[place : place + 1])):
                yield Problem(
                    f"{name}, row {number}", "a cell in a column without a header", "a header, or no such cell"
                )


def _rows(name: str, table: Lines) -> list[Row]:
    if not table:
        return []
    header = [cell.strip() for cell in table[0][1]]
    named = [(number, dict(zip(header, cells, strict=False))) for number, cells in table[1:]]
    return [Row(f"{name}, row {number}", cells) for number, cells in named if any(map(str.strip, cells.values()))]


__all__ = ["MEND", "NOT_TAKEN", "Row", "Sheets", "read_sheets"]
