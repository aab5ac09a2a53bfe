"""Reports made by a dask cluster: a scheduler and two workers as processes of their own, one of them killed."""

from __future__ import annotations

import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import dask.config
import nbformat
import numpy as np
import pandas as pd
import pytest

from clusters import SOURCE, Cluster, cluster
from pdsa.chart import analyze_panel
from pdsa.errors import InputError, ParamsError
from pdsa.example import write_example
from pdsa.kernels import Limits, warm_parent
from pdsa.network import SIGNALS
from pdsa.records import ChartSpec
from pdsa.runner import Job, LocalPool, Result, keys, run_jobs
from pdsa.runner.cluster import ClusterPool, Tls, connect, connected, errand, scan
from pdsa.runner.cluster.connect import address_of
from pdsa.runner.cluster.worker import wait_for
from pdsa.runner.keys import surroundings
from pdsa.series import MISSING, REPORTED, Panel

README = Path(__file__).resolve().parents[1] / "README.md"
MARK = "display({'application/vnd.pdsa.complete+json': {'id': school, 'points': 60}}, raw=True)"
TABLE = "display({'application/vnd.pdsa.file+json': {'name': 'points.csv', 'text': f'{school},é\\n'}}, raw=True)"
# ends the worker that makes it: the process above the kernel that the nanny of dask started
DEADLY = """
import os, signal
import psutil
worker = next(one for one in psutil.Process().parents() if "spawn_main" in " ".join(one.cmdline()))
os.kill(worker.pid, signal.SIGKILL)
"""
SLEEP = "import time\ntime.sleep(50)"
SECRET = "hunter22-of-the-worker"
LIMITS = Limits(cell_seconds=60)


def write_notebook(path: Path, *sources: str) -> Path:
    notebook = nbformat.v4.new_notebook()
    first = nbformat.v4.new_code_cell('school = ""', metadata={"tags": ["parameters"]})
    page = {"tags": ["page"]}
    notebook.cells = [first, *(nbformat.v4.new_code_cell(source, metadata=page) for source in (*sources, MARK))]
    nbformat.write(notebook, path)
    return path


def make_job(notebook: Path, school: str, **changes: Any) -> Job:
    values: dict[str, Any] = {
        "name": f"team, {school}", "notebook": notebook, "parameters": {"school": school}, "audience": "team",
        "school": school, "target": Path(f"team/{school}/report.html"), "title": school, "banner": "",
        "expected": school, "files": {"release.npz": school.encode()},
    }  # fmt: skip
    return Job(**values | changes)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FAR_TOKEN", SECRET)
        with cluster(tmp_path_factory.mktemp("cluster"), 2) as found:
            patch.undo()
            yield found


def contents(folder: Path) -> dict[str, bytes]:
    """What readers get; records beside it hold times."""
    files = (path for path in folder.rglob("*") if path.is_file() and ".records" not in path.parts)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_a_worker_is_killed_and_every_report_is_there_once(two: Cluster, tmp_path: Path) -> None:
    notebook = write_notebook(
        tmp_path / "plain.ipynb", "from pathlib import Path\nPath('release.npz').read_text()", TABLE
    )
    jobs = [make_job(notebook, f"school-{n}") for n in range(6)]
    local, far = tmp_path / "local", tmp_path / "far"
    with warm_parent(("IPython", "nbclient")) as parent:
        here = run_jobs(jobs, local, pool=LocalPool(2, LIMITS, parent))
    done: list[Result] = []
    victim = two.workers()[0]

    def on_done(result: Result) -> None:
        if not done:
            os.kill(victim, signal.SIGKILL)
        done.append(result)

    there = run_jobs(jobs, far, pool=ClusterPool(two.address, LIMITS, far), on_done=on_done)
    assert [result.status for result in there] == ["ok"] * 6, there
    assert sorted(result.job.school for result in done) == [f"school-{n}" for n in range(6)]
    assert contents(far) == contents(local) and len(contents(far)) == 12
    assert [r.sha256 for r in there] == [r.sha256 for r in here]
    assert victim not in two.workers()


