"""The schema of a log: made, brought up to date, or refused where it is newer than the code."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from pdsa.errors import InputError, Problem
from pdsa.log import guards
from pdsa.log.faults import LOG

REVISIONS = ("0001", "0002", "0003")  # the last one is what this version of pdsa writes
TRIGGERS = (
    "SELECT tgname FROM pg_trigger WHERE tgenabled IN ('O', 'A') AND tgrelid IN ('event'::regclass, 'head'::regclass)"
)
SECURED = (
    "SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity "
    "AND oid IN ('event'::regclass, 'head'::regclass, 'member'::regclass)"
)
NOT_OPENED = "the log was not opened, and nothing in it was changed"


def revision_of(connection: Connection) -> str:
    """The revision of the schema of a log; "" where there is none."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return str(connection.execute(text("SELECT version_num FROM alembic_version")).scalar() or "")


def is_old(connection: Connection, place: str) -> bool:
    """Whether the schema of a log has to be brought up to date, or made.

    Raises
    ------
    InputError
        The schema is newer than this version of pdsa, or of another program: neither is touched.
    """
    found = revision_of(connection)
    tables = inspect(connection).get_table_names()
    if ("event" not in tables and tables) or (found == "" and tables):
        problem = Problem(place, f"a database of another program (tables: {', '.join(tables[:5])})", "a log of pdsa")
        raise InputError(LOG, (problem,), NOT_OPENED, "name another file, or a database of its own for the log")
    if found and found not in REVISIONS:
        newest = REVISIONS[-1]
        problem = Problem(place, f"a log of schema {found}, made by a newer pdsa", f"schema {newest} or older")
        raise InputError(LOG, (problem,), NOT_OPENED, "install the newer pdsa-workbench on this machine")
    return found != REVISIONS[-1]


def upgrade(connection: Connection, to: str = "head") -> None:
    """Bring the schema up to date, within the transaction of the connection; there is no way back."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, to)


def missing_guards(connection: Connection) -> Iterator[Problem]:
    """Yield what no longer keeps the events of a log from being changed."""
    lacking = _sqlite_lacks if connection.dialect.name == "sqlite" else _postgres_lacks
    for what, found in lacking(connection):
        yield Problem(what, found, "as pdsa made it: events can be changed without it")


def _sqlite_lacks(connection: Connection) -> Iterator[tuple[str, str]]:
    rows = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    there = {row.name: row.sql for row in rows}
    for name in guards.SQLITE:
        if there.get(name) != guards.statement(name):
            yield f"trigger {name}", "another text" if name in there else "none"


def _postgres_lacks(connection: Connection) -> Iterator[tuple[str, str]]:
    there = set(connection.execute(text(TRIGGERS)).scalars())
    yield from ((f"trigger {name}", "none, or one that is off") for name in guards.POSTGRES if name not in there)
    there = set(connection.execute(text(SECURED)).scalars())
    yield from ((f"row-level security of {name}", "none") for name in guards.SECURED if name not in there)
