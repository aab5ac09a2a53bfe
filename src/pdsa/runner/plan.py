"""A params file to the plan of a run: which reports it makes, and what each of them is made from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, cast, get_args

import pdsa
from pdsa import ledger
from pdsa.errors import ParamsError, Problem
from pdsa.kernels import Limits
from pdsa.params import nearest
from pdsa.privacy import COMPLETE, PSEUDONYMOUS
from pdsa.publish import slug
from pdsa.records.entries import Entry
from pdsa.runner.job import Job
from pdsa.runner.keys import job_key
from pdsa.runner.own import own_notebooks
from pdsa.terms import Audience
from pdsa.workspace import SCHOOLS, Workspace, dossier_for, log_for, no_pseudonyms, open_workspace, pack
from pdsa.workspace.files import params_file
from pdsa.workspace.journal import has_log

SCHOOL_NOTEBOOK, NETWORK_NOTEBOOK = "school_report.ipynb", "network_report.ipynb"
LOG_NOTEBOOK = "improvement_log.ipynb"
NOTEBOOKS = (SCHOOL_NOTEBOOK, NETWORK_NOTEBOOK, LOG_NOTEBOOK)
RELEASE = "release.npz"  # the file beside the notebook that holds what the report may see
NETWORK_PAGE, LOG_PAGE = "network.html", "log.html"
# Who reads what judges the inquiry: each team for its own school, and its coaches (features.md 0.2).
LOG_AUDIENCES: tuple[Audience, ...] = ("team", "coach")
FEWEST_PSEUDONYMS = 3
SYNTHETIC = "Synthetic example: schools and numbers are invented. "
BANNERS = {
    "team": "For the team of {name} and its own coach. Complete: small numbers are not hidden. Do not pass it on.",
    "coach": "For improvement coaches. Small numbers are hidden.",
    "district": "For district leaders. Small numbers are hidden and marked *.",
    "network": "For the network. Schools carry pseudonyms; small numbers are hidden.",
}
# Which of the chosen reports are made: those that are not what they should be, those that failed last time, or all.
Again = Literal["changed", "failed", "all"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One report that a run makes: for whom, about which school ("" for the network), by which notebook."""

    audience: Audience
    school: str
    notebook: str

    @property
    def name(self) -> str:
        """What messages and the index call it."""
        of_log = self.notebook == LOG_NOTEBOOK
        if not self.school:  # an audience is called "network" too: "network, network" would say nothing
            return f"{'improvement log' if of_log else 'network report'} for the {self.audience}"
        return f"{self.audience}, {self.school}{', improvement log' * of_log}"

    @property
    def target(self) -> Path:
        """Path of the page below the run's folder."""
        return _target(self.audience, self.school, self.notebook == LOG_NOTEBOOK)


@cache
def _target(audience: Audience, school: str, is_log: bool) -> Path:
    folder = Path(audience)
    if is_log:
        return folder / slug(school) / LOG_PAGE if school else folder / LOG_PAGE
    if not school:
        return folder / NETWORK_PAGE
    if audience in COMPLETE:
        return folder / slug(school) / "report.html"
    return folder / SCHOOLS / f"{slug(school)}.html"


@dataclass(frozen=True, slots=True)
class Plan:
    """Every report of a network, those of them that a run looks at, and what it will not make and why.

    Parameters
    ----------
    workspace
        The whole network.
    reports
        Every report that its folder holds after a complete run.
    left_out
        What is not made, and why.
    only
        Ids of the schools whose reports the run looks at; () for all reports.
    again
        `changed`: of these, what is not as it should be. `failed`: what failed last time. `all`: everything.
    imports, unfinished
        What was imported, and which imports were broken off.
    own
        Notebooks that the params file names in place of the package's, by the name of those.
    file, place
        The params file and the folder of the network, or of the params file where the data are foreign files.
    """

    workspace: Workspace
    reports: tuple[Wanted, ...]
    left_out: tuple[str, ...]
    only: tuple[str, ...] = ()
    again: Again = "changed"
    imports: tuple[Entry, ...] = ()
    unfinished: tuple[str, ...] = ()
    own: Mapping[str, Path] = field(default_factory=dict)
    file: Path = Path()
    place: Path = Path()

    @property
    def out_name(self) -> str:
        """The folder of the run below `outputs/`."""
        return self.workspace.params.name

    @property
    def chosen(self) -> tuple[Wanted, ...]:
        """The reports that the run looks at."""
        return tuple(wanted for wanted in self.reports if not self.only or wanted.school in self.only)

    @property
    def is_whole(self) -> bool:
        """Whether the run looks at every report of the network."""
        return not self.only and self.again != "failed"

    @property
    def notebooks(self) -> dict[str, Path]:
        """The file that makes each kind of report, by the name that it has in the package."""
        return {name: self.own.get(name) or notebook_path(name) for name in NOTEBOOKS}

    @property
    def limits(self) -> Limits:
        """What each report may take, as the params file says."""
        params = self.workspace.params
        return Limits(params.timeout_seconds, params.report_timeout_seconds, params.memory_mb)


