"""The folders of kernels among the system's temporary files: held by their owner, and swept when nobody holds them.

A lock of the system ends with its process, however that ends, and whoever gets its number later has no part in it.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import stat
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

PREFIX = "pdsa-"
# An empty file in each folder; it has this name only when it is locked. Several computers may share the folder of
# temporary files without sharing locks: each looks at its own marks alone.
HELD = f".{PREFIX}held-{platform.node()}"
FLOCK = find_spec("fcntl") is not None  # not on Windows: there nothing is swept


def hold(folder: Path) -> int | None:
    """Hold a new folder until `release`, or until this process ends; None where there are no such locks.

    Parameters
    ----------
    folder
        That nobody else writes into.
    """
    if not FLOCK:
        return None
    new = folder / f"{HELD}.new"
    handle = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    if _locked(handle):
        new.rename(folder / HELD)
    return handle


def release(handle: int | None) -> None:
    """Let go of a folder."""
    if handle is not None:
        os.close(handle)


@contextlib.contextmanager
def held(folder: Path) -> Iterator[None]:
    """Hold a new folder while the block runs."""
    handle = hold(folder)
    try:
        yield
    finally:
        release(handle)


def sweep_folders() -> None:
    """Remove this user's folders of kernels whose owner has gone without taking them away."""
    if not FLOCK:
        return
    with contextlib.suppress(OSError), os.scandir(tempfile.gettempdir()) as found:
        mine = [Path(entry) for entry in found if entry.name.startswith(PREFIX) and _is_mine(entry)]
        for folder in mine:
            _sweep(folder)


def _is_mine(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder of this user, and no link."""
    with contextlib.suppress(OSError):
        told = entry.stat(follow_symlinks=False)
        return stat.S_ISDIR(told.st_mode) and told.st_uid == os.geteuid()
    return False


def _sweep(folder: Path) -> None:
    try:
        handle = os.open(folder / HELD, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:  # somebody else's, or one that is just being made
        return
    try:
        if _locked(handle) and os.fstat(handle).st_size == 0:  # nobody's own file of that name
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    import fcntl

    with contextlib.suppress(OSError):  # it is held, or this file system knows no locks
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    return False


__all__ = ["PREFIX", "held", "hold", "release", "sweep_folders"]
