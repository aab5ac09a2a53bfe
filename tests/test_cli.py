"""The command as people type it, with its mistakes: what it prints, what it returns, what it leaves on the disk."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = (
    *("pandas", "numpy", "papermill", "nbformat", "jinja2", "plotnine", "IPython", "scipy", "statsmodels"),
    *("pydantic", "matplotlib", "nbclient", "jsonschema", "rfc3987_syntax", "sqlalchemy", "distributed"),
)
TIMEOUT = 120


def pdsa(*arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pdsa", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=TIMEOUT, check=False)


@pytest.fixture
def network(example: Path, tmp_path: Path) -> Path:
    """A copy of the example that a test may spoil."""
    return Path(shutil.copytree(example, tmp_path / "network"))


def change(path: Path, old: str, new: str) -> None:
    """Replace the first place where a text stands."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def refused(network: Path, *more: object) -> str:
    """What `pdsa report` says when the input is wrong, after checking that it left nothing behind."""
    before = sorted(network.rglob("*"))
    out = network.parent / "out"
    answer = pdsa("report", network / "params/example.yaml", "--out", out, *more)
    assert answer.returncode == 2, answer
    assert answer.stdout == ""
    assert "Traceback" not in answer.stderr
    assert "  Next: " in answer.stderr
    assert not out.exists()
    assert sorted(network.rglob("*")) == before
    return answer.stderr


def apart(network: Path) -> str:
    """What it says when rows of some schools are wrong: their reports are not made."""
    answer = pdsa("report", network, "--dry-run", "--out", network.parent / "out")
    assert answer.returncode == 1, answer
    assert "no report of this school is made; those of the others are." in answer.stderr
    assert "  Next: fix these rows in the spreadsheet" in answer.stderr
    return answer.stderr


class TestHelp:
    def test_the_commands_are_listed(self) -> None:
        answer = pdsa("--help")
        assert (answer.returncode, answer.stderr) == (0, "")
        listed = [line.split()[0] for line in answer.stdout.partition("Commands:")[2].strip().splitlines()]
        assert {"check", "example", "lab", "new", "report"} <= set(listed)
        assert listed == sorted(listed)

    @pytest.mark.parametrize("command", ["", "check", "example", "import", "lab", "log", "new", "report", "run-one"])
    def test_help_loads_nothing_heavy(self, command: str) -> None:
        code = (
            "import sys; from pdsa.cli import pdsa\n"
            f"pdsa({[*command.split(), '--help']!r}, standalone_mode=False)\n"
            f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
        )
        answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
        assert answer.stderr == "[]\n"
        assert answer.stdout.startswith("Usage: ")

    def test_version(self) -> None:
        answer = pdsa("--version")
        assert (answer.returncode, answer.stdout) == (0, "pdsa, version 0.1.0\n")

    def test_the_installed_command_is_the_same(self) -> None:
        script = Path(sys.executable).with_name("pdsa")
        if not script.exists():
            pytest.skip("pdsa is not installed beside this interpreter: pip install -e .")
        answer = subprocess.run([script, "--help"], capture_output=True, text=True, timeout=60, check=True)
        assert answer.stdout == pdsa("--help").stdout.replace("python -m pdsa", "pdsa")

    @pytest.mark.parametrize("arguments", [("repot",), ("report",), ("report", "x.yaml", "--worker", "2")])
    def test_a_wrong_call_is_code_2(self, arguments: tuple[str, ...]) -> None:
        answer = pdsa(*arguments)
        assert answer.returncode == 2
        assert answer.stderr.startswith("Usage: ")
        assert "Error: " in answer.stderr


class TestExample:
    def test_it_says_what_to_do_next(self, tmp_path: Path) -> None:
        answer = pdsa("example", "net", "--schools", "2", cwd=tmp_path)
        assert (answer.returncode, answer.stderr) == (0, "")
        first, last = answer.stdout.splitlines()
        assert first == "17 files of an invented network in net; TRUTH.csv says what was planted."
        assert last == f"Next: pdsa report {Path('net/params/example.yaml')}"
        assert (tmp_path / "net/network.yaml").is_file()

    def test_a_folder_of_somebody_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "mine.txt").write_text("mine")
        answer = pdsa("example", tmp_path)
        assert (answer.returncode, answer.stdout) == (2, "")
        assert "mine.txt: found something that is no unchanged file of the example" in answer.stderr
        assert "Next: name a new or empty folder." in answer.stderr
        assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


