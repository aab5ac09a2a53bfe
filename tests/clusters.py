"""A dask cluster on this machine: a scheduler and workers as processes of their own."""

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

import pdsa
from pdsa.runner.cluster import connected

SOURCE = str(Path(pdsa.__file__).parents[1])


@dataclass
class Cluster:
    """A scheduler and its workers, by address and by process."""

    address: str
    processes: list[subprocess.Popen[bytes]]

    def workers(self) -> list[int]:
        """The processes that make reports."""
        with connected(self.address) as client:
            return sorted(client.run(os.getpid).values())


def _start(folder: Path, part: str, *words: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", f"distributed.cli.dask_{part}", *words]
    environment = os.environ | {"PYTHONPATH": SOURCE, "PYTHONWARNINGS": "default"}
    with (folder / f"{part}.log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip


@contextmanager
def cluster(folder: Path, workers: int, *words: str, threads: int = 1) -> Iterator[Cluster]:
    """Start a cluster with options of one's own, and end it with all that its nannies started."""
    place = folder / "scheduler.json"
    common = ("--scheduler-file", str(place), "--no-dashboard", *words)
    processes = [_start(folder, "scheduler", "--host", "127.0.0.1", "--port", "0", *common)]
    each = ("--nthreads", str(threads), "--nworkers", "1", "--local-directory", str(folder))
    processes += [_start(folder, "worker", *each, *common) for _ in range(workers)]
    try:
        while not place.exists() or not place.read_text().strip():
            assert processes[0].poll() is None, (folder / "scheduler.log").read_text()
            time.sleep(0.05)
        yield Cluster(json.loads(place.read_text())["address"], processes)
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)  # nannies start workers anew, and wait for them
            process.wait()
