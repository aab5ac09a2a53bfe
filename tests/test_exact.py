"""Exact chances of run signals against every arrangement, whole-number counting, and published figures."""

from __future__ import annotations

from fractions import Fraction
from itertools import groupby, product
from math import comb

import numpy as np
import pytest

from pdsa.exact import LONG, run_count_limits, runs_alarm, with_outside
from pdsa.rules import run_limits

# statistics.md E3.1, center fixed: n, the two limits of Anhoej, the chance of either, of shifts of 6, 7 and 8
FIXED = [
    (10, 6, 2, 0.045, 0.094, 0.039, 0.016),
    (12, 7, 3, 0.043, 0.125, 0.055, 0.023),
    (16, 7, 4, 0.047, 0.183, 0.085, 0.039),
    (20, 7, 6, 0.071, 0.237, 0.115, 0.054),
    (24, 8, 8, 0.066, 0.288, 0.144, 0.069),
    (36, 8, 13, 0.085, 0.420, 0.224, 0.113),
    (60, 9, 23, 0.074, 0.616, 0.364, 0.195),
]
# the same, center the median of the points themselves, simulated: Anhoej, shift of 6
OWN_MEDIAN = [
    (10, 6, 2, 0.008, 0.0),
    (12, 7, 3, 0.012, 0.012),
    (16, 7, 4, 0.009, 0.059),
    (20, 7, 6, 0.022, 0.105),
    (24, 8, 8, 0.029, 0.159),
    (36, 8, 13, 0.042, 0.295),
    (60, 9, 23, 0.043, 0.533),
]


def lengths(signs: tuple[int, ...]) -> list[int]:
    return [len(list(group)) for _, group in groupby(signs)]


def counted_limits(above: int, below: int) -> tuple[int, int]:
    """Fewest and most ordinary runs in whole numbers, by adding up chances from either end."""
    ways = {1: Fraction(int(min(above, below) == 0))}
    for k in range(1, min(above, below) + 1):
        both = comb(above - 1, k - 1) * comb(below - 1, k - 1)
        ways[2 * k] = Fraction(2 * both)
        ways[2 * k + 1] = Fraction(
            comb(above - 1, k) * comb(below - 1, k - 1) + comb(above - 1, k - 1) * comb(below - 1, k)
        )
    total = sum(ways.values())
    runs = sorted(ways)
    fewest = next(r for r in runs if sum(ways[s] for s in runs if s <= r) * 40 > total)
    most = next(r for r in reversed(runs) if sum(ways[s] for s in runs if s >= r) * 40 > total)
    return fewest, most


def compositions(m: int, k: int, longest: int) -> int:
    """Ways to write m as k parts of 1 .. longest, by inclusion and exclusion."""
    if k == 0 or m < k:
        return int(m == k)
    most = (m - k) // longest
    return sum((-1) ** j * comb(k, j) * comb(m - j * longest - 1, k - 1) for j in range(most + 1))


def counted_alarm(n: int, longest: int, crossings: int) -> float:
    ordinary = sum(2 * compositions(n, k, longest) for k in range(crossings + 1, n + 1))
    return float(1 - Fraction(ordinary, 2**n))


