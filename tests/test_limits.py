"""Lines by hand: every expected number is worked out beside it, or counted with math.comb and math.exp."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import inquiries
import pdsa
from pdsa.chart import Chart, analyze_panel
from pdsa.limits import Block
from pdsa.records import ChartSpec
from pdsa.series import MISSING, REPORTED, Panel

LINES = ["center", "lower", "upper", "lower_2s", "upper_2s"]
NAN = float("nan")
# mean 12; moving ranges 2 1 2 1 2 1 2 1 0, their mean 4/3
TEN = [10, 12, 11, 13, 12, 14, 13, 11, 12, 12]


def chart(kind: str, values: list[float], n: object = None, **more: object) -> Chart:
    frame = pd.DataFrame({"t": range(1, len(values) + 1), "x": values})
    if n is not None:
        frame["n"] = n
    return pdsa.analyze(frame, kind, value="x", period="t", denominator=None if n is None else "n", **more)  # type: ignore[arg-type]


def lines(answer: Chart, row: int = 0) -> list[float]:
    return answer.points.loc[row, LINES].astype(float).tolist()


def summary(answer: Chart, name: str) -> object:
    return answer.summary.loc[0, name]


def panel(numerator: list[float], denominator: list[float]) -> Panel:
    x, n = np.array(numerator), np.array(denominator)
    return Panel(
        keys=pd.DataFrame({"s": ["a"]}), offsets=np.array([0, len(x)]), period=pd.RangeIndex(len(x)), value=x / n,
        numerator=x, denominator=n, people=n, status=np.where(np.isnan(x), MISSING, REPORTED).astype(np.int8),
        ratio=np.array([True]),
    )  # fmt: skip


def test_sums_do_not_depend_on_the_width_of_the_block() -> None:
    """A school's last digits are the same alone and beside a school with more weeks."""
    values = np.random.default_rng(1).normal(size=(50, 30))
    alone = block(values, 2).total(np.pad(values, ((0, 0), (0, 2))))[:, 0].tolist()
    for width in (1, 7, 100, 400):
        padded = np.concatenate([values, np.full((50, width), 7.0)], axis=1)
        assert block(values, width).total(padded)[:, 0].tolist() == alone
    assert block(np.ones((2, 3)), 2).total(np.array([[1.0, 2, 4, 9, 9], [0, 0, 0, 9, 9]])).tolist() == [[7], [0]]


def block(values: np.ndarray, padding: int) -> Block:
    wide = np.pad(values, ((0, 0), (0, padding)), constant_values=NAN)
    inside = ~np.isnan(wide)
    return Block(wide, wide, wide, inside, inside, np.full(len(values), values.shape[1]), True)


