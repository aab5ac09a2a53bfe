"""Does a measure run from the beginning of the school year? What speaks for it, as a question and never a decision."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pdsa.feeds.rows import school_years, starts_of, status_words
from pdsa.records.imports import Choice, Question
from pdsa.series import Bools

# Fewer steps show nothing; a series that never falls in one year of so many steps is asked about.
FEWEST_POINTS, FEWEST_RISES, CORRECTED = 4, 10, 5
# Of few reports: so many schools with so many of them, whose last is so large a part of what even growth would give.
FEWEST_CHAINS, FEWEST_TO_GROW, GROWTH = 2, 3, 0.6
# Nearly all: of the school years without a fall, of the turns of the year with one.
NEARLY = 0.95


@dataclass(frozen=True, slots=True)
class Evidence:
    """Why a measure looks like a running total.

    Parameters
    ----------
    measure, column
        The measure, and which of its numbers runs.
    years, steady
        School years of single schools or groups with enough reports, and how many of them never fall.
    turns, drops
        Turns from one school year to the next, and at how many the number falls.
    example
        The first reports of one of them.
    """

    measure: str
    column: str
    years: int
    steady: int
    turns: int
    drops: int
    example: tuple[float, ...]

    def __str__(self) -> str:
        shown = ", ".join(f"{value:.10g}" for value in self.example)
        turns = f", and falls at {self.drops} of {self.turns} turns of the year" if self.turns else ""
        return f"{self.column} rises steadily in {self.steady} of {self.years} school years{turns}: {shown} ..."

    def question(self, place: str) -> Question:
        """What must be answered before these numbers are charted."""
        return Question(
            key=f"cumulative:{self.measure}",
            place=place,
            found=str(self),
            ask=f"Does {self.measure} count from the beginning of the school year (year to date)?",
            choices=(
                Choice("yes", "each report is a total so far: the differences are charted"),
                Choice("no", "each report is of its own period: charted as it stands"),
            ),
        )


def looks_cumulative(observations: pd.DataFrame, measure: str, school_year_start: int = 7) -> Evidence | None:
    """The evidence that a measure is a running total, or None.

    Parameters
    ----------
    observations
        Columns `terms.OBSERVATION_COLUMNS`.
    measure
        The measure's id.
    school_year_start
        Month in which a school year begins.
    """
    rows = observations[(observations["measure"] == measure).to_numpy()]
    column = "numerator" if rows["numerator"].notna().any() else "value"
    return running(rows, column, school_year_start)


def running(rows: pd.DataFrame, column: str, school_year_start: int) -> Evidence | None:
    """The evidence that one column of a measure's rows is a running total, or None."""
    known = status_words(rows).isin(("reported", "not_applicable")) & rows[column].notna()
    rows = rows[known.to_numpy()].sort_values(["school", "group_dim", "group", "period"], kind="stable")
    if len(rows) < FEWEST_TO_GROW:
        return None
    values, years = rows[column].to_numpy(dtype=float), school_years(rows["period"], school_year_start)
    series = starts_of(*(rows[name].astype(str) for name in ("school", "group_dim", "group")))
    begins = series | starts_of(years)
    chain = np.cumsum(begins) - 1
    change = np.diff(values, prepend=values[:1])
    rises, falls = (np.bincount(chain, (~begins & mask).astype(float)) for mask in (change > 0, change < 0))
    enough = np.bincount(chain) >= FEWEST_POINTS
    # a series of zeros neither rises nor falls and says nothing
    judged = enough & (rises + falls > 0)
    # one correction in a year of rises is no proof against it: somebody is asked
    steady = judged & ((falls == 0) | ((falls == 1) & (rises >= CORRECTED)))
    turns = begins & ~series & judged[chain] & np.concatenate([[False], values[:-1] > 0])
    drops = turns & (change < 0)
    if rises[judged].sum() < FEWEST_RISES and _multiplies(values, chain):
        judged = steady = np.bincount(chain) >= FEWEST_TO_GROW
    elif rises[judged].sum() < FEWEST_RISES or steady.sum() < NEARLY * judged.sum():
        return None
    if turns.any() and drops.sum() < NEARLY * turns.sum():
        return None
    return Evidence(
        measure=str(rows["measure"].iloc[0]),
        column=column,
        years=int(judged.sum()),
        steady=int(steady.sum()),
        turns=int(turns.sum()),
        drops=int(drops.sum()),
        example=_example(values, chain, steady, rises),
    )


def _multiplies(values: np.ndarray, chain: np.ndarray) -> bool:
    """Whether few reports grow as totals do: after three, about three times the first, in every school year of two."""
    counts = np.bincount(chain)
    ends = np.cumsum(counts) - 1
    long = (counts >= FEWEST_TO_GROW) & (values[ends - counts + 1] > 0)
    if long.sum() < FEWEST_CHAINS:
        return False
    first, last = values[(ends - counts + 1)[long]], values[ends[long]]
    falls = np.bincount(chain, np.diff(values, prepend=values[:1]) * (np.diff(chain, prepend=-1) == 0) < 0) > 0
    return bool((last >= GROWTH * counts[long] * first).all() and not falls[long].any())


def _example(values: np.ndarray, chain: np.ndarray, steady: Bools, rises: np.ndarray) -> tuple[float, ...]:
    """The beginning of the school year that rises most often."""
    best = int(np.argmax(np.where(steady, rises, -1)))
    return tuple(values[chain == best][:5].tolist())
