"""How each measure is charted: its own settings, those of the params file, and changes of the way it is measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import lru_cache

import pandas as pd

from pdsa.chart.arguments import check_spec, rules_of
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import State
from pdsa.records import Annotation, Calendar, ChartSettings, ChartSpec, Measure, Positions, RunParams
from pdsa.records.inquiry import Phase
from pdsa.series import Panel, new_way, period_start
from pdsa.terms import NO_TARGET, Step
from pdsa.workspace.files import NOTHING

# Measure, school ("" for all of them), and how they are charted.
Specs = tuple[tuple[str, str, ChartSpec], ...]


def specs_of(
    params: RunParams,
    measures: Sequence[Measure],
    annotations: Sequence[Annotation],
    calendar: Calendar,
    names: Mapping[str, str],
    phases: Sequence[Phase] = (),
) -> Specs:
    """A spec for each measure, and one for each school that has settings, phases or a new instrument of its own.

    Parameters
    ----------
    annotations
        Those of kind `instrument` break charts: of the network every school's, of a school its own only.
    names
        The ids under which schools may be shown, by their real ids.
    phases
        Stretches that a school declared, with lines of their own, by the school's real id.
    """
    instruments = [one for one in annotations if one.kind == "instrument" and not _later(one.date, params.as_of)]
    found = tuple(spec for measure in measures for spec in _of_measure(params, measure, instruments, calendar, names))
    return _with_phases(found, measures, phases, names)


def _with_phases(specs: Specs, measures: Sequence[Measure], phases: Sequence[Phase], names: Mapping[str, str]) -> Specs:
    """The specs with the declared phases of each school; the first period of a phase is the one its day lies in."""
    own: dict[tuple[str, str], set[date]] = {}
    steps = {measure.id: measure.frequency for measure in measures}
    for one in phases:
        if one.school_id in names and one.measure_id in steps:
            own.setdefault((one.measure_id, names[one.school_id]), set()).add(_eve(one.start, steps[one.measure_id]))
    given = {(measure, school): spec for measure, school, spec in specs}
    for (measure, school), days in own.items():
        spec = given.get((measure, school), given[measure, ""])
        given[measure, school] = replace(spec, phases=tuple(sorted(days)))
    return tuple((measure, school, spec) for (measure, school), spec in given.items())


def phases_of(log: State, panels: Mapping[str, Panel]) -> tuple[Phase, ...]:
    """The declared phases that divide what was reported: with values before them and from their first day on."""
    return tuple(
        one for one in log.records(Phase) if one.measure_id in panels and _divides(one, panels[one.measure_id])
    )


def _divides(phase: Phase, panel: Panel) -> bool:
    schools = panel.keys["school"].tolist()
    if phase.school_id not in schools:
        return False
    s = schools.index(phase.school_id)
    days = panel.period[panel.offsets[s] : panel.offsets[s + 1]]
    eve = pd.Timestamp(_eve(phase.start, panel.step or "day"))
    return bool(len(days) and days[0] <= eve < days[-1])


@lru_cache(maxsize=4096)
def _eve(start: date, step: Step) -> date:
    """The day before the period of a day: where the phase before it ends."""
    first: date = period_start(pd.Series([pd.Timestamp(start)]), step).iloc[0].date()
    return first - timedelta(days=1)


def _later(day: date, as_of: date | None) -> bool:
    return as_of is not None and day > as_of


def _of_measure(
    params: RunParams,
    measure: Measure,
    instruments: Sequence[Annotation],
    calendar: Calendar,
    names: Mapping[str, str],
) -> Iterator[tuple[str, str, ChartSpec]]:
    general = _spec(measure)
    days: set[date] = set()
    settings = dict(params.charts)
    for chosen in (settings.get(""), settings.get(measure.id)):
        general, days = _with(general, chosen, measure), days | _days(chosen)
    own = {school: chosen for school, name, chosen in params.per_school if name == measure.id}
    changed: dict[str, set[date]] = {}
    for one in instruments:
        if one.measure in ("", measure.id):
            changed.setdefault(one.school, set()).add(one.date)
    days |= changed.pop("", set())
    yield measure.id, "", _broken(general, days, measure, calendar)
    for school in dict.fromkeys((*own, *changed)):
        if school in names:
            spec, more = _with(general, own.get(school), measure), _days(own.get(school)) | changed.get(school, set())
            yield measure.id, names[school], _broken(spec, days | more, measure, calendar)


def _spec(measure: Measure) -> ChartSpec:
    """How a measure is charted in reports: guarded limits, unless its settings say otherwise."""
    return ChartSpec(
        kind=measure.chart,
        per=measure.per,
        baseline=measure.baseline,
        limits="guarded",
        better=measure.better,
        target=None if measure.target is None else measure.target * measure.per,
        data_type=measure.data_type,
        estimated=measure.estimated,
    )


def _with(spec: ChartSpec, settings: ChartSettings | None, measure: Measure) -> ChartSpec:
    if settings is None:
        return spec
    given = {name: getattr(settings, name) for name in ("kind", "baseline", "recent", "screen", "limits", "spread")}
    changes = {name: value for name, value in given.items() if value is not None}
    if settings.target is not None:
        changes["target"] = settings.target * measure.per
    if settings.rules is not None:
        changes["rules"] = rules_of(settings.rules)
    return replace(spec, **changes)


def _days(settings: ChartSettings | None) -> set[date]:
    return set() if settings is None or settings.break_on is None else set(settings.break_on)


def _broken(spec: ChartSpec, days: set[date], measure: Measure, calendar: Calendar) -> ChartSpec:
    """The spec with a break before the first period of each new way; a period of two ways is set aside.

    Such a period is neither: as the last one of the old way it would look like a change, as the first one of the new
    way it would move its lines.
    """
    found = [new_way(day, measure.frequency, calendar) for day in sorted(days)]
    first = tuple(dict.fromkeys(start.date() for start, _ in found))
    mixed = tuple(dict.fromkeys(both.date() for _, both in found if both is not None))
    target = None if spec.kind in NO_TARGET else spec.target
    baseline = _whole_years(spec.baseline) if measure.frequency == "year" else spec.baseline
    return replace(spec, break_on=first or None, exclude=mixed or None, target=target, baseline=baseline)


def _whole_years(baseline: Positions | None) -> Positions | None:
    """A stretch of days as the school years that they lie in: one that begins in September is not begun by then."""
    if not isinstance(baseline, tuple):
        return baseline
    days = pd.Series([pd.Timestamp(day) for day in baseline])
    return tuple(day.date() for day in period_start(days, "year"))


def check_settings(params: RunParams, source: str) -> None:
    """Refuse lists of rules that make no set.

    Raises
    ------
    ParamsError
        With every problem and its place in the file.
    """
    placed = [(f"per_measure.{name}" if name else "chart", settings) for name, settings in params.charts]
    placed += [(f"per_school.{school}.{measure}", settings) for school, measure, settings in params.per_school]
    problems: list[Problem] = []
    for place, settings in placed:
        try:
            rules_of(settings.rules or ())
        except InputError as error:
            problems += [replace(one, place=f"{place}.rules") for one in error.problems]
    _refuse(problems, source)


def check_specs(specs: Specs, source: str) -> None:
    """Refuse settings that make no chart together, such as predictive limits of moving ranges.

    Raises
    ------
    ParamsError
        With every problem, by measure and school.
    """
    problems: list[Problem] = []
    for measure, school, spec in specs:
        try:
            check_spec(spec)
        except InputError as error:
            where = f"{measure} of {school}" if school else measure
            problems += [replace(one, place=f"{where}, {one.place.split()[-1]}") for one in error.problems]
    _refuse(problems, source)


def _refuse(problems: Sequence[Problem], source: str) -> None:
    if problems:
        raise ParamsError(source, tuple(problems), NOTHING)
