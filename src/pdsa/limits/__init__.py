"""The lines of every chart kind, for all series of a block at once: arrays in, arrays out."""

from __future__ import annotations

from collections.abc import Callable

from pdsa.limits import counts, individuals, predictive, rare, sums
from pdsa.limits.block import Block, Bools, Floats, Ints, Lines, Squeezed, beyond, range_count, ratio
from pdsa.limits.counts import expected
from pdsa.limits.individuals import second_opinion
from pdsa.records import ChartSpec

LINES: dict[str, Callable[[Block, ChartSpec], Lines]] = {
    "run": individuals.run,
    "i": individuals.individuals,
    "mr": individuals.ranges,
    "i_prime": individuals.prime_individuals,
    "xbar": individuals.means,
    "s": individuals.deviations,
    "p": counts.proportions,
    "np": counts.numbers,
    "u": counts.rates,
    "c": counts.counts,
    "p_prime": counts.prime_proportions,
    "u_prime": counts.prime_rates,
    "g": rare.cases_between,
    "t": rare.time_between,
    "cusum": sums.cumulative_sums,
    "ewma": sums.weighted_average,
}


def lines_of(kind: str, block: Block, spec: ChartSpec) -> Lines:
    """The lines of a kind by the method of the spec; predictive ones where the kind has them."""
    lines = LINES[kind](block, spec)
    extend = predictive.PREDICTIVE.get(kind) if spec.method == "predictive" else None
    if extend is None:
        return lines
    found = extend(lines, block, spec)
    return predictive.known_rows(lines, found, block) if kind in predictive.COUNTED else found


__all__ = [
    "LINES",
    "Block",
    "Bools",
    "Floats",
    "Ints",
    "Lines",
    "Squeezed",
    "beyond",
    "expected",
    "lines_of",
    "range_count",
    "ratio",
    "second_opinion",
]
