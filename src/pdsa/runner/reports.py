"""A params file to every report it asks for: the plan of a run, the run itself and its manifest."""

from __future__ import annotations

import json
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import get_args

import pdsa
from pdsa import ledger
from pdsa.errors import ParamsError, Problem
from pdsa.privacy import COMPLETE, PSEUDONYMOUS
from pdsa.publish import digest, slug, write_atomic, write_manifest
from pdsa.quality import quality
from pdsa.records.entries import Entry
from pdsa.runner.job import Job, Result
from pdsa.runner.jobs import run_jobs
from pdsa.terms import Audience
from pdsa.workspace import SCHOOLS, Workspace, dossier_for, no_pseudonyms, open_workspace, pack
from pdsa.workspace.files import params_file

SCHOOL_NOTEBOOK, NETWORK_NOTEBOOK = "school_report.ipynb", "network_report.ipynb"
NETWORK_PAGE = "network.html"
# What `site` writes beside the reports of an audience, and for whom: the coach's page also lists what is lacking.
SITE_PAGES = ("index.html", "data-quality.html")
QUALITY_LISTS: dict[Audience, bool] = {"coach": True, "district": False}
FEWEST_PSEUDONYMS = 3
SYNTHETIC = "Synthetic example: schools and numbers are invented. "
BANNERS = {
    "team": "For the team of {name} and its own coach. Complete: small numbers are not hidden. Do not pass it on.",
    "coach": "For improvement coaches. Small numbers are hidden.",
    "district": "For district leaders. Small numbers are hidden and marked *.",
    "network": "For the network. Schools carry pseudonyms; small numbers are hidden.",
}
# Packages whose version can change a number or a page.
VERSIONED = ("numpy", "pandas", "scipy", "papermill", "nbclient", "ipykernel", "jinja2", "pydantic")


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will make: the reports, and what it will not make and why."""

    workspace: Workspace
    reports: tuple[tuple[Audience, str], ...]
    left_out: tuple[str, ...]
    selection: bool = False
    imports: tuple[Entry, ...] = ()
    unfinished: tuple[str, ...] = ()

    @property
    def out_name(self) -> str:
        """The folder of the run below `outputs/`; a selection has one of its own, so that a full run stays whole."""
        return f"{self.workspace.params.name}-selection" if self.selection else self.workspace.params.name


@dataclass(frozen=True, slots=True)
class Run:
    """What became of a run."""

    folder: Path
    results: tuple[Result, ...]
    manifest: Path
    seconds: float

    @property
    def failed(self) -> tuple[Result, ...]:
        """The reports that could not be made."""
        return tuple(result for result in self.results if result.status == "failed")


def notebook_path(name: str) -> Path:
    """A notebook that the package ships: beside the modules in the wheel, in `notebooks/` of a checkout."""
    package = Path(pdsa.__file__).parent
    for folder in (package / "notebooks", package.parents[1] / "notebooks"):
        if (folder / name).is_file():
            return folder / name
    raise ParamsError("pdsa", (Problem("notebooks", f"no {name}", "the notebooks of the package"),), "nothing was run")


def plan_run(params: Path, *, data: str = "", only: Sequence[str] = ()) -> Plan:
    """Read and check everything, and decide which reports a run makes; nothing is written.

    Raises
    ------
    InputError
        With every problem of the params file or of the data.
    """
    workspace = open_workspace(params, data=data, only=only)
    reports: list[tuple[Audience, str]] = []
    left_out: list[str] = []
    for audience in get_args(Audience):
        if audience not in workspace.params.audiences:
            continue
        if audience in PSEUDONYMOUS and (why := _few(workspace) or no_pseudonyms(workspace)):
            left_out.append(f"{audience}: {why}")
            continue
        if audience not in (*PSEUDONYMOUS, "coach"):
            reports += [(audience, school.id) for school in workspace.schools]
        if audience not in COMPLETE:
            reports.append((audience, ""))
    imports, unfinished = _ledger(params, workspace.params.workspace)
    return Plan(workspace, tuple(reports), tuple(left_out), bool(only), imports, unfinished)


def _ledger(params: Path, folder: str) -> tuple[tuple[Entry, ...], tuple[str, ...]]:
    """What was imported into the workspace, and which imports were broken off; nothing for foreign files."""
    if not folder:
        return (), ()
    workspace = params_file(params).parent / folder
    return ledger.entries(workspace), ledger.unfinished(workspace)


def _few(workspace: Workspace) -> str:
    """A page of pseudonyms with fewer schools would show each of them to the others (privacy rule R7)."""
    n = len(workspace.schools)
    return f"{n} of at least {FEWEST_PSEUDONYMS} schools" if n < FEWEST_PSEUDONYMS else ""


def make_reports(
    plan: Plan,
    outputs: Path,
    *,
    workers: int | None = None,
    on_done: Callable[[Result], None] | None = None,
) -> Run:
    """Make every report of a plan below `outputs/<run name>/`, the manifest last.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    outputs
        The folder of all runs.
    workers
        Reports at the same time; the params file's number by default.
    on_done
        Called with each result as it comes.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    folder = outputs / plan.out_name
    _refuse_other_network(folder, plan.workspace.network.id)
    folder.mkdir(parents=True, exist_ok=True)
    releases = Path(tempfile.mkdtemp(prefix="pdsa-release-"))
    try:
        jobs = [_job(plan.workspace, audience, school, releases) for audience, school in plan.reports]
        params = plan.workspace.params
        results = run_jobs(
            jobs, folder, workers=workers or params.workers, timeout=params.timeout_seconds,
            on_done=on_done, workdir=releases,
        )  # fmt: skip
    finally:
        shutil.rmtree(releases, ignore_errors=True)
    seconds = time.perf_counter() - clock
    manifest = folder / "manifest.json"
    _set_aside(folder, jobs)
    write_manifest(manifest, _manifest(plan, results, folder, started, seconds))
    return Run(folder, tuple(results), manifest, seconds)


