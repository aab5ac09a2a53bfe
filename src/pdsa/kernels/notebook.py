"""One notebook, executed by papermill, and the truth about what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import re
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pdsa.kernels.room import Room, Stop, manager_class

if TYPE_CHECKING:
    from nbformat import NotebookNode

Outcome = Literal["ok", "error", "timeout", "died"]

_ANSI = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_IMPORTING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of one notebook.

    Parameters
    ----------
    notebook
        The notebook with its outputs, as far as it came; papermill's own status marks in it are not to be
        trusted, they say "completed" for cells that never ran.
    status
        `ok`: every cell ran to its end. `error`: a cell raised (SystemExit included). `timeout`: a cell ran
        too long. `died`: the kernel ended.
    cell
        Where it broke, counted from 0 in the notebook file (papermill's injected cell is not counted).
    ename, evalue, line
        Name and text of the exception, and the last line of its traceback, without colors.
    seconds
        Wall time, start and end of the kernel included.
    """

    notebook: NotebookNode
    status: Outcome
    cell: int | None
    ename: str
    evalue: str
    seconds: float
    line: str = ""


def execute(
    notebook: Path,
    parameters: Mapping[str, object],
    *,
    timeout: float,
    workdir: Path,
    stop: Stop | None = None,
) -> Execution:
    """Run a notebook with parameters in a kernel of its own, and say truly what became of it.

    May be called from several threads of one process; the process's own folder is never changed. The kernel is
    this interpreter, whatever kernels the user has installed, with no start-up files, no history, UTC, and only
    this environment's packages on its path. When this returns or raises, no process of it is left.

    Parameters
    ----------
    notebook
        The .ipynb file; it is not written to.
    parameters
        Values by name; call `check_parameters` first, papermill runs code that stands in a name.
    timeout
        Seconds that any one cell may take.
    workdir
        The folder in which the kernel runs; modules in it are not imported.
    stop
        What ends the kernel from another thread.
    """
    started = time.perf_counter()
    _papermill()  # before nbformat: see there
    import nbformat

    source = nbformat.read(notebook, as_version=4)
    with (stop or Stop()).room(workdir) as room, _own_loop():
        status, *what = _attempt(source, parameters, timeout, room)
        done = _unmarked(room.notebook or source)
        cell = None if status == "ok" or room.cell is None else _source_index(done, room.cell)
        return Execution(done, status, cell, what[0], what[1], time.perf_counter() - started, what[2])


def _attempt(
    source: NotebookNode, parameters: Mapping[str, object], timeout: float, room: Room
) -> tuple[Outcome, str, str, str]:
    """Return status, name, text and last line of what happened; the exceptions named here are translated."""
    papermill = _papermill()
    from nbclient.exceptions import CellTimeoutError
    from papermill.exceptions import PapermillExecutionError

    try:
        done = papermill.execute_notebook(source, None, dict(parameters), **_options(timeout, room))
        return _hidden_error(done)
    except PapermillExecutionError as error:
        return _failure(error.ename, error.evalue, error.traceback)
    except CellTimeoutError:
        return "timeout", "Timeout", f"the cell ran longer than {timeout:g} seconds", ""
    except RuntimeError:  # nbclient's DeadKernelError, and a kernel that never answered
        return "died", "KernelDied", room.ending(), ""


def _options(timeout: float, room: Room) -> dict[str, Any]:
    return {
        "kernel_name": "python3",
        "language": "python",
        "progress_bar": False,
        "kernel_manager_class": manager_class(room),
        "execution_timeout": math.ceil(timeout),  # whole seconds, for the messages around the cells
        "timeout_func": lambda cell: timeout,
        "iopub_timeout": 60,  # large outputs arrive after the reply
        "shell_timeout_interval": 1,
        "shutdown_kernel": "immediate",
        "force_raise_errors": True,  # no tag in a notebook may hide an error
        "on_notebook_start": room.on_start,
        "on_cell_start": room.on_cell,
        "stdout_file": room,
        "stderr_file": room,
    }


def _failure(ename: str, evalue: str, traceback: list[str]) -> tuple[Outcome, str, str, str]:
    lines = _ANSI.sub("", "\n".join(traceback)).strip().splitlines()
    return "error", ename, _ANSI.sub("", evalue), lines[-1].strip() if lines else ""


def _hidden_error(notebook: NotebookNode) -> tuple[Outcome, str, str, str]:
    """Find an error that papermill lets pass: it takes sys.exit(0) for success and skips the cells after it."""
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            if output.output_type == "error":
                return _failure(output.ename, output.evalue, output.traceback)
    return "ok", "", "", ""


def _unmarked(notebook: NotebookNode) -> NotebookNode:
    """Take out the cells with which papermill points at an error, and the copy of the source it keeps."""
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", ())]
    notebook.metadata.get("papermill", {}).pop("input_path", None)
    return notebook


def _source_index(notebook: NotebookNode, index: int) -> int:
    before = notebook.cells[:index]
    return index - sum("injected-parameters" in cell.metadata.get("tags", ()) for cell in before)


@cache
def _papermill() -> Any:
    """Import papermill in 0.4 seconds instead of 1.8.

    1.4 of them compile the grammar of an optional checker of "iri" strings (rfc3987_syntax, which jsonschema
    tries to import and does without); notebooks have no such strings. The block is lifted at once.
    """
    with _IMPORTING:
        blocked = "rfc3987_syntax" not in sys.modules
        if blocked:
            sys.modules["rfc3987_syntax"] = None  # type: ignore[assignment]
        try:
            import papermill
            from jupyter_client.provisioning import KernelProvisionerFactory
        finally:
            if blocked:
                sys.modules.pop("rfc3987_syntax", None)
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
