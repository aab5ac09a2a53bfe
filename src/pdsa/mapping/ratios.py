"""Which column is which by arithmetic: a published rate is the quotient of two other columns of the same row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdsa.check import Coded

__all__ = ["Ratio", "decimals", "plain_numbers", "ratios"]

Floats = NDArray[np.float64]

PLAIN = re.compile(r"\s*(-?[0-9]{1,3}(?:,[0-9]{3})+|-?[0-9]+)?(\.[0-9]+)?\s*(%?)\s*")
SAMPLE = 400  # rows that are looked at: enough to tell chance from arithmetic
MOST_COLUMNS = 24
MOST_RATE = 3.0  # incidents for each student; beyond it the "rate" is a count, and its parts are others
ARTIFACT = 10  # digits behind the point from which a number was not printed by people
LEAST_ROWS, LEAST_SHARE, LEAST_DISTINCT = 5, 0.95, 3


@dataclass(frozen=True, slots=True)
class Ratio:
    """value = numerator / denominator x factor, in `share` of the rows that have all three.

    The factor is 0 where percent signs in the cells say it anyway.
    """

    value: str
    numerator: str
    denominator: str
    factor: float
    share: float


def decimals(number: str) -> int:
    """How many digits behind its point a number has as people print it: 67.099999999999994 is the 67.1 of a program."""
    digits = len(number.partition(".")[2])
    return digits if digits < ARTIFACT else len(repr(float(number)).partition(".")[2])


def plain_numbers(column: Coded) -> tuple[Floats, Floats]:
    """Shape (rows,): the plain numbers of a column, NaN elsewhere, and half a unit of the last digit of each."""
    numbers = np.full(len(column.texts), np.nan)
    slack = np.zeros(len(column.texts))
    for k, text in enumerate(column.texts):
        match = PLAIN.fullmatch(text)
        if match and (match[1] or match[2]) and len(text) < 40:
            digits = decimals((match[1] or "0").replace(",", "") + (match[2] or ""))
            scale = 0.01 if match[3] else 1.0
            numbers[k] = float((match[1] or "0").replace(",", "") + (match[2] or "")) * scale
            slack[k] = 0.5 * 10.0**-digits * scale
    return numbers[column.codes], slack[column.codes]


def ratios(columns: Mapping[str, Coded]) -> tuple[Ratio, ...]:
    """Every triple of columns of which one is the quotient of two others, as a share or as a percent.

    Rows whose quotient was rounded agree within half a unit of the last digit printed (or a whole unit: some
    publishers cut digits off). Triples must hold in at least 95% of five or more rows.

    Parameters
    ----------
    columns
        Columns by header; those with few plain numbers are passed over.
    """
    found = {name: plain_numbers(column) for name, column in columns.items()}
    names = [name for name, (numbers, _) in found.items() if np.isfinite(numbers).mean() > 0.02][:MOST_COLUMNS]
    if len(names) < 3:
        return ()
    numbers = np.array([found[name][0] for name in names])
    slack = np.array([found[name][1] for name in names])
    rows = _sample(numbers)
    numbers, slack = numbers[:, rows], slack[:, rows]
    every = [
        ratio for factor in (1.0, 100.0) for d in range(len(names)) for ratio in _over(names, numbers, slack, d, factor)
    ]
    by_name = dict(zip(names, zip(numbers, slack, strict=True), strict=True))
    return tuple(one for one in every if not _turned(one, every, by_name))


def _turned(one: Ratio, every: Sequence[Ratio], columns: Mapping[str, tuple[Floats, Floats]]) -> bool:
    """Whether a ratio is another one turned around: all = some / share, whose "denominator" is the rate."""
    back = [two for two in every if (two.value, two.numerator, two.denominator) == _swapped(one)]
    return bool(back) and _likely(one, columns) < max(_likely(two, columns) for two in back)


def _swapped(one: Ratio) -> tuple[str, str, str]:
    return one.denominator, one.numerator, one.value


def _likely(one: Ratio, columns: Mapping[str, tuple[Floats, Floats]]) -> tuple[bool, bool]:
    """Parts no greater than their whole, and a rate that has more decimals than the whole, speak for a ratio."""
    top, bottom = columns[one.numerator][0], columns[one.denominator][0]
    both = np.isfinite(top) & np.isfinite(bottom)
    finest = {name: np.min(columns[name][1][np.isfinite(columns[name][0])]) for name in (one.value, one.denominator)}
    return bool((top <= bottom)[both].mean() > LEAST_SHARE), bool(finest[one.value] < finest[one.denominator])


def _sample(numbers: Floats) -> NDArray[np.int64]:
    """Rows with most numbers, evenly spread over the table."""
    full = np.isfinite(numbers).sum(axis=0)
    rows = np.flatnonzero(full >= min(3, len(numbers)))
    dense = rows[full[rows] >= np.median(full[rows])] if len(rows) else rows
    chosen = dense if len(dense) >= LEAST_ROWS else rows
    return chosen[:: max(len(chosen) // SAMPLE, 1)]


def _over(names: list[str], numbers: Floats, slack: Floats, d: int, factor: float) -> list[Ratio]:
    """The triples with column `d` as denominator."""
    below = np.where(numbers[d] > 0, numbers[d], np.nan)
    found = []
    for n in range(len(names)):
        if n == d:
            continue
        quotient = numbers[n] / below * factor
        both = np.isfinite(quotient) & np.isfinite(numbers)
        unit = np.maximum(2 * slack, 1e-9 * np.abs(quotient)) * (1 + 1e-9)
        near = np.abs(numbers - quotient) <= unit
        both &= (np.abs(numbers) > unit) | (np.abs(quotient) > unit)  # next to nothing is as near to nothing
        counts = both.sum(axis=1)
        for v in np.flatnonzero((near & both).sum(axis=1) >= np.maximum(LEAST_SHARE * counts, 1)).tolist():
            rows = both[v]
            distinct = len(np.unique(numbers[v][rows]))
            rate = np.median(np.abs(quotient[rows])) <= MOST_RATE * factor if rows.any() else False
            if v not in (n, d) and rate and counts[v] >= LEAST_ROWS and distinct >= LEAST_DISTINCT:
                share = float((near[v] & rows).sum() / counts[v])
                found.append(Ratio(names[v], names[n], names[d], factor, share))
    return found
