"""What the owner of a PostgreSQL database does for a log: set it up, and say which login writes as whom."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import get_args

from sqlalchemy import Connection, Engine, delete, insert, text

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.log import schema
from pdsa.log.faults import LOG, told
from pdsa.log.postgres import DATABASE, check_version, engine_of
from pdsa.log.tables import member
from pdsa.terms import Role

GROUP = "pdsa_member"
NOT_GRANTED = "nothing was granted"


def install(url: str) -> str:
    """Make the log in a database, or bring it up to date, as the owner; the revision of its schema.

    It makes the role `pdsa_member` for the whole server, if that is not there, which takes the right to make roles.

    Raises
    ------
    InputError
        The server is older than 15, or the schema is newer than this version of pdsa.
    """
    with _owner(url) as connection:
        check_version(connection)
        if schema.is_old(connection, DATABASE):
            schema.upgrade(connection)
        return schema.revision_of(connection)


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
    with _owner(url) as connection:
        problems = (*_login_problems(connection, db_user), *_role_problems(person, role, schools))
        if problems:
            step = "name a login that was made for one person, and the schools of a team or coach"
            raise ParamsError(LOG, problems, NOT_GRANTED, step)
        _forget(connection, db_user)
        rows = [{"db_user": db_user, "person": person, "role": role, "school": one} for one in schools or ("",)]
        connection.execute(insert(member), rows)
        connection.exec_driver_sql(f"GRANT {GROUP} TO {_quoted(connection, db_user)}")


def revoke(url: str, db_user: str) -> None:
    """Take from a login everything that it could read or write of the log; as the owner.

    Parameters
    ----------
    url
        The database, with the login of its owner.
    db_user
        The login; what was written through it stays.
    """
    with _owner(url) as connection:
        _forget(connection, db_user)
        connection.exec_driver_sql(f"REVOKE {GROUP} FROM {_quoted(connection, db_user)}")


@contextmanager
def _owner(url: str) -> Iterator[Connection]:
    engine: Engine = engine_of(url)
    try:
        with told(DATABASE, "nothing was changed"), engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _forget(connection: Connection, db_user: str) -> None:
    connection.execute(delete(member).where(member.c.db_user == db_user))


def _quoted(connection: Connection, db_user: str) -> str:
    return connection.dialect.identifier_preparer.quote_identifier(db_user)


def _login_problems(connection: Connection, db_user: str) -> Iterator[Problem]:
    wanted = text("SELECT rolsuper OR rolbypassrls AS sees_all FROM pg_roles WHERE rolname = :db_user")
    found = connection.execute(wanted, {"db_user": db_user}).first()
    if found is None:
        yield Problem("login", f"no {db_user!r} on this server", "a login that exists (CREATE USER)")
    elif found.sees_all:
        yield Problem("login", f"{db_user!r}, which sees every school's records anyway", "an ordinary login")


def _role_problems(person: str, role: Role, schools: Sequence[str]) -> Iterator[Problem]:
    if not person:
        yield Problem("person", "nobody", "the id of a person in the log")
    if role not in get_args(Role):
        yield Problem("role", repr(role), f"one of: {', '.join(get_args(Role))}")
    elif role in ("team", "coach") and not all((schools, *schools)):
        yield Problem("schools", "none", f"the schools of a {role}")
    elif role in ("hub", "district") and schools:
        yield Problem("schools", ", ".join(schools), f"none: a {role} is for the whole network")


__all__ = ["InputError", "grant", "install", "revoke"]
