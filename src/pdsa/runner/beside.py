"""What stands in the folder of a run besides its reports, and what must not stand there any more."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import get_args

from pdsa.errors import Problem
from pdsa.publish import digest, disk, write_manifest
from pdsa.publish.leaks import Secret, cleaned, secrets_of
from pdsa.runner.job import Result
from pdsa.runner.logs import LOGS, log_path
from pdsa.runner.plan import Plan
from pdsa.runner.records import RECORDS, record_path
from pdsa.runner.searched import CLEAN, Stuck, files_below, held_in, move_away, no_way
from pdsa.terms import INDEXED, Audience
from pdsa.workspace import dossier_for
from pdsa.workspace.journal import ARCHIVE, ARCHIVE_ROWS, ARCHIVED, archive_rows

INDEX, QUALITY = "index.html", "data-quality.html"  # of each audience that has an index


def rows_of(plan: Plan) -> dict[str, Audience]:
    """Return the paths of the past cycles that a run writes, each with the audience that may look back over them.

    Where nothing has come to its end, it takes away what stands there.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    """
    readers = {wanted.audience for wanted in plan.reports}
    return {f"{audience}/{ARCHIVE_ROWS}": audience for audience in ARCHIVED if audience in readers}


def made_beside(plan: Plan) -> set[str]:
    """Return the paths of all that a run and `site` write beside the reports.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    """
    rows = rows_of(plan)
    indexed = [audience for audience in INDEXED if audience in plan.workspace.params.audiences]
    archives = {f"{audience}/{ARCHIVE}" for audience in rows.values()}
    return {*rows, *archives, *(f"{audience}/{name}" for audience in indexed for name in (INDEX, QUALITY))}


def set_aside(
    folder: Path,
    made: Collection[str],
    results: Iterable[Result],
    leaving: Collection[str] = (),
    secrets: Sequence[Secret] = (),
) -> list[Stuck]:
    """Move pages that a complete run does not make into `no-longer-made/`: a folder is handed on as it is.

    A school that left, or a mask that was less strict, must not stay beside today's pages.

    Parameters
    ----------
    folder
        The folder of the run.
    made
        Paths of what the run makes beside the reports.
    results
        What became of every report of the network.
    leaving
        Paths of what is known to be stuck.
    secrets
        What no file may hold today.

    Returns
    -------
    list
        What cannot be moved away; all others are.
    """
    every, stuck = tuple(results), list[Stuck]()
    known = {*_known(every), *made, *leaving}
    told = {path(result.job.target).as_posix() for result in every for path in (record_path, log_path)}
    for audience in get_args(Audience):
        for file in sorted(files_below(folder, audience) - known):
            stuck += _stuck(folder, file, secrets)
        for below in (RECORDS, LOGS):
            for file in sorted(files_below(folder, f"{below}/{audience}") - told):
                disk.remove(folder / file)
    return stuck


def _known(results: Iterable[Result]) -> set[str]:
    """Paths that may stand: of each report, and of what is beside it."""
    known, failed, endings = set[str](), list[Path](), set[str]()
    for result in results:
        page, files = result.job.target, result.record.files if result.record else {}
        known |= {page.as_posix(), *files}
        endings |= {end for path in files if (end := Path(path).name.removeprefix(page.stem)).startswith("-")}
        if result.status == "failed":  # whatever stands there of an earlier run stays, recorded or not
            failed.append(page)
    return known | {page.with_name(f"{page.stem}{end}").as_posix() for page in failed for end in endings}


def put_secrets_away(folder: Path, paths: Iterable[str], secrets: Sequence[Secret]) -> list[Stuck]:
    """Move files in which a secret stands into `no-longer-made/`; what `site` makes of them it makes anew.

    What was written since they were found, without the secret, stays.

    Parameters
    ----------
    folder
        The folder of the run.
    paths
        Of the files, from there.
    secrets
        What no file may hold today.

    Returns
    -------
    list
        What cannot be moved away; all others are.
    """
    holding = (path for path in paths if held_in(folder / path, secrets))
    return [stuck for path in holding for stuck in _stuck(folder, path, secrets)]


def _stuck(folder: Path, path: str, secrets: Sequence[Secret]) -> list[Stuck]:
    """Move one file away; what is wrong with it where that cannot be done."""
    variable = held_in(folder / path, secrets)
    why = move_away(folder, path, restricted=bool(variable))
    if why is None:
        return []
    found = f"the value of the environment variable {variable}" if variable else "a file that is no longer made"
    expected = CLEAN if variable else "only what the run makes"
    return [(Problem(path, f"{found} and {no_way(why[0])}", expected), why[1])]


def write_archives(plan: Plan, folder: Path) -> dict[str, str]:
    """Write the past cycles that each audience may see, beside its pages; return the hash of each file by path.

    `site` makes a page of them.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    folder
        The folder of the run.
    """
    written = {}
    for path, audience in rows_of(plan).items():
        rows, target = archive_rows(dossier_for(plan.workspace, audience)), folder / path
        if rows:
            write_manifest(target, cleaned({"schema": 1, "cycles": rows}, secrets_of(os.environ)))
            written[path] = digest(target)
        elif target.is_file():
            disk.remove(target)
    return written
