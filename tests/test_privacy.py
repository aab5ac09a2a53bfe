"""One mask for a release: small groups of people are hidden, and nothing on a released chart gives them back."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pandas as pd
import pytest

from pdsa.chart import Chart, analyze_panel
from pdsa.privacy import Release, release
from pdsa.records import Calendar, ChartSpec, Measure
from pdsa.series import BOTTOM_CODED, MISSING, REPORTED, SUPPRESSED, TOP_CODED, Panel, panel_of, total
from pdsa.terms import Audience

NAN = float("nan")
PLAIN = Measure("m", "M", "outcome", "proportion", "students", "up", "week", "a definition")
HIDING: tuple[Audience, ...] = ("coach", "district", "network", "public")


def panel(denominators: list[float], numerators: list[float] | None = None) -> Panel:
    n = np.array(denominators, dtype=float)
    x = np.floor(n / 2) if numerators is None else np.array(numerators, dtype=float)
    value = np.where(n > 0, x / np.where(n > 0, n, 1), NAN)
    return Panel(
        keys=pd.DataFrame({"school": ["ash"], "measure": ["m"]}), offsets=np.array([0, len(n)]),
        period=pd.date_range("2025-01-06", periods=len(n), freq="7D"),
        value=value, numerator=x, denominator=n, people=n,
        status=np.where(np.isnan(value), MISSING, REPORTED).astype(np.int8), ratio=np.array([True]), step="week",
    )  # fmt: skip


def released(one: Panel, audience: Audience = "district", min_n: int = 10, measure: Measure = PLAIN) -> Release:
    return release({"m": one}, {"m": measure}, audience, min_n)


def masked(one: Panel, **more: object) -> Panel:
    return released(one, **more).panels["m"]  # type: ignore[arg-type]


class TestMask:
    @pytest.mark.parametrize("audience", HIDING)
    def test_under_the_minimum_is_hidden_and_on_it_is_shown(self, audience: Audience) -> None:
        answer = released(panel([9, 10, 11, 1, 500]), audience)
        one = answer.panels["m"]
        assert one.status.tolist() == [SUPPRESSED, REPORTED, REPORTED, SUPPRESSED, REPORTED]
        assert answer.hidden == 2
        for name in ("value", "numerator", "denominator", "people"):
            assert np.isnan(getattr(one, name)).tolist() == [True, False, False, True, False]
        assert "fewer than 10 people" in answer.policy

    def test_hidden_wins_over_a_bound(self) -> None:
        """Who stands behind a bound is known by its people; without them nobody is known to be few."""
        coded = np.array([TOP_CODED, BOTTOM_CODED, TOP_CODED], dtype=np.int8)
        nothing = np.full(3, NAN)
        whole = panel([9, 10, 11])
        bounds = replace(whole, numerator=nothing, denominator=nothing, status=coded, people=np.array([9.0, 10.0, NAN]))
        one = masked(bounds)
        assert one.status.tolist() == [SUPPRESSED, BOTTOM_CODED, TOP_CODED]
        assert np.isnan(one.value).tolist() == [True, False, False]

    def test_the_teams_own_panel_is_complete(self) -> None:
        whole = panel([9, 10])
        answer = released(whole, "team")
        assert answer.panels["m"] is whole
        assert (answer.hidden, answer.policy) == (0, "complete: nothing is hidden")

    def test_a_measures_own_minimum_may_raise_it_and_never_lowers_it(self) -> None:
        assert masked(panel([9, 15, 20]), measure=replace(PLAIN, min_denominator=20)).status.tolist() == [
            SUPPRESSED, SUPPRESSED, REPORTED,
        ]  # fmt: skip
        assert masked(panel([9, 15]), measure=replace(PLAIN, min_denominator=5)).status.tolist() == [
            SUPPRESSED,
            REPORTED,
        ]

    def test_nobody_of_nobody_concerns_nobody(self) -> None:
        one = masked(panel([0, 12]))
        assert one.status.tolist() == [MISSING, REPORTED]
        assert one.denominator.tolist() == [0, 12]

    def test_the_panel_given_is_not_changed(self) -> None:
        whole = panel([9, 10])
        masked(whole)
        assert whole.denominator.tolist() == [9, 10]
        assert whole.status.tolist() == [REPORTED, REPORTED]

    def test_hidden_periods_keep_their_place(self) -> None:
        one = masked(panel([9, 10, 9]))
        assert len(one.period) == 3
        assert one.offsets.tolist() == [0, 3]

    def test_hidden_counts_what_was_hidden_before(self) -> None:
        once = masked(panel([9, 10]))
        assert released(once).hidden == 1


def observations(rows: list[tuple[str, str, float, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school", "period", "value", "numerator", "denominator"])
    frame = frame.assign(measure="m", group_dim="", group="", status="reported", source="f", row=range(len(frame)))
    return frame.assign(period=pd.to_datetime(frame["period"]))


class TestPeopleAndNotStudentDays:
    def test_a_week_of_eight_students_is_hidden_although_it_has_forty_student_days(self) -> None:
        rows = [("ash", f"2025-01-{day:02d}", NAN, 7, 8) for day in range(6, 11)]
        rows += [("elm", f"2025-01-{day:02d}", NAN, 9, 12) for day in range(6, 11)]
        whole = panel_of(observations(rows), PLAIN, Calendar())
        assert whole.denominator.tolist() == [40, 60]
        one = masked(whole)
        assert one.status.tolist() == [SUPPRESSED, REPORTED]
        assert np.isnan(one.value).tolist() == [True, False]

    def test_one_small_day_hides_its_week(self) -> None:
        rows = [("ash", "2025-01-06", NAN, 7, 8), ("ash", "2025-01-07", NAN, 90, 100)]
        assert masked(panel_of(observations(rows), PLAIN, Calendar())).status.tolist() == [SUPPRESSED]

    def test_a_day_of_nobody_uncovers_nobody(self) -> None:
        rows = [("ash", "2025-01-06", 0.0, 0, 0), *[("ash", f"2025-01-{day:02d}", NAN, 7, 8) for day in range(7, 11)]]
        assert masked(panel_of(observations(rows), PLAIN, Calendar())).status.tolist() == [SUPPRESSED]

    def test_a_value_with_a_denominator_and_no_numerator_is_hidden(self) -> None:
        rows = [("ash", "2025-01-06", 0.5, NAN, 8), ("ash", "2025-01-13", 0.5, NAN, 80)]
        one = masked(panel_of(observations(rows), PLAIN, Calendar()))
        assert one.status.tolist() == [SUPPRESSED, REPORTED]
        assert np.isnan(one.value).tolist() == [True, False]


def charts(one: Panel) -> list[Chart]:
    specs = [
        ChartSpec(kind=kind, limits=limits, better="up", target=0.5, screen=screen)  # type: ignore[arg-type]
        for kind in ("run", "i", "mr", "p", "p_prime", "u", "u_prime", "auto")
        for limits in ("published", "guarded")
        for screen in ("off", "once")
    ]
    return [analyze_panel(one, spec, PLAIN) for spec in specs]


class TestNothingComesBack:
    DENOMINATORS = (9, 30, 25, 40, 7, 30, 22, 28, 35, 33, 9, 31, 24, 29)
    COUNTS = (3, 20, 18, 25, 6, 19, 15, 21, 22, 20, 1, 20, 15, 18)
    HIDDEN = (0, 4, 10)

    def test_a_chart_does_not_know_what_was_hidden(self) -> None:
        """Whatever stood in the hidden periods, the released chart is the same to the last digit."""
        other_n, other_x = list(self.DENOMINATORS), list(self.COUNTS)
        for place, n, x in zip(self.HIDDEN, (2, 8, 5), (2, 0, 4), strict=True):
            other_n[place], other_x[place] = n, x
        one = masked(panel(list(self.DENOMINATORS), list(self.COUNTS)))
        other = masked(panel(other_n, other_x))
        for field in fields(Panel):
            a, b = getattr(one, field.name), getattr(other, field.name)
            if isinstance(a, np.ndarray):
                np.testing.assert_array_equal(a, b)
        for here, there in zip(charts(one), charts(other), strict=True):
            for name in ("points", "phases", "summary"):
                pd.testing.assert_frame_equal(getattr(here, name), getattr(there, name), check_exact=True)

    def test_nothing_stands_at_a_hidden_point_but_the_center(self) -> None:
        for answer in charts(masked(panel(list(self.DENOMINATORS), list(self.COUNTS)))):
            rows = answer.points.loc[list(self.HIDDEN)]
            assert rows[["value", "numerator", "denominator"]].isna().all(axis=None)
            assert not rows["signal"].any()
            if answer.summary.loc[0, "kind"] not in ("run", "i", "mr"):  # their lines are the same everywhere
                assert rows[["lower", "upper", "lower_2s", "upper_2s"]].isna().all(axis=None)

    def test_center_is_that_of_the_shown_points(self) -> None:
        one = masked(panel([9, 10, 40], [9, 1, 4]))
        answer = analyze_panel(one, ChartSpec(kind="p"), PLAIN)
        assert answer.summary.loc[0, "center"] == 0.1
        assert analyze_panel(one, ChartSpec(kind="i"), PLAIN).summary.loc[0, "center"] == 0.1
        assert any("1 period hidden" in note for note in answer.summary.loc[0, "notes"])

    def test_the_networks_sum_is_one_of_what_is_shown(self) -> None:
        rows = [("ash", "2025-01-06", NAN, 3, 8), ("elm", "2025-01-06", NAN, 10, 20), ("oak", "2025-01-06", NAN, 5, 40)]
        one = total(masked(panel_of(observations(rows), PLAIN, Calendar())), "Network")
        assert (one.numerator.tolist(), one.denominator.tolist()) == ([15], [60])

    def test_a_release_of_every_measure(self) -> None:
        answer = release({"a": panel([9]), "b": panel([12, 3])}, {"a": PLAIN, "b": PLAIN}, "network", 10)
        assert (answer.hidden, answer.min_n, answer.audience) == (2, 10, "network")
