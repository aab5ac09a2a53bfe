"""Headers as publishers write them: the words that remain, the roles and measures they name, and which row they are."""

from __future__ import annotations

import pytest

from pdsa.mapping.headers import (
    best_row,
    folded,
    group_words,
    is_number,
    measure_parts,
    measures_in,
    roles_of,
    total_label,
    zeros,
)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("2019-2020 Student Count (used in rate)*", "student count"),
        ("% Chronically Absent", "percent chronically absent"),
        ("pct_chronically_absent", "percent chronically absent"),
        ("PctChronicallyAbsent", "percent chronically absent"),
        ("CHRONIC_ABSENT_PERC", "chronic absent percent"),
        ("Percentage of students", "percent of students"),
        ("# Students", "number students"),
        ("School\nCode", "school code"),
        ("Année scolaire", "année scolaire"),
        ("(10)", "10"),
        ("2019", "2019"),
    ],
)
def test_words_of_a_header(header: str, words: str) -> None:
    assert folded(header) == words


@pytest.mark.parametrize(
    ("header", "role"),
    [
        ("School ID", "school"),
        ("INSTN_NUMBER", "school"),
        ("school_urn", "school"),
        ("Building IRN", "school"),
        ("Campus", "school"),
        ("Which school are you reporting for?", "school_name"),
        ("CAMPNAME", "school_name"),
        ("Division Number", "district"),
        ("old_la_code", "district"),
        ("time_period", "period"),
        ("LONG_SCHOOL_YEAR", "period"),
        ("SUBGROUP_NAME", "group"),
        ("LABEL_LVL_1_DESC", "group"),
        ("ReportCategory", "group_dim"),
        ("DataElement", "measure"),
        ("Rowstatus", "status"),
        ("DataAsOf", "ignored_place"),
    ],
)
def test_roles(header: str, role: str) -> None:
    assert role in roles_of(header)


@pytest.mark.parametrize("header", ["Principal's dog", "CA0AT22R", ""])
def test_no_role(header: str) -> None:
    assert roles_of(header) == ()


@pytest.mark.parametrize(
    ("header", "pair"),
    [
        ("ChronicAbsenteeismEligibleCumulativeEnrollment", ("chronic_absence", "denominator")),
        ("enrolments_pa_10_exact_percent", ("chronic_absence", "value")),
        ("Count 10% Absence and Above", ("chronic_absence", "numerator")),
        ("POSSIBLE_DAYS_OF_ATTENDANCE", ("attendance", "denominator")),
        ("2023-24 Attendance Rate*", ("attendance", "value")),
    ],
)
def test_measures(header: str, pair: tuple[str, str]) -> None:
    assert pair in measure_parts(header)


def test_measures_of_titles_need_two_words() -> None:
    assert measures_in("Chronic Absenteeism Trend: All Students") == ("chronic_absence",)
    assert measures_in("attendance.csv") == ()
    assert set(measures_in("Attendance rate and chronic absence")) == {"attendance", "chronic_absence"}


@pytest.mark.parametrize("text", ["12", "-3", "(5)", "1,018", "91.5%", ">= 95.0", ".5", "≤5"])
def test_numbers(text: str) -> None:
    assert is_number(text)


@pytest.mark.parametrize("text", ["", "Q1", "12/30", "*", "9-12 School"])
def test_no_numbers(text: str) -> None:
    assert not is_number(text)


@pytest.mark.parametrize(
    "text",
    ["STATE TOTALS", "Grand Total", "All Allegany Schools", "All Buildings", "[Statewide]", "---District Total---",
     "Louisiana Statewide", "State of Tennessee", "Total", "Network average"],
)  # fmt: skip
def test_labels_of_totals(text: str) -> None:
    assert total_label(text)


@pytest.mark.parametrize(
    "text",
    ["Allen School", "The 30th Avenue School (G&T Citywide)", "All Saints", "Meany Middle", "Totality Academy", ""],
)
def test_names_that_are_no_labels_of_totals(text: str) -> None:
    assert not total_label(text)


def test_ids_of_totals() -> None:
    assert [zeros(text) for text in ("0", "00000", "'000", "999", "99", "0001", "9990", "")] == [
        *(True, True, True, True, False, False, False, False)
    ]


def test_everybody_in_many_words() -> None:
    assert {"all students", "schoolwide", "all grades", "ta", "total"} <= group_words()
    assert "female" not in group_words()


def test_the_row_of_known_words_is_the_header() -> None:
    rows = [
        ["Attendance report", "", ""],
        ["School ID", "School Year", "Attendance Rate"],
        ["0012", "2023-24", "91.5"],
        ["School Year", "12", "13"],
    ]
    scores = best_row(rows)
    assert scores.index(max(scores)) == 1
    assert scores[0] == 0.0


def test_years_and_days_are_headers_too() -> None:
    header, body = best_row([["School Code", "School Name", "2016", "2017"], ["1001", "Ada", "95.1", "94.9"]])
    assert header > 0 > body


def test_a_row_merged_over_all_columns_is_a_title() -> None:
    assert best_row([["School", "School", "School"]]) == [0.0]


def test_headers_of_a_mapping_count_as_known() -> None:
    assert best_row([["CA0AT22R", "CAMPUS NO."]], known=["ca0at22r"])[0] == 2.0
