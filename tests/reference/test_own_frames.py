"""Other packages' answers (PROVENANCE.md) on the functions with frames of their own: funnel, Pareto, CUSUM, rebasing.

A call is equal when every number agrees to rtol 1e-9, every date, name, count and flag exactly. What deviates by
decision is counted with its reason, and the test proves the reason.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pdsa

HERE = Path(__file__).parent


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / name, low_memory=False)


def rows_of(case_id: str) -> pd.DataFrame:
    inputs = table("inputs.csv.gz")
    return inputs[inputs["case_id"] == case_id].reset_index(drop=True)


def told(package: str, compared: int, equal: int, deviating: int, reason: str = "") -> None:
    print(f"\n{package}: {compared} compared, {equal} equal, {deviating} deviating by decision {reason}")
    assert compared == equal + deviating
    assert compared > 0


FUNNEL = {
    "value": "rr",
    "phi": "phi",
    "tau2": "tau2",
    "lower_95": "LCL95",
    "upper_95": "UCL95",
    "lower_998": "LCL99",
    "upper_998": "UCL99",
    "od_lower_95": "OD95LCL",
    "od_upper_95": "OD95UCL",
    "od_lower_998": "OD99LCL",
    "od_upper_998": "OD99UCL",
}
RATIO_OF_COUNTS = "(RC: its limits and its z-scores rest on two different standard errors)"


def funnel_agrees(case_id: str, adjusted: bool, limit: int, expected: pd.DataFrame) -> bool:
    ours = pdsa.funnel(
        rows_of(case_id),
        "p",
        value="y",
        denominator="n",
        by="group",
        method="funnelplotr",
        overdispersion="always" if adjusted else "off",
    )
    expected = expected.sort_values("group")
    flag = "outside_95" if limit == 95 else "outside_998"
    return (
        ours["group"].tolist() == expected["group"].tolist()
        and ours["numerator"].tolist() == expected["numerator"].tolist()
        and ours["denominator"].tolist() == expected["denominator"].tolist()
        and ours[flag].tolist() == (expected["outlier"] == 1).tolist()
        and all(np.allclose(ours[a], expected[b].astype(float), rtol=1e-9, atol=0) for a, b in FUNNEL.items())
    )


def test_funnelplotr() -> None:
    compared = equal = deviating = 0
    calls = table("expected_funnelplotr.csv").groupby(["case_id", "data_type", "adjusted", "limit"])
    for (case_id, data_type, adjusted, limit), expected in calls:
        compared += 1
        if data_type == "PR":
            assert funnel_agrees(case_id, adjusted, limit, expected), (case_id, adjusted, limit)
            equal += 1
        else:
            # the standard error behind the limits is not the one behind the z-scores that phi and tau2 come from
            implied = (expected["Y"] - expected["target_transformed"]) / expected["Uzscore"]
            np.testing.assert_allclose(expected["s"], 0.5 / np.sqrt(expected["denominator"]), rtol=1e-9)
            assert not np.isclose(expected["s"], implied, rtol=0.05).any()
            deviating += 1
    told("FunnelPlotR, calls", compared, equal, deviating, RATIO_OF_COUNTS)


@pytest.mark.parametrize("case_id", sorted(table("expected_funnelplotr.csv")["case_id"].unique()))
def test_exact_limits_beside_the_arcsine_ones_of_large_units(case_id: str) -> None:
    """Where a unit has hundreds of cases on either side, both kinds of limits nearly agree; phi and tau2 are alike."""
    frame = rows_of(case_id)
    exact, theirs = (
        pdsa.funnel(frame, value="y", denominator="n", by="group", method=method, overdispersion="always")
        for method in ("exact", "funnelplotr")
    )
    np.testing.assert_allclose(exact[["phi", "tau2"]], theirs[["phi", "tau2"]], rtol=1e-12)
    large = exact["numerator"].between(150, exact["denominator"] - 150)
    for name in ("lower_95", "upper_95", "lower_998", "upper_998"):
        np.testing.assert_allclose(exact.loc[large, name], theirs.loc[large, name], rtol=0.02)


def test_pareto_of_qicharts2() -> None:
    compared = equal = 0
    for (case_id, keep), expected in table("expected_qicharts2_pareto.csv").groupby(["case_id", "useNA"]):
        ours = pdsa.pareto(rows_of(case_id), "group", missing="keep" if keep else "drop")
        assert ours["category"].fillna("").tolist() == expected["category"].fillna("").tolist(), case_id
        assert ours["count"].tolist() == expected["y"].tolist()
        assert ours["cumulative"].tolist() == expected["y.cum"].tolist()
        np.testing.assert_allclose(ours["share"], expected["p"], rtol=1e-9)
        np.testing.assert_allclose(ours["cumulative_share"], expected["p.cum"], rtol=1e-9)
        compared, equal = compared + 1, equal + 1
    told("qicharts2 pareto, calls", compared, equal, 0)


def test_bernoulli_cusum_of_qicharts2() -> None:
    compared = equal = 0
    targets = table("cases.csv").set_index("case_id")["target"]
    for (case_id, ratio, limit), expected in table("expected_qicharts2_bchart.csv").groupby(["case_id", "or", "limit"]):
        target = targets[case_id]
        fixed = {"baseline": int(target)} if target > 1 else {"p0": float(target)}
        ours = pdsa.bernoulli_cusum(rows_of(case_id), value="y", period="x", odds_ratio=ratio, limit=limit, **fixed)
        np.testing.assert_allclose(ours["p0"], expected["p0"], rtol=1e-9)
        np.testing.assert_allclose(ours["upper"], expected["cusum1"], rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(ours["lower"], expected["cusum2"], rtol=1e-9, atol=1e-12)
        assert ours["signal_upper"].tolist() == expected["signal1"].tolist()
        assert ours["signal_lower"].tolist() == expected["signal2"].tolist()
        compared, equal = compared + len(expected), equal + len(expected)
    told("qicharts2 bchart, cases", compared, equal, 0)


def stretches(case_id: str, med_rows: int, runlength: int, direction: str) -> pd.DataFrame:
    """Our answer under their names; a median extends to the start of the next one, or to the end."""
    frame = rows_of(case_id)
    frame = frame.assign(group=frame["group"].fillna("all"), date=pd.to_datetime(frame["date"]))
    ours = pdsa.suggest_rebase(
        frame,
        value="y",
        period="date",
        by="group",
        baseline=med_rows,
        run=runlength,
        direction=direction,  # type: ignore[arg-type]
        keep_baseline=True,
    )
    ends = ours.groupby("group")["start"].shift(-1).fillna(ours["group"].map(frame.groupby("group")["date"].max()))
    kind = np.where(ours["number"] == 0, "baseline", "sustained")
    return ours.assign(extend_to=ends, run_type=kind)


def test_runcharter() -> None:
    compared = equal = 0
    groups = table("expected_runcharter.csv").groupby(["case_id", "med_rows", "runlength", "direction"])
    for (case_id, med_rows, runlength, direction), expected in groups:
        ours = stretches(case_id, med_rows, runlength, direction)
        expected = expected.sort_values(["grp", "start_date"], kind="stable")
        assert ours["group"].tolist() == expected["grp"].tolist(), case_id
        np.testing.assert_allclose(ours["center"], expected["median"], rtol=1e-9)
        for name, theirs in (("start", "start_date"), ("end", "end_date"), ("extend_to", "extend_to")):
            assert ours[name].dt.strftime("%Y-%m-%d").tolist() == expected[theirs].tolist(), (case_id, name)
        assert ours["run_type"].tolist() == expected["run_type"].tolist()
        compared, equal = compared + len(expected), equal + len(expected)
    told("runcharter, medians", compared, equal, 0)


def test_where_runcharter_stops_nothing_is_suggested() -> None:
    """It raises an error where no group is long enough; a school of few weeks is no mistake in the data."""
    errors = table("expected_errors.csv")
    errors = errors[errors["peer"] == "runcharter"]
    for case_id, call in zip(errors["case_id"], errors["call"], strict=True):
        med_rows, runlength, direction = call.split()
        ours = stretches(case_id, int(med_rows), int(runlength), direction)
        assert (ours["number"] == 0).all()
    told("runcharter, errors", len(errors), 0, len(errors), "(too short: no suggestion, in place of an error)")
