"""Tables made long: columns of several periods side by side go one below the other, a month finds its year."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from pdsa.check import Coded
from pdsa.mapping.formats import FORMATS, Context, PeriodFormat, begins, dissect, period_like
from pdsa.mapping.headers import folded, is_number, measure_parts, roles_of
from pdsa.mapping.keys import constant, joined, mapped, repeated, stacked
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.tables import Table

__all__ = [
    "LAYOUT",
    "MEASURE_FROM",
    "MONTH_OF_YEAR",
    "PERIOD_OF_HEADER",
    "SCHOOLS_AS_COLUMNS",
    "SCHOOL_FROM",
    "arranged",
    "filled_column",
    "parted",
    "schools_as_columns",
]

PERIOD_OF_HEADER = "period of the header"
MONTH_OF_YEAR = "month of the school year"
SCHOOL_FROM = "school-from"  # the decision that the name of each sheet or file is a school
MEASURE_FROM = "measure-from"  # the decision that the name of each sheet is a measure
MEASURE_OF = "measure (name of the"
SCHOOL_OF = "school (name of the"
LAYOUT, SCHOOLS_AS_COLUMNS = "layout", "schools-as-columns"  # the decision that each column is a school
VALUE = "value"
LEAST_PERIODS, LEAST_SCHOOLS = 3, 2
UNDERSCORED = re.compile(r"(?<=[0-9])_(?=[0-9])")  # rate_2022_23
BETWEEN = re.compile(r"[_()\[\]:|]|\s[-–—]\s")
# What no period goes without: a digit or a month. Most headers of wide files are settled by it.
MAY_BE_PERIOD = re.compile(r"[0-9]|\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)", re.IGNORECASE)
LETTER = re.compile(r"[^\W\d_]|%")
MOST_WORDS = 6  # of a period: "week of September 2, 2024"
SHOWN = 4


def parted(header: str) -> tuple[str, str] | None:
    """A header as its period and what else it says: "2019-20 Enrollment" is `("2019-20", "Enrollment")`.

    Examples
    --------
    >>> parted("Present (9/2/2024)"), parted("Grade 3")
    (('9/2/2024', 'Present'), None)
    """
    words = BETWEEN.sub(" ", UNDERSCORED.sub("-", header)).split()
    if not MAY_BE_PERIOD.search(header) or period_like(header) or period_like(" ".join(words)):
        return None
    for count in range(min(len(words) - 1, MOST_WORDS), 0, -1):
        for period, rest in ((words[:count], words[count:]), (words[-count:], words[:-count])):
            other = " ".join(rest)
            if period_like(" ".join(period)) and LETTER.search(other) and not period_like(other):
                return " ".join(period), " ".join(rest)
    return None


def arranged(table: Table, decisions: Mapping[str, str], remarks: Remarks) -> Table:
    """The table with a row for each period, where its columns stand side by side by period and kind of number.

    A table whose headers are periods and nothing else stays as it is, if it holds one measure. Where somebody decided
    that the columns are schools, these go one below the other, too; where the name of each sheet, or file, is a
    school, or a measure, the table gets a column of it.
    """
    table = _with_years(_unfolded(table, remarks), remarks)
    if decisions.get(LAYOUT) == SCHOOLS_AS_COLUMNS:
        table = _schools_below(table, remarks)
    if decisions.get(MEASURE_FROM) == "sheet" and not any("measure" in roles_of(header) for header in table.headers):
        table = _with_column(table, f"{MEASURE_OF} sheet)", table.source.partition("!")[2])
    if not decisions.get(SCHOOL_FROM) or any({"school", "school_name"} & set(roles_of(h)) for h in table.headers):
        return table
    sheet = decisions[SCHOOL_FROM] == "sheet"
    name = table.source.partition("!")[2] if sheet else table.name.rpartition(".")[0] or table.name
    return _with_column(table, f"{SCHOOL_OF} {decisions[SCHOOL_FROM]})", name)


def _with_column(table: Table, header: str, texts: Coded | str) -> Table:
    """The table with one more column, of the same text in every row or of its own texts."""
    column = constant(texts, len(table.rows)) if isinstance(texts, str) else texts
    kinds = (*table.kinds, np.ones(len(table.rows), np.int8)) if table.kinds else ()
    return replace(table, headers=(*table.headers, header), columns=(*table.columns, column), kinds=kinds)


def schools_as_columns(table: Table) -> tuple[str, ...]:
    """Headers that may be schools: of numbers, beside a column of periods, and without any word that is known."""
    roles = [roles_of(header) for header in table.headers]
    if not any("period" in one for one in roles) or any(
        {"school", "school_name", "district"} & set(one) for one in roles
    ):
        return ()
    found = [
        header
        for header, known, column in zip(table.headers, roles, table.columns, strict=True)
        if header and not known and not measure_parts(header) and not period_like(header) and _numbers(column)
    ]
    return tuple(found) if len(found) >= LEAST_SCHOOLS else ()


def filled_column(column: Coded) -> bool:
    """Whether any cell of a column holds more than blanks."""
    used = np.bincount(column.codes, minlength=len(column.texts)) > 0
    return any(bool(text.strip()) and there for text, there in zip(column.texts, used.tolist(), strict=True))


def _numbers(column: Coded) -> bool:
    some = [text for text in column.texts if text.strip()]
    return bool(some) and sum(map(is_number, some)) * 2 >= len(some)


def _schools_below(table: Table, remarks: Remarks) -> Table:
    schools = schools_as_columns(table)
    if not schools:
        return table
    remarks.tell(f"{table.source}: {len(schools)} columns of schools read one below the other")
    pairs = {table.headers.index(header): (header, VALUE) for header in schools}
    return _stacked(table, pairs, f"{SCHOOL_OF} column)")


def _unfolded(table: Table, remarks: Remarks) -> Table:
    pairs = {k: pair for k, header in enumerate(table.headers) if (pair := parted(header))}
    pure = {k: (header, VALUE) for k, header in enumerate(table.headers) if header and period_like(header)}
    if not pairs and len(pure) >= LEAST_PERIODS and any("measure" in roles_of(header) for header in table.headers):
        pairs = pure
    pairs = _of_several(pairs)
    if not pairs:
        return table
    full = {of for k, (of, _) in pairs.items() if filled_column(table.columns[k])}
    blank = {of for of, _ in pairs.values()} - full
    if blank:
        remarks.tell(f"{table.source}: nothing stands under {shortened(', '.join(sorted(blank)), 80)}; left out")
        return _unfolded(_without(table, [k for k, (of, _) in pairs.items() if of in blank]), remarks)
    times = tuple(dict.fromkeys(period for period, _ in pairs.values()))
    names = dict.fromkeys(rest for _, rest in pairs.values())
    remarks.tell(
        f"{table.source}: columns for each of {len(times)} periods ({', '.join(times[:SHOWN])}"
        f"{' ...' if len(times) > SHOWN else ''}) read one below the other: "
        f"{', '.join(shortened(name, 40) for name in names)}"
    )
    return _stacked(table, pairs, PERIOD_OF_HEADER)


def _of_several(pairs: Mapping[int, tuple[str, str]]) -> dict[int, tuple[str, str]]:
    """The columns whose kind of number stands under several periods, and others of the same periods."""
    periods: dict[str, set[str]] = {}
    for period, rest in pairs.values():
        periods.setdefault(folded(rest), set()).add(period)
    times = {period for found in periods.values() if len(found) > 1 for period in found}
    return {k: (period, rest) for k, (period, rest) in pairs.items() if period in times}


def _without(table: Table, places: Sequence[int]) -> Table:
    """The table without some of its columns."""
    keep = [k for k in range(len(table.headers)) if k not in set(places)]
    return replace(
        table,
        headers=tuple(table.headers[k] for k in keep),
        columns=tuple(table.columns[k] for k in keep),
        kinds=tuple(table.kinds[k] for k in keep) if table.kinds else (),
    )


def _stacked(table: Table, pairs: Mapping[int, tuple[str, str]], header: str) -> Table:
    """Columns one below the other: each is of something (a period, a school), which a new column names, and a part."""
    times = tuple(dict.fromkeys(of for of, _ in pairs.values()))
    names = {folded(rest): rest for _, rest in reversed(list(pairs.values()))}
    fixed = [k for k in range(len(table.headers)) if k not in pairs]
    places = {(folded(rest), of): k for k, (of, rest) in pairs.items()}
    rests = [rest for rest in dict.fromkeys(folded(rest) for _, rest in pairs.values()) if rest]
    count = len(table.rows)
    column = Coded(np.repeat(np.arange(len(times)), count), times)
    chosen = [[places.get((rest, of), -1) for of in times] for rest in rests]
    return replace(
        table,
        headers=(*(table.headers[k] for k in fixed), header, *(names[rest] for rest in rests)),
        columns=(
            *(repeated(table.columns[k], len(times)) for k in fixed),
            column,
            *(stacked([table.columns[k] if k >= 0 else constant("", count) for k in own]) for own in chosen),
        ),
        kinds=_kinds(table, fixed, chosen, len(times)),
        rows=np.tile(table.rows, len(times)),
        members=None if table.members is None else repeated(table.members, len(times)),
    )


def _kinds(
    table: Table, fixed: Sequence[int], chosen: Sequence[Sequence[int]], times: int
) -> tuple[np.ndarray[tuple[int], np.dtype[np.int8]], ...]:
    if not table.kinds:
        return ()
    count = len(table.rows)
    blank, text = np.zeros(count, np.int8), np.ones(count * times, np.int8)
    own = [np.concatenate([table.kinds[k] if k >= 0 else blank for k in places]) for places in chosen]
    return (*(np.tile(table.kinds[k], times) for k in fixed), text, *own)


def _with_years(table: Table, remarks: Remarks) -> Table:
    """The table with a column of months and years, where months stand without a year beside a column of school years.

    "August" of "2023-24" is August 2023, and "March" is March 2024.
    """
    named = [h for h in dict.fromkeys(table.headers) if h and "period" in roles_of(h)]
    columns = {header: table.columns[table.headers.index(header)] for header in named}
    years = [header for header in named if all(_reads("school_year", text) for text in columns[header].texts)]
    months = [header for header in named if all(_reads("%b", text) for text in columns[header].texts)]
    if len(years) != 1 or len(months) != 1:
        return table
    both = joined([columns[months[0]], columns[years[0]]], "\x1f")
    remarks.tell(f"{table.source}: {months[0]} and {years[0]} read together: {_month_of(both.texts[0])}")
    return _with_column(table, MONTH_OF_YEAR, mapped(both, _month_of))


def _reads(name: str, text: str) -> bool:
    return not isinstance(begins(_format(name), dissect(text), Context(any_year=True)), str)


def _format(name: str) -> PeriodFormat:
    return next(one for one in FORMATS if one.name == name)


def _month_of(pair: str) -> str:
    """The month of a name and a school year: "2023-08"."""
    month, year = pair.split("\x1f")
    day = begins(_format("%b"), dissect(month), Context({"year-of-days": year.strip()}))
    return day if isinstance(day, str) else f"{day:%Y-%m}"
