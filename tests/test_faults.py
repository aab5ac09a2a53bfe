"""Faults done to a run of reports from outside: no good page is lost, no process is left, the next run sets it right.

Each once; `tests/benchmarks/bench_faults.py` does those that depend on the moment twenty times.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest

from faults import Ended, Report, Tree, can_mount, kill, pages, settled, small_disk, small_network, steady, tree, whole
from pdsa.kernels import Limits, Parent, play, start_parent
from pdsa.runner import Job, make

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults are those of Linux")

FILES = 3 * 3 + 3  # pages and tables of three teams and the coach


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_network(tmp_path_factory.mktemp("faults") / "network")


@pytest.fixture(scope="module")
def right(network: Path, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """What a run writes to which nothing happens."""
    out = tmp_path_factory.mktemp("undisturbed")
    ended = Report(network, out).end().clean()
    assert (ended.code, ended.errors) == (0, "")
    assert whole(out, tree(out)) == FILES
    return tree(out)


@pytest.fixture(scope="module")
def changed(network: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Tree]:
    """The network with other numbers, and what an undisturbed run writes of it."""
    top = tmp_path_factory.mktemp("changed")
    shutil.copytree(network, top / "network")
    other_numbers(top / "network")
    assert Report(top / "network", top / "out").end().clean().code == 0
    return top / "network", tree(top / "out")


@dataclass(frozen=True)
class Stale:
    """A folder with the pages of the old numbers, a network with other numbers, and what is right for each."""

    network: Path
    out: Path
    old: Tree
    new: Tree

    def settled(self) -> Ended:
        """Run again: everything is as if nothing had happened."""
        return settled(self.network, self.out, self.new)


@pytest.fixture
def stale(changed: tuple[Path, Tree], right: Tree, tmp_path: Path) -> Stale:
    """The folder as an earlier run left it, before the run that is disturbed."""
    for name, data in right.items():
        (tmp_path / "out" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "out" / name).write_bytes(data)
    shutil.copytree(changed[0], tmp_path / "network")
    return Stale(tmp_path / "network", tmp_path / "out", right, changed[1])


def other_numbers(network: Path) -> None:
    """Change one number of every school."""
    path = network / "observations" / "attendance.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    seen: set[str] = set()
    for n, line in enumerate(lines[1:], start=1):
        parts = line.split(",")
        number = next(m for m, part in enumerate(parts) if part.isdigit() and m >= 3)
        if parts[0] not in seen:
            seen.add(parts[0])
            parts[number] = str(int(parts[number]) - 1)
            lines[n] = ",".join(parts)
    assert len(seen) == 3
    scratch = path.with_suffix(".new")
    scratch.write_text("\n".join([*lines, ""]), encoding="utf-8")
    scratch.replace(path)


# However busy the machine is, a run is caught between its first page and its last.
UNHURRIED = """
import time
from pdsa.runner import pool
def make(*given, quick=pool.make, **named):
    made = quick(*given, **named)
    time.sleep(0.4)
    return made
pool.make = make
"""
# And a kernel is caught at work: its first cell takes a while; pages show no code.
LINGERING = """
import importlib
execute = importlib.import_module("pdsa.kernels.execute")
def prepared(*given, quick=execute.prepared):
    notebook = quick(*given)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.source = "import time\\ntime.sleep(0.5)\\n" + first.source
    return notebook