class TestRunAndIndividuals:
    def test_run_chart_has_the_median_and_no_limits(self) -> None:
        odd, even = chart("run", [1, 9, 2, 8, 3]), chart("run", [1, 9, 2, 8])
        assert odd.points["center"].tolist() == [3.0] * 5
        assert even.points["center"].tolist() == [5.0] * 4
        assert even.points[LINES[1:]].isna().all(axis=None)
        assert np.isnan(even.summary.loc[0, "sigma"])

    def test_median_leaves_missing_and_excluded_values_out(self) -> None:
        assert chart("run", [1, NAN, 9, 2, 100], exclude=[5]).points["center"].tolist() == [2.0] * 5

    @pytest.mark.parametrize(
        ("constants", "half"),
        # 3/1.128, 2.66 and 3 sqrt(pi)/2 times 4/3
        [("rounded", 3.546099290780142), ("wheeler", 3.5466666666666664), ("exact", 3.5449077018110318)],
    )
    def test_mean_and_three_sigma_by_each_constant(self, constants: str, half: float) -> None:
        answer = chart("i", TEN, constants=constants)
        expected = [12, 12 - half, 12 + half, 12 - half * 2 / 3, 12 + half * 2 / 3]
        assert lines(answer) == pytest.approx(expected, rel=1e-14)
        assert lines(answer, 9) == lines(answer)
        assert answer.summary.loc[0, "sigma"] == pytest.approx(half / 3, rel=1e-14)

    def test_baseline_alone_makes_lines(self) -> None:
        # first four: mean 11.5, ranges 2 1 2, mean 5/3
        half = 3 * (5 / 3) / 1.128
        expected = [11.5, 11.5 - half, 11.5 + half]
        assert lines(chart("i", TEN, baseline=4), 9)[:3] == pytest.approx(expected, rel=1e-14)

    def test_missing_point_breaks_or_is_bridged(self) -> None:
        values = [1, 3, NAN, 11, 12]
        # ranges 2 and 1, or 2, 8 and 1
        assert chart("i", values).summary.loc[0, "sigma"] == pytest.approx(1.5 / 1.128, rel=1e-14)
        bridged = chart("i", values, gaps="bridge").summary.loc[0, "sigma"]
        assert bridged == pytest.approx((11 / 3) / 1.128, rel=1e-14)

    def test_excluded_point_is_bridged(self) -> None:
        # ranges 2, 1 (from 3 to 4 over the excluded 50), 1
        answer = chart("i", [1, 3, 50, 4, 5], exclude=[3])
        assert answer.summary.loc[0, "sigma"] == pytest.approx((4 / 3) / 1.128, rel=1e-14)
        assert answer.summary.loc[0, "center"] == 13 / 4

    def test_excluded_point_beside_a_gap_does_not_bridge_the_gap(self) -> None:
        # 1 -> 3 is the only range: the gap at 4 breaks, the exclusion at 3 does not
        answer = chart("i", [1, 3, 50, NAN, 9], exclude=[3])
        assert answer.summary.loc[0, "sigma"] == pytest.approx(2 / 1.128, rel=1e-14)

    def test_range_needs_both_its_points_in_the_baseline(self) -> None:
        frame = pd.DataFrame({"t": range(6), "x": [1, 2, 9, 20, 21, 23], "base": [True, True, False, True, True, True]})
        # ranges 1, 1, 2; neither 7 nor 11
        summary = pdsa.analyze(frame, "i", value="x", period="t", baseline="base").summary
        assert summary.loc[0, "sigma"] == pytest.approx((4 / 3) / 1.128, rel=1e-14)

    def test_given_center_and_sigma(self) -> None:
        assert lines(chart("i", TEN, center=10, sigma=2)) == [10, 4, 16, 6, 14]
        half = 4 / 1.128
        assert lines(chart("i", TEN, center=10))[:3] == pytest.approx([10, 10 - half, 10 + half])
        assert lines(chart("i", TEN, sigma=2)) == [12, 6, 18, 8, 16]
        assert chart("run", TEN, center=10).points["center"].eq(10).all()

    def test_given_lines_are_in_plotted_units(self) -> None:
        answer = chart("i", [0.8, 0.9, 0.85], per=100, center=90, sigma=2)
        assert lines(answer) == pytest.approx([90, 84, 96, 86, 94], rel=1e-14)
        assert answer.points["value"].tolist() == pytest.approx([80, 90, 85], rel=1e-14)


