"""What a run must make, and what stands already: every page is held against the key it would have today."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from pdsa.errors import Problem
from pdsa.publish.leaks import Secret, secrets_of
from pdsa.runner.job import Job, Made, Result
from pdsa.runner.keys import slice_key
from pdsa.runner.plan import Plan, Wanted, light_job, whole_job
from pdsa.runner.records import Record, read_record, standing
from pdsa.runner.searched import NONE_HELD, Held, search
from pdsa.workspace import Slices
from pdsa.workspace.rows import MEND_ROWS


@dataclass(frozen=True, slots=True)
class Decision:
    """What a run makes and what it leaves.

    Parameters
    ----------
    jobs
        The reports to make.
    refused
        Those that cannot be made, because rows of their school have to be mended first, and why.
    unchanged
        A result for each chosen report that stands already.
    records
        What is known of every report of the plan before the run, by target.
    outdated
        Targets of pages that the run does not look at and that are older than today's data.
    whole
        Hash of the whole network's slice.
    held
        What of the rest holds a secret; the reports among it are looked at too.
    """

    jobs: tuple[Job, ...]
    unchanged: tuple[Result, ...]
    records: Mapping[str, Record]
    outdated: frozenset[str]
    whole: str
    refused: tuple[tuple[Job, Made], ...] = ()
    held: Held = NONE_HELD


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
    secrets, asked = secrets_of(os.environ), {*_looked_at(plan, found)}
    held = _held(plan, folder, records, asked, secrets)
    chosen = [wanted for wanted in plan.reports if wanted in asked or wanted.target.as_posix() in held.reports]
    looked_at = [] if plan.again == "all" else [r for w in chosen if (r := found[w]) is not None]
    whole = standing(folder, looked_at, secrets)
    jobs, unchanged, look = [], [], _Look(plan)
    refused = tuple(_refused(plan, wanted) for wanted in chosen if wanted.school in plan.workspace.unread)
    for wanted in (one for one in chosen if one.school not in plan.workspace.unread):
        record = found[wanted] if wanted.target.as_posix() in whole else None
        decided = look.at(wanted, record)
        if isinstance(decided, Job):
            jobs.append(decided)
        else:
            unchanged.append(as_it_stands(folder, *decided))
    seen = set(chosen)
    left = ((w, record) for w, record in found.items() if record is not None and w not in seen)
    outdated = frozenset(record.target for w, record in left if look.is_older(w, record))
    return Decision(tuple(jobs), tuple(unchanged), records, outdated, look.own(""), refused, held)


def _held(
    plan: Plan, folder: Path, records: Mapping[str, Record], asked: Collection[Wanted], secrets: Sequence[Secret]
) -> Held:
    """Whatever a run was asked for: the reports that it does not look at are searched, and files of no report."""
    targets = [wanted.target.as_posix() for wanted in plan.reports]
    return search(folder, targets, records, {wanted.target.as_posix() for wanted in asked}, secrets)


def count_of(plan: Plan, folder: Path) -> int:
    """Return how many reports a run of this plan in this folder looks at because it was asked to."""
    return len(_looked_at(plan, {wanted: read_record(folder, wanted.target) for wanted in plan.chosen}))


def _looked_at(plan: Plan, found: Mapping[Wanted, Record | None]) -> list[Wanted]:
    return [w for w in plan.chosen if plan.again != "failed" or ((one := found[w]) is not None and one.failure)]


def _refused(plan: Plan, wanted: Wanted) -> tuple[Job, Made]:
    """A report whose school has rows to mend; what cells hold stands in its log alone, for its record is read."""
    first, *more = plan.workspace.unread[wanted.school]
    is_told = ", row " not in first.place or first.expected.endswith("as in the header")  # then cells are counted
    found = first.found if is_told else "a value that stands in .logs alone"
    also = f" (the first of {len(more) + 1} places to mend)" if more else ""
    problem = Problem(first.place, f"{found}{also}", first.expected)
    whole = "\n".join(map(str, (first, *more)))
    return light_job(plan, wanted), Made("failed", 0.0, problem=problem, next_step=MEND_ROWS, printed=whole, tries=0)


class _Look:
    """Holds reports against their records, and makes a release only where it must."""

    def __init__(self, plan: Plan) -> None:
        self.plan, self.slices = plan, Slices(plan.workspace)
        self.own = cache(self.slices.of)

    def light(self, wanted: Wanted) -> Job:
        """The job without its release, and with the hash of what its key is computed from."""
        light = light_job(self.plan, wanted)
        return replace(light, own=slice_key(self.own(wanted.school), light.notebook, light.name))

    def is_older(self, wanted: Wanted, record: Record) -> bool:
        """Whether the page rests on what has changed since; whether it would look another, only a release tells."""
        return bool(record.files) and record.own != self.light(wanted).own

    def at(self, wanted: Wanted, record: Record | None) -> Job | tuple[Job, Record]:
        """The job to make; or a job without its release, and its record as it is from now on."""
        light = self.light(wanted)
        if record is not None and record.is_known(light.own):
            return light, record
        job = whole_job(self.plan.workspace, light)
        if record is not None and record.is_right(job.key):
            return light, replace(record, own=light.own, failure=None)
        return job


def as_it_stands(folder: Path, job: Job, record: Record) -> Result:
    """Return the result of a report that need not be made, without its release: thousands are kept until the end."""
    *beside, page = (folder / path for path in record.files)
    return Result(
        job,
        "unchanged",
        0.0,
        page,
        record.files[record.target],
        tuple(beside),
        record.marker,
        record=record,
    )
