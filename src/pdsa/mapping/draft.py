"""Grids -> a draft of an import: its mapping, its rows, and what must be asked before anything is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd

from pdsa.content.library import library
from pdsa.errors import Problem
from pdsa.feeds import looks_cumulative
from pdsa.mapping.answers import measures_chosen
from pdsa.mapping.apply import Imported, Known, apply, distinct
from pdsa.mapping.exports import Export
from pdsa.mapping.facts import DELIMITERS, ask_cut, is_prose, with_answers
from pdsa.mapping.headers import folded, roles_of
from pdsa.mapping.propose import propose
from pdsa.mapping.pupils import counted, exports_of
from pdsa.mapping.remarks import Remarks, shortened, without_cells
from pdsa.mapping.sides import arranged
from pdsa.mapping.tables import Table, table_of
from pdsa.pii import personal_columns
from pdsa.read import Grid, ReadOptions
from pdsa.records import Measure, School
from pdsa.records.imports import Choice, Mapping, Question
from pdsa.terms import DataType, Direction, Step

__all__ = ["Draft", "draft", "known_of", "measures_for", "options_of", "sample_of", "step_of"]

NO_DELIMITER = "\r\n\"' .-0123456789"
NEW_ROLES = {"group", "group_dim", "measure", "status", "unit_part"}
SAMPLE = 300  # schools
CUMULATIVE = (
    Choice("yes", "each number counts all since the beginning of the school year: it is charted as increments"),
    Choice("no", "each number is of its own period"),
)
# Questions whose answers other columns do not depend on: what else is to be asked can be found out meanwhile.
HARMLESS = ("school", "cumulative:", "break:")


@dataclass(frozen=True, slots=True, eq=False)
class Draft:
    """An import as far as it can be made: with questions in the remarks, `imported` is None or a mere preview."""

    mapping: Mapping
    tables: tuple[Table, ...]
    imported: Imported | None
    remarks: Remarks


def known_of(measures: Sequence[Measure], schools: Sequence[School]) -> Known:
    """What the workspace declares and the library defines; the workspace's own measures come first."""
    shelf = tuple(one.measure() for one in library())
    types: dict[str, str] = {one.id: one.data_type for one in (*shelf, *measures)}
    names = {folded(one.name): one.id for one in (*shelf, *measures)}
    return Known(types, names, tuple(one.id for one in schools))


def options_of(mapping: Mapping) -> ReadOptions:
    """What a mapping tells the reader."""
    decisions = dict(mapping.decisions)
    answer = decisions.get("delimiter", "")
    delimiter = DELIMITERS.get(answer, answer if len(answer) == 1 and answer not in NO_DELIMITER else "")
    strip = (0x1A,) if decisions.get("strip") == "yes" else ()
    sheets = tuple(filter(None, decisions.get("sheets", "").split(","))) or mapping.sheets
    return ReadOptions(
        encoding=mapping.encoding or decisions.get("encoding", "").replace("stop", ""),
        delimiter=mapping.delimiter or delimiter,
        row=mapping.row or decisions.get("row", ""),
        strip=mapping.strip or strip,
        members=mapping.members,
        sheets=sheets,
    )


