"""What a cluster costs beside this machine alone, what a killed worker costs, and what an agency sizes it by.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_cluster.py
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import psutil
import pytest

from clusters import Cluster, cluster
from pdsa.example import write_example
from pdsa.records import ChartSpec
from pdsa.runner import Job, LocalPool, Pool, plan_run, run_jobs
from pdsa.runner.cluster import ClusterPool, connected, scan
from pdsa.runner.decide import decide
from pdsa.runner.plan import Plan
from pdsa.runner.warm import warm_reports
from test_cluster import many_series

SCHOOLS, ROUNDS = 24, 5


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> Plan:
    folder = tmp_path_factory.mktemp("network")
    write_example(folder / "net", schools=SCHOOLS)
    return plan_run(folder / "net" / "params" / "example.yaml")


def timed(jobs: Sequence[Job], out: Path, pool: Pool, kill: int = 0) -> tuple[float, int]:
    """Seconds for all jobs and the number of failed ones; `kill` is ended after the first report."""
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir()
    done: list[object] = []

    def on_done(result: object) -> None:
        if kill and not done:
            os.kill(kill, signal.SIGKILL)
        done.append(result)

    started = time.perf_counter()
    results = run_jobs(jobs, out, pool=pool, on_done=on_done)
    return time.perf_counter() - started, sum(result.status != "ok" for result in results)


def middle(values: Sequence[float]) -> str:
    return f"{statistics.median(values):.2f} s ({min(values):.2f} to {max(values):.2f})"


def test_reports_on_a_cluster_and_on_this_machine(plan: Plan, tmp_path: Path) -> None:
    jobs = decide(plan, tmp_path / "none").jobs
    here, there = [], []
    with warm_reports() as parent, cluster(tmp_path, 1, threads=2) as found:
        far = ClusterPool(found.address, plan.limits, tmp_path / "far")
        near = LocalPool(2, plan.limits, parent)
        started = time.perf_counter()
        timed(jobs[:2], tmp_path / "far", far)
        first = time.perf_counter() - started
        timed(jobs[:2], tmp_path / "near", near)
        cost = [0.0, 0.0]
        for _ in range(ROUNDS):
            before = processor()
            here.append(timed(jobs, tmp_path / "near", near)[0])
            cost[0] += processor() - before
            before = processor()
            there.append(timed(jobs, tmp_path / "far", far)[0])
            cost[1] += processor() - before
        memory(found)
    ratio, more = statistics.median(there) / statistics.median(here), statistics.median(there) - statistics.median(here)
    print(f"\n{len(jobs)} reports of {SCHOOLS} schools, two at a time, {ROUNDS} rounds, warm")
    print(f"  this machine {middle(here)}; one worker of two threads {middle(there)}")
    print(f"  ratio {ratio:.2f}, {1000 * more / len(jobs):.0f} ms more a report")
    each = [1000 * one / len(jobs) / ROUNDS for one in cost]
    print(f"  processor time a report: {each[0]:.0f} ms here, {each[1]:.0f} ms there with the client's share")
    print(f"  from an empty cluster to the first two reports {first:.1f} s")
    size = sum(path.stat().st_size for path in (tmp_path / "far").rglob("*") if path.is_file())
    print(f"  storage {size / len(jobs) / 1e3:.0f} kB a report, twice that while it is made")


def processor() -> float:
    """Seconds of processor time of this process and all below it, the cluster too, those that ended included."""
    root, total = psutil.Process(), 0.0
    for one in [root, *root.children(recursive=True)]:
        times = one.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def memory(found: Cluster) -> None:
    for pid in found.workers():
        worker = psutil.Process(pid)
        print(f"\n  worker {worker.memory_full_info().pss / 1e6:.0f} MB", end="")
        for one in worker.children(recursive=True):
            print(f", its parent {one.memory_full_info().pss / 1e6:.0f} MB", end="")


def test_a_killed_worker(plan: Plan, tmp_path: Path) -> None:
    jobs = decide(plan, tmp_path / "none").jobs
    whole, killed = [], []
    for number in range(3):
        folder = tmp_path / f"{number}"
        folder.mkdir()
        with cluster(folder, 2) as found:
            pool = ClusterPool(found.address, plan.limits, folder / "out")
            timed(jobs[:4], folder / "out", pool)
            whole.append(timed(jobs, folder / "out", pool)[0])
            seconds, failed = timed(jobs, folder / "out", pool, kill=found.workers()[0])
            killed.append(seconds)
            assert failed == 0
    print(f"\n{len(jobs)} reports by two workers {middle(whole)}; one of them killed with SIGKILL {middle(killed)}")
    print(f"  {statistics.median(killed) / statistics.median(whole):.2f} times as long, 0 reports failed")


def test_a_scan_of_many_series(tmp_path: Path) -> None:
    panel, spec = many_series(20_000, 60), ChartSpec(kind="auto", better="up", target=0.9)
    started = time.perf_counter()
    here = scan(panel, spec)
    near = time.perf_counter() - started
    with cluster(tmp_path, 2) as found, connected(found.address) as client:
        client.wait_for_workers(2)
        scan(many_series(100, 60), spec, client)
        started = time.perf_counter()
        there = scan(panel, spec, client)
        far = time.perf_counter() - started
    assert np.array_equal(here.expected, there.expected) and here.summary.equals(there.summary)
    print(f"\n{panel.size} series of 60 points: {near:.1f} s here, {far:.1f} s by two workers; the same numbers")
