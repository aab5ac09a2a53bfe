"""Pareto: order, ties, missing categories, counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pdsa
from pdsa.errors import InputError, Problem


def test_the_most_frequent_first_and_equals_in_their_own_order() -> None:
    frame = pd.DataFrame({"why": ["ill", "bus", "ill", "bus", "cold", "art", "ill"]})
    table = pdsa.pareto(frame, "why")
    assert table["category"].tolist() == ["ill", "bus", "art", "cold"]
    assert table["count"].tolist() == [3, 2, 1, 1]
    assert table["cumulative"].tolist() == [3, 5, 6, 7]
    assert table["share"].tolist() == [3 / 7, 2 / 7, 1 / 7, 1 / 7]
    assert table["cumulative_share"].tolist() == [3 / 7, 5 / 7, 6 / 7, 1.0]
    pd.testing.assert_frame_equal(pdsa.pareto(frame.iloc[::-1], "why"), table)


def test_many_equals_stay_in_order() -> None:
    names = [f"c{i:02}" for i in range(60)]
    frame = pd.DataFrame({"value": [*names[::-1], *names[::3]]})
    expected = [*names[::3], *(name for i, name in enumerate(names) if i % 3)]
    assert pdsa.pareto(frame)["category"].tolist() == expected


def test_ordered_categories_break_ties_in_their_order() -> None:
    days = pd.Categorical(["Tue", "Mon", "Fri", "Fri"], categories=["Mon", "Tue", "Wed", "Fri"], ordered=True)
    assert pdsa.pareto(pd.DataFrame({"value": days}))["category"].tolist() == ["Fri", "Mon", "Tue"]
    loose = pd.Categorical(["Tue", "Mon"], categories=["Tue", "Mon", "Wed"])
    assert pdsa.pareto(pd.DataFrame({"value": loose}))["category"].tolist() == ["Mon", "Tue"]


def test_missing_categories_are_dropped_or_one_of_their_own() -> None:
    frame = pd.DataFrame({"value": ["b", None, "a", None, "a", np.nan]})
    assert pdsa.pareto(frame)["share"].tolist() == [2 / 3, 1 / 3]
    kept = pdsa.pareto(frame, missing="keep")
    assert kept["category"].isna().tolist() == [True, False, False]
    assert kept["count"].tolist() == [3, 2, 1]
    tied = pdsa.pareto(frame.iloc[:5], missing="keep")
    assert tied["category"].isna().tolist() == [False, True, False]
    whole = pdsa.pareto(pd.DataFrame({"value": pd.array([3, None, 3], dtype="Int64")}), missing="keep")
    assert whole["category"].tolist() == [3, pd.NA]


def test_only_missing_categories() -> None:
    frame = pd.DataFrame({"value": [None, None]})
    assert len(pdsa.pareto(frame)) == 0
    kept = pdsa.pareto(frame, missing="keep")
    assert kept["count"].tolist() == [2]
    assert kept["cumulative_share"].tolist() == [1.0]


def test_counts_of_rows_are_summed() -> None:
    frame = pd.DataFrame({"value": ["a", "b", "a", "c"], "n": [1, 5, 3, 0]})
    table = pdsa.pareto(frame, counts="n")
    assert table["category"].tolist() == ["b", "a"]
    assert table["count"].tolist() == [5, 4]
    assert table["count"].dtype == np.int64
    hours = pdsa.pareto(frame.assign(n=frame["n"] / 2), counts="n")
    assert hours["count"].tolist() == [2.5, 2.0]
    pd.testing.assert_series_equal(hours["share"], table["share"])


def test_counts_that_are_none() -> None:
    frame = pd.DataFrame({"value": ["a", "b", "c"], "n": [1, np.nan, -2]})
    with pytest.raises(InputError) as caught:
        pdsa.pareto(frame, counts="n", missing="both")  # type: ignore[arg-type]
    assert caught.value.problems == (
        Problem("argument missing", "'both'", "one of 'drop', 'keep'"),
        Problem("row 2, n", "nothing", "a count"),
        Problem("row 3, n", "-2", "no negative count"),
    )


def test_categories_that_cannot_be_counted() -> None:
    with pytest.raises(InputError) as caught:
        pdsa.pareto(pd.DataFrame({"value": [["a"], ["b"]]}))
    assert caught.value.problems[0].expected == "texts, numbers or dates"
