"""Each way in which a notebook can end has words and a next step of its own."""

from __future__ import annotations

import signal

import nbformat
import pytest

from pdsa.kernels import Execution
from pdsa.kernels.ending import Break, died, flooded, raised, timed_out
from pdsa.runner.endings import step_after

MEMORY = "Unable to allocate 8 GiB"


@pytest.mark.parametrize(
    ("found", "said", "step"),
    [
        (raised("KeyError", "'zeal'", []), "'zeal'", "mend what the message names and run the same command again"),
        (raised("SystemExit", "0", []), "0", "take the call that leaves the notebook out of it"),
        (raised("numpy._ArrayMemoryError", MEMORY, []), f"may take ({MEMORY})", "give the report less data"),
        (timed_out(300), "the cell ran longer than 300 seconds", "raise timeout_seconds in the params file"),
        (timed_out(9, "report"), "the report ran longer than 9 seconds", "raise report_timeout_seconds in the params"),
        (died(3), "the kernel ended itself with exit code 3", "take the call that ends the process (exit, os._exit)"),
        (died(-signal.SIGSEGV), "crashed and was ended by SIGSEGV", "run the same command again; if it crashes again"),
        (died(-signal.SIGKILL), "the kernel was ended by SIGKILL", "find out what ended it from outside"),
        (died(-signal.SIGKILL, memory_full=True), "the memory was full", "close other programs, and run the same"),
        (died(None), "ended without a trace", "find out what ended it from outside"),
        (flooded("printed", 10), "the notebook printed more than 10 MB", "print or show less in this cell"),
    ],
)  # fmt: skip
def test_a_way_to_end_has_its_own_step(found: Break, said: str, step: str) -> None:
    notebook = nbformat.from_dict({"cells": []})  # type: ignore[no-untyped-call]
    run = Execution(notebook, found.status, 1, found.ename, found.evalue, 1.0)
    assert said in found.evalue
    assert step_after(run).startswith(step) and "{" not in step_after(run)
