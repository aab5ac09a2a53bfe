"""Excel workbooks (XLSX, XLSM) -> Grids, through openpyxl's own streaming parser of sheets.

openpyxl is the one reader that keeps what a cell shows (number formats, struck fonts, hidden rows, merged ranges).
Its parser is used row by row without its Cell objects: a far cell costs nothing, and a million cells fit into memory.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import warnings
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from xml.etree.ElementTree import ParseError

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet._reader import FORMULA_TAG, WorkSheetParser

from pdsa.errors import InputError, Problem
from pdsa.read.cells import BOOLEAN, DATE, ERROR, FORMULA, NUMBER, PRECISE, TEXT, number_text, time_text
from pdsa.read.grid import Fact, Grid
from pdsa.read.packages import check_package, names_in
from pdsa.read.sheets import MAX_COLUMNS, Sheet
from pdsa.read.texts import check_memory
from pdsa.read.unpack import listed

__all__ = ["workbook_grids"]

# what openpyxl lets escape from damaged workbooks
BROKEN = (
    ParseError, InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, TypeError, IndexError, AttributeError,
    OverflowError, OSError, EOFError,
)  # fmt: skip
MACROS = re.compile(r"xl/(.*/)?(vbaProject\.bin|macrosheets/.*)", re.IGNORECASE)
RESAVE = "open it in a spreadsheet, save it again as .xlsx (or as CSV UTF-8), and run the same command again"


def workbook_grids(source: str, data: bytes, wanted: Sequence[str] = ()) -> tuple[Grid, ...]:
    """Every visible sheet that holds something, or the sheets wanted. Macros and links are told, never followed.

    Raises
    ------
    InputError
        If the workbook is damaged or too large, a wanted sheet is not there, or no sheet holds anything.
    """
    check_package(source, data)
    with _told_damage(source), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of openpyxl: what it drops is formatting
        book = _Book(data)
        _check_wanted(source, wanted, tuple(book.parts))
        chosen = list(wanted) or [name for name in book.parts if name not in book.hidden]
        found = [book.sheet(name, f"{source}!{name}") for name in chosen]
    facts = _book_facts(names_in(data), [name for name in book.parts if name not in chosen])
    filled = [sheet for sheet in found if sheet.cells]
    if not filled:
        raise InputError(source, (Problem(source, "no sheet with anything in it", "a sheet with a table"),))
    return tuple(sheet.grid(() if place else facts) for place, sheet in enumerate(filled))


@contextmanager
def _told_damage(source: str) -> Iterator[None]:
    try:
        yield
    except BROKEN as error:
        check_memory(error)
        problem = Problem(source, f"a workbook that cannot be read ({str(error)[:200]})", "an undamaged workbook")
        raise InputError(source, (problem,), next_step=RESAVE) from error


def _check_wanted(source: str, wanted: Sequence[str], there: Sequence[str]) -> None:
    problems = [
        Problem(source, f"the sheets {listed(there)}", f"a sheet {name}") for name in wanted if name not in there
    ]
    if problems:
        raise InputError(source, tuple(problems))


def _book_facts(names: Sequence[str], unread: Sequence[str]) -> tuple[Fact, ...]:
    facts = []
    if unread:
        facts.append(Fact("sheet", "", f"not read, because hidden or not asked for: the sheets {listed(unread)}"))
    if any(MACROS.fullmatch(name) for name in names):
        facts.append(Fact("macros", "", "macros, which were not run"))
    if any(name.startswith("xl/externalLinks/") for name in names):
        facts.append(Fact("links", "", "links to other workbooks, which were not followed"))
    return tuple(facts)


class _Parser(WorkSheetParser):  # type: ignore[misc]
    """openpyxl's parser, which also marks formulas that were never calculated."""

    def parse_cell(self, element: Any) -> dict[str, Any]:
        cell: dict[str, Any] = super().parse_cell(element)
        # a formula whose result is the empty text says so by its type; one without a result has no type
        if cell["value"] is None and element.get("t", "n") != "str" and element.find(FORMULA_TAG) is not None:
            cell["data_type"] = "f"
        return cell


