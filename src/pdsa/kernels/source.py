"""A notebook file -> the notebook that is run: its outputs taken off, the parameters in a cell of their own."""

from __future__ import annotations

import copy
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdsa.kernels.ending import INJECTED

if TYPE_CHECKING:
    from nbformat import NotebookNode

_IMPORTING = threading.Lock()
# jsonschema imports these if it can, to check text that no notebook has. The first compiles a grammar for 1.4 seconds
# and is blocked everywhere; the others cost 0.1 and are blocked where no notebook runs that may look for them.
SLOWEST = ("rfc3987_syntax",)
SLOW = (*SLOWEST, "rfc3986_validator", "isoduration")


def prepared(path: Path, parameters: Mapping[str, object]) -> NotebookNode:
    """Return the notebook with a cell of parameters after the one tagged `parameters`, and without old outputs.

    Call `check_parameters` first: names are written as they are.

    Parameters
    ----------
    path
        The .ipynb file; it is not written to.
    parameters
        Values by name: text, numbers, true, false, nothing, dates, lists and dictionaries of these.
    """
    notebook = copy.deepcopy(_read(path, path.stat().st_mtime_ns))
    if parameters:
        after = [n for n, cell in enumerate(notebook.cells) if "parameters" in cell.metadata.get("tags", ())]
        notebook.cells.insert(after[0] + 1 if after else 0, _injected(parameters))
    return notebook


@lru_cache(maxsize=32)
def _read(path: Path, changed: int) -> NotebookNode:
    nbformat = import_quickly("nbformat", SLOW)
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def _injected(parameters: Mapping[str, object]) -> NotebookNode:
    from nbformat.v4 import new_code_cell

    lines = ["# Parameters", *(f"{name} = {value!r}" for name, value in parameters.items())]
    if any(_holds_date(value) for value in parameters.values()):
        lines.insert(1, "import datetime")
    return new_code_cell("\n".join(lines), id="injected", metadata={"tags": [INJECTED]})


def _holds_date(value: object) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return isinstance(value, date) or any(_holds_date(part) for part in parts)


def import_quickly(name: str, blocked: Sequence[str] = SLOWEST) -> Any:
    """Import a package of the notebook world in 0.4 seconds instead of 1.8.

    Parameters
    ----------
    name
        The package.
    blocked
        Modules that cannot be imported meanwhile; whoever tries to must do without, as jsonschema does.
    """
    from importlib import import_module

    with _IMPORTING:
        blocks = {one: None for one in blocked if one not in sys.modules}
        sys.modules.update(blocks)  # type: ignore[arg-type]
        try:
            return import_module(name)
        finally:
            for one in blocks:
                sys.modules.pop(one, None)