def draft(
    grids: Sequence[Grid], base: Mapping, known: Known, *, new: bool, private: bool = False, as_of: date | None = None
) -> Draft:
    """The draft of an import; its problems and questions stand in its remarks.

    Parameters
    ----------
    grids
        All tables of all files.
    base
        The mapping; or its name, decisions and marks where it is to be proposed.
    known
        Measures and schools that are known.
    new
        True to propose a mapping.
    private
        True where all files lie in the workspace's `private/`: rows of single students are added up.
    as_of
        The day after which nothing can have been observed.
    """
    remarks = Remarks()
    tables = _tables(grids, base, remarks)
    if private:  # what stands around rows of students may name them: it goes no further
        remarks = without_cells(remarks)
    if remarks.problems or not tables:
        return Draft(base, tables, None, _personal_first(tables, base, private, remarks))
    students = exports_of(tables)
    if private and (students or base.layout == "students"):
        mapping, counts = counted(tables, base, remarks)
        return Draft(mapping, tables, counts, remarks)
    _check_students(tables, students, remarks)
    _check_personal([table for table in tables if table.source not in students], base, remarks)
    tables = tuple(arranged(table, dict(base.decisions), remarks) for table in tables)
    mapping = propose(tables, base, remarks) if new else base
    if not new:
        _refuse_new_columns(tables, mapping, remarks)
    _refuse_absence(mapping, remarks)
    known = _with_new_measures(mapping, known, remarks)
    if remarks.problems or any(not one.key.startswith(HARMLESS) for one in remarks.questions):
        return Draft(mapping, tables, None, remarks)
    waiting = bool(remarks.questions)
    inner = Remarks() if waiting else remarks
    imported = apply(tables, mapping, known, inner, as_of)
    if imported is not None and not inner.questions and imported.frame["period"].notna().all():
        _ask_cumulative(imported, mapping, inner)
    if waiting:  # what depends on an open question is no problem yet
        for question in inner.questions:
            remarks.ask(question)
        return Draft(mapping, tables, None, remarks)
    return Draft(mapping, tables, imported, remarks)


def _refuse_new_columns(tables: Sequence[Table], mapping: Mapping, remarks: Remarks) -> None:
    """Tell columns that a mapping does not know and that say whose, or which, the numbers of a row are."""
    names = [*mapping.school, mapping.school_name, mapping.district, mapping.period, mapping.measure, mapping.status]
    names += [*(headers for _, headers in mapping.groups), mapping.group_dim, mapping.ignored]
    names += [(header,) for header, _ in mapping.totals]
    names += [part for one in mapping.measures for part in (one.value, one.numerator, one.denominator)]
    known = {folded(header) for headers in names for header in headers}
    for table in tables:
        for header in dict.fromkeys(table.headers):
            if header and folded(header) not in known and NEW_ROLES & set(roles_of(header)):
                expected = "the columns that the mapping knows: take it out, or import under another name with --name"
                remarks.wrong(f"{table.source}, row {table.header}", f"a new column {header!r}", expected)


def _refuse_absence(mapping: Mapping, remarks: Remarks) -> None:
    """Tell days absent that would be taken for attendance."""
    decided = dict(mapping.decisions).get("measure", "")
    for one in mapping.measures:
        headers = [header for header in (*one.value, *one.numerator) if "absen" in header.casefold()]
        if headers and (one.measure or decided) == "attendance":
            expected = "days present: absence is another measure, such as chronic_absence or one of your own"
            remarks.wrong("attendance", f"the column {headers[0]!r}", expected)


def _personal_first(tables: Sequence[Table], base: Mapping, private: bool, remarks: Remarks) -> Remarks:
    """The remarks; where tables hold personal data, only that: other problems would show cells of them."""
    if private:
        return remarks
    personal = Remarks()
    _check_students(tables, exports_of(tables), personal)
    _check_personal(tables, base, personal)
    return personal if personal.problems else remarks


def _tables(grids: Sequence[Grid], base: Mapping, remarks: Remarks) -> tuple[Table, ...]:
    decisions = dict(base.decisions)
    found = []
    several = len(grids) > 1
    for grid in grids:
        if several and is_prose(grid):
            remarks.tell(f"{grid.source}: text without numbers, not read")
            continue
        table = table_of(with_answers(grid, decisions, remarks), base, remarks)
        if table is not None:
            ask_cut(grid, table, decisions, remarks)
            found.append(table)
    if not found and not remarks.problems and not remarks.questions:
        remarks.wrong(grids[0].source if grids else "the file", "text without numbers", "a table of numbers")
    kept = [large for one in found if len((large := _large(one, base.min_rows, remarks)).rows)]
    if found and not kept and not remarks.problems:
        remarks.wrong(found[0].source, f"fewer than {base.min_rows} rows", "at least so many, as the mapping says")
    return _one_layout(kept, decisions, remarks)


