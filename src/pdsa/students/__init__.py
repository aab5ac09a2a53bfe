"""Rows of single students -> counts of schools; students go in, only numbers of students and days come out.

Three measures that are often taken for one another:

attendance
    Days attended of days enrolled, in each week (or day, or month).
chronic_absence
    Students absent for a tenth of their days enrolled, whatever the reason: in each month of the school year so far.
truancy
    Students absent without excuse, often: in each month of the school year so far. Only where codes tell excuses apart.

The last two grow over a school year and start again: they are read at the end of each month, never differenced.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pdsa.check import coded
from pdsa.errors import InputError, Problem
from pdsa.records.imports import Choice, Question, StudentRows
from pdsa.students.codes import CHOICES, MEANINGS, code_key, code_meanings, plain_code
from pdsa.students.join import NO_MEMBERSHIP, is_daily, joined, known_texts
from pdsa.students.measures import StudentRules, attendance, enrollment, snapshots, year_to_date
from pdsa.students.rows import NOT_A_CODE, StudentDays, check_columns, read_rows
from pdsa.terms import OBSERVATION_COLUMNS

__all__ = ["Aggregated", "StudentRules", "aggregate_students", "plain_code", "student_questions"]

# A table of every day in which fewer days than this were attended is hardly a table of every day.
LEAST_ATTENDED = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Aggregated:
    """Observations of schools, and what was done on the way to them.

    Parameters
    ----------
    observations
        Columns of `terms.OBSERVATION_COLUMNS`; `row` is 0, because each comes from many rows.
    told
        Sentences with counts and row numbers; no student's number or name.
    """

    observations: pd.DataFrame
    told: tuple[str, ...]


def aggregate_students(
    frame: pd.DataFrame,
    rows: StudentRows,
    rules: StudentRules | None = None,
    *,
    decisions: Mapping[str, str] | None = None,
    membership: pd.DataFrame | None = None,
    source: str = "rows of students",
    groups: Iterable[str] = (),
) -> Aggregated:
    """Attendance, chronic absence and truancy of schools from rows of single students; enrollment from membership.

    Parameters
    ----------
    frame
        One row for each student and day (layouts `daily`, `absences`), or for each student and period (`summary`,
        `membership`). Columns: `school`, `student` (texts, as they stand), `day` (datetime64: the day, or the day to
        which days are counted; a whole school year is its first day), and

        - `daily`: `code`, or `absent` (share of the day; or periods, with `enrolled` the periods scheduled); with
          `code`, also `duration` (share of the day that an absence lasted)
        - `absences`: the same, of the days absent only
        - `summary`: `enrolled` and `absent`, `present` or `excused` and `unexcused`, in days
        - `membership`: `enrolled` in days, 1 where there is none

        and `source`, `row` for messages. Numbers are floats, NaN where blank.
    rows
        The layout and the meaning of codes.
    rules
        What counts as what; its `min_days` are those of `rows` where it is not given.
    decisions
        Answers: `code:U` (a key of `students.codes.MEANINGS`), `repeats` (`add`), `students` (`complete`).
    membership
        For `absences`: rows of the layout `membership`.
    groups
        Further columns of the frame (group dimensions), each counted in addition to everybody; not for `absences`.

    Raises
    ------
    InputError
        With every problem of the rows; or because no rate can be made of them: absences without membership.
    """
    rules = rules or StudentRules(min_days=rows.min_days)
    answers = dict(decisions or {})
    days, so_far = _days(frame, rows, rules, answers, membership, source)
    if not len(days.day):
        raise InputError(source, (Problem("file", "no row that counts", "rows of students"),), "no rate was made")
    tables = [_observations(_measures(days, rows, rules, so_far), days, "", source)]
    if rows.layout != "absences":
        for group in groups:
            apart = read_rows(frame, rows, answers, source, group)
            tables.append(_observations(_measures(apart, rows, rules, so_far), apart, group, source))
    observations = pd.concat(tables, ignore_index=True)
    return Aggregated(observations, (*days.told, *_definitions(observations, days, rows, rules, so_far)))


def student_questions(
    frame: pd.DataFrame, rows: StudentRows, decisions: Mapping[str, str] | None = None
) -> tuple[Question, ...]:
    """What must be known before these rows can be counted: codes without a meaning, whether every day has a row."""
    if "code" not in frame or rows.layout not in ("daily", "absences"):
        return ()
    codes, answers = coded(frame["code"]), dict(decisions or {})
    meanings = code_meanings(codes.texts, rows, answers)
    counts = np.bincount(codes.codes, minlength=len(codes.texts)).tolist()
    unknown = [position for position, meaning in enumerate(meanings) if not meaning]
    asked = {
        code_key(codes.texts[position]): _code_question(codes.texts[position], counts[position], len(frame))
        for position in (unknown if len(unknown) <= NOT_A_CODE else [])
    }
    if asked or unknown or rows.layout == "absences" or answers.get("students") == "complete":
        return tuple(asked.values())
    absent = sum(n * MEANINGS[meaning].absent for n, meaning in zip(counts, meanings, strict=True))
    plain = sum(n for n, meaning in zip(counts, meanings, strict=True) if meaning == "present")
    return () if plain and absent <= LEAST_ATTENDED * len(frame) else (_complete_question(plain, len(frame)),)


def _code_question(text: str, count: int, rows: int) -> Question:
    code = plain_code(text) or "(blank)"
    return Question(
        code_key(text),
        "column of attendance codes",
        f"the code {code} in {count:,} of {rows:,} rows",
        f"What does the attendance code {code} mean?",
        CHOICES,
    )


def _complete_question(present: int, rows: int) -> Question:
    return Question(
        "students",
        "column of attendance codes",
        f"{present:,} of {rows:,} rows say that a student was present",
        "Does the file have a row for every student on every day, those present too, or only for absences?",
        (
            Choice("complete", "every student has a row on every day: the rates are as low as they look"),
            Choice("absences", "only absences: use the layout absences, with a table of membership"),
        ),
    )


def _days(
    frame: pd.DataFrame,
    rows: StudentRows,
    rules: StudentRules,
    answers: Mapping[str, str],
    membership: pd.DataFrame | None,
    source: str,
) -> tuple[StudentDays, bool]:
    """The days of each student, and whether they are days so far rather than single days."""
    if rows.layout != "absences":
        days = read_rows(frame, rows, answers, source)
        if rows.layout == "daily":
            _check_complete(frame, days, rows, answers, source)
        return days, rows.layout == "summary"
    if membership is None:
        raise InputError(source, (Problem("file", "absences only", NO_MEMBERSHIP),), "no rate was made")
    of_members, other = StudentRows("membership"), f"{source}, membership"
    check_columns(frame, rows, source)
    check_columns(membership, of_members, other)
    known = known_texts(frame, membership)
    absences = read_rows(frame, rows, answers, source, known=known)
    enrolled = read_rows(membership, of_members, answers, other, known=known)
    return joined(absences, enrolled, rules.school_year_start, source), not is_daily(enrolled)


def _check_complete(
    frame: pd.DataFrame, days: StudentDays, rows: StudentRows, answers: Mapping[str, str], source: str
) -> None:
    """Refuse a table of every day in which hardly anybody attends: it is one of absences."""
    if answers.get("students") == "complete":
        return
    attended = 1 - float(days.absent.sum()) / max(float(days.enrolled.sum()), 1.0)
    if attended < LEAST_ATTENDED or student_questions(frame, rows, answers):
        found = f"rows of which {attended:.0%} are days attended, and few or none with a code for present"
        raise InputError(
            source,
            (Problem("file", found, f"a row for every student on every day; or {NO_MEMBERSHIP}"),),
            "no rate was made",
            "use the layout absences with a table of membership, or say --answer students=complete if every day of "
            "every student is in the file",
        )


def _measures(days: StudentDays, rows: StudentRows, rules: StudentRules, so_far: bool) -> list[pd.DataFrame]:
    if rows.layout == "membership":
        return [enrollment(days)]
    if so_far:
        return [attendance(days, None), *snapshots(days, rules)]
    return [attendance(days, rules.step), *year_to_date(days, rules)]


def _observations(tables: list[pd.DataFrame], days: StudentDays, group: str, source: str) -> pd.DataFrame:
    """Counts in our columns, in the order of school, measure, period and group."""
    table = pd.concat(tables, ignore_index=True)
    units = table["unit"].to_numpy()
    nothing = (table["denominator"] == 0).to_numpy()
    table = table.assign(
        school=np.array([school for school, _ in days.units], dtype=object)[units],
        group=np.array([text for _, text in days.units], dtype=object)[units],
        group_dim=group,
        status=np.where(nothing, "not_applicable", "reported"),
        source=source,
        row=0,
    )
    table = table.astype(dict.fromkeys(("school", "measure", "group_dim", "group", "status", "source"), "str"))
    if group:
        table = table[table["group"] != ""]
    order = ["school", "measure", "period", "group"]
    return table.sort_values(order, ignore_index=True)[list(OBSERVATION_COLUMNS)]


def _definitions(
    observations: pd.DataFrame, days: StudentDays, rows: StudentRows, rules: StudentRules, so_far: bool
) -> tuple[str, ...]:
    """What each measure is, over which days, and why one is not there."""
    found = set(observations["measure"])
    meanings = rules.told(by_month=not so_far)
    told = [f"{name}: {meaning}" for name, meaning in meanings.items() if name in found]
    if rows.layout != "membership":
        if "truancy" not in found:
            told.append("truancy was not counted: nothing says which absences are excused")
        told.append("chronic_absence and truancy are of the school year so far, at the end of each period")
        if so_far:
            told.append("attendance is of the days so far")
    return (*told, f"days from {days.day.min()} to {days.day.max()}")
