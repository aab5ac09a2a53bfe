"""Rows of single students become counts of schools: numbers by hand, and nothing of a student comes out."""

from __future__ import annotations

from time import process_time

import numpy as np
import pandas as pd
import pytest

from pdsa.check import check_observations
from pdsa.errors import InputError
from pdsa.records import Measure
from pdsa.records.imports import StudentRows
from pdsa.students import Aggregated, StudentRules, aggregate_students, student_questions
from pdsa.students.codes import code_key, code_meanings, plain_code
from pdsa.terms import OBSERVATION_COLUMNS

DAILY = StudentRows("daily", absent_codes=("A", "E"), excused_codes=("E",), present_codes=("P",), min_days=10)


def table(rows: list[tuple[str, str, str, str]]) -> pd.DataFrame:
    """School, student, day and code."""
    frame = pd.DataFrame(rows, columns=["school", "student", "day", "code"])
    return frame.assign(day=pd.to_datetime(frame["day"]), row=np.arange(2, len(frame) + 2))


def term(school: str, student: str, codes: str, start: str = "2024-09-02") -> list[tuple[str, str, str, str]]:
    """School days from a Monday on, one letter of `codes` each."""
    days = pd.bdate_range(start, periods=len(codes))
    return [(school, student, f"{day:%Y-%m-%d}", code) for day, code in zip(days, codes, strict=True)]


def rows_of(found: Aggregated, measure: str) -> list[tuple[str, str, float, float]]:
    """School, period, numerator and denominator of a measure."""
    one = found.observations[found.observations["measure"] == measure]
    days = one["period"].dt.strftime("%Y-%m-%d")
    return list(zip(one["school"], days, one["numerator"], one["denominator"], strict=True))


def problem_of(frame: pd.DataFrame, rows: StudentRows, **more: object) -> str:
    with pytest.raises(InputError) as caught:
        aggregate_students(frame, rows, **more)
    return str(caught.value)


# 0012: s1 absent 2 of 20 days (exactly 10%), s2 1 of 20, s3 4 of 20 unexcused in one month, s4 enrolled 5 days only.
TERM = table(
    [
        *term("0012", "s1", "PPEPPPPPPPPPEPPPPPPP"),
        *term("0012", "s2", "PPPPPPPPPPPPPPPPPPPA"),
        *term("0012", "s3", "AAPPPAAPPPPPPPPPPPPP"),
        *term("0012", "s4", "AAAAA"),
        *term("0107", "s5", "PPPPPPPPPPPPPPPPPPPP"),
    ]
)


def test_attendance_is_of_days_and_weeks() -> None:
    found = aggregate_students(TERM, DAILY)
    assert tuple(found.observations.columns) == OBSERVATION_COLUMNS
    # first week of 0012: 20 days, absent 1 of s1, 2 of s3, 5 of s4; second: 15 days, 2 of s3
    assert rows_of(found, "attendance") == [
        ("0012", "2024-09-02", 12.0, 20.0),
        ("0012", "2024-09-09", 13.0, 15.0),
        ("0012", "2024-09-16", 14.0, 15.0),
        ("0012", "2024-09-23", 14.0, 15.0),
        ("0107", "2024-09-02", 5.0, 5.0),
        ("0107", "2024-09-09", 5.0, 5.0),
        ("0107", "2024-09-16", 5.0, 5.0),
        ("0107", "2024-09-23", 5.0, 5.0),
    ]


def test_chronic_absence_is_of_students_and_leaves_out_short_stays() -> None:
    found = aggregate_students(TERM, DAILY)
    assert rows_of(found, "chronic_absence") == [("0012", "2024-09-01", 2.0, 3.0), ("0107", "2024-09-01", 0.0, 1.0)]
    all_students = aggregate_students(TERM, DAILY, StudentRules(min_days=1))
    assert rows_of(all_students, "chronic_absence")[0] == ("0012", "2024-09-01", 3.0, 4.0)
    stricter = aggregate_students(TERM, DAILY, StudentRules(chronic_share=0.15))
    assert rows_of(stricter, "chronic_absence")[0] == ("0012", "2024-09-01", 1.0, 3.0)
    later = aggregate_students(TERM, StudentRows("daily", absent_codes=("A", "E"), present_codes=("P",), min_days=21))
    # nobody was there long enough: 0 of 0, which is neither missing nor nought percent
    assert rows_of(later, "chronic_absence") == [("0012", "2024-09-01", 0.0, 0.0), ("0107", "2024-09-01", 0.0, 0.0)]
    assert set(later.observations.query("measure == 'chronic_absence'")["status"]) == {"not_applicable"}


