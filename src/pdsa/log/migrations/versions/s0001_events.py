"""Events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pdsa.log import guards
from pdsa.log.sqlite import APPLICATION_ID

revision = "0001"
down_revision = None

TEXTS = ("kind", "author", "at", "visibility", "shared_by", "shared_on")


def upgrade() -> None:
    """Make the table of events, which nothing may change or remove."""
    op.create_table(
        "event",
        sa.Column("entity", sa.Text, primary_key=True),
        sa.Column("record", sa.Text, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("school", sa.Text, nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in TEXTS),
        sa.Column("based_on", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("body", "prev", "hash")),
        sa.UniqueConstraint("school", "seq", name="event_place"),
        sqlite_strict=True,
    )
    op.create_index("event_school", "event", ["school", "entity", "record", "version"])
    if op.get_bind().dialect.name == "sqlite":
        for name in ("event_no_update", "event_no_delete"):
            op.execute(guards.statement(name))
        op.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        op.execute("PRAGMA user_version = 1")
