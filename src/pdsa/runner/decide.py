"""What a run must make, and what stands already: every page is held against the key it would have today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pdsa.runner.job import Job, Result
from pdsa.runner.plan import Plan, Wanted, job_of
from pdsa.runner.records import Record, read_record, standing


@dataclass(frozen=True, slots=True)
class Decision:
    """What a run makes and what it leaves.

    Parameters
    ----------
    jobs
        The reports to make.
    unchanged
        A result for each chosen report that stands already.
    records
        What is known of every report of the plan before the run, by target.
    outdated
        Targets of pages of the network that the run does not look at and that rest on other data than today's.
    """

    jobs: tuple[Job, ...]
    unchanged: tuple[Result, ...]
    records: Mapping[str, Record]
    outdated: frozenset[str]


def decide(plan: Plan, folder: Path) -> Decision:
    """Compare every chosen report with what stands in the folder of the run, file by file; nothing is written.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    folder
        The folder of the run.
    """
    found = {wanted: read_record(folder, wanted.target) for wanted in plan.reports}
    records = {record.target: record for record in found.values() if record is not None}
    chosen = [w for w in plan.chosen if plan.again != "failed" or ((one := found[w]) is not None and one.failure)]
    whole = set() if plan.again == "all" else standing(folder, [r for w in chosen if (r := found[w]) is not None])
    jobs, unchanged = [], []
    for wanted in chosen:
        job, record = job_of(plan.workspace, wanted), found[wanted]
        if record is not None and record.target in whole and record.is_right(job.key):
            unchanged.append(as_it_stands(folder, job, record))
        else:
            jobs.append(job)
    return Decision(tuple(jobs), tuple(unchanged), records, _outdated(plan, set(chosen), records))


def as_it_stands(folder: Path, job: Job, record: Record) -> Result:
    """Return the result of a report that need not be made, without its release: thousands are kept until the end."""
    *beside, page = (folder / path for path in record.files)
    return Result(
        replace(job, files={}),
        "unchanged",
        record.seconds,
        page,
        record.files[record.target],
        tuple(beside),
        record.marker,
        record=replace(record, failure=None),
    )


def _outdated(plan: Plan, chosen: set[Wanted], records: Mapping[str, Record]) -> frozenset[str]:
    """Pages of the network that stay although the data under them changed; there are few, so each is looked at."""
    left = [wanted for wanted in plan.reports if not wanted.school and wanted not in chosen]
    known = [(records[w.target.as_posix()], w) for w in left if w.target.as_posix() in records]
    return frozenset(record.target for record, w in known if record.key != job_of(plan.workspace, w).key)
