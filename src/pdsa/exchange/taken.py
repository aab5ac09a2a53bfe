"""Sheets of the log, as exported and perhaps edited since, to changes; all problems of all sheets at once."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pdsa.errors import InputError, Problem
from pdsa.exchange.cells import columns_of, fields_of
from pdsa.inquiry import Change, Event
from pdsa.params.inquiry import read_fields, record_of
from pdsa.params.words import nearest
from pdsa.read import read_grids
from pdsa.terms import ENTITIES, VISIBILITIES, Entity, Visibility
from pdsa.texts import unguarded

NOT_TAKEN = "nothing was imported"
MEND = "mend these cells, save the file, and run the same command again"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a sheet: where it stands, and its cells by column."""

    place: str
    cells: Mapping[str, str]


Sheets = dict[Entity, list[Row]]


def read_sheets(path: Path) -> Sheets:
    """The rows of each kind of records in an exported folder, one of its CSV files, or a workbook.

    Raises
    ------
    InputError
        With every sheet or column that is none of the log.
    """
    tables = dict(_csv_tables(path)) if path.is_dir() or path.suffix.casefold() == ".csv" else dict(_grids(path))
    problems = [*_strange_sheets(path, tables), *_strange_columns(tables)]
    if problems:
        raise InputError(path.name, tuple(problems), NOT_TAKEN, MEND)
    return {entity: _rows(entity, tables[entity]) for entity in ENTITIES if entity in tables}


def _csv_tables(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    for file in sorted(path.glob("*.csv")) if path.is_dir() else [path]:
        text = file.read_text(encoding="utf-8-sig")
        yield file.stem, [[unguarded(cell) for cell in row] for row in csv.reader(io.StringIO(text, newline=""))]


def _grids(path: Path) -> Iterator[tuple[str, list[list[str]]]]:
    for grid in read_grids(path):
        cells = [[column.at(row) for column in grid.columns] for row in range(len(grid.rows))]
        yield grid.source.rpartition("!")[2], cells


def _strange_sheets(path: Path, tables: Mapping[str, object]) -> Iterator[Problem]:
    if not tables:
        yield Problem(path.name, "no sheet", f"sheets called {', '.join(ENTITIES)}")
    for name in tables:
        if name not in ENTITIES:
            yield Problem(f"sheet {name}", "a name that is none of the log", nearest(name, ENTITIES))


def _strange_columns(tables: Mapping[str, list[list[str]]]) -> Iterator[Problem]:
    for name, table in tables.items():
        header = [cell.strip() for cell in table[0]] if table else []
        known = next((columns_of(one) for one in ENTITIES if one == name), ())
        for column in header if known else ():
            if column and column not in known:
                yield Problem(f"{name}, row 1", f"the column {column!r}", nearest(column, known))
        for column in {one for one in header if one and header.count(one) > 1}:
            yield Problem(f"{name}, row 1", f"the column {column!r} twice", "each column once")


def _rows(name: str, table: list[list[str]]) -> list[Row]:
    if not table:
        return []
    header = [cell.strip() for cell in table[0]]
    named = [(number, dict(zip(header, cells, strict=False))) for number, cells in enumerate(table[1:], start=2)]
    return [Row(f"{name}, row {number}", cells) for number, cells in named if any(map(str.strip, cells.values()))]


def changes_of(sheets: Sheets, events: tuple[Event, ...]) -> tuple[Change, ...]:
    """The changes that make the log hold what the sheets say; rows that say nothing new make none.

    A row with the id of a record is based on the version that stands in its column `version`; a row without an id is
    a new record. Who may see a record is changed by sharing it, not here.

    Parameters
    ----------
    sheets
        Rows by kind of record.
    events
        Those of the log.

    Raises
    ------
    InputError
        With every problem of every row.
    """
    past: dict[tuple[str, str], dict[int, Event]] = {}
    for one in events:
        past.setdefault((one.entity, one.record), {})[one.version] = one
    changes: list[Change] = []
    problems: list[Problem] = []
    for entity, rows in sheets.items():
        for row in rows:
            change, found = _change(entity, row, past)
            problems += found
            changes += [change] if change else []
    if problems:
        raise InputError("the import", tuple(problems), NOT_TAKEN, MEND)
    return tuple(changes)


def _change(
    entity: Entity, row: Row, past: Mapping[tuple[str, str], Mapping[int, Event]]
) -> tuple[Change | None, list[Problem]]:
    record = row.cells.get("id", "").strip()
    fields, found = read_fields(entity, _without_id(fields_of(entity, row.cells)), row.place)
    problems = list(found)
    versions = past.get((entity, record), {})
    based_on, about = _about(row, versions)
    problems += about
    if problems:
        return None, problems
    school = row.cells.get("school", "").strip() or str(fields.get("school_id", ""))
    if not versions:
        visibility = cast(Visibility | None, row.cells.get("visibility", "").strip() or None)
        return Change(entity, record, school, fields, 0, visibility=visibility), []
    before = versions[based_on]
    if before.body and record_of(entity, {**fields, "id": record}) == record_of(
        entity, {**before.fields, "id": record}
    ):
        return None, []  # fields that are left to their defaults say the same as fields that are filled with them
    return Change(entity, record, versions[based_on].school, fields, based_on), []


def _without_id(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if name != "id"}


def _about(row: Row, versions: Mapping[int, Event]) -> tuple[int, list[Problem]]:
    """The version that a row is based on, and what is wrong with the columns after its fields."""
    problems = []
    told = row.cells.get("version", "").strip()
    seen = row.cells.get("visibility", "").strip()
    if seen and seen not in VISIBILITIES:
        problems.append(Problem(f"{row.place}, visibility", repr(seen), nearest(seen, VISIBILITIES)))
    if not versions:
        return 0, problems
    if not told:
        return max(versions), problems
    if not told.isdigit() or int(told) not in versions:
        expected = f"a version from 1 to {max(versions)}, as it was exported"
        return 0, [*problems, Problem(f"{row.place}, version", repr(told), expected)]
    return int(told), problems


__all__ = ["Row", "Sheets", "changes_of", "read_sheets"]
