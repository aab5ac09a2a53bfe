"""Found and expected signals of a network: on stable schools the two agree, and they are the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from pdsa.chart import Chart, analyze_panel
from pdsa.network import Chance, chance
from pdsa.records import ChartSpec, Measure
from pdsa.series import MISSING, REPORTED, Panel

MEASURE = Measure("present", "Present", "outcome", "proportion", "students", "up", "week", "a definition")


def network(schools: int, weeks: int, kind: str, seed: int = 1, shifted: int = 0) -> Panel:
    """Independent values around each school's own level; the last eight weeks of some schools lie far higher."""
    rng = np.random.default_rng(seed)
    shape = (schools, weeks)
    n = rng.integers(60, 200, (schools, 1)) + rng.integers(-10, 11, shape)
    level = np.repeat(rng.uniform(0.3, 0.6, (schools, 1)), weeks, axis=1)
    level[:shifted, -8:] += 0.3
    if kind == "i":
        x, value = np.full(shape, np.nan), rng.normal(10, 2, shape) + 10 * (level > 0.6)
    else:
        x = (rng.binomial(n, level) if kind[0] == "p" else rng.poisson(n * level)).astype(float)
        value = x / n
    gone = rng.random(shape) < 0.05
    value[gone], x[gone] = np.nan, np.nan
    ratio = kind != "i"
    return Panel(
        keys=pd.DataFrame({"school": [f"s{i:03d}" for i in range(schools)]}),
        offsets=np.arange(schools + 1) * weeks,
        period=pd.DatetimeIndex(np.tile(pd.date_range("2024-09-02", periods=weeks, freq="7D"), schools)),
        value=value.ravel(), numerator=x.ravel(), denominator=np.where(gone | (not ratio), np.nan, n).ravel(),
        people=n.ravel().astype(float), status=np.where(gone, MISSING, REPORTED).astype(np.int8).ravel(),
        ratio=np.full(schools, ratio), step="week",
    )  # fmt: skip


def chart(panel: Panel, kind: str, **more: object) -> Chart:
    spec = ChartSpec(kind=kind, better="up", limits="guarded", **more)  # type: ignore[arg-type]
    return analyze_panel(panel, spec, MEASURE)


@pytest.mark.parametrize(
    ("kind", "baseline"), [("run", None), ("run", 16), ("i", 16), ("p", None), ("p", 16), ("u", 16), ("p_prime", 16)]
)
def test_found_agrees_with_expected_when_every_school_is_stable(kind: str, baseline: int | None) -> None:
    """Four standard deviations of a binomial count around the expected number, and the simulation's own error."""
    answer = chance(chart(network(300, 26, "i" if kind in ("i", "run") else kind), kind, baseline=baseline))
    assert answer.judged == 300
    share = answer.expected / 300
    assert 0.002 < share < 0.25
    assert abs(answer.found - answer.expected) < 4 * np.sqrt(300 * share * (1 - share)) + 1.5


def test_signals_beyond_chance_are_found() -> None:
    answer = chance(chart(network(100, 26, "p", shifted=30), "p", baseline=16))
    assert answer.found >= 30
    assert answer.expected < 15


def test_the_same_charts_give_the_same_answer() -> None:
    one = chart(network(30, 24, "p"), "p", baseline=12)
    assert chance(one) == chance(one)
    assert chance(one, seed=7) == chance(one, seed=7)
    assert chance(one).measure == "present"


def test_phases_of_the_past_do_not_count() -> None:
    """The last phase of 6 weeks is too short to judge, whatever happened before."""
    answer = chance(chart(network(20, 26, "p", shifted=20), "p", phases=20))
    assert answer == Chance("present", 0, 0, 0.0)


def test_only_the_last_phase_is_simulated() -> None:
    """40 weeks in two phases give what their last 20 weeks give alone."""
    whole = network(40, 40, "p")
    cells = np.flatnonzero(np.arange(1600) % 40 >= 20)
    parts = ("period", "value", "numerator", "denominator", "people", "status")
    half = replace(whole, offsets=np.arange(41) * 20, **{name: getattr(whole, name)[cells] for name in parts})
    answer = chance(chart(whole, "p", phases=20))
    assert answer == chance(chart(half, "p"))
    assert answer.expected > 0.1


def test_short_series_are_not_judged_and_not_expected_to_signal() -> None:
    assert chance(chart(network(10, 9, "p"), "p")) == Chance("present", 0, 0, 0.0)


def test_kinds_by_series_are_simulated_by_kind() -> None:
    answer = chance(chart(network(120, 26, "p"), "auto", baseline=16))
    assert answer.judged == 120
    assert 0 < answer.expected < 30
    assert abs(answer.found - answer.expected) < 12


def test_per_does_not_matter() -> None:
    panel = network(30, 26, "p")
    one, many = (chance(chart(panel, "p", per=per, baseline=16)) for per in (1.0, 100.0))
    assert one == many
    one, many = (chance(chart(panel, "p_prime", per=per, baseline=16)) for per in (1.0, 100.0))
    assert one.expected == pytest.approx(many.expected)


def test_charts_are_not_changed() -> None:
    one = chart(network(10, 24, "p"), "p")
    before = one.points.copy(deep=True)
    chance(one)
    pd.testing.assert_frame_equal(one.points, before)


def test_nothing_at_all() -> None:
    assert chance(chart(network(0, 0, "p"), "p")) == Chance("present", 0, 0, 0.0)


@pytest.mark.parametrize("center", [None, 0.9])
def test_small_schools_and_given_centers_are_simulated_as_they_were_judged(center: float | None) -> None:
    """12 students: exact limits, which need numerators that are still whole after dividing and multiplying."""
    panel = network(300, 26, "p")
    rng = np.random.default_rng(3)
    small = np.full(300 * 26, 12.0)
    x = rng.binomial(12, 0.9, 300 * 26).astype(float)
    changed = Panel(panel.keys, panel.offsets, panel.period, x / small, x, small, small,
                    np.full(len(x), REPORTED, dtype=np.int8), panel.ratio, step="week")  # fmt: skip
    judged = chart(changed, "p", center=center)
    assert all(any("exact" in note for note in notes) for notes in judged.summary["notes"])
    answer = chance(judged)
    assert abs(answer.found - answer.expected) < 4 * np.sqrt(answer.expected) + 1.5
