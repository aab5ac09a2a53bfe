"""A table's headers -> which column is the school, the period, a group, or a part of a measure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from pdsa.check import Coded
from pdsa.mapping.answers import chosen_columns
from pdsa.mapping.formats import period_like
from pdsa.mapping.headers import MEASURE_PARTS, folded, group_words, is_number, measure_parts, roles_of
from pdsa.mapping.ids import telling
from pdsa.mapping.levels import level_column
from pdsa.mapping.parts import Parts, counted, rivals
from pdsa.mapping.periods import find_format
from pdsa.mapping.ratios import Ratio, plain_numbers, ratios
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.sides import MONTH_OF_YEAR, PERIOD_OF_HEADER
from pdsa.mapping.tables import Table
from pdsa.records.imports import Choice, Question

__all__ = ["Parts", "Roles", "column_of", "numeric", "roles_in"]

STEPS = ("day", "week", "month", "year")
PART_OF_YEAR = re.compile("[A-Za-z]{0,4} ?[0-9]{1,2}")
ENROLLMENT = "enrollment"
WIDE_FROM = 3  # headers that are periods, from which a table counts as wide
OURS = ("school", "measure", "period")


@dataclass(frozen=True, slots=True)
class Roles:
    """Which header of one table plays which role; "" or () where none does."""

    school: str = ""
    school_name: str = ""
    district: str = ""
    district_name: str = ""
    unit_parts: tuple[str, ...] = ()
    period: str = ""
    groups: tuple[str, ...] = ()
    group_dim: str = ""
    measure: str = ""
    status: str = ""
    parts: tuple[Parts, ...] = ()
    wide: tuple[str, ...] = ()
    level: tuple[str, tuple[str, ...]] | tuple[()] = ()
    unused: tuple[str, ...] = ()
    ours: bool = False

    @property
    def placed(self) -> frozenset[str]:
        """Headers that have a role, measures aside."""
        single = (self.school, self.school_name, self.district, self.district_name, self.period)
        several = (*self.groups, *self.unit_parts, *self.wide, *self.level[:1])
        return frozenset(filter(None, (*single, self.group_dim, self.measure, self.status, *several)))


def column_of(table: Table, header: str) -> Coded:
    """The first column under a header."""
    return table.columns[table.headers.index(header)]


def numeric(column: Coded) -> bool:
    """Whether at least half of the cells that are not blank look like numbers."""
    counts = np.bincount(column.codes, minlength=len(column.texts))
    looks = np.array([is_number(text) for text in column.texts], dtype=bool)
    some = np.array([bool(text.strip()) for text in column.texts], dtype=bool)
    return bool(counts[looks].sum() * 2 >= max(counts[some].sum(), 1) and looks.any())


def roles_in(table: Table, decisions: dict[str, str], remarks: Remarks) -> Roles:
    """The roles of a table's columns, by synonyms of their headers, by what stands in them and by arithmetic."""
    if _is_ours(table):
        return _own_roles(table)
    roles = _places(table, level_column(table, decisions, remarks))
    roles = _period(table, roles, decisions, remarks)
    roles = _wide(table, roles)
    roles = _groups(table, roles)
    if roles.wide:
        return replace(roles, unused=_unused(table, roles))
    measure, status = _long_columns(table, roles)
    roles = replace(roles, measure=measure, status=status)
    parts = _measures(table, roles, decisions, remarks)
    roles = replace(roles, parts=tuple(parts))
    return replace(roles, unused=_unused(table, roles))


def _unused(table: Table, roles: Roles) -> tuple[str, ...]:
    used = roles.placed | {header for one in roles.parts for header in one.headers}
    return tuple(dict.fromkeys(h for h in table.headers if h and h not in used))


def _is_ours(table: Table) -> bool:
    names = set(table.headers)
    return names >= set(OURS) and ("value" in names or {"numerator", "denominator"} <= names)


def _own_roles(table: Table) -> Roles:
    """Our own columns, by their names."""
    names = set(table.headers)

    def own(name: str) -> str:
        return name if name in names else ""

    placed = {"school", "school_name", "district", "measure", "period", "group_dim", "group", "status", *MEASURE_PARTS}
    return Roles(
        school="school",
        school_name=own("school_name"),
        district=own("district"),
        period="period",
        groups=("group",) if "group" in names else (),
        group_dim=own("group_dim"),
        measure="measure",
        status=own("status"),
        parts=(Parts("", own("value"), own("numerator"), own("denominator"), 1.0),),
        unused=tuple(name for name in table.headers if name and name not in placed),
        ours=True,
    )


