"""What people tried, why, what they predicted and what they learned: the records of the improvement log.

Names of fields are those of the PDSA forms of the field (IHI; Carnegie Foundation): see each record's Source. Every
record has an `id` and may be empty but for what it cannot do without; the plan check asks for the rest.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from datetime import date

from pdsa.terms import (
    AnnotationKind,
    AskTo,
    AsPlanned,
    Belief,
    Better,
    CycleStatus,
    DataPlanKind,
    Decision,
    DriverLevel,
    Entity,
    EvidenceLevel,
    FailureCost,
    IdeaStage,
    Origin,
    Outcome,
    PredictionType,
    Purpose,
    Readiness,
    Role,
    Scale,
)


@dataclass(frozen=True, slots=True)
class Aim:
    """How good, for whom, by when; `since` is the day from which this version of it holds.

    `baseline_value` and `target_value` are in the unit in which the measure is shown (percent where `per` is 100).
    """

    id: str
    statement: str
    measure_id: str
    population: str
    target_value: float
    by_date: date
    baseline_value: float | None = None
    since: date | None = None
    school_id: str = ""


@dataclass(frozen=True, slots=True)
class Driver:
    """A node of the driver diagram: what must move for the aim to be reached; `parent_id` is another driver or ""."""

    id: str
    text: str
    level: DriverLevel = "primary"
    parent_id: str = ""
    aim_id: str = ""
    measure_ids: tuple[str, ...] = ()
    owner: str = ""
    retired_on: date | None = None


@dataclass(frozen=True, slots=True)
class Cause:
    """A bone of the fishbone: a suspected cause, the evidence for it, and the driver that takes it up."""

    id: str
    category: str
    cause: str
    evidence: str = ""
    driver_id: str = ""


@dataclass(frozen=True, slots=True)
class ChangeIdea:
    """Something that could be done differently, under the driver that it should move."""

    id: str
    title: str
    driver_id: str = ""
    description: str = ""
    origin: Origin = "practice"
    evidence_level: EvidenceLevel = "none"
    local_fit: str = ""
    stage: IdeaStage = "untested"
    core_components: str = ""
    tools_url: str = ""
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """One line of a plan: what, who, when, where."""

    what: str
    who: str = ""
    when: str = ""
    where: str = ""


@dataclass(frozen=True, slots=True)
class Cycle:
    """One turn of Plan-Do-Study-Act on one change idea at one school.

    Plan: `change_idea_id` to `readiness`. Do: `actual_start` to `artifacts`. Study: `what_data_show` to
    `variation_noticed`. Act: `decision` to `sustain_plan`. `planned_end` is the team's own; `parent_cycle_id` is the
    cycle before it on the ramp.

    Source: IHI, Plan-Do-Study-Act (PDSA) Worksheet; Carnegie Foundation, PDSA form.
    """

    id: str
    school_id: str
    change_idea_id: str
    title: str = ""
    team_id: str = ""
    cycle_no: int = 1
    parent_cycle_id: str = ""
    purpose: Purpose = "test"
    objective: str = ""
    questions: tuple[str, ...] = ()
    tasks: tuple[Task, ...] = ()
    start: date | None = None
    planned_end: date | None = None
    scale: Scale = "few_students"
    sites_n: int | None = None
    students_n: int | None = None
    data_plan: DataPlanKind | None = None
    data_plan_detail: str = ""
    measure_ids: tuple[str, ...] = ()
    belief: Belief | None = None
    cost_of_failure: FailureCost | None = None
    readiness: Readiness | None = None
    actual_start: date | None = None
    actual_end: date | None = None
    carried_out_as_planned: AsPlanned | None = None
    deviations: str = ""
    observations: str = ""
    unexpected_observations: str = ""
    artifacts: tuple[str, ...] = ()
    what_data_show: str = ""
    matched: Outcome | None = None
    learning: str = ""
    variation_noticed: str = ""
    studied_on: date | None = None
    decision: Decision | None = None
    decided_on: date | None = None
    rationale: str = ""
    next_test: str = ""
    next_scale: Scale | None = None
    spread_to: tuple[str, ...] = ()
    implementation_plan: str = ""
    sustain_plan: str = ""
    coach_reviewed: date | None = None

    @property
    def status(self) -> CycleStatus:
        """How far it has come: planned, doing (it began), studying (something was studied), closed (decided)."""
        if self.decision:
            return "closed"
        if self.studied_on or self.what_data_show or self.learning:
            return "studying"
        return "doing" if self.actual_start else "planned"

    @property
    def began(self) -> date | None:
        """The first day: the actual one, or the planned one where nothing else is known."""
        return self.actual_start or self.start


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a team expects of a cycle, and why; what came of it.

    `type` says which fields hold it: `value` (with `low` and `high` as the band within which it counts as kept, where
    given), `range` (`low` to `high`), `direction` (`up` or `down`), `probability` (that what `question` says will
    come true, 0 to 1), `text`. Values are in the unit in which the measure is shown. `result_value` and `outcome` are
    those of the people; what the chart says is computed by `cycles`.
    """

    id: str
    cycle_id: str
    question: str
    because: str
    type: PredictionType = "text"
    measure_id: str = ""
    group: str = ""
    low: float | None = None
    high: float | None = None
    value: float | None = None
    direction: Better | None = None
    probability: float | None = None
    made_on: date | None = None
    result_value: float | None = None
    result_text: str = ""
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class LogAnnotation:
    """A dated remark of a team that its charts carry: on one measure, or on all where `measure_id` is ""."""

    id: str
    date: datetime.date
    label: str
    kind: AnnotationKind = "change"
    school_id: str = ""
    measure_id: str = ""


