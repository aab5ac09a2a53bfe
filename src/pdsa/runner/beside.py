"""What stands in the folder of a run besides its reports, and what must not stand there any more."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

from pdsa.publish import digest, disk, write_manifest
from pdsa.publish.leaks import cleaned, secrets_of
from pdsa.publish.together import put_away
from pdsa.runner.job import Result
from pdsa.runner.logs import LOGS, log_path
from pdsa.runner.plan import Plan
from pdsa.runner.records import RECORDS, record_path
from pdsa.runner.searched import Held, files_below, put_out_of_sight
from pdsa.terms import Audience
from pdsa.workspace import dossier_for
from pdsa.workspace.journal import ARCHIVE, ARCHIVE_ROWS, archive_rows

# The past cycles of each audience that may look back over them: data of the run, and the page that `site` makes.
ARCHIVED: tuple[Audience, ...] = ("coach", "district", "network")
# What `site` writes beside the reports of an audience.
SITE_PAGES = ("index.html", "data-quality.html", ARCHIVE, ARCHIVE_ROWS)


def set_aside(folder: Path, audiences: Iterable[str], results: Iterable[Result]) -> None:
    """Move pages that a complete run does not make into `no-longer-made/`: a folder is handed on as it is.

    A school that left, or a mask that was less strict, must not stay beside today's pages.

    Parameters
    ----------
    folder
        The folder of the run.
    audiences
        Who the params ask pages for.
    results
        What became of every report of the network.
    """
    every = tuple(results)
    known = _known(every) | {f"{audience}/{name}" for audience in audiences for name in SITE_PAGES}
    told = {path(result.job.target).as_posix() for result in every for path in (record_path, log_path)}
    for audience in get_args(Audience):
        for file in sorted(files_below(folder, audience) - known):
            put_away(folder, file)
        for below in (RECORDS, LOGS):
            for file in sorted(files_below(folder, f"{below}/{audience}") - told):
                disk.remove(folder / file)


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


def put_secrets_away(folder: Path, audiences: Iterable[str], held: Held) -> bool:
    """Move files of no report in which a secret stands into `no-longer-made/`; what `site` makes it makes anew.

    Parameters
    ----------
    folder
        The folder of the run.
    audiences
        Who the params ask pages for.
    held
        What the search found.

    Returns
    -------
    bool
        Whether past cycles hold one, and have to be written again.
    """
    ours = {f"{audience}/{name}" for audience in audiences for name in SITE_PAGES}
    for path in held.others:
        if path not in ours:
            put_out_of_sight(folder, path)
    return any(path.endswith(f"/{ARCHIVE_ROWS}") for path in ours.intersection(held.others))


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
    for audience in ARCHIVED:
        if any(wanted.audience == audience for wanted in plan.reports):
            rows = archive_rows(dossier_for(plan.workspace, audience))
            target = folder / audience / ARCHIVE_ROWS
            if rows:
                write_manifest(target, cleaned({"schema": 1, "cycles": rows}, secrets_of(os.environ)))
                written[f"{audience}/{ARCHIVE_ROWS}"] = digest(target)
            elif target.is_file():
                disk.remove(target)
    return written
