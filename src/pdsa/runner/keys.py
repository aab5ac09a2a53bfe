"""The key of a report: one hash of all that its page rests on."""

from __future__ import annotations

import json
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pdsa
from pdsa.publish import digest
from pdsa.runner.stamp import stamp

if TYPE_CHECKING:
    from pdsa.runner.job import Job

# Packages whose version can change a number or a page.
VERSIONED = ("numpy", "pandas", "scipy", "papermill", "nbclient", "ipykernel", "jinja2", "pydantic")
# Packages that only notebooks of one's own draw and count with: in the key, for they change those pages.
DRAWING = ("matplotlib", "plotnine", "statsmodels", "great_tables")


def job_key(job: Job) -> str:
    """Return the hash of notebook, code, versions, data and words of a report, as 64 hexadecimal digits.

    The release in `job.files` holds exactly the school's slice of input and log, and the policy; nothing of
    another school is in it, so that what changes there changes no key here.

    Parameters
    ----------
    job
        The report; its own `key` is not looked at.
    """
    resting_on = {
        **_tools(job.notebook),
        "files": {name: digest(data) for name, data in job.files.items()},
        "parameters": dict(job.parameters),
        "words": [job.name, job.audience, job.school, job.target.as_posix(), job.title, job.banner, job.expected],
    }
    return digest(json.dumps(resting_on, sort_keys=True, default=str).encode())


def slice_key(own: str, notebook: Path, name: str) -> str:
    """Return the hash of all that a key is computed from: known without the release, which takes longer to make.

    Parameters
    ----------
    own
        Hash of the school's slice of the network (`workspace.Slices`).
    notebook
        The notebook file.
    name
        Name of the report, which no other report of the network has.
    """
    return digest(json.dumps([_tools(notebook), own, name], sort_keys=True).encode())


def _tools(notebook: Path) -> dict[str, object]:
    return {
        "code": stamp(),
        "versions": {**versions(), **_found(DRAWING)},
        "notebook": _notebook_digest(notebook, notebook.stat().st_mtime_ns),
    }


def versions() -> dict[str, str]:
    """Return the version of Python, of this package and of those that can change a number or a page."""
    return {"python": platform.python_version(), "pdsa-workbench": pdsa.__version__, **_found(VERSIONED)}


@cache
def _found(names: tuple[str, ...]) -> dict[str, str]:
    return {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "not installed"


@cache
def _notebook_digest(path: Path, changed: int) -> str:
    return digest(path)
