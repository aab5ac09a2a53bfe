"""Answers about one file or one school year are not used for the next ones."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pdsa.errors import InputError
from pdsa.workspace.elsewhere import check_unit
from pdsa.workspace.kept import kept, mark_of, recalled


def files(folder: Path, *texts: str) -> list[Path]:
    paths = [folder / f"{number}.csv" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    return paths


def test_what_is_about_the_layout_is_kept_as_it_is(tmp_path: Path) -> None:
    decisions = (("dates", "month-first"), ("mark:-", "missing"), ("school", "district+school"))
    assert kept(decisions, files(tmp_path, "a")) == decisions
    assert recalled(decisions, files(tmp_path, "b"), date(2030, 1, 1)) == decisions


def test_what_is_about_the_content_holds_for_the_same_files_only(tmp_path: Path) -> None:
    given = (("outliers", "keep"), ("note-row:14", "note"))
    written = kept(given, files(tmp_path, "a", "b"))
    assert [key.split(" (of ")[0] for key, _ in written] == ["outliers", "note-row:14"]
    assert recalled(written, files(tmp_path, "b", "a"), date(2026, 1, 1)) == given
    assert recalled(written, files(tmp_path, "a", "c"), date(2026, 1, 1)) == ()


def test_a_year_is_over_one_day(tmp_path: Path) -> None:
    here = files(tmp_path, "a")
    answers = (("week1", "2025-09-01"), ("year-of-days", "2025-26"))
    assert recalled(answers, here, date(2026, 7, 31)) == answers
    assert recalled(answers, here, date(2026, 8, 1)) == ()
    assert recalled((("week1", "2026-01-05"),), here, date(2026, 8, 1)) == ()
    assert recalled((("year-of-days", "2024"),), here, date(2025, 1, 1)) == ()


def test_the_mark_is_of_the_content(tmp_path: Path) -> None:
    one, two = files(tmp_path, "a", "b")
    assert mark_of([one, two]) == mark_of([two, one]) != mark_of([one])
    before = mark_of([one])
    one.write_text("c")
    assert mark_of([one]) != before
    assert len(before) == 12


def test_percents_that_became_fractions_are_refused() -> None:
    def rows(values: list[float]) -> pd.DataFrame:
        count = len(values)
        return pd.DataFrame(
            {
                "measure": ["attendance"] * count, "status": ["reported"] * count, "group_dim": [""] * count,
                "value": values, "numerator": np.nan, "denominator": np.nan,
            }
        )  # fmt: skip

    old = rows([0.91, 0.92, 0.93])
    with pytest.raises(InputError) as caught:
        check_unit(old, rows([0.0091, 0.0092, 0.0094]), {})
    assert caught.value.problems[0].found == "numbers about 0.0092, about 0.92 until now"
    check_unit(old, rows([0.0091, 0.0092, 0.0094]), {"unit:attendance": "keep"})
    check_unit(old, rows([0.5, 0.6, 0.7]), {})
    check_unit(old, rows([0.0091]), {})
