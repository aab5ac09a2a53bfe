"""Charts of schools that are judged by different specs, put into one chart and taken out of it again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
from pandas.api.types import union_categoricals

from pdsa.chart import Chart
from pdsa.records import ChartSpec, Position, Positions
from pdsa.terms import SIGNAL_COLUMNS


def part_of(chart: Chart, schools: Sequence[str], spec: ChartSpec) -> Chart:
    """These schools of a chart, with the spec that they were judged by."""
    points, phases, summary = (frame["school"].isin(schools) for frame in (chart.points, chart.phases, chart.summary))
    return replace(
        chart,
        points=chart.points[points].reset_index(drop=True),
        phases=chart.phases[phases].reset_index(drop=True),
        summary=chart.summary[summary].reset_index(drop=True),
        status=chart.status[points.to_numpy()],
        extra=chart.extra[points.to_numpy()].reset_index(drop=True),
        spec=spec,
    )


def positions_of(wanted: Positions | None) -> tuple[Position, ...]:
    """The positions of a spec, one or several, as a tuple."""
    return () if wanted is None else wanted if isinstance(wanted, tuple) else (wanted,)


def merge(one: Chart, other: Chart) -> Chart:
    """Both charts' series in one chart, in ascending order; of the specs only what both share is kept as said.

    A target or a baseline that only some schools have is none of the whole: drawings would put it on every school.
    Rules are those of either, so that each signal keeps its name.
    """
    keys, spec = list(one.by), _shared(one.spec, other.spec)
    points = _joined_points(one.points, other.points, spec)
    order = points.sort_values(keys, kind="stable").index
    frames = {
        name: pd.concat([getattr(one, name), getattr(other, name)]).sort_values(keys, kind="stable", ignore_index=True)
        for name in ("phases", "summary")
    }
    status = np.concatenate([one.status, other.status])[order.to_numpy()]
    extra = pd.concat([one.extra, other.extra], ignore_index=True).loc[order].reset_index(drop=True)
    return Chart(
        points=points.loc[order].reset_index(drop=True), **frames, by=one.by, spec=spec, status=status,
        step=one.step, measure=one.measure, annotations=one.annotations, extra=extra,
    )  # fmt: skip


def _joined_points(one: pd.DataFrame, other: pd.DataFrame, spec: ChartSpec) -> pd.DataFrame:
    """The points of both; a rule that one of them did not apply marks nothing in it."""
    rules = [f"rule_{rule.column}" for rule in spec.rules]
    columns = [name for name in one.columns if not name.startswith("rule_")]
    columns[-len(SIGNAL_COLUMNS) : -len(SIGNAL_COLUMNS)] = rules
    both = [frame.assign(**{name: False for name in rules if name not in frame})[columns] for frame in (one, other)]
    reasons = union_categoricals([frame["reasons"] for frame in both])
    return pd.concat([frame.drop(columns="reasons") for frame in both], ignore_index=True).assign(reasons=reasons)


def _shared(one: ChartSpec, other: ChartSpec) -> ChartSpec:
    own = ("target", "baseline", "break_on", "exclude", "phases")
    differing = {name: None for name in own if getattr(one, name) != getattr(other, name)}
    known = {rule.column for rule in one.rules}
    rules = (*one.rules, *(rule for rule in other.rules if rule.column not in known))
    return replace(one, rules=rules, **differing)  # type: ignore[arg-type]
