"""Foreign fields become our columns: numbers, dates, marks of no value; denominators are joined."""

import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pdsa.errors import InputError, ParamsError
from pdsa.mapping import apply_mapping, join_denominators
from pdsa.read import RawTable, read_csv
from pdsa.records import InputSpec, SourceNote

SPEC = InputSpec(
    files="days.csv",
    format="csv",
    fields=(("school", "DBN"), ("period", "DAY"), ("value", "PCT")),
    measure="attendance",
    date_format="%Y%m%d",
    missing=("NS",),
    drop=(("school", ("TOTAL", "ALL")),),
    percent=True,
)
SIZES = InputSpec(
    files="sizes.csv",
    format="csv",
    provides="denominators",
    fields=(("school", "DBN"), ("school_year", "Year"), ("denominator", "N")),
    missing=("No Data",),
)


def raw(columns: dict[str, list[str]], source: str = "days.csv") -> RawTable:
    frame = pd.DataFrame(columns, dtype="str")
    frame["source"] = source
    frame["row"] = np.arange(2, len(frame) + 2)
    return RawTable(frame, (SourceNote(source, "used", len(frame)),))


def days(*rows: tuple[str, str, str]) -> RawTable:
    return raw({name: [row[k] for row in rows] for k, name in enumerate(("DBN", "DAY", "PCT"))})


def refused(table: RawTable, spec: InputSpec) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        apply_mapping(table, spec)
    return [(problem.place, problem.found) for problem in caught.value.problems]


def test_columns_numbers_dates_and_marks() -> None:
    table = days(
        ("TOTAL", "20141020", "88"), ("01M", "20141020", "90.5"), ("01M", "20141021", "NS"), ("02M", "20141021", "")
    )
    before = table.frame.copy()
    mapped = apply_mapping(table, SPEC)
    frame = mapped.frame
    assert frame.columns.tolist() == ["school", "period", "value", "source", "row", "measure", "status"]
    assert frame["school"].tolist() == ["01M", "01M", "02M"]
    assert frame["value"].dtype == "float64"
    assert frame["value"].iloc[0] == 0.905
    assert frame["value"].isna().tolist() == [False, True, True]
    assert frame["status"].tolist() == ["", "missing", "missing"]
    assert frame["period"].dtype.kind == "M"
    assert frame["period"].tolist() == [pd.Timestamp(2014, 10, d) for d in (20, 21, 21)]
    assert frame["measure"].tolist() == ["attendance"] * 3
    assert frame["row"].tolist() == [3, 4, 5]
    assert mapped.sources[-1] == SourceNote("days.csv", "dropped rows", 1, "school is TOTAL or ALL")
    pd.testing.assert_frame_equal(table.frame, before)


def test_all_problems_at_once_grouped_by_text() -> None:
    table = days(
        ("1", "20140230", "90"), ("1", "20140101", "1_0"), ("1", "x", "1_0"), ("1", "20140104", "1_0"), ("1", "", "n/a")
    )
    assert refused(table, SPEC) == [
        ("row 2, DAY", "20140230"),
        ("row 3 and 2 more rows, PCT", "1_0"),
        ("row 4, DAY", "x"),
        ("row 6, PCT", "n/a"),
        ("row 6, DAY", "a blank cell"),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "1,018",
        "90%",
        "inf",
        "nan",
        "NaN",
        "0x12",
        "1_8",
        "١٨",
        "1O",
        "1 8",
        "−5",
        "(5)",
        "1e3",
        "+5",
        "5.",
        "--1",
        "9" * 400,
    ],
)
def test_only_plain_decimal_numbers(text: str) -> None:
    assert [place for place, _ in refused(days(("1", "20140103", text)), SPEC)] == ["row 2, PCT"]


@pytest.mark.parametrize(
    ("text", "value"), [("90", 0.9), (" 90.0 ", 0.9), ("0", 0.0), (".5", 0.005), ("-1", -0.01), ("007", 0.07)]
)
def test_plain_decimal_numbers(text: str, value: float) -> None:
    assert apply_mapping(days(("1", "20140103", text)), SPEC).frame["value"].tolist() == [value]


@pytest.mark.parametrize(
    ("written", "form", "expected"),
    [
        ("03/04/2024", "%m/%d/%Y", (2024, 3, 4)),
        ("3/4/2024", "%d/%m/%Y", (2024, 4, 3)),
        ("2024-01-05 16:30", "%Y-%m-%d %H:%M", (2024, 1, 5)),
        ("5 jan 24", "%d %b %y", (2024, 1, 5)),
    ],
)
def test_dates_as_the_spec_says(written: str, form: str, expected: tuple[int, int, int]) -> None:
    spec = InputSpec("d", "csv", fields=SPEC.fields, date_format=form)
    assert apply_mapping(days(("1", written, "9")), spec).frame["period"].tolist() == [pd.Timestamp(*expected)]


@pytest.mark.parametrize("written", ["2013115", "2013-11-05", "20131105x", "20131305", "٢٠١٣١١٠٥"])
def test_dates_that_are_written_otherwise(written: str) -> None:
    assert [place for place, _ in refused(days(("1", written, "9")), SPEC)] == ["row 2, DAY"]


