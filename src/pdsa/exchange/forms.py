"""Foreign tables of cycles, such as exports of online forms and trackers with one row a cycle: what each column is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Literal

from pdsa.content import content
from pdsa.errors import ParamsError, Problem
from pdsa.inquiry.planning import FIVE, PREDICTED
from pdsa.params.inquiry import kinds
from pdsa.params.words import nearest

NOT_TAKEN = "nothing was imported"
IGNORE, TIMESTAMP = "ignore", "timestamp"
SLASHED = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
# What columns of any number may hold together; of other fields there is one column.
JOINED = ("text", "texts", "tasks", "ids")
Dates = Literal["", "month-first", "day-first"]
Cells = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LogMapping:
    """How the columns of a form become fields of cycles.

    Parameters
    ----------
    name
        Of the file `mappings/<name>.log.yaml`.
    columns
        By header the field: one of the five typed fields, a field of a cycle or of its prediction, `school`,
        `timestamp` (tells rows apart) or `ignore`. Several columns of free text become one text, several of
        `prediction` as many predictions.
    constants
        Fields that are the same in every row, such as `school`.
    words
        By field what the texts of the form mean.
    dates
        How days with slashes are written: `month-first` or `day-first`.
    header, sheet
        The number of the row with the headers, and the name of the sheet; 0 and "" where they are plain to see.
    """

    name: str
    columns: Mapping[str, str] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    dates: Dates = ""
    header: int = 0
    sheet: str = ""


def fields_known() -> tuple[str, ...]:
    """Every field that a column may become."""
    own = (*FIVE, *kinds("cycle"), *PREDICTED, "school", TIMESTAMP, IGNORE)
    return tuple(name for name in dict.fromkeys(own) if name != "id")


def proposed(header: str) -> tuple[str, ...]:
    """The fields that a header may ask for, the likeliest first; none where no word says it.

    Examples
    --------
    >>> proposed("What do you predict will happen?"), proposed("Email Address"), proposed("Favorite color")
    (('prediction',), ('ignore',), ())
    """
    if header.strip() in fields_known():
        return (header.strip(),)
    name = "_".join(header.casefold().split())
    words = set(re.findall(r"[\w-]+", header.casefold()))
    fits = [str(known) for known, sets in content("log_headers") if any(words.issuperset(one) for one in sets)]
    return tuple(dict.fromkeys(fits)) or ((name,) if name in fields_known() else ())


def drafted(mapping: LogMapping, headers: Sequence[str]) -> LogMapping:
    """The mapping with a proposal for each header that it does not know; only free texts are proposed twice."""
    columns = dict(mapping.columns)
    taken = set(columns.values()) - {IGNORE} | set(mapping.constants)
    for header in headers:
        if header and header not in columns:
            columns[header] = next((one for one in proposed(header) if one not in taken or _is_free(one)), "")
            taken |= {columns[header]} - {IGNORE, ""}
    ordered = [one for one in dict.fromkeys((*headers, *columns)) if one in columns]
    return replace(mapping, columns={one: columns[one] for one in ordered})


def check_mapping(mapping: LogMapping, headers: Sequence[str], rows: Sequence[Cells]) -> LogMapping:
    """The mapping, complete: days with slashes of which one is past the twelfth say which part is the month.

    Raises
    ------
    ParamsError
        With every question: the header, and how to answer it.
    """
    mapping = replace(mapping, dates=mapping.dates or _dates_shown(mapping, rows))
    problems = [*_open_columns(mapping, headers, rows), *_strange(mapping), *_doubled(mapping, headers)]
    told = {mapping.columns[header] for header in headers if header in mapping.columns} | set(mapping.constants)
    if not told & {"school", "school_id"}:
        expected = "the column of the school, or --field school=ID for all rows"
        problems.append(Problem("school", "no column that says whose cycles these are", expected))
    if not told & {"idea", "change_idea_id"}:
        expected = "the column that says what is tried: --field 'HEADER=idea'"
        problems.append(Problem("idea", "no column that says what is tried", expected))
    if not mapping.dates and any(True for row in rows for _ in _slashed(mapping, row)):
        expected = "--field dates=month-first (1/12/2026 is 12 January) or --field dates=day-first"
        problems.append(Problem("dates", "days such as 1/12/2026", expected))
    if problems:
        raise ParamsError("the form", tuple(problems), NOT_TAKEN, _step(mapping, headers))
    return mapping


def _step(mapping: LogMapping, headers: Sequence[str]) -> str:
    """How to go on, and what the other columns are taken for."""
    plain = [f"{header!r} is {mapping.columns[header]}" for header in headers if mapping.columns.get(header)]
    told = f"; --field changes what the others are taken for: {'; '.join(plain)}" if plain else ""
    return f"answer with --field and run the same command again{told}"


def _open_columns(mapping: LogMapping, headers: Sequence[str], rows: Sequence[Cells]) -> Iterator[Problem]:
    known = fields_known()
    for header in headers:
        wanted = mapping.columns.get(header, "")
        if header and not wanted:
            cells = [text for row in rows if (text := row.get(header, "").strip())]
            found = f"no field; cells such as {cells[0][:40]!r}" if cells else "no field, and nothing in its cells"
            expected = f"--field '{header}=FIELD', or --field '{header}=ignore'"
            yield Problem(f"column {header!r}", found, expected)
        elif header and wanted not in known:
            yield Problem(f"column {header!r}", f"the field {wanted!r}", nearest(wanted, known))


def _strange(mapping: LogMapping) -> Iterator[Problem]:
    """Constants and words for what is no field."""
    known = fields_known()
    for name in mapping.constants:
        if name not in known or name in (IGNORE, TIMESTAMP):
            yield Problem(f"--field {name}", "neither a header of the form nor a field", nearest(name, known))
    for name in mapping.words:
        if name not in known:
            yield Problem(f"--word {name}", "no field", nearest(name, known))


def _doubled(mapping: LogMapping, headers: Sequence[str]) -> Iterator[Problem]:
    """Fields that cannot be put together from several columns."""
    by_field: dict[str, list[str]] = {}
    for header in headers:
        by_field.setdefault(mapping.columns.get(header, ""), []).append(header)
    for name, own in by_field.items():
        if len(own) > 1 and name and not may_join(name):
            yield Problem(f"columns {' and '.join(map(repr, own))}", f"{name}, of both", "one column of this field")


def may_join(name: str) -> bool:
    """Whether several columns may hold a field together."""
    if name in (IGNORE, "prediction", "because", "how", "who"):
        return True
    kind = kinds("cycle").get(name) or kinds("prediction").get(name)
    return kind is not None and kind.name in JOINED


def _is_free(name: str) -> bool:
    """Whether what several columns say is only written one under the other."""
    return may_join(name) and name not in ("because", "who")


def dated() -> frozenset[str]:
    """The fields that hold days."""
    both = (*kinds("cycle").items(), *kinds("prediction").items())
    return frozenset(("when", TIMESTAMP, *(name for name, kind in both if kind.name == "date")))


def _slashed(mapping: LogMapping, row: Cells) -> Iterator[tuple[int, int]]:
    """The first two parts of each day with slashes."""
    for header, text in row.items():
        if mapping.columns.get(header) in dated():
            yield from ((int(first), int(second)) for first, second, _ in SLASHED.findall(text))


def _dates_shown(mapping: LogMapping, rows: Sequence[Cells]) -> Dates:
    """What the days themselves say: 1/13/2026 has the month first."""
    parts = {pair for row in rows for pair in _slashed(mapping, row)}
    month_first, day_first = any(second > 12 for _, second in parts), any(first > 12 for first, _ in parts)
    if month_first == day_first:
        return ""
    return "month-first" if month_first else "day-first"


def dashed(text: str, dates: Dates) -> str:
    """A text with its days as 2026-01-12.

    Examples
    --------
    >>> dashed("1/12/2026 - 1/23/2026", "month-first")
    '2026-01-12 - 2026-01-23'
    """

    def day(match: re.Match[str]) -> str:
        first, second, year = (int(part) for part in match.groups())
        month, number = (first, second) if dates == "month-first" else (second, first)
        try:
            return date(year, month, number).isoformat()
        except ValueError:
            return match.group()

    return SLASHED.sub(day, text) if dates else text
