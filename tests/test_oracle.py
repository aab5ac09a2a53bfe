"""Fast engine against slow oracle: no differing flag on 200,000 random points with ties, gaps and exclusions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import pdsa
from oracle import analyze_one

POINTS_PER_KIND = 34_000  # times six kinds: over 200,000


def random_panel(rng: np.random.Generator, points: int) -> pd.DataFrame:
    """Ragged series of 1 to 120 points: measurements with ties, constants, shifts, missing values."""
    lengths = []
    while sum(lengths) < points:
        lengths.append(int(rng.choice([1, 2, 3, rng.integers(4, 30), rng.integers(30, 121)])))
    frames = []
    for s, n in enumerate(lengths):
        den = rng.integers(1, 60, n).astype(float)
        p = np.clip(rng.uniform(0, 1) + np.where(np.arange(n) > n // 2, rng.choice([0, 0.25]), 0), 0, 1)
        num = rng.binomial(den.astype(int), p).astype(float)
        x = np.round(rng.normal(10, 2, n) + rng.choice([0, 3]) * (np.arange(n) > n // 2), int(rng.integers(0, 3)))
        if rng.random() < 0.05:
            x[:] = 7.1
            num[:] = 0 if rng.random() < 0.5 else den
        gone = rng.random(n) < rng.choice([0, 0, 0.1, 0.5])
        x[gone] = np.nan
        num[gone] = np.nan
        frames.append(
            pd.DataFrame(
                {"s": s, "t": np.arange(1, n + 1), "x": x, "num": num, "den": den, "out": rng.random(n) < 0.03}
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize("kind", ["run", "i", "p", "p_prime", "u", "u_prime"])
@pytest.mark.parametrize("baseline", [None, 12])
def test_engine_equals_oracle(kind: str, baseline: int | None) -> None:
    rng = np.random.default_rng([ord(c) for c in kind] + [baseline or 0])
    frame = random_panel(rng, POINTS_PER_KIND // 2)
    ratio = kind[0] in "pu"
    screen = "once" if baseline else "off"
    chart = pdsa.analyze(
        frame, kind, value="num" if ratio else "x", denominator="den" if ratio else None, period="t", by="s",
        baseline=baseline, exclude="out", screen=screen,
    )  # fmt: skip
    summary = chart.summary.set_index("s")
    compared = 0
    for s, rows in chart.points.groupby("s"):
        given = frame[frame["s"] == s]
        top = given["num" if ratio else "x"].tolist()
        answer = analyze_one(
            kind, top, given["den"].tolist() if ratio else None, baseline, given["out"].tolist(), baseline
        )
        if answer is None:
            assert not rows["signal"].any()
            continue
        center, lower, upper, out, long, (useful, longest, crossings, most, fewest) = answer
        known = ~np.isnan(rows["value"].to_numpy())
        np.testing.assert_allclose(rows["center"], center, rtol=1e-9)
        if kind != "run":
            np.testing.assert_allclose(rows["lower"][known], np.array(lower)[known], rtol=1e-9, atol=1e-12)
            np.testing.assert_allclose(rows["upper"][known], np.array(upper)[known], rtol=1e-9, atol=1e-12)
        assert rows["rule_outside"].tolist() == out
        assert rows["rule_long_run"].tolist() == long
        row = summary.loc[s]
        assert row["n_useful"] == useful
        if useful:
            assert (row["longest_run"], row["crossings"]) == (longest, crossings)
            assert (row["longest_run_max"], row["crossings_min"]) == (most, fewest)
            assert row["runs_signal"] == (longest > most or crossings < fewest)
        compared += len(rows)
    assert compared > 15_000
