"""A whole network as loaded, and what belongs to each of its schools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from typing import Generic, TypeVar

from pdsa.errors import Problem
from pdsa.inquiry import State
from pdsa.inquiry.state import Held
from pdsa.records import Annotation, Measure, Network, RunParams, School, SourceNote
from pdsa.series import Panel
from pdsa.terms import Entity
from pdsa.workspace.doubts import Doubts

T = TypeVar("T")


class BySchool(Generic[T]):
    """Things by the school that they belong to, "" for the network: one school's are found without a look at the rest.

    Parameters
    ----------
    things
        In an order that stays.
    school_of
        The school of each.
    """

    def __init__(self, things: Iterable[T], school_of: Callable[[T], str]) -> None:
        self._own: dict[str, list[tuple[int, T]]] = {}
        for place, one in enumerate(things):
            self._own.setdefault(school_of(one), []).append((place, one))

    def of(self, school: str) -> list[T]:
        """What belongs to a school or to the network."""
        found = [*self._own.get("", ()), *(self._own.get(school, ()) if school else ())]
        return [one for _, one in sorted(found, key=itemgetter(0))]


@dataclass(frozen=True, eq=False)
class Workspace:
    """A whole network as loaded: complete panels that only `dossier_for` hands out, masked for an audience."""

    params: RunParams
    network: Network
    schools: tuple[School, ...]
    measures: tuple[Measure, ...]
    annotations: tuple[Annotation, ...]
    panels: dict[str, Panel]
    sources: tuple[SourceNote, ...]
    inputs: tuple[tuple[str, str], ...]
    every: tuple[School, ...] = ()  # the whole network, of which `schools` may be a choice
    log: State = field(default_factory=State)  # the improvement log as it stands, for no reader yet
    unread: Mapping[str, tuple[Problem, ...]] = field(default_factory=dict)  # schools set apart, and what is wrong
    doubts: Doubts = field(default_factory=Doubts)  # what is no mistake, and may not be meant

    # A state, its panels and its remarks never change: what each school's report asks for is gathered once.
    @cached_property
    def known(self) -> Mapping[str, School]:
        """The schools to report on, by id."""
        return {one.id: one for one in self.schools}

    @cached_property
    def places(self) -> Mapping[str, Mapping[str, int]]:
        """By measure and school, the number of its series."""
        return {
            name: {school: s for s, school in enumerate(panel.keys["school"].tolist())}
            for name, panel in self.panels.items()
        }

    @cached_property
    def remarks(self) -> BySchool[Annotation]:
        """The remarks of the workspace."""
        return BySchool(self.annotations, lambda one: one.school)

    @cached_property
    def _held(self) -> BySchool[tuple[tuple[Entity, str], Held]]:
        return BySchool(self.log.held.items(), lambda one: one[1].school)

    def log_of(self, school: str) -> State:
        """The records of a school and of the network; all records where no school is named."""
        return State(dict(self._held.of(school))) if school else self.log
