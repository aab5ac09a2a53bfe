"""Hold the gain: whether the measures of adopted ideas stay at the level at which they were adopted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np

from pdsa.cycles.days import first_period
from pdsa.cycles.evidence import Evidence, Line
from pdsa.cycles.levels import frozen, latest_instrument, left, level_of
from pdsa.cycles.outcomes import measure_of
from pdsa.inquiry import State
from pdsa.records.inquiry import Cycle

Holding = Literal["holding", "slipping", "too_early"]
# Points that make the gained level at least, and points after them before anything is said.
LEVEL_FROM = 12
LATER_FROM = 4


@dataclass(frozen=True, slots=True)
class Watch:
    """An adopted idea's measure at a school, since the idea was adopted.

    Parameters
    ----------
    idea, school, cycle, measure
        Which; the cycle is the one in which the idea was adopted.
    adopted
        The day of the decision.
    state
        `slipping` where a rule fired in the bad direction and the latest points lie there (`levels.left`); `too_early`
        under 4 points after the level.
    level, level_n
        The gained level, from so many points since the cycle began, and
    value, n
        the level of the points after them, and their number.
    since, reasons
        The first period of the signal, and the rules that fired.
    """

    idea: str
    school: str
    cycle: str
    measure: str
    adopted: date
    state: Holding
    level: float | None = None
    level_n: int = 0
    value: float | None = None
    n: int = 0
    since: date | None = None
    reasons: tuple[str, ...] = ()


def hold_the_gain(state: State, evidence: Evidence) -> tuple[Watch, ...]:
    """A watch for each measure of each adopted idea at each school; those that slip first.

    The gained level is that of the points from the adopting cycle's beginning to the decision, and of as many after it
    as make twelve; points after them are judged by the rules of the measure's chart, about limits that allow for so
    short a baseline. Only a good direction can be lost: measures without one are not watched.

    Parameters
    ----------
    state
        What the reader may see of the log.
    evidence
        The charts of the schools in it.
    """
    adopted: dict[tuple[str, str], Cycle] = {}
    for one in state.cycles:
        if one.decision == "adopt" and one.decided_on and one.decided_on <= evidence.today and one.began:
            at = (one.school_id, one.change_idea_id)
            if at not in adopted or adopted[at].decided_on < one.decided_on:  # type: ignore[operator]
                adopted[at] = one
    found = [each for one in adopted.values() for each in _watches(one, state, evidence)]
    order = {"slipping": 0, "too_early": 2}
    return tuple(sorted(found, key=lambda one: (order.get(one.state, 1), one.school, one.idea, one.measure)))


def _watches(cycle: Cycle, state: State, evidence: Evidence) -> Iterator[Watch]:
    for measure in watched(cycle, state):
        known = evidence.by_id.get(measure)
        line = evidence.line(cycle.school_id, measure)
        if known and known.better and line and line.is_of_measure and cycle.decided_on:
            empty = Watch(cycle.change_idea_id, cycle.school_id, cycle.id, measure, cycle.decided_on, "too_early")
            yield watch_of(empty, cycle, line, evidence)


def watched(cycle: Cycle, state: State) -> tuple[str, ...]:
    """The measures of a cycle and of its predictions; those of the idea's driver where it has none."""
    predicted = [measure_of(one, cycle) for one in state.predictions(cycle.id)]
    own = [one for one in dict.fromkeys((*predicted, *cycle.measure_ids)) if one]
    idea = state.ideas.get(cycle.change_idea_id)
    driver = state.drivers.get(idea.driver_id) if idea else None
    return tuple(own) or (driver.measure_ids if driver else ())


def watch_of(watch: Watch, cycle: Cycle, line: Line, evidence: Evidence) -> Watch:
    """The watch with what the points say."""
    start = first_period(cycle.began or watch.adopted, line.step or "day", evidence.calendar)
    useful = latest_instrument(line, line.within(start, evidence.today))
    until = int((line.day[useful] <= np.datetime64(watch.adopted)).sum())
    level, later = np.split(useful, [max(until, LEVEL_FROM)])
    watch = replace(watch, level=level_of(line, level), level_n=len(level), value=level_of(line, later), n=len(later))
    if len(later) < LATER_FROM:
        return watch
    chart = frozen(line, useful, len(level))
    fired = chart.points[left(chart, len(level), 1 if _is_less_better(line) else -1)]
    if fired.empty:
        return replace(watch, state="holding")
    names = dict.fromkeys(name for text in fired["reasons"].astype(str) for name in text.split(","))
    return replace(watch, state="slipping", since=fired["period"].iloc[0].date(), reasons=tuple(names))


def _is_less_better(line: Line) -> bool:
    """Whether less is better, so that more is a loss."""
    return line.measure is not None and line.measure.better == "down"
