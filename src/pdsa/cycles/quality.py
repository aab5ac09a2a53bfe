"""Five parts of a sound PDSA, each from 0 to 1, with what each cycle gave to it and what it lacks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from pdsa.cycles.evidence import Evidence
from pdsa.cycles.ground import Ground
from pdsa.inquiry import State
from pdsa.records.inquiry import Cycle
from pdsa.terms import SCALES

PartName = Literal["documentation", "iteration", "prediction", "small_scale", "data_over_time"]
# Planned points of which so many must have come in (features.md 1.3).
RECEIVED = 0.8
SMALL = SCALES[: SCALES.index("school")]
# Scales at which people are heard and watched one by one: no series of numbers is due.
ONE_BY_ONE = ("student", "few_students")


@dataclass(frozen=True, slots=True)
class Given:
    """What one cycle gives to a part, from 0 to 1, and what it lacks, in words."""

    cycle: str
    score: float
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One of the five parts: the mean of what the cycles give; None where it is due of none of them."""

    name: PartName
    score: float | None
    cycles: tuple[Given, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """The five parts of these cycles, and their sum from 0 to 5.

    A part that is due of no cycle counts as the mean of the others. For the team and its own coach only.

    Source: Taylor et al., BMJ Quality and Safety 23:290 (2014), doi 10.1136/bmjqs-2013-001862, whose five features
    these are; how they are scored is our own.
    """

    parts: tuple[Part, ...]

    @property
    def total(self) -> float:
        """From 0 to 5."""
        known = [one.score for one in self.parts if one.score is not None]
        return 5 * sum(known) / len(known) if known else 0.0

    def part(self, name: PartName) -> Part:
        """One part by name."""
        return next(one for one in self.parts if one.name == name)


def quality_of(cycles: Iterable[Cycle], state: State, evidence: Evidence) -> Quality:
    """The five parts of the cycles of a ramp, or of a school.

    Parameters
    ----------
    cycles
        As a rule those that are closed: a cycle under way lacks what is not due yet.
    state, evidence
        What the reader may see of the log, and the charts.
    """
    ground = Ground(state, evidence)
    chosen = tuple(cycles)
    parts = {
        "documentation": [_documentation(one, ground) for one in chosen],
        "iteration": [_iteration(one, ground) for one in chosen],
        "prediction": [_prediction(one, ground) for one in chosen],
        "small_scale": [_small_scale(one, ground) for one in chosen],
        "data_over_time": [_data(one, ground) for one in chosen if needs_numbers(one)],
    }
    return Quality(tuple(_part(name, given) for name, given in parts.items()))  # type: ignore[arg-type]


def needs_numbers(cycle: Cycle) -> bool:
    """Whether a series of numbers is due of a cycle: not of one that only collects information, or words."""
    if cycle.purpose == "implement":
        return True
    return cycle.purpose != "collect_info" and cycle.data_plan != "qualitative"


def _part(name: PartName, given: list[Given]) -> Part:
    return Part(name, sum(one.score for one in given) / len(given) if given else None, tuple(given))


def _given(cycle: Cycle, asked: Mapping[str, object]) -> Given:
    """The share of what is asked that is there, and what is not."""
    return Given(cycle.id, sum(map(bool, asked.values())) / len(asked), tuple(k for k, v in asked.items() if not v))


def _documentation(cycle: Cycle, ground: Ground) -> Given:
    """Whether each part of Plan, Do, Study and Act is written down."""
    predictions = ground.of(cycle)
    asked = {
        "what the cycle is to find out": cycle.objective or cycle.questions,
        "a prediction": predictions,
        "who does what": cycle.tasks,
        "first and last day": cycle.began and (cycle.planned_end or cycle.actual_end),
        "how we will know": cycle.measure_ids or cycle.data_plan_detail or any(one.measure_id for one in predictions),
        "whether it was carried out as planned": cycle.carried_out_as_planned,
        "what was observed": cycle.observations or cycle.unexpected_observations,
        "what the data show": cycle.what_data_show,
        "what was learned": cycle.learning,
        "the decision": cycle.decision,
        "why it was decided": cycle.rationale,
        **_deviations(cycle),
        "what comes next": cycle.next_test or cycle.implementation_plan or cycle.sustain_plan,
    }
    return _given(cycle, asked)


def _deviations(cycle: Cycle) -> dict[str, object]:
    """What differed from the plan is asked only of a cycle that was not carried out as planned."""
    differed = cycle.carried_out_as_planned not in (None, "yes")
    return {"what was different from the plan": cycle.deviations.strip()} if differed else {}


def _iteration(cycle: Cycle, ground: Ground) -> Given:
    """Whole where a cycle stands on a ramp with others, half where it only names the next test."""
    if ground.ramp[cycle.id].length > 1 or cycle.parent_cycle_id:
        return Given(cycle.id, 1.0)
    return Given(cycle.id, 0.5 if cycle.next_test else 0.0, ("a cycle before or after it",))


def _prediction(cycle: Cycle, ground: Ground) -> Given:
    """Made beforehand and with a reason; such that the result can settle it; compared with the result."""
    made = [one for one in ground.results(cycle) if not one.late]
    words = cycle.purpose == "collect_info" or cycle.scale in ONE_BY_ONE
    asked = {
        "a prediction with its reason, made beforehand": any(one.prediction.because for one in made),
        "a prediction that a number can settle": made and (words or any(one.prediction.type != "text" for one in made)),
        "prediction and result compared": any(one.told != "not_measured" for one in made) or (made and cycle.matched),
    }
    return _given(cycle, asked)


def _small_scale(cycle: Cycle, ground: Ground) -> Given:
    """Whole where a cycle was tried on less than a school, or after cycles that were."""
    if cycle.status == "planned":
        return Given(cycle.id, 0.0, ("a test that was carried out",))
    before = [one for one in ground.ramp[cycle.id].cycles if one.id != cycle.id]
    small = cycle.scale in SMALL or any(one.scale in SMALL and one.status != "planned" for one in before)
    return Given(cycle.id, float(small), () if small else ("a smaller test before it",))


def _data(cycle: Cycle, ground: Ground) -> Given:
    """Half for a measure of each month or more often, whole where its points came in during the cycle."""
    often = [one for one in ground.measures(cycle) if (m := ground.measure(one)) and m.frequency != "year"]
    asked = {
        "a measure that is taken monthly or more often": often,
        "the points of that measure during the cycle": any(map(bool, _complete(cycle, often, ground))),
    }
    return _given(cycle, asked)


def _complete(cycle: Cycle, measures: list[str], ground: Ground) -> Iterator[bool]:
    for one in measures:
        due = ground.due(cycle, one)
        came, could = ground.received(cycle, one, due)
        yield could > 0 and came >= RECEIVED * could