def _refuse_other_network(folder: Path, network: str) -> None:
    """Reports of two networks never share a folder."""
    old = folder / "manifest.json"
    found = json.loads(old.read_text(encoding="utf-8")).get("network", {}).get("id") if old.is_file() else network
    if found != network:
        problem = Problem(str(folder), f"reports of the network {found}", f"a folder for the network {network}")
        raise ParamsError("outputs", (problem,), "no report was started", "give the run another name, or use --out")


def _set_aside(folder: Path, jobs: Sequence[Job]) -> None:
    """Move pages that this run does not make into `no-longer-made/`: a folder is handed on as it is.

    A school that left, or a mask that was less strict, must not stay beside today's pages.
    """
    pages = {folder / job.target for job in jobs}
    kept = {(page.parent, page.stem) for page in pages}
    for audience in get_args(Audience):
        for file in sorted((folder / audience).rglob("*")):
            stems = {file.stem, file.stem.rpartition("-")[0]}
            known = any((file.parent, stem) in kept for stem in stems) or file.name in SITE_PAGES
            if file.is_file() and not known:
                target = folder / "no-longer-made" / file.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                file.replace(target)


def _job(workspace: Workspace, audience: Audience, school: str, releases: Path) -> Job:
    """One job, and the release file that holds what this one report may see."""
    dossier = dossier_for(workspace, audience, school)
    name = f"{audience}, {school or 'network'}"
    source = releases / audience / (f"{SCHOOLS}-{slug(school)}.npz" if school else "network.npz")
    write_atomic(source, pack(dossier))
    parameters = {"source": str(source), "audience": audience} | ({"school": school} if school else {})
    banner = BANNERS[audience].format(name=dossier.school_name)
    return Job(
        name=name,
        notebook=notebook_path(SCHOOL_NOTEBOOK if school else NETWORK_NOTEBOOK),
        parameters=parameters,
        audience=audience,
        school=school,
        target=_target(audience, school),
        title=dossier.school_name,
        banner=(SYNTHETIC if workspace.network.synthetic else "") + banner,
        expected=school or workspace.network.id,
    )


def _target(audience: Audience, school: str) -> Path:
    if not school:
        return Path(audience) / NETWORK_PAGE
    if audience in COMPLETE:
        return Path(audience) / slug(school) / "report.html"
    return Path(audience) / SCHOOLS / f"{slug(school)}.html"


def _manifest(
    plan: Plan, results: Iterable[Result], folder: Path, started: datetime, seconds: float
) -> dict[str, object]:
    """Everything that a number on a page rests on: inputs by hash, versions, settings, durations."""
    workspace = plan.workspace
    return {
        "schema": 1,
        "run": plan.out_name,
        "network": {
            "id": workspace.network.id,
            "name": workspace.network.name,
            "synthetic": workspace.network.synthetic,
        },
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(seconds, 2),
        "versions": _versions(),
        "params": _plain(asdict(workspace.params)),
        "inputs": dict(workspace.inputs),
        "notebooks": {name: digest(notebook_path(name)) for name in (SCHOOL_NOTEBOOK, NETWORK_NOTEBOOK)},
        "sources": [asdict(note) for note in workspace.sources if note.status != "used"],
        "left_out": list(plan.left_out),
        "schools": {school.id: school.name for school in workspace.schools},
        "measures": [{"id": measure.id, "name": measure.name} for measure in workspace.measures],
        "quality": _quality(plan),
        "reports": [_entry(result, folder) for result in results],
    }


def _quality(plan: Plan) -> dict[str, object]:
    """The data-quality page of each audience that has one, from what this audience may see."""
    found: dict[str, object] = {}
    for audience, lists in QUALITY_LISTS.items():
        if audience in plan.workspace.params.audiences:
            dossier = dossier_for(plan.workspace, audience)
            names = {school.id: school.name for school in dossier.header.schools}
            told = quality(dossier.release.panels, plan.workspace.measures, names, plan.imports, lists=lists)
            found[audience] = {**asdict(told), "unfinished": list(plan.unfinished), "as_of": dossier.header.as_of}
    return {audience: _plain(told) for audience, told in found.items()}


def _plain(value: object) -> object:
    """Dates as text, tuples as lists: what JSON can hold."""
    if isinstance(value, dict):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version(), "pdsa-workbench": pdsa.__version__}
    for name in VERSIONED:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def _entry(result: Result, folder: Path) -> dict[str, object]:
    job = result.job
    return {
        "name": job.name,
        "audience": job.audience,
        "school": job.school,
        "title": job.title,
        "status": result.status,
        "path": job.target.as_posix(),
        "stale": result.status == "failed" and (folder / job.target).is_file(),
        "sha256": result.sha256,
        "files": sorted(path.name for path in result.files),
        "seconds": round(result.seconds, 2),
        "problem": asdict(result.problem) if result.problem else None,
        "next_step": result.next_step,
        **{name: result.marker.get(name, "") for name in ("verdicts", "through", "missing", "hidden")},
    }


__all__ = ["Plan", "Run", "make_reports", "notebook_path", "plan_run"]
