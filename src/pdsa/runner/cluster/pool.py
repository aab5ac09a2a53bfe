"""The same jobs on the workers of a dask cluster: reports travel by shared storage, dask carries names and hashes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from pdsa.kernels import Limits
from pdsa.publish import digest, disk, write_atomic
from pdsa.runner.cluster.connect import Tls, check_workers, connected
from pdsa.runner.cluster.errand import Errand
from pdsa.runner.cluster.worker import NOTEBOOKS, PARCELS, TRIES
from pdsa.runner.job import Job, Made
from pdsa.runner.orders import Order, is_packaged, write_order


@dataclass(frozen=True, slots=True)
class ClusterPool:
    """Reports made by the workers of a cluster, each in a child of that worker's warm parent.

    Parameters
    ----------
    address
        Of the scheduler: `tls://host:8786`, or `tcp://...` for a connection without encryption.
    limits
        Of each report.
    out
        The folder of the run, on storage that all machines see under this path; client and workers meet in a
        folder `.tmp-...` below it, which is gone at the end.
    tls
        Certificates; those of dask's own configuration by default.
    """

    address: str
    limits: Limits
    out: Path
    tls: Tls = field(default_factory=Tls)

    def made(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Made]]:
        """Yield each job once, with what was made; closing the iterator ends what still waits or runs.

        Raises
        ------
        InputError
            There is no such cluster, its workers hold another pdsa, or they do not see the folder.
        """
        if not jobs:
            return
        with connected(self.address, self.tls) as client, _box(self.out) as box:
            check_workers(client, box)
            orders = _written(box, jobs, self.limits)
            yield from Errand(client, box, orders).results()


@contextmanager
def _box(out: Path) -> Iterator[Path]:
    """A folder that only its owner can enter, in which this run meets its workers; they stop when it is gone."""
    box = disk.unfinished(out.resolve())
    disk.make_folder(box)
    box.chmod(0o700)
    for name in (NOTEBOOKS, PARCELS, TRIES):
        disk.make_folder(box / name)
    try:
        yield box
    finally:
        shutil.rmtree(box, ignore_errors=True)


def _written(box: Path, jobs: Sequence[Job], limits: Limits) -> dict[str, Job]:
    """Jobs by the name of their orders; notebooks that workers do not have travel along."""
    for number, job in enumerate(jobs):
        write_order(box, f"{number}", Order(_with_notebook(box, job), limits, "cluster", ""))
    return {f"{number}": job for number, job in enumerate(jobs)}


def _with_notebook(box: Path, job: Job) -> Job:
    if is_packaged(job.notebook):
        return job
    data = job.notebook.read_bytes()
    place = box / NOTEBOOKS / digest(data)[:16] / job.notebook.name
    if not place.exists():
        write_atomic(place, data)
    return replace(job, notebook=place)


__all__ = ["ClusterPool"]
