"""The Bernoulli CUSUM: the sums by hand, resets, baselines, many series at once."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdsa
from pdsa.errors import InputError, Problem


def cases(values: list[object], **more: object) -> pd.DataFrame:
    return pd.DataFrame({"period": range(1, len(values) + 1), "value": values, **more})


def by_hand(values: list[int | None], p0: float, ratio: float, limit: float) -> list[tuple[float, float, bool, bool]]:
    """One case after the other, in plain Python: sums after the setting back, and signals."""
    up = down = 0.0
    found = []
    higher, lower = (r * p0 / (1 - p0) / (1 + r * p0 / (1 - p0)) for r in (ratio, 1 / ratio))
    for value in values:
        if value is None:
            found.append((math.nan, math.nan, False, False))
            continue
        chance = [math.log(p / p0) if value else math.log((1 - p) / (1 - p0)) for p in (higher, lower)]
        up, down = max(0.0, up + chance[0]), min(0.0, down - chance[1])
        high, low = up >= limit, down <= -limit
        up, down = 0.0 if high else up, 0.0 if low else down
        found.append((up, down, high, low))
    return found


def test_sums_written_by_hand() -> None:
    """p0 = 1/5; twice the odds: 1/3, events log(5/3), else log(5/6); half the odds: 1/9, log(5/9) and log(10/9)."""
    table = pdsa.bernoulli_cusum(cases([1, 1, 0, 1, 0, 0, 0, 0]), p0=0.2, limit=1.3)
    event, none = math.log(5 / 3), math.log(5 / 6)
    sums = [event, 2 * event, 2 * event + none, 3 * event + none]
    assert table["reached_upper"].tolist()[:4] == pytest.approx(sums, rel=1e-12)
    assert table["signal_upper"].tolist() == [False] * 3 + [True] + [False] * 4
    assert table["upper"].tolist()[:5] == pytest.approx([*sums[:3], 0, 0], rel=1e-12)
    down = math.log(10 / 9)
    assert table["lower"].tolist()[2:] == pytest.approx([-down, 0, -down, -2 * down, -3 * down, -4 * down], rel=1e-12)
    assert table["case"].tolist() == [1, 2, 3, 4, 5, 6, 7, 8]
    assert list(table.columns) == [
        *("case", "period", "value", "p0", "upper", "lower", "reached_upper", "reached_lower"),
        *("signal_upper", "signal_lower", "signal"),
    ]


@given(
    st.lists(st.lists(st.sampled_from([0, 0, 1, None]), min_size=1, max_size=60), min_size=1, max_size=6),
    st.sampled_from([0.02, 0.2, 0.7]),
    st.sampled_from([1.5, 2.0, 4.0]),
    st.sampled_from([0.5, 1.5, 3.5]),
)
def test_series_of_all_lengths_at_once_are_those_of_plain_python(
    series: list[list[int | None]], p0: float, ratio: float, limit: float
) -> None:
    frame = pd.concat([cases(values, school=f"S{i}") for i, values in enumerate(series)])
    table = pdsa.bernoulli_cusum(
        frame.sample(frac=1, random_state=1), by="school", p0=p0, odds_ratio=ratio, limit=limit
    )
    expected = [one for values in series for one in by_hand(values, p0, ratio, limit)]
    found = table[["upper", "lower", "signal_upper", "signal_lower"]].to_numpy(dtype=float)
    np.testing.assert_allclose(found, np.array(expected, dtype=float), rtol=1e-9, atol=1e-12)
    assert table["signal"].tolist() == [high or low for _, _, high, low in expected]


def test_p0_is_the_share_of_the_first_cases_of_each_series() -> None:
    frame = pd.concat([cases([0, 1, 0, 0, 1, 1], school="A"), cases([1, 1, 0, 1], school="B")])
    table = pdsa.bernoulli_cusum(frame, by="school", baseline=4)
    assert table.groupby("school")["p0"].first().tolist() == [0.25, 0.75]
    whole = pdsa.bernoulli_cusum(frame, by="school")
    assert whole.groupby("school")["p0"].first().tolist() == [0.5, 0.75]
    # missing cases count as cases of the baseline, not in its share
    assert pdsa.bernoulli_cusum(cases([None, 0, 1, 1]), baseline=3)["p0"].tolist() == [0.5] * 4


def test_cases_of_one_period_stay_in_the_order_given() -> None:
    frame = pd.DataFrame({"period": [2, 1, 1, 2], "value": [1, 0, 1, 0]})
    table = pdsa.bernoulli_cusum(frame)
    assert table["value"].tolist() == [0, 1, 1, 0]
    assert table["period"].tolist() == [1, 1, 2, 2]
    assert pdsa.bernoulli_cusum(frame, period=None)["value"].tolist() == [1, 0, 1, 0]


def test_a_missing_case_moves_neither_sum() -> None:
    with_gap = pdsa.bernoulli_cusum(cases([1, None, 1]), p0=0.1)
    assert np.isnan(with_gap["upper"][1])
    assert with_gap["upper"][2] == pdsa.bernoulli_cusum(cases([1, 1]), p0=0.1)["upper"][1]


def test_only_missing_cases() -> None:
    table = pdsa.bernoulli_cusum(cases([None, None]))
    assert table[["p0", "upper", "lower"]].isna().all(axis=None)
    assert not table["signal"].any()


def test_impossible_baselines_and_values_are_named() -> None:
    frame = pd.concat([cases([0, 0, 1], school="A"), cases([1, 1, 0], school="B"), cases([0, 1, 1], school="C")])
    with pytest.raises(InputError) as caught:
        pdsa.bernoulli_cusum(frame, by="school", baseline=2)
    assert [(p.place, p.found) for p in caught.value.problems] == [
        ("school A", "no events in the baseline"),
        ("school B", "only events in the baseline"),
    ]
    with pytest.raises(InputError) as caught:
        pdsa.bernoulli_cusum(cases([0, 2, 1, 0.5]))
    assert caught.value.problems == (Problem("row 2, value", "2", "0 or 1"), Problem("row 4, value", "0.5", "0 or 1"))
    with pytest.raises(InputError, match="1 to 3, the cases of the longest series"):
        pdsa.bernoulli_cusum(frame, by="school", baseline=4)


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        ({"odds_ratio": 1}, ["argument odds_ratio"]),
        ({"odds_ratio": float("inf"), "limit": 0}, ["argument odds_ratio", "argument limit"]),
        ({"p0": 0}, ["argument p0"]),
        ({"p0": 1.0}, ["argument p0"]),
        ({"baseline": 2.5}, ["argument baseline"]),
        ({"baseline": 0}, ["argument baseline"]),
        ({"baseline": 2, "p0": 0.5}, ["arguments baseline and p0"]),
    ],
)
def test_arguments_that_make_no_sums(arguments: dict[str, object], places: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        pdsa.bernoulli_cusum(cases([0, 1, 0]), **arguments)  # type: ignore[arg-type]
    assert [problem.place for problem in caught.value.problems] == places
