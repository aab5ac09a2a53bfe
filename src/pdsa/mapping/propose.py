"""The tables of an import -> one mapping for all of them, with a question for whatever the tables do not tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as Pairs
from dataclasses import replace

import numpy as np

from pdsa.mapping.answers import measures_chosen
from pdsa.mapping.formats import period_like
from pdsa.mapping.headers import MEASURE_PARTS, folded, measure_parts, measures_in
from pdsa.mapping.keys import mixed
from pdsa.mapping.levels import coarser, namesakes
from pdsa.mapping.parts import Parts
from pdsa.mapping.periods import part_of_year
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.roles import Roles, column_of, numeric, roles_in
from pdsa.mapping.sides import LAYOUT, MEASURE_FROM, SCHOOL_FROM, SCHOOLS_AS_COLUMNS, schools_as_columns
from pdsa.mapping.tables import Table
from pdsa.mapping.totals import total_rows
from pdsa.records.imports import Choice, Mapping, MeasureColumns, Names, Question

__all__ = ["label_headers", "propose"]

MOST_SHOWN = 4
MOST_CHOICES = 12
ALIKE = 0.5  # of the texts of two group columns, from which they are one that was renamed


def propose(tables: Sequence[Table], base: Mapping, remarks: Remarks) -> Mapping:
    """A mapping that reads all these tables; its gaps stand in `remarks` as questions.

    Parameters
    ----------
    tables
        The tables of all files of one kind; columns may be named otherwise from file to file.
    base
        Name, decisions and marks that are known already.
    """
    decisions = dict(base.decisions)
    roles = [roles_in(table, decisions, remarks) for table in tables]
    schools = [_school_parts(table, one, decisions, remarks) for table, one in zip(tables, roles, strict=True)]
    _check_found(tables, roles, schools, decisions, remarks)
    found = replace(
        base,
        layout="wide" if any(one.wide for one in roles) else "long",
        school=_aligned(schools),
        school_name=_names(one.school_name for one in roles),
        district=_names(one.district for one in roles),
        period=_names(one.period for one in roles),
        period_from="header" if any(one.wide for one in roles) else _period_from(roles),
        groups=_groups(tables, roles, remarks),
        group_dim=_names(one.group_dim for one in roles),
        measure=_names(one.measure for one in roles),
        status=_names(one.status for one in roles),
        measures=_measures(roles, remarks),
        totals=_levels(roles),
    )
    found = replace(found, ignored=_unused(tables, found))
    _tell_unused(found, remarks)
    return found


def _unused(tables: Sequence[Table], mapping: Mapping) -> Names:
    """The headers that the mapping does not use."""
    several = (
        mapping.school_name,
        mapping.district,
        mapping.period,
        mapping.group_dim,
        mapping.measure,
        mapping.status,
    )
    parts = [getattr(one, part) for one in mapping.measures for part in MEASURE_PARTS]
    used = {name for names in (*mapping.school, *several, *parts) for name in names}
    used |= {name for _, names in mapping.groups for name in names} | {header for header, _ in mapping.totals}
    wide = mapping.layout == "wide"
    headers = (header for table in tables for header in table.headers)
    return _names(header for header in headers if header not in used and not (wide and period_like(header)))


def _names(headers: Iterable[str]) -> Names:
    return tuple(dict.fromkeys(filter(None, headers)))


def _aligned(schools: Sequence[tuple[str, ...]]) -> tuple[Names, ...]:
    """The parts of a school's id, each with the headers it has in the tables."""
    count = max((len(parts) for parts in schools), default=0)
    return tuple(_names(parts[k] for parts in schools if k < len(parts)) for k in range(count))


