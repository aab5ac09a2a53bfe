"""Known export formats: recognized by headers, kept to private/, added up to numbers counted by hand."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pdsa.check import coded
from pdsa.content import content
from pdsa.errors import InputError
from pdsa.mapping.exports import (
    Export,
    check_private,
    export_table,
    export_tables,
    private_only,
    recognize,
    student_rows,
)
from pdsa.read.grid import Grid
from pdsa.students import aggregate_students, student_questions
from pdsa.students.roster import passing_scores, roster_enrollment, roster_questions


def grid(text: str, source: str = "file.csv") -> Grid:
    """A table written as CSV (with | between cells)."""
    rows = [line.split("|") for line in text.strip("\n").split("\n")]
    columns = tuple(coded(pd.Series(cells, dtype="str")) for cells in zip(*rows, strict=True))
    return Grid(source, columns, np.arange(1, len(rows) + 1), np.full(len(rows), len(rows[0])))


def known(text: str) -> Export:
    found = recognize(text.split("|"))
    assert found is not None
    return found


def as_days(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(day=pd.to_datetime(frame["day"]))


ONE = "sourcedId|status|dateLastModified"
FORMATS = (
    ("id|studentReference.studentUniqueId|schoolReference.schoolId|sessionReference.schoolId"
     "|sessionReference.sessionName|eventDate|attendanceEventCategoryDescriptor", "edfi_school_attendance"),
    ("studentUniqueId|schoolId|eventDate|attendanceEventCategoryDescriptor|eventDuration", "edfi_school_attendance"),
    ("studentUniqueId|sectionIdentifier|eventDate|attendanceEventCategoryDescriptor", "edfi_section_attendance"),
    ("ID|ATT_DATE|SCHOOLID|STUDENTID|ATT_CODE|ATT_MODE_CODE", "powerschool_attendance"),
    ("ATTENDANCE.ATT_DATE|ATTENDANCE.SCHOOLID|[1]Student_Number|ATTENDANCE.ATT_CODE", "powerschool_attendance"),
    ("studentid|schoolid|calendardate|studentmembership|grade_level", "powerschool_membership"),
    ("student.studentNumber|cal.calendarName|attExactDailyTermCount.absentDays|membershipDays", "infinite_campus_days"),
    ("Student Number|Calendar|Grade|ADM|ADA", "infinite_campus_ada"),
    ("School|Student ID|Days Enrolled|Days Absent|Snapshot Date", "student_summary"),
    ("school|student_id|days_present|days_enrolled", "student_presence"),
    ("school|student_id|date|attendance_code", "student_days"),
    ("school|student_id|date|absent", "student_shares"),
    ("school|student_id|membership", "student_membership"),
    (f"{ONE}|lineItemSourcedId|studentSourcedId|scoreStatus|score|scoreDate|comment", "oneroster_results"),
    (f"{ONE}|title|type|startDate|endDate|parentSourcedId|schoolYear", "oneroster_sessions"),
    (f"{ONE}|name|type|identifier|parentSourcedId", "oneroster_orgs"),
    (f"{ONE}|classSourcedId|schoolSourcedId|userSourcedId|role|primary|beginDate|endDate", "oneroster_enrollments"),
    (f"{ONE}|title", "oneroster_categories"),
    (f"{ONE}|schoolYearSourcedId|title|courseCode|grades|orgSourcedId|subjects|subjectCodes", "oneroster_courses"),
    (f"{ONE}|birthDate|sex|hispanicOrLatinoEthnicity", "oneroster_demographics"),
    ("propertyName|value", "oneroster_manifest"),
)  # fmt: skip


@pytest.mark.parametrize(("headers", "name"), FORMATS)
def test_formats_are_recognized_by_their_headers(headers: str, name: str) -> None:
    found = known(headers)
    assert found.name == name
    assert all(header in headers.split("|") for _, header in found.roles)


@pytest.mark.parametrize(
    "headers",
    [
        "school|measure|period|value|numerator|denominator|group_dim|group|status",
        "DBN|School Name|Year|Total Enrollment",
        "School|Date|Present|Enrolled",
        "School|Week|Absent|Membership",
        "Grade|Number of Students|Days Absent|Days Enrolled",
        "",
    ],
)
def test_tables_of_schools_are_none_of_them(headers: str) -> None:
    assert recognize(headers.split("|")) is None


@pytest.mark.data
def test_no_file_of_the_real_data_is_taken_for_an_export(real_data: Path) -> None:
    for path in (*real_data.rglob("*.csv"), *real_data.rglob("*.csv.gz")):
        data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        for row in list(csv.reader(io.StringIO(data.decode("utf-8-sig", errors="replace"))))[:10]:
            assert recognize(row) is None


def test_every_format_names_what_it_is() -> None:
    formats = content("exports")
    names = [one["name"] for one in formats]
    assert len(set(names)) == len(names)
    for one in formats:
        assert {"name", "title", "layout", "students", "needs"} <= set(one)
        assert set(one) <= {"name", "title", "layout", "students", "needs", "may", "not", "keep", "told"}
        assert one["layout"] in ("", "daily", "absences", "summary", "membership")


def test_only_private_holds_rows_of_students(tmp_path: Path) -> None:
    private = tmp_path / "network" / "private"
    private.mkdir(parents=True)
    (tmp_path / "outside").mkdir()
    (private / "link").symlink_to(tmp_path / "outside")
    (tmp_path / "network" / "door").symlink_to(private)
    network = tmp_path / "network"
    assert private_only(private / "days.csv", network)
    assert private_only(network / "door" / "days.csv", network)
    assert not private_only(private / "link" / "days.csv", network)
    assert not private_only(private / ".." / "days.csv", network)
    assert not private_only(network / "private.csv", network)
    assert not private_only(tmp_path / "outside" / "private" / "days.csv", network)


def test_rows_of_students_elsewhere_are_refused(tmp_path: Path) -> None:
    export = known("school|student_id|date|attendance_code")
    check_private(tmp_path / "private" / "days.csv", tmp_path, export)
    with pytest.raises(InputError) as caught:
        check_private(tmp_path / "days.csv", tmp_path, export)
    assert str(caught.value) == (
        "days.csv: 1 problem found; nothing was imported.\n"
        "  columns student_id, attendance_code: found rows of single students (one row for each student and day), "
        "expected such a file in private/.\n"
        "  Next: move the file into the folder private/ of the workspace (git leaves it out) and import it from there: "
        "its rows are added up to schools, and no student's number is kept."
    )
    check_private(tmp_path / "sessions.csv", tmp_path, known("sourcedId|title|type|startDate|endDate"))


def test_powerschool_absences_and_membership() -> None:
    absences = grid(
        """
