"""Rows that are totals: by their label, by a column of levels, by the number of their district."""

from __future__ import annotations

import pytest

from pdsa.mapping.levels import OWN_TOTALS, coarser, level_column, namesakes, rank_of, uncompared
from pdsa.mapping.remarks import Remarks
from pdsa.mapping.totals import total_rows, whole_groups
from tables_by_hand import coded, table

NONE = [False, False, False]


def test_a_label_beside_a_blank_or_whole_id() -> None:
    one = table("""
        School ID | School       | Rate
        0012      | Ada          | 91
        0013      | Bell         | 89
                  | Total        | 90
        00000     | State Totals | 92
    """)
    remarks = Remarks()
    assert total_rows(one, ["School ID"], ["School"], {}, remarks).tolist() == [False, False, True, True]
    assert remarks.told == [
        "f.csv, rows 4 to 5: totals (Total, State Totals); left out of the schools and compared with their sums"
    ]


def test_a_label_beside_an_ordinary_id_is_asked() -> None:
    one = table("""
        School ID | School
        0012      | Ada
        0013      | Total Learning Academy
        0014      | Bell
    """)
    remarks = Remarks()
    assert total_rows(one, ["School ID"], ["School"], {}, remarks).tolist() == NONE
    assert [question.key for question in remarks.questions] == ["total:Total Learning Academy"]
    for word, answer in (("total", [False, True, False]), ("school", NONE)):
        asked = Remarks()
        decisions = {"total:Total Learning Academy": word}
        assert total_rows(one, ["School ID"], ["School"], decisions, asked).tolist() == answer
        assert not asked.questions


def test_what_stands_in_most_rows_is_no_label_of_a_total() -> None:
    one = table("School ID | Kind\n0001 | Total\n0002 | Total\n | Part")
    assert total_rows(one, ["School ID"], ["Kind"], {}, Remarks()).tolist() == NONE


def test_an_id_of_zeros_alone_is_a_school() -> None:
    one = table("""
        School ID | School
        0000      | Ada
        0001      | Bell
        0002      | Cole
    """)
    assert total_rows(one, ["School ID"], ["School"], {}, Remarks()).tolist() == NONE


def test_everybody() -> None:
    assert whole_groups(coded(["All Students", "Female", "", "TA", "Schoolwide"])).tolist() == [
        *(True, False, True, True, True)
    ]


@pytest.mark.parametrize(
    ("text", "rank"),
    [
        ("LEA School", "school"),
        ("S", "school"),
        ("Local authority", "district"),
        ("School District", "district"),
        ("County", "region"),
        ("Statewide", "all"),
        ("T", "all"),
        ("Elementary", ""),
        ("", ""),
    ],
)
def test_ranks(text: str, rank: str) -> None:
    assert rank_of(text) == rank


def test_a_column_of_levels() -> None:
    one = table("""
        Aggregate Level | School
        T               |
        D               |
        S               | Ada
    """)
    level = level_column(one, {}, Remarks())
    assert level == ("Aggregate Level", ("t", "d"))
    assert coarser(one, level).tolist() == [True, True, False]
    assert uncompared(one, ["Aggregate Level"], "", coarser(one, level)).tolist() == [False, True, False]
    assert uncompared(one, ["Aggregate Level"], "District", coarser(one, level)).tolist() == NONE


def test_levels_of_schools_are_no_levels_of_rows() -> None:
    one = table("""
        Level      | School
        Elementary | Ada
        Middle     | Bell
        High       | Cole
    """)
    assert level_column(one, {}, Remarks()) == ()


def test_one_level_only_is_none() -> None:
    one = table("Entity Type | School\nSchool | Ada\nSchool | Bell\nSchool | Cole")
    assert level_column(one, {}, Remarks()) == ()


def test_an_unknown_level_is_asked() -> None:
    one = table("Entity Type | School\nState |\nHub | Ada\nSchool | Bell")
    remarks = Remarks()
    assert level_column(one, {}, remarks) == ("Entity Type", ("state",))
    assert [question.key for question in remarks.questions] == ["level:Hub"]
    assert level_column(one, {"level:Hub": "district"}, Remarks()) == ("Entity Type", ("state", "hub"))


def test_totals_of_some_kinds_of_schools_are_not_compared() -> None:
    one = table("""
        Aggregate Level | Charter School
        T               | All
        T               | Yes
        S               | Yes
    """)
    total = coarser(one, level_column(one, {}, Remarks()))
    assert uncompared(one, ["Aggregate Level"], "District", total).tolist() == [False, True, False]


DISTRICTS = """
    District Code | District Name | School Code | School Name
    001           | Acadia        | 001         | Acadia
    001           | Acadia        | 001001      | Ada
    002           | Solo          | 002         | Solo
"""


def test_rows_with_the_number_of_their_district_are_asked() -> None:
    one = table(DISTRICTS)
    remarks = Remarks()
    total = coarser(one, ())
    assert namesakes(one, "School Code", "District Code", total, {}, remarks).tolist() == [True, False, False]
    assert [question.key for question in remarks.questions] == [OWN_TOTALS]
    assert "row 2" in remarks.questions[0].place
    answered = Remarks()
    assert namesakes(one, "School Code", "District Code", total, {OWN_TOTALS: "school"}, answered).tolist() == NONE
    assert not answered.questions


def test_equal_numbers_of_other_names_are_schools() -> None:
    one = table(DISTRICTS.replace("| Acadia\n", "| Bell\n"))
    assert namesakes(one, "School Code", "District Code", coarser(one, ()), {}, Remarks()).tolist() == NONE
