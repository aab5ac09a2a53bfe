"""`pdsa import` as people type it: questions at a terminal, one object for programs, and an end at any moment."""

from __future__ import annotations

import contextlib
import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pdsa import cli, ledger, publish
from pdsa.errors import InputError
from pdsa.params.mappings import MappingModel, mapping_text
from pdsa.records.imports import Mapping, MeasureColumns, StudentRows
from pdsa.workspace.additions import declared
from pdsa.workspace.files import form
from pdsa.workspace.shown import collected
from pdsa.workspace.versions import observations_frame

AS_OF = ("--as-of", "2026-01-31")
HEAD = "School Number,School Name,Month,Chronic Absentee Cnt,Chronic Absentee Denom"
MONTHS = ("2025-09", "2025-10", "2025-11", "2025-12")


def line(school: int, month: int, more: int = 0) -> str:
    return f"{school:04d},School {school},{MONTHS[month]},{school + 3 * month % 5 + more},{40 + school}"


def sheet(path: Path, lines: Sequence[str], head: str = HEAD) -> Path:
    path.write_text("\n".join([head, *lines, ""]), encoding="utf-8")
    return path


ROWS = [line(school, month) for school in range(1, 9) for month in range(4)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace."""
    made = tmp_path / "net"
    made.mkdir()
    (made / "network.yaml").write_text("id: net\nname: Network\n", encoding="utf-8")
    return made


def run(*arguments: object, typed: str | None = None) -> Result:
    """The command in this process; a refusal is the result's exception."""
    return CliRunner().invoke(cli.pdsa, ["import", *map(str, arguments)], input=typed)


def done(result: Result) -> str:
    assert result.exception is None, result.exception
    assert result.exit_code == 0
    return result.output


def refusal(result: Result) -> InputError:
    assert isinstance(result.exception, InputError), result
    return result.exception


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()
    }