def test_a_deadly_report_is_told_and_the_others_are_made(
    two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert errand.CHANCES == 3
    monkeypatch.setattr(errand, "CHANCES", 2)  # each new worker takes its time
    good, deadly = write_notebook(tmp_path / "good.ipynb"), write_notebook(tmp_path / "deadly.ipynb", DEADLY)
    jobs = [make_job(deadly, "deadly"), *(make_job(good, f"school-{n}") for n in range(3))]
    results = run_jobs(jobs, tmp_path, pool=ClusterPool(two.address, LIMITS, tmp_path))
    assert [result.status for result in results] == ["failed", "ok", "ok", "ok"], results
    assert str(results[0].problem) == (
        "team, deadly: found that the worker making it ended 2 times, the last time with no other report beside it, "
        "expected a worker that lives on."
    )
    assert [path.name for path in tmp_path.glob(".tmp-*")] == []


def test_a_run_that_is_stopped_stops_its_workers_too(two: Cluster, tmp_path: Path) -> None:
    quick = write_notebook(tmp_path / "quick.ipynb")
    slow = write_notebook(tmp_path / "slow.ipynb", SLEEP)
    jobs = [make_job(quick, "quick"), *(make_job(slow, f"slow-{n}") for n in range(4))]
    coming = ClusterPool(two.address, LIMITS, tmp_path / "out").made(jobs)
    assert next(coming)[0].school == "quick"
    coming.close()
    assert list((tmp_path / "out").iterdir()) == []
    until, running = time.monotonic() + 30, lambda dask_worker: len(dask_worker.state.executing)
    with connected(two.address) as client:
        while any(client.run(running).values()) and time.monotonic() < until:
            time.sleep(0.1)
        assert set(client.run(running).values()) == {0}


def test_ctrl_c_leaves_a_run_that_goes_on_where_it_stopped(two: Cluster, tmp_path: Path) -> None:
    write_example(tmp_path / "net", schools=3)
    command = [sys.executable, "-m", "pdsa", "report", "net/params/example.yaml", "--on", two.address]
    env = os.environ | {"PYTHONPATH": SOURCE}
    stopped = subprocess.Popen(
        command, cwd=tmp_path, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert stopped.stdout is not None
    assert "ok" in stopped.stdout.readline()
    stopped.send_signal(signal.SIGINT)
    told = stopped.communicate(timeout=60)[1]
    assert "of 13 reports are done. Run it again to go on." in told and told.endswith("Stopped.\n")
    assert stopped.returncode == 130
    assert list((tmp_path / "outputs" / "example").glob(".tmp-*")) == []
    stood = len(list((tmp_path / "outputs" / "example" / ".records").rglob("*.json")))
    done = subprocess.run(command, cwd=tmp_path, env=env, text=True, capture_output=True, timeout=120, check=True)
    assert re.search(rf"\d+ reports made, {stood} unchanged, 0 failed", done.stdout), done.stdout


def test_an_error_of_a_worker_is_a_failed_report(two: Cluster, tmp_path: Path) -> None:
    broken = write_notebook(tmp_path / "broken.ipynb", "{'a': 1}['b']")
    results = run_jobs([make_job(broken, "adams")], tmp_path, pool=ClusterPool(two.address, LIMITS, tmp_path))
    assert [result.status for result in results] == ["failed"]
    assert str(results[0].problem) == "broken.ipynb, cell 2: found KeyError: 'b', expected a cell that runs to its end."


def test_a_secret_of_the_worker_stays_there(two: Cluster, tmp_path: Path) -> None:
    told = "import os\nfrom IPython.display import HTML\n"
    shown = "print(os.environ['FAR_TOKEN'])\nHTML(os.environ['FAR_TOKEN'])"
    loud = write_notebook(tmp_path / "loud.ipynb", told + shown)
    broken = write_notebook(tmp_path / "broken.ipynb", told + "raise ValueError(os.environ['FAR_TOKEN'])")
    jobs, out = [make_job(loud, "adams"), make_job(broken, "lincoln")], tmp_path / "out"
    results = run_jobs(jobs, out, pool=ClusterPool(two.address, LIMITS, out))
    assert [result.status for result in results] == ["failed", "failed"]
    assert "the value of the environment variable FAR_TOKEN" in str(results[0].problem)
    assert "ValueError" in str(results[1].problem)
    assert SECRET not in repr(results)
    assert not [path for path in out.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]


def test_series_are_scanned_in_parts_with_the_same_numbers(two: Cluster) -> None:
    panel = many_series(150, 40)
    spec = ChartSpec(kind="auto", better="up", target=0.9)
    whole, here = analyze_panel(panel, spec), scan(panel, spec, part=1000)
    with connected(two.address) as client:
        there = scan(panel, spec, client, part=1000)
    pd.testing.assert_frame_equal(there.summary, whole.summary, check_exact=True)
    assert (there.judged, there.found, there.expected) == (here.judged, here.found, here.expected)
    assert there.judged == 150 and there.found == whole.summary["verdict"].isin(SIGNALS).sum()
    assert 0 < there.expected < 30


def many_series(series: int, points: int) -> Panel:
    rng, n = np.random.default_rng(5), series * points
    people = rng.integers(20, 400, series).repeat(points).astype(float)
    present = rng.binomial(people.astype(int), 0.9).astype(float)
    present[rng.random(n) < 0.02] = np.nan
    weeks = pd.Index(np.tile(pd.date_range("2024-01-01", periods=points, freq="7D"), series))
    status = np.where(np.isnan(present), MISSING, REPORTED).astype(np.int8)
    keys = pd.DataFrame({"school": [f"{number:04d}" for number in range(series)]})
    ends = np.arange(0, n + 1, points)
    return Panel(keys, ends, weeks, present / people, present, people, people, status, np.ones(series, dtype=bool))


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("scheduler", "tls://scheduler:8786"),
        ("scheduler:9000", "tls://scheduler:9000"),
        ("tls://10.0.0.7", "tls://10.0.0.7:8786"),
        ("tcp://10.0.0.7:9000", "tcp://10.0.0.7:9000"),
        ("tls://[fe80::1]:9000/", "tls://[fe80::1]:9000"),
    ],
)
def test_plain_tcp_only_where_it_is_named(text: str, address: str) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize("text", ["", "http://scheduler", "ucx://scheduler", "tls://a b", "tls://a:b", "a/b", "tls://"])
def test_what_is_no_address_is_told(text: str) -> None:
    with pytest.raises(ParamsError, match="an address such as tls://scheduler:8786"):
        address_of(text)