ID|ATT_DATE|SCHOOLID|STUDENTID|ATT_CODE|ATT_MODE_CODE
1|2024-09-03|0012|41|U|ATT_ModeDaily
2|2024-09-03|0012|41|U|ATT_ModeMeeting
3|2024-09-06|0012|42|T|ATT_ModeDaily
4|2024-09-02|0107|43|E|ATT_ModeDaily
|||||
""",
        "attendance.txt",
    )
    days = ["2024-09-02", "2024-09-03", "2024-09-04", "2024-09-05", "2024-09-06"]
    members = [
        f"{student}|{school}|{day}|1"
        for student, school in (("41", "0012"), ("42", "0012"), ("43", "0107"))
        for day in days
    ]
    membership = grid("\n".join(["studentid|schoolid|calendardate|studentmembership", *members]), "membership.txt")
    export = known("ID|ATT_DATE|SCHOOLID|STUDENTID|ATT_CODE|ATT_MODE_CODE")
    frame, told = export_table(absences, 0, export)
    assert told == ("1 rows whose ATT_MODE_CODE is not ATT_ModeDaily were left out",)
    assert frame[["row", "code"]].values.tolist() == [[2, "U"], [4, "T"], [5, "E"]]
    rows = student_rows(export, frame)
    assert (rows.layout, rows.student, rows.code) == ("absences", ("STUDENTID",), ("ATT_CODE",))
    assert [one.key for one in student_questions(frame, rows)] == ["code:U", "code:T", "code:E"]
    answers = {"code:U": "unexcused", "code:T": "tardy", "code:E": "excused"}
    other, _ = export_table(membership, 0, known("studentid|schoolid|calendardate|studentmembership"))
    found = aggregate_students(as_days(frame), rows, decisions=answers, membership=as_days(other))
    got = found.observations.query("measure == 'attendance'")[["school", "numerator", "denominator"]].values.tolist()
    assert got == [["0012", 9.0, 10.0], ["0107", 4.0, 5.0]]


def test_powerschool_lessons_only_are_refused() -> None:
    one = grid("ATT_DATE|SCHOOLID|STUDENTID|ATT_CODE|ATT_MODE_CODE\n2024-09-03|0012|41|U|ATT_ModeMeeting")
    with pytest.raises(InputError, match="no row whose ATT_MODE_CODE is ATT_ModeDaily, expected rows of whole days"):
        export_table(one, 0, known("ATT_DATE|SCHOOLID|STUDENTID|ATT_CODE|ATT_MODE_CODE"))


def test_edfi_events_of_every_day_and_of_absences_only() -> None:
    place = "uri://ed-fi.org/AttendanceEventCategoryDescriptor#"
    student, school = "studentReference.studentUniqueId", "schoolReference.schoolId"
    header = f"{student}|{school}|eventDate|attendanceEventCategoryDescriptor|eventDuration"
    every = [
        f"604822|255901001|2024-09-02|{place}In Attendance|1",
        f"604823|255901001|2024-09-02|{place}In Attendance|",
        f"604824|255901001|2024-09-02|{place}In Attendance|1",
        f"604825|255901001|2024-09-02|{place}Unexcused Absence|0.5",
        f"604826|255901001|2024-09-02|{place}Excused Absence|",
        f"604827|255901001|2024-09-02|{place}In Attendance|",
        f"604828|255901001|2024-09-02|{place}Tardy|",
    ]
    export = known(header)
    frame, _ = export_table(grid("\n".join([header, *every]), "events.json"), 0, export)
    rows = student_rows(export, frame)
    assert rows.layout == "daily"
    assert student_questions(frame, rows) == ()
    found = aggregate_students(as_days(frame), rows)
    first = found.observations.query("measure == 'attendance'").iloc[0]
    assert (first["school"], first["numerator"], first["denominator"]) == ("255901001", 5.5, 7.0)
    only, _ = export_table(grid("\n".join([header, every[3], every[4], every[6]])), 0, export)
    assert student_rows(export, only).layout == "absences"
    with pytest.raises(InputError, match="students who were present do not stand in a table of absences"):
        aggregate_students(as_days(only), student_rows(export, only))


def test_infinite_campus_days() -> None:
    table = grid(
        """