class _Book:
    """What the sheets of a workbook have in common: their names, texts and styles."""

    def __init__(self, data: bytes) -> None:
        # only these steps of openpyxl's: properties, themes and drawings say nothing about cells, and may be damaged
        reader = ExcelReader(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        reader.read_manifest()
        reader.read_strings()
        reader.read_workbook()
        apply_stylesheet(reader.archive, reader.wb)
        self.reader = reader
        self.parts: dict[str, str] = {}
        self.hidden: set[str] = set()
        for sheet, relation in reader.parser.find_sheets():
            if relation.Type.endswith("/worksheet") and relation.target in reader.valid_files:
                self.parts[sheet.name] = relation.target
                if sheet.state != "visible":
                    self.hidden.add(sheet.name)
        self.formats, self.struck = _styles(reader.wb)

    def sheet(self, name: str, source: str) -> Sheet:
        """One sheet, row by row."""
        sheet, book = Sheet(source), self.reader.wb
        with self.reader.archive.open(self.parts[name]) as stream:
            dates = book.epoch, book._date_formats, book._timedelta_formats
            parser = _Parser(stream, self.reader.shared_strings, True, *dates)
            for _, line in parser.parse():
                for cell in line:
                    _put(sheet, cell, self.formats[cell["style_id"]], self.struck)
        _note_layout(sheet, parser)
        return sheet


def _note_layout(sheet: Sheet, parser: _Parser) -> None:
    """What the sheet says about whole rows and columns, and about merged cells."""
    sheet.hidden_rows = {int(row) for row, found in parser.row_dimensions.items() if _is_true(found.get("hidden"))}
    for found in parser.column_dimensions.values():
        if _is_true(found.get("hidden")):
            sheet.hidden_columns.update(range(int(found["min"]), min(int(found["max"]), MAX_COLUMNS) + 1))
    for area in parser.merged_cells.mergeCell if parser.merged_cells else ():
        left, top, right, bottom = range_boundaries(area.ref)
        sheet.merged.append((top, left, bottom, right))


def _styles(book: Any) -> tuple[list[str], set[int]]:
    """Of each style its number format; and the styles whose font is struck through."""
    formats, struck = [], set()
    for place, style in enumerate(book._cell_styles):
        own = style.numFmtId - BUILTIN_FORMATS_MAX_SIZE
        formats.append(book._number_formats[own] if own >= 0 else BUILTIN_FORMATS.get(style.numFmtId, "General"))
        if book._fonts[style.fontId].strike:
            struck.add(place)
    return formats, struck


def _put(sheet: Sheet, cell: dict[str, Any], number_format: str, struck: set[int]) -> None:
    text, kind = _shown(cell["value"], cell["data_type"], number_format)
    if not text and kind != FORMULA:
        return
    row, column = cell["row"], cell["column"]
    sheet.put(row, column, text, kind)
    if cell["style_id"] in struck:
        sheet.struck_rows.add(row)
    if kind == NUMBER and abs(cell["value"]) >= PRECISE:
        sheet.imprecise.append((row, column))


def _shown(value: Any, data_type: str, number_format: str) -> tuple[str, int]:
    """The text and kind of a cell; the empty text if it is blank or its formula has no result."""
    if value is None:
        return "", FORMULA if data_type == "f" else TEXT
    if isinstance(value, bool):
        return ("TRUE" if value else "FALSE"), BOOLEAN
    if isinstance(value, dt.datetime | dt.date | dt.time | dt.timedelta):
        return time_text(value), DATE
    if isinstance(value, int | float):
        return number_text(value, number_format)
    return str(value).replace("_x000D_\n", "\n"), ERROR if data_type == "e" else TEXT


def _is_true(text: str | None) -> bool:
    return text in ("1", "true")
