"""Files that a run does not look at otherwise, searched for what is a secret today: a folder is handed on whole."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pdsa.publish import disk
from pdsa.publish.leaks import Secret, leaked
from pdsa.publish.together import NO_LONGER, put_away
from pdsa.runner.records import Record, tells
from pdsa.terms import Audience


@dataclass(frozen=True, slots=True)
class Held:
    """What holds the value of an environment variable that nobody may read.

    Parameters
    ----------
    reports
        Targets of the reports of which it stands in a file, or in what their records tell the index.
    others
        Paths of files that belong to no report.
    """

    reports: frozenset[str] = frozenset()
    others: tuple[str, ...] = ()


NONE_HELD = Held()


def files_below(folder: Path, below: str) -> set[str]:
    """Return every file below a part of a folder, by its path from the folder; of thousands, so as text.

    Parameters
    ----------
    folder
        The folder of a run.
    below
        A path from there.
    """
    start = len(str(folder)) + 1
    found = (f"{place}{os.sep}{name}" for place, _, names in os.walk(folder / below) for name in names)
    return {path[start:].replace(os.sep, "/") for path in found}


def search(
    folder: Path,
    targets: Iterable[str],
    records: Mapping[str, Record],
    looked_at: Collection[str],
    secrets: Sequence[Secret],
) -> Held:
    """Return which files for readers hold a secret, but for those of reports that the run looks at anyway.

    Parameters
    ----------
    folder
        The folder of the run.
    targets
        Of all reports that it holds after a complete run.
    records
        What is known of them, by target.
    looked_at
        Targets that are held against their records, and so are searched there.
    secrets
        What no file may hold today.
    """
    if not secrets:
        return NONE_HELD
    owners = {target: target for target in targets}
    owners |= {path: target for target, record in records.items() for path in record.files}
    left = (path for audience in get_args(Audience) for path in sorted(files_below(folder, audience)))
    held = [path for path in left if owners.get(path) not in looked_at and _holds(folder / path, secrets)]
    told = {target for target, one in records.items() if target not in looked_at and tells(one, secrets)}
    return Held(
        frozenset({owners[path] for path in held if path in owners} | told), tuple(p for p in held if p not in owners)
    )


def _holds(path: Path, secrets: Sequence[Secret]) -> bool:
    """A file that cannot be read is handed on by nobody, or not from here."""
    try:
        return path.is_file() and bool(leaked(path.read_bytes(), secrets))
    except OSError:
        return False


def put_out_of_sight(folder: Path, path: str) -> None:
    """Move a file into `no-longer-made/`, for its owner alone.

    Parameters
    ----------
    folder
        The folder of the run.
    path
        Of the file, from there.
    """
    put_away(folder, path)
    with contextlib.suppress(OSError):
        disk.restrict(folder / NO_LONGER / path)
