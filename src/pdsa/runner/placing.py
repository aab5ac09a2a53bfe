"""A report that was made -> files under final names and a record; a broken page never takes the place of a good one."""

from __future__ import annotations

import contextlib
import os
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pdsa.errors import PdsaError, Problem, ReportError
from pdsa.publish import digest, inside
from pdsa.publish.leaks import Secret, cleaned, leaked, redacted, secrets_of
from pdsa.publish.together import NO_LONGER, replace_together
from pdsa.runner.job import Job, Made, Result
from pdsa.runner.make import told
from pdsa.runner.records import Failure, Record, read_record, record_bytes, record_path
from pdsa.runner.refused import of_disk, place_of
from pdsa.runner.searched import CLEAN, held_in, move_away

_WARNING = re.compile(r"\b\w*Warning: ")
_MOST_WARNINGS, _LONGEST = 5, 300


def place(out: Path, job: Job, made: Made) -> Result:
    """Write what was made below the output folder, the page last and its record after it, and say what became of it.

    A failed report changes nothing but its record: the page of an earlier run stands, and is marked as stale there;
    unless it holds what is a secret today: then it is moved out of what is handed on.

    Parameters
    ----------
    out
        The folder below which every target lies.
    job, made
        The job and what making it gave; the result has both without their bytes.
    """
    result = _placed(out, job, made)
    # nobody keeps what was placed: a run has thousands of pages
    return replace(result, job=replace(job, files={}), made=replace(made, page=b"", files={}))


def _placed(out: Path, job: Job, made: Made) -> Result:
    secrets = secrets_of(os.environ)
    old = read_record(out, job.target)
    try:
        if made.status == "failed":
            raise ReportError(job.name, made.problem or _UNTOLD, made.next_step)
        record, files = _recorded(out, job, made, secrets)
        replace_together(out, {**files, record_path(job.target): record_bytes(record)})
    except (PdsaError, OSError) as error:
        why, step = safe(*_told(out, job, error), secrets)
        if old_leak := _moved_away(out, job, old, secrets):
            why = replace(why, found=f"{why.found}; {old_leak}")
            old = old if (out / job.target).is_file() else None
        return _failed(out, job, made, old, (why, step))
    _put_left_over_away(out, old, record, secrets)
    return _published(out, job, made, record)


_UNTOLD = Problem("the report", "no page", "one")


def _published(out: Path, job: Job, made: Made, record: Record) -> Result:
    *beside, page = (inside(out, Path(path)) for path in record.files)
    return Result(
        job,
        "ok",
        made.seconds,
        page,
        record.files[record.target],
        tuple(beside),
        made.marker,
        made=made,
        record=record,
    )


def _recorded(out: Path, job: Job, made: Made, secrets: Sequence[Secret]) -> tuple[Record, dict[Path, bytes]]:
    """The record and the files that it vouches for, by path below the folder, the page last."""
    files = {job.target.with_name(f"{job.target.stem}-{name}"): data for name, data in made.files.items()}
    files[job.target] = made.page
    for path, data in files.items():
        inside(out, path)
        if variable := leaked(data, secrets):
            raise leak(job, path, variable)
    record = replace(
        blank(job),
        key=job.key,
        own=job.own,
        made=now(),
        files={path.as_posix(): digest(data) for path, data in files.items()},
        marker=cleaned(dict(made.marker), secrets),
        seconds=round(made.seconds, 2),
        cells=_cells(made),
        warnings=[redacted(line, secrets) for line in _warnings(made)],
    )
    return record, files


def leak(job: Job, path: Path, variable: str) -> ReportError:
    """Return the error of a report in which the value of an environment variable stands that nobody may read."""
    found = f"the value of the environment variable {variable}"
    step = f"take it out of the cell of {job.notebook.name} that prints it, or run without it: env -u {variable} pdsa"
    return ReportError(job.name, Problem(path.as_posix(), found, CLEAN), step)


