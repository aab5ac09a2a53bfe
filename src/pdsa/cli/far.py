"""The options of `pdsa report` that have other machines make the reports."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pdsa.runner import Plan, Pool

_OPTIONS = (
    click.option("--on", default="", metavar="ADDRESS", help="A dask cluster makes them: tls://scheduler:8786."),
    click.option("--tls-ca", default="", metavar="FILE", help="Certificate of the authority that --on trusts."),
    click.option("--tls-cert", default="", metavar="FILE", help="Our certificate for --on."),
    click.option("--tls-key", default="", metavar="FILE", help="Its key."),
    click.option(
        "--jobs", type=click.Path(path_type=Path), default=None, metavar="FOLDER",
        help="Make nothing; write a file for each report, for `pdsa run-one`.",
    ),
)  # fmt: skip


def far_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options to a command, which receives them among its keyword arguments."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def is_far(options: dict[str, Any]) -> bool:
    """Return whether other machines make the reports, so that this one need not get ready for it."""
    if options["on"] and options["jobs"]:
        raise click.UsageError("--on has a cluster make the reports, --jobs leaves it to others: give one.")
    if options["jobs"] and options["force"]:
        raise click.UsageError("--jobs is for reports that need making, --force for the others too: give one.")
    return bool(options["on"] or options["jobs"])


def far_pool(options: dict[str, Any], plan: Plan, out: Path) -> Pool | None:
    """Return the cluster that makes the reports of a plan; None for this machine."""
    if not options["on"]:
        return None
    from pdsa.runner.cluster import ClusterPool, Tls

    tls = Tls(options["tls_ca"], options["tls_cert"], options["tls_key"])
    return ClusterPool(options["on"], plan.limits, out / plan.out_name, tls)


def write_jobs(folder: Path, plan: Plan, out: Path) -> None:
    """Write the orders of a plan, and say how they are carried out."""
    from pdsa.runner.one import write_orders
    from pdsa.runner.orders import is_packaged

    count = write_orders(plan, out, folder)
    own = "".join(f" --notebook {path}" for path in plan.notebooks.values() if not is_packaged(path))
    click.echo(f"{count} reports need making; each is a file in {folder}.")
    if count:
        click.echo(f"Each of 1 to {count}, anywhere: pdsa run-one {folder}/1.json --out {out}{own}")
    click.echo("Then the same command without --jobs: it finds the reports, and writes manifest and indexes.")
