"""Tables of single students -> observations of schools: recognized, joined, added up; no student goes further."""

from __future__ import annotations

from collections.abc import Mapping as Pairs
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pdsa.check import Coded, coded
from pdsa.errors import InputError, Problem
from pdsa.mapping.apply import Imported, distinct
from pdsa.mapping.exports import Export, export_table, recognize, student_rows
from pdsa.mapping.periods import find_format, read_periods
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.tables import Table
from pdsa.read import Grid
from pdsa.records import School
from pdsa.records.imports import Mapping, Question, StudentRows
from pdsa.students import Aggregated, StudentRules, aggregate_students, student_questions
from pdsa.students.roster import passing_scores, roster_enrollment, roster_questions

__all__ = ["counted", "exports_of"]

ROSTER = "oneroster_"
EXPECTED = (
    "rows of a student's school, days enrolled and days absent, or of school, date and attendance code: "
    "PowerSchool, Infinite Campus, Ed-Fi or OneRoster as they export them"
)


@dataclass(slots=True)
class _Gathered:
    """Frames by the name of their format, and the formats."""

    frames: dict[str, list[pd.DataFrame]] = field(default_factory=dict)
    exports: dict[str, Export] = field(default_factory=dict)

    def joint(self, name: str) -> pd.DataFrame:
        """All rows of one format."""
        return pd.concat(self.frames[name], ignore_index=True)


def exports_of(tables: Sequence[Table]) -> dict[str, Export]:
    """The tables that are known exports of single students, by their source."""
    found = {table.source: recognize(table.headers) for table in tables}
    return {source: export for source, export in found.items() if export is not None and export.students}


def counted(tables: Sequence[Table], base: Mapping, remarks: Remarks) -> tuple[Mapping, Imported | None]:
    """The mapping of tables of students, and the observations of their schools; None with questions or problems.

    Raises
    ------
    InputError
        Rows that cannot be counted, such as absences without the days on which students were enrolled.
    """
    gathered = _gathered(tables, remarks)
    mapping = replace(base, layout="students")
    decisions = dict(base.decisions)
    if remarks.problems or not gathered.frames:
        return mapping, None
    rosters = {name: gathered.joint(name) for name in gathered.frames if name.startswith(ROSTER)}
    others = [name for name in gathered.frames if not name.startswith(ROSTER)]
    made: list[Aggregated] = []
    if rosters:
        made += _rosters(rosters, decisions, remarks)
    rows: StudentRows | None = None
    if others:
        rows, aggregated = _days(gathered, others, base, remarks)
        made += aggregated
    mapping = replace(mapping, students=rows)
    if remarks.questions or remarks.problems:
        return mapping, None
    return mapping, _imported(made, remarks)


def _gathered(tables: Sequence[Table], remarks: Remarks) -> _Gathered:
    """The recognized tables, as frames by role."""
    gathered = _Gathered()
    for table in tables:
        export = recognize(table.headers)
        if export is None:
            headers = shortened(", ".join(filter(None, table.headers)), 160)
            remarks.wrong(f"{table.source}, row {table.header}", f"the columns {headers}", EXPECTED)
            continue
        frame, told = export_table(_as_grid(table), 0, export)
        gathered.frames.setdefault(export.name, []).append(frame)
        gathered.exports[export.name] = export
        for text in (f"{table.source}: {export.title}; {export.told}", *told):
            remarks.tell(text)
    return gathered


def _as_grid(table: Table) -> Grid:
    """The body of a table under its header, without what somebody left out."""
    columns = []
    for header, column in zip(table.headers, table.columns, strict=True):
        texts = column.texts if header in column.texts else (*column.texts, header)
        first = np.array([texts.index(header)], dtype=np.int64)
        columns.append(Coded(np.concatenate([first, column.codes]), texts))
    rows = np.concatenate([[table.header], table.rows]).astype(np.int64)
    return Grid(table.source, tuple(columns), rows, np.full(len(rows), len(columns)), name=table.name)


def _rosters(tables: Pairs[str, pd.DataFrame], decisions: Pairs[str, str], remarks: Remarks) -> list[Aggregated]:
    """Enrollment from a roster, and the share of passing scores where there are results."""
    for question in roster_questions(tables, decisions):
        remarks.ask(question)
    if remarks.questions:
        return []
    counts = [roster_enrollment(tables)]
    if "oneroster_results" in tables:
        counts.append(passing_scores(tables, float(_number("pass", decisions["pass"]))))
    return [Aggregated(one.observations, one.told) for one in counts]