def blank(job: Job) -> Record:
    """Return the record of a report of which no page was made yet."""
    return Record(job.name, job.audience, job.school, job.title, job.about, job.target.as_posix())


def now() -> str:
    """Return the time as records have it."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _cells(made: Made) -> dict[str, int]:
    return dict(Counter(cell.status for cell in made.cells))


def _warnings(made: Made) -> Sequence[str]:
    lines = dict.fromkeys(line.strip() for line in made.printed.splitlines() if _WARNING.search(line))
    return [line[:_LONGEST] for line in lines][:_MOST_WARNINGS]


def _put_left_over_away(out: Path, old: Record | None, new: Record, secrets: Sequence[Secret]) -> None:
    """Files of the page before that the new one does not have; what refuses is put away by the next whole run."""
    for path in sorted(set(old.files if old else ()) - set(new.files)):
        move_away(out, path, restricted=bool(held_in(out / path, secrets)))


def _failed(out: Path, job: Job, made: Made, old: Record | None, why: tuple[Problem, str]) -> Result:
    """Keep why there is no new page beside what is known of the old one, where the disk lets us."""
    problem, step = why
    since = old.failure.since if old and old.failure else now()
    failure = Failure(job.key, since, problem, step, _cells(made))
    record = replace(old or blank(job), failure=failure)
    with contextlib.suppress(OSError, PdsaError):
        inside(out, job.target)
        replace_together(out, {record_path(job.target): record_bytes(record)})
    return Result(job, "failed", made.seconds, problem=problem, next_step=step, made=made, record=record)


def _moved_away(out: Path, job: Job, old: Record | None, secrets: Sequence[Secret]) -> str:
    """Move an older page in which a secret of today stands out of what is handed on; say so, "" where none does.

    It is not removed: an ordinary word that some variable holds by accident must not cost anybody a good report.
    """
    try:
        inside(out, job.target)
        files = _older_files(out, job, old, secrets)
        held = next((found for path in files if (found := leaked(path.read_bytes(), secrets))), "")
    except (OSError, PdsaError):
        return ""
    if not held:
        return ""
    stuck = [path for path in reversed(files) if move_away(out, path.relative_to(out), restricted=True)]
    left = f"cannot be moved away: remove {', '.join(str(path) for path in stuck)} by hand"
    told = f"the page of an earlier run held the value of the environment variable {held}"
    return f"{told} and {left if stuck else f'lies in {NO_LONGER}/ now'}"


def _older_files(out: Path, job: Job, old: Record | None, secrets: Sequence[Secret]) -> list[Path]:
    """The files of the page that stands, the page last; without a record, files named like it that hold a secret."""
    if old and old.files:
        return [path for path in (out / name for name in old.files) if path.is_file()]
    page = out / job.target
    beside = [path for path in page.parent.glob(f"{page.stem}-*") if path.is_file()]
    leaking = sorted(path for path in beside if leaked(path.read_bytes(), secrets))
    return [*leaking, page] if page.is_file() else leaking


def note(out: Path, result: Result) -> None:
    """Keep what is known of an unchanged report: no failure any more, or other data that make the same page.

    Where the disk refuses, the next run finds out the same again.

    Parameters
    ----------
    out
        The folder of the run.
    result
        Of a report that is unchanged.
    """
    if result.record is not None:
        with contextlib.suppress(OSError):
            replace_together(out, {record_path(result.job.target): record_bytes(result.record)})


def safe(problem: Problem, step: str, secrets: Sequence[Secret]) -> tuple[Problem, str]:
    """Return the message without the value of any secret: it is printed, kept and shown in the index."""
    parts = (redacted(text, secrets) for text in (problem.place, problem.found, problem.expected))
    return Problem(*parts), redacted(step, secrets)


def _told(out: Path, job: Job, error: PdsaError | OSError) -> tuple[Problem, str]:
    if isinstance(error, OSError):
        named = place_of(error, out / job.target)
        return of_disk(error, named if named.is_relative_to(out) else job.target, out)
    return told(job, error)
