"""A secret that stands in a file that nothing makes: the file goes, or the run says that it is still there."""

from __future__ import annotations

import json
import stat
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pdsa import cli
from pdsa.cli.progress import Closing
from pdsa.errors import RunError
from pdsa.runner import Job, Made, make_reports, plan_run
from test_placing import Ready
from test_records import dry_run, manifest, network, report, run
from test_reports import tree

__all__ = ["network"]

SECRET = "Zq7fd3a"
PARTLY: dict[str, Any] = {"only": ["0247"]}
BOTH = pytest.mark.parametrize("options", [PARTLY, {}], ids=["only", "whole"])
FOUND = "the value of the environment variable SCHOOL_DB_PASSWORD"
FOLDER = "found a folder, expected a file or nothing there"
TOLD = "The value of an environment variable that may be a secret stood in what was not asked for"


@pytest.fixture
def folder(network: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    run(network, Ready())
    monkeypatch.setenv("SCHOOL_DB_PASSWORD", SECRET)
    return network.parent / "out/example"


@dataclass
class Leaving(Ready):
    """A pool whose pages of one school have a file beside them that later ones do not have."""

    def page(self, job: Job) -> Made:
        made = super().page(job)
        more = {"old.csv": SECRET.encode()} if job.school == "0135" else {}
        return replace(made, files={**made.files, **more})


LEFT = {"team/0135/report-old.csv", "team/0135/log-old.csv", "district/schools/0135-old.csv"}


def plant(folder: Path, *names: str, text: str = SECRET) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o644)


def holding(folder: Path) -> set[str]:
    return {name for name, data in tree(folder).items() if SECRET.encode() in data}


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def command(network: Path, *more: str) -> Result:
    """The command as somebody gives it; all pages stand, so that no kernel starts."""
    return CliRunner().invoke(cli.pdsa, [*report(network), *more])


