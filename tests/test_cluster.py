"""Reports made by a dask cluster: a scheduler and two workers as processes of their own, one of them killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import pytest

import pdsa
from pdsa.errors import InputError, ParamsError
from pdsa.kernels import Limits
from pdsa.runner import Job, LocalPool, Result, run_jobs
from pdsa.runner.cluster import ClusterPool, Tls, connected
from pdsa.runner.cluster.connect import address_of

SOURCE = str(Path(pdsa.__file__).parents[1])
MARK = "display({'application/vnd.pdsa.complete+json': {'id': school, 'points': 60}}, raw=True)"
TABLE = "display({'application/vnd.pdsa.file+json': {'name': 'points.csv', 'text': f'{school},é\\n'}}, raw=True)"
# ends the worker that makes it: the process above the kernel that the nanny of dask started
DEADLY = """
import os, signal
import psutil
worker = next(one for one in psutil.Process().parents() if "spawn_main" in " ".join(one.cmdline()))
os.kill(worker.pid, signal.SIGKILL)
"""
LIMITS = Limits(cell_seconds=60)


def write_notebook(path: Path, *sources: str) -> Path:
    notebook = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell('school = ""', metadata={"tags": ["parameters"]})
    page = {"tags": ["page"]}
    notebook.cells = [first, *(nbformat.v4.new_code_cell(source, metadata=page) for source in (*sources, MARK))]
    nbformat.write(notebook, path)
    return path


def make_job(notebook: Path, school: str, **changes: Any) -> Job:
    values: dict[str, Any] = {
        "name": f"team, {school}", "notebook": notebook, "parameters": {"school": school}, "audience": "team",
        "school": school, "target": Path(f"team/{school}/report.html"), "title": school, "banner": "",
        "expected": school, "files": {"release.npz": school.encode()},
    }  # fmt: skip
    return Job(**values | changes)


@dataclass
class Cluster:
    """A scheduler and its workers, by address and by process."""

    address: str
    folder: Path
    processes: list[subprocess.Popen[bytes]]

    def workers(self) -> list[int]:
        """The processes that make reports."""
        with connected(self.address) as client:
            return sorted(client.run(os.getpid).values())


def start(folder: Path, part: str, *words: str, **environment: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{part}", *words]
    env = os.environ | {"PYTHONPATH": SOURCE, "PYTHONWARNINGS": "default"} | environment
    with (folder / f"{part}.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


@contextmanager
def cluster(folder: Path, workers: int, *words: str, **environment: str) -> Iterator[Cluster]:
    place = folder / "scheduler.json"
    common = ("--scheduler-file", str(place), *words)
    processes = [
        start(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", *common, **environment)
    ]
    each = ("--nthreads", "1", "--nworkers", "1", "--no-dashboard", "--local-directory", str(folder))
    processes += [start(folder, "worker", *each, *common, **environment) for _ in range(workers)]
    try:
        while not place.exists() or not place.read_text().strip():
            assert processes[0].poll() is None, (folder / "scheduler.log").read_text()
            time.sleep(0.05)
        yield Cluster(json.loads(place.read_text())["address"], folder, processes)
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)  # nannies start workers anew, and wait for them
            process.wait()


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as found:
        yield found


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_worker_is_killed_and_every_report_is_there_once(two: Cluster, tmp_path: Path) -> None:
    notebook = write_notebook(
        tmp_path / "plain.ipynb", "from pathlib import Path\nPath('release.npz').read_text()", TABLE
    )
    jobs = [make_job(notebook, f"school-{n}") for n in range(6)]
    local, far = tmp_path / "local", tmp_path / "far"
    here = run_jobs(jobs, local, pool=LocalPool(2, LIMITS))
    victim, done = two.workers()[0], list[Result]()

    def on_done(result: Result) -> None:
        if not done:
            os.kill(victim, signal.SIGKILL)
        done.append(result)

    there = run_jobs(jobs, far, pool=ClusterPool(two.address, LIMITS, far), on_done=on_done)
    assert [result.status for result in there] == ["ok"] * 6, there
    assert sorted(result.job.school for result in done) == [f"school-{n}" for n in range(6)]
    assert contents(far) == contents(local) and len(contents(far)) >= 12
    assert [r.sha256 for r in there] == [r.sha256 for r in here]
    assert victim not in two.workers()


def test_a_deadly_report_is_told_and_the_others_are_made(two: Cluster, tmp_path: Path) -> None:
    good, deadly = write_notebook(tmp_path / "good.ipynb"), write_notebook(tmp_path / "deadly.ipynb", DEADLY)
    jobs = [make_job(deadly, "deadly"), *(make_job(good, f"school-{n}") for n in range(3))]
    results = run_jobs(jobs, tmp_path, pool=ClusterPool(two.address, LIMITS, tmp_path))
    assert [result.status for result in results] == ["failed", "ok", "ok", "ok"], results
    assert str(results[0].problem) == (
        "team, deadly: found that the worker making it ended 3 times, the last time with no other report beside it, "
        "expected a worker that lives on."
    )
    assert [path.name for path in tmp_path.glob(".tmp-*")] == []
