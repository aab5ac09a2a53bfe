"""Files that appear whole or not at all, under names that are safe everywhere, with their content hashes."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from pdsa.publish import disk
from pdsa.publish.names import inside, slug
from pdsa.publish.table import csv_text

__all__ = ["csv_text", "digest", "disk", "inside", "slug", "write_atomic", "write_manifest"]


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
    disk.make_folder(path.parent)
    temporary = disk.unfinished(path.parent)
    try:
        disk.write(temporary, data.encode() if isinstance(data, str) else data)
        disk.sync(temporary)
        disk.rename(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            disk.remove(temporary)
        raise
    disk.sync_folder(path.parent)


def digest(source: Path | bytes) -> str:
    """Return the SHA-256 of a file's content or of bytes, as 64 hexadecimal digits.

    Parameters
    ----------
    source
        A file to read, or the bytes themselves.
    """
    if isinstance(source, bytes):
        return hashlib.sha256(source).hexdigest()
    disk.refuse_odd(source)
    with source.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(path: Path, data: Mapping[str, object]) -> None:
    """Write what a run made, as JSON with sorted keys; the last file of a run, so that it vouches for the others.

    Every key of the top has its line, and every entry of a list there too: thousands of reports are read and written
    in a moment, and two manifests can be compared line by line.

    Parameters
    ----------
    path
        Usually `manifest.json` at the top of the run's folder.
    data
        Anything JSON can hold; nan and infinity are refused.
    """
    lines = ",\n".join(f"  {_json(name)}: {_listed(value)}" for name, value in sorted(data.items()))
    write_atomic(path, f"{{\n{lines}\n}}\n" if lines else "{}\n")


def _listed(value: object) -> str:
    if not isinstance(value, list | tuple) or not value:
        return _json(value)
    return "[\n    " + ",\n    ".join(map(_json, value)) + "\n  ]"


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)
