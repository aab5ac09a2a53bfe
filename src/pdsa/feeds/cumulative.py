"""Running totals to what happened in each period: differences within the school year, nothing guessed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from pdsa.errors import InputError, Problem
from pdsa.feeds.evidence import running
from pdsa.feeds.rows import (
    DECIMALS,
    NUMBERS,
    Notice,
    many,
    school_years,
    starts_of,
    status_words,
    statuses,
    year_name,
)
from pdsa.records import Calendar, Measure
from pdsa.series import Bools, Floats, Ints, open_periods, period_start, step_range

# Totals of shares, quotients and times between events are no totals.
NO_TOTAL = ("proportion", "rate", "time_between")
# Statuses that hide how far the total had come, so that the next difference is not known either.
HIDING = ("suppressed", "top_coded", "bottom_coded")
KNOWN = ("reported", "not_applicable")
# A first report of a school year counts as one period if it is at most so many times an ordinary increment.
ORDINARY = 2.0
# So many falls, and more than this share of all increments, are no slips of a running total.
FEW_FALLS, OFTEN = 5, 0.25
CHAIN = ["school", "group_dim", "group"]


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Rows of one measure in order of school, group and period; a chain is one school's or group's school year.

    Parameters
    ----------
    rows
        The rows; `step` and `year` are added.
    expected
        Every period in which a report could stand.
    place
        Shape (rows,): position in `expected`.
    first
        Shape (rows,): position of the row at which the chain begins.
    prior
        Shape (rows,): position of the latest row before that has a known total; -1 where there is none.
    known, hiding
        Shape (rows,): rows with a known total; rows that hide it.
    """

    rows: pd.DataFrame
    expected: pd.DatetimeIndex
    place: Ints
    first: Ints
    prior: Ints
    known: Bools
    hiding: Bools

    def since(self, mask: Bools) -> Bools:
        """Shape (rows,): whether the mask holds between the latest known total before and this row."""
        count = np.concatenate([[0], np.cumsum(mask)])
        begin = np.where(self.prior >= 0, self.prior + 1, self.first)
        return np.asarray(count[np.arange(len(begin))] > count[begin])


def difference(
    observations: pd.DataFrame,
    measure: Measure,
    *,
    school_year_start: int = 7,
    calendar: Calendar | None = None,
    starts: Sequence[date] = (),
    denominators: bool | None = None,
) -> tuple[pd.DataFrame, tuple[Notice, ...]]:
    """The observations with this measure's running totals replaced by increments, and everything told about them.

    Totals run from the beginning of the school year, for each school and group. An increment that is certain is
    reported. One that covers several periods, because a report between is lacking, is kept but excluded: it is drawn
    and named and makes no line. A total that falls is an error of the source: the row is excluded without numbers.
    After a suppressed total or a bound the next increment is not known; it is suppressed or missing. A bound of a
    running total gives no number of its own period and becomes missing.

    The first report of a school year counts from zero. It stands for one period if it lies in the first period of the
    year: the one that `starts` names, else the first open one after a closure of the calendar that covers the turn of
    the year, else the first in which anybody reported, provided that it is no larger than ordinary increments.

    Parameters
    ----------
    observations
        Columns `terms.OBSERVATION_COLUMNS`; rows of other measures stay as they are.
    measure
        Whose rows are totals.
    school_year_start
        Month in which a school year begins.
    calendar
        Which periods can have reports; by default those in which anybody reported.
    starts
        First days of instruction, where they are known.
    denominators
        Whether denominators are running totals as well (days enrolled) or not (pupils); None to see it from them.

    Raises
    ------
    InputError
        Shares or rates without numerators and denominators: a running share cannot be taken apart. Numbers that fall
        in more than a quarter of their steps.
    """
    own = (observations["measure"] == measure.id).to_numpy()
    if not own.any():
        return observations, ()
    observations = observations.reset_index(drop=True)
    rows = observations[own].sort_values([*CHAIN, "period"], kind="stable")
    parts = _parts(rows, measure)
    chains = _chains(rows, measure, parts, (school_year_start, calendar, starts))
    told: list[Notice] = []
    if parts[-1] == "denominator" and not _running_below(chains, denominators, school_year_start, told):
        parts = ("numerator",)
    opening = _openings(chains, measure, (school_year_start, calendar, starts), parts[0], told)
    changed = _increments(chains, measure, parts, opening, told)
    told += _silences(chains, measure)
    out = observations.copy()
    changed = changed.reindex(observations.index[own])
    for name in NUMBERS:
        out.loc[own, name] = changed[name].to_numpy()
    words = status_words(observations)
    words[own] = changed["status"]
    return out.assign(status=statuses(words)), tuple(told)