class TestScreening:
    # ranges 61, 61, 61.25 and 816.75, which is 3.267 times their mean of 250 exactly
    BORDER = (0.0, 61.0, 0.0, 61.25, 878.0)

    def test_range_on_the_border_is_set_aside(self) -> None:
        assert chart("i", list(self.BORDER)).summary.loc[0, "sigma"] == pytest.approx(250 / 1.128, rel=1e-14)
        screened = chart("i", list(self.BORDER), screen="once").summary.loc[0, "sigma"]
        assert screened == pytest.approx(183.25 / 3 / 1.128, rel=1e-14)

    def test_range_below_the_border_stays(self) -> None:
        # ranges 61, 61, 61.25 and 816.5: 3.267 times their mean is 816.55
        screened = chart("i", [0.0, 61.0, 0.0, 61.25, 877.75], screen="once").summary.loc[0, "sigma"]
        assert screened == pytest.approx(999.75 / 4 / 1.128, rel=1e-14)

    def test_center_is_not_screened_and_one_pass_is_all(self) -> None:
        # ranges: 40 times 1, one of 20, one of 1000; one pass drops 1000 (mean 25.2) and keeps 20
        values = [0, 1] * 20 + [0, 20, 1020]
        answer = chart("i", values, screen="once")
        assert answer.summary.loc[0, "center"] == pytest.approx(1060 / 43, rel=1e-14)
        assert answer.summary.loc[0, "sigma"] == pytest.approx(60 / 41 / 1.128, rel=1e-14)

    def test_guarded_screening_that_leaves_nothing_falls_back(self) -> None:
        values = [5] * 12 + [6]
        answer = chart("i", values, limits="guarded", screen="once")
        assert answer.summary.loc[0, "sigma"] == pytest.approx(1 / 12 / 1.128, rel=1e-14)
        assert answer.points["rule_outside"].tolist() == [False] * 12 + [True]
        assert chart("i", values).points["rule_outside"].tolist() == [False] * 12 + [True]

    def test_published_screening_that_leaves_nothing_is_named(self) -> None:
        """qicharts2 draws both limits on the center here, and so does `published`: the notes say so."""
        answer = chart("i", [5] * 12 + [6], screen="once")
        assert answer.summary.loc[0, "sigma"] == 0
        assert any("limits fall on the center line" in note for note in answer.summary.loc[0, "notes"])

    @pytest.mark.parametrize(("zigzag", "sigma"), [(5, 5 / 5), (4, 40 / 5)])
    def test_guarded_screening_needs_five_ranges_left(self, zigzag: int, sigma: float) -> None:
        # ranges: 1 as often as `zigzag` says, and one large one; with four left the mean of all five stands
        values = [float(i % 2) for i in range(zigzag + 1)]
        values.append(values[-1] + (50 if zigzag == 5 else 36))
        answer = chart("i", values, limits="guarded", screen="once")
        assert answer.summary.loc[0, "sigma"] == pytest.approx(sigma / 1.128, rel=1e-14)

    def test_constant_series_under_screening_keeps_its_lines(self) -> None:
        answer = chart("i", [7.1] * 12, screen="once")
        assert lines(answer) == pytest.approx([7.1] * 5, rel=1e-12)
        assert not answer.points["signal"].any()


class TestMovingRanges:
    def test_lines(self) -> None:
        answer = chart("mr", TEN)
        assert answer.points["value"].iloc[1:].tolist() == [2, 1, 2, 1, 2, 1, 2, 1, 0]
        assert np.isnan(answer.points.loc[0, "value"])
        assert lines(answer) == pytest.approx([4 / 3, 0, 4.356, 0, 2.904], rel=1e-14)
        assert answer.summary.loc[0, "sigma"] == pytest.approx((4.356 - 4 / 3) / 3, rel=1e-14)

    # 3.268 and 1 + 3 sqrt(pi/2 - 1) times 4/3
    @pytest.mark.parametrize(("constants", "upper"), [("wheeler", 4.357333333333333), ("exact", 4.355375892384801)])
    def test_upper_limit_by_each_constant(self, constants: str, upper: float) -> None:
        assert lines(chart("mr", TEN, constants=constants))[2] == pytest.approx(upper, rel=1e-9)

    def test_screening_does_not_touch_them(self) -> None:
        assert lines(chart("mr", [0, 61, 0, 61.25, 878], screen="once"))[0] == 250

    def test_exclusion_is_bridged_and_a_gap_is_not(self) -> None:
        excluded, gap = chart("mr", [1, 3, 50, 4, 5], exclude=[3]), chart("mr", [1, 3, NAN, 4, 5])
        assert excluded.points["value"].fillna(-1).tolist() == [-1, 2, -1, 1, 1]
        assert gap.points["value"].fillna(-1).tolist() == [-1, 2, -1, -1, 1]

    def test_baseline_makes_the_center(self) -> None:
        assert lines(chart("mr", TEN, baseline=4))[0] == pytest.approx(5 / 3, rel=1e-14)


