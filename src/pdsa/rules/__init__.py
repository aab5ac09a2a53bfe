"""The rules, as data and as arrays: values and lines to flags, every rule kept per point, for a whole block at once.

Sets: Western Electric, Statistical Quality Control Handbook (1956); Nelson, Journal of Quality Technology 16:237
(1984); NHS England, Making Data Count (2021, changed December 2023); Perla, Provost and Murray, BMJ Quality and Safety
20:46 (2011); Wheeler, Understanding Statistical Process Control.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from pdsa.limits import Block, Bools, Floats, Lines, Squeezed
from pdsa.limits.block import count_rows
from pdsa.records import Rule
from pdsa.rules import patterns
from pdsa.rules.runs import Ints, Runs, Sides, crossings_min, longest_run_max, run_limits, runs
from pdsa.rules.view import View, sides
from pdsa.terms import ON_LINE

Flat = npt.NDArray[np.uint16]

# n, of and sigma of each rule, where it names none.
DEFAULTS: dict[str, tuple[int, int, float]] = {
    "outside": (1, 1, 3.0),
    "shift": (8, 8, 0.0),
    "trend": (6, 6, 0.0),
    "alternating": (14, 14, 0.0),
    "beyond": (2, 3, 2.0),
    "near": (15, 15, 1.0),
    "away": (8, 8, 1.0),
}
# Rules of a whole chart, which mark no point; and those that rest on runs of sides.
CHART_RULES = ("few_crossings", "few_runs", "many_runs")
RUN_RULES = ("long_run", "shift")
# Patterns that have no direction.
NEITHER = ("alternating", "near", "away")

TWO_OF_THREE = Rule("beyond", n=2, of=3, sigma=2, label="two_of_three")
FOUR_OF_FIVE = Rule("beyond", n=4, of=5, sigma=1, label="four_of_five")
THREE_OF_FOUR = Rule("beyond", n=3, of=4, sigma=1.5, label="three_of_four")
_OUTSIDE = Rule("outside")
_MDC = (
    Rule("outside"),
    Rule("trend", n=7, ties="break", gaps="break"),
    replace(TWO_OF_THREE, gaps="break", same_side=True),
    Rule("shift", n=7, ties="break", gaps="break"),
)
RULE_SETS: dict[str, tuple[Rule, ...]] = {
    "anhoej": (_OUTSIDE, Rule("long_run"), Rule("few_crossings")),
    "western_electric": (_OUTSIDE, TWO_OF_THREE, FOUR_OF_FIVE, Rule("shift", n=8)),
    "nelson": (
        _OUTSIDE,
        Rule("shift", n=9),
        Rule("trend", n=6),
        Rule("alternating", n=14),
        TWO_OF_THREE,
        FOUR_OF_FIVE,
        Rule("near", n=15, sigma=1),
        Rule("away", n=8, sigma=1),
    ),
    "making_data_count": _MDC,
    "making_data_count_2023": _MDC,
    "making_data_count_2021": (*_MDC[:2], replace(_MDC[2], within=3), _MDC[3]),
    "ihi": (Rule("shift", n=6), Rule("trend", n=5), Rule("few_runs"), Rule("many_runs")),
    "wheeler": (_OUTSIDE, Rule("shift", n=8), THREE_OF_FOUR),
}
NAMED: dict[str, Rule] = {
    **{name: Rule(name) for name in (*DEFAULTS, "long_run", *CHART_RULES)},  # type: ignore[arg-type]
    **{rule.column: rule for rule in (TWO_OF_THREE, FOUR_OF_FIVE, THREE_OF_FOUR)},
    **{f"nelson_{i}": rule for i, rule in enumerate(RULE_SETS["nelson"], 1)},
}


def lengths_of(rule: Rule) -> tuple[int, int, float]:
    """`n`, `of` and `sigma` of a rule, its own or the defaults."""
    n, of, sigma = DEFAULTS.get(rule.name, (0, 0, 0.0))
    n = rule.n or n
    return n, max(rule.of or of, n), sigma if rule.sigma is None else rule.sigma


def padding(rules: tuple[Rule, ...]) -> int:
    """How many cells of padding keep the windows of these rules within their rows."""
    return max([4, *(lengths_of(rule)[1] for rule in rules if rule.name == "beyond")])


@dataclass(frozen=True, slots=True, eq=False)
class Fired:
    """What fired where: bit i of `up` and `down`, shape (rows, width), is the i-th rule of the set.

    A signal without a direction is in both. `outside` counts the points of each row beyond its limits, whether or
    not the set asks for it.
    """

    up: Flat
    down: Flat
    outside: Ints


class Rulebook:
    """The rules of a set applied to one block."""

    def __init__(self, block: Block, lines: Lines, known: Bools, ties: str) -> None:
        self.block, self.lines, self.known, self.ties = block, lines, known, ties
        self.filled = block.complete if known is block.known else np.count_nonzero(known) == block.lengths.sum()
        self.value = lines.value if block.whole else np.where(known, lines.value, np.nan)

    @cached_property
    def range(self) -> tuple[Floats, Floats]:
        """Shape (rows,) each: the lowest and the highest value of each row."""
        return np.fmin.reduce(self.value, axis=1), np.fmax.reduce(self.value, axis=1)

    @cached_property
    def sides(self) -> tuple[Bools, Bools]:
        """Shape (rows, width) each: points above and below the center."""
        low, high = self.range
        return sides(self.value, self.lines.center, np.fmax(np.abs(high), np.abs(low))[:, None])

    @cached_property
    def side(self) -> Sides:
        """Shape (rows, width): 1 above the center, -1 below it, 0 on it or without a value."""
        above, below = self.sides
        return above.view(np.int8) - below.view(np.int8)

    @cached_property
    def runs(self) -> Runs:
        """The runs of useful points, which pass over all others."""
        return runs(self.side)

    @cached_property
    def plain(self) -> View:
        """Every cell in its place."""
        return View(self, None)

    @cached_property
    def bridged(self) -> View:
        """Missing and excluded points passed over."""
        return self.plain if self.filled else View(self, Squeezed(self.known))

    @cached_property
    def broken(self) -> View:
        """Only excluded points passed over: a missing one stands in the way."""
        if self.filled:
            return self.plain
        return View(self, None if self.block.whole else Squeezed(self.block.included), broken=True)

    def view(self, rule: Rule) -> View:
        """The points as this rule sees them."""
        return self.broken if rule.gaps == "break" else self.bridged

    def outside(self, sigma: float = 3.0) -> tuple[Bools, Bools]:
        """Flat cells beyond the limits, above and below, in their places."""
        return self.plain.zone(sigma)

    def beyond(self, rule: Rule) -> tuple[Bools, Bools]:
        """n of `of` points beyond a line on one side."""
        view, (n, of, sigma) = self.view(rule), lengths_of(rule)
        found = []
        for far, side, most in zip(view.zone(sigma), view.sides, self._most(view, rule), strict=True):
            cells = far if most is None else far & ~most
            last = rule.mark == "last"
            if rule.same_side or view.order is self.bridged.order or self.filled:
                # a window of one side holds no missing point anyway
                allowed = patterns.all_last(side, of) if rule.same_side else None
                marked = patterns.some_of(cells, n, of, last, allowed)
            else:
                marked = patterns.some_of_unbroken(cells, n, of, last, ~view.gone.ravel())
            found.append(view.back(marked))
        return found[0], found[1]

    def _most(self, view: View, rule: Rule) -> tuple[Bools | None, Bools | None]:
        return (None, None) if rule.within is None else view.zone(rule.within)

    def shift(self, rule: Rule) -> tuple[Bools, Bools]:
        """n in a row on one side of the center."""
        n, last = lengths_of(rule)[0], rule.mark == "last"
        if (rule.ties or self.ties) == "break":
            view = self.view(rule)
            found = [view.back(patterns.in_a_row(side, n, last)) for side in view.sides]
            return found[0], found[1]
        if rule.gaps == "break" and not self.filled:
            missing = self.block.included & ~self.known
            again = runs(self.side, missing)
        else:
            again = self.runs
        return self._cells(*again.cells(n, n - 1 if last else 0))

    def long_run(self) -> tuple[Bools, Bools]:
        """Every point of the runs that are longer than Anhoej's limit."""
        return self._cells(*self.runs.cells(longest_run_max(self.runs.n_useful) + 1))

    def _cells(self, places: Ints, sign: Sides) -> tuple[Bools, Bools]:
        found = np.zeros((2, self.known.size), dtype=bool)
        found[0, places[sign > 0]] = True
        found[1, places[sign < 0]] = True
        return found[0], found[1]

    def trend(self, rule: Rule) -> tuple[Bools, Bools]:
        """n points that steadily rise or fall."""
        view, n, last = self.view(rule), lengths_of(rule)[0], rule.mark == "last"
        up, down = view.steps
        if (rule.ties or self.ties) == "skip" and _ties(view):
            return self._trend_over_ties(view, n, last)
        found = []
        for step in (up, down):
            ends = patterns.all_last(step, n - 1)
            found.append(view.back(ends if last or not ends.any() else patterns.any_next(ends, n)))
        return found[0], found[1]

    def _trend_over_ties(self, view: View, n: int, last: bool) -> tuple[Bools, Bools]:
        found = view.step_runs
        rising, falling = self._cells(*found.cells(n - 1, n - 2 if last else 0))
        if not last:
            first, sign = found.starts(n - 1)
            rising[first[sign > 0] - 1] = True
            falling[first[sign < 0] - 1] = True
        return view.back(rising), view.back(falling)

    def neither(self, rule: Rule) -> Bools:
        """Patterns without a direction: alternating, near and away."""
        view, (n, _, sigma), last = self.view(rule), lengths_of(rule), rule.mark == "last"
        if rule.name == "alternating":
            return view.back(patterns.alternating(*view.steps, n, last))
        if rule.name == "near":
            return view.back(patterns.in_a_row(view.inside(sigma), n, last))
        above, below = view.zone(sigma)
        return view.back(patterns.in_a_row(above | below, n, last))

    def one(self, rule: Rule) -> tuple[Bools, Bools]:
        """Flat cells that a rule marks, those with an upward and those with a downward meaning."""
        if rule.name == "outside":
            return self.outside(lengths_of(rule)[2])
        if rule.name == "long_run":
            return self.long_run()
        if rule.name in ("beyond", "shift", "trend"):
            return {"beyond": self.beyond, "shift": self.shift, "trend": self.trend}[rule.name](rule)
        both = self.neither(rule)
        return both, both


