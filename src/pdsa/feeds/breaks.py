"""Where a measure may have become another one: a new header, or denominators that jump in most schools at once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from pdsa.feeds.rows import starts_of, status_words
from pdsa.records import Annotation
from pdsa.records.imports import Choice, Question
from pdsa.series import Bools, Floats, Ints

# A denominator that changes by more than this from one period to the next, and stays there.
LEAST, MOST = 0.8, 1.25
# So many schools must have both periods; more than this share of them must jump.
FEWEST_SCHOOLS, MAJORITY = 3, 0.5
# The level before and after is the median of so many periods: a short week is no new definition.
LEVEL = 3
# School years and years; whatever is neither letter nor digit.
_YEAR = re.compile(r"\b(19|20)\d\d(\s*[-–/]\s*(\d{4}|\d\d))?\b")
_NO_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class HeaderUse:
    """Which header a measure's number was read from, and for which periods.

    Parameters
    ----------
    measure, part
        The measure, and `value`, `numerator` or `denominator`.
    header
        As the file writes it.
    first, last
        The periods read from it.
    source
        The file.
    """

    measure: str
    part: str
    header: str
    first: date
    last: date
    source: str = ""


@dataclass(frozen=True, slots=True)
class Break:
    """A day from which a measure may have been measured in another way."""

    measure: str
    date: date
    label: str
    found: str

    def annotation(self) -> Annotation:
        """The row of annotations.csv that breaks the charts there."""
        return Annotation(self.date, self.label, "instrument", measure=self.measure)


def break_questions(breaks: Iterable[Break], place: str) -> tuple[Question, ...]:
    """One question for each measure with all its breaks: `break:<measure>`."""
    found: dict[str, list[Break]] = {}
    for one in breaks:
        found.setdefault(one.measure, []).append(one)
    return tuple(
        Question(
            key=f"break:{measure}",
            place=place,
            found="; ".join(f"{one.date:%Y-%m-%d}: {one.found}" for one in own),
            ask=f"Is {measure} measured in another way {' and '.join(f'from {one.date:%Y-%m-%d}' for one in own)}?",
            choices=(
                Choice("break", "charts begin anew there; nothing is compared across it"),
                Choice("ignore", "the measure is the same: charts go on"),
            ),
        )
        for measure, own in found.items()
    )


def definition_breaks(observations: pd.DataFrame, headers: Iterable[HeaderUse] = ()) -> tuple[Break, ...]:
    """Where measures may have become other ones, by measure and day; a header and a jump of one day are one break.

    Parameters
    ----------
    observations
        Columns `terms.OBSERVATION_COLUMNS`, of running totals the increments; of groups only the whole.
    headers
        Which headers the files had; of each measure and part in any order.
    """
    found: dict[tuple[str, date], list[Break]] = {}
    for one in (*_new_headers(headers), *_jumps(observations)):
        found.setdefault((one.measure, one.date), []).append(one)
    return tuple(_merged(found[key]) for key in sorted(found))


def _merged(breaks: list[Break]) -> Break:
    first = breaks[0]
    return Break(first.measure, first.date, first.label, "; ".join(one.found for one in breaks))


def _new_headers(headers: Iterable[HeaderUse]) -> Iterator[Break]:
    uses: dict[tuple[str, str], list[HeaderUse]] = {}
    for one in headers:
        uses.setdefault((one.measure, one.part), []).append(one)
    counted = {measure for measure, part in uses if part != "value"}
    for (measure, part), own in sorted(uses.items()):
        if part == "value" and measure in counted:
            continue  # another name of the share, of the same counts
        order = sorted(own, key=lambda use: (use.first, use.last))
        for old, new in pairwise(order):
            if _plain(old.header) != _plain(new.header) and new.first > old.last:
                label = f'{part} from "{_line(new.header)}"'
                words = f'the {part} was "{_line(old.header)}" and is "{_line(new.header)}"'
                yield Break(measure, new.first, label, words)


def _line(header: str) -> str:
    """A header in one line."""
    return " ".join(header.split())


def _plain(header: str) -> str:
    """The words of a header: its case, its signs and the year in it are no definition."""
    return " ".join(_NO_WORD.sub(" ", _YEAR.sub(" ", header.casefold())).split())


def _jumps(observations: pd.DataFrame) -> Iterator[Break]:
    known = status_words(observations).eq("reported") & (observations["denominator"] > 0)
    rows = observations[(known & (observations["group_dim"] == "")).to_numpy()]
    for measure, own in rows.groupby("measure", observed=True, sort=True):
        order = own.assign(school=own["school"].astype(str)).sort_values(["school", "period"], kind="stable")
        yield from _jumps_of(str(measure), order)


def _jumps_of(measure: str, rows: pd.DataFrame) -> Iterator[Break]:
    begins = starts_of(rows["school"])
    below = rows["denominator"].to_numpy(dtype=float)
    ratio = np.concatenate([[np.nan], below[1:] / below[:-1]])
    ratio[begins] = np.nan
    level = _levels(below, begins, _yearly(rows["period"]))
    table = pd.DataFrame({"ratio": ratio, "level": level, "period": rows["period"].to_numpy()})
    table = table[~np.isnan(ratio)].assign(far=lambda frame: _far(frame["ratio"]) & _far(frame["level"]))
    groups = table.groupby("period", sort=True)
    for day, count, far, middle in zip(
        groups.size().index, groups.size(), groups["far"].mean(), groups["ratio"].median(), strict=True
    ):
        if count >= FEWEST_SCHOOLS and far > MAJORITY and _far(np.array([middle]))[0]:
            words = f"denominators change to {middle:.2f} times, at the median of {count} schools, and stay there"
            yield Break(measure, day.date(), f"another denominator ({middle:.2f} times)", words)


def _far(ratio: pd.Series | Floats) -> Bools:
    values = np.asarray(ratio, dtype=float)
    return (values < LEAST) | (values > MOST)


def _yearly(period: pd.Series) -> bool:
    """Whether there is one report a year, so that a change cannot be seen to stay."""
    years = period.dt.year.nunique()
    return bool(period.nunique() <= years + 1)


def _levels(below: Floats, begins: Bools, yearly: bool) -> Floats:
    """Shape (rows,): the level from each row on over the level before it, within its school.

    The last period alone shows no level, because it may be a short one; of yearly reports it must do.
    """
    school = np.cumsum(begins, dtype=np.int64)
    after = np.array([_moved(below, school, by) for by in range(LEVEL)])
    if not yearly:
        after[0, np.isnan(after[1])] = np.nan
    before = np.array([_moved(below, school, -by) for by in range(1, LEVEL + 1)])
    out = np.full(len(below), np.nan)
    both = ~begins & ~np.isnan(after[0])
    out[both] = np.nanmedian(after[:, both], axis=0) / np.nanmedian(before[:, both], axis=0)
    return out


def _moved(values: Floats, school: Ints, by: int) -> Floats:
    """Shape (rows,): the value so many rows further on; nan where that row is of another school."""
    place = np.arange(len(values)) + by
    inside = (place >= 0) & (place < len(values))
    place = np.clip(place, 0, len(values) - 1)
    return np.where(inside & (school[place] == school), values[place], np.nan)
