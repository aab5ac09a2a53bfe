"""File names that are safe everywhere and never meet, and paths that stay inside."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from pathlib import Path

from pdsa.errors import InputError, Problem

# Device names of Windows: a file of such a name, whatever its extension, cannot be written there.
_DEVICES = frozenset({"aux", "con", "nul", "prn"} | {f"{port}{n}" for port in ("com", "lpt") for n in range(10)})
_SAFE = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_HASHED = re.compile(r".*-[0-9a-f]{12}")
_KEPT = 40  # characters of an unsafe text that stay readable before its hash


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
        linked = (base / path).is_symlink()
        found = "a link to a place outside the output folder" if linked else "a place outside the output folder"
        problem = Problem(str(path), found, f"a file below {root.name or root}")
        step = "remove this link" if linked else "give the report a name without .."
        raise InputError("output path", (problem,), "nothing was written", step)
    return place
