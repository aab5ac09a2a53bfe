"""Whose pages a folder holds: two networks never take over each other's, though they have the same id."""

from __future__ import annotations

import platform
from pathlib import Path

from pdsa.errors import ParamsError, Problem
from pdsa.publish.lock import signed
from pdsa.runner.manifest import network_of, rests_on
from pdsa.runner.plan import Plan
from pdsa.runner.refused import LOCK

NOTHING = "no report was started"


def refuse_other(folder: Path, plan: Plan) -> None:
    """Raise an error where a folder holds reports of another network, or of this one from elsewhere.

    A network that was moved, or that came from another computer, is no other one: the folder of before is not there.
    Nor is a copy in which nothing was changed yet: it takes the place of the first. Pages that were copied or moved
    with a network are its own, for those of before are where they were.

    Parameters
    ----------
    folder
        The folder of the run.
    plan
        What `plan_run` decided.

    Raises
    ------
    ParamsError
        Naming the other network, or the other folder.
    """
    refuse_other_network(folder, plan.workspace.network.id)
    there = _before(folder)
    if there is not None and not _same(there, plan.place) and not rests_on(folder, dict(plan.workspace.inputs)):
        problem = Problem(str(folder), f"reports made from {there}, which is still there", f"those of {plan.place}")
        step = (
            "give --out another folder; or, if this network takes the place of that one, move that one elsewhere, "
            "and run the same command again"
        )
        raise ParamsError("outputs", (problem,), NOTHING, step)


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
        raise ParamsError("outputs", (problem,), NOTHING, "give the run another name, or use --out")


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
    """Return from where the pages of a folder are made: it stands in the lock once a run began.

    Parameters
    ----------
    folder
        The folder of the run.
    plan
        What `plan_run` decided.
    """
    outputs, computer = str(folder.resolve()), platform.node()  # of whoever holds the lock later it may be another
    return {"network": str(plan.place), "params": str(plan.file), "outputs": outputs, "computer": computer}
