"""The dossier of one report: what its reader may see of a network, masked, cut and named for the audience."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import get_args

import numpy as np
import pandas as pd

from pdsa import params as forms
from pdsa.errors import ParamsError, Problem
from pdsa.inquiry import State, viewer_of, visible
from pdsa.inquiry.release import renamed, unnamed
from pdsa.narrate import plural
from pdsa.privacy import COMPLETE, PSEUDONYMOUS, REFUSED, release
from pdsa.records import Annotation, School
from pdsa.records.inquiry import Phase
from pdsa.series import Panel
from pdsa.terms import Audience
from pdsa.workspace.dossier import SCHOOLS, Dossier, Header
from pdsa.workspace.files import NOTHING
from pdsa.workspace.journal import remarks_of
from pdsa.workspace.specs import Specs, phases_of, specs_of
from pdsa.workspace.whole import Workspace


def dossier_for(workspace: Workspace, audience: Audience, school: str = "") -> Dossier:
    """The dossier of one report: released for the audience, cut to the school, named as the audience may see it.

    A school's costs the same whatever the number of other schools.
    """
    _check_request(workspace, audience, school)
    names = _names(workspace, audience, school)
    own = {name: _cut(panel, names, workspace.places[name]) for name, panel in workspace.panels.items()}
    log = _log(workspace, audience, school)
    remarks = (*(workspace.remarks.of(school) if school else workspace.annotations), *remarks_of(log))
    phases = phases_of(log, own)
    panels = {name: _named(panel, names) for name, panel in own.items()}
    released = release(panels, {m.id: m for m in workspace.measures}, audience, workspace.network.min_n)
    header = Header(
        network=workspace.network,
        audience=audience,
        school=school,
        schools=tuple(sorted(names.values(), key=lambda one: (one.name, one.id))),
        measures=workspace.measures,
        annotations=_annotations(workspace, remarks, audience, school),
        specs=specs_for(workspace, names, remarks, phases),
        min_n=workspace.network.min_n,
        hidden=released.hidden,
        sources=_sources(workspace, audience),
        as_of=workspace.params.as_of,
        pages=_pages(workspace, audience),
        unread=tuple(sorted(one.id for real, one in names.items() if real in workspace.unread)),
    )
    return Dossier(header, released, _shown(workspace, log, names, audience))


def log_for(workspace: Workspace, audience: Audience, school: str = "") -> State:
    """The improvement log alone as a report's dossier holds it."""
    _check_request(workspace, audience, school)
    names = _names(workspace, audience, school)
    return _shown(workspace, _log(workspace, audience, school), names, audience)


def _shown(workspace: Workspace, log: State, names: Mapping[str, School], audience: Audience) -> State:
    shown = renamed(log, {real: one.id for real, one in names.items()})
    return unnamed(shown, workspace.every) if audience in PSEUDONYMOUS else shown


def _log(workspace: Workspace, audience: Audience, school: str) -> State:
    """What the reader of a page may see of the log; on a school's page other schools' records are left out."""
    coached = [school] if school else list(workspace.known)
    return visible(workspace.log_of(school), viewer_of(audience, school, coached))


def _check_request(workspace: Workspace, audience: Audience, school: str) -> None:
    """A school that exists, an audience that there is, and no more than the audience may see."""
    problem = None
    if audience in REFUSED or audience not in get_args(Audience):
        words = [word for word in get_args(Audience) if word not in REFUSED]
        problem = Problem("audience", repr(audience), forms.nearest(audience, words))
    elif school and school not in workspace.known:
        problem = Problem("school", repr(school), forms.nearest(school, sorted(workspace.known)))
    elif audience in COMPLETE and not school:
        problem = Problem("audience", audience, "a school: a complete view is for its own team only")
    elif audience in PSEUDONYMOUS and school:
        problem = Problem("school", repr(school), f"no school: the audience {audience} sees all under pseudonyms")
    elif audience in PSEUDONYMOUS and (lacking := no_pseudonyms(workspace)):
        problem = Problem("schools.csv, pseudonym", lacking, "a pseudonym of its own for each school")
    if problem:
        raise ParamsError(workspace.params.name, (problem,), NOTHING)


def no_pseudonyms(workspace: Workspace) -> str:
    """Why schools cannot be shown under pseudonyms; "" if they can. The schools that are left out count as well."""
    schools = workspace.every or workspace.schools
    given = [school.pseudonym for school in schools]
    lacking = sum(not name for name in given)
    if lacking:
        return f"{lacking} of {len(given)} schools have no pseudonym in schools.csv"
    if len({name.casefold() for name in given}) < len(given):
        return "two schools share a pseudonym"
    real = {text.casefold() for school in schools for text in (school.id, school.name)}
    return "a pseudonym is the id or name of a school" if real & {name.casefold() for name in given} else ""


def _sources(workspace: Workspace, audience: Audience) -> tuple[str, ...]:
    """The names of the files read; beside pseudonyms only their number, because a file may be named for a school."""
    names = tuple(name for name, _ in workspace.inputs)
    return (f"{plural(len(names), 'file')} of the network",) if audience in PSEUDONYMOUS else names


def _pages(workspace: Workspace, audience: Audience) -> str:
    """A district's pages of its schools lie beside its page of the network; a coach follows them there."""
    made = "district" in workspace.params.audiences
    return {"district": SCHOOLS, "coach": f"../district/{SCHOOLS}" if made else ""}.get(audience, "")


def _names(workspace: Workspace, audience: Audience, school: str) -> dict[str, School]:
    return display_names([workspace.known[school]] if school else workspace.schools, audience)


def display_names(schools: Sequence[School], audience: Audience) -> dict[str, School]:
    """By real id, the school as the audience may see it: a pseudonym takes the place of id, name and district."""
    if audience in PSEUDONYMOUS:
        return {one.id: School(one.pseudonym, one.pseudonym) for one in schools}
    return {one.id: School(one.id, one.name, one.district) for one in schools}


def _cut(panel: Panel, names: Mapping[str, School], places: Mapping[str, int]) -> Panel:
    """The series of these schools, in ascending order of the ids that may be shown, under their real ids still."""
    order = sorted((one.id, places[real]) for real, one in names.items() if real in places)
    return panel.take(np.array([s for _, s in order], dtype=np.int64))


def _named(panel: Panel, names: Mapping[str, School]) -> Panel:
    """The panel under the ids that may be shown."""
    if all(real == one.id for real, one in names.items()):
        return panel
    shown = [names[real].id for real in panel.keys["school"].tolist()]
    return replace(panel, keys=panel.keys.assign(school=pd.Series(shown, dtype="str")))


def _annotations(
    workspace: Workspace, remarks: Iterable[Annotation], audience: Audience, school: str
) -> tuple[Annotation, ...]:
    """Remarks of the network on every page; a school's own on its page only, and never beside a pseudonym."""
    own = school if audience not in PSEUDONYMOUS else ""
    last = workspace.params.as_of
    return tuple(a for a in remarks if a.school in ("", own) and (last is None or a.date <= last))


def specs_for(
    workspace: Workspace, names: Mapping[str, School], remarks: Sequence[Annotation] = (), phases: Sequence[Phase] = ()
) -> Specs:
    """The specs under the ids that may be shown."""
    shown = {real: school.id for real, school in names.items()}
    calendar, all_of_it = workspace.network.calendar, remarks or workspace.annotations
    return specs_of(workspace.params, workspace.measures, all_of_it, calendar, shown, phases)
