"""Observations are accepted as they stand, or refused with every problem and its place."""

import time

import numpy as np
import pandas as pd
import pytest

from pdsa.check import check_observations, nearest
from pdsa.errors import InputError
from pdsa.records import Measure, School
from pdsa.terms import DataType

COLUMNS = [
    "school", "measure", "period", "value", "numerator", "denominator",
    "group_dim", "group", "status", "source", "row",
]  # fmt: skip


def measure(name: str, data_type: DataType) -> Measure:
    return Measure(name, name, "outcome", data_type, "students", "up", "week", "a definition")


MEASURES = (
    measure("present", "proportion"),
    measure("referrals", "rate"),
    measure("visits", "count"),
    measure("change", "continuous"),
)
SCHOOLS = (School("lincoln", "Lincoln"), School("adams", "Adams"), School("0012", "Twelve"))


def table(**columns: list[object]) -> pd.DataFrame:
    size = max(len(column) for column in columns.values())
    base: dict[str, list[object]] = {
        "school": ["lincoln"] * size,
        "measure": ["present"] * size,
        "period": [f"2025-10-{day:02d}" for day in range(1, size + 1)],
    }
    return pd.DataFrame(base | columns)


def checked(frame: pd.DataFrame, schools: tuple[School, ...] | None = SCHOOLS) -> pd.DataFrame:
    return check_observations(frame, MEASURES, schools, "week.csv")


def refused(frame: pd.DataFrame, schools: tuple[School, ...] | None = SCHOOLS) -> list[tuple[str, str, str]]:
    with pytest.raises(InputError) as caught:
        checked(frame, schools)
    assert caught.value.source == "week.csv"
    return [(problem.place, problem.found, problem.expected) for problem in caught.value.problems]


def test_texts_become_observations() -> None:
    frame = table(school=["0012", "adams"], numerator=["28", " 0 "], denominator=["30", "31.0"])
    before = frame.copy()
    result = checked(frame)
    assert result.columns.tolist() == COLUMNS
    assert result["school"].tolist() == ["0012", "adams"]
    assert result["period"].tolist() == [pd.Timestamp(2025, 10, 1), pd.Timestamp(2025, 10, 2)]
    assert result["numerator"].tolist() == [28.0, 0.0]
    assert result["denominator"].tolist() == [30.0, 31.0]
    assert result["value"].isna().all()
    assert result["status"].tolist() == ["reported", "reported"]
    assert result["source"].tolist() == ["week.csv", "week.csv"]
    assert result["row"].tolist() == [2, 3]
    assert result["group"].tolist() == ["", ""]
    kinds = {name: str(dtype) for name, dtype in result.dtypes.items()}
    assert {kinds[name] for name in ("value", "numerator", "denominator")} == {"float64"}
    assert {kinds[name] for name in ("school", "measure", "group_dim", "group", "status", "source")} == {"category"}
    assert kinds["row"] == "int64"
    pd.testing.assert_frame_equal(frame, before)


def test_parsed_columns_and_a_second_check_give_the_same() -> None:
    frame = table(value=[0.9, np.nan, 0.0], numerator=[9.0, 0.0, 3.0], denominator=[10.0, 0.0, np.nan])
    frame["period"] = pd.to_datetime(frame["period"]).astype("datetime64[ns]")
    first = checked(frame.assign(school_name="L", district="1"))
    assert first["status"].tolist() == ["reported", "missing", "reported"]
    pd.testing.assert_frame_equal(checked(first), first)
    pd.testing.assert_frame_equal(checked(frame.astype(object)), first)


def test_blank_and_zero_are_distinct() -> None:
    result = checked(table(value=["", "0", None, " "]))
    assert result["status"].tolist() == ["missing", "reported", "missing", "missing"]
    assert result["value"].isna().tolist() == [True, False, True, True]
    parts = checked(table(numerator=["0", "3", "", "0"], denominator=["0", "", "9", "9"]))
    assert parts["status"].tolist() == ["missing", "missing", "missing", "reported"]
    assert parts["numerator"].tolist()[:2] == [0.0, 3.0]


def test_status_words() -> None:
    status = ["suppressed", "missing", "excluded", "reported", "", "excluded"]
    result = checked(table(value=["", "", "0.5", "0.5", "0.5", ""], status=status))
    assert result["status"].tolist() == ["suppressed", "missing", "excluded", "reported", "reported", "excluded"]
    assert result["value"].tolist()[2] == 0.5
    problems = refused(table(value=["0.5", "0.5", "", "0.5"], status=["suppressed", "missing", "reported", "exclude"]))
    assert [(place, found) for place, found, _ in problems] == [
        ("row 2, status", "suppressed on a row that has a value"),
        ("row 3, status", "missing on a row that has a value"),
        ("row 4, status", "reported on a row without a value"),
        ("row 5, status", "exclude"),
    ]
    assert problems[3][2].endswith("or a blank cell; the nearest is excluded")


