"""The process that reads files of strangers: limited in memory and time, alone with them.

Run by `pdsa.read.apart` as `python -m pdsa.read.child`; the request is JSON on standard input, the answer (see
`pdsa.read.wire`) goes to standard output.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pdsa.errors import InputError, Problem
from pdsa.read.gather import grids_of
from pdsa.read.options import ReadOptions
from pdsa.read.unpack import opened
from pdsa.read.wire import send_error, send_grids

__all__ = ["main"]

SMALLER = "save the part that holds the numbers as CSV UTF-8, and run the same command with that file"


def main() -> None:
    """Answer one request: `{"paths": [...], "options": {...}, "memory": bytes, "seconds": seconds}`."""
    request = json.load(sys.stdin)
    answer = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # openpyxl prints of damaged books: no part of the answer
    _limit(request["memory"], request["seconds"])
    options = request["options"]
    chosen = ReadOptions(**{**options, "strip": tuple(options["strip"]), "sheets": tuple(options["sheets"])})
    for path in map(Path, request["paths"]):
        try:
            send_grids(answer, _read(path, chosen))
        except InputError as error:
            send_error(answer, error)
        except MemoryError:
            problem = Problem(path.name, "a file that needs more than 1 GB of memory to be read", "a smaller file")
            send_error(answer, InputError(path.name, (problem,), next_step=SMALLER))


def _read(path: Path, options: ReadOptions) -> tuple[Any, ...]:
    with opened(path, path.name) as stream:
        data = stream.read()
    return grids_of(path.name, data, options)


def _limit(memory: int, seconds: int) -> None:
    """Let the system stop this process when it takes too much, where the system can."""
    try:
        import resource
    except ImportError:  # Windows: the parent's clock is the limit
        return
    for what, most in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(what)
        resource.setrlimit(what, (most if hard < 0 else min(most, hard), hard))


if __name__ == "__main__":
    main()
