"""Grids -> tables: where the header is, what stands above and below it, and columns of periods side by side."""

from __future__ import annotations

import pytest

from pdsa.mapping.remarks import Remarks
from pdsa.mapping.sides import MONTH_OF_YEAR, PERIOD_OF_HEADER, SCHOOL_FROM, arranged, parted, schools_as_columns
from pdsa.mapping.tables import Table, table_of
from pdsa.records.imports import Mapping
from tables_by_hand import grid, rows_of, table


def found(text: str, **decisions: str) -> tuple[Table | None, Remarks]:
    remarks = Remarks()
    made = table_of(grid(text), Mapping("m", decisions=tuple(decisions.items())), remarks)
    return made, remarks


def headers(text: str) -> tuple[str, ...]:
    made, remarks = found(text)
    assert made is not None, remarks
    return made.headers


def test_titles_header_notes_and_repeated_headers() -> None:
    made, remarks = found("""
        Attendance 2023-24 |      |
        School             | Year | Attendance Rate
        Ada                | 2023 | 91.5
        School             | Year | Attendance Rate
        Bell               | 2023 | 92.5
        * preliminary      |      |
    """)
    assert made is not None
    assert made.titles == ("Attendance 2023-24",)
    assert made.header == 2
    assert rows_of(made) == [["Ada", "2023", "91.5"], ["Bell", "2023", "92.5"]]
    assert made.rows.tolist() == [3, 5]
    told = " ".join(remarks.told)
    assert "the header again in row 4" in told
    assert "row 6: a note, left out: * preliminary" in told
    assert not remarks.questions


def test_two_rows_that_do_equally_well_are_asked() -> None:
    text = """
        School | District | x
        a      | b        | c
        School | County   | District
        Ada    | 1        | 2
    """
    made, remarks = found(text)
    made_again, _ = found(text, header="3")
    assert made_again is not None
    assert made_again.headers == ("School", "County", "District")
    assert made is not None or [one.key for one in remarks.questions] == ["header"]


def test_two_rows_of_a_header() -> None:
    assert headers("""
        School | Week of 9/9/2024 |          | Week of 9/16/2024 |
               | Present          | Enrolled | Present           | Enrolled
        Ada    | 9                | 10       | 8                 | 10
    """) == (
        "School",
        *("Week of 9/9/2024 Present", "Week of 9/9/2024 Enrolled"),
        *("Week of 9/16/2024 Present", "Week of 9/16/2024 Enrolled"),
    )


def test_measures_above_periods() -> None:
    assert headers("""
        School | Attendance Rate |         | Chronic Absence Rate |
               | 2021-22         | 2022-23 | 2021-22              | 2022-23
        Ada    | 91              | 92      | 10                   | 11
    """)[1:] == (
        *("Attendance Rate 2021-22", "Attendance Rate 2022-23"),
        *("Chronic Absence Rate 2021-22", "Chronic Absence Rate 2022-23"),
    )


def test_three_rows_of_a_header() -> None:
    assert headers("""
               | 2022-23    |   |         |   | 2023-24    |   |         |
               | Attendance |   | Truancy |   | Attendance |   | Truancy |
        School | N          | % | N       | % | N          | % | N       | %
        Ada    | 10         | 9 | 3       | 2 | 1          | 4 | 5       | 7
    """)[1:4] == ("2022-23 Attendance N", "2022-23 Attendance %", "2022-23 Truancy N")


def test_a_title_above_is_no_part_of_the_header() -> None:
    assert headers("""
        Attendance by school |      |
        School               | Year | Attendance Rate
        Ada                  | 2023 | 91.5
    """) == ("School", "Year", "Attendance Rate")


def test_a_column_without_a_name_is_a_problem() -> None:
    _, remarks = found("""
        School | Attendance Rate |
        Ada    | 91.5            | 7
        Bell   | 92.5            | 8
    """)
    assert ("f.csv, row 1", "no name above the column with '7'") in [(one.place, one.found) for one in remarks.problems]


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        ("2019-20 Enrollment", ("2019-20", "Enrollment")),
        ("Enrollment 2019-20", ("2019-20", "Enrollment")),
        ("Week of 9/2/2024 Present", ("Week of 9/2/2024", "Present")),
        ("Present (9/2/2024)", ("9/2/2024", "Present")),
        ("Attendance_Rate_2019", ("2019", "Attendance Rate")),
        ("Rate - Sep 2024", ("Sep 2024", "Rate")),
        ("Week 12 Enrolled", ("Week 12", "Enrolled")),
    ],
)
def test_a_header_as_period_and_rest(header: str, pair: tuple[str, str]) -> None:
    assert parted(header) == pair


