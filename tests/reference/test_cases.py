"""Other packages' answers on seeded series (PROVENANCE.md): every call of families V, P and U of the kinds we have.

A call is equal when every value agrees to rtol 1e-9 and every count and signal exactly. Where it is not, it stands
in DEVIATIONS with the decision behind it, and the test proves that it still deviates there and nowhere else.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import pdsa
from pdsa.chart import Chart
from pdsa.rules import run_limits

HERE = Path(__file__).parent
LINES = ("value", "center", "lower", "upper", "lower_2s", "upper_2s")
COUNTS = {
    "n": "n.obs",
    "n_useful": "n.useful",
    "longest_run": "longest.run",
    "longest_run_max": "longest.run.max",
    "crossings": "n.crossings",
    "crossings_min": "n.crossings.min",
    "runs_signal": "runs.signal",
}
ONCE = {"screen": "once"}


@dataclass(frozen=True)
class Package:
    points: str
    call_column: str
    position: str
    columns: dict[str, str]  # ours -> theirs
    calls: dict[str, tuple[str, dict[str, object]]]
    families: str = "VPU"
    summary: str = ""
    ignores: tuple[str, ...] = ()  # arguments that the runs of this package were not given
    extra: tuple[tuple[str, object], ...] = ()


QIC_KINDS = {
    "run": ("run", {}),
    "i": ("i", ONCE),
    "i.unscreened": ("i", {}),
    "mr": ("mr", {}),
    "p": ("p", {}),
    "pp": ("p_prime", ONCE),
    "pp.unscreened": ("p_prime", {}),
    "u": ("u", {}),
    "up": ("u_prime", ONCE),
    "up.unscreened": ("u_prime", {}),
}
PACKAGES = {
    "qicharts2": Package(
        "expected_qicharts2_points.csv.gz",
        "call",
        "x",
        dict(zip((*LINES, "rule_outside"), ("y", "cl", "lcl", "ucl", "lcl.95", "ucl.95", "sigma.signal"), strict=True)),
        QIC_KINDS,
        summary="expected_qicharts2_summary.csv",
    ),
    "pbcharts run": Package(
        "expected_pbcharts_points.csv.gz",
        "call",
        "x",
        {"value": "y", "center": "cl"},
        {"run": ("run", {})},
        summary="expected_pbcharts_summary.csv",
    ),
    # without denominators its I-prime chart is an I chart with exact constants
    "pbcharts i": Package(
        "expected_pbcharts_points.csv.gz",
        "call",
        "x",
        dict(zip((*LINES[:4], "rule_outside"), ("y", "cl", "lcl", "ucl", "sigma.signal"), strict=True)),
        {"i": ("i", {"constants": "exact"}), "i.screened": ("i", {"constants": "exact", **ONCE})},
        families="V",
        summary="expected_pbcharts_summary.csv",
    ),
    "PowerBI-SPC": Package(
        "expected_powerbispc_points.csv.gz",
        "call",
        "x",
        dict(zip((*LINES, "rule_outside"), ("y", "cl", "lcl", "ucl", "lcl95", "ucl95", "astronomical"), strict=True)),
        {call.replace("unscreened", "keep"): made for call, made in QIC_KINDS.items()},
        ignores=("center", "exclude"),
        extra=(("gaps", "bridge"),),
    ),
    "NHSRplotthedots": Package(
        "expected_ptd_points.csv.gz",
        "call",
        "",
        dict(zip((*LINES[:4], "rule_outside"), ("y", "mean", "lpl", "upl", "outside_limits"), strict=True)),
        {
            "increase": ("i", ONCE),
            "decrease": ("i", ONCE),
            "neutral": ("i", ONCE),
            "increase.unscreened": ("i", {}),
            "decrease.unscreened": ("i", {}),
        },
        families="V",
        ignores=("center", "exclude"),
        extra=(("constants", "wheeler"),),
    ),
    "qcc": Package(
        "expected_qcc_points.csv",
        "type",
        "i",
        {"value": "statistic", "center": "center", "lower": "lcl", "upper": "ucl"},
        {"xbar.one": ("i", {}), "p": ("p", {}), "u": ("u", {})},
        ignores=("center", "exclude", "baseline", "phases"),
    ),
}

CONSTANT = "a constant series under screening has its lines at the constant; theirs loses them"
EXCLUDED = "an excluded point is never flagged"
BRIDGED = "a chart of moving ranges bridges an excluded point; theirs keeps the jump out of it (B8)"
QCC_MISSING = "qcc has no center as soon as one value is missing (B12)"
MR_BASELINE = "PowerBI-SPC leaves moving ranges after the baseline undefined (B11)"
NO_LINE = "pbcharts has no limits at a missing period; the limits of our I chart are one line (qicharts2)"
DROPPED_N = "pbcharts counts excluded rows in n, the contract does not"
DEVIATIONS = {
    **{("qicharts2", call, case): CONSTANT for case in ("v16", "v54", "p13") for call in ("i",)},
    ("qicharts2", "up", "p13"): CONSTANT,
    ("qicharts2", "i", "v27"): EXCLUDED,
    ("qicharts2", "i.unscreened", "v27"): EXCLUDED,
    ("qicharts2", "mr", "v27"): BRIDGED,
    **{("pbcharts run", "run", case): DROPPED_N for case in ("v27", "p17")},
    **{("pbcharts i", call, "v27"): DROPPED_N for call in ("i", "i.screened")},
    **{("pbcharts i", call, case): NO_LINE for case in ("v18", "v20", "v53") for call in ("i", "i.screened")},
    **{("PowerBI-SPC", "i", case): CONSTANT for case in ("v16", "v54", "p13")},
    ("PowerBI-SPC", "up", "p13"): CONSTANT,
    ("PowerBI-SPC", "mr", "v23"): MR_BASELINE,
    **{
        ("NHSRplotthedots", call, case): CONSTANT
        for case in ("v16", "v54")
        for call in ("increase", "decrease", "neutral")
    },
    **{("qcc", "xbar.one", case): QCC_MISSING for case in ("v18", "v20", "v27", "v53")},
    ("qcc", "p", "p07"): QCC_MISSING,
    ("qcc", "u", "u03"): QCC_MISSING,
}


@cache
def table(name: str) -> pd.DataFrame:
    return pd.read_csv(HERE / name, dtype={"case_id": str, "group": str}, low_memory=False)


@cache
def cases() -> pd.DataFrame:
    return pd.read_csv(HERE / "cases.csv", dtype=str, keep_default_na=False).set_index("case_id")


def whole_numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(";") if part]


def arguments(case: pd.Series, package: str) -> dict[str, object]:
    """The case's settings in our words; a package that ignores freeze beside parts has no such case here."""
    wanted: dict[str, object] = {
        "center": float(case["cl"]) if case["cl"] else None,
        "exclude": whole_numbers(case["exclude"]) or None,
        "phases": whole_numbers(case["part"]) or None,
        "baseline": int(case["freeze"]) if case["freeze"] else None,
    }
    if package == "NHSRplotthedots":
        wanted["phases"] = [int(case["rebase"]) - 1] if case["rebase"] else None
        wanted["baseline"] = int(case["fix_after_n_points"]) if case["fix_after_n_points"] else None
    return {name: value for name, value in wanted.items() if name not in PACKAGES[package].ignores}