def test_truancy_is_of_unexcused_days_only() -> None:
    found = aggregate_students(TERM, DAILY)
    # s3: 4 in one month; s4: 5; s1's two are excused
    assert rows_of(found, "truancy") == [("0012", "2024-09-01", 2.0, 4.0), ("0107", "2024-09-01", 0.0, 1.0)]
    rarer = aggregate_students(TERM, DAILY, StudentRules(truant_month=5))
    assert rows_of(rarer, "truancy")[0] == ("0012", "2024-09-01", 1.0, 4.0)
    unknown = aggregate_students(TERM, StudentRows("daily", absent_codes=("A", "E"), present_codes=("P",)))
    assert set(unknown.observations["measure"]) == {"attendance", "chronic_absence"}
    assert "truancy was not counted: nothing says which absences are excused" in unknown.told


def test_months_count_from_the_beginning_of_the_school_year() -> None:
    # September: 1 of 20 days; October: 4 of 20, so 5 of 40 so far; s2 leaves in September with 3 of 20.
    frame = table(
        [
            *term("0012", "s1", "A" + "P" * 19),
            *term("0012", "s1", "AAAA" + "P" * 16, "2024-10-01"),
            *term("0012", "s2", "AAA" + "P" * 17),
            *term("0012", "s1", "P" * 20, "2025-08-04"),
        ]
    )
    found = aggregate_students(frame, DAILY)
    assert rows_of(found, "chronic_absence") == [
        ("0012", "2024-09-01", 1.0, 2.0),
        ("0012", "2024-10-01", 2.0, 2.0),
        ("0012", "2025-08-01", 0.0, 1.0),
    ]
    # four unexcused days in October, none of the months before: truant from October on, not in the next year
    assert rows_of(found, "truancy") == [
        ("0012", "2024-09-01", 0.0, 2.0),
        ("0012", "2024-10-01", 1.0, 2.0),
        ("0012", "2025-08-01", 0.0, 1.0),
    ]
    by_year = aggregate_students(frame, DAILY, StudentRules(truant_month=99, truant_year=5))
    assert rows_of(by_year, "truancy")[1] == ("0012", "2024-10-01", 1.0, 2.0)
    calendar = aggregate_students(frame, DAILY, StudentRules(school_year_start=10))
    assert rows_of(calendar, "chronic_absence")[1] == ("0012", "2024-10-01", 1.0, 1.0)


def test_half_days_tardies_and_days_that_are_none() -> None:
    frame = table([*term("0012", "s1", "PHTPX"), *term("0012", "s2", "PPPPP")])
    answers = {"code:H": "half-unexcused", "code:T": "tardy", "code:X": "ignored"}
    found = aggregate_students(frame, DAILY, decisions=answers)
    assert rows_of(found, "attendance") == [("0012", "2024-09-02", 8.5, 9.0)]
    assert "1 rows with a code for no day of school were left out" in found.told
    truant = aggregate_students(frame, DAILY, StudentRules(truant_month=0.5), decisions=answers)
    assert rows_of(truant, "truancy") == [("0012", "2024-09-01", 1.0, 2.0)]


