"""Shared causes: coarser periods, the network's movement, the pattern of the week."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdsa
from pdsa.errors import InputError, Problem

RATIO = {"value": "late", "denominator": "all"}


class TestAggregate:
    def test_sums_over_the_same_rows_written_by_hand(self) -> None:
        frame = pd.DataFrame(
            {
                "day": ["2025-01-06", "2025-01-10", "2025-01-12", "2025-01-13", "2025-01-14", "2025-02-03"],
                "late": [1, np.nan, 3, 4, np.nan, np.nan],
                "all": [10, 20, 30, np.nan, np.nan, 5],
            }
        )
        weeks = pdsa.aggregate(frame, "week", **RATIO, period="day")
        assert weeks["day"].dt.strftime("%Y-%m-%d").tolist() == ["2025-01-06", "2025-01-13", "2025-02-03"]
        np.testing.assert_array_equal(weeks["late"], [4, np.nan, np.nan])
        np.testing.assert_array_equal(weeks["all"], [40, np.nan, np.nan])
        assert weeks["rows"].tolist() == [2, 0, 0]
        assert weeks["left_out"].tolist() == [1, 2, 1]
        months = pdsa.aggregate(frame, "month", **RATIO, period="day")
        assert months["day"].dt.strftime("%Y-%m-%d").tolist() == ["2025-01-01", "2025-02-01"]
        assert months["rows"].tolist() == [2, 0]

    def test_measurements_are_averaged_and_counts_summed(self) -> None:
        frame = pd.DataFrame({"period": ["2025-01-06", "2025-01-07", "2025-01-08"], "value": [2.0, np.nan, 5.0]})
        assert pdsa.aggregate(frame)["value"].tolist() == [3.5]
        assert pdsa.aggregate(frame, combine="sum")["value"].tolist() == [7]
        assert list(pdsa.aggregate(frame).columns) == ["period", "value", "rows", "left_out"]

    def test_a_week_begins_on_monday_and_belongs_to_the_month_of_it(self) -> None:
        frame = pd.DataFrame(
            {"period": ["2025-03-30", "2025-03-31", "2025-04-06", "2025-04-07"], "value": [1, 2, 4, 8]}
        )
        weeks = pdsa.aggregate(frame, "week", combine="sum")
        assert weeks["value"].tolist() == [1, 6, 8]
        assert pdsa.aggregate(weeks, "month", combine="sum")["value"].tolist() == [7, 8]

    def test_a_day_of_nobody_hides_no_other_day(self) -> None:
        frame = pd.DataFrame({"period": ["2025-01-06", "2025-01-07"], "late": [0, 2], "all": [0, 20]})
        assert pdsa.aggregate(frame, **RATIO)[["late", "all"]].to_numpy().tolist() == [[2, 20]]

    def test_periods_and_times_of_day(self) -> None:
        days = pd.PeriodIndex(["2025-01-06", "2025-01-07"], freq="D")
        clock = pd.to_datetime(["2025-01-06 08:30", "2025-01-12 23:59"])
        for period in (days, clock):
            table = pdsa.aggregate(pd.DataFrame({"period": period, "value": [1, 3]}))
            assert table["period"].tolist() == [pd.Timestamp("2025-01-06")]
        with pytest.raises(InputError) as caught:
            pdsa.aggregate(pd.DataFrame({"period": [1, 2], "value": [1, 3]}))
        assert caught.value.problems == (Problem("column period", "periods of type int64", "dates such as 2025-01-31"),)

    @given(st.lists(st.tuples(st.integers(0, 27), st.sampled_from("AB"), st.integers(0, 9)), min_size=1, max_size=60))
    def test_days_to_months_are_days_to_weeks_to_months(self, rows: list[tuple[int, str, int]]) -> None:
        """September 2025 begins on a Monday: its first four weeks lie within it."""
        day = [pd.Timestamp("2025-09-01") + pd.Timedelta(days=one) for one, _, _ in rows]
        frame = pd.DataFrame({"period": day, "school": [b for _, b, _ in rows], "late": [c for _, _, c in rows]})
        frame["all"] = frame["late"] + 3
        more = {**RATIO, "by": "school"}
        direct = pdsa.aggregate(frame, "month", **more)
        by_week = pdsa.aggregate(pdsa.aggregate(frame, "week", **more), "month", **more)
        same = ["school", "period", "late", "all"]
        pd.testing.assert_frame_equal(by_week[same], direct[same])
        assert direct["rows"].sum() == len(frame)
        assert direct["late"].sum() == frame["late"].sum()

    def test_arguments_that_are_none(self) -> None:
        with pytest.raises(InputError) as caught:
            pdsa.aggregate(pd.DataFrame(), "decade", combine="median")  # type: ignore[arg-type]
        assert [p.place for p in caught.value.problems][:2] == ["argument to", "argument combine"]
        assert {p.place for p in caught.value.problems} >= {"column value", "column period"}


class TestNetwork:
    FRAME = pd.DataFrame(
        {
            "school": ["A", "B", "C", "A", "B", "C", "A"],
            "period": [1, 1, 1, 2, 2, 2, 3],
            "late": [2, 6, 5, 1, np.nan, 3, 4],
            "all": [10, 20, 30, 10, 20, 0 + 20, 10],
        }
    )

    def test_ratios_of_the_others_written_by_hand(self) -> None:
        table = pdsa.network_adjusted(self.FRAME, **RATIO)
        assert table["school"].tolist() == ["A", "A", "A", "B", "B", "C", "C"]
        np.testing.assert_allclose(table["network"], [11 / 50, 3 / 20, np.nan, 7 / 40, 4 / 30, 8 / 30, 1 / 10])
        own = [2 / 10, 1 / 10, 4 / 10, 6 / 20, np.nan, 5 / 30, 3 / 20]
        np.testing.assert_allclose(
            table["network_adjusted"] + table["network"], np.where(table["others"] > 0, own, np.nan)
        )
        assert table["others"].tolist() == [2, 1, 0, 2, 2, 2, 1]

    def test_means_of_values(self) -> None:
        table = pdsa.network_adjusted(self.FRAME, value="late")
        np.testing.assert_allclose(table["network"], [5.5, 3, np.nan, 3.5, 2, 4, 1])
        np.testing.assert_allclose(table["network_adjusted"], [-3.5, -2, np.nan, 2.5, np.nan, 1, 2])

    def test_schools_are_compared_within_their_measure(self) -> None:
        other = self.FRAME.assign(late=lambda f: f["late"] + 1, measure="b")
        both = pd.concat([self.FRAME.assign(measure="a"), other])
        table = pdsa.network_adjusted(both, **RATIO, by=["measure", "school"])
        alone = pdsa.network_adjusted(other, **RATIO)
        found = table[table["measure"] == "b"].reset_index(drop=True)
        pd.testing.assert_series_equal(found["network_adjusted"], alone["network_adjusted"])
        short = pdsa.network_adjusted(both, **RATIO, by="measure")
        assert sorted(short["network_adjusted"].dropna()) == sorted(table["network_adjusted"].dropna())

    def test_a_cause_that_all_share_is_gone(self) -> None:
        frame = pd.DataFrame({"school": [*"ABCD"] * 10, "period": np.repeat(range(10), 4)})
        level = frame["school"].map({"A": 1.0, "B": 2.0, "C": 3.0, "D": 6.0})
        frame["value"] = level + 10.0 * np.repeat([0, 0, 5, 0, -3, 0, 0, 9, 0, 0], 4)
        table = pdsa.network_adjusted(frame)
        assert table.groupby("school")["network_adjusted"].std().max() == pytest.approx(0, abs=1e-12)
        assert table.groupby("school")["network_adjusted"].first().tolist() == pytest.approx([-8 / 3, -4 / 3, 0, 4])

    def test_one_school_and_only_missing_values(self) -> None:
        alone = pdsa.network_adjusted(self.FRAME[self.FRAME["school"] == "A"], **RATIO)
        assert alone["network_adjusted"].isna().all()
        assert (alone["others"] == 0).all()
        nothing = pdsa.network_adjusted(self.FRAME.assign(late=np.nan), **RATIO)
        assert nothing["network"].isna().all()

    def test_a_school_of_nobody_is_no_other(self) -> None:
        frame = pd.DataFrame({"school": [*"ABC"], "period": 1, "late": [1, 3, 0], "all": [10, 20, 0]})
        table = pdsa.network_adjusted(frame, **RATIO)
        assert table["others"].tolist() == [1, 1, 2]
        assert table["network"].tolist() == [3 / 20, 1 / 10, 4 / 30]
        assert np.isnan(table["network_adjusted"][2])

    def test_other_columns_come_along(self) -> None:
        table = pdsa.network_adjusted(self.FRAME.assign(note=[*"abcdefg"]), **RATIO)
        assert table["note"].tolist() == ["a", "d", "g", "b", "e", "c", "f"]


class TestWeekdays:
    @staticmethod
    def days(values: list[float], weeks: int, **more: object) -> pd.DataFrame:
        """School days, Monday to Friday, the same values every week."""
        start = [pd.Timestamp("2025-01-06") + pd.Timedelta(days=7 * w + d) for w in range(weeks) for d in range(5)]
        return pd.DataFrame({"period": start, "value": values * weeks, **more})

    def test_effects_written_by_hand(self) -> None:
        table = pdsa.weekday_adjusted(self.days([9.0, 5, 5, 5, 6], 4))
        assert table["weekday_effect"].head(5).tolist() == [3, -1, -1, -1, 0]
        assert table["weekday_adjusted"].tolist() == [6] * 20
        assert (table["weekday_note"] == "").all()

    def test_one_bad_day_moves_a_mean_but_no_median(self) -> None:
        frame = self.days([9.0, 5, 5, 5, 6], 5)
        frame.loc[0, "value"] = 59
        assert pdsa.weekday_adjusted(frame)["weekday_effect"].head(5).tolist() == [3, -1, -1, -1, 0]
        assert pdsa.weekday_adjusted(frame, effect="pooled")["weekday_effect"].head(5).tolist() == [11, -3, -3, -3, -2]

    @pytest.mark.parametrize("effect", ["median", "pooled"])
    @pytest.mark.parametrize("denominator", [None, "all"])
    def test_the_mean_of_the_baseline_stays(self, effect: str, denominator: str | None) -> None:
        rng = np.random.default_rng(7)
        frame = self.days([0.0] * 5, 9).assign(all=rng.integers(10, 40, 45))
        frame["value"] = rng.binomial(frame["all"], 0.3)
        table = pdsa.weekday_adjusted(frame, denominator=denominator, effect=effect, baseline=30)  # type: ignore[arg-type]
        first = table.head(30)
        weight = first["all"] if denominator else np.ones(30)
        own = first["value"] / first["all"] if denominator else first["value"]
        assert np.average(first["weekday_adjusted"], weights=weight) == pytest.approx(np.average(own, weights=weight))
        assert table["weekday_effect"].nunique() == 5

    def test_pooled_ratios_are_sums_over_sums(self) -> None:
        frame = self.days([2.0, 1, 1, 1, 1], 4).assign(all=[10, 10, 10, 10, 10] * 3 + [30, 10, 10, 10, 10])
        table = pdsa.weekday_adjusted(frame, denominator="all", effect="pooled")
        # Mondays 8 of 60, the others 4 of 40 each; all 24 of 220
        expected = [8 / 60 - 24 / 220, *[0.1 - 24 / 220] * 4]
        assert table["weekday_effect"].head(5).tolist() == pytest.approx(expected, rel=1e-12)

    def test_the_effects_come_from_the_baseline_only(self) -> None:
        frame = pd.concat([self.days([9.0, 5, 5, 5, 6], 4), self.days([1.0] * 5, 8).tail(20)], ignore_index=True)
        marked = frame.assign(before=[True] * 20 + [False] * 20)
        for baseline in (20, "before"):
            table = pdsa.weekday_adjusted(marked.sample(frac=1, random_state=2), baseline=baseline)
            assert table["weekday_adjusted"].tail(5).tolist() == [-2, 2, 2, 2, 1]

    def test_each_series_has_its_own_pattern(self) -> None:
        frame = pd.concat([self.days([9.0, 5, 5, 5, 6], 4, school="B"), self.days([1.0, 1, 1, 1, 6], 4, school="A")])
        table = pdsa.weekday_adjusted(frame, by="school")
        assert table["weekday_effect"].head(5).tolist() == [-1, -1, -1, -1, 4]
        assert table["weekday_effect"].tail(5).tolist() == [3, -1, -1, -1, 0]

    def test_under_four_weeks_there_is_no_pattern(self) -> None:
        frame = self.days([9.0, 5, 5, 5, 6], 3)
        with pytest.raises(InputError) as caught:
            pdsa.weekday_adjusted(frame)
        expected = Problem(
            "argument frame", "values in at most 3 weeks of the baseline of any series", "values in at least 4 weeks"
        )
        assert caught.value.problems == (expected,)
        both = pd.concat([frame.assign(school="A"), self.days([9.0, 5, 5, 5, 6], 4, school="B")])
        table = pdsa.weekday_adjusted(both, by="school")
        assert table["weekday_effect"].head(15).isna().all()
        assert table["weekday_note"][0] == "values in 3 weeks of the baseline: no pattern under 4"
        assert table["weekday_effect"].tail(5).tolist() == [3, -1, -1, -1, 0]

    def test_a_rare_weekday_has_no_effect(self) -> None:
        frame = self.days([9.0, 5, 5, 5, 6], 4)
        saturday = pd.DataFrame({"period": [pd.Timestamp("2025-01-11")], "value": [90.0]})
        table = pdsa.weekday_adjusted(pd.concat([frame, saturday]))
        assert np.isnan(table["weekday_adjusted"][5])
        assert table["weekday_note"][5] == "under 3 values on this weekday in the baseline: no effect"
        assert table["weekday_effect"].head(5).tolist() == [3, -1, -1, -1, 0]

    def test_missing_values(self) -> None:
        frame = self.days([9.0, 5, 5, 5, 6], 5)
        frame.loc[[0, 6], "value"] = np.nan
        table = pdsa.weekday_adjusted(frame)
        assert table["weekday_adjusted"].isna().tolist() == [i in (0, 6) for i in range(25)]
        with pytest.raises(InputError, match="values in at most 0 weeks"):
            pdsa.weekday_adjusted(frame.assign(value=np.nan))

    @pytest.mark.parametrize(
        ("arguments", "expected"),
        [
            ({"effect": "mode"}, "argument effect"),
            ({"baseline": 0}, "argument baseline"),
            ({"baseline": "before"}, "argument baseline"),
            ({"baseline": "value"}, "row 1, value"),
        ],
    )
    def test_arguments_that_make_no_pattern(self, arguments: dict[str, object], expected: str) -> None:
        with pytest.raises(InputError) as caught:
            pdsa.weekday_adjusted(self.days([9.0, 5, 5, 5, 6], 4), **arguments)  # type: ignore[arg-type]
        assert caught.value.problems[0].place == expected

    def test_the_answers_fit_together(self) -> None:
        """School minus network, then the week's pattern, then a chart: names never collide."""
        frame = pd.concat([self.days([9.0, 5, 5, 5, 6], 4, school=one) for one in "AB"])
        frame.loc[frame["school"] == "A", "value"] *= 2
        step = pdsa.network_adjusted(frame, by="school")
        step = pdsa.weekday_adjusted(step, value="network_adjusted", by="school")
        chart = pdsa.analyze(step, "i", value="weekday_adjusted", by="school")
        assert chart.summary["center"].tolist() == pytest.approx([6, -6])


@given(st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=40, max_size=40), st.sampled_from([0.1, 7.0, 1000.0]))
def test_a_change_of_unit_scales_what_is_subtracted(values: list[int | None], unit: float) -> None:
    day = [pd.Timestamp("2025-01-06") + pd.Timedelta(days=i) for i in range(40)]
    value = pd.Series([np.nan if v is None else float(v) for v in values] + [1.0] * 40)
    frame = pd.DataFrame({"period": day * 2, "school": ["A"] * 40 + ["B"] * 40, "value": value})
    many = frame.assign(value=frame["value"] * unit)
    for made, name in ((pdsa.network_adjusted, "network_adjusted"), (pdsa.weekday_adjusted, "weekday_effect")):
        one, other = (made(f, by="school")[name] for f in (frame, many))
        np.testing.assert_allclose(other, one * unit, rtol=1e-9, atol=1e-9 * unit)
