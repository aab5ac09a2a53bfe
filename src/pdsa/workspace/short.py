"""Rows that lack cells: where nothing else can be meant, they are mistakes of single rows and not of the whole file."""

from __future__ import annotations

from pathlib import Path

from pdsa.errors import InputError, Problem
from pdsa.workspace.files import Sheet, sheet_of

__all__ = ["without_short"]


def without_short(file: Path, error: InputError) -> tuple[Sheet, tuple[tuple[str, Problem], ...]] | None:
    """The other rows of a file, and the school that each short row names with its problem; None where nobody can tell.

    A quote that is not closed swallows other rows, so no row of a file with a quote is taken for merely short. A file
    that breaks off in its last row may lack others too, and a cell that breaks off may name another school.

    Parameters
    ----------
    file
        A CSV file of observations.
    error
        What was wrong with it: with anything but short rows, None.
    """
    lines = file.read_bytes().splitlines(keepends=True)
    filled = [row for row, line in enumerate(lines) if line.strip(b"\r\n")]
    if not filled or any(b'"' in line for line in lines):
        return None
    names = lines[filled[0]].decode("utf-8-sig", "replace").strip("\r\n").split(",")
    short = {row: lines[row].decode("utf-8", "replace") for row in filled if lines[row].count(b",") + 1 < len(names)}
    place = names.index("school") if "school" in names else len(names)
    whole = all(text.endswith(("\r", "\n")) and text.count(",") > place for text in short.values())
    if not whole or not short or len(error.problems) != len(short):
        return None
    told = zip([text.split(",")[place] for text in short.values()], error.problems, strict=True)
    # an empty row keeps the numbers of those below it; after a line that ends in \r alone, \n would be none
    rest = b"".join(b"\r\n" if row in short else line for row, line in enumerate(lines))
    try:
        return sheet_of(file.name, rest, reserved=True), tuple(told)
    except InputError:
        return None
