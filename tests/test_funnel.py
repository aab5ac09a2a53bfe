"""The funnel: exact limits against sums of probabilities, over-dispersion against its definition, honest flags."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdsa
from pdsa.errors import InputError, Problem
from pdsa.network.lines import chance_phi, dispersion, truncated, winsorised


def units(counts: list[float], below: list[float]) -> pd.DataFrame:
    names = [f"S{i:03}" for i in range(len(counts))]
    return pd.DataFrame({"school": names, "value": counts, "denominator": below})


def binomial(k: int, n: int, p: float) -> float:
    return math.fsum(math.comb(n, j) * p**j * (1 - p) ** (n - j) for j in range(k + 1))


def poisson(k: int, mean: float) -> float:
    return math.fsum(math.exp(j * math.log(mean) - mean - math.lgamma(j + 1)) for j in range(k + 1))


def interpolated(cdf: object, q: float, n: float) -> float:
    """Spiegelhalter's limit by counting up, one probability after the other."""
    r = 0
    while cdf(r) < q:  # type: ignore[operator]
        r += 1
    before = cdf(r - 1) if r else 0.0  # type: ignore[operator]
    return (r - (cdf(r) - q) / (cdf(r) - before)) / n  # type: ignore[operator]


def test_limits_written_by_hand() -> None:
    """Ten tosses: F(1) = 11/1024, F(2) = 56/1024, F(7) = 968/1024, F(8) = 1013/1024, each step 45/1024."""
    row = pdsa.funnel(units([4], [10]), target=0.5, limits=(0.95,)).iloc[0]
    assert row["lower_95"] == pytest.approx((2 - (56 / 1024 - 0.025) * 1024 / 45) / 10, rel=1e-12)
    assert row["upper_95"] == pytest.approx((8 - (1013 / 1024 - 0.975) * 1024 / 45) / 10, rel=1e-12)
    assert row["tail"] == pytest.approx(386 / 1024, rel=1e-12)
    assert row["center"] == 0.5


@pytest.mark.parametrize("n", [1, 2, 7, 30, 133])
@pytest.mark.parametrize("p", [0.02, 0.31, 0.5, 0.93])
def test_binomial_limits_are_those_of_summed_probabilities(n: int, p: float) -> None:
    row = pdsa.funnel(units([round(n * p)], [n]), target=p).iloc[0]
    for level, name in ((0.95, "95"), (0.998, "998")):
        low = interpolated(lambda k: binomial(k, n, p), (1 - level) / 2, n)
        high = interpolated(lambda k: binomial(k, n, p), (1 + level) / 2, n)
        # a line is never on the wrong side of the center, which interpolation alone would allow
        assert row[f"lower_{name}"] == pytest.approx(min(max(low, 0), p), rel=1e-9)
        assert row[f"upper_{name}"] == pytest.approx(max(high, p), rel=1e-9)


@pytest.mark.parametrize("n", [0.5, 3, 40, 1200])
@pytest.mark.parametrize("rate", [0.004, 0.1])
def test_poisson_limits_are_those_of_summed_probabilities(n: float, rate: float) -> None:
    row = pdsa.funnel(units([round(n * rate)], [n]), "u", target=rate).iloc[0]
    for level, name in ((0.95, "95"), (0.998, "998")):
        low = interpolated(lambda k: poisson(k, n * rate), (1 - level) / 2, n)
        high = interpolated(lambda k: poisson(k, n * rate), (1 + level) / 2, n)
        assert row[f"lower_{name}"] == pytest.approx(min(max(low, 0), rate), rel=1e-9)
        assert row[f"upper_{name}"] == pytest.approx(max(high, rate), rel=1e-9)


def test_everybody_there_is_no_signal_where_nearly_everybody_is() -> None:
    """20 of 20 happen in 36% of classes at 95%: above the interpolated line, not outside."""
    row = pdsa.funnel(units([20], [20]), target=0.95).iloc[0]
    assert row["value"] > row["upper_95"]
    assert row["tail"] == pytest.approx(0.95**20, rel=1e-12)
    assert not row["outside_95"]
    assert not row["outside"]