def _levels(roles: Sequence[Roles]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The columns of levels with their texts that mean totals, over all tables."""
    found: dict[str, tuple[str, ...]] = {}
    for header, texts in (one.level for one in roles if one.level):
        found[header] = tuple(dict.fromkeys((*found.get(header, ()), *texts)))
    return tuple(found.items())


def _period_from(roles: Sequence[Roles]) -> str:
    with_column = [bool(one.period) for one in roles]
    return "column" if all(with_column) else "column title file" if any(with_column) else "title file"


def _groups(tables: Sequence[Table], roles: Sequence[Roles], remarks: Remarks) -> tuple[tuple[str, Names], ...]:
    """Each dimension with its headers; a column that other files name otherwise is one, where its texts are alike."""
    found: dict[str, list[str]] = {}
    texts: dict[str, set[str]] = {}
    for table, one in zip(tables, roles, strict=True):
        for header in one.groups:
            own = {folded(text) for text in column_of(table, header).texts if text.strip()}
            if header not in texts:
                first = _renamed(own, texts, found, one.groups)
                found.setdefault(first or header, []).append(header)
                if first:
                    remarks.tell(f"{table.source}: the groups under {header} are those under {first} in other files")
            texts[header] = texts.get(header, set()) | own
    named = any(one.group_dim for one in roles)
    return tuple(("" if named else " ".join(first.split()), _names(names)) for first, names in found.items())


def _renamed(own: set[str], texts: Pairs[str, set[str]], found: Pairs[str, list[str]], beside: Sequence[str]) -> str:
    """The dimension whose texts a new column has, if it stands in no table beside it; "" if none."""
    for first, names in found.items():
        other = set().union(*(texts[name] for name in names))
        if not set(names) & set(beside) and len(own & other) >= ALIKE * max(len(own), len(other), 1):
            return first
    return ""


def _measures(roles: Sequence[Roles], remarks: Remarks) -> tuple[MeasureColumns, ...]:
    """The columns of each measure over all tables; a scale only where all tables agree."""
    found: dict[str, list[Parts]] = {}
    for one in roles:
        for parts in one.parts:
            found.setdefault(parts.measure, []).append(parts)
    return tuple(_columns("" if measure == "?" else measure, several, remarks) for measure, several in found.items())


def _columns(measure: str, several: Sequence[Parts], remarks: Remarks) -> MeasureColumns:
    value = _names(one.value for one in several)
    apart = _names(header for one in several for header in one.unlinked)
    if apart:
        shown = " and ".join(shortened(header, 60) for header in apart[:2])
        remarks.tell(f"{measure}: {value[0]} is not the quotient of {shown}; these are not used for it")
        return MeasureColumns(measure, value, scale=_scale(several))
    counts = (_names(one.numerator for one in several), _names(one.denominator for one in several))
    return MeasureColumns(measure, value, *counts, scale=_scale(several))


def _scale(several: Sequence[Parts]) -> str:
    factors = {one.factor for one in several if one.value}
    return {1.0: "fraction", 100.0: "percent"}.get(factors.pop(), "") if len(factors) == 1 else ""


def _tell_unused(mapping: Mapping, remarks: Remarks) -> None:
    if mapping.ignored:
        shown = ", ".join(shortened(name, 40) for name in mapping.ignored[:12])
        more = f" and {len(mapping.ignored) - 12} more" if len(mapping.ignored) > 12 else ""
        remarks.tell(f"columns not used: {shown}{more} (a column is added by --answer 'use:COLUMN=MEASURE')")


def _check_found(
    tables: Sequence[Table],
    roles: Sequence[Roles],
    schools: Sequence[tuple[str, ...]],
    decisions: Pairs[str, str],
    remarks: Remarks,
) -> None:
    """Ask for what no table can do without: whose numbers, and which ones."""
    _ask_school_of_sheets(
        [table for table, parts in zip(tables, schools, strict=True) if not parts], decisions, remarks
    )
    open_ones = [table for table, one in zip(tables, roles, strict=True) if any(p.measure == "?" for p in one.parts)]
    _ask_measure_of_sheets(open_ones, decisions, remarks)
    for table, one, parts in zip(tables, roles, schools, strict=True):
        place = f"{table.source}, row {table.header}"
        headers = shortened(", ".join(filter(None, table.headers)), 200)
        if not parts and not decisions.get("school-id") and not decisions.get(LAYOUT) and not one.parts:
            _ask_layout(table, remarks)
        if LAYOUT in {question.key for question in remarks.questions}:
            continue
        if not parts and not decisions.get("school-id") and SCHOOL_FROM not in {q.key for q in remarks.questions}:
            found = f"the columns {headers}; none is called school or district"
            remarks.ask(Question("school-id", place, found, "which school are the numbers of? Give its id"))
        parts_of_years = [h for h in table.headers if part_of_year(h)]
        if not one.parts and len(parts_of_years) > 1:
            found = f"columns of parts of a year: {', '.join(parts_of_years[:MOST_SHOWN])}"
            remarks.wrong(place, found, "the day on which each of them begins, written 2024-09-03, in its header")
        elif not one.parts and not one.wide:
            free = [h for h in dict.fromkeys(table.headers) if h and h not in one.placed]
            free.sort(key=lambda h: not numeric(column_of(table, h)))
            choices = tuple(Choice(h, f"the column {h}") for h in free[:MOST_CHOICES])
            ask = "which column holds the measure? (several: --answer 'use:COLUMN=MEASURE' for each of them)"
            remarks.ask(Question("use", place, f"the columns {headers}", ask, choices))
        if one.parts and not one.measure and all(p.measure not in ("", "?") for p in one.parts):
            _ask_title(table, one, decisions, remarks)
        if (one.wide or any(p.measure == "?" for p in one.parts)) and not one.measure and not decisions.get("measure"):
            if MEASURE_FROM in {question.key for question in remarks.questions}:
                continue
            shown = ", ".join(h for p in one.parts for h in p.headers) or ", ".join(one.wide[:MOST_SHOWN])
            title = f"; the title says {shortened(' / '.join(table.titles), 100)}" if table.titles else ""
            named = measures_in(" / ".join((*table.titles, table.source)))
            title += f" (which names {' and '.join(named)} of the library)" if named else ""
            ask = "which measure is this? Give its id, of the library (attendance, chronic_absence ...) or your own"
            remarks.ask(Question("measure", place, f"numbers under {shown}{title}", ask))


def _ask_measure_of_sheets(tables: Sequence[Table], decisions: Pairs[str, str], remarks: Remarks) -> None:
    """Several sheets with the same numbers, whose names are different measures."""
    sheets = [table.source.partition("!")[2] for table in tables]
    named = {measure for sheet in sheets for measure, _ in measure_parts(sheet)}
    if len(tables) < 2 or len(named) < 2 or decisions.get(MEASURE_FROM) or decisions.get("measure"):
        return
    choices = (
        Choice("sheet", f"the name of each sheet is its measure: {shortened(', '.join(sheets), 60)}"),
        Choice("one", "all sheets hold one measure"),
    )
    shown = f"{len(tables)} sheets with the columns {shortened(', '.join(filter(None, tables[0].headers)), 80)}"
    remarks.ask(Question(MEASURE_FROM, tables[0].source, shown, "which measures are these?", choices))


def _ask_layout(table: Table, remarks: Remarks) -> None:
    """A table without schools and with columns of numbers that nobody knows: perhaps each of them is a school."""
    found = schools_as_columns(table)
    if not found:
        return
    choices = (
        Choice(SCHOOLS_AS_COLUMNS, f"each column is a school: {shortened(', '.join(found), 60)}"),
        Choice("other", "no: all numbers are of one school, or of something else"),
    )
    shown = f"no column is called school; numbers stand under {shortened(', '.join(found), 120)}"
    ask = "are these columns schools?"
    remarks.ask(Question(LAYOUT, f"{table.source}, row {table.header}", shown, ask, choices))


def _ask_title(table: Table, roles: Roles, decisions: Pairs[str, str], remarks: Remarks) -> None:
    """A title or a file's name that tells a measure, none of whose columns was found, beside unused rates."""
    named = measures_in(" / ".join((*table.titles, table.source)))
    if len(named) != 1 or named[0] in {one.measure for one in roles.parts} | measures_chosen(decisions):
        return
    free = [h for h in roles.unused if re.search(r"\b(percent|rate)\b", folded(h)) and numeric(column_of(table, h))]
    if free and not any(f"use:{h}" in decisions for h in free):
        choices = (Choice(named[0], f"{free[0]} is {named[0]}"), Choice("ignore", "it is not used"))
        shown = (
            f"{shortened(table.source, 80)} tells {named[0]}; no column has a known name of it, but there is {free[0]}"
        )
        remarks.ask(Question(f"use:{free[0]}", f"{table.source}, row {table.header}", shown, "which is it?", choices))


def _ask_school_of_sheets(tables: Sequence[Table], decisions: Pairs[str, str], remarks: Remarks) -> None:
    """Several sheets or files without a column of schools: perhaps each is a school."""
    if len(tables) < 2 or decisions.get("school-id"):
        return
    sheets = [table.source.partition("!")[2] for table in tables]
    files = [table.name for table in tables]
    several = [("sheet", sheets)] if len(set(filter(None, sheets))) == len(tables) else []
    several += [("file", files)] if len(set(files)) == len(tables) else []
    if not several:
        return
    choices = tuple(
        Choice(word, f"the name of each {word} is a school: {shortened(', '.join(names), 60)}")
        for word, names in several
    )
    shown = f"{len(tables)} tables with the columns {shortened(', '.join(filter(None, tables[0].headers)), 80)}"
    ask = "no column is called school; whose are the numbers? (or --answer school-id=ID for one school in all of them)"
    remarks.ask(Question(SCHOOL_FROM, tables[0].source, shown, ask, choices))


def label_headers(table: Table, roles: Roles) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Headers of ids, and of all columns of text that may hold the label of a total."""
    ids = tuple(filter(None, (roles.school,)))
    numbers = {header for one in roles.parts for header in one.headers} | set(roles.wide)
    skipped = numbers | {roles.measure, roles.status, roles.group_dim, *roles.groups, *roles.unit_parts}
    labels = tuple(h for h in dict.fromkeys(table.headers) if h and h not in skipped and h not in roles.unused)
    first = tuple(h for h in dict.fromkeys(table.headers) if h and h in roles.unused)[:3]
    return ids, (*labels, *first)


def _school_parts(table: Table, roles: Roles, decisions: dict[str, str], remarks: Remarks) -> tuple[str, ...]:
    """The headers that make up a school's id; asked where the id alone stands for several schools."""
    if not roles.school:
        return ()
    options = _options(roles)
    decided = decisions.get("school")
    if decided in options:
        return options[decided]
    if decided and decided not in ("school",):
        remarks.wrong(table.source, f"the answer school={decided}", f"one of {', '.join(options)}")
    if roles.ours or len(options) == 1:
        return (roles.school,)
    ids, labels = label_headers(table, roles)
    total = total_rows(table, ids, labels, decisions, Remarks()) | coarser(table, roles.level)
    total |= namesakes(table, roles.school, roles.district, total, decisions, remarks)
    schools = table.only(~total)
    evidence = _evidence(schools, roles)
    if not evidence or decided == "school":
        return (roles.school,)
    words = [word for word in options if not _repeats(schools, roles, options[word])] or list(options)
    choices = tuple(Choice(word, " + ".join(options[word])) for word in words)
    question = f"what makes up the id of a school, besides {roles.school}?"
    remarks.ask(Question("school", f"{table.source}, {roles.school}", evidence, question, choices))
    return (roles.school,)


def _options(roles: Roles) -> dict[str, tuple[str, ...]]:
    """Answers and the headers they mean: `school`, `district+school`, `school+part`, `district+school+part`."""
    found: dict[str, tuple[str, ...]] = {"school": (roles.school,)}
    if roles.district:
        found["district+school"] = (roles.district, roles.school)
    if roles.unit_parts:
        found["school+part"] = (roles.school, *roles.unit_parts)
    if roles.district and roles.unit_parts:
        found["district+school+part"] = (roles.district, roles.school, *roles.unit_parts)
    return found


def _repeats(table: Table, roles: Roles, parts: Sequence[str]) -> bool:
    """Whether rows that differ somewhere share the school, the period and the group, or an id its district."""
    headers = [*parts, *filter(None, (roles.period, roles.measure)), *roles.groups]
    key = mixed([column_of(table, header) for header in headers])
    whole = mixed(table.columns)
    pairs = np.unique(np.stack([key, whole]), axis=1)[0]
    doubled = len(np.unique(pairs)) < len(pairs)
    return doubled or (roles.district not in ("", *parts) and bool(_spread(table, parts[0], roles.district, {})))


def _spread(table: Table, header: str, other: str, seen: dict[str, list[str]]) -> dict[str, list[str]]:
    """Texts of one column that stand beside several texts of another."""
    one, two = column_of(table, header), column_of(table, other)
    pairs = np.unique(np.stack([one.codes, two.codes]), axis=1)
    for a, b in pairs.T.tolist():
        if one.texts[a].strip() and two.texts[b].strip():  # a blank cell is no other district
            seen.setdefault(one.texts[a], []).append(two.texts[b])
    return {text: others for text, others in seen.items() if len(others) > 1}


def _evidence(table: Table, roles: Roles) -> str:
    """What speaks against the id alone: it stands in several districts, or twice in a period."""
    told = []
    if roles.district:
        several = _spread(table, roles.school, roles.district, {})
        if several:
            text, others = next(iter(several.items()))
            told.append(
                f"{roles.school} {text} stands in {len(others)} districts ({roles.district} {', '.join(others[:3])}"
                f"{' ...' if len(others) > 3 else ''}), as do {len(several) - 1} more"
            )
    told += list(filter(None, (_twice(table, roles, header) for header in roles.unit_parts)))
    return "; ".join(told)


def _twice(table: Table, roles: Roles, header: str) -> str:
    """One school and period that has several rows which differ in a part of the school."""
    places = [h for h in (roles.district, roles.school, roles.period, roles.measure, *roles.groups) if h]
    key = mixed([column_of(table, h) for h in places])
    part = column_of(table, header)
    pairs = np.unique(np.stack([key, part.codes]), axis=1)
    keys, counts = np.unique(pairs[0], return_counts=True)
    if not (counts > 1).any():
        return ""
    chosen = keys[counts > 1][0]
    row = int(np.argmax(key == chosen))
    texts = ", ".join(part.texts[code] for code in pairs[1][pairs[0] == chosen].tolist())
    named = ", ".join(f"{h} {column_of(table, h).at(row)}" for h in places)
    return f"{named} has {int(counts[keys == chosen][0])} rows that differ in {header} ({texts})"
