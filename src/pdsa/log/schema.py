"""The schema of a log: made, brought up to date after a backup, or refused where it is newer than the code."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from pdsa.errors import InputError, Problem

NOT_OPENED = "the log was not opened, and nothing in it was changed"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


def newest() -> str:
    """The revision of the schema that this version of pdsa writes."""
    return str(ScriptDirectory.from_config(_config()).get_current_head())


def revision_of(connection: Connection) -> str:
    """The revision of the schema of a log; "" for an empty database."""
    return MigrationContext.configure(connection).get_current_revision() or ""


def is_old(connection: Connection, place: str) -> bool:
    """Whether the schema of a log has to be brought up to date.

    Raises
    ------
    InputError
        The schema is newer than this version of pdsa: it is never taken back.
    """
    script = ScriptDirectory.from_config(_config())
    known = {one.revision for one in script.walk_revisions()}
    found = revision_of(connection)
    if found and found not in known:
        problem = Problem(place, f"a log of schema {found}, made by a newer pdsa", f"schema {newest()} or older")
        raise InputError(
            "the improvement log", (problem,), NOT_OPENED, "install the newer pdsa-workbench on this machine"
        )
    return found != newest()


def upgrade(connection: Connection) -> None:
    """Bring the schema up to date, within the transaction of the connection."""
    command.upgrade(_config(connection), "head")
