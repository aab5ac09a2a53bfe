"""Children of a warm parent: fresh each time, told apart when they end, and none of them ever left."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import pytest

from pdsa.kernels import Execution, Limits, Parent, Stop, execute, play, start_parent, sweep_folders, warm_parent
from pdsa.kernels.source import prepared
from pdsa.runner import Job, make, plan_run
from pdsa.runner.plan import light_job, whole_job
from pdsa.runner.warm import fit, warm_reports

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="warm kernels are had on Linux only")

SMALL = ("numpy", "matplotlib")
LEFT = 4242  # seconds that the processes sleep which a notebook leaves


def write(folder: Path, name: str, *cells: str, tags: Mapping[int, str] | None = None) -> Path:
    """Write a notebook of code cells."""
    parts = [nbformat.v4.new_code_cell(cell) for cell in cells]
    for number, tag in (tags or {}).items():
        parts[number].metadata["tags"] = [tag]
    path = folder / f"{name}.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=parts), path)
    return path


@pytest.fixture(scope="module")
def parent() -> Iterator[Parent]:
    started = start_parent(SMALL)
    assert started is not None
    assert started.is_ready(), started.why()
    yield started
    started.close()


@pytest.fixture
def own() -> Iterator[Parent]:
    """A parent that a test may end."""
    with warm_parent(()) as started:
        assert started is not None
        assert started.is_ready(), started.why()
        yield started


def run(parent: Parent, folder: Path, *cells: str, **limits: float) -> Execution:
    """Play these cells."""
    return execute(write(folder, "a", *cells), {}, limits=Limits(**limits), parent=parent)  # type: ignore[arg-type]


def texts(ended: Execution) -> list[str]:
    """Everything that the cells printed or showed as text."""
    outputs = [output for cell in ended.notebook.cells for output in cell.outputs]
    return [output.get("text") or output.get("data", {}).get("text/plain", "") for output in outputs]


def alive(pid: int) -> bool:
    """Whether a process runs; one that waits to be collected has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def gone(*pids: int) -> bool:
    """Wait up to ten seconds until none of these processes runs."""
    until = time.monotonic() + 10
    while any(alive(pid) for pid in pids) and time.monotonic() < until:
        time.sleep(0.02)
    return not any(alive(pid) for pid in pids)


def sleepers() -> list[str]:
    """Processes that notebooks of this file started and left."""
    listing = subprocess.run(["ps", "-A", "-o", "args="], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if f"sleep {LEFT}" in line and "python" not in line]


