"""Only what changed is made; what stands is verified by hash; the manifest says the same whenever a page was made."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from pdsa import cli
from pdsa.errors import InputError, ParamsError
from pdsa.publish import disk
from pdsa.publish.lock import one_at_a_time
from pdsa.runner import Job, Made, Plan, Result, Run, make_reports, plan_run
from pdsa.runner import keys as keys_module
from pdsa.runner.beside import set_aside
from pdsa.runner.plan import light_job, whole_job
from pdsa.runner.records import Record, read_record, record_bytes, record_path
from pdsa.site import write_indexes
from pdsa.terms import Audience
from pdsa.workspace import Slices, Workspace, dossier_for, open_workspace, pack
from test_placing import Ready, pages
from test_reports import change, select, tree

SCHOOLS = ("0107", "0135", "0184", "0247")
WHOLES = {
    "network report for the coach",
    "improvement log for the coach",
    "network report for the district",
    "network report for the network",
}
LOGLESS = "team, 0247, improvement log"


@pytest.fixture
def network(example: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "network"
    shutil.copytree(example, folder)
    select(folder, SCHOOLS)
    return folder


def run(network: Path, pool: Ready, **options: Any) -> Run:
    return make_reports(plan_run(network, **options), network.parent / "out", pool=pool, finish=write_indexes)


def made(network: Path, **options: Any) -> set[str]:
    """The reports that a run makes."""
    pool = Ready()
    found = run(network, pool, **options)
    assert len(pool.names) == len(set(pool.names)) == len(found.results) - len(found.unchanged)
    return set(pool.names)


def of(school: str) -> set[str]:
    return {f"team, {school}", f"team, {school}, improvement log", f"district, {school}"}


def report(network: Path) -> list[str]:
    return ["report", str(network), "--out", str(network.parent / "out")]


def dry_run(network: Path, *more: str) -> dict[str, str]:
    """What it says would become of each report, by name."""
    answer = CliRunner().invoke(cli.pdsa, [*report(network), "--dry-run", *more])
    assert answer.exit_code == 0
    fates = ("would be made", "stands")
    pairs = (line.partition("  ") for line in answer.stdout.splitlines())
    return {name.strip(): fate.strip() for fate, _, name in pairs if fate.strip() in fates}


def manifest(network: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((network.parent / "out/example/manifest.json").read_text("utf-8"))
    return found


def without_times(told: dict[str, Any]) -> dict[str, Any]:
    left = {name: value for name, value in told.items() if name not in ("started", "seconds", "this_run")}
    return left | {
        "reports": [{k: v for k, v in one.items() if k not in ("made", "seconds")} for one in told["reports"]]
    }


def change_one_value(network: Path, school: str) -> None:
    path = network / "observations/attendance.csv"
    lines = path.read_text("utf-8").splitlines()
    row = max(n for n, line in enumerate(lines) if line.startswith(f"{school},"))
    cells = lines[row].split(",")
    cells[3] = str(int(cells[3]) - 1)
    path.write_text("\n".join([*lines[:row], ",".join(cells), *lines[row + 1 :]]) + "\n", "utf-8")


class TestOnlyWhatChanged:
    def test_a_second_run_makes_nothing_and_says_the_same(self, network: Path) -> None:
        every = made(network)
        assert len(every) == 4 + 3 + 4 + len(WHOLES)  # one school has no log
        first, files = manifest(network), tree(network.parent / "out/example")
        assert made(network) == set()
        second = manifest(network)
        assert without_times(second) == without_times(first)
        assert [one["made"] for one in second["reports"]] == [one["made"] for one in first["reports"]]
        assert first["this_run"]["executed"], second["this_run"]["executed"] == (15, 0)
        assert (first["this_run"]["unchanged"], second["this_run"]["unchanged"]) == (0, 15)
        assert pages(tree(network.parent / "out/example")) == pages(files)

    def test_one_value_of_one_school_is_its_pages_and_those_of_the_network(self, network: Path) -> None:
        made(network)
        change_one_value(network, "0107")
        assert made(network) == of("0107") | WHOLES
        assert made(network) == set()

    def test_a_value_that_only_the_team_may_see_is_the_page_of_the_team(self, network: Path) -> None:
        """Fewer than ten students: the value is hidden from everybody else, so that no other page changes."""
        made(network)
        change_one_value(network, "0135")
        assert made(network) == {"team, 0135", "team, 0135, improvement log"}

    def test_a_remark_of_one_school_is_its_pages_alone(self, network: Path) -> None:
        made(network)
        with (network / "annotations.csv").open("a", encoding="utf-8") as file:
            file.write("2026-03-02,0184,,change,A new bell\n")
        assert made(network) - WHOLES == of("0184")

    def test_settings_of_one_school_are_its_pages(self, network: Path) -> None:
        made(network)
        with (network / "params/example.yaml").open("a", encoding="utf-8") as file:
            file.write("per_school: {'0107': {on_track: {baseline: 14}}}\n")
        assert made(network) - WHOLES == of("0107")

    @pytest.mark.parametrize("line", ["workers: 1", "timeout_seconds: 77", "memory_mb: 3000"])
    def test_what_concerns_the_machine_changes_no_page(self, network: Path, line: str) -> None:
        made(network)
        text = (network / "params/example.yaml").read_text("utf-8")
        kept = [one for one in text.splitlines() if not one.startswith(line.partition(":")[0])]
        (network / "params/example.yaml").write_text("\n".join([*kept, line]) + "\n", "utf-8")
        assert made(network) == set()

    def test_a_stricter_mask_makes_everything_again(self, network: Path) -> None:
        every = made(network)
        change(network / "network.yaml", ("min_n: 10", "min_n: 11"))
        assert made(network) == every

    def test_a_school_that_left_is_set_aside_with_its_record(self, network: Path) -> None:
        made(network)
        folder = network.parent / "out/example"
        change(network / "params/example.yaml", ('"0135", ', ""))
        assert made(network) == WHOLES
        assert not (folder / "team/0135/report.html").exists()
        assert (folder / "no-longer-made/team/0135/report.html").is_file()
        assert read_record(folder, Path("team/0135/report.html")) is None
        assert "0135" not in manifest(network)["schools"]
        change(network / "params/example.yaml", ('"0107", ', '"0107", "0135", '))
        assert made(network) == of("0135") | WHOLES

    def test_an_audience_that_is_taken_out_leaves_nothing_behind(self, network: Path) -> None:
        made(network)
        folder = network.parent / "out/example"
        assert {"index.html", "data-quality.html"} <= {path.name for path in (folder / "district").iterdir()}
        change(network / "params/example.yaml", ("[team, coach, district, network]", "[team, coach, network]"))
        made(network)
        assert [path for path in (folder / "district").rglob("*") if path.is_file()] == []
        assert (folder / "coach/index.html").is_file() and (folder / "network/archive.html").is_file()

    @pytest.mark.parametrize(
        "name", ["numpy", "matplotlib", "an edit of the package"]
    )  # the version of anything that computes or draws, or our own files
    def test_another_program_makes_everything_again(
        self, network: Path, monkeypatch: pytest.MonkeyPatch, name: str
    ) -> None:
        every = made(network)
        assert keys_module.code_digest() == keys_module.code_digest()
        real = keys_module._found.__wrapped__
        if name.startswith("an"):
            monkeypatch.setattr(keys_module, "code_digest", lambda: "other")
        else:
            monkeypatch.setattr(keys_module, "_found", lambda names: {**real(names), name: "0.0"})
        assert made(network) == every


class TestVerified:
    @pytest.mark.parametrize("harm", ["cut", "other", "removed", "a folder"])
    @pytest.mark.parametrize("name", ["report.html", "report-points.csv"])
    def test_a_file_that_is_not_what_was_written_is_made_again(self, network: Path, name: str, harm: str) -> None:
        made(network)
        path = network.parent / "out/example/team/0107" / name
        whole = path.read_bytes()
        path.unlink()
        if harm == "cut":
            path.write_bytes(whole[:-1])
        elif harm == "other":
            path.write_bytes(whole[:-1] + b"x")
        elif harm == "a folder":
            path.mkdir()
        again = made(network)
        assert again == {"team, 0107"}
        if harm == "a folder":
            assert manifest(network)["this_run"]["failed"] == 1
        else:
            assert path.read_bytes() == whole

    @pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 3}', "\x00"])
    def test_a_damaged_record_is_none(self, network: Path, text: str) -> None:
        made(network)
        (network.parent / "out/example" / record_path("team/0107/report.html")).write_text(text)
        assert made(network) == {"team, 0107"}

    @pytest.mark.parametrize(
        "edit",
        [
            lambda told: told["marker"].update(verdicts={"attendance": "improvement"}),
            lambda told: told.update(made="2020-01-01T00:00:00+00:00"),
            lambda told: told.update(seconds=99.0),
            lambda told: told.pop("seal"),
        ],
    )
    def test_a_record_that_somebody_edited_is_none(self, network: Path, edit: Any) -> None:
        """The index would repeat what was written into it."""
        made(network)
        before = without_times(manifest(network))
        path = network.parent / "out/example" / record_path("team/0107/report.html")
        told = json.loads(path.read_text("utf-8"))
        edit(told)
        path.write_text(json.dumps(told), "utf-8")
        assert made(network) == {"team, 0107"}
        assert without_times(manifest(network)) == before
        assert made(network) == set()

    def test_hashes_of_indexes_that_somebody_edited_are_none(self, network: Path) -> None:
        made(network)
        folder = network.parent / "out/example"
        whole = (folder / "coach/index.html").read_bytes()
        told = json.loads((folder / ".records/site.json").read_text("utf-8"))
        (folder / "coach/index.html").write_bytes(b"other")
        told["files"]["coach/index.html"] = sha256(b"other").hexdigest()
        (folder / ".records/site.json").write_text(json.dumps(told), "utf-8")
        assert made(network) == set()
        assert (folder / "coach/index.html").read_bytes() == whole

    def test_a_record_of_another_page_or_of_files_elsewhere_is_none(self, tmp_path: Path) -> None:
        record = Record("n", "team", "0107", "t", "data", "team/0107/report.html", key="k", files={})
        path = tmp_path / record_path(record.target)
        path.parent.mkdir(parents=True)
        path.write_bytes(record_bytes(record))
        found = read_record(tmp_path, Path("team/0107/report.html"))
        assert found is not None and found.key == "k"
        names = ("../x", "team/0107/../0135/report.html", "/x", "team/0107/a/b", "team/0107/..\\..\\x", "x")
        foreign = [replace(record, files={name: "h"}) for name in names]
        pageless = [replace(record, files={"team/0107/report-points.csv": "h"})]
        for one in (replace(record, target="team/0135/report.html"), *foreign, *pageless):
            path.write_bytes(record_bytes(one))
            assert read_record(tmp_path, Path("team/0107/report.html")) is None

    def test_a_manifest_that_is_lost_or_cut_is_written_again(self, network: Path) -> None:
        made(network)
        whole = manifest(network)
        path = network.parent / "out/example/manifest.json"
        path.write_text(path.read_text("utf-8")[:100], "utf-8")
        assert made(network) == set()
        assert without_times(manifest(network)) == without_times(whole)

    def test_an_index_that_was_changed_is_written_again(self, network: Path) -> None:
        made(network)
        path = network.parent / "out/example/coach/index.html"
        whole = path.read_bytes()
        for text in (b"", whole + b" "):
            path.write_bytes(text)
            assert made(network) == set()
            assert path.read_bytes() == whole


def outcome(school: str, status: Any, *beside: str) -> Result:
    target = Path(f"district/schools/{school}.html")
    files = {**dict.fromkeys(beside, "h"), target.as_posix(): "h"} if beside else {}
    job = Job(f"district, {school}", Path("n.ipynb"), {}, "district", school, target, "", "", school)
    record = Record(job.name, "district", school, "", "data", target.as_posix(), files=files)
    return Result(job, status, 0.0, record=record)


def test_a_failed_school_keeps_its_page_and_not_that_of_a_school_whose_id_begins_like_it(tmp_path: Path) -> None:
    pages = [f"{name}{end}" for name in ("lincoln", "lincoln-middle") for end in (".html", "-points.csv")]
    logs = [f".logs/district/schools.{name}.txt" for name in ("lincoln", "lincoln-middle")]
    for name in (*(f"district/schools/{page}" for page in pages), *logs, "district/schools/west.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    west = outcome("west", "ok", "district/schools/west-points.csv")
    set_aside(tmp_path, (), [outcome("lincoln", "failed"), west])
    left = {path.name for path in (tmp_path / "district/schools").iterdir()}
    assert left == {"lincoln.html", "lincoln-points.csv", "west.html"}
    assert [path.name for path in (tmp_path / ".logs/district").iterdir()] == ["schools.lincoln.txt"]


class TestOptions:
    def test_force_makes_everything(self, network: Path) -> None:
        every = made(network)
        assert made(network, again="all") == every

    def test_retry_failed_makes_what_failed_and_leaves_the_rest(self, network: Path) -> None:
        failing = ["team, 0107", "district, 0184"]
        run(network, Ready(failing=failing))
        change_one_value(network, "0247")
        assert made(network, again="failed") == set(failing)
        told = {one["name"]: one for one in manifest(network)["reports"]}
        assert len(told) == 15
        assert {one["status"] for one in told.values()} == {"ok"}
        assert {name for name, one in told.items() if one["outdated"]} == of("0247") - {LOGLESS} | WHOLES
        assert made(network, again="failed") == set()
        answer = CliRunner().invoke(cli.pdsa, [*report(network), "--retry-failed"])
        assert answer.exit_code == 0
        lines = answer.stdout.splitlines()
        assert lines[0] == "No report failed last time: nothing was made again."
        dry = CliRunner().invoke(cli.pdsa, [*report(network), "--retry-failed", "--dry-run"])
        assert dry.stdout == "No report failed last time: none would be made; nothing was written.\n"
        assert lines[-2:] == [f"{network.parent}/out/example/{name}/index.html" for name in ("coach", "district")]
        assert made(network) == {"team, 0247", "district, 0247"} | WHOLES
        assert not any(one["outdated"] for one in manifest(network)["reports"])

    def test_retry_failed_without_an_earlier_run_is_refused(self, network: Path) -> None:
        for more in ([], ["--dry-run"]):
            answer = CliRunner().invoke(cli.pdsa, [*report(network), "--retry-failed", *more])
            assert isinstance(answer.exception, ParamsError)
        assert "found no earlier run, expected one, some of whose reports failed." in str(answer.exception)
        assert "Next: leave out --retry-failed: then every report is made." in str(answer.exception)
        assert not (network.parent / "out").exists()

    def test_what_stands_took_no_time_today(self, network: Path) -> None:
        first = run(network, Ready())
        again = run(network, Ready())
        assert {result.seconds for result in first.results} == {0.1}
        assert {(result.status, result.seconds) for result in again.results} == {("unchanged", 0.0)}
        assert {one["seconds"] for one in manifest(network)["reports"]} == {0.1}  # how long it takes, for planning

    def test_a_dry_run_says_what_would_be_made_and_what_stands(self, network: Path) -> None:
        run(network, Ready(failing=["district, 0184"]))
        change_one_value(network, "0247")
        before = tree(network.parent / "out")
        told = dry_run(network)
        changed = {"team, 0247", "district, 0247", "district, 0184"} | WHOLES
        assert {name for name, fate in told.items() if fate == "would be made"} == changed
        assert {name for name, fate in told.items() if fate == "stands"} == {
            *of("0107"), *of("0135"), "team, 0184", "team, 0184, improvement log",
        }  # fmt: skip
        assert dry_run(network, "--retry-failed") == {"district, 0184": "would be made"}
        assert set(dry_run(network, "--force").values()) == {"would be made"}
        assert dry_run(network, "--only", "0107") == dict.fromkeys(of("0107"), "stands")
        assert tree(network.parent / "out") == before
        assert made(network) == changed
        assert set(dry_run(network).values()) == {"stands"}

    def test_a_dry_run_counts(self, network: Path) -> None:
        run(network, Ready())
        change_one_value(network, "0247")
        answer = CliRunner().invoke(cli.pdsa, [*report(network), "--dry-run"])
        folder = network.parent / "out/example"
        assert answer.stdout.splitlines()[-1] == (
            f"15 reports in {folder}: 6 would be made, 9 stand; nothing was written."
        )
        file = network / "observations/on_track.csv"
        row = next(line for line in file.read_text("utf-8").splitlines() if line.startswith("0247,"))
        school, measure, period, _, rest = row.split(",", 4)
        change(file, (row, f"{school},{measure},{period},99999,{rest}"))
        answer = CliRunner().invoke(cli.pdsa, [*report(network), "--dry-run"])
        assert answer.exit_code == 1
        assert "cannot be made  team, 0247\n" in answer.stdout
        assert answer.stdout.splitlines()[-1] == (
            f"15 reports in {folder}: 4 would be made, 9 stand, 2 cannot be made; nothing was written."
        )

    def test_only_makes_the_reports_of_a_school_in_the_ordinary_folder(self, network: Path) -> None:
        made(network)
        before = tree(network.parent / "out/example")
        for school in ("0107", "0184"):
            change_one_value(network, school)
        assert made(network, only=["0107"]) == of("0107")
        after = tree(network.parent / "out/example")
        changed = {name for name in before if before[name] != after[name]}
        assert changed - {"manifest.json", "coach/index.html", "district/index.html", "coach/data-quality.html",
                          "district/data-quality.html"} == {
            "team/0107/report.html", "team/0107/report-points.csv", "team/0107/log.html", "team/0107/log-points.csv",
            "district/schools/0107.html", "district/schools/0107-points.csv",
        }  # fmt: skip
        assert set(before) == set(after)
        assert sorted(path.name for path in (network.parent / "out").iterdir()) == ["example"]
        outdated = {one["name"] for one in manifest(network)["reports"] if one["outdated"]}
        assert outdated == of("0184") | WHOLES
        assert b"The network report is older than today's data: it was made on 20" in after["coach/index.html"]
        assert b"The network report is older" not in before["coach/index.html"]
        for audience in ("coach", "district"):
            rows = after[f"{audience}/index.html"].decode().split("<tr>")
            older = [row.partition('.html"')[0][-4:] for row in rows if "Older than today's data: made on 20" in row]
            assert older == ["0184"]
            assert b"Older than today's data" not in before[f"{audience}/index.html"]
        assert made(network) == of("0184") | WHOLES
        assert b"The network report is older" not in tree(network.parent / "out/example")["coach/index.html"]

    def test_only_in_a_new_folder_lists_every_school(self, network: Path) -> None:
        assert made(network, only=["0135", "0184"]) == of("0135") | of("0184")
        told = manifest(network)
        assert len(told["schools"]) == 4
        assert {one["name"] for one in told["reports"]} == of("0135") | of("0184")
        assert told["this_run"]["only"] == ["0135", "0184"]
        assert made(network) == of("0107") | of("0247") - {"team, 0247, improvement log"} | WHOLES

    def test_only_in_a_new_folder_leaves_no_dead_link_and_no_row_without_a_word(self, network: Path) -> None:
        assert made(network, only=["0107"]) == of("0107")
        folder = network.parent / "out/example"
        links = [
            (page, address)
            for page in folder.rglob("*.html")
            for address in re.findall(r'href="([^"#]+)', page.read_text("utf-8"))
        ]
        assert all((folder / audience / "archive.html").is_file() for audience in ("coach", "district"))
        assert [one for one in links if not (one[0].parent / one[1]).exists()] == []
        index = (folder / "coach/index.html").read_text("utf-8")
        assert index.count('<td class="words" colspan="4">not made yet</td>') == 3

    def test_only_an_unknown_school_is_refused(self, network: Path) -> None:
        with pytest.raises(ParamsError, match="found '0108', expected 0184 perhaps"):
            plan_run(network, only=["0107", "0108"])

    def test_force_and_retry_failed_contradict_each_other(self, network: Path) -> None:
        answer = CliRunner().invoke(cli.pdsa, ["report", str(network), "--force", "--retry-failed"])
        assert answer.exit_code == 2
        assert "give one" in answer.output

    def test_two_runs_that_meet(self, network: Path) -> None:
        made(network)
        out = network.parent / "out"
        before = tree(out / "example")
        change_one_value(network, "0135")
        with one_at_a_time(out / "example"):
            answer = CliRunner().invoke(cli.pdsa, ["report", str(network), "--out", str(out)])
        assert "another run that is not done yet (process " in str(answer.exception)
        assert getattr(answer.exception, "exit_code", None) == 2
        assert tree(out / "example") == before

    def test_what_a_dead_run_left_is_swept(self, network: Path) -> None:
        made(network)
        folder = network.parent / "out/example"
        (folder / ".tmp-0123").mkdir()
        for name in (".tmp-0123/1.new", "coach/.tmp-4567"):
            (folder / name).write_text("half")
        assert made(network) == set()
        assert not list(folder.rglob(".tmp-*"))


@dataclass
class Leaking(Ready):
    """A pool whose pages of one school hold what is no secret yet."""

    def page(self, job: Job) -> Made:
        made = super().page(job)
        return replace(made, page=made.page + b"Zq7fd3a") if job.school == "0135" else made


def holding(folder: Path) -> set[str]:
    """The files for readers in which it stands."""
    return {name for name, data in tree(folder).items() if b"Zq7fd3a" in data}


class TestSecretsInWhatIsNotAskedFor:
    """A folder is handed on whole: what became a secret goes from every page, whatever the run was asked for."""

    @pytest.fixture
    def folder(self, network: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        run(network, Leaking(failing=["team, 0184"]))
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", "Zq7fd3a")
        folder = network.parent / "out/example"
        assert holding(folder) == {"team/0135/report.html", "team/0135/log.html", "district/schools/0135.html"}
        return folder

    @pytest.mark.parametrize(
        ("options", "asked"),
        [({"only": ["0247"]}, set()), ({"again": "failed"}, {"team, 0184"}),
         ({"only": ["0247"], "again": "all"}, of("0247") - {LOGLESS})],
    )  # fmt: skip
    def test_it_is_made_again(self, network: Path, folder: Path, options: dict[str, Any], asked: set[str]) -> None:
        pool = Ready()
        found = run(network, pool, **options)
        assert set(pool.names) == asked | of("0135")
        assert set(found.held) == of("0135")
        assert {result.job.name for result in found.results} >= of("0135")
        assert holding(folder) == set()
        assert run(network, Ready(), **options).held == ()

    def test_what_cannot_be_made_again_is_moved_away(self, network: Path, folder: Path) -> None:
        found = run(network, Leaking(), only=["0247"])
        assert {result.job.name for result in found.failed} == of("0135")
        assert holding(folder) == {
            "no-longer-made/team/0135/report.html", "no-longer-made/team/0135/log.html",
            "no-longer-made/district/schools/0135.html",
        }  # fmt: skip

    def test_a_file_of_no_report_is_moved_away(self, network: Path, folder: Path) -> None:
        strangers = ("district/schools/0999.html", "public/note.txt", "team/0107/report-old.csv")
        for name in (*strangers, "team/0107/harmless.txt"):
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text("Zq7fd3a" if name in strangers else "nothing", encoding="utf-8")
        found = run(network, Ready(), only=["0247"])
        assert set(found.held) == of("0135") | set(strangers)
        assert holding(folder) == {f"no-longer-made/{name}" for name in strangers}
        assert (folder / "no-longer-made/public/note.txt").stat().st_mode & 0o777 == 0o600
        assert (folder / "team/0107/harmless.txt").is_file()

    def test_past_cycles_are_written_without_it(self, network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        run(network, Ready())
        folder = network.parent / "out/example"
        cycles = json.loads((folder / "coach/archive.json").read_text("utf-8"))["cycles"]
        word = next(one["learning"] for one in cycles if one["learning"])
        assert word.encode() in (folder / "coach/archive.html").read_bytes()
        monkeypatch.setenv("ODD_SECRET", word)
        assert "coach/archive.json" in run(network, Ready(), only=["0247"]).held
        for name in ("coach/archive.json", "coach/archive.html"):
            assert word.encode() not in (folder / name).read_bytes()
        assert run(network, Ready(), only=["0247"]).held == ()

    def test_the_command_says_so(self, network: Path, folder: Path) -> None:
        told = "The value of an environment variable that may be a secret {} in what was not asked for ("
        names = "team, 0135; team, 0135, improvement log; district, 0135): "
        dry = CliRunner().invoke(cli.pdsa, [*report(network), "--only", "0107", "--dry-run"])
        assert dry.stdout.splitlines()[-2:] == [
            f"{told.format('stands')}{names}it would be made again, or moved to no-longer-made/.",
            f"6 reports in {folder}: 3 would be made, 3 stand; nothing was written.",
        ]
        assert dry_run(network, "--only", "0107") == dict.fromkeys(of("0107"), "stands") | dict.fromkeys(
            of("0135"), "would be made"
        )
        assert holding(folder)
        answer = CliRunner().invoke(cli.pdsa, [*report(network), "--only", "0107"])
        assert answer.exit_code == 0
        assert f"{told.format('stood')}{names}each was made again, or lies in no-longer-made/ now.\n" in answer.stderr
        assert answer.stdout.startswith("[4/4] ok")
        assert holding(folder) == set()


@pytest.mark.parametrize("name", [".records", ".logs", "no-longer-made", ".lock"])
def test_a_link_among_what_a_run_writes_for_itself_is_refused(network: Path, name: str) -> None:
    """It may lead anywhere."""
    made(network)
    there = network.parent / "out/example" / name
    aside = network.parent / "aside"
    there.rename(aside) if there.exists() else aside.mkdir()
    there.symlink_to(aside)
    change_one_value(network, "0107")
    before = tree(aside) if aside.is_dir() else aside.read_bytes()
    with pytest.raises(InputError, match=r"found a link, expected a f.*or nothing there") as error:
        made(network)
    assert str(there) in str(error.value) and "move this link away, and run the same command again" in str(error.value)
    assert before == (tree(aside) if aside.is_dir() else aside.read_bytes())


class TestTwoFolders:
    """Two folders with the same id and name write to the same place: whoever runs the second learns it."""

    @pytest.fixture
    def other(self, network: Path) -> Path:
        made(network)
        copy = network.parent / "other"
        shutil.copytree(network, copy)
        change_one_value(copy, "0107")
        return copy

    def told(self, network: Path, *more: str) -> str:
        answer = CliRunner().invoke(cli.pdsa, [*report(network), *more])
        assert answer.exit_code == 0, answer.output
        return answer.stderr

    @pytest.mark.parametrize("more", [["--dry-run"], ["--dry-run", "--json-lines"], ["--quiet"]])
    def test_the_folder_of_before_is_told(self, network: Path, other: Path, more: list[str]) -> None:
        assert self.told(other, *more) == (
            f"{network.parent}/out/example has reports that were made from {network}, which is still there; this run "
            f"is about {other}. If these are two networks, give one of them another id in network.yaml, or --out "
            "another folder.\n"
        )
        assert (self.told(other, *more) == "") == ("--quiet" in more)  # from then on it is this one

    def test_single_reports_leave_what_is_known(self, network: Path, other: Path) -> None:
        """Also where many are made at the same time."""
        code = (
            "import sys; from pathlib import Path; from pdsa.publish.lock import one_at_a_time\n"
            "for _ in range(60):\n    with one_at_a_time(Path(sys.argv[1]), shared=True): pass"
        )
        command = [sys.executable, "-c", code, str(network.parent / "out/example")]
        with ExitStack() as stack:
            every = [stack.enter_context(subprocess.Popen(command)) for _ in range(4)]
        assert [one.returncode for one in every] == [0] * 4
        assert f"made from {network}," in self.told(other, "--dry-run")

    def test_it_is_told_until_all_pages_were_made_from_here(self, network: Path, other: Path) -> None:
        made(other, only=["0135"])
        assert f"made from {network}," in self.told(other, "--dry-run")
        made(other)
        assert self.told(other, "--dry-run") == ""

    def test_one_of_another_id_is_refused_and_nothing_else_said(self, network: Path, other: Path) -> None:
        path = other / "network.yaml"
        path.write_text(path.read_text("utf-8").replace("id: example", "id: another", 1), "utf-8")
        answer = CliRunner().invoke(cli.pdsa, report(other))
        assert "found reports of the network " in str(answer.exception)
        assert "still there" not in answer.stderr

    def test_a_run_that_was_killed_counts_too(self, network: Path, other: Path) -> None:
        (network.parent / "out/example/manifest.json").unlink()
        assert f"made from {network}," in self.told(other, "--dry-run")

    @pytest.mark.parametrize("gone", ["folder", "params"])
    def test_a_network_that_was_moved_is_no_other(self, network: Path, other: Path, gone: str) -> None:
        shutil.rmtree(network if gone == "folder" else network / "params")
        assert self.told(other, "--dry-run") == ""

    def test_nor_is_a_copy_in_which_nothing_was_changed(self, network: Path) -> None:
        made(network)
        copy = network.parent / "copy"
        shutil.copytree(network, copy)
        assert self.told(copy) == ""
        change_one_value(copy, "0107")
        assert self.told(copy) == ""
        change_one_value(network, "0114")
        assert f"made from {copy}," in self.told(network, "--dry-run")

    def test_pages_that_were_copied_with_their_network_are_its_own(self, network: Path, other: Path) -> None:
        whole = network.parent / "elsewhere"
        shutil.copytree(network.parent / "out", whole / "out")
        shutil.copytree(other, whole / "network")
        assert self.told(whole / "network") == ""

    def test_nor_is_one_that_came_from_another_computer(
        self, network: Path, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("platform.node", lambda: "another laptop")
        assert self.told(other, "--dry-run") == ""

    @pytest.mark.parametrize("text", [b"", b"{}", b"[]", b'{"network": "/"}', b'{"network": 7, "params": 7}', None])
    def test_where_nobody_knows_nothing_is_said(self, network: Path, other: Path, text: bytes | None) -> None:
        """As in folders that an older version made."""
        known = network.parent / "out/example/.lock"
        known.unlink() if text is None else known.write_bytes(text)
        assert self.told(other, "--dry-run") == ""

    def test_other_ways_to_name_the_same_folder(
        self, network: Path, other: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        link = network.parent / "link"
        link.symlink_to(network, target_is_directory=True)
        change_one_value(network, "0114")
        monkeypatch.chdir(network)
        out = ["--out", str(network.parent / "out"), "--dry-run"]
        for one in (link, network / "params/example.yaml", Path("params/example.yaml")):
            answer = CliRunner().invoke(cli.pdsa, ["report", str(one), *out])
            assert (answer.exit_code, answer.stderr) == (0, ""), answer.output


def test_a_dry_run_says_that_a_replacement_was_cut_off(network: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between two renames: until the next run a new table stands beside an old page."""
    made(network)
    change_one_value(network, "0247")
    folder = network.parent / "out/example"
    renamed: list[Path] = []

    def killed(operation: str, path: Path) -> None:
        renamed.extend([path] * (operation == "rename"))
        if len(renamed) > 1:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(disk, "before", killed)
        with pytest.raises(Killed):
            run(network, Ready())
    before = tree(folder)
    lines = CliRunner().invoke(cli.pdsa, [*report(network), "--dry-run"]).stdout.splitlines()
    told = "a run was ended while it replaced them, or is at work."
    assert lines[-4:-1] == [
        f"team/0247/report.html is still the old one beside new files: {told}",
        f".records/team/0247.report.json is still the old one beside new files: {told}",
        "The next run replaces the rest of them first, and may find then that these reports stand.",
    ]
    lines = CliRunner().invoke(cli.pdsa, [*report(network), "--dry-run", "--json-lines"]).stdout.splitlines()
    assert json.loads(lines[-1])["cut_off"] == ["team/0247/report.html", ".records/team/0247.report.json"]
    assert tree(folder) == before
    assert made(network) == {"district, 0247"} | WHOLES
    assert "still the old one" not in CliRunner().invoke(cli.pdsa, [*report(network), "--dry-run"]).stdout


