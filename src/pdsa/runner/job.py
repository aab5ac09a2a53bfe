"""What a run is asked for and what it answers, report by report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pdsa.errors import Problem


@dataclass(frozen=True, slots=True)
class Job:
    """One report to make.

    Parameters
    ----------
    name
        What messages and the index call it.
    notebook, parameters
        The notebook file, and the values for its cell tagged `parameters`.
    audience, school
        Who reads it; the school is "" for reports of the network.
    target
        Path of the page below the output folder, such as `team/lincoln/report.html`.
    title, banner
        Title of the page, and the sentence in its banner ("" for none).
    expected
        The id that the notebook's completion mark must carry: the school's or the network's.
    """

    name: str
    notebook: Path
    parameters: Mapping[str, object]
    audience: str
    school: str
    target: Path
    title: str
    banner: str
    expected: str


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one job.

    Parameters
    ----------
    job
        The job.
    status
        `ok`: the page is published. `failed`: nothing was written; an older page at the same place stands.
    seconds
        Wall time.
    path, sha256
        The page and the hash of its bytes; None and "" when failed.
    files
        What was written beside the page.
    marker
        The notebook's completion mark, with whatever it reports about its data.
    problem, next_step
        Why it failed and what the reader can do; None and "" when published.
    """

    job: Job
    status: Literal["ok", "failed"]
    seconds: float
    path: Path | None = None
    sha256: str = ""
    files: tuple[Path, ...] = ()
    marker: Mapping[str, object] = field(default_factory=dict)
    problem: Problem | None = None
    next_step: str = ""
