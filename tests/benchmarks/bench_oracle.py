"""Engine against oracle on a million random points: no differing flag (run by `make bench`)."""

from __future__ import annotations

import pytest

from panels import KINDS, SETS, differences, engine, question, size

POINTS = 5_000  # of one question
QUESTIONS = 14  # of each of 16 kinds: over a million points


def test_a_million_points(capsys: pytest.CaptureFixture[str]) -> None:
    compared, wrong = 0, []
    for kind in KINDS:
        for number in range(QUESTIONS):
            named = [*SETS, *[""] * QUESTIONS][number]
            asked = question([7, KINDS.index(kind), number], kind, POINTS, named)
            wrong += [f"{kind} {number}: {found}" for found in differences(asked, engine(asked))]
            compared += size(asked)
    with capsys.disabled():
        print(f"\noracle: {compared:,} points compared, {len(wrong)} differences")
    assert wrong == []
    assert compared >= 1_000_000
