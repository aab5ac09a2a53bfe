"""New York's daily attendance, as published: the numbers of the publisher's README, and hand-counted ones.

The README counts the citywide totals row of each file (`TOTAL`) as a school. `MEAN_SCHOOLS` and `NAMES` were
counted by a separate script (regular expressions over the unpacked files, no pdsa).
"""

from pathlib import Path

import pandas as pd
import pytest

from pdsa.check import check_observations
from pdsa.mapping import apply_mapping, join_denominators
from pdsa.read import RawTable, read_input
from pdsa.records import InputSpec, Measure, School

FOLDER = Path(__file__).parents[2] / "shared" / "data" / "nyc_daily_attendance"
FIELDS = (
    ("school", "DBN"),
    ("school_name", "SCHOOL_NAME"),
    ("district", "DistrictCode"),
    ("period", "ATTN_DATE_YMD"),
    ("value", "ATTN_PCT"),
)
DAYS = InputSpec(
    files="xml_*.tar.xz",
    format="xml",
    fields=FIELDS,
    measure="attendance",
    members="*.xml",
    row="item",
    strip=(0x1A,),
    date_format="%Y%m%d",
    missing=("NS",),
    drop=(("school", ("TOTAL",)),),
    min_rows=1000,
    percent=True,
)
SIZES = InputSpec(
    files="2013_-_2018_Demographic_Snapshot_School.csv.gz",
    format="csv",
    provides="denominators",
    fields=(("school", "DBN"), ("school_year", "Year"), ("denominator", "Total Enrollment")),
)
ATTENDANCE = Measure("attendance", "Attendance", "outcome", "proportion", "students", "up", "day", "", estimated=True)
MEAN_WITH_TOTALS = 88.5112
MEAN_SCHOOLS = 88.510732
ALL_IDENTIFIERS = 1709

pytestmark = pytest.mark.data


@pytest.fixture(scope="module")
def raw() -> RawTable:
    if not FOLDER.is_dir():
        pytest.skip("the real data beside the checkout (../shared/data/nyc_daily_attendance) is not there")
    return read_input(FOLDER, DAYS)


@pytest.fixture(scope="module")
def joined(raw: RawTable) -> RawTable:
    return join_denominators(apply_mapping(raw, DAYS), apply_mapping(read_input(FOLDER, SIZES), SIZES), SIZES)


@pytest.fixture(scope="module")
def observations(joined: RawTable) -> pd.DataFrame:
    schools = tuple(School(name, name) for name in joined.frame["school"].unique())
    return check_observations(joined.frame, (ATTENDANCE,), schools, "nyc")


def test_every_member_is_noted(raw: RawTable) -> None:
    assert len(raw.sources) == 499
    assert sum(note.rows for note in raw.sources) == 656_401
    statuses = pd.Series([note.status for note in raw.sources]).value_counts().to_dict()
    assert statuses == {"used": 344, "set aside": 85, "cleaned": 70}


def test_usable_days(raw: RawTable) -> None:
    frame = raw.frame
    assert len(frame) == 656_308
    assert frame["source"].nunique() == frame["ATTN_DATE_YMD"].nunique() == 414
    assert frame["ATTN_DATE_YMD"].agg(["min", "max"]).tolist() == ["20090911", "20150626"]
    assert frame["DBN"].nunique() == ALL_IDENTIFIERS
    assert int((frame["DBN"] == "TOTAL").sum()) == 414
    assert int((frame["ATTN_PCT"] == "NS").sum()) == 19_691
    numeric = frame.loc[frame["ATTN_PCT"] != "NS", "ATTN_PCT"].astype(float)
    assert numeric.mean() == pytest.approx(MEAN_WITH_TOTALS, abs=5e-5)
    assert frame["row"].iloc[[0, -1]].tolist()[0] == 1


def test_totals_are_not_a_school(joined: RawTable, observations: pd.DataFrame) -> None:
    assert [(note.rows, note.reason) for note in joined.sources if note.status == "dropped rows"] == [
        (414, "school is TOTAL")
    ]
    assert observations["school"].nunique() == 1_708
    assert len(observations) == 655_894
    counts = observations["status"].value_counts()
    assert counts[counts.index.isin(["top_coded", "bottom_coded"])].sum() == 0
    assert counts.drop(["top_coded", "bottom_coded"]).to_dict() == {
        "reported": 636_203,
        "missing": 19_691,
        "suppressed": 0,
        "excluded": 0,
        "not_applicable": 0,
        "error": 0,
    }
    assert observations["value"].mean() * 100 == pytest.approx(MEAN_SCHOOLS, abs=5e-7)


def test_one_school_year_with_its_enrollment(observations: pd.DataFrame) -> None:
    days = observations[(observations["school"] == "01M015") & (observations["period"] >= "2014-10-20")]
    assert len(days) == 153
    assert (days["status"] == "reported").all()
    assert days["period"].max() <= pd.Timestamp(2015, 6, 30)
    assert days["value"].mean() * 100 == pytest.approx(90.433, abs=5e-4)
    assert days["value"].median() * 100 == pytest.approx(91.80, abs=5e-3)
    assert set(days["denominator"]) == {183.0}
    assert days["numerator"].sum() / days["denominator"].sum() * 100 == pytest.approx(90.433, abs=5e-4)
