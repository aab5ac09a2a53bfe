"""School days, due periods, and the rhythm of cycles."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from inquiries import THEORY, plan, predicted, state_of, week
from pdsa.cycles import Cadence, cadence
from pdsa.cycles.days import due_periods, first_period, next_period, open_days, period_of, school_days
from pdsa.records import Calendar, Closure
from pdsa.records.inquiry import Cycle, Record
from pdsa.terms import Step

WINTER = Calendar(closures=(Closure(date(2025, 12, 22), date(2026, 1, 4), "Winter break"),))
OPEN = Calendar()


class TestDays:
    @pytest.mark.parametrize(
        ("first", "last", "days"),
        [
            ("2025-12-15", "2025-12-19", 5),
            ("2025-12-15", "2025-12-15", 1),
            ("2025-12-13", "2025-12-14", 0),
            ("2025-12-19", "2026-01-05", 2),
            ("2025-12-16", "2025-12-15", 0),
        ],
    )
    def test_school_days(self, first: str, last: str, days: int) -> None:
        assert school_days(date.fromisoformat(first), date.fromisoformat(last), WINTER) == days

    def test_overlapping_closures_count_once(self) -> None:
        twice = Calendar(closures=(*WINTER.closures, Closure(date(2025, 12, 29), date(2026, 1, 6), "Ice")))
        assert school_days(date(2025, 12, 19), date(2026, 1, 7), twice) == 2
        assert open_days(date(2025, 12, 19), date(2026, 1, 7), twice) == 3

    def test_open_days_hold_weekends(self) -> None:
        assert open_days(date(2025, 12, 1), date(2025, 12, 22), OPEN) == 21
        assert open_days(date(2025, 12, 19), date(2026, 1, 5), WINTER) == 3
        assert open_days(date(2025, 12, 19), date(2025, 12, 19), WINTER) == 0
        assert open_days(date(2026, 1, 4), date(2026, 1, 6), WINTER) == 2
        assert open_days(date(2025, 12, 20), date(2025, 12, 19), WINTER) == 0

    @pytest.mark.parametrize(
        ("day", "step", "first"),
        [
            ("2025-12-08", "week", "2025-12-08"),
            ("2025-12-09", "week", "2025-12-15"),
            ("2025-12-07", "week", "2025-12-08"),
            ("2025-12-01", "month", "2025-12-01"),
            ("2025-12-02", "month", "2026-01-01"),
            ("2025-12-09", "day", "2025-12-09"),
            ("2025-09-02", "year", "2025-07-01"),
            ("2025-11-02", "year", "2026-07-01"),
        ],
    )
    def test_the_first_whole_period(self, day: str, step: Step, first: str) -> None:
        assert first_period(date.fromisoformat(day), step, OPEN) == date.fromisoformat(first)

    def test_periods_after_one_another(self) -> None:
        assert period_of(date(2025, 12, 11), "week") == date(2025, 12, 8)
        assert period_of(date(2025, 12, 11), "month") == date(2025, 12, 1)
        assert period_of(date(2026, 6, 30), "year") == date(2025, 7, 1)
        steps: tuple[Step, ...] = ("day", "week", "month", "year")
        assert [next_period(date(2025, 12, 1), step) for step in steps] == [
            date(2025, 12, 2),
            date(2025, 12, 8),
            date(2026, 1, 1),
            date(2026, 12, 1),
        ]

    def test_due_periods(self) -> None:
        weeks = due_periods(date(2025, 12, 9), date(2026, 1, 13), "week", WINTER)
        assert weeks == (date(2025, 12, 15), date(2026, 1, 5), date(2026, 1, 12))
        assert due_periods(date(2025, 12, 8), date(2025, 12, 8), "week", WINTER) == (date(2025, 12, 8),)
        assert due_periods(date(2025, 12, 9), date(2025, 12, 12), "week", WINTER) == ()
        days = due_periods(date(2025, 12, 18), date(2026, 1, 6), "day", WINTER)
        assert days == (date(2025, 12, 18), date(2025, 12, 19), date(2026, 1, 5), date(2026, 1, 6))


def cycle(k: int, began: int, decided: int | None = None, **more: Any) -> Cycle:
    """A cycle that began in one week, and was decided on the Friday of another."""
    given: dict[str, Any] = {"start": week(began), "actual_start": week(began), "planned_end": None}
    if decided:
        friday = week(decided) + (date(2025, 12, 19) - date(2025, 12, 15))
        given |= {"decision": "adapt", "decided_on": friday, "actual_end": friday}
    return plan(id=f"cycle-{k}", **(given | more))


def rhythm(*records: Record, today: date = date(2026, 1, 12), calendar: Calendar = OPEN, at: Any = None) -> Cadence:
    return cadence(state_of(*THEORY, *records, at=at), ("ash",), today, calendar)


class TestCadence:
    def test_weeks_from_the_first_cycle_to_today(self) -> None:
        one = rhythm(cycle(1, 3, 4), cycle(2, 4, 6), cycle(3, 4), today=date(2025, 10, 8))
        assert one.weeks == (week(3), week(4), week(5), week(6))
        assert one.opened == (1, 2, 0, 0)
        assert one.closed == (0, 1, 0, 0)  # the second is decided on Friday, after today
        assert one.running == (1, 2, 2, 2)

    def test_what_is_decided_counts_from_its_day(self) -> None:
        one = rhythm(cycle(1, 3, 4), cycle(2, 4, 6), cycle(3, 4), today=date(2025, 10, 10))
        assert one.closed == (0, 1, 0, 1)
        assert one.running == (1, 2, 2, 1)

    def test_a_plan_is_no_beginning(self) -> None:
        one = rhythm(plan(), today=week(18))
        assert (one.weeks, one.opened, one.running) == ((), (), ())

    def test_other_schools_do_not_count(self) -> None:
        one = rhythm(cycle(1, 3, 4, school_id="oak"))
        assert one.weeks == ()

    def test_the_median_in_school_days(self) -> None:
        assert rhythm(cycle(1, 3, 3), cycle(2, 4, 5), cycle(3, 4, 8)).median_days == 10.0
        assert rhythm(cycle(1, 3, 3), cycle(2, 4, 5)).median_days == 7.5
        assert rhythm(cycle(1, 16, 19)).median_days == 20.0
        assert rhythm(cycle(1, 16, 19), calendar=WINTER).median_days == 10.0
        assert rhythm(cycle(1, 3)).median_days is None

    def test_past_their_own_planned_end(self) -> None:
        late, later = cycle(1, 14, planned_end=date(2025, 12, 18)), cycle(2, 13, planned_end=date(2025, 12, 12))
        done = cycle(3, 13, 14, planned_end=date(2025, 12, 1))
        never_begun = plan(id="cycle-4", planned_end=date(2025, 12, 17))
        one = rhythm(late, later, done, never_begun, plan(id="cycle-5", planned_end=None), today=date(2025, 12, 19))
        assert [(w.cycle.id, w.since, w.days) for w in one.overdue] == [
            ("cycle-2", date(2025, 12, 12), 5),
            ("cycle-4", date(2025, 12, 17), 2),
            ("cycle-1", date(2025, 12, 18), 1),
        ]

    def test_closed_days_are_not_late(self) -> None:
        friday = cycle(1, 14, planned_end=date(2025, 12, 19))
        assert rhythm(friday, today=date(2025, 12, 21)).overdue == ()
        assert rhythm(friday, today=date(2026, 1, 4), calendar=WINTER).overdue == ()
        assert rhythm(friday, today=date(2026, 1, 5), calendar=WINTER).overdue[0].days == 1
        assert rhythm(friday, today=date(2026, 1, 5)).overdue[0].days == 11

    def test_not_edited_for_three_weeks(self) -> None:
        at = {"cycle-1": "2025-11-03T10:00:00.000000Z"}
        assert rhythm(cycle(1, 9), today=date(2025, 11, 24), at=at).stalled == ()
        found = rhythm(cycle(1, 9), today=date(2025, 11, 25), at=at).stalled
        assert [(w.cycle.id, w.since, w.days) for w in found] == [("cycle-1", date(2025, 11, 3), 22)]

    def test_an_edit_of_its_prediction_is_an_edit(self) -> None:
        at = {"cycle-1": "2025-11-03T10:00:00.000000Z", "prediction-1": "2025-11-10T10:00:00.000000Z"}
        assert rhythm(cycle(1, 9), predicted(), today=date(2025, 12, 1), at=at).stalled == ()
        assert rhythm(cycle(1, 9), predicted(), today=date(2025, 12, 2), at=at).stalled[0].since == date(2025, 11, 10)

    def test_closures_do_not_count_as_lying_still(self) -> None:
        at = {"cycle-1": "2025-12-15T10:00:00.000000Z"}
        assert rhythm(cycle(1, 15), today=date(2026, 1, 19), calendar=WINTER, at=at).stalled == ()
        assert rhythm(cycle(1, 15), today=date(2026, 1, 20), calendar=WINTER, at=at).stalled[0].days == 22

    def test_what_is_decided_or_planned_for_later_does_not_lie_still(self) -> None:
        at = {"cycle-1": "2025-09-03T10:00:00.000000Z"}
        assert rhythm(cycle(1, 3, 4), at=at).stalled == ()
        assert rhythm(plan(start=week(21)), at=at).stalled == ()
        assert len(rhythm(plan(start=week(19)), at=at).stalled) == 1
        assert len(rhythm(plan(start=None), at=at).stalled) == 1

    def test_without_cycles(self) -> None:
        assert rhythm() == Cadence((), (), (), (), None, (), ())
