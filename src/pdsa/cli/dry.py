"""`pdsa report --dry-run`: what a run would do with each report, for people or for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pdsa.cli.progress import Style, event, facts, held_secret, nothing_failed

if TYPE_CHECKING:
    from pdsa.errors import Problem
    from pdsa.runner import Job, Plan
    from pdsa.runner.decide import Decision

    Fate = tuple[str, Job, Problem | None, str]

# What becomes of a report, and how it is said: a school whose rows have to be mended gets none.
FATES = {"pending": "would be made", "unchanged": "stands", "failed": "cannot be made"}


def tell(plan: Plan, folder: Path, style: Style) -> None:
    """Say what a run would do with each report; nothing is written.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    folder
        The folder of the run.
    style
        How to tell.
    """
    from pdsa.publish.together import cut_off
    from pdsa.runner.decide import decide
    from pdsa.runner.origin import refuse_other_network
    from pdsa.runner.reports import held_names

    refuse_other_network(folder, plan.workspace.network.id)
    decision = decide(plan, folder)
    fates, held, halves = _fates(plan, decision), held_names(plan, decision), cut_off(folder)
    if style == "json":
        _tell_program(plan, fates, held, halves)
        return
    _list(plan, fates)
    for line in _aside(held, halves):
        click.echo(line)
    click.echo(_counts(plan, folder, fates))


def _fates(plan: Plan, decision: Decision) -> list[Fate]:
    """What becomes of each report that a run looks at, in the order of the plan."""
    every: list[Fate] = [("pending", job, None, "") for job in decision.jobs]
    every += [("unchanged", result.job, None, "") for result in decision.unchanged]
    every += [("failed", job, made.problem, made.next_step) for job, made in decision.refused]
    found = {fate[1].target: fate for fate in every}
    return [found[wanted.target] for wanted in plan.reports if wanted.target in found]


def _tell_program(plan: Plan, fates: Sequence[Fate], held: Sequence[str], halves: Sequence[Path]) -> None:
    counts = Counter(status for status, *_ in fates)
    event("started", dry_run=True, reports=len(fates))
    for status, job, problem, step in fates:
        event("report", **facts(job, status, 0.0, problem, step))
    event(
        "finished", cut_off=[path.as_posix() for path in halves], dry_run=True, held_secret=list(held),
        left_out=list(plan.left_out), **{status: counts[status] for status in FATES},
    )  # fmt: skip


def _list(plan: Plan, fates: Sequence[Fate]) -> None:
    width = max((len(FATES[status]) for status, *_ in fates), default=0)
    for status, job, *_ in fates:
        click.echo(f"{FATES[status]:{width}}  {job.name}")
    for reason in plan.left_out:
        click.echo(f"left out: {reason}")


def _aside(held: Sequence[str], halves: Iterable[Path]) -> Iterator[str]:
    """What a run would do besides."""
    if held:
        yield f"{held_secret(held, 'stands')}: it would be made again, or moved to no-longer-made/."
    for path in halves:
        yield f"{path} is still the old one beside new files: a run was ended while it replaced them, or is at work."
    if halves:
        yield "The next run replaces the rest of them first, and may find then that these reports stand."


def _counts(plan: Plan, folder: Path, fates: Sequence[Fate]) -> str:
    if not fates and plan.again == "failed":
        return f"{nothing_failed(plan)}: none would be made; nothing was written."
    found = Counter(status for status, *_ in fates)
    told = [
        f"{found[status]} {_many(status, found[status])}" for status in FATES if found[status] or status == "pending"
    ]
    return f"{len(fates)} report{'' if len(fates) == 1 else 's'} in {folder}: {', '.join(told)}; nothing was written."


def _many(status: str, count: int) -> str:
    return "stand" if status == "unchanged" and count != 1 else FATES[status]