class TestStuck:
    """One file that cannot be moved away keeps no other from going, and is named."""

    @BOTH
    def test_the_others_go_and_manifest_and_indexes_are_written(
        self, network: Path, folder: Path, options: dict[str, Any]
    ) -> None:
        plant(folder, "public/a.txt", "public/b.txt", "team/0107/c.txt")
        (folder / "no-longer-made/public/a.txt").mkdir(parents=True)
        for name in ("manifest.json", "coach/index.html"):
            (folder / name).unlink()
        found = run(network, Ready(), **options)
        assert holding(folder) == {"public/a.txt", "no-longer-made/public/b.txt", "no-longer-made/team/0107/c.txt"}
        assert manifest(network)["reports"] and (folder / "coach/index.html").is_file()
        ((problem, step),) = found.stuck
        way = f"no way to move it to no-longer-made/ (no-longer-made/public/a.txt: {FOLDER})"
        assert str(problem) == (
            f"public/a.txt: found {FOUND} and {way}, expected no secret in a file that people read."
        )
        assert step == "move this folder away, and run the same command again"
        (folder / "no-longer-made/public/a.txt").rmdir()
        assert run(network, Ready(), **options).stuck == ()
        assert mode(folder / "no-longer-made/public/a.txt") == 0o600

    @pytest.mark.parametrize("more", [["--only", "0247"], []], ids=["only", "whole"])
    def test_the_command_names_it_and_ends_with_1(self, network: Path, folder: Path, more: list[str]) -> None:
        plant(folder, "public/a.txt", "public/b.txt")
        (folder / "no-longer-made").write_text("a file")
        answer = command(network, *more)
        assert answer.exit_code == 1
        way = "no way to move it to no-longer-made/ (no-longer-made: found a file, expected a folder or nothing there)"
        stuck = [
            f"  public/{name}.txt: found {FOUND} and {way}, expected no secret in a file that people read."
            for name in "ab"
        ]
        step = "    Next: move this file away, and run the same command again."
        assert answer.stderr.splitlines() == [f"Still in {folder}:", *stuck, step]
        last = json.loads(command(network, *more, "--json-lines").stdout.splitlines()[-1])
        assert last["held_secret"] == ["public/a.txt", "public/b.txt"]
        assert [one["path"] for one in last["stuck"]] == ["public/a.txt", "public/b.txt"]
        assert last["stuck"][0] == {
            "next_step": "move this file away, and run the same command again",
            "path": "public/a.txt",
            "problem": stuck[0].strip(),
        }
        (folder / "no-longer-made").unlink()
        answer = command(network, *more)
        assert answer.exit_code == 0
        gone = "(public/a.txt; public/b.txt): each was made again, or lies in no-longer-made/ now."
        assert answer.stderr == f"{TOLD} {gone}\n"

    def test_one_that_is_only_no_longer_made_is_named_too(self, network: Path, folder: Path) -> None:
        plant(folder, "public/a.txt", "public/b.txt", text="nothing")
        (folder / "no-longer-made/public/a.txt").mkdir(parents=True)
        (folder / "manifest.json").unlink()
        ((problem, _),) = run(network, Ready()).stuck
        way = f"no way to move it to no-longer-made/ (no-longer-made/public/a.txt: {FOLDER})"
        assert str(problem) == (
            f"public/a.txt: found a file that is no longer made and {way}, expected only what the run makes."
        )
        assert (folder / "no-longer-made/public/b.txt").is_file()
        assert manifest(network)["reports"]

    @BOTH
    def test_a_report_that_fails_with_its_page_in_place_is_no_all_clear(
        self,
        network: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        options: dict[str, Any],
    ) -> None:
        run(network, Ready(leaking=SECRET))
        folder = network.parent / "out/example"
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", SECRET)
        (folder / "no-longer-made").write_text("a file")
        every = [one.name for one in plan_run(network).reports]
        found = run(network, Ready(failing=every), **options)
        pages = {one.target.as_posix() for one in plan_run(network).reports}
        assert {problem.place for problem, _ in found.stuck} == pages == holding(folder)
        Closing(plan_run(network), found, (), 0.0, "again").tell("quiet")
        told = capsys.readouterr().err
        assert "each was made again" not in told
        assert "  team/0107/report.html: found the value" in told

    def test_it_is_named_though_the_run_cannot_come_to_its_end(self, network: Path, folder: Path) -> None:
        plant(folder, "public/a.txt")
        (folder / "no-longer-made").write_text("a file")
        (folder / "manifest.json").unlink()
        (folder / "manifest.json").mkdir()
        with pytest.raises(RunError) as caught:
            run(network, Ready(), **PARTLY)
        assert [one.place for one in caught.value.problems] == [f"{folder}/manifest.json", "public/a.txt"]


STRANGERS = {
    "network/index.html", "network/data-quality.html", "team/index.html", "team/archive.html", "team/archive.json"
}  # fmt: skip
OURS = {"coach/index.html", "district/data-quality.html", "coach/archive.html", "coach/archive.json"}