def _large(table: Table, least: int, remarks: Remarks) -> Table:
    """The table without files and members that have fewer rows than its mapping wants; which ones is told."""
    sources = table.sources
    counts = np.bincount(sources.codes, minlength=len(sources.texts))
    small = np.flatnonzero(counts < least)
    for code in small.tolist():
        remarks.tell(f"{sources.texts[code]}: {counts[code]} rows, fewer than {least}; set aside")
    return table.only(~np.isin(sources.codes, small)) if len(small) else table


def _one_layout(tables: Sequence[Table], decisions: dict[str, str], remarks: Remarks) -> tuple[Table, ...]:
    """All tables; several sheets of one book that have nothing in common are a question."""
    books: dict[str, list[Table]] = {}
    for table in tables:
        books.setdefault(table.source.split("!")[0], []).append(table)
    for book, sheets in books.items():
        heads = [{folded(header) for header in table.headers if header} for table in sheets]
        common = set.intersection(*heads)
        if len(sheets) > 1 and "sheets" not in decisions and any(len(common) * 2 < len(head) for head in heads):
            names = [table.source.partition("!")[2] for table in sheets]
            shown = "; ".join(
                f"{name}: {shortened(', '.join(filter(None, table.headers)), 60)}"
                for name, table in zip(names, sheets, strict=True)
            )
            choices = tuple(Choice(name, f"the sheet {name}") for name in names)
            remarks.ask(Question("sheets", book, shown, "which sheet holds the numbers?", choices))
    return tuple(tables)


def _check_students(tables: Sequence[Table], students: dict[str, Export], remarks: Remarks) -> None:
    """Rows of single students stop an import outside of the workspace's private folder."""
    for table in tables:
        if (export := students.get(table.source)) is not None:
            known = ("student", "id", "user", "code", "absent")
            headers = ", ".join(header for role, header in export.roles if role in known)
            expected = (
                "such a file in the workspace's private/, which git leaves out: there its rows are added up to "
                "schools, and no student's number is kept"
            )
            place = f"{table.source}, columns {headers}"
            remarks.problems.append(Problem(place, f"rows of single students ({export.title})", expected))


def _check_personal(tables: Sequence[Table], base: Mapping, remarks: Remarks) -> None:
    said = dict(base.decisions).get("not-personal", "").split(",")
    exempt = [one.strip() for one in said if one.strip()]
    for table in tables:
        for one in personal_columns(table.headers, table.columns, exempt):
            place = f"{table.source}, column {one.column}"
            expected = (
                "no data of single persons: take the column out of the file, or put the file into the workspace's "
                "private/, where rows of students are added up and go no further"
            )
            remarks.problems.append(Problem(place, f"{one.what} ({one.evidence})", expected))


