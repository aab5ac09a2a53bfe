"""The small words of sentences: values, periods and counts as people read them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pdsa.records import Measure
from pdsa.series import YEAR_START, Floats, school_year
from pdsa.terms import PROPORTION_KINDS, RATIO_KINDS, Step
from pdsa.texts import number_read, number_told

if TYPE_CHECKING:
    from pdsa.chart import Chart


@dataclass(frozen=True, slots=True)
class Finding:
    """What is said about one series: a short lead, the sentences after it, and the verdict that they put into words."""

    text: str
    verdict: str = ""
    lead: str = ""

    def __str__(self) -> str:
        return f"{self.lead} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Findings:
    """Several sentences in order; a notebook shows them as plain lines."""

    items: tuple[Finding, ...]

    def __repr__(self) -> str:
        return "\n".join(str(item) for item in self.items)


def format_value(value: float, measure: Measure | None, unit: bool = True, more: int = 0) -> str:
    """A value as sentences, axes and tooltips print it: `87.3%`, `31.2 minutes`; a percent sign always stays.

    `more` is a number of digits beyond the usual ones.
    """
    if value is None or not math.isfinite(value):
        return "no value"
    name = measure.unit if measure else ""
    number = number_told(value, name, more)
    if name == "%":
        return f"{number}%"
    return f"{number} {name}".rstrip() if unit else number


# Digits that are added at most, so that two numbers read apart.
MOST_MORE = 4


def digits_apart(values: Sequence[float], measure: Measure | None) -> int:
    """So many digits more than usual let values that a sentence compares read apart, as numbers and not only as texts.

    Parameters
    ----------
    values
        What is compared; equal ones and those that are not finite need no digits.
    measure
        Theirs, for its unit.

    Returns
    -------
    int
        0 to `MOST_MORE`; 0 also where not even so many digits tell the values apart.

    Examples
    --------
    >>> digits_apart((87.44, 87.41), None), digits_apart((999.96, 1000.4), None)
    (1, 1)
    """
    known = {value for value in values if math.isfinite(value)}
    for more in range(MOST_MORE + 1):
        if len({reads(value, measure, more) for value in known}) == len(known):
            return more
    return 0


def reads(value: float, measure: Measure | None, more: int = 0) -> float:
    """The number that a reader of `format_value` has."""
    return number_read(value, measure.unit if measure else "", more)


def format_period(period: object, step: Step | None) -> str:
    """A period in words: `2016-17` for a school year, `2025-09`, `week of 2025-09-15`, `2025-09-15` for a day."""
    if isinstance(period, pd.Timestamp):
        if step == "year":
            return school_year(period.year - (period.month < YEAR_START))
        day = f"{period.year:04d}-{period.month:02d}-{period.day:02d}"
        if step == "month":
            return day[:7]
        return f"week of {day}" if step == "week" else day
    return str(period)


def plural(n: int, noun: str) -> str:
    """`1 week`, `3 weeks`."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def noun_of(step: Step | None) -> str:
    """What one point is called: week, day, month, school year, or point."""
    return "school year" if step == "year" else step or "point"


def capital(text: str) -> str:
    """The text with a capital at its beginning."""
    return text[:1].upper() + text[1:]


def title(chart: Chart) -> str:
    """The measure's name, or what stands for it in a chart of a bare frame."""
    return chart.measure.name if chart.measure else "Value"


def in_unit(chart: Chart, kinds: frozenset[str]) -> Measure | None:
    """The measure in whose unit the values of these kinds stand; a CUSUM is in standard deviations, and has none."""
    return None if "cusum" in kinds else chart.measure


def possible_range(chart: Chart, kinds: frozenset[str], values: Floats) -> tuple[float, float]:
    """Least and greatest value that the measure can take, in plotted units; never tighter than the values are."""
    floor, ceiling = _known_range(chart, kinds)
    known = values[np.isfinite(values)]
    beyond = bool(len(known)) and (known.min() < floor or known.max() > ceiling * (1 + 1e-9))
    return (-math.inf, math.inf) if beyond else (floor, ceiling)


def _known_range(chart: Chart, kinds: frozenset[str]) -> tuple[float, float]:
    known = chart.measure.data_type if chart.measure else chart.spec.data_type
    floor, ceiling = -math.inf, math.inf
    if "cusum" in kinds:
        return floor, ceiling
    if known in ("proportion", "rate", "count", "time_between") or kinds & POSITIVE_KINDS:
        floor = 0.0
    if "np" not in kinds and (known == "proportion" or (known is None and kinds & set(PROPORTION_KINDS))):
        ceiling = float(chart.spec.per)
    if known == "proportion" and kinds & {"mr", "s"}:
        ceiling = math.inf
    return floor, ceiling


# No value of these kinds can lie below zero, whatever is measured.
POSITIVE_KINDS = frozenset(RATIO_KINDS) - {"i_prime"} | {"c", "g", "t", "mr", "s"}
