"""The rows of one measure from all tables of an import, one table below the other."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdsa.check import Coded
from pdsa.mapping.body import Body, Cells
from pdsa.mapping.keys import constant, stacked
from pdsa.mapping.tables import part
from pdsa.terms import STATUSES

__all__ = ["STATUS_CODES", "Numbers", "Rows", "stack"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]

STATUS_CODES: Pairs[str, int] = {status: code for code, status in enumerate(STATUSES)}
MISSING = STATUS_CODES["missing"]


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """The rows of one measure from all tables, each array of shape (rows,).

    Parameters
    ----------
    sources, rows
        Table and row number of each row.
    school, school_name, district, part, group_dim, group, measure, status
        Texts by role.
    period
        Cells of the period.
    cells
        Cells of the value, the numerator and the denominator; parts that no table has are left out.
    total
        Rows that are totals.
    """

    sources: Coded
    rows: Ints
    school: Coded
    school_name: Coded
    district: Coded
    part: Coded
    group_dim: Coded
    group: Coded
    measure: Coded
    status: Coded
    period: Cells
    cells: Pairs[str, Cells]
    total: Mask

    def only(self, keep: Mask) -> Rows:
        """Some of the rows."""
        texts = {name: _kept(getattr(self, name), keep) for name in (*TEXTS, "sources")}
        return Rows(
            rows=self.rows[keep],
            total=self.total[keep],
            period=_kept_cells(self.period, keep),
            cells={part: _kept_cells(one, keep) for part, one in self.cells.items()},
            **texts,
        )

    def place(self, row: int, column: str = "") -> str:
        """File, row and column of a cell."""
        return f"{self.sources.at(row)}, row {self.rows[row]}" + (f", {column}" if column else "")


def _kept(column: Coded, keep: Mask) -> Coded:
    return Coded(column.codes[keep], column.texts)


def _kept_cells(cells: Cells, keep: Mask) -> Cells:
    return Cells(cells.header, part(cells.texts, keep), None if cells.kinds is None else cells.kinds[keep])


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """The numbers of rows, each array of shape (rows,); `published` are numerators and denominators before rows that
    cannot be were set aside."""

    value: Floats
    numerator: Floats
    denominator: Floats
    status: Codes
    published: tuple[Floats, Floats]

    @classmethod
    def absent(cls, count: int) -> Numbers:
        """No number in any row."""
        none = np.full(count, np.nan)
        return cls(none, none, none, np.full(count, MISSING, np.int8), (none, none))

    def put(self, rows: Mask, other: Numbers) -> Numbers:
        """These numbers with those of some rows replaced."""

        def placed(own: NDArray[Any], new: NDArray[Any]) -> NDArray[Any]:
            answer = own.copy()
            answer[rows] = new
            return answer

        names = ("value", "numerator", "denominator", "status")
        arrays = {name: placed(getattr(self, name), getattr(other, name)) for name in names}
        both = tuple(placed(own, new) for own, new in zip(self.published, other.published, strict=True))
        return Numbers(**arrays, published=(both[0], both[1]))


TEXTS = ("school", "school_name", "district", "part", "group_dim", "group", "measure", "status")


def stack(bodies: Sequence[Body], measure: str) -> Rows:
    """The rows of all tables that have a measure, one below the other."""
    chosen = [body for body in bodies if measure in body.measures]
    if len(chosen) == 1:
        return _alone(chosen[0], measure)
    parts = dict.fromkeys(part for body in chosen for part in body.measures[measure])
    return Rows(
        sources=stacked([body.sources for body in chosen]),
        rows=np.concatenate([body.rows for body in chosen]),
        period=_stacked_cells([body.period for body in chosen]),
        cells={part: _stacked_cells([_of(body, measure, part) for body in chosen]) for part in parts},
        total=np.concatenate([body.total for body in chosen]),
        **{name: stacked([getattr(body, name) for body in chosen]) for name in TEXTS},
    )


def _alone(body: Body, measure: str) -> Rows:
    """The rows of the only table."""
    return Rows(
        sources=body.sources,
        rows=body.rows,
        period=body.period,
        cells=body.measures[measure],
        total=body.total,
        **{name: getattr(body, name) for name in TEXTS},
    )


def _of(body: Body, measure: str, part: str) -> Cells:
    return body.measures[measure].get(part) or Cells("", constant("", len(body.rows)), None)


def _stacked_cells(cells: Sequence[Cells]) -> Cells:
    header = next((one.header for one in cells if one.header), "")
    if all(one.kinds is None for one in cells):
        return Cells(header, stacked([one.texts for one in cells]), None)
    kinds = [np.ones(len(one.texts.codes), np.int8) if one.kinds is None else one.kinds for one in cells]
    return Cells(header, stacked([one.texts for one in cells]), np.concatenate(kinds))
