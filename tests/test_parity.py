"""The same notebook through warm children and through stock papermill gives the same outputs, whatever it does."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import nbformat
import pytest

from features import CELLS, ERRORS, notebook, told, widgets_of
from pdsa.kernels import Execution, Limits, Parent, Stop, execute, start_parent
from pdsa.kernels.room import FIXED
from pdsa.kernels.source import prepared

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm kernels are had on Linux only")

# One notebook goes to its end, in the other every cell breaks and is tagged so that the next runs all the same.
WHOLE, BROKEN = "whole", "broken"
NOTEBOOKS: Mapping[str, tuple[Sequence[str], tuple[str, ...]]] = {
    WHOLE: (CELLS, ()),
    BROKEN: (ERRORS, ("raises-exception",)),
}
# papermill as people call it, in a process of its own: engine, notebook, where to, folder
RUN = """\
import sys, papermill
_, engine, source, target, folder = sys.argv
options = {"engine_name": engine} if engine else {}
try:
    papermill.execute_notebook(source, target, kernel_name="python3", progress_bar=False, cwd=folder, **options)
except papermill.PapermillExecutionError as error:
    print("broke:", error.ename)
"""
# nbclient, which nbconvert, nbval and Voila use: kernel, notebook, where to, folder
CLIENT = """\
import sys, nbclient, nbformat
_, kernel, source, target, folder = sys.argv
notebook = nbformat.read(source, as_version=4)
nbclient.NotebookClient(notebook, kernel_name=kernel, resources={"metadata": {"path": folder}}).execute()
nbformat.write(notebook, target)
"""
Told = dict[str, tuple[object, object]]


class Runs:
    """The notebooks as each way of running them fills them; each is run once, when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.done: dict[tuple[str, str], nbformat.NotebookNode] = {}
        for name, (cells, tags) in NOTEBOOKS.items():
            nbformat.write(notebook(cells, *tags), self.source(name))

    def source(self, name: str) -> Path:
        return self.folder / f"{name}.ipynb"

    def program(self, way: str, name: str, code: str, *words: str) -> nbformat.NotebookNode:
        """Run a notebook by a program, in a folder and an environment like those of our kernels."""
        target = self.folder / f"{name}-{way}.ipynb"
        command = [sys.executable, "-c", code, *words, str(self.source(name)), str(target)]
        # ipykernel leaves what subprocesses print alone where it finds itself in a test
        environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
        environment.pop("MPLBACKEND", None)
        fixed = {key: value for key, value in FIXED.items() if key != "MPLBACKEND"}
        for attempt in range(3):  # stock nbclient misses a reply now and then while it answers a widget
            here = self.folder / f"{name}-{way}-{attempt}"  # files of an attempt before would be overwritten, and told
            here.mkdir()
            try:
                result = subprocess.run([*command, str(here)], env=environment | fixed, capture_output=True, timeout=40)
            except subprocess.TimeoutExpired:
                continue
            assert result.returncode == 0, result.stderr[-2000:].decode()
            return nbformat.read(target, as_version=4)
        if way != "papermill":
            raise AssertionError(f"{way} did not come to its end")
        return pytest.xfail("stock papermill did not come to its end in three tries: there is nothing to compare with")

    def warm(self, name: str) -> nbformat.NotebookNode:
        """Play a notebook in a child of a parent that has imported what the report notebooks need."""
        with closing_parent() as parent, Stop().room({}) as room:
            run = parent.run(prepared(self.source(name), {}), Limits(), room, as_tagged=True)
        assert run.status == "ok", (run.status, run.cell, run.evalue)
        return run.notebook

    def cold(self, name: str) -> nbformat.NotebookNode:
        """Run a notebook as is done where there is no fork."""
        with pytest.MonkeyPatch.context() as patch:
            patch.delenv("PYTEST_CURRENT_TEST")
            run = execute(self.source(name), {}, limits=Limits())
        assert run.status == "ok", (run.status, run.cell, run.evalue)
        return run.notebook

    def by(self, way: str, name: str) -> nbformat.NotebookNode:
        if (way, name) not in self.done:
            ways = {
                "papermill": lambda: self.program(way, name, RUN, ""),
                "engine": lambda: self.program(way, name, RUN, "pdsa"),
                "kernel": lambda: self.program(way, name, CLIENT, "pdsa"),
                "warm": lambda: self.warm(name),
                "cold": lambda: self.cold(name),
            }
            self.done[way, name] = ways[way]()
        return self.done[way, name]


@contextlib.contextmanager
def closing_parent() -> Iterator[Parent]:
    parent = start_parent()
    assert parent is not None
    try:
        assert parent.is_ready(), parent.why()
        yield parent
    finally:
        parent.close()


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Runs:
    return Runs(tmp_path_factory.mktemp("parity"))


def differing(one: Told, other: Told) -> dict[str, object]:
    """What differs between two runs, by the cell's name."""
    assert list(one) == list(other)
    return {name: (one[name], other[name]) for name in one if one[name] != other[name]}


