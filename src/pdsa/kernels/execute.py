"""One notebook, run warm where that can be, cold where it cannot, with the same outputs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pdsa.kernels.cold import execute_cold
from pdsa.kernels.ending import Execution, Limits
from pdsa.kernels.parent import Parent
from pdsa.kernels.room import Stop
from pdsa.kernels.source import prepared


def execute(
    notebook: Path,
    parameters: Mapping[str, object],
    *,
    limits: Limits,
    files: Mapping[str, bytes] | None = None,
    stop: Stop | None = None,
    parent: Parent | None = None,
) -> Execution:
    """Run a notebook with parameters in a process of its own, and say truly what became of it.

    May be called from several threads of one process; the process's own folder is never changed. The kernel is
    this interpreter, whatever kernels the user has installed, with no start-up files, no history, UTC, and only
    this environment's packages on its path. When this returns or raises, no process of it is left.

    Parameters
    ----------
    notebook
        The .ipynb file; it is not written to.
    parameters
        Values by name; call `check_parameters` first, names are written into the notebook as they are.
    limits
        What the notebook may take.
    files
        Content by plain name of the files in the notebook's folder, which is its own; modules in it are not
        imported.
    stop
        What ends the kernel from another thread.
    parent
        A warm parent; without, or where it did not start, the kernel starts cold.
    """
    ready = prepared(notebook, parameters)
    with (stop or Stop()).room(files or {}) as room:
        if parent is not None and parent.is_ready():
            return parent.run(ready, limits, room)
        return execute_cold(ready, limits, room)
