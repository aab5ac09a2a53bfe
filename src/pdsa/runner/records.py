"""What is known of each report, file by file: what the next run rests on, and the manifest is made from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from pdsa.errors import Problem
from pdsa.publish import digest, disk
from pdsa.publish.leaks import Secret, cleaned, leaked
from pdsa.publish.seals import sealed, unsealed

RECORDS = ".records"
HASHING = 4  # files at the same time; hashing lets other threads run


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last attempt gave no page.

    Parameters
    ----------
    key
        Of the report that could not be made.
    since
        When it failed for the first time since the last page was made.
    problem, next_step
        What was found where, and what the reader can do.
    cells
        How many of the notebook's cells ended how.
    """

    key: str
    since: str
    problem: Problem
    next_step: str
    cells: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Record:
    """One report as it stands in the folder of a run.

    Parameters
    ----------
    name, audience, school, title, about
        As in the job; `about` is `data` or `log`.
    target
        Path of the page below the run's folder.
    key, own, made, files
        Of the page that stands: its key, the hash of what that was computed from, when the page was made, and the
        hash of each of its files by path, the page last. "" and empty where no page was ever made.
    marker
        The completion mark of its notebook.
    seconds
        How long it took to make.
    cells
        How many cells of its notebook ended how.
    warnings
        What the notebook warned of, a few lines.
    failure
        Why a newer page could not be made; None if the page is the newest.
    """

    name: str
    audience: str
    school: str
    title: str
    about: str
    target: str
    key: str = ""
    own: str = ""
    made: str = ""
    files: Mapping[str, str] = field(default_factory=dict)
    marker: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    cells: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    failure: Failure | None = None

    def is_right(self, key: str) -> bool:
        """Whether the page that was recorded is the one that this key would make."""
        return bool(self.files) and self.key == key and (self.failure is None or self.failure.key != key)

    def is_known(self, own: str) -> bool:
        """Whether that is so for sure, because nothing that a key is computed from has changed."""
        return bool(self.files) and self.own == own and self.failure is None


def record_path(target: Path | str) -> Path:
    """Return where the record of a page lies below the run's folder; slugs hold no point, so no two ever meet.

    Examples
    --------
    >>> record_path("team/0107/report.html").as_posix()
    '.records/team/0107.report.json'
    """
    audience, *rest = Path(target).with_suffix(".json").parts
    return Path(RECORDS, audience, ".".join(rest))


def record_bytes(record: Record) -> bytes:
    """Return a record as JSON, with a seal: the next run rests on it."""
    return f"{json.dumps(sealed(asdict(record)), indent=1, ensure_ascii=False, allow_nan=False)}\n".encode()


@cache
def _form() -> TypeAdapter[Record]:
    return TypeAdapter(Record)


def read_record(folder: Path, target: Path) -> Record | None:
    """Return the record of a page; None where there is none, or one that somebody changed, or one of another page."""
    try:
        record = _form().validate_python(unsealed(disk.read(folder / record_path(target))))
    except (OSError, ValueError):  # a ValidationError is one
        return None
    return record if record.target == target.as_posix() and _stays_inside(record) else None


def _stays_inside(record: Record) -> bool:
    """A record names files beside its page, and no others, the page itself last."""
    folder = record.target.rpartition("/")[0]
    if record.files and list(record.files)[-1] != record.target:
        return False
    return all(path.rpartition("/")[0] == folder and "\\" not in path for path in record.files)


def verified(folder: Path, files: Mapping[str, str], secrets: Sequence[Secret] = ()) -> bool:
    """Whether every file of a record is there with the content that was written, and without any of the secrets."""
    try:
        return all(_is_whole(folder / path, sha256, secrets) for path, sha256 in files.items())
    except OSError:
        return False


def _is_whole(path: Path, sha256: str, secrets: Sequence[Secret]) -> bool:
    """One reading for both: what was no secret when the file was written may be one today."""
    if not secrets:
        return digest(path) == sha256
    data = disk.read(path)
    return digest(data) == sha256 and not leaked(data, secrets)


def stands(folder: Path, record: Record, secrets: Sequence[Secret] = ()) -> bool:
    """Whether a record has files, all of them are what was written, and no secret stands in them or in itself."""
    if not record.files or not verified(folder, record.files, secrets):
        return False
    return not tells(record, secrets)


def tells(record: Record, secrets: Sequence[Secret]) -> bool:
    """Return whether a secret stands in what a record has the manifest and the index say.

    Parameters
    ----------
    record
        Of a report.
    secrets
        What nobody may read.
    """
    told = [dict(record.marker), list(record.warnings)]
    return cleaned(told, secrets) != told


def standing(folder: Path, records: Iterable[Record], secrets: Sequence[Secret] = ()) -> set[str]:
    """Return the targets of those records that stand.

    Parameters
    ----------
    folder
        The folder of the run.
    records
        Of the reports that are looked at.
    secrets
        What no file may hold today.
    """
    every = list(records)
    with ThreadPoolExecutor(HASHING, thread_name_prefix="pdsa-hash") as pool:
        found = pool.map(lambda record: stands(folder, record, secrets), every)
        return {record.target for record, whole in zip(every, found, strict=True) if whole}
