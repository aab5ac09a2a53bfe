"""One run at a time in a folder: a lock that the system lifts when its process ends, however it ends."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from pdsa.errors import InputError, Problem
from pdsa.publish import disk

FLOCK = find_spec("fcntl") is not None  # not on Windows
# Windows locks bytes, and nobody else can read those that are locked: one far behind the text.
_FAR = 1 << 20
_PIECE = 4096  # a page: what is written of one at once is read at once
_PLAIN = getattr(os, "O_NOFOLLOW", 0)  # a link may lead anywhere
_TAKEN = (errno.EACCES, errno.EAGAIN, errno.EDEADLK)


@contextlib.contextmanager
def one_at_a_time(folder: Path, name: str = ".lock", *, shared: bool = False) -> Iterator[None]:
    """Keep other runs out of a folder; what is not locked after all is said by the system, not by a left-over file.

    Parameters
    ----------
    folder
        The folder of the run; it is made.
    name
        The file in it that is locked; it stays, with the process that held it last.
    shared
        Whether others that share it may be in the folder too: single reports, made one by one on many machines.

    Raises
    ------
    InputError
        Another run holds the folder: its process, its computer and since when.
    OSError
        The folder cannot be written.
    """
    disk.make_folder(folder)
    path = folder / name
    disk.before("lock", path)
    disk.refuse_odd(path)
    handle = os.open(path, os.O_RDWR | os.O_CREAT | _PLAIN, 0o600)
    try:
        if not _lock(handle, shared):
            raise _held(folder, path)
        _sign(handle, {})
        yield
    finally:
        os.close(handle)


def _lock(handle: int, shared: bool = False) -> bool:
    """Whether this process holds the file now, with others if it is shared; Windows shares no locks."""
    try:
        if FLOCK:
            import fcntl

            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        elif not shared:
            _lock_byte(handle)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        if error.errno not in (errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS):
            raise  # a file system that knows no locks has no second run either, or nobody can tell
    return True


def _lock_byte(handle: int) -> None:
    import msvcrt

    windows: Any = msvcrt
    os.lseek(handle, _FAR, os.SEEK_SET)
    windows.locking(handle, windows.LK_NBLCK, 1)


def signed(path: Path) -> dict[str, object]:
    """Return what stands in the file of a lock: who holds it, or held it last; empty where nobody can tell.

    Parameters
    ----------
    path
        The file.
    """
    try:
        return _told(path.read_bytes())
    except OSError:
        return {}


def _told(data: bytes) -> dict[str, object]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def remember(path: Path, about: Mapping[str, str]) -> None:
    """Write into the file of a lock that this process holds what whoever holds it later is to know.

    Parameters
    ----------
    path
        The file.
    about
        Its words by name; what else stands there stays.
    """
    handle = os.open(path, os.O_RDWR | _PLAIN)
    try:
        _sign(handle, about)
    finally:
        os.close(handle)


def _sign(handle: int, about: Mapping[str, str]) -> None:
    """Write who holds the lock; a disk that is full must not keep a run from freeing it.

    Others that share the lock write at the same time: in one piece of one size, so that nobody finds half of it.
    """
    who = {"pid": os.getpid(), "host": platform.node(), "since": datetime.now(UTC).isoformat(timespec="seconds")}
    with contextlib.suppress(OSError):
        os.lseek(handle, 0, os.SEEK_SET)
        data = json.dumps({**_told(os.read(handle, _FAR)), **about, **who}).encode()
        data = data.ljust((len(data) // _PIECE + 1) * _PIECE - 1) + b"\n"
        os.lseek(handle, 0, os.SEEK_SET)
        os.write(handle, data)
        os.ftruncate(handle, len(data))


def _held(folder: Path, path: Path) -> InputError:
    who = signed(path)
    told = f"process {who.get('pid', 'unknown')} on {who.get('host', 'unknown')}, since {who.get('since', 'unknown')}"
    problem = Problem(str(folder), f"another run that is not done yet ({told})", "one run at a time")
    step = "wait until it is done, or end that process, and run the same command again; or give --out another folder"
    return InputError("outputs", (problem,), "nothing was written", step)