@pytest.mark.parametrize("name", [WHOLE, BROKEN])
@pytest.mark.parametrize("way", ["warm", "engine", "kernel"])
def test_the_outputs_are_those_of_stock_papermill(runs: Runs, way: str, name: str) -> None:
    stock, ours = runs.by("papermill", name), runs.by(way, name)
    assert differing(told(stock), told(ours)) == {}


@pytest.mark.parametrize("way", ["warm", "engine", "kernel"])
def test_the_widgets_that_are_kept_are_the_same(runs: Runs, way: str) -> None:
    kinds = widgets_of(runs.by("papermill", WHOLE))
    assert len(kinds) == 20
    assert widgets_of(runs.by(way, WHOLE)) == kinds


def test_cold_kernels_give_the_same(runs: Runs) -> None:
    assert differing(told(runs.by("papermill", WHOLE)), told(runs.by("cold", WHOLE))) == {}


def test_the_notebook_of_features_is_about_something(runs: Runs) -> None:
    """The comparison is worth what the cells show: kinds of outputs, by hand."""
    found = told(runs.by("papermill", WHOLE))
    outputs = [output for _, outputs in found.values() for output in outputs]
    kinds = {kind for output in outputs for kind in output.get("data", {})}
    assert {"text/html", "image/svg+xml", "image/png", "text/latex", "text/markdown", "application/json"} <= kinds
    assert found["updates-of-other-cells"][1][0]["text"] == "updated\n"
    assert found["a-display-for-later"][1][0]["data"]["text/plain"] == "'again'"
    assert found["subprocess"][1][0]["text"] == "from a subprocess\n"
    assert found["value-silenced"][1] == []
    errors = told(runs.by("papermill", BROKEN))
    names = [
        output["ename"] for _, outputs in errors.values() for output in outputs if output["output_type"] == "error"
    ]
    assert len(names) > 28
    assert {"KeyboardInterrupt", "SystemExit", "SyntaxError", "RecursionError"} <= set(names)


def test_what_papermill_tears_apart_is_whole_here(tmp_path: Path) -> None:
    """A character whose bytes are written one by one."""
    cell = "# halves\nimport os, time\nos.write(1, b'\\xc3'); time.sleep(0.2); os.write(1, b'\\xa9\\n')"
    nbformat.write(notebook([cell]), tmp_path / "a.ipynb")
    with closing_parent() as parent:
        run = execute(tmp_path / "a.ipynb", {}, limits=Limits(), parent=parent)
    assert run.notebook.cells[-1].outputs[0].text == "é\n"


# How each of these ends must be the same in words, warm and cold.
ENDS: Mapping[str, str] = {
    "error": "1 / 0",
    "chained": "try:\n    int('x')\nexcept ValueError as error:\n    raise RuntimeError('while reading') from error",
    "syntax": "for x in 1:\nprint(x)",
    "exit": "import sys\nsys.exit(0)",
    "exit 3": "raise SystemExit(3)",
    "interrupt": "raise KeyboardInterrupt('enough')",
    "memory": "raise MemoryError('no more')",
    "os._exit": "import os\nos._exit(0)",
    "abort": "import os\nos.abort()",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "killed": "import os\nos.kill(os.getpid(), 9)",
    "terminated": "import os, signal\nos.kill(os.getpid(), signal.SIGTERM)\nimport time\ntime.sleep(60)",
    "hang": "import time\ntime.sleep(60)",
    "hang without the lock": "import ctypes\nctypes.CDLL(None).pause()",
    "flood": "for _ in range(15):\n    print('x' * 1_000_000)\nimport time\ntime.sleep(60)",
}


def ended(run: Execution) -> tuple[Any, ...]:
    """What an execution says of its end."""
    cells = [(cell.index, cell.status) for cell in run.cells]
    return run.status, run.cell, run.ename, run.evalue, run.line, run.again, cells


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Execution]]:
    """Every end above, warm and cold."""
    folder = tmp_path_factory.mktemp("ends")
    paths = {}
    for name, cell in ENDS.items():
        paths[name] = folder / f"{name}.ipynb"
        nbformat.write(notebook(["# before\n1", f"# end\n{cell}", "# after\n2"], setup="'first'"), paths[name])
    limits = {name: Limits(cell_seconds=4 if name.startswith("hang") else 60) for name in ENDS}
    with closing_parent() as parent, ThreadPoolExecutor(4) as pool:
        warm = {n: pool.submit(execute, path, {}, limits=limits[n], parent=parent) for n, path in paths.items()}
        cold = {n: pool.submit(execute, path, {}, limits=limits[n]) for n, path in paths.items()}
        return {n: {"warm": warm[n].result(), "cold": cold[n].result()} for n in paths}


@pytest.mark.parametrize("name", ENDS)
def test_warm_and_cold_ends_are_told_in_the_same_words(ends: dict[str, dict[str, Execution]], name: str) -> None:
    warm, cold = ends[name]["warm"], ends[name]["cold"]
    assert warm.status in ("error", "died", "timeout")
    assert ended(warm) == ended(cold)
    before = [next(cell for cell in one.notebook.cells if cell.id == "before") for one in (warm, cold)]
    assert before[0].outputs == before[1].outputs != []
