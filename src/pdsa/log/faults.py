"""What a database says when it cannot save, in words that say what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from pdsa.errors import InputError, Problem

NOT_SAVED = "nothing was saved, and nothing that was saved before is lost"
NOT_READ = "nothing was read, and nothing in the log was changed"
UNKNOWN = "the connection broke while it was saving: look whether it is there before you save it again"
LOG = "the improvement log"


@dataclass(frozen=True, slots=True)
class Fault:
    """A complaint of a database, known by codes of PostgreSQL or a part of its message; what is told of it."""

    codes: tuple[str, ...]
    signs: tuple[str, ...]
    found: str
    expected: str
    step: str


FAULTS = (
    Fault(("53100",), ("disk is full", "no space left"), "no room left on the disk", "room for the save",
          "free some space, then save again"),
    Fault(("25006",), ("readonly database",), "a log that cannot be written",
          "permission to write the file and its folder",
          "ask whoever owns the folder, or copy the workspace to a place of your own"),
    Fault((), ("unable to open",), "a log that cannot be opened", "permission to read the file and its folder",
          "ask whoever owns the folder"),
    Fault(("55P03",), ("is locked", "lock timeout"), "somebody else who has been writing for a long time",
          "the log free within half a minute", "try again; if it stays so, close what else has the log open"),
    Fault(("23505",), ("unique constraint",), "other saves each time, or an id that is taken", "a free id",
          "try again, or give another id"),
    Fault(("XX001", "XX002"), ("malformed",), "a damaged file", "a log as pdsa wrote it",
          "put a backup in its place; keep the damaged file"),
    Fault((), ("not a database",), "a file that is no log", "a log made by pdsa", "put a backup in its place"),
    Fault(("58030",), ("disk i/o error",), "a disk that does not answer", "a disk that can be read and written",
          "check the disk, then try again"),
    Fault(("42501",), ("permission denied", "row-level security"),
          "a school or a table that is not yours to read or write", "your own school's records",
          "ask the network's hub which schools your login is for"),
    Fault(("23514",), ("does not follow",), "a record that was changed in a way that you may not see",
          "the version that you based yours on", "look at the record again: its team may have taken it back"),
    Fault(("28",), ("authentication failed", "no password supplied"), "a login that the database does not accept",
          "a login that the hub gave you", "check user and password, or ask the network's hub"),
    Fault(("3D000",), ("does not exist",), "no such database or login", "the database that the hub set up",
          "check the address, or ask the network's hub"),
    Fault(("53300",), ("too many",), "a server that is busy", "a free connection", "try again in a minute"),
    Fault(("08", "57P"), ("connection", "could not translate host", "failed to resolve", "server closed"),
          "no connection to the database", "the database's server",
          "check the address and the network, then try again"),
)  # fmt: skip


@contextmanager
def told(place: str, consequence: str = NOT_SAVED) -> Iterator[None]:
    """Turns what a database complains of into an InputError that says what to do.

    Parameters
    ----------
    place
        The log, as people know it.
    consequence
        What was therefore not done.

    Raises
    ------
    InputError
        For every complaint that is listed; others are passed on as they are.
    """
    try:
        yield
    except DBAPIError as error:
        fault = fault_of(error)
        if fault is None:
            raise
        raise InputError(LOG, (Problem(place, fault.found, fault.expected),), consequence, fault.step) from error


def fault_of(error: DBAPIError) -> Fault | None:
    """What is known about a complaint; None for one that is not listed."""
    code = str(getattr(error.orig, "sqlstate", None) or "")
    message = " ".join(str(error.orig).split()).casefold()
    by_code = [fault for fault in FAULTS if code and code.startswith(fault.codes or ("-",))]
    by_sign = [fault for fault in FAULTS if any(sign in message for sign in fault.signs)]
    found = by_code or ([] if code else by_sign)
    return found[0] if found else None


def is_passing(error: DBAPIError) -> bool:
    """Whether a save that met another one may well succeed if it is tried again."""
    code = str(getattr(error.orig, "sqlstate", None) or "")
    if code:
        return code in ("23505", "40001", "40P01", "55P03")
    message = str(error.orig).casefold()
    return "is locked" in message or "unique constraint" in message


def of_disk(error: OSError, place: str) -> InputError:
    """The InputError of a file that the system does not let us make, read or write."""
    why = error.strerror or type(error).__name__
    problem = Problem(place, f"a file that cannot be used ({why})", "a place that you may write")
    return InputError(LOG, (problem,), NOT_READ, "check the folder and the space on its disk, or choose another place")
