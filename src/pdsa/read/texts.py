"""The bytes of a CSV or XML file -> columns of text with row numbers."""

from __future__ import annotations

import csv
import gc
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from xml.etree import ElementTree
from xml.etree.ElementTree import Element
from xml.parsers.expat.errors import XML_ERROR_NO_MEMORY, codes

from pdsa.errors import Problem
from pdsa.read.unpack import counted, listed

__all__ = [
    "RESERVED",
    "BrokenError",
    "Columns",
    "CsvReader",
    "parse_xml",
    "paused_collector",
    "read_xml",
]

MAX_COLUMNS = 500
MAX_TAGS = 12_000_000  # of one XML document: its tree must fit into memory
CHUNK = 50_000
RESERVED = ("source", "row")
UNSOUND = re.compile("[\0\udc80-\udcff]")
SIGNATURES = (
    (b"\x1f\x8b", "a file packed with gzip"),
    (b"PK\x03\x04", "a zip file or an Excel workbook"),
    (b"\xfd7zXZ\x00", "a file packed with xz"),
    (b"BZh", "a file packed with bzip2"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
    (b"\xff\xfe", "text in UTF-16"),
    (b"\xfe\xff", "text in UTF-16"),
    (b"<", "a web page or XML"),
)

Columns = dict[str, list[str]]


class CsvReader:
    """Reads one CSV file: gives its columns, keeps the number of each row, or the problems found."""

    def __init__(self, label: str, pool: dict[str, str]) -> None:
        self.label = label
        self.pool = pool
        self.problems: list[Problem] = []
        self.rows: list[int] = []

    def read(self, data: bytes, wanted: tuple[str, ...]) -> Columns:
        """The wanted columns (all of them if none are named); worth nothing if there are problems."""
        for signature, what in SIGNATURES:
            if data.lstrip(b" \r\n\t\xef\xbb\xbf").startswith(signature):
                self._tell(1, what, "a CSV file of plain text in UTF-8")
                return {}
        records = self._sound_records(data.decode("utf-8-sig", "surrogateescape"))
        header = next(records, (1, []))[1]
        self._check_header(header, wanted)
        columns = self._columns(records, header, [name for name in wanted or header if name in header])
        if not self.rows and not self.problems:
            self._tell(1, "a header and no rows below it", "at least one row of data")
        return columns

    def _tell(self, row: int, found: str, expected: str, cell: int = 0) -> None:
        place = f"{self.label}row {row}" + (f", cell {cell}" if cell else "")
        self.problems.append(Problem(place, found, expected))

    def _records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """Number and cells of each record that is not wholly empty, up to the first that cannot be told apart."""
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        row = 0
        try:
            for row, record in enumerate(reader, start=1):
                if record:
                    yield row, record
        except csv.Error as error:
            expected = "quotes that are closed, and doubled inside a cell; cells of at most 131,072 characters"
            self._tell(row + 1, f"a cell that cannot be read ({error})", expected)

    def _sound_records(self, text: str) -> Iterator[tuple[int, list[str]]]:
        """The records; tells cells that hold NUL bytes or bytes that are not UTF-8."""
        sound = text.isascii() and "\0" not in text
        for row, record in self._records(text):
            for place, cell in enumerate(() if sound else record, start=1):
                if bad := UNSOUND.search(cell):
                    byte = f"the byte 0x{ord(bad[0]) & 0xFF:02X}"
                    self._tell(row, byte, "text in UTF-8 (in a spreadsheet: save as CSV UTF-8)", place)
            yield row, record

    def _check_header(self, header: list[str], wanted: tuple[str, ...]) -> None:
        if not header:
            self._tell(1, "no text", "a header and rows of data")
        if len(header) > MAX_COLUMNS:
            self._tell(1, counted(len(header), "column"), f"at most {MAX_COLUMNS}")
        if len(header) == 1 and any(mark in header[0] for mark in ";\t|"):
            self._tell(1, f"one column {header[0][:60]!r}", "columns separated by commas")
        for place, name in enumerate(header[:MAX_COLUMNS], start=1):
            if not name.strip():
                self._tell(1, "a column without a name", "a name for every column", place)
            elif name in header[: place - 1]:
                self._tell(1, f"the column name {name[:60]!r} again", "another name for every column", place)
            elif name in RESERVED and not wanted:
                self._tell(1, f"a column {name}", f"another name, because pdsa adds a column {name} itself", place)
        for name in wanted if header else ():
            if name not in header:
                self._tell(1, f"the columns {listed(header)}", f"also a column {name}")

    def _columns(self, records: Iterator[tuple[int, list[str]]], header: list[str], names: list[str]) -> Columns:
        places = {name: header.index(name) for name in names}
        columns: Columns = {name: [] for name in places}
        while chunk := list(islice(records, CHUNK)):
            kept = [(row, record) for row, record in chunk if self._has_width(row, record, len(header))]
            self.rows.extend(row for row, _ in kept)
            for name, place in places.items():
                columns[name].extend(self.pool.setdefault(record[place], record[place]) for _, record in kept)
        return columns

    def _has_width(self, row: int, record: list[str], width: int) -> bool:
        if len(record) != width:
            self._tell(row, counted(len(record), "cell"), f"{counted(width, 'cell')}, as in the header")
        return len(record) == width


class BrokenError(Exception):
    """A document that is refused; the text says why."""


def read_xml(data: bytes, row: str) -> tuple[int, Columns]:
    """The number of row elements, and of each field (child element, or attribute as `@name`) its text in every row.

    Raises
    ------
    BrokenError
        If the document is not well-formed, in an unknown encoding, very large, declares a document type, or a row
        has a field twice.
    """
    with paused_collector():
        rows = list(parse_xml(data).iter(row))
        regular = regular_columns(rows)
        return len(rows), _any_columns(rows) if regular is None else regular


def parse_xml(data: bytes) -> Element:
    """The root of a document that is well-formed and declares no document type; else a BrokenError."""
    _refuse_dangers(data)
    try:
        return ElementTree.fromstring(data)  # noqa: S314 - no document type, so no entities to expand
    except (ElementTree.ParseError, LookupError, ValueError) as error:
        check_memory(error)
        raise BrokenError(str(error)) from error


def check_memory(error: Exception) -> None:
    """Raise the MemoryError that the XML parser tells as an error of the document."""
    if getattr(error, "code", None) == codes[XML_ERROR_NO_MEMORY]:
        raise MemoryError from error


@contextmanager
def paused_collector() -> Iterator[None]:
    """Keeps the garbage collector from walking a growing tree without cycles: a quarter of the time of reading."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _refuse_dangers(data: bytes) -> None:
    plain = data.replace(b"\0", b"") if b"\0" in data else data  # UTF-16 has a NUL in every tag
    if b"<!DOCTYPE" in plain or b"<!ENTITY" in plain:
        raise BrokenError("declares a document type, which pdsa does not read")
    if data.count(b"<") > MAX_TAGS:
        raise BrokenError(f"more than {MAX_TAGS} tags")


def regular_columns(rows: list[Element]) -> Columns | None:
    """Columns where all rows have the same plain fields in the same order, as published files do; else None."""
    fields = [child for row in rows for child in row]
    names = [child.tag for child in rows[0]] if rows else []
    regular = (
        len(set(names)) == len(names)
        and [child.tag for child in fields] == names * len(rows)
        and not any(map(len, fields))
        and not any(map(Element.keys, rows))
    )
    if not regular:
        return None
    texts = [child.text or "" for child in fields]
    return {name: texts[place :: len(names)] for place, name in enumerate(names)}


def _any_columns(rows: list[Element]) -> Columns:
    found = [_fields(number, row) for number, row in enumerate(rows, start=1)]
    names = dict.fromkeys(name for fields in found for name in fields)
    return {name: [fields.get(name, "") for fields in found] for name in names}


def _fields(number: int, row: Element) -> dict[str, str]:
    fields = {f"@{name}": text for name, text in row.attrib.items()}
    for child in row:
        if child.tag in fields:
            raise BrokenError(f"row {number} has two fields {child.tag}")
        fields[child.tag] = "".join(child.itertext())
    return fields