class TestPublishedCounts:
    # Montgomery, Introduction to Statistical Quality Control, table 7.4: purchase orders with errors in 25 weeks
    ERRORS = (12, 8, 6, 9, 10, 12, 11, 16, 10, 6, 20, 15, 9, 8, 6, 8, 10, 7, 5, 8, 5, 8, 10, 6, 9)
    ORDERS = (100, 80, 80, 100, 110, 110, 100, 100, 90, 90, 110, 120, 120,
              120, 110, 80, 80, 80, 90, 100, 100, 100, 100, 90, 90)  # fmt: skip

    def test_purchase_orders(self) -> None:
        answer = chart("p", list(self.ERRORS), list(self.ORDERS))
        assert answer.summary.loc[0, "center"] == pytest.approx(0.09551, abs=5e-6)
        assert answer.points.loc[0, ["lower", "upper"]].tolist() == pytest.approx([0.0073347, 0.1836857], abs=5e-8)
        assert np.flatnonzero(answer.points["rule_outside"]).tolist() == [10]  # week 11: 20 of 110

    def test_limits_of_proportions_are_the_formula_and_not_clipped(self) -> None:
        # center 0.1; 3 sqrt(0.09/20) = 0.2012461, and half of that at 80
        answer = chart("p", [2, 8, 2, 8], [20, 80, 20, 80])
        assert lines(answer) == pytest.approx([0.1, -0.1012461, 0.3012461, -0.0341641, 0.2341641], abs=5e-8)
        assert lines(answer, 1) == pytest.approx([0.1, -0.0006231, 0.2006231, 0.0329180, 0.1670820], abs=5e-8)

    def test_limits_of_rates(self) -> None:
        # center 20/8; 3 sqrt(2.5/2) = 3.3541020
        answer = chart("u", [4, 6, 5, 5], 2)
        assert lines(answer) == pytest.approx([2.5, -0.8541020, 5.8541020, 0.2639320, 4.7360680], abs=5e-8)

    def test_center_pools_sums_and_not_ratios(self) -> None:
        assert chart("p", [1, 45], [2, 98]).summary.loc[0, "center"] == 0.46
        assert chart("u", [1, 7], [2, 1]).summary.loc[0, "center"] == pytest.approx(8 / 3)

    def test_center_of_the_baseline_alone_and_without_the_excluded(self) -> None:
        answer = chart("p", [5, 9, 5, 9, 1], 10, baseline=3, exclude=[2])
        assert answer.points["center"].tolist() == [0.5] * 5

    def test_given_center_makes_the_limits_too(self) -> None:
        # 0.5 +- 3 sqrt(0.25/100)
        assert lines(chart("p", [40, 60], 100, center=0.5))[1:3] == pytest.approx([0.35, 0.65])
        assert lines(chart("p", [40, 60], 100, center=50, per=100))[:3] == pytest.approx([50, 35, 65])
        assert lines(chart("u", [4, 6], 1, center=4))[1:3] == pytest.approx([-2, 10])

    def test_missing_numerator_or_denominator_takes_the_limits_with_it(self) -> None:
        answer = chart("p", [2, NAN, 4, 0], [20, 20, NAN, 0])
        assert answer.points["lower"].isna().tolist() == [False, True, True, True]
        assert answer.points["center"].tolist() == [0.1] * 4

    @pytest.mark.parametrize("kind", ["p", "p_prime", "u", "u_prime"])
    def test_a_panel_that_kept_a_lone_denominator_draws_no_limits_there(self, kind: str) -> None:
        made = panel([1.0, 3, NAN, 2], [20.0] * 4)
        points = analyze_panel(made, ChartSpec(kind=kind)).points  # type: ignore[arg-type]
        assert points["center"].tolist() == [0.1] * 4
        assert points["lower"].isna().tolist() == [False, False, True, False]

    def test_a_zero_on_a_limit_of_zero_is_not_beyond_it(self) -> None:
        """0.9 - 3 sqrt(0.9/10) is zero; in floats it is 1.1e-16."""
        answer = chart("u", [0, 18, *[9] * 10], 10)
        assert answer.points.loc[0, "lower"] == pytest.approx(0, abs=1e-15)
        assert not answer.points["rule_outside"].any()