execute.prepared = prepared
"""


def one_page_done(report: Report) -> None:
    """Wait until the first page stands and others are still to come."""
    assert report.wait_for(report.pages), report.end()


class TestEnded:
    """F1, F3, F4: the run is ended, asked or not."""

    def test_kill_9(self, network: Path, right: Tree, tmp_path: Path) -> None:
        report = Report(network, tmp_path, before=UNHURRIED)
        one_page_done(report)
        report.process.kill()
        assert report.end().clean().code == -signal.SIGKILL
        assert 0 < whole(tmp_path, right) < FILES
        ended = settled(network, tmp_path, right)
        assert "unchanged" in ended.output  # what stood was not made again

    def test_kill_9_of_everything_of_it(self, network: Path, right: Tree, tmp_path: Path) -> None:
        report = Report(network, tmp_path, before=UNHURRIED)
        one_page_done(report)
        for pid in [*report.kernels(), report.process.pid]:
            kill(pid)
        report.end().clean()
        whole(tmp_path, right)
        settled(network, tmp_path, right)

    @pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
    def test_asked_to_end(self, network: Path, right: Tree, tmp_path: Path, number: int, code: int) -> None:
        report = Report(network, tmp_path, before=UNHURRIED)
        one_page_done(report)
        # Ctrl-C reaches every process of the terminal's group
        os.killpg(report.process.pid, number) if number == signal.SIGINT else report.process.send_signal(number)
        ended = report.end()
        assert ended.code == code
        assert report.left() == []  # at once, not later
        ended.clean()
        assert 0 < whole(tmp_path, right) < FILES
        assert "unchanged" in settled(network, tmp_path, right).output

    def test_asked_while_it_reads(self, network: Path, right: Tree, tmp_path: Path) -> None:
        report = Report(network, tmp_path)
        assert report.wait_for(lambda: any(report.own.iterdir()))
        report.process.send_signal(signal.SIGTERM)
        assert report.end().clean().code == 143
        settled(network, tmp_path, right)


class TestKernels:
    """F2, F15, F16, F17: what happens to the process of a notebook."""

    def test_a_kernel_that_is_killed_is_started_once_more(self, network: Path, right: Tree, tmp_path: Path) -> None:
        report = Report(network, tmp_path, before=LINGERING)
        kernels = report.wait_for(report.kernels)
        kill(kernels[0])
        ended = report.end().clean()
        assert (ended.code, ended.errors) == (0, "")
        assert steady(tree(tmp_path)).keys() == steady(right).keys()
        assert pages(tree(tmp_path)) == pages(right)

    def test_kernels_that_are_killed_again_and_again(self, stale: Stale) -> None:
        network, out, old = stale.network, stale.out, stale.old
        report = Report(network, out, before=LINGERING)
        report.wait_for(lambda: [kill(pid) for pid in report.kernels()] and False)
        ended = report.end().clean()
        assert ended.code == 1
        assert "found the kernel was ended by SIGKILL" in ended.errors
        assert "Next: " in ended.errors
        assert all(
            name in ended.errors for name in ("team, 0107", "team, 0114", "team, 0121", "network report for the coach")
        )
        assert whole(out, old) == FILES
        told = json.loads((out / "example/manifest.json").read_text())["reports"]
        assert [(one["status"], one["stale"]) for one in told] == [("failed", True)] * 4
        stale.settled()

    def test_a_kernel_that_hangs(self, stale: Stale) -> None:
        network, out = stale.network, stale.out
        params = network / "params/example.yaml"
        params.write_text(params.read_text().replace("timeout_seconds: 300", "timeout_seconds: 6"))
        # it may be stopped before its first cell has begun
        sooner = f"import {play.__name__} as play\nplay.BEGIN_SECONDS = {min(6, play.BEGIN_SECONDS)}"
        report = Report(network, out, before=LINGERING + sooner)
        hung = report.wait_for(report.kernels)[0]
        kill(hung, signal.SIGSTOP)
        ended = report.end().clean()
        assert ended.code == 1
        assert ended.errors.count("longer than 6 seconds") == 1
        assert "3 reports made, 1 failed" in ended.output
        # the time that a cell may take stands in the manifest: everything else is as if nothing had happened
        params.write_text(params.read_text().replace("timeout_seconds: 6", "timeout_seconds: 300"))
        stale.settled()


@pytest.fixture(scope="module")
def parent() -> Iterator[Parent]:
    started = start_parent(("numpy",))
    assert started is not None
    assert started.is_ready(), started.why()
    yield started
    started.close()


def made_of(folder: Path, parent: Parent, *cells: str, **limits: float) -> tuple[str, str]:
    """Problem and next step of a report whose notebook has these cells."""
    parts = [nbformat.v4.new_code_cell("", metadata={"tags": ["parameters"]}), *map(nbformat.v4.new_code_cell, cells)]
    nbformat.write(nbformat.v4.new_notebook(cells=parts), folder / "a.ipynb")
    job = Job("a report", folder / "a.ipynb", {}, "team", "x", Path("team/x.html"), "", "", "x")
    made = make(job, Limits(**limits), parent=parent)  # type: ignore[arg-type]
    assert (made.status, made.page) == ("failed", b"")
    return str(made.problem), made.next_step


class TestLimits:
    def test_full_memory_is_told_apart_from_a_kill(self, parent: Parent, tmp_path: Path) -> None:
        full = made_of(tmp_path, parent, "x = bytearray(2 * 10**9)", memory_mb=500)
        array = made_of(tmp_path, parent, "import numpy\nx = numpy.ones(10**9)", memory_mb=500)
        killed = made_of(tmp_path, parent, "import os\nos.kill(os.getpid(), 9)")
        for problem, _ in (full, array):
            assert "asked for more memory than it may take" in problem
            assert "SIGKILL" not in problem
        assert "the kernel was ended by SIGKILL" in killed[0]

    @pytest.mark.parametrize(
        ("cell", "word"),
        [
            ("for _ in range(500):\n    print('x' * 10**6)", "printed"),
            ("import os\nfor _ in range(500):\n    os.write(1, b'x' * 10**6)", "printed"),
            ("import subprocess\nsubprocess.run('yes | head -c 500000000', shell=True)", "printed"),
            ("print('x' * 500_000_000)", "printed"),
            ("from IPython.display import HTML\nfor _ in range(500):\n    display(HTML('x' * 10**6))", "showed"),
            ("'x' * 500_000_000", "showed"),
        ],
    )
    def test_500_mb_of_output(self, parent: Parent, tmp_path: Path, cell: str, word: str) -> None:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        problem, _ = made_of(tmp_path, parent, cell, output_mb=20)
        most = 10 if word == "printed" else 20
        assert f"the notebook {word} more than {most} MB and was ended" in problem
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000  # kB


# The disk is full from its n-th write on, as the runner sees it.
FULL = """
from pdsa.publish import disk
count = 0
def before(operation, path):
    global count
    count += operation in ("create", "write", "mkdir")
    if count > {most} and operation in ("create", "write", "mkdir"):
        raise OSError(28, "No space left on device", str(path))
