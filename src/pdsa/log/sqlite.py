"""The log in one SQLite file: opened with care, written by one at a time, synced before a save is acknowledged."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from pdsa.errors import InputError, Problem
from pdsa.log.schema import NOT_OPENED

WAIT = 10.0  # seconds that a writer waits for another
APPLICATION_ID = 0x70647361  # "pdsa"
# Kinds of file systems on which processes of several hosts meet: WAL needs memory that they do not share.
SHARED = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"})
RESTORE = "put a backup in its place (files named {name}.backup-...), or export what is left; the damaged file is kept"


def file_system(path: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """The kind of file system that a file lies on; "" where the system does not say."""
    if not mounts.is_file():
        return ""
    place = os.path.realpath(path)
    found = ("", "")
    for line in mounts.read_text(encoding="utf-8", errors="replace").splitlines():
        _, mounted, kind, *_ = line.split(" ")
        folder = mounted.replace("\\040", " ")
        inside = place == folder or place.startswith(folder.rstrip("/") + "/")
        if inside and len(folder) >= len(found[0]):
            found = (folder, kind)
    return found[1]


def open_engine(path: Path) -> Engine:
    """An engine on a SQLite file that exists; reading never waits, writing waits for its turn."""
    shared = file_system(path) in SHARED

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        for pragma in _pragmas(shared, os.access(path, os.W_OK)):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=2)
    event.listen(engine, "begin", _begin)
    return engine


def _pragmas(shared: bool, writable: bool) -> tuple[str, ...]:
    journal = (f"journal_mode = {'DELETE' if shared else 'WAL'}",) * writable
    return ("busy_timeout = 10000", *journal, "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON")


def _begin(connection: Connection) -> None:
    """Writers take the lock at once: a reader that becomes a writer would be refused without waiting."""
    options: dict[str, Any] = dict(connection.get_execution_options())
    connection.exec_driver_sql("BEGIN IMMEDIATE" if options.get("pdsa_write") else "BEGIN")


def create(path: Path) -> None:
    """Make an empty file that only its owner can read and write."""
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def check_file(path: Path) -> None:
    """Refuse a file that is no log or is damaged.

    Raises
    ------
    InputError
        With what SQLite found, and where backups are.
    """
    if not path.stat().st_size:
        return
    try:
        with sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True, timeout=WAIT) as connection:
            found = [row[0] for row in connection.execute("PRAGMA quick_check(3)")]
        connection.close()
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    if found != ["ok"]:
        problem = Problem(str(path), f"a damaged file ({'; '.join(map(str, found))[:200]})", "a log made by pdsa")
        raise InputError("the improvement log", (problem,), NOT_OPENED, RESTORE.format(name=path.name))


def backup(path: Path, target: Path) -> Path:
    """Copy a log, whole and consistent, while others go on writing."""
    with sqlite3.connect(path, timeout=WAIT) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    target.chmod(0o600)
    return target
