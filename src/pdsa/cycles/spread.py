"""Who tried an idea: across schools, under whatever id it goes by, and how far each has come with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pdsa.cycles.ramps import Ramp, ramps
from pdsa.inquiry import State
from pdsa.records.inquiry import ChangeIdea
from pdsa.terms import CycleStatus, Decision, IdeaStage, Outcome, Scale


@dataclass(frozen=True, slots=True)
class Tried:
    """One school's cycles on an idea: how many, when, how wide, what was decided last and what was learned.

    `outcomes` are those of its predictions, as their people say, in the order of the cycles.
    """

    idea: str
    title: str
    school: str
    name: str
    ramp: Ramp
    scale: Scale
    decision: Decision | None
    status: CycleStatus
    first: date | None
    last: date | None
    outcomes: tuple[Outcome, ...]
    learning: str

    @property
    def cycles(self) -> int:
        """How many cycles the reader may see."""
        return len(self.ramp.cycles)


@dataclass(frozen=True, slots=True)
class Cell:
    """An idea at a school: what was decided last, or how far its latest cycle is, after how many cycles."""

    decision: Decision | None
    status: CycleStatus
    cycles: int
    scale: Scale


@dataclass(frozen=True, slots=True)
class Matrix:
    """Ideas by schools: `ideas` pairs a key with a title, `cells` has those where anything was planned or tried."""

    ideas: tuple[tuple[str, str], ...]
    schools: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]
    stages: Mapping[str, IdeaStage]


def key_of(title: str) -> str:
    """What two titles of one idea have in common: case and blanks do not tell ideas apart."""
    return " ".join(title.split()).casefold()


def who_tried(state: State, idea: str, names: Mapping[str, str] | None = None) -> tuple[Tried, ...]:
    """The schools that planned or tried an idea, in the order in which they began.

    Parameters
    ----------
    state
        What the reader may see of the log.
    idea
        Id or title; ideas of the same title are the same idea.
    names
        Display names of schools by id.
    """
    known = state.ideas.get(idea)
    key = key_of(known.title if known else idea)
    same = {one.id for one in state.ideas.values() if key_of(one.title) == key} | {idea}
    on_it = (one for one in ramps(state) if any(each.change_idea_id in same for each in one.cycles))
    found = [_tried(one, state, names or {}) for one in on_it]
    return tuple(sorted(found, key=lambda one: (one.first or date.max, one.school)))


def _tried(ramp: Ramp, state: State, names: Mapping[str, str]) -> Tried:
    idea = state.ideas.get(ramp.idea) or ChangeIdea(ramp.idea, "")
    predictions = [one for cycle in ramp.cycles for one in state.predictions(cycle.id)]
    return Tried(
        idea=idea.id,
        title=idea.title,
        school=ramp.school,
        name=names.get(ramp.school, ramp.school),
        ramp=ramp,
        scale=ramp.last.scale,
        decision=ramp.decision,
        status=ramp.last.status,
        first=ramp.first.began,
        last=ramp.last.actual_end or ramp.last.decided_on or ramp.last.planned_end,
        outcomes=tuple(one.outcome for one in predictions if one.outcome),
        learning=next((one.learning for one in reversed(ramp.cycles) if one.learning), ""),
    )


def matrix(state: State, schools: Sequence[str]) -> Matrix:
    """What was planned and tried where: a row for each idea that any of these schools has a cycle on.

    Parameters
    ----------
    state
        What the reader may see of the log.
    schools
        Ids in the order in which they are shown: a fixed one, never a rank.
    """
    titles: dict[str, str] = {}
    stages: dict[str, IdeaStage] = {}
    groups: dict[tuple[str, str], list[Ramp]] = {}
    for ramp in ramps(state):
        if ramp.school in schools:
            idea = state.ideas.get(ramp.idea) or ChangeIdea(ramp.idea, "")
            key = key_of(idea.title) or ramp.idea
            titles.setdefault(key, idea.title)
            stages[key] = idea.stage
            groups.setdefault((key, ramp.school), []).append(ramp)
    order = tuple(sorted(titles.items(), key=lambda one: (one[1].casefold(), one[0])))
    return Matrix(order, tuple(schools), {at: _cell(found) for at, found in groups.items()}, stages)


def _cell(found: Sequence[Ramp]) -> Cell:
    latest = max(found, key=lambda one: (one.last.began or date.min, one.last.id))
    return Cell(latest.decision, latest.last.status, sum(len(one.cycles) for one in found), latest.last.scale)
