"""Text with separated columns (CSV and its kin) -> Grid."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice, zip_longest

import numpy as np
from numpy.typing import NDArray

from pdsa.errors import InputError, Problem
from pdsa.read.columns import Coder, check_cells, trimmed
from pdsa.read.grid import Fact, Grid
from pdsa.read.quick import quick_columns
from pdsa.read.unpack import counted
from pdsa.texts import Coded

__all__ = ["DELIMITERS", "chosen_delimiter", "separated"]

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}
HINT = re.compile('"?sep=([,;\t|])"?[\r\n]', re.IGNORECASE)  # how Excel is told the delimiter
MAX_COLUMNS = 500
SAMPLE = 2**17  # characters that are looked at to find the delimiter
SAMPLE_ROWS = 200
QUICK_FROM = 2**17  # characters of a text from which arithmetic pays
CHUNK = 2**20  # characters taken at a time
RECORDS = 20_000  # records taken at a time where there are quotes

Ints = NDArray[np.int64]
Piece = tuple[Sequence[Sequence[str]], Sequence[int]]  # columns, and the width of each row


def separated(source: str, text: str, delimiter: str, data: bytes = b"") -> Grid:
    """The cells of a text as found; a record with line breaks in its quotes is one row.

    Parameters
    ----------
    source
        What the file is called in messages.
    text
        The whole text.
    delimiter
        What separates its cells.
    data
        The same text in UTF-8, if it is at hand: large texts need not be encoded again.

    Raises
    ------
    InputError
        With the place of an open quote, of control characters, of cells that are too long, or of columns that are
        too many.
    """
    coded, widths = _columns(source, text, delimiter, data)
    rows = trimmed(coded, len(widths))
    width = int(widths[:rows].max(initial=0))
    cells = tuple(column if rows == len(widths) else _cut(column, rows) for column in coded[:width])
    numbers = np.arange(1, rows + 1, dtype=np.int64)
    return check_cells(source, Grid(source, cells, numbers, widths[:rows]))


def _cut(column: Coded, rows: int) -> Coded:
    """The first rows, and their texts only: texts stand in the order of their first row."""
    codes = column.codes[:rows]
    return Coded(codes, column.texts[: int(codes.max(initial=-1)) + 1])


def _columns(source: str, text: str, delimiter: str, data: bytes) -> tuple[Sequence[Coded], Ints]:
    quoted = '"' in text
    if "\r" in text and not quoted:
        text, data = text.replace("\r\n", "\n").replace("\r", "\n"), b""
    if len(text) > QUICK_FROM and delimiter.isascii() and "\0" not in text:
        found = _quick(text, delimiter, data)
        if found:
            return found, np.full(len(found[0].codes), len(found), dtype=np.int64)
    return _gathered(_quoted(source, text, delimiter) if quoted else _unquoted(source, text, delimiter))


def _quick(text: str, delimiter: str, data: bytes) -> tuple[Coded, ...] | None:
    if "\r" not in text:
        return quick_columns(data or text.encode("utf-8"), delimiter, MAX_COLUMNS)
    if text.count("\r") != text.count("\r\n"):
        return None
    found = quick_columns(text.replace("\r\n", "\n").encode("utf-8"), delimiter, MAX_COLUMNS)
    # a line break inside a cell is to stay as it is, and there is none if every one of them ends a row
    lines = text.count("\n") + (not text.endswith("\n"))
    return found if found and len(found[0].codes) == lines else None


def chosen_delimiter(text: str, given: str = "") -> tuple[str, Fact]:
    """The character that separates the columns of most of the first rows, and how sure that is.

    A row speaks for a delimiter if it has as many cells as most rows have with it, and more than one.
    """
    if given:
        return given, Fact("delimiter", "", f"columns separated by {DELIMITERS.get(given, repr(given))}, as told")
    if hint := HINT.match(text):
        return hint[1], Fact("delimiter", "row 1", f"columns separated by {DELIMITERS[hint[1]]}, as row 1 says")
    sample = text[:SAMPLE]
    if len(text) > SAMPLE:
        sample = sample[: max(sample.rfind("\n"), sample.rfind("\r")) + 1] or sample
    votes = {delimiter: _votes(sample, delimiter) for delimiter in DELIMITERS}
    most = max(count for count, _ in votes.values())
    if most == 0:
        return ",", Fact("delimiter", "", "one column")
    best = sorted((d for d in votes if votes[d][0] == most), key=lambda d: -votes[d][1])
    words = f"columns separated by {DELIMITERS[best[0]]} ({votes[best[0]][1]} in most rows)"
    if len(best) > 1:
        also = " or ".join(DELIMITERS[other] for other in best[1:])
        return best[0], Fact("delimiter", "", f"{words}; {also} would do as well", ask=True)
    return best[0], Fact("delimiter", "", words)


def _votes(sample: str, delimiter: str) -> tuple[int, int]:
    """How many of the first rows have the most frequent number of cells above one, and that number."""
    widths: Counter[int] = Counter()
    with suppress(csv.Error):  # a quote that the end of the sample cuts, or one never closed, which is told later
        for record in islice(_reader(sample, delimiter), SAMPLE_ROWS):
            widths[len(record)] += len(record) > 1
    return max(((count, width) for width, count in widths.items() if count), default=(0, 0))


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _gathered(pieces: Iterable[Piece]) -> tuple[Sequence[Coded], Ints]:
    columns: list[Coder] = []
    widths: list[Ints] = []
    done = 0
    for cells, wide in pieces:
        columns.extend(Coder() for _ in range(len(cells) - len(columns)))
        for column, texts in zip(columns, cells, strict=False):
            column.fill(done)
            column.add(texts)
        widths.append(np.array(wide, dtype=np.int64))
        done += len(wide)
    for column in columns:
        column.fill(done)
    return [column.coded() for column in columns], np.concatenate(widths) if widths else np.zeros(0, np.int64)


def _unquoted(source: str, text: str, delimiter: str) -> Iterator[Piece]:
    """Pieces of a text without quotes: lines are rows, and delimiters always separate."""
    start, row = 0, 0
    while start < len(text):
        end = text.find("\n", start + CHUNK)
        end = len(text) if end < 0 else end + 1
        lines = text[start:end]
        piece = _even(lines.removesuffix("\n"), delimiter) or _uneven(source, row, list(_reader(lines, delimiter)))
        yield piece
        start, row = end, row + len(piece[1])


def _even(lines: str, delimiter: str) -> Piece | None:
    """The cells of lines that all have the same number of them, more than one; else None."""
    width = lines.split("\n", 1)[0].count(delimiter) + 1
    if not 1 < width <= MAX_COLUMNS:
        return None
    # a cell that is only a line break stands after every row: where it does not, a row is longer or shorter
    cells = lines.replace("\n", f"{delimiter}\n{delimiter}").split(delimiter)
    ends = cells[width :: width + 1]
    if ends.count("\n") != len(ends) or (len(cells) + 1) % (width + 1) or len(ends) != lines.count("\n"):
        return None
    return [cells[column :: width + 1] for column in range(width)], [width] * (len(ends) + 1)


def _uneven(source: str, row: int, records: list[list[str]]) -> Piece:
    widths = [len(record) for record in records]
    if max(widths, default=0) > MAX_COLUMNS:
        far = [number for number, record in enumerate(records) if any(record[MAX_COLUMNS:])]
        if far:
            found = counted(len(records[far[0]]), "column")
            raise _broken(source, f"row {row + far[0] + 1}", found, f"at most {MAX_COLUMNS}")
        records = [record[:MAX_COLUMNS] for record in records]
    return list(zip_longest(*records, fillvalue="")), widths


def _quoted(source: str, text: str, delimiter: str) -> Iterator[Piece]:
    reader = _reader(text, delimiter)
    row = 0
    while True:
        records: list[list[str]] = []
        try:
            records.extend(islice(reader, RECORDS))
        except csv.Error as error:
            raise _unreadable(source, text, delimiter, str(error)) from error
        if not records:
            return
        yield _uneven(source, row, records)
        row += len(records)


def _unreadable(source: str, text: str, delimiter: str, reason: str) -> InputError:
    """The record that cannot be told apart, as an error with its place."""
    row = 0
    with suppress(csv.Error):
        for _ in _reader(text, delimiter):
            row += 1
    place = f"row {row + 1}"
    if "field larger" in reason:
        return _broken(source, place, "a cell of more than 131072 characters", "cells of at most 32767 characters")
    if "unexpected end" in reason:
        lenient = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        last = next(islice(lenient, row, None), [])
        place += f", cell {max(len(last), 1)}"
        found = f"a quote that is never closed, at {last[-1][:30]!r}" if last else "a quote that is never closed"
        return _broken(source, place, found, 'a closing quote (") where the cell ends')
    expected = 'quotes (") that are closed where the cell ends, and doubled inside a cell'
    return _broken(source, place, f"a cell that cannot be read ({reason})", expected)


def _broken(source: str, place: str, found: str, expected: str) -> InputError:
    return InputError(source, (Problem(place, found, expected),), next_step=MEND)


MEND = "mend that row in the file it was exported from, or export it again, and run the same command again"
