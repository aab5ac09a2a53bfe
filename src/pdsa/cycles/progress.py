"""How far a team is by the evidence on file, on the scale by which teams rate themselves, beside that rating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from pdsa.cycles.days import period_of
from pdsa.cycles.evidence import Evidence, Line
from pdsa.cycles.levels import frozen, latest_instrument, left, level_of
from pdsa.inquiry import State
from pdsa.records.inquiry import Aim, Cycle, Person, Progress
from pdsa.series import Bools, Ints
from pdsa.terms import D2_ROUNDED, MIN_USEFUL, SCALES

# Shares of the way from baseline to target that the steps of the scale ask for.
FIFTH, HALF = 0.2, 0.5
# The latest points whose level counts.
LATEST = 12
Reason = Literal[
    "aim",
    "no_aim",
    "team",
    "no_team",
    "closed",
    "none_closed",
    "measured",
    "not_measured",
    "implemented",
    "not_implemented",
    "way",
    "no_way",
    "signal",
    "no_signal",
    "held",
    "not_held",
    "reached",
    "not_reached",
]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a team stands by the evidence on file; for the team and its own coach only.

    Parameters
    ----------
    score
        0.5, or 1.0 an aim and a team; 2.5 a cycle closed and the aim's measure taken since it began; 3.0 a change in
        place, and a fifth of the way to the target, more than one standard error; 4.0 half of the way, with a signal
        of the rules; 4.5 the signal stands after ten points; 5.0 the latest twelve points reach the target as well.
    reasons
        What there is and, last, what is missing for the next step.
    measure, baseline, level, n, target, way
        The aim's measure, where it began, the level of the latest `n` points, the target, and the share of the way.
    rated
        The team's own latest rating.
    """

    school: str
    score: float
    reasons: tuple[Reason, ...]
    measure: str = ""
    baseline: float | None = None
    level: float | None = None
    n: int = 0
    target: float | None = None
    way: float | None = None
    rated: Progress | None = None

    @property
    def gap(self) -> float | None:
        """The team's own rating minus the score by evidence; None where it has not rated itself."""
        return None if self.rated is None else self.rated.score - self.score


def progress_of(state: State, school: str, evidence: Evidence) -> Standing:
    """Where a school's team stands by the evidence on file.

    Parameters
    ----------
    state
        What the team or its coach may see of the log.
    school
        Whose.
    evidence
        The school's charts.

    Source: IHI, Assessment Scale for Collaboratives; that 4.0 asks for a signal follows its use with control charts.
    """
    aim = _aim(state, school)
    cycles = [one for one in state.cycles if one.school_id == school]
    line = evidence.line(school, aim.measure_id) if aim else None
    way = _way(aim, line) if aim and line else Way()
    reasons: list[Reason] = []
    score = 0.5
    for step, wanted in _ladder(aim, way, cycles, line, _has_team(state, school, cycles)):
        lacking = [missing for met, _, missing in wanted if not met]
        reasons += [*(there for met, there, _ in wanted if met), *lacking]
        if lacking:
            break
        score = step
    return Standing(
        school=school,
        score=score,
        reasons=tuple(reasons),
        measure=aim.measure_id if aim else "",
        baseline=way.base,
        level=way.level,
        n=way.n,
        target=aim.target_value if aim else None,
        way=way.share,
        rated=_rated(state, school, evidence),
    )


class Way(NamedTuple):
    """From baseline to target: both levels, the share of the way, whether it is more than chance, how long it holds."""

    base: float | None = None
    level: float | None = None
    n: int = 0
    share: float | None = None
    moved: bool = False
    since: int = 0


Wanted = tuple[bool, Reason, Reason]


