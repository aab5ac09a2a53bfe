"""Tables and grids of tests, written as rows of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pdsa.check import Coded
from pdsa.mapping.tables import Table
from pdsa.read.grid import Grid


def coded(texts: Sequence[str]) -> Coded:
    distinct = tuple(dict.fromkeys(texts))
    return Coded(np.array([distinct.index(text) for text in texts], dtype=np.int64), distinct)


def split(text: str) -> list[list[str]]:
    """Rows of cells, separated by bars; blanks around cells do not count."""
    lines = [line for line in text.splitlines() if line.strip()]
    return [[cell.strip() for cell in line.split("|")] for line in lines]


def grid(text: str, source: str = "f.csv") -> Grid:
    rows = split(text)
    columns = tuple(coded([row[k] for row in rows]) for k in range(len(rows[0])))
    numbers = np.arange(1, len(rows) + 1)
    return Grid(source, columns, numbers, np.full(len(rows), len(rows[0])), name=source)


def table(text: str, source: str = "f.csv", titles: tuple[str, ...] = ()) -> Table:
    """The first row holds the headers; the body begins in row 2."""
    headers, *rows = split(text)
    return Table(
        source=source,
        name=source.split("!")[0],
        headers=tuple(headers),
        columns=tuple(coded([row[k] for row in rows]) for k in range(len(headers))),
        kinds=(),
        rows=np.arange(2, len(rows) + 2),
        titles=titles,
        header=1,
    )


def texts(column: Coded) -> list[str]:
    return [column.texts[code] for code in column.codes.tolist()]


def rows_of(found: Table) -> list[list[str]]:
    return [list(row) for row in zip(*map(texts, found.columns), strict=True)]