def test_flags_are_exact_tests() -> None:
    """Of 20 at 50%: P(X <= 5) = 21700 / 2^20 = .0207, P(X <= 6) = .0577; P(X >= 18) = 211 / 2^20 = .0002."""
    table = pdsa.funnel(units([5, 6, 18], [20, 20, 20]), target=0.5)
    assert table["tail"].tolist() == pytest.approx([21700 / 2**20, 60460 / 2**20, 211 / 2**20], rel=1e-12)
    assert table["outside_95"].tolist() == [True, False, True]
    assert table["outside_998"].tolist() == [False, False, True]
    assert table["outside"].tolist() == [False, False, True]


def test_columns_and_their_order() -> None:
    assert list(pdsa.funnel(units([5], [20]), target=0.5).columns) == [
        *("school", "numerator", "denominator", "value", "center"),
        *("lower_95", "upper_95", "od_lower_95", "od_upper_95"),
        *("lower_998", "upper_998", "od_lower_998", "od_upper_998"),
        *("tail", "outside_95", "outside_998", "outside", "phi", "tau2", "notes"),
    ]
    names = pdsa.funnel(units([5], [20]), target=0.5, limits=(0.9, 0.9973)).columns
    assert {"lower_90", "od_upper_9973", "outside_90"} <= set(names)


def test_rows_of_a_unit_are_summed_and_a_row_that_lacks_a_number_loses_both() -> None:
    frame = pd.DataFrame(
        {
            "school": ["B", "A", "B", "B", "A", "C"],
            "value": [3, 2, 4, 9, np.nan, np.nan],
            "denominator": [10, 20, 30, np.nan, 50, 10],
        }
    )
    table = pdsa.funnel(frame, target=0.2)
    assert table["school"].tolist() == ["A", "B", "C"]
    np.testing.assert_array_equal(table["numerator"], [2, 7, np.nan])
    np.testing.assert_array_equal(table["denominator"], [20, 40, np.nan])
    np.testing.assert_array_equal(table["value"], [0.1, 0.175, np.nan])
    assert table["notes"].str.startswith("1 row without a numerator or a denominator left out").all()
    assert "no denominator above zero" in table["notes"][2]
    assert not table["outside"][2]
    assert table[["center", "lower_95", "od_upper_998", "tail"]].iloc[2].isna().all()


def test_under_ten_units_each_is_held_against_the_others() -> None:
    table = pdsa.funnel(units([5, 10, 30], [100, 100, 100]))
    assert table["center"].tolist() == [40 / 200, 35 / 200, 15 / 200]
    assert (table["notes"].str.contains("the center of each is the ratio of the others")).all()
    ten = pdsa.funnel(units([5, 10, 30, *[10] * 7], [100] * 10))
    assert ten["center"].tolist() == pytest.approx([115 / 1000] * 10, rel=1e-15)
    given_one = pdsa.funnel(units([5, 10, 30], [100, 100, 100]), target=0.1)
    assert given_one["center"].tolist() == [0.1] * 3
    # of the package's own formulas the center is the common one
    assert pdsa.funnel(units([5, 10, 30], [100] * 3), method="funnelplotr")["center"].tolist() == [0.15] * 3


def test_one_unit_alone_has_no_limits_and_says_so() -> None:
    table = pdsa.funnel(units([3], [10]))
    assert table["value"].tolist() == [0.3]
    assert np.isnan(table["center"][0])
    assert not table["outside"][0]
    assert "no other unit to compare with" in table["notes"][0]


def test_all_missing() -> None:
    table = pdsa.funnel(units([np.nan] * 12, [10] * 12))
    assert len(table) == 12
    assert table["value"].isna().all()
    assert not table["outside"].any()


@pytest.mark.parametrize(("counts", "below"), [([0] * 12, [30] * 12), ([30] * 12, [30] * 12)])
@pytest.mark.parametrize("kind", ["p", "u"])
def test_nobody_and_everybody_are_no_signal(kind: str, counts: list[float], below: list[float]) -> None:
    table = pdsa.funnel(units(counts, below), kind)  # type: ignore[arg-type]
    assert not table["outside_95"].any()
    assert (table["od_lower_95"] <= table["center"]).all()
    assert (table["od_upper_95"] >= table["center"]).all()