def _places(table: Table, level: tuple[str, tuple[str, ...]] | tuple[()]) -> Roles:
    """School, district and their names: an id before a name, a school before a district."""
    by_role: dict[str, list[str]] = {}
    for header in (one for one in dict.fromkeys(table.headers) if one not in level[:1]):
        for role in roles_of(header):
            by_role.setdefault(role, []).append(header)
    ids = [one for one in by_role.get("school", []) if "school_name" not in roles_of(one)]
    names = by_role.get("school_name", [])
    over = (by_role.get("district") or [""])[0]
    school = telling(table, ids, over) or (names or [""])[0]
    left = [one for one in names if one != school]
    district = (by_role.get("district") or by_role.get("district_name") or [""])[0]
    titles = [one for one in by_role.get("district_name", []) if one != district]
    if not school and district:  # a table of districts: each is a unit of its own
        title = (titles or [""])[0]
        return Roles(school=district, school_name=title, level=level)
    name = (left or [""])[0]
    units = tuple(one for one in by_role.get("unit_part", []) if not numeric(column_of(table, one)))
    return Roles(school, name, district, (titles or [""])[0], units, level=level)


def _period(table: Table, roles: Roles, decisions: dict[str, str], remarks: Remarks) -> Roles:
    """The column of periods: the one of finest step among those named so; else the only one that holds dates."""
    made = [h for h in (MONTH_OF_YEAR, PERIOD_OF_HEADER) if h in table.headers]
    named = [h for h in dict.fromkeys(table.headers) if h and "period" in roles_of(h) and h not in roles.placed]
    named = made or named
    if decisions.get("period") in table.headers:
        return replace(roles, period=decisions["period"])
    if not named:
        named = [h for h in dict.fromkeys(table.headers) if h and h not in roles.placed and _holds_dates(table, h)]
        if len(named) == 1:
            remarks.tell(f"{table.source}: the column {named[0]!r} holds the dates")
    if len(named) > 1:
        finest = [(STEPS.index(step), k) for k, h in enumerate(named) if (step := _step(table, h)) in STEPS]
        steps = sorted(finest)
        if len(steps) > 1 and steps[0][0] == steps[1][0]:
            _ask_period(table, [named[k] for step, k in steps if step == steps[0][0]], remarks)
            return roles
        chosen = named[steps[0][1]] if steps else named[0]
        _refuse_parts_of_years(table, [h for h in named if h != chosen], remarks)
        named = [chosen]
    return replace(roles, period=named[0]) if named else roles


def _refuse_parts_of_years(table: Table, headers: Sequence[str], remarks: Remarks) -> None:
    """Tell columns of months or quarters that stand beside the year as numbers: a year alone would hold them all."""
    for header in headers:
        texts = [text.strip() for text in column_of(table, header).texts if text.strip()]
        short = len(texts) > 1 and all(PART_OF_YEAR.fullmatch(text) for text in texts)
        if short and folded(header) in ("month", "quarter", "term", "semester", "mo", "qtr"):
            expected = "one column that says both, such as 2025-09"
            remarks.wrong(f"{table.source}, {header}", ", ".join(texts[:4]), expected)


def _ask_period(table: Table, headers: Sequence[str], remarks: Remarks) -> None:
    shown = "; ".join(f"{h}: {shortened(', '.join(column_of(table, h).texts[:3]), 40)}" for h in headers)
    choices = tuple(Choice(h, f"the column {h}") for h in headers)
    question = "which column says when the numbers are from?"
    remarks.ask(Question("period", f"{table.source}, row {table.header}", shown, question, choices))


def _step(table: Table, header: str) -> str:
    return find_format([t for t in column_of(table, header).texts if t.strip()][:500]).step


def _holds_dates(table: Table, header: str) -> bool:
    texts = [text for text in column_of(table, header).texts if text.strip()][:200]
    if len(texts) < 2 or any(is_number(text) for text in texts):
        return False
    found = find_format(texts)
    return bool(found.step) and not bool(np.any(found.bad))


