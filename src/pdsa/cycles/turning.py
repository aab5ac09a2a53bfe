"""What a ramp and its theory leave open: when to stop, when to go on testing, when to doubt the theory itself."""

from __future__ import annotations

from datetime import date, timedelta

from pdsa.cycles.ground import Ground
from pdsa.cycles.outcomes import Result
from pdsa.cycles.ramps import in_order
from pdsa.inquiry import Held
from pdsa.records.inquiry import Aim, Cycle

Found = tuple[str, dict[str, object]]
# Predictions that did not hold, after which one asks whether to stop, or whether the theory is right.
MISSES = 3
YEAR = timedelta(days=365)


def not_abandoned(cycle: Cycle, ground: Ground) -> Found | None:
    """Three or more predictions of a ramp did not hold, more than held, and its latest decision is to adapt again."""
    ramp = ground.ramp[cycle.id]
    decided = [one for one in ramp.cycles if one.decision]
    if cycle.decision != "adapt" or decided[-1].id != cycle.id:
        return None
    misses, held = _tally([one for each in ramp.cycles for one in ground.results(each)])
    return ("misses", {"misses": misses, "judged": misses + held}) if misses >= MISSES and misses > held else None


def _tally(found: list[Result]) -> tuple[int, int]:
    """How many did not hold, and how many held at least in part."""
    words = [one.told for one in found if one.prediction.type != "probability"]
    return words.count("miss"), words.count("hit") + words.count("partly")


def not_iterative(cycle: Cycle, ground: Ground) -> Found | None:
    """Adopted after a single cycle at this school."""
    alone = ground.ramp[cycle.id].length == 1 and not cycle.parent_cycle_id
    return ("once", {}) if cycle.decision == "adopt" and alone else None


def theory_unrevised(cycle: Cycle, ground: Ground) -> Found | None:
    """Predictions under a driver do not hold, while neither it nor the aim has changed for twelve months.

    Asked at the latest of the closed cycles under that driver, so that it is asked once.
    """
    theory = ground.theory_above(cycle)
    today = ground.evidence.today
    if not theory or any(_revised(one) > today - YEAR for one in theory):
        return None
    driver = theory[0].id
    under = [one for one in ground.state.cycles if _under(one, driver, ground) and _within_year(one, today)]
    misses, held = _tally([one for each in under for one in ground.results(each)])
    if misses < MISSES or misses <= held or in_order(under)[-1].id != cycle.id:
        return None
    record = theory[0].record
    return "unrevised", {"driver": getattr(record, "text", ""), "misses": misses, "judged": misses + held}


def _revised(held: Held) -> date:
    """The day of the latest version: what the record says itself, or when it was written, whichever is later."""
    days = [date.fromisoformat(one[:10]) for one in (held.at, held.created_at) if one]
    if isinstance(held.record, Aim) and held.record.since:
        days.append(held.record.since)
    return max(days, default=date.max)


def _under(cycle: Cycle, driver: str, ground: Ground) -> bool:
    above = ground.drivers_above(cycle)
    return bool(cycle.decision and above and above[0].id == driver)


def _within_year(cycle: Cycle, today: date) -> bool:
    day = cycle.decided_on or cycle.actual_end or cycle.began
    return day is not None and today - YEAR < day <= today
