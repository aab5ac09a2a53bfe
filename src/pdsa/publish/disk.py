"""Every operation of a run that changes the disk: one small place, where a test makes any one of them fail.

What stands there is read here too: nothing but ordinary files.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from pathlib import Path

TEMPORARY = ".tmp-"  # what the name of everything unfinished begins with


def before(operation: str, path: Path) -> None:
    """Do nothing: a test puts here what fails at the operation it chooses."""


def refuse_odd(path: Path) -> None:
    """Refuse what is neither file nor folder nor nothing: a pipe may be waited for without end.

    Raises
    ------
    OSError
        A pipe, a socket or a device stands there, or a link leads to one.
    """
    try:
        kind = path.stat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(kind) and not stat.S_ISDIR(kind):
        raise OSError(errno.EINVAL, "no ordinary file", str(path))


def read(path: Path) -> bytes:
    """Return the content of an ordinary file."""
    refuse_odd(path)
    return path.read_bytes()


def make_folder(path: Path) -> None:
    """Make a folder and those above it, unless they are there."""
    if not path.is_dir():
        before("mkdir", path)
        path.mkdir(parents=True, exist_ok=True)


def write(path: Path, data: bytes) -> None:
    """Write a new file; a disk that fills up leaves a part of it, as it does in life."""
    before("create", path)
    with path.open("xb") as file:
        file.write(data[: len(data) // 2])
        file.flush()
        before("write", path)
        file.write(data[len(data) // 2 :])


def sync(path: Path) -> None:
    """Make the content of a file last through a power cut."""
    before("fsync", path)
    handle = os.open(path, os.O_RDWR | getattr(os, "O_BINARY", 0))  # Windows syncs only what can be written
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Make new names last through a power cut, where the system can open a folder at all."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    before("fsync folder", folder)
    with contextlib.suppress(OSError):  # some network file systems refuse; the content itself is synced
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def rename(old: Path, new: Path) -> None:
    """Give a file its final name: whoever opens it sees the old content or the new one."""
    before("rename", new)
    refuse_odd(new)  # somebody put it there for a reason
    old.replace(new)


def restrict(path: Path) -> None:
    """Let only its owner read a file, where the system knows such a thing."""
    before("chmod", path)
    with contextlib.suppress(OSError):
        path.chmod(0o600)


def link(old: Path, new: Path) -> None:
    """Give a file a second name; where the file system has no such thing, a copy."""
    before("link", new)
    try:
        os.link(old, new, follow_symlinks=False)
    except (OSError, NotImplementedError):
        new.write_bytes(old.read_bytes())


def remove(path: Path) -> None:
    """Remove a file, or a folder that is empty; one that is gone already is no error."""
    before("remove", path)
    with contextlib.suppress(FileNotFoundError):
        path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()


def remove_all(folder: Path) -> None:
    """Remove a folder with everything in it."""
    for path in sorted(folder.rglob("*"), reverse=True):
        remove(path)
    remove(folder)


def unfinished(folder: Path) -> Path:
    """Return a name in a folder that nobody has, and that says that its content is not finished."""
    return folder / f"{TEMPORARY}{secrets.token_hex(8)}"
