"""The log in one SQLite file: written by one at a time, synced before a save is acknowledged."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import tempfile
import time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, QueuePool

WAIT = 10.0  # seconds that a writer waits for another before it tries again
PAUSE = 0.05  # seconds
SHORTEST, LONGEST = 0.0005, 0.01  # seconds between two questions whether it is our turn
APPLICATION_ID = 0x70647361  # "pdsa"
MOUNTS = Path("/proc/mounts")
# Kinds of file systems on which processes of several hosts meet: WAL needs memory that they do not share.
SHARED = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "lustre", "gpfs", "beegfs", "glusterfs", "vboxsf",
    "prl_fs", "davfs", "fuse.sshfs", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.davfs2", "fuse.ceph",
})  # fmt: skip
PRAGMAS = ("synchronous = FULL", "fullfsync = ON", "foreign_keys = ON", "recursive_triggers = ON")
# Before these versions a checkpoint beside another writer can, very rarely, lose what that one committed
# (sqlite.org/wal.html, "the WAL-reset bug"): there only the last connection to close makes one.
MENDED = ((3, 44, 6), (3, 50, 7), (3, 51, 3))


def file_system(path: Path) -> str:
    """The kind of file system that a file lies on; "" where the system does not say."""
    if not MOUNTS.is_file():
        return ""
    place = os.path.realpath(path)
    found = ("", "")
    for line in MOUNTS.read_text(encoding="utf-8", errors="replace").splitlines():
        _, mounted, kind, *_ = line.split(" ")
        folder = mounted.replace("\\040", " ")
        inside = place == folder or place.startswith(folder.rstrip("/") + "/")
        if inside and len(folder) >= len(found[0]):
            found = (folder, kind)
    return found[1]


def writing_engine(path: Path) -> Engine:
    """An engine on a SQLite file that exists; reading never waits, writing waits for its turn."""
    journal = "delete" if file_system(path) in SHARED else "wal"

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(path, timeout=WAIT, isolation_level=None, check_same_thread=False)
        try:
            for pragma in (*PRAGMAS, *_without_checkpoints(sqlite3.sqlite_version_info)):
                connection.execute(f"PRAGMA {pragma}")
            _keep_journal(connection, journal)
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    return _engine(create_engine("sqlite://", creator=connect, poolclass=QueuePool, pool_size=2))


def reading_engine(path: Path) -> Engine:
    """An engine on a SQLite file that can only be read."""
    return _engine(create_engine("sqlite://", creator=lambda: open_to_read(path), poolclass=NullPool))


def _without_checkpoints(version: tuple[int, ...]) -> tuple[str, ...]:
    """What keeps a version of SQLite from checkpoints beside other writers; nothing for those that do them well."""
    series = [one for one in MENDED if one[:2] == version[:2]]
    mended = version >= (series or MENDED[-1:])[0]
    return () if mended else ("wal_autocheckpoint = 0",)


def _engine(engine: Engine) -> Engine:
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Writers take the lock at once: a reader that becomes a writer would be refused without waiting."""
    options: dict[str, Any] = dict(connection.get_execution_options())
    if not options.get("pdsa_write"):
        connection.exec_driver_sql("BEGIN")
        return
    raw: Any = connection.connection.driver_connection
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        if not _has_turn(raw):
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # says why not
    finally:
        raw.execute(f"PRAGMA busy_timeout = {int(WAIT * 1000)}")


def _has_turn(raw: sqlite3.Connection) -> bool:
    """Whether it is our turn to write within the time that we wait; asked often, so that no turn is left unused.

    SQLite itself asks ever more seldom, down to ten times a second: among several writers most of the time is lost.
    """
    until, pause = time.monotonic() + WAIT, SHORTEST
    while time.monotonic() < until:
        try:
            raw.execute("BEGIN IMMEDIATE")
            return True
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                return False
        time.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 (no secret)
        pause = min(pause * 1.5, LONGEST)
    return False


def _keep_journal(connection: sqlite3.Connection, wanted: str) -> None:
    """Set the kind of journal, once in the life of a file; the change itself does not wait for others."""
    until = time.monotonic() + WAIT
    while connection.execute("PRAGMA journal_mode").fetchone()[0] != wanted:
        try:
            if connection.execute(f"PRAGMA journal_mode = {wanted}").fetchone()[0] == wanted:
                return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
        if time.monotonic() > until:
            # a file system without shared memory keeps the older journal, which is as safe
            if wanted == "wal":
                return
            raise sqlite3.OperationalError("the database is locked: its journal cannot be changed while others use it")
        time.sleep(PAUSE)


def open_to_read(path: Path) -> sqlite3.Connection:
    """A connection that changes nothing, in a folder that may not be writable; it sees every save that was made."""
    address = path.resolve().as_uri()
    try:
        return _probed(f"{address}?mode=ro")
    except sqlite3.OperationalError as error:
        if "unable to open" not in str(error) and "readonly" not in str(error):
            raise
    journal = path.with_name(f"{path.name}-wal")
    if journal.is_file() and journal.stat().st_size:
        return _snapshot(path, journal)
    return _probed(f"{address}?immutable=1")


def _probed(address: str) -> sqlite3.Connection:
    connection = sqlite3.connect(address, uri=True, timeout=WAIT, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _snapshot(path: Path, journal: Path) -> sqlite3.Connection:
    """The file with the saves that still stand in its journal, put together in memory."""
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    with tempfile.TemporaryDirectory() as folder:
        for one in (path, journal):
            shutil.copyfile(one, Path(folder) / one.name)
        copy = sqlite3.connect(Path(folder) / path.name)
        copy.backup(memory)
        copy.close()
    return memory
