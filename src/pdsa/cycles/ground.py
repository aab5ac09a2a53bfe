"""A state beside its evidence, with what every judgement looks up: predictions, ramps, results, the theory above."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pdsa.cycles.days import due_periods, next_period
from pdsa.cycles.evidence import Evidence, Line
from pdsa.cycles.outcomes import Result, ended, measure_of, results_of
from pdsa.cycles.ramps import Ramp, ramps
from pdsa.inquiry import Held, State
from pdsa.records import Measure
from pdsa.records.inquiry import Aim, Cycle, Driver, Insight, Prediction
from pdsa.series import ERROR, MISSING, NOT_APPLICABLE


@dataclass(frozen=True, eq=False)
class Ground:
    """What is known about the cycles of a state; each part is worked out once, when it is asked for."""

    state: State
    evidence: Evidence

    @cached_property
    def predictions(self) -> Mapping[str, tuple[Prediction, ...]]:
        """Predictions by cycle."""
        found: dict[str, tuple[Prediction, ...]] = {}
        for one in self.state.records(Prediction):
            found[one.cycle_id] = (*found.get(one.cycle_id, ()), one)
        return found

    @cached_property
    def ramps(self) -> tuple[Ramp, ...]:
        """All ramps."""
        return ramps(self.state)

    @cached_property
    def ramp(self) -> Mapping[str, Ramp]:
        """The ramp of each cycle, by the cycle's id."""
        return {cycle.id: one for one in self.ramps for cycle in one.cycles}

    @cached_property
    def _results(self) -> dict[str, tuple[Result, ...]]:
        return {}

    def results(self, cycle: Cycle) -> tuple[Result, ...]:
        """What became of the predictions of a cycle."""
        if cycle.id not in self._results:
            self._results[cycle.id] = results_of(cycle, self.of(cycle), self.evidence)
        return self._results[cycle.id]

    @cached_property
    def told_in(self) -> frozenset[str]:
        """The cycles that an insight rests on."""
        return frozenset(one for insight in self.state.records(Insight) for one in insight.cycle_ids)

    @cached_property
    def aims(self) -> Mapping[str, Aim]:
        """Aims by id."""
        return {one.id: one for one in self.state.records(Aim)}

    def of(self, cycle: Cycle) -> tuple[Prediction, ...]:
        """The predictions of a cycle."""
        return self.predictions.get(cycle.id, ())

    def measures(self, cycle: Cycle) -> tuple[str, ...]:
        """Ids of the measures that a cycle or one of its predictions names."""
        predicted = (measure_of(one, cycle) for one in self.of(cycle))
        return tuple(one for one in dict.fromkeys((*predicted, *cycle.measure_ids)) if one)

    def measure(self, name: str) -> Measure | None:
        """A measure of the network."""
        return self.evidence.by_id.get(name)

    def line(self, cycle: Cycle, measure: str) -> Line | None:
        """The points of a measure at the school of a cycle."""
        return self.evidence.line(cycle.school_id, measure)

    def drivers_above(self, cycle: Cycle) -> tuple[Driver, ...]:
        """The driver of a cycle's idea and those above it, nearest first; none of an idea that nobody sees."""
        idea = self.state.ideas.get(cycle.change_idea_id)
        drivers, found = self.state.drivers, []
        at = idea.driver_id if idea else ""
        while at in drivers and drivers[at] not in found:
            found.append(drivers[at])
            at = drivers[at].parent_id
        return tuple(found)

    def aim_above(self, cycle: Cycle) -> Aim | None:
        """The aim that a cycle's drivers lead to: the one they name, or the only one that there is."""
        above = self.drivers_above(cycle)
        named = next((one.aim_id for one in reversed(above) if one.aim_id), "")
        if named or not above:
            return self.aims.get(named)
        return next(iter(self.aims.values())) if len(self.aims) == 1 else None

    def theory_above(self, cycle: Cycle) -> tuple[Held, ...]:
        """Aim and drivers above a cycle, with what the log knows about them."""
        aim = self.aim_above(cycle)
        held = [self.state.get("driver", one.id) for one in self.drivers_above(cycle)]
        held += [self.state.get("aim", aim.id)] if aim else []
        return tuple(one for one in held if one)

    def planned(self, cycle: Cycle, measure: str) -> tuple[date, ...] | None:
        """The periods of a measure that lie in the time of a cycle; None where its days or the measure are unknown."""
        known, last = self.measure(measure), cycle.actual_end or cycle.planned_end
        if known is None or cycle.began is None or last is None:
            return None
        return self._periods(cycle, measure, cycle.began, last)

    def _periods(self, cycle: Cycle, measure: str, first: date, last: date) -> tuple[date, ...]:
        calendar, line = self.evidence.calendar, self.line(cycle, measure)
        due = due_periods(first, last, self.evidence.by_id[measure].frequency, calendar)
        if calendar.mode == "listed" or line is None:
            return due
        drawn = set(line.days(line.within(first, last)))  # periods in which anybody reported
        return tuple(one for one in due if one in drawn)

    def due(self, cycle: Cycle, measure: str) -> tuple[date, ...]:
        """Of the periods in a cycle's time those that are over for as long as they are: they should have come in."""
        known, today = self.measure(measure), self.evidence.today
        if known is None or cycle.began is None:
            return ()
        periods = self._periods(cycle, measure, cycle.began, min(ended(cycle, today) or today, today))
        step = known.frequency
        return tuple(one for one in periods if next_period(next_period(one, step), step) <= today)

    def is_drawn(self, measure: str) -> bool:
        """Whether there is a chart of a measure at all: of others nobody knows here whether points came in."""
        return measure in self.evidence.charts

    def received(self, cycle: Cycle, measure: str, due: tuple[date, ...]) -> tuple[int, int]:
        """Of these periods, how many came in (hidden ones too), and how many could: not applicable ones could not."""
        line = self.line(cycle, measure)
        if line is None:
            return 0, len(due)
        status = dict(zip(line.day.astype("datetime64[D]").tolist(), line.status.tolist(), strict=True))
        codes = [status.get(one, MISSING) for one in due]
        return sum(one not in (MISSING, ERROR, NOT_APPLICABLE) for one in codes), sum(
            one != NOT_APPLICABLE for one in codes
        )
