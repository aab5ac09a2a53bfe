"""The improvement log in SQLite or PostgreSQL: append-only events, versions, chains of hashes."""

from pdsa.log.conflict import Conflict
from pdsa.log.store import Log, Verified, open_log

__all__ = ["Conflict", "Log", "Verified", "open_log"]
