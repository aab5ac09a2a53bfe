"""OpenDocument spreadsheets (ODS) -> Grids.

No library that could be kept helps here: odfpy gives the same elements as ElementTree, all at once and without a notion
of cells, and calamine drops what a cell shows. So the document is walked row by row; repetition is counted, not made.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Sequence
from typing import IO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, ParseError

from pdsa.errors import InputError, Problem
from pdsa.read.cells import BLANK, BOOLEAN, DATE, ERROR, FORMULA, NUMBER, PRECISE, TEXT, number_text
from pdsa.read.grid import Fact, Grid
from pdsa.read.packages import check_package, locked
from pdsa.read.sheets import MAX_COLUMNS, MAX_ROWS, Sheet
from pdsa.read.texts import check_memory
from pdsa.read.unpack import listed, named_errors

__all__ = ["opendocument_grids"]

MANIFEST = "META-INF/manifest.xml"
SPACE = "{urn:oasis:names:tc:opendocument:xmlns:%s:1.0}"
OFFICE, TABLE, WORDS, STYLE = (SPACE % name for name in ("office", "table", "text", "style"))
DURATION = re.compile(r"P(?:(\d+)D)?T(\d+)H(\d+)M(\d+)(?:[.,]\d+)?S")
ERRORS = re.compile(r"#[A-Z0-9/]+[!?]?|Err:\d+")


class _Reader:
    """Sheets of one document, gathered from its elements as they end."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.sheets: dict[str, Sheet] = {}
        self.hidden: set[str] = set()
        self.hidden_styles: set[str] = set()
        self.struck_styles: set[str] = set()
        self.row = self.column = 0
        self.sheet = Sheet("")

    def read(self, stream: IO[bytes]) -> None:
        for event, element in ElementTree.iterparse(stream, ("start", "end")):  # noqa: S314 - no document type
            if event == "start":
                if element.tag == f"{TABLE}table":
                    self._begin(element)
            elif element.tag == f"{STYLE}style":
                self._note_style(element)
            elif element.tag == f"{TABLE}table-column":
                self._add_columns(element)
            elif element.tag == f"{TABLE}table-row":
                self._add_row(element)
                element.clear()

    def _begin(self, element: Element) -> None:
        name = element.get(f"{TABLE}name", f"Sheet{len(self.sheets) + 1}")
        self.sheet = self.sheets.setdefault(name, Sheet(f"{self.source}!{name}"))
        self.row = self.column = 0
        if element.get(f"{TABLE}style-name") in self.hidden_styles:
            self.hidden.add(name)

    def _note_style(self, element: Element) -> None:
        name = element.get(f"{STYLE}name", "")
        for child in element:
            if child.get(f"{TABLE}display") == "false":
                self.hidden_styles.add(name)
            if child.get(f"{STYLE}text-line-through-style", "none") != "none":
                self.struck_styles.add(name)

    def _add_columns(self, element: Element) -> None:
        count = _repeated(element, "columns")
        if element.get(f"{TABLE}visibility", "visible") != "visible":
            last = min(self.column + count, MAX_COLUMNS)
            self.sheet.hidden_columns.update(range(self.column + 1, last + 1))
        self.column += count

    def _add_row(self, element: Element) -> None:
        count = _repeated(element, "rows")
        cells = list(_cells(element))
        # one more row than a sheet may have is enough to have it refused
        for row in range(self.row + 1, self.row + (min(count, MAX_ROWS + 1) if cells else 0) + 1):
            for column, cell, shown in cells:
                self._put(row, column, cell, shown)
            if element.get(f"{TABLE}visibility", "visible") != "visible":
                self.sheet.hidden_rows.add(row)
        self.row += count

    def _put(self, row: int, column: int, cell: Element, shown: tuple[str, int]) -> None:
        text, kind = shown
        self.sheet.put(row, column, text, kind)
        if cell.get(f"{TABLE}style-name") in self.struck_styles:
            self.sheet.struck_rows.add(row)
        if kind == NUMBER and abs(float(cell.get(f"{OFFICE}value", "0"))) >= PRECISE:
            self.sheet.imprecise.append((row, column))
        down, right = (int(cell.get(f"{TABLE}number-{way}-spanned", "1")) for way in ("rows", "columns"))
        if down > 1 or right > 1:
            self.sheet.merged.append((row, column, row + down - 1, column + right - 1))


