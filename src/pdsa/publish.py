"""Files that appear whole or not at all, under names that are safe everywhere, with their content hashes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.errors import InputError, Problem

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["csv_text", "digest", "inside", "slug", "write_atomic", "write_manifest"]

# Device names of Windows: a file of such a name, whatever its extension, cannot be written there.
_DEVICES = frozenset({"aux", "con", "nul", "prn"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)})
_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HASHED = re.compile(r".*-[0-9a-f]{12}")
_KEPT = 40  # characters of an unsafe text that stay readable before its hash
# A spreadsheet runs a cell that begins with one of these (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_atomic(path: Path, data: bytes | str) -> None:
    """Write a file so that its name shows the old content or the new one, never a part of either.

    Parameters
    ----------
    path
        The final name; missing folders above it are made.
    data
        The whole content; text is written as UTF-8 with its line ends as they are.

    Raises
    ------
    OSError
        The disk is full, the folder is read-only, the file is locked: the old file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.parent / f".tmp-{secrets.token_hex(8)}"
    try:
        _write_synced(temporary, data.encode() if isinstance(data, str) else data)
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    _sync_folder(path.parent)


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut, where the system can open a folder at all."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    with contextlib.suppress(OSError):  # some network file systems refuse; the content itself is synced
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def slug(text: str) -> str:
    """Return a file name for an id: lower-case ASCII, never empty, never two ids under one name.

    A text that is safe already is returned as it is. Where anything is lost, twelve digits of the text's
    SHA-256 follow; a text that looks as if it carried such digits gets its own, so that no id can borrow
    another's name, on case-insensitive file systems either.

    Parameters
    ----------
    text
        An id as people wrote it.

    Examples
    --------
    >>> slug("lincoln")
    'lincoln'
    >>> slug("Lincoln Middle")
    'lincoln-middle-2ae5e8200dc2'
    """
    if _SAFE.fullmatch(text) and text not in _DEVICES and not _HASHED.fullmatch(text):
        return text
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain)[:_KEPT].strip("-")
    return f"{words or 'id'}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:12]}"


def inside(root: Path, path: Path) -> Path:
    """Return `path` resolved below `root`, or refuse it.

    Parameters
    ----------
    root
        The folder that no file may leave.
    path
        A path below it, relative to it or absolute; links are followed before the check.

    Raises
    ------
    InputError
        The path leads out of the folder.
    """
    base = root.resolve()
    place = (base / path).resolve()
    if place == base or not place.is_relative_to(base):
        problem = Problem(str(path), "a place outside the output folder", f"a file below {root.name or root}")
        raise InputError("output path", (problem,), "nothing was written", "give the report a name without ..")
    return place


def digest(source: Path | bytes) -> str:
    """Return the SHA-256 of a file's content or of bytes, as 64 hexadecimal digits.

    Parameters
    ----------
    source
        A file to read, or the bytes themselves.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def csv_text(frame: pd.DataFrame) -> str:
    r"""Return a frame as CSV that is the same on every machine and that no spreadsheet runs.

    Lines end with \n; floats are written with all their digits, dates as 2025-10-13, nothing as an empty
    cell; text that a spreadsheet would take for a formula begins with an apostrophe. The index is left out.

    Parameters
    ----------
    frame
        Any frame; tuples are joined with "; ".
    """
    rows: list[Iterable[object]] = [frame.columns, *frame.itertuples(index=False, name=None)]
    return "".join(",".join(_quoted(_cell(value)) for value in row) + "\n" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return _cell("; ".join(str(part) for part in value))
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if _is_missing(value):
        return ""
    if isinstance(value, float):
        return repr(float(value))
    return _date_text(value) if isinstance(value, date) else str(value)


def _is_missing(value: object) -> bool:
    import pandas as pd

    return bool(pd.isna(value))  # type: ignore[call-overload]


def _date_text(value: date) -> str:
    text = value.isoformat()
    return text.removesuffix("T00:00:00") if isinstance(value, datetime) else text


def _quoted(text: str) -> str:
    if any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text


def write_manifest(path: Path, data: Mapping[str, object]) -> None:
    """Write what a run made, as JSON with sorted keys; the last file of a run, so that it vouches for the others.

    Parameters
    ----------
    path
        Usually `manifest.json` at the top of the run's folder.
    data
        Anything JSON can hold; nan and infinity are refused.
    """
    write_atomic(path, json.dumps(data, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n")