class TestPrimeCharts:
    def test_over_dispersed_proportions(self) -> None:
        # center 0.5, sigma 0.05, z = -2 2 -2 2, ranges 4: sigma_z = 4/1.128 = 3.5460993; 3 sigma sigma_z = 0.5319149
        for method in ("published", "guarded"):
            answer = chart("p_prime", [40, 60, 40, 60], 100, limits=method)
            assert lines(answer)[:3] == pytest.approx([0.5, -0.0319149, 1.0319149], abs=5e-8)
            assert answer.summary.loc[0, "sigma_z"] == pytest.approx(3.5460993, abs=5e-8)

    def test_under_dispersed_proportions_are_never_narrowed_when_guarded(self) -> None:
        # center 0.505, sigma 0.0499975, z ranges 0.2000100: sigma_z = 0.1773138; 3 sigma sigma_z = 0.03/1.128
        published = chart("p_prime", [50, 51, 50, 51], 100)
        guarded = chart("p_prime", [50, 51, 50, 51], 100, limits="guarded")
        assert lines(published)[1:3] == pytest.approx([0.505 - 0.0265957, 0.505 + 0.0265957], abs=5e-8)
        assert lines(guarded)[1:3] == pytest.approx([0.505 - 0.1499925, 0.505 + 0.1499925], abs=5e-8)
        for answer in (published, guarded):
            assert answer.summary.loc[0, "sigma_z"] == pytest.approx(0.1773138, abs=5e-8)
        words = (
            "points scatter 0.18 times as widely as counting alone explains (sigma_z): limits are not drawn narrower"
        )
        assert any(note.startswith(words) for note in guarded.summary.loc[0, "notes"])

    def test_rates(self) -> None:
        # center 4, sigma 2/sqrt(4) = 1, z = -2 2 -2 2: 3 sigma sigma_z = 12/1.128 = 10.6382979
        answer = chart("u_prime", [8, 24, 8, 24], 4)
        assert lines(answer)[:3] == pytest.approx([4, -6.6382979, 14.6382979], abs=5e-8)

    def test_rates_are_never_narrowed_when_guarded(self) -> None:
        # center 4, sigma 1, z = 0 0 0.25 -0.25
        answer = chart("u_prime", [16, 16, 17, 15], 4, limits="guarded")
        assert lines(answer)[:3] == pytest.approx([4, 1, 7])

    def test_scores_are_screened_like_individuals(self) -> None:
        counts = [1000.0, 1610.0, 1000.0, 1612.5, 9780.0]
        answer, screened = (chart("u_prime", counts, 10, screen=s).summary.loc[0, "sigma_z"] for s in ("off", "once"))
        # center 15002.5/50 = 300.05, sigma of one value sqrt(30.005): ranges 61, 61, 61.25, 816.75 over it
        assert answer == pytest.approx(250 / 5.477682 / 1.128, abs=5e-6)
        assert screened == pytest.approx(61.0833333 / 5.477682 / 1.128, abs=5e-6)

    def test_sigma_z_is_for_prime_charts_only(self) -> None:
        for kind in ("run", "i", "mr", "p", "u"):
            assert np.isnan(chart(kind, [4, 6, 5, 5], 10).summary.loc[0, "sigma_z"])


