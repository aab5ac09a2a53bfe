"""Tables of the same shape, member by member of an archive -> one Grid that names the member in its last column."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from pdsa.read.grid import Fact, Grid
from pdsa.read.unpack import counted
from pdsa.texts import Coded

__all__ = ["ONE_TABLE", "Joined", "shape_of"]

SOURCE = "source"  # header of the column that names the member
ONE_TABLE = "members with the same columns, as one table"  # what is told of a table whose last column that is

BYTES = re.compile("0x[0-9A-F]{2}")  # facts about other bytes are other facts

Ints = NDArray[np.int64]
Shape = tuple[object, ...]


def shape_of(grid: Grid) -> Shape:
    """What two grids must have in common to be one table: their first row, and that it is as wide as the grid."""
    first = tuple(column.at(0) for column in grid.columns) if len(grid.rows) else ()
    if grid.kinds or len(first) < 2 or not all(first):
        return (grid.source,)  # a workbook's sheet, or a table that does not begin with its header: never joined
    return (grid.header, *first)


@dataclass(slots=True)
class _Column:
    """Codes of one column that grow grid by grid."""

    places: dict[str, int] = field(default_factory=dict)
    pieces: list[Ints] = field(default_factory=list)

    def add(self, codes: Ints, texts: tuple[str, ...]) -> None:
        moved = np.array([self.places.setdefault(text, len(self.places)) for text in texts], dtype=np.int64)
        self.pieces.append(moved[codes])

    def coded(self) -> Coded:
        return Coded(np.concatenate(self.pieces), tuple(self.places))


class Joined:
    """One table that grows by the grids of one shape."""

    def __init__(self, first: Grid) -> None:
        self.first = first
        self.columns = [_Column() for _ in first.columns]
        self.sources = _Column()
        self.rows: list[Ints] = []
        self.widths: list[Ints] = []
        self.facts: dict[tuple[object, ...], tuple[Fact, int]] = {}
        self.several = False
        self._take(first, 0)

    def add(self, grid: Grid) -> None:
        """Take the rows of one more grid, without its header."""
        self.several = True
        self._take(grid, 1)

    def _take(self, grid: Grid, start: int) -> None:
        for column, found in zip(self.columns, grid.columns, strict=True):
            used = np.unique(found.codes[start:])
            moved = np.zeros(len(found.texts), dtype=np.int64)
            moved[used] = np.arange(len(used))
            column.add(moved[found.codes[start:]], tuple(found.texts[place] for place in used.tolist()))
        count = len(grid.rows) - start
        self.sources.add(np.zeros(count, np.int64), (_member(grid),))
        self.rows.append(grid.rows[start:])
        self.widths.append(grid.widths[start:])
        for fact in grid.facts:
            self._note(fact, _member(grid))

    def _note(self, fact: Fact, member: str) -> None:
        """Keep the first fact of a kind, and count the members that have it too."""
        key = (fact.kind, fact.ask, *BYTES.findall(fact.found))
        place = ", ".join(filter(None, [member, fact.place])) if fact.place else ""
        first, count = self.facts.get(key, (replace(fact, place=place, rows=()), 0))
        self.facts[key] = first, count + 1

    def grid(self, source: str) -> Grid:
        """The table; of a single grid it is that grid itself."""
        if not self.several:
            return self.first
        members = self.sources.coded()
        name = SOURCE if SOURCE not in shape_of(self.first) else f"{SOURCE} (member)"
        texts = (name, *members.texts)
        codes = members.codes + 1
        codes[0] = 0
        columns = (*(column.coded() for column in self.columns), Coded(codes, texts))
        facts = (Fact("unpacked", "", f"{len(members.texts)} {ONE_TABLE}"),)
        return Grid(
            source,
            columns,
            np.concatenate(self.rows),
            np.concatenate(self.widths) + 1,
            header=self.first.header,
            facts=(*facts, *(_counted(*found) for found in self.facts.values())),
        )


def _member(grid: Grid) -> str:
    return grid.source.rpartition("!")[2]


def _counted(fact: Fact, members: int) -> Fact:
    more = f" and {counted(members - 1, 'more member')}" if fact.place and members > 1 else ""
    return replace(fact, place=f"{fact.place}{more}")
