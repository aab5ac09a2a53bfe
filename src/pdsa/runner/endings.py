"""What a coach can do about a notebook that did not come to its end: each way of ending has a step of its own."""

from __future__ import annotations

from pdsa.kernels import Execution

AGAIN = "mend what the message names and run the same command again"
AND_AGAIN = "and run the same command again"
# Words of `kernels.ending` by which the ways to end are told apart, the first that fits, and what to do.
_STEPS = {
    "error": (
        ("asked for more memory", f"give the report less data, or raise memory_mb in the params file, {AND_AGAIN}"),
        ("SystemExit", "take the call that leaves the notebook out of it: only its last cell may end a report"),
        ("", AGAIN),
    ),
    "timeout": (
        ("the report ran longer", f"raise report_timeout_seconds in the params file or give it less data, {AND_AGAIN}"),
        ("to begin", f"close other programs, {AND_AGAIN}"),
        ("", f"raise timeout_seconds in the params file or give the cell less data, {AND_AGAIN}"),
    ),
    "died": (
        ("memory was full", "close other programs, and run the same command again with --workers 1"),
        ("ended itself", "take the call that ends the process (exit, os._exit) out of the cell"),
        ("crashed", "run the same command again; if it crashes again, replace the package that this cell calls"),
        ("and was ended", f"print or show less in this cell, {AND_AGAIN}"),
        (
            "",
            f"find out what ended it from outside (often the system, for want of memory), {AND_AGAIN}",
        ),
    ),
}


def step_after(run: Execution) -> str:
    """Return what to do about a notebook that broke.

    Parameters
    ----------
    run
        Of the notebook; not one that came to its end.
    """
    said = f"{run.ename}: {run.evalue}"
    return next(step for words, step in _STEPS[run.status] if words in said)


__all__ = ["AGAIN", "step_after"]