def _ladder(
    aim: Aim | None, way: Way, cycles: list[Cycle], line: Line | None, team: bool
) -> tuple[tuple[float, tuple[Wanted, ...]], ...]:
    """Each step with what it asks for: whether it is there, and the reason to give where it is and where it is not."""
    closed = [one for one in cycles if one.decision]
    share = -1.0 if way.share is None else way.share
    fifth = share >= FIFTH and way.moved
    return (
        (1.0, ((aim is not None, "aim", "no_aim"), (team, "team", "no_team"))),
        (2.5, ((bool(closed), "closed", "none_closed"), (_measured(closed, line), "measured", "not_measured"))),
        (
            3.0,
            ((_implemented(cycles), "implemented", "not_implemented"), (fifth, "way", "no_way")),
        ),
        (4.0, ((share >= HALF and way.since > 0, "signal", "no_signal"),)),
        (4.5, ((way.since >= MIN_USEFUL, "held", "not_held"),)),
        (5.0, ((share >= 1, "reached", "not_reached"),)),
    )


def _aim(state: State, school: str) -> Aim | None:
    """The school's own aim, or the network's."""
    aims = state.records(Aim)
    own = [one for one in aims if one.school_id == school]
    return next(iter((*own, *(one for one in aims if not one.school_id))), None)


def _has_team(state: State, school: str, cycles: list[Cycle]) -> bool:
    people = (one for one in state.records(Person) if one.role == "team" and school in one.schools)
    return bool(cycles) or any(True for _ in people)


def _rated(state: State, school: str, evidence: Evidence) -> Progress | None:
    own = [one for one in state.records(Progress) if one.school_id == school and one.on <= evidence.today]
    return max(own, key=lambda one: (one.on, one.id), default=None)


def _way(aim: Aim, line: Line) -> Way:
    """How far a school has come from where it began itself, by the points measured as the last one."""
    places = latest_instrument(line, line.useful)
    first = _first(line, places)
    later = places[len(first) :]
    latest = later[-LATEST:]
    if len(first) < MIN_USEFUL or len(latest) < MIN_USEFUL or not line.is_of_measure:
        return Way(level_of(line, first), level_of(line, latest), len(latest))
    own = aim.baseline_value if aim.school_id else None
    base = own if own is not None else line.level(_mask(line, first))
    level = line.level(_mask(line, latest))
    if aim.target_value == base:
        return Way(base, level, len(latest))
    spread = float(np.abs(np.diff(line.value[first])).mean()) / D2_ROUNDED
    moved = abs(level - base) > spread * (1 / len(first) + 1 / len(latest)) ** 0.5
    share = (level - base) / (aim.target_value - base)
    return Way(base, level, len(latest), share, bool(moved), _since(line, places, len(first), aim.target_value > base))


def _first(line: Line, places: Ints) -> Ints:
    """The points that a school began with: those of its frozen baseline, or the first twelve."""
    stretch = places[line.phase[places] == line.phase[places[:1]].sum()]
    first = stretch[line.baseline[stretch]]
    frozen_on = len(first) and len(first) < len(stretch) and (first == places[: len(first)]).all()
    return first if frozen_on else places[:LATEST]


def _mask(line: Line, places: Ints) -> Bools:
    found: Bools = np.zeros(len(line.day), dtype=bool)
    found[places] = True
    return found


def _since(line: Line, places: Ints, count: int, up: bool) -> int:
    """How many points have come since the first signal towards the target, if it still stands; 0 without one."""
    fired = left(frozen(line, places, count), count, 1 if up else -1)
    return len(fired) - int(np.argmax(fired)) if fired.any() else 0


def _measured(closed: list[Cycle], line: Line | None) -> bool:
    """Whether the aim's measure was taken since the first of these cycles began."""
    began = min((one.began for one in closed if one.began), default=None)
    if line is None or began is None or not line.useful.any():
        return False
    last = line.days(line.useful)[-1]
    return last >= period_of(began, line.step or "day")


def _implemented(cycles: list[Cycle]) -> bool:
    wide = SCALES[SCALES.index("school") :]
    return any(
        one.decision == "adopt" or (one.status != "planned" and (one.purpose == "implement" or one.scale in wide))
        for one in cycles
    )
