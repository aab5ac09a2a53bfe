"""A block as a rule sees it: which points are passed over, where the zones begin, which way each step goes."""

from __future__ import annotations

from functools import cached_property
from typing import Protocol
from weakref import proxy

import numpy as np

from pdsa.limits import Bools, Floats, Lines, Squeezed
from pdsa.limits.block import ROUNDING
from pdsa.rules.runs import Runs, runs
from pdsa.terms import ON_LINE


class Book(Protocol):
    """What a view reads of the rulebook that it belongs to."""

    lines: Lines
    known: Bools
    value: Floats

    @property
    def sides(self) -> tuple[Bools, Bools]:
        """Points above and below the center."""


def sides(value: Floats, center: Floats, size: Floats) -> tuple[Bools, Bools]:
    """Shape (rows, width) each: cells above and below the center; `size`, shape (rows, 1), is the largest value."""
    near = np.fmax(ON_LINE * np.abs(center), ROUNDING * size)
    return value > center + near, value < center - near


class View:
    """A block as a rule sees it: points in order, some of them passed over; what several rules need is kept."""

    def __init__(self, book: Book, order: Squeezed | None, broken: bool = False) -> None:
        # the book holds its views: a circle of references would keep every block in memory
        self._book: Book = proxy(book)
        self._lines, self.order, self._broken = book.lines, order, broken
        self._zones: dict[float, tuple[Bools, Bools]] = {}

    def _take(self, cells: Floats) -> Floats:
        return cells if self.order is None else self.order.take(cells)

    def _bytes(self, cells: Bools) -> Bools:
        return (cells if self.order is None else self.order.take(cells, False)).ravel()

    def back(self, cells: Bools) -> Bools:
        """Flat cells in their places within the block."""
        if self.order is None:
            return cells
        return self.order.back(cells.reshape(self._book.known.shape)).ravel()

    @cached_property
    def value(self) -> Floats:
        """Values that count; NaN for all others."""
        return self._take(self._book.value)

    @cached_property
    def sides(self) -> tuple[Bools, Bools]:
        """Cells above and below the center."""
        above, below = self._book.sides
        return self._bytes(above), self._bytes(below)

    @cached_property
    def steps(self) -> tuple[Bools, Bools]:
        """Cells higher and lower than the cell before them; neighbors that agree but for rounding are equal."""
        flat = self.value.ravel()
        apart = flat[1:] - flat[:-1]
        up, down = np.zeros(flat.size, dtype=bool), np.zeros(flat.size, dtype=bool)
        np.greater(apart, 0, out=up[1:])
        np.less(apart, 0, out=down[1:])
        np.abs(apart, out=apart)
        # nothing closer than the rounding of the largest value: no two neighbors have to be looked at
        close = np.flatnonzero(apart <= ON_LINE * np.fmax.reduce(np.abs(flat), initial=0.0))
        if len(close):
            size = np.maximum(np.abs(flat[close]), np.abs(flat[close + 1]))
            # where large numbers cancel, two means of zero are not quite equal
            largest = np.fmax.reduce(np.abs(self.value), axis=1)[close // self.value.shape[1]]
            equal = close[apart[close] <= np.fmax(ON_LINE * size, ROUNDING * largest)] + 1
            up[equal] = down[equal] = False
        return up, down

    @cached_property
    def step_runs(self) -> Runs:
        """Runs of steps that go one way, which pass over equal neighbors; missing points end them where they stand."""
        up, down = self.steps
        steps = (up.view(np.int8) - down.view(np.int8)).reshape(self.value.shape)
        return runs(steps, self.gone if self._broken else None)

    @cached_property
    def gone(self) -> Bools:
        """Cells without a value: missing points that end a pattern, and padding."""
        return np.isnan(self.value)

    def _line(self, sigma: float) -> tuple[Floats, Floats]:
        lines = self._lines
        if sigma == 3:
            return lines.lower, lines.upper
        if sigma == 2:
            return lines.lower_2s, lines.upper_2s
        share = sigma / 3
        return (
            lines.center - share * (lines.center - lines.lower),
            lines.center + share * (lines.upper - lines.center),
        )

    def zone(self, sigma: float) -> tuple[Bools, Bools]:
        """Cells beyond the line at so many standard deviations, above and below."""
        if sigma not in self._zones:
            lower, upper = self._lines_at(sigma)
            if lower.shape[1] == upper.shape[1] == 1:
                below, above = self._near(lower, upper)
                found = (self.value > upper + above).ravel(), (self.value < lower - below).ravel()
            else:
                found = (self.value > upper).ravel(), (self.value < lower).ravel()
                for cells, line in zip(found, (upper, lower), strict=True):
                    self._clear(cells, line, lower, upper)
            self._zones[sigma] = found
        return self._zones[sigma]

    def _clear(self, cells: Bools, line: Floats, lower: Floats, upper: Floats) -> None:
        """Unmark cells that stand on the line but for rounding: few cells are marked, so only they are looked at."""
        at = np.flatnonzero(cells)
        row, column = np.divmod(at, self.value.shape[1])
        far, low, high = (part[row, column if part.shape[1] > 1 else 0] for part in (line, lower, upper))
        value = self.value[row, column]
        # where large numbers cancel, a line at zero is not quite zero
        size = ROUNDING * np.fmax(np.abs(low), np.abs(high))
        rounding = np.fmax(ON_LINE * np.maximum(np.abs(value), np.abs(far)), size)
        cells[at[np.abs(value - far) <= rounding]] = False

    @staticmethod
    def _near(lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """How far from each of the two lines a value still stands on it."""
        low, high = np.abs(lower), np.abs(upper)
        size = ROUNDING * np.fmax(low, high)
        return np.fmax(ON_LINE * low, size), np.fmax(ON_LINE * high, size)

    def _lines_at(self, sigma: float) -> tuple[Floats, Floats]:
        lower, upper = self._line(sigma)
        return self._take(lower), self._take(upper)

    def inside(self, sigma: float) -> Bools:
        """Cells strictly between the two lines."""
        lower, upper = self._lines_at(sigma)
        below, above = self._near(lower, upper)
        return ((self.value < upper - above) & (self.value > lower + below)).ravel()
