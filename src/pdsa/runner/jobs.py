"""Many jobs, a few at a time: checked together, executed apart, published whole."""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.errors import InputError, ParamsError, PdsaError, Problem, ReportError
from pdsa.kernels import Execution, Stop, check_parameters, execute
from pdsa.publish import digest, inside, write_atomic
from pdsa.runner.job import Job, Result
from pdsa.runner.page import COMPLETE, page_files, render_page, shown

if TYPE_CHECKING:
    from nbformat import NotebookNode

_AGAIN = "mend what the message names and run the same command again"
_NEXT = {
    "error": _AGAIN,
    "timeout": "give the report more time or less data, and run the same command again",
    "died": "close other programs or make one report at a time; most often the memory was full",
}


def run_jobs(
    jobs: Sequence[Job],
    out: Path,
    *,
    workers: int = 2,
    timeout: float = 300,
    on_done: Callable[[Result], None] | None = None,
    workdir: Path | None = None,
) -> list[Result]:
    """Make reports and return a result for each, in the order of the jobs.

    All parameters and targets are checked before the first kernel starts. A report that fails leaves the page of
    an earlier run as it was, and the other reports go on. Ctrl-C ends the running kernels, then raises.

    Parameters
    ----------
    jobs
        What to make.
    out
        The folder below which every target lies.
    workers
        Reports that are made at the same time.
    timeout
        Seconds that any one cell may take.
    on_done
        Called with each result as it comes, in the calling thread.
    workdir
        The folder that relative paths in parameters start from; by default the current one.

    Raises
    ------
    ParamsError
        With every problem of every job.
    """
    _check(jobs, out)
    bench = _Bench(out, timeout, workdir or Path.cwd(), Stop())
    futures: list[Future[Result]] = []
    with ThreadPoolExecutor(max(1, workers), thread_name_prefix="pdsa-report") as pool:
        try:
            futures += [pool.submit(bench.make, job) for job in jobs]
            for result in _as_they_come(futures):
                if on_done:
                    on_done(result)
        except BaseException:
            bench.stop.set()
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return [future.result() for future in futures]


def _as_they_come(futures: Sequence[Future[Result]]) -> Iterator[Result]:
    """Yield results as they come; the short waits let Ctrl-C through on Windows."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=0.5, return_when=FIRST_COMPLETED)
        yield from (future.result() for future in futures if future in done)


def _check(jobs: Sequence[Job], out: Path) -> None:
    problems = [problem for job in jobs for problem in _problems(job, out)] + list(_shared_targets(jobs))
    if problems:
        raise ParamsError("reports", tuple(problems), "no kernel was started", _AGAIN)


def _problems(job: Job, out: Path) -> list[Problem]:
    found: list[Problem] = []
    for check in (lambda: check_parameters(job.notebook, job.parameters), lambda: inside(out, job.target)):
        try:
            check()
        except InputError as error:
            found += [Problem(f"{job.name}, {p.place}", p.found, p.expected) for p in error.problems]
    return found


def _shared_targets(jobs: Sequence[Job]) -> Iterator[Problem]:
    """Yield targets that two jobs would write, on a file system that folds case and accents too."""
    seen: dict[str, Job] = {}
    for job in jobs:
        key = unicodedata.normalize("NFC", job.target.as_posix()).casefold()
        if key in seen:
            yield Problem(job.name, f"the target {job.target} of {seen[key].name}", "a target of its own")
        seen.setdefault(key, job)


@dataclass(frozen=True, slots=True)
class _Bench:
    """What all jobs of a run share."""

    out: Path
    timeout: float
    workdir: Path
    stop: Stop

    def make(self, job: Job) -> Result:
        """Make one report; whatever goes wrong becomes a failed result."""
        started = time.perf_counter()
        try:
            return self._publish(job, started)
        except (PdsaError, OSError) as error:
            problem, step = _told(job, error)
        except Exception as error:  # noqa: BLE001 one failing report never stops the others
            problem = Problem(job.name, f"{type(error).__name__}: {error}", "no such error")
            step = "tell the makers of pdsa: this is a fault of the program"
        return Result(job, "failed", time.perf_counter() - started, problem=problem, next_step=step)

    def _publish(self, job: Job, started: float) -> Result:
        run = execute(job.notebook, job.parameters, timeout=self.timeout, workdir=self.workdir, stop=self.stop)
        _refuse_unfinished(run, job)
        marker = _marker(run.notebook, job)
        page, files = render_page(run.notebook, job).encode(), page_files(run.notebook, job)
        path = inside(self.out, job.target)
        beside = {inside(self.out, path.with_name(f"{path.stem}-{name}")): text for name, text in files.items()}
        self._refuse_after_stop(job)
        for place, text in beside.items():
            write_atomic(place, text)
        write_atomic(path, page)
        return Result(job, "ok", time.perf_counter() - started, path, digest(page), tuple(beside), marker)

    def _refuse_after_stop(self, job: Job) -> None:
        if self.stop.is_set():
            raise ReportError(job.name, Problem(job.name, "a run that was stopped", "a finished run"), _AGAIN)


def _refuse_unfinished(run: Execution, job: Job) -> None:
    if run.status == "ok":
        return
    place = job.notebook.name if run.cell is None else f"{job.notebook.name}, cell {run.cell + 1}"
    found = run.evalue if run.status != "error" else f"{run.ename}: {run.evalue}"
    # an error of pdsa brings its own next step
    found, _, step = " ".join(found.split()).partition(" Next: ")
    problem = Problem(place, f"{found:.600}".rstrip("."), "a cell that runs to its end")
    raise ReportError(job.name, problem, step.rstrip(".") or _NEXT[run.status])


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


def _told(job: Job, error: PdsaError | OSError) -> tuple[Problem, str]:
    if isinstance(error, ReportError):
        return error.problem, error.next_step
    if isinstance(error, InputError):
        return error.problems[0], error.next_step
    problem = Problem(str(job.target), str(error), "a file that can be written")
    return problem, "close programs that have the page open, look for free space, and run the same command again"