def twenty(step: int) -> pd.DataFrame:
    """Ten schools at 40 + step and ten at 40 - step of 100: phi = 400 (asin sqrt distance)^2, no pulling in."""
    return units([40 + step] * 10 + [40 - step] * 10, [100] * 20)


def test_overdispersion_only_beyond_what_chance_gives() -> None:
    """With 20 units phi may reach 30.1435 / 19 = 1.58650 by chance."""
    assert chance_phi(20) == pytest.approx(1.58650, abs=5e-6)
    assert chance_phi(10) == pytest.approx(16.91898 / 9, abs=5e-6)
    below, above = pdsa.funnel(twenty(6)), pdsa.funnel(twenty(7))
    assert below["phi"][0] == pytest.approx(1.505, abs=0.005)
    assert above["phi"][0] == pytest.approx(2.058, abs=0.001)
    assert (below["tau2"] == 0).all()
    assert below["notes"].str.contains("limits as they are").all()
    assert below["od_upper_95"].equals(below["upper_95"])
    assert above["notes"].str.contains("limits widened").all()
    # tau2 = (20 phi - 19) / (20 * 400 - 400), weights all 400
    assert above["tau2"][0] == pytest.approx((20 * above["phi"][0] - 19) / 7600, rel=1e-12)
    assert (above["od_upper_95"] > above["upper_95"]).all()
    assert (above["od_lower_95"] < above["lower_95"]).all()
    forced = pdsa.funnel(twenty(6), overdispersion="always")
    assert forced["tau2"][0] == pytest.approx((20 * below["phi"][0] - 19) / 7600, rel=1e-12)
    off = pdsa.funnel(twenty(7), overdispersion="off")
    assert off["phi"].isna().all()
    assert off["od_upper_95"].equals(off["upper_95"])
    assert (off["notes"] == "").all()


def test_overdispersion_is_not_estimated_from_few_units() -> None:
    nine = pdsa.funnel(units([10, 90] * 4 + [50], [100] * 9))
    assert nine["phi"].isna().all()
    assert (nine["tau2"] == 0).all()
    assert nine["notes"].str.contains("not estimated from 9 units: at least 10 are needed").all()
    ten = pdsa.funnel(units([10, 90] * 5, [100] * 10))
    assert ten["phi"].notna().all()
    # a unit without a value is none
    lost = pdsa.funnel(units([10, 90] * 4 + [50, np.nan], [100] * 10))
    assert lost["phi"].isna().all()
    asked = pdsa.funnel(units([10, 90] * 4 + [50], [100] * 9), overdispersion="always")
    assert asked["tau2"][0] > 0
    assert asked["notes"].str.contains("hardly known").all()


def test_one_extreme_unit_is_pulled_in() -> None:
    z = np.array([-1.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 100.0])
    assert winsorised(z).tolist() == [0.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 8.0]
    assert truncated(z).tolist() == [False] + [True] * 9 + [False]
    phi, tau2 = dispersion(np.array([2.0, -2.0]), np.array([0.5, 0.25]))
    # weights 4 and 16: (2 * 4 - 1) / (20 - 272 / 20)
    assert phi == 4
    assert tau2 == pytest.approx(7 / 6.4, rel=1e-12)


