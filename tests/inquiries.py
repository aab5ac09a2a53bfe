"""A network in miniature for tests of the inquiry: a state from records, a chart from a few values, its evidence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from pdsa.chart import Chart, analyze_panel
from pdsa.cycles import Evidence
from pdsa.inquiry import Held, State
from pdsa.records import Calendar, ChartSpec, Closure, Measure
from pdsa.records.inquiry import RECORDS, Aim, ChangeIdea, Cycle, Driver, Prediction, Record
from pdsa.series import Panel
from pdsa.terms import Entity

# Mondays: the first period is the week of 2025-09-01; week 20 is that of 2026-01-12.
START = date(2025, 9, 1)
RATE = Measure(
    *("zeal", "Zeal", "primary_driver", "proportion", "%", "up", "week", "Share of the zealous."),
    per=100,
    min_denominator=10,
)
MINUTES = Measure("wait", "Waiting", "balancing", "continuous", "minutes", "down", "week", "Minutes waited.")
TALKS = Measure("talks", "Talks", "process", "continuous", "talks", "up", "week", "Talks held.")
GRADES = Measure("grades", "Grades", "outcome", "proportion", "%", "up", "year", "Share of good grades.", per=100)
MONTHLY = Measure("month", "Monthly", "outcome", "continuous", "points", "up", "month", "Points.")
MEASURES = (RATE, MINUTES, TALKS, GRADES, MONTHLY)
ENTITY = {known: name for name, known in RECORDS.items()}
WRITTEN = "2026-01-10T08:00:00.000000Z"


def week(k: int) -> date:
    """The Monday of week k, counted from 1."""
    return START + pd.Timedelta(days=7 * (k - 1)).to_pytimedelta()


def state_of(*records: Record, at: Mapping[str, str] | None = None, version: int = 1, created: str = "") -> State:
    """A state in which these records stand, written on one day unless `at` says otherwise for an id."""
    held: dict[tuple[Entity, str], Held] = {}
    for record in records:
        entity = ENTITY[type(record)]
        when = (at or {}).get(record.id, WRITTEN)
        school = getattr(record, "school_id", "")
        held[entity, record.id] = Held(
            entity, record.id, school, version, "ann", when, "team", "", "", created or when, "ann", record
        )
    return State(held)


def panel(values: Sequence[float], below: Sequence[float] | None, measure: Measure, school: str, codes: Any) -> Panel:
    n = len(values)
    value = np.array(values, dtype=float)
    nothing = np.full(n, np.nan)
    denominator = nothing if below is None else np.where(np.isnan(value), np.nan, np.array(below, dtype=float))
    steps = {"week": "7D", "month": "MS", "day": "D", "year": "YS-JUL"}
    status = np.where(np.isnan(value), 1, 0).astype(np.int8) if codes is None else np.array(codes, dtype=np.int8)
    return Panel(
        keys=pd.DataFrame({"school": [school], "measure": [measure.id]}),
        offsets=np.array([0, n]),
        period=pd.date_range(START, periods=n, freq=steps[measure.frequency]),
        value=value if below is None else value / denominator,
        numerator=nothing if below is None else value,
        denominator=denominator,
        people=denominator,
        status=status,
        ratio=np.array([below is not None]),
        step=measure.frequency,
    )


def chart_of(
    values: Sequence[float],
    measure: Measure = TALKS,
    *,
    below: Sequence[float] | None = None,
    school: str = "ash",
    codes: Iterable[int] | None = None,
    **spec: Any,
) -> Chart:
    """A chart of weekly values (numerators, with `below`) from 2025-09-01 on."""
    plan = {"kind": "i" if below is None else "p", "per": measure.per, "better": measure.better} | spec
    ready = None if codes is None else list(codes)
    return analyze_panel(panel(values, below, measure, school, ready), ChartSpec(**plan), measure)


def evidence(
    *charts: Chart, today: date = date(2026, 6, 1), closures: Iterable[Closure] = (), measures: Any = MEASURES
) -> Evidence:
    """Evidence of these charts, by the ids of their measures."""
    drawn = {one.measure.id: one for one in charts if one.measure}
    return Evidence(drawn, Calendar(closures=tuple(closures)), today, tuple(measures))


AIM = Aim("aim-1", "More zeal for all by summer", "zeal", "all students", 85.0, date(2026, 6, 30))
DRIVER = Driver("driver-1", "Students are known", aim_id="aim-1", measure_ids=("zeal",))
IDEA = ChangeIdea("idea-1", "Morning talks", "driver-1")
THEORY = (AIM, DRIVER, IDEA)
PLAN = Cycle("cycle-1", "ash", "idea-1", start=week(15), planned_end=week(17), measure_ids=("talks",), scale="class")


def plan(**fields: Any) -> Cycle:
    """A planned cycle of weeks 15 and 16 (it ends on the Friday of week 16)."""
    return replace(PLAN, **({"planned_end": date(2025, 12, 19)} | fields))


def predicted(**fields: Any) -> Prediction:
    """A prediction of the cycle on talks."""
    given = {"id": "prediction-1", "cycle_id": "cycle-1", "question": "More talks", "because": "they are short"}
    return Prediction(**(given | fields))
