"""The log in PostgreSQL: who may read and write which school is decided by the database itself."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, create_engine, text

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.log import schema
from pdsa.log.faults import told
from pdsa.terms import Role

OLDEST = 150000  # version 15: views that run with the rights of who asks
DATABASE = "the database"
NEEDS = "pip install 'pdsa-workbench[postgres]'"


def engine_of(url: str) -> Engine:
    """An engine on a PostgreSQL database, through psycopg."""
    try:
        import psycopg  # noqa: F401 (an extra: told where it is missing)
    except ImportError as error:
        problem = Problem("psycopg", "nothing", "the driver of PostgreSQL")
        raise ParamsError("the improvement log", (problem,), "nothing was opened", NEEDS) from error
    return create_engine(f"postgresql+psycopg://{url.split('://', 1)[1]}", pool_pre_ping=True)


def open_engine(url: str) -> Engine:
    """An engine on a database that holds a log of this version's schema.

    Raises
    ------
    InputError
        There is none, or of an older or newer version; what to do is said.
    """
    engine = engine_of(url)
    with told(DATABASE), engine.connect() as connection:
        _check_version(connection)
        if schema.is_old(connection, DATABASE):
            found = schema.revision_of(connection)
            what = f"a log of schema {found}" if found else "no log"
            problem = Problem(DATABASE, what, f"a log of schema {schema.newest()}")
            step = "let the owner of the database run pdsa log install (after a backup)"
            raise InputError("the improvement log", (problem,), schema.NOT_OPENED, step)
    return engine


def _check_version(connection: Connection) -> None:
    found = connection.connection.driver_connection.info.server_version  # type: ignore[union-attr]
    if found < OLDEST:
        problem = Problem(DATABASE, f"PostgreSQL {found // 10000}", "PostgreSQL 15 or newer")
        raise InputError("the improvement log", (problem,), schema.NOT_OPENED, "upgrade the server")


def install(url: str) -> str:
    """Make the log in a database, or bring it up to date, as the owner; the revision of its schema.

    Raises
    ------
    InputError
        The server is older than 15, or the schema is newer than this version of pdsa.
    """
    engine = engine_of(url)
    with told(DATABASE), engine.begin() as connection:
        _check_version(connection)
        if schema.is_old(connection, DATABASE):
            schema.upgrade(connection)
        found = schema.revision_of(connection)
    engine.dispose()
    return found


def grant(url: str, db_user: str, person: str, role: Role, schools: Sequence[str] = ()) -> None:
    """Let a login of the database write as a person, in one role for these schools; as the owner.

    Parameters
    ----------
    url
        The database, with the login of its owner.
    db_user
        The login, which exists already. What it was for before no longer holds.
    person
        Id of the person in the log.
    role, schools
        `team` and `coach` need schools; `hub` and `district` are for all.
    """
    engine = engine_of(url)
    rows = [{"db_user": db_user, "person": person, "role": role, "school": one} for one in schools or ("",)]
    with told(DATABASE), engine.begin() as connection:
        connection.execute(text("DELETE FROM member WHERE db_user = :db_user"), {"db_user": db_user})
        connection.execute(text("INSERT INTO member VALUES (:db_user, :person, :role, :school)"), rows)
        quoted = engine.dialect.identifier_preparer.quote_identifier(db_user)
        connection.execute(text(f"GRANT pdsa_member TO {quoted}"))
    engine.dispose()


def lock(connection: Connection, school: str) -> None:
    """Wait for the turn to write at the end of a school's chain, until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:chain, 0))"), {"chain": f"pdsa:{school}"})
