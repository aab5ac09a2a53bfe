"""The measure library: operational definitions, and the headers under which each measure is published."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from pdsa.content import content
from pdsa.records import Measure
from pdsa.terms import DataType, Direction, Kind, MeasureType, Step

__all__ = ["LibraryMeasure", "library"]

# `per` of a data type where the library names none: shares are shown as percent, rates for every 100.
PER = {"proportion": 100.0, "rate": 100.0}


@dataclass(frozen=True, slots=True)
class LibraryMeasure:
    """One measure of the library.

    Parameters
    ----------
    id, name, type, data_type, unit, direction, frequency, definition, numerator_def, denominator_def, per, chart
        As in `records.Measure`.
    value, numerator, denominator
        Headers under which that column is published, in small letters.
    traps
        Sentences about what has misled people who counted it.
    """

    id: str
    name: str
    type: MeasureType
    data_type: DataType
    unit: str
    direction: Direction
    frequency: Step
    definition: str
    numerator_def: str = ""
    denominator_def: str = ""
    per: float = 1.0
    chart: Kind = "auto"
    value: tuple[str, ...] = ()
    numerator: tuple[str, ...] = ()
    denominator: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()

    def measure(self) -> Measure:
        """The measure as a network declares it, without a target and a baseline: these are the network's own."""
        names = (
            *("id", "name", "type", "data_type", "unit", "direction", "frequency", "definition"),
            *("numerator_def", "denominator_def", "per", "chart"),
        )
        return Measure(**{name: getattr(self, name) for name in names})


@cache
def library() -> tuple[LibraryMeasure, ...]:
    """Every measure of the library, in the order in which it is printed.

    Examples
    --------
    >>> [one.id for one in library()][:3]
    ['kindergarten_readiness', 'reading_grade_3', 'math_grade_8']
    """
    return tuple(_read(entry) for entry in content("measures"))


def _read(entry: dict[str, Any]) -> LibraryMeasure:
    known: dict[str, Any] = {"per": PER.get(entry["data_type"], 1.0)}
    known |= {name: tuple(found) if isinstance(found, list) else found for name, found in entry.items()}
    return LibraryMeasure(**known)
