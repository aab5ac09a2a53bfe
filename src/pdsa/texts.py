"""A column of texts as positions in its distinct ones; what no spreadsheet shall run; numbers and lists as read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Coded", "guarded", "listed", "number_read", "number_told", "unguarded"]

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


def number_told(value: float, unit: str, more: int = 0) -> str:
    """A finite number as people read it: three digits that matter, all of them between 1,000 and a billion.

    Parameters
    ----------
    value
        Finite.
    unit
        Of the measure; percents have one decimal, however small they are.
    more
        Digits beyond the usual ones.

    Examples
    --------
    >>> number_told(31.24, "minutes"), number_told(0.01234, ""), number_told(0.964, "%"), number_told(0.964, "%", 1)
    ('31.2', '0.0123', '1.0', '0.96')
    """
    size = abs(value)
    if size >= 1e9:
        return f"{value:.{3 + more}g}"
    if unit == "%" or 1 <= size < 1000 or value == 0:
        told = f"{value:.{1 + more}f}"
        return told.removeprefix("-") if not float(told) else told
    return f"{value:.{more}f}" if size >= 1000 else f"{value:.{3 + more}g}"


def number_read(value: float, unit: str, more: int = 0) -> float:
    """The number that a reader of `number_told` has: what is judged by it agrees with what is printed.

    Examples
    --------
    >>> number_read(74.96, ""), number_read(999.96, "") == number_read(1000.4, "")
    (75.0, True)
    """
    return float(number_told(value, unit, more))


def listed(words: Sequence[str], last: str = "and") -> str:
    """Return words as one list.

    Parameters
    ----------
    words
        One at least.
    last
        What stands before the last of them.

    Examples
    --------
    >>> listed(["A", "B", "C"], "or"), listed(["A", "B"]), listed(["A"])
    ('A, B or C', 'A and B', 'A')
    """
    *first, end = words
    return f"{', '.join(first)} {last} {end}" if first else end
