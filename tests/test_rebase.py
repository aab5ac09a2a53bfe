"""Rebase suggestions: the algorithm by hand, evidence, breaks that nothing crosses."""

from __future__ import annotations

import statistics

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pdsa
from pdsa.errors import InputError, Problem


def weeks(values: list[float | None], **more: object) -> pd.DataFrame:
    return pd.DataFrame({"period": range(1, len(values) + 1), "value": values, **more})


STEP = [5, 7, 6, 5, 7, 6, 9, 9, 8, 9, 4, 3, 4, 4]
SMALL = {"baseline": 6, "run": 3}


def test_two_shifts_written_by_hand() -> None:
    """Median of the first six: 6. Weeks 7 to 9 lie above, median 9; then weeks 10 (on 9) to 13 below, median 4."""
    table = pdsa.suggest_rebase(weeks(STEP), **SMALL)
    assert table["number"].tolist() == [1, 2]
    assert table["position"].tolist() == [6, 10]
    assert table["last_before"].tolist() == [6, 10]
    assert table["rule"].tolist() == ["shift", "shift"]
    assert table["start"].tolist() == [7, 11]
    assert table["end"].tolist() == [9, 13]
    assert table["through"].tolist() == [10, 14]
    assert table["center_before"].tolist() == [6, 9]
    assert table["center"].tolist() == [9, 4]
    assert table["points"].tolist() == [3, 3]
    assert table["side"].tolist() == ["above", "below"]
    # against 6 the run above goes on through week 10; against 9 the one below through week 14
    assert table["run"].tolist() == [4, 4]
    assert table["instrument"].tolist() == [1, 1]
    # weeks 1 to 10 against 6: - + . - + . + + + +; weeks 7 to 14 against 9: . . - . - - - -, as long as may be
    assert table[["n_useful", "longest_run", "longest_run_max"]].to_numpy().tolist() == [[8, 5, 6], [5, 5, 5]]
    assert table[["crossings", "crossings_min"]].to_numpy().tolist() == [[3, 1], [0, 0]]
    assert table["anhoej"].tolist() == [False, False]


def test_only_one_direction() -> None:
    assert pdsa.suggest_rebase(weeks(STEP), direction="above", **SMALL)["start"].tolist() == [7]
    below = pdsa.suggest_rebase(weeks(STEP), direction="below", **SMALL)
    assert below["start"].tolist() == [11]
    assert below["center_before"].tolist() == [6]


def test_points_on_the_center_and_missing_ones_neither_count_nor_break() -> None:
    table = pdsa.suggest_rebase(weeks([6, None, 6, 6, 6, 6, 8, None, 6, 9, None, 7]), **SMALL)
    assert table[["start", "end", "center", "run"]].to_numpy().tolist() == [[7, 12, 8, 3]]


def test_missing_rows_of_the_baseline_count_as_rows() -> None:
    kept = pdsa.suggest_rebase(weeks([None, None, 1, None, 3, None, 9, 9, 9]), keep_baseline=True, **SMALL)
    assert kept["number"].tolist() == [0, 1]
    assert kept["center"].tolist() == [2, 9]
    assert kept["end"].tolist() == [6, 9]
    assert kept["points"].tolist() == [6, 3]
    assert kept["last_before"].tolist() == [pd.NA, 6]
    assert kept["evidence"][0] == "the first rows of the stretch"


def test_a_run_across_the_end_of_the_baseline_does_not_count_from_before_it() -> None:
    assert len(pdsa.suggest_rebase(weeks([1, 1, 1, 1, 9, 9, 9, 9, 1]), **SMALL)) == 0
    assert pdsa.suggest_rebase(weeks([1, 1, 1, 1, 9, 9, 9, 9, 9]), **SMALL)["start"].tolist() == [7]


def test_too_short_constant_and_missing_series_get_no_suggestion() -> None:
    for values in ([1], STEP[:8], [4] * 30, [None] * 30):
        assert len(pdsa.suggest_rebase(weeks(values), **SMALL)) == 0  # type: ignore[arg-type]
    short = pdsa.suggest_rebase(weeks([3, 5]), keep_baseline=True)
    assert short[["start", "end", "through", "center", "points"]].to_numpy().tolist() == [[1, 2, 2, 4, 2]]


def test_the_evidence_of_anhoej() -> None:
    """12 useful values around 6, the last one a 7, then nine 8s: a run of 10 among 21, at most round(log2 21) + 3 = 7.

    The 7 lies in the baseline, so the run that is suggested has 9 points.
    """
    table = pdsa.suggest_rebase(weeks([5, 7] * 6 + [6] + [8] * 9))
    assert table[["n_useful", "longest_run", "longest_run_max", "run"]].to_numpy().tolist() == [[21, 10, 7, 9]]
    assert table["anhoej"].tolist() == [True]
    assert table["crossings"].tolist() == [11]
    assert table["crossings_min"].tolist() == [6]
    assert table["evidence"][0] == (
        "9 points in a row above the center of 6; Anhoej's rules agree (longest run 10, at most 7; crossings 11, "
        "at least 6)"
    )
    # three points of nine make a suggestion that the runs analysis does not support
    weak = pdsa.suggest_rebase(weeks([5, 7, 5, 7, 5, 7, 8, 8, 8]), **SMALL)
    assert weak["anhoej"].tolist() == [False]
    assert "see no signal" in weak["evidence"][0]


