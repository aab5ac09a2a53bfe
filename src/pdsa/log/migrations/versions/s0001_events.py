"""Events."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

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
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER event_no_{verb.lower()} BEFORE {verb} ON event "
                "BEGIN SELECT RAISE(ABORT, 'events of the log are never changed or removed'); END"
            )
