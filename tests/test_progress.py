"""What `pdsa report` says: lines, a bar, JSON, the log of a report, and a summary that names every failure."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import pytest
from click.testing import CliRunner

from pdsa.cli.progress import Closing, Progress, command_again, style_of
from pdsa.errors import Problem
from pdsa.kernels import CellEnd
from pdsa.runner import Job, Made, Result
from pdsa.runner.logs import log_path, write_log
from pdsa.runner.records import Record

PROBLEM = Problem("school_report.ipynb, cell 3", "no such file", "a release")
STEP = "make it again"
INDEXES = (Path("o/coach/index.html"), Path("o/district/index.html"))


def job(school: str) -> Job:
    target = Path(f"team/{school}/report.html")
    return Job(f"team, {school}", Path("school_report.ipynb"), {}, "team", school, target, "", "", school)


def result(school: str, status: str = "ok", seconds: float = 0.5, **changes: Any) -> Result:
    if status == "failed":
        changes = {"problem": PROBLEM, "next_step": STEP, **changes}
    return Result(job(school), status, seconds, **changes)  # type: ignore[arg-type]


def closing(*results: Result, which: str = "changed", only: tuple[str, ...] = (), **changes: Any) -> Closing:
    run = SimpleNamespace(
        folder=Path("outputs/fall"), results=results, seconds=4.0, outdated=(), held=(), stuck=(),
        failed=[one for one in results if one.status == "failed"],
        unchanged=[one for one in results if one.status == "unchanged"],
    )  # fmt: skip
    values = {"reading": 1.5, "again": "pdsa report fall --retry-failed", "indexes": INDEXES} | changes
    plan = SimpleNamespace(left_out=("network: too few",), again=which, only=only)
    return Closing(plan, run, **values)  # type: ignore[arg-type]


class TestProgress:
    def test_lines_say_what_was_made_and_leave_out_what_stands(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Progress("lines", 3) as progress:
            for one in (result("a", "unchanged"), result("b"), result("c", "failed")):
                progress.show(one)
        assert capsys.readouterr().out == "[2/3] ok      0.50 s  team, b\n[3/3] failed  0.50 s  team, c\n"

    def test_quiet_says_failures_alone(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Progress("quiet", 2) as progress:
            progress.show(result("b"))
            progress.show(result("c", "failed"))
        assert capsys.readouterr().out == "[2/2] failed  0.50 s  team, c\n"

    @pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit])
    def test_who_stops_it_is_told_what_stands(
        self, kind: type[BaseException], capsys: pytest.CaptureFixture[str]
    ) -> None:
        for style in ("quiet", "json"):
            with pytest.raises(kind), Progress(style, 9) as progress:  # type: ignore[arg-type]
                for one in (result("a", "unchanged"), result("b"), result("c", "failed")):
                    progress._count(one)
                raise kind
        told = capsys.readouterr()
        assert told.err == "Ended before its end: 2 of 9 reports are done. Run it again to go on.\n"
        assert json.loads(told.out.splitlines()[-1]) == {"done": 3, "event": "stopped", "reports": 9}

    def test_who_stops_a_forced_run_is_told_that_it_cannot_go_on(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(KeyboardInterrupt), Progress("quiet", 9, forced=True) as progress:
            progress._count(result("b"))
            raise KeyboardInterrupt
        told = (
            "Ended before its end: 1 of 9 reports are done. The same command begins anew and makes all of them; "
            "without --force, what was not made this time and did not change stays as it was before.\n"
        )
        assert capsys.readouterr().err == told

    def test_programs_get_an_object_a_line(self, capsys: pytest.CaptureFixture[str]) -> None:
        with Progress("json", 2) as progress:
            progress.show(result("b", "unchanged"))
            progress.show(result("c", "failed"))
        lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert lines[0] == {"event": "started", "reports": 2}
        assert [line["status"] for line in lines[1:]] == ["unchanged", "failed"]
        assert lines[2] == {
            "audience": "team",
            "event": "report",
            "name": "team, c",
            "next_step": "make it again",
            "path": "team/c/report.html",
            "problem": "school_report.ipynb, cell 3: found no such file, expected a release.",
            "school": "c",
            "seconds": 0.5,
            "status": "failed",
        }
        assert list(lines[2]) == sorted(lines[2])

    def test_a_bar_for_whoever_watches(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("COLUMNS", "100")
        with Progress("bar", 4) as progress:
            for one in (result("a", "unchanged"), result("b", seconds=2.5), result("c", "failed")):
                progress.show(one)
            progress._bar.refresh()  # type: ignore[union-attr]
        told = capsys.readouterr()
        last = told.err.split("\r")[-2] if told.err.endswith("\r") else told.err.split("\r")[-1]
        shown = [part for part in told.err.split("\r") if "slowest" in part][-1]
        assert shown.startswith("2 of 3 |")
        assert "left, 1 failed, 1 unchanged, slowest team, b: 2.5 s" in shown
        assert last.strip() == ""
        assert told.out == ""

    def test_the_style_follows_from_options_and_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        assert style_of(quiet=True, json_lines=False) == "quiet"
        assert style_of(quiet=False, json_lines=True) == "json"
        for watched, style in ((True, "bar"), (False, "lines")):
            monkeypatch.setattr(sys, "stderr", SimpleNamespace(isatty=lambda watched=watched: watched))
            assert style_of(quiet=False, json_lines=False) == style
        with pytest.raises(click.UsageError, match="give one"):
            style_of(quiet=True, json_lines=True)


class TestClosing:
    def test_it_names_every_failure_with_its_next_step_and_log(self, capsys: pytest.CaptureFixture[str]) -> None:
        old = Record("team, b", "team", "b", "", "data", "team/b/report.html", files={"team/b/report.html": "x"})
        closing(result("a"), result("b", "failed", record=old), result("c", "failed")).tell("lines")
        told = capsys.readouterr()
        assert told.err.splitlines() == [
            "Left out: network: too few.",
            "Could not be made:",
            "  team, b; team, c",
            "    school_report.ipynb, cell 3: found no such file, expected a release.",
            "    Next: make it again.",
            "    Log of the first: outputs/fall/.logs/team/b.report.txt",
            "Pages of an earlier run that stand in their place, marked as older in the index: 1.",
            "When that is mended: pdsa report fall --retry-failed",
        ]
        assert told.out.splitlines() == [
            "1 report made, 2 failed; 4.0 s in all.",
            "Reading the data took 1.5 s. Slowest: team, a (0.5 s); team, b (0.5 s); team, c (0.5 s).",
            "o/district/index.html",
            "o/coach/index.html",
        ]

    def test_times_are_those_of_the_whole_run_and_of_the_report_in_the_middle(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        times = {"a": 0.9, "b": 0.2, "c": 0.5}
        made = [result(name, seconds=seconds) for name, seconds in times.items()]
        # what stands already and what failed is not in it
        closing(*made, result("d", "unchanged", 0.01), result("e", "failed", 9.0)).tell("lines")
        assert capsys.readouterr().out.splitlines()[:2] == [
            "3 reports made, 1 unchanged, 1 failed; 4.0 s in all; half of the reports took 0.50 s or less.",
            "Reading the data took 1.5 s. Slowest: team, e (9.0 s); team, a (0.9 s); team, c (0.5 s).",
        ]

    def test_nothing_to_retry_is_said(self, capsys: pytest.CaptureFixture[str]) -> None:
        closing(which="failed").tell("lines")
        assert capsys.readouterr().out.splitlines() == [
            "No report failed last time: nothing was made again.",
            "Reading the data took 1.5 s.",
            "o/coach/index.html",
            "o/district/index.html",
        ]

    def test_nothing_to_retry_of_a_school_says_so_of_this_school(self, capsys: pytest.CaptureFixture[str]) -> None:
        closing(which="failed", only=("0107", "0184")).tell("lines")
        first = capsys.readouterr().out.splitlines()[0]
        assert first == "No report of 0107 or 0184 failed last time: nothing was made again."

    @pytest.mark.parametrize(
        ("which", "only", "words"),
        [
            ("changed", ("1",), "--only"),
            ("failed", (), "--retry-failed"),
            ("failed", ("1",), "--only and --retry-failed"),
        ],
    )
    def test_pages_left_as_they_are_name_the_options_that_were_given(
        self, capsys: pytest.CaptureFixture[str], which: str, only: tuple[str, ...], words: str
    ) -> None:
        told = closing(result("a"), which=which, only=only)
        told.run.outdated = ("team, 3",)  # type: ignore[misc]
        told.tell("lines")
        assert f"the same command without {words} looks at them." in capsys.readouterr().err

    def test_equal_failures_are_told_once(self, capsys: pytest.CaptureFixture[str]) -> None:
        closing(*(result(name, "failed") for name in "abcdefgh")).tell("quiet")
        told = capsys.readouterr().err
        assert told.count("Next: ") == 1
        named = "team, a; team, b; team, c; team, d; team, e; team, f"
        assert f"  {named}; the same for 2 other reports\n" in told

    def test_nothing_to_do_is_one_line_and_the_index(self, capsys: pytest.CaptureFixture[str]) -> None:
        closing(result("a", "unchanged")).tell("quiet")
        assert capsys.readouterr().out == "o/district/index.html\n"
        closing(result("a", "failed")).tell("quiet")  # what failed and why stands in the coach's
        assert capsys.readouterr().out.splitlines()[-1] == "o/coach/index.html"

    def test_without_an_index_it_names_the_folder(self, capsys: pytest.CaptureFixture[str]) -> None:
        for style in ("quiet", "lines"):
            closing(result("a"), indexes=()).tell(style)  # type: ignore[arg-type]
            assert capsys.readouterr().out.splitlines()[-1] == "outputs/fall"

    def test_programs_get_the_counts(self, capsys: pytest.CaptureFixture[str]) -> None:
        closing(result("a"), result("b", "unchanged"), result("c", "failed")).tell("json")
        assert json.loads(capsys.readouterr().out) == {
            "event": "finished",
            "failed": 1,
            "held_secret": [],
            "index": "o/coach/index.html",
            "indexes": ["o/coach/index.html", "o/district/index.html"],
            "left_out": ["network: too few"],
            "made": 1,
            "not_made_again": [],
            "seconds": 4.0,
            "stuck": [],
            "unchanged": 1,
        }


def test_pages_that_are_older_are_one_line_with_their_number(capsys: pytest.CaptureFixture[str]) -> None:
    told = closing(result("0107"), which="failed", only=("0107",))
    told.run.outdated = tuple(f"team, {n}" for n in range(1499))  # type: ignore[misc]
    told.tell("lines")
    (line,) = (one for one in capsys.readouterr().err.splitlines() if "older" in one)
    assert line == (
        "Left as they are, 1499 pages older than today's data, settings or program (team, 0; team, 1; team, 2; "
        "team, 3; team, 4; team, 5; 1493 more): the same command without --only and --retry-failed looks at them."
    )


def test_the_command_to_run_again_has_the_users_options() -> None:
    from pdsa.cli.report import _once, report

    told: list[str] = []
    command = click.Command(
        "report",
        params=report.params,
        callback=lambda **values: told.append(command_again(click.get_current_context(), _once)),
    )
    arguments = ["my fall.yaml", "--only", "007", "--only", "a b", "--out", "o", "--workers", "3", "--force"]
    CliRunner().invoke(command, [*arguments, "--log", "postgresql://u:secret@h/d"], catch_exceptions=False)
    CliRunner(env={"PDSA_LOG_URL": "postgresql://u:secret@h/d"}).invoke(command, arguments, catch_exceptions=False)
    plain = "pdsa report 'my fall.yaml' --only 007 --only 'a b' --out o --workers 3"
    assert told == [f'{plain} --log "$PDSA_LOG_URL" --retry-failed', f"{plain} --retry-failed"]


def test_the_address_of_the_log_is_named_and_not_printed(capsys: pytest.CaptureFixture[str]) -> None:
    closing(result("c", "failed"), again='pdsa report f --log "$PDSA_LOG_URL" --retry-failed').tell("lines")
    assert capsys.readouterr().err.splitlines()[-2:] == [
        'When that is mended: pdsa report f --log "$PDSA_LOG_URL" --retry-failed',
        "PDSA_LOG_URL stands for the address of the improvement log, which is not printed: set it before.",
    ]


@pytest.mark.parametrize(("only", "told"), [(("A",), "A"), (("A", "B"), "A or B"), (("A", "B", "C"), "A, B or C")])
def test_schools_of_which_none_failed(only: tuple[str, ...], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    closing(which="failed", only=only).tell("lines")
    assert capsys.readouterr().out.startswith(f"No report of {told} failed last time: nothing was made again.\n")


def test_mended_rows_change_more_than_the_failed_reports() -> None:
    with click.Context(click.Command("report"), info_name="report") as context:
        assert command_again(context, bool, all_changed=True) == "pdsa report"


class TestLog:
    def test_what_the_folder_is_for_is_written_once(self, tmp_path: Path) -> None:
        for school in ("007", "008"):
            write_log(tmp_path, result(school, made=Made("ok", 0.5)))
            readme = tmp_path / ".logs/README.txt"
            assert readme.read_text(encoding="utf-8").startswith("Logs of" if school == "007" else "kept")
            readme.write_text("kept", encoding="utf-8")

    def test_it_tells_how_each_cell_ended_and_what_was_printed(self, tmp_path: Path) -> None:
        cells = (CellEnd(0, "ok", 0.25), CellEnd(2, "timeout", 3.0), CellEnd(3, "not run"))
        made = Made("failed", 3.5, cells=cells, printed="before\n", peak_mb=123.4, tries=2)
        write_log(tmp_path, result("007", "failed", made=made))
        lines = (tmp_path / ".logs/team/007.report.txt").read_text(encoding="utf-8").splitlines()
        assert lines[0].startswith("team, 007: failed, 20")
        assert lines[1:] == [
            "notebook school_report.ipynb, kernel started twice",
            "memory of its process at most 123 MB",
            "",
            "school_report.ipynb, cell 3: found no such file, expected a release.",
            "Next: make it again.",
            "",
            "cell  how it ended  seconds",
            "   1  ok              0.250",
            "   3  timeout         3.000",
            "   4  not run         0.000",
            "",
            "printed:",
            "before",
            "",
        ]
        assert "not handed on" in (tmp_path / ".logs/README.txt").read_text(encoding="utf-8").replace("\n", " ")

    def test_no_secret_stands_in_it(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DISTRICT_API_TOKEN", "hush-hush-hush")
        one = result("a", made=Made("ok", 1.0, printed="token hush-hush-hush here"))
        write_log(tmp_path, one)
        assert "hush-hush" not in (tmp_path / log_path(one.job.target)).read_text(encoding="utf-8")

    def test_what_is_unchanged_keeps_its_log(self, tmp_path: Path) -> None:
        write_log(tmp_path, result("a", "unchanged"))
        assert list(tmp_path.iterdir()) == []

    def test_a_log_that_cannot_be_written_stops_nothing(self, tmp_path: Path) -> None:
        (tmp_path / ".logs").write_text("a file in its place")
        write_log(tmp_path, replace(result("a"), made=Made("ok", 1.0)))