def test_nothing_crosses_a_change_of_the_instrument() -> None:
    values = [5, 7, 6, 5, 7, 6, 6, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9, 2, 2, 2]
    across = pdsa.suggest_rebase(weeks(values), **SMALL)
    assert across["start"].tolist() == [8, 19]
    cut = pdsa.suggest_rebase(weeks(values, instrument=[1] * 9 + [2] * 12), **SMALL)
    # two points above 6 before the break, and a new baseline of six 9s behind it
    assert cut[["instrument", "number", "start", "center_before", "center"]].to_numpy().tolist() == [[2, 1, 19, 9, 2]]
    named = pdsa.suggest_rebase(weeks(values, instrument=["old"] * 9 + ["new"] * 12), keep_baseline=True, **SMALL)
    assert named["instrument"].tolist() == ["old", "new", "new"]
    assert named["position"].tolist() == [0, 9, 18]
    later = pd.concat([weeks([1] * 4, school="A"), weeks(values, school="B").assign(period=range(101, 122))])
    both = pdsa.suggest_rebase(later, by="school", **SMALL)
    assert both[["position", "last_before"]].to_numpy().tolist() == [[7, 107], [18, 118]]
    assert named["through"].tolist() == [9, 18, 21]
    with pytest.raises(InputError) as caught:
        pdsa.suggest_rebase(weeks([1, 2], instrument=[1, None]))
    assert caught.value.problems == (Problem("row 2, instrument", "nothing", "the instrument of the row"),)


def test_a_chart_brings_its_columns_its_phases_and_its_exclusions() -> None:
    frame = pd.DataFrame({"week": range(1, 15), "school": "Ash", "late": STEP})
    chart = pdsa.analyze(frame, value="late", period="week", by="school")
    found = pdsa.suggest_rebase(chart, **SMALL)
    plain = pdsa.suggest_rebase(weeks(STEP, school="Ash"), by="school", **SMALL)
    pd.testing.assert_frame_equal(found, plain)
    before = chart.points.copy(deep=True)
    applied = pdsa.analyze(frame, value="late", period="week", by="school", phases=found["position"].tolist())
    assert applied.phases["center"].tolist() == [6, 9, 4]
    assert len(pdsa.suggest_rebase(applied, **SMALL)) == 0
    without = pdsa.analyze(frame, value="late", period="week", by="school", exclude=[7, 8])
    assert pdsa.suggest_rebase(without, **SMALL)["start"].tolist() == [11]
    pd.testing.assert_frame_equal(chart.points, before)


def test_ratios() -> None:
    frame = weeks([v * 10 for v in STEP], all=10)
    table = pdsa.suggest_rebase(frame, denominator="all", **SMALL)
    assert table["center"].tolist() == [9, 4]
    frame.loc[8, "all"] = np.nan
    assert pdsa.suggest_rebase(frame, denominator="all", **SMALL)["end"].tolist() == [10, 13]


def by_hand(values: list[float | None], baseline: int, run: int) -> list[tuple[int, int, float]]:
    """Row after row in plain Python: start, end (from 0) and median of each suggestion."""
    known = [v for v in values[:baseline] if v is not None]
    if len(values) < baseline + run or not known:
        return []
    center, at, found = statistics.median(known), baseline, []
    while len(values) - at >= run:
        streak: list[int] = []
        for i in range(at, len(values)):
            value = values[i]
            if value is None or value == center:
                continue
            if streak and (values[streak[-1]] > center) != (value > center):  # type: ignore[operator]
                streak = []
            streak.append(i)
            if len(streak) == run:
                break
        if len(streak) < run:
            break
        center = statistics.median([values[i] for i in streak])  # type: ignore[type-var]
        found.append((streak[0], streak[-1], center))
        at = streak[-1] + 1
    return found


LINES = st.lists(st.sampled_from([None, 1, 2, 3, 4, 8]), min_size=1, max_size=40)


@given(st.lists(LINES, min_size=1, max_size=5), st.integers(1, 8), st.integers(1, 6))
def test_all_series_at_once_are_those_of_plain_python(lines: list[list[float | None]], baseline: int, run: int) -> None:
    frame = pd.concat([weeks(values, school=f"S{i}") for i, values in enumerate(lines)])
    mixed = frame.astype({"value": float}).sample(frac=1, random_state=3)
    table = pdsa.suggest_rebase(mixed, by="school", baseline=baseline, run=run)
    expected = [
        (f"S{i}", start + 1, end + 1, middle)
        for i, values in enumerate(lines)
        for start, end, middle in by_hand(values, baseline, run)
    ]
    assert list(zip(table["school"], table["start"], table["end"], table["center"], strict=True)) == expected


@given(LINES, st.sampled_from([0.1, 3.0, 1 / 3]))
def test_a_change_of_unit_changes_no_suggestion(values: list[float | None], unit: float) -> None:
    one = pdsa.suggest_rebase(weeks(values).astype({"value": float}), **SMALL)
    other = weeks([None if v is None else v * unit for v in values]).astype({"value": float})
    many = pdsa.suggest_rebase(other, **SMALL)
    assert many[["start", "end", "side", "anhoej"]].equals(one[["start", "end", "side", "anhoej"]])
    np.testing.assert_allclose(many["center"], one["center"] * unit, rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "places"),
    [
        ({"baseline": 0, "run": 2.5}, ["argument baseline", "argument run"]),
        ({"direction": "up"}, ["argument direction"]),
        ({"direction": ["both"], "run": True}, ["argument run", "argument direction"]),
        ({"by": "number"}, ["column number"]),
    ],
)
def test_arguments_that_make_no_search(arguments: dict[str, object], places: list[str]) -> None:
    with pytest.raises(InputError) as caught:
        pdsa.suggest_rebase(weeks([1, 2, 3], number=1), **arguments)  # type: ignore[arg-type]
    assert [problem.place for problem in caught.value.problems] == places
