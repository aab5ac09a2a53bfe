"""Which changes the log accepts: records that fit each other, their school, their measures and their time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from pdsa.errors import Problem
from pdsa.inquiry.events import Change
from pdsa.inquiry.state import State
from pdsa.records import Calendar, Measure, School


@dataclass(frozen=True, slots=True)
class Reference:
    """What records of the log may point to, and the day on which somebody writes."""

    today: date
    schools: tuple[School, ...] = ()
    measures: tuple[Measure, ...] = ()
    calendar: Calendar = field(default_factory=Calendar)


def check_changes(state: State, changes: Sequence[Change], reference: Reference, author: str) -> tuple[Problem, ...]:
    """Every problem of these changes, which are made together, by this author, in this state."""
    return ()