def _parts(rows: pd.DataFrame, measure: Measure) -> tuple[str, ...]:
    """Which columns are totals: numerator and denominator where rows have both, else the value or the numerator."""
    if (rows["numerator"].notna() & rows["denominator"].notna()).any():
        return ("numerator", "denominator")
    if measure.data_type in NO_TOTAL:
        found = f"a {measure.data_type} from the beginning of the year, without numerator and denominator"
        problem = Problem(measure.id, found, "numerators and denominators, which can be subtracted")
        next_step = "map the columns of numerator and denominator, or take a file of single periods"
        raise InputError(_source(rows), (problem,), "nothing was imported", next_step)
    return ("value",) if rows["value"].notna().any() else ("numerator",)


def _source(rows: pd.DataFrame) -> str:
    return str(rows["source"].iloc[0])


def _chains(
    rows: pd.DataFrame, measure: Measure, parts: tuple[str, ...], year: tuple[int, Calendar | None, Sequence[date]]
) -> Chains:
    month, calendar, starts = year
    step = period_start(rows["period"], measure.frequency)
    rows = rows.assign(step=step, year=school_years(rows["period"], month))
    seen = pd.DatetimeIndex(np.sort(step.unique()))
    told = period_start(pd.Series([pd.Timestamp(day) for day in starts], dtype="datetime64[us]"), measure.frequency)
    expected = seen.union(pd.DatetimeIndex(told[told <= seen[-1]])).as_unit("us")
    if calendar is not None and calendar.mode == "listed":
        turn = pd.Series([_turn(expected[0], month)]).astype("datetime64[us]")
        every = step_range(period_start(turn, measure.frequency)[0], expected[-1], measure.frequency)
        expected = expected.union(open_periods(every.as_unit("us"), measure.frequency, calendar))
    begins = starts_of(*(rows[name].astype(str) for name in CHAIN), rows["year"])
    order = np.arange(len(rows))
    first = np.maximum.accumulate(np.where(begins, order, 0))
    words = status_words(rows)
    known = words.isin(KNOWN).to_numpy() & rows[list(parts)].notna().all(axis=1).to_numpy()
    latest = np.maximum.accumulate(np.where(known, order, -1))
    prior = np.concatenate([[-1], latest[:-1]])
    prior = np.where(prior >= first, prior, -1)
    place = expected.get_indexer(pd.DatetimeIndex(step)).astype(np.int64)
    return Chains(rows, expected, place, first, prior, known, words.isin(HIDING).to_numpy())


def _turn(day: pd.Timestamp, month: int) -> pd.Timestamp:
    """The first day of the school year in which a day lies."""
    return pd.Timestamp(day.year - (day.month < month), month, 1)


def _running_below(chains: Chains, told: bool | None, month: int, notices: list[Notice]) -> bool:
    """Whether denominators run as well; what was seen from them is told."""
    if told is not None:
        return told
    measure = str(chains.rows["measure"].iloc[0])
    seen = running(chains.rows, "denominator", month) is not None
    words = "rise through the year: subtracted too" if seen else "do not run through the year: taken as they are"
    notices.append(Notice("denominators", measure, f"denominators {words}"))
    return seen


def _openings(
    chains: Chains,
    measure: Measure,
    year: tuple[int, Calendar | None, Sequence[date]],
    part: str,
    told: list[Notice],
) -> dict[int, int]:
    """By school year, the position in `expected` of its first period; -1 where it is not known."""
    month, calendar, starts = year
    found: dict[int, int] = {}
    for one in np.unique(chains.rows["year"]).tolist():
        turn = pd.Timestamp(one, month, 1)
        end = turn + pd.DateOffset(years=1)
        days = [pd.Timestamp(day) for day in starts if turn <= pd.Timestamp(day) < end]
        if not days and calendar is not None and calendar.mode == "listed":
            covering = [c.end for c in calendar.closures if pd.Timestamp(c.start) <= turn <= pd.Timestamp(c.end)]
            days = [pd.Timestamp(max(covering)) + pd.Timedelta(days=1)] if covering else []
        if days:
            first = period_start(pd.Series([min(days)]).astype("datetime64[us]"), measure.frequency)[0]
            found[one] = int(np.searchsorted(chains.expected, first))
        else:
            found[one] = _seen_opening(chains, measure, one, part, told)
    return found


