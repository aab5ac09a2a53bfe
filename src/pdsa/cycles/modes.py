"""The thirteen ways in which PDSA cycles go wrong, as data: when each is asked about, and in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from pdsa.content import content
from pdsa.records.inquiry import Cycle
from pdsa.terms import CycleStatus, Purpose, Scale

ModeId = Literal[
    "no_theory",
    "no_criteria",
    "data_plan",
    "not_as_planned",
    "data_gaps",
    "no_surprises",
    "no_study",
    "learning_untold",
    "not_abandoned",
    "not_iterative",
    "not_small",
    "no_data_over_time",
    "theory_unrevised",
]
Severity = Literal["high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Mode:
    """One failure mode.

    Parameters
    ----------
    id, name, severity
        What it is called, and how much of the cycle's worth it takes.
    purposes, scales, statuses
        The cycles that it can be asked about; `why` gives the reasons.
    found
        Sentences of what was found, by variant, with names in braces.
    ask
        The question to the team, and `later` the one after the cycle is closed ("": the same).
    """

    id: ModeId
    name: str
    severity: Severity
    purposes: tuple[Purpose, ...]
    scales: tuple[Scale, ...]
    statuses: tuple[CycleStatus, ...]
    why: str
    found: Mapping[str, str]
    ask: str
    later: str = ""

    def fits(self, cycle: Cycle) -> bool:
        """Whether a cycle is one that it can be asked about."""
        return cycle.purpose in self.purposes and cycle.scale in self.scales and cycle.status in self.statuses


@cache
def modes() -> tuple[Mode, ...]:
    """All thirteen, in the order of the field's list.

    Source: Reed and Card, BMJ Quality and Safety 25:147 (2016), doi 10.1136/bmjqs-2015-005076.
    """
    return tuple(_read(entry) for entry in content("plan_check"))


def _read(entry: dict[str, Any]) -> Mode:
    known: dict[str, Any] = {name: tuple(one) if isinstance(one, list) else one for name, one in entry.items()}
    return Mode(**known)