def test_bounds_need_their_bound() -> None:
    words = ["top_coded", "bottom_coded", "top_coded", "top_coded", "bottom_coded"]
    below = ["", "", "20", "20", "0"]
    result = checked(
        table(value=["0.95", "0.05", ""], numerator=["", "", "19"], denominator=below[:3], status=words[:3])
    )
    assert result["status"].tolist() == words[:3]
    assert result["value"].tolist()[:2] == [0.95, 0.05]

    problems = refused(
        table(value=["0.95", "0.05", "", "", ""], numerator=["", "", "", "", "0"], denominator=below, status=words)
    )
    expected = "the bound in value (95% or more is 0.95 and top_coded)"
    assert problems == [
        ("row 4, status", "top_coded on a row without its bound", expected),
        ("row 5, status", "top_coded on a row without its bound", expected),
        ("row 6, status", "bottom_coded on a row without its bound", expected),
    ]


def test_message_for_a_teacher() -> None:
    frame = table(numerator=["31", "28"], denominator=["28", "28"]).assign(
        period=["2025-10-06", "13/10/2025"], row=[14, 15]
    )
    with pytest.raises(InputError) as caught:
        checked(frame)
    assert str(caught.value).splitlines()[1:3] == [
        "  row 14, numerator: found 31 of 28, expected a numerator no greater than its denominator.",
        "  row 15, period: found 13/10/2025, expected a date such as 2025-10-13.",
    ]


def test_problems_name_the_file_when_there_are_several() -> None:
    frame = table(value=["2", "2"]).assign(source=["a.csv", "b.csv"], row=[2, 7])
    assert [place for place, _, _ in refused(frame)] == ["a.csv, row 2, value", "b.csv, row 7, value"]


def test_problems_come_in_reading_order() -> None:
    frame = table(value=["x", "0.5", "y"], school=["lincoln", "lincon", "nobody"])
    assert [place for place, _, _ in refused(frame)] == [
        "row 2, value",
        "row 3, school",
        "row 4, school",
        "row 4, value",
    ]


def test_columns() -> None:
    problems = refused(table(value=["0.5"]).rename(columns={"period": "perod"}).assign(extra="x"))
    assert [(place, found) for place, found, _ in problems] == [
        ("header", "the column 'perod'"),
        ("header", "the column 'extra'"),
        ("header", "the columns school, measure, perod, value, extra"),
    ]
    assert problems[0][2].endswith("; the nearest is period")
    assert problems[2][2] == "also a column period"
    lone = refused(table(numerator=["1"]))
    assert lone[0][2] == "also a column value (or numerator and denominator)"
    assert refused(table(value=["1"]).iloc[:0])[0][1] == "no rows"
    twice = pd.concat([table(value=["1"]), pd.DataFrame({"value": ["1"]})], axis=1)
    assert refused(twice)[0][1] == "the column 'value' 2 times"


def test_an_unknown_column_does_not_hide_the_other_problems() -> None:
    assert [place for place, _, _ in refused(table(value=["x"], vlaue=["1"]))] == ["header", "row 2, value"]


@pytest.mark.parametrize(
    ("found", "shown", "expected"),
    [
        ("lincon", "lincon", "a school id of this network; the nearest is lincoln"),
        ("Lincoln ", "'Lincoln '", "a school id of this network; the nearest is lincoln"),
        ("zzz", "zzz", "a school id of this network"),
        ("12", "12", "a school id of this network; the nearest is 0012"),
        ("", "a blank cell", "a school id of this network"),
        ("linc\u200boln", "'linc\\u200boln'", "a school id of this network; the nearest is lincoln"),
    ],
)
def test_schools_that_are_not_in_the_network(found: str, shown: str, expected: str) -> None:
    assert refused(table(school=[found], value=["0.5"])) == [("row 2, school", shown, expected)]


def test_names_are_checked_without_a_list_of_schools() -> None:
    assert checked(table(school=["any", "other"], value=["0.5", "0.5"]), None)["school"].tolist() == ["any", "other"]
    names = ["Ni\u00f1os", "Nin\u0303os", "a\u00a0", "niños", "", "b\u200b"]
    problems = refused(table(school=names, value=["0.5"] * 6), None)
    assert [(place, found) for place, found, _ in problems] == [
        ("row 3, school", "'Nin\\u0303os'"),
        ("row 4, school", "'a\\xa0'"),
        ("row 5, school", "'ni\\xf1os'"),
        ("row 6, school", "a blank cell"),
        ("row 7, school", "'b\\u200b'"),
    ]
    assert problems[0][2] == "one way to write a name; elsewhere it is 'Ni\\xf1os'"