def _wide(table: Table, roles: Roles) -> Roles:
    """Columns whose headers are periods, where there are at least three of them and no column of periods."""
    candidates = [h for h in table.headers if h and h not in roles.placed and not roles_of(h)]
    like = [h for h in candidates if period_like(h)]
    if len(like) < WIDE_FROM or (roles.period and len(like) < len(candidates) / 2):
        return roles
    return replace(roles, wide=tuple(dict.fromkeys(like)), period="")


def _groups(table: Table, roles: Roles) -> Roles:
    """Columns of student groups; those that only say "all" are none."""
    named = [h for h in dict.fromkeys(table.headers) if "group" in roles_of(h) and h not in roles.placed]
    kept = [h for h in named if any(folded(t) not in group_words() for t in column_of(table, h).texts if t.strip())]
    dims = [h for h in table.headers if "group_dim" in roles_of(h) and h not in roles.placed]
    return replace(roles, groups=tuple(kept), group_dim=dims[0] if dims and kept else "")


def _long_columns(table: Table, roles: Roles) -> tuple[str, str]:
    """The columns that name measure and status row by row."""

    def found(role: str) -> str:
        named = [h for h in table.headers if role in roles_of(h) and h not in roles.placed]
        return next((h for h in named if not numeric(column_of(table, h))), "")

    return found("measure"), found("status")


def _measures(table: Table, roles: Roles, decisions: dict[str, str], remarks: Remarks) -> list[Parts]:
    """The columns of each measure: by arithmetic where a rate is printed, by their names else."""
    left = [h for h in dict.fromkeys(table.headers) if h and h not in roles.placed]
    numbers = [h for h in left if numeric(column_of(table, h)) and "ignored_place" not in roles_of(h)]
    chosen = chosen_columns(decisions)
    parts_named = set(MEASURE_PARTS)
    numbers += [
        h for h in left if h not in numbers and (h in chosen or measure_parts(h) or set(roles_of(h)) & parts_named)
    ]
    triples = _best(ratios({h: column_of(table, h) for h in numbers}), decisions, table, remarks)
    if roles.measure:
        return _generic(numbers, triples, "")
    columns = {h: column_of(table, h) for h in numbers}
    place = f"{table.source}, row {table.header}"
    one_of = partial(rivals, place=place, decisions=decisions, remarks=remarks)
    found = _named(columns, triples, chosen, one_of)
    if found:
        return counted(found, columns, place, decisions, remarks)
    return _generic(numbers, triples, decisions.get("measure", "?"))


def _best(found: Sequence[Ratio], decisions: dict[str, str], table: Table, remarks: Remarks) -> dict[str, Ratio]:
    """For each column that is a rate its parts; several denominators that fit alike are a question."""
    best: dict[str, Ratio] = {}
    for value in dict.fromkeys(one.value for one in found):
        rivals = sorted((one for one in found if one.value == value), key=lambda one: -one.share)
        rivals = [one for one in rivals if one.share >= rivals[0].share - 0.01]
        asked = decisions.get(f"denominator:{value}")
        rivals = [one for one in rivals if one.denominator == asked] or rivals
        if len({one.denominator for one in rivals}) > 1:
            choices = tuple(Choice(one.denominator, f"{one.numerator} of {one.denominator}") for one in rivals)
            shown = f"{value} is {rivals[0].numerator} over each of them"
            where = f"{table.source}, row {table.header}"
            remarks.ask(Question(f"denominator:{value}", where, shown, "which one is its denominator?", choices))
        best[value] = rivals[0]
    return best


def _named(
    columns: Mapping[str, Coded],
    triples: dict[str, Ratio],
    chosen: Mapping[str, tuple[str, str]],
    one_of: Callable[[str, Mapping[str, Coded]], Sequence[str]],
) -> list[Parts]:
    """Measures of the library by the names of their columns, and those that somebody chose: these come first."""
    slots: dict[str, dict[str, list[str]]] = {}
    for header in sorted(columns, key=lambda one: one not in chosen):
        pairs = [chosen[header]] if header in chosen else measure_parts(header)
        for measure, part in (pair for pair in pairs if pair[0]):
            slots.setdefault(measure, {}).setdefault(part, []).append(header)
    found = []
    for measure, parts in slots.items():
        first = "value" if "value" in parts else "numerator"
        counts = {ratio.numerator for ratio in triples.values()}
        if not {*parts.get("value", ()), *parts.get("numerator", ())} & {*triples, *counts, *chosen}:
            own = {header: columns[header] for header in parts.get(first, [])}
            parts[first] = list(one_of(measure, own)) or [""]
        made = _assembled(measure, parts, columns, triples)
        if made and made.headers:
            found.append(made)
    return _without_doubles(_without_enrollment(found))


