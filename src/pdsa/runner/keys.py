"""The key of a report: one hash of all that its page rests on."""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import pdsa
from pdsa.publish import digest

if TYPE_CHECKING:
    from pdsa.runner.job import Job

# Packages whose version can change a number or a page.
VERSIONED = ("numpy", "pandas", "scipy", "papermill", "nbclient", "ipykernel", "jinja2", "pydantic")
# Packages that only notebooks of one's own draw and count with: in the key, for they change those pages.
DRAWING = ("matplotlib", "plotnine", "statsmodels", "great_tables")
# What of the package's own files can change a page: code, templates, content.
_OWN = frozenset({".py", ".j2", ".yaml", ".md"})


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
        "with": surroundings(),
        "notebook": _notebook_digest(job.notebook, job.notebook.stat().st_mtime_ns),
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
    made_by = _notebook_digest(notebook, notebook.stat().st_mtime_ns)
    return digest(json.dumps([surroundings(), made_by, own, name], sort_keys=True).encode())


def surroundings() -> dict[str, str]:
    """Return all of a machine that can change a page: two that agree in it make the same page of the same job."""
    return {"source": code_digest(), **versions(), **_found(DRAWING)}


def differences(theirs: Mapping[str, str]) -> tuple[str, str] | None:
    """Return in words what of another machine's surroundings is not as here, and what is here; None for nothing.

    Parameters
    ----------
    theirs
        What `surroundings` returned there.
    """
    ours = surroundings()
    names = sorted(name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name))
    if not names:
        return None
    there, here = (", ".join(f"{name} {one.get(name, 'unknown')[:12]}" for name in names[:8]) for one in (theirs, ours))
    return there, f"{here}, as here"


@cache
def code_digest() -> str:
    """Return the hash of the package's own files: an edit of a developer makes every report again."""
    package = Path(pdsa.__file__).parent
    found = hashlib.sha256()
    for path in sorted(path for path in package.rglob("*") if path.suffix in _OWN):
        found.update(f"{path.relative_to(package).as_posix()}\0{digest(path)}\n".encode())
    return found.hexdigest()


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
