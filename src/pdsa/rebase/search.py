"""Runs that are long enough to suggest a new center: arrays, every stretch of every series at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pdsa.rules import run_limits
from pdsa.terms import ON_LINE
from pdsa.tidy import Bools, Floats, Ints, Rows


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """The rows in order of series and period; a stretch is what is judged together.

    `starts` and `ends` (one past the last) are shaped (stretches,), `stretch` (rows,); `series` and `instrument` say
    what each stretch belongs to.
    """

    value: Floats
    period: pd.Index
    stretch: Ints
    starts: Ints
    ends: Ints
    series: Ints
    instrument: pd.Series
    keys: pd.DataFrame


def stretches(rows: Rows, points: pd.DataFrame, marks: list[str]) -> Line:
    """The rows in order, cut where a series or one of the marks (columns such as the instrument) changes."""
    order = rows.order
    begins = np.ones(len(order), dtype=bool)
    begins[1:] = np.diff(rows.series[order]) != 0
    for name in marks:
        code = pd.factorize(points[name])[0][order]
        begins[1:] |= np.diff(code) != 0
    starts = np.flatnonzero(begins)
    value = np.full(len(order), np.nan)
    below = rows.denominator if rows.ratio else np.ones(len(order))
    np.divide(rows.value, below, out=value, where=rows.known)
    first = order[starts]
    instrument = (
        points["instrument"].iloc[first] if "instrument" in marks else pd.Series(np.ones(len(first), dtype=int))
    )
    return Line(
        value=value[order],
        period=rows.period[order],
        stretch=np.cumsum(begins) - 1,
        starts=starts,
        ends=np.append(starts[1:], len(order))[: len(starts)],
        series=rows.series[first],
        instrument=instrument.reset_index(drop=True),
        keys=rows.keys,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Shape (suggestions,) each, in order of stretch and time; rows count from 0 over all series.

    `since` is the first row that the center before stands for, `last` the last of the whole run; `baseline` is shaped
    (stretches,).
    """

    baseline: Floats
    stretch: Ints
    start: Ints
    end: Ints
    last: Ints
    length: Ints
    side: Ints
    since: Ints
    before: Floats
    center: Floats


def search(line: Line, baseline: int, run: int, direction: str) -> Found:
    """Round after round, the next suggestion of every stretch that still has one."""
    first = _medians(line, baseline)
    center, since = first.copy(), line.starts.copy()
    behind = line.starts + baseline
    going_on = line.ends - behind >= run
    rows = np.arange(len(line.value))
    rounds: list[tuple[Ints | Floats, ...]] = []
    while going_on.any():
        rows = rows[going_on[line.stretch[rows]] & (rows >= behind[line.stretch[rows]])]
        stretch, start, end, last, length, side, middle = _next(line, rows, center, run, direction)
        rounds.append((stretch, start, end, last, length, side, since[stretch], center[stretch], middle))
        going_on[:] = False
        center[stretch], since[stretch], behind[stretch] = middle, start, end + 1
        going_on[stretch] = line.ends[stretch] - end - 1 >= run
    none = (*[np.zeros(0, dtype=np.int64)] * 7, np.zeros(0), np.zeros(0))
    columns = [np.concatenate(parts) for parts in zip(none, *rounds, strict=True)]
    order = np.lexsort((columns[1], columns[0]))
    return Found(first, *(column[order] for column in columns))


def _medians(line: Line, baseline: int) -> Floats:
    """Shape (stretches,): the median of the first rows of each stretch; NaN where none has a value."""
    early = np.arange(len(line.value)) < line.starts[line.stretch] + baseline
    medians = pd.Series(line.value[early]).groupby(line.stretch[early]).median()
    return np.asarray(medians.reindex(np.arange(len(line.starts))), dtype=np.float64)


def _next(
    line: Line, rows: Ints, center: Floats, run: int, direction: str
) -> tuple[Ints, Ints, Ints, Ints, Ints, Ints, Floats]:
    """The first run that is long enough in each stretch: its rows, its whole length, its side and its median."""
    side = _sides(line.value[rows], center[line.stretch[rows]])
    useful = rows[side != 0]
    side = side[side != 0]
    begins = np.ones(len(useful), dtype=bool)
    begins[1:] = (np.diff(side) != 0) | (np.diff(line.stretch[useful]) != 0)
    number = np.cumsum(begins) - 1
    first = np.flatnonzero(begins)
    lengths = np.diff(np.append(first, len(useful)))
    reached = np.flatnonzero(np.arange(len(useful)) - first[number] == run - 1)
    wanted = {"both": (1, -1), "above": (1,), "below": (-1,)}[direction]
    reached = reached[np.isin(side[reached], wanted)]
    stretch, at = np.unique(line.stretch[useful[reached]], return_index=True)
    done = reached[at]
    members = useful[done[:, None] - np.arange(run)[::-1]]
    whole = number[done]
    last = useful[first[whole] + lengths[whole] - 1]
    middle = np.median(line.value[members], axis=1) if len(members) else np.zeros(0)
    return stretch, members[:, 0], members[:, -1], last, lengths[whole], side[done].astype(np.int64), middle


def _sides(value: Floats, center: Floats) -> Ints:
    """1 above, -1 below; 0 on the center (agreement to the last digits counts as on it) or missing."""
    distance = value - center
    on = np.abs(distance) <= ON_LINE * np.maximum(np.abs(value), np.abs(center))
    return np.where(on | np.isnan(distance), 0, np.sign(np.nan_to_num(distance))).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Shape (suggestions,) each: the runs analysis against the center before."""

    n_useful: Ints
    longest: Ints
    longest_max: Ints
    crossings: Ints
    crossings_min: Ints

    @property
    def signal(self) -> Bools:
        """Whether a run is too long or crossings are too few."""
        return np.asarray((self.longest > self.longest_max) | (self.crossings < self.crossings_min))


def evidence(line: Line, found: Found) -> Evidence:
    """The runs analysis of each suggestion: from where its center before began to the end of its run."""
    size = found.last - found.since + 1
    owner = np.repeat(np.arange(len(size)), size)
    rows = np.arange(len(owner)) - np.repeat(np.cumsum(size) - size, size) + np.repeat(found.since, size)
    side = _sides(line.value[rows], found.before[owner])
    owner, side = owner[side != 0], side[side != 0]
    begins = np.ones(len(side), dtype=bool)
    begins[1:] = (np.diff(side) != 0) | (np.diff(owner) != 0)
    first = np.flatnonzero(begins)
    longest = np.zeros(len(size), dtype=np.int64)
    np.maximum.at(longest, owner[first], np.diff(np.append(first, len(side))))
    useful = np.bincount(owner, minlength=len(size))
    crossings = np.maximum(np.bincount(owner[first], minlength=len(size)) - 1, 0)
    most, least = run_limits(int(useful.max(initial=0)))
    return Evidence(useful, longest, most[useful], crossings, least[useful])
