"""Shared by all tests: skips that fail in the full job, the real data, an example network on disk."""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from places import SCHOOLS, WRITERS, Place
from postgres import INSTALL, OWNER, Server, programs, running

ROOT = Path(__file__).resolve().parents[1]
NO_SKIP = bool(os.environ.get("PDSA_NO_SKIP"))
# Where files are shared out among processes, these go first, the longest foremost: no process waits long for the last.
LONGEST = (
    *("test_faults", "test_bad_inputs", "test_parity", "test_wheel", "test_records", "test_readme", "test_reports"),
    *("test_oracle", "test_cli", "test_acceptance", "test_cases", "test_import_command", "test_warm", "test_cluster"),
    *("test_browser", "test_fuzz", "test_hostile", "test_placing", "test_exchange", "test_runner", "test_chart"),
)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Where everything must run, a skip is a failure that says what is missing."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if NO_SKIP and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        report.outcome = "failed"
        report.longrepr = f"skipped although PDSA_NO_SKIP is set: {reason}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the longest files first where the tests are shared out among processes."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


def pytest_collection_finish() -> None:
    """Have the collector pass over the collected tests, which stay: each look through them took half a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The synthetic network of 24 schools, to read only; copy it before changing it."""
    from pdsa.example import write_example

    folder = tmp_path_factory.mktemp("example") / "network"
    write_example(folder)
    return folder


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder of real data beside the checkout; tests that need it skip without it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real data: {folder} does not exist")
    return folder


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server for this run; tests that need it skip where there is none on the machine."""
    if programs() is None:
        pytest.skip(INSTALL)
    with running(Path(tempfile.gettempdir())) as one:
        for login in WRITERS:
            one.run(f"CREATE USER {login}")
        yield one


@pytest.fixture(scope="session")
def installed(server: Server) -> str:
    """A database with an empty log, which tests copy."""
    from pdsa.log import install

    name = server.database()
    install(server.url(name, OWNER))
    return name


@pytest.fixture(scope="session")
def shared_by_all(server: Server, installed: str) -> str:
    """A database with an empty log in which each writer writes for two schools and the network."""
    name = server.database(installed)
    for login in WRITERS:
        server.run(f"GRANT pdsa_member TO {login}")
        for school, role in [*((one, "team") for one in SCHOOLS), ("", "hub")]:
            server.run(f"INSERT INTO member VALUES ('{login}', '{school}', '{login}', '{role}')", name)
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """Where a test keeps its log: once in a file, once in a database."""
    if request.param == "sqlite":
        yield Place(tmp_path / "pdsa.sqlite")
        return
    one: Server = request.getfixturevalue("server")
    database = one.database(request.getfixturevalue("shared_by_all"))
    yield Place(server=one, database=database)
    one.drop(database)
