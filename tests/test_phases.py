"""Baselines, phases and exclusions: by position, by date, by column; beyond one series a note, beyond all an error."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdsa
from pdsa.chart import Chart
from pdsa.errors import InputError

NAN = float("nan")
MONDAYS = pd.date_range("2025-01-06", periods=12, freq="7D")
VALUES = [float(v) for v in (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]


def chart(values: list[float] | None = None, kind: str = "run", **more: object) -> Chart:
    values = VALUES if values is None else values
    frame = pd.DataFrame({"t": range(101, 101 + len(values)), "x": values})
    return pdsa.analyze(frame, kind, value="x", period="t", **more)  # type: ignore[arg-type]


def dated(**more: object) -> Chart:
    frame = pd.DataFrame({"t": MONDAYS, "x": VALUES})
    return pdsa.analyze(frame, "run", value="x", period="t", **more)  # type: ignore[arg-type]


def two(long: int = 12, short: int = 5, **more: object) -> Chart:
    """Series `a` of 12 and series `b` of 5 points."""
    frame = pd.DataFrame(
        {"s": ["a"] * long + ["b"] * short, "t": [*range(long), *range(short)], "x": [*range(long), *range(short)]}
    )
    return pdsa.analyze(frame, "run", value="x", period="t", by="s", **more)  # type: ignore[arg-type]


def positions(answer: Chart, column: str) -> list[int]:
    return [i + 1 for i, one in enumerate(answer.points[column]) if one]


def notes(answer: Chart, row: int = 0) -> str:
    return " | ".join(answer.summary.loc[row, "notes"])


class TestBaseline:
    def test_position_is_one_based_and_the_last_of_the_baseline(self) -> None:
        answer = chart(baseline=3)
        assert positions(answer, "baseline") == [1, 2, 3]
        assert answer.points["center"].tolist() == [2.0] * 12

    def test_position_counts_rows_also_those_without_a_value(self) -> None:
        answer = chart([1, NAN, 3, 100, 100], baseline=3)
        assert positions(answer, "baseline") == [1, 2, 3]
        assert answer.summary.loc[0, "center"] == 2

    def test_pair_is_first_and_last(self) -> None:
        answer = chart(baseline=(4, 6))
        assert positions(answer, "baseline") == [4, 5, 6]
        assert answer.summary.loc[0, "center"] == 5

    def test_without_one_every_included_point_is_baseline(self) -> None:
        assert positions(chart(exclude=[2]), "baseline") == [1, *range(3, 13)]

    def test_excluded_point_is_never_baseline(self) -> None:
        answer = chart(baseline=4, exclude=[1])
        assert positions(answer, "baseline") == [2, 3, 4]
        assert answer.summary.loc[0, "center"] == 3

    @pytest.mark.parametrize(
        "last", ["2025-01-20", datetime.date(2025, 1, 20), pd.Timestamp("2025-01-20"), np.datetime64("2025-01-20"),
                 datetime.date(2025, 1, 22)],
    )  # fmt: skip
    def test_date(self, last: object) -> None:
        assert positions(dated(baseline=last), "baseline") == [1, 2, 3]

    def test_pair_of_dates(self) -> None:
        assert positions(dated(baseline=("2025-01-13", "2025-01-27")), "baseline") == [2, 3, 4]

    def test_periods(self) -> None:
        frame = pd.DataFrame({"t": pd.period_range("2025-01", periods=4, freq="M"), "x": [1, 2, 3, 4]})
        for last in (pd.Period("2025-02", "M"), "2025-02-01", datetime.date(2025, 2, 28)):
            answer = pdsa.analyze(frame, value="x", period="t", baseline=last)
            assert positions(answer, "baseline") == [1, 2]

    @pytest.mark.parametrize("dtype", ["bool", "boolean", "object", "int64"])
    def test_column(self, dtype: str) -> None:
        frame = pd.DataFrame({"t": range(4), "x": [1, 2, 3, 4], "base": [False, True, True, False]}).astype(
            {"base": dtype}
        )
        answer = pdsa.analyze(frame, value="x", period="t", baseline="base")
        assert positions(answer, "baseline") == [2, 3]
        assert answer.summary.loc[0, "center"] == 2.5

    @pytest.mark.parametrize("flags", [[True, None, False, True], [2, 1, 0, 1], ["yes", "no", "no", "no"]])
    def test_column_of_anything_else_is_refused(self, flags: list[object]) -> None:
        frame = pd.DataFrame({"t": range(4), "x": range(4), "base": flags})
        with pytest.raises(InputError, match="column base"):
            pdsa.analyze(frame, value="x", period="t", baseline="base")

    def test_longer_than_one_series_is_a_note_of_that_series(self) -> None:
        answer = two(baseline=8)
        assert "baseline=8 lies beyond this series of 5 points" in notes(answer, 1)
        assert "beyond" not in notes(answer, 0)
        assert answer.summary["center"].tolist() == [3.5, 2.0]

    def test_without_a_value_in_it_lines_come_from_all_points(self) -> None:
        answer = chart([NAN, NAN, 1, 2, 3], baseline=2)
        assert answer.summary.loc[0, "center"] == 2
        assert "no value lies in the baseline" in notes(answer)
        assert positions(answer, "baseline") == [1, 2, 3, 4, 5]

    def test_of_all_points_is_no_note(self) -> None:
        assert chart(baseline=12).summary.loc[0, "center"] == 6.5
        assert "beyond" not in notes(chart(baseline=12))
        assert notes(chart(baseline=[])) == notes(chart())


class TestPhases:
    def test_position_names_the_last_period_of_a_phase(self) -> None:
        answer = chart(phases=[3, 8])
        assert answer.points["phase"].tolist() == [1, 1, 1, 2, 2, 2, 2, 2, 3, 3, 3, 3]
        assert answer.phases["phase"].tolist() == [1, 2, 3]
        assert answer.phases["center"].tolist() == [2, 6, 10.5]
        assert answer.phases["n"].tolist() == [3, 5, 4]
        assert chart(phases=[8, 3]).points["phase"].tolist() == answer.points["phase"].tolist()

    def test_summary_speaks_of_the_last_phase(self) -> None:
        answer = chart(phases=[3, 8])
        last = answer.phases.iloc[2].drop("phase")
        assert answer.summary.iloc[0].astype(str).tolist() == last.astype(str).tolist()
        assert answer.summary.loc[0, ["center", "n", "last"]].tolist() == [10.5, 4, 12]

    def test_one_position_may_stand_alone(self) -> None:
        assert chart(phases=8).points["phase"].tolist() == [1] * 8 + [2] * 4

    def test_baseline_counts_within_the_first_phase(self) -> None:
        answer = chart(phases=[6], baseline=2)
        assert answer.phases["center"].tolist() == [1.5, 9.5]
        assert positions(answer, "baseline") == [1, 2, *range(7, 13)]
        longer = chart(phases=[6], baseline=9)
        assert longer.phases["center"].tolist() == [3.5, 9.5]
        assert positions(longer, "baseline") == list(range(1, 13))

    def test_later_phases_use_all_their_included_points(self) -> None:
        answer = chart(phases=[6], baseline=2, exclude=[12])
        assert answer.phases["center"].tolist() == [1.5, 9]

    def test_dates(self) -> None:
        for end in ("2025-01-20", "2025-01-26", datetime.date(2025, 1, 20)):
            assert dated(phases=[end]).points["phase"].tolist() == [1] * 3 + [2] * 9

    def test_runs_and_ranges_do_not_cross_a_phase(self) -> None:
        frame = pd.DataFrame({"t": range(8), "x": [1, 2, 1, 2, 101, 102, 101, 102]})
        answer = pdsa.analyze(frame, "i", value="x", period="t", phases=[4])
        assert answer.phases["sigma"].tolist() == pytest.approx([1 / 1.128] * 2)
        moving = pdsa.analyze(frame, "mr", value="x", period="t", phases=[4])
        assert moving.points["value"].fillna(-1).tolist() == [-1, 1, 1, 1, -1, 1, 1, 1]
        run = pdsa.analyze(frame, "run", value="x", period="t", phases=[4], center=0)
        assert run.phases["longest_run"].tolist() == [4, 4]

    def test_column_of_labels(self) -> None:
        frame = pd.DataFrame({"t": range(6), "x": range(6), "year": ["y2", "y2", "y2", "y1", "y1", "y1"]})
        for dtype in ("str", "category", "object"):
            answer = pdsa.analyze(frame.astype({"year": dtype}), value="x", period="t", phases="year")
            assert answer.points["phase"].tolist() == ["y2"] * 3 + ["y1"] * 3
            assert answer.phases["phase"].tolist() == ["y2", "y1"]
            assert answer.phases["center"].tolist() == [1, 4]

    def test_column_of_numbers_and_of_booleans(self) -> None:
        frame = pd.DataFrame({"t": range(4), "x": range(4), "year": [7, 7, 9, 9], "after": [False, False, True, True]})
        assert pdsa.analyze(frame, value="x", period="t", phases="year").phases["phase"].tolist() == [7, 9]
        assert pdsa.analyze(frame, value="x", period="t", phases="after").phases["center"].tolist() == [0.5, 2.5]

    def test_column_with_a_blank_is_refused(self) -> None:
        frame = pd.DataFrame({"t": range(4), "x": range(4), "year": ["a", None, "b", "b"]})
        with pytest.raises(InputError, match="without a phase"):
            pdsa.analyze(frame, value="x", period="t", phases="year")

    def test_baseline_with_a_column_of_phases_counts_in_each_series_first_phase(self) -> None:
        frame = pd.DataFrame(
            {
                "s": ["a"] * 4 + ["b"] * 4,
                "t": [*range(4)] * 2,
                "x": [1, 3, 9, 9] * 2,
                "p": ["u", "u", "w", "w", *"wwuu"],
            }
        )
        answer = pdsa.analyze(frame, value="x", period="t", by="s", phases="p", baseline=1)
        assert answer.phases["center"].tolist() == [1, 9, 1, 9]

    def test_end_beyond_one_series_is_a_note_of_that_series(self) -> None:
        answer = two(phases=[6])
        assert "phases=6 lies beyond this series of 5 points" in notes(answer, 1)
        assert answer.phases[["s", "phase"]].to_numpy().tolist() == [["a", 1], ["a", 2], ["b", 1]]
        assert len(answer.summary) == 2

    def test_end_on_the_last_point_makes_no_further_phase(self) -> None:
        answer = chart(phases=[12])
        assert answer.phases["phase"].tolist() == [1]
        assert "beyond" not in notes(answer)


class TestExclude:
    def test_point_stays_drawn_and_leaves_lines_and_rules(self) -> None:
        answer = chart([1, 2, 90, 4, 5], "i", exclude=[3])
        assert answer.points["value"].tolist() == [1, 2, 90, 4, 5]
        assert positions(answer, "included") == [1, 2, 4, 5]
        assert positions(answer, "baseline") == [1, 2, 4, 5]
        assert answer.summary.loc[0, "center"] == 3
        assert answer.summary.loc[0, ["n", "n_useful"]].tolist() == [4, 4]
        assert not answer.points["signal"].any()
        assert "1 point excluded" in notes(answer)

    def test_one_position_a_range_dates_and_a_column(self) -> None:
        assert positions(chart(exclude=3), "included") == [1, 2, *range(4, 13)]
        assert positions(chart(exclude=range(2, 5)), "included") == [1, *range(5, 13)]
        assert positions(chart(exclude=np.array([2, 3])), "included") == [1, *range(4, 13)]
        assert positions(dated(exclude=["2025-01-13", datetime.date(2025, 1, 20)]), "included") == [1, *range(4, 13)]
        frame = pd.DataFrame({"t": range(3), "x": range(3), "odd": [False, True, False]})
        assert positions(pdsa.analyze(frame, value="x", period="t", exclude="odd"), "included") == [1, 3]

    def test_position_in_every_series_that_has_it(self) -> None:
        answer = two(exclude=[2, 6])
        assert positions(answer, "included") == [1, 3, 4, 5, 7, 8, 9, 10, 11, 12, 13, 15, 16, 17]
        assert "exclude=6 lies beyond this series of 5 points" in notes(answer, 1)

    def test_everything(self) -> None:
        answer = chart([1, 2, 3], "i", exclude=[1, 2, 3])
        assert answer.points["center"].isna().all()
        assert answer.summary.loc[0, ["n", "n_useful", "verdict"]].tolist() == [0, 0, "too_few"]


class TestRefusals:
    @pytest.mark.parametrize(
        ("argument", "wanted"),
        [
            ("baseline", 13),
            ("baseline", 0),
            ("baseline", -1),
            ("baseline", (0, 5)),
            ("baseline", (1, 2, 3)),
            ("baseline", 3.0),
            ("baseline", True),
            ("baseline", "first_year"),
            ("baseline", "2025-01-06"),  # the periods are numbers
            ("exclude", [13]),
            ("exclude", [0]),
            ("exclude", [True, False]),
            ("exclude", [2.5]),
            ("phases", [13]),
            ("phases", [6, 0]),
            ("phases", "nowhere"),
        ],
    )
    def test_positions(self, argument: str, wanted: object) -> None:
        with pytest.raises(InputError, match=argument):
            chart(**{argument: wanted})

    @pytest.mark.parametrize(
        ("argument", "wanted"),
        [
            ("baseline", "2024-12-31"),
            ("baseline", ("2026-01-01", "2026-02-01")),
            ("baseline", True),
            ("baseline", "2025-02-30"),
            ("baseline", pd.Period("2025-01", "M")),
            ("exclude", ["2025-01-07"]),
            ("phases", ["2024-12-31"]),
            ("phases", ["2024-12-31", "2025-02-03"]),
            ("phases", ["2025-02-03", "2026-01-01"]),
        ],
    )
    def test_dates(self, argument: str, wanted: object) -> None:
        with pytest.raises(InputError, match=argument):
            dated(**{argument: wanted})

    def test_message_names_the_reach_and_the_columns(self) -> None:
        with pytest.raises(InputError, match="13, expected a position from 1 to 12"):
            chart(baseline=13)
        with pytest.raises(InputError, match=r"a column \(there: t\)"):
            chart(baseline="first_year")

    def test_nothing_to_reach_in_an_empty_frame(self) -> None:
        empty = pd.DataFrame({"t": pd.to_datetime([]), "x": pd.Series([], dtype=float)})
        assert len(pdsa.analyze(empty, "i", value="x", period="t", baseline=12, phases=[3]).points) == 0


@pytest.mark.parametrize("kind", ["run", "i", "p", "u", "p_prime", "u_prime"])
def test_frozen_baseline_alone_makes_the_lines_and_the_shift_signals(kind: str) -> None:
    """12 + 12 points: 40 and 50 of 100 by turns, then 20 more; published values by hand."""
    counts = [40, 50] * 6 + [60, 70] * 6
    frame = pd.DataFrame({"t": range(24), "x": counts, "n": 100})
    answer = pdsa.analyze(frame, kind, value="x", denominator="n", period="t", baseline=12, better="up", per=100)
    assert answer.summary.loc[0, "center"] == pytest.approx(45, rel=1e-14)
    # i: 3 * 10 / 1.128; p: 3 sqrt(.45 .55) * 10; u: 3 sqrt(.45) * 10; scores of the prime charts have ranges of 10
    half = {"run": NAN, "i": 26.5957447, "p": 14.9248116, "u": 20.1246118, "p_prime": 26.5957447, "u_prime": 26.5957447}
    assert answer.points.loc[23, "upper"] == pytest.approx(45 + half[kind], abs=5e-8, nan_ok=True)
    above = {"run": 0, "i": 0, "p": 12, "u": 6, "p_prime": 0, "u_prime": 0}
    assert answer.points["rule_outside"].sum() == above[kind]
    # 13 above in a row, the 50 before the shift included
    assert positions(answer, "rule_long_run") == list(range(12, 25))
    assert answer.summary.loc[0, ["longest_run", "longest_run_max", "verdict"]].tolist() == [13, 8, "improvement"]


@settings(max_examples=300, derandomize=True, deadline=None)
@given(
    st.lists(st.lists(st.one_of(st.none(), st.integers(0, 9)), min_size=1, max_size=15), min_size=1, max_size=4),
    st.sampled_from(["run", "i", "mr", "p", "u", "p_prime", "u_prime"]),
    st.booleans(),
)
def test_phases_are_series_of_their_own(parts: list[list[int | None]], kind: str, screened: bool) -> None:
    rows = [(i, v) for i, part in enumerate(parts) for v in part]
    one = pd.DataFrame({"part": [i for i, _ in rows], "t": range(len(rows)), "n": 9})
    one["x"] = pd.Series([v for _, v in rows], dtype="Int64")
    many = pd.concat([one.assign(s=0, label=one["part"]), one.assign(s=one["part"] + 1, label=0)])
    answer = pdsa.analyze(
        many, kind, value="x", period="t", by="s", phases="label", screen="once" if screened else "off",
        denominator="n" if kind[0] in "pu" else None,
    )  # fmt: skip
    for name in ("value", "center", "lower", "upper", "baseline", "rule_outside", "rule_long_run"):
        points = answer.points[name].fillna(-1).tolist()
        assert points[: len(rows)] == points[len(rows) :], name
    columns = [
        "n_useful",
        "longest_run",
        "crossings",
        "center",
        "sigma",
        "sigma_z",
        "n_outside",
        "verdict",
        "assurance",
    ]
    for name in columns:
        segments = answer.phases[name].fillna(-1).tolist()
        assert segments[: len(parts)] == segments[len(parts) :], name
