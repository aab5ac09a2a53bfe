"""Panel and plan to numbers: segments padded into blocks, lines and rules on each block, results back in place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pdsa import limits, rules
from pdsa.limits import Block, Lines
from pdsa.phases import Plan
from pdsa.records import ChartSpec
from pdsa.rules import Fired, Rulebook
from pdsa.series import Bools, Floats, Ints, Panel
from pdsa.terms import MANY_TIES, MOVING_KINDS, ON_LINE

Cells = npt.NDArray[Any]
Flat = npt.NDArray[np.uint16]

# Cells in one block: small enough for the cache, large enough that the overhead of a call does not count.
BLOCK_CELLS = 65_536
# Segments stay in their order where padding them to the longest costs less than this much of the points.
WASTE = 1.5

POINT_NUMBERS = ("value", "center", "lower", "upper", "lower_2s", "upper_2s")
SEGMENT_NUMBERS = (
    "center",
    "sigma",
    "sigma_z",
    "lag1",
    "last",
    "last_lower",
    "last_upper",
    "last_center",
    "highest_lower",
    "lowest_upper",
    "size",
)
SEGMENT_COUNTS = ("n", "n_values", "n_baseline", "n_useful", "longest_run", "crossings", "n_outside", "n_above")
SEGMENT_MASKS = ("now_up", "now_down", "before", "before_runs")


@dataclass(slots=True, eq=False)
class Answer:
    """Numbers by point and by segment, filled block by block.

    `up` and `down`, shape (points,): bit i is the i-th rule of the spec. `now_up` and `now_down`, shape (segments,),
    are their union over the latest useful points, `before` over the points before these, and `before_runs` over the
    points before the run that reaches them. `point`, `run` and `sums` are empty where only counts were asked for.
    """

    up: Flat
    down: Flat
    point: dict[str, Floats]
    run: npt.NDArray[np.int32]
    segment: dict[str, Floats]
    counts: dict[str, Ints]
    masks: dict[str, Flat]
    exact: Bools
    constant: Bools
    tied: Bools
    sums: dict[str, Floats] = field(default_factory=dict)


def empty_answer(points: int, segments: int, lines: bool = True) -> Answer:
    """An answer with every number missing; without `lines`, no column of lines is kept."""
    kept = points if lines else 0
    return Answer(
        up=np.zeros(points, dtype=np.uint16),
        down=np.zeros(points, dtype=np.uint16),
        point={name: np.full(kept, np.nan) for name in POINT_NUMBERS if lines},
        run=np.zeros(kept, dtype=np.int32),
        segment={name: np.full(segments, np.nan) for name in SEGMENT_NUMBERS},
        counts={name: np.zeros(segments, dtype=np.int64) for name in SEGMENT_COUNTS},
        masks={name: np.zeros(segments, dtype=np.uint16) for name in SEGMENT_MASKS},
        exact=np.zeros(segments, dtype=bool),
        constant=np.zeros(segments, dtype=bool),
        tied=np.zeros(segments, dtype=bool),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """Where a block stands: its segments, which cells are points, and where these lie among all points."""

    rows: slice | Ints
    inside: Bools
    points: slice | Ints
    lengths: Ints

    def take(self, values: Cells, fill: float) -> Cells:
        """Flat values as a padded block."""
        out = np.full(self.inside.shape, fill, dtype=values.dtype)
        out[self.inside] = values[self.points]
        return out

    def put(self, target: Cells, cells: Cells, factor: float = 1.0) -> None:
        """A block's cells into flat values."""
        if cells.shape[1] == 1:
            target[self.points] = np.repeat(cells[:, 0] * factor, self.lengths)
            return
        found = cells[self.inside]
        target[self.points] = found * factor if factor != 1.0 else found


def places(starts: Ints, wanted: Bools, padding: int) -> Iterator[Place]:
    """The wanted segments in blocks of about BLOCK_CELLS cells, in their order where their lengths are alike."""
    lengths = np.diff(starts)
    chosen = np.flatnonzero(wanted & (lengths > 0))
    if not len(chosen):
        return
    alike = int(lengths[chosen].max()) * len(chosen) <= WASTE * int(lengths[chosen].sum()) or len(chosen) == 1
    if not (alike and int(chosen[-1] - chosen[0]) + 1 == len(chosen)):
        chosen = chosen[np.argsort(lengths[chosen], kind="stable")]
    own, first = lengths[chosen], 0
    while first < len(chosen):
        count = _fit(own[first:], padding)
        yield _place(starts, chosen[first : first + count], own[first : first + count], padding)
        first += count


