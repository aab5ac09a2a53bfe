"""The log in PostgreSQL: who may read and write which school is decided by the database itself."""

from __future__ import annotations

from sqlalchemy import Connection, Engine, create_engine, text


def open_engine(url: str) -> Engine:
    """An engine on a PostgreSQL database, with psycopg."""
    return create_engine("postgresql+psycopg://" + url.split("://", 1)[1])


def lock(connection: Connection, school: str) -> None:
    """Wait for the turn to write at the end of a school's chain, until the transaction ends."""
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:chain, 0))"), {"chain": f"pdsa:{school}"})
