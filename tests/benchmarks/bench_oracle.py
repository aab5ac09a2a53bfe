"""Engine against oracle on a million random points: no differing flag (run by `make bench`)."""

from __future__ import annotations

import pytest

from panels import KINDS, differences, doubtful, engine, question, set_of, size, wrong

POINTS = 5_000  # of one question
QUESTIONS = 14  # of each of 16 kinds: over a million points


def test_a_million_points(capsys: pytest.CaptureFixture[str]) -> None:
    compared, aside, unlike = 0, 0, []
    for kind in KINDS:
        for number in range(QUESTIONS):
            asked = question([7, KINDS.index(kind), number], kind, POINTS, set_of(kind, number))
            found = list(differences(asked, engine(asked)))
            unlike += [f"{kind} {number}: {text}" for text in wrong(found)]
            aside += doubtful(found)
            compared += size(asked) - doubtful(found)
    with capsys.disabled():
        print(f"\noracle: {compared:,} points compared, {len(unlike)} differences, {aside:,} decided by rounding alone")
    assert unlike == []
    assert compared >= 1_000_000
    assert aside <= 0.01 * compared
