"""A Chart as a table: the same numbers that the drawing shows, for people who want to read them."""

from __future__ import annotations

import pandas as pd
from great_tables import GT

from pdsa import narrate
from pdsa.chart import Chart
from pdsa.records import Measure
from pdsa.terms import STATUSES

COLUMNS = {
    "period": "Period",
    "value": "Value",
    "numerator": "Numerator",
    "denominator": "Denominator",
    "center": "Center",
    "lower": "Lower",
    "upper": "Upper",
    "reasons": "Signal",
}
BOUNDS = {"top_coded": "at least", "bottom_coded": "at most"}
# What stands in the place of a value that is not there; where nothing was reported, nothing.
INSTEAD = {
    "suppressed": "hidden",
    "excluded": "excluded",
    "not_applicable": "not applicable",
    "error": "error in the source",
}
NUMBERS = ("value", "center", "lower", "upper")


def points_table(chart: Chart) -> GT:
    """Every point of one series, the latest first, as an unrendered table.

    Parameters
    ----------
    chart
        One series; take it out of many by `chart.only(...)`.
    """
    points = chart.points.iloc[::-1]
    columns = [name for name in COLUMNS if name in ("period", "value", "reasons") or points[name].notna().any()]
    columns = [name for name in columns if name != "numerator" or _whole(points[name])]
    unit = narrate.in_unit(chart, frozenset(chart.summary["kind"]))
    numbers = {name: [_told(v, unit) for v in points[name]] for name in NUMBERS if name in columns}
    statuses = [STATUSES[code] for code in chart.status[::-1].tolist()]
    numbers["value"] = [_with_status(*pair) for pair in zip(numbers["value"], statuses, strict=True)]
    table = points[columns].assign(
        **numbers,
        period=[narrate.format_period(period, chart.step) for period in points["period"]],
        reasons=[_signals(str(reasons), chart) for reasons in points["reasons"]],
    )
    return _formatted(GT(table, id=f"pdsa-points-{abs(hash_of(chart)) % 10**8}"), table)


def _formatted(table: GT, frame: pd.DataFrame) -> GT:
    counts = [name for name in ("numerator", "denominator") if name in frame]
    labeled = table.cols_label({name: COLUMNS[name] for name in frame.columns})
    counted = labeled.fmt_number(counts, decimals=0, use_seps=False) if counts else labeled
    return counted.sub_missing(missing_text="")


def _with_status(value: str, status: str) -> str:
    """A value and what became of it; the word alone where there is none."""
    if not value:
        return INSTEAD.get(status, "")
    return f"{value} (excluded)" if status == "excluded" else f"{BOUNDS.get(status, '')} {value}".strip()


def _told(value: float, unit: Measure | None) -> str:
    return "" if pd.isna(value) else narrate.format_value(value, unit, unit=False)


def _whole(counts: pd.Series) -> bool:
    """Numerators that are no whole numbers were computed from a percent: as counts they would mislead."""
    return bool((counts.dropna() % 1 == 0).all())


def _signals(reasons: str, chart: Chart) -> str:
    return ", ".join(narrate.rule_words(chart, name) for name in reasons.split(",") if name)


def hash_of(chart: Chart) -> int:
    """A number that is the same for the same table each time, for its id in the page."""
    return sum(ord(letter) * (place + 1) for place, letter in enumerate(narrate.summary_line(chart)))
