"""Many charts beside each other: how many signals there are, and how many chance alone would give."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pdsa.chart import Chart, analyze_panel
from pdsa.records import ChartSpec
from pdsa.series import MISSING, REPORTED, Floats, Ints, Panel, divide
from pdsa.terms import Kind

SIGNALS = ("improvement", "concern", "change")
# Points that are simulated for one measure; replicates follow from it, within bounds.
SIMULATED_POINTS = 400_000
FEWEST, MOST = 20, 200
SEED = 20_260_101


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
        Of the random numbers; the same charts give the same answer.
    """
    judged = (chart.summary["verdict"] != "too_few").to_numpy()
    found = int(chart.summary["verdict"].isin(SIGNALS).sum())
    rng = np.random.default_rng(seed)
    points = _last_phase(chart)
    points = points[judged[points["series"]]]
    replicates = int(np.clip(SIMULATED_POINTS // max(len(points), 1), FEWEST, MOST))
    share = 0.0
    for kind in sorted(set(points["kind"])):
        for fixed in ("baseline", None):
            rows = points[(points["kind"] == kind) & (points["fixed"] == (fixed is not None))]
            share += _share(rows, chart.spec, kind, fixed, replicates, rng) if len(rows) else 0.0
    return Chance(chart.measure.id if chart.measure else "", int(judged.sum()), found, share)


def _last_phase(chart: Chart) -> pd.DataFrame:
    """The points of each series' last phase, numbered by series and with the series' kind."""
    points = chart.points.assign(series=_series_number(chart))
    last = points.groupby("series")["phase"].transform("last")
    points = points[points["phase"] == last]
    own = points["baseline"].ne(points["included"]).groupby(points["series"]).transform("any")
    return points.assign(kind=chart.summary["kind"].to_numpy()[points["series"]], fixed=own, pooled=_pooled(points))


def _pooled(points: pd.DataFrame) -> Floats:
    """Shape (points,): the ratio that each series' baseline pools to; its center may be a median."""
    used = points["baseline"] & points["value"].notna()
    sums = [
        points[name].where(used).groupby(points["series"]).transform("sum") for name in ("numerator", "denominator")
    ]
    return divide(*(one.to_numpy(dtype=float) for one in sums))


def _series_number(chart: Chart) -> Ints:
    if not chart.by:
        return np.zeros(len(chart.points), dtype=np.int64)
    return np.asarray(chart.points.groupby(list(chart.by), sort=True, observed=True).ngroup(), dtype=np.int64)


def _share(
    rows: pd.DataFrame, spec: ChartSpec, kind: Kind, fixed: str | None, replicates: int, rng: np.random.Generator
) -> float:
    """The expected number of series of one kind with a signal; `fixed` names their column of frozen baselines."""
    panel = _simulated(rows, spec, kind, replicates, rng)
    # lines given by a column are those of single series: they are simulated as if computed
    center, sigma = (one / spec.per if isinstance(one, float | int) else None for one in (spec.center, spec.sigma))
    again = replace(spec, kind=kind, limits=spec.method, baseline=fixed, exclude=None, phases=None, per=1.0,
                    center=center, sigma=sigma, target=None, step=None)  # fmt: skip
    verdicts = analyze_panel(panel, again).summary["verdict"]
    return float(verdicts.isin(SIGNALS).sum()) / replicates


def _simulated(rows: pd.DataFrame, spec: ChartSpec, kind: str, replicates: int, rng: np.random.Generator) -> Panel:
    """Each series `replicates` times over: stable values on the same periods, gaps and denominators."""
    lengths = rows.groupby("series", sort=True).size().to_numpy()
    many = pd.concat([rows] * replicates, ignore_index=True)
    there = many["value"].notna().to_numpy() & many["included"].to_numpy()
    denominator = np.where(there, many["denominator"].to_numpy(dtype=float), np.nan)
    value = np.where(there, _draw(many, denominator, spec, kind, rng), np.nan)
    ratio = kind not in ("run", "i", "mr")
    nothing = np.full(len(many), np.nan)
    series = len(lengths) * replicates
    return Panel(
        keys=pd.DataFrame({"series": np.arange(series)}),
        offsets=np.concatenate([[0], np.cumsum(np.tile(lengths, replicates))]).astype(np.int64),
        period=pd.Index(np.arange(len(many))),
        value=value,
        numerator=value * denominator if ratio else nothing,
        denominator=denominator if ratio else nothing,
        people=nothing,
        status=np.where(there, REPORTED, MISSING).astype(np.int8),
        ratio=np.full(series, ratio),
        columns={"baseline": many["baseline"].fillna(False).astype(bool)},
    )


def _draw(many: pd.DataFrame, denominator: Floats, spec: ChartSpec, kind: str, rng: np.random.Generator) -> Floats:
    """Counts where counting explains the scatter, normal values of the limits' own width elsewhere."""
    center = np.nan_to_num(many["center"].to_numpy(dtype=float)) / spec.per
    if kind in ("p", "u"):
        trials = np.nan_to_num(denominator)
        if spec.center is None:
            center = np.nan_to_num(many["pooled"].to_numpy(dtype=float))
        if kind == "p":
            drawn = rng.binomial(trials.astype(np.int64), np.clip(center, 0, 1)).astype(float)
        else:
            drawn = rng.poisson(np.clip(trials * center, 0, None)).astype(float)
        return divide(drawn, trials)
    width = (many["upper"] - many["center"]).to_numpy(dtype=float) / 3 / spec.per
    # a run chart has no limits, and its rules do not know the spread
    return np.asarray(rng.normal(size=len(many)) * np.where(np.isnan(width), 1.0, width) + center)