class Killed(BaseException):
    """The process was killed."""


def test_a_dry_run_tells_programs(network: Path) -> None:
    """The same fields as the lines of a run."""
    run(network, Ready(failing=["district, 0184"]))
    file = network / "observations/on_track.csv"
    row = next(line for line in file.read_text("utf-8").splitlines() if line.startswith("0247,"))
    school, measure, period, _, rest = row.split(",", 4)
    change(file, (row, f"{school},{measure},{period},99999,{rest}"))
    answer = CliRunner().invoke(cli.pdsa, [*report(network), "--dry-run", "--json-lines"])
    assert answer.exit_code == 1
    first, *told, last = (json.loads(line) for line in answer.stdout.splitlines())
    assert first == {"dry_run": True, "event": "started", "reports": 15}
    by_name = {one["name"]: one for one in told}
    assert len(by_name) == len(told) == 15
    assert by_name["team, 0107"] == {
        "audience": "team", "event": "report", "name": "team, 0107", "next_step": "", "path": "team/0107/report.html",
        "problem": "", "school": "0107", "seconds": 0.0, "status": "unchanged",
    }  # fmt: skip
    assert by_name["district, 0184"]["status"] == "pending"
    refused = by_name["team, 0247"]
    assert (refused["status"], refused["next_step"][:14]) == ("failed", "fix these rows")
    assert refused["problem"].startswith("on_track.csv, row ")
    assert last == {
        "cut_off": [], "dry_run": True, "event": "finished", "failed": 2, "held_secret": [], "left_out": [],
        "pending": 5, "unchanged": 8,
    }  # fmt: skip
    none = CliRunner().invoke(
        cli.pdsa, [*report(network), "--dry-run", "--json-lines", "--only", "0107", "--retry-failed"]
    )
    assert [json.loads(line)["event"] for line in none.stdout.splitlines()] == ["started", "finished"]


