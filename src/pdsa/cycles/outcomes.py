"""Prediction against result: what the points of the chart say after a cycle began, beside what its people say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal, NamedTuple

import numpy as np

from pdsa.chart import Chart
from pdsa.cycles.days import first_period, period_of
from pdsa.cycles.evidence import Evidence, Line, lines_of
from pdsa.inquiry import State
from pdsa.records import Calendar
from pdsa.records.inquiry import Cycle, Prediction
from pdsa.series import SUPPRESSED, Bools
from pdsa.terms import D2_ROUNDED, MIN_USEFUL, ON_LINE, Outcome
from pdsa.texts import number_read

# Why a prediction is not measured by the chart; "" where it is.
Why = Literal[
    "",
    "people",  # of words or of a chance: only people can tell
    "no_measure",
    "no_chart",
    "group",  # the chart is of all, the prediction of a group
    "other_values",  # the chart plots ranges or sums
    "incomplete",  # the fields of its type are empty
    "not_begun",
    "running",
    "no_points",
    "hidden",
    "new_way",  # measured in two ways
    "few_before",
    "no_change",  # a value without a band that asks for no change
]
# The level before a cycle is that of so many points, and of no fewer than MIN_USEFUL.
BEFORE = 12
# A value without a band is kept in part from this share of the way on.
PART = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one prediction.

    Parameters
    ----------
    prediction, school
        Which, and whose.
    outcome
        What the chart says; of words and chances, what the people say. Nothing here says what made the difference.
    why
        Why the chart says nothing, "" where it does.
    value, n, first, last
        The value of the periods that count together, in the unit in which the measure is shown; their number, and the
        first days of the first and the last of them.
    low, high
        The band within which the prediction holds, None where it is open.
    before, before_n, spread
        The level of the points before the cycle, how many these are, and how much single ones differ by chance (mean
        moving range / 1.128); None of fewer than 10.
    people
        What the people say, of the prediction or of its cycle if that has no other; kept beside what the chart says.
    closed
        The day on which the team could know: when it was studied or decided, or the cycle's end.
    late
        Whether it was written down after the cycle's end: it then tells nothing about foresight.
    """

    prediction: Prediction
    school: str
    outcome: Outcome
    why: Why = ""
    measure: str = ""
    value: float | None = None
    n: int = 0
    first: date | None = None
    last: date | None = None
    low: float | None = None
    high: float | None = None
    before: float | None = None
    before_n: int = 0
    spread: float | None = None
    people: Outcome | None = None
    closed: date | None = None
    late: bool = False

    @property
    def told(self) -> Outcome:
        """What is counted: what the chart says, or the people where no chart can tell."""
        return self.outcome if self.outcome != "not_measured" else self.people or "not_measured"

    @property
    def differs(self) -> bool:
        """Whether people and chart say different things."""
        return self.people is not None and "not_measured" not in (self.outcome, self.people) and (
            self.people != self.outcome
        )  # fmt: skip

    @property
    def expected(self) -> float | None:
        """The number that was predicted: the value, or the middle of a range."""
        one = self.prediction
        if one.type == "value" and one.value is not None:
            return one.value
        return (one.low + one.high) / 2 if one.low is not None and one.high is not None else None


def outcome_of(
    prediction: Prediction,
    cycle: Cycle,
    chart: Chart | None,
    *,
    calendar: Calendar | None = None,
    today: date = date.max,
) -> Result:
    """What became of a prediction: from the points of the chart that lie wholly in the time of its cycle.

    The time begins with the first period all of whose school days lie on or after the cycle's first day, and ends with
    the cycle (`ended`). Their value is that of all their counts together, or the mean where nothing is divided.

    - `range`, and `value` with a band: a hit within the band, ends included, to the digits that are shown.
    - `value` without a band: a hit where the value is reached or passed, seen from the level before the cycle.
    - Of both, `partly` where at least half of the way from the level before was made, or the band was passed.
    - `direction`: a hit where the level moved that way by more than one standard error of such a difference, which a
      stable measure does about once in six; `partly` where it moved less; otherwise a miss.
    - `probability` and `text`: what the people say.

    Parameters
    ----------
    prediction, cycle
        The prediction and its cycle.
    chart
        The chart of the prediction's measure, with the points of the cycle's school.
    calendar
        Closed days are no school days.
    today
        Nothing after it is known.
    """
    lines = () if chart is None else tuple(lines_of(chart))
    line = next((one for one in lines if one.school in ("", cycle.school_id)), None)
    return judged(prediction, cycle, line, Clock(calendar or Calendar(), today), prediction.outcome or cycle.matched)


