"""A column of texts as positions in its distinct texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Coded"]


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
