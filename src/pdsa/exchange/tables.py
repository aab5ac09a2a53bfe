"""The log as sheets: a CSV file for each kind of records, or one workbook with a sheet for each."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.exchange.cells import columns_of, row_of
from pdsa.inquiry import Event, State
from pdsa.publish import write_atomic
from pdsa.terms import ENTITIES
from pdsa.texts import guarded

EVENTS = "events.jsonl"
NOT_WRITTEN = "nothing was written"


def sheets_of(state: State) -> dict[str, list[list[str]]]:
    """The rows of each kind of records that there are, the names of the columns first."""
    found: dict[str, list[list[str]]] = {}
    for entity in ENTITIES:
        if held := state.all(entity):
            found[entity] = [list(columns_of(entity)), *(row_of(one) for one in held)]
    return found


def export_folder(state: State, events: Iterable[Event], folder: Path) -> tuple[Path, ...]:
    """Write `<kind>.csv` for each kind of records, and the events themselves, which vouch for them; their paths.

    Parameters
    ----------
    state
        What is handed out.
    events
        The whole chains of the schools that it holds, so that whoever gets them can verify them.
    folder
        A new or empty folder.

    Raises
    ------
    InputError
        There is anything in the folder. Nothing was written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problem = Problem(str(folder), "something that is there already", "a new or an empty folder")
        raise InputError("the export", (problem,), NOT_WRITTEN, "name another folder")
    written = []
    for entity, rows in sheets_of(state).items():
        text = io.StringIO(newline="")
        csv.writer(text, lineterminator="\n").writerows([guarded(cell) for cell in row] for row in rows)
        written.append(folder / f"{entity}.csv")
        write_atomic(written[-1], text.getvalue())
    write_atomic(folder / EVENTS, events_text(events))
    return (*written, folder / EVENTS)


def events_text(events: Iterable[Event]) -> str:
    """Events as JSON, one a line."""
    return "".join(json.dumps(asdict(one), sort_keys=True, ensure_ascii=False) + "\n" for one in events)


def read_events(file: Path) -> tuple[Event, ...]:
    """The events of such a file.

    Raises
    ------
    InputError
        A line holds no event.
    """
    found = []
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
        try:
            found.append(Event(**json.loads(line)))
        except (ValueError, TypeError) as error:
            problem = Problem(f"{file.name}, line {number}", "no event", "a line that pdsa log export wrote")
            raise InputError(file.name, (problem,), "nothing was read", "export the log again") from error
    return tuple(found)


def export_workbook(state: State, file: Path) -> Path:
    """Write one workbook with a sheet for each kind of records; every cell is text, and none is a formula.

    Parameters
    ----------
    state
        What is handed out.
    file
        A new file that ends in `.xlsx`.

    Raises
    ------
    InputError
        The file is there already. Nothing was written.
    """
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    if file.exists():
        problem = Problem(str(file), "a file that is there already", "a new file")
        raise InputError("the export", (problem,), NOT_WRITTEN, "name another file")
    book = Workbook()
    for sheet in book.worksheets:
        book.remove(sheet)
    for entity, rows in (sheets_of(state) or {"change_idea": [list(columns_of("change_idea"))]}).items():
        sheet = book.create_sheet(entity)
        for row, cells in enumerate(rows, start=1):
            for column, text in enumerate(cells, start=1):
                cell = sheet.cell(row, column)
                cell.value, cell.data_type, cell.number_format = text or None, "s" if text else "n", "@"
                cell.alignment = Alignment(wrap_text=True, vertical="top")
                cell.font = Font(bold=row == 1)
        sheet.freeze_panes = "B2"
    data = io.BytesIO()
    book.save(data)
    write_atomic(file, data.getvalue())
    return file
