"""Fifty calls of qicharts2 0.8.1 on real data, point by point; read where they lie, beside the checkout.

What a call was given stands in INDEX.csv. Its numerators and denominators are those of the file of answers; where it
began with raw rows (patients, deliveries, doses), they are aggregated here first. Moving ranges were screened.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import oracle
import pdsa
from pdsa.records import Rule

ANHOEJ = (Rule("outside"), Rule("long_run"), Rule("few_crossings"))
KINDS = {"pp": "p_prime", "up": "u_prime", "ip": "i_prime"}
LINES = {"value": "y", "center": "cl", "lower": "lcl", "upper": "ucl", "lower_2s": "lcl.95", "upper_2s": "ucl.95"}
COUNTS = {
    "n": "n.obs",
    "n_useful": "n.useful",
    "longest_run": "longest.run",
    "longest_run_max": "longest.run.max",
    "crossings": "n.crossings",
    "crossings_min": "n.crossings.min",
    "runs_signal": "runs.signal",
}
# file, its column of periods, cut to months, column of the value; the rows of a period are its subgroup
RAW = {
    "cabg_readm": ("qicharts2/cabg.csv", "date", True, "readmission"),
    "cabg_age_xbar": ("qicharts2/cabg.csv", "date", True, "age"),
    "cabg_age_s_": ("qicharts2/cabg.csv", "date", True, "age"),
    "csect_xbar": ("spc4hc_book/csection_delay.csv", "month", False, "delay"),
    "csect_s": ("spc4hc_book/csection_delay.csv", "month", False, "delay"),
    "ren_": ("spc4hc_book/renography_doses.csv", "week", False, "dose"),
}
NAMES = (
    "ae_RQM_i",
    "ae_RQM_p",
    "ae_RQM_pp",
    "ae_top20_pp_facet",
    "bact_c",
    "bact_p",
    "bact_pp",
    "bact_u",
    "bp_i",
    "cabg_age_i_first100",
    "cabg_age_mr_first100",
    "cabg_age_s_month",
    "cabg_age_xbar_month",
    "cabg_death_g",
    "cabg_death_t",
    "cabg_readm_p_month",
    "cabg_readm_pp_month",
    "cdi_c",
    "cdi_run",
    "cdi_u",
    "cdi_u_freeze24",
    "cdi_u_part24",
    "cdi_up",
    "cdiff_u",
    "complaints_ip",
    "csect_i_last60",
    "csect_mr_last60",
    "csect_s",
    "csect_xbar",
    "ct_p",
    "ct_run",
    "dia_i",
    "dia_ip",
    "ea_p",
    "hai_u_facet",
    "lots_i",
    "lots_ip",
    "nhs_i_prop",
    "nhs_p",
    "nhs_pp",
    "ren_s_week",
    "ren_xbar_week",
    "sheffield_i",
    "sheffield_i_freeze50",
    "sheffield_i_part50",
    "sheffield_mort_p_part50",
    "sheffield_readm_p_freeze50",
    "sheffield_run",
    "signals_run_facet",
    "signals_run_facet_freeze13",
)


@dataclass(frozen=True, eq=False)
class Golden:
    """One call: its rows, its arguments in our words, and its answers."""

    kind: str
    rows: pd.DataFrame
    expected: pd.DataFrame
    denominator: str | None
    per: float
    baseline: int | None
    phases: tuple[int, ...]


@cache
def golden(folder: Path, name: str) -> Golden:
    index = pd.read_csv(folder / "golden_qicharts2_0.8.1" / "INDEX.csv").set_index("id")
    call = index.loc[name, "call"]

    def told(argument: str) -> float | None:
        found = re.search(rf"{argument} = (\d+)", call)
        return float(found[1]) if found else None

    chart = re.search(r'chart = "(\w+)"', call)
    kind = KINDS.get(chart[1], chart[1]) if chart else "run"
    expected = pd.read_csv(folder / "golden_qicharts2_0.8.1" / f"{name}.csv", dtype={"facet1": str, "facet2": str})
    expected = expected.sort_values(["facet1", "facet2", "x"], kind="stable").reset_index(drop=True)
    rows = expected[["facet1", "facet2", "x", "y.sum", "n"]].rename(columns={"y.sum": "value"})
    for beginning, source in RAW.items():
        if name.startswith(beginning):
            rows = raw_rows(folder, *source)
    if name.startswith("cabg_readm"):
        rows = rows.groupby(["facet1", "facet2", "x"], as_index=False).agg(n=("value", "size"), value=("value", "sum"))
    part, freeze = told("part"), told("freeze")
    return Golden(
        kind=kind,
        rows=rows,
        expected=expected,
        denominator="n" if rows["n"].notna().any() else None,
        per=told("multiply") or 1.0,
        baseline=int(freeze) if freeze else None,
        phases=(int(part),) if part else (),
    )


def raw_rows(folder: Path, file: str, period: str, months: bool, value: str) -> pd.DataFrame:
    rows = pd.read_csv(folder / file, comment="#")
    when = rows[period].str[:7] + "-01" if months else rows[period]
    return pd.DataFrame({"facet1": "1", "facet2": "1", "x": when, "value": rows[value].astype(float), "n": np.nan})


@pytest.fixture(scope="module")
def reference(real_data: Path) -> Path:
    return real_data / "spc_reference"


def different(one: Golden, points: pd.DataFrame, counts: pd.DataFrame) -> list[str]:
    """Columns of points, and of phases, that are not those of the package."""
    found = []
    highest = one.per if one.kind in ("p", "p_prime") else np.inf
    for ours, theirs in LINES.items():
        values = points[ours].to_numpy(dtype=float)
        if ours[:5] in ("lower", "upper") and one.kind not in ("i", "i_prime", "mr", "xbar"):
            values = np.clip(values, 0, highest)
        if not np.allclose(values, one.expected[theirs].to_numpy(dtype=float), rtol=1e-9, atol=1e-12, equal_nan=True):
            found.append(ours)
    if points["rule_outside"].tolist() != one.expected["sigma.signal"].fillna(False).astype(bool).tolist():
        found.append("rule_outside")
    theirs = one.expected.drop_duplicates(["facet1", "facet2", "part"])
    for ours, name in COUNTS.items():
        if not np.array_equal(counts[ours].to_numpy(dtype=float), theirs[name].to_numpy(dtype=float), equal_nan=True):
            found.append(ours)
    return found


@pytest.mark.parametrize("name", NAMES)
def test_the_engine_gives_the_same_numbers(reference: Path, name: str) -> None:
    one = golden(reference, name)
    chart = pdsa.analyze(
        one.rows,
        one.kind,  # type: ignore[arg-type]
        value="value",
        denominator=one.denominator,
        per=one.per,
        period="x",
        by=["facet1", "facet2"],
        screen="once",
        baseline=one.baseline,
        phases=list(one.phases) or None,
    )
    assert different(one, chart.points, chart.phases) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_oracle_gives_the_same_numbers(reference: Path, name: str) -> None:
    one = golden(reference, name)
    setup = oracle.Setup(one.kind, baseline=one.baseline, phases=one.phases, screen="once")
    points, counts = [], []
    for _, rows in one.rows.groupby(["facet1", "facet2"], sort=True):
        periods = []
        for _, group in rows.groupby("x", sort=True):
            values = tuple(group["value"])
            below = float(group["n"].iloc[0]) if one.denominator else None
            periods.append(oracle.Period(values[0], below, values))
        for phase in oracle.judge(periods, setup, list(ANHOEJ)):
            scaled = {line: np.array(getattr(phase, line)) * one.per for line in LINES}
            points.append(pd.DataFrame(scaled | {"rule_outside": phase.flags["outside"]}))
            known = {name: phase.counts.get(name, np.nan) for name in COUNTS}
            counts.append(known | {"runs_signal": phase.runs_signal})
    assert different(one, pd.concat(points), pd.DataFrame(counts)) == []


def test_every_golden_call_has_its_place(reference: Path, capsys: pytest.CaptureFixture[str]) -> None:
    index = pd.read_csv(reference / "golden_qicharts2_0.8.1" / "INDEX.csv")
    assert sorted(index["id"]) == sorted(NAMES)
    assert len(NAMES) == 50
    with capsys.disabled():
        print(f"\ngolden calls: {len(NAMES)} compared point by point, {len(NAMES)} equal", end="")
