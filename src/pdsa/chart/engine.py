"""Panel and plan to numbers: segments padded into blocks, lines and rules on each block, results back in place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from pdsa import limits, rules
from pdsa.limits import Block, Lines
from pdsa.limits.block import count_rows
from pdsa.phases import Plan
from pdsa.records import ChartSpec
from pdsa.rules import Fired, Rulebook
from pdsa.series import Bools, Floats, Ints, Panel
from pdsa.terms import MANY_TIES, MOVING_KINDS, ON_LINE, RATIO_KINDS, SUBGROUP_KINDS

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
    "second",
    "expected",
    "base",
)
SEGMENT_COUNTS = (
    "n",
    "n_given",
    "n_values",
    "n_baseline",
    "n_useful",
    "longest_run",
    "crossings",
    "n_outside",
    "n_above",
)
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
    """An answer to be filled; without `lines`, no column of lines is kept."""
    kept = points if lines else 0
    return Answer(
        up=np.empty(points, dtype=np.uint16),
        down=np.empty(points, dtype=np.uint16),
        # every point lies in a segment, and every segment is computed: nothing here is read before it is written
        point={name: np.empty(kept) for name in POINT_NUMBERS if lines},
        run=np.empty(kept, dtype=np.int32),
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
    inside = _inside(lengths, padding)
    first, last = int(rows[0]), int(rows[-1])
    if last - first + 1 == len(rows) and (np.diff(rows) == 1).all():
        return Place(slice(first, last + 1), inside, slice(int(starts[first]), int(starts[last + 1])), lengths)
    ends = np.cumsum(lengths)
    points = np.arange(int(ends[-1])) + np.repeat(starts[rows] - (ends - lengths), lengths)
    return Place(rows, inside, points, lengths)


def _inside(lengths: Ints, padding: int) -> Bools:
    """Which cells of the rows are points; the width is a multiple of eight, so that cells can be counted as bytes."""
    width = -(-(int(lengths.max()) + padding) // 8) * 8
    return np.arange(width, dtype=np.int32) < lengths.astype(np.int32)[:, None]


def block_at(panel: Panel, plan: Plan, place: Place, kind: str = "auto", per: float = 1.0) -> Block:
    """The padded block of some segments; without numerators and denominators where the kind does not use them."""
    included, whole = place.inside, True
    if not plan.all_included:
        included = place.inside & place.take(plan.included, False)
        whole = bool(np.array_equal(included, place.inside))
    baseline = included if plan.baseline is plan.included else place.inside & place.take(plan.baseline, False)
    both = kind in NEED_BOTH and (bool(panel.ratio.any()) or panel.within is not None)
    nothing = np.broadcast_to(np.float64(np.nan), place.inside.shape)
    value = place.take(panel.value, np.nan)
    return Block(
        value=value,
        numerator=place.take(panel.numerator, np.nan) if both else nothing,
        denominator=place.take(panel.denominator, np.nan) if both else nothing,
        included=included,
        baseline=baseline,
        lengths=place.lengths,
        whole=whole,
        within=None if panel.within is None else place.take(panel.within, np.nan),
        center=None if plan.center is None else plan.center[place.rows, None] / per,
        sigma=None if plan.sigma is None else plan.sigma[place.rows, None] / per,
    )


# Kinds of counts, whose signals by chance depend on the size of the counts.
COUNTED = ("p", "np", "u", "c", "g")
# Kinds whose lines come from numerators and denominators.
NEED_BOTH = (*RATIO_KINDS, *SUBGROUP_KINDS, "auto")


def compute(
    panel: Panel, plan: Plan, spec: ChartSpec, kind: str, wanted: Bools | Iterable[Place], answer: Answer
) -> None:
    """Fill the answer for the wanted segments with the lines of one kind and the rules on them.

    `wanted` are segments, shape (segments,), or the blocks that `places` made of them.
    """
    blocks = places(plan.starts, wanted, rules.padding(spec.rules)) if isinstance(wanted, np.ndarray) else wanted
    for place in blocks:
        block = block_at(panel, plan, place, kind, spec.per)
        lines = limits.lines_of(kind, block, spec)
        _store(answer, place, block, lines, spec, kind, plan.frozen[place.rows])


def _store(answer: Answer, place: Place, block: Block, lines: Lines, spec: ChartSpec, kind: str, frozen: Bools) -> None:
    known = block.known if lines.value is block.value else block.included & ~np.isnan(lines.value)
    book = Rulebook(block, lines, known, spec.ties)
    values = block.count(known)[:, 0]
    tied = np.zeros(len(values), dtype=bool)
    if spec.method != "published":
        # a class of ten that is mostly complete has most weeks at 100%; the others are below, one long run
        tied = values - book.runs.n_useful > MANY_TIES * values
    fired = rules.apply(book, spec.rules, tied, np.full(len(values), kind in MOVING_KINDS))
    place.put(answer.up, fired.up)
    place.put(answer.down, fired.down)
    answer.exact[place.rows], answer.tied[place.rows] = lines.exact, tied
    answer.counts["n_values"][place.rows] = values
    answer.counts["n_outside"][place.rows] = fired.outside
    for name in ("center", "sigma"):
        column = getattr(lines, name)
        if column.shape[1] == 1:
            answer.segment[name][place.rows] = column[:, 0] * spec.per
    if answer.point or any(rule.name in NEED_RUNS for rule in spec.rules):
        _count_runs(answer, place, book)
    if answer.point:
        _keep_lines(answer, place, lines, book, spec.per)
        _measure(answer, place, block, book, spec, kind)
        if kind == "i" and spec.method != "published" and block.sigma is None:
            answer.segment["second"][place.rows] = limits.second_opinion(block, spec)
        _split(answer, place, block, book.runs, fired, frozen, spec.recent)


# Rules that the counts of runs are judged by.
NEED_RUNS = ("long_run", *rules.CHART_RULES)


def _keep_lines(answer: Answer, place: Place, lines: Lines, book: Rulebook, per: float) -> None:
    for name in POINT_NUMBERS:
        place.put(answer.point[name], getattr(lines, name), per)
    place.put(answer.run, book.runs.numbers(book.known.size).reshape(book.known.shape))
    if lines.sums is not None:
        for name, cells in zip(("cusum_upper", "cusum_lower"), lines.sums, strict=True):
            column = answer.sums.setdefault(name, np.full(len(answer.up), np.nan))
            place.put(column, cells)


def _count_runs(answer: Answer, place: Place, book: Rulebook) -> None:
    rows, counts, found = place.rows, answer.counts, book.runs
    counts["n_useful"][rows] = found.n_useful
    counts["longest_run"][rows] = found.longest
    counts["crossings"][rows] = found.crossings
    counts["n_above"][rows] = count_rows(book.sides[0])


def _measure(answer: Answer, place: Place, block: Block, book: Rulebook, spec: ChartSpec, kind: str) -> None:
    """Numbers of the latest value, so that the summary and the right end of the drawing agree."""
    rows, known, lines = place.rows, book.known, book.lines
    last = known.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
    every = np.arange(len(last))
    there = known[every, last]

    def pick(values: Floats) -> Floats:
        column = values[:, 0] if values.shape[1] == 1 else values[every, last]
        return np.where(there, column * spec.per, np.nan)

    pairs = (("sigma", lines.sigma), ("last", lines.value), ("last_lower", lines.lower), ("last_upper", lines.upper))
    for name, values in (*pairs, ("last_center", lines.center)):
        answer.segment[name][rows] = pick(values)
    if lines.center.shape[1] > 1:
        answer.segment["center"][rows] = pick(lines.center)
    low, high = book.range if kind not in MOVING_KINDS else block.range
    answer.constant[rows] = np.abs(high - low) <= ON_LINE * np.abs(high)
    answer.counts["n_given"][rows] = block.count(block.known)[:, 0]
    answer.counts["n"][rows] = block.count(block.included)[:, 0]
    answer.counts["n_baseline"][rows] = block.count(block.used)[:, 0]
    # of an NP chart each point has its own most: its limits are held against it as shares
    share = block.denominator if kind == "np" else np.ones((1, 1))
    answer.segment["highest_lower"][rows] = np.fmax.reduce(lines.lower / share, axis=1) * spec.per
    answer.segment["lowest_upper"][rows] = np.fmin.reduce(lines.upper / share, axis=1) * spec.per
    answer.segment["sigma_z"][rows] = lines.sigma_z
    if block.denominator.strides != (0, 0):
        answer.segment["size"][rows] = block.mean(block.denominator, known)[:, 0]
    if kind in MOVING_KINDS:
        # their points share values by construction: whether neighbors resemble each other is asked of the values
        answer.segment["lag1"][rows] = _lag1(block.value, block.used, block)
    else:
        answer.segment["lag1"][rows] = _lag1(lines.value, known if block.plain else known & block.baseline, block)
    if kind in COUNTED:
        expected, base = limits.expected(block, kind)
        answer.segment["expected"][rows], answer.segment["base"][rows] = expected[:, 0], base[:, 0]


def _lag1(value: Floats, known: Bools, block: Block) -> Floats:
    """Lag-1 autocorrelation of neighboring baseline periods; NaN under three values or without variation.

    The baseline only: a real shift after it would look like resemblance.
    """
    mean = block.mean(value, known)
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


def _split(
    answer: Answer, place: Place, block: Block, found: rules.Runs, fired: Fired, frozen: Bools, recent: int
) -> None:
    """What fired in the latest useful points after the baseline, and what before them."""
    width = block.included.shape[1]
    rows = np.arange(len(place.lengths))
    start, end = block.edges[::2], block.edges[1::2]
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
