"""Many jobs: checked together, made by a pool, placed one by one as they come."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.kernels import Limits, check_parameters
from pdsa.publish import inside
from pdsa.runner.endings import AGAIN
from pdsa.runner.job import Job, Result
from pdsa.runner.placing import place
from pdsa.runner.pool import LocalPool, Pool


def run_jobs(
    jobs: Sequence[Job],
    out: Path,
    *,
    pool: Pool | None = None,
    on_done: Callable[[Result], None] | None = None,
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
    pool
        Who makes them; by default two at a time on this machine, in cold kernels.
    on_done
        Called with each result as it comes, in the calling thread.

    Raises
    ------
    ParamsError
        With every problem of every job.
    """
    _check(jobs, out)
    results: dict[int, Result] = {}
    numbers = {id(job): number for number, job in enumerate(jobs)}
    with closing((pool or LocalPool(2, Limits())).made(jobs)) as coming:  # type: ignore[type-var]
        for job, made in coming:
            result = results[numbers[id(job)]] = place(out, job, made)
            if on_done:
                on_done(result)
    return [results[number] for number in range(len(jobs))]


def _check(jobs: Sequence[Job], out: Path) -> None:
    problems = [problem for job in jobs for problem in _problems(job, out)] + list(_shared_targets(jobs))
    if problems:
        raise ParamsError("reports", tuple(problems), "no kernel was started", AGAIN)


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
