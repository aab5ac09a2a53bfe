"""A level that was reached, and whether later points have left it: lines frozen on few points, judged by the rules."""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from pdsa.chart import Chart, analyze
from pdsa.cycles.evidence import Line
from pdsa.series import Bools, Ints
from pdsa.terms import Kind

# Kinds of charts that are frozen as they are; points of others are charted as single values.
SINGLE: tuple[Kind, ...] = ("i", "run", "c")
DIVIDED: tuple[Kind, ...] = ("p", "u", "p_prime", "u_prime", "i_prime", "i", "run")


def level_of(line: Line, places: Ints) -> float | None:
    """The level of the points at these places; None of none."""
    where: Bools = np.zeros(len(line.day), dtype=bool)
    where[places] = True
    return line.level(where) if len(places) else None


def latest_instrument(line: Line, where: Bools) -> Ints:
    """The places of those useful points that were measured as the last of them was."""
    there = np.flatnonzero(where & line.useful)
    return there[line.instrument[there] == line.instrument[there[-1]]] if len(there) else there


def frozen(line: Line, places: Ints, count: int) -> Chart:
    """A chart of these points alone, its lines frozen on the first `count` of them and as wide as so few ask for."""
    ratio = not np.isnan(line.denominator[places]).any()
    kind: Kind = next((one for one in (DIVIDED if ratio else SINGLE) if one == line.kind), "i")
    frame = pd.DataFrame({"period": line.day[places].astype("datetime64[us]"), "value": line.value[places]})
    if ratio and line.kind in DIVIDED:
        frame = frame.assign(value=line.numerator[places], denominator=line.denominator[places])
        return analyze(frame, kind, denominator="denominator", per=line.per, baseline=count, limits=_limits(kind))
    return analyze(frame, kind, baseline=count, limits=_limits(kind))


def _limits(kind: Kind) -> Literal["published", "predictive"]:
    return "published" if kind == "run" else "predictive"


def left(chart: Chart, count: int, sign: int) -> Bools:
    """Shape (points,): later points above (`sign` 1) or below (-1) the frozen center at which a rule fires.

    None if the latest six do not lie there together: so a move stays told for as long as it lasts, and one that went
    back is told no more. Looked at each week for half a year, 9% of the measures that stay show one to a given side at
    some time, and 95% of those that move by 1.5 standard deviations of single points, 74% of those that move by one
    (3,000 simulated series, independent points, lines frozen on twelve; with neighbors correlated by .2, 14% of those
    that stay).

    Parameters
    ----------
    chart
        From `frozen`.
    count
        Points that the lines are frozen on.
    """
    points = chart.points
    gap = sign * (points["value"] - points["center"]).to_numpy()
    later = np.arange(len(gap)) >= count
    if not later.any() or gap[later][-chart.spec.recent :].mean() <= 0:
        return np.zeros(len(gap), dtype=bool)
    fired: Bools = points["signal"].to_numpy(dtype=bool)
    return later & (gap > 0) & fired
