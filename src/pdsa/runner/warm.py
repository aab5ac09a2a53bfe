"""What the warm parent does before its first child: everything that is slow the first time, done once for all."""

from __future__ import annotations

import ast
import io
import json
import re
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from pdsa.kernels import Parent, warm_parent
from pdsa.terms import Audience

# What the report notebooks import; `fit` sees to what others need besides.
PRELOAD = (
    *("numpy", "pandas", "scipy.special", "IPython", "nbclient", "ipywidgets"),
    *("pdsa", "pdsa.figures", "pdsa.narrate", "pdsa.workspace"),
)
SCHOOLS = 2  # the fewest that have a total and a comparison
_DRAWS = re.compile(r"\b(plotnine|plots|matplotlib|pyplot)\b")


@contextmanager
def warm_reports() -> Iterator[Parent | None]:
    """Start a warm parent for report notebooks, ended with the block; None where there is no fork to be had."""
    with warm_parent(PRELOAD, f"{__name__}:warm_up") as parent:
        yield parent


def fit(parent: Parent, notebook: Path) -> None:
    """Have a warm parent import and try out what this notebook needs, unless it has done so already.

    The package's own reports draw with `figures`; half a second of plotnine is for notebooks that name it.

    Parameters
    ----------
    parent
        That will fork a child for it.
    notebook
        Its file.
    """
    if _draws(notebook, notebook.stat().st_mtime_ns):
        parent.prepare(f"{__name__}:draw")


@lru_cache(maxsize=64)
def _draws(notebook: Path, changed: int) -> bool:
    """Whether a notebook names what draws; `changed` has it read again after a change."""
    return _DRAWS.search(notebook.read_text(encoding="utf-8")) is not None


def warm_up() -> None:
    """Run the cells of every report notebook on a tiny network, and forget what they made."""
    from pdsa.example import write_example
    from pdsa.example.journal import state_of
    from pdsa.runner.plan import NOTEBOOKS, notebook_path
    from pdsa.workspace import dossier_for, open_workspace, pack

    with tempfile.TemporaryDirectory(prefix="pdsa-warm-") as folder:
        write_example(Path(folder) / "example", schools=SCHOOLS, log=False)
        workspace = replace(open_workspace(Path(folder) / "example/params/example.yaml"), log=state_of(SCHOOLS))
        school = workspace.schools[0].id
        for notebook in NOTEBOOKS:
            about = "" if "network" in notebook else school
            audience: Audience = "team" if about else "coach"
            source = Path(folder) / f"{notebook}.npz"
            source.write_bytes(pack(dossier_for(workspace, audience, about)))
            _run(notebook_path(notebook), {"source": str(source), "school": about, "audience": audience})


def draw() -> None:
    """Draw one plot, and pass over what may fail there: the notebook that draws meets the same, and says so."""
    try:
        _draw()
    except Exception:  # noqa: BLE001 it stops no notebook that does not draw
        traceback.print_exc()


def _draw() -> None:
    """Draw with plotnine, whose fonts, themes and scales take a fourth of a second the first time."""
    import pandas as pd

    from pdsa import analyze
    from pdsa.plots import control_chart

    weeks = pd.DataFrame({"week": pd.date_range("2025-09-01", periods=24, freq="7D"), "value": [5.0, 7.0, 6.0] * 8})
    control_chart(analyze(weeks, kind="i", value="value", period="week")).save(io.BytesIO(), "svg", verbose=False)


def _run(notebook: Path, parameters: dict[str, object]) -> None:
    """Run the code cells of a notebook in a namespace of their own, and format what they show."""
    names: dict[str, object] = {}
    for cell in json.loads(notebook.read_text(encoding="utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            _format(_value("".join(cell["source"]), names))
            if "parameters" in cell["metadata"].get("tags", ()):
                names |= parameters


def _value(source: str, names: dict[str, object]) -> object:
    """Run a cell and return the value of its last line, None if that is no expression."""
    body = ast.parse(source).body
    last = body.pop() if body and isinstance(body[-1], ast.Expr) else None
    exec(compile(ast.Module(body, []), "<warm up>", "exec"), names)  # noqa: S102 the package's own notebooks
    if not isinstance(last, ast.Expr):
        return None
    return eval(compile(ast.Expression(last.value), "<warm up>", "eval"), names)  # noqa: S307


def _format(value: object) -> None:
    from IPython.core.interactiveshell import InteractiveShell

    if value is not None and InteractiveShell.initialized():
        InteractiveShell.instance().display_formatter.format(value)