def test_measures_that_are_not_declared() -> None:
    problems = refused(table(measure=["presnt"], value=["5"]))
    assert problems == [("row 2, measure", "presnt", "a measure; the nearest is present")]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("13/10/2025", "a date such as 2025-10-13"),
        ("2025-1-3", "a date such as 2025-10-13"),
        ("45299", "a date such as 2025-10-13"),
        ("2025-10-13T00:00", "a date such as 2025-10-13"),
        ("٢٠٢٥-١٠-١٣", "a date such as 2025-10-13"),
        ("", "a date such as 2025-10-13"),
        ("2025-02-30", "a day of the calendar"),
        ("0000-00-00", "a day of the calendar"),
        ("1989-12-31", "a day between 1990 and 2100"),
        ("2101-01-01", "a day between 1990 and 2100"),
        ("9999-12-31", "a day between 1990 and 2100"),
    ],
)
def test_dates_that_are_refused(written: str, expected: str) -> None:
    problems = refused(table(period=[written], value=["0.5"]))
    assert [(place, wanted) for place, _, wanted in problems] == [("row 2, period", expected)]


def test_dates_at_the_bounds_and_dates_already_parsed() -> None:
    assert len(checked(table(period=["1990-01-01", "2100-12-31"], value=["0.5", "0.5"]))) == 2
    times = pd.to_datetime(pd.Series(["2025-10-13 16:00", None]))
    assert [found for _, found, _ in refused(table(value=["1", "1"]).assign(period=times))] == [
        "2025-10-13 16:00:00",
        "a blank cell",
    ]


@pytest.mark.parametrize(
    "text", ["1,018", "90%", "inf", "nan", "1e5", "0x1", "1_0", "١", "O", "(1)", "*", "<10", "#DIV/0!", "n/a"]
)
def test_numbers_that_are_refused(text: str) -> None:
    problems = refused(table(value=[text]))
    assert [place for place, _, _ in problems] == ["row 2, value"]
    assert problems[0][1].strip("'") == text


def test_infinite_numbers() -> None:
    assert refused(table(value=[np.inf, -np.inf]))[0][:2] == ("row 2, value", "inf")
    assert refused(table(numerator=[1.0], denominator=[np.inf]))[0][:2] == ("row 2, denominator", "inf")


@pytest.mark.parametrize(
    ("name", "value", "numerator", "denominator", "places"),
    [
        ("present", "", "31", "28", ["numerator"]),
        ("present", "", "28", "28", []),
        ("present", "", "3", "0", ["numerator"]),
        ("referrals", "", "31", "28", []),
        ("referrals", "", "3", "0", ["denominator"]),
        ("present", "", "-1", "28", ["numerator"]),
        ("present", "", "5", "-28", ["denominator"]),
        ("present", "1.01", "", "", ["value"]),
        ("present", "-0.01", "", "", ["value"]),
        ("present", "1", "", "", []),
        ("present", "90", "", "", ["value"]),
        ("referrals", "90", "", "", []),
        ("visits", "-1", "", "", ["value"]),
        ("change", "-1", "", "", []),
    ],
)
def test_numbers_that_cannot_be(name: str, value: str, numerator: str, denominator: str, places: list[str]) -> None:
    frame = table(measure=[name], value=[value], numerator=[numerator], denominator=[denominator])
    if places:
        assert [place for place, _, _ in refused(frame)] == [f"row 2, {place}" for place in places]
    else:
        assert checked(frame)["status"].tolist() == ["reported"]


def test_repeated_rows_name_both() -> None:
    frame = table(value=["0.5"] * 4, group_dim=["", "", "", "sex"], group=["", "", "", "girls"])
    frame["period"] = ["2025-10-06"] * 4
    frame["measure"] = ["present", "change", "present", "present"]
    assert refused(frame) == [
        ("row 4, period", "the same school, measure, day and group as in row 2", "one row for each")
    ]
    several = refused(frame.assign(source=["a", "a", "b", "b"]))
    assert several[0][:2] == ("b, row 4, period", "the same school, measure, day and group as in a, row 2")


def test_ids_that_are_numbers_and_names_that_look_like_none() -> None:
    frame = table(school=["NA", "None", "True", "nan"], value=["0.5"] * 4)
    assert checked(frame, None)["school"].tolist() == ["NA", "None", "True", "nan"]
    assert checked(table(school=[12, 7], value=["0.5"] * 2), None)["school"].tolist() == ["12", "7"]


def test_nearest_is_found_whatever_the_capitals() -> None:
    assert nearest("ADAMS", ["lincoln", "adams"]) == "; the nearest is adams"
    assert nearest("x", []) == ""


def test_a_district_is_checked_in_time() -> None:
    size = 660_000
    days = pd.date_range("2013-01-01", periods=440).strftime("%Y-%m-%d").to_numpy()
    frame = pd.DataFrame(
        {
            "school": np.repeat([f"s{k:04d}" for k in range(1500)], 440),
            "measure": "present",
            "period": pd.to_datetime(np.tile(days, 1500)),
            "numerator": 20.0,
            "denominator": np.arange(size) % 500 + 20.0,
        }
    )
    schools = tuple(School(f"s{k:04d}", "") for k in range(1500))
    start = time.process_time()
    assert len(checked(frame, schools)) == size
    assert time.process_time() - start < 4
