"""Nothing lost: whichever operation of the disk fails, every report is whole, old or new, and a new run mends it."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from pdsa.errors import InputError, PdsaError, Problem, RunError
from pdsa.publish import disk
from pdsa.publish.together import sweep
from pdsa.runner import Job, Made, Plan, Result, Run, make_reports, place, plan_run
from pdsa.runner.decide import count_of
from pdsa.runner.placing import blank, note
from pdsa.runner.records import read_record
from pdsa.site import write_indexes
from test_reports import change, select, tree

SCHOOL = "0247"


FAILED = Problem("cell 3", "a hole", "none")


class Dead(BaseException):
    """The process was killed: nothing that comes later in it happens."""


@dataclass
class Ready:
    """A pool without kernels: pages that say what they were made from."""

    failing: Sequence[str] = ()
    leaking: str = ""
    more: bool = False
    names: list[str] = field(default_factory=list)

    def made(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Made]]:
        for job in jobs:
            self.names.append(job.name)
            failed = Made("failed", 0.1, problem=FAILED, next_step="do this")
            yield job, failed if job.name in self.failing else self.page(job)

    def page(self, job: Job) -> Made:
        page = f"<html>{job.title}: {job.key}{self.leaking}</html>".encode() * 50
        files = {"points.csv": job.key.encode() * 100} | ({"more.csv": b"more"} if self.more else {})
        return Made("ok", 0.1, page, files, {"id": job.expected})


@pytest.fixture(scope="module")
def plans(example: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plan, Plan]:
    """A school and its coach before and after one value of it changed."""
    network = tmp_path_factory.mktemp("small") / "network"
    shutil.copytree(example, network)
    for file in network.glob("pdsa.sqlite*"):
        file.unlink()
    select(network, (SCHOOL,))
    change(network / "params/example.yaml", ("[team, coach, district, network]", "[team, coach]"))
    old = plan_run(network)
    assert [wanted.name for wanted in old.reports] == [f"team, {SCHOOL}", "network report for the coach"]
    lines = (network / "observations/on_track.csv").read_text("utf-8").splitlines()
    row = next(n for n, line in enumerate(lines) if line.startswith(f"{SCHOOL},"))
    school, measure, period, numerator, rest = lines[row].split(",", 4)
    lines[row] = ",".join((school, measure, period, str(int(numerator) - 1), rest))
    (network / "observations/on_track.csv").write_text("\n".join(lines) + "\n", "utf-8")
    return old, plan_run(network)


def run(plan: Plan, outputs: Path, pool: Ready | None = None) -> Run:
    return make_reports(plan, outputs, pool=pool or Ready(), finish=write_indexes)


def pages(files: dict[str, bytes]) -> dict[str, bytes]:
    """What readers get; the manifest holds times, and nobody opens what is unfinished."""
    return {name: data for name, data in files.items() if name != "manifest.json" and ".tmp-" not in name}


def failing(at: int, error: BaseException, told: list[tuple[str, Path]]) -> Callable[[str, Path], None]:
    """What fails at operation `at`; in a process that is dead every later one fails too."""

    def before(operation: str, path: Path) -> None:
        told.append((operation, path))
        if len(told) - 1 == at or (len(told) > at and isinstance(error, Dead)):
            raise error

    return before


@dataclass
class Before:
    """The folder before the run that is disturbed, and what it and an undisturbed run leave."""

    outputs: Path
    old: dict[str, bytes]
    new: dict[str, bytes]

    def again(self, outputs: Path) -> Path:
        shutil.rmtree(outputs, ignore_errors=True)
        shutil.copytree(self.outputs, outputs)
        return outputs


@pytest.fixture(scope="module")
def before(plans: tuple[Plan, Plan], tmp_path_factory: pytest.TempPathFactory) -> Before:
    outputs, whole = (tmp_path_factory.mktemp(name) / "o" for name in ("old", "whole"))
    run(plans[0], outputs, Ready(more=True))  # a file that the new page does not have
    shutil.copytree(outputs, whole)
    run(plans[1], whole)
    return Before(outputs, tree(outputs / "example"), tree(whole / "example"))


def check_whole(folder: Path, plan: Plan, before: Before) -> None:
    """Every file is old or new to the last byte; an index, which tells of failures, is one to its end."""
    for name, data in pages(tree(folder)).items():
        if name.endswith("index.html"):
            assert data.startswith(b"<!doctype html>") and data.endswith(b"</html>"), name
        else:
            assert data in (before.old.get(name), before.new.get(name)), name
    json.loads((folder / "manifest.json").read_text("utf-8"))
    assert all(read_record(folder, wanted.target) is not None for wanted in plan.reports)


def beside(target: str, files: dict[str, bytes]) -> set[str]:
    """The page and the files that belong to it."""
    stem = target.removesuffix(".html")
    return {name for name in files if name == target or name.startswith(f"{stem}-")}


def check_not_mixed(folder: Path, plan: Plan, before: Before) -> None:
    """Of each report, all files are old or all are new."""
    found = pages(tree(folder))
    for wanted in plan.reports:
        parts = [
            {name: files[name] for name in beside(wanted.target.as_posix(), files)}
            for files in (found, before.old, before.new)
        ]
        left = {**parts[2], **{name: data for name, data in parts[1].items() if name not in parts[2]}}
        assert parts[0] in (parts[1], parts[2], left), wanted.name


class TestFailAtEveryOperation:
    def test_an_operation_that_fails(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The loop of SQLite: fail at the first, second, third operation, until none fails."""
        kinds: set[str] = set()
        for at in range(1000):
            outputs, told = before.again(tmp_path / "o"), list[tuple[str, Path]]()
            error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            with monkeypatch.context() as patch:
                patch.setattr(disk, "before", failing(at, error, told))
                try:
                    found = run(plans[1], outputs)
                    harmless = not found.failed
                except (PdsaError, OSError):
                    harmless = False
            if len(told) <= at:
                break
            operation, path = told[at]
            kinds.add(operation)
            check_whole(outputs / "example", plans[1], before)
            check_not_mixed(outputs / "example", plans[1], before)
            assert not harmless or operation == "remove" or {"no-longer-made", ".logs"} & {*path.parts}, told[at]
            self.check_mended(plans[1], outputs, before)
        assert at > 50
        assert kinds == {"lock", "mkdir", "create", "write", "fsync", "fsync folder", "link", "rename", "remove"}

    def test_a_process_that_is_killed(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for at in range(1000):
            outputs, told = before.again(tmp_path / "o"), list[tuple[str, Path]]()
            with monkeypatch.context() as patch:
                patch.setattr(disk, "before", failing(at, Dead(), told))
                try:
                    run(plans[1], outputs)
                    break
                except Dead:
                    pass
            check_whole(outputs / "example", plans[1], before)
            sweep(outputs / "example")  # whatever the next run is about, this it does first
            check_not_mixed(outputs / "example", plans[1], before)
            self.check_mended(plans[1], outputs, before)
        assert at > 50

    def check_mended(self, plan: Plan, outputs: Path, before: Before) -> None:
        """The same command again ends with the same bytes as an undisturbed run, and with nothing unfinished."""
        assert not run(plan, outputs).failed
        assert pages(tree(outputs / "example")) == pages(before.new)
        assert not list(outputs.rglob(".tmp-*"))


def reports(folder: Path) -> dict[str, dict[str, object]]:
    found = json.loads((folder / "manifest.json").read_text("utf-8"))["reports"]
    return {report["name"]: report for report in found}


class TestMessages:
    @pytest.mark.parametrize(
        ("number", "found"),
        [
            (errno.ENOSPC, "no space left on the disk"),
            (errno.EDQUOT, "no space left on the disk"),
            (errno.EROFS, "a place that may not be written, or is open in another program (Read-only file system)"),
            (errno.EACCES, "a place that may not be written, or is open in another program (Permission denied)"),
            (errno.EIO, "that the disk refuses: Input/output error"),
        ],
    )
    def test_what_the_disk_refused_in_words(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
        number: int, found: str,
    ) -> None:  # fmt: skip
        outputs = before.again(tmp_path / "o")

        def refuse(operation: str, path: Path) -> None:
            if path.name == "report.html" and operation == "rename":
                raise OSError(number, os.strerror(number), str(path))

        with monkeypatch.context() as patch:
            patch.setattr(disk, "before", refuse)
            result = run(plans[1], outputs)
        (failed,) = result.failed
        assert failed.problem is not None
        assert (failed.problem.place, failed.problem.found) == (f"team/{SCHOOL}/report.html", found)
        assert "run the same command again" in failed.next_step
        for name in (f"team/{SCHOOL}/report.html", f"team/{SCHOOL}/report-points.csv"):
            assert (outputs / "example" / name).read_bytes() == before.old[name]
        told = reports(result.folder)[f"team, {SCHOOL}"]
        assert (told["status"], told["stale"]) == ("failed", True)
        assert str(tmp_path) not in json.dumps(told)

    def test_a_manifest_that_cannot_be_written_says_so(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outputs = before.again(tmp_path / "o")

        def refuse(operation: str, path: Path) -> None:
            if path.name == "manifest.json":
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))

        monkeypatch.setattr(disk, "before", refuse)
        with pytest.raises(PdsaError, match="no space left on the disk") as caught:
            run(plans[1], outputs)
        assert caught.value.exit_code == 1
        assert "2 of 2 reports stand, but manifest and indexes are not all of this run." in str(caught.value)
        assert "what is made already stands" in str(caught.value)
        assert (outputs / "example/team" / SCHOOL / "report.html").read_bytes() in before.new.values()