def refusal(address: str, tls: Tls | None = None) -> str:
    with pytest.raises(InputError) as caught, connected(address, tls):
        pass
    return str(caught.value)


def test_the_extra_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    assert "python -m pip install 'pdsa-workbench[cluster]'" in refusal("tls://scheduler")


def test_a_cluster_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connect, "ANSWER_SECONDS", 0.5)
    told = refusal("tcp://127.0.0.1:9")
    assert "--on: found tcp://127.0.0.1:9: " in told
    assert "start it with `dask scheduler`, or correct the address" in told


def test_workers_with_another_pdsa_or_without_the_folder_are_told(
    two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = surroundings()
    monkeypatch.setattr(connect, "wait_for", partial(wait_for, seconds=0.1))
    monkeypatch.setattr(keys, "surroundings", lambda: ours | {"numpy": "1.0", "source": "f" * 64})
    monkeypatch.chdir(tmp_path)
    own = Path("/proc/self/cwd")  # every process sees another folder there
    with connected(two.address) as client, pytest.raises(InputError) as caught:
        connect.check_workers(client, own)
    told = [(problem.found, problem.expected) for problem in caught.value.problems]
    other = f"numpy {ours['numpy']}, source {ours['source'][:12]}"
    hidden = f"that it does not see or cannot write {own}"
    assert (
        told
        == [(other, "numpy 1.0, source ffffffffffff, as here"), (hidden, "a folder that all machines share (--out)")]
        * 2
    )


def test_tls_goes_both_ways_and_a_lost_worker_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ca, cert, key = certificates(tmp_path)
    own, other = Tls(str(ca), str(cert), str(key)), Tls(*map(str, certificates(tmp_path / "other")))
    words = ("--protocol", "tls", "--tls-ca-file", str(ca), "--tls-cert", str(cert), "--tls-key", str(key))
    with cluster(tmp_path, 1, *words) as safe:
        assert safe.address.startswith("tls://")
        quick, slow = write_notebook(tmp_path / "quick.ipynb"), write_notebook(tmp_path / "slow.ipynb", SLEEP)
        jobs, out = [make_job(quick, "quick"), make_job(slow, "slow")], tmp_path / "out"
        pool = ClusterPool(safe.address.removeprefix("tls://"), LIMITS, out, own)
        assert [result.status for result in run_jobs(jobs[:1], out, pool=pool)] == ["ok"]
        assert "does it speak tls?" in refusal(safe.address, other)
        assert "does it speak tcp, without TLS?" in refusal(safe.address.replace("tls:", "tcp:"))
        monkeypatch.setattr(errand, "PATIENCE", 1.0)
        monkeypatch.setattr(errand, "LOOK", 0.2)
        with pytest.raises(InputError) as caught:
            run_jobs(jobs, out, pool=pool, on_done=partial(end, safe.processes[1].pid))
        assert str(caught.value) == (
            "cluster: 1 problem found; the run ended before its end.\n"
            "  cluster: found no worker for 1 seconds, expected workers to the end; reports not made yet: 1.\n"
            "  Next: bring scheduler and workers back and run the same command again: what was made is not made anew."
        )
        assert list(out.glob(".tmp-*")) == []
        monkeypatch.setattr(connect, "WORKER_SECONDS", 0.5)
        assert f"start one on each machine: dask worker {safe.address} --nworkers 1" in refusal(safe.address, own)


def end(group: int, result: Result) -> None:
    os.killpg(group, signal.SIGKILL)


def test_tls_needs_certificates(tmp_path: Path) -> None:
    told = refusal("tls://127.0.0.1", Tls(key="key.pem"))
    assert "--tls-ca (or DASK_DISTRIBUTED__COMM__TLS__CA_FILE): found nothing" in told
    assert "--tls-cert (or DASK_DISTRIBUTED__COMM__TLS__CLIENT__CERT): found nothing" in told
    told = refusal("scheduler", Tls(str(tmp_path / "ca.pem"), str(tmp_path / "cert.pem")))
    assert f"found no file {tmp_path / 'ca.pem'}, expected a certificate in PEM format" in told
    own = {"ca-file": "/of-dask/ca.pem", "client.cert": "/of-dask/cert.pem"}
    with dask.config.set({f"distributed.comm.tls.{name}": value for name, value in own.items()}):
        told = refusal("scheduler")
    assert "found no file /of-dask/ca.pem" in told and "found no file /of-dask/cert.pem" in told


def certificates(folder: Path) -> tuple[Path, Path, Path]:
    """An authority of one's own and a certificate that it signed, made as README says."""
    folder.mkdir(exist_ok=True)
    for line in re.findall("^openssl .*$", README.read_text(encoding="utf-8"), flags=re.MULTILINE):
        subprocess.run(shlex.split(line), cwd=folder, check=True, capture_output=True)
    return folder / "ca.pem", folder / "cert.pem", folder / "key.pem"


def test_a_scheduler_that_goes_away_is_told(two: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The last test here: nobody is left afterwards."""
    monkeypatch.setattr(errand, "PATIENCE", 1.0)
    monkeypatch.setattr(errand, "LOOK", 0.2)
    quick, slow = write_notebook(tmp_path / "quick.ipynb"), write_notebook(tmp_path / "slow.ipynb", SLEEP)
    jobs, out = [make_job(quick, "quick"), *(make_job(slow, f"slow-{n}") for n in range(2))], tmp_path / "out"
    with pytest.raises(InputError) as caught:
        run_jobs(jobs, out, pool=ClusterPool(two.address, LIMITS, out), on_done=partial(end, two.processes[0].pid))
    assert caught.value.problems[0].found in ("that the scheduler is gone", "no worker for 1 seconds")
    assert list(out.glob(".tmp-*")) == []
