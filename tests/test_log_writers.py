"""Several writers at once, and writers that are killed: what was acknowledged is there. `make bench` takes longer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from pdsa.log import open_log
from places import Place
from postgres import Server
from writers import begun, killed, lost, together, updates_lost

pytestmark = pytest.mark.alone

WRITERS = 8
LOGINS = [f"w{number}" for number in range(WRITERS)]


@pytest.fixture(scope="module")
def logins(server: Server, shared_by_all: str) -> str:
    """A database with an empty log and a login for each writer."""
    name = server.database(shared_by_all)
    for login in LOGINS:
        server.run(f"CREATE USER {login}")
        server.run(f"GRANT pdsa_member TO {login}")
        server.run(f"INSERT INTO member VALUES ('{login}', 's1', '{login}', 'team')", name)
    return name


@pytest.fixture
def crowd(place: Place, request: pytest.FixtureRequest) -> list[Path | str]:
    """The log as each of the writers opens it."""
    if place.path:
        return [place.path] * WRITERS
    assert place.server
    place.server.drop(place.database)
    place.server.run(f"CREATE DATABASE {place.database} TEMPLATE {request.getfixturevalue('logins')} OWNER keeper")
    return [place.where(login) for login in LOGINS]


def test_eight_processes_save_to_the_same_cycles(crowd: list[Path | str]) -> None:
    begun(crowd[0])
    done = together("contend", crowd, 5)
    with open_log(crowd[0]) as log:
        assert lost(log, done.saved) == []
        assert updates_lost(log, done.saved) == {}
        assert log.verify().problems == ()
        assert len(log.events()) == len(done.saved) + 6
    assert done.errors == []
    assert len(done.saved) > 100
    assert done.conflicts > 0


def test_notebooks_that_save_now_and_then_never_wait_long(crowd: list[Path | str]) -> None:
    """64 of them, in four processes."""
    begun(crowd[0])
    done = together("notebook", crowd[:4], 5, 2.5, 16)
    with open_log(crowd[0]) as log:
        assert lost(log, done.saved) == []
    assert done.errors == []
    assert len(done.saved) >= 64
    assert sorted(done.seconds)[int(len(done.seconds) * 0.9)] < 1


def test_processes_that_make_one_log_at_the_same_moment_all_save(tmp_path: Path) -> None:
    """The file is not there: each of them may be the one that makes it."""
    done = together("notebook", [tmp_path / "pdsa.sqlite"] * 4, 1, 0.5)
    with open_log(tmp_path / "pdsa.sqlite") as log:
        assert lost(log, done.saved) == []
        assert log.verify().problems == ()
        assert len(log.state().cycles) == len(log.state().ideas) == 4
    assert done.errors == []


def test_a_writer_that_is_killed_loses_nothing_that_was_acknowledged(crowd: list[Path | str]) -> None:
    chance = random.Random(5)
    done = []
    for _ in range(5):
        done += killed(crowd[0], "w0", chance)
        with open_log(crowd[0]) as log:
            assert lost(log, done) == []
            assert log.verify().problems == ()
    assert len(done) > 10
