"""The log as sheets: a CSV file for each kind of records, or one workbook with a sheet for each."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.errors import InputError, Problem
from pdsa.exchange.cells import columns_of, row_of
from pdsa.inquiry import Event, State
from pdsa.publish import write_atomic
from pdsa.terms import ENTITIES
from pdsa.texts import guarded

if TYPE_CHECKING:
    from openpyxl.worksheet.worksheet import Worksheet

EVENTS = "events.jsonl"
NOT_WRITTEN = "nothing was written"
MARK = "\ufeff"  # by which a spreadsheet knows that the letters are those of UTF-8
FITS = 32_767  # characters of one cell of a workbook
# What a workbook would take for a character in code, and the end of a line that some readers take for one of Windows.
CODED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")


def sheets_of(state: State) -> dict[str, list[list[str]]]:
    """The rows of each kind of records that there are, the names of the columns first."""
    found: dict[str, list[list[str]]] = {}
    for entity in ENTITIES:
        if held := state.all(entity):
            found[entity] = [list(columns_of(entity)), *(row_of(one) for one in held)]
    return found


def slice_of(state: State, school: str) -> State:
    """A school's own records, the network's, and the ideas of other schools that its cycles test.

    Whose those ideas are is left out: on pages schools that are not one's own carry pseudonyms.

    Parameters
    ----------
    state
        What is read.
    school
        Its id.
    """
    tested = {one.change_idea_id for one in state.cycles if one.school_id == school}
    found = {}
    for key, one in state.held.items():
        if one.school in ("", school):
            found[key] = one
        elif one.entity == "change_idea" and one.id in tested:
            found[key] = replace(one, school="", author="", created_by="", shared_by="")
    return State(found)


def export_folder(state: State, events: Iterable[Event], folder: Path) -> tuple[Path, ...]:
    """Write `<kind>.csv` for each kind of records, and the events themselves, which vouch for them; their paths.

    Parameters
    ----------
    state
        What is handed out.
    events
        Whole chains, so that whoever gets them can prove them.
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
        write_atomic(written[-1], MARK + text.getvalue())
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
    for number, line in enumerate(_lines(file), start=1):
        try:
            found.append(Event(**json.loads(line)))
        except (ValueError, TypeError) as error:
            problem = Problem(f"{file.name}, line {number}", "no event", "a line that pdsa log export wrote")
            raise InputError(file.name, (problem,), "nothing was read", "export the log again") from error
    return tuple(found)


def _lines(file: Path) -> list[str]:
    """Lines as JSON ends them: texts may hold other ends of lines."""
    if not file.is_file():
        problem = Problem(str(file), "nothing there", "the events that pdsa log export --to FOLDER wrote")
        raise InputError(file.name, (problem,), "nothing was read", "name such a folder")
    try:
        text = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        problem = Problem(file.name, "another encoding", "UTF-8, as pdsa log export wrote it")
        raise InputError(file.name, (problem,), "nothing was read", "export the log again") from error
    return [line for line in text.split("\n") if line]


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

    if file.exists():
        problem = Problem(str(file), "a file that is there already", "a new file")
        raise InputError("the export", (problem,), NOT_WRITTEN, "name another file")
    sheets = sheets_of(state) or {"change_idea": [list(columns_of("change_idea"))]}
    if long := tuple(_too_long(sheets)):
        raise InputError("the export", long, NOT_WRITTEN, "name a folder in place of a workbook: CSV files hold it")
    book = Workbook()
    book.remove(book.worksheets[0])
    for entity, rows in sheets.items():
        _fill(book.create_sheet(entity), rows)
    data = io.BytesIO()
    book.save(data)
    write_atomic(file, data.getvalue())
    return file


def _too_long(sheets: Mapping[str, list[list[str]]]) -> Iterator[Problem]:
    for entity, (header, *rows) in sheets.items():
        for row in rows:
            for column, text in zip(header, row, strict=True):
                if len(coded(text).encode("utf-16-le")) > 2 * FITS:
                    found = f"{len(text):,} characters"
                    yield Problem(f"{entity} {row[0]}, {column}", found, f"at most {FITS:,} in one cell of a workbook")


def _fill(sheet: Worksheet, rows: list[list[str]]) -> None:
    """Rows of texts, the first of them the header."""
    from openpyxl.styles import Alignment, Font

    for row, cells in enumerate(rows, start=1):
        for column, text in enumerate(cells, start=1):
            cell = sheet.cell(row, column)
            cell.value, cell.data_type, cell.number_format = coded(text) or None, "s" if text else "n", "@"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            cell.font = Font(bold=row == 1)
    sheet.freeze_panes = "B2"


def coded(text: str) -> str:
    """A text as a workbook holds it, which would take `_x0041_` for a letter in code.

    Examples
    --------
    >>> coded("_x0041_"), decoded(coded("_x0041_"))
    ('_x005F_x0041_', '_x0041_')
    """
    return CODED.sub("_x005F_", text).replace("_x000D_\n", "_x000D__x000A_")


def decoded(text: str) -> str:
    """The text that `coded` was given."""
    return re.sub("_x(005F|000A)_", lambda match: "_" if match[1] == "005F" else "\n", text)