def _fit(lengths: Ints, padding: int) -> int:
    """How many of the next segments make one block: the longest of them sets the width of all."""
    head = lengths[: max(1, BLOCK_CELLS // (int(lengths[0]) + padding))]
    cells = (np.maximum.accumulate(head) + padding) * np.arange(1, len(head) + 1)
    return max(1, int(np.searchsorted(cells, BLOCK_CELLS, side="right")))


def _place(starts: Ints, rows: Ints, lengths: Ints, padding: int) -> Place:
    inside = np.arange(int(lengths.max()) + padding) < lengths[:, None]
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows) and (np.diff(rows) == 1).all():
        return Place(slice(first, last + 1), inside, slice(int(starts[first]), int(starts[last + 1])), lengths)
    ends = np.cumsum(lengths)
    points = np.arange(int(ends[-1])) + np.repeat(starts[rows] - (ends - lengths), lengths)
    return Place(rows, inside, points, lengths)


def block_at(panel: Panel, plan: Plan, place: Place) -> Block:
    """The padded block of some segments."""
    included, whole = place.inside, True
    if not plan.all_included:
        included = place.inside & place.take(plan.included, False)
        whole = bool(np.array_equal(included, place.inside))
    baseline = included if plan.baseline is plan.included else place.inside & place.take(plan.baseline, False)
    ratio = bool(panel.ratio.any())
    nothing = np.broadcast_to(np.float64(np.nan), place.inside.shape)
    value = place.take(panel.value, np.nan)
    return Block(
        value=value,
        numerator=place.take(panel.numerator, np.nan) if ratio or panel.within is not None else nothing,
        denominator=place.take(panel.denominator, np.nan) if ratio or panel.within is not None else nothing,
        included=included,
        baseline=baseline,
        lengths=place.lengths,
        whole=whole,
        within=None if panel.within is None else place.take(panel.within, np.nan),
    )


def compute(panel: Panel, plan: Plan, spec: ChartSpec, kind: str, wanted: Bools, answer: Answer) -> None:
    """Fill the answer for the wanted segments with the lines of one kind and the rules on them."""
    for place in places(plan.starts, wanted, rules.padding(spec.rules)):
        block = block_at(panel, plan, place)
        lines = limits.lines_of(kind, block, spec)
        _store(answer, place, block, lines, spec, kind, plan.frozen[place.rows])


def _store(answer: Answer, place: Place, block: Block, lines: Lines, spec: ChartSpec, kind: str, frozen: Bools) -> None:
    known = block.known if lines.value is block.value else block.included & ~np.isnan(lines.value)
    book = Rulebook(block, lines, known, spec.ties)
    values, useful = np.count_nonzero(known, axis=1), book.runs.n_useful
    # a class of ten that is mostly complete has most weeks at 100%; the others are below, and would be one long run
    tied = (values - useful > MANY_TIES * values) & (spec.method != "published")
    mute = np.full(len(values), kind in MOVING_KINDS)
    fired = rules.apply(book, spec.rules, tied, mute)
    place.put(answer.up, fired.up)
    place.put(answer.down, fired.down)
    if answer.point:
        _keep_lines(answer, place, lines, book, spec.per)
    rows = place.rows
    answer.exact[rows], answer.tied[rows] = lines.exact, tied
    answer.constant[rows] = (values > 0) & (np.abs(book.high - book.low) <= ON_LINE * np.abs(book.high))
    _count(answer, place, block, known, fired)
    _measure(answer, place, block, known, lines, spec)
    _split(answer, place, block, fired, frozen, spec.recent)


def _keep_lines(answer: Answer, place: Place, lines: Lines, book: Rulebook, per: float) -> None:
    for name in POINT_NUMBERS:
        place.put(answer.point[name], getattr(lines, name), per)
    place.put(answer.run, book.runs.numbers(book.known.size).reshape(book.known.shape))
    if lines.sums is not None:
        for name, cells in zip(("cusum_upper", "cusum_lower"), lines.sums, strict=True):
            column = answer.sums.setdefault(name, np.full(len(answer.up), np.nan))
            place.put(column, cells)


def _count(answer: Answer, place: Place, block: Block, known: Bools, fired: Fired) -> None:
    rows, counts = place.rows, answer.counts
    counts["n"][rows] = np.count_nonzero(block.included, axis=1)
    counts["n_values"][rows] = np.count_nonzero(known, axis=1)
    counts["n_baseline"][rows] = np.count_nonzero(block.used, axis=1)
    counts["n_useful"][rows] = fired.runs.n_useful
    counts["longest_run"][rows] = fired.runs.longest
    counts["crossings"][rows] = fired.runs.crossings
    counts["n_outside"][rows] = fired.outside
    counts["n_above"][rows] = np.count_nonzero(fired.above, axis=1)


def _measure(answer: Answer, place: Place, block: Block, known: Bools, lines: Lines, spec: ChartSpec) -> None:
    """Numbers of the latest value, so that the summary and the right end of the drawing agree."""
    rows, shape = place.rows, known.shape
    last = shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    there = known[np.arange(shape[0]), last]

    def pick(values: Floats) -> Floats:
        column = values[:, 0] if values.shape[1] == 1 else values[np.arange(shape[0]), last]
        return np.where(there, column * spec.per, np.nan)

    pairs = (("sigma", lines.sigma), ("last", lines.value), ("last_lower", lines.lower), ("last_upper", lines.upper))
    for name, values in (*pairs, ("last_center", lines.center)):
        answer.segment[name][rows] = pick(values)
    center = lines.center
    answer.segment["center"][rows] = center[:, 0] * spec.per if center.shape[1] == 1 else pick(center)
    answer.segment["highest_lower"][rows] = np.fmax.reduce(lines.lower, axis=1) * spec.per
    answer.segment["lowest_upper"][rows] = np.fmin.reduce(lines.upper, axis=1) * spec.per
    answer.segment["sigma_z"][rows] = lines.sigma_z
    if not np.isnan(block.denominator[0, 0]) or np.count_nonzero(~np.isnan(block.denominator)):
        answer.segment["size"][rows] = block.mean(block.denominator, known)[:, 0]
    answer.segment["lag1"][rows] = _lag1(lines.value, known & block.baseline, block)


def _lag1(value: Floats, known: Bools, block: Block) -> Floats:
    """Lag-1 autocorrelation of neighboring baseline periods; NaN under three values or without variation.

    The baseline only: a real shift after it would look like resemblance.
    """
    apart = np.where(known, value, 0.0)
    mean = limits.ratio(block.total(apart), block.count(known))
    apart = np.where(known, value - mean, 0.0)
    together = block.total(_times_before(apart))[:, 0]
    spread = block.total(apart * apart)[:, 0]
    flat = np.sqrt(spread) <= ON_LINE * np.abs(mean[:, 0]) * np.sqrt(known.shape[1])
    usable = (np.count_nonzero(known, axis=1) >= 3) & ~flat
    return limits.ratio(together, np.where(usable, spread, 0.0))


def _times_before(apart: Floats) -> Floats:
    out = np.zeros_like(apart)
    np.multiply(apart[:, 1:], apart[:, :-1], out=out[:, 1:])
    return out


def _split(answer: Answer, place: Place, block: Block, fired: Fired, frozen: Bools, recent: int) -> None:
    """What fired in the latest useful points after the baseline, and what before them."""
    width = block.included.shape[1]
    rows = np.arange(len(place.lengths))
    start, end = block.edges[::2], block.edges[1::2]
    found = fired.runs
    from_here = found.row_first[:-1]
    if frozen.any():
        after = width - np.argmax(block.baseline[:, ::-1], axis=1)
        after = np.where(frozen, rows * width + after, start)
        from_here = np.searchsorted(found.useful, after)
    stop = found.row_first[1:]
    latest = np.maximum(stop - recent, from_here)
    none = latest >= stop
    first = np.where(none, end, np.append(found.useful, 0)[np.where(none, 0, latest)])
    of_run = np.searchsorted(found.first, latest, side="right") - 1
    begin = np.append(found.useful, 0)[np.append(found.first, 0)[np.where(none, 0, of_run)]]
    before_run = np.where(none, end, begin)
    masks, at = answer.masks, place.rows
    up, down = fired.up.ravel(), fired.down.ravel()
    both = up | down
    masks["now_up"][at], masks["now_down"][at] = _union(up, first, end), _union(down, first, end)
    masks["before"][at], masks["before_runs"][at] = _union(both, start, first), _union(both, start, before_run)


def _union(mask: Flat, first: Ints, stop: Ints) -> Flat:
    """Shape (rows,): the bits set from `first` to before `stop`; the ranges ascend and do not overlap."""
    if not mask.any():
        return np.zeros(len(first), dtype=np.uint16)
    found = np.bitwise_or.reduceat(mask, np.column_stack((first, stop)).ravel())[::2]
    # an empty range would give the cell at its end
    return np.where(first < stop, found, 0).astype(np.uint16)
