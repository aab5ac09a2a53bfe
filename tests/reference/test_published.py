"""Limits as textbooks and manuals print them: each to half a unit of its last printed decimal.

The data and the printed limits are read where they lie, beside the checkout (spc_reference/published_limits.csv).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
import pytest

import pdsa

MONTHS = "virus_of_variation/impact-of-handwashing-death-to-birth-rates.csv"
OHMS = "virus_of_variation/shewharts-resistance-measurements.csv"
ANATOMY = "virus_of_variation/pathological-anatomy-death-to-birth-rates.csv"
HOSPITALS = "virus_of_variation/physical-comparison-death-to-birth-rates.csv"
NOT_SUPPORTED = {"qcc_piston_R": "no chart of ranges"}
PUBLISHER = {"vov_C_Additional": "the printed limits are those of other rows than the printed data"}


def first(n: int) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda rows: rows.head(n)


def where(column: str, text: str) -> Callable[[pd.DataFrame], pd.DataFrame]:
    return lambda rows: rows[rows[column] == text]


def everything(rows: pd.DataFrame) -> pd.DataFrame:
    return rows


def fifty_meters(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(areas=rows["meters"] / 50)


@dataclass(frozen=True)
class Printed:
    """Which rows, which columns, which call, and at which point the limits are printed."""

    kind: str
    value: str
    rows: Callable[[pd.DataFrame], pd.DataFrame] = everything
    denominator: str | None = None
    period: str | None = None
    point: int = -1
    arguments: dict[str, object] = field(default_factory=dict)


def wheeler(rows: Callable[[pd.DataFrame], pd.DataFrame] = everything, value: str = "Rate") -> Printed:
    return Printed("i", value, rows, arguments={"constants": "wheeler"})


CASES = {
    "qcc_oj_p": Printed("p", "D", first(30), "size"),
    "qcc_oj_np": Printed("np", "D", first(30), "size"),
    "qcc_oj_p_excl": Printed("p", "D", first(30), "size", arguments={"exclude": [15, 23]}),
    "qcc_oj2_p": Printed("p", "D", first(24), "size"),
    "qcc_circuit_c": Printed("c", "x", first(26)),
    "qcc_circuit_c_excl": Printed("c", "x", first(26), arguments={"exclude": [6, 20]}),
    "qcc_pc_u": Printed("u", "x", everything, "size"),
    "qcc_visc_i": Printed("i", "viscosity", first(20)),
    "qcc_visc_i_excl4": Printed("i", "viscosity", first(20), arguments={"exclude": [4]}),
    "qcc_piston_xbar": Printed("xbar", "diameter", first(125), period="sample", arguments={"sigma": "ranges"}),
    "qcc_piston_S": Printed("s", "diameter", first(125), period="sample"),
    "spc4hc_bact_c": Printed("c", "ha_infections"),
    "nhs_p": Printed("p", "r", everything, "n"),
    "nhs_pp": Printed("p_prime", "r", everything, "n", arguments={"screen": "once"}),
    "mont_6.5_i": Printed("i", "cost", arguments={"baseline": 20}),
    "mont_7.4tbl_p": Printed("p", "count", everything, "size", point=0),
    "mont_7.5_u": Printed("u", "count", fifty_meters, "areas", point=0),
    "mont_7.6_t": Printed("t", "hours"),
    "vov_12": wheeler(),
    "vov_D1": wheeler(where("Stage", "Before handwashing")),
    "vov_D2": wheeler(where("Stage", "After handwashing")),
    "vov_C_Initial": wheeler(where("Stage", "Initial"), "Resistance"),
    "vov_C_Additional": wheeler(where("Stage", "Additional"), "Resistance"),
    "vov_E_Before_Vienna": wheeler(where("Stage", "Before pathological anatomy")),
    "vov_E_After_Vienna": wheeler(where("Stage", "After pathological anatomy")),
    "vov_G_Dublin": wheeler(where("Hospital", "Dublin Maternity Hospital")),
    "vov_G_Vienna": wheeler(where("Hospital", "Vienna General Hospital")),
    "vov_20": wheeler(),
}


@pytest.fixture(scope="module")
def printed(real_data: Path) -> pd.DataFrame:
    return pd.read_csv(real_data / "spc_reference" / "published_limits.csv", dtype=str).set_index("id")


def read(path: Path) -> pd.DataFrame:
    if path.suffix == ".txt":
        return pd.read_csv(path, sep=r"\s+")
    return pd.read_csv(path, comment="#" if "spc4hc" in str(path) else None)


def sigma_of_ranges(rows: pd.DataFrame) -> float:
    """Mean range of five over its d2, 2.326: qcc's way, which `sigma=` brings back."""
    groups = rows.groupby("sample")["diameter"]
    return float((groups.max() - groups.min()).mean() / 2.326)


def half_a_unit(text: str) -> float:
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) * (1 + 1e-6)


def chart_of(folder: Path, row: pd.Series, case: Printed, kind: str) -> pd.Series:
    rows = case.rows(read(folder / row["file"])).reset_index(drop=True)
    assert len(rows) > 0
    arguments = dict(case.arguments)
    if arguments.get("sigma") == "ranges":
        arguments["sigma"] = sigma_of_ranges(rows)
    frame = rows.assign(at=range(1, len(rows) + 1))
    chart = pdsa.analyze(
        frame, kind, value=case.value, denominator=case.denominator, period=case.period or "at", **arguments
    )  # type: ignore[arg-type]
    return chart.points.iloc[case.point]


@pytest.mark.parametrize("name", CASES)
def test_limits_are_those_printed(real_data: Path, printed: pd.DataFrame, name: str) -> None:
    row, case = printed.loc[name], CASES[name]
    point = chart_of(real_data / "spc_reference", row, case, case.kind)
    found = []
    for ours, theirs in (("center", "centre"), ("lower", "lcl"), ("upper", "ucl")):
        line = max(point[ours], 0.0) if ours == "lower" else point[ours]
        if abs(line - float(row[theirs])) > half_a_unit(row[theirs]):
            found.append((ours, line, row[theirs]))
    if name in PUBLISHER:
        assert [ours for ours, _, _ in found] == ["center", "lower", "upper"]
    else:
        assert found == []


@pytest.mark.parametrize("name", [name for name in CASES if name.startswith("vov") and name not in PUBLISHER])
def test_moving_ranges_are_those_printed(real_data: Path, printed: pd.DataFrame, name: str) -> None:
    row = printed.loc[name]
    point = chart_of(real_data / "spc_reference", row, CASES[name], "mr")
    assert point["center"] == pytest.approx(float(row["mr_bar"]), abs=half_a_unit(row["mr_bar"]))
    assert point["upper"] == pytest.approx(float(row["mr_ucl"]), abs=half_a_unit(row["mr_ucl"]))


def test_every_printed_limit_has_its_place(printed: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    assert set(printed.index) == set(CASES) | set(NOT_SUPPORTED)
    equal = len(CASES) - len(PUBLISHER)
    with capsys.disabled():
        print(f"\npublished limits: {len(printed)} in the table, {equal} equal", end="")
        for name, reason in (NOT_SUPPORTED | PUBLISHER).items():
            print(f", {name} apart ({reason})", end="")
