"""One job -> the bytes of its page, or the reason why there is none; nothing is written."""

from __future__ import annotations

import contextlib
import errno
import tempfile
import time
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.errors import InputError, PdsaError, Problem, ReportError
from pdsa.kernels import Execution, Limits, Parent, Stop, execute
from pdsa.kernels.source import prepared
from pdsa.runner import page
from pdsa.runner.endings import AND_AGAIN, step_after
from pdsa.runner.job import Job, Made
from pdsa.runner.page import COMPLETE, page_files, render_page, shown
from pdsa.runner.warm import fit

if TYPE_CHECKING:
    from nbformat import NotebookNode

_FULL = (errno.ENOSPC, errno.EDQUOT)
TRIES = 2  # a kernel that died is started once more


def get_ready(notebooks: Iterable[Path]) -> None:
    """Import and read what the first report would wait for: meanwhile a warm parent imports too.

    Parameters
    ----------
    notebooks
        That are about to be run.
    """
    page.read_templates()
    for notebook in notebooks:
        with contextlib.suppress(PdsaError, OSError):  # whoever runs it is told
            prepared(notebook, {})


def make(job: Job, limits: Limits, *, stop: Stop | None = None, parent: Parent | None = None) -> Made:
    """Execute the notebook of a job and render its page; whatever goes wrong becomes a failed `Made`.

    Parameters
    ----------
    job
        What to make.
    limits
        Time, memory and output that the notebook may take.
    stop
        What ends the kernel from another thread.
    parent
        The warm process whose children run the notebook; a cold kernel is started without.
    """
    started = time.perf_counter()
    stop = stop or Stop()
    run: Execution | None = None
    tries = 0
    try:
        while run is None or (run.status == "died" and run.again and tries < TRIES and not stop.is_set()):
            if parent is not None:
                fit(parent, job.notebook)
            run = execute(job.notebook, job.parameters, limits=limits, files=job.files, stop=stop, parent=parent)
            tries += 1
        made = _rendered(run, job)
    except (PdsaError, OSError) as error:
        made = _failed(*told(job, error))
    except Exception as error:  # noqa: BLE001 one failing report never stops the others
        problem = Problem(job.name, f"{type(error).__name__}: {error}", "no such error")
        made = _failed(problem, "tell the makers of pdsa: this is a fault of the program")
    return _measured(made, run, time.perf_counter() - started, tries)


def _failed(problem: Problem, next_step: str) -> Made:
    return Made("failed", 0.0, problem=problem, next_step=next_step)


def _measured(made: Made, run: Execution | None, seconds: float, tries: int) -> Made:
    """Add what is known of every report, whether it could be made or not."""
    if run is None:
        return replace(made, seconds=seconds, tries=tries)
    return replace(made, seconds=seconds, cells=run.cells, printed=run.printed, peak_mb=run.peak_mb, tries=tries)


def _rendered(run: Execution, job: Job) -> Made:
    _refuse_unfinished(run, job)
    marker = _marker(run.notebook, job)
    html = render_page(run.notebook, job).encode()
    files = {name: text.encode() for name, text in page_files(run.notebook, job).items()}
    return Made("ok", 0.0, html, files, marker)


def _refuse_unfinished(run: Execution, job: Job) -> None:
    if run.status == "ok":
        return
    place = job.notebook.name if run.cell is None else f"{job.notebook.name}, cell {run.cell + 1}"
    found = run.evalue if run.status != "error" else f"{run.ename}: {run.evalue}"
    # an error of pdsa brings its own next step
    found, _, step = " ".join(found.split()).partition(" Next: ")
    problem = Problem(place, f"{found:.600}".rstrip("."), "a cell that runs to its end")
    raise ReportError(job.name, problem, step.rstrip(".") or step_after(run))


def _marker(notebook: NotebookNode, job: Job) -> dict[str, object]:
    """Return the completion mark of the last code cell, which tells for whom the report was made."""
    cells = [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]
    found = [data[COMPLETE] for data in shown(cells[-1]) if COMPLETE in data] if cells else []
    marks = [mark if isinstance(mark, dict) else {"id": mark} for mark in found]
    if not marks:
        problem = Problem(job.notebook.name, "no completion mark: the notebook ended before its last cell", "one")
        raise ReportError(job.name, problem, "make the report again; if it fails again, mend the notebook")
    for made_for in (mark.get("id") for mark in marks):
        if made_for != job.expected:
            expected = f"{job.expected!r}; it was not published"
            problem = Problem(job.notebook.name, f"that the report was made for {made_for!r}", expected)
            raise ReportError(job.name, problem, "check the parameters of this report")
    return marks[-1]


def told(job: Job, error: PdsaError | OSError) -> tuple[Problem, str]:
    """Return what failed and what the reader can do."""
    if isinstance(error, ReportError):
        return error.problem, error.next_step
    if isinstance(error, InputError):
        return error.problems[0], error.next_step
    if isinstance(error, OSError) and error.errno in _FULL:
        return _no_room(tempfile.gettempdir())
    problem = Problem(str(job.target), str(error), "a file that can be written")
    return problem, "close programs that have the page open, look for free space, and run the same command again"


def _no_room(folder: str) -> tuple[Problem, str]:
    """Making a report writes nothing else: its page gets its place later, perhaps on another disk."""
    place, expected = f"{folder}, the folder for temporary files", "room for what a notebook needs while it runs"
    step = f"free space there, or set TMPDIR to a folder on a disk that has some, {AND_AGAIN}"
    return Problem(place, "no space left on its disk", expected), step
