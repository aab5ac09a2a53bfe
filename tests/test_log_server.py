"""A log in PostgreSQL under faults: no server, another schema, a restart while it is open, a connection that breaks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import insert

from pdsa.errors import InputError, ParamsError
from pdsa.inquiry import Event, sealed
from pdsa.log import install, open_log, postgres, schema
from pdsa.log.tables import event
from places import Place, Ticks, idea
from postgres import OWNER, Server, running


@pytest.fixture
def place(server: Server, shared_by_all: str) -> Iterator[Place]:
    name = server.database(shared_by_all)
    yield Place(server=server, database=name)
    server.drop(name)


def lines(error: pytest.ExceptionInfo[InputError]) -> list[str]:
    return [line.strip() for line in str(error.value).splitlines()]


class TestOpening:
    @pytest.mark.parametrize(
        ("address", "found"),
        [
            ("postgresql://ana@/log?host=/nowhere", "no connection to the database"),
            ("postgresql://ana@localhost:1/log", "no connection to the database"),
            ("postgresql://ana@no-such-host.invalid/log", "no connection to the database"),
            ("postgresql://ana@/no_such_log?host={folder}", "no such database or login"),
            ("postgresql://no_such_login@/postgres?host={folder}", "no such database or login"),
            ("postgresql://ana@/template1?host={folder}", "no log"),
        ],
    )
    def test_what_cannot_be_opened_is_told(self, server: Server, address: str, found: str) -> None:
        with pytest.raises(InputError) as error:
            open_log(address.format(folder=server.folder))
        assert lines(error)[0].endswith("1 problem found; the log was not opened, and nothing in it was changed.")
        assert lines(error)[1].startswith(f"the database: found {found}, expected ")
        assert lines(error)[2].startswith("Next: ")

    def test_no_message_repeats_a_password(self, server: Server) -> None:
        for address in ("postgresql://ana:pa55word@/no?host=/nowhere", "postgresql://ana:pa55word@host:x/no"):
            with pytest.raises((InputError, ParamsError)) as error:
                open_log(address)
            assert "pa55word" not in str(error.value)

    def test_an_older_server_is_told(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "OLDEST", 990000)
        with pytest.raises(InputError, match="expected PostgreSQL 15 or newer"):
            place.open()
        with pytest.raises(InputError, match="expected PostgreSQL 15 or newer"):
            install(place.where(OWNER))  # type: ignore[arg-type]

    def test_a_database_of_another_program_is_left_alone(self, server: Server) -> None:
        name = server.database()
        server.run("CREATE TABLE grades (student text)", name, OWNER)
        for attempt in (install, open_log):
            with pytest.raises(InputError, match=r"a database of another program \(tables: grades\)"):
                attempt(server.url(name, OWNER))
        server.drop(name)

    def test_a_newer_schema_is_refused(self, place: Place) -> None:
        place.tamper("UPDATE alembic_version SET version_num = '0099'")
        with pytest.raises(InputError, match="found a log of schema 0099, made by a newer pdsa"):
            place.open()
        with pytest.raises(InputError, match="found a log of schema 0099, made by a newer pdsa"):
            install(place.where(OWNER))  # type: ignore[arg-type]

    @pytest.mark.parametrize("revision", schema.REVISIONS[:-1])
    def test_an_older_log_is_brought_up_to_date_by_its_owner(self, server: Server, revision: str) -> None:
        name = server.database()
        engine = postgres.engine_of(server.url(name, OWNER))
        made = Event("s1", 1, "change_idea", "a", 1, "create", "ana", "2025", "team", "", "", 0, '{"title":"x"}')
        with engine.begin() as connection:
            schema.upgrade(connection, revision)
            connection.execute(insert(event), [asdict(sealed(made, ""))])
        engine.dispose()
        if revision == "0002":
            server.run("INSERT INTO head SELECT school, seq, hash FROM event", name, OWNER)
        with pytest.raises(InputError, match=f"found a log of schema {revision}, expected a log of schema 0003"):
            open_log(server.url(name, OWNER))
        assert install(server.url(name, OWNER)) == "0003"
        with open_log(server.url(name), author="admin", now=Ticks()) as log:
            assert list(log.state().ideas) == ["a"]
            log.apply([idea("b")])
            assert log.verify().problems == ()
        server.drop(name)

    def test_a_backup_is_the_administrators(self, place: Place, tmp_path: Path) -> None:
        with place.open() as log, pytest.raises(ParamsError, match="run pg_dump"):
            log.backup(tmp_path / "copy")


class TestBrokenConnections:
    def test_a_restart_of_the_server_is_survived(self, server: Server) -> None:
        with running(Path(tempfile.gettempdir())) as own:
            name = own.database()
            install(own.url(name, OWNER))
            with open_log(own.url(name), author="admin", now=Ticks()) as log:
                log.apply([idea("a")])
                own.stop()
                with pytest.raises(InputError) as error:
                    log.apply([idea("b")])
                assert lines(error)[0].endswith("nothing was saved, and nothing that was saved before is lost.")
                assert (
                    lines(error)[1]
                    == "the database: found no connection to the database, expected the database's server."
                )
                own.start()
                log.apply([idea("b")])
                assert list(log.state().ideas) == ["a", "b"]
                assert log.verify().problems == ()

    def test_a_connection_that_was_ended_meanwhile_is_made_anew(self, place: Place) -> None:
        assert place.server
        with place.open() as log:
            log.apply([idea("a")])
            place.server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'ana'")
            log.apply([idea("b")])
            assert len(log.events()) == 2

    @pytest.mark.parametrize("arrived", [True, False])
    def test_a_connection_that_breaks_at_the_last_moment(
        self, place: Place, monkeypatch: pytest.MonkeyPatch, arrived: bool
    ) -> None:
        """The commit may have arrived or not: the log itself is asked, and the answer is true."""
        with place.open() as log:
            log.apply([idea("a")])
            broken(monkeypatch, arrived)
            if arrived:
                assert log.apply([idea("b")])[0].record == "b"
            else:
                with pytest.raises(InputError, match="nothing was saved, and nothing that was saved before is lost"):
                    log.apply([idea("b")])
            assert ("b" in log.state().ideas) == arrived
            assert log.verify().problems == ()

    def test_where_nobody_can_be_asked_it_says_so(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        with place.open() as log:
            log.apply([idea("a")])
            broken(monkeypatch, True)

            def refused(*_: object, **__: object) -> None:
                raise psycopg.OperationalError("connection refused")

            monkeypatch.setattr(psycopg.Connection, "connect", refused)
            monkeypatch.setattr(psycopg, "connect", refused)
            with pytest.raises(InputError) as error:
                log.apply([idea("b")])
            assert "look whether it is there before you save it again" in lines(error)[0]
            monkeypatch.undo()
            assert "b" in log.state().ideas


def broken(monkeypatch: pytest.MonkeyPatch, arrived: bool) -> None:
    """Let the next commit break the connection, after it arrived or before."""
    commit = psycopg.Connection.commit

    def commit_and_break(connection: psycopg.Connection[object]) -> None:
        monkeypatch.setattr(psycopg.Connection, "commit", commit)
        if arrived:
            commit(connection)
        connection.close()
        raise psycopg.OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(psycopg.Connection, "commit", commit_and_break)


class TestWaiting:
    def test_a_turn_that_does_not_come_is_told(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(postgres, "WAIT", "100ms")
        assert place.server
        with place.open() as log, psycopg.connect(place.server.url(place.database, "ben")) as other:
            other.execute("SELECT pg_advisory_xact_lock(hashtextextended('pdsa:s1', 0))")
            with pytest.raises(InputError, match="found somebody else who has been writing for a long time"):
                log.apply([idea("a")])
            assert log.events() == ()
            log.apply([idea("c", "s2")])  # another school's turn is its own
            other.rollback()
            log.apply([idea("a")])

    def test_two_that_write_to_the_same_schools_never_wait_for_each_other(self, place: Place) -> None:
        from threading import Thread

        def write(author: str, schools: tuple[str, str]) -> None:
            with place.open(author) as log:
                for number in range(20):
                    log.apply([idea(f"{author}-{school}-{number}", school) for school in schools])

        threads = [Thread(target=write, args=("ana", ("s1", "s2"))), Thread(target=write, args=("ben", ("s2", "s1")))]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        with place.open() as log:
            assert len(log.events()) == 80
            assert log.verify().problems == ()
