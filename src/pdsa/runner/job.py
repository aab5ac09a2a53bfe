"""What a run is asked for, what making a report gives, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pdsa.errors import Problem
from pdsa.kernels import CellEnd
from pdsa.runner.records import Record

Outcome = Literal["ok", "failed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Job:
    """One report to make; everything it needs travels with it, to another machine too.

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
    about
        `data`, or `log` for a page of the improvement log.
    files
        Content by name of the files that lie in the folder the notebook runs in, such as `release.npz`.
    key
        Hash of all that the page rests on; a page with the same key need not be made again. "" for none.
    own
        Hash of what the key was computed from; the same one means the same key.
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
    about: Literal["data", "log"] = "data"
    files: Mapping[str, bytes] = field(default_factory=dict)
    key: str = ""
    own: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What making one report gave; nothing of it stands under a final name yet.

    Parameters
    ----------
    status
        `ok`: `page` is whole. `failed`: there is no page.
    seconds
        Wall time.
    page, files
        Bytes of the page, and of what belongs beside it by plain name (`points.csv`).
    marker
        The notebook's completion mark, with whatever it reports about its data.
    problem, next_step
        Why it failed and what the reader can do; None and "" when made.
    cells, printed, peak_mb
        How each cell ended, what was printed, and the memory of the kernel at its highest.
    tries
        How often the notebook was started: twice after a kernel that died, never where a report was refused before.
    """

    status: Literal["ok", "failed"]
    seconds: float
    page: bytes = b""
    files: Mapping[str, bytes] = field(default_factory=dict)
    marker: Mapping[str, object] = field(default_factory=dict)
    problem: Problem | None = None
    next_step: str = ""
    cells: tuple[CellEnd, ...] = ()
    printed: str = ""
    peak_mb: float = 0.0
    tries: int = 1


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one job.

    Parameters
    ----------
    job
        The job.
    status
        `ok`: the page is published. `failed`: nothing was written; an older page at the same place stands.
        `unchanged`: the page of an earlier run is still right.
    seconds
        Wall time of making it in this run: 0 where it stood already. Its record knows how long that took then.
    path, sha256
        The page and the hash of its bytes; None and "" when failed.
    files
        What was written beside the page.
    marker
        The notebook's completion mark, with whatever it reports about its data.
    problem, next_step
        Why it failed and what the reader can do; None and "" when published.
    made
        How it was made; None when unchanged.
    record
        What is known of the report from now on; None only where a job was never placed.
    """

    job: Job
    status: Outcome
    seconds: float
    path: Path | None = None
    sha256: str = ""
    files: tuple[Path, ...] = ()
    marker: Mapping[str, object] = field(default_factory=dict)
    problem: Problem | None = None
    next_step: str = ""
    made: Made | None = None
    record: Record | None = None
