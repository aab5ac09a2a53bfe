"""Hold the gain: whether the measures of adopted ideas stay at the level at which they were adopted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

import numpy as np
import pandas as pd

from pdsa.chart import Chart, analyze
from pdsa.cycles.days import first_period
from pdsa.cycles.evidence import Evidence, Line
from pdsa.cycles.outcomes import measure_of
from pdsa.inquiry import State
from pdsa.records.inquiry import Cycle
from pdsa.series import Bools
from pdsa.terms import MIN_USEFUL

Holding = Literal["holding", "slipping", "too_early"]
# Points that make the gained level at least, and points after them before anything is said.
LEVEL_FROM = 12
LATER_FROM = 4
# Kinds of charts whose limits allow for few points of a baseline; others are watched as charts of single values.
FROZEN = ("p", "u", "p_prime", "u_prime", "i_prime", "i", "run", "c", "np")


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
        `slipping` where a rule fired in the bad direction and the latest points lie there (`slips`); `too_early` under
        4 points after the level.
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
    there = line.within(start, evidence.today)
    useful = np.flatnonzero(there & line.useful)
    useful = useful[line.instrument[useful] == line.instrument[useful[-1:]].sum()] if len(useful) else useful
    until = int((line.day[useful] <= np.datetime64(watch.adopted)).sum())
    count = max(until, LEVEL_FROM)
    level, later = useful[:count], useful[count:]
    watch = replace(watch, level=_level(line, level), level_n=len(level), value=_level(line, later), n=len(later))
    if len(later) < LATER_FROM or len(level) < MIN_USEFUL:
        return watch
    chart = frozen(line, useful, count)
    bad = slips(chart, count)
    if not bad.any():
        return replace(watch, state="holding")
    fired = chart.points[bad]
    names = dict.fromkeys(name for text in fired["reasons"].astype(str) for name in text.split(","))
    return replace(watch, state="slipping", since=fired["period"].iloc[0].date(), reasons=tuple(names))


def slips(chart: Chart, count: int) -> Bools:
    """Shape (points,): later points on the bad side at which a rule fires, if the latest six lie there together.

    So a loss stays told for as long as it lasts, and one that was made good is told no more. Looked at each week for
    half a year, 9% of the measures that hold raise it at some time, and 95% of those that lose 1.5 standard deviations
    of single points, 74% of those that lose one (3,000 simulated series, independent points about a level of twelve;
    with neighbors correlated by .2, 14% of those that hold).

    Parameters
    ----------
    chart
        Of one series, its lines frozen on the first `count` points.
    """
    points, sign = chart.points, 1 if chart.spec.better == "down" else -1
    gap = sign * (points["value"] - points["center"]).to_numpy()
    later = np.arange(len(gap)) >= count
    if gap[later][-chart.spec.recent :].mean() <= 0:
        return np.zeros(len(gap), dtype=bool)
    fired: Bools = points["signal"].to_numpy(dtype=bool)
    return later & (gap > 0) & fired


def _level(line: Line, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> float | None:
    where: Bools = np.zeros(len(line.day), dtype=bool)
    where[places] = True
    return line.level(where) if len(places) else None


def frozen(line: Line, places: np.ndarray[tuple[int], np.dtype[np.int64]], count: int) -> Chart:
    """A chart of these points alone, its lines frozen on the first `count` of them."""
    ratio = not np.isnan(line.denominator[places]).any()
    kind = line.kind if line.kind in FROZEN and (ratio or line.kind in ("i", "run", "c")) else "i"
    per = line.per if ratio and kind not in ("np", "c") else 1.0
    frame = pd.DataFrame({"period": line.day[places].astype("datetime64[us]"), "value": line.value[places]})
    if ratio:
        frame = frame.assign(value=line.numerator[places], denominator=line.denominator[places])
    better = line.measure.better if line.measure else None
    return analyze(
        frame,
        kind,  # type: ignore[arg-type]
        denominator="denominator" if ratio else None,
        per=per,
        baseline=count,
        limits="published" if kind == "run" else "predictive",
        better=better,
    )
