"""Real files of three publishers through `pdsa import` alone: the numbers of their READMEs, and nothing in silence.

The expected numbers stand in the READMEs beside the files, or were counted in the raw files by other means than pdsa.
"""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

pytestmark = pytest.mark.data

TIMEOUT = 300
SCHOOLS = ("school=district+school+part", "year=end")
Row = dict[str, str]


@dataclass(frozen=True)
class Ran:
    """What a command did: its exit code and what it printed."""

    code: int
    out: str
    err: str

    def json(self) -> dict[str, object]:
        found = json.loads(self.out)
        assert isinstance(found, dict)
        return found


def pdsa(*arguments: object) -> Ran:
    command = [sys.executable, "-m", "pdsa", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    assert "bug in pdsa" not in done.stderr, done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)


def take(files: Sequence[Path], into: Path, *more: object, answers: Sequence[str] = ()) -> Ran:
    """`pdsa import FILES --into INTO --batch` with answers."""
    flags = [word for one in answers for word in ("--answer", one)]
    return pdsa("import", *files, "--into", into, "--batch", *flags, *more)


def workspace(folder: Path, name: str = "Network") -> Path:
    folder.mkdir(parents=True)
    (folder / "network.yaml").write_text(f"id: net\nname: {name}\n", encoding="utf-8")
    return folder


