"""The reports of a run one by one, by whoever has time: cron, Airflow, Argo, Slurm, or a colleague's computer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pdsa.errors import ParamsError, Problem
from pdsa.publish.lock import one_at_a_time
from pdsa.runner.decide import as_it_stands, decide
from pdsa.runner.job import Job, Result
from pdsa.runner.make import make
from pdsa.runner.orders import Order, read_order, write_order
from pdsa.runner.placing import place
from pdsa.runner.plan import Plan
from pdsa.runner.records import read_record, stands
from pdsa.runner.reports import LOCK, refuse_other_network


def write_orders(plan: Plan, outputs: Path, folder: Path) -> int:
    """Write an order for each report of a plan that needs making, `1.json` and so on, and return how many.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    outputs
        The folder of all runs, where reports of earlier runs may stand.
    folder
        Where the orders are written; it must not hold any yet.

    Raises
    ------
    ParamsError
        The folder is in use.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        problem = Problem("--jobs", f"{folder}, which holds something already", "a new or an empty folder")
        step = "give another folder, or remove this one when none of its reports is being made"
        raise ParamsError("orders", (problem,), "nothing was written", step)
    run = outputs / plan.out_name
    refuse_other_network(run, plan.workspace.network.id)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)  # it holds the numbers of every school
    jobs = decide(plan, run).jobs
    for number, job in enumerate(jobs, 1):
        order = Order(job, plan.limits, plan.out_name, plan.workspace.network.id)
        write_order(folder, f"{number}", order)
    return len(jobs)


def make_one(path: Path, outputs: Path, allowed: Sequence[Path] = ()) -> Result:
    """Make the report of one order and place it with its record; a report that stands already is left as it is.

    Others may make reports of the same run at the same time; `pdsa report` itself may not.

    Parameters
    ----------
    path
        The order.
    outputs
        The folder of all runs; nothing is written elsewhere, whatever the order says.
    allowed
        Notebooks that may be run beside those of the package.

    Raises
    ------
    InputError
        The order is refused, or a whole run has the folder.
    """
    order = read_order(path, allowed)
    job, folder = order.job, outputs / order.run
    refuse_other_network(folder, order.network)
    with one_at_a_time(folder, LOCK, shared=True):
        return _standing(folder, job) or place(folder, job, make(job, order.limits))


def _standing(folder: Path, job: Job) -> Result | None:
    """What an earlier try made, if it is what this one would make."""
    record = read_record(folder, job.target) if job.key else None
    if record is not None and record.is_right(job.key) and stands(folder, record):
        return as_it_stands(folder, job, record)
    return None


__all__ = ["make_one", "write_orders"]