def test_standardized_ratios_of_the_package() -> None:
    """Expected counts: chi-squared limits, log-normal ones with over-dispersion. 4 expected, 95%: chi-squared(8) / 8
    at .025 is 2.17973 / 8, chi-squared(10) / 8 at .975 is 20.48318 / 8."""
    table = pdsa.funnel(units([4, 9], [4, 4]), "u", target=1, method="funnelplotr", overdispersion="off")
    assert table["lower_95"].tolist() == pytest.approx([2.17973 / 8] * 2, abs=1e-6)
    assert table["upper_95"].tolist() == pytest.approx([20.48318 / 8] * 2, abs=1e-6)
    assert table["od_upper_95"].tolist() == pytest.approx([math.exp(1.959964 / 2)] * 2, rel=1e-12)
    doubled = pdsa.funnel(units([4, 9], [2, 2]), "u", target=2, method="funnelplotr", overdispersion="off")
    assert doubled["upper_95"].tolist() == pytest.approx((table["upper_95"] * 2).tolist(), rel=1e-12)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), min_size=1, max_size=25),
    st.sampled_from(["p", "u"]),
    st.sampled_from(["exact", "funnelplotr"]),
    st.sampled_from([2.0, 100.0, 1000.0]),
)
def test_a_change_of_unit_changes_no_flag(pairs: list[tuple[int, int]], kind: str, method: str, per: float) -> None:
    frame = units([min(a, b) for a, b in pairs], [b for _, b in pairs])
    more = {"kind": kind, "method": method}
    one, many = (pdsa.funnel(frame, per=unit, **more) for unit in (1, per))  # type: ignore[arg-type]
    for name in one.columns:
        scaled = name.startswith(("value", "center", "lower", "upper", "od_"))
        if scaled:
            np.testing.assert_allclose(many[name], one[name] * per, rtol=1e-12)
        else:
            pd.testing.assert_series_equal(many[name], one[name])


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=12, max_size=20))
def test_a_mirrored_funnel_has_the_same_flags(pairs: list[tuple[int, int]]) -> None:
    counts, below = [min(a, b) for a, b in pairs], [b for _, b in pairs]
    """The interpolated lines themselves are not mirrored: both follow the probability of so many or fewer."""
    there = pdsa.funnel(units(counts, below))
    away = pdsa.funnel(units([b - a for a, b in zip(counts, below, strict=True)], below))
    np.testing.assert_allclose(away["center"], 1 - there["center"], atol=1e-12)
    np.testing.assert_allclose(away[["phi", "tau2"]], there[["phi", "tau2"]], atol=1e-9)
    assert away["outside_95"].tolist() == there["outside_95"].tolist()


def test_false_alarms_of_stable_units_are_no_more_than_promised() -> None:
    """Half of 5% on either side at most; the interpolated line alone would flag far more of small units."""
    rng = np.random.default_rng(20_261_128)
    n = rng.integers(2, 30, 4000).astype(float)
    frame = units(rng.binomial(n.astype(int), 0.94).astype(float).tolist(), n.tolist())
    assert pdsa.funnel(frame, target=0.94)["outside_95"].mean() < 0.05


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        ({"kind": "c"}, ["argument kind"]),
        ({"method": "normal", "overdispersion": True}, ["argument overdispersion", "argument method"]),
        ({"limits": ()}, ["argument limits"]),
        ({"limits": (0.95, 95)}, ["argument limits"]),
        ({"limits": (0.95, 0.95)}, ["argument limits"]),
        ({"limits": "95"}, ["argument limits"]),
        ({"target": 1.2}, ["argument target"]),
        ({"target": float("nan")}, ["argument target"]),
        ({"per": 0}, ["argument per"]),
        ({"per": "100", "target": 0.3}, ["argument per"]),
    ],
)
def test_arguments_that_make_no_funnel(arguments: dict[str, object], places: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        pdsa.funnel(units([1, 2], [3, 4]), **arguments)  # type: ignore[arg-type]
    assert [problem.place for problem in caught.value.problems] == places


def test_a_part_is_no_more_than_its_whole_but_a_rate_may_be_above_one() -> None:
    with pytest.raises(InputError) as caught:
        pdsa.funnel(units([5, -1], [4, 4]))
    assert caught.value.problems == (
        Problem("row 2, value", "-1", "no negative numerator"),
        Problem("row 1, value", "5 of 4", "no more than its denominator"),
    )
    assert pdsa.funnel(units([5, 3], [4, 4]), "u")["value"].tolist() == [1.25, 0.75]


def test_all_of_a_fraction_is_as_likely_as_it_is() -> None:
    frame = pd.DataFrame({"school": list("ABCDEFGHIJKL"), "value": [20.5] + [19.0] * 11, "denominator": 20.5})
    found = pdsa.funnel(frame)
    center = (20.5 + 19 * 11) / (20.5 * 12)
    assert found.loc[0, "tail"] == pytest.approx(center**20.5)
