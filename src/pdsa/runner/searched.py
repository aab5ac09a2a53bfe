"""Files that a run does not look at otherwise, searched for what is a secret today: a folder is handed on whole."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

from pdsa.errors import Problem
from pdsa.publish import disk
from pdsa.publish.leaks import Secret, leaked
from pdsa.publish.together import NO_LONGER, put_away
from pdsa.runner.records import Record, tells
from pdsa.runner.refused import of_disk, place_of
from pdsa.terms import Audience

CLEAN = "no secret in a file that people read"
Stuck = tuple[Problem, str]  # a file that had to go and is still there, by its path, and what to do about it


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
    held = [path for path in left if owners.get(path) not in looked_at and held_in(folder / path, secrets)]
    told = {target for target, one in records.items() if target not in looked_at and tells(one, secrets)}
    return Held(
        frozenset({owners[path] for path in held if path in owners} | told), tuple(p for p in held if p not in owners)
    )


def held_in(path: Path, secrets: Sequence[Secret]) -> str:
    """Return the variable whose value stands in a file; "" if none does, or if there is no such file.

    A file that cannot be read is handed on by nobody, or not from here.

    Parameters
    ----------
    path
        Of the file.
    secrets
        What no file may hold today.
    """
    try:
        return leaked(path.read_bytes(), secrets) if secrets and path.is_file() else ""
    except OSError:
        return ""


def move_away(folder: Path, path: Path | str, *, restricted: bool = False) -> Stuck | None:
    """Move a file into `no-longer-made/`; where it stays, return what stands in the way and what to do about that.

    Parameters
    ----------
    folder
        The folder of the run.
    path
        Of the file, from there.
    restricted
        Whether only its owner may read it there, because a secret stands in it.
    """
    target = folder / NO_LONGER / path
    try:
        put_away(folder, path)
        if restricted:
            disk.restrict(target)
    except OSError as error:
        if (folder / path).is_file():
            return of_disk(error, place_of(error, target), folder)
    return None


def no_way(way: Problem) -> str:
    """Return in words that a file cannot be moved away.

    Parameters
    ----------
    way
        What stands in the way.
    """
    told = f"{way.place}: found {way.found}, expected {way.expected}"
    return f"no way to move it to {NO_LONGER}/ ({told})"


def still_held(folder: Path, paths: Iterable[str], tried: Sequence[Stuck], secrets: Sequence[Secret]) -> list[Stuck]:
    """Return which of some files hold a secret at the end of a run: what it says of them must be true.

    Parameters
    ----------
    folder
        The folder of the run.
    paths
        From there.
    tried
        Those that could not be moved away, as far as that is known.
    secrets
        What no file may hold today.
    """
    known = {problem.place: (problem, step) for problem, step in tried}
    found = ((path, variable) for path in sorted({*paths}) if (variable := held_in(folder / path, secrets)))
    return [known.get(path) or _holding(path, variable) for path, variable in found]


def _holding(path: str, variable: str) -> Stuck:
    """A file that was made again and holds it again, or that came back."""
    step = f"remove it by hand, or run without what it holds: env -u {variable} pdsa"
    return Problem(path, f"the value of the environment variable {variable}", CLEAN), step
