"""Two names for one thing: measures with the same values, measures and schools that go on under another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from pdsa.feeds.rows import plain_values, status_words

# So many shared pairs of school and period, and so large a share of them alike, make two measures one.
FEWEST_SHARED, ALIKE = 10, 0.95
# Values that hardly vary are alike by chance.
FEWEST_VALUES = 3
# Of two measures that follow each other, so large a share of schools must stand in both.
SAME_SCHOOLS = 0.9
# The second begins at most so many days after the first ended, or two of its steps: a summer lies between.
LONGEST_BREAK = 120


@dataclass(frozen=True, slots=True)
class Likeness:
    """Two names that may mean the same.

    Parameters
    ----------
    kind
        `identical`, `renamed`, `spelling` (of measures); `school renamed`, `school renumbered`.
    first, second
        Two ids of measures or schools; of a renamed school its two names.
    found
        The evidence, in words.
    school
        Of a renamed school its id.
    """

    kind: str
    first: str
    second: str
    found: str
    school: str = ""

    def __str__(self) -> str:
        whose = f"school {self.school}: " if self.school else ""
        return f"{whose}{self.first} and {self.second}: {self.found}"


def same_values(observations: pd.DataFrame) -> tuple[Likeness, ...]:
    """Measures that may be one: identical values, one that ends where another begins, ids that differ in spelling.

    Parameters
    ----------
    observations
        Columns `terms.OBSERVATION_COLUMNS`; rows of groups are left out.
    """
    rows = observations[(observations["group_dim"] == "").to_numpy()]
    reported = status_words(rows).isin(("reported", "top_coded", "bottom_coded")).to_numpy()
    rows = rows[reported].assign(own=plain_values(rows)[reported])
    ids = sorted(observations["measure"].astype(str).unique())
    tables = {str(name): _table(own) for name, own in rows.groupby("measure", observed=True, sort=True)}
    found = [*_spellings(ids)]
    for one, other in combinations(tables, 2):
        found += _identical(one, other, tables[one], tables[other])
        found += _successors(one, other, tables[one], tables[other])
    return tuple(found)


def _table(rows: pd.DataFrame) -> pd.DataFrame:
    """The value, numerator and denominator of each school and period."""
    table = rows.assign(school=rows["school"].astype(str)).set_index(["school", "period"])
    return table.loc[~table.index.duplicated(), ["own", "numerator", "denominator"]]


def _spellings(ids: list[str]) -> Iterator[Likeness]:
    plain: dict[str, str] = {}
    for one in ids:
        first = plain.setdefault(re.sub(r"[\W_]+", "", one.casefold()), one)
        if first != one:
            yield Likeness("spelling", first, one, "two ids that differ only in capitals or signs")


def _identical(one: str, other: str, mine: pd.DataFrame, theirs: pd.DataFrame) -> Iterator[Likeness]:
    shared = mine.index.intersection(theirs.index)
    if len(shared) < FEWEST_SHARED:
        return
    a, b = mine.loc[shared], theirs.loc[shared]
    same = np.isclose(a["own"].to_numpy(), b["own"].to_numpy(), rtol=1e-9, atol=0, equal_nan=False)
    # two shares may agree where their counts differ
    for name in ("numerator", "denominator"):
        both = a[name].notna().to_numpy() & b[name].notna().to_numpy()
        same &= ~both | (a[name].to_numpy() == b[name].to_numpy())
    count = int(same.sum())
    if count >= ALIKE * len(shared) and a["own"][same].nunique() >= FEWEST_VALUES:
        yield Likeness(
            "identical", one, other, f"the same values in {count} of {len(shared)} shared periods of schools"
        )


def _successors(one: str, other: str, mine: pd.DataFrame, theirs: pd.DataFrame) -> Iterator[Likeness]:
    """Whichever ends first, if the other begins soon after, in the same schools and the same kind of numbers."""
    spans = sorted(((_span(mine), one, mine), (_span(theirs), other, theirs)), key=lambda part: part[0])
    (_, end, step), first, a = spans[0]
    (begin, _, later), second, b = spans[1]
    near = pd.Timedelta(days=LONGEST_BREAK) if step < pd.Timedelta(days=LONGEST_BREAK) else 2 * step
    if not end < begin <= end + near or later != step:
        return
    schools, others = set(a.index.get_level_values(0)), set(b.index.get_level_values(0))
    share = len(schools & others) / max(len(schools), len(others))
    alike = a["denominator"].notna().any() == b["denominator"].notna().any()
    if share >= SAME_SCHOOLS and alike:
        words = f"one ends {end:%Y-%m-%d}, the other begins {begin:%Y-%m-%d}, in {len(schools & others)} of the same"
        yield Likeness("renamed", first, second, f"{words} {max(len(schools), len(others))} schools")


def _span(table: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp, pd.Timedelta]:
    """First and last period, and the usual distance of periods (of yearly ones in whole years)."""
    periods = pd.DatetimeIndex(np.sort(table.index.get_level_values(1).unique()))
    step = pd.Timedelta(np.median(np.diff(periods))) if len(periods) > 1 else pd.Timedelta(0)
    return periods[0], periods[-1], _rounded(step)


def _rounded(step: pd.Timedelta) -> pd.Timedelta:
    """Months and years differ in length: their distance is that of a usual one."""
    for days, most in ((30, 32), (365, 370)):
        if days - 3 <= step.days <= most:
            return pd.Timedelta(days=days)
    return step


def school_changes(rows: pd.DataFrame) -> tuple[Likeness, ...]:
    """Schools that have a new name under the same id, or a new id under the same name.

    Parameters
    ----------
    rows
        Columns `school`, `school_name` and `period`.
    """
    names = rows["school_name"].astype(str).str.split().str.join(" ")
    table = pd.DataFrame({"school": rows["school"].astype(str), "name": names, "period": rows["period"].to_numpy()})
    table = table[table["name"] != ""].assign(plain=lambda frame: frame["name"].str.casefold())
    spans = table.groupby(["school", "plain"], sort=True).agg(
        name=("name", "last"), first=("period", "min"), last=("period", "max")
    )
    return (*_renamed(spans.reset_index()), *_renumbered(spans.reset_index()))


def _renamed(spans: pd.DataFrame) -> Iterator[Likeness]:
    for school, own in spans.groupby("school", sort=True):
        order = own.sort_values("first")
        for (_, old), (_, new) in zip(order.iloc[:-1].iterrows(), order.iloc[1:].iterrows(), strict=True):
            words = f"the same id; the first name to {old['last']:%Y-%m-%d}, the second from {new['first']:%Y-%m-%d}"
            yield Likeness("school renamed", old["name"], new["name"], words, str(school))


def _renumbered(spans: pd.DataFrame) -> Iterator[Likeness]:
    """Two ids of one name of which one begins after the other ended; two at one time are two schools."""
    for _, own in spans.groupby("plain", sort=True):
        order = own.sort_values("first")
        for (_, old), (_, new) in zip(order.iloc[:-1].iterrows(), order.iloc[1:].iterrows(), strict=True):
            if old["last"] < new["first"]:
                words = f"both {new['name']}; one ends {old['last']:%Y-%m-%d}, the other begins {new['first']:%Y-%m-%d}"
                yield Likeness("school renumbered", old["school"], new["school"], words)