def _days(
    gathered: _Gathered, names: Sequence[str], base: Mapping, remarks: Remarks
) -> tuple[StudentRows | None, list[Aggregated]]:
    """Attendance, chronic absence and truancy of the tables of days; membership is joined to absences."""
    decisions = dict(base.decisions)
    frames = {name: _dated(gathered.joint(name), decisions, remarks) for name in names}
    layouts = {name: gathered.exports[name].layout for name in names}
    unjoined = [gathered.exports[name] for name, layout in layouts.items() if not layout]
    for export in unjoined:
        remarks.wrong(export.title, "rows that are no days of students", export.told or EXPECTED)
    members = [frames[name] for name, layout in layouts.items() if layout == "membership"]
    main = [name for name, layout in layouts.items() if layout not in ("", "membership")] or [
        name for name, layout in layouts.items() if layout == "membership"
    ]
    if len(main) > 1:
        found = " and ".join(gathered.exports[name].title for name in main)
        remarks.wrong(base.name, found, "one kind of table at a time, besides membership")
    if remarks.questions or remarks.problems:
        return None, []
    export = gathered.exports[main[0]]
    default = base.students.min_days if base.students else 10
    least = _number("min-days", decisions.get("min-days", str(default)))
    rows = student_rows(export, frames[main[0]], least, decisions)
    for question in student_questions(frames[main[0]], rows, decisions):
        remarks.ask(question)
    if remarks.questions:
        return rows, []
    membership = pd.concat(members, ignore_index=True) if members and rows.layout == "absences" else None
    rules = StudentRules(min_days=least)
    done = aggregate_students(
        frames[main[0]], rows, rules, decisions=decisions, membership=membership, source=export.title
    )
    return rows, [done]


def _number(key: str, text: str) -> int:
    if text.isascii() and text.isdecimal() and int(text) > 0:
        return int(text)
    problem = Problem(f"--answer {key}", repr(text), "a whole number above zero")
    raise InputError("answers", (problem,), "nothing was imported", "run the same command with a number")


def _dated(frame: pd.DataFrame, decisions: Pairs[str, str], remarks: Remarks) -> pd.DataFrame:
    """The frame with its days as dates; without a column of days the answer to a question."""
    if "day" not in frame:
        return _without_days(frame, decisions, remarks)
    texts = coded(frame["day"])
    found = find_format(texts.texts, decisions=decisions, place=f"{frame['source'].iloc[0]}, date")
    for question in found.questions:
        remarks.ask(question)
    remarks.problems.extend(found.problems)
    if not found.format:
        return frame
    days, bad, reasons = read_periods(texts.texts, found.format, decisions=decisions)
    for position in np.flatnonzero(bad).tolist():
        row = int(np.argmax(texts.codes == position))
        place = f"{frame['source'].iloc[row]}, row {frame['row'].iloc[row]}, date"
        remarks.wrong(place, reasons[position], "a day")  # never the cell: it may hold a name
    return frame.assign(day=pd.Series(days[texts.codes]).astype("datetime64[us]"))


def _without_days(frame: pd.DataFrame, decisions: Pairs[str, str], remarks: Remarks) -> pd.DataFrame:
    source = str(frame["source"].iloc[0])
    answer = decisions.get("days-until", "")
    days, bad, _ = read_periods([answer], "%Y-%m-%d|school_year")
    if not answer or bad[0]:
        ask = "to which day were these days counted? Give it as 2025-10-13, or the school year as 2024-25"
        remarks.ask(Question("days-until", source, "days of students without a date", ask, ()))
        return frame
    return frame.assign(day=pd.Timestamp(days[0]))


def _imported(made: Sequence[Aggregated], remarks: Remarks) -> Imported:
    """The observations of all tables together."""
    for one in made:
        for text in one.told:
            remarks.tell(text)
    frame = pd.concat([one.observations for one in made], ignore_index=True)
    frame = frame.assign(school=frame["school"].astype("category"), measure=frame["measure"].astype("category"))
    schools = tuple(School(one, one) for one in sorted(distinct(frame["school"])))
    empty = frame.iloc[:0].assign(key="", scope="")
    return Imported(frame, empty, empty, schools, "month", (), remarks)
