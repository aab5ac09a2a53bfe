"""What runs on a worker of the cluster: orders are carried out, and what came of them is put on the shared storage."""

from __future__ import annotations

import os
import platform
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.errors import Problem, ReportError
from pdsa.kernels import Stop
from pdsa.publish import digest, disk
from pdsa.publish.leaks import leaked, redacted, secrets_of
from pdsa.runner.cluster.warm import warm_parent
from pdsa.runner.job import Job, Made
from pdsa.runner.keys import surroundings
from pdsa.runner.make import make
from pdsa.runner.orders import read_order
from pdsa.runner.parcels import wrap
from pdsa.runner.placing import leak, safe

if TYPE_CHECKING:
    from distributed import Worker

NOTEBOOKS, PARCELS, TRIES = "notebooks", "made", "tries"  # folders of a box
LOOK = 1.0  # seconds between two looks at whether the run still wants its reports


def carry_out(box: str, name: str, chances: int) -> tuple[str, str]:
    """Make the report of one order; return file name and SHA-256 of the parcel, or two empty texts.

    They are empty where making it has already ended as many workers as there were chances; nothing is started
    then. A report that was made and whose message was lost with its worker is not made again.

    Parameters
    ----------
    box
        The folder on the shared storage in which this run meets its workers.
    name
        Of the order in it, without `.json`.
    chances
        How many workers the report may have ended before it is given up.
    """
    folder = Path(box)
    parcel = folder / PARCELS / f"{name}.json"
    if not folder.is_dir():
        problem = Problem(f"worker on {platform.node()}", f"that it does not see {box}", "the folder that all share")
        raise ReportError(name, problem, "mount the folder there as on the other machines, and run it again")
    if not parcel.exists():
        if not _try(folder / TRIES, name, chances):
            return "", ""
        made = _made(folder, name)
        if not parcel.exists():  # a worker that was given up for dead may have gone on and finished
            _put(parcel, made)
    return parcel.name, digest(parcel)


def _try(folder: Path, name: str, chances: int) -> bool:
    """Note that the report is begun, unless it was begun so often that it is given up."""
    for number in range(chances):
        with suppress(FileExistsError):
            (folder / f"{name}.{number}").open("xb").close()
            return True
    return False


def _made(box: Path, name: str) -> bytes:
    """What became of the report; whatever goes wrong with it is part of that."""
    order = read_order(box / f"{name}.json", tuple((box / NOTEBOOKS).glob("*/*.ipynb")))
    with _wanted(box) as stop:
        made = make(order.job, order.limits, stop=stop, parent=warm_parent())
    if stop.is_set():
        raise ReportError(name, Problem("the run", "that it was stopped", "a run that waits"), "run it again")
    return wrap(_guarded(order.job, made))


def _guarded(job: Job, made: Made) -> Made:
    """Keep back what holds a secret of this machine: the client, which looks as well, knows only its own."""
    secrets = secrets_of(os.environ)
    for name, data in {job.target.name: made.page, **made.files}.items():
        if variable := leaked(data, secrets):
            error = leak(job, job.target.with_name(name), variable)
            made = Made("failed", made.seconds, problem=error.problem, next_step=error.next_step, cells=made.cells)
    problem, step = safe(made.problem, made.next_step, secrets) if made.problem else (None, made.next_step)
    return replace(made, problem=problem, next_step=step, printed=redacted(made.printed, secrets))


@contextmanager
def _wanted(box: Path) -> Iterator[Stop]:
    """Stop what is being made once its run is gone: dask does not interrupt a task that has begun."""
    stop, done = Stop(), threading.Event()

    def look() -> None:
        while not done.wait(LOOK):
            if not box.exists():
                stop.set()
                return

    watcher = threading.Thread(target=look, name="pdsa-wanted", daemon=True)
    watcher.start()
    try:
        yield stop
    finally:
        done.set()
        watcher.join()


def answer_probe(box: str, question: str, dask_worker: Worker | None = None) -> tuple[str, Mapping[str, str]]:
    """Copy a file of the shared storage beside itself; return the name of the copy, and what can change a page here.

    Parameters
    ----------
    box, question
        Folder and name of the file.
    dask_worker
        This worker, which dask puts here.
    """
    warm_parent()  # it imports while the client writes its orders
    name = f"{question}-{digest(str(getattr(dask_worker, 'address', '')).encode())[:12]}"
    try:
        _put(Path(box) / name, wait_for(Path(box) / question) or b"")
    except OSError:
        name = ""
    return name, surroundings()


def _put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all; into a folder that is there, for the client may have removed it."""
    temporary = disk.unfinished(path.parent)
    disk.write(temporary, data)
    disk.sync(temporary)
    disk.rename(temporary, path)


def wait_for(path: Path, seconds: float = 3.0) -> bytes | None:
    """Read a file that another machine wrote a moment ago: network file systems show it a little later."""
    until = time.monotonic() + seconds
    while not path.is_file():
        if time.monotonic() > until or not path.parent.is_dir():
            return None
        time.sleep(0.1)
    return path.read_bytes()


__all__ = ["answer_probe", "carry_out", "wait_for"]
