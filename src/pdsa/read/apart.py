"""Files of strangers -> Grids, read in a child process that cannot take the machine with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import pdsa
from pdsa.errors import InputError, Problem
from pdsa.read.grid import Grid
from pdsa.read.options import ReadOptions
from pdsa.read.wire import receive

__all__ = ["read_grids", "read_many"]

MODULE = "pdsa.read.child"
MEMORY = 2**30
SECONDS = 30  # of the processor; by the clock twice as many
PACKED = (".gz", ".tgz", ".xz", ".txz", ".bz2", ".tbz2", ".tar", ".zip")
SHEETS = (".xlsx", ".xlsm", ".ods")
# more seconds for each MB of a file: an archive of XML unpacks to 40 times its size
SECONDS_A_MB, SECONDS_A_SHEET_MB, SECONDS_A_PACKED_MB = 0.5, 3, 15
TIMEOUT = 1000  # no exit code of a process
SMALLER = "save the part that holds the numbers as CSV UTF-8, and run the same command with that file"


def read_grids(path: Path, options: ReadOptions | None = None) -> tuple[Grid, ...]:
    """Every table in a file, as found: text, workbooks, XML, JSON, and archives of them.

    Raises
    ------
    InputError
        If it holds no table that can be read, or takes more than 1 GB of memory or too much time.
    """
    return read_many((path,), options)[0]


def read_many(paths: Sequence[Path], options: ReadOptions | None = None) -> tuple[tuple[Grid, ...], ...]:
    """The tables of several files, read by one child process.

    Raises
    ------
    InputError
        With the problems of all files that cannot be read.
    """
    seconds = _seconds(paths)
    with tempfile.TemporaryFile() as answer:
        ending = _run(paths, options or ReadOptions(), seconds, answer.fileno())
        answer.seek(0)
        found = list(receive(answer))
    if len(found) < len(paths):
        found.append(_stopped(paths[len(found)].name, ending, seconds))
    errors = [one for one in found if isinstance(one, InputError)]
    if errors:
        raise errors[0] if len(errors) == 1 else _together(errors)
    return tuple(one for one in found if not isinstance(one, InputError))


def _seconds(paths: Sequence[Path]) -> int:
    """Seconds of processor time for files of these sizes."""
    more = 0.0
    for path in paths:
        name = path.name.lower()
        size = path.stat().st_size / 1e6 if path.is_file() else 0
        if name.endswith(SHEETS):
            more += size * SECONDS_A_SHEET_MB
        else:
            more += size * (SECONDS_A_PACKED_MB if name.endswith(PACKED) else SECONDS_A_MB)
    return SECONDS * max(1, len(paths)) + round(more)


def _run(paths: Sequence[Path], options: ReadOptions, seconds: int, answer: int) -> tuple[int, str]:
    """How the child ended (its exit code, or TIMEOUT), and its last words."""
    request = {
        "paths": [str(path.absolute()) for path in paths],
        "options": asdict(options),
        "memory": MEMORY,
        "seconds": seconds,
    }
    here = str(Path(pdsa.__file__).parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])]),
        "OPENBLAS_NUM_THREADS": "1",  # every thread would reserve memory that counts against the limit
        # memory comes in large pages from one place and is used again, which saves a third of the time
        "GLIBC_TUNABLES": "glibc.malloc.hugetlb=1:glibc.malloc.arena_max=1",
        **dict.fromkeys(("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_"), str(MEMORY)),
    }
    child = subprocess.Popen(  # noqa: S603 - this very Python and a module of pdsa
        [sys.executable, "-P", "-m", MODULE],
        stdin=subprocess.PIPE,
        stdout=answer,
        stderr=subprocess.PIPE,
        env=environment,
    )
    with child:
        try:
            _, words = child.communicate(json.dumps(request).encode("ascii"), timeout=2 * seconds)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return TIMEOUT, ""
    return child.returncode, words.decode("utf-8", "replace").strip().rpartition("\n")[2]


def _stopped(name: str, ending: tuple[int, str], seconds: int) -> InputError:
    """Why the child did not finish this file."""
    code, words = ending
    if code == TIMEOUT or (hasattr(signal, "SIGXCPU") and code == -signal.SIGXCPU):
        found = f"a file that takes more than {seconds} seconds to read"
    elif code < 0 or "MemoryError" in words:
        found = f"a file that could not be read within 1 GB of memory (the reader was stopped: {code})"
    else:
        found = f"a file at which the reader gave up ({words or code})"
    return InputError(name, (Problem(name, found, "a file of a table"),), next_step=SMALLER)


def _together(errors: Sequence[InputError]) -> InputError:
    problems = tuple(
        Problem(
            problem.place if problem.place.startswith(error.source) else f"{error.source}, {problem.place}",
            problem.found,
            problem.expected,
        )
        for error in errors
        for problem in error.problems
    )
    steps = dict.fromkeys(error.next_step for error in errors)
    return InputError(", ".join(error.source for error in errors), problems, errors[0].consequence, "; ".join(steps))
