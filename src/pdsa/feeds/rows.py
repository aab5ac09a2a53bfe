"""What the parts of this folder share: keys of observations, running totals in order, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from pdsa.series import Bools, Floats, Ints
from pdsa.terms import STATUSES

KEY_COLUMNS = ("school", "measure", "period", "group_dim", "group")
NUMBERS = ("value", "numerator", "denominator")
# A sum of floats differs in the last digits: so many decimals are kept.
DECIMALS = 9


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that was found in observations and that a reader of their numbers must know.

    Parameters
    ----------
    kind
        `negative increment`, `several periods`, `first of the year`, `running share`, `unknown increment`,
        `impossible increment`, `nobody reported`, `denominators`.
    measure
        The measure's id.
    found
        What was found and what became of it, in words.
    school, group
        Whose row; "" where it concerns all.
    period
        The row's day; None where it concerns no single one.
    source, row
        Where the row came from.
    before, after
        The two reports between which something is wrong.
    """

    kind: str
    measure: str
    found: str
    school: str = ""
    group: str = ""
    period: date | None = None
    source: str = ""
    row: int = 0
    before: float | None = None
    after: float | None = None

    def __str__(self) -> str:
        place = [part for part in (self.source, f"row {self.row}" if self.row else "") if part]
        whose = [part for part in (self.school, self.group, self.measure) if part]
        when = [f"{self.period:%Y-%m-%d}"] if self.period else []
        return f"{', '.join([*place, *whose, *when])}: {self.found}"


def school_years(period: pd.Series, start: int) -> Ints:
    """Shape (rows,): the calendar year in which each day's school year begins; `start` is its first month."""
    years, months = period.dt.year.to_numpy(), period.dt.month.to_numpy()
    return np.asarray(years - (months < start), dtype=np.int64)


def many(count: int, noun: str) -> str:
    """`1 week`, `3 weeks`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def year_name(year: int) -> str:
    """`2016-17` for the school year that begins in 2016."""
    return f"{year}-{(year + 1) % 100:02d}"


def status_words(frame: pd.DataFrame) -> pd.Series:
    """The statuses as texts."""
    return frame["status"].astype(object).astype("str")


def statuses(words: pd.Series) -> pd.Series:
    """Words as the categories of observations."""
    known = list(dict.fromkeys([*STATUSES, *words.unique().tolist()]))
    return words.astype(pd.CategoricalDtype(pd.Index(known, dtype="str")))


def plain_values(frame: pd.DataFrame) -> Floats:
    """Shape (rows,): the value of each row, or its numerator over its denominator."""
    share = frame["numerator"] / frame["denominator"].replace(0, np.nan)
    return np.asarray(frame["value"].fillna(share), dtype=np.float64)


def starts_of(*columns: pd.Series | Ints) -> Bools:
    """Shape (rows,): where any of these columns differs from the row above."""
    first = np.zeros(len(columns[0]), dtype=bool)
    for column in columns:
        values = np.asarray(column)
        first[1:] |= values[1:] != values[:-1]
    first[:1] = True
    return first


def codes_of(column: pd.Series) -> tuple[Ints, pd.Index]:
    """Codes and distinct values of a column; those of a category are taken as they stand."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype=np.int64), column.cat.categories
    codes, found = pd.factorize(column)
    return np.asarray(codes, dtype=np.int64), pd.Index(found)


def joint_keys(*frames: pd.DataFrame, columns: tuple[str, ...] = KEY_COLUMNS) -> list[Ints]:
    """For each frame the number of each row's key; the same key has the same number in all of them."""
    keys = [np.zeros(len(frame), dtype=np.int64) for frame in frames]
    for column in columns:
        parts = [codes_of(frame[column]) for frame in frames]
        known = pd.Index(np.concatenate([np.asarray(found, dtype=object) for _, found in parts])).unique()
        for i, (codes, found) in enumerate(parts):
            place = known.get_indexer(pd.Index(np.asarray(found, dtype=object)))
            keys[i] = keys[i] * (len(known) + 1) + place[codes]
    return keys