def test_the_log_of_a_report_that_was_refused_says_that_no_kernel_was_started(network: Path) -> None:
    file = network / "observations/on_track.csv"
    row = next(line for line in file.read_text("utf-8").splitlines() if line.startswith("0247,"))
    school, measure, period, _, rest = row.split(",", 4)
    change(file, (row, f"{school},{measure},{period},99999,{rest}"))
    run(network, Ready())
    lines = (network.parent / "out/example/.logs/team/0247.report.txt").read_text("utf-8").splitlines()
    assert lines[1] == "notebook school_report.ipynb, no kernel was started"
    lines = (network.parent / "out/example/.logs/team/0107.report.txt").read_text("utf-8").splitlines()
    assert lines[1] == "notebook school_report.ipynb, kernel started once"


@pytest.fixture(scope="module")
def whole(example: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("slices") / "network"
    shutil.copytree(example, folder)
    select(folder, SCHOOLS)
    return open_workspace(folder)


def releases(workspace: Workspace, school: str) -> dict[Audience, str]:
    return {one: sha256(pack(dossier_for(workspace, one, school))).hexdigest() for one in ("team", "district")}  # type: ignore[misc]


class TestSlices:
    """The hash of a school's slice stands for its dossier: whatever changes the one changes the other."""

    def test_the_same_dossier_is_packed_to_the_same_bytes(self, whole: Workspace, network: Path) -> None:
        other = open_workspace(network)
        for school in SCHOOLS:
            assert releases(whole, school) == releases(other, school)
            assert Slices(whole).of(school) == Slices(other).of(school)
        assert Slices(whole).of() == Slices(other).of()

    def test_another_school_is_in_no_slice_and_in_no_dossier(self, network: Path) -> None:
        """Whoever lets a school's dossier depend on other schools finds out here: `Slices` must know of it."""
        before = open_workspace(network)
        told = {school: (Slices(before).of(school), releases(before, school)) for school in SCHOOLS}
        change_one_value(network, "0135")
        change(network / "schools.csv", ("0135,", "0135,X"))
        with (network / "annotations.csv").open("a", encoding="utf-8") as file:
            file.write("2026-03-02,0135,,instrument,A new form\n")
        after = open_workspace(network)
        for school in SCHOOLS:
            same = (Slices(after).of(school), releases(after, school)) == told[school]
            assert same == (school != "0135"), school
        assert Slices(after).of() != Slices(before).of()

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [
            ("network.yaml", "min_n: 10", "min_n: 12"),
            ("network.yaml", "name: ", "name: X"),
            ("measures.csv", "On track", "On the track"),
            ("schools.csv", "Tarnwick", "Tarnwyck"),
            ("params/example.yaml", "as_of: 2026-06-12", "as_of: 2026-05-12"),
            ("params/example.yaml", "schema: 1\n", "schema: 1\nchart: {rules: ihi}\n"),
            ("params/example.yaml", "schema: 1\n", "schema: 1\nper_school: {'0107': {on_track: {baseline: 9}}}\n"),
            ("annotations.csv", "Advisory check-in every Monday", "Advisory check-in every Tuesday"),
        ],
    )
    def test_what_changes_a_dossier_changes_its_slice(
        self, whole: Workspace, network: Path, file: str, old: str, new: str
    ) -> None:
        change(network / file, (old, new))
        after = open_workspace(network)
        assert releases(after, "0107") != releases(whole, "0107")
        assert Slices(after).of("0107") != Slices(whole).of("0107")


