"""Numbers far from both neighbors are asked about; they are kept or set aside as somebody decides."""

import numpy as np
import pandas as pd

from pdsa.mapping.outliers import without_outliers
from pdsa.mapping.remarks import Remarks
from pdsa.terms import STATUSES

TYPES = {"attendance": "proportion", "teacher_time": "continuous"}


def frame(denominators: list[float], measure: str = "attendance", column: str = "denominator") -> pd.DataFrame:
    count = len(denominators)
    numbers = {"value": np.nan, "numerator": np.nan, "denominator": np.nan} | {column: denominators}
    return pd.DataFrame(
        {
            "school": pd.Categorical(["0107"] * count),
            "measure": pd.Categorical([measure] * count),
            "period": pd.date_range("2025-09-01", periods=count, freq="7D"),
            "group_dim": "",
            "group": "",
            "status": pd.Categorical(["reported"] * count, categories=list(STATUSES)),
            "source": "a.csv",
            "row": np.arange(2, count + 2),
            **numbers,
        }
    )


def asked(table: pd.DataFrame) -> list[str]:
    remarks = Remarks()
    without_outliers(table, TYPES, {}, remarks)
    return [one.place for one in remarks.questions]


def test_a_denominator_a_hundred_times_its_neighbors_is_asked_about() -> None:
    assert asked(frame([118, 118, 11800, 117, 118])) == ["a.csv, row 4"]
    assert asked(frame([118, 118, 1.18, 117, 118])) == ["a.csv, row 4"]


def test_the_first_and_the_last_number_are_compared_with_the_two_next_to_them() -> None:
    assert asked(frame([11800, 118, 117])) == ["a.csv, row 2"]
    assert asked(frame([118, 117, 2360])) == ["a.csv, row 4"]
    assert asked(frame([5, 118, 117])) == asked(frame([118, 117, 5])) == []  # a school that opens, or closes
    assert asked(frame([70, 71, 3, 70, 71])) == []  # a year in which few were tested


def test_what_grows_or_is_small_or_unsteady_is_no_outlier() -> None:
    assert asked(frame([118, 118, 2200, 117, 118])) == []  # less than twenty times
    assert asked(frame([4, 4, 400, 4, 4])) == []  # neighbors below five
    assert asked(frame([118, 118, 11800, 11900, 12000])) == []  # a new level
    assert asked(frame([10, 700, 31])) == []  # neighbors that do not agree
    assert asked(frame([118, 11800])) == []


def test_values_of_measures_that_are_no_shares() -> None:
    assert asked(frame([30, 31, 3000, 29], "teacher_time", "value")) == ["a.csv, row 4"]
    assert asked(frame([0.9, 0.9, 0.01, 0.9], "attendance", "value")) == []


def test_series_do_not_touch() -> None:
    two = pd.concat([frame([118, 118, 118]), frame([5000, 5000, 5000]).assign(school="0184")], ignore_index=True)
    assert asked(two) == []
    assert asked(two.sample(frac=1, random_state=3)) == []


def test_answers() -> None:
    table = frame([118, 118, 11800, 117, 118])
    remarks = Remarks()
    kept = without_outliers(table, TYPES, {"outliers": "keep"}, remarks)
    assert kept["denominator"].tolist() == [118, 118, 11800, 117, 118]
    aside = without_outliers(table, TYPES, {"outliers": "set-aside"}, remarks)
    assert aside["status"].tolist() == ["reported"] * 2 + ["excluded"] + ["reported"] * 2
    assert np.isnan(aside["denominator"].iloc[2])
    assert [(one.source, one.row) for one in remarks.asides] == [("a.csv", 4)]
    assert remarks.questions == []
    assert table["denominator"].tolist() == [118, 118, 11800, 117, 118]
