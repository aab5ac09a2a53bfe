"""Columns of texts that grow piece by piece, and what is wrong with their cells."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import count

import numpy as np
from numpy.typing import NDArray

from pdsa.errors import InputError, Problem
from pdsa.read.grid import Fact, Grid
from pdsa.texts import Coded

__all__ = [
    "MAX_CELL",
    "Coder",
    "check_cells",
    "control_fact",
    "filled_rows",
    "first_place",
    "trimmed",
    "without_controls",
]

MAX_CELL = 32_767  # characters; what a cell of a spreadsheet can hold
NEVER = re.compile("[\0\ud800-\udfff]")  # in no text
CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")

MEND = "open it in a spreadsheet, mend these cells, save it as CSV UTF-8, and run the same command again"

Ints = NDArray[np.int64]


class Coder:
    """Codes of texts in the order of their first appearance."""

    def __init__(self) -> None:
        self.places: defaultdict[str, int] = defaultdict(count().__next__)
        self.pieces: list[Ints] = []
        self.length = 0

    def add(self, texts: Sequence[str]) -> None:
        """Take more rows."""
        self.pieces.append(np.fromiter(map(self.places.__getitem__, texts), np.int64, len(texts)))
        self.length += len(texts)

    def fill(self, length: int) -> None:
        """Take blank rows up to this length."""
        if length > self.length:
            self.pieces.append(np.full(length - self.length, self.places[""], dtype=np.int64))
            self.length = length

    def coded(self) -> Coded:
        """All rows so far."""
        codes = np.concatenate(self.pieces) if self.pieces else np.zeros(0, np.int64)
        return Coded(codes, tuple(self.places))


def trimmed(columns: Sequence[Coded], rows: int) -> int:
    """How many rows there are up to the last one with a text in it."""
    if rows and any(column.at(rows - 1) for column in columns):
        return rows
    filled = np.flatnonzero(filled_rows(columns, rows))
    return int(filled[-1]) + 1 if len(filled) else 0


def filled_rows(columns: Sequence[Coded], rows: int) -> NDArray[np.bool_]:
    """Mask of the rows with a text in them."""
    filled = np.zeros(rows, dtype=bool)
    for column in columns:
        filled |= column.rows_of(place for place, text in enumerate(column.texts) if text)
    return filled


def first_place(grid: Grid, wanted: Callable[[str], object]) -> tuple[str, str]:
    """Place ("row 3, cell 2") and text of the first cell, row by row, that is wanted; ("", "") if none is."""
    found = []
    for cell, column in enumerate(grid.columns, start=1):
        hits = np.flatnonzero(column.rows_of(place for place, text in enumerate(column.texts) if wanted(text)))
        if len(hits):
            found.append((int(hits[0]), cell, column.at(int(hits[0]))))
    if not found:
        return "", ""
    row, cell, text = min(found)
    return f"row {grid.rows[row]}, cell {cell}", text


def check_cells(source: str, grid: Grid) -> Grid:
    """The same grid, if every cell is text that a spreadsheet could hold.

    Raises
    ------
    InputError
        With every cell that holds a NUL or half a character, or is too long.
    """
    found = [
        (row, cell, problem)
        for cell, column in enumerate(grid.columns, start=1)
        for place, problem in _faults(column.texts)
        for row in np.flatnonzero(column.codes == place).tolist()
    ]
    if found:
        ordered = sorted(found, key=lambda one: one[:2])
        problems = tuple(Problem(f"row {grid.rows[row]}, cell {cell}", *words) for row, cell, words in ordered)
        raise InputError(source, problems, next_step=MEND)
    return grid


def control_fact(grid: Grid) -> Fact | None:
    """The question whether control characters in cells may be left out, if there are any."""
    place, text = first_place(grid, CONTROL.search)
    if not place:
        return None
    found = {sign for column in grid.columns for words in column.texts for sign in CONTROL.findall(words)}
    names = ", ".join(f"0x{ord(sign):02X}" for sign in sorted(found))
    return Fact("control characters", place, f"control characters ({names}) left out: in {text[:60]!r}", ask=True)


def without_controls(text: str) -> str:
    """The text without the control characters that `control_fact` asks about."""
    return CONTROL.sub("", text)


def _faults(texts: Sequence[str]) -> list[tuple[int, tuple[str, str]]]:
    """Positions of texts that no cell may hold, with what was found and expected."""
    faults = []
    for place, text in enumerate(texts):
        if hit := NEVER.search(text):
            name = "a NUL byte" if hit[0] == "\0" else "half a character"
            faults.append((place, (f"{name} in {text[:40]!r}", "text")))
        elif len(text) > MAX_CELL:
            faults.append((place, (f"a cell of {len(text)} characters", f"at most {MAX_CELL} characters in a cell")))
    return faults