def _seen_opening(chains: Chains, measure: Measure, year: int, part: str, told: list[Notice]) -> int:
    """The first period of a year in which anybody reported, if what stands there is no more than in later ones."""
    own = (chains.rows["year"] == year).to_numpy()
    opening = int(chains.place[own].min())
    totals = chains.rows[part].to_numpy(dtype=float)
    first = own & chains.known & (chains.prior < 0) & (chains.place == opening)
    later = own & chains.known & (chains.prior >= 0)
    later &= chains.place - chains.place[chains.prior] == 1
    increments = totals[later] - totals[chains.prior[later]]
    day = chains.expected[opening]
    if not first.any() or not later.any():
        text = f"the reports of {day:%Y-%m-%d} are the first of {year_name(year)}; nothing shows how long they count"
        told.append(Notice("first of the year", measure.id, f"{text}: excluded", period=day.date()))
        return -1
    one, ordinary = float(np.median(totals[first])), float(np.median(increments))
    compared = f"{one:.10g} at the median in the first reports of {year_name(year)}, {ordinary:.10g} a period later"
    fits = one <= ORDINARY * ordinary
    words = "taken as one period" if fits else "they count from an earlier day: excluded"
    told.append(Notice("first of the year", measure.id, f"{compared}: {words}", period=day.date()))
    return opening if fits else -1


def _silences(chains: Chains, measure: Measure) -> list[Notice]:
    """Stretches within a school year in which no report could stand: what follows them holds all of their days."""
    steps = pd.DatetimeIndex(np.sort(chains.rows["step"].unique()))
    years = dict(zip(chains.rows["step"], chains.rows["year"], strict=True))
    told = []
    for one, other in pairwise(steps):
        between = len(step_range(one, other, measure.frequency)) - 2
        if between > 0 and years[one] == years[other]:
            words = f"nobody reported for {many(between, measure.frequency)} before; increments hold all days since"
            told.append(Notice("nobody reported", measure.id, words, period=other.date()))
    return told


def _increments(
    chains: Chains, measure: Measure, parts: tuple[str, ...], opening: dict[int, int], told: list[Notice]
) -> pd.DataFrame:
    """The rows with increments as numbers, and the status of each."""
    rows, found = chains.rows.copy(), {}
    for part in parts:
        totals = rows[part].to_numpy(dtype=float)
        before = np.where(chains.prior >= 0, totals[chains.prior], 0.0)
        found[part] = np.round(totals - before, DECIMALS)
    falls = chains.known & np.any([found[part] < 0 for part in parts], axis=0)
    _refuse_falls(chains, measure, falls)
    after = np.zeros(len(falls), dtype=bool)  # which of the two totals was wrong, nobody knows
    after[chains.prior >= 0] = (falls & ~_below_zero(chains, parts))[chains.prior[chains.prior >= 0]]
    after &= chains.known & ~falls
    broken = chains.known & chains.since(chains.hiding)
    covered = _covered(chains, opening)
    status = status_words(rows).to_numpy(dtype=object).copy()
    hidden = chains.since(status == "suppressed")
    long = chains.known & ~falls & ~broken & (covered != 1)
    bounds = np.isin(status, ("top_coded", "bottom_coded"))
    for part in NUMBERS:
        rows[part] = np.where(chains.known, found.get(part, _kept(rows, part, parts)), np.nan)
    above = (_above(rows, measure) | after) & ~falls & ~broken
    rows.loc[falls | broken | above | ~chains.known, list(NUMBERS)] = np.nan
    status[broken] = np.where(hidden[broken], "suppressed", "missing")
    status[bounds] = "missing"
    status[long | falls | above] = "excluded"
    empty = (rows["numerator"] == 0) & (rows["denominator"] == 0)
    status[empty.to_numpy() & (status == "reported")] = "not_applicable"
    _tell(chains, measure, parts, (falls, above & ~after, broken, bounds, long, after), covered, told)
    return rows.assign(status=status)


def _below_zero(chains: Chains, parts: tuple[str, ...]) -> Bools:
    """Totals that are errors by themselves."""
    return np.asarray(np.any([chains.rows[part].to_numpy(dtype=float) < 0 for part in parts], axis=0), dtype=bool)


