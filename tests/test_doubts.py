"""What is no mistake and may not be meant: a measure of which no file has a row any more, a day in years to come."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pdsa.publish import write_manifest
from pdsa.runner import make_reports, plan_run
from pdsa.runner.doubtful import doubtful
from pdsa.runner.manifest import sealed
from pdsa.workspace import open_workspace
from pdsa.workspace.review import review
from test_placing import Ready
from test_workspace import write_mini

SILENT = "The measure minutes has no row in any file: was a file moved or renamed, or is it to come?"
LOST = (
    "The measure minutes had values in the last run, and no file has any now: pages that are made from these files say "
    "that there are no data. Was a file moved, renamed or emptied? Put it back, and run the same command again."
)


def pdsa(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pdsa", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """Three schools, and a file for each of two measures."""
    folder = write_mini(tmp_path / "net")
    with (folder / "params/mini.yaml").open("a") as file:
        file.write("audiences: [team, coach]\n")
    return folder


class TestMeasuresWithoutARow:
    def test_all_have_rows(self, network: Path) -> None:
        assert review(network).warnings == ()
        assert doubtful(network / "none", plan_run(network)) == ()

    def test_check_names_them_and_is_content(self, network: Path) -> None:
        (network / "observations/minutes.csv").rename(network / "minutes.csv")
        answer = pdsa("check", network)
        first, second, *_ = answer.stdout.splitlines()
        assert answer.returncode == 0
        assert first.startswith("No mistake was found, but there is something to look at. Mini")
        assert second == f"  Look at: {SILENT}"
        told = json.loads(pdsa("check", network, "--json").stdout)
        assert told == {"ok": True, "problems": [], "warnings": [SILENT]}

    def test_check_names_them_beside_mistakes_but_not_where_a_file_may_have_their_rows(self, network: Path) -> None:
        (network / "observations/minutes.csv").unlink()
        with (network / "schools.csv").open("a") as file:
            file.write("007,Again,East,\n")
        found = review(network)
        assert ([one.file for one in found.found], found.warnings) == (["schools.csv"], (SILENT,))
        (network / "observations/zeal.csv").write_bytes(b"\x00")
        assert review(network).warnings == ()

    def test_a_new_network_is_told_once_that_it_has_no_rows(self, network: Path) -> None:
        for file in (network / "observations").iterdir():
            file.unlink()
        assert review(network).warnings == ()

    def test_a_report_says_it_and_is_made(self, network: Path, tmp_path: Path) -> None:
        (network / "observations/minutes.csv").unlink()
        answer = pdsa("report", network, "--out", tmp_path / "out", "--dry-run")
        assert (answer.returncode, answer.stderr) == (0, f"{SILENT}\n")

    def test_what_the_last_run_had_is_told_in_stronger_words(self, network: Path, tmp_path: Path) -> None:
        run = make_reports(plan_run(network), tmp_path / "out", pool=Ready())
        file = network / "observations/minutes.csv"
        header, *rows = file.read_text().splitlines()
        emptied = [f"{row.rpartition(',')[0]}," for row in rows]
        for text in (None, "\n".join([header, *emptied, ""])):
            file.unlink() if text is None else file.write_text(text)
            assert doubtful(run.folder, plan_run(network)) == (LOST,)
        make_reports(plan_run(network), tmp_path / "out", pool=Ready())
        assert doubtful(run.folder, plan_run(network)) == ()  # there are rows, and no page had a number of it

    def test_verdicts_of_the_last_run_tell_it_too(self, network: Path, tmp_path: Path) -> None:
        (network / "observations/minutes.csv").unlink()
        for verdicts, told in (
            ({"minutes": "common_cause"}, LOST),
            ({"minutes": "no_data", "zeal": "concern"}, SILENT),
            ([], SILENT),
        ):
            write_manifest(tmp_path / "manifest.json", sealed({"reports": [{"verdicts": verdicts}, None]}))
            assert doubtful(tmp_path, plan_run(network)) == (told,)

    def test_rows_that_were_set_apart_may_be_of_it(self, network: Path) -> None:
        file = network / "observations/minutes.csv"
        file.write_text("school,measure,period,value\n007,minutes,soon,12\n")
        assert open_workspace(network, apart=True).doubts.silent() == SILENT.replace(
            "any file", "any file that can be used"
        )

    def test_many_are_counted(self, network: Path) -> None:
        with (network / "measures.csv").open("a") as file:
            file.writelines(f"m{k},M{k},outcome,continuous,minutes,down,week,M,,,1,,i,12\n" for k in range(8))
        assert review(network).warnings == (
            "The measures m0, m1, m2, m3, m4, m5 and 2 more have no row in any file: was a file moved or renamed, or "
            "is it to come?",
        )


def settle(network: Path, as_of: str) -> None:
    with (network / "params/mini.yaml").open("a") as file:
        file.write(f"as_of: {as_of}\n")


def mistype(network: Path, name: str, row: int, day: str) -> None:
    """Write another day into a row of a file of observations."""
    file = network / f"observations/{name}.csv"
    lines = file.read_text().splitlines()
    school, measure, _, *rest = lines[row - 1].split(",")
    lines[row - 1] = ",".join((school, measure, day, *rest))
    file.write_text("\n".join([*lines, ""]))


class TestDaysToCome:
    """The rows of the network are of 24 weeks from 2025-09-01 to 2026-02-09."""

    def test_a_row_after_as_of_is_told_by_both(self, network: Path, tmp_path: Path) -> None:
        settle(network, "2026-02-13")
        assert review(network).warnings == ()
        mistype(network, "zeal", 25, "2029-11-26")
        place = "zeal.csv, row 25, of 2029-11-26"
        one = f"1 row lies after as_of (2026-02-13) and is in no report: {place}. Is its day right?"
        assert review(network).warnings == (f"params/mini.yaml: {one}",)
        answer = pdsa("report", network, "--out", tmp_path / "out", "--dry-run")
        assert (answer.returncode, answer.stderr) == (0, f"{one}\n")

    def test_of_many_rows_the_first_and_the_latest_are_named(self, network: Path) -> None:
        settle(network, "2026-02-02")
        mistype(network, "zeal", 26, "2029-11-26")
        many = (
            "7 rows lie after as_of (2026-02-02) and are in no report: the first is minutes.csv, row 25; the latest "
            "day is 2029-11-26 (zeal.csv, row 26). Are these days right?"
        )
        assert review(network).warnings == (f"params/mini.yaml: {many}",)
        assert open_workspace(network).doubts.later == many

    def test_rows_that_the_settings_leave_out_are_not_missed(self, network: Path) -> None:
        settle(network, "2026-02-02")
        with (network / "params/mini.yaml").open("a") as file:
            file.write("select: {last_day: 2026-01-31}\n")
        assert review(network).warnings == ()
        assert open_workspace(network).doubts.later == ""

    def test_a_last_period_that_stands_alone_is_told_where_no_day_is_known(self, network: Path) -> None:
        mistype(network, "minutes", 25, "2027-02-08")  # 364 days after the last
        assert review(network).warnings == ()
        mistype(network, "minutes", 25, "2029-11-26")
        assert review(network).warnings == (
            "The last period of the measure minutes, 2029-11-26, stands alone, more than a year after the one before, "
            "2026-02-09: minutes.csv, row 25. Is the year right?",
        )
        assert doubtful(network / "none", plan_run(network)) == ()

    def test_school_years_lie_a_year_apart(self, network: Path) -> None:
        text = (network / "measures.csv").read_text().replace("minutes,down,week", "minutes,down,year")
        (network / "measures.csv").write_text(text)
        file = network / "observations/minutes.csv"
        for last, told in (("2025-09-08", 0), ("2029-09-03", 1)):
            rows = [f"007,minutes,{day},12" for day in ("2023-09-04", "2024-09-02", last)]
            file.write_text("\n".join(["school,measure,period,value", *rows, ""]))
            assert len(review(network).warnings) == told
