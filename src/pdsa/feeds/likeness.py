"""Two names for one thing: measures with the same values, measures and schools that go on under another name."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd

from pdsa.feeds.rows import joint_keys, plain_values, status_words
from pdsa.series import Floats, Ints

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


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """What one measure reported.

    Parameters
    ----------
    keys
        Shape (rows,): the number of each school and period, ascending, each once.
    numbers
        Shape (3, rows): value, numerator, denominator.
    schools
        The schools.
    first, last, step
        First and last period, and the usual distance of periods in days.
    """

    keys: Ints
    numbers: Floats
    schools: frozenset[str]
    first: pd.Timestamp
    last: pd.Timestamp
    step: int

    @property
    def divided(self) -> bool:
        """Whether there are denominators."""
        return not bool(np.isnan(self.numbers[2]).all())


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
    (keys,) = joint_keys(rows, columns=("school", "period"))
    places = rows.groupby("measure", observed=True, sort=True).indices
    tables = {str(name): _table(rows.iloc[place], keys[place]) for name, place in places.items()}
    found = [*_spellings(ids)]
    for one, other in combinations(tables, 2):
        found += _identical(one, other, tables[one], tables[other])
        found += _successors(one, other, tables[one], tables[other])
    return tuple(found)


def _table(rows: pd.DataFrame, keys: Ints) -> _Table:
    distinct, place = np.unique(keys, return_index=True)
    periods = pd.DatetimeIndex(np.sort(rows["period"].unique()))
    days = np.diff(periods.to_numpy(dtype="datetime64[D]")).astype(int)
    return _Table(
        keys=distinct,
        numbers=rows[["own", "numerator", "denominator"]].to_numpy(dtype=float)[place].T,
        schools=frozenset(rows["school"].astype(str).unique()),
        first=periods[0],
        last=periods[-1],
        step=_rounded(int(np.median(days))) if len(days) else 0,
    )


def _rounded(days: int) -> int:
    """Months and years differ in length: their distance is that of a usual one."""
    return next((usual for usual, least, most in ((30, 28, 31), (365, 364, 366)) if least <= days <= most), days)


def _spellings(ids: list[str]) -> Iterator[Likeness]:
    plain: dict[str, str] = {}
    for one in ids:
        first = plain.setdefault(re.sub(r"[\W_]+", "", one.casefold()), one)
        if first != one:
            yield Likeness("spelling", first, one, "two ids that differ only in capitals or signs")


def _identical(one: str, other: str, mine: _Table, theirs: _Table) -> Iterator[Likeness]:
    shared, i, j = np.intersect1d(mine.keys, theirs.keys, assume_unique=True, return_indices=True)
    if len(shared) < FEWEST_SHARED:
        return
    a, b = mine.numbers[:, i], theirs.numbers[:, j]
    same = np.isclose(a[0], b[0], rtol=1e-9, atol=0, equal_nan=False)
    # two shares may agree where their counts differ
    same &= ((a[1:] == b[1:]) | np.isnan(a[1:]) | np.isnan(b[1:])).all(axis=0)
    count = int(same.sum())
    if count >= ALIKE * len(shared) and len(np.unique(a[0][same])) >= FEWEST_VALUES:
        yield Likeness(
            "identical", one, other, f"the same values in {count} of {len(shared)} shared periods of schools"
        )


def _successors(one: str, other: str, mine: _Table, theirs: _Table) -> Iterator[Likeness]:
    """Whichever ends first, if the other begins soon after, in the same schools and the same kind of numbers."""
    (first, old), (second, new) = sorted(((one, mine), (other, theirs)), key=lambda pair: pair[1].first)
    near = pd.Timedelta(days=max(LONGEST_BREAK, 2 * old.step))
    if not old.last < new.first <= old.last + near or new.step != old.step:
        return
    shared, larger = len(old.schools & new.schools), max(len(old.schools), len(new.schools))
    if shared >= SAME_SCHOOLS * larger and old.divided == new.divided:
        when = f"one ends {old.last:%Y-%m-%d}, the other begins {new.first:%Y-%m-%d}"
        yield Likeness("renamed", first, second, f"{when}, in {shared} of {larger} schools")


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
