"""A papermill engine: `papermill --engine pdsa` plays notebooks in children of a warm parent.

Every `import papermill` loads this file, in the middle of its own import, so this one imports nothing of it.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable, Mapping
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdsa.kernels.ending import INJECTED

if TYPE_CHECKING:
    from pdsa.kernels.ending import Execution, Limits
    from pdsa.kernels.parent import Parent

_PLAIN = ["-m", "ipykernel_launcher", "-f", "{connection_file}"]
NEVER = 10.0**9  # seconds; papermill's own default is to wait for ever


class WarmEngine:
    """Plays notebooks of this interpreter's kernels warm; leaves others, and systems without fork, to nbclient."""

    @classmethod
    def execute_notebook(cls, *args: Any, **kwargs: Any) -> Any:
        """Execute a notebook that papermill has prepared, as `papermill.engines.Engine` documents it.

        Raises
        ------
        CellTimeoutError, DeadKernelError
            As nbclient raises them; before, the cells that did not run are marked so.
        """
        return _engine().execute_notebook(*args, **kwargs)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> Any:
        """Return the name of the notebook's kernel."""
        return _engine().nb_kernel_name(nb, name)

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> Any:
        """Return the notebook's language."""
        return _engine().nb_language(nb, language)


@cache
def _engine() -> Any:
    """Return papermill's own engine, with our way of running the cells."""
    from papermill.engines import Engine

    return type("WarmEngine", (Engine,), {"execute_managed_notebook": staticmethod(_execute)})


def _execute(nb_man: Any, kernel_name: str, **kwargs: Any) -> Any:
    from papermill.engines import NBClientEngine

    from pdsa.kernels.client import Manager

    parent = _hearth().lit() if _is_ours(kernel_name) and "kernel_manager_class" not in kwargs else None
    if parent is None or not parent.is_ready():
        return NBClientEngine.execute_managed_notebook(
            nb_man, kernel_name, **{"kernel_manager_class": Manager, **kwargs}
        )
    limits = _limits(kwargs)
    run = _play(nb_man, parent, limits, partial(_log, nb_man.nb, kwargs))
    _refuse(nb_man, run, limits)
    return nb_man.nb


def _is_ours(kernel_name: str) -> bool:
    """Whether the kernelspec starts this interpreter, and nothing more; what is not installed nbclient tells."""
    from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

    try:
        spec = KernelSpecManager().get_kernel_spec(kernel_name)
    except NoSuchKernel:
        return False
    program, *rest = (word for word in spec.argv if word != "-Xfrozen_modules=off")
    return program in (sys.executable, "python", "python3") and rest == _PLAIN and not spec.env


@cache
def _hearth() -> Any:
    """This process's warm parent, started with the first notebook and ended with the process."""
    from pdsa.kernels.parent import Hearth

    return Hearth()


def _limits(kwargs: dict[str, Any]) -> Limits:
    from pdsa.kernels.ending import Limits

    seconds = kwargs.get("execution_timeout") or kwargs.get("timeout") or NEVER
    return Limits(seconds if seconds > 0 else NEVER, NEVER, memory_mb=0, printed_mb=10_000, output_mb=10_000)


def _play(nb_man: Any, parent: Parent, limits: Limits, log: Callable[[int], None]) -> Execution:
    """Play the notebook in papermill's own folder and environment."""
    from pdsa.kernels.room import Stop

    notebook = nb_man.nb

    def watch(what: str, index: int) -> None:
        if what == "start":
            nb_man.cell_start(notebook.cells[index], index)
        else:
            log(index)
            nb_man.cell_complete(notebook.cells[index], cell_index=index)

    with Stop().room({}) as room:
        room.place, room.variables = Path.cwd(), dict(os.environ)
        return parent.run(notebook, limits, room, as_tagged=True, watch=watch)


def _log(notebook: Any, kwargs: Mapping[str, Any], index: int) -> None:
    """Pass printed text on, to papermill's log and files, where the caller wants that."""
    for output in notebook.cells[index].outputs:
        if output.output_type == "stream":
            if kwargs.get("log_output"):
                level = logging.INFO if output.name == "stdout" else logging.WARNING
                logging.getLogger("papermill").log(level, output.text)
            if file := kwargs.get(f"{output.name}_file"):
                file.write(output.text)
                file.flush()


def _refuse(nb_man: Any, run: Execution, limits: Limits) -> None:
    """Mark the cell that broke, so that papermill calls none after it completed, and raise what nbclient raises."""
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    if run.status == "ok":
        return
    injected = [n for n, cell in enumerate(nb_man.nb.cells) if INJECTED in cell.metadata.get("tags", ())]
    index = None if run.cell is None else run.cell + sum(n <= run.cell for n in injected)
    if index is not None:
        nb_man.cell_exception(nb_man.nb.cells[index], cell_index=index)
    if run.status == "timeout":
        raise CellTimeoutError.error_from_timeout_and_cell(
            run.evalue, int(limits.cell_seconds), nb_man.nb.cells[index or 0]
        )
    if run.status == "died":
        raise DeadKernelError(f"{run.evalue[0].upper()}{run.evalue[1:]}")