disk.before = before
"""


class TestDisk:
    """F5, F7, F8, F10, F18: the disk and what lies on it."""

    @pytest.mark.parametrize("most", [0, 12])
    def test_a_disk_that_fills_up(self, stale: Stale, most: int) -> None:
        network, out, old = stale.network, stale.out, stale.old
        ended = Report(network, out, before=FULL.format(most=most)).end().clean()
        assert ended.code in (1, 2)
        assert "no space left" in ended.errors.lower()
        assert "Next: free some space" in ended.errors
        assert whole(out, old, stale.new) == FILES
        stale.settled()

    @pytest.mark.parametrize("size", ["300k"])
    def test_a_small_disk(self, network: Path, right: Tree, tmp_path: Path, size: str) -> None:
        """A real one where that can be had; where not, the disk of the test above again."""
        with small_disk(tmp_path / "out", size) as resize:
            real = resize(f"size={size}")
            before = "" if real else FULL.format(most=5)
            ended = Report(network, tmp_path / "out", before=before).end().clean()
            assert ended.code in (1, 2)
            assert "no space left" in ended.errors.lower()
            whole(tmp_path / "out", right)
            resize("size=20m")
            settled(network, tmp_path / "out", right)

    def test_a_folder_that_may_not_be_written(self, stale: Stale) -> None:
        network, out, old = stale.network, stale.out, stale.old
        with ReadOnly(out) as before:
            ended = Report(network, out, before=before).end().clean()
        assert ended.code == 2
        assert ended.output == ""
        assert len(ended.errors.splitlines()) <= 4
        assert any(word in ended.errors for word in ("Read-only file system", "Permission denied"))
        assert tree(out) == old
        stale.settled()

    def test_a_page_that_another_program_holds(self, stale: Stale) -> None:
        """On Windows it cannot be replaced; here whoever reads it keeps what they opened."""
        network, out, old = stale.network, stale.out, stale.old
        page = "team/0107/report.html"
        before = (
            "from pdsa.publish import disk\n"
            "def before(operation, path):\n"
            f"    if operation == 'rename' and path.as_posix().endswith('{page}'):\n"
            "        raise PermissionError(13, 'The process cannot access the file', str(path))\n"
            "disk.before = before\n"
        )
        with (out / "example" / page).open("rb") as reader:
            ended = Report(network, out, before=before).end().clean()
            assert ended.code == 1
            assert "open in another program" in ended.errors
            assert "3 reports made, 1 failed" in ended.output
            held = {name: data for name, data in tree(out).items() if "team/0107/report" in name and "json" not in name}
            assert held == {name: old[name] for name in held}
            assert len(held) == 3
            stale.settled()
            assert reader.read() == old[f"example/{page}"]

    def test_an_input_that_cannot_be_read(self, stale: Stale) -> None:
        """Reading what this file leads to is an input/output error of the system."""
        network, out, old = stale.network, stale.out, stale.old
        path = network / "observations" / "attendance.csv"
        good = path.read_bytes()
        path.unlink()
        path.symlink_to("/proc/self/mem")
        ended = Report(network, out).end().clean()
        assert ended.code == 2
        assert "attendance.csv" in ended.errors
        assert len(ended.errors.splitlines()) <= 6
        assert tree(out) == old
        path.unlink()
        path.write_bytes(good)
        stale.settled()

    def test_an_input_that_is_replaced_meanwhile(
        self, network: Path, right: Tree, changed: tuple[Path, Tree], tmp_path: Path
    ) -> None:
        """The run is about what it read, and says so by the hash."""
        copy = tmp_path / "network"
        shutil.copytree(network, copy)
        report = Report(copy, tmp_path / "out", before=UNHURRIED)
        one_page_done(report)
        other_numbers(copy)
        ended = report.end().clean()
        assert (ended.code, ended.errors) == (0, "")
        found = tree(tmp_path / "out")
        assert pages(found) == pages(right)
        inputs = [json.loads(one["example/manifest.json"])["inputs"] for one in (found, right)]
        assert inputs[0] == inputs[1]
        again = settled(copy, tmp_path / "out", changed[1])
        assert "4 reports made, 0 failed" in again.output


@pytest.fixture(scope="session")
def may_mount() -> bool:
    return can_mount()


class ReadOnly:
    """A folder that cannot be written while the block runs, by whatever means this user has."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mounted = folder, False

    def __enter__(self) -> str:
        """Return Python for the process: the fault itself where nothing else could be done."""
        if os.geteuid() != 0:
            self.folder.chmod(0o555)
            (self.folder / "example").chmod(0o555)
            return ""
        words = ["mount", "--bind", str(self.folder), str(self.folder)]
        if subprocess.run(words, capture_output=True).returncode == 0:
            self.mounted = True
            subprocess.run(["mount", "-o", "remount,ro,bind", str(self.folder)], check=True)
            return ""
        return "from pdsa.publish import disk\ndef before(o, p): raise OSError(30, 'Read-only file system', str(p))\n"

    def __exit__(self, *why: object) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)
        else:
            for folder in (self.folder, self.folder / "example"):
                folder.chmod(0o755)


