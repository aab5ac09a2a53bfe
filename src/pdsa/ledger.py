"""Every import of a workspace and every version of its numbers: what was known on which day, through any break-down.

    imports/<name>/<as of>-<8 digits>.csv          the rows as published, all that was known then
    imports/<name>/<as of>-<8 digits>-charted.csv  the same as increments, of running totals only
    imports/<name>/<as of>-<8 digits>.json         the entry: it vouches for the files above
    observations/<name>.csv                        what is charted: the files of the latest entry

They are written in this order, each whole or not at all. A version without its entry was never finished and is
written again; observations that are older than the latest entry are put right by `recover`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from pdsa.errors import InputError, Problem
from pdsa.publish import digest, write_atomic
from pdsa.records.entries import Entry

__all__ = [
    "as_of",
    "check",
    "entries",
    "latest",
    "locked",
    "names",
    "record",
    "recover",
    "seen",
    "unfinished",
    "version",
]

FLOCK = find_spec("fcntl") is not None  # not on Windows

NAME = re.compile(r"\w[\w .-]*")
NOTHING = "nothing was imported"


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other imports out of a workspace; the system lifts it when the process ends, however it ends.

    Raises
    ------
    InputError
        Another import is under way.
    """
    if not FLOCK:
        yield
        return
    import fcntl

    with (folder / "network.yaml").open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            problem = Problem(str(folder), "another import into this workspace that is not done yet", "one at a time")
            raise InputError("imports", (problem,), NOTHING, "run the same command again in a moment") from error
        yield


def names(folder: Path) -> tuple[str, ...]:
    """The names under which anything was imported into a workspace."""
    return tuple(sorted(path.name for path in (folder / "imports").glob("*") if any(path.glob("*.json"))))


def entries(folder: Path, name: str = "") -> tuple[Entry, ...]:
    """Every import of one name, or of all of them, in the order in which they were made.

    Parameters
    ----------
    folder
        The workspace.
    name
        Of `observations/<name>.csv`; "" for all names, one after the other.

    Raises
    ------
    InputError
        With every entry that cannot be read.
    """
    found: list[Entry] = []
    problems: list[Problem] = []
    for one in (name,) if name else names(folder):
        for path in sorted((folder / "imports" / one).glob("*.json")):
            entry = _read(path, one)
            if isinstance(entry, Entry):
                found.append(entry)
            else:
                problems.append(entry)
    if problems:
        next_step = "put the named files back from a copy; they are the record of what was imported"
        raise InputError("imports", tuple(problems), NOTHING, next_step)
    return tuple(sorted(found, key=lambda entry: (entry.name, entry.sequence, entry.version)))


@cache
def _adapter() -> TypeAdapter[Entry]:
    return TypeAdapter(Entry)


def _read(path: Path, name: str) -> Entry | Problem:
    expected = "an entry as pdsa import wrote it"
    try:
        entry = _adapter().validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        return Problem(f"{name}/{path.name}", f"{where} {first['msg']}".strip(), expected)
    if (entry.name, entry.version) != (name, path.stem):
        return Problem(f"{name}/{path.name}", f"the entry {entry.name}/{entry.version}", expected)
    return entry


def latest(folder: Path, name: str) -> Entry | None:
    """The last import of a name; None before the first."""
    found = entries(folder, name)
    return found[-1] if found else None


def as_of(folder: Path, name: str, day: date) -> Entry | None:
    """The import that says what was known on a day: the last one made as of that day or before; None if none."""
    known = [entry for entry in entries(folder, name) if entry.as_of <= day]
    return known[-1] if known else None


def version(folder: Path, entry: Entry, *, charted: bool = False) -> bytes:
    """The rows that an import left as known, as the bytes of a CSV file.

    Parameters
    ----------
    folder, entry
        The workspace and one of its entries.
    charted
        Of running totals the increments, in place of the totals as published.

    Raises
    ------
    InputError
        The file is gone or is not the one that was written.
    """
    changed = charted and entry.charted_sha256 != entry.sha256
    path = _place(folder, entry, "-charted.csv" if changed else ".csv")
    data = path.read_bytes() if path.is_file() else b""
    if digest(data) != (entry.charted_sha256 if changed else entry.sha256):
        found = "another content than was written" if path.is_file() else "nothing"
        problem = Problem(f"imports/{entry.name}/{path.name}", found, "the version that the import wrote")
        raise InputError("imports", (problem,), NOTHING, "put the file back from a copy")
    return data


def _place(folder: Path, entry: Entry, ending: str) -> Path:
    return folder / "imports" / entry.name / f"{entry.version}{ending}"


def seen(folder: Path, entry: Entry) -> Entry | None:
    """The import of the very same bytes by the very same mapping, if there was one: there is nothing new in them."""
    same = [one for one in entries(folder, entry.name) if _origin(one) == _origin(entry)]
    return same[-1] if same else None


def _origin(entry: Entry) -> tuple[object, ...]:
    return sorted(one.sha256 for one in entry.inputs), entry.mapping_sha256


