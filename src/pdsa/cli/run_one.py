"""`pdsa run-one`: one report, described by a file that `pdsa report --jobs` wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from pdsa.runner import Result


@click.command("run-one")
@click.argument("job", type=click.Path(path_type=Path))
@click.option(
    "--out", type=click.Path(path_type=Path), default=Path("outputs"), show_default=True, help="Folder of all runs."
)
@click.option(
    "--notebook", multiple=True, type=click.Path(path_type=Path), help="A notebook of your own that the job may run."
)
@click.option("--json-lines", is_flag=True, help="Print the outcome as one line of JSON.")
def run_one(job: Path, out: Path, notebook: tuple[Path, ...], *, json_lines: bool) -> None:
    """Make the report that JOB describes, for cron, Airflow, Argo or Slurm; a report that stands is left."""
    from pdsa.runner.one import make_one

    result = make_one(job, out, notebook)
    click.echo(json.dumps(_line(result), ensure_ascii=False) if json_lines else _told(result))
    if result.problem and not json_lines:
        click.echo(f"  {result.problem}\n  Next: {result.next_step}.", err=True)
    sys.exit(1 if result.status == "failed" else 0)


def _told(result: Result) -> str:
    place = f", {result.path}" if result.path else ""
    return f"{result.status} {result.seconds:.1f} s  {result.job.name}{place}"


def _line(result: Result) -> dict[str, object]:
    return {
        "report": result.job.name,
        "status": result.status,
        "seconds": round(result.seconds, 2),
        "path": str(result.path or ""),
        "sha256": result.sha256,
        "problem": str(result.problem or ""),
        "next_step": result.next_step,
    }