def results(state: State, evidence: Evidence) -> tuple[Result, ...]:
    """What became of every prediction of a state, in the order in which they were made."""
    cycles = {one.id: one for one in state.cycles}
    made: dict[str, list[Prediction]] = {}
    for one in state.records(Prediction):
        if one.cycle_id in cycles:
            made.setdefault(one.cycle_id, []).append(one)
    found = {each.prediction.id: each for key, own in made.items() for each in results_of(cycles[key], own, evidence)}
    return tuple(found[one.id] for one in state.records(Prediction) if one.id in found)


def results_of(cycle: Cycle, predictions: Sequence[Prediction], evidence: Evidence) -> tuple[Result, ...]:
    """What became of the predictions of one cycle; what its people say of a cycle they say of its only prediction."""
    clock = Clock(evidence.calendar, evidence.today)
    matched = cycle.matched if len(predictions) == 1 else None
    found = (
        judged(one, cycle, evidence.line(cycle.school_id, measure_of(one, cycle)), clock, one.outcome or matched)
        for one in predictions
    )
    said = cycle.matched or any(one.outcome for one in predictions)
    if cycle.status == "planned" and not said:  # nobody has begun it: what happened meanwhile is no result of it
        empty = {"outcome": "not_measured", "why": "not_begun", "value": None, "n": 0, "people": None}
        return tuple(replace(one, **empty, first=None, last=None, before=None, closed=None) for one in found)  # type: ignore[arg-type]
    return tuple(found)


def measure_of(prediction: Prediction, cycle: Cycle) -> str:
    """The measure that a prediction is about: its own, or the only one of its cycle."""
    only = cycle.measure_ids[0] if len(cycle.measure_ids) == 1 else ""
    return prediction.measure_id or only


def ended(cycle: Cycle, today: date) -> date | None:
    """The last day of a cycle: the actual one, or the earliest day by which it must have ended; None while it runs."""
    known = [one for one in (cycle.planned_end, cycle.studied_on, cycle.decided_on) if one and one <= today]
    last = cycle.actual_end or min(known, default=None)
    return last if last and last <= today else None


class Clock(NamedTuple):
    """Which days are closed, and the last one that counts."""

    calendar: Calendar
    today: date


def judged(prediction: Prediction, cycle: Cycle, line: Line | None, clock: Clock, people: Outcome | None) -> Result:
    """`outcome_of`, with the points as arrays and what the people say."""
    end = ended(cycle, clock.today)
    empty = Result(
        prediction,
        cycle.school_id,
        "not_measured",
        measure=measure_of(prediction, cycle),
        people=people,
        closed=min((one for one in (cycle.decided_on, cycle.studied_on) if one), default=end),
        late=prediction.made_on is not None and end is not None and prediction.made_on > end,
    )
    if prediction.type in ("probability", "text"):
        return replace(empty, outcome=people or "not_measured", why="people")
    if why := _unfit(prediction, cycle, line, empty.measure):
        return replace(empty, why=why)
    return _measured(empty, cycle, line, clock) if line else empty


def _unfit(prediction: Prediction, cycle: Cycle, line: Line | None, measure: str) -> Why:
    """Why nothing can be measured, whatever the points are."""
    if not is_complete(prediction):
        return "incomplete"
    if not measure or line is None:
        return "no_chart" if measure else "no_measure"
    if prediction.group:
        return "group"
    if not line.is_of_measure:
        return "other_values"
    return "" if cycle.began else "not_begun"


def is_complete(prediction: Prediction) -> bool:
    """Whether the fields of its type say what is predicted."""
    match prediction.type:
        case "value":
            return prediction.value is not None
        case "range":
            return prediction.low is not None or prediction.high is not None
        case "direction":
            return prediction.direction is not None
        case "probability":
            return prediction.probability is not None
        case _:
            return bool(prediction.question)