class TestFresh:
    def test_nothing_passes_from_one_notebook_to_the_next(self, parent: Parent, tmp_path: Path) -> None:
        stain = (
            "import os, sys, math, numpy, matplotlib\nmath.pi = 3\nsys.path.append('x')\nos.environ['STAIN'] = '1'\n"
        )
        stain += "numpy.set_printoptions(precision=1)\nmatplotlib.rcParams['font.size'] = 99\nos.chdir('/')\nkept = 1"
        look = "import os, sys, math, numpy, matplotlib\n[math.pi == 3, 'x' in sys.path, 'STAIN' in os.environ, "
        look += "numpy.get_printoptions()['precision'], matplotlib.rcParams['font.size'], os.getcwd() == '/', "
        look += "'kept' in globals()]"
        assert run(parent, tmp_path, stain).status == "ok"
        assert texts(run(parent, tmp_path, look)) == ["[False, False, False, 8, 10.0, False, False]"]

    def test_each_has_its_own_random_numbers(self, parent: Parent, tmp_path: Path) -> None:
        draw = "import random, numpy\n[random.random(), float(numpy.random.random())]"
        one, two = (texts(run(parent, tmp_path, draw)) for _ in range(2))
        assert not set(json.loads(one[0])) & set(json.loads(two[0]))

    def test_variables_come_from_the_owner_at_that_moment(
        self, parent: Parent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("SET_LATER", "yes")
        seen = "import os, time\n[os.environ['SET_LATER'], time.tzname[0], os.environ['OPENBLAS_NUM_THREADS']]"
        assert texts(run(parent, tmp_path, seen)) == ["['yes', 'UTC', '1']"]

    def test_the_parent_holds_no_secret_of_its_owner(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PDSA_TEST_TOKEN", "hush-hush-hush")
        started = start_parent(())
        assert started is not None
        assert started.is_ready()
        held = Path(f"/proc/{started.process.pid}/environ").read_bytes()
        started.close()
        assert b"hush-hush" not in held
        assert b"PATH=" in held

    def test_the_folder_is_private_and_taken_away(self, parent: Parent, tmp_path: Path) -> None:
        path = write(tmp_path, "a", "import os\nprint(os.getcwd(), sorted(os.listdir('.')))")
        (told,) = texts(execute(path, {}, limits=Limits(), files={"release.npz": b"x"}, parent=parent))
        folder, _, names = told.partition(" ")
        assert names.strip() == "['release.npz']"
        assert not Path(folder).exists()

    def test_the_parent_has_one_thread(self, parent: Parent) -> None:
        assert len(list(Path(f"/proc/{parent.process.pid}/task").iterdir())) == 1

    def test_many_at_a_time(self, parent: Parent, tmp_path: Path) -> None:
        paths = [write(tmp_path, f"n{n}", f"print({n}, end='')") for n in range(12)]
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda path: execute(path, {}, limits=Limits(), parent=parent), paths))
        assert [texts(one) for one in done] == [[str(n)] for n in range(12)]