def counted_alarm_own_median(n: int, longest: int, crossings: int) -> float:
    one = [compositions(n // 2, k, longest) for k in range(n // 2 + 2)]
    ordinary = sum(2 * one[k] ** 2 for k in range(len(one)) if 2 * k > crossings)
    ordinary += sum(2 * one[k] * one[k + 1] for k in range(len(one) - 1) if 2 * k + 1 > crossings)
    return float(1 - Fraction(ordinary, comb(n, n // 2)))


class TestPublishedFigures:
    @pytest.mark.parametrize(("n", "longest", "crossings", "anhoej", "six", "seven", "eight"), FIXED)
    def test_fixed_center(
        self, n: int, longest: int, crossings: int, anhoej: float, six: float, seven: float, eight: float
    ) -> None:
        assert runs_alarm(n, longest, crossings) == pytest.approx(anhoej, abs=0.00051)
        for k, expected in ((6, six), (7, seven), (8, eight)):
            assert runs_alarm(n, k - 1) == pytest.approx(expected, abs=0.00051)

    @pytest.mark.parametrize(("n", "longest", "crossings", "anhoej", "six"), OWN_MEDIAN)
    def test_own_median_as_simulated(self, n: int, longest: int, crossings: int, anhoej: float, six: float) -> None:
        # the figures are simulations of 20,000 or fewer charts: three standard errors and the rounding
        for found, expected in (
            (runs_alarm(n, longest, crossings, own_median=True), anhoej),
            (runs_alarm(n, 5, own_median=True), six),
        ):
            assert found == pytest.approx(expected, abs=0.0005 + 3 * (expected * (1 - expected) / 20_000) ** 0.5)

    def test_swed_and_eisenhart(self) -> None:
        # points on each side, fewest and most ordinary runs: the published critical values are one further out
        printed = [(5, 5, 3, 9), (8, 8, 5, 13), (10, 10, 7, 15), (12, 12, 8, 18), (15, 15, 11, 21), (20, 20, 15, 27)]
        for above, below, fewest, most in printed:
            assert [int(one) for one in run_count_limits(np.array(above), np.array(below))] == [fewest, most]


class TestEveryArrangement:
    @pytest.mark.parametrize("n", range(1, 13))
    def test_fixed_center(self, n: int) -> None:
        charts = [(lengths(signs), sum(signs)) for signs in product((0, 1), repeat=n)]
        for longest, crossings, few, many in ((n, 0, 1, 1), (3, 0, 0, 0), (4, 2, 0, 0), (n, 3, 1, 0), (5, 0, 0, 1)):
            hits = 0
            for runs, above in charts:
                fewest, most = counted_limits(above, n - above)
                hits += (
                    max(runs) > longest
                    or len(runs) - 1 < crossings
                    or bool(few and len(runs) < fewest)
                    or bool(many and len(runs) > most)
                )
            found = runs_alarm(n, longest, crossings, few=bool(few), many=bool(many))
            assert found == pytest.approx(hits / 2**n, abs=1e-13)

    @pytest.mark.parametrize("n", range(2, 14))
    def test_own_median(self, n: int) -> None:
        charts = [lengths(signs) for signs in product((0, 1), repeat=n) if sum(signs) == n - n // 2]
        fewest, most = counted_limits(n - n // 2, n // 2)
        for longest, crossings, few, many in ((n, 0, 1, 1), (3, 0, 0, 0), (4, 2, 0, 0), (n, 3, 1, 0), (5, 0, 0, 1)):
            hits = sum(
                max(runs) > longest
                or len(runs) - 1 < crossings
                or bool(few and len(runs) < fewest)
                or bool(many and len(runs) > most)
                for runs in charts
            )
            found = runs_alarm(n, longest, crossings, few=bool(few), many=bool(many), own_median=True)
            assert found == pytest.approx(hits / len(charts), abs=1e-13)

    def test_run_counts_for_every_pair_of_sides(self) -> None:
        above, below = np.meshgrid(np.arange(1, 31), np.arange(1, 31))
        fewest, most = run_count_limits(above, below)
        assert fewest.shape == most.shape == above.shape
        for row in range(30):
            for column in range(row, 30):
                expected = counted_limits(row + 1, column + 1)
                assert (fewest[row, column], most[row, column]) == expected
                assert (fewest[column, row], most[column, row]) == expected

    def test_run_counts_of_long_and_lopsided_series(self) -> None:
        pairs = [(200, 180), (3, 400), (60, 900), (1, 70), (0, 9), (0, 0), (700, 700)]
        fewest, most = run_count_limits(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
        assert list(zip(fewest.tolist(), most.tolist(), strict=True)) == [
            counted_limits(a, b) if a + b else (1, 1) for a, b in pairs
        ]


class TestWholeNumbers:
    @pytest.mark.parametrize("n", [64, 65, 100, 137, 400, 512, 513, 700, 1500])
    def test_float_tables_agree_to_twelve_digits(self, n: int) -> None:
        longest, crossings = (int(one[n]) for one in run_limits(n))
        assert runs_alarm(n, longest, crossings) == pytest.approx(counted_alarm(n, longest, crossings), abs=1e-12)
        even = n + n % 2
        expected = counted_alarm_own_median(even, longest, crossings)
        assert runs_alarm(even, longest, crossings, own_median=True) == pytest.approx(expected, abs=1e-12)

    def test_the_band_of_long_series_loses_nothing(self) -> None:
        n = 2_200
        longest, crossings = (int(one[n]) for one in run_limits(n))
        expected = counted_alarm_own_median(n, longest, crossings)
        assert runs_alarm(n, longest, crossings, own_median=True) == pytest.approx(expected, abs=1e-12)

    def test_limits_beyond_any_chance_are_no_limits(self) -> None:
        assert runs_alarm(1_000, 400, 460) == pytest.approx(runs_alarm(1_000, None, 460), abs=1e-15)
        assert runs_alarm(300) == pytest.approx(0, abs=1e-13)
        assert runs_alarm(0, 5, 3) == 0
        assert runs_alarm(7, 0) == 1

    @pytest.mark.parametrize("longest", [None, 14, 11, 9, 6])
    def test_half_above_is_near_enough_for_long_series(self, longest: int | None) -> None:
        """What stands in for counts of runs beyond 2,000 points, where the exact sum is still at hand."""
        exact = runs_alarm(LONG, longest, few=True, many=True)
        assert runs_alarm(LONG, longest, few=True, many=True, own_median=True) == pytest.approx(exact, abs=0.01)
        after = runs_alarm(LONG + 1, longest, few=True, many=True)
        assert after == runs_alarm(LONG + 1, longest, few=True, many=True, own_median=True)
        assert runs_alarm(LONG + 1, many=True) == runs_alarm(LONG + 1, many=True, own_median=True)


class TestOutside:
    def test_independent_of_runs(self) -> None:
        assert with_outside(24, 0.0) == pytest.approx(1 - 0.9973002039367398**24, rel=1e-12)
        assert with_outside(24, 0.25, tail=0.01) == pytest.approx(1 - 0.99**24 * 0.75, rel=1e-12)
        assert with_outside(0, 0.25) == pytest.approx(0.25, rel=1e-14)
        assert with_outside(5, 1.0) == 1

    def test_simulated(self) -> None:
        rng = np.random.default_rng(7)
        values = rng.standard_normal((40_000, 24))
        outside = (np.abs(values) > 2).any(axis=1)
        runs = [max(lengths(tuple(row))) > 5 for row in (values > 0).tolist()]
        share = float(np.mean(outside | np.array(runs)))
        expected = with_outside(24, runs_alarm(24, 5), tail=0.04550026389635839)
        assert share == pytest.approx(expected, abs=3 * (expected * (1 - expected) / 40_000) ** 0.5)