def replace_by(path: Path, kind: str) -> None:
    """Put something that no run makes in the place of a file or a folder."""
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
    if kind == "file":
        path.write_text("x")
    elif kind == "link":
        path.symlink_to(path.with_name("nothing"))
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        (path / "more" if kind == "full folder" else path).mkdir(parents=True)


REPORT = f"team/{SCHOOL}/report"
PIPE = "found no ordinary file, "
FILE, FOLDER, NOWHERE = "found a file, ", "found a folder, ", "found a link that leads nowhere, "
A_FILE, A_FOLDER = "expected a file or nothing there.", "expected a folder or nothing there."


@pytest.mark.skipif(os.name != "posix", reason="words of the system")
class TestInTheWay:
    @pytest.mark.parametrize(
        ("place", "kind", "told"),
        [
            (f"{REPORT}.html", "folder", f"{REPORT}.html: {FOLDER}{A_FILE}"),
            (f"{REPORT}.html", "full folder", f"{REPORT}.html: {FOLDER}{A_FILE}"),
            (f"{REPORT}-points.csv", "folder", f"{REPORT}-points.csv: {FOLDER}{A_FILE}"),
            (f".records/team/{SCHOOL}.report.json", "folder", f".records/team/{SCHOOL}.report.json: {FOLDER}{A_FILE}"),
            (f"{REPORT}.html", "pipe", f"{REPORT}.html: {PIPE}{A_FILE}"),
            (f"{REPORT}-points.csv", "pipe", f"{REPORT}-points.csv: {PIPE}{A_FILE}"),
            (f".records/team/{SCHOOL}.report.json", "pipe", f".records/team/{SCHOOL}.report.json: {PIPE}{A_FILE}"),
            (f"team/{SCHOOL}", "file", f"team/{SCHOOL}: {FILE}{A_FOLDER}"),
            ("team", "file", f"team: {FILE}{A_FOLDER}"),
            ("team", "link", f"team: {NOWHERE}{A_FOLDER}"),
        ],
    )
    def test_of_one_report(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, place: str, kind: str, told: str
    ) -> None:
        outputs = before.again(tmp_path / "o")
        replace_by(outputs / "example" / place, kind)
        (failed,) = run(plans[1], outputs).failed
        assert str(failed.problem) == told
        what = {"link": "link", "file": "file", "pipe": "file"}.get(kind, "folder")
        assert failed.next_step == f"move this {what} away, and run the same command again"
        assert kind != "pipe" or (outputs / "example" / place).is_fifo()  # it is somebody's
        replace_by(outputs / "example" / place, "folder")
        (outputs / "example" / place).rmdir()
        assert not run(plans[1], outputs).failed

    @pytest.mark.parametrize(
        ("place", "kind", "told"),
        [
            (".", "file", f": {FILE}{A_FOLDER}"),
            (".", "link", f": {NOWHERE}{A_FOLDER}"),
            ("..", "file", f": {FILE}{A_FOLDER}"),
            ("..", "link", f": {NOWHERE}{A_FOLDER}"),
            (".lock", "folder", f"/.lock: {FOLDER}{A_FILE}"),
            (".lock", "link", f"/.lock: {NOWHERE}{A_FILE}"),
        ],
    )  # fmt: skip
    def test_of_the_whole_run(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, place: str, kind: str, told: str
    ) -> None:
        outputs = before.again(tmp_path / "o")
        there = Path(os.path.normpath(outputs / "example" / place))
        replace_by(there, kind)
        if (place, kind) == (".lock", "link"):
            there.unlink()
            there.symlink_to("nothing/nothing")  # the lock would be made at the end of the other one
        with pytest.raises(InputError) as caught:
            run(plans[1], outputs)
        assert caught.value.exit_code == 2
        assert caught.value.consequence == "no report was started"
        (problem,) = caught.value.problems
        assert str(problem) == f"{there}: {told.partition(': ')[2]}"

    @pytest.mark.parametrize(("kind", "found"), [("folder", FOLDER), ("pipe", PIPE)])
    @pytest.mark.parametrize("place", ["manifest.json", "coach/index.html"])
    def test_of_what_comes_after_the_reports(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, place: str, kind: str, found: str
    ) -> None:
        outputs = before.again(tmp_path / "o")
        replace_by(outputs / "example" / place, kind)
        with pytest.raises(RunError) as caught:
            run(plans[1], outputs)
        assert caught.value.exit_code == 1
        assert f"{outputs / 'example' / place}: {found}{A_FILE}" in str(caught.value)
        assert not list(outputs.rglob(".tmp-*"))

    def test_names_that_are_too_long(self, plans: tuple[Plan, Plan], tmp_path: Path) -> None:
        with pytest.raises(InputError) as caught:
            run(plans[1], tmp_path / ("a" * 300))
        (problem,) = caught.value.problems
        assert "bytes, or a name in it, that is too long for the disk" in problem.found
        assert len(problem.place) < 210
        assert caught.value.next_step == "give --out a folder with a short path, and run the same command again"


