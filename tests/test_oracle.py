"""Fast engine against slow oracle: every flag of 200,000 random points (`make bench`: a million)."""

from __future__ import annotations

from collections import Counter

import pytest

from panels import KINDS, SETS, differences, engine, question, size

POINTS = 1_000  # of one question
QUESTIONS = 13  # of each kind: seven by the names of the sets, six of random rules
tally: Counter[str] = Counter()


@pytest.mark.parametrize("number", range(QUESTIONS))
@pytest.mark.parametrize("kind", KINDS)
def test_engine_equals_oracle(kind: str, number: int) -> None:
    named = [*SETS, *[""] * QUESTIONS][number]
    asked = question([KINDS.index(kind), number], kind, POINTS, named)
    assert list(differences(asked, engine(asked))) == []
    tally[kind] += size(asked)


def test_enough_points_were_compared() -> None:
    assert len(tally) == len(KINDS)
    assert sum(tally.values()) >= 200_000
