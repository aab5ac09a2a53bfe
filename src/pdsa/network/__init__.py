"""Many charts beside each other: how many signals there are, and how many chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import pandas as pd

from pdsa.chart import Chart
from pdsa.network.stable import stable_panel, verdicts
from pdsa.records import ChartSpec
from pdsa.series import REPORTED, Floats, Ints, divide
from pdsa.terms import Kind

SIGNALS = ("improvement", "concern", "change")
# Points that are simulated for one measure, as many as take a few tenths of a second: limits that are sought for each
# point, as quantiles of counts, take longer. Replicates follow from it, within bounds.
PLAIN, EXACT, SOUGHT = 300_000, 120_000, 16_000
COUNTED = ("p", "np", "u", "c", "g")
FEWEST, MOST = 10, 200
SEED = 20_260_101
# What stable values are drawn from; a level last, because its last digits follow from the unit of the chart.
DRAWN_FROM = ("there", "baseline", "denominator", "wide", "level")


@dataclass(frozen=True, slots=True)
class Chance:
    """The number of schools whose verdict is a signal now, and the number to be expected were all stable."""

    measure: str
    judged: int
    found: int
    expected: float


def chance(chart: Chart, seed: int = SEED) -> Chance:
    """Count the signals of a measure and simulate how many a network of stable schools would show.

    Each series is drawn anew around its own center with its own spread, denominators, gaps and baseline, and
    judged by the same rules. Values are independent: where neighboring weeks resemble each other, chance gives
    more.

    Parameters
    ----------
    chart
        Every school of one measure.
    seed
        Of the random numbers; the same charts give the same answer, whatever their schools are called.
    """
    judged = (chart.summary["verdict"] != "too_few").to_numpy()
    found = int(chart.summary["verdict"].isin(SIGNALS).sum())
    rng = np.random.default_rng(seed)
    points = _last_phase(chart)
    points = _by_content(points[judged[points["series"]]])
    share = 0.0
    for (kind, fixed), rows in points.groupby(["kind", "fixed"], sort=True):
        share += _share(rows, chart.spec, cast(Kind, kind), bool(fixed), len(points), rng)
    return Chance(chart.measure.id if chart.measure else "", int(judged.sum()), found, share)


def _last_phase(chart: Chart) -> pd.DataFrame:
    """The points of each series' last phase, with all that stable values in their place are drawn from."""
    points = chart.points.assign(series=_series_number(chart), stretch=chart.extra["stretch"].to_numpy())
    points = points.assign(reported=chart.status == REPORTED)
    points = points[points["stretch"] == points.groupby("series")["stretch"].transform("last")]
    own = points["baseline"].ne(points["included"]).groupby(points["series"]).transform("any")
    summary = chart.summary.iloc[points["series"]]
    kind, sigma_z = summary["kind"].to_numpy(), summary["sigma_z"].to_numpy(dtype=float)
    # the first value of a chart of moving ranges has no range, but is there
    there = points["included"] & points["reported"] & (points["value"].notna() | (kind == "mr"))
    least = 0.0 if chart.spec.method == "published" else 1.0
    wide = np.where(np.isnan(sigma_z), 1.0, np.maximum(sigma_z, least))
    level = _levels(points, chart.spec)
    return points.assign(kind=kind, fixed=own, there=there, wide=wide, level=level, baseline=points["baseline"] & there)


def _by_content(points: pd.DataFrame) -> pd.DataFrame:
    """The points with their series in an order of what is drawn from them, whatever the schools are called.

    Random numbers are dealt out in this order: pages of the same series under other names give the same answer.
    """
    number = points["series"].to_numpy()
    ends = np.flatnonzero(np.diff(number, append=-1)) + 1
    columns = [np.nan_to_num(points[name].to_numpy(dtype=float), nan=-1.0) for name in DRAWN_FROM]
    held = {
        number[last - 1]: b"".join(one[first:last].tobytes() for one in columns)
        for first, last in zip([0, *ends], ends, strict=False)
    }
    place = {series: at for at, series in enumerate(sorted(held, key=held.__getitem__))}
    return points.assign(series=points["series"].map(place)).sort_values("series", kind="stable")


def _levels(points: pd.DataFrame, spec: ChartSpec) -> Floats:
    """Shape (points,): the given center; or what each series' baseline pools to, the mean where nothing is divided."""
    if isinstance(spec.center, float | int):
        return np.full(len(points), spec.center / spec.per)
    used = points["baseline"] & points["value"].notna()
    names = ("numerator", "denominator", "value")
    above, below, value = (
        points[name].where(used).groupby(points["series"]).transform("sum").to_numpy(dtype=float) for name in names
    )
    count = used.groupby(points["series"]).transform("sum").to_numpy(dtype=float)
    return np.where(below > 0, divide(above, below), divide(value / spec.per, count))


def _series_number(chart: Chart) -> Ints:
    if not chart.by:
        return np.zeros(len(chart.points), dtype=np.int64)
    return np.asarray(chart.points.groupby(list(chart.by), sort=True, observed=True).ngroup(), dtype=np.int64)


def _share(
    rows: pd.DataFrame, spec: ChartSpec, kind: Kind, fixed: bool, points: int, rng: np.random.Generator
) -> float:
    """The expected number of series of one kind with a signal; `fixed` says that they have frozen baselines."""
    # lines given by a column are those of single series: they are simulated as if computed
    center, sigma = (one / spec.per if isinstance(one, float | int) else None for one in (spec.center, spec.sigma))
    again = replace(
        spec, kind=kind, limits=spec.method, baseline="baseline" if fixed else None, exclude=None, phases=None,
        break_on=None, per=1.0, center=center, sigma=sigma, target=None, step=None,
    )  # fmt: skip
    replicates = _replicates(spec, kind, points)
    found = verdicts(stable_panel(rows, again, replicates, rng), again)
    return float(np.isin(found, SIGNALS).sum()) / replicates


def _replicates(spec: ChartSpec, kind: Kind, points: int) -> int:
    sought = spec.method == "predictive" and kind in COUNTED
    exact = spec.method != "published" and kind in (*COUNTED, "s")
    budget, fewest = (SOUGHT, 2) if sought else (EXACT if exact else PLAIN, FEWEST)
    return int(np.clip(budget // max(points, 1), fewest, MOST))
