"""The tables of the log, the same for SQLite and PostgreSQL."""

from __future__ import annotations

from sqlalchemy import Column, Index, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData()

event = Table(
    "event",
    metadata,
    Column("entity", Text, primary_key=True),
    Column("record", Text, primary_key=True),
    Column("version", Integer, primary_key=True),
    Column("school", Text, nullable=False),
    Column("seq", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("at", Text, nullable=False),
    Column("visibility", Text, nullable=False),
    Column("shared_by", Text, nullable=False),
    Column("shared_on", Text, nullable=False),
    Column("based_on", Integer, nullable=False),
    Column("body", Text, nullable=False),
    Column("prev", Text, nullable=False),
    Column("hash", Text, nullable=False),
    UniqueConstraint("school", "seq", name="event_place"),
    sqlite_strict=True,
)
Index("event_school", event.c.school, event.c.entity, event.c.record, event.c.version)

# The last event of each chain, written with it by the database itself: a chain that lost its end is seen.
head = Table(
    "head",
    metadata,
    Column("school", Text, primary_key=True),
    Column("seq", Integer, nullable=False),
    Column("hash", Text, nullable=False),
    sqlite_strict=True,
)

# On PostgreSQL: which login writes as which person, in which role, for which school ("" for the network).
member = Table(
    "member",
    metadata,
    Column("db_user", Text, primary_key=True),
    Column("school", Text, primary_key=True),
    Column("person", Text, nullable=False),
    Column("role", Text, nullable=False),
)