def test_shares_of_days_and_periods() -> None:
    frame = table(term("0012", "s1", "....."))
    shares = frame.drop(columns="code").assign(absent=[0.0, 0.5, 0.0, 1.0, 0.0])
    assert rows_of(aggregate_students(shares, DAILY), "attendance") == [("0012", "2024-09-02", 3.5, 5.0)]
    periods = shares.assign(absent=[0.0, 3.0, 0.0, 7.0, 0.0], enrolled=[7.0, 6.0, 0.0, 7.0, 7.0])
    assert rows_of(aggregate_students(periods, DAILY), "attendance") == [("0012", "2024-09-02", 2.5, 4.0)]
    text = problem_of(shares.assign(absent=[0.0, 3.0, 0.0, 1.0, 0.0]), DAILY)
    assert "row 3, absent: found more than one day on one day" in text
    text = problem_of(periods.assign(absent=[0.0, 8.0, 0.0, 7.0, 0.0]), DAILY)
    assert "row 3, absent: found more periods absent than scheduled" in text


def test_a_student_of_two_schools_counts_in_each() -> None:
    frame = table([*term("0012", "s1", "A" + "P" * 9), *term("0107", "s1", "P" * 10, "2024-09-16")])
    found = aggregate_students(frame, DAILY)
    assert rows_of(found, "chronic_absence") == [("0012", "2024-09-01", 1.0, 1.0), ("0107", "2024-09-01", 0.0, 1.0)]


def test_repeats_are_counted_once_and_contradictions_refused_by_row() -> None:
    frame = table([*term("0012", "s1", "PPPPP"), ("0012", "s1", "2024-09-03", "P")])
    found = aggregate_students(frame, DAILY)
    assert rows_of(found, "attendance") == [("0012", "2024-09-02", 5.0, 5.0)]
    assert found.told[0] == "1 rows that repeat a student and day were counted once: row 7"
    text = problem_of(frame.assign(code=["P"] * 5 + ["A"]), DAILY)
    assert "row 7: found the same student as in row 3, counted otherwise, expected one row for each student" in text
    assert "s1" not in text


def test_what_is_blank_is_told_by_row() -> None:
    frame = table([("0012", "s1", "2024-09-03", "P"), ("", "s1", "2024-09-04", "P"), ("0012", " ", "2024-09-04", "P")])
    text = problem_of(frame.assign(day=[frame["day"][0], frame["day"][1], pd.NaT]), DAILY)
    assert [line.strip() for line in text.splitlines()[1:4]] == [
        "row 3, school: found a blank cell, expected the school of this row.",
        "row 4, student: found a blank cell, expected the student of this row.",
        "row 4, day: found no day, expected the day of this row.",
    ]


def test_codes_mean_what_somebody_said_or_what_they_say_in_words() -> None:
    texts = (
        "A",
        "E",
        "P",
        "Tardy",
        "uri://ed-fi.org/AttendanceEventCategoryDescriptor#Unexcused Absence",
        "Q",
        "",
        "X",
    )
    meanings = code_meanings(texts, DAILY, {"code:(blank)": "present", "code:X": "nonsense", "code:A": "half"})
    assert meanings == ("half", "excused", "present", "tardy", "unexcused", "", "present", "")
    assert code_meanings(("A",), StudentRows("daily", absent_codes=("A",)), {}) == ("absent",)
    assert code_meanings(("A",), StudentRows("daily"), {}) == ("",)  # a letter alone is asked about
    assert plain_code(" uri://ed-fi.org/X#In Attendance ") == "In Attendance"
    assert (code_key(" "), code_key("U ")) == ("code:(blank)", "code:U")


def test_unknown_codes_are_questions_and_in_batch_problems() -> None:
    frame = table(term("0012", "s1", "PPUPU"))
    (one,) = student_questions(frame, DAILY)
    assert (one.key, one.found) == ("code:U", "the code U in 2 of 5 rows")
    assert {choice.word for choice in one.choices} >= {"present", "tardy", "excused", "unexcused", "half"}
    text = problem_of(frame, DAILY)
    assert "row 4, code: found the code U in 2 rows, expected its meaning, with --answer 'code:U'=... (present," in text
    assert student_questions(frame, DAILY, {"code:U": "unexcused"}) == ()


def test_a_column_that_is_no_code_is_not_printed() -> None:
    frame = table([("0012", f"s{n}", "2024-09-03", f"Secret {n}") for n in range(100)])
    text = problem_of(frame, DAILY)
    assert "100 different texts, expected a few attendance codes: is it another column?" in text
    assert "Secret" not in text
    assert student_questions(frame, DAILY) == ()


