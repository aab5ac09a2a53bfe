"""What is no mistake, and yet may be one: measures of which no file has a row."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pandas as pd

from pdsa.records import Measure

__all__ = ["Doubts", "doubts_of"]

NAMED = 6  # measures that are named in one sentence


@dataclass(frozen=True, slots=True)
class Doubts:
    """What of the rows of a network may not be meant as it is.

    Parameters
    ----------
    no_row, no_value
        Ids of the measures of which no file has a row, or no number, in the order of the measures.
    whole
        Whether the rows of every school could be used; those that were set apart may be rows of such a measure.
    """

    no_row: tuple[str, ...] = ()
    no_value: tuple[str, ...] = ()
    whole: bool = True

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


def _measures(names: Sequence[str], one: str, many: str) -> str:
    """`The measures a, b have`."""
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    which = f"{', '.join(names[:NAMED])}{more}"
    return f"The measure {which} {one}" if len(names) == 1 else f"The measures {which} {many}"