class TestTwoAtOnce:
    """F13."""

    def test_the_second_is_told_who_is_there(self, network: Path, right: Tree, tmp_path: Path) -> None:
        first = Report(network, tmp_path)
        assert first.wait_for(lambda: (tmp_path / "example/.lock").is_file() and first.kernels())
        kernel = first.kernels()[:1]
        for pid in kernel:
            kill(pid, signal.SIGSTOP)  # so that the first is not done before the second begins
        second = Report(network, tmp_path).end().clean()
        for pid in kernel:
            kill(pid, signal.SIGCONT)
        assert second.code == 2
        assert f"another run that is not done yet (process {first.process.pid} on " in second.errors
        assert "Next: wait until it is done" in second.errors
        assert first.end().clean().code == 0
        settled(network, tmp_path, right)

    def test_two_that_start_together(self, network: Path, right: Tree, tmp_path: Path) -> None:
        reports = [Report(network, tmp_path) for _ in range(2)]
        codes = sorted(report.end().clean().code for report in reports)
        assert codes in ([0, 2], [0, 0])  # the second may come when the first is done
        settled(network, tmp_path, right)


# The clock goes back an hour when it has been read a few times, as it does at the end of summer time.
BACK = """
import datetime as module, time
from pdsa.publish import lock
from pdsa.runner import placing, reports
read, real = [0], module.datetime
def late():
    read[0] += 1
    return module.timedelta(hours=1 if read[0] > 3 else 0)
class Clock(real):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) - late()
reports.datetime = placing.datetime = lock.datetime = Clock
clock = time.time
time.time = lambda: clock() - late().total_seconds()
"""