def observations(folder: Path, name: str = "absence") -> list[dict[str, str]]:
    with (folder / "observations" / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class TestOnce:
    """A file that asks nothing."""

    def test_what_is_written(self, folder: Path, tmp_path: Path) -> None:
        out = done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", *AS_OF))
        (entry,) = ledger.entries(folder, "absence")
        assert list(tree(folder)) == [
            f"imports/absence/{entry.version}.csv",
            f"imports/absence/{entry.version}.json",
            "mappings/absence.yaml",
            "measures.csv",
            "network.yaml",
            "observations/absence.csv",
            "schools.csv",
        ]
        assert "1 table, 32 rows read; 32 observations of 8 schools." in out
        assert (
            "chronic_absence: 32 rows (32 reported); 4 periods, 2025-09-01 to 2025-12-01; 8 of 8 series complete" in out
        )
        assert "new in the workspace: 8 schools; measures chronic_absence" in out
        assert out.endswith(f"Next: pdsa check {folder}\n")
        assert dict(entry.counts) == {"read": 32, "stored": 32, "reported": 32}
        assert (entry.as_of.isoformat(), entry.sequence) == ("2026-01-31", 1)

    def test_rows_name_their_place(self, folder: Path, tmp_path: Path) -> None:
        done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", *AS_OF))
        first = observations(folder)[0]
        assert (first["school"], first["source"], first["row"]) == ("0001", "absence.csv", "2")
        assert (first["value"], first["numerator"], first["denominator"]) == ("", "1", "41")

    def test_dry_run_writes_nothing(self, folder: Path, tmp_path: Path) -> None:
        before = tree(folder)
        for more in ((), ("--json",)):
            out = done(
                run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", "--dry-run", *more, *AS_OF)
            )
            assert tree(folder) == before
        assert json.loads(out)["ok"] is True
        assert "stored" not in json.loads(out)

    def test_json_is_one_object(self, folder: Path, tmp_path: Path) -> None:
        out = done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--json", *AS_OF))
        found = json.loads(out)
        assert (found["ok"], found["stored"], found["mapping"]) == (True, True, "absence")
        assert found["counts"] == {"read": 32, "stored": 32, "reported": 32}
        assert found["revision"] == {"added": 32, "changed": 0, "withdrawn": 0, "unchanged": 0, "kept": 0}
        assert (found["problems"], found["questions"]) == ([], [])

    def test_no_workspace(self, tmp_path: Path) -> None:
        error = refusal(run(sheet(tmp_path / "absence.csv", ROWS), "--into", tmp_path / "nowhere", "--batch"))
        assert "no network.yaml" in str(error)
        assert "pdsa new" in error.next_step
        assert not (tmp_path / "nowhere").exists()

    def test_no_file(self, folder: Path, tmp_path: Path) -> None:
        before = tree(folder)
        error = refusal(run(tmp_path / "absent.csv", "--into", folder, "--batch"))
        assert "absent.csv" in str(error)
        assert tree(folder) == before

    def test_exit_codes(self, folder: Path, tmp_path: Path) -> None:
        """0 done, 2 refused or asked, as a shell sees them."""
        good, bad = sheet(tmp_path / "absence.csv", ROWS), sheet(tmp_path / "odd.csv", [*ROWS, "0009,S,soon,1,40"])
        command = [sys.executable, "-m", "pdsa", "import", "--into", str(folder), "--batch"]
        assert subprocess.run([*command, str(good)], capture_output=True, check=False).returncode == 0
        ran = subprocess.run([*command, str(bad)], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "odd.csv, row 34, Month: found 'soon'" in ran.stderr
        ran = subprocess.run([*command, str(bad), "--json"], capture_output=True, text=True, check=False)
        assert (ran.returncode, ran.stderr) == (2, "")
        assert json.loads(ran.stdout)["problems"][0]["place"] == "odd.csv, row 34, Month"


YEARS = [
    f"{school:04d},School {school},{year},{school + 3 * year % 5},{40 + school}"
    for school in range(1, 9)
    for year in range(2020, 2025)
]


class TestQuestions:
    """A year alone may be its beginning, its end or a calendar year."""

    def asked(self, tmp_path: Path) -> Path:
        return sheet(tmp_path / "absence.csv", YEARS, HEAD.replace("Month", "Year"))

    def test_in_batch_they_are_an_error_with_the_answers(self, folder: Path, tmp_path: Path) -> None:
        before = tree(folder)
        error = refusal(run(self.asked(tmp_path), "--into", folder, "--batch", *AS_OF))
        (problem,) = error.problems
        assert problem.place == "absence.csv, Year"
        assert "2020" in problem.found
        assert "--answer 'year=end'" in problem.expected
        assert "'year=start'" in problem.expected
        assert "--answer 'year=" in error.next_step
        assert tree(folder) == before

    def test_in_json_they_are_listed(self, folder: Path, tmp_path: Path) -> None:
        result = run(self.asked(tmp_path), "--into", folder, "--json", *AS_OF)
        assert result.exit_code == 2
        found = json.loads(result.output)
        (question,) = found["questions"]
        assert (found["ok"], question["key"], sorted(question["choices"])) == (
            False,
            "year",
            ["calendar", "end", "start"],
        )
        assert {"place", "found", "ask"} <= set(question)

    @pytest.mark.parametrize(
        ("word", "first"), [("end", "2019-07-01"), ("start", "2020-07-01"), ("calendar", "2020-01-01")]
    )
    def test_an_answer_is_kept(self, word: str, first: str, folder: Path, tmp_path: Path) -> None:
        file = self.asked(tmp_path)
        done(run(file, "--into", folder, "--batch", "--answer", f"year={word}", *AS_OF))
        assert observations(folder)[0]["period"] == first
        more = sheet(tmp_path / "absence.csv", [*YEARS, "0009,School 9,2024,3,40"], HEAD.replace("Month", "Year"))
        out = done(run(more, "--into", folder, "--batch", *AS_OF))
        assert "1 added, 0 changed, 0 withdrawn, 40 unchanged, 0 kept" in out

    def test_at_a_terminal_they_are_asked(self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
        out = done(run(self.asked(tmp_path), "--into", folder, *AS_OF, typed="maybe\nend\n"))
        assert "absence.csv, Year: 2020, 2021, 2022, 2023" in out
        assert "end: 2017 is the school year 2016-17" in out
        assert "'maybe' is not one of" in out
        assert observations(folder)[0]["period"] == "2019-07-01"
        assert "year: end" in (folder / "mappings/absence.yaml").read_text(encoding="utf-8")

    def test_which_column_and_which_measure_at_a_terminal(
        self, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("click.testing._NamedTextIOWrapper.isatty", lambda self: True, raising=False)
        lines = [f"{school:04d},{month},{school % 5 + 0.5},{school % 4}" for school in range(1, 9) for month in MONTHS]
        file = sheet(tmp_path / "points.csv", lines, "School,Month,Points,Other")
        done(run(file, "--into", folder, *AS_OF, typed="Points\npoints\nup\n"))
        assert {row["measure"] for row in observations(folder, "points")} == {"points"}
        assert observations(folder, "points")[0]["value"] == "1.5"

    def test_a_wrong_choice_is_refused_with_the_right_ones(self, folder: Path, tmp_path: Path) -> None:
        before = tree(folder)
        error = refusal(run(self.asked(tmp_path), "--into", folder, "--batch", "--answer", "year=banana", *AS_OF))
        (problem,) = error.problems
        assert (problem.place, problem.found) == ("--answer year", "'banana'")
        assert "end, start, calendar" in problem.expected
        assert tree(folder) == before

    def test_an_answer_that_is_none(self, folder: Path, tmp_path: Path) -> None:
        result = run(self.asked(tmp_path), "--into", folder, "--batch", "--answer", "end")
        assert result.exit_code == 2
        assert "is no KEY=CHOICE" in result.output

    def test_another_answer_later_replaces_the_rows(self, folder: Path, tmp_path: Path) -> None:
        file = self.asked(tmp_path)
        done(run(file, "--into", folder, "--batch", "--answer", "year=start", *AS_OF))
        done(run(file, "--into", folder, "--batch", "--answer", "year=end", *AS_OF))
        rows = observations(folder)
        assert len(rows) == 40
        assert sorted({row["period"] for row in rows}) == [f"{year}-07-01" for year in range(2019, 2024)]


class TestNoticed:
    """What is seen only once the rows are complete is told as well."""

    def test_a_running_total_that_falls(self, folder: Path, tmp_path: Path) -> None:
        present = [90 * week for week in range(1, 13)]
        present[6] = 100
        weeks = [f"2025-{9 + day // 30:02d}-{day % 30 + 1:02d}" for day in range(0, 84, 7)]
        rows = [f"0001,{week},{count},{110 * n}" for n, (week, count) in enumerate(zip(weeks, present, strict=True), 1)]
        file = sheet(tmp_path / "run.csv", rows, "School ID,Week,Days Present,Days Enrolled")
        told = done(run(file, "--into", folder, "--batch", "--answer", "cumulative:attendance=yes", *AS_OF))
        assert "run.csv, row 8, 0001, attendance" in told
        assert "the running numerator falls from 540 to 100" in told
        assert "denominators rise through the year" in told


class TestAgain:
    """What comes back."""

    def test_the_same_file_is_nothing_new(self, folder: Path, tmp_path: Path) -> None:
        file = sheet(tmp_path / "absence.csv", ROWS)
        done(run(file, "--into", folder, "--batch", *AS_OF))
        before = tree(folder)
        assert "Nothing new" in done(run(file, "--into", folder, "--batch", "--as-of", "2026-02-28"))
        assert tree(folder) == before

    def test_a_revision_is_reported(self, folder: Path, tmp_path: Path) -> None:
        done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", *AS_OF))
        lines = [line(2, 1, 7) if one == line(2, 1) else one for one in ROWS if one != line(3, 2)]
        out = done(run(sheet(tmp_path / "absence.csv", [*lines, line(9, 0)]), "--into", folder, "--batch", *AS_OF))
        assert "Since the last import: 1 added, 1 changed, 0 withdrawn, 30 unchanged, 1 kept" in out
        assert "0002, chronic_absence, 2025-10-01: was 5 of 42, is 12 of 42" in out
        assert [(one.sequence, dict(one.revision)["changed"]) for one in ledger.entries(folder)] == [(1, 0), (2, 1)]

    def test_rows_typed_by_hand_are_not_written_over(self, folder: Path, tmp_path: Path) -> None:
        done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", *AS_OF))
        path = folder / "observations/absence.csv"
        path.write_text(path.read_text(encoding="utf-8").replace(",41,", ",42,", 1), encoding="utf-8")
        before = tree(folder)
        error = refusal(run(sheet(tmp_path / "absence.csv", [*ROWS, line(9, 0)]), "--into", folder, "--batch", *AS_OF))
        assert "changes by hand" in str(error)
        assert tree(folder) == before

    def test_an_earlier_day_is_refused(self, folder: Path, tmp_path: Path) -> None:
        done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", *AS_OF))
        before = tree(folder)
        more = sheet(tmp_path / "absence.csv", [*ROWS, line(9, 0)])
        error = refusal(run(more, "--into", folder, "--batch", "--as-of", "2025-12-31"))
        assert "2026-01-31 or later" in str(error)
        assert tree(folder) == before

    def test_a_day_after_which_nothing_could_be_known_is_refused(self, folder: Path, tmp_path: Path) -> None:
        before = tree(folder)
        file = sheet(tmp_path / "absence.csv", ROWS)
        error = refusal(run(file, "--into", folder, "--batch", "--as-of", "9999-12-31"))
        assert str(error).splitlines() == [
            "pdsa import: 1 problem found; nothing was imported.",
            "  --as-of: found 9999-12-31, expected a day of the years 1900 to 2199.",
            "  Next: give --as-of the day on which these numbers were known, or leave it out: then it is today.",
        ]
        assert tree(folder) == before

    def test_columns_that_were_added_to_the_workspaces_files_stay(self, folder: Path, tmp_path: Path) -> None:
        (folder / "schools.csv").write_text("id,pseudonym,name\n0001,Oak,First\n", encoding="utf-8")
        done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", *AS_OF))
        lines = (folder / "schools.csv").read_text(encoding="utf-8").splitlines()
        assert lines[:3] == ["id,pseudonym,name", "0001,Oak,First", "0002,,School 2"]
        assert [one.id for one in declared(folder).schools] == [f"{number:04d}" for number in range(1, 9)]

    def test_versions_are_read_back_with_ids_as_text(self) -> None:
        head = "school,measure,period,value,numerator,denominator,group_dim,group,status,source,row\n"
        frame = observations_frame(
            f"{head}0010,m,2025-01-01,,1,2,,,reported,a.csv,2\nNA,m,2025-01-01,0.5,,,,,top_coded,a.csv,3\n".encode()
        )
        assert frame["school"].tolist() == ["0010", "NA"]
        assert frame["value"].isna().tolist() == [True, False]
        assert observations_frame(b"").columns.tolist() == head.strip().split(",")


# Whatever ends it


def ended(folder: Path) -> None:
    """The workspace can be read, and its observations are those of one of its versions."""
    assert declared(folder).network.id == "net"
    known = ledger.entries(folder, "absence")
    path = folder / "observations/absence.csv"
    assert publish.digest(path) in {one.charted_sha256 for one in known}
    for one in known:
        assert ledger.version(folder, one)


def kept(folder: Path) -> dict[str, bytes]:
    """The files of a workspace without what a broken write may leave behind."""
    return {name: data for name, data in tree(folder).items() if "/.tmp-" not in f"/{name}"}


@pytest.fixture
def before_and_after(folder: Path, tmp_path: Path) -> tuple[Path, Path, dict[str, bytes]]:
    """A workspace after a first import, the file of the second, and what the second leaves when nothing ends it."""
    done(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch", *AS_OF))
    lines = [line(2, 1, 7) if one == line(2, 1) else one for one in ROWS]
    (tmp_path / "second").mkdir()
    file = sheet(tmp_path / "second" / "absence.csv", [*lines, line(9, 0)])
    clean = Path(shutil.copytree(folder, tmp_path / "clean"))
    done(run(file, "--into", clean, "--batch", *AS_OF))
    return folder, file, kept(clean)


KILLS = int(os.environ.get("PDSA_KILLS", "4"))  # `make bench` kills it twenty times


class Ended(BaseException):
    """The process is gone."""


class TestEnded:
    """Old or new, never a part; the same command finishes it."""

    @pytest.mark.parametrize("renamed", [False, True])
    def test_at_every_write(
        self,
        renamed: bool,
        before_and_after: tuple[Path, Path, dict[str, bytes]],
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        """Before and after each of the renames by which files get their names."""
        folder, file, clean = before_and_after
        replace = Path.replace
        moments = 0
        for moment in range(20):
            copy = Path(shutil.copytree(folder, tmp_path / f"copy-{moment}"))
            count = 0

            def end(self: Path, target: Path, moment: int = moment) -> Path:
                nonlocal count
                count += 1
                if count == moment + 1 and not renamed:
                    raise Ended
                answer = replace(self, target)
                if count == moment + 1:
                    raise Ended
                return answer

            with monkeypatch.context() as patch, contextlib.suppress(Ended):
                patch.setattr(Path, "replace", end)
                run(file, "--into", copy, "--batch", *AS_OF)
            if count <= moment:
                break
            moments += 1
            ended(copy)
            done(run(file, "--into", copy, "--batch", *AS_OF))
            assert kept(copy) == clean
        assert moments >= 4  # schools, mapping, version, entry, observations

    def test_killed_at_any_moment(self, before_and_after: tuple[Path, Path, dict[str, bytes]], tmp_path: Path) -> None:
        folder, file, clean = before_and_after
        chance = random.Random(4)
        command = [sys.executable, "-m", "pdsa", "import", str(file), "--batch", *AS_OF, "--into"]
        whole = Path(shutil.copytree(folder, tmp_path / "whole"))
        began = time.monotonic()
        subprocess.run([*command, str(whole)], capture_output=True, check=True)
        seconds = time.monotonic() - began
        for number in range(KILLS):
            copy = Path(shutil.copytree(folder, tmp_path / f"killed-{number}"))
            child = subprocess.Popen(
                [*command, str(copy)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            time.sleep(seconds * chance.uniform(0.3, 1.0))
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
            ended(copy)
            done(run(file, "--into", copy, "--batch", *AS_OF))
            assert kept(copy) == clean


# The form of a mapping

FULL = Mapping(
    name="full_one-2",
    files=("a*.csv",),
    members="*.xml",
    sheets=("Data", "null"),
    layout="students",
    encoding="cp1252",
    delimiter="\t",
    decimal=",",
    row="item",
    strip=(0x1A, 0x00),
    header_row=5,
    header_rows=2,
    school=(("LEA", "LSS"), ("No", "yes", "0012")),
    school_name=("Name: of school",),
    district=("#1",),
    period=("2016-17",),
    period_from="title file",
    period_format="%d/%m/%Y",
    groups=(("Race", ("Race", "Ethnie é")), ("", ("x",))),
    group_dim=("dim",),
    wholes=("All",),
    measure=("m",),
    status=("s",),
    measures=(MeasureColumns("gpa", ("v",), ("n",), ("d",), "percent", cumulative=True), MeasureColumns("")),
    totals=(("Level", ("state", "~")),),
    marks=(("*", "suppressed"), ("0", "missing")),
    decisions=(("year", "end"), ("mark:-", "missing"), ("use:A b", "1.0")),
    ignored=("- a", "true", "1e3"),
    min_rows=1000,
    students=StudentRows("daily", ("id",), ("code",), absent_codes=("A", "0", "n"), min_days=20),
)


class TestMappings:
    """A mapping as YAML, and back."""

    @pytest.mark.parametrize("mapping", [FULL, Mapping("a"), Mapping("b", measures=(MeasureColumns("gpa", ("v",)),))])
    def test_what_is_written_reads_as_it_was(self, mapping: Mapping, tmp_path: Path) -> None:
        path = tmp_path / "m.yaml"
        path.write_text(mapping_text(mapping), encoding="utf-8")
        assert form(MappingModel, path).record() == mapping
        assert mapping_text(form(MappingModel, path).record()) == mapping_text(mapping)

    def test_one_name_needs_no_brackets(self, tmp_path: Path) -> None:
        path = tmp_path / "m.yaml"
        path.write_text("schema: 1\nname: a\nschool: [[DBN]]\nperiod: Day\n", encoding="utf-8")
        assert form(MappingModel, path).record() == Mapping("a", school=(("DBN",),), period=("Day",))

    @pytest.mark.parametrize(
        ("text", "word"),
        [
            ("schema: 1\nname: a\nschol: [[x]]\n", "schol"),
            ("schema: 2\nname: a\n", "schema"),
            ("name: a\n", "schema"),
            ("schema: 1\nname: ../a\n", "name"),
            ("schema: 1\nname: A b\n", "name"),
            ("schema: 1\nname: a\nlayout: tall\n", "layout"),
            ("schema: 1\nname: a\nmin_rows: -1\n", "min_rows"),
            ("schema: 1\nname: a\nmin_rows: many\n", "min_rows"),
            ("schema: 1\nname: a\nmarks: {x: hidden}\n", "marks"),
            ("schema: 1\nname: a\nstrip: [XY]\n", "strip"),
            ("schema: 1\nname: a\nname: b\n", "name"),
            ("schema: 1\nname: a\nmeasures: [{measure: gpa, scale: half}]\n", "scale"),
            ("schema: 1\nname: a\nperiod: !!python/object/apply:os.system [true]\n", "python"),
            ("schema: 1\nname: a\nperiod: [a, [b]]\n", "period"),
            ("schema: 1\nname: [\n", ""),
            ("- a\n", ""),
            ("\x00", ""),
            ("", ""),
            ("a: &a [x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: [*b, *b, *b, *b, *b, *b, *b, *b]\n", ""),
        ],
    )
    def test_what_is_no_mapping_is_refused_with_its_place(self, text: str, word: str, tmp_path: Path) -> None:
        path = tmp_path / "m.yaml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            form(MappingModel, path)
        assert word in str(caught.value)
        assert caught.value.next_step

    def test_a_mapping_that_is_none_imports_nothing(self, folder: Path, tmp_path: Path) -> None:
        (folder / "mappings").mkdir()
        (folder / "mappings/absence.yaml").write_text("schema: 1\nname: absence\nschol: []\n", encoding="utf-8")
        before = tree(folder)
        error = refusal(run(sheet(tmp_path / "absence.csv", ROWS), "--into", folder, "--batch"))
        assert "schol" in str(error)
        assert tree(folder) == before


class TestShown:
    """What is told of many files is told once."""

    def test_alike_lines(self) -> None:
        lines = [f"A_{year}.csv: commas" for year in range(2009, 2013)] + ["B.csv, row 7: a note", "Year: read"]
        assert collected(lines) == ["A_2009.csv and 3 more: commas", "B.csv, row 7: a note", "Year: read"]

    def test_two_are_told_as_they_are(self) -> None:
        assert collected(["a.csv: x", "b.csv: x"]) == ["a.csv: x", "b.csv: x"]
