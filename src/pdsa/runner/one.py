"""The reports of a run one by one, by whoever has time: cron, Airflow, Argo, Slurm, or a colleague's computer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pdsa.errors import ParamsError, Problem
from pdsa.kernels import sweep_folders
from pdsa.publish.leaks import secrets_of
from pdsa.runner.decide import as_it_stands, decide
from pdsa.runner.job import Job, Result
from pdsa.runner.make import make
from pdsa.runner.orders import Order, read_order, write_order
from pdsa.runner.origin import refuse_other_network
from pdsa.runner.placing import place
from pdsa.runner.plan import Plan
from pdsa.runner.records import read_record, stands
from pdsa.runner.refused import alone_in


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
    decision = decide(plan, run)
    jobs = decision.jobs
    for number, job in enumerate(jobs, 1):
        stood = decision.records.get(job.target.as_posix())
        before = stood.key if stood is not None else ""
        order = Order(job, plan.limits, plan.out_name, plan.workspace.network.id, before)
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
    # what an order says of its slice nobody can check; the next run finds it again
    job, folder = replace(order.job, own=""), outputs / order.run
    refuse_other_network(folder, order.network)
    with alone_in(folder, shared=True):
        if (stands_already := _standing(folder, job)) is not None:
            return stands_already
        _refuse_older(path, folder, order)
        sweep_folders()
        return place(folder, job, make(job, order.limits))


def _refuse_older(path: Path, folder: Path, order: Order) -> None:
    """An order that waited too long never takes the place of a page that was made meanwhile."""
    record = read_record(folder, order.job.target)
    if not order.job.key or (record is not None and record.key not in ("", order.before, order.job.key)):
        found = "a page that was made after this order was written" if order.job.key else "no key"
        problem = Problem(order.job.target.as_posix(), found, "an order that is newer")
        step = "write the orders again with pdsa report --jobs"
        raise ParamsError(path.name, (problem,), "no report was made", step)


def _standing(folder: Path, job: Job) -> Result | None:
    """What an earlier try made, if it is what this one would make."""
    record = read_record(folder, job.target) if job.key else None
    if record is not None and record.is_right(job.key) and stands(folder, record, secrets_of(os.environ)):
        return as_it_stands(folder, job, record)
    return None


__all__ = ["make_one", "write_orders"]
