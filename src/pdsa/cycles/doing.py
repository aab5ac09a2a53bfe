"""What Do and Study leave open: carried out or not, points that did not come in, surprises, comparison, learning."""

from __future__ import annotations

from datetime import timedelta

from pdsa.cycles.cadence import overdue_days
from pdsa.cycles.ground import Ground
from pdsa.cycles.quality import RECEIVED, needs_numbers
from pdsa.records.inquiry import Cycle
from pdsa.terms import SCALES

Found = tuple[str, dict[str, object]]
DAY = timedelta(days=1)
# School days past a cycle's own end after which its Study is asked for: two school weeks, as long as a usual cycle.
GRACE = 10
WIDE = SCALES[SCALES.index("school") :]


def _is_over(cycle: Cycle, ground: Ground) -> bool:
    """Whether the Do part is over, so that it could be told."""
    past = cycle.actual_end is not None and cycle.actual_end <= ground.evidence.today
    return past or cycle.status in ("studying", "closed")


def not_as_planned(cycle: Cycle, ground: Ground) -> Found | None:
    """Nobody says whether the change was made, or how it differed; or only their word tells so for a whole school."""
    if not _is_over(cycle, ground):
        return None
    if cycle.carried_out_as_planned is None:
        return "blank", {}
    if cycle.carried_out_as_planned != "yes":
        return None if cycle.deviations.strip() else ("deviations", {"how": HOW[cycle.carried_out_as_planned]})
    wide = cycle.purpose == "implement" or cycle.scale in WIDE
    measures = [one for name in ground.measures(cycle) if (one := ground.measure(name))]
    return ("process", {}) if wide and not any(one.type == "process" for one in measures) else None


HOW = {"partly": "only partly", "no": "not"}


def data_gaps(cycle: Cycle, ground: Ground) -> Found | None:
    """Of the points that were due during the cycle under 80% came in."""
    if not needs_numbers(cycle):
        return None
    for name in ground.measures(cycle):
        known, due = ground.measure(name), ground.due(cycle, name) if ground.is_drawn(name) else ()
        came, could = ground.received(cycle, name, due)
        if known and could and came < RECEIVED * could:
            return "gaps", {"measure": known.name, "came": came, "could": could, "noun": known.frequency}
    return None


def no_surprises(cycle: Cycle, ground: Ground) -> Found | None:
    """Nobody has written down what was not expected, not even that nothing was."""
    return None if cycle.unexpected_observations.strip() or not _is_over(cycle, ground) else ("blank", {})


def no_study(cycle: Cycle, ground: Ground) -> Found | None:
    """A decision without a result, or without setting it beside the prediction; or a Study long past its day."""
    predictions, found = ground.of(cycle), ground.results(cycle)
    if cycle.status == "closed" or cycle.studied_on:
        said = any(one.outcome or one.result_value is not None or one.result_text.strip() for one in predictions)
        if not (said or cycle.matched or cycle.what_data_show.strip()):
            return "result", {}
        compared = said or cycle.matched or any(one.told != "not_measured" for one in found)
        return ("comparison", {}) if predictions and not compared else None
    days = overdue_days(cycle, ground.evidence.today, ground.evidence.calendar)
    late = cycle.status == "doing" and days > GRACE
    return ("overdue", {"days": days, "end": cycle.planned_end}) if late else None


def learning_untold(cycle: Cycle, ground: Ground) -> Found | None:
    """A closed cycle without its learning, in itself or in an insight that rests on it."""
    return None if cycle.learning.strip() or cycle.id in ground.told_in else ("blank", {})