class TestDryRun:
    def test_every_report_is_listed_and_nothing_written(self, example: Path, tmp_path: Path) -> None:
        answer = pdsa("report", example, "--out", tmp_path / "out", "--only", "0107", "--dry-run")
        assert (answer.returncode, answer.stderr) == (0, "")
        assert answer.stdout.splitlines() == [
            "would be made  team, 0107",
            "would be made  team, 0107, improvement log",
            "would be made  district, 0107",
            f"3 reports in {tmp_path / 'out' / 'example'}: 3 would be made; nothing was written.",
        ]
        assert list(tmp_path.iterdir()) == []

    def test_what_is_left_out_is_told(self, network: Path) -> None:
        change(network / "schools.csv", ",Juniper", ",")
        answer = pdsa("report", network, "--dry-run", "--quiet")
        assert answer.returncode == 0
        assert "left out: network: 1 of 24 schools have no pseudonym in schools.csv" in answer.stdout
        assert "network report for the network" not in answer.stdout


class TestRowsMistakes:
    """`pdsa report` names what is wrong in a file as `pdsa check` does: in one line, though it is in every row."""

    def same(self, network: Path, told: str) -> str:
        """The line of both commands, without the folder of the file."""
        assert told in pdsa("check", network).stdout
        return f"  attendance.csv, {told}"

    def test_zeros_that_were_lost(self, network: Path) -> None:
        file = network / "observations/attendance.csv"
        file.write_text(file.read_text("utf-8").replace("\n0107,", "\n107,"), "utf-8")
        rows = file.read_text("utf-8").count("\n107,")
        told = (
            f"{rows} rows, school: rows 2-{rows + 1}: found 107 written for 0107 in {rows} rows, "
            "expected 0107: the zeros at its beginning were lost."
        )
        assert refused(network).splitlines() == [
            "attendance.csv: 1 problem found; no report was started.",
            self.same(network, told),
            "  Next: format the column as text in the spreadsheet, write the zeros again, and run the same command "
            "again.",
        ]

    @pytest.mark.parametrize("schools", ["every", "one"])
    def test_dates_of_the_united_states(self, network: Path, schools: str) -> None:
        file = network / "observations/attendance.csv"
        of = "0107" if schools == "one" else "[0-9]+"
        file.write_text(
            re.sub(rf"(?m)^({of}),attendance,(\d+)-(\d+)-(\d+)", r"\1,attendance,\3/\4/\2", file.read_text("utf-8"))
        )
        answer = pdsa("report", network, "--dry-run", "--out", network.parent / "out")
        assert answer.returncode == (1 if schools == "one" else 2)
        first, line, step = answer.stderr.splitlines()
        assert first.startswith(
            "0107, Tarnwick High School: 1 problem" if schools == "one" else "attendance.csv: 1 problem"
        )
        assert line == self.same(network, line.partition("attendance.csv, ")[2])
        assert "rows, period: rows 2-" in line and line.endswith(" other texts, expected a date such as 2025-10-13.")
        assert step == "  Next: fix these rows in the spreadsheet, save as CSV, run the same command again."

    def test_the_columns_that_are_told_are_those_of_the_file(self, network: Path) -> None:
        (network / "observations/x.csv").write_text("school,measure,source\n0107,attendance,a.csv\n", "utf-8")
        for told in (apart(network), pdsa("check", network).stdout):
            assert "header: found the columns school, measure, source, expected also a column period." in told