class TestKeys:
    def test_everything_that_a_page_rests_on_is_in_its_key(self, network: Path, tmp_path: Path) -> None:
        plan: Plan = plan_run(network)
        job = whole_job(plan.workspace, light_job(plan, plan.reports[0]))
        other = tmp_path / "other.ipynb"
        other.write_bytes(job.notebook.read_bytes() + b"\n")
        changes: list[dict[str, Any]] = [
            {"notebook": other}, {"parameters": {**job.parameters, "x": 1}}, {"files": {"release.npz": b"x"}},
            {"title": "x"}, {"banner": "x"}, {"audience": "coach"}, {"expected": "x"}, {"target": Path("team/x.html")},
            {"name": "x"}, {"school": "x"},
        ]  # fmt: skip
        keys = [keys_module.job_key(replace(job, **one)) for one in changes]
        assert len({job.key, *keys}) == len(changes) + 1
        assert keys_module.job_key(replace(job, key="x", own="x")) == job.key

    def test_a_notebook_that_is_edited_has_another_key(self, network: Path, tmp_path: Path) -> None:
        plan = plan_run(network)
        path = tmp_path / "mine.ipynb"
        path.write_text("{}")
        job = replace(light_job(plan, plan.reports[0]), notebook=path)
        first = keys_module.job_key(job)
        path.write_text("[]")
        os.utime(path, ns=(1, 1))
        assert keys_module.job_key(job) != first


@pytest.mark.parametrize(
    "spoil",
    [
        lambda m: m.update(quality=None),
        lambda m: m.update(beside=[]),
        lambda m: m["beside"].pop("files"),
        lambda m: m["quality"]["coach"].update(unfinished=["invented"]),
        lambda m: m.pop("seal"),
    ],
)
def test_a_manifest_that_somebody_changed_is_not_built_upon(network: Path, spoil: Any) -> None:
    """It is written anew, and the pages that are made from it are what they were."""
    made(network)
    folder = network.parent / "out/example"
    before = tree(folder)
    told = manifest(network)
    spoil(told)
    (folder / "manifest.json").write_text(json.dumps(told), encoding="utf-8")
    assert made(network) == set()
    after = tree(folder)
    assert {name for name in before if before[name] != after[name]} <= {"manifest.json"}
    assert manifest(network)["seal"]


@pytest.mark.parametrize("text", ['{"network": []}', "[" * 100_000, "[]", "null", '{"network": {"id": 7}}'])
def test_a_manifest_of_another_shape_is_none(network: Path, text: str) -> None:
    made(network)
    (network.parent / "out/example/manifest.json").write_text(text, encoding="utf-8")
    assert made(network) == set()
    assert manifest(network)["seal"]
