"""One run on a cluster: what was sent out, what comes back, and what never will."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.errors import InputError, PdsaError, Problem
from pdsa.runner.cluster.worker import PARCELS, carry_out, wait_for
from pdsa.runner.job import Job, Made
from pdsa.runner.make import told
from pdsa.runner.parcels import unwrap

if TYPE_CHECKING:
    from distributed import Client, Future

CHANCES = 3  # how often a report may end the worker that makes it; the last time it is alone on the cluster
PATIENCE = 60.0  # seconds without any worker after which a run is given up
LOOK = 5.0  # seconds between two looks at whether there are workers
_NO_SCHEDULER = "that the scheduler is gone"
_GONE = (OSError, RuntimeError, TimeoutError)  # what dask raises when nobody is at the other end


class Errand:
    """Orders that a client sends to a cluster.

    Parameters
    ----------
    client
        The connection.
    box
        The folder on the shared storage that holds the orders and receives the parcels.
    orders
        Jobs by the names of their orders.
    """

    def __init__(self, client: Client, box: Path, orders: Mapping[str, Job]) -> None:
        self.client, self.box, self.orders = client, box, orders
        self.ended: queue.SimpleQueue[Future] = queue.SimpleQueue()
        self.waiting: dict[str, tuple[str, Future]] = {}  # order and future by the key of the task
        self.seen = time.monotonic()

    def results(self) -> Iterator[tuple[Job, Made]]:
        """Yield each job with what was made; reports whose workers ended are made last, one at a time."""
        again: list[str] = []
        try:
            self._send(self.orders, CHANCES - 1)
            for name, made in self._come():
                if made is None:
                    again.append(name)
                else:
                    yield self.orders[name], made
            for name in again:
                self._send([name], CHANCES)
                for _, made in self._come():
                    yield self.orders[name], made or _deadly(self.orders[name])
        finally:
            with suppress(*_GONE):
                self.client.cancel([future for _, future in self.waiting.values()], force=True)

    def _send(self, names: Iterable[str], chances: int) -> None:
        for name in names:
            key = f"{self.box.name}-{name}-{chances}"
            future = self.client.submit(carry_out, str(self.box), name, chances, key=key, pure=False)
            self.waiting[future.key] = name, future
            future.add_done_callback(self.ended.put)

    def _come(self) -> Iterator[tuple[str, Made | None]]:
        """Yield what comes back until nothing is waited for; None for a report that ended its workers."""
        while self.waiting:
            future = self._next()
            name, _ = self.waiting[future.key]
            made = self._made(name, future)
            del self.waiting[future.key]
            future.release()
            yield name, made

    def _next(self) -> Future:
        """Wait for the next task that ended; the short waits let Ctrl-C through on Windows."""
        looked = time.monotonic()
        while True:
            with suppress(queue.Empty):
                return self.ended.get(timeout=0.5)
            if time.monotonic() - looked > LOOK:
                looked = time.monotonic()
                self._look()

    def _look(self) -> None:
        """Give up when there has been no worker for long: dask itself would wait for ever."""
        with suppress(*_GONE):
            if self.client.scheduler_info(n_workers=1)["workers"]:
                self.seen = time.monotonic()
        if time.monotonic() - self.seen > PATIENCE:
            there = self.client.status == "running"
            raise _lost(f"no worker for {PATIENCE:g} seconds" if there else _NO_SCHEDULER, len(self.waiting))

    def _made(self, name: str, future: Future) -> Made | None:
        """What became of one order; whatever a worker raises becomes a failed report."""
        from distributed import CancelledError, KilledWorker

        job = self.orders[name]
        try:
            parcel, expected = self._answer(future)
            return self._opened(job, parcel, expected) if parcel else None
        except KilledWorker:
            return None
        except CancelledError:
            raise _lost(_NO_SCHEDULER, len(self.waiting)) from None
        except (PdsaError, OSError) as error:
            problem, step = told(job, error)
        except Exception as error:  # noqa: BLE001 one failing report never stops the others
            problem = Problem(job.name, f"{type(error).__name__}: {error}"[:600], "no such error on a worker")
            step = "look at the log of the worker; if it says nothing, tell the makers of pdsa"
        return Made("failed", 0.0, problem=problem, next_step=step)

    def _answer(self, future: Future) -> tuple[str, str]:
        """Name and hash of the parcel; a worker that ended with its answer lets dask ask another one."""
        while True:
            try:
                name, expected = future.result(timeout=LOOK)
            except TimeoutError:
                if future.status == "error":
                    raise
                self._look()
            else:
                return str(name), str(expected)

    def _opened(self, job: Job, parcel: str, expected: str) -> Made:
        """The parcel, which is not needed any more once it is read."""
        place = self.box / PARCELS / parcel
        data = wait_for(place)
        made = unwrap(data or b"", expected, job.name)
        place.unlink()
        return made


def _deadly(job: Job) -> Made:
    found = f"that the worker making it ended {CHANCES} times, the last time with no other report beside it"
    step = "look at the log of the worker, and at the memory of its machine; then run the same command again"
    return Made("failed", 0.0, problem=Problem(job.name, found, "a worker that lives on"), next_step=step)


def _lost(found: str, waiting: int) -> InputError:
    problem = Problem("cluster", found, f"workers to the end; reports not made yet: {waiting}")
    step = "bring scheduler and workers back and run the same command again: what was made is not made anew"
    return InputError("cluster", (problem,), "the run ended before its end", step)


__all__ = ["Errand"]
