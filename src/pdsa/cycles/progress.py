"""How far a team is by the evidence on file, on the scale by which teams rate themselves, beside that rating."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from pdsa.cycles.days import period_of
from pdsa.cycles.evidence import Evidence, Line
from pdsa.inquiry import State
from pdsa.records.inquiry import Aim, Cycle, Person, Progress
from pdsa.terms import D2_ROUNDED, MIN_USEFUL, SCALES

# Shares of the way from baseline to target that the steps of the scale ask for.
MODEST, HALF = 0.2, 0.5
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
        0.5, or 1.0 an aim and a team; 2.5 a cycle closed and the aim's measure taken; 3.0 a fifth of the way to the
        target, and something implemented; 4.0 half of the way, with a signal; 4.5 held; 5.0 the target reached and
        held.
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
    standing = Standing(school, 0.5, (), measure=aim.measure_id if aim else "", rated=_rated(state, school, evidence))
    if aim and line:
        standing = _on_the_way(standing, aim, line)
    reasons: list[Reason] = []
    score = 0.5
    for step, wanted in _ladder(standing, aim, cycles, line, _has_team(state, school, cycles)):
        reasons += [there if met else missing for met, there, missing in wanted]
        if not all(met for met, _, _ in wanted):
            break
        score = step
    values = {name: getattr(standing, name) for name in ("measure", "baseline", "level", "n", "target", "way", "rated")}
    return Standing(school, score, tuple(reasons), **values)


Wanted = tuple[bool, Reason, Reason]


def _ladder(
    standing: Standing, aim: Aim | None, cycles: list[Cycle], line: Line | None, team: bool
) -> tuple[tuple[float, tuple[Wanted, ...]], ...]:
    """Each step with what it asks for: whether it is there, and the reason to give where it is and where it is not."""
    closed = [one for one in cycles if one.decision]
    way = -1.0 if standing.way is None else standing.way
    moved = line is not None and way > 0 and _moved(standing, line)
    return (
        (1.0, ((aim is not None, "aim", "no_aim"), (team, "team", "no_team"))),
        (2.5, ((bool(closed), "closed", "none_closed"), (_measured(closed, line), "measured", "not_measured"))),
        (3.0, ((_implemented(cycles), "implemented", "not_implemented"), (way >= MODEST and moved, "way", "no_way"))),
        (4.0, ((way >= HALF and line is not None and _since(line) is not None, "signal", "no_signal"),)),
        (4.5, ((line is not None and _is_held(standing, line), "held", "not_held"),)),
        (5.0, ((way >= 1, "reached", "not_reached"),)),
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


def _on_the_way(standing: Standing, aim: Aim, line: Line) -> Standing:
    """The standing with baseline, level and way; a school is judged from where it began itself."""
    useful = np.flatnonzero(line.useful & (line.instrument == line.instrument[-1:].sum()))
    first = useful[line.baseline[useful]]
    first = first[:LATEST] if len(first) == len(useful) else first
    latest = useful[len(first) :][-LATEST:]
    base = _level(line, first) if len(first) >= MIN_USEFUL else None
    if aim.school_id and aim.baseline_value is not None:
        base = aim.baseline_value
    level = _level(line, latest) if len(latest) >= MIN_USEFUL else None
    way = None
    if base is not None and level is not None and aim.target_value != base:
        way = (level - base) / (aim.target_value - base)
    return Standing(
        standing.school, standing.score, (), aim.id and aim.measure_id, base, level, len(latest), aim.target_value, way,
        standing.rated,
    )  # fmt: skip


def _level(line: Line, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float:
    where = np.zeros(len(line.day), dtype=bool)
    where[places] = True
    return line.level(where)


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


def _moved(standing: Standing, line: Line) -> bool:
    """Whether the level differs from the baseline by more than one standard error of such a difference."""
    if standing.level is None or standing.baseline is None:
        return False
    earlier = np.flatnonzero(line.useful)[: -standing.n]
    spread = float(np.abs(np.diff(line.value[earlier])).mean()) / D2_ROUNDED if len(earlier) > 1 else 0.0
    error = spread * (1 / standing.n + 1 / max(len(earlier), 1)) ** 0.5
    return bool(abs(standing.level - standing.baseline) > error)


def _since(line: Line) -> int | None:
    """The first point after the baseline with a signal in the good direction; None where there is none."""
    better = line.measure.better if line.measure else None
    if better is None:
        return None
    whole = not (line.useful & ~line.baseline).any()
    good = line.value > line.center if better == "up" else line.value < line.center
    found = np.flatnonzero(line.signal & line.useful & good & (whole | ~line.baseline))
    return int(found[0]) if len(found) else None


def _is_held(standing: Standing, line: Line) -> bool:
    """Whether the level has stayed for ten points and more since the signal, and does not slip now."""
    since = _since(line)
    return since is not None and int(line.useful[since:].sum()) > MIN_USEFUL and line.verdict != "concern"
