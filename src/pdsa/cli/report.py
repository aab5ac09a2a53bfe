"""`pdsa report`: one command, a report for every school and for the network."""

from __future__ import annotations

import sys
import time
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pdsa.cli.dry import tell
from pdsa.cli.far import far_options, far_pool, is_far, write_jobs
from pdsa.cli.progress import Closing, Progress, command_again, style_of

if TYPE_CHECKING:
    from pdsa.kernels import Parent
    from pdsa.runner import Plan, Run
    from pdsa.runner.plan import Again


@click.command()
@click.argument("params", type=click.Path(path_type=Path))
@click.option("--data", default="", help="Folder of raw data, in place of the params file's; not for a workspace.")
@click.option("--only", multiple=True, metavar="SCHOOL", help="Only reports of this school id; may be repeated.")
@click.option("--force", is_flag=True, help="Make every report again, also those that did not change.")
@click.option("--retry-failed", is_flag=True, help="Only the reports that failed last time.")
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("outputs"), show_default=True, help="Folder of all runs."
)
@click.option("--workers", type=click.IntRange(1, 64), default=None, help="Reports at the same time.")
@click.option(
    "--dry-run", is_flag=True, help="Check everything, say which reports would be made and which stand; write nothing."
)
@click.option("--log", default="", envvar="PDSA_LOG_URL", help="Address of the improvement log in PostgreSQL.")
@click.option("--quiet", is_flag=True, help="Print failures and the index only.")
@click.option("--json-lines", is_flag=True, help="Print one JSON object a line, for programs.")
@far_options
def report(
    params: Path,
    only: tuple[str, ...],
    out: Path,
    *,
    workers: int | None,
    quiet: bool,
    json_lines: bool,
    **flags: Any,
) -> None:
    """Make the reports that PARAMS asks for, a params file or a workspace folder: those that changed or are new."""
    from pdsa.runner.warm import warm_reports

    which, style = _again(flags["force"], flags["retry_failed"]), style_of(quiet=quiet, json_lines=json_lines)
    # the warm parent imports while the data are read
    with nullcontext() if flags["dry_run"] or is_far(flags) else warm_reports() as parent:
        from pdsa.runner import make_reports, plan_run
        from pdsa.runner.decide import count_of
        from pdsa.site import write_indexes

        clock = time.perf_counter()
        plan = plan_run(params, data=flags["data"], only=only, again=which, log=flags["log"])
        reading = time.perf_counter() - clock
        _tell_unread(plan)
        _tell_elsewhere(plan, out / plan.out_name)
        _tell_doubtful(plan, out / plan.out_name)
        total = count_of(plan, out / plan.out_name) if which == "failed" else len(plan.chosen)
        if which == "failed" and not total:
            _refuse_first(out / plan.out_name)
        if flags["dry_run"]:
            tell(plan, out / plan.out_name, style)
            sys.exit(1 if plan.workspace.unread else 0)
        if flags["jobs"]:
            write_jobs(flags["jobs"], plan, out)
            return
        indexes = list[Path]()
        with Progress(style, total, forced=which == "all") as progress:
            run = make_reports(
                plan,
                out,
                pool=far_pool(flags, plan, out),
                workers=workers,
                parent=parent,
                on_done=progress.show,
                finish=lambda folder: indexes.extend(write_indexes(folder)),
            )
        _tell_cold(parent, run)  # before it is ended
    again = command_again(click.get_current_context(), _once, all_changed=bool(plan.workspace.unread))
    Closing(plan, run, indexes, reading, again).tell(style)
    sys.exit(1 if run.failed or run.stuck else 0)


def _once(option: str) -> bool:
    """Whether an option is of this one run."""
    return option in ("force", "retry_failed")


def _again(force: bool, retry_failed: bool) -> Again:
    if force and retry_failed:
        raise click.UsageError("--force makes every report again, --retry-failed only some of them: give one.")
    return "all" if force else "failed" if retry_failed else "changed"


def _refuse_first(folder: Path) -> None:
    """Where no run has come to its end, none of its reports can have failed: an index of nothing would mislead."""
    from pdsa.errors import ParamsError, Problem

    if not (folder / "manifest.json").is_file():
        problem = Problem(str(folder), "no earlier run", "one, some of whose reports failed")
        step = "leave out --retry-failed: then every report is made"
        raise ParamsError("--retry-failed", (problem,), "no report was started", step)


def _tell_cold(parent: Parent | None, run: Run) -> None:
    """Say that the kernels started cold although they could start warm: that is slower."""
    if parent is not None and len(run.results) > len(run.unchanged) and not parent.is_ready():
        why = parent.why().splitlines()
        reason = why[-1] if why else "its process ended"
        click.echo(f"The warm start failed ({reason}); reports were made by kernels that start cold.", err=True)


def _tell_elsewhere(plan: Plan, folder: Path) -> None:
    """Say that the pages of another folder are about to be replaced: it may be an older copy, or another network."""
    from pdsa.runner.origin import made_elsewhere

    if there := made_elsewhere(folder, plan):
        click.echo(
            f"{folder} has reports that were made from {there}, which is still there; this run is about {plan.place}. "
            "If these are two networks, give one of them another id in network.yaml, or --out another folder.",
            err=True,
        )


def _tell_doubtful(plan: Plan, folder: Path) -> None:
    """What is no mistake, and may cost pages their numbers."""
    from pdsa.runner.doubtful import doubtful

    for line in doubtful(folder, plan):
        click.echo(line, err=True)


def _tell_unread(plan: Plan) -> None:
    """Every row that has to be mended, to whoever runs the batch."""
    from pdsa.errors import InputError
    from pdsa.workspace.grouping import gathered
    from pdsa.workspace.rows import AGAIN, MEND_ROWS

    for school, problems in plan.workspace.unread.items():
        who = f"{school}, {plan.workspace.known[school].name}"
        told, step = gathered(problems, list(plan.workspace.known), MEND_ROWS, AGAIN)
        consequence = "no report of this school is made; those of the others are"
        click.echo(str(InputError(who, told, consequence, step)), err=True)