def _refuse_falls(chains: Chains, measure: Measure, falls: Bools) -> None:
    """A number that falls this often is no running total: somebody answered wrongly, or the columns are others."""
    count, steps = int(falls.sum()), int((chains.known & (chains.prior >= 0)).sum())
    if count >= FEW_FALLS and count > OFTEN * steps:
        found = f"{count} of {steps} increments below zero"
        problem = Problem(measure.id, found, "totals that rise from the beginning of the school year")
        next_step = f"answer cumulative:{measure.id}=no, or map another column"
        raise InputError(_source(chains.rows), (problem,), "nothing was imported", next_step)


def _kept(rows: pd.DataFrame, part: str, parts: tuple[str, ...]) -> Floats:
    """Denominators that do not run stay; the share of a whole year so far is none of this period."""
    stays = part == "denominator" and parts == ("numerator",)
    return rows[part].to_numpy(dtype=float) if stays else np.full(len(rows), np.nan)


def _above(rows: pd.DataFrame, measure: Measure) -> Bools:
    """Increments of a share that are more than their whole: one of the two totals was revised."""
    more = (rows["numerator"] > rows["denominator"]).to_numpy()
    return more if measure.data_type == "proportion" else np.zeros(len(rows), dtype=bool)


def _covered(chains: Chains, opening: dict[int, int]) -> Ints:
    """Shape (rows,): how many expected periods each increment stands for; 0 where that is not known."""
    first = np.array([opening[year] for year in chains.rows["year"].tolist()], dtype=np.int64)
    from_start = np.where(first >= 0, np.maximum(chains.place - first, 0) + 1, 0)
    since = chains.place - chains.place[chains.prior]
    # two reports within one period add up in it
    return np.asarray(np.where(chains.prior >= 0, np.maximum(since, 1), from_start), dtype=np.int64)


def _tell(
    chains: Chains, measure: Measure, parts: tuple[str, ...], found: tuple[Bools, ...], covered: Ints,
    told: list[Notice],
) -> None:  # fmt: skip
    falls, above, broken, bounds, long, after = found
    step = measure.frequency
    for i in np.flatnonzero(falls | above | broken | bounds | long | after).tolist():
        if falls[i]:
            told.append(_fall(chains, measure, parts, i))
        elif after[i]:
            told.append(_notice(chains, measure, i, "unknown increment", "the total before it fell: excluded"))
        elif above[i]:
            told.append(_notice(chains, measure, i, "impossible increment", "more than its whole: excluded"))
        elif bounds[i]:
            words = "a bound of a running total gives no number of its own period: missing"
            told.append(_notice(chains, measure, i, "unknown increment", words))
        elif broken[i]:
            words = "the total before is hidden, so what happened since is not known"
            told.append(_notice(chains, measure, i, "unknown increment", words))
        else:
            length = f"covers {many(int(covered[i]), step)}" if covered[i] else f"covers more than one {step}"
            words = f"{length}, no report between: excluded, drawn where it stands"
            if chains.prior[i] < 0:
                words = f"{length} from the beginning of the school year: excluded, drawn where it stands"
            told.append(_notice(chains, measure, i, "several periods", words))


def _fall(chains: Chains, measure: Measure, parts: tuple[str, ...], i: int) -> Notice:
    """A total that is lower than the one before, or below zero."""
    values = {part: chains.rows[part].to_numpy(dtype=float) for part in parts}
    before = {part: float(v[chains.prior[i]]) if chains.prior[i] >= 0 else 0.0 for part, v in values.items()}
    part = next(part for part in parts if values[part][i] < before[part])
    words = f"the running {part} falls from {before[part]:.10g} to {values[part][i]:.10g}: excluded without a number"
    return _notice(chains, measure, i, "negative increment", words, (before[part], float(values[part][i])))


def _notice(
    chains: Chains, measure: Measure, i: int, kind: str, found: str, totals: tuple[float, float] | None = None
) -> Notice:
    row = chains.rows.iloc[i]
    before, after = totals or (None, None)
    return Notice(
        kind, measure.id, found, school=str(row["school"]), group=str(row["group"]), period=row["period"].date(),
        source=str(row["source"]), row=int(row["row"]), before=before, after=after,
    )  # fmt: skip