class TestGuardedExactLimits:
    """Counts from sums of math.comb(n, k) p^k (1-p)^(n-k) and of exp(-m) m^k / k! at 0.00135 and 0.02275."""

    @pytest.mark.parametrize(
        ("n", "counts", "expected"),
        # counts have the proportion 0.1, 0.8, 0.9, 0.05 and 0.5 on average
        [
            (20, [1, 3], [0, 7, 0, 5]),
            (8, [6.0, 7, 6, 6, 7], [3, 8, 4, 8]),
            (30, [26, 28], [21, 30, 23, 30]),
            (25, [1, 1, 2, 1], [0, 5, 0, 4]),
            (9, [4, 5], [0, 9, 2, 7]),
        ],
    )
    def test_binomial(self, n: int, counts: list[float], expected: list[int]) -> None:
        answer = chart("p", counts, n, limits="guarded")
        assert (answer.points.loc[0, LINES[1:]].astype(float) * n).round(9).tolist() == expected
        assert any("exact" in note for note in answer.summary.loc[0, "notes"])

    @pytest.mark.parametrize(
        ("counts", "expected"),
        [
            ([0, 1], [0, 4, 0, 2]),  # mean 0.5
            ([1, 3], [0, 7, 0, 5]),  # mean 2
            ([3, 5], [0, 11, 1, 8]),  # mean 4
            ([7, 8], [1, 17, 3, 13]),  # mean 7.5
        ],
    )
    def test_poisson(self, counts: list[float], expected: list[int]) -> None:
        answer = chart("u", counts, 1, limits="guarded")
        assert answer.points.loc[0, LINES[1:]].tolist() == expected
        assert any("exact" in note for note in answer.summary.loc[0, "notes"])

    def test_center_is_the_median_because_most_small_counts_lie_on_one_side_of_their_mean(self) -> None:
        exact, published = chart("p", [10, 10, 10, 8], 10, limits="guarded"), chart("p", [10, 10, 10, 8], 10)
        assert (summary(exact, "center"), summary(published, "center")) == (1, 0.95)
        assert summary(exact, "n_useful") == 1
        # the limits are those of the pooled 0.95: up to 6 of 10 have a chance of 0.00103, up to 7 one of 0.0115
        assert exact.points.loc[0, ["lower", "upper"]].tolist() == [0.7, 1]
        assert summary(chart("u", [0, 0, 5], 1, limits="guarded"), "center") == 0
        assert summary(chart("p", [10, 10, 8], 10, limits="guarded", center=0.5), "center") == 0.5

    def test_poisson_limits_are_divided_by_each_points_own_denominator(self) -> None:
        # rate 1: means 2 and 4
        answer = chart("u", [1, 3, 4, 4], [2, 2, 4, 4], limits="guarded")
        assert answer.points["upper"].tolist() == [3.5, 3.5, 2.75, 2.75]

    @pytest.mark.parametrize(
        ("kind", "counts", "n", "exact"),
        [
            ("p", [50, 50, 51, 49], 100, False),
            ("p", [10, 10, 11, 9], 100, False),  # 0.1 - 3 sqrt(0.09/100) = 0.01
            ("p", [7, 7, 7, 7], 78, True),  # expected 7, but 0.0897 - 0.0971 lies under zero
            ("p", [71, 71, 71, 71], 78, True),  # and above one
            ("p", [48, 50, 2, 2], [98, 98, 4, 4], True),  # one small point is enough: one chart has one kind of limit
            ("u", [9, 10, 9, 8], 1, False),  # mean 9: the lower limit is zero
            ("u", [8, 8, 9, 8], 1, True),  # mean 8.25: the lower limit is under zero
            ("u", [900, 1000, 3, 2], [900, 1000, 3, 2], True),
        ],
    )
    def test_when(self, kind: str, counts: list[float], n: object, exact: bool) -> None:
        answer = chart(kind, counts, n, limits="guarded")
        assert any("exact" in note for note in answer.summary.loc[0, "notes"]) == exact
        published = chart(kind, counts, n)
        assert not any("exact" in note for note in published.summary.loc[0, "notes"])
        assert (answer.points["upper"].tolist() == published.points["upper"].tolist()) != exact

    def test_expected_count_of_five_is_the_border(self) -> None:
        # n p = 5 with p = 0.5: 3 sqrt(0.25/10) = 0.4743 stays within 0 and 1
        assert not any("exact" in note for note in chart("p", [5, 4, 6], 10, limits="guarded").summary.loc[0, "notes"])
        # n p = 4.5
        assert any("exact" in note for note in chart("p", [4, 5], 9, limits="guarded").summary.loc[0, "notes"])

    def test_a_count_on_an_exact_limit_is_not_beyond_it(self) -> None:
        # 2 of 20 on average: the upper limit is 7 of 20
        on, over = [7] + [2] * 8 + [1] * 2 + [0, 1] + [3], [8] + [2] * 8 + [1] * 2 + [0, 0] + [2, 2, 0]
        at_limit = chart("p", on, 20, limits="guarded", center=0.1)
        beyond = chart("p", over, 20, limits="guarded", center=0.1)
        assert not at_limit.points["rule_outside"].any()
        assert np.flatnonzero(beyond.points["rule_outside"]).tolist() == [0]

    @pytest.mark.parametrize("kind", ["p", "u"])
    def test_numerators_that_are_no_counts_are_never_exact(self, kind: str) -> None:
        answer = chart(kind, [1.5, 2.5, 2, 2], 20, limits="guarded")
        assert not any("exact" in note for note in answer.summary.loc[0, "notes"])
        assert answer.points.loc[0, "upper"] == pytest.approx(chart(kind, [1.5, 2.5, 2, 2], 20).points.loc[0, "upper"])

    def test_rounding_of_a_product_leaves_a_count_a_count(self) -> None:
        assert any("exact" in note for note in chart("p", [0.15 * 20, 1], 20, limits="guarded").summary.loc[0, "notes"])

    def test_denominators_that_are_no_counts_are_never_trials(self) -> None:
        answer = chart("p", [1, 3], 20.5, limits="guarded")
        assert not any("exact" in note for note in answer.summary.loc[0, "notes"])

    @pytest.mark.parametrize("kind", ["p", "u"])
    def test_estimated_numerators_are_never_exact(self, kind: str) -> None:
        made = panel([1.0, 3.0], [20.0, 20.0])
        for estimated in (False, True):
            spec = ChartSpec(kind=kind, limits="guarded", estimated=estimated)  # type: ignore[arg-type]
            notes = analyze_panel(made, spec).summary.loc[0, "notes"]
            assert any("exact" in note for note in notes) != estimated

    @pytest.mark.parametrize(
        ("kind", "values", "n"),
        [("i", [5] * 12 + [6], None), ("p", [10] * 12 + [9], 10), ("p", [0] * 12 + [1], 10), ("u", [0] * 12 + [3], 2)],
    )
    def test_no_limits_without_variation_in_the_baseline(self, kind: str, values: list[float], n: object) -> None:
        answer = chart(kind, values, n, limits="guarded", baseline=12)
        assert answer.points[LINES[1:]].isna().all(axis=None)
        assert not answer.points["rule_outside"].any()
        assert any("no limits" in note for note in answer.summary.loc[0, "notes"])


