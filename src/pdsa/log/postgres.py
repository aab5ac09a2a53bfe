"""The log in PostgreSQL: who may read and write which school is decided by the database itself."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select, text
from sqlalchemy.exc import ArgumentError

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.log import schema
from pdsa.log.faults import LOG, told
from pdsa.log.tables import member

OLDEST = 150000  # version 15: views that run with the rights of who asks
DATABASE = "the database"
NEEDS = "pip install 'pdsa-workbench[postgres]'"
TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:chain, 0))")
WAIT = "10s"  # that a writer waits for another before it tries again


def engine_of(url: str) -> Engine:
    """An engine on a PostgreSQL database, through psycopg.

    Raises
    ------
    ParamsError
        The driver is not installed, or the address is none; passwords in it are not repeated.
    """
    try:
        import psycopg  # noqa: F401 (an extra: told where it is missing)
    except ImportError as error:
        problem = Problem("psycopg", "nothing", "the driver of PostgreSQL")
        raise ParamsError(LOG, (problem,), "nothing was opened", NEEDS) from error
    kind, _, rest = url.partition("://")
    example = "postgresql://USER@HOST/DATABASE"
    if kind not in ("postgresql", "postgres", "postgresql+psycopg"):
        problem = Problem("the address of the log", f"{kind}://...", example)
        raise ParamsError(LOG, (problem,), "nothing was opened", "name a file, or a PostgreSQL database")
    try:
        timeout = {"connect_timeout": 10, "application_name": "pdsa"}
        engine = create_engine(f"postgresql+psycopg://{rest}", pool_pre_ping=True, connect_args=timeout)
    except (ArgumentError, ValueError) as error:
        problem = Problem("the address of the log", "no address that can be read", example)
        raise ParamsError(LOG, (problem,), "nothing was opened", "write special letters as %XX") from error
    event.listen(engine, "connect", _limit)
    return engine


def _limit(raw: Any, _: object) -> None:
    """Nobody waits for another without an end."""
    raw.execute(f"SET lock_timeout = '{WAIT}'")
    raw.commit()


def open_engine(url: str) -> Engine:
    """An engine on a database that holds a log of this version's schema.

    Raises
    ------
    InputError
        There is none, or of an older or newer version; what to do is said.
    """
    engine = engine_of(url)
    try:
        with told(DATABASE, schema.NOT_OPENED), engine.connect() as connection:
            check_version(connection)
            if schema.is_old(connection, DATABASE):
                found = schema.revision_of(connection)
                what = f"a log of schema {found}" if found else "no log"
                problem = Problem(DATABASE, what, f"a log of schema {schema.REVISIONS[-1]}")
                step = "let the owner of the database run pdsa log install (after a backup)"
                raise InputError(LOG, (problem,), schema.NOT_OPENED, step)
    except BaseException:
        engine.dispose()
        raise
    return engine


def check_version(connection: Connection) -> None:
    """Raise an InputError where the server is too old for views that run with the rights of who asks."""
    found = connection.connection.driver_connection.info.server_version  # type: ignore[union-attr]
    if found < OLDEST:
        problem = Problem(DATABASE, f"PostgreSQL {found // 10000}", "PostgreSQL 15 or newer")
        raise InputError(LOG, (problem,), schema.NOT_OPENED, "upgrade the server")


def person_of(engine: Engine) -> str:
    """Id of the person whom the login that is connected was granted to; "" where there is none."""
    mine = select(member.c.person).where(member.c.db_user == text("current_user"))
    with told(DATABASE, schema.NOT_OPENED), engine.connect() as connection:
        return str(connection.execute(mine.limit(1)).scalar() or "")


def lock(connection: Connection, schools: Iterable[str]) -> None:
    """Wait for the turn to write at the end of these schools' chains, until the transaction ends."""
    for school in sorted(set(schools)):  # in one order for all, so that no two wait for each other
        connection.execute(TURN, {"chain": f"pdsa:{school}"})
