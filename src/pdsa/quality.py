"""How complete, timely and clean the numbers are: coverage by school and period, what is missing since when, imports.

Everything here comes from released panels and from the ledger's counts: no value of any school stands in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby

import numpy as np
import pandas as pd

from pdsa.records import Measure
from pdsa.records.entries import Entry
from pdsa.series import REPORTED, Panel, period_start
from pdsa.terms import STATUSES

__all__ = ["LETTERS", "Coverage", "Delay", "Gap", "ImportNote", "LeftRows", "Quality", "coverage", "quality"]

# One letter for what became of a school's period; a blank before its first report.
LETTERS = {
    "reported": "r", "top_coded": "t", "bottom_coded": "b", "suppressed": "s", "missing": "m", "excluded": "x",
    "not_applicable": "n", "error": "e",
}  # fmt: skip
BEFORE = " "
# Letters of periods that somebody must still bring.
LACKING = "me"
# A page names so many imports; the rest is counted.
MOST_IMPORTS = 30


@dataclass(frozen=True, slots=True)
class Coverage:
    """What became of every period of every school, for one measure.

    Parameters
    ----------
    measure, name, step
        The measure, its name, and what one period is.
    periods
        ISO dates, ascending: every period in which anybody could report.
    rows
        Id, name and letters of each school, by name; a letter per period (`LETTERS`).
    totals
        How many periods of schools have each letter.
    through
        The last period in which anybody reported; "" if nobody did.
    """

    measure: str
    name: str
    step: str
    periods: tuple[str, ...]
    rows: tuple[tuple[str, str, str], ...]
    totals: Mapping[str, int]
    through: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Periods of one school and measure that nobody brought.

    Parameters
    ----------
    measure, school, name
        Of which measure and school.
    since
        The first of them.
    count
        How many there are.
    spans
        First and last period of each stretch.
    last
        The last period that was reported; "" if none ever was.
    behind
        How many periods at the end are lacking; 0 where the school is up to date.
    errors
        How many of them stand in the source as an error.
    """

    measure: str
    school: str
    name: str
    since: str
    count: int
    spans: tuple[tuple[str, str], ...]
    last: str
    behind: int
    errors: int


@dataclass(frozen=True, slots=True)
class Delay:
    """Days from the end of a period to the import that first brought it, for one measure."""

    measure: str
    name: str
    periods: int
    median: float
    longest: int
    longest_period: str


@dataclass(frozen=True, slots=True)
class ImportNote:
    """One import in counts: no row, no value."""

    name: str
    as_of: str
    mapping: str
    files: int
    counts: Mapping[str, int]
    set_aside: int
    refused: int
    duplicates: int
    revision: Mapping[str, int]
    totals_equal: int
    totals_differ: int
    totals_open: int


