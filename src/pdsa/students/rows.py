"""Rows of single students -> days enrolled, absent and unexcused, as arrays; nothing of a student but a position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.check import Coded, Findings, coded
from pdsa.errors import InputError, Problem
from pdsa.records.imports import StudentRows
from pdsa.students.codes import MEANINGS, code_key, code_meanings

__all__ = ["StudentDays", "check_columns", "read_rows", "rows_told", "sorted_codes"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Days = NDArray[np.datetime64]
Mask = NDArray[np.bool_]

NEEDED = {
    "daily": ("school", "student", "day"),
    "absences": ("school", "student", "day"),
    "summary": ("school", "student", "day", "enrolled"),
    "membership": ("school", "student", "day"),
}
# Of columns of which one is enough.
ONE_OF = {"daily": ("code", "absent"), "absences": ("code", "absent"), "summary": ("absent", "present", "excused")}
NOT_A_CODE = 60
NOTHING_KNOWN: Mapping[str, tuple[str, ...]] = {}


@dataclass(frozen=True, slots=True, eq=False)
class StudentDays:
    """Rows that count, each of one student in one school (or group of it), in the order of school, student and day.

    Parameters
    ----------
    unit, student
        Shape (rows,): positions; of `units`, and of students (no names are kept).
    day
        Shape (rows,): the day, or the day to which a row's days are counted.
    enrolled, absent, unexcused
        Shape (rows,): days, halves and other shares allowed; `unexcused` is NaN where nobody says.
    units
        Pairs of a school and a group ("" for everybody).
    told
        What was done with rows on the way.
    """

    unit: Ints
    student: Ints
    day: Days
    enrolled: Floats
    absent: Floats
    unexcused: Floats
    units: tuple[tuple[str, str], ...]
    told: tuple[str, ...] = field(default=())

    def only(self, mask: Mask, *told: str) -> StudentDays:
        """The rows of a mask."""
        return replace(
            self,
            unit=self.unit[mask],
            student=self.student[mask],
            day=self.day[mask],
            enrolled=self.enrolled[mask],
            absent=self.absent[mask],
            unexcused=self.unexcused[mask],
            told=(*self.told, *told),
        )


def sorted_codes(column: pd.Series, known: tuple[str, ...] = ()) -> tuple[Ints, tuple[str, ...]]:
    """Positions of a column's texts, stripped, in the known or else in the sorted distinct texts.

    Positions do not depend on the order of rows: sums of permuted rows are the same to the last digit.
    """
    found = coded(column)
    stripped = [text.strip() for text in found.texts]
    texts = known or tuple(sorted(set(stripped)))
    place = {text: position for position, text in enumerate(texts)}
    return np.array([place[text] for text in stripped], dtype=np.int64)[found.codes], texts


def rows_told(rows: Ints) -> str:
    """Rows for a sentence: the first five, and how many more."""
    shown = ", ".join(str(row) for row in np.sort(rows)[:5].tolist())
    more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
    return f"row{'s' if len(rows) != 1 else ''} {shown}{more}"


def read_rows(
    frame: pd.DataFrame,
    rows: StudentRows,
    decisions: Mapping[str, str],
    source: str,
    group: str = "",
    known: Mapping[str, tuple[str, ...]] = NOTHING_KNOWN,
) -> StudentDays:
    """The rows of one table.

    Parameters
    ----------
    frame
        Columns `school`, `student` (texts), `day` (datetime64) and, as the layout needs, `code` (text), `absent`,
        `present`, `enrolled`, `unexcused` (floats); `source` and `row` where they are known.
    group
        A column of the frame: students are counted apart for each of its texts; "" counts all together.
    known
        Texts of `school` and `student` in which positions are counted, where several tables must agree.

    Raises
    ------
    InputError
        With every row that has no student, school or day, a code without a meaning, impossible days, or says of the
        same student and day something else than an earlier row.
    """
    check_columns(frame, rows, source)
    findings = Findings(frame, source)
    for column in ("school", "student"):
        cells = coded(frame[column])
        blank = cells.rows_of(position for position, text in enumerate(cells.texts) if not text.strip())
        findings.add(blank, column, "a blank cell", f"the {column} of this row")
    findings.add(frame["day"].isna().to_numpy(), "day", "no day", "the day of this row")
    numbers = _numbers(frame, rows, decisions, findings)
    findings.settle()
    return _without_repeats(_arranged(frame, numbers, group, known), rows, decisions, findings)


@dataclass(frozen=True, slots=True, eq=False)
class _Numbers:
    """Days of each row; `counts` is False for rows that are left out."""

    enrolled: Floats
    absent: Floats
    unexcused: Floats
    counts: Mask
    told: tuple[str, ...] = ()


def check_columns(frame: pd.DataFrame, rows: StudentRows, source: str) -> None:
    """Refuse a table without rows or without a column that its layout needs."""
    problems = [
        Problem("header", "no column for it", f"a column {column} for rows of the layout {rows.layout}")
        for column in NEEDED[rows.layout]
        if column not in frame
    ]
    either = ONE_OF.get(rows.layout, ())
    if either and not any(column in frame for column in either):
        problems.append(Problem("header", "no column for it", f"a column {' or '.join(either)}"))
    if not len(frame):
        problems.append(Problem("header", "no rows", "at least one row of a student"))
    if problems:
        raise InputError(source, tuple(problems), "no row of a student was read")


def _column(frame: pd.DataFrame, name: str, default: float = np.nan) -> Floats:
    if name not in frame:
        return np.full(len(frame), default)
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _numbers(frame: pd.DataFrame, rows: StudentRows, decisions: Mapping[str, str], findings: Findings) -> _Numbers:
    if rows.layout == "membership":
        enrolled = _column(frame, "enrolled", 1.0)
        nothing = np.zeros(len(frame))
        return _possible(_Numbers(enrolled, nothing, nothing, np.ones(len(frame), dtype=bool)), findings)
    if rows.layout == "summary":
        enrolled, absent = _column(frame, "enrolled"), _column(frame, "absent")
        unexcused = _column(frame, "unexcused")
        for other in (enrolled - _column(frame, "present"), unexcused + _column(frame, "excused")):
            absent = np.where(np.isnan(absent), other, absent)
        return _possible(_Numbers(enrolled, absent, unexcused, np.ones(len(frame), dtype=bool)), findings)
    if "code" not in frame:
        return _possible(_shares(frame, findings), findings)
    return _coded(frame, rows, decisions, findings)


def _shares(frame: pd.DataFrame, findings: Findings) -> _Numbers:
    """Shares of a day: 0.5 for half of it, or 3 of 7 periods where `enrolled` says how many the day had."""
    absent, scheduled = _column(frame, "absent"), _column(frame, "enrolled", 1.0)
    periods = bool(np.nanmax(scheduled, initial=1.0) > 1)
    above = (absent > scheduled) & (scheduled > 0)
    if not periods:
        expected = "a share of the day from 0 to 1, or also a column of periods scheduled"
        findings.add(absent > 1, "absent", "more than one day on one day", expected)
    else:
        findings.add(above, "absent", "more periods absent than scheduled", "no more than scheduled")
    counts = ~((scheduled == 0) & ~(absent > 0))  # no lessons on this day
    share = np.divide(absent, scheduled, out=np.zeros(len(frame)), where=scheduled > 0) if periods else absent
    enrolled = np.where(scheduled > 0, 1.0, scheduled) if periods else scheduled
    return _Numbers(enrolled, share, _column(frame, "unexcused"), counts)


def _coded(frame: pd.DataFrame, rows: StudentRows, decisions: Mapping[str, str], findings: Findings) -> _Numbers:
    codes = coded(frame["code"])
    meanings = code_meanings(codes.texts, rows, decisions)
    _tell_unknown(codes, meanings, findings)
    known = [MEANINGS.get(meaning, MEANINGS["ignored"]) for meaning in meanings]
    absent = np.array([one.absent for one in known])[codes.codes]
    if "absent" in frame:
        absent = _agreeing(frame, absent, findings)
    elif "duration" in frame:
        absent = _lasting(frame, absent, findings)
    unexcused = np.array([np.nan if one.absent and one.excused is None else one.excused is False for one in known])
    counts = np.array([one.counts for one in known], dtype=bool)[codes.codes]
    enrolled = np.where(counts, 1.0, 0.0)
    told = (
        (f"{int((~counts).sum()):,} rows with a code for no day of school were left out",) if not counts.all() else ()
    )
    return _Numbers(enrolled, absent, unexcused.astype(float)[codes.codes] * absent, counts, told)


def _agreeing(frame: pd.DataFrame, absent: Floats, findings: Findings) -> Floats:
    """The share that a column of numbers gives, where it agrees with the code on whether the student was absent."""
    share = _shares(frame, findings).absent
    other = np.isfinite(share) & ((share > 0) != (absent > 0))
    expected = "a code and a share of the day that agree"
    findings.add(other, "absent", "a code that says one thing and a number that says another", expected)
    return np.where(np.isfinite(share), share, absent)


def _lasting(frame: pd.DataFrame, absent: Floats, findings: Findings) -> Floats:
    """Absences of the part of the day that they lasted; where nothing is said, of the part that the code says."""
    lasted = _column(frame, "duration")
    expected = "a share of the day from 0 to 1"
    findings.add((lasted < 0) | (lasted > 1), "duration", "another number", expected)
    return np.where(np.isfinite(lasted) & (absent > 0), lasted, absent)


def _tell_unknown(codes: Coded, meanings: tuple[str, ...], findings: Findings) -> None:
    """One problem for each code without a meaning, at its first row; none is printed if they are no codes at all."""
    unknown = [position for position, meaning in enumerate(meanings) if not meaning]
    if len(unknown) > NOT_A_CODE:
        findings.add_one(-1, "code", f"{len(unknown)} different texts", "a few attendance codes: is it another column?")
        return
    for position in unknown:
        first, count = int(np.argmax(codes.codes == position)), int((codes.codes == position).sum())
        key = code_key(codes.texts[position])
        found = f"the code {key.removeprefix('code:')} in {count:,} row{'s' if count > 1 else ''}"
        expected = f"its meaning, with --answer {key!r}=... ({', '.join(MEANINGS)})"
        findings.add_one(first, findings.place(first, "code"), found, expected)


def _possible(numbers: _Numbers, findings: Findings) -> _Numbers:
    """Rows with days that cannot be are left out and told; if they are most of the rows, nothing is read."""
    enrolled, absent, unexcused = numbers.enrolled, numbers.absent, numbers.unexcused
    unknown = numbers.counts & (np.isnan(enrolled) | np.isnan(absent))
    wrong = numbers.counts & ((absent < 0) | (enrolled < 0) | (absent > enrolled) | (unexcused > absent))
    if wrong.sum() * 2 > len(wrong):
        found = f"more days absent than enrolled, or fewer than none, in {int(wrong.sum()):,} of {len(wrong):,} rows"
        findings.add_one(-1, "absent", found, "days absent within days enrolled: are two columns exchanged?")
    told = []
    if unknown.any():
        told.append(f"{int(unknown.sum()):,} rows without days absent or enrolled: {rows_told(findings.rows[unknown])}")
    if wrong.any():
        cannot = "days that cannot be (more absent than enrolled, or fewer than none)"
        told.append(f"{int(wrong.sum()):,} rows with {cannot} were left out: {rows_told(findings.rows[wrong])}")
    return replace(numbers, counts=numbers.counts & ~unknown & ~wrong, told=(*numbers.told, *told))


def _arranged(
    frame: pd.DataFrame, numbers: _Numbers, group: str, known: Mapping[str, tuple[str, ...]]
) -> tuple[StudentDays, Ints]:
    """The rows that count in the order of school, group, student and day, and the position of each in the frame."""
    school, schools = sorted_codes(frame["school"], known.get("school", ()))
    within, groups = sorted_codes(frame[group]) if group else (np.zeros(len(frame), dtype=np.int64), ("",))
    student, _ = sorted_codes(frame["student"], known.get("student", ()))
    day = frame["day"].to_numpy().astype("datetime64[D]")
    unit = school * len(groups) + within
    order = np.lexsort((day.astype(np.int64), student, unit))
    order = order[numbers.counts[order]]
    days = StudentDays(
        unit[order],
        student[order],
        day[order],
        numbers.enrolled[order],
        numbers.absent[order],
        numbers.unexcused[order],
        tuple((one, other) for one in schools for other in groups),
        numbers.told,
    )
    return days, order


def _without_repeats(
    arranged: tuple[StudentDays, Ints], rows: StudentRows, decisions: Mapping[str, str], findings: Findings
) -> StudentDays:
    """Each student and day once: repeats that say the same are told, others are added up if somebody said so."""
    days, order = arranged
    if len(order) < 2:
        return days
    again = _as_before(days.unit) & _as_before(days.student) & _as_before(days.day.astype(np.int64))
    numbers = (days.enrolled, days.absent, np.nan_to_num(days.unexcused, nan=-1.0))
    same = again & np.logical_and.reduce([_as_before(one) for one in numbers])
    other = again & ~same
    told = _repeats_told(same, order, findings)
    if rows.layout in ("summary", "membership") and decisions.get("repeats") == "add" and other.any():
        words = f"{int(other.sum()):,} further rows of a student in the same school and period were added up"
        return _added(days.only(~same, *told, words))
    _tell_repeats(other, order, rows, findings)
    findings.settle()
    return days.only(~same, *told)


def _as_before(values: Ints | Floats) -> Mask:
    return np.concatenate([[False], values[1:] == values[:-1]])


def _repeats_told(same: Mask, order: Ints, findings: Findings) -> tuple[str, ...]:
    if not same.any():
        return ()
    where = rows_told(findings.rows[order[same]])
    return (f"{int(same.sum()):,} rows that repeat a student and day were counted once: {where}",)


def _tell_repeats(other: Mask, order: Ints, rows: StudentRows, findings: Findings) -> None:
    daily = rows.layout in ("daily", "absences")
    expected = (
        "one row for each student, school and day, with its whole absence"
        if daily
        else "one row for each student, school and period, or --answer repeats=add if they are parts to be added up"
    )
    for position in np.flatnonzero(other).tolist():
        pair = sorted((int(order[position - 1]), int(order[position])))
        found = f"the same student as in {findings.place(pair[0])}, counted otherwise"
        findings.add_one(pair[1], findings.place(pair[1]), found, expected)


def _added(days: StudentDays) -> StudentDays:
    """Rows of the same unit, student and day as one."""
    start = ~(_as_before(days.unit) & _as_before(days.student) & _as_before(days.day.astype(np.int64)))
    part = np.cumsum(start) - 1
    enrolled, absent, unexcused = (
        np.asarray(np.bincount(part, days_of), dtype=np.float64)
        for days_of in (days.enrolled, days.absent, days.unexcused)
    )
    return replace(days.only(start), enrolled=enrolled, absent=absent, unexcused=unexcused)