class TestStale:
    def test_a_failing_report_keeps_the_page_and_says_since_when(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path
    ) -> None:
        outputs, name = before.again(tmp_path / "o"), f"team, {SCHOOL}"
        made = reports(outputs / "example")[name]["made"]
        first = run(plans[1], outputs, Ready(failing=[name]))
        told = reports(first.folder)[name]
        assert (told["status"], told["stale"], told["made"]) == ("failed", True, made)
        assert told["next_step"] == "do this"
        assert str(told["stale_since"]) >= str(made)
        page = (first.folder / "coach/index.html").read_text("utf-8")
        day, since = str(made)[:10], str(told["stale_since"])[:10]
        later = "later that day" if day == since else f"since {since}"
        assert f"It was made on {day}; no newer one could be made {later}." in page
        # it fails again: still the first day
        again = run(plans[1], outputs, Ready(failing=[name]))
        assert [result.job.name for result in again.failed] == [name]
        counts = [count_of(replace(plans[1], again=which), first.folder) for which in ("failed", "changed", "all")]
        assert counts == [1, 2, 2]
        assert reports(again.folder)[name]["stale_since"] == told["stale_since"]
        # it can be made again
        last = run(plans[1], outputs)
        assert (len(last.failed), len(last.unchanged)) == (0, 1)
        assert pages(tree(last.folder)) == pages(before.new)

    def test_data_that_are_changed_back_make_the_old_page_right_again(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path
    ) -> None:
        outputs, name = before.again(tmp_path / "o"), f"team, {SCHOOL}"
        run(plans[1], outputs, Ready(failing=[name, "network report for the coach"]))
        back = run(plans[0], outputs)
        assert (len(back.unchanged), len(back.results)) == (2, 2)
        assert reports(back.folder)[name]["status"] == "ok"
        assert pages(tree(back.folder)) == pages(before.old)

    def test_a_page_that_never_was_is_not_stale(self, plans: tuple[Plan, Plan], tmp_path: Path) -> None:
        found = run(plans[1], tmp_path, Ready(failing=[f"team, {SCHOOL}"]))
        told = reports(found.folder)[f"team, {SCHOOL}"]
        assert (told["status"], told["stale"], told["made"], told["sha256"]) == ("failed", False, "", "")