class TestSurroundings:
    """F14, F25 to F28, F30: another clock, language, zone, set-up; the same pages."""

    def test_a_clock_that_goes_back(self, network: Path, right: Tree, tmp_path: Path) -> None:
        ended = Report(network, tmp_path, before=BACK).end().clean()
        assert (ended.code, ended.errors) == (0, "")
        assert steady(tree(tmp_path)) == steady(right)
        manifest = json.loads((tmp_path / "example/manifest.json").read_text())
        assert all(one["seconds"] > 0 for one in (manifest, *manifest["reports"]))
        settled(network, tmp_path, right)

    @pytest.mark.parametrize(
        "variables",
        [
            {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Pacific/Kiritimati"},
            {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "TZ": "America/New_York", "PYTHONHASHSEED": "7"},
            {"MPLCONFIGDIR": "/nowhere/at/all", "HOME": "/nowhere", "XDG_CACHE_HOME": "/nowhere", "COLUMNS": "40"},
        ],
        ids=["C", "Turkish", "no-home"],
    )
    def test_the_same_bytes(self, network: Path, right: Tree, tmp_path: Path, variables: dict[str, str]) -> None:
        ended = Report(network, tmp_path, environment=variables).end().clean()
        assert (ended.code, ended.errors) == (0, "")
        assert steady(tree(tmp_path)) == steady(right)

    def test_other_kernelspecs_and_another_umask(self, network: Path, right: Tree, tmp_path: Path) -> None:
        """The kernel that is called python3 on this machine starts another program, and there is no pdsa."""
        spec = tmp_path / "jupyter/kernels/python3/kernel.json"
        spec.parent.mkdir(parents=True)
        spec.write_text(json.dumps({"argv": ["false"], "display_name": "wrong", "language": "python"}))
        variables = {"JUPYTER_PATH": str(tmp_path / "jupyter"), "JUPYTER_DATA_DIR": str(tmp_path / "nothing")}
        ended = Report(network, tmp_path / "out", environment=variables, umask=0o077).end().clean()
        assert (ended.code, ended.errors) == (0, "")
        assert steady(tree(tmp_path / "out")) == steady(right)
        modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "out").rglob("*") if path.is_file()}
        assert modes == {0o600}

    def test_files_of_another_user(self, stale: Stale) -> None:
        """Pages that somebody else wrote are replaced, for the folder decides; a lock of theirs is told."""
        network, out = stale.network, stale.out
        for path in out.rglob("*"):
            if path.is_file():
                path.chmod(0o400)
                if os.geteuid() == 0 and path.name != ".lock":
                    os.chown(path, 65534, 65534)
        (out / "example/.lock").chmod(0o600)
        refuse = (
            "from pdsa.publish import disk\n"
            "def before(operation, path):\n"
            "    if operation == 'lock': raise PermissionError(13, 'Permission denied', str(path))\n"
            "disk.before = before\n"
        )
        ended = Report(network, out, before=refuse).end().clean()
        assert ended.code == 2
        assert ".lock" in ended.errors
        assert "Permission denied" in ended.errors
        stale.settled()


def test_the_checks_would_see_a_fault(right: Tree, tmp_path: Path) -> None:
    """A page cut short, one of another run, and a process that is left are found."""
    for name, data in right.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    assert whole(tmp_path, right) == FILES
    (tmp_path / "example/team/0107/report.html").write_bytes(b"<!doctype html>")
    with pytest.raises(AssertionError, match=r"team/0107/report.html is none"):
        whole(tmp_path, right)
    report = Report(tmp_path / "nothing", tmp_path / "out")
    report.end()
    sleeper = subprocess.Popen(["sleep", "60"], env={"TMPDIR": str(report.own)})
    time.sleep(0.1)
    assert len(report.left()) == 1
    sleeper.kill()
    sleeper.wait()
    shutil.rmtree(report.own)
