"""Tables and their mapping -> observations: one row for each school, measure, period and group, and all remarks."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.check import Coded
from pdsa.mapping.body import Body, body_of, scope_of
from pdsa.mapping.dated import dated
from pdsa.mapping.ids import ask_twins
from pdsa.mapping.keys import constant, mapped, mixed
from pdsa.mapping.named import measures_of
from pdsa.mapping.outliers import without_outliers
from pdsa.mapping.remarks import Remarks, listed_rows
from pdsa.mapping.repeats import without_repeats
from pdsa.mapping.rows import parts_of
from pdsa.mapping.stacks import Numbers, Rows, stack
from pdsa.mapping.stated import stated
from pdsa.mapping.tables import Table
from pdsa.mapping.times import days_of
from pdsa.mapping.wholes import without_large_groups
from pdsa.records import School
from pdsa.records.imports import Mapping, MeasureColumns
from pdsa.terms import OBSERVATION_COLUMNS, STATUSES

__all__ = ["Imported", "Known", "apply", "distinct"]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Known:
    """What the workspace and the library know.

    Parameters
    ----------
    measures
        The data type of each measure by its id.
    names
        Ids of measures by their folded names.
    schools
        Ids of the schools that are declared.
    """

    measures: Pairs[str, str]
    names: Pairs[str, str]
    schools: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """What an import gives.

    Parameters
    ----------
    frame
        Observations, columns `terms.OBSERVATION_COLUMNS`.
    members, totals
        Rows as published, before anything was set aside, and the rows that are totals of them (`scope`, `key` besides).
    schools
        Every school of the rows with its latest name and its district.
    step
        The finest step of the periods.
    headers
        Measure, part, header and source of every column that was read.
    remarks
        Questions, what was done, rows set aside.
    """

    frame: pd.DataFrame
    members: pd.DataFrame
    totals: pd.DataFrame
    schools: tuple[School, ...]
    step: str
    headers: tuple[tuple[str, str, str, str], ...]
    remarks: Remarks


def apply(
    tables: Sequence[Table], mapping: Mapping, known: Known, remarks: Remarks, as_of: date | None = None
) -> Imported | None:
    """The observations of all tables; with problems or questions in the remarks they are not to be used, or None."""
    bodies = [body for table in tables if (body := body_of(table, mapping, remarks)) is not None]
    bodies = [dated(body, table, mapping, remarks) for body, table in _pairs(bodies, tables)]
    if remarks.problems or not bodies:
        return None
    columns = {one.measure: one for one in mapping.measures} or {"": MeasureColumns("")}
    keys = list(dict.fromkeys(key for body in bodies for key in body.measures))
    steps: list[str] = []
    frames, members, totals = [], [], []
    for key in keys:
        rows = stack(bodies, key)
        one = columns.get(key) or next(iter(columns.values()))
        made = _observations(rows, replace(one, measure=key), mapping, known, remarks, (steps, as_of))
        frames.append(made[0])
        members.append(made[1])
        totals.append(made[2])
    frame, twins = _same_schools(pd.concat(frames, ignore_index=True), known, mapping, remarks)
    if not remarks.questions and not remarks.problems:
        frame = without_repeats(frame, remarks)
        frame = without_large_groups(frame, remarks)
        headers = {one.measure: (one.denominator or one.value or ("",))[0] for one in mapping.measures}
        frame = without_outliers(frame, known.measures, dict(mapping.decisions), remarks, headers)
    schools = _schools(bodies, frame, twins)
    step = min(steps, key=("day", "week", "month", "year", "").index) if steps else ""
    return Imported(
        frame[list(OBSERVATION_COLUMNS)],
        pd.concat(members, ignore_index=True),
        pd.concat(totals, ignore_index=True),
        schools,
        step,
        _headers(bodies),
        remarks,
    )


def _headers(bodies: Sequence[Body]) -> tuple[tuple[str, str, str, str], ...]:
    return tuple(
        (measure, part, cells.header, body.source)
        for body in bodies
        for measure, parts in body.measures.items()
        for part, cells in parts.items()
    )


def _pairs(bodies: Sequence[Body], tables: Sequence[Table]) -> list[tuple[Body, Table]]:
    by_source = {table.source: table for table in tables}
    return [(body, by_source[body.source]) for body in bodies]


def _observations(
    rows: Rows,
    columns: MeasureColumns,
    mapping: Mapping,
    known: Known,
    remarks: Remarks,
    times: tuple[list[str], date | None],
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Observations, rows as published and totals of one measure, or of all that a column names."""
    key = columns.measure
    measure = constant(key, len(rows.rows))
    if not key:
        rows, measure = measures_of(rows, dict(mapping.decisions), tuple(known.measures), known.names, remarks)
    days, step = days_of(rows, mapping, remarks, times[1])
    times[0].append(step)
    days = _days_of_totals(days, rows, remarks)
    numbers = _numbers_by_type(rows, columns, measure, mapping, known, remarks)
    status = stated(rows, numbers, dict(mapping.decisions), remarks)
    frame = pd.DataFrame(
        {
            "school": _categorical(rows.school),
            "measure": _categorical(measure),
            "period": pd.Series(days).astype("datetime64[us]"),
            "value": numbers.value,
            "numerator": numbers.numerator,
            "denominator": numbers.denominator,
            "group_dim": _categorical(rows.group_dim),
            "group": _categorical(rows.group),
            "status": pd.Categorical.from_codes(status.astype(np.int64), pd.Index(list(STATUSES), dtype="str")),
            "source": _categorical(rows.sources),
            "row": rows.rows,
        }
    )
    if not rows.total.any():
        return frame, frame.iloc[:0].assign(key="", scope=""), frame.iloc[:0].assign(key="", scope="")
    published = _as_published(frame, rows, numbers)
    return (
        frame[~rows.total].reset_index(drop=True),
        published[~rows.total].reset_index(drop=True),
        published[rows.total & ~np.isnat(days)].reset_index(drop=True),
    )


