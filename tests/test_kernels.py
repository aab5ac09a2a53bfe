"""Each notebook in a kernel of its own, the truth about how it ended, and nothing of it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import nbformat
import pytest

from pdsa.errors import ParamsError
from pdsa.kernels import Execution, Limits, Stop, check_parameters, execute, memory, system
from pdsa.kernels.room import Room
from pdsa.kernels.source import prepared

PARAMETERS = 'school = ""\nmeasures = []\nweeks: int = 12\nlimit: float'
SURROUNDINGS = """\
import json, os, sys, time
from IPython import get_ipython
print(json.dumps({
    "python": sys.executable, "folder": os.getcwd(), "path": sys.path, "zone": time.tzname[0],
    "history": str(get_ipython().history_manager.hist_file), "here": "" in sys.path,
    "variables": dict(os.environ),
}))
"""


def write_notebook(path: Path, *cells: str, parameters: str = PARAMETERS) -> Path:
    """Write a notebook of a title, a parameters cell and these cells."""
    notebook = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})
    rest = [nbformat.v4.new_code_cell(cell) for cell in cells]
    notebook.cells = [nbformat.v4.new_markdown_cell("# Title"), first, *rest]
    nbformat.write(notebook, path)
    return path


def kernels_of_this_process() -> list[str]:
    """Command lines of the kernels that are children of the test process."""
    listing = subprocess.run(["ps", "-A", "-o", "ppid=,args="], capture_output=True, text=True, check=True).stdout
    mine = [line.split(maxsplit=1) for line in listing.splitlines()]
    return [words[1] for words in mine if words[0] == str(os.getpid()) and "ipykernel" in words[-1]]


NOTEBOOKS: Mapping[str, tuple[str, ...]] = {
    "ok": ("print(school, measures, weeks)", "1 + 1"),
    "surroundings": (SURROUNDINGS,),
    "error": ("1", "values = [3]\nvalues[5]", "2"),
    "exit": ("import sys\nsys.exit(0)", "'never'"),
    "died": ("import os\nos._exit(3)", "'never'"),
    "killed": ("import os, subprocess\nsubprocess.Popen(['sleep', '77'])\nos.kill(os.getpid(), 9)",),
    "hang": ("1", "import time\ntime.sleep(60)"),
    "flood": ("for _ in range(130):\n    print('x' * 100_000)", "import time\ntime.sleep(60)"),
    "hidden": ("1 / 0",),
    "modules": ("import calendar\ncalendar.PWNED",),
}


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Execution]:
    """Every notebook above, executed from four threads of this process."""
    folder = tmp_path_factory.mktemp("notebooks")
    (folder / "start.py").write_text("raise SystemExit('the user has a start-up file')")
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(4) as pool:
        patch.setenv("PYTHONSTARTUP", str(folder / "start.py"))
        patch.setenv("PYTHONWARNINGS", "error")
        patch.setenv("IPYTHONDIR", str(folder / "user"))
        patch.setenv("JUPYTER_PATH", str(write_wrong_kernel(folder)))
        patch.setenv("HOME_OF_TEST", "kept")
        futures = {
            name: pool.submit(
                execute,
                hide_error(write_notebook(folder / f"{name}.ipynb", *cells)),
                {"school": "lincoln", "measures": ["a'\"\n{b}"], "limit": 0.5},
                limits=Limits(cell_seconds=3 if name == "hang" else 30),
                files={"calendar.py": b"PWNED = 1"},
            )
            for name, cells in NOTEBOOKS.items()
        }
        return {name: future.result() for name, future in futures.items()}


def write_wrong_kernel(folder: Path) -> Path:
    """Write a kernelspec of the usual name that starts another program."""
    spec = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    spec.parent.mkdir(parents=True)
    spec.write_text(json.dumps({"argv": ["false"], "display_name": "wrong", "language": "python"}))
    return folder / "jupyter"


def hide_error(path: Path) -> Path:
    """Tag the last cell of the notebook `hidden` so that Jupyter would pass over its error."""
    notebook = nbformat.read(path, as_version=4)
    if path.stem == "hidden":
        notebook.cells[-1].metadata["tags"] = ["raises-exception"]
        nbformat.write(notebook, path)
    return path


LIMITED: Mapping[str, tuple[tuple[str, ...], Limits]] = {
    "slow": (tuple(f"import time\ntime.sleep(0.4)\n{n}" for n in range(60)), Limits(report_seconds=2)),
    "late": (("1", "import time\ntime.sleep(60)"), Limits(report_seconds=2)),
    "first": (("import time\ntime.sleep(60)",), Limits(cell_seconds=1, report_seconds=1.5)),
    "bytes": (("x = bytearray(900 * 2**20)",), Limits(memory_mb=200)),
    "array": (("import numpy", "x = numpy.ones(120 * 2**20)"), Limits(memory_mb=200)),
    "enough": (("import numpy, pandas", "x = numpy.ones(15 * 2**20)", "len(x)"), Limits(memory_mb=200)),
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Execution]:
    """Notebooks that take more than they may, in cold kernels."""
    folder = tmp_path_factory.mktemp("limited")
    with ThreadPoolExecutor(3) as pool:
        futures = {
            name: pool.submit(execute, write_notebook(folder / f"{name}.ipynb", *cells), {}, limits=limits)
            for name, (cells, limits) in LIMITED.items()
        }
        return {name: future.result() for name, future in futures.items()}


class TestLimits:
    """The words are those of a warm kernel."""

    def test_the_time_of_the_report_is_that_of_all_cells_together(self, limited: dict[str, Execution]) -> None:
        run = limited["slow"]
        assert (run.status, run.evalue) == ("timeout", "the report ran longer than 2 seconds")
        assert run.cell is not None and 2 <= run.cell <= 6  # two cells stand before the first that sleeps
        ends = [cell.status for cell in run.cells]
        before = run.cell - 1  # the title is no code cell
        assert ends == ["ok"] * before + ["timeout"] + ["not run"] * (61 - before - 1)

    @pytest.mark.parametrize(
        ("name", "words"),
        [("late", "the report ran longer than 2 seconds"), ("first", "the cell ran longer than 1 seconds")],
    )
    def test_a_cell_may_take_what_is_left_of_it(self, limited: dict[str, Execution], name: str, words: str) -> None:
        assert (limited[name].status, limited[name].evalue) == ("timeout", words)
        assert limited[name].seconds < 20

    @pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the system refuses no memory")
    @pytest.mark.parametrize("name", ["bytes", "array"])
    def test_more_memory_than_it_may_take_is_refused(self, limited: dict[str, Execution], name: str) -> None:
        run = limited[name]
        assert run.status == "error" and run.ename.endswith("MemoryError")
        assert run.evalue.startswith("the report asked for more memory than it may take")

    def test_packages_are_not_counted(self, limited: dict[str, Execution]) -> None:
        assert (limited["enough"].status, limited["enough"].evalue) == ("ok", "")

    def test_where_the_system_refuses_none_it_is_watched(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(memory, "PACKAGES_MB", 0)
        monkeypatch.setattr(system, "limit_memory", lambda pid, more: False)
        cells = ("x = b'x' * (200 * 2**20)\nimport time\ntime.sleep(60)", "'never'")
        run = execute(write_notebook(tmp_path / "a.ipynb", *cells), {}, limits=Limits(memory_mb=100))
        assert (run.status, run.cell, run.ename) == ("error", 2, "MemoryError")
        assert run.evalue == "the report asked for more memory than it may take"
        assert not run.again and run.seconds < 20


class TestExecute:
    def test_a_notebook_runs_with_its_parameters(self, ended: dict[str, Execution]) -> None:
        run = ended["ok"]
        assert (run.status, run.cell, run.ename, run.evalue, run.line) == ("ok", None, "", "", "")
        assert run.notebook.cells[3].outputs[0].text == "lincoln ['a\\'\"\\n{b}'] 12\n"
        assert run.notebook.cells[4].outputs[0].data["text/plain"] == "2"
        assert 0 < run.seconds < 60

    def test_an_error_tells_its_cell_and_last_line(self, ended: dict[str, Execution]) -> None:
        run = ended["error"]
        assert (run.status, run.cell, run.ename, run.evalue) == ("error", 3, "IndexError", "list index out of range")
        assert run.line == "IndexError: list index out of range"
        assert run.notebook.cells[3].outputs[0].data["text/plain"] == "1"

    def test_papermills_marks_of_an_error_are_taken_out(self, ended: dict[str, Execution]) -> None:
        cells = ended["error"].notebook.cells
        assert len(cells) == 2 + 3 + 1  # the injected parameters stay
        assert "papermill-error" not in json.dumps(ended["error"].notebook)

    def test_an_exit_is_no_success(self, ended: dict[str, Execution]) -> None:
        assert (ended["exit"].status, ended["exit"].cell, ended["exit"].ename) == ("error", 2, "SystemExit")

    def test_a_tag_cannot_hide_an_error(self, ended: dict[str, Execution]) -> None:
        assert (ended["hidden"].status, ended["hidden"].ename) == ("error", "ZeroDivisionError")

    def test_a_kernel_that_ends_itself_has_died(self, ended: dict[str, Execution]) -> None:
        run = ended["died"]
        assert (run.status, run.cell, run.evalue) == ("died", 2, "the kernel ended itself with exit code 3")

    def test_a_kernel_that_is_killed_has_died(self, ended: dict[str, Execution]) -> None:
        run = ended["killed"]
        assert (run.status, run.cell, run.evalue) == ("died", 2, "the kernel was ended by SIGKILL")

    def test_a_cell_that_hangs_is_ended_in_time(self, ended: dict[str, Execution]) -> None:
        run = ended["hang"]
        assert (run.status, run.cell, run.evalue) == ("timeout", 3, "the cell ran longer than 3 seconds")
        assert run.seconds < 15

    def test_a_notebook_that_floods_the_memory_is_ended(self, ended: dict[str, Execution]) -> None:
        run = ended["flood"]
        assert (run.status, run.evalue) == ("died", "the notebook printed more than 10 MB and was ended")

    def test_a_module_in_the_folder_is_not_imported(self, ended: dict[str, Execution]) -> None:
        assert ended["modules"].ename == "AttributeError"

    def test_nothing_is_left_behind(self, ended: dict[str, Execution]) -> None:
        assert kernels_of_this_process() == []
        listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
        assert "sleep 77" not in listing.splitlines()

    def test_the_notebook_file_is_not_written_to(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "{school.__class__}.ipynb", "1")
        before = path.read_bytes()
        assert execute(path, {"limit": 1.5}, limits=Limits()).status == "ok"
        assert path.read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.fixture(scope="module")
def seen(ended: dict[str, Execution]) -> dict[str, Any]:
    """What a kernel sees around it."""
    return dict(json.loads(ended["surroundings"].notebook.cells[3].outputs[0].text))


def test_a_cell_that_is_ended_while_it_shows_more_and_more_says_nothing_at_the_terminal(tmp_path: Path) -> None:
    lines = "from IPython.display import clear_output\nfor i in range(10**9):\n    clear_output()\n    print(i)"
    path = write_notebook(tmp_path / "a.ipynb", lines)
    program = (
        "from pathlib import Path\nfrom pdsa.kernels import Limits, execute\n"
        f"print(execute(Path({str(path)!r}), {{'limit': 1}}, limits=Limits(cell_seconds=3)).status)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert (done.stdout, done.stderr) == ("timeout\n", "")


IN_A_WIDGET = "import ipywidgets\nout = ipywidgets.Output()\nwith out:\n    print('inside')\nout"


class TestReplies:
    """A reply that comes while a widget is answered is not missed: it was read when the time of the cell was up."""

    STILL = 30  # seconds that a cell may take

    @pytest.fixture(autouse=True)
    def late(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Let widgets be answered when the cell's reply has long arrived."""
        from nbclient.output_widget import OutputWidget

        send = OutputWidget.send

        def after_the_reply(widget: OutputWidget, *args: Any, **kwargs: Any) -> None:
            time.sleep(1)
            send(widget, *args, **kwargs)

        monkeypatch.setattr(OutputWidget, "send", after_the_reply)

    def test_a_cold_kernel_goes_on(self, tmp_path: Path) -> None:
        path = write_notebook(tmp_path / "a.ipynb", IN_A_WIDGET, "'after'")
        run = execute(path, {"limit": 1}, limits=Limits(cell_seconds=self.STILL))
        assert (run.status, run.evalue) == ("ok", "")
        assert run.seconds < self.STILL
        assert run.notebook.cells[4].outputs[0].data["text/plain"] == "'after'"
        states = run.notebook.metadata["widgets"]["application/vnd.jupyter.widget-state+json"]["state"].values()
        shown = [state["state"]["outputs"] for state in states if state["model_name"] == "OutputModel"]
        assert shown == [[{"output_type": "stream", "name": "stdout", "text": "inside\n"}]]

    def test_so_does_another_kernel_of_the_engine(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        import papermill

        spec = tmp_path / "jupyter" / "kernels" / "other" / "kernel.json"
        spec.parent.mkdir(parents=True)
        argv = [sys.executable, "-Wignore", "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        spec.write_text(json.dumps({"argv": argv, "display_name": "other", "language": "python"}))
        monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
        path = write_notebook(tmp_path / "a.ipynb", IN_A_WIDGET, "'after'", parameters="")
        options = {"engine_name": "pdsa", "kernel_name": "other", "progress_bar": False}
        done = papermill.execute_notebook(str(path), None, execution_timeout=self.STILL, **options)
        assert done.metadata.papermill.duration < self.STILL
        assert done.cells[3].outputs[0].data["text/plain"] == "'after'"


class TestSurroundings:
    def test_the_kernel_is_this_interpreter(self, seen: dict[str, Any]) -> None:
        assert seen["python"] == sys.executable

    def test_it_runs_in_the_folder_that_was_named(self, seen: dict[str, Any]) -> None:
        assert Path(seen["folder"]).name == "work"
        assert Path.cwd() != Path(seen["folder"])

    def test_it_has_no_history_and_no_profile_of_the_user(self, seen: dict[str, Any]) -> None:
        assert seen["history"] == ":memory:"
        assert Path(seen["variables"]["IPYTHONDIR"]).parent.name.startswith("pdsa-")

    def test_its_variables_are_fixed_and_the_others_kept(self, seen: dict[str, Any]) -> None:
        variables = seen["variables"]
        assert {variables[name] for name in ("TZ", "LC_ALL")} == {"UTC", "C.UTF-8"}
        assert (variables["PYTHONHASHSEED"], variables["OPENBLAS_NUM_THREADS"]) == ("0", "1")
        assert "PYTHONWARNINGS" not in variables
        assert (variables["HOME_OF_TEST"], variables["PATH"]) == ("kept", os.environ["PATH"])
        assert seen["zone"] == "UTC"

    @pytest.mark.skipif(os.name != "posix", reason="Windows has no unix sockets here")
    def test_a_folder_with_a_long_name_gets_tcp(self, tmp_path: Path) -> None:
        assert Room(Path("/tmp/pdsa-12345678"), Stop()).transport == "ipc"
        assert Room(Path("/tmp") / ("x" * 90), Stop()).transport == "tcp"

    def test_over_tcp_the_traffic_is_encrypted(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Room, "transport", "tcp")
        cell = "import json\nfrom ipykernel.connect import get_connection_info\nprint(get_connection_info())"
        run = execute(write_notebook(tmp_path / "a.ipynb", cell), {"limit": 1}, limits=Limits())
        info = json.loads(run.notebook.cells[3].outputs[0].text)
        assert info["transport"] == "tcp"
        assert info["curve_publickey"]


class TestStop:
    def test_a_stop_ends_the_running_kernel(self, tmp_path: Path) -> None:
        stop, path = (
            Stop(),
            write_notebook(tmp_path / "a.ipynb", f"import time\nopen({str(tmp_path / 'on')!r}, 'w')\ntime.sleep(60)"),
        )
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(execute, path, {"limit": 1}, limits=Limits(), stop=stop)
            while not (tmp_path / "on").exists():
                assert not future.done(), future.result()
            stop.set()
            assert future.result(timeout=10).status == "died"
        assert kernels_of_this_process() == []

    def test_after_a_stop_no_kernel_starts(self, tmp_path: Path) -> None:
        stop = Stop()
        stop.set()
        path = write_notebook(tmp_path / "a.ipynb", f"open({str(tmp_path / 'on')!r}, 'w')")
        assert execute(path, {"limit": 1}, limits=Limits(), stop=stop).status == "died"
        assert not (tmp_path / "on").exists()

    @pytest.mark.skipif(os.name != "posix", reason="signals")
    def test_an_interrupt_in_the_calling_thread_leaves_no_kernel(self, tmp_path: Path) -> None:
        cell = "import os, signal, time\nos.kill(os.getppid(), signal.SIGINT)\ntime.sleep(60)"
        write_notebook(tmp_path / "a.ipynb", cell)
        code = (
            "from pathlib import Path; from pdsa.kernels import Limits, execute; import os, subprocess\n"
            "try: execute(Path('a.ipynb'), {'limit': 1}, limits=Limits())\n"
            "except KeyboardInterrupt:\n"
            "    print(subprocess.run(['ps', '-o', 'args=', '--ppid', str(os.getpid())], capture_output=True).stdout)"
        )
        with tempfile.TemporaryDirectory(prefix="t-") as own:  # other processes have kernels meanwhile
            command, environment = [sys.executable, "-c", code], os.environ | {"TMPDIR": own}
            run = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60)
            assert list(Path(own).glob("pdsa-*")) == []
        assert run.returncode == 0, run.stderr
        assert "KeyboardInterrupt" not in run.stderr
        assert "ipykernel" not in run.stdout


class TestGate:
    @pytest.fixture
    def notebook(self, tmp_path: Path) -> Path:
        return write_notebook(tmp_path / "report.ipynb")

    def refused(self, notebook: Path, **parameters: object) -> str:
        with pytest.raises(ParamsError, match="no kernel was started") as caught:
            check_parameters(notebook, {"limit": 1, **parameters})
        return str(caught.value)

    @pytest.mark.parametrize("value", ["x", "", 1, -1, 0.5, True, None, [], ["a", {"b": [1]}], {"a": None}, 10**30])
    def test_plain_values_pass(self, notebook: Path, value: object) -> None:
        check_parameters(notebook, {"school": value, "limit": 1})

    def test_a_name_may_be_left_out_where_it_has_a_default(self, notebook: Path) -> None:
        check_parameters(notebook, {"limit": 1})
        with pytest.raises(ParamsError, match="parameter 'limit': found no value"):
            check_parameters(notebook, {"school": "x"})

    def test_a_misspelled_name_gets_the_nearest_one(self, notebook: Path) -> None:
        assert "parameter 'schol': found a name that the notebook does not declare, expected 'school'" in (
            self.refused(notebook, schol="x")
        )

    def test_a_strange_name_gets_the_list(self, notebook: Path) -> None:
        assert "expected one of limit, measures, school, weeks" in self.refused(notebook, zzz=1)

    @pytest.mark.parametrize(
        "name",
        [
            'x=open("PWNED","w");y',
            "x\nopen('PWNED','w')",
            "school\n",
            " school",
            "school;",
            "class",
            "schооl",
            "",
            "SCHOOL",
        ],
    )
    def test_code_in_a_name_is_refused(self, notebook: Path, name: str) -> None:
        assert "1 problem found" in self.refused(notebook, **{name: 1})

    def test_papermill_would_have_run_that_code(self, notebook: Path) -> None:
        import papermill

        done = papermill.execute_notebook(
            nbformat.read(notebook, as_version=4),
            None,
            {'x=open("PWNED","w");y': 1},
            prepare_only=True,
            kernel_name="python3",
            language="python",
        )
        assert 'x=open("PWNED","w");y = 1' in done.cells[2].source

    @pytest.mark.parametrize("name", [1, None, ("school",)])
    def test_a_name_that_is_no_text_is_refused(self, notebook: Path, name: object) -> None:
        with pytest.raises(ParamsError, match="does not declare"):
            check_parameters(notebook, {"limit": 1, name: 1})  # type: ignore[dict-item]

    @pytest.mark.parametrize(
        "value",
        [(1, 2), {1}, b"x", float("nan"), float("inf"), object(), [1, (2,)], {"a": float("nan")}, {1: 2}, Path()],
    )
    def test_a_value_that_json_cannot_hold_is_refused(self, notebook: Path, value: object) -> None:
        assert "parameter 'school'" in self.refused(notebook, school=value)

    def test_a_list_that_holds_itself_is_refused(self, notebook: Path) -> None:
        endless: list[object] = []
        endless.append(endless)
        assert "at most 20 levels" in self.refused(notebook, school=endless)

    def test_numpy_numbers_are_refused(self, notebook: Path) -> None:
        import numpy as np

        assert "2 problems found" in self.refused(notebook, weeks=np.int64(3), measures=np.float64(1))

    def test_values_keep_their_types(self, tmp_path: Path) -> None:
        """A date stays a date and a school's id a text, whatever it looks like."""
        path = write_notebook(tmp_path / "a.ipynb", "[school, weeks, measures]")
        values = {"school": "007", "weeks": date(2026, 1, 5), "measures": [{"a": datetime(2026, 1, 5, 9)}, "no"]}
        check_parameters(path, {"limit": 1, **values})
        source = prepared(path, {"limit": 1, **values}).cells[2].source
        names: dict[str, object] = {}
        exec(source, names)
        assert {name: names[name] for name in values} == values
        assert "import datetime" not in prepared(path, {"school": "datetime."}).cells[2].source

    def test_all_problems_are_told_at_once(self, notebook: Path) -> None:
        with pytest.raises(ParamsError) as caught:
            check_parameters(notebook, {"schol": 1, "weeks": (1,)})
        assert len(caught.value.problems) == 3

    @pytest.mark.parametrize(
        ("source", "problem"),
        [
            ("import os", "line 1: found import os, expected name = value"),
            ("school = 1\nfor x in []: pass", "line 2: found for x in []"),
            ("a, b = 1, 2", "found a, b = (1, 2)"),
            ("school.x = 1", "found school.x = 1"),
            ("school = = 1", "a syntax error in line 1"),
            ("school += 1", "found school += 1"),
        ],
    )
    def test_the_cell_holds_simple_assignments_only(self, tmp_path: Path, source: str, problem: str) -> None:
        notebook = write_notebook(tmp_path / "a.ipynb", parameters=source)
        with pytest.raises(ParamsError) as caught:
            check_parameters(notebook, {})
        assert problem in str(caught.value)

    def test_comments_and_a_sentence_are_allowed(self, tmp_path: Path) -> None:
        check_parameters(
            write_notebook(tmp_path / "a.ipynb", parameters='"""Which."""\n# id\nschool = ""'), {"school": "x"}
        )

    @pytest.mark.parametrize("count", [0, 2])
    def test_there_is_exactly_one_parameters_cell(self, tmp_path: Path, count: int) -> None:
        notebook = nbformat.v4.new_notebook()
        notebook.cells = [nbformat.v4.new_code_cell("a = 1", metadata={"tags": ["parameters"]}) for _ in range(count)]
        nbformat.write(notebook, tmp_path / "a.ipynb")
        with pytest.raises(ParamsError, match=f"{count} cells tagged `parameters`, expected exactly one"):
            check_parameters(tmp_path / "a.ipynb", {})

    @pytest.mark.parametrize("content", ["", "{", "[]", "{}", '{"cells": [1]}', '{"cells": [{"metadata": 1}]}', "\xff"])
    def test_a_file_that_is_no_notebook_is_refused(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "a.ipynb").write_bytes(content.encode("latin-1"))
        with pytest.raises(ParamsError, match="no readable notebook"):
            check_parameters(tmp_path / "a.ipynb", {})

    def test_a_notebook_that_is_not_there_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(ParamsError, match=r"a\.ipynb: found no readable notebook"):
            check_parameters(tmp_path / "a.ipynb", {})


def test_a_notebook_is_read_without_checkers_of_text_that_it_has_not(tmp_path: Path) -> None:
    """They take a tenth of a second; whoever asks for them later has them."""
    path = tmp_path / "a.ipynb"
    nbformat.write(nbformat.v4.new_notebook(), path)
    code = (
        "import sys; from pathlib import Path; from pdsa.kernels.source import SLOW, prepared\n"
        f"prepared(Path({str(path)!r}), {{}})\n"
        "assert not set(SLOW) & set(sys.modules); import isoduration, rfc3986_validator"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
