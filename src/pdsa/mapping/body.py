"""Tables by their mapping -> columns of texts by what they are: school, period, group and the parts of each measure."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdsa.check import Coded, nearest
from pdsa.mapping.formats import period_like
from pdsa.mapping.headers import MEASURE_PARTS, folded, total_label, zeros
from pdsa.mapping.ids import clean_ids, filled_down, visible
from pdsa.mapping.keys import constant, joined, mapped, repeated, same_texts, stacked
from pdsa.mapping.levels import coarser, namesakes, uncompared
from pdsa.mapping.remarks import Remarks, listed_rows, shortened
from pdsa.mapping.sides import filled_column
from pdsa.mapping.tables import Table
from pdsa.mapping.totals import WHOLE_IDS, total_rows, whole_groups
from pdsa.read.grid import KINDS
from pdsa.records.imports import Mapping, MeasureColumns, Names

__all__ = ["Body", "Cells", "body_of", "pick"]

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]
Kinds = NDArray[np.int8]

MOST_LABELS = 4  # columns without a role that may hold the label of a total


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """The texts of one part of a measure, and what a spreadsheet says they are (None for files of text)."""

    header: str
    texts: Coded
    kinds: Kinds | None


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """The rows of one table by role, each column of shape (rows,); wide tables stand one below the other.

    Parameters
    ----------
    source
        The table's place.
    sources, rows
        File or member of each row, and its number there as a spreadsheet shows it.
    school, school_name, district, period, group_dim, group, measure, status
        Texts; "" where a table says nothing.
    period_cells
        The period as cells.
    measures
        For each measure the cells of its parts.
    total
        Rows that are totals of others.
    part
        The further parts of a school's id ("Elementary"), to compare totals with their own members.
    """

    source: str
    sources: Coded
    rows: Ints
    school: Coded
    school_name: Coded
    district: Coded
    period: Cells
    group_dim: Coded
    group: Coded
    measure: Coded
    status: Coded
    measures: Pairs[str, Pairs[str, Cells]]
    total: Mask
    part: Coded


def pick(table: Table, names: Names) -> str:
    """The header of a table that has one of these names, exactly or but for years, marks and capitals; "" if none."""
    for name in names:
        if name in table.headers:
            return name
    wanted = {folded(name) for name in names}
    alike = [header for header in dict.fromkeys(table.headers) if header and folded(header) in wanted]
    return alike[0] if len(alike) == 1 else ""


def body_of(table: Table, mapping: Mapping, remarks: Remarks) -> Body | None:
    """The rows of a table by role; None with a problem where a column is not there."""
    decisions = dict(mapping.decisions)
    parts = [pick(table, names) for names in mapping.school]
    wide = _periods(table, remarks) if mapping.layout == "wide" else []
    period = pick(table, mapping.period)
    if not _all_there(table, mapping, parts, remarks):
        return None
    name, district = pick(table, mapping.school_name), pick(table, mapping.district)
    labels = [name, district, period, *_others(table, mapping)[:MOST_LABELS]]
    total = _totals(table, mapping, parts, labels, remarks)
    table, total = _compared(table, mapping, district, total, remarks)
    school = _school(table, parts, total, decisions, remarks)
    groups = _groups(table, mapping, remarks)
    columns = {
        "school": school,
        "school_name": _cleaned(table, name),
        "district": _cleaned(table, district),
        "group_dim": groups[0],
        "group": groups[1],
        "measure": _cleaned(table, pick(table, mapping.measure)),
        "status": _cleaned(table, pick(table, mapping.status)),
        "sources": table.sources,
        "part": _further_parts(table, parts, district),
    }
    if wide:
        return _melted(table, columns, wide, decisions, total)
    _tell_unknown(table, mapping, _others(table, mapping), remarks)
    measures = _measured(table, mapping, remarks)
    if not measures:
        return None
    return Body(
        source=table.source,
        rows=table.rows,
        period=_cells(table, period) if period else Cells("", constant("", len(table.rows)), None),
        measures=measures,
        total=total,
        **columns,
    )


def _measured(table: Table, mapping: Mapping, remarks: Remarks) -> dict[str, dict[str, Cells]]:
    """The cells of each measure that a table has; none is a problem."""
    measures = {one.measure: found for one in mapping.measures if (found := _parts(table, one, remarks))}
    if not measures and not remarks.problems:
        wanted = ", ".join(n for one in mapping.measures for p in MEASURE_PARTS for n in getattr(one, p)[:1])
        expected = f"a column of a measure, such as {wanted}"
        remarks.wrong(f"{table.source}, row {table.header}", _shown(table), expected)
    return measures


def _further_parts(table: Table, parts: Sequence[str], district: str) -> Coded:
    """The parts of an id besides the district and the school's own."""
    further = [header for header in parts if header != district][1:]
    if not further:
        return constant("", len(table.rows))
    return joined([table.columns[table.headers.index(header)] for header in further])