def test_absences_alone_give_no_rate() -> None:
    frame = table([("0012", "s1", "2024-09-03", "A"), ("0012", "s2", "2024-09-04", "E")])
    text = problem_of(frame, StudentRows("absences", absent_codes=("A", "E")))
    assert "students who were present do not stand in a table of absences, so no rate can be made of it" in text
    # nor if they are called daily
    assert "0% are days attended" in problem_of(frame, DAILY)
    assert [one.key for one in student_questions(frame, DAILY)] == ["students"]
    late = table([("0012", f"s{n}", "2024-09-03", code) for n, code in enumerate(["A", "Tardy", "Tardy"])])
    assert "few or none with a code for present" in problem_of(late, DAILY)
    found = aggregate_students(late, DAILY, decisions={"students": "complete"})
    assert rows_of(found, "attendance") == [("0012", "2024-09-02", 2.0, 3.0)]


ABSENCES = StudentRows("absences", absent_codes=("A", "E"), excused_codes=("E",), min_days=10)


def test_absences_and_membership_day_by_day() -> None:
    members = [*term("0012", "s1", "." * 20), *term("0012", "s2", "." * 20), *term("0107", "s3", "." * 10)]
    membership = table(members).drop(columns="code")
    absences = table(
        [
            ("0012", "s1", "2024-09-02", "A"),
            ("0012", "s1", "2024-09-09", "E"),
            ("0107", "s3", "2024-09-13", "A"),
            ("0012", "s2", "2024-09-27", "A"),
            ("0107", "s3", "2024-09-20", "A"),  # no longer enrolled
        ]
    )
    found = aggregate_students(absences, ABSENCES, membership=membership)
    assert rows_of(found, "attendance") == [
        ("0012", "2024-09-02", 9.0, 10.0),
        ("0012", "2024-09-09", 9.0, 10.0),
        ("0012", "2024-09-16", 10.0, 10.0),
        ("0012", "2024-09-23", 9.0, 10.0),
        ("0107", "2024-09-02", 5.0, 5.0),
        ("0107", "2024-09-09", 4.0, 5.0),
    ]
    assert rows_of(found, "chronic_absence") == [("0012", "2024-09-01", 1.0, 2.0), ("0107", "2024-09-01", 1.0, 1.0)]
    assert found.told[0] == "1 absences on a day on which the table of membership has no days were set aside"


def test_no_day_is_full_because_absences_end_before_membership() -> None:
    membership = table(term("0012", "s1", "." * 20)).drop(columns="code")
    absences = table([("0012", "s1", "2024-09-03", "A"), ("0012", "s1", "2024-09-12", "A")])
    found = aggregate_students(absences, ABSENCES, membership=membership)
    assert rows_of(found, "attendance") == [("0012", "2024-09-02", 3.0, 4.0), ("0012", "2024-09-09", 3.0, 4.0)]
    assert found.told[0] == (
        "absences are known from 2024-09-03 to 2024-09-12; 12 days of membership outside were left out"
    )


def test_days_on_which_attendance_was_not_taken_are_no_full_days() -> None:
    # 50 students for two weeks in 0012: nobody absent from Tuesday of the second week on, 4 days x 50 = 200; a late
    # student on one of them would show that attendance was taken. 0107 has 39 students: 4 x 39 is no evidence.
    rows = [row for n in range(50) for row in term("0012", f"a{n}", "." * 10)]
    rows += [row for n in range(39) for row in term("0107", f"b{n}", "." * 10)]
    membership = table(rows).drop(columns="code")
    first = [("0012", "a1", f"2024-09-0{day}", "A") for day in (2, 3, 4, 5, 6, 9)]
    more = [("0107", "b1", f"2024-09-0{day}", "A") for day in (4, 6)]
    absences = table([*first, ("0107", "b1", "2024-09-02", "A"), ("0107", "b1", "2024-09-13", "A"), *more])
    found = aggregate_students(absences, ABSENCES, membership=membership)
    assert rows_of(found, "attendance") == [
        ("0012", "2024-09-02", 245.0, 250.0),
        ("0012", "2024-09-09", 49.0, 50.0),
        ("0107", "2024-09-02", 192.0, 195.0),
        ("0107", "2024-09-09", 194.0, 195.0),
    ]
    assert found.told[0].startswith("4 days of a school without a row of absences among many students were left out")
    late = pd.concat([absences, table([("0012", "a2", "2024-09-11", "Tardy")])], ignore_index=True)
    found = aggregate_students(late, ABSENCES, membership=membership)
    assert rows_of(found, "attendance")[1] == ("0012", "2024-09-09", 249.0, 250.0)