Student Number|School Number|Membership Days|Excused Absences|Unexcused Absences|Absent Days
1001|0012|40|2|2|4
1002|0012|40|0|0|0
1003|0012|40|0|10|10
1004|0012|5|1|0|1
"""
    )
    export = known("Student Number|School Number|Membership Days|Excused Absences|Unexcused Absences|Absent Days")
    frame, _ = export_table(table, 0, export)
    found = aggregate_students(frame.assign(day=pd.Timestamp("2024-11-01")), student_rows(export, frame))
    got = found.observations[["measure", "numerator", "denominator"]].values.tolist()
    assert got == [["attendance", 110.0, 125.0], ["chronic_absence", 2.0, 3.0], ["truancy", 1.0, 4.0]]
    by_reason = aggregate_students(
        frame.drop(columns="absent").assign(day=pd.Timestamp("2024-11-01")), student_rows(export, frame)
    )
    pd.testing.assert_frame_equal(by_reason.observations, found.observations)


def test_cells_that_are_no_numbers_are_told_by_row_only() -> None:
    export = known("student_id|days_enrolled|days_absent")
    with pytest.raises(InputError) as caught:
        export_table(grid("student_id|days_enrolled|days_absent\n1001|40|Maria Lopez"), 0, export)
    assert "row 2, days_absent: found a text that is no number" in str(caught.value)
    assert "Maria" not in str(caught.value)


ONEROSTER = (
    """
sourcedId|status|dateLastModified|name|type|identifier|parentSourcedId
o1|||Lincoln|school|0012|d1
o2|||Roosevelt|school|0107|d1
d1|||Network|district|99|
""",
    """
sourcedId|status|dateLastModified|title|type|startDate|endDate|parentSourcedId|schoolYear
y|||2024-25|schoolYear|2024-08-12|2025-06-06||2025
s1|||Fall|semester|2024-08-12|2024-12-20|y|2025
s2|||Spring|semester|2025-01-06|2025-06-06|y|2025
q1|||Q1|gradingPeriod|2024-08-12|2024-10-11|s1|2025
q2|||Q2|gradingPeriod|2024-10-14|2024-12-20|s1|2025
""",
    """
sourcedId|status|dateLastModified|title|grades|courseSourcedId|classCode|classType|location|schoolSourcedId|termSourcedIds
c1|||Algebra|09|k1||scheduled||o1|s1
c2|||Biology|09|k2||scheduled||o1|y
c3|||History|10|k3||scheduled||o2|"s1,s2"
""".replace('"', ""),
    """
sourcedId|status|dateLastModified|classSourcedId|schoolSourcedId|userSourcedId|role|primary|beginDate|endDate
e1|||c1|o1|u1|student|false||
e2|||c2|o1|u1|student|false||
e3|||c2|o1|u2|student|false||
e4|||c2|o1|t1|teacher|true||
e5|||c3|o2|u3|student|false||
e6|tobedeleted||c3|o2|u4|student|false||
e7|||c9|o2|u5|student|false||
""",
    """
sourcedId|status|dateLastModified|title|description|assignDate|dueDate|classSourcedId|categorySourcedId|gradingPeriodSourcedId|resultValueMin|resultValueMax
l1|||Quiz||2024-09-01|2024-09-02|c1|k|q1|0|20
l2|||Test||2024-11-01|2024-11-02|c1|k|q2|0|100
l3|||Essay||2024-11-01|2024-11-02|c3|k|q2|0|10
""",
    """
