"""Published totals beside the sums of their members: equal, or told with the difference."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pdsa.feeds.rows import NUMBERS, many, status_words
from pdsa.records import Measure
from pdsa.series import Floats

# Publishers print shares with one decimal of a percent: half a unit of it, and a little for the float.
ROUNDING = 0.00051
# Sums of floats differ in the last digits.
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Totaled:
    """A numerator, a denominator and a value; nan where there is none."""

    numerator: float
    denominator: float
    value: float

    def __str__(self) -> str:
        if np.isnan(self.numerator):
            return "nothing" if np.isnan(self.value) else f"{self.value:.6g}"
        return f"{self.numerator:,.10g}" + ("" if np.isnan(self.denominator) else f" of {self.denominator:,.10g}")


@dataclass(frozen=True, slots=True)
class TotalCheck:
    """One published total and the sum of its members.

    Parameters
    ----------
    scope, name
        `network` and "", or `district` and its id.
    measure, period, group
        Which total; the period as an ISO date, the group as `dimension: group` or "".
    published, summed, difference
        The total, the sum, and the sum less the total.
    equal
        None where it cannot be said.
    members, hidden
        Rows that were added, and members whose number is hidden, a bound or lacking: the sum is a lower bound.
    note
        Why it cannot be said, or what the sum leaves out; "" where nothing is to be said.
    source, row
        Where the total stands.
    """

    scope: str
    name: str
    measure: str
    period: str
    group: str
    published: Totaled
    summed: Totaled
    difference: Totaled
    equal: bool | None
    members: int
    hidden: int
    note: str = ""
    source: str = ""
    row: int = 0

    def __str__(self) -> str:
        whose = ", ".join(part for part in (self.name or self.scope, self.measure, self.group, self.period) if part)
        said = {True: "equals", False: "is not", None: "cannot be compared with"}[self.equal]
        off = f" (difference {_signed(self.difference)})" if self.equal is False else ""
        note = f"; {self.note}" if self.note else ""
        summed = f"the sum of {many(self.members, 'member')}, {self.summed}"
        return f"{whose}: published {self.published} {said} {summed}{off}{note}"


def _signed(one: Totaled) -> str:
    parts = [part for part in (one.numerator, one.denominator) if not np.isnan(part)] or [one.value]
    return " and ".join(f"{part:+,.6g}" for part in parts)


def compare_totals(
    observations: pd.DataFrame,
    totals: pd.DataFrame,
    measures: Sequence[Measure],
    districts: Mapping[str, str] | None = None,
) -> tuple[TotalCheck, ...]:
    """A check for each published total.

    Numerators and denominators are added, and values of counts. A mean of shares is no share of the whole: without
    numerators and denominators of the members nothing can be said, and that is said. Give the rows before impossible
    ones lose their numbers: publishers count them.

    Parameters
    ----------
    observations
        Columns `terms.OBSERVATION_COLUMNS`: the members; `district` besides, where rows say it themselves.
    totals
        Columns `scope` (`network` or `district`), `key` (the district's id), `measure`, `period`, `numerator`,
        `denominator`, `value`, and where known `group_dim`, `group`, `status`, `source`, `row`.
    measures
        Those of the network.
    districts
        The district of each school, for totals of districts whose members' rows do not say it.
    """
    if totals.empty:
        return ()
    texts = dict.fromkeys(("group_dim", "group", "source"), "")
    totals = totals.assign(**{name: default for name, default in texts.items() if name not in totals})
    totals = totals.assign(**({} if "row" in totals else {"row": 0}))
    types = {measure.id: measure.data_type for measure in measures}
    members = observations.assign(words=status_words(observations))
    if "district" not in members:
        members["district"] = ""
    if districts is not None and "district" not in observations:
        members["district"] = members["school"].astype(str).map(districts).fillna("")
    return tuple(_checks(members, totals, types))


CELL = ["measure", "period", "group_dim", "group"]


def _checks(members: pd.DataFrame, totals: pd.DataFrame, types: Mapping[str, str]) -> Iterator[TotalCheck]:
    """One pass over the members for each kind of total."""
    for scope, rows in totals.groupby("scope", sort=False, observed=True):
        cells = [*CELL, *(["district"] if scope == "district" else [])]
        groups = members.groupby(cells, observed=True, sort=False).indices
        for row in rows.to_dict("records"):
            key = tuple(row["key"] if name == "district" else row[name] for name in cells)
            own = members.iloc[groups.get(key, [])]
            yield _check(str(scope), row, own, types.get(str(row["measure"]), ""))


def _check(scope: str, row: dict[Hashable, Any], members: pd.DataFrame, data_type: str) -> TotalCheck:
    published = Totaled(*(float(str(row[name])) for name in ("numerator", "denominator", "value")))
    # an impossible row is in the publisher's total all the same, as long as its numbers still stand in it
    numbered = members["value"].notna() | members["numerator"].notna()
    words = members["words"]
    usable = words.isin(("reported", "not_applicable")) | (words.eq("excluded") & numbered)
    summed = _sum(members[usable], data_type, published)
    gap = _less(summed, published)
    hidden = int((~usable).sum())
    slack = (_rounding(members.loc[usable, "numerator"]), _rounding(members.loc[usable, "denominator"]))
    equal, note = _judge(published, summed, gap, hidden, len(members), slack)
    if len(members) and np.isnan(summed.numerator) and np.isnan(summed.value):
        note = "members have shares without numerators and denominators: a mean of shares is no share of the whole"
    return TotalCheck(
        scope=scope,
        name=str(row["key"] or ""),
        measure=str(row["measure"]),
        period=f"{row['period']:%Y-%m-%d}",
        group=f"{row['group_dim']}: {row['group']}" if row["group_dim"] else "",
        published=published,
        summed=summed,
        difference=gap,
        equal=equal,
        members=int(usable.sum()),
        hidden=hidden,
        note=note,
        source=str(row["source"]),
        row=int(str(row["row"])),
    )


def _sum(members: pd.DataFrame, data_type: str, published: Totaled) -> Totaled:
    """Sums over the members; the value is the share of the sums, or the sum of counts."""
    values = {name: members[name].to_numpy(dtype=float) for name in NUMBERS}
    numerator, denominator = _whole(values["numerator"]), _whole(values["denominator"])
    value = numerator / denominator if denominator > 0 else np.nan
    if data_type == "count" and np.isnan(value):
        value = _whole(values["value"])
        if np.isnan(numerator) and not np.isnan(published.numerator):
            numerator = value
    return Totaled(numerator, denominator, value)


def _whole(values: Floats) -> float:
    """The sum; nan as soon as one part is not known."""
    return float(values.sum()) if len(values) else float("nan")


def _rounding(column: pd.Series) -> float:
    """How far a sum of averages, each printed with one or two decimals, may be from the average of all."""
    values = column.to_numpy(dtype=float)
    if (np.abs(values * 2 - np.round(values * 2)) <= CLOSE).all():  # counts, or half days
        return 0.0
    digits = next((digits for digits in (1, 2) if (np.abs(values - np.round(values, digits)) <= CLOSE).all()), 0)
    return 0.5 * 10.0**-digits * (len(values) + 1) if digits else 0.0


def _less(one: Totaled, other: Totaled) -> Totaled:
    return Totaled(one.numerator - other.numerator, one.denominator - other.denominator, one.value - other.value)


def _judge(
    published: Totaled, summed: Totaled, gap: Totaled, hidden: int, members: int, slack: tuple[float, float]
) -> tuple[bool | None, str]:
    """Whether both agree; with hidden members only a sum that is too large already contradicts."""
    if not members:
        return None, "no member reported"
    counts = [
        (off, CLOSE * max(abs(total), 1), rounding)
        for off, total, rounding in (
            (gap.numerator, published.numerator, slack[0]),
            (gap.denominator, published.denominator, slack[1]),
        )
        if not np.isnan(off)
    ]
    over = any(off > close + rounding for off, close, rounding in counts)
    if hidden:
        note = f"{many(hidden, 'member')} hidden, a bound or without a number: the sum is a lower bound"
        return (False if over else None), note
    if counts:
        same = all(abs(off) <= close for off, close, _ in counts)
        near = all(abs(off) <= close + rounding for off, close, rounding in counts)
        return near, "" if same or not near else "but for the rounding of averages"
    if np.isnan(gap.value):
        return None, "nothing to compare"
    share = not np.isnan(summed.denominator)
    return abs(gap.value) <= (ROUNDING if share else CLOSE * max(abs(published.value), 1)), ""