def _shown(table: Table) -> str:
    return f"the columns {shortened(', '.join(filter(None, table.headers)), 200)}"


def _all_there(table: Table, mapping: Mapping, parts: Sequence[str], remarks: Remarks) -> bool:
    """Tell required columns that a table does not have."""
    wanted = dict(zip(mapping.school, parts, strict=True))
    if mapping.layout == "long" and mapping.period_from == "column":
        wanted[mapping.period] = pick(table, mapping.period)
    for names, header in wanted.items():
        if not header and names:
            near = nearest(names[0], [h for h in table.headers if h])
            expected = f"also a column {' or '.join(names)}{near}"
            remarks.wrong(f"{table.source}, row {table.header}", _shown(table), expected)
    return all(header for names, header in wanted.items() if names)


def _others(table: Table, mapping: Mapping) -> list[str]:
    """The columns that have no role; the first ones may hold the label of a total."""
    single = (mapping.school_name, mapping.district, mapping.period, mapping.group_dim, mapping.measure, mapping.status)
    groups = [names for _, names in mapping.groups] + [(header,) for header, _ in mapping.totals]
    parts = [getattr(one, part) for one in mapping.measures for part in MEASURE_PARTS]
    used = {pick(table, names) for names in (*mapping.school, *single, *groups, *parts)}
    used |= {header for header, _ in mapping.totals}
    return [header for header in dict.fromkeys(table.headers) if header and header not in used]


def _periods(table: Table, remarks: Remarks) -> list[str]:
    """The headers that are periods; those under which nothing stands yet are told and left out."""
    found = [header for header in table.headers if header and period_like(header)]
    full = [h for h in found if filled_column(table.columns[table.headers.index(h)])]
    if 0 < len(full) < len(found):
        blank = shortened(", ".join(h for h in found if h not in full), 80)
        remarks.tell(f"{table.source}: nothing stands under {blank}; left out")
    return full or found


def _tell_unknown(table: Table, mapping: Mapping, others: Sequence[str], remarks: Remarks) -> None:
    """Tell columns that nobody has seen when the mapping was made, and measures that a table does not have."""
    seen = {folded(header) for header in mapping.ignored}
    new = [shortened(header, 40) for header in others if folded(header) not in seen]
    if new:
        remarks.tell(f"{table.source}: columns that the mapping does not know, not used: {', '.join(new[:12])}")
    for one in mapping.measures:
        if one.measure and not any(pick(table, getattr(one, part)) for part in MEASURE_PARTS):
            remarks.tell(f"{table.source}: no column of {one.measure}")


def _totals(table: Table, mapping: Mapping, parts: Sequence[str], labels: Sequence[str], remarks: Remarks) -> Mask:
    ids = [h for h in parts if h]
    own = ids[1:2] if len(ids) > 1 else ids  # "district + school": the school's own id says whether it is a total
    found = total_rows(table, own, [h for h in (*ids, *labels) if h], dict(mapping.decisions), remarks)
    decisions = dict(mapping.decisions)
    for level in mapping.totals:
        found |= coarser(table, level)
    return found | namesakes(table, own[0] if own else "", labels[1], found, decisions, remarks)


def _compared(table: Table, mapping: Mapping, district: str, total: Mask, remarks: Remarks) -> tuple[Table, Mask]:
    """The table without totals that cannot be compared with their members."""
    apart = uncompared(table, [header for header, _ in mapping.totals], district, total)
    if apart.any():
        rows = listed_rows(table.rows[apart].tolist())
        remarks.tell(f"{table.source}, {rows}: totals of regions or of some kinds of schools; left out, not compared")
    return table.only(~apart), total[~apart]


def _school(table: Table, parts: Sequence[str], total: Mask, decisions: Pairs[str, str], remarks: Remarks) -> Coded:
    """Ids of the schools; those of totals are left as they stand."""
    if not parts:
        return constant(decisions.get("school-id", ""), len(table.rows))
    columns = []
    for header in parts:
        column = clean_ids(table, header, decisions, remarks)
        filled = filled_down(table.only(~total), header, _only(column, ~total), decisions, remarks)
        columns.append(_put(column, filled, ~total))
    return joined(columns)


def _only(column: Coded, keep: Mask) -> Coded:
    return Coded(column.codes[keep], column.texts)


def _put(column: Coded, inside: Coded, keep: Mask) -> Coded:
    codes = column.codes.copy()
    codes[keep] = inside.codes
    return Coded(codes, column.texts)


