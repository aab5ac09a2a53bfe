"""The rules on series written as signs, one character a point, around a given center of zero."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pdsa
from pdsa import Rule
from pdsa.chart import Chart
from pdsa.errors import InputError
from pdsa.rules import crossings_min, longest_run_max, run_limits, runs, sides

NAN = float("nan")
VALUES = {"+": 1.0, "-": -1.0, "0": 0.0, ".": NAN, "x": -1.0, "^": 5.0, "v": -5.0}
COUNTS = ["n_useful", "longest_run", "longest_run_max", "crossings", "crossings_min"]
MANY = settings(max_examples=300, derandomize=True, deadline=None)


def chart(signs: str, kind: str = "run", **more: object) -> Chart:
    """Points above, below and on the center, missing (.), excluded (x), beyond three sigma (^ v)."""
    frame = pd.DataFrame(
        {"t": range(1, len(signs) + 1), "x": [VALUES[s] for s in signs], "out": [s == "x" for s in signs]}
    )
    given_lines: dict[str, object] = {"center": 0, "exclude": "out", **({"sigma": 1} if kind == "i" else {})}
    return pdsa.analyze(frame, kind, value="x", period="t", **(given_lines | more))  # type: ignore[arg-type]


def flagged(answer: Chart, rule: str) -> str:
    return "".join("#" if one else "." for one in answer.points[f"rule_{rule}"])


class TestRunLimits:
    # round(log2 n) + 3 and qbinom(0.05, n - 1, 0.5), from R
    TABLE: ClassVar = {
        10: (6, 2), 11: (6, 2), 12: (7, 3), 13: (7, 3), 14: (7, 4), 15: (7, 4), 16: (7, 4), 17: (7, 5), 18: (7, 5),
        19: (7, 6), 20: (7, 6), 21: (7, 6), 22: (7, 7), 23: (8, 7), 24: (8, 8), 25: (8, 8), 26: (8, 8), 27: (8, 9),
        28: (8, 9), 29: (8, 10), 30: (8, 10), 36: (8, 13), 60: (9, 23), 100: (10, 41),
    }  # fmt: skip

    @pytest.mark.parametrize("n", TABLE)
    def test_table(self, n: int) -> None:
        number = np.array([n])
        assert (int(longest_run_max(number)[0]), int(crossings_min(number)[0])) == self.TABLE[n]

    def test_every_length_by_counting_outcomes(self) -> None:
        longest, fewest = run_limits(100)
        for n in range(1, 101):
            tail = [sum(math.comb(n - 1, j) for j in range(k + 1)) / 2 ** (n - 1) for k in range(n)]
            assert int(fewest[n]) == next(k for k, p in enumerate(tail) if p >= 0.05)
            assert int(longest[n]) == round(math.log2(n)) + 3

    def test_nothing_useful(self) -> None:
        assert longest_run_max(np.array([0])).tolist() == [0]
        assert crossings_min(np.array([0])).tolist() == [0]

    def test_one_limit_for_each_series(self) -> None:
        assert longest_run_max(np.array([24, 10, 100])).tolist() == [8, 6, 10]


class TestRuns:
    def test_counts(self) -> None:
        found = runs(np.array([[1, 1, -1, 0, -1, 1, 0, 0], [0, 0, 0, 0, 0, 0, 0, 0]], dtype=np.int8))
        assert found.n_useful.tolist() == [5, 0]
        assert found.longest.tolist() == [2, 0]
        assert found.crossings.tolist() == [2, 0]
        assert found.length.tolist() == [2, 2, 1]
        assert found.numbers(16).tolist() == [1, 1, 2, 0, 2, 3, 0, 0] + [0] * 8
        assert [part.tolist() for part in found.cells(2)] == [[0, 1, 2, 4], [1, 1, -1, -1]]
        assert found.cells(2, skip=1)[0].tolist() == [1, 4]
        assert found.cells(np.array([3, 1]))[0].tolist() == []

    def test_a_run_ends_with_its_series(self) -> None:
        found = runs(np.array([[0, 1, 1], [1, 1, 0]], dtype=np.int8))
        assert found.length.tolist() == [2, 2]
        assert found.crossings.tolist() == [0, 0]
        assert found.numbers(6).tolist() == [0, 1, 1, 1, 1, 0]

    def test_a_break_ends_a_run(self) -> None:
        side = np.array([[1, 1, 0, 1, 1]], dtype=np.int8)
        assert runs(side).length.tolist() == [4]
        assert runs(side, np.array([[False, False, True, False, False]])).length.tolist() == [2, 2]

    def test_no_points(self) -> None:
        assert runs(np.zeros((2, 0), dtype=np.int8)).n_useful.tolist() == [0, 0]

    def test_run_over_the_limit_is_marked_as_a_whole(self) -> None:
        answer = chart("-+" + "+" * 6 + "-+--+-")  # n = 14: at most 7
        assert flagged(answer, "long_run") == "." * 14
        answer = chart("-+" + "+" * 7 + "-+--+-")  # n = 15: at most 7
        assert flagged(answer, "long_run") == ".########......"
        assert answer.summary.loc[0, COUNTS].tolist() == [15, 8, 7, 6, 4]
        assert answer.summary.loc[0, "runs_signal"]

    def test_below_counts_like_above(self) -> None:
        assert flagged(chart("+-" + "-" * 7 + "+-++-+"), "long_run") == ".########......"

    def test_two_long_runs_are_both_marked(self) -> None:
        assert flagged(chart("++++++++--------+-+"), "long_run") == "################..."

    def test_ties_missing_and_excluded_points_neither_extend_nor_break(self) -> None:
        answer = chart("++0+.+x+00++-.--")  # 7 above, 3 below: at most 6
        assert answer.summary.loc[0, COUNTS].tolist() == [10, 7, 6, 1, 2]
        assert flagged(answer, "long_run") == "##.#.#.#..##...."

    def test_few_crossings_mark_no_point(self) -> None:
        answer = chart("+++++-----")  # 1 crossing, at least 2
        assert answer.summary.loc[0, "runs_signal"]
        assert flagged(answer, "few_crossings") == "." * 10
        assert not answer.points["signal"].any()
        assert not chart("+++++----+").summary.loc[0, "runs_signal"]

    def test_points_near_the_center_by_rounding_are_ties(self) -> None:
        frame = pd.DataFrame({"t": range(3), "x": [0.1 + 0.2, 0.3, 0.3]})
        summary = pdsa.analyze(frame, "run", value="x", period="t", center=0.3).summary
        assert summary.loc[0, "n_useful"] == 0

    def test_a_mean_of_zero_is_a_tie_with_zero(self) -> None:
        """The mean of these is 1.2e-17 in floats."""
        frame = pd.DataFrame({"t": range(5), "x": [0.1, 0.2, -0.3, 0.0, 0.0]})
        assert sum(frame["x"]) != 0
        assert pdsa.analyze(frame, "i", value="x", period="t").summary.loc[0, "n_useful"] == 3

    def test_without_useful_points_counts_are_missing(self) -> None:
        for signs in ("000", "..."):
            summary = chart(signs).summary
            assert summary.loc[0, "n_useful"] == 0
            assert summary.loc[0, COUNTS[1:]].isna().all()
            assert not summary.loc[0, "runs_signal"]

    def test_whole_series_enters_the_runs_also_with_a_baseline(self) -> None:
        frame = pd.DataFrame({"t": range(16), "x": [1, 2, 3, 2, 1, 3, 2, 3] + [9] * 8})
        answer = pdsa.analyze(frame, "run", value="x", period="t", baseline=7)
        # median of 1 2 3 2 1 3 2 is 2: ties at 2, 4 and 7
        assert answer.summary.loc[0, "center"] == 2
        assert answer.summary.loc[0, COUNTS].tolist() == [13, 10, 7, 3, 3]

    def test_moving_ranges_never_signal_by_runs(self) -> None:
        values = [0, 5, 0, 5, 0, 5, 0, 5, 0, 5, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        frame = pd.DataFrame({"t": range(22), "x": values})
        answer = pdsa.analyze(frame, "mr", value="x", period="t")
        assert answer.summary.loc[0, COUNTS].tolist() == [21, 11, 7, 1, 6]
        assert not answer.summary.loc[0, "runs_signal"]
        assert not answer.points["rule_long_run"].any()
        assert answer.summary.loc[0, "verdict"] == "common_cause"
        assert answer.summary.loc[0, "history"] == ""


class TestOutside:
    def test_strictly_beyond(self) -> None:
        frame = pd.DataFrame({"t": range(6), "x": [3.0, 3.0000001, -3.0, -3.0000001, 0.0, NAN]})
        answer = pdsa.analyze(frame, "i", value="x", period="t", center=0, sigma=1)
        assert answer.points["rule_outside"].tolist() == [False, True, False, True, False, False]

    def test_rounding_is_not_beyond(self) -> None:
        frame = pd.DataFrame({"t": [1, 2], "x": [0.1 + 0.2, 0.2]})
        answer = pdsa.analyze(frame, "i", value="x", period="t", center=0.2, sigma=0.1 / 3)
        assert answer.points["upper"].tolist() == pytest.approx([0.3] * 2)
        assert not answer.points["rule_outside"].any()

    def test_excluded_points_are_never_flagged(self) -> None:
        answer = chart("+-+-+-^v+-", "i", exclude=[7])
        assert flagged(answer, "outside") == ".......#.."
        assert answer.summary.loc[0, "n_outside"] == 1

    def test_without_limits_nothing_is_outside(self) -> None:
        assert not chart("+-+-+-^v+-", "run").points["rule_outside"].any()

    def test_two_sigma_lines_flag_nothing(self) -> None:
        frame = pd.DataFrame({"t": range(10), "x": [0.5, -0.5] * 4 + [2.5, -2.5]})
        assert not pdsa.analyze(frame, "i", value="x", period="t", center=0, sigma=1).points["rule_outside"].any()


class TestSides:
    def test_sides(self) -> None:
        value = np.array([[2.0, 1.0, 0.0, NAN]])
        above, below = sides(value, np.array([[1.0]]), np.array([[2.0]]))
        assert above.tolist() == [[True, False, False, False]]
        assert below.tolist() == [[False, False, True, False]]

    def test_without_a_center_there_are_none(self) -> None:
        above, below = sides(np.array([[1.0]]), np.array([[NAN]]), np.array([[1.0]]))
        assert not above.any()
        assert not below.any()


class TestRuleSets:
    SIGNS = "++++++++-+^-+---"

    def test_anhoej_is_the_three_rules(self) -> None:
        every = chart(self.SIGNS, "i")
        listed = chart(self.SIGNS, "i", rules=["outside", Rule("long_run"), "few_crossings"])
        pd.testing.assert_frame_equal(every.points, listed.points)
        pd.testing.assert_frame_equal(every.summary, listed.summary)

    def test_one_rule(self) -> None:
        answer = chart(self.SIGNS, "i", rules=["outside"])
        assert [c for c in answer.points if c.startswith("rule_")] == ["rule_outside"]
        assert answer.points["signal"].tolist() == [s == "^" for s in self.SIGNS]
        assert not chart("++++++-----", rules=["long_run"]).summary.loc[0, "runs_signal"]
        assert chart("++++++-----", rules=["few_crossings"]).summary.loc[0, "runs_signal"]

    def test_signal_is_any_and_reasons_are_the_names(self) -> None:
        answer = chart("+++^++++-+^-+---", "i")
        reasons = answer.points["reasons"].tolist()
        assert reasons[:4] == ["long_run", "long_run", "long_run", "outside,long_run"]
        assert reasons[8:] == ["", "", "outside", "", "", "", "", ""]
        assert answer.points["signal"].tolist() == [bool(r) for r in reasons]
        assert isinstance(answer.points["reasons"].dtype, pd.CategoricalDtype)

    @pytest.mark.parametrize(
        "rules", ["nelson_9", ["shifts"], [Rule("shifted")], [Rule("shift"), Rule("shift", n=6)], [Rule("trend", n=1)]]
    )
    def test_unknown_rules_are_refused(self, rules: object) -> None:
        with pytest.raises(InputError, match="rules"):
            chart("+-+-", rules=rules)


@MANY
@given(st.text("+-0.x^v", max_size=50).map(lambda signs: signs + "+"))
def test_excluded_and_missing_points_count_like_removed_ones(signs: str) -> None:
    left = [s not in "x.0" for s in signs]
    rows = [("all", s) for s in signs] + [("left", s) for s, kept in zip(signs, left, strict=True) if kept]
    frame = pd.DataFrame({"s": [s for s, _ in rows], "t": range(len(rows)), "x": [VALUES[s] for _, s in rows]})
    frame["out"] = [s == "x" for _, s in rows]
    answer = pdsa.analyze(frame, "i", value="x", period="t", by="s", center=0, sigma=1, exclude="out")
    here, there = answer.summary[[*COUNTS, "runs_signal", "n_outside"]].to_numpy().tolist()
    assert here == there
    for rule in ("rule_outside", "rule_long_run"):
        flags = answer.points[rule].tolist()
        assert [f for f, kept in zip(flags, left, strict=False) if kept] == flags[len(signs) :]
        assert not any(f for f, kept in zip(flags, left, strict=False) if not kept)


@MANY
@given(st.lists(st.tuples(st.integers(-5, 5), st.booleans()), min_size=1, max_size=30), st.sampled_from(["run", "i"]))
def test_excluded_points_move_no_line(points: list[tuple[int, bool]], kind: str) -> None:
    """Without a given center: the chart with excluded points is the chart without their rows."""
    points = [*points, (0, False)]
    rows = [("all", *p) for p in points] + [("left", *p) for p in points if not p[1]]
    frame = pd.DataFrame(rows, columns=["s", "x", "out"]).assign(t=range(len(rows)))
    answer = pdsa.analyze(frame, kind, value="x", period="t", by="s", exclude="out")
    wanted = ["n", *COUNTS, "runs_signal", "verdict", "history", "center", "sigma"]
    for name in wanted:
        here, there = answer.summary[name].fillna(-1)
        assert here == there, name
    flags = answer.points[["rule_outside", "rule_long_run"]].to_numpy()
    kept = [not out for _, out in points]
    assert flags[: len(points)][kept].tolist() == flags[len(points) :].tolist()
