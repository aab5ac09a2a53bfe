"""Who sees which record: private until shared (features.md P23), on every engine and in every report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pdsa.inquiry.state import Held, State
from pdsa.records.inquiry import Prediction
from pdsa.terms import NETWORK_WIDE, VISIBILITIES, Audience, Entity, Role, Visibility


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone who reads: a role, and the schools that are their own (`team`) or that they coach (`coach`)."""

    role: Role | Audience
    schools: tuple[str, ...] = ()


# What must at least be shared for each role to see a record of a school that is not theirs.
FROM: dict[str, Visibility] = {
    "team": "network",
    "coach": "network",
    "hub": "network",
    "network": "network",
    "district": "district",
    "public": "public",
}


def viewer_of(audience: Audience, school: str = "", schools: Iterable[str] = ()) -> Viewer:
    """The reader of a folder of reports: a team sees its own school, coaches what their schools share with them.

    Parameters
    ----------
    audience
        The folder.
    school
        The school of a team's report.
    schools
        All schools of the network, which its coaches coach.
    """
    return Viewer(audience, (school,) if audience == "team" else tuple(schools) if audience == "coach" else ())


def sees(viewer: Viewer, entity: Entity, school: str, visibility: Visibility) -> bool:
    """Whether someone may see a record of this kind, owner and visibility."""
    if not school and (entity in NETWORK_WIDE or viewer.role in ("coach", "hub")):
        return True  # the network's own: its theory is everybody's, the rest at least theirs who write it
    own = school in viewer.schools
    if own and viewer.role == "team":
        return True
    needed: Visibility = "coach" if own and viewer.role == "coach" else FROM[viewer.role]
    return VISIBILITIES.index(visibility) >= VISIBILITIES.index(needed)


def visible(state: State, viewer: Viewer) -> State:
    """The part of a state that someone may see; a prediction only together with its cycle."""
    held = {key: one for key, one in state.held.items() if sees(viewer, one.entity, one.school, one.visibility)}
    return State({key: one for key, one in held.items() if _stands(one, held)})


def _stands(one: Held, held: dict[tuple[Entity, str], Held]) -> bool:
    return not isinstance(one.record, Prediction) or ("cycle", one.record.cycle_id) in held
