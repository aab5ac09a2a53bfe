"""A log for each report, for whoever runs the batch: how each cell ended, and what was printed."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

from pdsa.publish import disk
from pdsa.publish.leaks import redacted, secrets_of
from pdsa.runner.job import Result
from pdsa.runner.placing import now
from pdsa.runner.records import record_path

LOGS = ".logs"
_KERNELS = ("no kernel was started", "kernel started once", "kernel started twice")  # by how often it was tried
LONGEST = 100_000  # characters of what was printed, the last ones
README = """\
Logs of `pdsa report`, one for each report, of the last time it was made or failed.

They are for whoever runs the batch. What a notebook prints may be more than the reader of its page may see, so
this folder is not handed on with the pages.
"""


def log_path(target: Path) -> Path:
    """Return where the log of a page lies below the run's folder.

    Examples
    --------
    >>> log_path(Path("team/0107/report.html")).as_posix()
    '.logs/team/0107.report.txt'
    """
    return Path(LOGS, *record_path(target).with_suffix(".txt").parts[1:])


def write_log(folder: Path, result: Result) -> None:
    """Write the log of a report that was made or failed; a log that cannot be written stops nothing.

    Parameters
    ----------
    folder
        Of the run.
    result
        What became of the report.
    """
    if result.made is None:
        return
    text = redacted("\n".join(_lines(result)) + "\n", secrets_of(os.environ))
    path = folder / log_path(result.job.target)
    with contextlib.suppress(OSError):
        if not (readme := folder / LOGS / "README.txt").is_file():
            _write(readme, README)
        _write(path, text)


def _write(path: Path, text: str) -> None:
    """Replace a file whole; it is not synced, for nothing rests on it."""
    disk.make_folder(path.parent)
    temporary = path.with_name(f"{disk.TEMPORARY}{os.getpid()}-{path.name}")
    disk.remove(temporary)
    disk.write(temporary, text.encode("utf-8", "replace"))
    disk.rename(temporary, path)


def _lines(result: Result) -> Iterator[str]:
    made, job = result.made, result.job
    assert made is not None  # noqa: S101 the caller looked
    yield f"{job.name}: {result.status}, {now()}, {result.seconds:.2f} s"
    yield f"notebook {job.notebook.name}, {_KERNELS[min(made.tries, 2)]}"
    if made.peak_mb:
        yield f"memory of its process at most {made.peak_mb:.0f} MB"
    if result.problem:
        yield from ("", f"{result.problem}", f"Next: {result.next_step}.")
    yield from ("", "cell  how it ended  seconds")
    yield from (f"{cell.index + 1:4}  {cell.status:12}  {cell.seconds:7.3f}" for cell in made.cells)
    yield from ("", "printed:", made.printed[-LONGEST:] or "nothing")
