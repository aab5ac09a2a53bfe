"""One sheet as a spreadsheet shows it: cells by row and column -> Grid."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from pdsa.errors import InputError, Problem
from pdsa.read.cells import BLANK, DATE, FORMULA, NUMBER, PERCENT, TEXT
from pdsa.read.columns import Coder, check_cells
from pdsa.read.grid import Fact, Grid
from pdsa.read.unpack import counted

__all__ = ["Area", "Sheet", "letters", "spans"]

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_CELLS = 1_000_000
MAX_FILLED = 1_000_000  # cells that merged ranges may fill
PLACES_SHOWN = 8

Cell = tuple[str, int]  # text and kind
Area = tuple[int, int, int, int]  # first row, first column, last row, last column of merged cells


@dataclass(slots=True)
class Sheet:
    """A sheet that grows row by row; rows and columns are numbered from 1.

    Parameters
    ----------
    source
        `book.xlsx!Data`.
    cells
        By row, then by column: only cells that are not blank.
    hidden_rows, struck_rows, hidden_columns
        Their numbers.
    merged
        Ranges whose cells show the text of the first one.
    uncalculated, imprecise
        Row and column of formulas without a result, and of numbers of more than 15 digits.
    """

    source: str
    cells: dict[int, dict[int, Cell]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    struck_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[Area] = field(default_factory=list)
    uncalculated: list[tuple[int, int]] = field(default_factory=list)
    imprecise: list[tuple[int, int]] = field(default_factory=list)
    count: int = 0

    def put(self, row: int, column: int, text: str, kind: int) -> None:
        """Take a cell that is not blank, within the limits."""
        if column > MAX_COLUMNS:
            self._refuse(f"{letters(column)}{row}", f"a cell in column {column}", f"at most {MAX_COLUMNS} columns")
        self.cells.setdefault(row, {})[column] = text, kind
        self.count += 1
        if self.count > MAX_CELLS:
            self._refuse(f"row {row}", f"more than {MAX_CELLS} cells", f"at most {MAX_CELLS} cells in a sheet")
        if len(self.cells) > MAX_ROWS:
            self._refuse(f"row {row}", f"more than {MAX_ROWS} rows", f"at most {MAX_ROWS} rows in a sheet")
        if kind == FORMULA:
            self.uncalculated.append((row, column))

    def grid(self, facts: Sequence[Fact] = ()) -> Grid:
        """The sheet up to its last row and column that are not blank; a gap of blank rows is one blank row."""
        own = [*facts, *self._facts()]
        self._fill_merged()
        rows = list(_with_gaps(sorted(self.cells)))
        lines = [self.cells.get(row, {}) for row in rows]
        width = max((max(line) for line in lines if line), default=0)
        columns, kinds = [], []
        for column in range(1, width + 1):
            found = [line.get(column, ("", BLANK)) for line in lines]
            coder = Coder()
            coder.add([text for text, _ in found])
            columns.append(coder.coded())
            kinds.append(np.array([kind for _, kind in found], dtype=np.int8))
        widths = np.array([max(line, default=0) for line in lines], dtype=np.int64)
        numbers = np.array(rows, dtype=np.int64)
        grid = Grid(self.source, tuple(columns), numbers, widths, tuple(kinds), facts=tuple(own))
        return check_cells(self.source, grid)

    def _refuse(self, place: str, found: str, expected: str) -> None:
        step = "delete what stands outside the table, or save the table alone as CSV UTF-8, and run the command again"
        raise InputError(self.source, (Problem(place, found, expected),), next_step=step)

    def _fill_merged(self) -> None:
        """Show the text of merged cells in all of them that lie in rows and columns with other content."""
        rows, last = sorted(self.cells), max((max(line) for line in self.cells.values() if line), default=0)
        filled = 0
        for top, left, bottom, right in self.merged:
            text, kind = self.cells.get(top, {}).get(left, ("", BLANK))
            if kind not in (TEXT, DATE):
                continue
            for row in rows[int(np.searchsorted(rows, top)) : int(np.searchsorted(rows, bottom, "right"))]:
                for column in range(left, min(right, last) + 1):
                    self.cells[row].setdefault(column, (text, kind))
                    filled += 1
            if filled > MAX_FILLED:
                self._refuse(f"row {top}", "merged cells that overlap", f"at most {MAX_FILLED} merged cells")

    def _facts(self) -> Iterable[Fact]:
        yield from self._row_facts("hidden rows", self.hidden_rows)
        yield from self._row_facts("struck rows", self.struck_rows)
        width = max((max(line) for line in self.cells.values() if line), default=0)
        if hidden := sorted(column for column in self.hidden_columns if column <= width):
            names = _listed([letters(column) for column in hidden])
            yield Fact("hidden columns", f"columns {names}", f"hidden columns, read like the others: {names}")
        yield from self._merged_facts()
        for kind, places, words in (
            ("uncalculated", self.uncalculated, "whose formula has no result yet: open the book, save it, try again"),
            (
                "precision",
                self.imprecise,
                "with a number of more than 15 digits, of which a spreadsheet loses the last",
            ),
        ):
            if places:
                names = _listed([f"{letters(column)}{row}" for row, column in places])
                rows = tuple(dict.fromkeys(row for row, _ in places))
                yield Fact(kind, names, f"{counted(len(places), 'cell')} {words}", ask=True, rows=rows)

    def _row_facts(self, kind: str, rows: set[int]) -> Iterable[Fact]:
        found = tuple(sorted(row for row in rows if self.cells.get(row)))
        if found:
            counts = any(cell[1] in (NUMBER, PERCENT) for row in found for cell in self.cells[row].values())
            words = f"{counted(len(found), 'row')} {'hidden' if kind == 'hidden rows' else 'struck through'}"
            yield Fact(kind, spans(found), words + (" with numbers in them" if counts else ""), counts, found)

    def _merged_facts(self) -> Iterable[Fact]:
        """Numbers in cells merged over several rows: nobody knows whether each of the rows has it, or all together."""
        found = [area for area in self.merged if area[2] > area[0] and self._kind(area) in (NUMBER, PERCENT)]
        if found:
            names = _listed([f"{letters(left)}{top}:{letters(right)}{bottom}" for top, left, bottom, right in found])
            rows = sorted({row for top, _, bottom, _ in found for row in range(top, min(bottom, top + MAX_ROWS) + 1)})
            words = f"{counted(len(found), 'number')} in cells merged over several rows, kept in the first of them only"
            yield Fact("merged", names, words, True, tuple(row for row in rows if row in self.cells))

    def _kind(self, area: Area) -> int:
        return self.cells.get(area[0], {}).get(area[1], ("", BLANK))[1]


def letters(column: int) -> str:
    """The name of a column: 1 is A, 27 is AA."""
    name = ""
    while column:
        column, place = divmod(column - 1, 26)
        name = chr(65 + place) + name
    return name


def spans(rows: Sequence[int]) -> str:
    """`row 4`, `rows 3 to 5, 9`: ascending numbers in few words."""
    runs: list[list[int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1][1] = row
        else:
            runs.append([row, row])
    words = [str(first) if first == last else f"{first} to {last}" for first, last in runs]
    return ("row " if len(rows) == 1 else "rows ") + _listed(words)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - PLACES_SHOWN} more" if len(names) > PLACES_SHOWN else ""
    return ", ".join(names[:PLACES_SHOWN]) + more


def _with_gaps(rows: Sequence[int]) -> Iterable[int]:
    """The rows, and the first blank one of every gap between them."""
    last = 0
    for row in rows:
        if row > last + 1:
            yield last + 1
        yield row
        last = row