class TestSecrets:
    def test_a_page_with_a_secret_is_not_placed(
        self, plans: tuple[Plan, Plan], before: Before, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        outputs = before.again(tmp_path / "o")
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", "Zq7&fd3a")
        found = run(plans[1], outputs, Ready(leaking="Zq7&amp;fd3a"))
        assert len(found.failed) == 2
        for result in found.failed:
            assert result.problem is not None
            assert result.problem.found == "the value of the environment variable SCHOOL_DB_PASSWORD"
        for path in outputs.rglob("*"):
            assert not path.is_file() or b"Zq7" not in path.read_bytes()

    def test_what_became_a_secret_later_does_not_stay_on_a_page_that_stands(
        self, plans: tuple[Plan, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = run(plans[0], tmp_path, Ready(leaking="Zq7fd3a"))
        assert (len(first.failed), len(run(plans[0], tmp_path).unchanged)) == (0, 2)
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", "Zq7fd3a")
        pool = Ready()
        assert len(run(plans[0], tmp_path, pool).results) == len(pool.names) == 2
        assert len(run(plans[0], tmp_path).unchanged) == 2
        assert all(b"Zq7" not in data for data in tree(tmp_path).values())

    @pytest.mark.parametrize("recorded", [True, False])
    def test_an_older_page_that_holds_it_goes_though_no_newer_one_can_be_made(
        self, plans: tuple[Plan, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recorded: bool
    ) -> None:
        name = f"team, {SCHOOL}"
        first = run(plans[0], tmp_path, Ready(leaking="Zq7fd3a"))
        if not recorded:  # the page is known by its name alone, and what lies beside it
            shutil.rmtree(first.folder / ".records")
            (first.folder / f"team/{SCHOOL}/report-points.csv").write_text(
                "school,note\n0107,Zq7fd3a\n", encoding="utf-8"
            )
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", "Zq7fd3a")
        found = run(plans[0], tmp_path, Ready(failing=[name]))
        (failed,) = found.failed
        assert str(failed.problem) == (
            "cell 3: found a hole; the page of an earlier run held the value of the environment variable "
            "SCHOOL_DB_PASSWORD and lies in no-longer-made/ now, expected none."
        )
        told = reports(found.folder)[name]
        assert (told["status"], told["stale"], told["files"], told["sha256"]) == ("failed", False, [], "")
        # nobody lost a page to a variable that holds an ordinary word by accident; only its owner may read it there
        aside = found.folder / "no-longer-made" / failed.job.target
        assert b"Zq7" in aside.read_bytes()
        assert aside.stat().st_mode & 0o777 == 0o600
        kept = {path: data for path, data in tree(tmp_path).items() if "no-longer-made" not in str(path)}
        assert all(b"Zq7" not in data for data in kept.values())
        assert not run(plans[0], tmp_path).failed

    def test_a_page_with_a_secret_that_cannot_be_moved_away_is_told(
        self, plans: tuple[Plan, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = run(plans[0], tmp_path, Ready(leaking="Zq7fd3a"))
        monkeypatch.setenv("SCHOOL_DB_PASSWORD", "Zq7fd3a")
        (first.folder / "no-longer-made").write_text("a file")
        (failed,) = run(plans[0], tmp_path, Ready(failing=[f"team, {SCHOOL}"])).failed
        page = first.folder / f"team/{SCHOOL}/report.html"
        assert failed.problem is not None
        assert f"SCHOOL_DB_PASSWORD and cannot be moved away: remove {page}" in failed.problem.found
        assert failed.problem.found.endswith(" by hand")

    @pytest.mark.parametrize("value", ["verdicts", "1234567"])
    def test_a_value_that_a_mark_holds_as_a_key_or_a_number_is_no_reason_to_make_it_again(
        self, plans: tuple[Plan, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
    ) -> None:
        class Marked(Ready):
            def page(self, job: Job) -> Made:
                return replace(super().page(job), marker={"id": job.expected, "verdicts": {}, "n": 1234567})

        monkeypatch.setenv("ODD_KEY", value)
        run(plans[0], tmp_path, Marked())
        assert len(run(plans[0], tmp_path, Marked()).unchanged) == 2

    def test_the_manifest_is_kept_without_it(
        self, plans: tuple[Plan, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        name = plans[0].workspace.schools[0].name
        monkeypatch.setenv("ODD_SECRET", name)
        found = run(plans[0], tmp_path)
        text = found.manifest.read_text("utf-8")
        assert name not in text
        assert json.loads(text)["schools"] == {SCHOOL: "[value of ODD_SECRET]"}

    def test_a_message_with_a_secret_is_kept_without_it(
        self, plans: tuple[Plan, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from pdsa.runner.plan import light_job

        monkeypatch.setenv("PDSA_LOG_URL", "postgresql://me:Zq7fd3a@db/log")
        job = light_job(plans[1], plans[1].reports[0])
        problem = Problem("cell 3", "no answer from postgresql://me:Zq7fd3a@db/log", "one")
        result = place(tmp_path, job, Made("failed", 0.1, problem=problem, next_step="ask Zq7fd3a"))
        assert str(result.problem) == (
            "cell 3: found no answer from postgresql://me:[value of PDSA_LOG_URL]@db/log, expected one."
        )
        assert result.next_step == "ask [value of PDSA_LOG_URL]"
        assert b"Zq7" not in b"".join(tree_of_records(tmp_path))

    def test_a_warning_with_a_secret_is_kept_without_it(
        self, plans: tuple[Plan, Plan], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from pdsa.runner.plan import light_job

        monkeypatch.setenv("MY_TOKEN", "Zq7fd3a")
        job = light_job(plans[1], plans[1].reports[0])
        printed = "a line\nx.py:3: UserWarning: Zq7fd3a is old\nx.py:3: UserWarning: Zq7fd3a is old\n"
        result = place(tmp_path, job, replace(Ready().page(job), printed=printed))
        assert result.record is not None
        assert result.record.warnings == ["x.py:3: UserWarning: [value of MY_TOKEN] is old"]


def tree_of_records(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in (folder / ".records").rglob("*.json")]


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_neither_a_record_nor_its_files_hold_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIS_PASSWORD", "hunter2-hunter2")
    target = Path("team/0107/report.html")
    job = Job("team, 0107", Path("n.ipynb"), {}, "team", "0107", target, "", "", "0107")
    place(tmp_path, job, Made("ok", 0.1, b"page", {}, {"through": "hunter2-hunter2"}))
    record = (tmp_path / ".records/team/0107.report.json").read_text("utf-8")
    assert "[value of SIS_PASSWORD]" in record
    assert "hunter2" not in record


def test_what_cannot_be_noted_of_an_unchanged_report_stops_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = Path("team/0107/report.html")
    job = Job("team, 0107", Path("n.ipynb"), {}, "team", "0107", target, "", "", "0107")
    told: list[tuple[str, Path]] = []
    monkeypatch.setattr(disk, "before", failing(0, OSError(errno.EROFS, "Read-only file system"), told))
    note(tmp_path, Result(job, "unchanged", 0.0, record=blank(job)))
    assert told[0][0] == "mkdir" and not list(tmp_path.iterdir())


def test_a_strict_umask_makes_files_for_their_owner_alone(plans: tuple[Plan, Plan], tmp_path: Path) -> None:
    old = os.umask(0o077)
    try:
        found = run(plans[0], tmp_path)
        again = run(plans[0], tmp_path)
    finally:
        os.umask(old)
    assert (len(found.failed), len(again.unchanged)) == (0, 2)
    assert {path.stat().st_mode & 0o077 for path in found.folder.rglob("*")} == {0}