def our_chart(case_id: str, package: str, call: str) -> Chart:
    spec = PACKAGES[package]
    kind, more = spec.calls[call]
    rows = table("inputs.csv.gz")
    frame = rows.loc[rows["case_id"] == case_id, ["x", "y", "n"]]
    below = "n" if cases().loc[case_id, "family"] in "PU" else None
    settings = arguments(cases().loc[case_id], package) | dict(spec.extra) | more
    return pdsa.analyze(frame, kind, value="y", denominator=below, period="x", **settings)  # type: ignore[arg-type]


def numbers(column: pd.Series) -> np.ndarray:
    words = {"True": 1.0, "False": 0.0, "TRUE": 1.0, "FALSE": 0.0, "none": 0.0, "upper": 1.0, "lower": 1.0}
    return pd.to_numeric(column.map(lambda one: words.get(str(one), one)), errors="coerce").to_numpy(dtype=float)


def clipped(chart: Chart, name: str) -> np.ndarray:
    """Our formula values, brought to the possible range as the packages print them."""
    kind = chart.summary["kind"].iloc[0]
    values = chart.points[name].to_numpy(dtype=float)
    if name[:5] not in ("lower", "upper") or kind in ("run", "i", "mr"):
        return values
    return np.clip(values, 0, 1 if kind in ("p", "p_prime") else None)


def differences(case_id: str, package: str, call: str, expected: pd.DataFrame) -> list[str]:
    spec = PACKAGES[package]
    chart = our_chart(case_id, package, call)
    if spec.position:  # some packages drop missing rows; the others' rows stand beside ours
        chart = replace(chart, points=chart.points[chart.points["period"].isin(expected[spec.position])])
    found = []
    for ours, theirs in spec.columns.items():
        a, b = clipped(chart, ours), numbers(expected[theirs])
        if ours == "rule_outside":
            b = np.nan_to_num(b)
        tolerance = 0 if ours == "rule_outside" else 1e-9
        if a.shape != b.shape or not np.allclose(a, b, rtol=tolerance, atol=1e-12 if tolerance else 0, equal_nan=True):
            found.append(ours)
    if spec.summary:
        rows = table(spec.summary)
        rows = rows[(rows["case_id"] == case_id) & (rows["call"] == call)]
        for ours, theirs in COUNTS.items():
            if not np.array_equal(numbers(chart.phases[ours]), numbers(rows[theirs]), equal_nan=True):
                found.append(ours)
    return found


