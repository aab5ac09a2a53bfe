"""The log under load and faults, on both engines: nothing acknowledged is lost, nobody waits long.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_log.py. `PDSA_LOG_BENCH=short` takes a tenth of the
time; tests/test_log_writers.py has the same in seconds.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from pdsa.log import grant, install, open_log
from postgres import INSTALL, OWNER, Server, programs, running
from test_log_members import fill
from writers import Done, begun, killed, lost, together, updates_lost

SHORT = os.environ.get("PDSA_LOG_BENCH") == "short"
SHARE = 0.1 if SHORT else 1.0
WRITERS, NOTEBOOKS = 8, 64
SCHOOLS, EVENTS = 755, 1000
MOST_SECONDS = 0.2  # that all but one in a hundred saves of a notebook take
TESTS = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def durable() -> Iterator[Server]:
    """A server that waits for the disk as one in use does, with a login for each notebook."""
    if programs() is None:
        pytest.skip(INSTALL)
    with running(Path(tempfile.gettempdir()), ()) as one:
        for number in range(NOTEBOOKS):
            one.run(f"CREATE USER w{number}")
        yield one


@pytest.fixture(params=["sqlite", "postgresql"])
def crowd(request: pytest.FixtureRequest, tmp_path: Path) -> list[Path | str]:
    """A new log, as each of 64 people opens it."""
    if request.param == "sqlite":
        return [tmp_path / "pdsa.sqlite"] * NOTEBOOKS
    server: Server = request.getfixturevalue("durable")
    name = server.database()
    install(server.url(name, OWNER))
    for number in range(NOTEBOOKS):
        grant(server.url(name, OWNER), f"w{number}", f"w{number}", "team", ["s1"])
    return [server.url(name, f"w{number}") for number in range(NOTEBOOKS)]


def told(done: Done) -> str:
    ordered = sorted(done.seconds)
    middle, late, most = (1000 * one for one in (statistics.median(ordered), at(ordered, 0.99), ordered[-1]))
    what = f"{done.conflicts:,} conflicts, {len(done.errors)} errors"
    return f"p50 {middle:.1f} ms, p99 {late:.0f} ms, longest {most:.0f} ms; {what}"


def at(ordered: list[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def syncs(folder: Path) -> float:
    """How often in a second this disk says that a small write has arrived: no log that waits for it is faster."""
    count, until = 0, time.perf_counter() + 1
    with (folder / "probe").open("wb", buffering=0) as file:
        while time.perf_counter() < until:
            file.write(b"x" * 4096)
            os.fdatasync(file.fileno())
            count += 1
    return count


def test_eight_processes_save_to_the_same_cycles(crowd: list[Path | str], tmp_path: Path) -> None:
    begun(crowd[0])
    seconds = 60 * SHARE
    done = together("contend", crowd[:WRITERS], seconds)
    with open_log(crowd[0]) as log:
        gone, behind, problems = lost(log, done.saved), updates_lost(log, done.saved), log.verify().problems
        engine = log.engine
    rate = len(done.saved) / seconds
    print(f"\n{engine}: {WRITERS} processes, {seconds:.0f} s: {len(done.saved):,} saves acknowledged")
    print(f"  {rate:,.0f} commits per second ({syncs(tmp_path):,.0f} syncs per second by the disk alone), {told(done)}")
    print(f"  {len(gone)} acknowledged saves lost, {sum(behind.values())} updates lost, {len(problems)} broken links")
    assert (gone, behind, problems, done.errors) == ([], {}, (), [])
    assert done.conflicts > 0


def test_notebooks_save_every_ten_seconds(crowd: list[Path | str]) -> None:
    """64 processes, each saves with all rules checked, on a log of a thousand records."""
    begun(crowd[0], past=500)
    seconds, pause = 180 * SHARE, 10.0
    done = together("notebook", crowd, seconds, pause)
    with open_log(crowd[0]) as log:
        gone, engine = lost(log, done.saved), log.engine
    print(f"\n{engine}: {NOTEBOOKS} notebooks, {seconds:.0f} s: {len(done.saved):,} saves acknowledged")
    print(f"  {len(gone)} lost; {told(done)}")
    assert (gone, done.errors) == ([], [])
    assert len(done.saved) >= NOTEBOOKS * (seconds // pause)
    assert at(sorted(done.seconds), 0.99) < MOST_SECONDS


def test_writers_killed_at_random_moments(crowd: list[Path | str]) -> None:
    chance, times = random.Random(11), 5 if SHORT else 50
    done = []
    for _ in range(times):
        done += killed(crowd[0], "w0", chance)
        with open_log(crowd[0]) as log:
            assert lost(log, done) == []
            assert log.verify().problems == ()
            engine = log.engine
    print(f"\n{engine}: {times} kills, {len(done):,} saves acknowledged, 0 lost")
    assert len(done) > times


def test_a_schools_rows_are_found_as_fast_as_without_policies(durable: Server) -> None:
    schools = 100 if SHORT else SCHOOLS
    name = durable.database()
    install(durable.url(name, OWNER))
    grant(durable.url(name, OWNER), "w0", "w0", "team", ["s7"])
    fill(durable, name, schools, EVENTS)
    query = "SELECT * FROM event WHERE school = 's7'"
    own, plain = fastest(durable, name, "w0", query), fastest(durable, name, "postgres", query)
    whole = fastest(durable, name, "w0", "SELECT * FROM event")
    print(f"\n{schools} schools x {EVENTS} events: one school's in {own * 1000:.2f} ms, ", end="")
    print(f"without policies {plain * 1000:.2f} ms; all that its login may read in {whole * 1000:.1f} ms")
    assert own < 3 * plain
    assert whole < 1


def fastest(server: Server, database: str, login: str, query: str) -> float:
    """Seconds of the fastest of several times."""
    taken = []
    with psycopg.connect(server.url(database, login), autocommit=True) as connection:
        for _ in range(9):
            begin = time.perf_counter()
            connection.execute(query).fetchall()  # type: ignore[call-overload]
            taken.append(time.perf_counter() - begin)
    return min(taken)


def test_several_people_do_whatever_they_like() -> None:
    examples = 100 if SHORT else 1000
    environment = os.environ | {"PDSA_LOG_EXAMPLES": str(examples)}
    command = [sys.executable, "-m", "pytest", "-q", str(TESTS / "test_log_stateful.py")]
    begin = time.monotonic()
    run = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(f"\n{examples} stories of 30 steps in {time.monotonic() - begin:.0f} s")
    assert run.returncode == 0, run.stdout[-4000:]
