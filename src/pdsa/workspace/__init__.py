"""The one loading call of every notebook: a params file, a workspace folder or a release to a dossier."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from pdsa import params as forms
from pdsa.check import check_observations
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry.release import known_by
from pdsa.mapping import apply_mapping, join_denominators
from pdsa.publish import digest
from pdsa.read import RawTable, read_input
from pdsa.records import Measure, Network, RunParams, School
from pdsa.series import Panel, panel_of
from pdsa.terms import Audience
from pdsa.workspace.apart import read_apart
from pdsa.workspace.diary import read_log
from pdsa.workspace.dossier import SCHOOLS, Dossier, Mark, complete, points_file, summary_file
from pdsa.workspace.doubts import doubts_of, later_words
from pdsa.workspace.files import NOTHING, form, params_file, sheet
from pdsa.workspace.journal import journal
from pdsa.workspace.masked import display_names, dossier_for, log_for, no_pseudonyms, specs_for
from pdsa.workspace.packing import pack, unpack
from pdsa.workspace.rows import read_observations, write_observations
from pdsa.workspace.slices import Slices
from pdsa.workspace.specs import check_settings, check_specs
from pdsa.workspace.whole import Workspace

FILL_IN = "bring a file in with pdsa import FILE --into FOLDER, or fill these in; pdsa check FOLDER says what is there"


def load(
    source: str | Path, *, school: str = "", audience: Audience = "team", data: str = "", log: str = ""
) -> Dossier:
    """The dossier of one report.

    Parameters
    ----------
    source
        A params file (`.yaml`), a workspace folder that holds one in `params/`, or a release (`.npz`).
    school
        The school's id; "" for the network.
    audience
        Who will read: decides what is hidden.
    data
        The folder of the raw data, where the params file names none.
    log
        Address of the improvement log in PostgreSQL; the file in the workspace by default.

    Raises
    ------
    ParamsError
        The school or audience is not the one that the source holds.
    InputError
        With every problem of the data.
    """
    path = Path(source)
    if path.suffix != ".npz":
        return dossier_for(open_workspace(path, data=data, log=log), audience, school)
    if not path.is_file():
        raise ParamsError(path.name, (Problem("the file", f"nothing at {path}", "a release"),), NOTHING)
    dossier = unpack(path.read_bytes(), path.name)
    held = (dossier.header.school, dossier.header.audience)
    if held != (school, audience):
        found = f"school {school or 'none'} for audience {audience}"
        expected = f"school {held[0] or 'none'} for audience {held[1]}, which this release holds"
        raise ParamsError(path.name, (Problem("parameters", found, expected),), NOTHING)
    return dossier


def open_workspace(
    path: Path, *, data: str = "", only: Sequence[str] = (), log: str = "", apart: bool = False
) -> Workspace:
    """Read and check everything that a params file names.

    Parameters
    ----------
    path
        The params file, or a workspace folder with exactly one file in `params/`.
    data
        Replaces the params file's data folder.
    only
        Ids of the schools to report on; all by default.
    log
        Address of the improvement log in PostgreSQL; the file in the workspace by default.
    apart
        Whether schools with mistakes in their rows are set apart, in `unread`; by default they are an error.
    """
    file = params_file(path)
    params = form(forms.ParamsModel, file).record()
    check_settings(params, file.name)
    base = file.parent
    if params.workspace:
        _refuse_data(data, file.name)
        loaded = _from_folder(params, (base / params.workspace).resolve(), log, apart)
    else:
        folder = Path(data) if data else base / params.data
        loaded = _from_inputs(params, folder.resolve(), file.name)
    check_names(loaded, [*params.schools, *only], file.name)
    check_together(loaded, file.name)
    chosen = _choose_schools(loaded, only, file.name)
    inputs = ((file.name, digest(file)), *loaded.inputs)
    return replace(loaded, schools=chosen, every=loaded.schools, inputs=inputs)


def _refuse_data(data: str, source: str) -> None:
    """A workspace has its rows itself; a folder that was named would be passed over without a word."""
    if data:
        problem = Problem("--data", f"the folder {data}", "no folder: the rows of a workspace lie in its observations/")
        step = "leave out --data, or name the params file that reads files of that folder"
        raise ParamsError(source, (problem,), NOTHING, step)


def _from_folder(params: RunParams, folder: Path, log: str, apart: bool) -> Workspace:
    """A workspace folder: network.yaml, measures.csv, schools.csv, annotations.csv and observations/*.csv."""
    network = form(forms.NetworkModel, folder / "network.yaml").record()
    measures = tuple(one.record() for one in sheet(forms.MeasureModel, folder / "measures.csv", "id"))
    schools = tuple(one.record() for one in sheet(forms.SchoolModel, folder / "schools.csv", "id"))
    notes = folder / "annotations.csv"
    annotations = tuple(one.record() for one in sheet(forms.AnnotationModel, notes)) if notes.is_file() else ()
    files = sorted((folder / "observations").glob("*.csv"))
    odd = [file.name for file in [*files, folder / "annotations.csv"] if file.exists() and not file.is_file()]
    if odd:
        raise InputError(folder.name, tuple(Problem(one, "no ordinary file", "a file") for one in odd), NOTHING)
    _refuse_empty(folder.name, measures, schools, files)
    unread: Mapping[str, tuple[Problem, ...]] = {}
    if apart:
        observations, sources, unread = read_apart(files, measures, schools)
    else:
        observations, sources = read_observations(files, measures, schools)
    if observations.empty:
        raise InputError(
            folder.name, (Problem("observations/", "no row in any file", "observations"),), NOTHING, FILL_IN
        )
    doubts = doubts_of(measures, observations, whole=not unread)
    observations = _within(observations, params)
    doubts = replace(doubts, later=later_words(observations, params.as_of))
    panels = _panels(observations, measures, network, params)
    names = [folder / name for name in ("network.yaml", "measures.csv", "schools.csv", "annotations.csv")]
    inputs = tuple((f.relative_to(folder).as_posix(), _digest(f)) for f in [*names, *files] if f.is_file())
    state, heads = read_log(folder, log)
    inputs += (("improvement log", heads),) * bool(heads)
    state = known_by(state, params.as_of)
    loaded = Workspace(params, network, schools, measures, annotations, panels, sources, inputs)
    return replace(loaded, log=state, unread=unread, doubts=doubts)


def _digest(file: Path) -> str:
    """The hash of an input; a file that could not be read is told where its school is."""
    try:
        return digest(file)
    except OSError:
        return "unreadable"


def _from_inputs(params: RunParams, folder: Path, source: str) -> Workspace:
    """Foreign files by their mappings."""
    network = params.network
    if network is None:
        raise ParamsError(source, (Problem("network", "nothing", "the network"),), NOTHING)
    tables = [apply_mapping(read_input(folder, s), s) for s in params.inputs if s.provides == "observations"]
    raw = RawTable(pd.concat([t.frame for t in tables], ignore_index=True), tuple(n for t in tables for n in t.sources))
    for spec in params.inputs:
        if spec.provides == "denominators":
            raw = join_denominators(raw, apply_mapping(read_input(folder, spec), spec), spec)
    inside = _within(raw.frame, params)
    observations = check_observations(inside, params.measures, None, source)
    schools = _schools_of(inside)
    panels = _panels(observations, params.measures, network, params)
    files = sorted({file for spec in params.inputs for file in folder.glob(spec.files)})
    inputs = tuple((file.name, digest(file)) for file in files)
    loaded = Workspace(params, network, schools, params.measures, (), panels, raw.sources, inputs)
    expected = () if params.first_day or params.last_day else params.measures  # what is cut off is not missing
    return replace(
        loaded, doubts=replace(doubts_of(expected, observations), later=later_words(observations, params.as_of))
    )


def _refuse_empty(name: str, measures: Sequence[Measure], schools: Sequence[School], files: Sequence[Path]) -> None:
    """A workspace that is new has nothing to report on yet."""
    found = (
        (bool(measures), Problem("measures.csv", "no row below the header", "a measure")),
        (bool(schools), Problem("schools.csv", "no row below the header", "a school")),
        (bool(files), Problem("observations/", "no .csv file", "a file of observations")),
    )
    problems = tuple(problem for there, problem in found if not there)
    if problems:
        raise InputError(name, problems, NOTHING, FILL_IN)


def _within(frame: pd.DataFrame, params: RunParams) -> pd.DataFrame:
    keep = pd.Series(True, index=frame.index)
    if params.first_day:
        keep &= frame["period"] >= pd.Timestamp(params.first_day)
    if params.last_day:
        keep &= frame["period"] <= pd.Timestamp(params.last_day)
    if not keep.any():
        problem = Problem("select", f"no row from {params.first_day} to {params.last_day}", "days that the data cover")
        raise ParamsError(params.name, (problem,), NOTHING)
    return frame[keep].reset_index(drop=True)


def _schools_of(frame: pd.DataFrame) -> tuple[School, ...]:
    """Every school of the rows, by its latest name and district."""
    latest = frame.sort_values("period", kind="stable").drop_duplicates("school", keep="last").sort_values("school")
    names = latest["school_name"] if "school_name" in latest else latest["school"]
    districts = latest["district"] if "district" in latest else pd.Series("", index=latest.index)
    rows = zip(latest["school"].astype(str), names.astype(str), districts.astype(str), strict=True)
    return tuple(School(school, name.strip() or school, district) for school, name, district in rows)


def _panels(
    observations: pd.DataFrame, measures: tuple[Measure, ...], network: Network, params: RunParams
) -> dict[str, Panel]:
    if params.as_of:
        observations = observations[observations["period"] <= pd.Timestamp(params.as_of)]
    return {measure.id: panel_of(observations, measure, network.calendar) for measure in measures}


def _choose_schools(loaded: Workspace, only: Sequence[str], source: str) -> tuple[School, ...]:
    """The schools that the params file selects, and of these only the named ones."""
    params = loaded.params
    chosen = {
        school.id: school
        for school in loaded.schools
        if (not params.schools or school.id in params.schools)
        and (not params.districts or school.district in params.districts)
    }
    outside = [Problem("--only", repr(one), f"a school that {source} selects") for one in only if one not in chosen]
    if outside:
        raise ParamsError(source, tuple(outside), NOTHING)
    return tuple(chosen[one] for one in dict.fromkeys(only)) if only else tuple(chosen.values())


def check_names(loaded: Workspace, wanted: Sequence[str], source: str) -> None:
    """Choices, settings and annotations must name schools, districts and measures that exist."""
    schools = [school.id for school in loaded.schools]
    measures = [measure.id for measure in loaded.measures]
    problems = [
        *_unknown("school", wanted, schools),
        *_unknown("select.districts", loaded.params.districts, sorted({one.district for one in loaded.schools})),
        *_unknown("per_measure", [name for name, _ in loaded.params.charts if name], measures),
        *_unknown("per_school", [school for school, _, _ in loaded.params.per_school], schools),
        *_unknown("per_school, measure", [measure for _, measure, _ in loaded.params.per_school], measures),
    ]
    notes = [
        *_unknown("annotations.csv, school", [a.school for a in loaded.annotations if a.school], schools),
        *_unknown("annotations.csv, measure", [a.measure for a in loaded.annotations if a.measure], measures),
    ]
    if problems or notes:
        raise ParamsError(source, (*problems, *notes), NOTHING)


def check_together(loaded: Workspace, source: str) -> None:
    """Settings that make a chart together, for each measure and each school with its own."""
    check_specs(specs_for(loaded, display_names(loaded.schools, "team")), source)


def _unknown(place: str, found: Iterable[str], known: Sequence[str]) -> list[Problem]:
    return [Problem(place, repr(one), forms.nearest(one, known)) for one in dict.fromkeys(found) if one not in known]


__all__ = [
    "SCHOOLS",
    "Dossier",
    "Mark",
    "Slices",
    "Workspace",
    "complete",
    "dossier_for",
    "journal",
    "load",
    "log_for",
    "no_pseudonyms",
    "open_workspace",
    "pack",
    "points_file",
    "summary_file",
    "write_observations",
]
