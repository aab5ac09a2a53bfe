"""Files as people really send them, and beside each what is right to do with it, decided before any code was asked.

The network is synthetic: four schools that report every Monday of six weeks in autumn 2025 how many students were
present and how many enrolled. A case changes one thing in that file.

A decision is one of

- `accept`: the file can be read; the rows that must come of it are known, and what must be told;
- `ask`: the file cannot tell; the question that must be asked is known, and the rows that one answer leads to;
- `stop`: a person has to look, by a question or by a refusal; both are right if the message is complete;
- `refuse`: the file must be mended; the message must name the place, the value found and the next step.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

Decision = Literal["accept", "ask", "stop", "refuse"]
Cells = list[list[str]]

WEEKS = ("2025-09-08", "2025-09-15", "2025-09-22", "2025-09-29", "2025-10-06", "2025-10-13")
ENROLLED = {"0012": 40, "0107": 52, "0184": 30, "0233": 65}
PRESENT = {
    "0012": (36, 35, 37, 38, 34, 36),
    "0107": (47, 49, 46, 48, 50, 45),
    "0184": (28, 27, 29, 30, 26, 28),
    "0233": (60, 58, 61, 59, 62, 57),
}
HEADER = ("school", "week", "present", "enrolled")
AS_OF = "2025-12-01"
ANY = float("nan")  # in a `Row`: whatever stands there is right


@dataclass(frozen=True, slots=True)
class Row:
    """One observation that must come of a file.

    Parameters
    ----------
    value, numerator, denominator
        The number, None for a blank cell, `ANY` where it does not matter. Where both parts are numbers, `value` may
        be blank or their quotient.
    status
        One of `terms.STATUSES`, or several of which each is right.
    group
        The group; "" for everybody.
    """

    school: str
    period: str
    numerator: float | None = None
    denominator: float | None = None
    value: float | None = None
    status: str | tuple[str, ...] = "reported"
    group: str = ""
    measure: str = "attendance"

    @property
    def key(self) -> tuple[str, str, str, str]:
        return self.school, self.measure, self.period, self.group


@dataclass(frozen=True, slots=True)
class Case:
    """A file, what is right to do with it, and why.

    Parameters
    ----------
    id, name
        Number in the list and what the file is like.
    make
        The file's bytes.
    decision, why
        What is right, and the reason in one sentence.
    rows
        Every row that must be stored, in any order; for `ask` those that follow from `answers`.
    told
        Patterns that must be found in what the command prints when it accepts.
    key
        Pattern of the question's key.
    answers
        For each pattern of a key the words that may answer it; the first that is among the choices is given.
    message
        Patterns that must be found in the question or refusal: place, value and next step.
    file
        The file's name.
    known
        True where the network already lists the four schools.
    """

    id: str
    name: str
    make: Callable[[], bytes]
    decision: Decision
    why: str
    rows: tuple[Row, ...] = ()
    told: tuple[str, ...] = ()
    key: str = ""
    answers: tuple[tuple[str, tuple[str, ...]], ...] = ()
    message: tuple[str, ...] = ()
    file: str = "weekly.csv"
    known: bool = True
    hidden: tuple[str, ...] = field(default=())  # texts that must not be printed


def table() -> Cells:
    """The good file as cells: row 1 is the header; row 5 is school 0012 in the week of 2025-09-29, 38 of 40."""
    rows = [
        [school, week, str(present), str(ENROLLED[school])]
        for school, counts in PRESENT.items()
        for week, present in zip(WEEKS, counts, strict=True)
    ]
    return [list(HEADER), *rows]


def text(cells: Sequence[Sequence[str]], separator: str = ",", end: str = "\n") -> str:
    """Cells as a spreadsheet writes them: quotes only where they are needed."""
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows(cells)
    return out.getvalue()


def data(cells: Sequence[Sequence[str]], separator: str = ",", end: str = "\n", encoding: str = "utf-8") -> bytes:
    """The same as bytes."""
    return text(cells, separator, end).encode(encoding)


def changed(row: int = 5, header: Sequence[str] = HEADER, **cells: str) -> Cells:
    """The good file with other texts in one row, numbered as the spreadsheet shows it."""
    found = table()
    for name, value in cells.items():
        found[row - 1][header.index(name)] = value
    return found


def rows(changes: Mapping[int, Mapping[str, object] | None] | None = None) -> tuple[Row, ...]:
    """The rows of the good file, some of them changed or (None) left out, by the number of their row."""
    good = {
        number: Row(school, week, float(present), float(enrolled))
        for number, (school, week, present, enrolled) in enumerate(table()[1:], start=2)
    }
    for number, change in (changes or {}).items():
        if change is None:
            del good[number]
        else:
            good[number] = replace(good[number], **change)  # type: ignore[arg-type]
    return tuple(good.values())


def one(**change: object) -> tuple[Row, ...]:
    """The rows of the good file with row 5 changed."""
    return rows({5: change})


def blank(*status: str, part: str = "numerator") -> dict[str, object]:
    """A row whose bad cell became no number, with one of these statuses; its other count may stay."""
    other = "denominator" if part == "numerator" else "numerator"
    return {part: None, other: ANY, "status": status}


# A row that is set aside keeps no number at all.
EXCLUDED: dict[str, object] = {"numerator": None, "denominator": None, "status": "excluded"}
