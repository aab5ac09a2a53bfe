"""How large the next test should be: from how sure you are, what a failure costs, and how ready people are."""

from __future__ import annotations

from dataclasses import dataclass

from pdsa.terms import SCALE_WORDS, Belief, FailureCost, Readiness, Scale

__all__ = ["Advice", "next_test_size"]

VERY_SMALL, SMALL, LARGE, IMPLEMENT = "very small", "small", "large", "implement"
# By how ready people are: resistant, indifferent, ready.
SIZES: dict[tuple[Belief, FailureCost], tuple[str, str, str]] = {
    ("low", "high"): (VERY_SMALL, VERY_SMALL, VERY_SMALL),
    ("low", "low"): (VERY_SMALL, VERY_SMALL, SMALL),
    ("high", "high"): (VERY_SMALL, SMALL, LARGE),
    ("high", "low"): (SMALL, LARGE, IMPLEMENT),
}
READY: tuple[Readiness, ...] = ("resistant", "indifferent", "ready")
SCALES: dict[str, tuple[Scale, ...]] = {
    VERY_SMALL: ("student", "few_students"),
    SMALL: ("class", "several_classes"),
    LARGE: ("grade", "school"),
    IMPLEMENT: ("school", "several_schools", "network"),
}
BELIEFS: dict[Belief, str] = {
    "low": "You are not yet sure that it works here",
    "moderate": "You are not yet quite sure that it works here",
    "high": "You are sure that it works here",
}
COSTS: dict[FailureCost, str] = {
    "low": "a test that does not work out costs little",
    "high": "a test that does not work out costs much",
}
PEOPLE: dict[Readiness, str] = {
    "resistant": "the people who would do it would rather not",
    "indifferent": "the people who would do it are neither for nor against it",
    "ready": "the people who would do it are ready",
}


@dataclass(frozen=True, slots=True)
class Advice:
    """How large to test next: the size, why, and the scales that are of this size, smallest first."""

    size: str
    words: str
    scales: tuple[Scale, ...]


def next_test_size(belief: Belief, cost_of_failure: FailureCost, readiness: Readiness) -> Advice:
    """The size of the next test, with its reasons in words.

    Parameters
    ----------
    belief
        How sure people are that the change works here. `moderate` counts as `low`: the smaller test loses less.
    cost_of_failure
        What it costs when it does not work out.
    readiness
        How the people who would do it stand to it.

    Source: Langley et al., The Improvement Guide, the scale of a test.

    Examples
    --------
    >>> next_test_size("high", "high", "ready").size
    'large'
    """
    row = SIZES["high" if belief == "high" else "low", cost_of_failure]
    size = row[READY.index(readiness)]
    scales = SCALES[size]
    reasons = f"{BELIEFS[belief]}, {COSTS[cost_of_failure]}, and {PEOPLE[readiness]}"
    fits = " or ".join(SCALE_WORDS[scale] for scale in scales)
    todo = f"make it part of daily work: {fits}" if size == IMPLEMENT else f"make the next test {size}: {fits}"
    return Advice(size, f"{reasons}: {todo}.", scales)
