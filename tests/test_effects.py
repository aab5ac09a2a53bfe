"""Interrupted series and starts spread over time: worked by hand, against other implementations, and hostile frames."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from scipy.special import stdtrit

import pdsa
from pdsa.effects.autoregression import restricted_lag1
from pdsa.effects.interrupted import INTERRUPTED_COLUMNS
from pdsa.effects.staggered import STAGGERED_COLUMNS
from pdsa.effects.times import positions
from pdsa.errors import InputError, Problem

NAN = float("nan")
MONTHS = pd.date_range("2023-09-01", periods=24, freq="MS")


def series(values: object, period: object = None, **more: object) -> pd.DataFrame:
    x = list(values)  # type: ignore[call-overload]
    return pd.DataFrame({"t": range(1, len(x) + 1) if period is None else period, "x": x, **more})


def interrupted(values: object, change: object = 13, period: object = None, **more: object) -> pd.Series:
    return pdsa.interrupted(series(values, period), value="x", period="t", change=change, **more).iloc[0]  # type: ignore[arg-type]


def noisy(seed: int = 1, n: int = 24, rho: float = 0.4) -> np.ndarray:
    noise = np.random.default_rng(seed).standard_normal(n)
    for t in range(1, n):
        noise[t] += rho * noise[t - 1]
    return noise


class TestPositions:
    @pytest.mark.parametrize(
        ("period", "expected"),
        [
            (pd.Index([3, 4, 6, 7]), [0, 1, 3, 4]),
            (pd.Index([2010, 2012, 2014, 2018]), [0, 1, 2, 4]),
            (pd.to_datetime(["2025-09-01", "2025-09-08", "2025-09-23", "2025-09-29"]), [0, 1, 3, 4]),
            (pd.to_datetime(["2025-09-01", "2025-10-01", "2025-12-01"]), [0, 1, 3]),
            (pd.to_datetime(["2025-01-31", "2025-02-28", "2025-03-31", "2025-05-31"]), [0, 1, 2, 4]),
            (pd.to_datetime(["2021-07-01", "2022-07-01", "2024-07-01", "2025-07-01"]), [0, 1, 3, 4]),
            # Thursday, Friday, Monday, Wednesday; then a Saturday among them
            (pd.to_datetime(["2025-09-04", "2025-09-05", "2025-09-08", "2025-09-10"]), [0, 1, 2, 4]),
            (pd.to_datetime(["2025-09-04", "2025-09-05", "2025-09-06", "2025-09-08"]), [0, 1, 2, 4]),
            (pd.PeriodIndex(["2025-01", "2025-02", "2025-04"], freq="M"), [0, 1, 3]),
            (pd.CategoricalIndex(["a", "b", "d"], categories=list("abcd"), ordered=True), [0, 1, 3]),
            (pd.Index([5]), [0]),
        ],
    )
    def test_gaps_are_gaps(self, period: pd.Index, expected: list[int]) -> None:
        found, counted = positions(period)
        assert (found.tolist(), counted) == (expected, False)

    def test_without_a_step_the_rows_are_counted(self) -> None:
        days = pd.to_datetime(["2025-09-01", "2025-09-11", "2025-09-15", "2025-10-02"])
        assert positions(days)[1]
        assert positions(days)[0].tolist() == [0, 1, 2, 3]


class TestRestrictedLikelihood:
    """Against the likelihood written out with full matrices, maximized by another method."""

    @staticmethod
    def by_matrices(design: np.ndarray, y: np.ndarray, place: np.ndarray) -> float:
        def unlikely(rho: float) -> float:
            v = rho ** np.abs(np.subtract.outer(place, place))
            inverse = np.linalg.inv(v)
            within = design.T @ inverse @ design
            beta = np.linalg.solve(within, design.T @ inverse @ y)
            left = y - design @ beta
            n, p = design.shape
            return float(
                np.linalg.slogdet(v)[1] + np.linalg.slogdet(within)[1] + (n - p) * np.log(left @ inverse @ left)
            )

        starts = np.linspace(-0.95, 0.95, 39)
        best = starts[np.argmin([unlikely(rho) for rho in starts])]
        return float(minimize_scalar(unlikely, bounds=(best - 0.05, best + 0.05), options={"xatol": 1e-10}).x)

    @pytest.mark.parametrize("seed", range(6))
    def test_even_and_uneven_places(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        place = np.sort(rng.choice(40, 25, replace=False)).astype(float) if seed % 2 else np.arange(25.0)
        design = np.column_stack([np.ones(25), place, place > place[12]])
        y = noisy(seed, 25, 0.25 * (seed - 2))
        expected = self.by_matrices(design, y, place)
        found = restricted_lag1(design, np.column_stack([y, 100 * y + 7 - place]), place)
        assert found == pytest.approx(np.full(2, expected), abs=2e-6)


class TestInterruptedByHand:
    def test_two_levels_without_resemblance(self) -> None:
        """9 8 9 10 and so on: means of 9 and 5, each with eight deviations of 1 or -1 in twelve values."""
        before, after = [9, 8, 9, 10, 9, 8, 10, 9, 9, 8, 10, 9], [5, 6, 4, 5, 6, 5, 4, 5, 6, 5, 4, 5]
        row = interrupted([*before, *after], slope=False)
        assert (row["change"], row["n_before"], row["n_after"], row["missing"]) == (13, 12, 12, 0)
        assert row["effect"] == pytest.approx(-4, abs=0.05)
        assert row["level"] == row["effect"]
        assert np.isnan(row["slope"])
        assert row["rho"] < 0
        # a negative rho is given no more degrees of freedom than there are
        assert row["df"] == 22
        assert row["evidence"].startswith("after the change, values lie 4")
        assert row["evidence"].endswith("an association beyond chance")

    def test_lines_without_noise(self) -> None:
        """10 + t before, from t = 13 on 5 higher and 2 steeper: level 5, at the last period 5 + 2 * 11."""
        t = np.arange(1, 25)
        row = interrupted(10 + t + np.where(t >= 13, 5 + 2 * (t - 13), 0))
        assert row[["level", "slope", "effect"]].tolist() == pytest.approx([5, 2, 27])
        assert row["horizon"] == 12
        assert np.isnan(row["level_low"])
        assert "no interval" in row["notes"]
        row = interrupted(10 + t + np.where(t >= 13, 5 + 2 * (t - 13), 0), horizon=4)
        assert (row["horizon"], row["effect"]) == (4, pytest.approx(11))
        assert interrupted([3.0] * 24)[["level", "slope", "effect"]].tolist() == [0, 0, 0]

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_interval_by_the_formulas_of_least_squares(self, seed: int) -> None:
        """Given rho, whitening by hand and ordinary formulas; degrees of freedom n (1 - rho) / (1 + rho) - p."""
        y, t = noisy(seed, rho=0.6), np.arange(24.0)
        row = interrupted(y)
        rho = row["rho"]
        x = np.column_stack([np.ones(24), t, t >= 12, (t - 12) * (t >= 12)])
        white = np.linalg.inv(np.linalg.cholesky(rho ** np.abs(np.subtract.outer(t, t))))
        inverse = np.linalg.inv(x.T @ white.T @ white @ x)
        beta = inverse @ x.T @ white.T @ white @ y
        scale = np.sum((white @ (y - x @ beta)) ** 2) / 20
        df = min(max(24 * (1 - rho) / (1 + rho) - 4, 1), 20)
        assert row["df"] == pytest.approx(df)
        for name, weights in (("level", [0, 0, 1, 0]), ("slope", [0, 0, 0, 1]), ("effect", [0, 0, 1, 11])):
            w = np.array(weights, dtype=float)
            wide = stdtrit(df, 0.975) * math.sqrt(scale * w @ inverse @ w)
            assert row[name] == pytest.approx(w @ beta)
            assert row[f"{name}_low"] == pytest.approx(w @ beta - wide)
            assert row[f"{name}_high"] == pytest.approx(w @ beta + wide)
        assert (row["p"] < 0.05) == (row["effect_low"] > 0 or row["effect_high"] < 0)

    def test_size_of_the_step_alone(self) -> None:
        n, count = 24, 500
        noise = np.random.default_rng(5).standard_normal((n, count))
        for t in range(1, n):
            noise[t] = 0.6 * noise[t - 1] + 0.8 * noise[t]
        frame = pd.DataFrame({"s": np.repeat(np.arange(count), n), "t": np.tile(np.arange(n), count)})
        frame["x"] = noise.T.ravel()
        answer = pdsa.interrupted(frame, value="x", period="t", by="s", change=13, slope=False)
        assert 0.02 <= (answer["p"] < 0.05).mean() <= 0.11


class TestInterruptedChoices:
    @pytest.mark.parametrize(("before", "after"), [(7, 20), (20, 7), (5, 6)])
    def test_too_short_for_a_model(self, before: int, after: int) -> None:
        row = interrupted(noisy(1, before + after), change=before + 1)
        assert (row["n_before"], row["n_after"]) == (before, after)
        assert row[["level", "effect", "rho", "df", "p"]].isna().all()
        assert "no model" in row["notes"]
        assert f"{before} values before and {after} after" in row["notes"]
        assert "frozen on the periods before" in row["notes"]
        assert interrupted(noisy(1, 16), change=9)["effect"] == pytest.approx(
            interrupted(noisy(1, 16), change=9, horizon=8)["effect"]
        )

    def test_gaps_stay_in_time(self) -> None:
        """Two missing weeks: as rows without a value or without rows, the answer is the same and not that of 22."""
        week = pd.date_range("2025-01-06", periods=24, freq="7D")
        y = noisy(4)
        y[[5, 17]] = NAN
        whole = interrupted(y, "2025-03-31", week)
        there = ~np.isnan(y)
        without = interrupted(y[there], "2025-03-31", week[there])
        pd.testing.assert_series_equal(without, whole)
        assert whole["missing"] == 2
        assert "2 of 24 periods have no value: gaps in time" in whole["notes"]
        closed = interrupted(y[there], 12)
        assert closed["missing"] == 0
        assert closed["rho"] != pytest.approx(whole["rho"], abs=1e-3)

    def test_a_lag_counts_on_neither_side(self) -> None:
        t = np.arange(1, 31)
        y = 10.0 + t + np.where(t >= 16, 4, 0)
        y[12:15] = 99
        row = interrupted(y, 13, lag=3)
        assert (row["n_before"], row["n_after"], row["level"]) == (12, 15, pytest.approx(4))
        assert "3 values of the lag" in row["notes"]
        assert row["horizon"] == 15

    def test_half_a_year(self) -> None:
        assert interrupted(noisy(), "2024-09-01", MONTHS)["horizon"] == 6
        assert (
            interrupted(noisy(2, 30), "2024-09-01", MONTHS.union(pd.date_range("2025-09-01", periods=6, freq="MS")))[
                "horizon"
            ]
            == 6
        )
        weeks = pd.date_range("2024-01-01", periods=60, freq="7D")
        assert interrupted(noisy(2, 60), "2024-07-01", weeks)["horizon"] == 27
        assert interrupted(noisy(2, 36), "2024-07-01", weeks[:36])["horizon"] == 10
        assert interrupted(noisy(2, 60), 27)["horizon"] == 34

    def test_beyond_the_last_period_is_said(self) -> None:
        assert "beyond the last one, 12" in interrupted(noisy(), horizon=20)["notes"]

    def test_a_season_needs_two_turns(self) -> None:
        """A yearly wave in 30 months, the change in month 16, no noise: the level comes out with the wave modeled."""
        t = np.arange(30)
        y = np.where(t >= 15, 3, 0) + 2 * np.sin(2 * np.pi * t / 12) + np.cos(2 * np.pi * t / 12)
        assert interrupted(y, 16, season=12)["level"] == pytest.approx(3)
        assert abs(interrupted(y, 16)["level"] - 3) > 0.3
        assert "covers less than 2 times 12" in interrupted(y[:23], 13, season=12)["notes"]

    @pytest.mark.parametrize(
        ("change", "period"),
        [
            ("2024-09-01", MONTHS),
            ("2024-08-15", MONTHS),
            (pd.Timestamp("2024-09-01"), MONTHS),
            (np.datetime64("2024-09-01"), MONTHS),
            (MONTHS[12].date(), MONTHS),
            (MONTHS[12].date(), [str(day.date()) for day in MONTHS]),
            ("2024-09-01", MONTHS.to_period("M")),
            (pd.Period("2024-09", "M"), MONTHS.to_period("M")),
            ("m12", pd.Categorical([f"m{i}" for i in range(24)], [f"m{i}" for i in range(24)], ordered=True)),
            (np.int64(13), MONTHS),
        ],
    )
    def test_ways_to_name_the_change(self, change: object, period: object) -> None:
        row = interrupted(noisy(), change, period, horizon=12)
        expected = interrupted(noisy(), 13, horizon=12)
        assert row[["level", "slope", "effect", "rho", "n_before"]].tolist() == pytest.approx(
            expected[["level", "slope", "effect", "rho", "n_before"]].tolist()
        )

    def test_uneven_periods_are_counted_and_said(self) -> None:
        days = pd.to_datetime("2025-01-01") + pd.to_timedelta(np.cumsum(np.resize([1, 4, 9, 2], 24)), unit="D")
        assert "rows were counted" in interrupted(noisy(), 13, days)["notes"]

    def test_series_one_by_one(self) -> None:
        frame = pd.concat(
            [
                series(noisy(1), school="Elm"),
                series(noisy(2, 30), school="Ash"),
                series(noisy(3, 10), school="Oak"),
            ]
        )
        answer = pdsa.interrupted(frame, value="x", period="t", by="school", change=13)
        assert answer["school"].tolist() == ["Ash", "Elm", "Oak"]
        assert answer["effect"].iloc[1] == interrupted(noisy(1))["effect"]
        assert answer["effect"].iloc[0] == interrupted(noisy(2, 30))["effect"]
        assert "does not lie within" in answer["notes"].iloc[2]
        assert answer["change"].tolist() == [13, 13, pd.NA]

    def test_change_of_unit(self) -> None:
        row = interrupted(noisy())
        for scale, shift in ((60, 0), (1.8, 32), (1e-3, 1e3), (1e180, 0), (1e-180, 0)):
            other = interrupted(noisy() * scale + shift)
            assert other["rho"] == pytest.approx(row["rho"], abs=1e-5)
            for name in ("level", "level_low", "slope_high", "effect"):
                assert other[name] == pytest.approx(row[name] * scale, rel=1e-4)

    def test_a_ratio_is_its_quotient(self) -> None:
        y = np.round(noisy() * 5 + 50)
        frame = series(y, n=200)
        answer = pdsa.interrupted(frame, value="x", denominator="n", period="t", change=13)
        assert answer["level"].iloc[0] == pytest.approx(interrupted(y / 200)["level"])
        answer = pdsa.interrupted(
            frame.assign(n=[0, *[200] * 23], x=[0, *y[1:]]), value="x", denominator="n", period="t", change=13
        )
        assert (answer["n_before"].iloc[0], answer["missing"].iloc[0]) == (11, 1)

    @pytest.mark.parametrize("words", ["caused", "effect of", "due to", "because of the change", "impact"])
    def test_nothing_is_said_to_have_caused_anything(self, words: str) -> None:
        for seed in range(4):
            row = interrupted(noisy(seed) + 5 * (np.arange(24) >= 12) * (seed % 2))
            assert words not in row["evidence"] + row["notes"]
            assert "association" in row["evidence"]


def wedge(seed: int | None = None) -> pd.DataFrame:
    """Eight schools, four waves, twelve periods: school and period effects, an effect that grows by .25 a period."""
    begins = dict(zip("ABCDEFGH", np.repeat([5, 7, 9, 11], 2).tolist(), strict=True))
    rows = [(s, t, b) for s, b in begins.items() for t in range(1, 13)]
    frame = pd.DataFrame(rows, columns=["school", "period", "begins"])
    frame["value"] = frame["school"].map(ord) + np.sin(frame["period"]) * 3
    frame["value"] += np.where(frame["period"] >= frame["begins"], 0.25 * (frame["period"] - frame["begins"] + 1), 0)
    if seed is not None:
        frame["value"] += np.random.default_rng(seed).standard_normal(len(frame))
    return frame


def dummies(frame: pd.DataFrame) -> pd.Series:
    """Imputed effects of the treated cells by ordinary least squares with dummies: another way to the same numbers."""
    from statsmodels.regression.linear_model import OLS

    known = frame.dropna(subset="value")
    treated = known["period"] >= known["begins"].fillna(np.inf)
    x = pd.get_dummies(known["school"], dtype=float)
    x[[f"p{t}" for t in range(2, 13)]] = np.equal.outer(known["period"].to_numpy(), np.arange(2, 13)).astype(float)
    x = x.loc[:, x[~treated].any()]
    rest = OLS(known["value"][~treated], x[~treated]).fit()
    seen = treated & known["period"].isin(known["period"][~treated]) & known["school"].isin(known["school"][~treated])
    gain = known["value"][seen] - x[seen].to_numpy() @ rest.params.to_numpy()
    return gain.groupby(known["period"] - known["begins"] + 1).mean(), float(gain.mean())  # type: ignore[return-value]


class TestStaggered:
    def test_an_effect_that_grows_is_found_and_the_common_regression_shrinks_it(self) -> None:
        """Without noise: .25 times the time since the start, in every cell where some school has not begun: before
        period 11. Those cells are 6, 4 and 2 of the first three waves, twice: mean .25 * (21 + 10 + 3) / 12."""
        answer = pdsa.staggered(wedge(), start="begins", orders=50).set_index("exposure")
        by_time = answer[answer["part"] == "exposure"]
        assert by_time["effect"].tolist()[:6] == pytest.approx([0.25, 0.5, 0.75, 1, 1.25, 1.5])
        assert by_time["effect"].isna().tolist() == [False] * 6 + [True] * 2
        assert by_time["cells"].tolist() == [6, 6, 4, 4, 2, 2, 0, 0]
        assert by_time["schools"].tolist() == [6, 6, 4, 4, 2, 2, 0, 0]
        assert by_time["left_out"].tolist() == [2, 2, 2, 2, 2, 2, 2, 2]
        overall = answer[answer["part"] == "overall"].iloc[0]
        assert overall["effect"] == pytest.approx(0.25 * 34 / 12)
        assert (overall["cells"], overall["schools"], overall["left_out"]) == (24, 6, 16)
        assert "16 treated cells have nothing to be compared with" in overall["notes"]
        # over all treated cells .875, over these .708 (statistics.md E3.6, which prints .304 for the regression)
        assert overall["effect"] == pytest.approx(0.708, abs=0.0005)
        assert overall["twfe"] == pytest.approx(0.25)

    @pytest.mark.parametrize("seed", [1, 2, 3])
    def test_least_squares_with_dummies(self, seed: int) -> None:
        frame = wedge(seed)
        frame.loc[frame["school"] == "C", "begins"] = NAN
        frame.loc[[3, 50, 51, 77], "value"] = NAN
        answer = pdsa.staggered(frame, start="begins", orders=20)
        by_time, overall = dummies(frame)
        found = answer[answer["cells"] > 0].set_index("exposure")["effect"]
        assert found.iloc[:-1].to_dict() == pytest.approx(by_time.to_dict(), rel=1e-9)
        assert found.iloc[-1] == pytest.approx(overall, rel=1e-9)
        assert "4 of 96 cells have no value" in answer["notes"].iloc[0]

    @pytest.mark.parametrize("seed", [1, 2])
    def test_the_common_regression_by_dummies(self, seed: int) -> None:
        from statsmodels.regression.linear_model import OLS

        frame = wedge(seed)
        x = pd.get_dummies(frame["school"], dtype=float)
        x[[f"p{t}" for t in range(2, 13)]] = np.equal.outer(frame["period"].to_numpy(), np.arange(2, 13)).astype(float)
        x["on"] = (frame["period"] >= frame["begins"]).astype(float)
        expected = OLS(frame["value"], x).fit().params["on"]
        assert pdsa.staggered(frame, start="begins", orders=5)["twfe"].iloc[-1] == pytest.approx(expected)

    def test_every_order_by_hand(self) -> None:
        """Three schools, starts 2, 3 and never: six orders, each imputed by dummies; the interval by its own orders."""
        rng = np.random.default_rng(8)
        frame = pd.DataFrame(
            [(s, t, b) for s, b in zip("ABC", [2.0, 3.0, NAN], strict=True) for t in (1, 2, 3)],
            columns=["school", "period", "begins"],
        ).assign(value=rng.normal(size=9).round(2))
        answer = pdsa.staggered(frame, start="begins").iloc[-1]
        effects = []
        for order in itertools.permutations([2.0, 3.0, NAN]):
            effects.append(dummies(frame.assign(begins=frame["school"].map(dict(zip("ABC", order, strict=True)))))[1])
        assert (answer["orders"], bool(answer["exact"])) == (6, True)
        assert answer["effect"] == pytest.approx(effects[0])
        assert answer["p"] == np.mean(np.abs(effects) >= abs(effects[0]) - 1e-9)
        assert answer[["low", "high"]].isna().all()
        assert "6 orders of starts are too few" in answer["notes"]

    def test_2520_orders_and_an_interval(self) -> None:
        """A constant effect added to the values moves estimate and interval by just that much."""
        frame = wedge(3)
        on = frame["period"] >= frame["begins"]
        answer = pdsa.staggered(frame, start="begins").iloc[-1]
        assert (answer["orders"], bool(answer["exact"])) == (2520, True)
        assert answer["low"] < answer["effect"] < answer["high"]
        assert (answer["p"] <= 0.05) == (answer["low"] > 0 or answer["high"] < 0)
        moved = pdsa.staggered(frame.assign(value=frame["value"] + 10 * on), start="begins").iloc[-1]
        for name in ("effect", "low", "high"):
            assert moved[name] == pytest.approx(answer[name] + 10)
        assert moved["p"] == 1 / 2520

    def test_the_size_of_the_permutation(self) -> None:
        """60 networks without an effect: about one in twenty has p of .05 or less; drawn orders agree with all."""
        frame, found = wedge(), []
        for seed in range(60):
            noise = np.random.default_rng(seed).standard_normal((8, 12))
            noise[:, 1:] += 0.4 * noise[:, :-1]
            answer = pdsa.staggered(frame.assign(value=noise.ravel()), start="begins", orders=400, seed=seed)
            found.append(answer["p"].iloc[-1])
            assert not answer["exact"].any()
        assert 0 <= np.mean(np.array(found) <= 0.05) <= 0.15
        exact = pdsa.staggered(frame.assign(value=noise.ravel()), start="begins")["p"].iloc[-1]
        assert found[-1] == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 400) + 0.005)

    def test_a_school_that_had_begun_before_is_left_out(self) -> None:
        frame = wedge(1).assign(begins=lambda f: f["begins"].where(f["school"] != "A", 1))
        answer = pdsa.staggered(frame, start="begins", orders=5)
        # all 12 of school A, and in the last two periods two schools of the first wave, less A, and of the others
        assert answer["left_out"].iloc[-1] == 12 + 2 * (1 + 2 + 2 + 2)
        without = pdsa.staggered(frame[frame["school"] != "A"], start="begins", orders=5)
        assert answer["effect"].iloc[-1] == pytest.approx(without["effect"].iloc[-1])

    def test_parts_that_do_not_hang_together(self) -> None:
        """A and B were seen in periods 1 to 3, C and D in 4 to 6: each pair is compared within itself, and E, seen
        before in the one and after its start in the other, has nothing to be compared with."""
        rows = [("A", 1, 5.0), ("A", 2, 6), ("A", 3, 9), ("B", 1, 1.0), ("B", 2, 2), ("B", 3, 3)]
        rows += [("C", 4, 7.0), ("C", 5, 7), ("C", 6, 9), ("D", 4, 3.0), ("D", 5, 4), ("D", 6, 5)]
        rows += [("E", 1, 2.0), ("E", 6, 50)]
        frame = pd.DataFrame(rows, columns=["school", "period", "value"])
        frame["begins"] = frame["school"].map({"A": 3, "B": None, "C": 6, "D": None, "E": 6})
        answer = pdsa.staggered(frame, start="begins", orders=1)
        # A in 3: 9 - (3 + 4) = 2; C in 6: 9 - (7 + 7 - 3 - 4) / 2 - 5 = .5
        assert answer["effect"].tolist() == pytest.approx([1.25, 1.25])
        assert answer["cells"].tolist() == [2, 2]
        assert answer["schools"].tolist() == [2, 2]
        assert answer["left_out"].tolist() == [1, 1]

    def test_one_cell_is_enough(self) -> None:
        frame = pd.DataFrame({"school": list("AABB"), "period": [1, 2, 1, 2], "value": [1.0, 5, 2, 3]})
        answer = pdsa.staggered(frame.assign(begins=[2, 2, None, None]), start="begins")
        assert answer["effect"].tolist() == [3, 3]
        assert answer["p"].tolist() == [1, 1]

    def test_nobody_begins(self) -> None:
        answer = pdsa.staggered(wedge(1).assign(begins=NAN), start="begins")
        assert answer["part"].tolist() == ["overall"]
        assert answer[["effect", "p", "twfe", "low", "high"]].isna().all(axis=None)
        assert "no school has begun" in answer["notes"].iloc[0]

    @pytest.mark.parametrize("kind", ["dates", "texts", "Periods", "categories", "Int64"])
    def test_kinds_of_periods(self, kind: str) -> None:
        frame = wedge(2)
        expected = pdsa.staggered(frame, start="begins", orders=50)
        months = pd.date_range("2025-01-01", periods=12, freq="MS")
        names = [f"m{i:02d}" for i in range(1, 13)]
        make: dict[str, Callable[[pd.Series], object]] = {
            "dates": lambda one: months[one - 1],
            "texts": lambda one: [str(day.date()) for day in months[one - 1]],
            "Periods": lambda one: months[one - 1].to_period("M"),
            "categories": lambda one: pd.Categorical([names[i - 1] for i in one], names, ordered=True),
            "Int64": lambda one: one.astype("Int64"),
        }
        other = frame.assign(period=make[kind](frame["period"]), begins=make[kind](frame["begins"]))
        pd.testing.assert_frame_equal(pdsa.staggered(other, start="begins", orders=50), expected)
        never = other.assign(begins=other["begins"].where(other["school"] != "H"))
        plain = frame.assign(begins=frame["begins"].where(frame["school"] != "H"))
        pd.testing.assert_frame_equal(
            pdsa.staggered(never, start="begins", orders=50), pdsa.staggered(plain, start="begins", orders=50)
        )

    def test_change_of_unit(self) -> None:
        one = pdsa.staggered(wedge(1), start="begins", orders=300)
        other = pdsa.staggered(wedge(1).assign(value=lambda f: f["value"] * 60 - 7), start="begins", orders=300)
        for name in ("effect", "low", "high", "twfe"):
            assert other[name].to_numpy() == pytest.approx(60 * one[name].to_numpy(), rel=1e-6, nan_ok=True)
        pd.testing.assert_series_equal(one["p"], other["p"])


CALLS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "interrupted": lambda frame: pdsa.interrupted(frame, by="school", change=5),
    "staggered": lambda frame: pdsa.staggered(frame, start="begins", orders=20),
}
COLUMNS = {"interrupted": ["school", *INTERRUPTED_COLUMNS], "staggered": list(STAGGERED_COLUMNS)}


def problems(call: Callable[[pd.DataFrame], pd.DataFrame], frame: object) -> tuple[Problem, ...]:
    with pytest.raises(InputError) as caught:
        call(frame)  # type: ignore[arg-type]
    return caught.value.problems


@pytest.mark.parametrize("name", CALLS)
class TestFrames:
    def test_the_frame_stays_and_the_order_of_rows_does_not_matter(self, name: str) -> None:
        frame = wedge(1)
        frame.index = pd.Index([7] * len(frame))
        before = frame.copy(deep=True)
        answer = CALLS[name](frame)
        pd.testing.assert_frame_equal(frame, before)
        assert answer.columns.tolist() == COLUMNS[name]
        for seed in range(3):
            mixed = frame.sample(frac=1, random_state=np.random.default_rng(seed))
            pd.testing.assert_frame_equal(CALLS[name](mixed), answer, check_exact=True)

    def test_an_empty_frame(self, name: str) -> None:
        answer = CALLS[name](wedge()[:0])
        assert len(answer) == 0
        assert answer.columns.tolist() == COLUMNS[name]

    def test_no_value_at_all(self, name: str) -> None:
        answer = CALLS[name](wedge().assign(value=NAN))
        assert answer["effect"].isna().all()
        assert (answer["notes"] != "").all()

    @pytest.mark.parametrize("wrong", [None, [1, 2], "frame", {"value": [1]}])
    def test_no_frame(self, name: str, wrong: object) -> None:
        assert problems(CALLS[name], wrong)[0].expected == "a pandas DataFrame"

    def test_columns_that_are_not_there(self, name: str) -> None:
        found = problems(CALLS[name], wedge().drop(columns=["school", "value"]))
        assert {problem.place for problem in found} == {"column school", "column value"}

    def test_every_problem_at_once(self, name: str) -> None:
        frame = wedge().astype({"value": object})
        frame.loc[2, "value"] = "many"
        frame.loc[7, "value"] = np.inf
        frame.loc[20, "period"] = 8
        found = problems(CALLS[name], frame)
        assert [problem.place for problem in found][:3] == ["row 3, value", "row 8, value", "rows 20 and 21, period"]


class TestHostile:
    def test_arguments_of_interrupted_all_at_once(self) -> None:
        with pytest.raises(InputError) as caught:
            pdsa.interrupted(wedge(), change="soon", lag=-1, slope="no", season=2, horizon=0)  # type: ignore[arg-type]
        places = [problem.place for problem in caught.value.problems]
        assert places[:4] == ["argument lag", "argument season", "argument horizon", "argument slope"]

    @pytest.mark.parametrize(
        "change", [0, 1, -3, 25, 99, True, None, 2.5, "2025-13-01", "soon", "2024-09-01T00:00:00Z"]
    )
    def test_changes_that_are_none(self, change: object) -> None:
        with pytest.raises(InputError) as caught:
            interrupted(noisy(), change, MONTHS)
        assert [problem.place for problem in caught.value.problems] == ["argument change"]

    def test_a_date_for_whole_numbers(self) -> None:
        with pytest.raises(InputError, match="a position from 2 on"):
            interrupted(noisy(), "2024-09-01")

    def test_dates_outside_the_series(self) -> None:
        for change in ("2020-01-01", "2030-01-01"):
            with pytest.raises(InputError, match="a period after the first"):
                interrupted(noisy(), change, MONTHS)

    def test_two_starts_of_one_school(self) -> None:
        frame = wedge()
        frame.loc[[5, 30], "begins"] = [9, 9]
        found = problems(CALLS["staggered"], frame)
        assert [(one.place, one.found) for one in found] == [
            ("rows 1 and 6, begins", "two starts of A"),
            ("rows 25 and 31, begins", "two starts of C"),
        ]

    @pytest.mark.parametrize(
        ("starts", "place"),
        [
            (["soon"] * 96, "row 1, begins"),
            ([NAN] * 12 + [4.5] * 84, "row 13, begins"),
            ([np.inf] * 96, "row 1, begins"),
            (pd.to_datetime(["2025-01-01"] * 96), "column begins"),
            ([True] * 96, "row 1, begins"),
        ],
    )
    def test_starts_that_are_no_periods(self, starts: object, place: str) -> None:
        assert problems(CALLS["staggered"], wedge().assign(begins=starts))[0].place == place

    def test_arguments_of_staggered(self) -> None:
        with pytest.raises(InputError) as caught:
            pdsa.staggered(wedge(), start="begins", orders=0, seed=-1)
        assert [problem.place for problem in caught.value.problems] == ["argument orders", "argument seed"]
        with pytest.raises(InputError, match="one column for two arguments"):
            pdsa.staggered(wedge(), start="period")


def test_nothing_is_compared_across_a_new_instrument() -> None:
    frame = pd.DataFrame({"t": [*range(1, 25)] * 2, "s": ["a"] * 24 + ["b"] * 24, "x": [5.0, 6.0] * 24})
    call = {"value": "x", "period": "t", "by": "s", "change": 13}
    divided = pdsa.interrupted(frame, break_on=20, **call)
    assert divided["effect"].isna().all()
    assert divided["notes"].str.contains("measured in a new way from 20: nothing is compared").all()
    with pytest.raises(pdsa.InputError, match="argument break_on"):
        pdsa.interrupted(frame, break_on="soon", **call)
    assert pdsa.interrupted(frame, **call)["effect"].notna().all()
