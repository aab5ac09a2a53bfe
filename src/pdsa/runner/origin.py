"""Whose pages a folder holds: never those of two networks, and from which folder they were made last."""

from __future__ import annotations

import json
import platform
from pathlib import Path

from pdsa.errors import ParamsError, Problem
from pdsa.publish import digest
from pdsa.publish.lock import signed
from pdsa.runner.manifest import network_of
from pdsa.runner.plan import Plan
from pdsa.runner.refused import LOCK


def made_elsewhere(folder: Path, plan: Plan) -> Path | None:
    """Return the other folder from which the reports of a run were made last, None where nobody need know of it.

    A newer copy of a network replaces the pages of the older one, and that is meant as a rule; of two networks with one
    id whoever runs them has to learn it. A network that was moved, or that came from another computer, is no
    other one: the folder of before is not there. Nor is a copy in which nothing was changed yet. Pages that were copied
    or moved with a network are its own, for those of before are where they were.

    Parameters
    ----------
    folder
        The folder of the run.
    plan
        What `plan_run` decided.
    """
    there = _before(folder)
    if network_of(folder) not in ("", plan.workspace.network.id):
        return None  # it is refused
    same = there is None or _same(there, plan.place) or signed(folder / LOCK).get("inputs") == _inputs(plan)
    return None if same else there


def refuse_other_network(folder: Path, network: str) -> None:
    """Raise an error where a folder holds another network's reports, by its id.

    Parameters
    ----------
    folder
        The folder of the run.
    network
        The id.
    """
    found = network_of(folder)
    if found not in ("", network):
        problem = Problem(str(folder), f"reports of the network {found}", f"a folder for the network {network}")
        raise ParamsError("outputs", (problem,), "no report was started", "give the run another name, or use --out")


def _before(folder: Path) -> Path | None:
    """The folder of which the pages were made here, if it is a network still; what may not be looked at is none."""
    told = signed(folder / LOCK)
    try:
        place, params = Path(str(told["network"])), Path(str(told["params"]))
        here = (told["computer"], told["outputs"]) == (platform.node(), str(folder.resolve()))
        return place if here and params.is_file() and place.is_dir() else None
    except (OSError, ValueError, LookupError):
        return None


def _same(one: Path, other: Path) -> bool:
    try:
        return one == other or one.samefile(other)
    except OSError:
        return False


def origin(folder: Path, plan: Plan) -> dict[str, str]:
    """Return from where the pages of a folder were made: it stands in the lock once a whole run has ended.

    Parameters
    ----------
    folder
        The folder of the run.
    plan
        What `plan_run` decided.
    """
    return {
        "network": str(plan.place),
        "params": str(plan.file),
        "outputs": str(folder.resolve()),
        "computer": platform.node(),  # of whoever holds the lock later it may be another
        "inputs": _inputs(plan),
    }


def _inputs(plan: Plan) -> str:
    """What the files of a network hold, whatever it is called and wherever it lies."""
    return digest(json.dumps(dict(plan.workspace.inputs), sort_keys=True).encode())