class TestNothingMakesIt:
    """What bears the name of a page that is made for others is a stranger all the same."""

    @BOTH
    def test_it_goes(self, network: Path, folder: Path, options: dict[str, Any]) -> None:
        plant(folder, *STRANGERS)
        found = run(network, Ready(), **options)
        assert (set(found.held), found.stuck) == (STRANGERS, ())
        assert holding(folder) == {f"no-longer-made/{name}" for name in STRANGERS}
        assert {mode(folder / "no-longer-made" / name) for name in STRANGERS} == {0o600}
        assert run(network, Ready(), **options).held == ()

    def test_a_whole_run_puts_it_away_without_a_secret_too(self, network: Path, folder: Path) -> None:
        plant(folder, *STRANGERS, text="{}")
        assert run(network, Ready()).held == ()
        assert [name for name in STRANGERS if (folder / name).exists()] == []
        assert all((folder / "no-longer-made" / name).is_file() for name in STRANGERS)

    def test_past_cycles_of_nobody_any_more_go(self, network: Path, folder: Path) -> None:
        """Too few schools have a pseudonym, so that the network gets no page: its past cycles must not stay."""
        assert (folder / "network/archive.json").is_file()
        plan = plan_run(network)
        fewer = tuple(one for one in plan.reports if one.audience != "network")
        make_reports(replace(plan, reports=fewer), folder.parent, pool=Ready())
        assert [path for path in (folder / "network").rglob("*") if path.is_file()] == []

    @BOTH
    def test_what_is_made_is_made_again(self, network: Path, folder: Path, options: dict[str, Any]) -> None:
        good = {name: (folder / name).read_bytes() for name in OURS}
        plant(folder, *OURS)
        found = run(network, Ready(), **options)
        assert (set(found.held), found.stuck) == (OURS, ())
        assert {name: (folder / name).read_bytes() for name in OURS} == good

    @BOTH
    def test_a_word_that_the_page_itself_has_is_no_all_clear(
        self, network: Path, folder: Path, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("ODD_KEY", "doctype")
        found = run(network, Ready(), **options)
        pages = {f"{a}/{name}" for a in ("coach", "district") for name in ("index.html", "data-quality.html")}
        stuck = {problem.place: (problem, step) for problem, step in found.stuck}
        assert set(stuck) == {*pages, *(f"{a}/archive.html" for a in ("coach", "district", "network"))}
        problem, step = stuck["coach/index.html"]
        assert problem.found == "the value of the environment variable ODD_KEY"
        assert step == "remove it by hand, or run without what it holds: env -u ODD_KEY pdsa"
        assert (folder / "coach/index.html").is_file()

    def test_what_a_report_wrote_in_its_place_stays(self, network: Path, folder: Path) -> None:
        name = "team/0247/report-more.csv"
        plant(folder, name)
        found = run(network, Ready(more=True), only=["0247"], again="all")
        assert (found.held, found.stuck) == ((name,), ())
        assert (folder / name).read_bytes() == b"more"
        assert holding(folder) == set()

    @BOTH
    def test_what_a_report_leaves_over_is_for_its_owner_alone(
        self, network: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
    ) -> None:
        run(network, Leaving())
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", SECRET)
        folder = network.parent / "out/example"
        assert run(network, Ready(), **options).stuck == ()
        assert holding(folder) == {f"no-longer-made/{name}" for name in LEFT}
        assert {mode(folder / "no-longer-made" / name) for name in LEFT} == {0o600}

    @BOTH
    def test_what_a_report_leaves_over_and_cannot_go_is_named(
        self, network: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
    ) -> None:
        run(network, Leaving())
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", SECRET)
        folder = network.parent / "out/example"
        (folder / "no-longer-made").write_text("a file")
        stuck = {problem.place: problem.found for problem, _ in run(network, Ready(), **options).stuck}
        assert set(stuck) == LEFT
        assert all(found.startswith(FOUND) for found in stuck.values())
        assert holding(folder) == LEFT


class TestWholeRuns:
    """A whole run is no weaker than one for some schools, and says the same."""

    def test_strangers_are_told_and_for_their_owner_alone(self, network: Path, folder: Path) -> None:
        plant(folder, "public/note.txt", "network/index.html")
        plant(folder, "public/harmless.txt", text="nothing")
        answer = command(network)
        assert answer.exit_code == 0
        gone = "(network/index.html; public/note.txt): each was made again, or lies in no-longer-made/ now."
        assert answer.stderr == f"{TOLD} {gone}\n"
        assert holding(folder) == {"no-longer-made/public/note.txt", "no-longer-made/network/index.html"}
        assert mode(folder / "no-longer-made/public/note.txt") == 0o600
        assert mode(folder / "no-longer-made/public/harmless.txt") == 0o644

    def test_a_dry_run_says_so(self, network: Path, folder: Path) -> None:
        plant(folder, "public/note.txt")
        told = command(network, "--dry-run").stdout.splitlines()[-2]
        assert told == (
            f"{TOLD.replace('stood', 'stands')} (public/note.txt): it would be made again, or moved to no-longer-made/."
        )
        assert set(dry_run(network).values()) == {"stands"}

    def test_without_a_secret_no_file_of_no_report_is_read(
        self, network: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("SCHOOL_DB_PASSWORD")
        plant(folder, "public/note.txt")
        assert (run(network, Ready()).held, mode(folder / "no-longer-made/public/note.txt")) == ((), 0o644)
