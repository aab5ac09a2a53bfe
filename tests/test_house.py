"""The law of the house, as far as a machine can read it: sizes, public names, what is never written."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import pdsa

ROOT = Path(__file__).resolve().parents[1]
SOURCES = sorted((ROOT / "src" / "pdsa").rglob("*.py"))
CORE = (
    "chart",
    "errors",
    "terms",
    "texts",
    "records",
    "params",
    "inquiry",
    "check",
    "pii",
    "students",
    "tidy",
    "series",
    "adjust",
    "privacy",
    "chance",
    "exact",
    "quantiles",
    "phases",
    "limits",
    "rules",
    "bernoulli",
    "categories",
    "cycles",
    "effects",
    "network",
    "feeds",
    "quality",
    "rebase",
    "narrate",
    "trace",
)
MOST_LINES, MOST_BODY, MOST_ARGUMENTS = 400, 40, 7
# Arguments that only name columns of the frame: public functions share them, and people know them from one another.
NAMES_OF_COLUMNS = {"value", "denominator", "period", "by"}


def functions(path: Path) -> list[tuple[int, str, ast.FunctionDef]]:
    """Lines of the body, name and node of each function of a module."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            body = node.body[1:] if ast.get_docstring(node) and len(node.body) > 1 else node.body
            found.append(((node.end_lineno or 0) - body[0].lineno + 1, f"{path.name}:{node.name}", node))
    return found


def test_modules_and_functions_stay_small() -> None:
    sizes = sorted(size for path in SOURCES for size, _, _ in functions(path))
    long = [name for path in SOURCES for size, name, _ in functions(path) if size > MOST_BODY]
    assert long == []
    assert sizes[len(sizes) // 2] <= 6
    assert sizes[int(len(sizes) * 0.9)] <= 20
    large = {path.name: n for path in SOURCES if (n := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES}
    assert large == {}


def test_few_arguments() -> None:
    many = []
    for path in SOURCES:
        for _, name, node in functions(path):
            named = NAMES_OF_COLUMNS & {argument.arg for argument in node.args.kwonlyargs}
            count = len(node.args.args) + len(node.args.kwonlyargs) - len(named)
            if count > MOST_ARGUMENTS and name != "__init__.py:analyze":
                many.append(name)
    assert many == []


def test_public_names_are_few_sorted_and_there() -> None:
    assert pdsa.__all__ == sorted(pdsa.__all__)
    assert len(pdsa.__all__) <= 30
    for name in pdsa.__all__:
        assert getattr(pdsa, name) is not None


def test_the_core_opens_no_file_reads_no_clock_and_no_environment() -> None:
    banned = re.compile(r"\bopen\(|read_text\(|datetime\.now|date\.today|time\.time|os\.environ|getenv|print\(")
    paths = [path for path in SOURCES if path.relative_to(ROOT / "src" / "pdsa").parts[0].split(".")[0] in CORE]
    hits = [f"{path.name}: {line}" for path in paths for line in path.read_text().splitlines() if banned.search(line)]
    assert hits == []


def test_limits_and_rules_have_no_loop_over_series() -> None:
    """Loops there run over halvings, entries of tables, lines, rules and the periods of sums: never over rows."""
    allowed = {
        "search", "_quantiles", "_tables", "with_exact", "all_last", "any_next", "some_of", "some_of_unbroken",
        "cumulative_sums", "weighted_average", "cases_between", "time_between", "_exponential", "_chi_square",
        "second_opinion", "prime_individuals", "pooled", "numbers", "_with", "known_rows", "_or_scores", "padding",
        "apply", "shift", "beyond", "trend", "zone", "_clear",
    }  # fmt: skip
    for path in (*(ROOT / "src" / "pdsa" / "limits").glob("*.py"), *(ROOT / "src" / "pdsa" / "rules").glob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        loops = {
            function.name
            for function in ast.walk(tree)
            if isinstance(function, ast.FunctionDef)
            and any(isinstance(node, ast.For | ast.While | ast.comprehension) for node in ast.walk(function))
        }
        assert loops <= allowed, loops - allowed


def test_public_functions_have_docstrings() -> None:
    silent = [
        name
        for path in SOURCES
        for _, name, node in functions(path)
        if not node.name.startswith("_") and not ast.get_docstring(node) and node.name not in ("record", "in_order")
        if node.col_offset == 0
    ]
    assert silent == []


def test_the_test_command_runs_every_test_once() -> None:
    """What is shared out among processes, and the rest after it: two selections that are each other's opposite."""
    lines = (ROOT / "Makefile").read_text(encoding="utf-8").splitlines()
    runs = [line for line in lines if "-m pytest" in line and "nbval" not in line and "bench" not in line]
    assert [re.findall(r'-m ("not alone"|alone)$', line) for line in runs] == [['"not alone"'], ["alone"]]
    assert not [line for line in runs if re.search(r" -k |--ignore|--deselect| tests", line)]


@pytest.mark.parametrize("banned", [r"pip install pdsa\b(?!-workbench)", r"catch\s+Exception"])
def test_sentences_that_must_not_stand_anywhere(banned: str) -> None:
    texts = [ROOT / "README.md", ROOT / "CHANGELOG.md", *SOURCES, *(ROOT / "notebooks").glob("*.ipynb")]
    assert [path.name for path in texts if re.search(banned, path.read_text(encoding="utf-8"))] == []
