"""What stands in the folder of a run besides its reports, and what must not stand there any more."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import get_args

from pdsa.publish import disk, write_manifest
from pdsa.runner.job import Result
from pdsa.runner.plan import Plan
from pdsa.runner.records import RECORDS, record_path
from pdsa.terms import Audience
from pdsa.workspace import dossier_for
from pdsa.workspace.journal import ARCHIVE, ARCHIVE_ROWS, archive_rows

# The past cycles of each audience that may look back over them: data of the run, and the page that `site` makes.
ARCHIVED: tuple[Audience, ...] = ("coach", "district", "network")
# What `site` writes beside the reports of an audience.
SITE_PAGES = ("index.html", "data-quality.html", ARCHIVE, ARCHIVE_ROWS)
NO_LONGER = "no-longer-made"


def set_aside(folder: Path, results: Iterable[Result]) -> None:
    """Move pages that a complete run does not make into `no-longer-made/`: a folder is handed on as it is.

    A school that left, or a mask that was less strict, must not stay beside today's pages.

    Parameters
    ----------
    folder
        The folder of the run.
    results
        What became of every report of the network.
    """
    known, stems, records = set[Path](), set[tuple[Path, str]](), set[Path]()
    for result in results:
        page = folder / result.job.target
        records.add(folder / record_path(result.job.target))
        if result.status == "failed":  # whatever stands there of an earlier run stays
            stems.add((page.parent, page.stem))
        known |= {folder / path for path in result.record.files} if result.record else {page}
    for audience in get_args(Audience):
        for file in _files(folder / audience):
            if file not in known and not _belongs(file, stems) and file.name not in SITE_PAGES:
                _move(file, folder / NO_LONGER / file.relative_to(folder))
        _forget(folder / RECORDS / audience, records)


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _belongs(file: Path, stems: Collection[tuple[Path, str]]) -> bool:
    return any((file.parent, stem) in stems for stem in (file.stem, file.stem.rpartition("-")[0]))


def _move(file: Path, target: Path) -> None:
    disk.make_folder(target.parent)
    disk.rename(file, target)


def _forget(folder: Path, records: Collection[Path]) -> None:
    for file in _files(folder):
        if file not in records:
            disk.remove(file)


def write_archives(plan: Plan, folder: Path) -> None:
    """Write the past cycles that each audience may see, beside its pages; `site` makes a page of them.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    folder
        The folder of the run.
    """
    for audience in ARCHIVED:
        if any(wanted.audience == audience for wanted in plan.reports):
            rows = archive_rows(dossier_for(plan.workspace, audience))
            target = folder / audience / ARCHIVE_ROWS
            if rows:
                write_manifest(target, {"schema": 1, "cycles": rows})
            elif target.is_file():
                disk.remove(target)