def _days_of_totals(days: NDArray[np.datetime64], rows: Rows, remarks: Remarks) -> NDArray[np.datetime64]:
    """A total whose label stands in the column of periods is of the only period of its table, if there is one."""
    lost = rows.total & np.isnat(days)
    for code in np.unique(rows.sources.codes[lost]).tolist():
        own = np.unique(days[(rows.sources.codes == code) & ~np.isnat(days)])
        if len(own) == 1:
            days = np.where(lost & (rows.sources.codes == code), own[0], days)
        elif not remarks.questions:
            where = listed_rows(rows.rows[lost & (rows.sources.codes == code)].tolist())
            remarks.tell(f"{rows.sources.texts[code]}, {where}: totals without a period, compared with nothing")
    return days


def _categorical(column: Coded) -> pd.Categorical:
    distinct = mapped(column, str)
    return pd.Categorical.from_codes(distinct.codes, pd.Index(list(distinct.texts), dtype="str"))


def _as_published(frame: pd.DataFrame, rows: Rows, numbers: Numbers) -> pd.DataFrame:
    """The rows for the comparison of totals: numbers as published, the part of a school's id as its group."""
    scope = scope_of(rows.district, rows.total)
    key = np.array(scope.texts, dtype=object)[scope.codes]
    part = np.array(rows.part.texts, dtype=object)[rows.part.codes]
    group = np.where(part == "", frame["group"].astype(str), part)
    dimension = np.where(part == "", frame["group_dim"].astype(str), "part")
    return frame.assign(
        numerator=numbers.published[0],
        denominator=numbers.published[1],
        group=group,
        group_dim=dimension,
        status=frame["status"].astype(str).replace("excluded", "reported"),
        district=np.array(rows.district.texts, dtype=object)[rows.district.codes],
        key=key,
        scope=np.where(key == "", "network", "district"),
    )


def _numbers_by_type(
    rows: Rows, columns: MeasureColumns, measure: Coded, mapping: Mapping, known: Known, remarks: Remarks
) -> Numbers:
    """The numbers of all rows; shares, counts and other numbers are read apart."""
    types = [
        known.measures.get(text, "proportion" if "denominator" in rows.cells else "continuous")
        for text in measure.texts
    ]
    wanted = list(dict.fromkeys(types))
    if len(wanted) == 1:
        return parts_of(rows, columns, wanted[0], mapping, remarks)
    answer = Numbers.absent(len(rows.rows))
    for data_type in wanted:
        keep = np.array([one == data_type for one in types], dtype=bool)[measure.codes]
        if keep.any():
            answer = answer.put(keep, parts_of(rows.only(keep), columns, data_type, mapping, remarks))
    return answer


def _same_schools(
    frame: pd.DataFrame, known: Known, mapping: Mapping, remarks: Remarks
) -> tuple[pd.DataFrame, dict[str, str]]:
    """The frame with ids that stand for another one replaced, as somebody decided, and which ones those are."""
    twins = ask_twins(_first_places(frame), known.schools, dict(mapping.decisions), remarks)
    if not twins:
        return frame, twins
    same = frame["school"].astype(str).map(lambda one: twins.get(one, one)).astype("category")
    return frame.assign(school=same), twins


def _first_places(frame: pd.DataFrame) -> dict[str, str]:
    """Each school and the place of its first row."""
    codes, schools = pd.factorize(frame["school"])
    first = np.full(len(schools), len(codes))
    np.minimum.at(first, codes, np.arange(len(codes)))
    rows = frame.iloc[first]
    places = zip(schools, rows["source"], rows["row"], strict=True)
    return {str(school): f"{source}, row {row}, school" for school, source, row in places if school}


def distinct(column: pd.Series) -> list[str]:
    """The texts that occur in a column."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return [str(one) for one in column.unique()]
    used = np.unique(column.cat.codes)
    return [str(column.cat.categories[code]) for code in used.tolist() if code >= 0]


def _schools(bodies: Sequence[Body], frame: pd.DataFrame, twins: Pairs[str, str]) -> tuple[School, ...]:
    """Every school of the observations by the last name and district that stand beside its id."""
    there = set(distinct(frame["school"]))
    found: dict[str, School] = {}
    for body in bodies:
        if body.school_name.texts == body.district.texts == ("",):
            continue
        key = mixed([body.school, body.school_name, body.district])
        for row in np.unique(key, return_index=True)[1].tolist():
            school, name = body.school.at(row), body.school_name.at(row)
            school = twins.get(school, school)
            if school in there and not body.total[row]:
                found[school] = School(school, name or school, body.district.at(row))
    missing = {one: School(one, one) for one in there if one and one not in found}
    return tuple(sorted((found | missing).values(), key=lambda one: one.id))
