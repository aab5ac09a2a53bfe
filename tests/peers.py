"""The seeded cases as questions to the engine and to the oracle, in our words (provenance: tests/reference)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd

import oracle
import pdsa
from pdsa.records import Rule

HERE = Path(__file__).parent / "reference"
LINES = ("value", "center", "lower", "upper", "lower_2s", "upper_2s")
COUNTS = ("n", "n_useful", "longest_run", "longest_run_max", "crossings", "crossings_min", "runs_signal", "n_outside")
SUBGROUPS = ("xbar", "s")


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / name, dtype={"case_id": str, "group": str}, low_memory=False)


def whole_numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(";") if part]


@dataclass(frozen=True, eq=False)
class Case:
    """One row of cases.csv with its rows of inputs."""

    id: str
    family: str
    frame: pd.DataFrame
    freeze: int | None
    exclude: tuple[int, ...]
    part: tuple[int, ...]
    target: float | None
    center: float | None
    rebase: int | None
    fix_after: int | None

    @property
    def rows(self) -> bool:
        """Whether a period has several rows."""
        return self.family == "S"

    @property
    def ratio(self) -> bool:
        return self.family in "PU"

    @property
    def values(self) -> pd.Series:
        """One value a period: the quotient where there is a denominator."""
        one = self.frame.set_index("x")
        if not self.ratio:
            return one["y"]
        return (one["y"] / one["n"]).replace([np.inf, -np.inf], np.nan)

    @property
    def missing(self) -> bool:
        return bool(self.values.isna().any())

    @property
    def sizes(self) -> pd.Series:
        return self.frame.groupby("x")["y"].count()


@cache
def case(case_id: str) -> Case:
    one = pd.read_csv(HERE / "cases.csv", dtype=str, keep_default_na=False).set_index("case_id").loc[case_id]
    rows = table("inputs.csv.gz")

    def number(name: str) -> float | None:
        return float(one[name]) if one[name] else None

    def whole(name: str) -> int | None:
        return int(one[name]) if one[name] else None

    return Case(
        id=case_id,
        family=one["family"],
        frame=rows.loc[rows["case_id"] == case_id, ["x", "y", "n"]].reset_index(drop=True),
        freeze=whole("freeze"),
        exclude=tuple(whole_numbers(one["exclude"])),
        part=tuple(whole_numbers(one["part"])),
        target=number("target"),
        center=number("cl"),
        rebase=whole("rebase"),
        fix_after=whole("fix_after_n_points"),
    )


@dataclass(frozen=True)
class Ask:
    """One call in our words; `denominator` is "n", "one" (a column of ones) or nothing."""

    kind: str
    arguments: dict[str, object] = field(default_factory=dict)
    rules: tuple[Rule, ...] = (Rule("outside"), Rule("long_run"), Rule("few_crossings"))
    denominator: str | None = None


@dataclass(frozen=True, eq=False)
class Answer:
    """Points by period and phases in order, the same columns from both judges."""

    points: pd.DataFrame
    phases: pd.DataFrame


Judge = Callable[[Case, Ask], Answer]


def framed(one: Case, ask: Ask) -> pd.DataFrame:
    frame = one.frame.assign(one=1.0)
    return frame if ask.kind in SUBGROUPS or not one.rows else frame.groupby("x", as_index=False).mean()


def ask_engine(one: Case, ask: Ask) -> Answer:
    chart = pdsa.analyze(
        framed(one, ask), ask.kind, value="y", denominator=ask.denominator, period="x", rules=ask.rules, **ask.arguments
    )  # type: ignore[arg-type]
    return Answer(pd.concat([chart.points, chart.extra], axis=1).set_index("period"), chart.phases)


def periods_of(frame: pd.DataFrame, ask: Ask, exclude: set[int]) -> list[oracle.Period]:
    found = []
    for number, (_, rows) in enumerate(frame.groupby("x", sort=True), start=1):
        below = float(rows[ask.denominator].iloc[0]) if ask.denominator else None
        values = tuple(rows["y"].astype(float))
        top = values[0] if ask.kind not in SUBGROUPS else oracle.NAN
        found.append(oracle.Period(top, below, values, number in exclude))
    return found


def ask_oracle(one: Case, ask: Ask) -> Answer:
    frame = framed(one, ask)
    given = dict(ask.arguments)
    exclude = set(given.pop("exclude", None) or ())
    given["phases"] = tuple(given.pop("phases", None) or ())
    setup = oracle.Setup(ask.kind, **given)  # type: ignore[arg-type]
    phases = oracle.judge(periods_of(frame, ask, exclude), setup, ask.rules)
    points, counts = [], []
    for number, phase in enumerate(phases, start=1):
        columns = {name: getattr(phase, name) for name in LINES}
        columns |= {"phase": number, "included": phase.included, "numerator": phase.numerator}
        columns |= {"denominator": phase.denominator, "run": phase.run, "baseline": phase.base}
        columns |= {f"rule_{name}": flags for name, flags in phase.flags.items()}
        if ask.kind == "cusum":
            columns |= {"cusum_upper": phase.cusum_upper, "cusum_lower": phase.cusum_lower}
        points.append(pd.DataFrame(columns))
        known = {name: phase.counts.get(name, oracle.NAN) for name in COUNTS}
        counts.append(known | {"runs_signal": phase.runs_signal, "n_outside": oracle.beyond_limits(phase)})
    joined = pd.concat(points, ignore_index=True)
    joined["reasons"] = reasons(joined)
    return Answer(joined.set_index(pd.Index(sorted(frame["x"].unique()), name="period")), pd.DataFrame(counts))


def reasons(points: pd.DataFrame) -> list[str]:
    """The names of the rules that fired, in the order of the set."""
    names = [name for name in points.columns if name.startswith("rule_")]
    rows = points[names].to_numpy(dtype=bool).tolist()
    return [",".join(name[5:] for name, fired in zip(names, row, strict=True) if fired) for row in rows]


def ask_parts(judge: Judge, one: Case, asks: list[Ask]) -> Answer:
    """Each part of a case asked as a series of its own."""
    cuts = (0, *one.part, len(one.frame))
    answers = []
    for number, ((first, end), ask) in enumerate(zip(pairwise(cuts), asks, strict=True), start=1):
        alone = replace(one, frame=one.frame[first:end].reset_index(drop=True), part=(), exclude=())
        answers.append(judge(alone, ask))
        answers[-1].points["phase"] = number
    return Answer(pd.concat([a.points for a in answers]), pd.concat([a.phases for a in answers]))


def clipped(answer: Answer, name: str, kind: str) -> np.ndarray:
    """Formula values, brought to the possible range as most packages print them."""
    values = answer.points[name].to_numpy(dtype=float)
    if name[:5] not in ("lower", "upper") or kind in ("run", "i", "mr", "i_prime", "xbar", "cusum", "ewma"):
        return values
    highest = {"p": 1, "p_prime": 1, "np": answer.points["denominator"].to_numpy(dtype=float)}.get(kind)
    return np.clip(values, 0, highest)


def numbers(column: pd.Series) -> np.ndarray:
    words = {"True": 1.0, "False": 0.0, "TRUE": 1.0, "FALSE": 0.0, "none": 0.0, "upper": 1.0, "lower": 1.0}
    return pd.to_numeric(column.map(lambda one: words.get(str(one), one)), errors="coerce").to_numpy(dtype=float)


def agree(ours: np.ndarray, theirs: np.ndarray, exactly: bool = False) -> bool:
    if ours.shape != theirs.shape:
        return False
    if exactly:
        return bool(np.array_equal(np.nan_to_num(ours), np.nan_to_num(theirs)))
    return bool(np.allclose(ours, theirs, rtol=1e-9, atol=1e-12, equal_nan=True))


def unlike(a: Answer, b: Answer) -> set[str]:
    """The columns in which two answers of ours differ."""
    found = {name for name in LINES if not agree(numbers(a.points[name]), numbers(b.points[name]))}
    flags = [name for name in b.points if name.startswith("rule_")]
    found |= {name for name in (*flags, "run", "included") if a.points[name].tolist() != b.points[name].tolist()}
    for name in COUNTS:
        if not np.array_equal(numbers(a.phases[name]), numbers(b.phases[name]), equal_nan=True):
            found.add(name)
    return found
