"""What is no mistake, and yet may be one: measures of which no file has a row, and days that no report reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pandas as pd

from pdsa.records import Measure

__all__ = ["Doubts", "doubts_of", "later_words", "lone_words"]

NAMED = 6  # measures that are named in one sentence
YEAR = 366  # days


@dataclass(frozen=True, slots=True)
class Doubts:
    """What of the rows of a network may not be meant as it is.

    Parameters
    ----------
    no_row, no_value
        Ids of the measures of which no file has a row, or no number, in the order of the measures.
    whole
        Whether the rows of every school could be used; those that were set apart may be rows of such a measure.
    later
        As `later_words` says it.
    """

    no_row: tuple[str, ...] = ()
    no_value: tuple[str, ...] = ()
    whole: bool = True
    later: str = ""

    def lost(self, had: Collection[str]) -> str:
        """A sentence about the measures without a number of which the last run `had` one; "" where there are none."""
        names = [one for one in self.no_value if one in had]
        if not names:
            return ""
        step = "Was a file moved, renamed or emptied? Put it back, and run the same command again"
        return (
            f"{_measures(names, 'had', 'had')} values in the last run, and {self._nowhere} has any now: pages that are "
            f"made from these files say that there are no data. {step}."
        )

    def silent(self, had: Collection[str] = ()) -> str:
        """A sentence about the other measures, those without a row; "" where there are none."""
        names = [one for one in self.no_row if one not in had]
        if not names:
            return ""
        where = self._nowhere.removeprefix("no ")
        return (
            f"{_measures(names, 'has', 'have')} no row in any {where}: was a file moved or renamed, or is it to come?"
        )

    @property
    def _nowhere(self) -> str:
        return f"no file{'' if self.whole else ' that can be used'}"


def doubts_of(measures: Sequence[Measure], observations: pd.DataFrame, *, whole: bool = True) -> Doubts:
    """Look for what may not be meant.

    Parameters
    ----------
    measures
        Of the network; a new one has some of which there is no row yet.
    observations
        Every row of every file, before any is left out for its day.
    whole
        As in `Doubts`.
    """
    known = [one.id for one in measures]
    numbers = observations[["value", "numerator"]].notna().any(axis=1)
    there, told = set(observations["measure"].unique()), set(observations.loc[numbers, "measure"].unique())
    return Doubts(
        tuple(one for one in known if one not in there),
        tuple(one for one in known if one not in told),
        whole,
    )


def later_words(rows: pd.DataFrame, as_of: date | None) -> str:
    """A sentence about the rows that no report has because they are later than it looks; "" where there are none.

    Parameters
    ----------
    rows
        Observations; places are told by `file` and `file_row` where there are such columns.
    as_of
        The last day that reports look at; with None they look at all.
    """
    late = rows[rows["period"] > pd.Timestamp(as_of)] if as_of else rows.iloc[:0]
    if late.empty:
        return ""
    latest = late[late["period"] == late["period"].max()]
    last = f"{latest['period'].iloc[0]:%Y-%m-%d}"
    if len(late) == 1:
        return f"1 row lies after as_of ({as_of}) and is in no report: {_first(late)}, of {last}. Is its day right?"
    return (
        f"{len(late):,} rows lie after as_of ({as_of}) and are in no report: the first is {_first(late)}; the latest "
        f"day is {last} ({_first(latest)}). Are these days right?"
    )


def lone_words(measures: Sequence[Measure], rows: pd.DataFrame) -> Iterator[str]:
    """A sentence for each measure whose last period lies far behind all others: a wrong year makes such a one.

    Parameters
    ----------
    measures
        Of the network.
    rows
        As in `later_words`.
    """
    for measure in measures:
        own = rows[rows["measure"] == measure.id]
        days = own["period"].drop_duplicates().nlargest(2).tolist()
        if len(days) == 2 and (days[0] - days[1]).days > YEAR * (2 if measure.frequency == "year" else 1):
            there = own[own["period"] == days[0]]
            yield (
                f"The last period of the measure {measure.id}, {days[0]:%Y-%m-%d}, stands alone, more than a year "
                f"after the one before, {days[1]:%Y-%m-%d}: {_first(there)}. Is the year right?"
            )


def _first(rows: pd.DataFrame) -> str:
    """The first of some rows, by file and row."""
    file, row = ("file", "file_row") if "file" in rows else ("source", "row")
    names = rows[file].astype(str)
    return f"{names.min()}, row {rows.loc[names == names.min(), row].min()}"


def _measures(names: Sequence[str], one: str, many: str) -> str:
    """`The measures a, b have`."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    which = f"{', '.join(names[:NAMED])}{more}"
    return f"The measure {which} {one}" if len(names) == 1 else f"The measures {which} {many}"
