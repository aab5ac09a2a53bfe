"""The columns of one measure, and what must be known before its counts are read as shares."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from pdsa.check import Coded
from pdsa.content.library import library
from pdsa.mapping.headers import measure_parts
from pdsa.mapping.ratios import plain_numbers
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.records.imports import Choice, Question

__all__ = ["Parts", "counted", "rivals"]

NONE, PERCENT = "none", "percent"
MOST_CHOICES = 8


@dataclass(frozen=True, slots=True)
class Parts:
    """The headers of one measure's columns; "" for one that the table does not have."""

    measure: str
    value: str = ""
    numerator: str = ""
    denominator: str = ""
    factor: float = 0.0  # 100 where arithmetic shows that the value is a percent, 1 a fraction, 0 unknown
    unlinked: tuple[str, str] = ("", "")  # numerator and denominator that are named so, but do not give the value

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers that there are."""
        return tuple(filter(None, (self.value, self.numerator, self.denominator)))


def counted(
    found: Sequence[Parts], columns: Mapping[str, Coded], place: str, decisions: Mapping[str, str], remarks: Remarks
) -> list[Parts]:
    """The measures without counts that are counts of an unknown whole.

    A share or a rate needs its denominator. Where a column is named like a count and has no denominator beside it,
    numbers with decimals are shares or rates (told); whole numbers are a question: `denominator:<column>`.
    """
    shares = {one.id for one in library() if one.data_type in ("proportion", "rate")}
    answer = []
    for one in found:
        if one.measure not in shares or not one.numerator or one.denominator or one.value:
            answer.append(one)
            continue
        made = _settled(one, columns, place, decisions, remarks)
        answer += [made] if made else []
    return answer


def rivals(
    measure: str, columns: Mapping[str, Coded], place: str, decisions: Mapping[str, str], remarks: Remarks
) -> Sequence[str]:
    """The headers with the one first that somebody chose, of several that name the same part of a measure.

    Several rates are a question: `column:<measure>`. Several counts, of which nobody knows the whole, are left out.
    """
    headers = tuple(columns)
    decided = decisions.get(f"column:{measure}", "")
    if decided in headers:
        return (decided, *(one for one in headers if one != decided))
    if len(headers) < 2:
        return headers
    shown = f"{len(headers)} columns that may be {measure}: {', '.join(headers[:MOST_CHOICES])}"
    if not all(map(_percents, columns.values())) and not any(measure_parts(one)[0][1] == "value" for one in headers):
        remarks.tell(f"{place}: {shown}; none is used without --answer 'column:{measure}=COLUMN'")
        return ()
    choices = tuple(Choice(header, f"the column {header}") for header in headers[:MOST_CHOICES])
    remarks.ask(Question(f"column:{measure}", place, shown, f"which column is {measure}?", choices))
    return headers


def _percents(column: Coded) -> bool:
    """Whether the numbers of a column are shares, because no count of students has decimals or percent signs."""
    numbers = plain_numbers(column)[0]
    known = numbers[np.isfinite(numbers)]
    if any(text.rstrip().endswith("%") for text in column.texts):
        return True
    return bool(len(known) and (known != np.round(known)).any() and known.max() <= 100)


def _settled(
    one: Parts, columns: Mapping[str, Coded], place: str, decisions: Mapping[str, str], remarks: Remarks
) -> Parts | None:
    """The measure as somebody decided, or as decimals tell; None to leave it out."""
    decided = decisions.get(f"denominator:{one.numerator}", "")
    if decided in columns:
        return replace(one, denominator=decided)
    if decided == NONE:
        remarks.tell(f"{one.numerator}: counts without a denominator; not used")
        return None
    if decided == PERCENT or _percents(columns[one.numerator]):
        if decided != PERCENT:
            remarks.tell(f"{one.numerator}: read as shares or rates, because no count has decimals or percent signs")
        return replace(one, value=one.numerator, numerator="")
    _ask(one, columns, place, remarks)
    return None


def _ask(one: Parts, columns: Mapping[str, Coded], place: str, remarks: Remarks) -> None:
    others = [header for header in columns if header != one.numerator][:MOST_CHOICES]
    choices = (
        *(Choice(header, f"of the number under {header}") for header in others),
        Choice(PERCENT, "these numbers are percents or rates already"),
        Choice(NONE, "the file does not tell: the column is not used"),
    )
    shown = f"{one.numerator}: {shortened(', '.join(columns[one.numerator].texts[:4]), 60)}; no denominator beside it"
    remarks.ask(Question(f"denominator:{one.numerator}", place, shown, f"{one.measure} of how many?", choices))
