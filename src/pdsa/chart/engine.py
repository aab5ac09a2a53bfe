"""Panel and plan to numbers: segments padded into blocks, lines and rules on each block, results back in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdsa import limits, rules
from pdsa.limits import Block, Lines
from pdsa.phases import Plan
from pdsa.records import ChartSpec
from pdsa.series import Bools, Floats, Ints, Panel
from pdsa.terms import MANY_TIES, ON_LINE

# Points in one block: small enough for the cache, large enough that the overhead of a call does not count.
BLOCK_POINTS = 65_536

POINT_NUMBERS = ("value", "center", "lower", "upper", "lower_2s", "upper_2s", "sigma")
SEGMENT_NUMBERS = ("center", "sigma", "sigma_z", "lag1", "last", "last_lower", "last_upper", "last_center")
SEGMENT_COUNTS = ("n", "n_values", "n_baseline", "n_useful", "longest_run", "crossings", "n_outside")
# Places among all points, -1 for none: the first recent useful point, and the first point of the run it is in.
SEGMENT_PLACES = ("first_recent", "first_of_run")


@dataclass(slots=True, eq=False)
class Answer:
    """Numbers by point and by segment, filled block by block."""

    point: dict[str, Floats]
    flags: dict[str, Bools]
    side: npt.NDArray[np.int8]
    segment: dict[str, Floats]
    counts: dict[str, Ints]
    exact: Bools
    constant: Bools
    tied: Bools


def empty_answer(points: int, segments: int) -> Answer:
    """An answer with every number missing."""
    return Answer(
        point={name: np.full(points, np.nan) for name in POINT_NUMBERS},
        flags={name: np.zeros(points, dtype=bool) for name in ("outside", "long_run")},
        side=np.zeros(points, dtype=np.int8),
        segment={name: np.full(segments, np.nan) for name in SEGMENT_NUMBERS},
        counts={name: np.zeros(segments, dtype=np.int64) for name in SEGMENT_COUNTS}
        | {name: np.full(segments, -1) for name in SEGMENT_PLACES},
        exact=np.zeros(segments, dtype=bool),
        constant=np.zeros(segments, dtype=bool),
        tied=np.zeros(segments, dtype=bool),
    )


def blocks(lengths: Ints, wanted: Bools) -> Iterator[Ints]:
    """The wanted segments in groups of similar length, none of more than about BLOCK_POINTS padded points."""
    order = np.flatnonzero(wanted)
    order = order[np.argsort(lengths[order], kind="stable")]
    first = 0
    while first < len(order):
        # lengths ascend, so the last segment of a block sets its width
        count = max(1, int(BLOCK_POINTS // max(int(lengths[order[first]]), 1)))
        while count > 1 and count * int(lengths[order[min(first + count, len(order)) - 1]]) > 2 * BLOCK_POINTS:
            count = (count + 1) // 2
        yield order[first : first + count]
        first += count


def compute(panel: Panel, plan: Plan, spec: ChartSpec, kind: str, wanted: Bools, answer: Answer) -> None:
    """Fill the answer for the wanted segments with the lines of one kind and the rules on them."""
    starts = plan.starts
    lengths = np.diff(starts)
    for rows in blocks(lengths, wanted):
        where, inside = _places(starts[rows], lengths[rows])
        slab = Slab(rows, where, inside, _block(panel, plan, where, inside), plan.frozen[rows])
        _store(answer, slab, limits.LINES[kind](slab.block, spec), spec, kind)


def _places(starts: Ints, lengths: Ints) -> tuple[Ints, Bools]:
    """Shape (rows, width): the place of each cell among all points, and whether it lies within its segment."""
    column = np.arange(max(int(lengths.max(initial=0)), 1))
    inside = column < lengths[:, None]
    return np.where(inside, starts[:, None] + column, 0), inside


def block_of(panel: Panel, plan: Plan, rows: Ints) -> Block:
    """The padded block of some segments."""
    starts = plan.starts
    return _block(panel, plan, *_places(starts[rows], np.diff(starts)[rows]))


def _block(panel: Panel, plan: Plan, where: Ints, inside: Bools) -> Block:
    def padded(values: Floats) -> Floats:
        return np.where(inside, values[where], np.nan)

    return Block(
        value=padded(panel.value),
        numerator=padded(panel.numerator),
        denominator=padded(panel.denominator),
        included=inside & plan.included[where],
        baseline=inside & plan.baseline[where],
    )


@dataclass(frozen=True, slots=True, eq=False)
class Slab:
    """A block and where it stands: its segments, the place of each cell among all points, which cells are real."""

    rows: Ints
    where: Ints
    inside: Bools
    block: Block
    frozen: Bools


def _store(answer: Answer, slab: Slab, lines: Lines, spec: ChartSpec, kind: str) -> None:
    rows, inside, block = slab.rows, slab.inside, slab.block
    places = slab.where[inside]
    known = block.included & ~np.isnan(lines.value)
    for name in POINT_NUMBERS:
        answer.point[name][places] = np.broadcast_to(getattr(lines, name), inside.shape)[inside] * spec.per
    side = rules.sides(lines.value, lines.center, block.included)
    runs = rules.runs(side)
    flagged = rules.outside(lines.value, lines.lower, lines.upper, block.included)
    tied = _tied(known, runs.n_useful, spec)
    long = (runs.length > rules.longest_run_max(runs.n_useful)[:, None]) & (kind != "mr") & ~tied[:, None]
    answer.side[places] = side[inside]
    answer.flags["outside"][places] = flagged[inside]
    answer.flags["long_run"][places] = long[inside]
    answer.exact[rows], answer.tied[rows] = lines.exact, tied
    answer.constant[rows] = _constant(lines.value, known)
    _count(answer, rows, block, known, runs, flagged)
    _measure(answer, rows, block, known, lines, spec)
    latest = _recent(side, block.baseline & slab.frozen[:, None], spec.recent)
    first = latest.argmax(axis=1)
    of_run = np.take_along_axis(runs.start, first[:, None], axis=1)[:, 0]
    for name, column in (("first_recent", first), ("first_of_run", of_run)):
        answer.counts[name][rows] = np.where(latest.any(axis=1), slab.where[:, 0] + column, -1)


def _tied(known: Bools, n_useful: Ints, spec: ChartSpec) -> Bools:
    """Shape (rows,): guarded rows with so many points on the center that their runs tell nothing.

    A class of ten that is mostly complete has most weeks at 100%; the others are all below, and would be one long run.
    """
    values = known.sum(axis=1)
    return np.asarray((values - n_useful > MANY_TIES * values) & (spec.method == "guarded"))


def _recent(side: npt.NDArray[np.int8], frozen_baseline: Bools, recent: int) -> Bools:
    """The latest useful points of each row that lie after the baseline, `recent` of them."""
    useful = side != 0
    from_end = np.cumsum(useful[:, ::-1], axis=1)[:, ::-1]
    after = np.arange(side.shape[1]) > _last(frozen_baseline)[:, None]
    return np.asarray(useful & (from_end <= recent) & after)


def _last(mask: Bools) -> Ints:
    """The last true column of each row, -1 for none."""
    width = mask.shape[1]
    return np.where(mask.any(axis=1), width - 1 - mask[:, ::-1].argmax(axis=1), -1)


def _count(answer: Answer, rows: Ints, block: Block, known: Bools, runs: rules.Runs, flagged: Bools) -> None:
    answer.counts["n"][rows] = block.included.sum(axis=1)
    answer.counts["n_values"][rows] = known.sum(axis=1)
    answer.counts["n_baseline"][rows] = (block.baseline & ~np.isnan(block.value)).sum(axis=1)
    answer.counts["n_useful"][rows] = runs.n_useful
    answer.counts["longest_run"][rows] = runs.longest
    answer.counts["crossings"][rows] = runs.crossings
    answer.counts["n_outside"][rows] = flagged.sum(axis=1)


def _measure(answer: Answer, rows: Ints, block: Block, known: Bools, lines: Lines, spec: ChartSpec) -> None:
    """Numbers of the latest value, so that the summary and the right end of the drawing agree."""
    last = _last(known)
    at = np.maximum(last, 0)[:, None]

    def pick(values: Floats) -> Floats:
        picked = np.take_along_axis(np.broadcast_to(values, known.shape), at, axis=1)[:, 0]
        return np.where(last >= 0, picked * spec.per, np.nan)

    pairs = (("sigma", lines.sigma), ("last", lines.value), ("last_lower", lines.lower), ("last_upper", lines.upper))
    for name, values in (*pairs, ("last_center", lines.center)):
        answer.segment[name][rows] = pick(values)
    answer.segment["center"][rows] = lines.center[:, 0] * spec.per
    answer.segment["sigma_z"][rows] = lines.sigma_z
    answer.segment["lag1"][rows] = _lag1(lines.value, known & block.baseline)


def _constant(value: Floats, known: Bools) -> Bools:
    high = np.where(known, value, -np.inf).max(axis=1)
    low = np.where(known, value, np.inf).min(axis=1)
    return np.asarray(known.any(axis=1) & (np.abs(high - low) <= ON_LINE * np.abs(high)))


def _lag1(value: Floats, known: Bools) -> Floats:
    """Lag-1 autocorrelation of neighboring baseline periods; NaN under three values or without variation.

    The baseline only: a real shift after it would look like resemblance.
    """
    apart = np.where(known, value - limits.mean_where(value, known), 0.0)
    before = np.concatenate([np.zeros_like(apart[:, :1]), apart[:, :-1]], axis=1)
    together, spread = limits.total(apart * before)[:, 0], limits.total(apart**2)[:, 0]
    usable = (known.sum(axis=1) >= 3) & ~_constant(value, known)
    return limits.ratio(together, np.where(usable, spread, 0.0))