def rows_of(folder: Path, name: str) -> list[Row]:
    with (folder / "observations" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def entry_of(folder: Path, name: str) -> dict[str, object]:
    """The only entry of the ledger."""
    (path,) = (folder / "imports" / name).glob("*.json")
    found = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(found, dict)
    return found


def pdsa_told(folder: Path, name: str) -> list[str]:
    """What the ledger keeps of what was told."""
    found = entry_of(folder, name)["told"]
    assert isinstance(found, list)
    return found


def totals_of(entry: dict[str, object]) -> list[tuple[str, bool | None]]:
    found = entry["totals"]
    assert isinstance(found, list)
    return [(one["told"], one["equal"]) for one in found]


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def refused(ran: Ran, folder: Path, *words: str) -> None:
    """Exit code 2, each of the words said, a next step, and nothing written."""
    assert ran.code == 2, ran
    for word in words:
        assert word in ran.err, ran.err
    assert "  Next: " in ran.err
    assert sorted(tree(folder)) == ["network.yaml"]


# Colorado

# What a person adds to the mapping of 2016-17 when a later book is refused.
NEW_NAMES = {
    "2019": {"[Student Fall K-12 Enrollment]": "[Student Fall K-12 Enrollment, Student Count]"},
    "2022": {
        "of Students with Chronic Absenteeism]": "of Students with Chronic Absenteeism, Chronic Absent Count]",
        "K-12 Enrollment, Student Count]": "K-12 Enrollment, Student Count, K-12 Student Count]",
    },
}


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.fixture(scope="module")
def books(real_data: Path) -> list[Path]:
    found = sorted((real_data / "co_chronic_absence_xlsx").glob("20??-20??_Chronic*.xlsx"))
    assert len(found) == 7
    return found


@pytest.fixture(scope="module")
def colorado(books: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """The seven district books in one command, without answers."""
    folder = workspace(tmp_path_factory.mktemp("colorado") / "co")
    return folder, take(books, folder, "--as-of", "2024-01-15")


class TestColorado:
    """Seven books, another layout each year; no code and no answer for any of them."""

    def test_district_years(self, colorado: tuple[Path, Ran]) -> None:
        folder, ran = colorado
        assert ran.code == 0, ran
        rows = [row for row in rows_of(folder, "chronic-absenteeism") if row["measure"] == "chronic_absence"]
        assert Counter(row["status"] for row in rows) == {"reported": 1291, "excluded": 1}
        assert Counter(row["period"] for row in rows) == {
            "2016-07-01": 184,
            "2017-07-01": 185,
            "2018-07-01": 184,
            "2019-07-01": 185,
            "2020-07-01": 184,
            "2021-07-01": 185,
            "2022-07-01": 185,
        }
        assert all(row["numerator"] and row["denominator"] for row in rows if row["status"] == "reported")

    def test_sums_of_districts(self, colorado: tuple[Path, Ran]) -> None:
        """The sums of the README; in 2018-19 without the BOCES whose rate cannot be (2,798 of 2,475)."""
        sums: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        for row in rows_of(colorado[0], "chronic-absenteeism"):
            if row["measure"] == "chronic_absence" and row["status"] == "reported":
                sums[row["period"]][0] += float(row["numerator"])
                sums[row["period"]][1] += float(row["denominator"])
        assert sums == {
            "2016-07-01": [162457, 872333],
            "2017-07-01": [212797, 876996],
            "2018-07-01": [197392 - 2798, 877308 - 2475],
            "2019-07-01": [212642, 941333],
            "2020-07-01": [229963, 901813],
            "2021-07-01": [317796, 917705],
            "2022-07-01": [277671, 888394],
        }

    def test_totals_that_equal_their_sums(self, colorado: tuple[Path, Ran]) -> None:
        told = [text for text, equal in totals_of(entry_of(colorado[0], "chronic-absenteeism")) if equal]
        assert [text.split(":")[0].split(", ")[-1] for text in told] == [f"{year}-07-01" for year in range(2016, 2020)]
        for text, numbers in zip(
            told, ("162,457 of 872,333", "212,797 of 876,996", "197,392 of 877,308", "212,642 of 941,333"), strict=True
        ):
            assert text.count(numbers) == 2

    def test_totals_that_do_not(self, colorado: tuple[Path, Ran]) -> None:
        """901,813 - 882,896, 917,705 - 896,039, and 277,671 - 269,582 with 888,394 - 866,788."""
        entry = entry_of(colorado[0], "chronic-absenteeism")
        told = [text for text, equal in totals_of(entry) if equal is False]
        assert len(told) == 3
        for text, words in zip(
            told,
            (
                ("2020-07-01", "229,963 of 882,896", "229,963 of 901,813", "+0 and +18,917"),
                ("2021-07-01", "317,796 of 896,039", "317,796 of 917,705", "+0 and +21,666"),
                ("2022-07-01", "269,582 of 866,788", "277,671 of 888,394", "+8,089 and +21,606"),
            ),
            strict=True,
        ):
            assert all(word in text for word in words), text
        assert "4 equal their sums, 3 do not" in colorado[1].out

    def test_a_rate_above_one_is_reported_and_set_aside(self, colorado: tuple[Path, Ran]) -> None:
        folder, ran = colorado
        line = "EDUCATION REENVISIONED BOCES: 2,798 of 2,475 (1.1305), more than all; set aside"
        assert f"2018-2019_ChronicAbsenteeism.xlsx!data, row 186: {line}" in ran.out
        (row,) = [row for row in rows_of(folder, "chronic-absenteeism") if row["status"] == "excluded"]
        assert (row["school"], row["period"], row["source"], row["row"]) == (
            "9170",
            "2018-07-01",
            "2018-2019_ChronicAbsenteeism.xlsx!data",
            "186",
        )
        assert (row["value"], row["numerator"], row["denominator"]) == ("", "", "")
        entry = entry_of(folder, "chronic-absenteeism")
        assert [one["row"] for one in entry["set_aside"]] == [186]  # type: ignore[attr-defined]

    def test_ids_are_text(self, colorado: tuple[Path, Ran]) -> None:
        ids = {row["school"] for row in rows_of(colorado[0], "chronic-absenteeism")}
        assert {len(one) for one in ids} == {4}
        assert {"0010", "0020", "0880", "9170"} <= ids
        with (colorado[0] / "schools.csv").open(encoding="utf-8", newline="") as file:
            assert {row["id"] for row in csv.DictReader(file)} == ids

    def test_the_period_without_a_column_comes_from_the_title(self, colorado: tuple[Path, Ran]) -> None:
        assert (
            "2016-2017_ChronicAbsenteeism.xlsx!Sheet1: no column of periods; 2016-17 from the title" in colorado[1].out
        )

    def test_what_was_left_out_is_told(self, colorado: tuple[Path, Ran]) -> None:
        for line in (
            "2016-2017_ChronicAbsenteeism.xlsx!Sheet1, row 195: totals (STATE TOTALS)",
            "2018-2019_ChronicAbsenteeism.xlsx!data, row 190: totals (Grand Total)",
            "2019-2020_ChronicAbsenteeism.xlsx!data, row 192: totals (COLORADO TOTAL)",
            "2021-2022_ChronicAbsenteeism.xlsx!data, row 196: a note, left out",
            "2017-2018_ChronicAbsenteeism.xlsx!Definitions",
            "columns not used: County Code, County Name",
            "PK-12 Student Count",
        ):
            assert line in colorado[1].out

    def test_a_denominator_of_another_name_begins_a_phase(self, colorado: tuple[Path, Ran]) -> None:
        """ "2019-2020 Student Count (new denominator)", and the K-12 count of 2022-23."""
        with (colorado[0] / "annotations.csv").open(encoding="utf-8", newline="") as file:
            found = [(row["date"], row["kind"], row["measure"]) for row in csv.DictReader(file)]
        assert found == [
            ("2019-07-01", "instrument", "chronic_absence"),
            ("2022-07-01", "instrument", "chronic_absence"),
        ]

    def test_the_page_of_boxes_is_refused(self, real_data: Path, tmp_path: Path) -> None:
        folder = workspace(tmp_path / "co")
        (book,) = (real_data / "co_chronic_absence_xlsx").glob("*_State_*.xlsx")
        refused(take([book], folder), folder, "2022-2023_State_ChronicAbsenteeism.xlsx!Data, row 5", "expected")

    def test_a_book_a_year_with_the_mapping_of_the_first(
        self, books: list[Path], colorado: tuple[Path, Ran], tmp_path: Path
    ) -> None:
        """What a new year names otherwise is refused until its name stands in the mapping; then all is as together."""
        folder = workspace(tmp_path / "co")
        for number, book in enumerate(books):
            day = ("--as-of", f"2024-01-{number + 1:02d}")
            ran = take([book], folder, *day)
            for old, new in NEW_NAMES.get(book.name[:4], {}).items():
                assert ran.code == 2
                assert f"{book.name}!" in ran.err
                change(folder / "mappings/chronic-absenteeism.yaml", old, new)
                ran = take([book], folder, *day)
            assert ran.code == 0, ran
        together = rows_of(colorado[0], "chronic-absenteeism")
        apart = rows_of(folder, "chronic-absenteeism")
        assert sorted(map(str, apart)) == sorted(map(str, together))


# Maryland


@pytest.fixture(scope="module")
def attendance(real_data: Path) -> list[Path]:
    found = sorted((real_data / "md_school_attendance").glob("Attendance_*.csv"))
    assert len(found) == 11
    return found


@pytest.fixture(scope="module")
def maryland(attendance: list[Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """Eleven years with the two answers that the files do not give."""
    folder = workspace(tmp_path_factory.mktemp("maryland") / "md")
    return folder, take(attendance, folder, answers=SCHOOLS)


def of_measure(folder: Path, name: str, measure: str) -> Iterator[Row]:
    return (row for row in rows_of(folder, name) if row["measure"] == measure)


class TestMaryland:
    """18,533 rows in eleven years; half of the rates are bounds."""

    def test_without_answers_it_asks_with_evidence(self, attendance: list[Path], tmp_path: Path) -> None:
        folder = workspace(tmp_path / "md")
        refused(
            take(attendance, folder),
            folder,
            "School Number 0301 stands in 8 districts (LEA Number 01, 05, 11 ...)",
            "School Number 1274, Academic Year 2009 has 3 rows that differ in School Type (Elementary, High, Middle)",
            "--answer 'school=district+school+part' (LEA Number + School Number + School Type)",
            "'year=end' (2017 is the school year 2016-17)",
        )

    def test_complete_keys(self, maryland: tuple[Path, Ran]) -> None:
        """2,002 keys, 1,499 of them in all eleven years: 1,423 of schools and 76 of aggregates."""
        folder, ran = maryland
        assert ran.code == 0, ran
        assert "11 tables, 18,533 rows read" in ran.out
        series: dict[str, set[str]] = defaultdict(set)
        for row in of_measure(folder, "attendance", "attendance"):
            series[row["school"]].add(row["period"])
        assert len(series) == 2002 - 103
        assert sum(len(periods) == 11 for periods in series.values()) == 1423
        assert "1,423 of 1,899 series complete" in ran.out
        assert "attendance: 103 aggregates, 76 of them in all periods" in ran.out

    def test_no_aggregate_is_a_school(self, maryland: tuple[Path, Ran]) -> None:
        """School Number A is "All Allegany Schools", LEA Number A the state."""
        ids = {row["school"].split("-")[1] for row in rows_of(maryland[0], "attendance")}
        assert "A" not in ids
        assert all(len(one) == 4 for one in ids)
        names = (maryland[0] / "schools.csv").read_text(encoding="utf-8")
        assert "All Allegany Schools" not in names
        assert "totals (All Allegany Schools" in maryland[1].out

    def test_bounds_stay_bounds(self, maryland: tuple[Path, Ran]) -> None:
        """9,762 cells `>= 95.0`, 358 of them of aggregates, and 189 cells `*`."""
        folder, ran = maryland
        assert "Attend Rate Pct: >= 95.0 kept as bounds (or more), not as values (9,762 cells)" in ran.out
        rows = list(of_measure(folder, "attendance", "attendance"))
        assert Counter(row["status"] for row in rows) == {
            "top_coded": 9762 - 358,
            "suppressed": 189,
            "reported": 8044,
        }
        assert {row["value"] for row in rows if row["status"] == "top_coded"} == {"0.95"}
        assert {row["numerator"] + row["denominator"] for row in rows if row["status"] == "top_coded"} == {""}
        assert not [row for row in rows if row["status"] == "reported" and row["value"] == "0.95"]

    def test_reported_rows_have_their_counts(self, maryland: tuple[Path, Ran]) -> None:
        reported = [row for row in of_measure(maryland[0], "attendance", "attendance") if row["status"] == "reported"]
        assert all(row["numerator"] and row["denominator"] and not row["value"] for row in reported)
        (row,) = [one for one in reported if (one["school"], one["period"]) == ("01-0401-Elementary", "2008-07-01")]
        assert (row["numerator"], row["denominator"]) == ("46602.5", "49164")

    def test_stars_are_suppressed(self, maryland: tuple[Path, Ran]) -> None:
        stars = [row for row in rows_of(maryland[0], "attendance") if row["status"] == "suppressed"]
        assert {row["value"] + row["numerator"] + row["denominator"] for row in stars} == {""}
        assert "Attend Rate Pct: * read as suppressed (189 cells)" in maryland[1].out

    def test_a_renamed_column_is_one_column(self, maryland: tuple[Path, Ran]) -> None:
        """LEA Number until 2017, LSS Number from 2018 on."""
        assert "school = LEA Number or LSS Number + School Number + School Type" in maryland[1].out
        one = [
            row for row in of_measure(maryland[0], "attendance", "attendance") if row["school"] == "01-0301-Elementary"
        ]
        assert [row["period"] for row in one] == [f"{year}-07-01" for year in range(2008, 2019)]

    def test_bottom_codes_of_chronic_absence(self, maryland: tuple[Path, Ran]) -> None:
        rows = list(of_measure(maryland[0], "attendance", "chronic_absence"))
        assert {row["period"] for row in rows} == {"2017-07-01", "2018-07-01"}
        bounds = {(row["status"], row["value"]) for row in rows if row["status"].endswith("_coded")}
        assert bounds == {("top_coded", "0.95"), ("bottom_coded", "0.05")}
        (row,) = [one for one in rows if (one["school"], one["period"]) == ("01-0401-Elementary", "2018-07-01")]
        assert (row["numerator"], row["denominator"], row["status"]) == ("147", "539", "reported")


class TestMarylandMore:
    """The other files of the folder: imported, asked or refused, and never in silence."""

    def test_mobility_lost_its_zeros(self, maryland: tuple[Path, Ran], real_data: Path, tmp_path: Path) -> None:
        """1-301 is 01-0301: in the workspace of attendance that is asked, and done once somebody says so."""
        folder = Path(shutil.copytree(maryland[0], tmp_path / "md"))
        files = sorted((real_data / "md_school_attendance").glob("Student_Mobility_*.csv"))
        before = tree(folder)
        ran = take(files, folder, answers=SCHOOLS)
        assert ran.code == 2
        assert "1404 ids that differ from others only in zeros" in ran.err
        assert "1-301-Elementary beside 01-0301-Elementary" in ran.err
        assert "--answer 'same=same'" in ran.err
        assert tree(folder) == before
        ran = take(files, folder, answers=(*SCHOOLS, "same=same"))
        assert ran.code == 0, ran
        rows = rows_of(folder, "student-mobility")
        (row,) = [one for one in rows if (one["school"], one["period"]) == ("01-0301-Elementary", "2018-07-01")]
        assert (row["numerator"], row["denominator"], row["status"]) == ("17", "214.4", "reported")
        assert not [one for one in rows if one["school"].startswith("1-")]
        assert Counter(one["status"] for one in rows) == {
            "reported": 7318,
            "bottom_coded": 602,
            "top_coded": 199,
            "suppressed": 75,
        }
        assert {one["value"] for one in rows if one["status"].endswith("_coded")} == {"0.05", "0.95"}

    def test_enrollment_by_grade(self, real_data: Path, tmp_path: Path) -> None:
        """Grade Title became Grade, and some years have lost their zeros; district totals equal their sums."""
        folder = workspace(tmp_path / "md")
        files = sorted((real_data / "md_school_attendance").glob("Enrollment_*.csv.gz"))
        answers = ("school=district+school", "year=end")
        refused(take(files, folder), folder, "School Number 0301 stands in 8 districts", "'year=end'")
        refused(take(files, folder, answers=answers), folder, "ids that differ from others only in zeros", "1-301")
        ran = take(files, folder, answers=(*answers, "same=same"))
        assert ran.code == 0, ran
        assert "the groups under Grade are those under Grade Title in other files" in ran.out
        assert "503 equal their sums, 0 do not" in ran.out
        rows = rows_of(folder, "enrollment")
        assert len(rows) == 106680
        assert Counter(row["status"] for row in rows) == {"reported": 102565, "suppressed": 4115}
        assert {row["group_dim"] for row in rows} == {"", "Grade Title"}
        own = [row for row in rows if (row["school"], row["group"]) == ("01-0301", "Kindergarten")]
        assert len(own) == 11
        assert (own[0]["period"], own[0]["value"]) == ("2008-07-01", "33")

    def test_stars_are_asked_and_imported(self, real_data: Path, tmp_path: Path) -> None:
        folder = workspace(tmp_path / "md")
        file = real_data / "md_school_attendance" / "2019_Accountability_Schools.csv"
        refused(
            take([file], folder),
            folder,
            "which column holds the measure?",
            "Star Rating",
            "School Number 301 stands in 8 districts",
        )
        answers = ("school=district+school", "year=end", "use=Star Rating", "measure=stars")
        refused(take([file], folder, answers=answers), folder, "which direction of stars is better?")
        ran = take([file], folder, answers=(*answers, "better:stars=up"))
        assert ran.code == 0, ran
        assert "columns not used: LSS Name, Total Points Earned Percentage, Percentile Rank Elementary" in ran.out
        rows = rows_of(folder, "accountability-schools")
        assert len(rows) == 1318
        assert Counter(row["status"] for row in rows) == {"reported": 1318}
        assert {float(row["value"]) for row in rows} <= {1, 2, 3, 4, 5}

    def test_baltimore_enrollment_book(self, real_data: Path, tmp_path: Path) -> None:
        """2,243 rows, 24 of them of all schools together; only the sheet's name says when."""
        folder = workspace(tmp_path / "md")
        file = real_data / "md_school_attendance" / "SY19-20-Enrollment-11.10.2020.xlsx"
        ran = take([file], folder)
        assert ran.code == 0, ran
        assert "no column of periods" in ran.out
        assert "SY 19-20 from the sheet's name (SY 19-20 Enrollment)" in ran.out
        assert "2,243 rows read; 2,219 observations of 162 schools" in ran.out
        assert "24 equal their sums, 0 do not" in ran.out
        assert "!NOTES: text without numbers, not read" in ran.out
        assert {row["period"] for row in rows_of(folder, "sy19-enrollment")} == {"2019-07-01"}

    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("School_Directory_2019.xlsx", "which measure is this?"),
            ("SY18-19_Parent_Survey_Transportation.xlsx", "which column holds the measure?"),
            ("SY18-19_Parent_School_Survey_OFFICIAL.xlsx", "which measure is this?"),
        ],
    )
    def test_books_of_something_else_are_asked_about(
        self, name: str, said: str, real_data: Path, tmp_path: Path
    ) -> None:
        folder = workspace(tmp_path / "md")
        refused(take([real_data / "md_school_attendance" / name], folder), folder, said, "--answer")


# New York

DAILY = """\
schema: 1
name: daily
school: [DBN]
school_name: SCHOOL_NAME
district: DistrictCode
period: ATTN_DATE_YMD
measures:
- measure: attendance
  value: ATTN_PCT
strip: [1A]
row: item
min_rows: 1000
ignored: [LOC_CODE, Borough]
"""


@pytest.fixture(scope="module")
def archive(real_data: Path) -> Path:
    (found,) = (real_data / "nyc_daily_attendance").glob("xml_*.tar.xz")
    return found


@pytest.fixture(scope="module")
def york(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Ran]:
    """The whole archive by a mapping that a person wrote."""
    folder = workspace(tmp_path_factory.mktemp("york") / "ny")
    (folder / "daily.yaml").write_text(DAILY, encoding="utf-8")
    return folder, take([archive], folder, "--name", "daily", "--mapping", folder / "daily.yaml")


class TestNewYork:
    """499 daily files in one archive."""

    def test_control_characters_are_asked(self, archive: Path, tmp_path: Path) -> None:
        folder = workspace(tmp_path / "ny")
        refused(take([archive], folder), folder, "xml/20130315.xml", "0x1A", "69 more members", "--answer 'strip=yes'")

    def test_without_a_mapping_all_files_are_read(self, archive: Path, tmp_path: Path) -> None:
        """499 files, 656,401 rows of 1,709 identifiers, one of them the total of the city."""
        folder = workspace(tmp_path / "ny")
        ran = take([archive], folder, "--name", "daily", answers=("strip=yes",))
        assert ran.code == 0, ran
        assert "499 members with the same columns, as one table" in ran.out
        assert f"656,401 rows read; {656401 - 499:,} observations of 1,708 schools" in ran.out
        assert "499 rows in 499 members: totals (TOTAL)" in ran.out
        assert "ATTN_PCT: NS read as missing (19,691 cells)" in ran.out

    def test_usable_days(self, york: tuple[Path, Ran]) -> None:
        folder, ran = york
        assert ran.code == 0, ran
        assert "656,308 rows read" in ran.out
        rows = rows_of(folder, "daily")
        days = sorted({row["period"] for row in rows})
        assert (len(days), days[0], days[-1]) == (414, "2009-09-11", "2015-06-26")
        assert len(rows) == 656308 - 414
        assert Counter(row["status"] for row in rows) == {"missing": 19691, "reported": 656308 - 414 - 19691}
        assert all(row["value"] == "" for row in rows if row["status"] == "missing")
        values = [float(row["value"]) for row in rows if row["value"]]
        assert 100 * sum(values) / len(values) == pytest.approx(88.510732, abs=1e-6)
        assert "TOTAL" not in {row["school"] for row in rows}

    def test_one_school_and_its_files(self, york: tuple[Path, Ran]) -> None:
        """P.S. 015 in 2014-15: 153 days, none NS, mean 90.433."""
        own = [
            row
            for row in rows_of(york[0], "daily")
            if row["school"] == "01M015" and "2014-09" <= row["period"][:7] <= "2015-06"
        ]
        assert len(own) == 153
        assert {row["status"] for row in own} == {"reported"}
        assert 100 * sum(float(row["value"]) for row in own) / 153 == pytest.approx(90.433, abs=5e-4)
        assert own[-1]["source"] == f"{own[-1]['source'].split('!')[0]}!xml/{own[-1]['period'].replace('-', '')}.xml"

    def test_small_files_are_set_aside_by_name(self, york: tuple[Path, Ran]) -> None:
        assert "!xml/20130402.xml: 4 rows, fewer than 1000; set aside" in york[1].out
        told = [line for line in pdsa_told(york[0], "daily") if "fewer than 1000" in line]
        assert len(told) == 85

    def test_snapshot_and_demographics(self, real_data: Path, tmp_path: Path) -> None:
        folder = workspace(tmp_path / "ny")
        data = real_data / "nyc_daily_attendance"
        ran = take([data / "2013_-_2018_Demographic_Snapshot_School.csv.gz"], folder, "--name", "snapshot")
        assert ran.code == 0, ran
        rows = rows_of(folder, "snapshot")
        assert len(rows) == 8972
        assert len({row["school"] for row in rows}) == 1844
        (row,) = [one for one in rows if (one["school"], one["period"]) == ("01M015", "2014-07-01")]
        assert (row["measure"], row["value"]) == ("enrollment", "183")
        ran = take([data / "demographics.csv.gz"], folder)
        assert ran.code == 2
        assert "row 10040, cell 2: found control characters (0x16)" in ran.err
        ran = take([data / "demographics.csv.gz"], folder, answers=("strip=yes",))
        assert ran.code == 0, ran
        rows = rows_of(folder, "demographics")
        assert len(rows) == 10075
        assert min(row["period"] for row in rows) == "2005-07-01"

    def test_math_results(self, real_data: Path, tmp_path: Path) -> None:
        """Level 3+4 of those tested, by arithmetic; `s` is suppressed, "All Grades" is everybody."""
        folder = workspace(tmp_path / "ny")
        file = real_data / "nyc_daily_attendance" / "math_test_results.csv.gz"
        refused(
            take([file], folder),
            folder,
            "which column holds the measure?",
            "'use=Number Tested'",
        )
        ran = take([file], folder, answers=("use:Level 3+4 %=math", "better:math=up", "year=end"))
        assert ran.code == 0, ran
        assert "math: value = Level 3+4 %; numerator = Level 3+4 #; denominator = Number Tested" in ran.out
        rows = rows_of(folder, "math-test-results")
        assert len(rows) == 28478
        assert Counter(row["status"] for row in rows) == {"reported": 28478 - 421, "suppressed": 421}
        assert {row["group"] for row in rows} == {"", "3", "4", "5", "6", "7", "8"}

    def test_graduation_is_not_guessed(self, real_data: Path, tmp_path: Path) -> None:
        """1,059 may be a decimal; cohorts are no periods; "2006 Aug" is no year."""
        folder = workspace(tmp_path / "ny")
        file = real_data / "nyc_daily_attendance" / "graduation.csv.gz"
        refused(take([file], folder), folder, "row 2458, cell 3: found control characters (0x16)")
        refused(take([file], folder, answers=("strip=yes",)), folder, "no column of periods", "--answer period=COLUMN")
        answers = ("strip=yes", "period=Cohort", "year=end", "decimal:Total Cohort=point")
        refused(take([file], folder, answers=answers), folder, "'2006 Aug'", "row 6 and 4130 more rows")


# What comes back


class TestAgain:
    """The same files twice, and a file whose numbers changed."""

    def test_the_same_books_are_nothing_new(self, books: list[Path], colorado: tuple[Path, Ran]) -> None:
        before = tree(colorado[0])
        ran = take(books, colorado[0], "--as-of", "2024-02-01")
        assert ran.code == 0, ran
        assert "Nothing new: the same files were imported before, with the same mapping." in ran.out
        assert tree(colorado[0]) == before
        found = take(books, colorado[0], "--json").json()
        assert found["stored"] is False
        assert found["revision"] == {"added": 0, "changed": 0, "withdrawn": 0, "unchanged": 1845, "kept": 0}

    def test_a_revision_names_what_changed(
        self, attendance: list[Path], maryland: tuple[Path, Ran], tmp_path: Path
    ) -> None:
        """In a copy of 2019 one number is another one, one is hidden and one row is gone."""
        folder = Path(shutil.copytree(maryland[0], tmp_path / "md"))
        text = attendance[-1].read_text(encoding="utf-8-sig")
        lines = text.splitlines(keepends=True)
        place = next(k for k, line in enumerate(lines) if line.startswith("2019,01,Allegany,0401,"))
        assert "92.7,51810.5,55876" in lines[place]
        lines[place] = lines[place].replace("92.7,51810.5,55876", "91.7,51237.5,55876")
        gone = next(k for k, line in enumerate(lines) if line.startswith("2019,01,Allegany,0405,"))
        del lines[gone]
        file = tmp_path / attendance[-1].name
        file.write_text("".join(lines), encoding="utf-8")
        ran = take([file], folder)
        assert ran.code == 0, ran
        line = "01-0401-Elementary, attendance, 2018-07-01: was 51810.5 of 55876, is 51237.5 of 55876"
        assert line in ran.out
        assert "1 changed" in ran.out
        rows = {(row["school"], row["measure"], row["period"]): row for row in rows_of(folder, "attendance")}
        assert rows["01-0401-Elementary", "attendance", "2018-07-01"]["numerator"] == "51237.5"
        assert len(list((folder / "imports/attendance").glob("*.json"))) == 2


class TestReport:
    """A new workspace, seven books, and pages."""

    def test_from_books_to_pages(self, books: list[Path], tmp_path: Path) -> None:
        folder = tmp_path / "colorado"
        assert pdsa("new", folder).code == 0
        assert take(books, folder).code == 0
        checked = pdsa("check", folder)
        assert checked.code == 0, checked
        assert "1,845 rows of observations" in checked.out
        made = pdsa("report", folder, "--out", tmp_path / "out", "--only", "0010")
        assert made.code == 0, made
        page = Path(made.out.splitlines()[-1])
        assert page.is_file()
        assert "Mapleton 1" in page.read_text(encoding="utf-8")
