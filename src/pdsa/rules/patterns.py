"""Patterns of points as bytes: windows over flat rows that padding keeps apart.

Every function takes flat boolean arrays in which each row ends in enough false cells; "k in a row" costs a handful
of byte-wise ANDs whatever k is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Bools = npt.NDArray[np.bool_]


def all_last(cells: Bools, n: int) -> Bools:
    """Cells that are the last of `n` true ones in a row."""
    found, have = cells, 1
    while have < n:
        step = min(have, n - have)
        longer = np.empty_like(found)
        longer[:step] = False
        np.logical_and(found[step:], found[:-step], out=longer[step:])
        found, have = longer, have + step
    return found


def any_next(cells: Bools, n: int) -> Bools:
    """Cells of which one of the `n` from themselves on is true: a pattern from its last point back to its first."""
    found, have = cells, 1
    while have < n:
        step = min(have, n - have)
        longer = np.empty_like(found)
        longer[-step:] = found[-step:]
        np.logical_or(found[:-step], found[step:], out=longer[:-step])
        found, have = longer, have + step
    return found


def in_a_row(cells: Bools, n: int, last: bool) -> Bools:
    """Every cell of a stretch of `n` or more true ones, or only those at which the n-th is reached."""
    found = all_last(cells, n)
    return found if last or not found.any() else any_next(found, n)


def some_of(cells: Bools, n: int, of: int, last: bool, allowed: Bools | None = None) -> Bools:
    """The true cells of windows of `of` cells in which `n` or more are true; of `last`, only at their ends.

    `allowed` marks the cells at which a window may end.
    """
    ones = cells.view(np.uint8)
    count = ones.copy()
    for k in range(1, of):
        count[k:] += ones[:-k]
    hit = count >= n
    if allowed is not None:
        hit &= allowed
    if not hit.any():
        return hit
    return cells & (hit if last else any_next(hit, of))


def some_of_unbroken(cells: Bools, n: int, of: int, last: bool, there: Bools) -> Bools:
    """The same, of windows that hold no cell outside `there`: they are shorter after a gap."""
    whole = [all_last(there, k + 1) for k in range(of)]
    count = cells.astype(np.uint8)
    for k in range(1, of):
        count[k:] += cells[:-k] & whole[k][k:]
    hit = count >= n
    if last:
        return cells & hit
    marked = hit.copy()
    for k in range(1, of):
        marked[:-k] |= hit[k:] & whole[k][k:]
    return cells & marked


def alternating(up: Bools, down: Bools, n: int, last: bool) -> Bools:
    """Every cell of a stretch of `n` or more that go up and down in turn; `up` and `down` tell each step to a cell."""
    turned = np.zeros_like(up)
    turned[1:] = (up[1:] & down[:-1]) | (down[1:] & up[:-1])
    found = all_last(turned, n - 2)
    return found if last or not found.any() else any_next(found, n)
