"""Fast engine against slow oracle: every flag of 200,000 random points (`make bench`: a million)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pandas as pd
import pytest

import oracle
import pdsa
from panels import KINDS, SETS, differences, doubtful, engine, question, set_of, size, wrong
from pdsa.records import Rule

POINTS = 2_300  # of one question
QUESTIONS = 6  # of each kind: half by the name of a set, half of random rules
tally: Counter[str] = Counter()


@pytest.mark.parametrize("number", range(QUESTIONS))
@pytest.mark.parametrize("kind", KINDS)
def test_engine_equals_oracle(kind: str, number: int) -> None:
    asked = question([1, KINDS.index(kind), number], kind, POINTS, set_of(kind, number))
    found = list(differences(asked, engine(asked)))
    assert wrong(found) == []
    tally["compared"] += size(asked) - doubtful(found)
    tally["doubtful"] += doubtful(found)


def test_enough_points_were_compared() -> None:
    assert tally["compared"] >= 200_000
    assert tally["doubtful"] <= 0.01 * tally["compared"]


# Ten moving ranges of whole numbers whose mean is exactly 10,000; the last lies at, just under or just over the border.
OTHERS = 9


def stairs(largest: int) -> list[float]:
    """A series that goes up and down by the other ranges, then by the largest."""
    low, rest = divmod(100_000 - largest, OTHERS)
    steps = [low + (i < rest) for i in range(OTHERS)] + [largest]
    values = [100_000.0]
    for i, step in enumerate(steps):
        values.append(values[-1] + step * (-1) ** i)
    return values


@pytest.mark.parametrize(
    ("kind", "largest", "kept"),
    [("i", 32668, True), ("i", 32670, False), ("i", 32675, False), ("i_prime", 32660, True), ("i_prime", 32668, False)],
)
def test_the_border_of_screening(kind: str, largest: int, kept: bool) -> None:
    """Ranges strictly below 3.267 (I-prime: 3.2665) times their mean stay; the mean of those that stay is known."""
    values = stairs(largest)
    mean = 10_000 if kept else (100_000 - largest) / OTHERS
    frame = pd.DataFrame({"t": range(len(values)), "x": values, "one": 1})
    below = "one" if kind == "i_prime" else None
    constants = "exact" if below else "rounded"
    width = 3 * (mean * math.sqrt(math.pi) / 2 if below else mean / 1.128)
    points = pdsa.analyze(
        frame, kind, value="x", denominator=below, period="t", screen="once", constants=constants
    ).points
    assert (points["upper"] - points["center"]).tolist() == pytest.approx([width] * len(values), rel=1e-9)
    periods = [oracle.Period(x, 1.0 if below else None) for x in values]
    (phase,) = oracle.judge(periods, oracle.Setup(kind, screen="once", constants=constants))
    assert phase.upper == pytest.approx(points["upper"].tolist(), rel=1e-9)


def test_the_chance_of_runs_at_its_border() -> None:
    """Three above and fourteen below in three runs: exactly 17 of 680 orders have so few, 2.5%, and that is too few."""
    counted = oracle.ways(3, 14)
    assert (sum(counted[:4]), sum(counted)) == (17, 680)
    frame = pd.DataFrame({"t": range(17), "x": [-1.0] * 7 + [1.0] * 3 + [-1.0] * 7})
    few = pdsa.analyze(frame, "run", value="x", period="t", center=0, rules=["few_runs", "many_runs"])
    assert few.summary["runs_signal"].tolist() == [True]


@pytest.mark.parametrize(("number", "rule"), list(enumerate(SETS["nelson"], start=1)))
def test_members_of_nelson_are_selectable(number: int, rule: Rule) -> None:
    asked = question([5, number], "i", 300, "nelson")
    whole = engine(asked).points
    alone = engine(replace(asked, named="", rules=(f"nelson_{number}",))).points
    assert [name for name in alone if name.startswith("rule_")] == [f"rule_{rule.label or rule.name}"]
    assert alone["signal"].tolist() == whole[f"rule_{rule.label or rule.name}"].tolist()
