"""A report that was made -> files under their final names; a good page is never replaced by a broken one."""

from __future__ import annotations

from pathlib import Path

from pdsa.errors import PdsaError
from pdsa.publish import digest, inside, write_atomic
from pdsa.runner.job import Job, Made, Result
from pdsa.runner.make import told


def place(out: Path, job: Job, made: Made) -> Result:
    """Write what was made below the output folder, the page last, and return what became of the job.

    Parameters
    ----------
    out
        The folder below which every target lies.
    job, made
        The job and what making it gave; a failed one writes nothing.
    """
    if made.status == "failed":
        return Result(job, "failed", made.seconds, problem=made.problem, next_step=made.next_step, made=made)
    try:
        path = inside(out, job.target)
        beside = {inside(out, path.with_name(f"{path.stem}-{name}")): data for name, data in made.files.items()}
        for name, data in beside.items():
            write_atomic(name, data)
        write_atomic(path, made.page)
    except (PdsaError, OSError) as error:
        problem, step = told(job, error)
        return Result(job, "failed", made.seconds, problem=problem, next_step=step, made=made)
    return Result(job, "ok", made.seconds, path, digest(made.page), tuple(beside), made.marker, made=made)
