"""Random ragged panels and random questions, for engine against oracle; every value comes from the seed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

import oracle
import pdsa
from oracle import RATIO_KINDS, SUBGROUP_KINDS, Period, Setup
from pdsa.records import Rule

LINES = ("value", "center", "lower", "upper", "lower_2s", "upper_2s")
COUNTS = ("n", "n_useful", "longest_run", "longest_run_max", "crossings", "crossings_min")
KINDS = tuple(oracle.LINES)
ZONES = (
    Rule("beyond", n=2, of=3, sigma=2, label="two_of_three"),
    Rule("beyond", n=4, of=5, sigma=1, label="four_of_five"),
)
BROKEN = {"ties": "break", "gaps": "break"}
# The sets as the contract writes them, column for column.
SETS: dict[str, tuple[Rule, ...]] = {
    "anhoej": (Rule("outside"), Rule("long_run"), Rule("few_crossings")),
    "western_electric": (Rule("outside"), *ZONES, Rule("shift", n=8)),
    "nelson": (
        *(Rule("outside"), Rule("shift", n=9), Rule("trend", n=6), Rule("alternating", n=14)),
        *(*ZONES, Rule("near", n=15, sigma=1), Rule("away", n=8, sigma=1)),
    ),
    "making_data_count": (
        *(Rule("outside", **BROKEN), Rule("trend", n=7, **BROKEN)),
        Rule("beyond", n=2, of=3, sigma=2, label="two_of_three", same_side=True, **BROKEN),
        Rule("shift", n=7, **BROKEN),
    ),
    "making_data_count_2021": (
        *(Rule("outside", **BROKEN), Rule("trend", n=7, **BROKEN)),
        Rule("beyond", n=2, of=3, sigma=2, label="two_of_three", same_side=True, within=3, **BROKEN),
        Rule("shift", n=7, **BROKEN),
    ),
    "ihi": (Rule("shift", n=6), Rule("trend", n=5), Rule("few_runs"), Rule("many_runs")),
    "wheeler": (Rule("outside"), Rule("shift", n=8), Rule("beyond", n=3, of=4, sigma=1.5, label="three_of_four")),
}  # type: ignore[arg-type]


@dataclass(frozen=True, eq=False)
class Question:
    """A panel as the oracle takes it and as `analyze` takes it, with one setup and one set of rules."""

    series: dict[int, list[Period]]
    frame: pd.DataFrame
    setup: Setup
    rules: tuple[Rule, ...]
    named: str = ""
    per: float = 1.0


def length(rng: np.random.Generator) -> int:
    return int(rng.choice([1, 2, 3, rng.integers(4, 15), rng.integers(15, 60), rng.integers(60, 401)]))


def measurements(rng: np.random.Generator, n: int) -> np.ndarray:
    """Measurements of many shapes: ties, constants, two levels, trends, walks, shifts, outliers, several scales."""
    shape = rng.choice(["noise", "integers", "levels", "trend", "walk", "zigzag", "constant", "late", "calm", "far"])
    noise, place = rng.normal(0, 2, n), np.arange(n)
    x = 20 + noise
    if shape == "integers":
        x = rng.integers(3, int(rng.integers(5, 12)), n).astype(float)
    elif shape == "levels":
        x = rng.choice([11.0, 14.0, 15.3], n)
    elif shape == "trend":
        x = 20 + 0.6 * place * rng.choice([-1, 1]) + 0.3 * noise
    elif shape == "walk":
        x = 60 + np.cumsum(noise)
    elif shape == "zigzag":
        x = 20 + 3 * (-1.0) ** place + 0.5 * noise
    elif shape in ("constant", "late"):
        x = np.full(n, 7.1)
        if shape == "late":
            x[-max(n // 8, 1) :] = 9.3
    elif shape == "calm":
        x = 20 + np.where(rng.random(n) < 0.05, 8, 0.2) * noise
    elif shape == "far":
        x = 20 + rng.choice([-4, 4], n) + 0.4 * noise
    if rng.random() < 0.3:
        x = x + 4 * (place > n // 2)
    decimals = int(rng.integers(0, 4))
    scale = rng.choice([1.0, 1.0, 1.0, 0.001, 1000.0])
    return np.round(x, decimals) * scale


def ratio(rng: np.random.Generator, n: int, kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Numerators and denominators; now and then all none, all whole, or denominators of one size."""
    big = rng.choice([12, 40, 400])
    below = np.full(n, float(big)) if rng.random() < 0.2 else rng.integers(1, big, n).astype(float)
    if kind in ("u", "u_prime", "i_prime") and rng.random() < 0.5:
        below = np.round(below * rng.uniform(0.5, 1.5, n) + 0.1, 1)
    rate = np.clip(rng.choice([0.02, 0.1, 0.5, 0.9]) + np.where(np.arange(n) > n // 2, rng.choice([0, 0.08]), 0), 0, 1)
    if kind in ("u", "u_prime", "i_prime"):
        top = rng.poisson(rate * below).astype(float)
    else:
        top = rng.binomial(below.astype(int), rate).astype(float)
    extreme = rng.random()
    if extreme < 0.05:
        top[:] = 0
    elif extreme < 0.1:
        top = below.copy()
    return top, below


def gaps(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.random(n) < rng.choice([0, 0, 0.1, 0.5])


def one_series(rng: np.random.Generator, kind: str, setup: Setup) -> tuple[list[Period], dict[str, list[float]]]:
    """One series twice: as periods, and as the columns of its rows."""
    n = length(rng)
    out = rng.random(n) < rng.choice([0, 0.05])
    missing = gaps(rng, n)
    when = np.arange(1, n + 1)
    if kind in SUBGROUP_KINDS:
        most = int(rng.choice([2, 5, 9, 30]))
        sizes = np.full(n, most) if rng.random() < 0.4 else rng.integers(1, most + 1, n)
        groups = [np.round(rng.normal(m, 2, size), 1) for m, size in zip(measurements(rng, n), sizes, strict=True)]
        for group, gone in zip(groups, missing, strict=True):
            group[rng.random(len(group)) < (0.5 if gone else 0)] = np.nan
        periods = [Period(subgroup=tuple(g.tolist()), excluded=bool(e)) for g, e in zip(groups, out, strict=True)]
        columns = {"x": np.concatenate(groups), "t": np.repeat(when, sizes), "out": np.repeat(out, sizes)}
    elif kind in RATIO_KINDS or (kind in ("run", "i", "mr") and rng.random() < 0.2 and setup.center is None):
        top, below = ratio(rng, n, kind)
        top[missing] = np.nan
        below[gaps(rng, n) & missing] = np.nan
        nothing = rng.random(n) < 0.02
        top[nothing], below[nothing] = 0, 0
        given = zip(top.tolist(), below.tolist(), out.tolist(), strict=True)
        periods = [Period(a, b, excluded=e) for a, b, e in given]
        columns = {"x": top, "n": below, "t": when, "out": out}
    else:
        if kind == "c":
            x = rng.poisson(rng.choice([0.3, 4, 40]), n).astype(float)
        elif kind == "g":
            x = rng.geometric(rng.choice([0.02, 0.3]), n).astype(float) - 1
        elif kind == "t":
            x = np.round(rng.exponential(9, n), 1) + 0.1
        else:
            x = measurements(rng, n)
        x[missing] = np.nan
        periods = [Period(a, excluded=e) for a, e in zip(x.tolist(), out.tolist(), strict=True)]
        columns = {"x": x, "t": when, "out": out}
    return periods, {name: np.asarray(column).tolist() for name, column in columns.items()}


def setup_of(rng: np.random.Generator, kind: str) -> Setup:
    """A random choice of every argument that the kind takes."""
    phases = ((), (), (10,), (12, 24))[int(rng.integers(4))]
    center = {
        "i": 19.5,
        "run": 20.0,
        "mr": 2.0,
        "xbar": 20.0,
        "p": 0.4,
        "u": 0.4,
        "c": 4.5,
        "g": 9.0,
        "t": 8.0,
        "p_prime": 0.4,
        "u_prime": 0.4,
        "i_prime": 0.4,
        "cusum": 20.0,
        "ewma": 20.0,
    }.get(kind)
    return Setup(
        kind=kind,
        baseline=(None, 5, 12, 30)[int(rng.integers(4))],
        phases=phases,
        breaks=((), (), (8,), (13, 20))[int(rng.integers(4))],
        screen=str(rng.choice(["off", "once"])),
        constants=str(rng.choice(["rounded", "wheeler", "exact"])),
        spread=str(rng.choice(["mean", "mean", "median"])) if kind != "mr" else "mean",
        gaps=str(rng.choice(["break", "bridge"])),
        ties=str(rng.choice(["skip", "break"])),
        center=center if rng.random() < 0.2 else None,
        sigma=2.2 if kind in ("i", "xbar", "cusum", "ewma") and rng.random() < 0.2 else None,
    )


def random_rule(rng: np.random.Generator, label: str) -> Rule:
    name = str(rng.choice(["outside", "shift", "trend", "alternating", "beyond", "beyond", "near", "away"]))
    of = int(rng.integers(2, 7))
    return Rule(
        name,  # type: ignore[arg-type]
        n=int(rng.integers(1, of + 1)) if name == "beyond" else int(rng.integers(3, 12)),
        of=of if name == "beyond" else None,
        sigma=float(rng.choice([0.5, 1, 1.5, 2, 2.5, 3])),
        label=label,
        ties=(None, "skip", "break")[int(rng.integers(3))],  # type: ignore[arg-type]
        gaps=str(rng.choice(["bridge", "break"])),  # type: ignore[arg-type]
        mark=str(rng.choice(["pattern", "last"])),  # type: ignore[arg-type]
        same_side=name == "beyond" and bool(rng.random() < 0.4),
        within=3.0 if name == "beyond" and rng.random() < 0.4 else None,
    )


def set_of(kind: str, number: int) -> str:
    """A set by name for every second question, another one for each kind; else none."""
    return list(SETS)[(KINDS.index(kind) + number) % len(SETS)] if number % 2 == 0 else ""


def question(seed: list[int], kind: str, points: int, named: str = "") -> Question:
    """A panel of at least so many periods with one random setup, and a set by name or six random rules."""
    rng = np.random.default_rng(seed)
    setup = setup_of(rng, kind)
    rules = SETS[named] if named else tuple(random_rule(rng, f"r{i}") for i in range(6))
    series: dict[int, list[Period]] = {}
    columns: dict[str, list[float]] = {name: [] for name in ("s", "t", "x", "n", "out")}
    denominators = kind in RATIO_KINDS
    while sum(map(len, series.values())) < points or max(map(len, series.values())) < 30:
        periods, rows = one_series(rng, kind, setup)
        if not series:
            denominators = "n" in rows
        if ("n" in rows) != denominators:
            continue
        columns["s"] += [len(series)] * len(rows["x"])
        series[len(series)] = periods
        for name in ("t", "x", "out"):
            columns[name] += rows[name]
        columns["n"] += rows.get("n", [float("nan")] * len(rows["x"]))
    frame = pd.DataFrame(columns).astype({"s": int, "t": int, "out": bool})
    per = float(rng.choice([1.0, 1.0, 100.0]))
    return Question(series, frame if denominators else frame.drop(columns="n"), setup, rules, named, per)


def engine(asked: Question, *series: int) -> pdsa.Chart:
    """The chart of the whole panel, or of some of its series."""
    setup, frame = asked.setup, asked.frame
    if series:
        frame = frame[frame["s"].isin(series)]
    return pdsa.analyze(
        frame,
        setup.kind,  # type: ignore[arg-type]
        value="x",
        denominator="n" if "n" in frame else None,
        period="t",
        by="s",
        exclude="out",
        rules=asked.named or asked.rules,
        baseline=setup.baseline,
        phases=list(setup.phases) or None,
        break_on=list(setup.breaks) or None,
        per=asked.per,
        screen=setup.screen,  # type: ignore[arg-type]
        constants=setup.constants,  # type: ignore[arg-type]
        spread=setup.spread,  # type: ignore[arg-type]
        gaps=setup.gaps,  # type: ignore[arg-type]
        ties=setup.ties,  # type: ignore[arg-type]
        center=None if setup.center is None else setup.center * asked.per,
        sigma=None if setup.sigma is None else setup.sigma * asked.per,
    )


def differences(asked: Question, chart: pdsa.Chart) -> Iterator[str]:
    """Every place where the engine and the oracle disagree: series, phase, column; "doubtful" where none is right."""
    # one split for all series: a selection per series would take longer than both judges
    everything = pd.concat([chart.points, chart.extra], axis=1)
    points = dict(tuple(everything.groupby("s", sort=False)))
    phases = dict(tuple(chart.phases.groupby("s", sort=False)))
    for name, periods in asked.series.items():
        if not periods:
            continue
        answers = oracle.judge(periods, asked.setup, asked.rules)
        rows, counts = points[name], phases[name]
        start = 0
        for number, answer in enumerate(answers):
            part = rows.iloc[start : start + len(answer.value)]
            start += len(answer.value)
            if answer.doubtful:
                yield f"doubtful {len(answer.value)}"
                continue
            for column in _unlike(answer, part, counts.iloc[number], asked.setup.kind, asked.per):
                yield f"series {name}, phase {number + 1}, {column}"
        number = [1 + sum(first <= at for first in asked.setup.breaks) for at in range(1, len(rows) + 1)]
        if rows["instrument"].tolist() != number:
            yield f"series {name}, instrument"
        if start != len(rows):
            yield f"series {name}: {len(rows)} points, expected {start}"


def _unlike(answer: oracle.Phase, part: pd.DataFrame, counts: pd.Series, kind: str, per: float) -> Iterator[str]:
    known = np.zeros(len(part), dtype=bool)
    known[answer.known] = True
    # what an excluded or missing point shows of a sum or a weighted average is not agreed; it is in no rule
    where = known if kind in ("cusum", "ewma") else np.ones(len(part), dtype=bool)
    largest = np.nanmax(np.abs([[0.0], *[np.array(getattr(answer, n)) for n in LINES[:4]]][1:]), initial=0.0)
    lines = (*LINES, *(("cusum_upper", "cusum_lower") if kind == "cusum" else ()))
    for name in lines:
        ours, theirs = part[name].to_numpy(dtype=float)[where], np.array(getattr(answer, name), dtype=float)[where]
        theirs = theirs if kind == "cusum" else theirs * per  # sums are in standard deviations
        if not np.allclose(ours, theirs, rtol=1e-9, atol=1e-12 * per * largest, equal_nan=True):
            yield name
    for name, flags in answer.flags.items():
        if part[f"rule_{name}"].tolist() != flags:
            yield f"rule_{name}"
    if part["run"].tolist() != answer.run:
        yield "run"
    if part["included"].tolist() != answer.included:
        yield "included"
    for name in COUNTS:
        if name in answer.counts and counts[name] != answer.counts[name]:
            yield name
    if counts["runs_signal"] != answer.runs_signal:
        yield "runs_signal"
    if counts["n_outside"] != oracle.beyond_limits(answer):
        yield "n_outside"
    scored = kind in ("p_prime", "u_prime")
    if scored and not np.isclose(counts["sigma_z"], answer.sigma_z, rtol=1e-9, equal_nan=True):
        yield "sigma_z"


def size(asked: Question) -> int:
    return sum(len(periods) for periods in asked.series.values())


def doubtful(found: list[str]) -> int:
    """How many points lie in phases where rounding decides a flag."""
    return sum(int(text.split()[1]) for text in found if text.startswith("doubtful"))


def wrong(found: list[str]) -> list[str]:
    return [text for text in found if not text.startswith("doubtful")]
