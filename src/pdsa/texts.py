"""A column of texts as positions in its distinct texts; texts that no spreadsheet shall run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Coded", "guarded", "unguarded"]

# A spreadsheet runs a cell that begins with one of these (OWASP, "CSV injection"); a number it only shows.
FORMULA = re.compile(r"'*[=+\-@\t\r\n]")
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)*%?")


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A column of texts as positions in its distinct texts, in the order in which they appear."""

    codes: NDArray[np.int64]
    texts: tuple[str, ...]

    def rows_of(self, bad: Iterable[int]) -> NDArray[np.bool_]:
        """Mask of the rows whose text is one of the distinct texts at these positions."""
        flags = np.zeros(len(self.texts), dtype=bool)
        flags[list(bad)] = True
        return np.asarray(flags[self.codes], dtype=bool)

    def at(self, row: int) -> str:
        """The text of one row."""
        return self.texts[int(self.codes[row])]


def guarded(text: str) -> str:
    """A text as a CSV file may hold it: with an apostrophe before what a spreadsheet would run.

    Examples
    --------
    >>> guarded("=1+1"), guarded("-5"), unguarded(guarded("=1+1"))
    ("'=1+1", '-5', '=1+1')
    """
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text


def unguarded(text: str) -> str:
    """The text that `guarded` was given."""
    return text[1:] if text.startswith("'") and guarded(text[1:]) == text else text