def test_half_a_membership_has_half_an_absence() -> None:
    membership = table(term("0012", "s1", "....")).drop(columns="code").assign(enrolled=0.5)
    absences = table([("0012", "s1", "2024-09-02", "A"), ("0012", "s1", "2024-09-05", "A")])
    found = aggregate_students(absences, ABSENCES, membership=membership)
    assert rows_of(found, "attendance") == [("0012", "2024-09-02", 1.0, 2.0)]


def test_absences_and_days_enrolled_so_far() -> None:
    membership = pd.DataFrame(
        {
            "school": ["0012", "0012", "0107"],
            "student": ["s1", "s2", "s1"],
            "day": pd.to_datetime(["2024-11-29"] * 3),
            "enrolled": [50.0, 9.0, 40.0],
        }
    )
    absences = table(
        [
            *term("0012", "s1", "AAAAE"),
            ("0012", "s2", "2024-09-03", "A"),
            ("0107", "s1", "2024-12-02", "A"),  # after the day to which days are counted
            ("0012", "s1", "2024-05-02", "A"),  # the school year before
        ]
    )
    found = aggregate_students(absences, ABSENCES, membership=membership)
    assert rows_of(found, "attendance") == [("0012", "2024-11-29", 53.0, 59.0), ("0107", "2024-11-29", 40.0, 40.0)]
    assert rows_of(found, "chronic_absence") == [("0012", "2024-11-29", 1.0, 1.0), ("0107", "2024-11-29", 0.0, 1.0)]
    assert found.told[0].startswith("2 absences of students or after the day")
    year = aggregate_students(absences, ABSENCES, membership=membership.assign(day=pd.Timestamp("2024-07-01")))
    assert rows_of(year, "attendance") == [("0012", "2024-07-01", 53.0, 59.0), ("0107", "2024-07-01", 39.0, 40.0)]


def test_numbers_of_students_that_do_not_match_are_refused() -> None:
    membership = table(term("0012", "900", "." * 20)).drop(columns="code")
    absences = table([("0012", "s1", "2024-09-03", "A"), ("0012", "s1", "2024-09-12", "A")])
    text = problem_of(absences, ABSENCES, membership=membership)
    assert "2 of 2 absences are of no student, school and day of the membership" in text


