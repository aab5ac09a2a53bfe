"""Faults at random moments, twenty times each: nothing torn, nothing lost, nobody left, the next run sets it right.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_faults.py. `PDSA_FAULTS_BENCH=short` does each three
times; tests/test_faults.py does each once. The seeds of the moments are fixed; where a run stands then is not.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from faults import Report, Tree, kill, pages, settled, small_disk, small_network, tree, whole
from test_faults import FILES, FULL, other_numbers

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the faults are those of Linux")

TIMES = 3 if os.environ.get("PDSA_FAULTS_BENCH") == "short" else 20
SIZES = [f"{20 + 41 * n}k" for n in range(TIMES)]  # of disks: from nothing to nearly enough


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A network, and the same with other numbers."""
    top = tmp_path_factory.mktemp("networks")
    old = small_network(top / "old")
    shutil.copytree(old, top / "new")
    other_numbers(top / "new")
    return old, top / "new"


@pytest.fixture(scope="module")
def trees(networks: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> tuple[Tree, Tree, float]:
    """What undisturbed runs of both write, and how long one takes."""
    found = []
    for network in networks:
        out = tmp_path_factory.mktemp("undisturbed")
        started = time.monotonic()
        assert Report(network, out).end().clean().code == 0
        seconds = time.monotonic() - started
        found.append(tree(out))
    return found[0], found[1], seconds


@pytest.fixture
def out(trees: tuple[Tree, Tree, float], tmp_path: Path) -> Iterator[Path]:
    """A folder with the pages of the old numbers."""
    folder = tmp_path / "out"
    put(folder, trees[0])
    yield folder


def put(folder: Path, files: Tree) -> None:
    """Make a folder hold these files and no others."""
    shutil.rmtree(folder, ignore_errors=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def kill_runner(report: Report) -> None:
    report.process.kill()


def end_runner(report: Report) -> None:
    report.process.send_signal(signal.SIGTERM)


def interrupt_group(report: Report) -> None:
    os.killpg(report.process.pid, signal.SIGINT)


def kill_all(report: Report) -> None:
    for pid in [report.process.pid, *report.kernels()]:
        kill(pid)


def standing(out: Path, new: Tree) -> int:
    """How many pages of the new numbers stand."""
    return sum(data == new[name] for name, data in pages(tree(out)).items() if name.endswith(".html"))


def reach(report: Report, new: Tree, moments: random.Random, seconds: float) -> None:
    """Wait for a moment: any of the whole run, or one soon after some of the four new pages stand."""
    if some := moments.randrange(4):
        report.wait_for(lambda: standing(report.out, new) >= some)
        time.sleep(moments.uniform(0, 0.1))
    else:
        time.sleep(moments.uniform(0.4, seconds))  # before, the command itself is being imported


STOPS: dict[str, tuple[Callable[[Report], None], int]] = {
    "kill -9": (kill_runner, -9),
    "SIGTERM": (end_runner, 143),
    "Ctrl-C": (interrupt_group, 130),
    "kill -9 of all": (kill_all, -9),
}


@pytest.mark.parametrize("name", STOPS)
def test_a_run_that_is_ended_at_any_moment(
    name: str, networks: tuple[Path, Path], trees: tuple[Tree, Tree, float], out: Path
) -> None:
    old, new, seconds = trees
    end, code = STOPS[name]
    moments, stood = random.Random(name), Counter[int]()
    for _ in range(TIMES):
        put(out, old)
        report = Report(networks[1], out)
        reach(report, new, moments, seconds)
        end(report) if report.process.poll() is None else None
        ended = report.end().clean()
        assert ended.code in (code, 0)
        assert whole(out, old, new) == FILES
        stood[standing(out, new)] += 1
        settled(networks[1], out, new)
    print(f"\n{name}: {TIMES} times; new pages that stood then: {dict(sorted(stood.items()))}")


def test_a_kernel_that_is_killed_at_any_moment(
    networks: tuple[Path, Path], trees: tuple[Tree, Tree, float], out: Path
) -> None:
    old, new, _ = trees
    moments, codes = random.Random("kernel"), Counter[int]()
    for _ in range(TIMES):
        put(out, old)
        report = Report(networks[1], out)
        if kernels := report.wait_for(report.kernels):
            time.sleep(moments.uniform(0, 0.2))
            kill(moments.choice(report.kernels() or kernels))
        ended = report.end().clean()
        codes[ended.code] += 1
        assert ended.code == 0, ended.errors  # it is started once more
        assert pages(tree(out)) == pages(new)
    print(f"\nkill -9 of a kernel: {TIMES} times; exit codes {dict(codes)}")


@pytest.mark.parametrize("size", SIZES)
def test_a_disk_of_any_size(
    networks: tuple[Path, Path], trees: tuple[Tree, Tree, float], tmp_path: Path, size: str
) -> None:
    new = trees[1]
    with small_disk(tmp_path / "out", size) as resize:
        real = resize(f"size={size}")
        before = "" if real else FULL.format(most=SIZES.index(size) * 2)
        ended = Report(networks[1], tmp_path / "out", before=before).end().clean()
        assert ended.code in (1, 2)
        assert "no space left" in ended.errors.lower()
        count = whole(tmp_path / "out", new)
        resize("size=20m")
        settled(networks[1], tmp_path / "out", new)
    print(f"\na {'real' if real else 'pretended'} disk of {size}: exit code {ended.code}, {count} files stood")


def test_two_runs_at_any_distance(networks: tuple[Path, Path], trees: tuple[Tree, Tree, float], out: Path) -> None:
    old, new, seconds = trees
    moments, seen = random.Random("two"), Counter[tuple[int, int]]()
    for _ in range(TIMES):
        put(out, old)
        first = Report(networks[1], out)
        time.sleep(moments.uniform(0, seconds))
        second = Report(networks[1], out)
        ended = first.end().clean(), second.end().clean()
        codes = ended[0].code, ended[1].code
        seen[codes] += 1
        assert sorted(codes) in ([0, 0], [0, 2])
        for one in ended:
            assert one.code == 0 or "another run that is not done yet" in one.errors
        assert pages(tree(out)) == pages(new)
        settled(networks[1], out, new)
    print(f"\ntwo runs at once: {TIMES} times; exit codes {dict(seen)}")


def test_an_input_that_is_replaced_at_any_moment(
    networks: tuple[Path, Path], trees: tuple[Tree, Tree, float], out: Path, tmp_path: Path
) -> None:
    """A run is about the one or about the other, page by page, table by table, and its manifest says which."""
    old, new, seconds = trees
    moments, seen = random.Random("input"), Counter[str]()
    for _ in range(TIMES):
        shutil.rmtree(out)
        shutil.rmtree(tmp_path / "network", ignore_errors=True)
        shutil.copytree(networks[0], tmp_path / "network")
        report = Report(tmp_path / "network", out)
        time.sleep(moments.uniform(0, seconds))
        other_numbers(tmp_path / "network")
        assert report.end().clean().code == 0
        found = pages(tree(out))
        assert found in (pages(old), pages(new))
        seen["old" if found == pages(old) else "new"] += 1
        settled(tmp_path / "network", out, new)
    print(f"\nan input replaced: {TIMES} times; the run was about {dict(seen)}")