sourcedId|status|dateLastModified|lineItemSourcedId|studentSourcedId|scoreStatus|score|scoreDate|comment
r1|||l1|u1|fully graded|12|2024-09-03|
r2|||l1|u2|fully graded|11.9|2024-09-03|
r3|||l2|u1|fully graded|95|2024-11-03|
r4|||l2|u2|exempt||2024-11-03|
r5|||l3|u3|partially graded|7|2024-11-03|
r6|tobedeleted||l3|u4|fully graded|1|2024-11-03|
r7|||l3|u3|fully graded|7|2024-11-04|
""",
)


def roster(*texts: str) -> dict[str, pd.DataFrame]:
    return export_tables([grid(text) for text in texts or ONEROSTER])


def test_oneroster_enrollment_of_years_and_semesters() -> None:
    tables = roster()
    assert sorted(tables) == [
        "oneroster_classes",
        "oneroster_enrollments",
        "oneroster_line_items",
        "oneroster_orgs",
        "oneroster_results",
        "oneroster_sessions",
    ]
    found = roster_enrollment(tables)
    got = found.observations[["school", "measure", "period", "value"]].values.tolist()
    july = pd.Timestamp("2024-07-01")
    assert got == [["0012", "enrollment", july, 2.0], ["0107", "enrollment", july, 1.0]]
    assert found.told[1] == "1 enrollments of classes that are not in classes.csv were set aside"
    by_semester = roster_enrollment(tables, "semester").observations[["school", "period", "value"]].values.tolist()
    fall, spring = pd.Timestamp("2024-08-12"), pd.Timestamp("2025-01-06")
    assert by_semester == [
        ["0012", fall, 2.0],
        ["0012", spring, 2.0],
        ["0107", fall, 1.0],
        ["0107", spring, 1.0],
    ]


def test_oneroster_scores_that_pass() -> None:
    tables = roster()
    found = passing_scores(tables, 60)
    got = found.observations[["school", "period", "numerator", "denominator"]].values.tolist()
    first, second = pd.Timestamp("2024-08-12"), pd.Timestamp("2024-10-14")
    assert got == [["0012", first, 1.0, 2.0], ["0012", second, 1.0, 1.0], ["0107", second, 1.0, 1.0]]
    assert found.told == (
        "passing_scores: scores of at least 60% of the most points, of all scores given",
        "1 results that were not graded were left out",
    )
    stricter = passing_scores(tables, 70).observations["numerator"].tolist()
    assert stricter == [0.0, 1.0, 1.0]


def test_oneroster_asks_what_passes() -> None:
    (one,) = roster_questions(roster(), {})
    assert (one.key, [choice.word for choice in one.choices]) == ("pass", ["60", "65", "70"])
    assert roster_questions(roster(), {"pass": "60"}) == ()
    assert roster_questions(roster(*ONEROSTER[:4]), {}) == ()


def test_oneroster_schools_without_numbers_keep_their_ids() -> None:
    orgs = ONEROSTER[0].replace("|0107|", "||")
    found = roster_enrollment(roster(orgs, *ONEROSTER[1:]))
    assert found.observations["school"].tolist() == ["o1", "o2"]


@pytest.mark.parametrize(
    ("place", "old", "new", "words"),
    [
        (5, "|95|", "|950|", "row 4, score: found a score below 0 or above the most points"),
        (5, "|95|", "|A-|", "row 4, score: found a text that is no number, expected a score in points"),
        (5, "l3|u3|fully graded|7", "l3|u3|fully graded|9", "row 8, score: found a second, other score"),
        (4, "|0|20", "|0|", "found a line item without most points above 0"),
        (5, "|l1|", "|x1|", ""),
        (4, "|c1|", "|c8|", "classes of a school, in a grading period"),
        (1, "sourcedId", "id", "academicSessions.csv: found no such table with rows"),
    ],
)
def test_oneroster_problems(place: int, old: str, new: str, words: str) -> None:
    texts = list(ONEROSTER)
    texts[place] = texts[place].replace(old, new)
    tables = roster(*texts)
    if not words:
        told = passing_scores(tables, 60).told
        assert "2 results of line items that are not in lineItems.csv were set aside" in told
        return
    with pytest.raises(InputError) as caught:
        passing_scores(tables, 60)
    assert words in str(caught.value)
    assert "u3" not in str(caught.value)


def test_oneroster_without_a_session_of_the_type() -> None:
    with pytest.raises(InputError, match="found sessions of the types gradingPeriod, schoolYear, semester"):
        roster_enrollment(roster(), "term")