def summary(**columns: list[float]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    names = {"school": ["0012"] * count, "student": [f"s{n}" for n in range(count)]}
    return pd.DataFrame({**names, "day": pd.to_datetime(["2024-12-13"] * count), **columns})


SUMMARY = StudentRows("summary", min_days=10)


def test_summaries_of_students() -> None:
    frame = summary(enrolled=[80.0, 80.0, 40.0, 5.0], absent=[8.0, 7.5, 12.0, 5.0])
    found = aggregate_students(frame, SUMMARY)
    assert rows_of(found, "attendance") == [("0012", "2024-12-13", 172.5, 205.0)]
    assert rows_of(found, "chronic_absence") == [("0012", "2024-12-13", 2.0, 3.0)]
    assert rows_of(found, "truancy") == []
    with_excuses = aggregate_students(frame.assign(unexcused=[8.0, 0.0, 10.0, 5.0]), SUMMARY)
    assert rows_of(with_excuses, "truancy") == [("0012", "2024-12-13", 1.0, 4.0)]
    assert any("10 unexcused days so far in the school year, of all" in text for text in with_excuses.told)
    by_presence = aggregate_students(summary(enrolled=[80.0, 40.0], present=[72.0, 40.0]), SUMMARY)
    assert rows_of(by_presence, "chronic_absence") == [("0012", "2024-12-13", 1.0, 2.0)]


def test_days_that_cannot_be_are_left_out_or_refused() -> None:
    frame = summary(enrolled=[80.0, 80.0, 40.0, np.nan], absent=[8.0, 81.0, -1.0, 3.0])
    frame = pd.concat([frame, frame.head(1).assign(student="s9")], ignore_index=True)
    found = aggregate_students(frame, SUMMARY)
    assert rows_of(found, "attendance") == [("0012", "2024-12-13", 144.0, 160.0)]
    assert found.told[:2] == (
        "1 rows without days absent or enrolled: row 5",
        "2 rows with days that cannot be (more absent than enrolled, or fewer than none) were left out: rows 3, 4",
    )
    text = problem_of(summary(enrolled=[8.0, 7.0, 80.0], absent=[80.0, 80.0, 8.0]), SUMMARY)
    assert "are two columns exchanged?" in text


def test_two_stays_in_one_school_are_added_only_if_somebody_says_so() -> None:
    frame = summary(enrolled=[30.0, 20.0], absent=[3.0, 3.0]).assign(student="s1")
    assert "or --answer repeats=add if they are parts to be added up" in problem_of(frame, SUMMARY)
    found = aggregate_students(frame, SUMMARY, decisions={"repeats": "add"})
    assert rows_of(found, "chronic_absence") == [("0012", "2024-12-13", 1.0, 1.0)]
    assert rows_of(found, "attendance") == [("0012", "2024-12-13", 44.0, 50.0)]


def test_membership_alone_gives_enrollment() -> None:
    frame = table([*term("0012", "s1", "." * 22), *term("0012", "s2", "....")]).drop(columns="code")
    found = aggregate_students(frame, StudentRows("membership"))
    assert found.observations[["measure", "period", "value"]].values.tolist() == [
        ["enrollment", pd.Timestamp("2024-09-01"), 2.0],
        ["enrollment", pd.Timestamp("2024-10-01"), 1.0],
    ]


def test_groups_are_counted_beside_everybody() -> None:
    frame = TERM.assign(grade=["9"] * 40 + ["10"] * 25 + [""] * 20)
    found = aggregate_students(frame, DAILY, groups=("grade",))
    one = found.observations.query("measure == 'chronic_absence' and school == '0012'")
    got = one[["group_dim", "group", "numerator", "denominator"]].values.tolist()
    assert got == [["", "", 2.0, 3.0], ["grade", "10", 1.0, 1.0], ["grade", "9", 1.0, 2.0]]
    assert not found.observations.query("school == '0107' and group_dim == 'grade'").size


@pytest.mark.parametrize(
    ("layout", "expected"),
    [
        ("daily", ["a column student", "a column day", "a column code or absent"]),
        ("absences", ["a column student", "a column day", "a column code or absent"]),
        ("summary", ["a column student", "a column day", "a column enrolled", "a column absent or present or excused"]),
        ("membership", ["a column student", "a column day"]),
    ],
)
def test_columns_that_are_not_there_are_named(layout: str, expected: list[str]) -> None:
    frame = pd.DataFrame({"school": ["0012"]})
    with pytest.raises(InputError) as caught:
        aggregate_students(frame, StudentRows(layout), membership=frame)
    words = f" for rows of the layout {layout}"
    assert [one.expected.removesuffix(words) for one in caught.value.problems] == expected


def test_a_table_without_rows_that_count_is_refused() -> None:
    frame = table(term("0012", "s1", "XX"))
    assert "no row that counts" in problem_of(frame, DAILY, decisions={"code:X": "ignored", "students": "complete"})
    assert "at least one row of a student" in problem_of(frame.head(0), DAILY)


def test_the_order_of_rows_does_not_matter_and_no_student_comes_out() -> None:
    rng = np.random.default_rng(1)
    rows = [row for n in range(30) for row in term("0012" if n < 20 else "0107", f"st{n}", "P" * 40)]
    frame = table(rows).drop(columns="code").assign(absent=rng.integers(0, 8, len(rows)).astype(float), enrolled=7.0)
    first = aggregate_students(frame, DAILY, decisions={"students": "complete"})
    for seed in range(5):
        mixed = frame.sample(frac=1, random_state=seed)
        again = aggregate_students(mixed, DAILY, decisions={"students": "complete"})
        pd.testing.assert_frame_equal(again.observations, first.observations, check_exact=True)
        assert again.told == first.told
    assert "st1" not in first.observations.to_csv() + " ".join(first.told)


def by_hand(frame: pd.DataFrame, min_days: int) -> dict[tuple[str, str, str], tuple[float, float]]:
    """Chronic absence and truancy counted student by student, month by month."""
    found: dict[tuple[str, str, str], tuple[float, float]] = {}
    rows = list(zip(frame["school"], frame["student"], frame["day"], frame["code"], strict=True))
    for school in sorted({row[0] for row in rows}):
        for month in sorted({row[2].to_period("M") for row in rows if row[0] == school}):
            year = month.year if month.month >= 7 else month.year - 1
            counts = [0, 0, 0, 0]
            for student in {row[1] for row in rows}:
                mine = [
                    (day.to_period("M"), code)
                    for one, other, day, code in rows
                    if (one, other) == (school, student) and pd.Period(f"{year}-07") <= day.to_period("M") <= month
                ]
                absent = sum(code in "AE" for _, code in mine)
                unexcused = [when for when, code in mine if code == "A"]
                often = any(unexcused.count(when) >= 4 for when in set(unexcused))
                counts[0] += len(mine) >= min_days and absent * 10 >= len(mine)
                counts[1] += len(mine) >= min_days
                counts[2] += often or len(unexcused) >= 10
                counts[3] += bool(mine)
            found["chronic_absence", school, f"{month}-01"] = (counts[0], counts[1])
            found["truancy", school, f"{month}-01"] = (counts[2], counts[3])
    return found


@pytest.mark.parametrize("seed", range(5))
def test_counts_are_those_of_a_slow_and_plain_count(seed: int) -> None:
    rng = np.random.default_rng(seed)
    rows = []
    for n in range(14):
        codes = rng.choice(list("PAE"), 230, p=[0.88, 0.07, 0.05])
        stay = slice(*sorted(rng.integers(0, 231, 2).tolist()))
        days = pd.bdate_range("2024-03-18", periods=230)[stay]
        school = "0012" if n % 3 else "0107"
        rows += [(school, f"s{n}", f"{day:%Y-%m-%d}", code) for day, code in zip(days, codes[stay], strict=True)]
    frame = table(rows)
    found = aggregate_students(frame, DAILY)
    got = {
        (measure, school, period): (numerator, denominator)
        for measure in ("chronic_absence", "truancy")
        for school, period, numerator, denominator in rows_of(found, measure)
    }
    assert got == by_hand(frame, 10)


def test_what_comes_out_passes_the_check_of_observations() -> None:
    found = aggregate_students(TERM, DAILY)
    measures = tuple(
        Measure(name, name, "outcome", "proportion", "students", "down", "month", "as told")
        for name in ("attendance", "chronic_absence", "truancy")
    )
    checked = check_observations(found.observations, measures, None, "days.csv")
    assert checked["numerator"].sum() == found.observations["numerator"].sum()


def test_a_million_student_days_take_seconds() -> None:
    students, days = 6_250, 160
    rng = np.random.default_rng(2)
    count = students * days
    day = np.tile(pd.bdate_range("2024-09-02", periods=days).to_numpy(), students)
    student = np.repeat(np.arange(students), days)
    frame = pd.DataFrame(
        {
            "school": pd.Categorical.from_codes(student % 40, [f"{n:04}" for n in range(40)]),
            "student": pd.Categorical.from_codes(student, [f"{n}" for n in range(students)]),
            "day": day,
            "code": pd.Categorical.from_codes((rng.random(count) < 0.08).astype(int), ["P", "A"]),
        }
    )
    before = process_time()
    found = aggregate_students(frame, DAILY)
    assert process_time() - before < 20  # 2 on an idle machine
    assert found.observations.query("measure == 'attendance'")["denominator"].sum() == count
