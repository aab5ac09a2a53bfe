"""A notebook run the ordinary way: by papermill, in a kernel that starts cold."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from pdsa.kernels.ending import (
    Break,
    CellOutcome,
    Execution,
    Limits,
    cell_ends,
    printed_text,
    raised,
    source_index,
    timed_out,
)
from pdsa.kernels.memory import watched
from pdsa.kernels.room import Room, manager_class
from pdsa.kernels.source import import_quickly

if TYPE_CHECKING:
    from nbformat import NotebookNode


def execute_cold(notebook: NotebookNode, limits: Limits, room: Room) -> Execution:
    """Run a prepared notebook in a kernel of its own, and say truly what became of it.

    Parameters
    ----------
    notebook
        With its parameters in place; it is filled.
    limits, room
        What it may take, and the kernel's surroundings.
    """
    started = time.perf_counter()
    room.limits = limits
    clock = Clock(limits)
    with _own_loop(), watched(room, limits.memory_mb) as watch:
        room.begin = (clock.start, watch)
        ended = _attempt(notebook, clock, room)
        done = _unmarked(room.notebook or notebook)
        at = None if ended is None else source_index(done, room.cell)
        what = ended or Break("ok", "", "")
        return Execution(
            done, what.status, at, what.ename, what.evalue, time.perf_counter() - started, what.line,
            cell_ends(done, _ends(done, room.cell, what)), printed_text(done), again=what.again,
        )  # fmt: skip


def _ends(notebook: NotebookNode, broken: int | None, what: Break) -> dict[int, tuple[CellOutcome, float]]:
    """Status by index: every cell before the one that broke ran, none after it."""
    last = len(notebook.cells) if what.status == "ok" or broken is None else broken
    ends: dict[int, tuple[CellOutcome, float]] = dict.fromkeys(range(last), ("ok", 0.0))
    if what.status != "ok" and broken is not None:
        ends[broken] = (what.status, 0.0)
    return ends


@dataclass(slots=True)
class Clock:
    """Says how long the next cell may take: as long as any, but no longer than what is left of the report's time."""

    limits: Limits
    last: float = math.inf
    whole: bool = False  # whether what is left of the report's time was the shorter

    def start(self) -> None:
        """Begin: the kernel is there."""
        self.last = time.monotonic() + self.limits.report_seconds

    def left(self, cell: NotebookNode) -> float:
        """Return the seconds of the next cell; never 0, which is without end for nbclient."""
        left = self.last - time.monotonic()
        self.whole = left < self.limits.cell_seconds
        return max(0.001, min(left, self.limits.cell_seconds))

    def over(self) -> Break:
        """Return the break of the cell that took longer than it might."""
        return timed_out(self.limits.report_seconds, "report") if self.whole else timed_out(self.limits.cell_seconds)


def _attempt(notebook: NotebookNode, clock: Clock, room: Room) -> Break | None:
    """Return what broke the notebook, None if nothing did; the exceptions named here are translated."""
    papermill = _papermill()
    from nbclient.exceptions import CellTimeoutError
    from papermill.exceptions import PapermillExecutionError

    try:
        return _hidden_error(papermill.execute_notebook(notebook, None, {}, **_options(clock, room)))
    except PapermillExecutionError as error:
        return raised(error.ename, error.evalue, error.traceback)
    except CellTimeoutError:
        return clock.over()
    except RuntimeError:  # nbclient's DeadKernelError, and a kernel that never answered
        return room.ending()


def _options(clock: Clock, room: Room) -> dict[str, Any]:
    return {
        "kernel_name": "python3",
        "language": "python",
        "progress_bar": False,
        "kernel_manager_class": manager_class(room),
        "execution_timeout": math.ceil(clock.limits.cell_seconds),  # whole seconds, for the messages around the cells
        "timeout_func": clock.left,
        "iopub_timeout": 60,  # large outputs arrive after the reply
        "shell_timeout_interval": 1,
        "shutdown_kernel": "immediate",
        "force_raise_errors": True,  # no tag in a notebook may hide an error
        "on_notebook_start": room.on_start,
        "on_cell_start": room.on_cell,
    }


def _hidden_error(notebook: NotebookNode) -> Break | None:
    """Find an error that papermill lets pass: it takes sys.exit(0) for success and skips the cells after it."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return raised(output.ename, output.evalue, output.traceback)
    return None


def _unmarked(notebook: NotebookNode) -> NotebookNode:
    """Take out the cells with which papermill points at an error, and what it keeps of its own work."""
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", ())]
    for part in (notebook, *notebook.cells):
        part.metadata.pop("papermill", None)
    return notebook


@cache
def _papermill() -> Any:
    papermill = import_quickly("papermill")
    from jupyter_client.provisioning import KernelProvisionerFactory

    KernelProvisionerFactory.instance()  # a singleton that threads would otherwise make twice
    logging.getLogger("papermill").addHandler(logging.NullHandler())  # what it says, `Execution` says
    return papermill


@contextlib.contextmanager
def _own_loop() -> Iterator[None]:
    """Close the event loop that jupyter makes for this thread and leaves open."""
    try:
        yield
    finally:
        if not _loop_is_running():
            _close_loop()


def _loop_is_running() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _close_loop() -> None:
    from jupyter_core.utils import ensure_event_loop

    loop = ensure_event_loop()
    if tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks, timeout=5))
    loop.close()
    asyncio.set_event_loop(None)