class TestParamsMistakes:
    def test_a_misspelled_key(self, network: Path) -> None:
        change(network / "params/example.yaml", "audiences:", "audience:")
        told = refused(network)
        assert told.startswith("example.yaml: 1 problem found; no report was started.")
        assert "audience: found an unknown key, expected audiences perhaps?" in told

    def test_a_misspelled_school(self, network: Path) -> None:
        told = refused(network, "--only", "0107", "--only", "010")
        assert told.startswith("example.yaml: 1 problem found")
        assert "found '010', expected 0107 perhaps?" in told

    def test_a_misspelled_school_in_a_dry_run(self, network: Path) -> None:
        assert "'107'" in refused(network, "--only", "107", "--dry-run")

    def test_no_such_file(self, network: Path) -> None:
        answer = pdsa("report", network / "params/exmaple.yaml", "--out", network.parent / "out")
        assert answer.returncode == 2
        assert "exmaple.yaml" in answer.stderr
        assert "found nothing there, expected a params file" in answer.stderr
        assert "Next: " in answer.stderr

    def test_a_folder_without_params(self, tmp_path: Path) -> None:
        answer = pdsa("report", tmp_path)
        assert answer.returncode == 2
        assert "found 0 files in params/, expected a params file" in answer.stderr

    def test_a_word_for_a_number_and_a_wrong_audience_at_once(self, network: Path) -> None:
        change(network / "params/example.yaml", "workers: 2", "workers: two")
        change(network / "params/example.yaml", "coach,", "coaches,")
        told = refused(network)
        assert told.startswith("example.yaml: 2 problems found")
        assert "workers: found 'two'" in told
        assert "found 'coaches'" in told

    def test_public_is_refused(self, network: Path) -> None:
        change(network / "params/example.yaml", "[team, coach, district, network]", "[public]")
        assert "found 'public'" in refused(network)

    @pytest.mark.parametrize("text", ["", "- a\n", "schema: 1\nschema: 1\n", "a: &x [*x]\n", "a: 'b\n", "\x00"])
    def test_what_is_no_params_file(self, network: Path, text: str) -> None:
        (network / "params/example.yaml").write_text(text)
        assert refused(network).startswith("example.yaml: ")


class TestDataMistakes:
    """Row numbers are those that the spreadsheet shows: the heading is row 1."""

    def test_numerators_above_denominators(self, network: Path) -> None:
        change(
            network / "observations/attendance.csv",
            "0107,attendance,2024-09-02,91,118",
            "0107,attendance,2024-09-02,191,118",
        )
        told = apart(network)
        assert told.startswith("0107, Tarnwick High School: 1 problem found; ")
        assert "attendance.csv, row 3, numerator: found 191 of 118, expected a " in told

    def test_several_files_at_once(self, network: Path) -> None:
        change(network / "observations/attendance.csv", "2024-08-26,92,118", "2024-08-26,9Z,118")
        change(network / "observations/on_track.csv", "2024-08-26", "26/08/2024")
        told = apart(network)
        assert "attendance.csv, row 2, numerator: found 9Z, expected " in told
        assert "on_track.csv, row 2, period: found 26/08/2024, expected a date such as 2025" in told

    def test_an_empty_file(self, network: Path) -> None:
        (network / "observations/on_track.csv").write_bytes(b"")
        told = refused(network)
        assert "on_track.csv" in told
        assert "found" in told
        assert "expected" in told

    def test_a_corrupt_file(self, network: Path) -> None:
        (network / "observations/on_track.csv").write_bytes(b"school,measure\x00\xff\xfe\n" + os.urandom(64))
        assert "on_track.csv" in refused(network)

    def test_a_cut_off_file(self, network: Path) -> None:
        path = network / "observations/on_track.csv"
        path.write_text(path.read_text(encoding="utf-8")[:-20] + '"0268,on_tr', encoding="utf-8")
        assert "on_track.csv" in refused(network)

    def test_a_missing_file(self, network: Path) -> None:
        (network / "measures.csv").unlink()
        told = refused(network)
        assert told.startswith("measures.csv: 1 problem found; no report was started.")
        assert "the file: found nothing at" in told

    def test_no_observations(self, network: Path) -> None:
        shutil.rmtree(network / "observations")
        assert "observations/: found no .csv file, expected a file of observations." in refused(network)

    def test_a_folder_of_data_beside_a_workspace(self, network: Path) -> None:
        told = refused(network, "--data", "/nonexistent")
        assert (
            "--data: found the folder /nonexistent, expected no folder: the rows of a workspace lie in its obs" in told
        )

    def test_an_unknown_school_in_the_data(self, network: Path) -> None:
        change(network / "schools.csv", "0107,", "0170x,")
        told = refused(network)
        assert "attendance.csv, 76 rows, school: rows 2-77: found 0107 in 76 rows, expected a school id of this" in told

    def test_a_second_row_for_a_week(self, network: Path) -> None:
        path = network / "observations/attendance.csv"
        path.write_text(
            path.read_text(encoding="utf-8") + "0107,attendance,2024-09-02,91,118,reported\n", encoding="utf-8"
        )
        assert "row 3" in apart(network)

    def test_a_remark_about_an_unknown_measure(self, network: Path) -> None:
        change(network / "annotations.csv", "0198,attendance", "0198,attendence")
        assert "'attendence', expected attendance perhaps?" in refused(network)