def record(folder: Path, entry: Entry, published: bytes, charted: bytes | None = None) -> Entry | None:
    """Keep an import and make its rows those of `observations/<name>.csv`; None where there is nothing new in it.

    Parameters
    ----------
    folder
        The workspace.
    entry
        What was done; sequence, version and hashes are set here.
    published
        All rows that are known now, as published: CSV with `terms.OBSERVATION_COLUMNS`.
    charted
        Of running totals the increments; None where the published rows are charted.

    Raises
    ------
    InputError
        An import as of an earlier day than the last one; observations that are of no import, because somebody wrote
        or changed them by hand; a name that is no file name.
    """
    check(folder, entry)
    recover(folder, entry.name)
    before = entries(folder, entry.name)
    if _is_known(entry, before):
        return None
    last = before[-1] if before else None
    return _write(folder, _numbered(entry, last, published, charted), published, charted)


def check(folder: Path, entry: Entry) -> None:
    """Nothing, or the refusal that `record` would give: to be asked before anything else of an import is written.

    Raises
    ------
    InputError
        As `record`.
    """
    if not NAME.fullmatch(entry.name):
        problem = Problem("name", repr(entry.name), "letters, digits, blanks, points and dashes")
        raise InputError("imports", (problem,), NOTHING, "give the import another name with --name")
    before = entries(folder, entry.name)
    if _is_known(entry, before):
        return
    _refuse_by_hand(folder, entry.name, before)
    if before and entry.as_of < before[-1].as_of:
        expected = f"{before[-1].as_of} or later, as the last import of {entry.name}"
        next_step = "import versions in the order of their days; what was imported later stands already"
        raise InputError(entry.name, (Problem("as of", f"{entry.as_of}", expected),), NOTHING, next_step)


def _is_known(entry: Entry, before: tuple[Entry, ...]) -> bool:
    return bool(entry.inputs) and any(_origin(one) == _origin(entry) for one in before)


def _refuse_by_hand(folder: Path, name: str, before: tuple[Entry, ...]) -> None:
    """What people typed is in no version and must not be written over."""
    path = _observations(folder, name)
    if path.is_file() and digest(path) not in {one.charted_sha256 for one in before}:
        found = "rows that no import wrote" if not before else "changes by hand since the last import"
        problem = Problem(f"observations/{name}.csv", found, "no such file, or the rows of the last import")
        next_step = "keep these rows under another name (without those that the import has), or import with --name"
        raise InputError(name, (problem,), NOTHING, next_step)


def _numbered(entry: Entry, last: Entry | None, published: bytes, charted: bytes | None) -> Entry:
    """The entry with its place in the ledger: digits that depend on all of it and on the entry before."""
    sha256 = digest(published)
    numbered = replace(
        entry,
        sequence=last.sequence + 1 if last else 1,
        version=last.version if last else "",
        sha256=sha256,
        charted_sha256=sha256 if charted is None else digest(charted),
    )
    return replace(numbered, version=f"{entry.as_of:%Y-%m-%d}-{digest(_json(numbered))[:8]}")


def _json(entry: Entry) -> bytes:
    text = json.dumps(asdict(entry), indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False, default=str)
    return f"{text}\n".encode()


def _write(folder: Path, entry: Entry, published: bytes, charted: bytes | None) -> Entry:
    """The files in their order: after any of them the workspace is as before, or can be put right."""
    write_atomic(_place(folder, entry, ".csv"), published)
    if charted is not None and charted != published:
        write_atomic(_place(folder, entry, "-charted.csv"), charted)
    write_atomic(_place(folder, entry, ".json"), _json(entry))
    write_atomic(_observations(folder, entry.name), published if charted is None else charted)
    return entry


def _observations(folder: Path, name: str) -> Path:
    return folder / "observations" / f"{name}.csv"


def unfinished(folder: Path) -> tuple[str, ...]:
    """Names whose observations are those of an earlier import: the last one was broken off before its end."""
    return tuple(name for name, _ in _behind(folder, names(folder)))


def _behind(folder: Path, known: tuple[str, ...]) -> Iterator[tuple[str, Entry]]:
    for name in known:
        own = entries(folder, name)
        path = _observations(folder, name)
        found = digest(path) if path.is_file() else ""
        if own and found != own[-1].charted_sha256 and found in ("", *(one.charted_sha256 for one in own[:-1])):
            yield name, own[-1]


def recover(folder: Path, name: str = "") -> tuple[str, ...]:
    """Finish imports that were broken off: the names whose observations were put right.

    Observations that somebody changed by hand are of no known version; they are left alone.

    Parameters
    ----------
    folder
        The workspace.
    name
        One name; "" for all.
    """
    done = []
    for one, entry in list(_behind(folder, (name,) if name else names(folder))):
        write_atomic(_observations(folder, one), version(folder, entry, charted=True))
        done.append(one)
    return tuple(done)