def _ties(view: View) -> bool:
    """Whether two neighbors with values are equal."""
    up, down = view.steps
    there = ~view.gone.ravel()
    return bool((there[1:] & there[:-1] & ~(up[1:] | down[1:])).any())


def apply(book: Rulebook, rules: tuple[Rule, ...], silent: Bools, moving: Bools) -> Fired:
    """Every rule on every point of a block.

    Parameters
    ----------
    silent, moving
        Shape (rows,): rows whose runs do not count, and rows whose neighbors share values, so that Anhoej's do not.
    """
    shape, count = book.known.shape, len(rules)
    # eight rules to a byte: the smaller the numbers, the more of them are worked on at once
    planes = np.zeros((2, 1 + (count > 8), *shape), dtype=np.uint8)
    for i, rule in enumerate(rules):
        if rule.name in CHART_RULES:
            continue
        quiet = _quiet(book, rule, silent, moving)
        for plane, cells in zip(planes, book.one(rule), strict=True):
            _set(plane[i // 8], cells, i % 8, quiet)
    high, low = book.outside()
    up, down = (_words(plane) for plane in planes)
    return Fired(up, down, count_rows((high | low).reshape(shape)))


def _quiet(book: Rulebook, rule: Rule, silent: Bools, moving: Bools) -> Bools | None:
    """Rows in which a rule does not count; None where it counts in all."""
    if rule.name == "near":
        # without any variation, values close to the center tell nothing
        low, high = book.range
        rows = np.abs(high - low) <= ON_LINE * np.abs(high)
    elif rule.name in RUN_RULES:
        rows = silent | moving if rule.name == "long_run" else silent
    else:
        return None
    return rows if rows.any() else None


def _set(plane: npt.NDArray[np.uint8], cells: Bools, bit: int, quiet: Bools | None) -> None:
    """Set a bit where cells are true, save in quiet rows."""
    if not cells.any():
        return
    grid = cells.reshape(plane.shape)
    if quiet is not None:
        grid = grid & ~quiet[:, None]
    plane |= grid.view(np.uint8) * np.uint8(1 << bit)


def _words(plane: npt.NDArray[np.uint8]) -> Flat:
    words = plane[0].astype(np.uint16)
    if len(plane) > 1:
        words |= plane[1].astype(np.uint16) << 8
    return np.asarray(words)


__all__ = [
    "CHART_RULES",
    "NAMED",
    "NEITHER",
    "RULE_SETS",
    "RUN_RULES",
    "Fired",
    "Ints",
    "Rulebook",
    "Runs",
    "Sides",
    "View",
    "apply",
    "crossings_min",
    "lengths_of",
    "longest_run_max",
    "padding",
    "run_limits",
    "runs",
]