def test_places_name_the_file_when_there_are_several() -> None:
    one = days(("1", "20140101", "x"))
    two = raw({"DBN": ["1"], "DAY": ["20140101"], "PCT": ["y"]}, "more.csv")
    table = RawTable(pd.concat([one.frame, two.frame], ignore_index=True), one.sources + two.sources)
    assert [place for place, _ in refused(table, SPEC)] == ["days.csv, row 2, PCT", "more.csv, row 2, PCT"]


def test_numerator_without_denominator_is_missing_and_status_is_kept() -> None:
    fields = (("school", "DBN"), ("numerator", "A"), ("denominator", "B"), ("status", "S"))
    table = raw({"DBN": list("abc"), "A": ["3", "3", ""], "B": ["4", "", "4"], "S": ["", "", "suppressed"]})
    frame = apply_mapping(table, InputSpec("d", "csv", fields=fields)).frame
    assert frame["status"].tolist() == ["", "missing", "suppressed"]
    assert frame["numerator"].tolist()[:2] == [3.0, 3.0]


@pytest.mark.parametrize(
    ("spec", "found"),
    [
        (InputSpec("d", "csv", fields=(("school", "DBX"),)), "the field DBX"),
        (InputSpec("d", "csv", fields=(("school", "DBN"), ("school", "PCT"))), "the column school twice"),
        (InputSpec("d", "csv", fields=SPEC.fields, drop=(("district", ("1",)),)), "the column district"),
        (InputSpec("d", "csv", fields=SPEC.fields, date_format="%Y%z"), "%Y%z"),
        (InputSpec("d", "csv", fields=SPEC.fields, date_format="%Q"), "%Q ("),
    ],
)
def test_a_spec_that_does_not_fit_is_a_params_error(spec: InputSpec, found: str) -> None:
    with pytest.raises(ParamsError) as caught:
        apply_mapping(days(("1", "20140103", "1")), spec)
    assert caught.value.problems[0].found.startswith(found)


def test_nothing_left_after_dropping() -> None:
    assert "no rows but those to drop" in refused(days(("ALL", "20140103", "1")), SPEC)[0][1]


def sizes(*rows: tuple[str, str, str]) -> RawTable:
    return apply_mapping(
        raw({n: [row[k] for row in rows] for k, n in enumerate(("DBN", "Year", "N"))}, "sizes.csv"), SIZES
    )


def test_join_by_school_and_school_year() -> None:
    mapped = apply_mapping(
        days(
            ("a", "20140630", "90.5"), ("a", "20140701", "80"), ("b", "20140701", "70"), ("a", "20150105", "NS"),
            ("c", "20140701", "60"), ("d", "20140701", "50"), ("a", "19991231", "50")
        ),
        SPEC,
    )  # fmt: skip
    table = sizes(
        ("a", "2013-14", "183"), ("a", "2014-15", "200"), ("c", "2014-15", "0"), ("d", "2014-15", "No Data"),
        ("a", "1999-00", "10"), ("a", "2013-14", "183")
    )  # fmt: skip
    assert list(table.frame.columns) == ["school", "school_year", "denominator", "source", "row"]
    joined = join_denominators(mapped, table, SIZES)
    denominator = joined.frame["denominator"].tolist()
    assert denominator[:2] == [183.0, 200.0]
    assert denominator[3] == 200.0
    assert denominator[6] == 10.0
    assert [math.isnan(denominator[k]) for k in (2, 4, 5)] == [True] * 3
    assert joined.frame["numerator"].iloc[0] == pytest.approx(165.615, rel=1e-12)
    assert joined.frame["numerator"].isna().tolist() == [False, False, True, True, True, True, False]
    assert joined.frame["value"].iloc[2] == 0.7
    assert joined.sources[-1].rows == 4
    assert joined.sources[-1].reason.startswith("3 rows have no denominator")
    assert "numerator" not in mapped.frame


def test_month_in_which_a_school_year_begins() -> None:
    mapped = apply_mapping(days(("a", "20140831", "90"), ("a", "20140901", "90")), SPEC)
    spec = InputSpec("s", "csv", school_year_start=9)
    joined = join_denominators(mapped, sizes(("a", "2013-14", "1"), ("a", "2014-15", "2")), spec)
    assert joined.frame["denominator"].tolist() == [1.0, 2.0]


def test_denominators_that_contradict_or_are_badly_dated() -> None:
    mapped = apply_mapping(days(("a", "20140630", "90")), SPEC)
    bad = sizes(("a", "2013-14", "1"), ("a", "2013-14", "2"), ("b", "20132014", "2"), ("c", "2013-15", "2"))
    with pytest.raises(InputError) as caught:
        join_denominators(mapped, bad, SIZES)
    assert [(problem.place, problem.found) for problem in caught.value.problems] == [
        ("row 3, denominator", "2 for a in 2013-14, which has another denominator above"),
        ("row 4, school_year", "20132014"),
        ("row 5, school_year", "2013-15"),
    ]


def test_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "days.csv"
    path.write_text("PCT,DAY,DBN\n91.25,20141020,0012\n")
    frame = apply_mapping(read_csv(path), SPEC).frame
    assert frame["school"].tolist() == ["0012"]
    assert frame["value"].tolist() == [0.9125]
