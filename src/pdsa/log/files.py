"""The file of a log: made, checked before it is used, brought up to date after a backup."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from errno import EISDIR
from pathlib import Path

from sqlalchemy import Engine

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.log import schema, sqlite
from pdsa.log.faults import LOG, of_disk, told
from pdsa.log.schema import NOT_OPENED

CHECKED = 64 * 2**20  # bytes up to which a file is read through before it is used; `verify` reads any size
OLDEST = (3, 37)  # tables that keep types
SMALLEST = 512  # bytes of a database
READ_ONLY = "{path} can only be read here: nothing can be saved in it."
ON_NETWORK = (
    "{path} lies on a network drive ({kind}): it is written in the slow way that such drives allow. "
    "For several people at once use PostgreSQL."
)
UPGRADED = "{path} was brought up to date; as it was before it is kept as {backup}."


@dataclass(frozen=True, slots=True)
class Opened:
    """A file in use, what to tell about it, and whether it can be written."""

    engine: Engine
    notes: tuple[str, ...]
    writable: bool


def open_file(path: Path, create: bool, now: Callable[[], datetime]) -> Opened:
    """A file in use, its schema brought up to date.

    Parameters
    ----------
    path
        The file.
    create
        Whether to make it where there is none.
    now
        The clock, which names the backup before a change of its schema.
    """
    _refuse_old_library()
    if not path.is_file():
        _make(path, create)
    writable = os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)
    check_file(path)
    found = _schema(path)
    engine = sqlite.writing_engine(path) if writable else sqlite.reading_engine(path)
    try:
        with told(str(path), NOT_OPENED):
            engine.connect().close()
        notes = _up_to_date(engine, path, found, writable, now) if found != schema.REVISIONS[-1] else ()
    except BaseException:
        engine.dispose()
        raise
    kind = sqlite.file_system(path)
    if not writable:
        notes += (READ_ONLY.format(path=path),)
    elif kind in sqlite.SHARED:
        notes += (ON_NETWORK.format(path=path, kind=kind),)
    return Opened(engine, notes, writable)


def _refuse_old_library() -> None:
    if sqlite3.sqlite_version_info < OLDEST:
        problem = Problem("SQLite", sqlite3.sqlite_version, ".".join(map(str, OLDEST)) + " or newer")
        raise InputError(LOG, (problem,), NOT_OPENED, "use a newer Python, or PostgreSQL")


def _make(path: Path, create: bool) -> None:
    """Make an empty file that only its owner can read and write."""
    if not create:
        problem = Problem(str(path), "no log", "the improvement log of the workspace")
        raise ParamsError(LOG, (problem,), "nothing was read", "pdsa cycle plan begins one")
    left = [one.name for one in (path.with_name(f"{path.name}-wal"), *backups(path)) if one.is_file()]
    if left:
        problem = Problem(str(path), f"no log, but what belongs to one ({', '.join(left[:3])})", "the log")
        raise InputError(LOG, (problem,), NOT_OPENED, "put the log back where it was, or its newest backup")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _make_empty(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise of_disk(error, str(path)) from error


def _make_empty(path: Path) -> None:
    """Made under another name first: whoever closes a file by hand takes the locks of SQLite off it."""
    if path.is_dir():
        raise IsADirectoryError(EISDIR, os.strerror(EISDIR))
    number, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(number)
    try:
        with suppress(FileExistsError):  # somebody else has made it in the meantime
            _name_it(part, path)
    finally:
        Path(part).unlink(missing_ok=True)


def _name_it(part: str, path: Path) -> None:
    try:
        os.link(part, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))


def _schema(path: Path) -> str:
    """The revision of a log's schema; found without a change to a file that may be of another program."""
    engine = sqlite.reading_engine(path)
    try:
        with told(str(path), NOT_OPENED), engine.connect() as connection:
            schema.is_old(connection, str(path))
            return schema.revision_of(connection)
    finally:
        engine.dispose()