@cache
def notebook_path(name: str) -> Path:
    """A notebook that the package ships: beside the modules in the wheel, in `notebooks/` of a checkout."""
    package = Path(pdsa.__file__).parent
    for folder in (package / "notebooks", package.parents[1] / "notebooks"):
        if (folder / name).is_file():
            return folder / name
    raise ParamsError("pdsa", (Problem("notebooks", f"no {name}", "the notebooks of the package"),), "nothing was run")


def plan_run(
    params: Path, *, data: str = "", only: Sequence[str] = (), again: Again = "changed", log: str = ""
) -> Plan:
    """Read and check everything, and decide which reports a run makes; nothing is written.

    Parameters
    ----------
    params
        A params file, or a workspace folder.
    data
        Replaces the params file's data folder.
    only
        Ids of the schools whose reports are made, from the data of the whole network; all reports by default.
    again
        Which of these are made: what `changed`, what `failed` last time, or `all`.
    log
        Address of the improvement log in PostgreSQL.

    Raises
    ------
    InputError
        With every problem of the params file, of the data or of the improvement log.
    """
    workspace = open_workspace(params, data=data, log=log, apart=True)
    file = params_file(params)
    _refuse_unknown(file.name, workspace, only)
    own = own_notebooks(file, workspace.params.notebooks)
    reports: list[Wanted] = []
    left_out: list[str] = []
    for audience in get_args(Audience):
        if audience not in workspace.params.audiences:
            continue
        if audience in PSEUDONYMOUS and (why := _few(workspace) or no_pseudonyms(workspace)):
            left_out.append(f"{audience}: {why}")
            continue
        reports += _wanted(workspace, audience)
    named = workspace.params.workspace
    imports, unfinished = _ledger(params, named)
    here = {"file": file.resolve(), "place": (file.parent / named).resolve()}
    return Plan(
        workspace, tuple(reports), tuple(left_out), tuple(dict.fromkeys(only)), again, imports, unfinished, own, **here
    )


def _refuse_unknown(source: str, workspace: Workspace, only: Sequence[str]) -> None:
    known = [school.id for school in workspace.schools]
    problems = [Problem("--only", repr(one), nearest(one, known)) for one in only if one not in known]
    if problems:
        raise ParamsError(source, tuple(dict.fromkeys(problems)), "no report was started")


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


def light_job(plan: Plan, wanted: Wanted) -> Job:
    """Return one job without its release and its key: enough to say what became of it.

    Parameters
    ----------
    plan
        What `plan_run` decided.
    wanted
        One of its reports.
    """
    workspace, audience, school = plan.workspace, wanted.audience, wanted.school
    title = workspace.known[school].name if school else workspace.network.name
    needs_school = school or wanted.notebook == LOG_NOTEBOOK
    return Job(
        name=wanted.name,
        notebook=plan.own.get(wanted.notebook) or notebook_path(wanted.notebook),
        parameters={"source": RELEASE, "audience": audience} | ({"school": school} if needs_school else {}),
        audience=audience,
        school=school,
        target=wanted.target,
        title=f"{title}: improvement log" if wanted.notebook == LOG_NOTEBOOK else title,
        banner=(SYNTHETIC if workspace.network.synthetic else "") + BANNERS[audience].format(name=title),
        expected=school or workspace.network.id,
        about="log" if wanted.notebook == LOG_NOTEBOOK else "data",
    )


def whole_job(workspace: Workspace, light: Job) -> Job:
    """Return a job with its release, which holds what this one report may see, and with its key.

    Parameters
    ----------
    workspace
        The whole network.
    light
        The job without them.
    """
    dossier = dossier_for(workspace, cast(Audience, light.audience), light.school)
    whole = replace(light, files={RELEASE: pack(dossier)})
    return replace(whole, key=job_key(whole))