def _measured(result: Result, cycle: Cycle, line: Line, clock: Clock) -> Result:
    began, end = cycle.began or clock.today, ended(cycle, clock.today)
    step = line.step or "day"
    during = line.within(first_period(began, step, clock.calendar), end or clock.today)
    useful = during & line.useful
    result = _with_level(result, line, useful, period_of(began, step))
    if not useful.any():
        return replace(result, why=_empty(line, during, began > clock.today, end))
    if end is None:
        return replace(result, why="running")
    if len(np.unique(line.instrument[useful])) > 1:
        return replace(result, why="new_way", value=None)
    return _compared(result, line.measure.unit if line.measure else "")


def _empty(line: Line, during: Bools, later: bool, end: date | None) -> Why:
    """Why there is no value in the time of a cycle."""
    if later:
        return "not_begun"
    if (line.status[during] == SUPPRESSED).any():
        return "hidden"
    return "no_points" if end else "running"


def _with_level(result: Result, line: Line, useful: Bools, start: date) -> Result:
    """The result with the level of its points and that before the cycle."""
    one = result.prediction
    given = one.type == "range" or (one.type == "value" and (one.low is not None or one.high is not None))
    low, high = (one.low, one.high) if given else (None, None)
    result = replace(result, low=low, high=high)
    if not useful.any():
        return result
    days = line.days(useful)
    before = _before(line, useful, start)
    result = replace(result, value=line.level(useful), n=len(days), first=days[0], last=days[-1])
    if before.sum() < MIN_USEFUL:
        return result
    spread = float(np.abs(np.diff(line.value[before])).mean()) / D2_ROUNDED
    return replace(result, before=line.level(before), before_n=int(before.sum()), spread=spread)


def _before(line: Line, useful: Bools, start: date) -> Bools:
    """Shape (points,): the latest points before the cycle, measured in the same way and with the same lines."""
    there = np.flatnonzero(line.useful & (line.day < np.datetime64(start)))
    found = np.zeros(len(line.day), dtype=bool)
    if len(there):
        last = there[-1]
        same = (line.phase[there] == line.phase[last]) & (line.instrument[there] == line.instrument[useful][0])
        found[there[same][-BEFORE:]] = True
    return found


def _compared(result: Result, unit: str) -> Result:
    match result.prediction.type:
        case "direction":
            return _direction(result)
        case "value" if result.low is None and result.high is None:
            return _reached(result, unit)
        case _:
            return _within_band(result, unit)


def _direction(result: Result) -> Result:
    if result.before is None or result.value is None or result.spread is None:
        return replace(result, why="few_before")
    sign = 1 if result.prediction.direction == "up" else -1
    moved = sign * (result.value - result.before)
    ordinary = result.spread * (1 / result.n + 1 / result.before_n) ** 0.5
    if moved <= ON_LINE * abs(result.before):
        return replace(result, outcome="miss")
    return replace(result, outcome="hit" if moved > ordinary else "partly")


# Bounds are compared as numbers are read, so that nobody reads 75.0 and is told that 75.0 was missed.


def _reached(result: Result, unit: str) -> Result:
    if result.before is None:
        return replace(result, why="few_before")
    wanted = result.prediction.value or 0.0
    if number_read(wanted, unit) == number_read(result.before, unit):
        return replace(result, why="no_change")
    return replace(result, outcome=_by_way(result, wanted, unit, past="hit"))


def _within_band(result: Result, unit: str) -> Result:
    value = number_read(result.value or 0.0, unit)
    low, high = (None if one is None else number_read(one, unit) for one in (result.low, result.high))
    if (low is None or value >= low) and (high is None or value <= high):
        return replace(result, outcome="hit")
    if result.before is None:
        return replace(result, outcome="miss")
    before = number_read(result.before, unit)
    edge = result.low if low is not None and before < low else None
    edge = result.high if edge is None and high is not None and before > high else edge
    return replace(result, outcome="miss" if edge is None else _by_way(result, edge, unit, past="partly"))


def _by_way(result: Result, wanted: float, unit: str, past: Outcome) -> Outcome:
    """`past` where the wanted value is reached, `partly` where half of the way to it was made."""
    before, value = result.before or 0.0, result.value or 0.0
    if (number_read(value, unit) - number_read(wanted, unit)) * (wanted - before) >= 0:
        return past
    return "partly" if (value - before) / (wanted - before) >= PART else "miss"
