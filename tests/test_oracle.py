"""Fast engine against slow oracle: every flag of 200,000 random points (`make bench`: a million)."""

from __future__ import annotations

from collections import Counter

import pytest

from panels import KINDS, SETS, differences, doubtful, engine, question, size, wrong

POINTS = 1_000  # of one question
QUESTIONS = 14  # of each kind: seven by the names of the sets, seven of random rules
tally: Counter[str] = Counter()


@pytest.mark.parametrize("number", range(QUESTIONS))
@pytest.mark.parametrize("kind", KINDS)
def test_engine_equals_oracle(kind: str, number: int) -> None:
    named = [*SETS, *[""] * QUESTIONS][number]
    asked = question([1, KINDS.index(kind), number], kind, POINTS, named)
    found = list(differences(asked, engine(asked)))
    assert wrong(found) == []
    tally["compared"] += size(asked) - doubtful(found)
    tally["doubtful"] += doubtful(found)


def test_enough_points_were_compared() -> None:
    assert tally["compared"] >= 200_000
    assert tally["doubtful"] <= 0.01 * tally["compared"]
