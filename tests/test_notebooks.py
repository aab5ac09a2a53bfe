"""Rules of the house for every committed notebook: short calls only, nothing that was run, one cell of parameters."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
REPORTS = {"school_report.ipynb", "network_report.ipynb"}
# These are committed with their outputs, which a strict check runs against; they make their own small frames.
EXECUTED = [path for path in NOTEBOOKS if path.parent.name in ("learn", "methods")]
LOGIC = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda, ast.For, ast.While, ast.Try, ast.If, ast.With)
MOST_LINES = 12

each = pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix())
executed = pytest.mark.parametrize("path", EXECUTED, ids=lambda path: path.relative_to(ROOT / "notebooks").as_posix())
report = pytest.mark.parametrize("path", [p for p in NOTEBOOKS if p.name in REPORTS], ids=lambda path: path.name)


def cells(path: Path, kind: str = "") -> list[nbformat.NotebookNode]:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    return [cell for cell in notebook.cells if kind in ("", cell.cell_type)]


def tagged(path: Path, tag: str) -> list[nbformat.NotebookNode]:
    return [cell for cell in cells(path) if tag in cell.metadata.get("tags", ())]


def nodes(path: Path) -> list[ast.AST]:
    return [node for cell in cells(path, "code") for node in ast.walk(ast.parse(cell.source))]


def test_the_notebooks_are_there() -> None:
    assert {path.name for path in NOTEBOOKS} >= REPORTS | {"workbench.ipynb"}


@each
def test_it_is_a_valid_notebook(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@each
def test_nothing_that_was_run_is_kept(path: Path) -> None:
    for cell in cells(path, "code"):
        assert set(cell.metadata) <= {"tags"}
        if path not in EXECUTED:
            assert cell.outputs == []
            assert cell.execution_count is None


@executed
def test_an_executed_notebook_keeps_its_outputs_and_no_number_in_its_text(path: Path) -> None:
    counts = [cell.execution_count for cell in cells(path, "code")]
    assert counts == list(range(1, len(counts) + 1))
    assert any(cell.outputs for cell in cells(path, "code"))
    assert "/" not in "".join(str(cell.outputs) for cell in cells(path, "code")).replace("</", "").replace("text/", "")
    if path.parent.name == "methods":
        words = cells(path, "markdown")
        assert [cell.id for cell in words if re.search(r"\d", cell.source.replace("qicharts2", ""))] == []


@each
def test_cells_are_short(path: Path) -> None:
    for cell in cells(path):
        assert 1 <= len(cell.source.splitlines()) <= MOST_LINES, cell.id


@each
def test_cells_only_call(path: Path) -> None:
    """Logic and arithmetic live in modules, where they are tested."""
    found = [type(node).__name__ for node in nodes(path) if isinstance(node, LOGIC)]
    found += [type(node).__name__ for node in nodes(path) if isinstance(node, ast.BinOp | ast.comprehension)]
    assert found == []


@each
def test_it_needs_no_magic_and_no_private_names(path: Path) -> None:
    for cell in cells(path, "code"):
        assert not re.search(r"^\s*[%!]", cell.source, re.MULTILINE)
    names = [node.attr for node in nodes(path) if isinstance(node, ast.Attribute)]
    names += [node.id for node in nodes(path) if isinstance(node, ast.Name)]
    assert not [name for name in names if name.startswith("_")]


@each
def test_it_begins_with_its_title(path: Path) -> None:
    first = cells(path)[0]
    assert first.cell_type == "markdown"
    assert re.match(r"# \S", first.source)
    titles = [line for cell in cells(path, "markdown") for line in cell.source.splitlines() if line.startswith("# ")]
    assert len(titles) == 1


@each
def test_ids_are_stable(path: Path) -> None:
    ids = [cell.id for cell in cells(path)]
    assert ids == [f"cell-{n:02d}" for n in range(len(ids))]


@each
def test_the_file_is_written_as_the_others_are(path: Path) -> None:
    """One way to write it, so that a change of one cell is a change of a few lines."""
    text = path.read_text(encoding="utf-8")
    assert text == json.dumps(json.loads(text), indent=1, ensure_ascii=False) + "\n"


@each
def test_imports_come_from_the_package_and_the_standard_library(path: Path) -> None:
    modules = [node.module or "" for node in nodes(path) if isinstance(node, ast.ImportFrom)]
    modules += [name.name for node in nodes(path) if isinstance(node, ast.Import) for name in node.names]
    allowed = {"pdsa", "pathlib", "datetime"} | ({"pandas"} if path in EXECUTED else set())
    assert {name.split(".")[0] for name in modules} <= allowed


@report
def test_a_report_has_one_cell_of_parameters(path: Path) -> None:
    (cell,) = tagged(path, "parameters")
    assert cell is not None
    assert cells(path, "code")[0].source == cell.source
    names = []
    for statement in ast.parse(cell.source).body:
        assert isinstance(statement, ast.Assign)
        assert isinstance(statement.value, ast.Constant)
        assert isinstance(statement.value.value, str)  # ids such as 007 are text
        (target,) = statement.targets
        assert isinstance(target, ast.Name)
        names.append(target.id)
    assert names == (["source", "school", "audience"] if path.name.startswith("school") else ["source", "audience"])
    for line in cell.source.splitlines():
        assert "  # " in line  # each parameter is explained


@each
def test_at_most_one_cell_of_parameters(path: Path) -> None:
    assert len(tagged(path, "parameters")) <= 1


@report
def test_its_last_cell_shows_the_completion_mark(path: Path) -> None:
    last = cells(path)[-1]
    assert last.cell_type == "code"
    assert last.source == "workspace.complete(dossier, charts)"
    assert last.metadata.get("tags", []) == []


@report
def test_its_page_has_one_header_and_one_footer(path: Path) -> None:
    for tag in ("header", "footer"):
        (cell,) = tagged(path, tag)
        assert "page" in cell.metadata.tags
    assert {tag for cell in cells(path) for tag in cell.metadata.get("tags", ())} == {
        *("parameters", "page", "header", "footer")
    }
    assert all(cell.cell_type == "code" for cell in tagged(path, "page"))


@report
def test_a_report_loads_once(path: Path) -> None:
    calls = [ast.unparse(node.func) for node in nodes(path) if isinstance(node, ast.Call)]
    assert calls.count("workspace.load") == 1
    assert calls.count("dossier.charts") == 1
    assert not [name for name in calls if name.startswith(("print", "display", "open"))]


@each
def test_names_that_are_called_exist(path: Path) -> None:
    """A renamed function must not be found out by the coach who runs a report."""
    import importlib

    modules = {
        name.asname or name.name: importlib.import_module(f"{node.module}.{name.name}")
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom) and node.module == "pdsa"
        for name in node.names
    }
    used = [
        (node.value.id, node.attr)
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in modules
    ]
    assert used or path in EXECUTED
    for module, name in used:
        assert hasattr(modules[module], name), f"{module}.{name}"
