"""The improvement log of a workspace: where it is, and what its records may point to."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa import params as forms
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import State
from pdsa.inquiry.rules import Reference
from pdsa.workspace.files import NOTHING, form, sheet

if TYPE_CHECKING:
    from pdsa.log import Log

NAME = "pdsa.sqlite"
NOT_SAVED = "nothing was saved"
BROKEN = "put the log back from a backup (pdsa log backup makes one); pdsa log verify says more"


def diary(folder: Path, *, author: str = "", url: str = "", create: bool = True) -> Log:
    """The improvement log of a workspace, open for reading and writing.

    Parameters
    ----------
    folder
        The workspace, with its `network.yaml`.
    author
        Id of the person who writes.
    url
        Of a PostgreSQL database in place of the file `pdsa.sqlite` in the workspace.
    create
        Whether to make the file where there is none.

    Raises
    ------
    ParamsError
        The folder is no workspace, or there is no log and none shall be made.

    Examples
    --------
    In a notebook what the commands do: steps make changes, and the log saves them.

    >>> import tempfile
    >>> from pdsa.inquiry import steps
    >>> from pdsa.workspace.start import new_workspace
    >>> scratch = tempfile.TemporaryDirectory()
    >>> folder = Path(scratch.name) / "network"
    >>> _ = new_workspace(folder, measures=["attendance"])
    >>> _ = (folder / "schools.csv").write_text("id,name\\n0107,Tarnwick High School\\n")
    >>> reference = reference_of(folder, date(2026, 1, 12))
    >>> plan = {"idea": "Call home", "prediction": "More come because families know", "how": "attendance"}
    >>> plan |= {"when": "2026-01-12..2026-01-23", "who": "two advisers"}
    >>> log = diary(folder, author="ana")
    >>> _ = log.apply(steps.plan(log.state(), reference, "0107", plan, log.new_id), reference)
    >>> _ = log.apply(steps.do(log.state(), "Call home", {"observations": "All were called"}), reference)
    >>> steps.find(log.state(), "cycle", "call home").record.status
    'doing'
    >>> log.close()
    >>> scratch.cleanup()
    """
    from pdsa.log import open_log  # a database toolkit that reports without a log need not wait for

    _refuse_other(folder)
    return open_log(url or folder / NAME, author=author, create=create)


def read_log(folder: Path, url: str = "") -> tuple[State, str]:
    """The state of a workspace's log and a hash of all its events; an empty state and "" where there is no log.

    Parameters
    ----------
    folder
        The workspace.
    url
        Of a PostgreSQL database in place of the file in the workspace.

    Raises
    ------
    InputError
        The log is damaged, or somebody changed what was written: nothing is read from it.
    """
    if not url and not (folder / NAME).is_file():
        return State(), ""
    with diary(folder, url=url, create=False) as log:
        verified = log.verify()
        if verified.problems:
            raise InputError("the improvement log", verified.problems, NOTHING, BROKEN)
        return log.state(), hashlib.sha256(json.dumps(sorted(verified.heads.items())).encode()).hexdigest()


def reference_of(folder: Path, today: date) -> Reference:
    """The schools, measures and closed days that records of the workspace's log may point to.

    Parameters
    ----------
    folder
        The workspace.
    today
        The day on which somebody writes.
    """
    _refuse_other(folder)
    network = form(forms.NetworkModel, folder / "network.yaml").record()
    measures = tuple(one.record() for one in sheet(forms.MeasureModel, folder / "measures.csv", "id"))
    schools = tuple(one.record() for one in sheet(forms.SchoolModel, folder / "schools.csv", "id"))
    return Reference(today, schools, measures, network.calendar)


def _refuse_other(folder: Path) -> None:
    if not (folder / "network.yaml").is_file():
        problem = Problem(str(folder), "no network.yaml", "the folder of a network")
        raise ParamsError("the workspace", (problem,), NOT_SAVED, "name the folder that pdsa new wrote: --in FOLDER")
