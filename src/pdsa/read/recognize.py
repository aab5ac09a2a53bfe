"""What a file is, told by its content and checked against its name -> its Grids."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePosixPath

from pdsa.errors import InputError, Problem
from pdsa.read.encodings import decoded, encoding_fact
from pdsa.read.grid import Fact, Grid
from pdsa.read.options import ReadOptions
from pdsa.read.separated import chosen_delimiter, separated

__all__ = ["grids_of"]

XLS = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def grids_of(name: str, data: bytes, options: ReadOptions | None = None) -> tuple[Grid, ...]:
    """Every table in a file, as found.

    Parameters
    ----------
    name
        The file's name; its ending says how it is packed.
    data
        Its bytes.
    options
        What is known beforehand.

    Raises
    ------
    InputError
        If it is no file of tables, or none that may be read; says what to do instead.
    """
    options = options or ReadOptions()
    if not data:
        raise InputError(name, (Problem(name, "an empty file", "a file with a table"),))
    if data.startswith(b"PK"):
        from pdsa.read.workbooks import workbook_grids

        return _named(name, workbook_grids(name, data, options.sheets))
    return _named(name, (text_grid(name, data, options),))


def _named(name: str, grids: tuple[Grid, ...]) -> tuple[Grid, ...]:
    return tuple(replace(grid, name=PurePosixPath(name).name) for grid in grids)


def text_grid(source: str, data: bytes, options: ReadOptions) -> Grid:
    """The one table of a file of text."""
    kept = data.translate(None, bytes(options.strip)) if options.strip else data
    text, guessed = decoded(source, kept, options.encoding)
    delimiter, fact = chosen_delimiter(text, options.delimiter)
    grid = separated(source, text, delimiter)
    facts = [encoding_fact(grid)] if guessed else []
    facts.append(fact)
    if not text.endswith(("\n", "\r")):
        facts.append(
            Fact("no final line break", f"row {grid.rows[-1]}" if len(grid.rows) else "", "no line break at the end")
        )
    if len(kept) < len(data):
        facts.append(Fact("control characters", "", f"{len(data) - len(kept)} unwanted bytes removed"))
    return replace(grid, facts=tuple(facts))
