"""Observations to panels: what is summed, which periods there are, and what a gap is."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd
import pytest

from pdsa.records import Calendar, Closure, Measure
from pdsa.series import (
    BOTTOM_CODED,
    EXCLUDED,
    MISSING,
    REPORTED,
    SUPPRESSED,
    TOP_CODED,
    Panel,
    divide,
    new_way,
    open_periods,
    panel_of,
    period_start,
    total,
)

NAN = float("nan")
LISTED = Calendar()
OBSERVED = Calendar(mode="observed")


def measure(frequency: str = "week", data_type: str = "proportion") -> Measure:
    return Measure("present", "Present", "outcome", data_type, "students", "up", frequency, "a definition")  # type: ignore[arg-type]


def observations(*rows: tuple[object, ...], **more: object) -> pd.DataFrame:
    """Rows of school, day, numerator, denominator, and a status or a value behind them."""
    made = []
    for row in rows:
        school, day, numerator, denominator, *rest = row
        status = next((one for one in rest if isinstance(one, str)), "reported")
        value = next((one for one in rest if isinstance(one, float)), NAN)
        made.append((school, "present", pd.Timestamp(str(day)), value, numerator, denominator, "", "", status, "f.csv"))
    columns = [
        "school",
        "measure",
        "period",
        "value",
        "numerator",
        "denominator",
        "group_dim",
        "group",
        "status",
        "source",
    ]
    frame = pd.DataFrame(made, columns=columns).assign(row=range(2, len(made) + 2), **more)
    return frame.astype({"period": "datetime64[us]", "value": float, "numerator": float, "denominator": float})


def panel(*rows: tuple[object, ...], frequency: str = "week", calendar: Calendar = LISTED) -> Panel:
    return panel_of(observations(*rows), measure(frequency), calendar)


def days(one: Panel, school: int = 0) -> list[str]:
    return [f"{day:%m-%d}" for day in one.period[one.offsets[school] : one.offsets[school + 1]]]


def numbers(values: np.ndarray) -> list[float]:
    return [-1.0 if np.isnan(v) else float(v) for v in values]


class TestSums:
    def test_days_of_a_week_are_summed(self) -> None:
        one = panel(("ash", "2025-01-06", 18, 20), ("ash", "2025-01-08", 15, 20), ("ash", "2025-01-12", 9, 10))
        assert days(one) == ["01-06"]
        assert one.numerator.tolist() == [42]
        assert one.denominator.tolist() == [50]
        assert one.value.tolist() == [0.84]
        assert one.people.tolist() == [10]
        assert one.ratio.tolist() == [True]

    def test_a_row_that_lacks_one_of_its_numbers_is_in_neither_sum(self) -> None:
        one = panel(("ash", "2025-01-06", 18, 20), ("ash", "2025-01-07", NAN, 20), ("ash", "2025-01-08", 9, NAN))
        assert (one.numerator.tolist(), one.denominator.tolist()) == ([18], [20])

    def test_values_are_averaged(self) -> None:
        rows = (("ash", "2025-01-06", NAN, NAN, 4.0), ("ash", "2025-01-09", NAN, NAN, 7.0))
        one = panel_of(observations(*rows), measure(data_type="continuous"), LISTED)
        assert one.value.tolist() == [5.5]
        assert one.ratio.tolist() == [False]
        assert np.isnan(one.numerator).all()

    def test_one_value_without_a_denominator_makes_a_series_of_values(self) -> None:
        one = panel(
            ("ash", "2025-01-06", 18, 20), ("ash", "2025-01-13", NAN, NAN, 0.5),
            ("elm", "2025-01-06", 8, 20), ("elm", "2025-01-13", 9, 20),
        )  # fmt: skip
        assert one.ratio.tolist() == [False, True]
        assert one.value.tolist() == [0.9, 0.5, 0.4, 0.45]
        assert numbers(one.denominator) == [-1, -1, 20, 20]
        assert numbers(one.people) == [20, -1, 20, 20]

    def test_a_missing_period_does_not_take_the_ratio_away(self) -> None:
        one = panel(
            ("ash", "2025-01-06", 18, 20), ("ash", "2025-01-13", NAN, 20, "missing"), ("ash", "2025-01-20", 9, 20)
        )
        assert one.ratio.tolist() == [True]
        assert numbers(one.value) == [0.9, -1, 0.45]

    def test_rows_of_other_measures_and_of_groups_stay_out(self) -> None:
        frame = observations(("ash", "2025-01-06", 18, 20), ("ash", "2025-01-07", 1, 20), ("ash", "2025-01-08", 2, 20))
        frame.loc[1, "measure"] = "late"
        frame.loc[2, "group_dim"] = "grade"
        assert panel_of(frame, measure(), LISTED).numerator.tolist() == [18]

    def test_rows_are_not_changed_and_their_order_does_not_count(self) -> None:
        frame = observations(("elm", "2025-01-13", 1, 2), ("ash", "2025-01-06", 3, 4), ("ash", "2025-01-20", 2, 4))
        before = frame.copy(deep=True)
        one, other = panel_of(frame, measure(), LISTED), panel_of(frame.iloc[::-1], measure(), LISTED)
        pd.testing.assert_frame_equal(frame, before)
        assert one.keys["school"].tolist() == other.keys["school"].tolist() == ["ash", "elm"]
        assert numbers(one.value) == numbers(other.value)
        assert one.keys["measure"].tolist() == ["present"] * 2

    def test_divide(self) -> None:
        found = divide(np.array([1.0, 0, 0, NAN, 3]), np.array([2.0, 0, 4, 4, NAN]))
        assert numbers(found) == [0.5, -1, 0, -1, -1]


class TestPeriods:
    def test_starts(self) -> None:
        some = pd.Series(pd.to_datetime(["2025-01-06", "2025-01-12", "2025-02-28", "2024-02-29"]))
        assert period_start(some, "day").tolist() == some.tolist()
        assert [f"{d:%y-%m-%d}" for d in period_start(some, "week")] == ["25-01-06", "25-01-06", "25-02-24", "24-02-26"]
        assert [f"{d:%m-%d}" for d in period_start(some, "month")] == ["01-01", "01-01", "02-01", "02-01"]

    def test_a_missing_week_is_a_gap(self) -> None:
        one = panel(("ash", "2025-01-06", 18, 20), ("ash", "2025-01-22", 10, 20))
        assert days(one) == ["01-06", "01-13", "01-20"]
        assert numbers(one.value) == [0.9, -1, 0.5]
        assert one.status.tolist() == [REPORTED, MISSING, REPORTED]
        assert one.step == "week"

    def test_months(self) -> None:
        one = panel(
            ("ash", "2024-11-06", 18, 20), ("ash", "2024-11-30", 2, 20), ("ash", "2025-02-03", 1, 2), frequency="month"
        )
        assert days(one) == ["11-01", "12-01", "01-01", "02-01"]
        assert numbers(one.numerator) == [20, -1, -1, 1]

    def test_days_without_weekends(self) -> None:
        one = panel(("ash", "2025-01-09", 18, 20), ("ash", "2025-01-14", 9, 20), frequency="day")
        assert days(one) == ["01-09", "01-10", "01-13", "01-14"]

    def test_a_day_of_data_on_a_weekend_is_kept(self) -> None:
        one = panel(
            ("ash", "2025-01-10", 18, 20), ("ash", "2025-01-11", 5, 20), ("ash", "2025-01-13", 9, 20), frequency="day"
        )
        assert days(one) == ["01-10", "01-11", "01-13"]

    def test_a_week_that_is_closed_from_monday_to_friday_is_no_period(self) -> None:
        rows = [("ash", day, 18, 20) for day in ("2025-01-06", "2025-01-27")]
        shut = Calendar(closures=(Closure(date(2025, 1, 13), date(2025, 1, 17), "Break"),))
        part = Calendar(closures=(Closure(date(2025, 1, 13), date(2025, 1, 16), "Storm"),))
        assert days(panel(*rows, calendar=shut)) == ["01-06", "01-20", "01-27"]
        assert days(panel(*rows, calendar=part)) == ["01-06", "01-13", "01-20", "01-27"]

    def test_two_closures_do_not_add_up(self) -> None:
        starts = pd.DatetimeIndex(["2025-01-13"])
        closures = (
            Closure(date(2025, 1, 13), date(2025, 1, 15), "A"),
            Closure(date(2025, 1, 16), date(2025, 1, 17), "B"),
        )
        assert len(open_periods(starts, "week", Calendar(closures=closures))) == 1

    def test_closed_days_and_months(self) -> None:
        july = Calendar(closures=(Closure(date(2025, 7, 1), date(2025, 7, 31), "Summer"),))
        starts = pd.DatetimeIndex(["2025-06-01", "2025-07-01", "2025-08-01"])
        assert open_periods(starts, "month", july).month.tolist() == [6, 8]
        some = pd.DatetimeIndex(["2025-06-30", "2025-07-01", "2025-08-01"])
        assert open_periods(some, "day", july).tolist() == [some[0], some[2]]

    def test_data_within_a_closure_are_drawn_where_they_lie(self) -> None:
        shut = Calendar(closures=(Closure(date(2025, 1, 13), date(2025, 1, 17), "Break"),))
        one = panel(
            ("ash", "2025-01-06", 1, 2), ("ash", "2025-01-14", 1, 2), ("elm", "2025-01-06", 1, 2), calendar=shut
        )
        assert days(one) == ["01-06", "01-13"]
        assert days(one, 1) == ["01-06", "01-13"]

    def test_observed_calendar_has_the_periods_in_which_anybody_reported(self) -> None:
        rows = [
            ("ash", "2025-01-06", 1, 2),
            ("ash", "2025-01-27", 1, 2),
            ("elm", "2025-01-06", 1, 2),
            ("elm", "2025-01-13", 1, 2),
        ]
        one = panel(*rows, calendar=OBSERVED)
        assert days(one) == days(one, 1) == ["01-06", "01-13", "01-27"]
        assert one.status.tolist() == [REPORTED, MISSING, REPORTED, REPORTED, REPORTED, MISSING]

    def test_a_school_that_stops_shows_it_and_one_that_joins_begins_there(self) -> None:
        one = panel(
            ("ash", "2025-01-06", 1, 2), ("ash", "2025-01-13", 1, 2),
            ("elm", "2025-01-20", 1, 2), ("elm", "2025-01-27", 1, 2),
        )  # fmt: skip
        assert days(one) == ["01-06", "01-13", "01-20", "01-27"]
        assert one.status[:4].tolist() == [REPORTED, REPORTED, MISSING, MISSING]
        assert days(one, 1) == ["01-20", "01-27"]

    def test_nothing_reported(self) -> None:
        one = panel_of(observations(), measure(), LISTED)
        assert (one.size, len(one.value)) == (0, 0)


class TestStatus:
    def test_of_single_rows(self) -> None:
        one = panel(
            ("ash", "2025-01-06", 18, 20), ("ash", "2025-01-13", NAN, NAN, "missing"),
            ("ash", "2025-01-20", NAN, NAN, "suppressed"), ("ash", "2025-01-27", 1, 20, "excluded"),
            ("ash", "2025-02-03", 1, 2),
        )  # fmt: skip
        assert one.status.tolist() == [REPORTED, MISSING, SUPPRESSED, EXCLUDED, REPORTED]
        assert numbers(one.value) == [0.9, -1, -1, 0.05, 0.5]

    def test_reported_wins_over_excluded_over_suppressed_over_missing(self) -> None:
        first, second = "2025-01-06", "2025-01-07"
        mixed = {
            REPORTED: [("ash", first, 18, 20), ("ash", second, 1, 20, "excluded")],
            EXCLUDED: [("ash", first, 1, 20, "excluded"), ("ash", second, NAN, NAN, "suppressed")],
            SUPPRESSED: [("ash", first, NAN, NAN, "suppressed"), ("ash", second, NAN, NAN, "missing")],
        }
        for status, rows in mixed.items():
            assert panel(*rows).status.tolist() == [status]
        assert numbers(panel(*mixed[REPORTED]).numerator) == [18]

    def test_nobody_of_nobody_is_missing(self) -> None:
        one = panel(("ash", "2025-01-06", 18, 20), ("ash", "2025-01-13", 0, 0, "missing"), ("ash", "2025-01-20", 1, 20))
        assert one.status.tolist() == [REPORTED, MISSING, REPORTED]
        assert one.ratio.tolist() == [True]


class TestPeople:
    def test_people_are_the_smallest_day_and_not_the_sum(self) -> None:
        one = panel(*[("ash", f"2025-01-{day:02d}", 7, 8) for day in range(6, 11)])
        assert (one.denominator.tolist(), one.people.tolist()) == ([40], [8])

    def test_people_are_known_without_a_numerator(self) -> None:
        one = panel(("ash", "2025-01-06", NAN, 8, 0.5))
        assert (one.value.tolist(), one.people.tolist()) == ([0.5], [8])

    def test_a_day_of_nobody_does_not_hide_the_others(self) -> None:
        one = panel(("ash", "2025-01-06", 0, 0, 0.0), *[("ash", f"2025-01-{day:02d}", 7, 8) for day in range(7, 11)])
        assert one.people.tolist() == [8]


class TestPanel:
    def both(self) -> Panel:
        return panel(("ash", "2025-01-06", 1, 2), ("elm", "2025-01-06", 3, 4), ("elm", "2025-01-13", 1, 4))

    def test_sizes_and_positions(self) -> None:
        one = panel(("ash", "2025-01-13", 1, 2), ("elm", "2025-01-06", 3, 4), ("elm", "2025-01-13", 1, 4))
        assert (one.size, one.lengths.tolist()) == (2, [1, 2])
        assert one.series_of_points().tolist() == [0, 1, 1]
        assert one.positions().tolist() == [1, 1, 2]

    def test_take(self) -> None:
        whole = self.both()
        taken = whole.take(np.array([1]))
        assert taken.keys["school"].tolist() == ["elm"]
        assert taken.offsets.tolist() == [0, 2]
        assert taken.value.tolist() == [0.75, 0.25]
        assert days(taken) == ["01-06", "01-13"]
        turned = whole.take(np.array([1, 0]))
        assert turned.keys["school"].tolist() == ["elm", "ash"]
        assert numbers(turned.value) == [0.75, 0.25, 0.5, -1]
        assert whole.keys["school"].tolist() == ["ash", "elm"]


class TestBounds:
    """`95% or more` and `5% or less`: a bound is no value, and is never averaged with one."""

    def test_a_period_of_bounds_only_stands_at_its_bound(self) -> None:
        one = panel(
            ("ash", "2025-01-06", 50, 100), ("ash", "2025-01-13", NAN, NAN, 0.95, "top_coded"),
            ("ash", "2025-01-20", 1, 20, "bottom_coded"), ("ash", "2025-01-27", 60, 100),
        )  # fmt: skip
        assert one.status.tolist() == [REPORTED, TOP_CODED, BOTTOM_CODED, REPORTED]
        assert numbers(one.value) == [0.5, 0.95, 0.05, 0.6]
        assert numbers(one.numerator) == [50, -1, -1, 60]
        assert numbers(one.denominator) == [100, -1, -1, 100]
        assert numbers(one.people) == [100, -1, 20, 100]
        assert one.ratio.tolist() == [True]

    def test_several_bounds_in_a_period_give_the_one_that_holds_for_all(self) -> None:
        one = panel(
            ("ash", "2025-01-06", NAN, NAN, 0.95, "top_coded"), ("ash", "2025-01-07", NAN, NAN, 0.9, "top_coded"),
            ("ash", "2025-01-13", NAN, NAN, 0.05, "bottom_coded"), ("ash", "2025-01-14", 1, 10, "bottom_coded"),
        )  # fmt: skip
        assert one.status.tolist() == [TOP_CODED, BOTTOM_CODED]
        assert numbers(one.value) == [0.9, 0.1]

    @pytest.mark.parametrize(
        ("reported", "bound", "status", "value"),
        [
            ((80, 100), (0.95, "top_coded"), TOP_CODED, 0.8),
            ((99, 100), (0.95, "top_coded"), TOP_CODED, 0.95),
            ((2, 100), (0.05, "bottom_coded"), BOTTOM_CODED, 0.05),
            ((20, 100), (0.05, "bottom_coded"), BOTTOM_CODED, 0.2),
        ],
    )
    def test_a_period_with_values_and_bounds_is_known_only_as_a_bound(
        self, reported: tuple[int, int], bound: tuple[float, str], status: int, value: float
    ) -> None:
        """Four days at 80% and one at 95% or more: the week is at least at 80%, and nobody knows more."""
        one = panel(
            ("ash", "2025-01-06", *reported), ("ash", "2025-01-07", NAN, NAN, *bound), ("ash", "2025-01-13", 1, 2)
        )
        assert one.status.tolist() == [status, REPORTED]
        assert numbers(one.value) == [value, 0.5]
        assert numbers(one.numerator) == [-1, 1]
        assert one.ratio.tolist() == [True]

    def test_the_values_of_a_mixed_period_are_pooled_before_they_are_compared(self) -> None:
        one = panel(
            ("ash", "2025-01-06", 80, 100), ("ash", "2025-01-07", 100, 100),
            ("ash", "2025-01-08", NAN, NAN, 0.95, "top_coded"),
        )  # fmt: skip
        assert numbers(one.value) == [0.9]

    def test_bounds_of_both_sorts_say_nothing(self) -> None:
        one = panel(
            ("ash", "2025-01-06", NAN, NAN, 0.95, "top_coded"), ("ash", "2025-01-07", NAN, NAN, 0.05, "bottom_coded"),
            ("ash", "2025-01-08", 4, 5), ("ash", "2025-01-13", 1, 2),
        )  # fmt: skip
        assert one.status.tolist() == [MISSING, REPORTED]
        assert numbers(one.value) == [-1, 0.5]
        assert numbers(one.numerator) == [-1, 1]

    def test_a_bound_wins_over_excluded_and_suppressed_rows(self) -> None:
        one = panel(
            ("ash", "2025-01-06", NAN, NAN, 0.95, "top_coded"), ("ash", "2025-01-07", 1, 10, "excluded"),
            ("ash", "2025-01-13", NAN, NAN, 0.95, "top_coded"), ("ash", "2025-01-14", NAN, NAN, "suppressed"),
        )  # fmt: skip
        assert one.status.tolist() == [TOP_CODED, TOP_CODED]
        assert numbers(one.value) == [0.95, 0.95]

    def test_a_total_holds_no_bound(self) -> None:
        """Not from a school with one, and not where all have one."""
        one = panel(
            ("ash", "2025-01-06", 1, 2), ("ash", "2025-01-13", 1, 4),
            ("ash", "2025-01-20", NAN, NAN, 0.95, "top_coded"),
            ("elm", "2025-01-06", 3, 4), ("elm", "2025-01-13", NAN, NAN, 0.95, "top_coded"),
            ("elm", "2025-01-20", NAN, NAN, 0.95, "top_coded"),
        )  # fmt: skip
        assert numbers(total(one, "Network").value) == [0.5, 0.25, -1]
        assert total(one, "Network").status.tolist() == [REPORTED, REPORTED, MISSING]


class TestNewWay:
    """From which period on a measure is measured in a new way, and which period holds both ways."""

    SHUT = Calendar(closures=(Closure(date(2025, 1, 13), date(2025, 1, 14), "Storm"),))

    @pytest.mark.parametrize(
        ("day", "step", "calendar", "first", "mixed"),
        [
            ("2025-01-13", "week", LISTED, "2025-01-13", None),  # a Monday
            ("2025-01-15", "week", LISTED, "2025-01-20", "2025-01-13"),
            ("2025-01-17", "week", LISTED, "2025-01-20", "2025-01-13"),  # a Friday
            ("2025-01-18", "week", LISTED, "2025-01-20", None),  # a Saturday: five days in the old way
            ("2025-01-15", "week", SHUT, "2025-01-13", None),  # the first day of school in its week
            ("2025-01-16", "week", SHUT, "2025-01-20", "2025-01-13"),
            ("2025-01-15", "day", LISTED, "2025-01-15", None),
            ("2025-01-18", "day", LISTED, "2025-01-18", None),
            ("2025-02-01", "month", LISTED, "2025-02-01", None),
            ("2025-02-03", "month", LISTED, "2025-02-01", None),  # Saturday and Sunday before it
            ("2025-02-04", "month", LISTED, "2025-03-01", "2025-02-01"),
            ("2025-12-31", "month", LISTED, "2026-01-01", "2025-12-01"),
        ],
    )
    def test_a_day_becomes_periods(
        self, day: str, step: str, calendar: Calendar, first: str, mixed: str | None
    ) -> None:
        found = new_way(date.fromisoformat(day), step, calendar)  # type: ignore[arg-type]
        assert found == (pd.Timestamp(first), None if mixed is None else pd.Timestamp(mixed))


class TestTotal:
    def test_numerators_and_denominators_are_summed_by_period(self) -> None:
        one = total(
            panel(
                ("ash", "2025-01-06", 1, 2), ("ash", "2025-01-13", 1, 4),
                ("elm", "2025-01-06", 30, 40), ("elm", "2025-01-13", 20, 40),
            ),
            "Network",
        )  # fmt: skip
        assert one.keys.to_numpy().tolist() == [["Network", "present"]]
        assert days(one) == ["01-06", "01-13"]
        assert numbers(one.numerator) == [31, 21]
        assert numbers(one.denominator) == [42, 44]
        assert numbers(one.value) == [31 / 42, 21 / 44]
        assert one.status.tolist() == [REPORTED, REPORTED]
        assert one.ratio.tolist() == [True]

    def test_only_schools_with_a_shown_ratio_in_every_period(self) -> None:
        """Whoever joins, leaves, misses a week, is hidden or excluded once would move a total without any change."""
        one = panel(
            ("ash", "2025-01-06", 1, 2), ("ash", "2025-01-13", 1, 4),
            ("elm", "2025-01-06", 5, 10, "excluded"), ("elm", "2025-01-13", 3, 4),
            ("oak", "2025-01-06", NAN, NAN, 0.9), ("oak", "2025-01-13", NAN, NAN, 0.8),
            ("fir", "2025-01-06", 1, 2), ("fir", "2025-01-13", NAN, NAN, "suppressed"),
            ("yew", "2025-01-13", 1, 2), ("box", "2025-01-06", 1, 2),
        )  # fmt: skip
        assert numbers(total(one, "Network").numerator) == [1, 1]
        assert numbers(total(one, "Network").denominator) == [2, 4]

    def test_without_ratios_the_mean_of_the_schools(self) -> None:
        one = total(panel(("ash", "2025-01-06", NAN, NAN, 2.0), ("elm", "2025-01-06", NAN, NAN, 5.0)), "Network")
        assert one.value.tolist() == [3.5]
        assert one.ratio.tolist() == [False]
        assert np.isnan(one.numerator).all()


@pytest.mark.parametrize("frequency", ["day", "week", "month"])
def test_every_reported_number_arrives(frequency: str) -> None:
    """Sums over a panel are sums over the rows, whatever the calendar."""
    rng = np.random.default_rng(5)
    rows = []
    for school in ("ash", "elm", "oak"):
        for day in rng.choice(pd.date_range("2025-01-01", "2025-04-30"), 40, replace=False):
            n = int(rng.integers(1, 30))
            rows.append((school, pd.Timestamp(day).date(), int(rng.integers(0, n + 1)), n))
    shut = Calendar(closures=(Closure(date(2025, 2, 3), date(2025, 3, 2), "Break"),))
    for calendar in (LISTED, OBSERVED, shut):
        one = panel(*rows, frequency=frequency, calendar=calendar)
        assert np.nansum(one.numerator) == sum(row[2] for row in rows)
        assert np.nansum(one.denominator) == sum(row[3] for row in rows)
        for s in range(3):
            own = one.period[one.offsets[s] : one.offsets[s + 1]]
            assert own.is_monotonic_increasing and own.is_unique
