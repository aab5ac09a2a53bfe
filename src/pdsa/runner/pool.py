"""Who makes the jobs: threads of this process, each over a kernel of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import Protocol

from pdsa.kernels import Limits, Parent, Stop
from pdsa.runner.job import Job, Made
from pdsa.runner.make import get_ready, make


class Pool(Protocol):
    """Makes jobs and hands them over as they come, in any order."""

    def made(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Made]]:
        """Yield each job once, with what was made; closing the iterator ends what still runs."""


@dataclass(frozen=True, slots=True)
class LocalPool:
    """Several reports at a time on this machine.

    Parameters
    ----------
    workers
        Reports that are made at the same time.
    limits
        Of each of them.
    parent
        The warm process whose children run the notebooks; cold kernels without.
    """

    workers: int
    limits: Limits
    parent: Parent | None = None

    def made(self, jobs: Sequence[Job]) -> Iterator[tuple[Job, Made]]:
        """Yield each job once, with what was made; closing the iterator ends what still runs."""
        stop = Stop()
        get_ready({job.notebook for job in jobs})
        if self.parent is not None:
            self.parent.is_ready()  # once, here: no report is to seem slow for it
        ended: SimpleQueue[Future[Made]] = SimpleQueue()
        with ThreadPoolExecutor(max(1, self.workers), thread_name_prefix="pdsa-report") as threads:
            try:
                tasks = {threads.submit(make, job, self.limits, stop=stop, parent=self.parent): job for job in jobs}
                for task in tasks:
                    task.add_done_callback(ended.put)
                while tasks:
                    task = _next(ended)
                    yield tasks.pop(task), task.result()  # nobody keeps what was placed: thousands of pages
            except BaseException:
                stop.set()
                threads.shutdown(wait=False, cancel_futures=True)
                raise


def _next(ended: SimpleQueue[Future[Made]]) -> Future[Made]:
    """The next task that has ended; the short waits let Ctrl-C through on Windows."""
    while True:
        with suppress(Empty):
            return ended.get(timeout=0.5)
