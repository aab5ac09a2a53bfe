"""Real files of three publishers through `pdsa import` alone: the numbers of their READMEs, and nothing in silence.

The expected numbers stand in the READMEs beside the files, or were counted in the raw files by other means than pdsa.
"""

from __future__ import annotations

import csv
import json
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
