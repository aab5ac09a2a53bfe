"""A params file to every report it asks for: the plan of a run, the run itself and its manifest."""

from __future__ import annotations

import json
import platform
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import get_args

import pdsa
from pdsa import ledger
from pdsa.errors import ParamsError, Problem
from pdsa.kernels import Limits, Parent
from pdsa.privacy import COMPLETE, PSEUDONYMOUS
from pdsa.publish import digest, slug, write_manifest
from pdsa.quality import quality
from pdsa.records.entries import Entry
from pdsa.runner.job import Job, Result
from pdsa.runner.jobs import run_jobs
from pdsa.runner.pool import LocalPool
from pdsa.runner.warm import warm_reports
from pdsa.terms import Audience
from pdsa.workspace import SCHOOLS, Workspace, dossier_for, log_for, no_pseudonyms, open_workspace, pack
from pdsa.workspace.files import params_file
from pdsa.workspace.journal import ARCHIVE, ARCHIVE_ROWS, archive_rows, has_log

SCHOOL_NOTEBOOK, NETWORK_NOTEBOOK = "school_report.ipynb", "network_report.ipynb"
LOG_NOTEBOOK = "improvement_log.ipynb"
NOTEBOOKS = (SCHOOL_NOTEBOOK, NETWORK_NOTEBOOK, LOG_NOTEBOOK)
RELEASE = "release.npz"  # the file beside the notebook that holds what the report may see
NETWORK_PAGE, LOG_PAGE = "network.html", "log.html"
# The past cycles of each audience that may look back over them: data of the run, and the page that `site` makes.
ARCHIVED: tuple[Audience, ...] = ("coach", "district", "network")
# Who reads what judges the inquiry: each team for its own school, and its coaches (features.md 0.2).
LOG_AUDIENCES: tuple[Audience, ...] = ("team", "coach")
# What `site` writes beside the reports of an audience, and for whom: the coach's page also lists what is lacking.
SITE_PAGES = ("index.html", "data-quality.html", ARCHIVE, ARCHIVE_ROWS)
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
class Wanted:
    """One report that a run makes: for whom, about which school ("" for the network), by which notebook."""

    audience: Audience
    school: str
    notebook: str

    @property
    def name(self) -> str:
        """What messages and the index call it."""
        about = f"{self.audience}, {self.school or 'network'}"
        return f"{about}, improvement log" if self.notebook == LOG_NOTEBOOK else about

    @property
    def target(self) -> Path:
        """Path of the page below the run's folder."""
        folder = Path(self.audience)
        if self.notebook == LOG_NOTEBOOK:
            return folder / slug(self.school) / LOG_PAGE if self.school else folder / LOG_PAGE
        if not self.school:
            return folder / NETWORK_PAGE
        if self.audience in COMPLETE:
            return folder / slug(self.school) / "report.html"
        return folder / SCHOOLS / f"{slug(self.school)}.html"


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will make: the reports, and what it will not make and why."""

    workspace: Workspace
    reports: tuple[Wanted, ...]
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


def plan_run(params: Path, *, data: str = "", only: Sequence[str] = (), log: str = "") -> Plan:
    """Read and check everything, and decide which reports a run makes; nothing is written.

    Raises
    ------
    InputError
        With every problem of the params file, of the data or of the improvement log.
    """
    workspace = open_workspace(params, data=data, only=only, log=log)
    reports: list[Wanted] = []
    left_out: list[str] = []
    for audience in get_args(Audience):
        if audience not in workspace.params.audiences:
            continue
        if audience in PSEUDONYMOUS and (why := _few(workspace) or no_pseudonyms(workspace)):
            left_out.append(f"{audience}: {why}")
            continue
        reports += _wanted(workspace, audience)
    imports, unfinished = _ledger(params, workspace.params.workspace)
    return Plan(workspace, tuple(reports), tuple(left_out), bool(only), imports, unfinished)


def _wanted(workspace: Workspace, audience: Audience) -> list[Wanted]:
    """The reports of one audience; a page of the log only where the log holds anything that it may see."""
    found: list[Wanted] = []
    schools = [school.id for school in workspace.schools]
    if audience not in (*PSEUDONYMOUS, "coach"):
        found += [Wanted(audience, school, SCHOOL_NOTEBOOK) for school in schools]
    if audience not in COMPLETE:
        found.append(Wanted(audience, "", NETWORK_NOTEBOOK))
    if audience in LOG_AUDIENCES:
        for about in schools if audience in COMPLETE else [""]:
            if has_log(log_for(workspace, audience, about), about):
                found.append(Wanted(audience, about, LOG_NOTEBOOK))
    return found


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
    parent: Parent | None = None,
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
    parent
        A warm parent that was started before the data were read; by default one is started now.
    """
    started, clock = datetime.now(UTC), time.perf_counter()
    folder = outputs / plan.out_name
    _refuse_other_network(folder, plan.workspace.network.id)
    folder.mkdir(parents=True, exist_ok=True)
    params = plan.workspace.params
    jobs = [_job(plan.workspace, wanted) for wanted in plan.reports]
    limits = Limits(cell_seconds=params.timeout_seconds)
    with nullcontext(parent) if parent is not None else warm_reports() as warm:
        pool = LocalPool(workers or params.workers, limits, warm)
        results = run_jobs(jobs, folder, pool=pool, on_done=on_done)
    seconds = time.perf_counter() - clock
    manifest = folder / "manifest.json"
    _set_aside(folder, jobs)
    _write_archives(plan, folder)
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


def _job(workspace: Workspace, wanted: Wanted) -> Job:
    """One job, and the release that holds what this one report may see."""
    audience, school = wanted.audience, wanted.school
    dossier = dossier_for(workspace, audience, school)
    needs_school = school or wanted.notebook == LOG_NOTEBOOK
    parameters = {"source": RELEASE, "audience": audience} | ({"school": school} if needs_school else {})
    banner = BANNERS[audience].format(name=dossier.school_name)
    return Job(
        name=wanted.name,
        notebook=notebook_path(wanted.notebook),
        parameters=parameters,
        audience=audience,
        school=school,
        target=wanted.target,
        title=f"{dossier.school_name}: improvement log" if wanted.notebook == LOG_NOTEBOOK else dossier.school_name,
        banner=(SYNTHETIC if workspace.network.synthetic else "") + banner,
        expected=school or workspace.network.id,
        files={RELEASE: pack(dossier)},
    )


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
        "notebooks": {name: digest(notebook_path(name)) for name in NOTEBOOKS},
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


def _write_archives(plan: Plan, folder: Path) -> None:
    """The past cycles that each audience may see, beside its pages; `site` makes a page of them."""
    workspace = plan.workspace
    for audience in ARCHIVED:
        if any(wanted.audience == audience for wanted in plan.reports):
            rows = archive_rows(dossier_for(workspace, audience))
            target = folder / audience / ARCHIVE_ROWS
            if rows:
                write_manifest(target, {"schema": 1, "cycles": rows})
            else:
                target.unlink(missing_ok=True)


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
        "about": "log" if job.notebook.name == LOG_NOTEBOOK else "data",
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
