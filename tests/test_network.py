"""Found and expected signals of a network: on stable schools the two agree, and they are the same every time."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pdsa.chart import Chart, analyze_panel
from pdsa.network import Chance, chance
from pdsa.records import ChartSpec, Measure
from pdsa.rules import RULE_SETS
from pdsa.series import MISSING, REPORTED, TOP_CODED, Panel

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


def stable(kind: str, schools: int = 200, weeks: int = 26, seed: int = 1) -> Panel:
    """Schools in which nothing changes, with the values that a kind is made for; one value in thirty is missing."""
    rng, shape = np.random.default_rng(seed), (schools, weeks)
    level = np.repeat(rng.uniform(0.3, 0.6, (schools, 1)), weeks, axis=1)
    n = rng.integers(60, 200, shape).astype(float)
    within = None
    if kind in ("xbar", "s"):
        n = rng.integers(3, 8, shape).astype(float)
        within = 4 * np.sqrt(rng.chisquare(n - 1) / (n - 1))
    value = {
        "p": lambda: rng.binomial(n.astype(int), level) / n,
        "np": lambda: rng.binomial(n.astype(int), level) / n,
        "u": lambda: rng.poisson(n * level / 10) / n,
        "c": lambda: rng.poisson(level * 20).astype(float),
        "g": lambda: rng.geometric(level / 10) - 1.0,
        "t": lambda: rng.exponential(10, shape),
        "p_prime": lambda: level + rng.normal(size=shape) * 1.6 * np.sqrt(level * (1 - level) / n),
        "u_prime": lambda: level + rng.normal(size=shape) * 1.6 * np.sqrt(level / n),
        "i_prime": lambda: 5 + rng.normal(size=shape) / np.sqrt(n),
        "xbar": lambda: 50 + 4 * rng.normal(size=shape) / np.sqrt(n),
        "s": lambda: within,
    }.get(kind, lambda: rng.normal(10, 2, shape))()
    gone = rng.random(shape) < 1 / 30
    value = np.where(gone, np.nan, value)
    ratio = kind in ("p", "np", "u", "p_prime", "u_prime", "i_prime")
    below = np.where(gone | ((not ratio) & (within is None)), np.nan, n)
    return Panel(
        keys=pd.DataFrame({"school": [f"s{i:03d}" for i in range(schools)]}),
        offsets=np.arange(schools + 1) * weeks,
        period=pd.DatetimeIndex(np.tile(pd.date_range("2024-09-02", periods=weeks, freq="7D"), schools)),
        value=value.ravel(), numerator=(value * below).ravel(), denominator=below.ravel(), people=below.ravel(),
        status=np.where(gone, MISSING, REPORTED).astype(np.int8).ravel(), ratio=np.full(schools, ratio), step="week",
        within=None if within is None else np.where(gone, np.nan, within).ravel(),
    )  # fmt: skip


def agrees(answer: Chance) -> None:
    """Four standard deviations of a binomial count, and some for the simulation's own error."""
    share = answer.expected / answer.judged
    assert abs(answer.found - answer.expected) < 4 * np.sqrt(answer.judged * share * (1 - share)) + 2.5, answer


OFTEN = (("anhoej", "predictive", 16), ("nelson", "guarded", None), ("western_electric", "published", 16))
ONCE = (("anhoej", "guarded", None), ("making_data_count", "published", None))
CALIBRATED = [
    *((kind, *how) for kind in ("run", "i", "p", "u", "c", "g", "t") for how in OFTEN),
    *(
        (kind, *how)
        for kind in ("mr", "i_prime", "xbar", "s", "np", "p_prime", "u_prime", "cusum", "ewma")
        for how in ONCE
    ),
    *(("i", "ihi", "guarded", None), ("p", "wheeler", "guarded", 16), ("i_prime", "nelson", "predictive", 16)),
]


@pytest.mark.parametrize(("kind", "rules", "limits", "baseline"), CALIBRATED)
def test_every_kind_set_and_method_is_expected_as_it_is_found(
    kind: str, rules: str, limits: str, baseline: int | None
) -> None:
    more: dict[str, Any] = {"kind": kind, "limits": limits, "rules": RULE_SETS[rules], "baseline": baseline}
    spec = ChartSpec(**more, better="up")
    made = analyze_panel(stable(kind), spec, MEASURE)
    assert set(made.summary["kind"]) == {kind}
    answer = chance(made)
    assert answer.judged > 190
    agrees(answer)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("i", {"center": 10.0, "sigma": 2.0}), ("xbar", {"center": 50.0, "sigma": 4.0}), ("c", {"center": 9.0}),
        ("t", {"center": 10 * np.log(2)}), ("ewma", {"center": 10.0, "sigma": 2.0}), ("run", {"center": 10.0}),
    ],
)  # fmt: skip
def test_given_lines_are_given_to_the_stable_schools_too(kind: str, given: dict[str, float]) -> None:
    panel = stable(kind, seed=2)
    if kind == "c":
        counts = np.random.default_rng(4).poisson(9, len(panel.value)).astype(float)
        panel = replace(panel, value=np.where(np.isnan(panel.value), np.nan, counts))
    agrees(chance(chart(panel, kind, **given)))


def test_only_what_was_measured_with_the_last_instrument_is_simulated() -> None:
    whole = stable("p", 40, 46)
    anew = chance(chart(whole, "p", break_on=21))
    cells = np.flatnonzero(np.arange(40 * 46) % 46 >= 20)
    parts = ("period", "value", "numerator", "denominator", "people", "status")
    half = replace(whole, offsets=np.arange(41) * 26, **{name: getattr(whole, name)[cells] for name in parts})
    assert anew == chance(chart(half, "p"))


def test_bounds_and_excluded_points_are_no_values_of_stable_schools() -> None:
    panel = stable("p", 100, 26)
    status = panel.status.copy()
    status[::5] = TOP_CODED
    made = chart(replace(panel, status=status), "p", exclude=7)
    agrees(chance(made))


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


@pytest.mark.parametrize("kind", ["auto", "p", "p_prime", "u", "i", "run"])
def test_names_and_their_order_do_not_matter(kind: str) -> None:
    """A page under pseudonyms has the same series in another order, and must give the same number."""
    panel = network(40, 26, "i" if kind in ("i", "run") else "p")
    order = np.random.default_rng(4).permutation(40)
    renamed = replace(panel.take(order), keys=pd.DataFrame({"school": [f"p{at:03d}" for at in range(40)]}))
    one, other = (chance(chart(each, kind, baseline=16)) for each in (panel, renamed))
    assert one.expected > 0
    assert one == other


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