def _up_to_date(engine: Engine, path: Path, found: str, writable: bool, now: Callable[[], datetime]) -> tuple[str, ...]:
    if not writable:
        problem = Problem(str(path), f"a log of schema {found or 'none'} that cannot be written", "a newer schema")
        raise InputError(LOG, (problem,), NOT_OPENED, "copy the workspace to a place of your own and open it there")
    kept = backup(path, backup_name(path, now())) if found else None
    options = {"pdsa_write": True}
    with told(str(path), NOT_OPENED), engine.connect() as connection, connection.execution_options(**options).begin():
        schema.upgrade(connection)
    return (UPGRADED.format(path=path, backup=kept.name),) if kept else ()


def check_file(path: Path) -> None:
    """Refuse a file that is no log or is damaged.

    Raises
    ------
    InputError
        With what SQLite found, and which backup is the newest.
    """
    try:
        size = path.stat().st_size
        found = _found(path, size) if size else ["empty"] if backups(path) else ["ok"]
    except OSError as error:
        raise of_disk(error, str(path)) from error
    except sqlite3.DatabaseError as error:
        if "unable to open" in str(error):
            raise of_disk(PermissionError(13, str(error)), str(path)) from error
        found = [str(error)]
    if found != ["ok"]:
        what = " ".join("; ".join(found).split())
        problem = Problem(str(path), f"a damaged file ({what[:200]})", "a log as pdsa wrote it")
        raise InputError(LOG, (problem,), NOT_OPENED, _restore(path))


def _found(path: Path, size: int) -> list[str]:
    if size < SMALLEST:  # SQLite itself would write over a file that is too small to be one
        return ["no database"]
    connection = sqlite.open_to_read(path)
    try:
        check = "SELECT 'ok' FROM sqlite_master UNION SELECT 'ok'" if size > CHECKED else "PRAGMA quick_check(3)"
        return [str(row[0]) for row in connection.execute(check)]
    finally:
        connection.close()


def backups(path: Path) -> list[Path]:
    """The backups beside a log, the newest one first."""
    return sorted(path.parent.glob(f"{path.name}.backup-*"), reverse=True)


def _restore(path: Path) -> str:
    kept = backups(path)
    if not kept:
        return "put a backup in its place (pdsa log backup makes one); keep the damaged file, much of it can be read"
    return f"keep the damaged file under another name, and copy the newest backup, {kept[0].name}, to {path.name}"


def backup_name(path: Path, moment: datetime) -> Path:
    """A name beside the log that no file has yet."""
    name = path.with_name(f"{path.name}.backup-{moment:%Y%m%dT%H%M%S}")
    while name.exists():
        name = name.with_name(f"{name.name}+")
    return name


def backup(path: Path, target: Path) -> Path:
    """Copy a log to a new file, whole and consistent, while others go on writing.

    Parameters
    ----------
    path
        The log.
    target
        A file that is not there yet; only a whole copy ever stands there.
    """
    if target.exists():
        problem = Problem(str(target), "a file that is there already", "a new name")
        raise ParamsError("the backup", (problem,), "nothing was copied", "name another file")
    part = target.with_name(f".{target.name}.part")
    try:
        os.close(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600))
        _copy(path, part)
        part.replace(target)
        _sync_folder(target.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            part.unlink(missing_ok=True)
        problem = Problem(str(target), f"no copy ({error})", "room and permission for a copy")
        raise InputError("the backup", (problem,), "nothing was copied", "name a place with room") from error
    return target


def _copy(path: Path, part: Path) -> None:
    source, copy = sqlite.open_to_read(path), sqlite3.connect(part)
    try:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file that can be carried anywhere
    finally:
        copy.close()
        source.close()
    _sync(part)


def _sync(path: Path) -> None:
    """See that what was written is on the disk."""
    number = os.open(path, os.O_RDWR)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sync_folder(folder: Path) -> None:
    """See that a new name is on the disk, where the system can open a folder at all."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with suppress(OSError):  # some network file systems refuse; the content itself is synced
        number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
