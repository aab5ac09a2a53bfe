"""The improvement log in SQLite or PostgreSQL: append-only events, versions, chains of hashes.

Only what is used is imported: a database toolkit takes a moment that a message about a conflict need not wait for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pdsa.log.conflict import Conflict

if TYPE_CHECKING:
    from pdsa.log.members import grant, install, revoke
    from pdsa.log.proof import Verified
    from pdsa.log.saving import new_id
    from pdsa.log.store import Log, open_log

_HOMES = {"Log": "store", "Verified": "proof", "new_id": "saving", "open_log": "store"}
_HOMES |= dict.fromkeys(("grant", "install", "revoke"), "members")


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"pdsa.log.{_HOMES[name]}"), name)


__all__ = ["Conflict", "Log", "Verified", "grant", "install", "new_id", "open_log", "revoke"]