@dataclass(frozen=True, slots=True)
class Phase:
    """From `start` on a measure of a school has lines of its own; declared with a reason and a cycle as evidence."""

    id: str
    measure_id: str
    school_id: str
    start: date
    reason: str
    evidence_cycle_id: str


@dataclass(frozen=True, slots=True)
class Interview:
    """An empathy interview or a surprise: whom one listened to (a role, no name), what was heard, its themes."""

    id: str
    date: datetime.date
    heard: str
    with_whom: str = ""
    themes: tuple[str, ...] = ()
    school_id: str = ""
    driver_id: str = ""


@dataclass(frozen=True, slots=True)
class Insight:
    """What a person concludes from cycles, in words that others can use."""

    id: str
    text: str
    cycle_ids: tuple[str, ...] = ()
    driver_id: str = ""
    school_id: str = ""
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Ask:
    """Where a team is stuck: an item for its coach, or an ask to a leader; open until it has a response."""

    id: str
    text: str
    to: AskTo = "coach"
    school_id: str = ""
    cycle_id: str = ""
    raised_on: date | None = None
    response: str = ""
    responded_on: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether nobody has answered yet."""
        return not self.response


@dataclass(frozen=True, slots=True)
class Progress:
    """A team's own rating of how far it is, 0.5 to 5 in halves. Source: IHI, Assessment Scale for Collaboratives."""

    id: str
    school_id: str
    on: date
    score: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Someone who writes or reads: a role, and the schools that it is for (all of them for `district` and `hub`)."""

    id: str
    name: str
    role: Role = "team"
    schools: tuple[str, ...] = ()
    email: str = ""
    org: str = ""
    since: date | None = None
    until: date | None = None


Record = (
    Aim | Driver | Cause | ChangeIdea | Cycle | Prediction | LogAnnotation | Phase | Interview | Insight | Ask
    | Progress | Person
)  # fmt: skip
RECORDS: dict[Entity, type[Record]] = {
    "aim": Aim,
    "driver": Driver,
    "cause": Cause,
    "change_idea": ChangeIdea,
    "cycle": Cycle,
    "prediction": Prediction,
    "annotation": LogAnnotation,
    "phase": Phase,
    "interview": Interview,
    "insight": Insight,
    "ask": Ask,
    "progress": Progress,
    "person": Person,
}