@dataclass(frozen=True, slots=True)
class LeftRows:
    """Rows of the last import of a name that were left out for one reason, as the spreadsheet numbers them."""

    name: str
    what: str
    source: str
    reason: str
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Everything that the page of one audience says; the lists are empty for a district."""

    coverage: tuple[Coverage, ...]
    gaps: tuple[Gap, ...]
    delays: tuple[Delay, ...]
    imports: tuple[ImportNote, ...]
    earlier_imports: int
    left_out: tuple[LeftRows, ...]


def quality(
    panels: Mapping[str, Panel],
    measures: Sequence[Measure],
    names: Mapping[str, str],
    entries: Iterable[Entry] = (),
    *,
    lists: bool = True,
) -> Quality:
    """What the data-quality page of one audience shows.

    Parameters
    ----------
    panels
        Released panels, by measure id.
    measures
        Those of the network, in their order.
    names
        The name of each school under its id as the audience may see it; also of schools that never reported.
    entries
        The ledger's, oldest first; none without imports.
    lists
        Whether schools are listed by what they lack, and rows by their place: for the coach only.
    """
    ledger = tuple(entries)
    found = tuple(coverage(panels[measure.id], measure, names) for measure in measures)
    notes = [_import_note(entry) for entry in sorted(ledger, key=lambda entry: entry.as_of, reverse=True)]
    return Quality(
        coverage=found,
        gaps=_gaps(found) if lists else (),
        delays=_delays(ledger, measures) if lists else (),
        imports=tuple(notes[:MOST_IMPORTS]),
        earlier_imports=max(len(notes) - MOST_IMPORTS, 0),
        left_out=tuple(_left_out(ledger)) if lists else (),
    )


def coverage(panel: Panel, measure: Measure, names: Mapping[str, str]) -> Coverage:
    """What became of every period of every school; a school without a series has blanks only.

    Parameters
    ----------
    panel
        The measure's released panel.
    measure
        The measure.
    names
        The name of each school, by its id.
    """
    periods = pd.DatetimeIndex(panel.period.unique()).sort_values()
    letters = np.array([LETTERS[word] for word in STATUSES])
    own = np.where((panel.status == REPORTED) & np.isnan(panel.value), "m", letters[panel.status])
    grid = np.full((panel.size, len(periods)), BEFORE)
    grid[panel.series_of_points(), periods.get_indexer(pd.DatetimeIndex(panel.period))] = own
    found = {str(school): "".join(row) for school, row in zip(panel.keys["school"], grid.tolist(), strict=True)}
    everybody = {**{school: school for school in found}, **names}
    rows = sorted(
        ((school, name, found.get(school, BEFORE * len(periods))) for school, name in everybody.items()),
        key=lambda row: (row[1].casefold(), row[0]),
    )
    count = {letter: int((own == letter).sum()) for letter in LETTERS.values()}
    told = [i for i in range(len(periods)) if np.isin(grid[:, i], list("rtbsx")).any()]
    days = tuple(f"{day:%Y-%m-%d}" for day in periods)
    through = days[told[-1]] if told else ""
    return Coverage(measure.id, measure.name, measure.frequency, days, tuple(rows), count, through)


def _gaps(found: Sequence[Coverage]) -> tuple[Gap, ...]:
    """Every school that lacks something, the oldest missing period first."""
    gaps = [gap for one in found for row in one.rows if (gap := _gap(one, *row)) is not None]
    return tuple(sorted(gaps, key=lambda gap: (gap.since, gap.name.casefold(), gap.school, gap.measure)))


def _gap(one: Coverage, school: str, name: str, letters: str) -> Gap | None:
    if letters and not letters.strip():
        # no row at all: every period of the measure is lacking
        every = len(letters)
        span = ((one.periods[0], one.periods[-1]),)
        return Gap(one.measure, school, name, one.periods[0], every, span, "", every, 0)
    spans, errors = [], 0
    for lacking, stretch in groupby(range(len(letters)), key=lambda i: letters[i] in LACKING):
        places = list(stretch)
        if lacking:
            spans.append((places[0], places[-1]))
            errors += sum(letters[i] == "e" for i in places)
    if not spans:
        return None
    told = [i for i, letter in enumerate(letters) if letter not in LACKING + BEFORE]
    behind = spans[-1][1] - spans[-1][0] + 1 if spans[-1][1] == len(letters) - 1 else 0
    return Gap(
        measure=one.measure,
        school=school,
        name=name,
        since=one.periods[spans[0][0]],
        count=sum(last - first + 1 for first, last in spans),
        spans=tuple((one.periods[first], one.periods[last]) for first, last in spans),
        last=one.periods[told[-1]] if told else "",
        behind=behind,
        errors=errors,
    )


def _delays(entries: Sequence[Entry], measures: Sequence[Measure]) -> tuple[Delay, ...]:
    """Of each measure; of a first import, which brings all of the past, only its last period counts."""
    found = []
    for measure in measures:
        days = [
            (delay, day)
            for entry in entries
            for day in _counted(entry, measure.id)
            if (delay := (entry.as_of - _end(day, measure)).days) >= 0
        ]
        if days:
            longest, period = max(days)
            middle = float(np.median([delay for delay, _ in days]))
            found.append(Delay(measure.id, measure.name, len(days), middle, longest, period))
    return tuple(found)


def _counted(entry: Entry, measure: str) -> tuple[str, ...]:
    brought = tuple(sorted(entry.periods.get(measure, ())))
    return brought[-1:] if entry.sequence <= 1 else brought


def _end(day: str, measure: Measure) -> date:
    """The last school day of the period in which a day lies."""
    start = period_start(pd.Series([pd.Timestamp(day)]), measure.frequency)[0]
    lasting: dict[str, pd.DateOffset] = {
        "day": pd.DateOffset(days=0),
        "week": pd.DateOffset(days=4),
        "month": pd.DateOffset(months=1, days=-1),
        "year": pd.DateOffset(years=1, days=-1),
    }
    end: date = (start + lasting[measure.frequency]).date()
    return end


def _import_note(entry: Entry) -> ImportNote:
    equal = [note.equal for note in entry.totals]
    return ImportNote(
        name=entry.name,
        as_of=f"{entry.as_of:%Y-%m-%d}",
        mapping=entry.mapping,
        files=len(entry.inputs),
        counts=dict(entry.counts),
        set_aside=len(entry.set_aside),
        refused=len(entry.refused),
        duplicates=len(entry.duplicates),
        revision=dict(entry.revision),
        totals_equal=equal.count(True),
        totals_differ=equal.count(False),
        totals_open=equal.count(None),
    )


def _left_out(entries: Sequence[Entry]) -> Iterator[LeftRows]:
    """The rows of the last import of each name, those of one source and reason together; never what stands in them."""
    latest = {entry.name: entry for entry in entries}
    for name, entry in sorted(latest.items()):
        for what in ("refused", "set_aside", "duplicates"):
            groups: dict[tuple[str, str], list[int]] = {}
            for one in getattr(entry, what):
                groups.setdefault((one.source, one.reason), []).append(one.row)
            for (source, reason), rows in groups.items():
                yield LeftRows(name, what, source, reason, tuple(sorted(row for row in rows if row)))