def opendocument_grids(source: str, data: bytes, wanted: Sequence[str] = ()) -> tuple[Grid, ...]:
    """Every visible sheet that holds something, or the sheets wanted.

    Raises
    ------
    InputError
        If the document is damaged or too large, a wanted sheet is not there, or no sheet holds anything.
    """
    check_package(source, data)
    reader = _Reader(source)
    with named_errors(source), zipfile.ZipFile(io.BytesIO(data)) as package:
        if "META-INF/manifest.xml" in package.namelist() and b"encryption-data" in package.read(
            "META-INF/manifest.xml"
        ):
            raise locked(source)
        try:
            with package.open("content.xml") as stream:
                reader.read(stream)
        except (ParseError, KeyError) as error:
            check_memory(error)
            raise _broken(source, f"a spreadsheet that cannot be read ({error})", "an undamaged one") from error
    return _chosen(reader, wanted)


def _chosen(reader: _Reader, wanted: Sequence[str]) -> tuple[Grid, ...]:
    if absent := [name for name in wanted if name not in reader.sheets]:
        raise _broken(reader.source, f"the sheets {listed(tuple(reader.sheets))}", f"a sheet {absent[0]}")
    names = list(wanted) or [name for name in reader.sheets if name not in reader.hidden]
    filled = [reader.sheets[name] for name in names if reader.sheets[name].cells]
    if not filled:
        raise _broken(reader.source, "no sheet with anything in it", "a sheet with a table")
    unread = [name for name in reader.sheets if name not in names]
    words = f"not read, because hidden or not asked for: the sheets {listed(unread)}"
    facts = [Fact("sheet", "", words)] if unread else []
    return tuple(sheet.grid(() if place else facts) for place, sheet in enumerate(filled))


def _cells(row: Element) -> Iterator[tuple[int, Element, tuple[str, int]]]:
    """Column, element, text and kind of each cell that is not blank; repeated ones again, within the limit."""
    column = 0
    for cell in row:
        if not cell.tag.startswith(f"{TABLE}"):
            continue
        count = _repeated(cell, "columns")
        shown = _shown(cell) if cell.tag == f"{TABLE}table-cell" else ("", BLANK)
        if shown[0] or shown[1] == FORMULA:
            for place in range(column + 1, column + min(count, MAX_COLUMNS + 1) + 1):
                yield place, cell, shown
        column += count


def _shown(cell: Element) -> tuple[str, int]:
    """The text and kind of a cell."""
    kind = cell.get(f"{OFFICE}value-type", "")
    shown = "\n".join(_words(child) for child in cell if child.tag == f"{WORDS}p")
    if cell.get(f"{TABLE}formula") and not kind and not shown:
        return "", FORMULA
    if ERRORS.fullmatch(shown) and (cell.get(f"{TABLE}formula") or kind != "string"):
        return shown, ERROR
    if kind in ("float", "currency", "percentage"):
        return _number(cell.get(f"{OFFICE}value", ""), shown, kind)
    if kind == "boolean":
        return cell.get(f"{OFFICE}boolean-value", shown).upper(), BOOLEAN
    if kind == "date":
        return cell.get(f"{OFFICE}date-value", shown).removesuffix("T00:00:00"), DATE
    if kind == "time":
        return _duration(cell.get(f"{OFFICE}time-value", ""), shown), DATE
    return shown, TEXT


def _number(value: str, shown: str, kind: str) -> tuple[str, int]:
    try:
        number = float(value)
    except ValueError:
        return shown, TEXT
    if number in (float("inf"), float("-inf")) or number != number:
        return shown, TEXT
    if kind == "float" and re.fullmatch(r"0[0-9]+", shown) and float(shown) == number:
        return shown, NUMBER
    return number_text(number, "0%" if kind == "percentage" else "General")


def _duration(value: str, shown: str) -> str:
    """08:30:00 as ISO 8601 writes it (PT08H30M00S)."""
    found = DURATION.fullmatch(value)
    if not found:
        return shown
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return f"{24 * days + hours:02}:{minutes:02}:{seconds:02}"


def _words(paragraph: Element) -> str:
    """The text of a paragraph with its blanks, tabs and line breaks."""
    signs = {f"{WORDS}tab": "\t", f"{WORDS}line-break": "\n"}
    words = [paragraph.text or ""]
    for child in paragraph:
        if child.tag == f"{WORDS}s":
            words.append(" " * min(int(child.get(f"{WORDS}c", "1")), 1000))
        else:
            words.append(signs.get(child.tag) or _words(child))
        words.append(child.tail or "")
    return "".join(words)


def _repeated(element: Element, what: str) -> int:
    return max(int(element.get(f"{TABLE}number-{what}-repeated", "1")), 1)


def _broken(source: str, found: str, expected: str) -> InputError:
    return InputError(source, (Problem(source, found, expected),))