def _cleaned(table: Table, header: str) -> Coded:
    if not header:
        return constant("", len(table.rows))
    return mapped(table.columns[table.headers.index(header)], visible)


def _cells(table: Table, header: str) -> Cells:
    place = table.headers.index(header)
    return Cells(header, table.columns[place], table.kinds[place] if table.kinds else None)


def _parts(table: Table, one: MeasureColumns, remarks: Remarks) -> dict[str, Cells]:
    """The cells of a measure's parts; of a fraction both counts or none, for one alone means something else."""
    headers = {part: header for part in MEASURE_PARTS if (header := pick(table, getattr(one, part)))}
    lost = [part for part in ("numerator", "denominator") if getattr(one, part) and part not in headers]
    if len(lost) == 1 and one.numerator and one.denominator:
        (kept,) = {"numerator", "denominator"} - set(lost)
        names = " or ".join(getattr(one, lost[0]))
        if "value" not in headers:
            near = nearest(getattr(one, lost[0])[0], [h for h in table.headers if h and h not in headers.values()])
            expected = f"the {lost[0]} of {one.measure or 'the measure'}: a column {names}{near}"
            remarks.wrong(f"{table.source}, row {table.header}", _shown(table), expected)
        else:
            remarks.tell(f"{table.source}: no column {names}; {headers[kept]} is not used without it")
        headers.pop(kept)
    return {part: _cells(table, header) for part, header in headers.items()}


def _groups(table: Table, mapping: Mapping, remarks: Remarks) -> tuple[Coded, Coded]:
    """Dimension and group of each row; everybody is no group, and neither is what another column says already."""
    none = constant("", len(table.rows))
    found = [(dimension, header) for dimension, names in mapping.groups if (header := pick(table, names))]
    dims: list[Coded] = []
    texts: list[Coded] = []
    for dimension, header in found:
        _refuse_dates(table, header, remarks)
        column = _cleaned(table, header)
        idle = whole_groups(column) | _names_another(column, [other for _, other in found if other != header])
        for other in texts:
            idle |= same_texts(column, other)
        named = (
            _cleaned(table, pick(table, mapping.group_dim)) if not dimension else constant(dimension, len(none.codes))
        )
        dims.append(_blanked(named, idle))
        texts.append(_blanked(column, idle))
    if not dims:
        return none, none
    return _crossed(dims), _crossed(texts)


def _refuse_dates(table: Table, header: str, remarks: Remarks) -> None:
    """Tell cells of a column of texts of which a spreadsheet made dates."""
    place = table.headers.index(header)
    if not table.kinds:
        return
    for row in np.flatnonzero(table.kinds[place] == KINDS.index("date")).tolist():
        expected = "the text that stood there: a spreadsheet made a date of it; format the column as text"
        remarks.wrong(table.place(row, header), table.columns[place].at(row), expected)


def _names_another(column: Coded, headers: Sequence[str]) -> Mask:
    """Rows whose text is the header of another column of groups: "Grade", where a column Grade says which."""
    known = {folded(header) for header in headers}
    return np.array([folded(text) in known for text in column.texts], dtype=bool)[column.codes]


def _blanked(column: Coded, rows: Mask) -> Coded:
    """The column with the empty text in some rows."""
    return Coded(np.where(rows, len(column.texts), column.codes), (*column.texts, ""))


def _crossed(columns: Sequence[Coded]) -> Coded:
    """Several columns as one: "Race x Grade", without those that are blank."""
    if len(columns) == 1:
        return mapped(columns[0], str)
    return mapped(joined(columns, "\x1f"), lambda text: " x ".join(filter(None, text.split("\x1f"))))


def _melted(
    table: Table, columns: dict[str, Coded], wide: Sequence[str], decisions: Pairs[str, str], total: Mask
) -> Body:
    """The columns of periods one below the other."""
    times, count = len(wide), len(table.rows)
    places = [table.headers.index(header) for header in wide]
    texts = stacked([table.columns[place] for place in places])
    kinds = np.concatenate([table.kinds[place] for place in places]) if table.kinds else None
    period = Coded(np.repeat(np.arange(times), count), tuple(wide))
    return Body(
        source=table.source,
        rows=np.tile(table.rows, times),
        period=Cells("header", period, None),
        measures={decisions.get("measure", ""): {"value": Cells("the columns of periods", texts, kinds)}},
        total=np.tile(total, times),
        **{name: repeated(column, times) for name, column in columns.items()},
    )


def scope_of(district: Coded, total: Mask) -> Coded:
    """The district whose total a row is; "" for a total of all."""
    whole = np.array([folded(t) in WHOLE_IDS or zeros(t) or total_label(t) for t in district.texts], dtype=bool)[
        district.codes
    ]
    return _blanked(district, whole & total)
