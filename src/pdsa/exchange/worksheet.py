"""One cycle as a worksheet in a file: a page to print, or a sheet to fill in further."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from pdsa.errors import ParamsError, Problem
from pdsa.figures import worksheet_html, worksheet_parts
from pdsa.inquiry import State
from pdsa.publish import write_atomic
from pdsa.records import Measure
from pdsa.records.inquiry import Cycle

WIDTHS = (44, 90)  # of the two columns, in letters


def write_worksheet(
    state: State, cycle: Cycle, file: Path, names: Mapping[str, str], measures: Mapping[str, Measure]
) -> Path:
    """Write the worksheet of a cycle to a new file that ends in `.html` or `.xlsx`.

    Parameters
    ----------
    state, cycle
        The log, and one of its cycles.
    file
        Where to write.
    names, measures
        Names of schools and measures by id.

    Raises
    ------
    ParamsError
        The file is there already, or ends in something else.
    """
    if file.exists() or file.suffix.casefold() not in (".html", ".xlsx"):
        found = "a file that is there already" if file.exists() else f"the ending {file.suffix!r}"
        problem = Problem(str(file), found, "a new file that ends in .html or .xlsx")
        raise ParamsError("the worksheet", (problem,), "nothing was written", "name another file")
    idea, predictions = state.ideas.get(cycle.change_idea_id), state.predictions(cycle.id)
    if file.suffix.casefold() == ".html":
        write_atomic(file, worksheet_html(cycle, predictions, idea, names, measures=measures))
    else:
        parts = worksheet_parts(cycle, predictions, names, measures=measures)
        write_atomic(file, _workbook(idea.title if idea else cycle.title, parts))
    return file


def _workbook(title: str, parts: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]) -> bytes:
    """One sheet of labels and texts; every cell is text, and none is a formula."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "PDSA"
    rows = [(title, "", True)]
    for heading, lines in parts:
        rows += [(heading, "", True), *((label, text, False) for label, text in lines)]
    for row, (label, text, bold) in enumerate(rows, start=1):
        for column, value in enumerate((label, text), start=1):
            cell = sheet.cell(row, column)
            cell.value, cell.data_type, cell.number_format = value or None, "s" if value else "n", "@"
            cell.font, cell.alignment = Font(bold=bold), Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("AB", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()
