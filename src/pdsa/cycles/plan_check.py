"""Plan questions: what a cycle leaves open that cycles of its kind have come to grief on, with a question to ask."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from pdsa.cycles import doing, planning, turning
from pdsa.cycles.evidence import Evidence
from pdsa.cycles.ground import Ground
from pdsa.cycles.modes import Mode, ModeId, Severity, modes
from pdsa.inquiry import State
from pdsa.records.inquiry import Cycle

# What was found: the variant of the sentence, and what stands in its braces.
Found = tuple[str, dict[str, object]]
CHECKS: Mapping[ModeId, Callable[[Cycle, Ground], Found | None]] = {
    "no_theory": planning.no_theory,
    "no_criteria": planning.no_criteria,
    "data_plan": planning.data_plan,
    "not_as_planned": doing.not_as_planned,
    "data_gaps": doing.data_gaps,
    "no_surprises": doing.no_surprises,
    "no_study": doing.no_study,
    "learning_untold": doing.learning_untold,
    "not_abandoned": turning.not_abandoned,
    "not_iterative": turning.not_iterative,
    "not_small": planning.not_small,
    "no_data_over_time": planning.no_data_over_time,
    "theory_unrevised": turning.theory_unrevised,
}


@dataclass(frozen=True, slots=True)
class PlanQuestion:
    """One thing that a cycle leaves open: what was found, and what a coach might ask about it.

    `is_closed` tells questions about cycles that are decided, which can only help the next ones.
    """

    mode: ModeId
    severity: Severity
    found: str
    ask: str
    cycle: str = ""
    school: str = ""
    is_closed: bool = False


def plan_questions(cycle: Cycle, state: State, evidence: Evidence) -> tuple[PlanQuestion, ...]:
    """The questions that a cycle raises, in the order of the modes; none is a verdict on the team.

    Parameters
    ----------
    cycle
        A cycle of the state, at any stage: only what is due at its stage, purpose and scale is asked.
    state
        What the reader may see of the log. What they may not see is never asked for.
    evidence
        The charts of the cycle's school, the measures and the calendar.
    """
    return tuple(_questions(cycle, Ground(state, evidence)))


def all_questions(state: State, evidence: Evidence) -> tuple[PlanQuestion, ...]:
    """The questions of every cycle of a state, in the order of the cycles: the same as one by one, only faster."""
    ground = Ground(state, evidence)
    return tuple(one for cycle in state.cycles for one in _questions(cycle, ground))


def _questions(cycle: Cycle, ground: Ground) -> Iterator[PlanQuestion]:
    for mode in modes():
        found = CHECKS[mode.id](cycle, ground) if mode.fits(cycle) else None
        if found:
            yield _question(mode, cycle, *found)


def _question(mode: Mode, cycle: Cycle, variant: str, told: dict[str, object]) -> PlanQuestion:
    closed = cycle.status == "closed"
    ask = mode.later if closed and mode.later else mode.ask
    found = mode.found[variant].format(**told)
    return PlanQuestion(mode.id, mode.severity, found, ask, cycle.id, cycle.school_id, closed)
