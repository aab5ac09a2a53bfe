"""A new import beside the last one: what was added, changed and withdrawn, and which verdicts changed with it."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pdsa.chart import Chart, analyze_panel
from pdsa.feeds.rows import KEY_COLUMNS, NUMBERS, codes_of, joint_keys, status_words, statuses
from pdsa.records import Calendar, ChartSpec, Measure
from pdsa.series import Bools, Ints, panel_of
from pdsa.terms import OBSERVATION_COLUMNS

# Measure, school ("" for all of them), and how they are charted: as `workspace.specs` makes them.
Specs = Sequence[tuple[str, str, ChartSpec]]
# What a file speaks for as a whole: a key of such a pair that it does not have is withdrawn.
SCOPE = ("measure", "period")
# A report names so many changes in full.
SHOWN = 20


@dataclass(frozen=True, slots=True, eq=False)
class Revision:
    """What an import changes.

    Parameters
    ----------
    current
        Everything that is known now: the rows of the import, and the older rows that it does not speak of.
    added, withdrawn
        Rows under keys that were not there before, and older rows under keys that the import no longer has.
    changed
        A row per key with other numbers or another status: the key, `old_<column>` and `new_<column>`.
    unchanged, kept
        Rows that are as they were; older rows that the import does not speak of.
    periods
        For each measure the periods that nobody had reported before, as ISO dates.
    """

    current: pd.DataFrame
    added: pd.DataFrame
    changed: pd.DataFrame
    withdrawn: pd.DataFrame
    unchanged: int
    kept: int
    periods: dict[str, tuple[str, ...]]

    @property
    def summary(self) -> dict[str, int]:
        """The counts, as the ledger keeps them."""
        return {
            "added": len(self.added), "changed": len(self.changed), "withdrawn": len(self.withdrawn),
            "unchanged": self.unchanged, "kept": self.kept,
        }  # fmt: skip

    def lines(self, most: int = SHOWN) -> tuple[str, ...]:
        """Changes and withdrawals in words, the first of each; the rest is counted."""
        changed = [f"{_key(row)}: {_was(row)}" for row in self.changed.head(most).to_dict("records")]
        gone = [f"{_key(row)}: withdrawn, was {_told(row, '')}" for row in self.withdrawn.head(most).to_dict("records")]
        over = [
            f"... and {len(frame) - most} more {name}"
            for name, frame in (("changed", self.changed), ("withdrawn", self.withdrawn))
            if len(frame) > most
        ]
        return (*changed, *gone, *over)


def _key(row: dict[Hashable, Any]) -> str:
    parts = [str(row[name]) for name in ("school", "measure", "group_dim", "group") if str(row[name])]
    return f"{', '.join(parts)}, {row['period']:%Y-%m-%d}"


def _was(row: dict[Hashable, Any]) -> str:
    return f"was {_told(row, 'old_')}, is {_told(row, 'new_')}"


def _told(row: dict[Hashable, Any], prefix: str) -> str:
    """Numbers and status as a sentence has them: `27 of 30`, `0.95 (top_coded)`, `suppressed`."""
    value, numerator, denominator = (float(str(row[prefix + name])) for name in NUMBERS)
    status = str(row[f"{prefix}status"])
    number = f"{value:.10g}" if not np.isnan(value) else ""
    if not np.isnan(numerator):
        number = f"{numerator:.10g}" + ("" if np.isnan(denominator) else f" of {denominator:.10g}")
    if status == "reported":
        return number
    return f"{number} ({status})" if number else status


def revise(
    old: pd.DataFrame, new: pd.DataFrame, *, scope: tuple[str, ...] = SCOPE, again: Collection[str] = ()
) -> Revision:
    """What changes when `new` is imported over `old`.

    A file speaks for every (measure, period) of which it has a row: rows of the last import that it lacks there are
    withdrawn. Rows of other measures and periods stay.

    Parameters
    ----------
    old, new
        Columns `terms.OBSERVATION_COLUMNS`; each key (school, measure, period, group_dim, group) once in each.
        Of a running total these are the totals, as published.
    scope
        Columns that say what a file speaks for; with `school` among them a school that is not in it is left alone
        (files that each hold one district).
    again
        Names of files that come again byte for byte: with another mapping their old rows are withdrawn.
    """
    if old.empty:
        return _first(new)
    mine, theirs = joint_keys(old, new)
    pairs, covered = joint_keys(old, new, columns=scope)
    there = np.isin(mine, theirs)
    gone = ~there & (np.isin(pairs, covered) | _of_files(old, again))
    kept = ~there & ~gone
    fresh = ~np.isin(theirs, mine)
    place = pd.Series(np.arange(len(old)), index=mine).reindex(theirs[~fresh]).to_numpy(dtype=np.int64)
    before, after = old.iloc[place], new[~fresh]
    other = _differs(before, after)
    return Revision(
        current=_joined(old[kept], new),
        added=new[fresh].reset_index(drop=True),
        changed=_beside(before[other], after[other]),
        withdrawn=old[gone].reset_index(drop=True),
        unchanged=int((~other).sum()),
        kept=int(kept.sum()),
        periods=_fresh_periods(old, new),
    )


def _of_files(frame: pd.DataFrame, names: Collection[str]) -> Bools:
    """Shape (rows,): rows of one of these files, or of a sheet or member of it."""
    if not names:
        return np.zeros(len(frame), dtype=bool)
    codes, found = codes_of(frame["source"])
    return np.asarray(np.array([str(one).partition("!")[0] in names for one in found], dtype=bool)[codes])


def _first(new: pd.DataFrame) -> Revision:
    """Everything is new: nothing is compared."""
    empty = new.iloc[:0]
    return Revision(new, new, _beside(empty, empty), empty, 0, 0, _fresh_periods(empty, new))


def _joined(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    if old.empty:
        return new.reset_index(drop=True)
    both = [frame.assign(status=statuses(status_words(frame))) for frame in (old, new)]
    texts = [name for name in OBSERVATION_COLUMNS if name not in (*NUMBERS, "period", "row", "status")]
    joined = pd.concat([frame.astype(dict.fromkeys(texts, "str")) for frame in both], ignore_index=True)
    return joined.assign(status=statuses(status_words(joined))).astype(dict.fromkeys(texts, "category"))


def _differs(before: pd.DataFrame, after: pd.DataFrame) -> Bools:
    """Shape (rows,): where a number or the status is another one; nothing is as nothing."""
    other = (status_words(before).to_numpy() != status_words(after).to_numpy()).astype(bool)
    for name in NUMBERS:
        one, two = before[name].to_numpy(dtype=float), after[name].to_numpy(dtype=float)
        other |= (one != two) & ~(np.isnan(one) & np.isnan(two))
    return np.asarray(other, dtype=bool)


def _beside(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    keys = after[list(KEY_COLUMNS)].reset_index(drop=True)
    for name in (*NUMBERS, "status"):
        keys[f"old_{name}"] = before[name].to_numpy()
        keys[f"new_{name}"] = after[name].to_numpy()
    return keys


def _fresh_periods(old: pd.DataFrame, new: pd.DataFrame) -> dict[str, tuple[str, ...]]:
    pairs = new[["measure", "period"]].drop_duplicates()
    known = old[["measure", "period"]].drop_duplicates() if len(old) else pairs.iloc[:0]
    before, after = joint_keys(known, pairs, columns=("measure", "period"))
    fresh = pairs[~np.isin(after, before)].sort_values("period")
    found: dict[str, list[str]] = {}
    for measure, day in zip(fresh["measure"].astype(str), fresh["period"], strict=True):
        found.setdefault(measure, []).append(f"{day:%Y-%m-%d}")
    return {measure: tuple(days) for measure, days in sorted(found.items())}


@dataclass(frozen=True, slots=True)
class VerdictChange:
    """A series that is judged otherwise after an import.

    Parameters
    ----------
    measure, school
        Which series.
    before, after
        The verdicts; `no_data` where there was or is no series.
    gone, found
        Signals that are no longer there, and new ones: the period as an ISO date and the names of the rules.
    """

    measure: str
    school: str
    before: str
    after: str
    gone: tuple[tuple[str, str], ...]
    found: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        words = f"{self.before} becomes {self.after}" if self.before != self.after else f"stays {self.after}"
        gone = "; ".join(f"no longer {rules} at {day}" for day, rules in self.gone)
        found = "; ".join(f"now {rules} at {day}" for day, rules in self.found)
        return "; ".join([f"{self.school}, {self.measure}: {words}", *filter(None, (gone, found))])


def verdict_changes(
    old: pd.DataFrame, new: pd.DataFrame, measures: Sequence[Measure], calendar: Calendar, specs: Specs
) -> tuple[VerdictChange, ...]:
    """Every series whose verdict or signals are other ones, by measure and school.

    Only measures with a difference between both are analyzed, complete and unmasked: this is for the one who imports.

    Parameters
    ----------
    old, new
        What was charted before the import and what is charted after it (of a running total the increments).
    measures, calendar
        Of the network.
    specs
        How each measure is charted, as `workspace.specs.specs_of` says; one with school "" for each measure.
    """
    found: list[VerdictChange] = []
    for measure in measures:
        mine, theirs = (_of(frame, measure.id) for frame in (old, new))
        if _same(mine, theirs):
            continue
        before, after = (_judged(frame, measure, calendar, specs) for frame in (mine, theirs))
        found += _compared(measure.id, before, after)
    return tuple(found)


def _of(frame: pd.DataFrame, measure: str) -> pd.DataFrame:
    return frame[(frame["measure"] == measure).to_numpy() & (frame["group_dim"] == "").to_numpy()]


def _same(old: pd.DataFrame, new: pd.DataFrame) -> bool:
    if len(old) != len(new):
        return False
    mine, theirs = joint_keys(old, new)
    one, two = np.argsort(mine, kind="stable"), np.argsort(theirs, kind="stable")
    return bool((mine[one] == theirs[two]).all() and not _differs(old.iloc[one], new.iloc[two]).any())


# Verdict of a series, and by period the names of the rules that fired.
Judgement = tuple[str, dict[str, str]]


def _judged(rows: pd.DataFrame, measure: Measure, calendar: Calendar, specs: Specs) -> dict[str, Judgement]:
    if rows.empty:
        return {}
    panel = panel_of(rows, measure, calendar)
    own = {school: spec for name, school, spec in specs if name == measure.id}
    groups: dict[ChartSpec, list[int]] = {}
    for s, school in enumerate(panel.keys["school"].tolist()):
        groups.setdefault(own.get(school, own[""]), []).append(s)
    charts = (analyze_panel(panel.take(_numbers(series)), spec, measure) for spec, series in groups.items())
    return {school: judgement for chart in charts for school, judgement in _read(chart)}


def _numbers(series: Iterable[int]) -> Ints:
    return np.array(list(series), dtype=np.int64)


def _read(chart: Chart) -> Iterator[tuple[str, Judgement]]:
    fired = chart.points[chart.points["signal"]]
    signals: dict[str, dict[str, str]] = {}
    for school, day, reasons in zip(fired["school"], fired["period"], fired["reasons"].astype(str), strict=True):
        signals.setdefault(str(school), {})[f"{day:%Y-%m-%d}"] = reasons
    for school, verdict in zip(chart.summary["school"].astype(str), chart.summary["verdict"], strict=True):
        yield school, (str(verdict), signals.get(school, {}))


def _compared(measure: str, before: dict[str, Judgement], after: dict[str, Judgement]) -> Iterator[VerdictChange]:
    nothing: Judgement = ("no_data", {})
    for school in sorted({*before, *after}):
        (was, old), (now, new) = before.get(school, nothing), after.get(school, nothing)
        gone = tuple(sorted((day, rules) for day, rules in old.items() if new.get(day) != rules))
        found = tuple(sorted((day, rules) for day, rules in new.items() if old.get(day) != rules))
        change = VerdictChange(measure, school, was, now, gone, found)
        if was != now or gone or found:
            yield change
