"""`pdsa report`: one command, a report for every school and for the network."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pdsa.runner import Plan, Result, Run


@click.command()
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--data", default="", help="Folder of the raw data, in place of the one in the params file.")
@click.option("--only", multiple=True, metavar="SCHOOL", help="Only this school id; may be given several times.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("outputs"), show_default=True, help="Folder of all runs."
)
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Reports at the same time.")
@click.option("--dry-run", is_flag=True, help="Check everything and list the reports; write nothing.")
@click.option("--log", default="", envvar="PDSA_LOG_URL", help="Address of the improvement log in PostgreSQL.")
@click.option("--quiet", is_flag=True, help="Print failures and the index only.")
def report(
    params: Path,
    data: str,
    only: tuple[str, ...],
    out: Path,
    workers: int | None,
    log: str,
    **flags: bool,
) -> None:
    """Make every report that PARAMS asks for: a params file, or a workspace folder."""
    from pdsa.runner.warm import warm_reports

    # the warm parent imports while the data are read
    with nullcontext() if flags["dry_run"] else warm_reports() as parent:
        from pdsa.runner import make_reports, plan_run
        from pdsa.site import write_indexes

        plan = plan_run(params, data=data, only=only, log=log)
        if flags["dry_run"]:
            _list(plan, out)
            return
        progress = _Progress(len(plan.reports), flags["quiet"])
        run = make_reports(plan, out, workers=workers, on_done=progress.show, parent=parent)
    indexes = write_indexes(run.folder)
    _close(plan, run, flags["quiet"])
    click.echo(str(indexes[-1] if indexes else run.folder))
    sys.exit(1 if run.failed else 0)


def _list(plan: Plan, out: Path) -> None:
    from pdsa.runner.reports import LOG_NOTEBOOK

    for wanted in plan.reports:
        of_log = ", improvement log" if wanted.notebook == LOG_NOTEBOOK else ""
        click.echo(f"{wanted.audience}: {wanted.school or 'network report'}{of_log}")
    for reason in plan.left_out:
        click.echo(f"left out: {reason}")
    click.echo(f"{len(plan.reports)} reports would go to {out / plan.out_name}; nothing was written.")


class _Progress:
    """A line for each report as it is done."""

    def __init__(self, total: int, quiet: bool) -> None:
        self.total, self.quiet, self.done = total, quiet, 0

    def show(self, result: Result) -> None:
        self.done += 1
        if result.status == "ok" and self.quiet:
            return
        click.echo(f"[{self.done}/{self.total}] {result.status:6} {result.seconds:5.1f} s  {result.job.name}")
        if result.problem:
            click.echo(f"         {result.problem}\n         Next: {result.next_step}.", err=True)


def _close(plan: Plan, run: Run, quiet: bool) -> None:
    made, failed = len(run.results) - len(run.failed), len(run.failed)
    for reason in plan.left_out:
        click.echo(f"Left out: {reason}.", err=True)
    if not quiet or failed:
        each = run.seconds / max(len(run.results), 1)
        click.echo(f"{made} reports made, {failed} failed, {run.seconds:.1f} s ({each:.2f} s each).")
