"""The last event of each chain, the current version of each record, and what refuses events that do not follow."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from pdsa.log import guards

revision = "0002"
down_revision = "0001"

CURRENT = (
    "CREATE VIEW current {options} AS SELECT e.* FROM event e WHERE e.version = "
    "(SELECT max(l.version) FROM event l WHERE l.entity = e.entity AND l.record = e.record)"
)
LAST = (
    "INSERT INTO head (school, seq, hash) SELECT e.school, e.seq, e.hash FROM event e "
    "WHERE e.seq = (SELECT max(l.seq) FROM event l WHERE l.school = e.school)"
)


def upgrade() -> None:
    """Make the heads from the events that are there, and the view of the current state."""
    op.create_table(
        "head",
        sa.Column("school", sa.Text, primary_key=True),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sqlite_strict=True,
    )
    op.execute(LAST)
    postgres = op.get_bind().dialect.name == "postgresql"
    op.execute(CURRENT.format(options="WITH (security_invoker = true)" if postgres else ""))
    if not postgres:
        for name in ("event_follows", "event_ends", "head_no_delete", "head_follows"):
            op.execute(guards.statement(name))
        op.execute("PRAGMA user_version = 2")
