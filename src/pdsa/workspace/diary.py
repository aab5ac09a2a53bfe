"""The improvement log of a workspace: where it is, and what its records may point to."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from pdsa import params as forms
from pdsa.errors import ParamsError, Problem
from pdsa.inquiry.rules import Reference
from pdsa.log import Log, open_log
from pdsa.workspace.files import form, sheet

NAME = "pdsa.sqlite"
NOT_SAVED = "nothing was saved"


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
    """
    _refuse_other(folder)
    return open_log(url or folder / NAME, author=author, create=create)


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