def sample_of(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows of the first hundreds of schools: enough to see what holds for most of them."""
    codes = frame["school"].cat.codes if isinstance(frame["school"].dtype, pd.CategoricalDtype) else None
    if codes is None or codes.max() < SAMPLE:
        return frame
    return frame[(codes < SAMPLE).to_numpy()]


def _ask_cumulative(imported: Imported, mapping: Mapping, remarks: Remarks) -> None:
    """Ask whether numbers that only rise within school years count from the beginning of the year."""
    decisions = dict(mapping.decisions)
    declared = {one.measure for one in mapping.measures if one.cumulative}
    rows = sample_of(imported.frame)
    for measure in distinct(rows["measure"]):
        key = f"cumulative:{measure}"
        evidence = None if key in decisions or measure in declared else looks_cumulative(rows, measure)
        if evidence is not None:
            remarks.ask(
                Question(
                    key,
                    mapping.name,
                    str(evidence),
                    f"does {measure} count from the beginning of the year?",
                    CUMULATIVE,
                )
            )


def _with_new_measures(mapping: Mapping, known: Known, remarks: Remarks) -> Known:
    """The known measures and those of the mapping that nobody knows yet, whose better direction is asked."""
    decisions = dict(mapping.decisions)
    ids = {one.measure for one in mapping.measures} | measures_chosen(decisions)
    types = dict(known.measures)
    for one in sorted(filter(None, ids - set(types))):
        types[one] = decisions.get(f"type:{one}") or _type_of(one, mapping)
        if f"better:{one}" not in decisions:
            choices = (Choice("up", "more is better"), Choice("down", "less is better"), Choice("stable", "neither"))
            found = f"{one}, which neither the workspace nor the library knows; read as a {types[one]}"
            ask = f"which direction of {one} is better?"
            remarks.ask(Question(f"better:{one}", "measures.csv", found, ask, choices))
    return replace(known, measures=types)


def _type_of(measure: str, mapping: Mapping) -> DataType:
    for one in mapping.measures:
        shares = one.scale in ("percent", "fraction") or any("percent" in folded(header) for header in one.value)
        if one.measure == measure and (one.denominator or shares):
            return "proportion"
    return "continuous"


def measures_for(drafted: Draft, known: Sequence[Measure]) -> tuple[Measure, ...]:
    """The measures of an import that the workspace does not declare yet, from the library or as somebody answered."""
    decisions = dict(drafted.mapping.decisions)
    shelf = {one.id: one for one in library()}
    declared = {one.id for one in known}
    ids = sorted(distinct(drafted.imported.frame["measure"])) if drafted.imported else []
    return tuple(
        _from_library(shelf[one].measure(), drafted)
        if one in shelf
        else _own_measure(one, decisions, drafted, step_of(drafted, one))
        for one in ids
        if one not in declared
    )


def _from_library(measure: Measure, drafted: Draft) -> Measure:
    """A measure of the library; of a publisher's numbers nobody here knows whether they were counted so."""
    step = step_of(drafted, measure.id)
    if drafted.mapping.layout == "students":
        return replace(measure, frequency=step)
    columns = next((one for one in drafted.mapping.measures if one.measure == measure.id), None)
    named = columns and (columns.value or columns.numerator)
    words = f"as its publisher counts it, under {named[0]!r}" if named else "as its publisher counts it"
    return replace(measure, frequency=step, definition=f"Imported, {words}. Compare with: {measure.definition}")


def step_of(drafted: Draft, measure: str) -> Step:
    """The step of one measure's periods; days are charted by week."""
    imported = drafted.imported
    if imported is None or imported.step == "year":
        return "year" if imported is not None else "week"
    days = pd.DatetimeIndex(imported.frame.loc[imported.frame["measure"] == measure, "period"].unique())
    months = len(np.unique(days.year * 12 + days.month))
    alone = months == len(days) and (months > 2 or (days.day == 1).all())  # also the last days, or the first Mondays
    return "month" if len(days) and alone else "week"


def _own_measure(measure: str, decisions: dict[str, str], drafted: Draft, step: Step) -> Measure:
    """A measure that nobody knew, as the import found it; its definition says what is still to be written."""
    data_type = decisions.get(f"type:{measure}") or _type_of(measure, drafted.mapping)
    direction: Direction = decisions.get(f"better:{measure}", "stable")  # type: ignore[assignment]
    share = data_type == "proportion"
    return Measure(
        id=measure,
        name=measure.replace("_", " ").capitalize(),
        type="outcome",
        data_type=data_type,  # type: ignore[arg-type]
        unit="%" if share else "",
        direction=direction,
        frequency=step,
        definition="As published in the imported file; write down here what exactly is counted, and for whom.",
        per=100.0 if share else 1.0,
    )
