"""The engine at the size of a state: points a second, against one pass, against pandas, and how it grows.

Run by `make bench`, or: python -m pytest -s tests/benchmarks/bench_engine.py. Every figure is a ratio, taken in one run
on one core; processor time, because the machine is shared. The quickest of three runs counts.
"""

from __future__ import annotations

import time
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

import pdsa
from pdsa import rules
from pdsa.chart.engine import compute, empty_answer, places
from pdsa.phases import plan
from pdsa.records import ChartSpec, Rule
from pdsa.series import Panel

MILLION = 1_000_000
EVERY_RULE = (*rules.RULE_SETS["nelson"], Rule("long_run"), Rule("few_crossings"))


def quickest(job: Callable[[], object], times: int = 3) -> float:
    """Processor seconds of the quickest of some runs."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        job()
        taken.append(time.process_time() - start)
    return min(taken)


@dataclass(frozen=True)
class Made:
    """A panel of ragged weekly series with a numerator and a denominator, half of them with a shift."""

    panel: Panel

    @property
    def points(self) -> int:
        return len(self.panel.value)


@cache
def made(points: int) -> Made:
    rng = np.random.default_rng(20_261_128)
    lengths = rng.integers(120, 157, round(points / 138))
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    n, series = int(offsets[-1]), len(lengths)
    shift = np.repeat(rng.random(series) < 0.5, lengths) & (np.arange(n) - np.repeat(offsets[:-1], lengths) > 60)
    below = rng.integers(5, 121, n).astype(float)
    above = rng.binomial(below.astype(int), np.where(shift, 0.75, 0.7)).astype(float)
    return Made(
        Panel(
            keys=pd.DataFrame({"series": np.arange(series)}), offsets=offsets, period=pd.RangeIndex(n),
            value=above / below, numerator=above, denominator=below, people=below, status=np.zeros(n, np.int8),
            ratio=np.ones(series, bool),
        )
    )  # fmt: skip


def scan(panel: Panel) -> None:
    """Every rule on XmR lines, and P limits: flags by point, lines and counts by series."""
    individuals = ChartSpec(kind="i", rules=EVERY_RULE)
    proportions = ChartSpec(kind="p", rules=(Rule("outside"),))
    parts = plan(panel, individuals)
    wanted = np.ones(len(parts.series), dtype=bool)
    blocks = list(places(parts.starts, wanted, rules.padding(EVERY_RULE)))
    for spec in (individuals, proportions):
        answer = empty_answer(len(panel.value), len(parts.series), lines=False)
        compute(panel, parts, spec, spec.kind, blocks, answer)


def one_pass(panel: Panel) -> None:
    for column in (panel.value, panel.numerator, panel.denominator):
        column.sum()


def apply_by_series(group: pd.DataFrame) -> pd.DataFrame:
    """The same for one series, as a careful user of pandas would write it: flags by point, counts and lines."""
    x, n = group["x"], group["n"]
    value = x / n
    center, spread = value.mean(), value.diff().abs().mean() / 1.128
    z = (value - center) / spread
    side = np.sign(value - value.mean())
    useful = side[side != 0]
    run = (useful != useful.shift()).cumsum()
    length = useful.groupby(run).transform("size")
    step = np.sign(value.diff())
    turned = (step * step.shift() < 0).astype(int)
    share = x.sum() / n.sum()
    limit = 3 * np.sqrt(share * (1 - share) / n)
    flags = {
        "outside": z.abs() > 3,
        "shift": length >= 9,
        "trend": (step.rolling(5).sum().abs() == 5) | (step.rolling(4).sum().abs() == 4),
        "alternating": turned.rolling(12).sum() == 12,
        "two": ((z > 2).rolling(3).sum() >= 2) | ((z < -2).rolling(3).sum() >= 2),
        "four": ((z > 1).rolling(5).sum() >= 4) | ((z < -1).rolling(5).sum() >= 4),
        "near": (z.abs() < 1).rolling(15).sum() == 15,
        "away": (z.abs() > 1).rolling(8).sum() == 8,
        "p": (value - share).abs() > limit,
    }
    told = pd.DataFrame(flags).fillna(False)
    counts = {"crossings": run.max() - 1, "longest": length.max(), "median": value.median(), "n_useful": len(useful)}
    lines = {"center": center, "lower": center - 3 * spread, "upper": center + 3 * spread, "share": share}
    return told.assign(p_lower=share - limit, p_upper=share + limit, **counts, **lines)


def test_points_a_second() -> None:
    big = made(10 * MILLION).panel
    columns = big.value.nbytes + big.numerator.nbytes + big.denominator.nbytes
    scan(big.take(np.arange(2000)))
    taken, floor = quickest(lambda: scan(big)), quickest(lambda: one_pass(big))
    few = big.take(np.arange(200))
    frame = pd.DataFrame({"s": few.series_of_points(), "x": few.numerator, "n": few.denominator})
    by_series = quickest(lambda: frame.groupby("s").apply(apply_by_series), 1) / len(frame)
    rate = len(big.value) / taken / MILLION
    print(f"\nall rules, XmR and P limits, {len(big.value):,} points in {big.size:,} series: {taken:.2f} s of one core")
    print(f"  {rate:.1f} million points a second (at least 15): {rate / 15:.2f} of the limit")
    print(f"  {taken / floor:.0f} times one pass over the columns (at most 45), {floor:.3f} s")
    print(f"  {by_series * len(big.value) / taken:.0f} times as fast as groupby-apply of pandas (at least 300)")
    tracemalloc.start()
    scan(big)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    results = 4 * 2 * len(big.value)  # two masks of 16 bits for each of the two kinds
    working, whole = (peak - results) / columns, peak / columns
    print(f"  working memory {working:.2f} of the columns (under 0.5); {whole:.2f} with results")


def test_growth() -> None:
    cost = {}
    for millions in (1, 10, 40):
        panel = made(millions * MILLION).panel
        cost[millions] = quickest(lambda panel=panel: scan(panel)) / len(panel.value) * 1e9  # type: ignore[misc]
    made.cache_clear()
    told = ", ".join(f"{m} million {c:.1f} ns" for m, c in cost.items())
    print(f"\ncost a point: {told}; grows by {100 * (cost[40] / cost[1] - 1):.0f}% (less than 15%)")


def test_analyze_of_shuffled_rows() -> None:
    panel = made(10 * MILLION).panel
    n, owner = len(panel.value), panel.series_of_points().astype(np.int32)
    order = np.random.default_rng(1).permutation(n)
    week = panel.positions()
    schools = pd.Index([f"S{i:05d}" for i in range(int(owner[-1]) // 4 + 1)])
    frame = pd.DataFrame(
        {
            "school": pd.Categorical.from_codes((owner // 4)[order], schools),
            "measure": pd.Categorical.from_codes((owner % 4)[order], list("abcd")),
            "week": (pd.Timestamp("2020-01-06") + pd.to_timedelta(7 * week, unit="D"))[order],
            "x": panel.numerator[order],
            "n": panel.denominator[order],
        }
    )
    key = (owner.astype(np.uint64) * 256 + week.astype(np.uint64))[order]
    columns = {"value": "x", "denominator": "n", "period": "week", "by": ["school", "measure"]}
    pdsa.analyze(frame.head(10_000), "p", **columns)
    made.cache_clear()
    sort = quickest(lambda: np.argsort(key))
    taken = quickest(lambda: pdsa.analyze(frame, "p", **columns), 2)
    print(f"\nanalyze of {n:,} shuffled rows: {taken:.2f} s, {taken / sort:.1f} times argsort of its key (at most 12)")


def test_one_series() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"week": range(60), "x": rng.binomial(50, 0.7, 60), "n": 50})
    for kind in ("run", "i", "p", "auto"):
        below = None if kind in ("run", "i") else "n"
        call = {"value": "x", "denominator": below, "period": "week", "baseline": 20}
        pdsa.analyze(frame, kind, **call)  # type: ignore[arg-type]
        many = quickest(lambda kind=kind, call=call: [pdsa.analyze(frame, kind, **call) for _ in range(20)]) / 20  # type: ignore[misc, arg-type]
        print(f"one series of 60 points, {kind}: {1e3 * many:.2f} ms, {many / 0.005:.2f} of the limit of 5 ms")
