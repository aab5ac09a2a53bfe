"""What the warm parent does before its first child: everything that is slow the first time, done once for all."""

from __future__ import annotations

import ast
import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.kernels import Parent, warm_parent
from pdsa.terms import Audience

if TYPE_CHECKING:
    from pdsa.chart import Chart

# What the report notebooks import, and what their first drawing would.
PRELOAD = (
    *("numpy", "pandas", "scipy.special", "matplotlib", "plotnine", "IPython", "nbclient", "ipywidgets"),
    *("pdsa", "pdsa.figures", "pdsa.narrate", "pdsa.workspace", "pdsa.plots", "pdsa.tables"),
)
SCHOOLS = 2  # the fewest that have a total and a comparison


@contextmanager
def warm_reports() -> Iterator[Parent | None]:
    """Start a warm parent for report notebooks, ended with the block; None where there is no fork to be had."""
    with warm_parent(PRELOAD, f"{__name__}:warm_up") as parent:
        yield parent


def warm_up() -> None:
    """Run the cells of every report notebook on a tiny network, draw one plot, and forget what they made."""
    from pdsa.example import write_example
    from pdsa.runner.plan import NOTEBOOKS, notebook_path
    from pdsa.workspace import dossier_for, open_workspace, pack

    with tempfile.TemporaryDirectory(prefix="pdsa-warm-") as folder:
        write_example(Path(folder) / "example", schools=SCHOOLS)
        workspace = open_workspace(Path(folder) / "example" / "params" / "example.yaml")
        school = workspace.schools[0].id
        for notebook in NOTEBOOKS:
            about = "" if "network" in notebook else school
            audience: Audience = "team" if about else "coach"
            source = Path(folder) / f"{notebook}.npz"
            source.write_bytes(pack(dossier_for(workspace, audience, about)))
            _run(notebook_path(notebook), {"source": str(source), "school": about, "audience": audience})
        _draw(dossier_for(workspace, "team", school).charts()[0])


def _draw(chart: Chart) -> None:
    """One plot of plotnine: its fonts, themes and scales take a fourth of a second the first time."""
    from pdsa.plots import control_chart

    control_chart(chart).save(io.BytesIO(), format="svg", verbose=False)


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
