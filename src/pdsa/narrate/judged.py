"""By which rule a prediction held, held in part or did not: what stands in `cycles.outcomes`, in words for readers."""

from __future__ import annotations

from collections.abc import Iterable

from pdsa.cycles.outcomes import Result

JUDGED = (
    "How the charts judge a prediction: a range, or a value with a range, held where the periods of the cycle together "
    "lie within it; a value alone where it was reached. In part: at least half of the way there was made from the "
    "level before the cycle, or the range was passed. A direction held where the level moved that way by more than one "
    "standard error, and in part where it moved less. Anything else did not hold, also a range that was missed where "
    "the level before lay within it, or is not known."
)


def judged_words(results: Iterable[Result]) -> str:
    """The rule in one line; nothing where no chart has judged any of these."""
    return JUDGED if any(one.outcome != "not_measured" and not one.why for one in results) else ""