class TestForeignFiles:
    PARAMS = """
schema: 1
name: foreign
network: {id: n, name: N}
measures:
  - {id: m, name: M, type: outcome, data_type: proportion, unit: "%", direction: up, frequency: week, definition: d}
inputs:
  - {files: "*.tar.xz", format: xml, row: item, fields: {school: S, period: P, value: V}, measure: m}
"""

    @pytest.mark.parametrize("content", [b"", b"no archive at all", b"\xfd7zXZ\x00" + bytes(100)])
    def test_a_corrupt_archive(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "p.yaml").write_text(self.PARAMS)
        (tmp_path / "data").mkdir()
        (tmp_path / "data/days.tar.xz").write_bytes(content)
        answer = pdsa("report", tmp_path / "p.yaml", "--data", tmp_path / "data", "--out", tmp_path / "out")
        assert answer.returncode == 2, answer
        assert "days.tar.xz" in answer.stderr
        assert "found" in answer.stderr
        assert "expected" in answer.stderr
        assert "Next: " in answer.stderr
        assert "Traceback" not in answer.stderr
        assert not (tmp_path / "out").exists()

    def test_a_folder_without_the_files(self, tmp_path: Path) -> None:
        (tmp_path / "p.yaml").write_text(self.PARAMS)
        answer = pdsa("report", tmp_path / "p.yaml", "--data", tmp_path / "nothing", "--out", tmp_path / "out")
        assert answer.returncode == 2
        assert "*.tar.xz" in answer.stderr
        assert not (tmp_path / "out").exists()


class TestReport:
    def test_the_last_lines_are_the_indexes(self, network: Path) -> None:
        change(network / "params/example.yaml", "[team, coach, district, network]", "[coach, district]")
        change(network / "params/example.yaml", "schema: 1\n", 'schema: 1\nselect: {schools: ["0184"]}\n')
        out = network.parent / "out"
        answer = pdsa("report", network, "--out", out, "--workers", "2")
        assert (answer.returncode, answer.stderr) == (0, "")
        lines = answer.stdout.splitlines()
        indexes = [out / "example" / audience / "index.html" for audience in ("coach", "district")]
        assert lines[-2:] == [str(one) for one in indexes]
        assert all(path.is_file() for path in indexes)
        assert [line[:5] for line in lines[:-4]] == ["[1/4]", "[2/4]", "[3/4]", "[4/4]"]
        assert lines[-4].startswith("4 reports made, 0 failed; ")
        assert lines[-3].startswith("Reading the data took ")

    def test_an_output_folder_that_is_a_file(self, example: Path, tmp_path: Path) -> None:
        (tmp_path / "out").write_text("a file")
        answer = pdsa("report", example, "--out", tmp_path / "out", "--only", "0184")
        assert answer.returncode == 2
        assert "Traceback" not in answer.stderr
        assert str(tmp_path / "out") in answer.stderr
        assert (tmp_path / "out").read_text() == "a file"
