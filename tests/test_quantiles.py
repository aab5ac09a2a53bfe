"""Predictive quantiles against exact sums in fractions, closed forms, and their promise about false alarms."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from fractions import Fraction

import numpy as np
import pytest

from pdsa.quantiles import (
    beta_binomial_quantile,
    beta_geometric_quantile,
    chi_square_quantile,
    exponential_quantile,
    gamma_poisson_quantile,
    normal_quantile,
    t_quantile,
)

LOW, HIGH = Fraction(135, 100_000), Fraction(99_865, 100_000)
LEVELS = [LOW, Fraction(2275, 100_000), Fraction(1, 2), Fraction(97_725, 100_000), HIGH]
NAN = float("nan")


def summed_beta_binomial(q: Fraction, n: int, a: Fraction, b: Fraction) -> int:
    """The smallest count whose distribution function reaches q, in fractions."""
    chance = Fraction(1)
    for i in range(n):
        chance *= (b + i) / (a + b + i)
    total = Fraction(0)
    for x in range(n + 1):
        total += chance
        if total >= q:
            return x
        chance *= (n - x) * (a + x) / ((x + 1) * (b + n - x - 1))
    raise AssertionError


def log_beta_binomial(x: int, n: int, a: float, b: float) -> float:
    parts = (math.lgamma(n + 1), -math.lgamma(x + 1), -math.lgamma(n - x + 1), math.lgamma(x + a))
    more = (math.lgamma(n - x + b), -math.lgamma(n + a + b), math.lgamma(a + b), -math.lgamma(a), -math.lgamma(b))
    return math.fsum(parts + more)


class TestBetaBinomial:
    def test_every_small_case_in_fractions(self) -> None:
        rng = np.random.default_rng(3)
        for _ in range(120):
            n, trials = int(rng.integers(1, 60)), int(rng.integers(0, 200))
            events = int(rng.choice([0, trials, rng.integers(0, trials + 1)]))
            a, b = events + Fraction(1, 2), trials - events + Fraction(1, 2)
            for q in LEVELS:
                found = beta_binomial_quantile(float(q), n, float(a), float(b))
                assert found == summed_beta_binomial(q, n, a, b), (n, a, b, q)

    @pytest.mark.parametrize(
        ("n", "a", "b"),
        [(3_000, 300.5, 2_000.5), (2_000, 0.5, 900.5), (2_500, 40.5, 3.5), (4_000, 0.5, 0.5), (1_500, 1e7, 4e5)],
    )
    def test_sums_of_log_gamma_agree_where_they_are_accurate(self, n: int, a: float, b: float) -> None:
        chances = np.array([math.exp(log_beta_binomial(x, n, a, b)) for x in range(n + 1)])
        total = np.cumsum(chances) / chances.sum()
        for q in (float(level) for level in LEVELS):
            assert beta_binomial_quantile(q, n, a, b) == np.searchsorted(total, q)

    @pytest.mark.parametrize(
        ("n", "a", "b"), [(10**6, 10**7, 10**7), (10**6, 5 * 10**6, 10**7), (10**5, 21, 21), (10**5, 3, 10**3)]
    )
    def test_large_numbers_added_up_in_decimals(self, n: int, a: int, b: int) -> None:
        """From the quantile outwards by the ratio of neighbors, in thirty digits, until nothing is added."""
        with localcontext() as context:
            context.prec = 30
            for q in (0.00135, 0.5, 0.99865):
                found = int(beta_binomial_quantile(q, n, a, b))
                below, step, x = Decimal(0), Decimal(1), found
                while x >= 0 and step > Decimal("1e-22"):
                    below += step
                    step *= Decimal(x * (b + n - x)) / Decimal((n - x + 1) * (a + x - 1))
                    x -= 1
                above, step, x = Decimal(0), Decimal(1), found
                while x < n and step > Decimal("1e-22"):
                    step *= Decimal((n - x) * (a + x)) / Decimal((x + 1) * (b + n - x - 1))
                    above += step
                    x += 1
                assert below / (below + above) >= Decimal(q) * (1 - Decimal("1e-12"))
                assert (below - 1) / (below + above) < Decimal(q)

    def test_shapes_missing_values_and_no_trials(self) -> None:
        n = np.array([[10.0, NAN, 0.0], [25.0, 1.0, 400.0]])
        found = beta_binomial_quantile(0.99865, n, np.array([[5.5], [0.5]]), 20.5)
        assert found.shape == (2, 3)
        expected = [summed_beta_binomial(Fraction(0.99865), int(m), Fraction(1, 2), Fraction(41, 2)) for m in n[1]]
        assert found[1].tolist() == expected
        assert np.isnan(found[0, 1])
        assert found[0, 2] == 0
        assert beta_binomial_quantile(0.5, np.zeros((0, 4)), 1.0, 1.0).shape == (0, 4)
        assert np.isnan(beta_binomial_quantile(0.5, np.inf, 1.5, 2.5))

    def test_batches_do_not_matter(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(5)
        n, a, b = (rng.integers(1, 300, 500).astype(float) for _ in range(3))
        whole = beta_binomial_quantile(0.00135, n, a - 0.5, b - 0.5)
        monkeypatch.setattr("pdsa.quantiles.CELLS", 100)
        assert (beta_binomial_quantile(0.00135, n, a - 0.5, b - 0.5) == whole).all()


class TestOtherCounts:
    def test_gamma_poisson_in_fractions(self) -> None:
        """With shape r and share p = 1 / (1 + scale): chance of x is C(x + r - 1, x) p**r (1 - p)**x."""
        for shape in (1, 2, 7, 30):
            for scale in (Fraction(1, 12), Fraction(1), Fraction(9, 2)):
                p = 1 / (1 + scale)
                for q in LEVELS:
                    chance, total, x = p**shape, p**shape, 0
                    while total < q:
                        chance *= (1 - p) * (x + shape) / (x + 1)
                        total, x = total + chance, x + 1
                    assert gamma_poisson_quantile(float(q), float(shape), float(scale)) == x

    def test_gamma_poisson_of_a_long_baseline_is_poisson(self) -> None:
        # R: qpois(c(.00135, .5, .99865), 20) = 8, 20, 35
        found = [float(gamma_poisson_quantile(q, 2e9, 1e-8)) for q in (0.00135, 0.5, 0.99865)]
        assert found == [8, 20, 35]
        assert gamma_poisson_quantile(0.99865, 1e7 + 0.5, 1e-13) == 0

    def test_gamma_poisson_shapes(self) -> None:
        assert np.isnan(gamma_poisson_quantile(0.5, 10.5, np.inf))
        found = gamma_poisson_quantile(0.5, np.array([[10.5], [NAN]]), np.array([0.1, 1.0, 5.0]))
        assert found.shape == (2, 3)
        assert np.isnan(found[1]).all()

    def test_beta_geometric_in_fractions(self) -> None:
        for a, b in (
            (Fraction(13, 2), Fraction(301, 2)),
            (Fraction(1, 2), Fraction(5, 2)),
            (Fraction(25), Fraction(9)),
        ):
            for q in LEVELS[: 3 if a < 1 else 5]:
                beyond, x = b / (a + b), 0  # the chance of more than x cases
                while 1 - beyond < q:
                    x += 1
                    beyond *= (b + x) / (a + b + x)
                assert beta_geometric_quantile(float(q), float(a), float(b)) == x

    def test_beta_geometric_of_a_long_baseline_is_geometric(self) -> None:
        # log(.00135) / log(.98) - 1, rounded up
        assert beta_geometric_quantile(0.99865, 2e7, 98e7) == math.ceil(math.log(0.00135) / math.log(0.98) - 1)
        found = beta_geometric_quantile(0.99865, np.array([2.5, NAN]), np.array([[98.5], [10.5]]))
        assert np.isnan(found).tolist() == [[False, True], [False, True]]


class TestContinuous:
    def test_multipliers_of_exponential_times(self) -> None:
        """statistics.md E3.3: 12.05, 8.81 and 7.61 times the mean."""
        found = exponential_quantile(1 - 0.00135, np.array([6.0, 12.0, 24.0]), 1.0)
        assert found.round(2).tolist() == [12.05, 8.81, 7.61]

    def test_multipliers_of_normal_values(self) -> None:
        """statistics.md E3.3: t(k - 1) sqrt(1 + 1/k) c4 on S / c4."""
        for k, c4, printed in ((5, 0.939986, 6.82), (12, 0.977559, 3.92), (30, 0.991418, 3.31), (100, 0.997478, 3.09)):
            upper = float(normal_quantile(1 - 0.0013498980316300933, k, 0.0, 1.0))
            assert upper * c4 == pytest.approx(printed, abs=0.00501)
            assert normal_quantile(0.0013498980316300933, k, 10.0, 2.0) == pytest.approx(10 - 2 * upper)
        assert np.isnan(normal_quantile(0.5, np.array([0.0, 1.0]), 0.0, 1.0)).all()

    def test_printed_quantiles(self) -> None:
        # R: qt(.975, c(1, 5, 30)), qchisq(c(.025, .975), 10)
        assert t_quantile(0.975, np.array([1.0, 5.0, 30.0])) == pytest.approx(
            [12.7062047362, 2.5705818356, 2.0422724563]
        )
        assert chi_square_quantile(0.025, 10.0) == pytest.approx(3.2469727802)
        assert chi_square_quantile(0.975, 10.0) == pytest.approx(20.4831773508)
        assert np.isnan(t_quantile(0.975, 0.0))
        assert np.isnan(chi_square_quantile(0.975, 0.0))


class TestFutureFalseAlarms:
    """F12: .0027 +- .0005 for normal and exponential values, at most .0027 for counts, k = 6 to 30."""

    TAIL = 0.0013498980316300933

    @pytest.mark.parametrize("k", [6, 8, 12, 20, 30])
    def test_normal(self, k: int) -> None:
        draws = np.random.default_rng(k).standard_normal((200_000, k + 1))
        mean, sd = draws[:, :k].mean(axis=1), draws[:, :k].std(axis=1, ddof=1)
        lower, upper = (normal_quantile(q, k, mean, sd) for q in (self.TAIL, 1 - self.TAIL))
        share = np.mean((draws[:, k] < lower) | (draws[:, k] > upper))
        assert share == pytest.approx(0.0027, abs=0.0005)

    @pytest.mark.parametrize("k", [6, 8, 12, 20, 30])
    def test_exponential(self, k: int) -> None:
        draws = np.random.default_rng(k).exponential(7.0, (200_000, k + 1))
        mean = draws[:, :k].mean(axis=1)
        lower, upper = (exponential_quantile(q, k, mean) for q in (self.TAIL, 1 - self.TAIL))
        share = np.mean((draws[:, k] < lower) | (draws[:, k] > upper))
        assert share == pytest.approx(0.0027, abs=0.0005)

    @pytest.mark.parametrize("k", [6, 8, 12, 20, 30])
    def test_binomial(self, k: int) -> None:
        """Not simulated but summed over every number of events that the baseline may have."""
        from scipy.special import bdtr, bdtrc

        for n in (8, 10, 25, 100):
            events = np.arange(k * n + 1.0)
            lower, upper = (
                beta_binomial_quantile(q, n, events + 0.5, k * n - events + 0.5) for q in (self.TAIL, 1 - self.TAIL)
            )
            for p in np.linspace(0.01, 0.99, 99):
                chance = np.diff(bdtr(events, k * n, p), prepend=0)
                below = np.where(lower > 0, bdtr(np.maximum(lower - 1, 0), n, p), 0)
                assert chance @ (below + bdtrc(upper, n, p)) <= 0.0027

    @pytest.mark.parametrize("k", [6, 8, 12, 20, 30])
    def test_poisson(self, k: int) -> None:
        from scipy.special import pdtr, pdtrc

        events = np.arange(2_500.0)
        lower, upper = (gamma_poisson_quantile(q, events + 0.5, 1 / k) for q in (self.TAIL, 1 - self.TAIL))
        for mean in np.geomspace(0.05, 60, 100):
            chance = np.diff(pdtr(events, k * mean), prepend=0)
            below = np.where(lower > 0, pdtr(np.maximum(lower - 1, 0), mean), 0)
            assert chance @ (below + pdtrc(upper, mean)) <= 0.0027

    def test_three_standard_deviations_do_not_keep_it(self) -> None:
        """statistics.md E3.3: with k = 12, n = 10, p = .9 the usual limits give .0127, the predictive ones .0005."""
        draws = np.random.default_rng(12).binomial(10, 0.9, (200_000, 13)).astype(float)
        events = draws[:, :12].sum(axis=1)
        share = events / 120
        spread = 3 * np.sqrt(share * (1 - share) / 10)
        usual = np.mean(np.abs(draws[:, 12] / 10 - share) > spread)
        assert usual == pytest.approx(0.0127, abs=0.001)
        lower, upper = (beta_binomial_quantile(q, 10, events + 0.5, 120.5 - events) for q in (self.TAIL, 1 - self.TAIL))
        assert np.mean((draws[:, 12] < lower) | (draws[:, 12] > upper)) == pytest.approx(0.0005, abs=0.0002)
