"""Clocks that were wrong when something was saved: versions and chains keep their order all the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from itertools import pairwise

from pdsa.errors import Problem
from pdsa.inquiry.events import Event
from pdsa.inquiry.saving import GRACE

__all__ = ["clock_problems"]

BACK = timedelta(days=1)  # how far times of neighbors in a chain may go back: clocks differ


def clock_problems(events: Iterable[Event], today: date) -> Iterator[Problem]:
    """Yield for each chain how many events were saved on days that lie ahead, or days before the event before them.

    Parameters
    ----------
    events
        Of one log, in any order.
    today
        The day on which somebody looks.
    """
    chains: dict[str, list[tuple[int, str]]] = {}
    for event in events:
        chains.setdefault(event.school, []).append((event.seq, event.at[:10]))
    for school in sorted(chains):
        days = [date.fromisoformat(at) for _, at in sorted(chains[school])]
        place = f"chain of {school or 'the network'}"
        ahead = [day for day in days if day > today + GRACE]
        if ahead:
            found = f"{_events(len(ahead))} of days that lie ahead, up to {max(ahead)}"
            yield Problem(place, found, f"days up to today, {today}: set the clock of the machine that wrote right")
        back = sum(later < earlier - BACK for earlier, later in pairwise(days))
        if back:
            yield Problem(place, f"{_events(back)} of days before the event before", "a clock that only goes on")


def _events(count: int) -> str:
    return f"{count} event{'s' if count != 1 else ''}"
