"""Frames as people give them: every function with a frame of its own names every problem at once."""

from __future__ import annotations

import doctest
import sys
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest

import pdsa
from pdsa.errors import InputError, Problem
from pdsa.tidy import Columns, read_rows

Call = Callable[[pd.DataFrame], pd.DataFrame]


def good(rows: int = 56) -> pd.DataFrame:
    """Two schools, four weeks of days, whole numbers."""
    day = pd.date_range("2025-01-06", periods=rows // 2)
    return pd.DataFrame(
        {
            "school": ["Ash"] * (rows // 2) + ["Elm"] * (rows // 2),
            "day": [*day, *day],
            "late": [i % 5 for i in range(rows)],
            "all": [20 + i % 3 for i in range(rows)],
            "yes": [i % 2 for i in range(rows)],
        }
    )


RATIO = {"value": "late", "denominator": "all", "by": "school"}
CALLS: dict[str, Call] = {
    "funnel": lambda frame: pdsa.funnel(frame, **RATIO),
    "bernoulli_cusum": lambda frame: pdsa.bernoulli_cusum(frame, value="yes", period="day", by="school"),
    "suggest_rebase": lambda frame: pdsa.suggest_rebase(frame, **RATIO, period="day"),
    "aggregate": lambda frame: pdsa.aggregate(frame, **RATIO, period="day"),
    "network_adjusted": lambda frame: pdsa.network_adjusted(frame, **RATIO, period="day"),
    "weekday_adjusted": lambda frame: pdsa.weekday_adjusted(frame, **RATIO, period="day"),
    "pareto": lambda frame: pdsa.pareto(frame, "school", counts="late"),
}
NUMBER = {"bernoulli_cusum": "yes"}
DATED = [name for name in CALLS if name not in ("funnel", "pareto")]
RATIOS = [name for name in CALLS if name not in ("bernoulli_cusum", "pareto")]


def found(call: Call, frame: object) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        call(frame)  # type: ignore[arg-type]
    assert caught.value.source.startswith("pdsa.")
    return caught.value.problems


@pytest.mark.parametrize("name", CALLS)
def test_the_frame_stays_as_it_is(name: str) -> None:
    frame = good()
    frame.index = pd.Index([7] * len(frame))
    before = frame.copy(deep=True)
    answer = CALLS[name](frame)
    pd.testing.assert_frame_equal(frame, before)
    assert answer.index.equals(pd.RangeIndex(len(answer)))
    pd.testing.assert_frame_equal(answer, CALLS[name](good()))


@pytest.mark.parametrize("name", CALLS)
def test_the_order_of_rows_does_not_matter(name: str) -> None:
    frame = good().assign(late=lambda f: f["late"] / 7, all=lambda f: f["all"] / 3)
    mixed = frame.sample(frac=1, random_state=np.random.default_rng(4))
    pd.testing.assert_frame_equal(CALLS[name](mixed), CALLS[name](frame), check_exact=True)


@pytest.mark.parametrize("name", CALLS)
def test_an_empty_frame_gives_an_empty_answer_with_all_columns(name: str) -> None:
    answer = CALLS[name](good()[:0])
    assert len(answer) == 0
    assert list(answer.columns) == list(CALLS[name](good()).columns)


@pytest.mark.parametrize("wrong", [None, [1, 2], "frame", {"late": [1]}])
@pytest.mark.parametrize("name", CALLS)
def test_what_is_no_frame(name: str, wrong: object) -> None:
    assert found(CALLS[name], wrong)[0].expected == "a pandas DataFrame"


@pytest.mark.parametrize("name", CALLS)
def test_a_column_that_is_not_there_or_there_twice(name: str) -> None:
    number = NUMBER.get(name, "late")
    problems = found(CALLS[name], good().drop(columns=["school", number]))
    assert {problem.place for problem in problems} == {"column school", f"column {number}"}
    twice = pd.concat([good(), good()[[number]]], axis=1)
    assert found(CALLS[name], twice) == (Problem(f"column {number}", "this name twice", "every column once"),)
    levels = pd.concat({"a": good()}, axis=1)
    assert found(CALLS[name], levels)[0].expected == "one name a column"


@pytest.mark.parametrize("name", CALLS)
def test_every_row_that_is_no_number_is_named(name: str) -> None:
    number = NUMBER.get(name, "late")
    items: list[object] = good()[number].astype(object).tolist()
    items[2:7] = ["3", Decimal(1), [1], np.inf, 1j]
    problems = found(CALLS[name], good().assign(**{number: pd.Series(items, dtype=object)}))
    places = [f"row {i}, {number}" for i in (3, 4, 5, 7, 6)]
    assert [(p.place, p.expected) for p in problems][:5] == [
        *((place, "a number") for place in places[:4]),
        (places[4], "a finite number"),
    ]
    assert [p.found for p in problems][:5] == ["'3'", "Decimal('1')", "[1]", "1j", "inf"]


@pytest.mark.parametrize("name", RATIOS)
def test_a_wrong_number_is_one_problem_only(name: str) -> None:
    frame = good().astype({"late": float})
    frame.loc[3, "late"] = np.inf
    assert found(CALLS[name], frame) == (Problem("row 4, late", "inf", "a finite number"),)


@pytest.mark.parametrize("dtype", ["Int64", "Float64", "float32", "int8", object])
@pytest.mark.parametrize("name", CALLS)
def test_all_types_of_numbers_count_alike(name: str, dtype: object) -> None:
    number = NUMBER.get(name, "late")
    other = good().astype({number: dtype})
    drop = [number] if name in ("network_adjusted", "weekday_adjusted") else []
    pd.testing.assert_frame_equal(CALLS[name](other).drop(columns=drop), CALLS[name](good()).drop(columns=drop))


def test_truth_values_are_numbers_only_where_they_are_asked_for() -> None:
    truth = good().assign(yes=lambda f: f["yes"] == 1, late=lambda f: f["late"] == 1)
    pd.testing.assert_frame_equal(CALLS["bernoulli_cusum"](truth), CALLS["bernoulli_cusum"](good()))
    assert found(CALLS["funnel"], truth)[0] == Problem("row 1, late", "False", "a number")


@pytest.mark.parametrize("name", DATED)
def test_periods_that_are_none(name: str) -> None:
    days: list[object] = good()["day"].astype(object).tolist()
    days[0], days[4] = "13/10/2025", 7.5
    problems = found(CALLS[name], good().assign(day=pd.Series(days, dtype=object)))
    assert [(p.place, p.found) for p in problems][:2] == [("row 1, day", "'13/10/2025'"), ("row 5, day", "7.5")]
    days[4] = None
    problems = found(CALLS[name], good().assign(day=pd.Series(days, dtype=object)))
    assert problems[0] == Problem("row 5, day", "nothing", "a period")
    loose = good().assign(day=lambda f: f["day"].astype(str).astype("category"))
    assert found(CALLS[name], loose)[0].expected == "ordered categories"
    zoned = good().assign(day=lambda f: f["day"].dt.tz_localize("UTC"))
    assert found(CALLS[name], zoned)[0].place == "row 1, day"


@pytest.mark.parametrize("name", DATED)
def test_dates_of_every_type_count_alike(name: str) -> None:
    expected = CALLS[name](good())
    for day in (good()["day"].dt.date, good()["day"].dt.strftime("%Y-%m-%d"), good()["day"].astype("datetime64[s]")):
        answer = CALLS[name](good().assign(day=day))
        shared = [column for column in expected.columns if column in answer.columns and column != "day"]
        pd.testing.assert_frame_equal(answer[shared], expected[shared], check_dtype=False)


@pytest.mark.parametrize("name", ["bernoulli_cusum", "suggest_rebase", "network_adjusted"])
def test_whole_numbers_and_ordered_categories_are_periods(name: str) -> None:
    number = good().assign(day=[*range(28)] * 2)
    names = [f"d{i}" for i in reversed(range(28))]
    ordered = good().assign(day=pd.Categorical(names * 2, categories=names, ordered=True))
    expected = CALLS[name](good())
    for frame in (number, ordered):
        answer = CALLS[name](frame.sample(frac=1, random_state=np.random.default_rng(1)))
        plain = [c for c in answer.columns if c not in ("day", "period", "start", "end", "through", "last_before")]
        pd.testing.assert_frame_equal(answer[plain], expected[plain])


@pytest.mark.parametrize("name", [name for name in CALLS if name != "pareto"])
def test_series_without_a_name_and_names_without_an_order(name: str) -> None:
    school: list[object] = good()["school"].tolist()
    school[1] = None
    assert found(CALLS[name], good().assign(school=school))[0] == Problem("row 2, school", "nothing", "a school")
    school[1] = ["Ash", "Elm"]
    problems = found(CALLS[name], good().assign(school=pd.Series(school, dtype=object)))
    assert problems[0] == Problem("columns school", "values without an order", "texts, numbers or dates")


@pytest.mark.parametrize("name", RATIOS)
def test_impossible_counts_are_named_all_at_once(name: str) -> None:
    frame = good()
    frame.loc[0, "all"], frame.loc[3, ["late", "all"]] = -4, [2, 0]
    problems = found(CALLS[name], frame)
    assert problems[0] == Problem("row 1, all", "-4", "no negative denominator")
    assert problems[1].place == "row 4, late"
    assert problems[1].found == "2 of 0"


@pytest.mark.parametrize("name", ["suggest_rebase", "network_adjusted", "weekday_adjusted"])
def test_a_repeated_period_is_named_with_both_rows(name: str) -> None:
    frame = good()
    frame.loc[4, "day"] = frame.loc[1, "day"]
    assert found(CALLS[name], frame) == (
        Problem("rows 2 and 5, day", "2025-01-07 00:00:00 twice", "one row per series and period"),
    )


def test_names_that_are_none() -> None:
    with pytest.raises(InputError) as caught:
        pdsa.network_adjusted(good(), value="late", period=None, by=5)  # type: ignore[arg-type]
    assert [p.place for p in caught.value.problems] == ["argument period", "column 5"]
    with pytest.raises(InputError) as caught:
        pdsa.funnel(good(), value=None, denominator=["all"], by="school")  # type: ignore[arg-type]
    assert caught.value.problems == (Problem("column ['all']", "list", "a column's name"),)
    with pytest.raises(InputError) as caught:
        pdsa.funnel(good(), value=None, denominator=None, by="school")  # type: ignore[arg-type]
    assert [p.place for p in caught.value.problems] == ["argument denominator", "column None"]
    with pytest.raises(InputError) as caught:
        pdsa.aggregate(good(), value="late", denominator="late", period="day")
    assert caught.value.problems[0].found == "one column for two arguments"


def test_columns_that_the_answer_needs_for_itself() -> None:
    named = good().rename(columns={"school": "notes", "late": "rows"})
    with pytest.raises(InputError) as caught:
        pdsa.funnel(named, value="rows", denominator="all", by="notes")
    assert caught.value.problems == (
        Problem("column notes", "a name that the answer gives to its own notes", "another name"),
    )
    with pytest.raises(InputError) as caught:
        pdsa.aggregate(named, value="rows", period="day")
    assert caught.value.problems[0].place == "column rows"
    again = pdsa.network_adjusted(good(), value="late", period="day")
    with pytest.raises(InputError) as caught:
        pdsa.network_adjusted(again, value="late", period="day")
    assert [p.place for p in caught.value.problems] == ["column network", "column others", "column network_adjusted"]


def test_categories_in_a_chance_order_do_not_order_the_series() -> None:
    frame = pd.DataFrame({"value": [1.0, 2.0], "school": pd.Categorical(["Elm", "Ash"], categories=["Elm", "Ash"])})
    problems: list[Problem] = []
    rows = read_rows("pdsa.test", frame, Columns("value", by=("school",)), problems)
    assert rows.keys["school"].tolist() == ["Ash", "Elm"]
    assert rows.series.tolist() == [1, 0]
    assert problems == []


@pytest.mark.parametrize("name", list(CALLS))
def test_the_example_of_each_docstring_runs(name: str) -> None:
    function = getattr(pdsa, name)
    examples = doctest.DocTestFinder(recurse=False).find(function, globs=vars(sys.modules[function.__module__]).copy())
    assert [len(one.examples) for one in examples] == [3]
    for one in examples:
        assert doctest.DocTestRunner().run(one).failed == 0