def _without_enrollment(found: list[Parts]) -> list[Parts]:
    """Numbers of students that are the denominator of another measure are no measure besides."""
    below = {one.denominator for one in found}
    return [one for one in found if one.measure != ENROLLMENT or one.value not in below]


def _assembled(
    measure: str, parts: dict[str, list[str]], columns: Mapping[str, Coded], triples: dict[str, Ratio]
) -> Parts | None:
    """Value, numerator and denominator that belong together; None for a lone denominator.

    A rate whose quotient is none of the counts beside it stands alone.
    """
    for value in parts.get("value", []):
        if (ratio := triples.get(value)) is not None:
            return Parts(measure, value, ratio.numerator, ratio.denominator, ratio.factor)
    for ratio in triples.values():
        if ratio.numerator in parts.get("numerator", []):
            return Parts(measure, ratio.value, ratio.numerator, ratio.denominator, ratio.factor)
    value = parts.get("value", [""])[0]
    numerator = parts.get("numerator", [""])[0]
    if value and value == numerator:  # "Tardies" may be a rate or a count: whole numbers are counts
        value, numerator = ("", numerator) if _whole(columns[value]) else (value, "")
    own = parts.get("denominator", [])
    plain = own or [h for h in columns if "denominator" in roles_of(h)]
    denominator = plain[0] if numerator and len(plain) == 1 else ""
    if numerator and own and not denominator:
        denominator = own[0]
    if value and numerator and (not denominator or not _fits(value, numerator, denominator, columns)):
        return Parts(measure, value, unlinked=(numerator, denominator))
    return Parts(measure, value, numerator, denominator) if value or numerator else None


def _whole(column: Coded) -> bool:
    numbers = plain_numbers(column)[0]
    return bool((numbers == np.round(numbers))[np.isfinite(numbers)].all())


def _fits(value: str, numerator: str, denominator: str, columns: Mapping[str, Coded]) -> bool:
    """Whether a rate may be the quotient of two counts: in at least half of its rows, or too few rows tell."""
    (rate, slack), (top, _), (bottom, _) = (plain_numbers(columns[h]) for h in (value, numerator, denominator))
    quotient = np.divide(top, bottom, out=np.full(len(top), np.nan), where=bottom > 0)
    known = np.isfinite(rate) & np.isfinite(quotient)
    unit = np.maximum(2 * slack, 1e-6)
    near = (np.abs(quotient - rate) <= unit) | (np.abs(100 * quotient - rate) <= unit)
    return bool(known.sum() < 3 or (near & known).sum() * 2 >= known.sum())


def _without_doubles(found: list[Parts]) -> list[Parts]:
    """Of measures that claim the same column, the one that claims more columns."""
    kept: list[Parts] = []
    for one in sorted(found, key=lambda parts: -len(parts.headers)):
        taken = {h for other in kept for h in (other.value, other.numerator) if h}
        if not taken & {h for h in (one.value, one.numerator) if h}:
            kept.append(one)
    return sorted(kept, key=lambda parts: found.index(parts))


def _generic(numbers: Sequence[str], triples: dict[str, Ratio], measure: str) -> list[Parts]:
    """Columns called value, numerator and denominator, or the only columns of numbers; `measure` may be open ("?")."""
    if len(triples) == 1:
        ratio = next(iter(triples.values()))
        return [Parts(measure, ratio.value, ratio.numerator, ratio.denominator, ratio.factor)]
    by_part = {part: [h for h in numbers if part in roles_of(h)] for part in MEASURE_PARTS}
    first = {part: (headers or [""])[0] for part, headers in by_part.items()}
    if first["numerator"] and first["denominator"]:
        return [Parts(measure, first["value"], first["numerator"], first["denominator"])]
    if first["value"]:
        return [Parts(measure, first["value"])]
    if len(numbers) == 1:
        return [Parts(measure, numbers[0])]
    return []