def calls() -> Iterator[tuple[str, str, str]]:
    for package, spec in PACKAGES.items():
        known = table(spec.points)
        for case_id, call in known[["case_id", spec.call_column]].drop_duplicates().itertuples(index=False):
            if call in spec.calls and cases().loc[case_id, "family"] in spec.families:
                yield package, call, case_id


@pytest.mark.parametrize(("package", "call", "case_id"), list(calls()))
def test_call_agrees_or_deviates_by_decision(package: str, call: str, case_id: str) -> None:
    spec = PACKAGES[package]
    rows = table(spec.points)
    expected = rows[(rows["case_id"] == case_id) & (rows[spec.call_column] == call)]
    found = differences(case_id, package, call, expected)
    assert bool(found) == ((package, call, case_id) in DEVIATIONS), found


def test_tally(capsys: pytest.CaptureFixture[str]) -> None:
    every = list(calls())
    tally = Counter(package for package, _, _ in every)
    deviating = Counter(package for package, _, _ in DEVIATIONS)
    assert set(DEVIATIONS) <= set(every)
    with capsys.disabled():
        for package in PACKAGES:
            n, d = tally[package], deviating[package]
            print(f"\n{package}: {n} calls compared, {n - d} equal, {d} deviating by decision", end="")
        print(f"\nall: {len(every)} compared, {len(every) - len(DEVIATIONS)} equal, {len(DEVIATIONS)} by decision")
    assert len(every) >= 500


def test_run_limits_of_every_length() -> None:
    expected = table("expected_runs_limits.csv")
    longest, crossings = run_limits(1000)
    assert longest[expected["n"]].tolist() == expected["longest.run.max"].tolist()
    assert crossings[expected["n"]].tolist() == expected["n.crossings.min"].tolist()


GGQC = {
    "XmR": {"mean": "center", "xBar_one_LCL": "lower", "xBar_one_UCL": "upper"},
    "XmR, ranges": {"mR": "center", "mR_LCL": "lower", "mR_UCL": "upper"},
    "p": {"pBar": "center", "pBar_LCL": "lower", "pBar_UCL": "upper"},
    "u": {"uBar": "center", "uBar_LCL": "lower", "uBar_UCL": "upper"},
}
GGQC_KINDS = {"XmR": "i", "XmR, ranges": "mr", "p": "p", "u": "u"}
# ggQC takes every row as it is: no exclusion, no baseline, no phase, no given center


@pytest.mark.parametrize("method", list(GGQC))
def test_ggqc_lines(method: str) -> None:
    rows = table("expected_ggqc_lines.csv")
    rows = rows[(rows["method"] == method.split(",")[0]) & rows["name"].isin(GGQC[method])]
    rows = rows[rows["case_id"].str[0].isin(["v", "p", "u"])]
    kind = GGQC_KINDS[method]
    compared = 0
    for case_id, expected in rows.groupby("case_id"):
        inputs = table("inputs.csv.gz")
        frame = inputs.loc[inputs["case_id"] == case_id, ["x", "y", "n"]]
        below = "n" if kind in "pu" else None
        chart = pdsa.analyze(
            frame, kind, value="y", denominator=below, period="x", constants="wheeler"
        )  # fmt: skip
        for name, ours in GGQC[method].items():
            theirs = expected.loc[expected["name"] == name, "value"].to_numpy(dtype=float)
            # it cuts limits at zero and leaves them above one
            cut = 0 if kind in "pu" and ours == "lower" else None
            line = chart.points[ours].clip(lower=cut)
            ends = line[chart.points["value"].notna()] if len(theirs) > 1 else line.tail(1)
            np.testing.assert_allclose(ends, theirs, rtol=1e-9, atol=1e-12, err_msg=f"{case_id} {name}")
        compared += 1
    assert compared >= 2


def test_assurance_of_nhsrplotthedots() -> None:
    """Their icon speaks of the last row; constant series under screening are the decided deviation."""
    words = {"inconsistent": "by_chance", "consistent_pass": "met", "consistent_fail": "not_expected"}
    constant = {("v16", "increase"): "met", ("v16", "decrease"): "met", ("v16", "increase.unscreened"): "met"}
    constant |= {("v54", "increase"): "met", ("v54", "decrease"): "not_expected"}
    rows = table("expected_ptd_summary.csv")
    compared = 0
    for row in rows[rows["assurance"].notna()].itertuples():
        more = {} if row.call.endswith("unscreened") else ONCE
        inputs = table("inputs.csv.gz")
        settings = arguments(cases().loc[row.case_id], "NHSRplotthedots") | {"constants": "wheeler"} | more
        better = "up" if row.call.startswith("increase") else "down"
        frame = inputs.loc[inputs["case_id"] == row.case_id, ["x", "y"]]
        chart = pdsa.analyze(frame, "i", value="y", period="x", better=better, target=row.target, **settings)
        expected = constant.get((row.case_id, row.call), words[row.assurance])
        assert chart.summary["assurance"].iloc[0] == expected, (row.case_id, row.call)
        compared += 1
    assert compared == 15