class TestEnds:
    @pytest.mark.parametrize(
        ("cell", "status", "words"),
        [
            ("import sys\nsys.exit(0)", "error", "0"),
            ("%nosuchmagic 3", "error", "Line magic function `%nosuchmagic` not found."),
            ("import os\nos._exit(3)", "died", "the kernel ended itself with exit code 3"),
            ("import os\nos._exit(0)", "died", "the kernel ended itself with exit code 0"),
            ("import ctypes\nctypes.string_at(0)", "died", "the kernel crashed and was ended by SIGSEGV"),
            ("import os\nos.abort()", "died", "the kernel crashed and was ended by SIGABRT"),
            ("import os\nos.kill(os.getpid(), 9)", "died", "the kernel was ended by SIGKILL"),
            ("import os\nos.kill(os.getpid(), 15)", "died", "the kernel was ended by SIGTERM"),
            ("import time\ntime.sleep(99)", "timeout", "the cell ran longer than 1 seconds"),
            ("import re\nre.match('(a+)+b', 'a' * 40)", "timeout", "the cell ran longer than 1 seconds"),
            ("x = bytearray(2_000_000_000)", "error", "the report asked for more memory than it may take"),
            (
                "for _ in range(99):\n    print('x' * 50_000)",
                "died",
                "the notebook printed more than 3 MB and was ended",
            ),
            (
                "import os\nos.system('yes | head -c 500000000')",
                "died",
                "the notebook printed more than 3 MB and was ended",
            ),
            (
                "from IPython.display import HTML\nHTML('x' * 9_000_000)",
                "died",
                "the notebook showed more than 8 MB and was ended",
            ),
        ],
    )
    def test_each_end_is_told_apart(self, parent: Parent, tmp_path: Path, cell: str, status: str, words: str) -> None:
        limits = {"cell_seconds": 1 if status == "timeout" else 20, "memory_mb": 600, "printed_mb": 3, "output_mb": 8}
        ended = run(parent, tmp_path, "1", cell, "'never'", **limits)
        assert (ended.status, ended.cell, ended.evalue) == (status, 1, words)
        assert [end.status for end in ended.cells] == ["ok", status, "not run"]
        assert texts(ended)[0] == "1"

    @pytest.mark.parametrize(
        ("cell", "words"),
        [
            ("print('x' * 4_000_000)", "printed more than 3 MB"),
            ("from ipywidgets import Output\nwith Output():\n    print('x' * 4_000_000)", "printed more than 3 MB"),
            ("from IPython.display import HTML\nHTML('x' * 9_000_000)", "showed more than 8 MB"),
            ("for n in range(9):\n    display(n * 'é' * 1_000_000)", "showed more than 8 MB"),
            ("from ipywidgets import Text\nText('x' * 9_000_000)", "showed more than 8 MB"),
        ],
    )
    @pytest.mark.parametrize("further", [(), ("'never'",)])
    def test_a_kernel_that_starts_cold_holds_the_same_limits(
        self, parent: Parent, tmp_path: Path, cell: str, words: str, further: tuple[str, ...]
    ) -> None:
        """Also of what the last cell shows, whose kernel has done its work by then."""
        book, limits = write(tmp_path, "a", "1", cell, *further), Limits(memory_mb=0, printed_mb=3, output_mb=8)
        for ended in (execute(book, {}, limits=limits, parent=who) for who in (parent, None)):
            assert (ended.status, ended.cell, ended.evalue) == ("died", 1, f"the notebook {words} and was ended")
            assert [end.status for end in ended.cells] == ["ok", "died", "not run"][: 2 + len(further)]
            assert ended.again is False

    def test_a_report_that_takes_too_long_in_all(self, parent: Parent, tmp_path: Path) -> None:
        ended = run(parent, tmp_path, *["import time\ntime.sleep(0.4)"] * 9, report_seconds=2)
        assert (ended.status, ended.evalue) == ("timeout", "the report ran longer than 2 seconds")
        assert {"ok", "timeout", "not run"} == {end.status for end in ended.cells}

    def test_a_child_that_the_system_ended_for_memory(self) -> None:
        from pdsa.kernels.ending import died

        assert died(-9, memory_full=True).evalue == (
            "the kernel was ended by the system because the memory was full (SIGKILL)"
        )

    def test_one_dead_child_does_not_hurt_the_next(self, parent: Parent, tmp_path: Path) -> None:
        assert run(parent, tmp_path, "import os\nos.kill(os.getpid(), 9)").status == "died"
        assert run(parent, tmp_path, "1").status == "ok"

    def test_what_a_notebook_started_ends_with_it(self, parent: Parent, tmp_path: Path) -> None:
        start = f"import subprocess\nsubprocess.Popen(['sleep', '{LEFT}'])\n"
        start += f"subprocess.Popen(['sleep', '{LEFT}'], start_new_session=True)"
        assert run(parent, tmp_path, start).status == "ok"
        assert run(parent, tmp_path, start + "\nimport os\nos._exit(1)").status == "died"
        assert run(parent, tmp_path, start + "\nimport time\ntime.sleep(99)", cell_seconds=1).status == "timeout"
        assert sleepers() == []

    def test_a_stop_ends_it_at_once(self, parent: Parent, tmp_path: Path) -> None:
        stop, flag = Stop(), tmp_path / "on"
        path = write(tmp_path, "a", f"open({str(flag)!r}, 'w')\nimport time\ntime.sleep(99)")
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(execute, path, {}, limits=Limits(), stop=stop, parent=parent)
            while not flag.exists():
                assert not future.done(), future.result()
            stop.set()
            assert future.result(10).status == "died"

    def test_a_parent_that_was_killed_takes_its_children_along(self, own: Parent, tmp_path: Path) -> None:
        flag = tmp_path / "pid"
        cell = f"import os, time\nopen({str(flag)!r}, 'w').write(str(os.getpid()))\ntime.sleep(99)"
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(execute, write(tmp_path, "a", cell), {}, limits=Limits(), parent=own)
            while not flag.exists() or not flag.read_text():
                assert not future.done(), future.result()
            own.process.kill()
            assert future.result(20).status == "died"
        assert gone(int(flag.read_text()))
        # and from then on kernels start cold
        assert not own.is_ready()
        assert execute(write(tmp_path, "b", "1"), {}, limits=Limits(), parent=own).status == "ok"

    def test_a_parent_that_does_not_answer_is_ended_and_kernels_start_cold(
        self, own: Parent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(play, "BEGIN_SECONDS", 1)
        own.process.send_signal(signal.SIGSTOP)
        mark = "display({'application/vnd.pdsa.complete+json': {'id': 'x'}}, raw=True)"
        job = Job("a", write(tmp_path, "a", mark), {}, "team", "x", Path("x.html"), "", "", "x")
        made = make(job, Limits(cell_seconds=60), parent=own)
        assert (made.status, made.tries) == ("ok", 2), made.problem
        assert gone(own.process.pid)

    def test_a_child_that_does_not_begin_says_so(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(play, "BEGIN_SECONDS", 1)
        code = "import os, signal\ndef fork():\n    os.register_at_fork(after_in_child=stop)\n"
        (tmp_path / "stuck.py").write_text(f"{code}def stop(): os.kill(os.getpid(), signal.SIGSTOP)\n")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        with warm_parent(()) as started:
            assert started is not None
            started.prepare("stuck:fork")
            ended = run(started, tmp_path, "1", cell_seconds=1)
            assert (ended.status, ended.evalue) == ("timeout", "the kernel took longer than 1 seconds to begin")
            assert [cell.status for cell in ended.cells] == ["not run"]

    def test_what_left_its_group_ends_with_a_parent_that_was_killed(self, own: Parent, tmp_path: Path) -> None:
        flag = tmp_path / "on"
        cell = f"import subprocess, time\nsubprocess.Popen(['sleep', '{LEFT}'], start_new_session=True)\n"
        with ThreadPoolExecutor(1) as pool:
            path = write(tmp_path, "a", f"{cell}open({str(flag)!r}, 'w')\ntime.sleep(99)")
            future = pool.submit(execute, path, {}, limits=Limits(), parent=own)
            while not flag.exists():
                assert not future.done(), future.result()
            own.process.kill()
            assert future.result(20).status == "died"
        assert sleepers() == []

    def test_what_left_its_group_ends_with_a_cold_kernel(self, tmp_path: Path) -> None:
        start = f"import subprocess\nsubprocess.Popen(['sleep', '{LEFT}'], start_new_session=True)\nNone"
        assert execute(write(tmp_path, "a", start), {}, limits=Limits()).status == "ok"
        assert sleepers() == []

    def test_nobody_asks_a_parent_that_is_about_to_end(
        self, own: Parent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Its sockets are closed a moment before the system lets it end."""
        own.process.kill()
        own.process.wait()
        monkeypatch.setattr(own.process, "poll", lambda: None)
        assert own.is_ready()  # as far as can be seen
        book = write(tmp_path, "a", "1")
        assert execute(book, {}, limits=Limits(), parent=own).status == "died"
        assert not own.is_ready()
        assert execute(book, {}, limits=Limits(), parent=own).status == "ok"

    def test_a_fork_that_fails_costs_one_try(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """The parent says so and goes on: the next try is warm again."""
        (tmp_path / "no_fork.py").write_text(
            "import os\ndef once():\n    fork = os.fork\n    def fail():\n        os.fork = fork\n"
            "        raise BlockingIOError\n    os.fork = fail\n"
        )
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        with warm_parent(()) as started:
            assert started is not None
            started.prepare("no_fork:once")
            book = write(tmp_path, "a", "1")
            first, second = (execute(book, {}, limits=Limits(), parent=started) for _ in range(2))
            assert (first.status, first.again, second.status) == ("died", True, "ok"), started.why()
            assert second.peak_mb > 10  # played by its child

    def test_what_leaves_its_group_and_its_variables_ends_with_the_last_child(
        self, parent: Parent, tmp_path: Path
    ) -> None:
        start = f"import subprocess\nsubprocess.Popen(['sleep', '{LEFT}'], start_new_session=True, env={{}})"
        assert run(parent, tmp_path, start).status == "ok"
        assert sleepers() == []

    @pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
    def test_an_owner_that_ends_takes_all_along(self, tmp_path: Path, number: int) -> None:
        path = write(tmp_path, "a", f"import os, subprocess, time\nsubprocess.Popen(['sleep', '{LEFT}'])\n"
                     f"open({str(tmp_path / 'folder')!r}, 'w').write(os.getcwd())\n"
                     f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\ntime.sleep(99)")  # fmt: skip
        code = (
            "from pathlib import Path; from pdsa.kernels import Limits, execute, start_parent\n"
            "parent = start_parent(()); Path('zygote').write_text(str(parent.process.pid))\n"
            f"execute(Path({str(path)!r}), {{}}, limits=Limits(), files={{'secret.npz': b''}}, parent=parent)"
        )
        with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path) as owner:
            while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
                assert owner.poll() is None
                time.sleep(0.01)
            os.kill(owner.pid, number)
        pids = [int((tmp_path / name).read_text()) for name in ("pid", "zygote")]
        assert gone(*pids)
        assert sleepers() == []
        # nor does anything stay that only the owner was to read
        assert not Path((tmp_path / "folder").read_text()).exists()


class TestSaid:
    def test_what_is_written_past_python_is_caught_in_its_place(self, parent: Parent, tmp_path: Path) -> None:
        cell = "import os, subprocess\nprint('one')\nos.system('echo two')\nos.write(1, b'three\\n')\n"
        cell += "subprocess.run(['echo', 'four'])\nprint('five')"
        assert texts(run(parent, tmp_path, cell))[0] == "one\ntwo\nthree\nfour\nfive\n"

    def test_what_a_forked_process_prints_is_caught(self, parent: Parent, tmp_path: Path) -> None:
        cell = "import os\npid = os.fork()\nif pid == 0:\n    print('from the fork')\n    os._exit(0)\n"
        assert texts(run(parent, tmp_path, cell + "os.waitpid(pid, 0)\nprint('done')"))[0] == "from the fork\ndone\n"

    def test_a_thread_that_is_left_does_not_hold_the_report(self, parent: Parent, tmp_path: Path) -> None:
        cell = "import asyncio, time\nasyncio.get_running_loop().run_in_executor(None, time.sleep, 99)\n"
        cell += "await asyncio.sleep(0)"
        ended = run(parent, tmp_path, cell)
        assert (ended.status, ended.seconds < 25) == ("ok", True)

    def test_both_streams_are_kept_apart(self, parent: Parent, tmp_path: Path) -> None:
        ended = run(
            parent, tmp_path, "import sys, os\nprint('a')\nprint('b', file=sys.stderr)\nos.system('echo c >&2')"
        )
        assert [(o.name, o.text) for o in ended.notebook.cells[0].outputs if o.output_type == "stream"] == [
            ("stdout", "a\n"),
            ("stderr", "b\nc\n"),
        ]
        assert ended.printed == "a\nb\nc\n"

    def test_an_update_reaches_an_earlier_cell(self, parent: Parent, tmp_path: Path) -> None:
        ended = run(parent, tmp_path, "handle = display('old', display_id=True)", "handle.update('new')")
        assert texts(ended) == ["'new'"]

    def test_drawings_of_pyplot_appear(self, parent: Parent, tmp_path: Path) -> None:
        ended = run(parent, tmp_path, "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nNone")
        assert [set(output.data) for output in ended.notebook.cells[0].outputs] == [{"image/png", "text/plain"}]

    def test_a_tag_lets_an_error_pass_only_where_that_is_asked(self, parent: Parent, tmp_path: Path) -> None:
        path = write(tmp_path, "a", "1 / 0", "'after'", tags={0: "raises-exception"})
        assert execute(path, {}, limits=Limits(), parent=parent).status == "error"
        with Stop().room({}) as room:
            ended = parent.run(prepared(path, {}), Limits(), room, as_tagged=True)
        assert (ended.status, texts(ended)[-1]) == ("ok", "'after'")


def test_without_fork_there_is_no_parent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert start_parent() is None


def test_temporary_files_go_where_the_variables_say_and_nothing_is_tried_out_there(
    parent: Parent, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Python tries a folder out with a file, which would stay if the notebook is ended at that moment."""
    looked = "import tempfile\nprint(tempfile.tempdir)\nprint(tempfile.gettempdir())"
    wanted, none = tmp_path / "tmp", tmp_path / "none"
    wanted.mkdir()
    monkeypatch.setenv("TMPDIR", str(wanted))
    assert texts(run(parent, tmp_path, looked)) == [f"{wanted}\n{wanted}\n"]
    monkeypatch.setenv("TMPDIR", str(none))
    assert str(none) not in texts(run(parent, tmp_path, looked))[0]


class TestPrepare:
    """What some notebooks need is done when the first of them comes."""

    LOADED = "import sys\nprint('plot' + 'nine' in sys.modules)"

    def test_a_parent_draws_for_a_notebook_that_names_plots(self, tmp_path: Path) -> None:
        plain, drawing = write(tmp_path, "plain", self.LOADED), write(tmp_path, "drawing", f"{self.LOADED}  # plotnine")
        with warm_reports() as warm:
            assert warm is not None
            fit(warm, plain)
            assert texts(execute(plain, {}, limits=Limits(), parent=warm)) == ["False\n"]
            fit(warm, drawing)
            fit(warm, drawing)
            assert texts(execute(drawing, {}, limits=Limits(), parent=warm)) == ["True\n"]

    def test_what_fails_there_stops_no_notebook(self, tmp_path: Path) -> None:
        started = start_parent(())
        assert started is not None
        assert started.is_ready()
        started.prepare("pdsa:no_such_function")
        assert execute(write(tmp_path, "a", "1"), {}, limits=Limits(), parent=started).status == "ok"
        assert "no_such_function" in started.why()
        started.close()

    def test_a_drawing_that_fails_stops_no_notebook(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        (tmp_path / "plotnine.py").write_text("raise ValueError('no plot today')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        with warm_reports() as warm:
            assert warm is not None
            fit(warm, write(tmp_path, "drawing", "import plotnine"))
            done = execute(write(tmp_path, "a", "1"), {}, limits=Limits(), parent=warm)
            assert (done.status, warm.is_ready()) == ("ok", True)
            assert "ValueError: no plot today" in warm.why()

    def test_a_parent_in_which_something_else_is_raised_ends_and_says_why(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "raises.py").write_text("def once():\n    raise ValueError('nobody caught this')")
        monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
        with warm_parent(()) as started:
            assert started is not None
            started.prepare("raises:once")
            assert execute(write(tmp_path, "a", "1"), {}, limits=Limits(), parent=started).status == "ok"
            assert not started.is_ready()
            assert "nobody caught this" in started.why()

    def test_requests_that_come_at_once_are_held_apart(self, tmp_path: Path) -> None:
        started = start_parent(())
        assert started is not None
        for number in range(20):  # while it imports still
            started.prepare(f"json:no{number}")
        book = write(tmp_path, "a", "1")
        with ThreadPoolExecutor(8) as threads:
            done = list(threads.map(lambda _: execute(book, {}, limits=Limits(), parent=started), range(16)))
        assert {one.status for one in done} == {"ok"}
        assert {one.peak_mb > 10 for one in done} == {True}  # played by its children
        started.close()

    def test_plots_look_the_same_as_in_a_cold_kernel(self, tmp_path: Path) -> None:
        drawn = "import matplotlib.pyplot as plt\nprint(plt.get_backend())\n_ = plt.plot([1, 2])"
        frame = "from plotnine import *\nimport pandas as pd\nframe = pd.DataFrame({'x': [1]})"
        plot = f"{frame}\nggplot(frame, aes('x', 'x')) + geom_point()"
        book = write(tmp_path, "both", drawn, plot)
        with warm_reports() as warm:
            assert warm is not None
            fit(warm, book)
            one, two = (execute(book, {}, limits=Limits(), parent=who) for who in (warm, None))
        assert one.status == two.status == "ok"
        kinds = [[list(out.get("data", {"text": 0})) for out in cell.outputs] for cell in one.notebook.cells]
        assert kinds == [[list(out.get("data", {"text": 0})) for out in cell.outputs] for cell in two.notebook.cells]
        pictures = [
            [out["data"]["image/png"] for c in d.notebook.cells for out in c.outputs if "data" in out]
            for d in (one, two)
        ]
        assert pictures[0] == pictures[1]


def test_a_parent_that_cannot_start_is_passed_by(tmp_path: Path) -> None:
    """Its owner is told why, and the notebook runs cold."""
    started = start_parent(("no_such_module",))
    assert started is not None
    assert not started.is_ready()
    assert "No module named 'no_such_module'" in started.why()
    assert execute(write(tmp_path, "a", "1"), {}, limits=Limits(), parent=started).status == "ok"
    started.close()


@pytest.fixture(scope="module")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> list[Job]:
    """A job of every notebook, of a small example."""
    from pdsa.example import write_example

    folder = tmp_path_factory.mktemp("example")
    write_example(folder / "example", schools=3)
    plan = plan_run(folder / "example" / "params" / "example.yaml")
    first = {wanted.notebook: wanted for wanted in reversed(plan.reports)}
    assert len(first) == 3
    return [whole_job(plan.workspace, light_job(plan, wanted)) for wanted in first.values()]


def test_warm_and_cold_make_the_same_bytes(jobs: list[Job]) -> None:
    with warm_reports() as warm:
        assert warm is not None
        for job in jobs:
            one, two = make(job, Limits(), parent=warm), make(job, Limits())
            assert one.status == two.status == "ok", (one.problem, two.problem)
            assert one.page == two.page
            assert one.files == two.files
            assert one.marker == two.marker
            assert one.peak_mb > 50


@pytest.mark.parametrize(
    ("last", "status"),
    [
        ("os._exit(3)", "died"),
        ("while True: print('more'); time.sleep(0.05)", "timeout"),
        ("print('x' * 11_000_000)", "died"),
    ],
)
def test_what_a_cell_said_before_it_broke_is_kept(parent: Parent, tmp_path: Path, last: str, status: str) -> None:
    """Also of one that talks without end: that gets it no more time."""
    found = run(parent, tmp_path, f"import os, time\nprint('first words')\n{last}", cell_seconds=3)
    assert found.status == status
    assert found.printed.startswith("first words\n")
    assert len(found.printed) <= 100_000
    assert found.cells[-1].status == status


def test_a_kernel_that_died_is_started_once_more(parent: Parent, tmp_path: Path) -> None:
    mark = "display({'application/vnd.pdsa.complete+json': {'id': 'x'}}, raw=True)"
    count = tmp_path / "count"
    dies = f"import os\nopen({str(count)!r}, 'a').write('.')\nif os.path.getsize({str(count)!r}) < 2: os._exit(1)"
    job = Job("a", write(tmp_path, "a", dies, mark), {}, "team", "x", Path("x.html"), "", "", "x")
    made = make(job, Limits(), parent=parent)
    assert (made.status, made.tries) == ("ok", 2)
    count.write_text("")
    always = dies.replace("< 2", "< 9")
    made = make(Job("a", write(tmp_path, "b", always, mark), {}, "team", "x", Path("x.html"), "", "", "x"), Limits())
    assert (made.status, made.tries, count.read_text()) == ("failed", 2, "..")
    assert "exit code 1" in str(made.problem)


class TestDoors:
    """The ecosystem's own ways in."""

    def test_papermill_finds_the_engine(self, tmp_path: Path) -> None:
        import papermill

        path = write(tmp_path, "a", "name = 'x'", "print(name)\nimport os\nos.getcwd()", tags={0: "parameters"})
        done = papermill.execute_notebook(
            str(path), str(tmp_path / "out.ipynb"), {"name": "007"},
            engine_name="pdsa", kernel_name="python3", language="python", progress_bar=False, cwd=str(tmp_path),
        )  # fmt: skip
        assert done.cells[2].outputs[0].text == "007\n"
        assert done.cells[2].outputs[1].data["text/plain"] == repr(str(tmp_path))
        assert {cell.metadata.papermill.status for cell in done.cells} == {"completed"}

    def test_it_tells_papermill_the_truth(self, tmp_path: Path) -> None:
        import papermill
        from nbclient.exceptions import CellTimeoutError, DeadKernelError

        for cell, error in (("import os\nos._exit(3)", DeadKernelError), ("while True: pass", CellTimeoutError)):
            path = write(tmp_path, "a", "1", cell, "2")
            with pytest.raises(error):
                papermill.execute_notebook(
                    str(path), str(tmp_path / "out.ipynb"),
                    engine_name="pdsa", kernel_name="python3", language="python", progress_bar=False,
                    execution_timeout=1,
                )  # fmt: skip
            out = nbformat.read(tmp_path / "out.ipynb", as_version=4)
            assert [one.metadata.papermill.status for one in out.cells] == ["completed", "failed", "pending"]

    def test_the_engine_imports_little(self) -> None:
        code = "import sys; import pdsa.kernels.engine; print(*sorted(sys.modules))"
        listing = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        assert not {"papermill", "nbclient", "pandas", "numpy", "matplotlib", "IPython"} & set(listing.split())

    def test_the_kernelspec_starts_warm_over_unix_sockets(self, tmp_path: Path) -> None:
        from nbclient import NotebookClient

        cell = "import json, os\nfrom ipykernel.connect import get_connection_info\nprint(get_connection_info())"
        notebook = nbformat.read(write(tmp_path, "a", cell, "print(os.getppid())"), as_version=4)
        NotebookClient(notebook, kernel_name="pdsa").execute()
        assert json.loads(notebook.cells[0].outputs[0].text)["transport"] == "ipc"
        owner = Path(f"/proc/{notebook.cells[1].outputs[0].text.strip()}/cmdline").read_bytes()
        assert b"pdsa.kernels.zygote" in owner

    def test_a_warm_kernel_is_interrupted_and_ended(self) -> None:
        from jupyter_client.manager import start_new_kernel

        manager, client = start_new_kernel(kernel_name="pdsa")
        pid, sockets = manager.provisioner.pid, Path(manager.provisioner.sockets)
        sweep_folders()
        assert sockets.is_dir()  # held as long as the kernel lives
        client.execute("import time\nprint('on')\ntime.sleep(99)")
        while client.get_iopub_msg(timeout=20)["msg_type"] != "stream":
            pass
        manager.interrupt_kernel()
        assert client.get_shell_msg(timeout=20)["content"]["ename"] == "KeyboardInterrupt"
        manager.shutdown_kernel(now=True)
        client.stop_channels()
        assert gone(pid)
        assert not sockets.exists()

    def test_a_kernel_starts_though_its_parent_has_just_ended(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from nbclient import NotebookClient

        from pdsa.kernels import provisioner

        notebook = nbformat.read(write(tmp_path, "a", "import os\nprint(os.getppid())"), as_version=4)
        warm = provisioner._HEARTH.lit()
        assert warm is not None
        assert warm.is_ready()
        warm.process.kill()
        warm.process.wait()
        for starts in ("cold", "warm"):
            with monkeypatch.context() as before:
                if starts == "cold":  # the system has not said so yet
                    before.setattr(warm.process, "poll", lambda: None)
                NotebookClient(notebook, kernel_name="pdsa").execute()
            assert (int(notebook.cells[0].outputs[0].text) == os.getpid()) == (starts == "cold")