@pytest.mark.parametrize(
    "header",
    ["Grades 3-5 Enrolled", "Grade 11-12", "Enrollment", "2019-20", "Ages 5-17", "N 45299", "Sep 2024", "Week 3 2024"],
)
def test_a_header_without_a_period(header: str) -> None:
    assert parted(header) is None


def test_periods_side_by_side_go_one_below_the_other() -> None:
    remarks = Remarks()
    made = arranged(
        table("""
            School | 2019-20 Enrolled | 2019-20 Absent | 2020-21 Enrolled
            Ada    | 10               | 1              | 11
            Bell   | 20               | 2              | 22
        """),
        {},
        remarks,
    )
    assert made.headers == ("School", PERIOD_OF_HEADER, "Enrolled", "Absent")
    assert rows_of(made) == [
        ["Ada", "2019-20", "10", "1"],
        ["Bell", "2019-20", "20", "2"],
        ["Ada", "2020-21", "11", ""],
        ["Bell", "2020-21", "22", ""],
    ]
    assert made.rows.tolist() == [2, 3, 2, 3]
    assert "columns for each of 2 periods (2019-20, 2020-21)" in remarks.told[0]


def test_one_period_in_several_headers_is_no_side_by_side() -> None:
    one = table("""
        School | 2019-20 Enrolled | 2019-20 Absent
        Ada    | 10               | 1
    """)
    assert arranged(one, {}, Remarks()) is one


def test_headers_that_are_only_periods_stay() -> None:
    one = table("""
        School | 2019-20 | 2020-21 | 2021-22
        Ada    | 10      | 1       | 7
    """)
    assert arranged(one, {}, Remarks()) is one


def test_columns_of_periods_of_rows_that_name_their_measure() -> None:
    made = arranged(
        table("""
            School | Measure | Sep 2024 | Oct 2024 | Nov 2024
            Ada    | Truancy | 1        | 2        | 3
        """),
        {},
        Remarks(),
    )
    assert made.headers == ("School", "Measure", PERIOD_OF_HEADER, "value")
    assert [row[2:] for row in rows_of(made)] == [["Sep 2024", "1"], ["Oct 2024", "2"], ["Nov 2024", "3"]]


def test_columns_that_may_be_schools() -> None:
    text = "Date | Ada's | Bell | Note | Total\n2024-09-09 | 91% | 92% | rain | 90%"
    assert schools_as_columns(table(text)) == ("Ada's", "Bell")
    assert schools_as_columns(table(text.replace("Note", "School"))) == ()
    assert schools_as_columns(table(text.replace("Date", "Room"))) == ()
    made = arranged(table(text), {"layout": "schools-as-columns"}, Remarks())
    assert [row[-2:] for row in rows_of(made)] == [["Ada's", "91%"], ["Bell", "92%"]]


def test_months_find_their_school_year() -> None:
    made = arranged(
        table("""
            School Year | Month  | School
            2023-24     | August | Ada
            2023-24     | May    | Ada
        """),
        {},
        Remarks(),
    )
    assert made.headers[-1] == MONTH_OF_YEAR
    assert [row[-1] for row in rows_of(made)] == ["2023-08", "2024-05"]


def test_months_with_years_of_their_own_stay() -> None:
    one = table("""
        School Year | Month
        2023-24     | 2023-08
    """)
    assert arranged(one, {}, Remarks()) is one


@pytest.mark.parametrize(("word", "name"), [("sheet", "Ada"), ("file", "book")])
def test_the_name_of_a_sheet_or_file_as_school(word: str, name: str) -> None:
    one = table("Month | Absent\n2024-09 | 1", "book.xlsx!Ada")
    made = arranged(one, {SCHOOL_FROM: word}, Remarks())
    assert rows_of(made) == [["2024-09", "1", name]]
