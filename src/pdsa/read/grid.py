"""A table as a file holds it, before anybody says what is a header: cells as text, column by column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdsa.texts import Coded

__all__ = ["KINDS", "Fact", "Grid"]

Ints = NDArray[np.int64]
Kinds = NDArray[np.int8]

# What a spreadsheet says a cell is; positions in this tuple are the codes of `Grid.kinds`. Files of text say nothing.
KINDS = ("blank", "text", "number", "percent", "date", "boolean", "error", "formula")


@dataclass(frozen=True, slots=True)
class Fact:
    """Something about a file that a reader of its numbers must know.

    Parameters
    ----------
    kind
        `encoding`, `delimiter`, `sheet`, `hidden rows`, `hidden columns`, `struck rows`, `merged`, `uncalculated`,
        `no final line break`, `control characters`, `macros`, `links`, `unpacked` ...
    place
        Where, as a spreadsheet shows it: `row 14`, `rows 3 to 5`, `B7`; "" for the whole file.
    found
        What was found, in words.
    ask
        True where somebody must decide before the numbers may be used.
    rows
        The rows concerned, as the spreadsheet numbers them; () where they are not rows.
    """

    kind: str
    place: str
    found: str
    ask: bool = False
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """One sheet, text file or list of records as found; nothing is interpreted.

    Parameters
    ----------
    source
        `days.csv`, `book.xlsx!Data`, `archive.zip!days.csv`.
    columns
        One for each column from the first (A) on, all of the same length: cells as text, the empty text where blank.
        A cell that shows 0012, 90% or a day in a spreadsheet is that text ("0012", "90%", "2024-03-04"), not the
        number behind it; a percent has all digits of its number ("91.234%").
    rows
        Shape (rows,): the number of each row as the spreadsheet shows it (1 is the first).
    widths
        Shape (rows,): how many cells each row has in a file of text; else up to its last cell that is not blank.
    kinds
        For each column the positions in `KINDS`, shape (rows,); () for files of text.
    header
        Position of the header in `rows` where the format says so (XML, JSON: 0, with row number 0); -1 where not.
    facts
        What else is to be known.
    name
        The file's own name, without folders.
    """

    source: str
    columns: tuple[Coded, ...]
    rows: Ints
    widths: Ints
    kinds: tuple[Kinds, ...] = ()
    header: int = -1
    facts: tuple[Fact, ...] = ()
    name: str = ""
