"""What a database says when it cannot save, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from pdsa.errors import InputError, Problem

NOT_SAVED = "nothing was saved, and nothing that was saved before is lost"
# What the message of a database holds; what is told, what was expected, and the next step.
FAULTS = (
    ("disk is full", "no room left on the disk", "room for the save", "free some space, then save again"),
    ("readonly database", "a log that cannot be written", "permission to write the file and its folder",
     "ask whoever owns the folder, or copy the workspace to a place of your own"),
    ("unable to open", "a log that cannot be opened", "permission to read the file and its folder",
     "ask whoever owns the folder"),
    ("is locked", "somebody else who has been writing for a long time", "the log free within ten seconds",
     "try again; if it stays so, close other programs that have the log open"),
    ("malformed", "a damaged file", "a log made by pdsa", "put a backup in its place; the damaged file is kept"),
    ("not a database", "a file that is no log", "a log made by pdsa", "put a backup in its place"),
    ("disk i/o error", "a disk that does not answer", "a disk that can be read and written",
     "check the disk, then try again"),
    ("permission denied", "a school or a table that is not yours to write", "your own school's records",
     "ask the network's hub which schools your login is for"),
    ("row-level security", "a school that is not yours to write", "your own school's records",
     "ask the network's hub which schools your login is for"),
    ("connection", "no connection to the database", "the database's server",
     "check the address and the network, then try again"),
)  # fmt: skip


@contextmanager
def told(place: str) -> Iterator[None]:
    """Turns what a database complains of into an InputError that says what to do.

    Raises
    ------
    InputError
        For every complaint that is listed; others are passed on as they are.
    """
    try:
        yield
    except DBAPIError as error:
        message = " ".join(str(error.orig).split()).casefold()
        for sign, found, expected, step in FAULTS:
            if sign in message:
                problem = Problem(place, found, expected)
                raise InputError("the improvement log", (problem,), NOT_SAVED, step) from error
        raise