class TestAuto:
    def kind(self, values: list[float], n: object = None, **more: object) -> str:
        return str(chart("auto", values, n, **more).summary.loc[0, "kind"])

    def test_method_is_guarded_unless_named(self) -> None:
        assert chart("auto", TEN).summary.loc[0, "limits"] == "guarded"
        assert chart("auto", TEN, limits="published").summary.loc[0, "limits"] == "published"
        assert chart("i", TEN).summary.loc[0, "limits"] == "published"

    def test_short_baselines_get_a_run_chart(self) -> None:
        assert self.kind([50, 52] * 5 + [51], 100) == "run"
        assert self.kind([50, 52] * 6, 100) == "p"
        assert self.kind([50, 52] * 12, 100, baseline=11) == "run"

    def test_values_get_an_individuals_chart(self) -> None:
        assert self.kind([50, 52] * 6) == "i"

    def test_rates_and_wide_scatter(self) -> None:
        assert self.kind([120, 118, 121, 125] * 3, 100) == "u"
        assert self.kind([40, 60] * 6, 100) == "p_prime"  # sigma_z 3.5
        assert self.kind([400, 600] * 6, 100) == "u_prime"

    @pytest.mark.parametrize("values", [[0] * 20, [0] * 12 + [3]])
    def test_counts_that_are_all_zero_have_no_scatter_to_tell(self, values: list[float]) -> None:
        row = inquiries.chart_of(values, kind="auto", data_type="count", baseline=12).summary.loc[0]
        assert (row["kind"], row["notes"][0]) == ("c", "C chart: Poisson limits; the scatter cannot be estimated")

    def test_the_reason_is_the_first_note(self) -> None:
        assert chart("auto", [40, 60] * 6, 100).summary.loc[0, "notes"][0].startswith("P-prime chart")
