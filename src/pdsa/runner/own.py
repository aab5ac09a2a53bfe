"""Notebooks of one's own in place of the package's: by a path that the params file allows, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath, PureWindowsPath

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.kernels import check_parameters

NOTHING = "no report was started"
PASSED = {"source": "", "audience": "", "school": ""}  # what every report is given


def own_notebooks(params: Path, named: Iterable[tuple[str, str]]) -> dict[str, Path]:
    """Return the notebooks that a params file names, by the name that those of the package have.

    Parameters
    ----------
    params
        The params file; the notebooks lie in its folder or below it, wherever links lead.
    named
        Pairs of a kind of report, such as `school_report`, and the path from the params file.

    Raises
    ------
    ParamsError
        With every path that leads elsewhere, is no notebook, or declares other parameters than reports are given.
    """
    found: dict[str, Path] = {}
    problems: list[Problem] = []
    for kind, path in named:
        problem = _problem(params.parent, path)
        if problem:
            problems.append(Problem(f"notebooks.{kind}", *problem))
            continue
        found[f"{kind}.ipynb"] = (params.parent / path).resolve()
        problems += _undeclared(kind, found[f"{kind}.ipynb"])
    if problems:
        raise ParamsError(params.name, tuple(problems), NOTHING)
    return found


def _problem(folder: Path, path: str) -> tuple[str, str] | None:
    """What is wrong with a path: whoever writes a params file may run what lies beside it, and nothing else."""
    if PurePosixPath(path).is_absolute() or PureWindowsPath(path).anchor or "\\" in path:
        return repr(path), "a path from the folder of this file, written with /"
    place = (folder / path).resolve()
    if not place.is_relative_to(folder.resolve()):
        return f"{path!r}, which leads out of the folder of this file", "a notebook in it or below it"
    if place.suffix != ".ipynb" or not place.is_file():
        return f"{path!r}" + ("" if place.is_file() else ", where no file is"), "a notebook such as mine.ipynb"
    return None


def _undeclared(kind: str, notebook: Path) -> list[Problem]:
    """The gate that every job passes, before the data of thousands are read through it."""
    given = {name: value for name, value in PASSED.items() if name != "school" or kind != "network_report"}
    try:
        check_parameters(notebook, given)
    except InputError as error:
        return [Problem(f"notebooks.{kind}, {one.place}", one.found, one.expected) for one in error.problems]
    return []
