"""Where a series has moved for good: suggestions for new phases, with the evidence, for people to decide on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar, get_args

import numpy as np
import pandas as pd

from pdsa.chart import Chart
from pdsa.errors import Problem
from pdsa.rebase.search import Evidence, Found, Line, evidence, search, stretches
from pdsa.tidy import (
    Columns,
    Floats,
    Ints,
    check_count,
    check_given,
    check_word,
    impossible,
    names_of,
    read_rows,
    refuse,
    repeated,
)

RunDirection = Literal["both", "above", "below"]
SUGGESTION_COLUMNS = (
    "instrument",
    "number",
    "position",
    "last_before",
    "start",
    "end",
    "through",
    "center_before",
    "center",
    "points",
    "side",
    "rule",
    "run",
    "anhoej",
    "n_useful",
    "longest_run",
    "longest_run_max",
    "crossings",
    "crossings_min",
    "evidence",
)
_CALLER = "pdsa.suggest_rebase"
Number = TypeVar("Number", Ints, Floats)


def suggest_rebase(
    chart: Chart | pd.DataFrame,
    *,
    value: str = "value",
    denominator: str | None = None,
    period: str = "period",
    by: str | Sequence[str] | None = None,
    baseline: int = 13,
    run: int = 9,
    direction: RunDirection = "both",
    keep_baseline: bool = False,
) -> pd.DataFrame:
    """A row per suggestion: from when on a series seems to run around a new center, and what speaks for it.

    Nothing is applied. A phase needs a reason that people can name (a change idea, a new form, a new principal);
    who has one gives the position to the chart, `pdsa.analyze(frame, ..., phases=[position])`, and writes the reason
    into the log. For several series, `phases` names a column with the label of each row's phase.

    Parameters
    ----------
    chart
        A Chart (its points that are not excluded, phase by phase), or a tidy frame of one row per series and period.
        No median and no run crosses a change in the column `instrument`, if there is one: after it, a new baseline
        begins.
    value, denominator, period, by
        Columns of a frame, as in `analyze`; a Chart brings its own.
    baseline
        The first center is the median of the values in the first so many rows, missing ones counted as rows.
    run
        So many useful points in a row on one side make a suggestion. Points on the center and missing ones are
        passed over.
    direction
        `both`, or only runs `above` or `below` the center.
    keep_baseline
        True adds a row `number` 0 for the baseline of each stretch, with its median as `center`.

    Returns
    -------
    pandas.DataFrame
        Series ascending: the `by` columns, `instrument`, `number` (1, 2, ...), `position` and `last_before` (the last
        row before the start, counted from 1 in its series as `phases=` counts, and its period), `start` and `end`
        (first and last of the `run` points), `through` (the last period before the next suggestion, or of the
        stretch), `center_before`, `center` (the median of exactly these points), `points`, `side`, `rule` (`shift`),
        `run` (how long the run goes on, from its `start`); `anhoej`: whether the points since the center before
        began, through the end of the run, hold a run that is too long or too few crossings of it, with `n_useful`,
        `longest_run`, `longest_run_max`, `crossings`, `crossings_min`; `evidence`, a sentence.

    Raises
    ------
    InputError
        With every problem of the frame or the arguments.

    Notes
    -----
    Stretches with fewer than `baseline + run` rows get no suggestion. After a suggestion the search goes on behind
    its last point, against its center, while `run` rows are left.

    Source: the algorithm of runcharter 0.2; Anhoej and Olesen, PLoS ONE 9:e113825 (2014),
    doi 10.1371/journal.pone.0113825. That rebasing stays with people: NHS England, Making Data Count.

    Examples
    --------
    >>> import pandas as pd
    >>> weeks = pd.DataFrame({"week": range(1, 26), "late": [6, 8, 7] * 5 + [2, 3] * 5})
    >>> suggest_rebase(weeks, value="late", period="week")[["position", "center_before", "center"]].to_dict("list")
    {'position': [15], 'center_before': [7.0], 'center': [2.0]}
    """
    problems = check_count("baseline", baseline, 1) + check_count("run", run, 1)
    problems += check_word("direction", direction, get_args(RunDirection)) + check_given(period=period)
    line = _line(chart, Columns(value, denominator, period, names_of(by), SUGGESTION_COLUMNS), problems)
    found = search(line, baseline, run, direction)
    return _frame(line, found, _entries(line, found, baseline, keep_baseline), run)


def _line(chart: Chart | pd.DataFrame, columns: Columns, problems: list[Problem]) -> Line:
    if isinstance(chart, Chart):
        points = chart.points
        columns = Columns("value", None, "period", chart.by, SUGGESTION_COLUMNS)
        points = points.assign(value=points["value"].where(points["included"].astype(bool)), **chart.extra)
        marks = [name for name in ("phase", "instrument") if name in points.columns]
    else:
        points = chart
        marks = ["instrument"] if isinstance(points, pd.DataFrame) and "instrument" in points.columns else []
    rows = read_rows(_CALLER, points, columns, problems)
    problems += [*impossible(rows, columns, part=False, counts=False), *repeated(rows, columns)]
    for name in marks:
        lacking = np.flatnonzero(points[name].isna()).tolist()
        problems += [Problem(f"row {i + 1}, {name}", "nothing", f"the {name} of the row") for i in lacking]
    refuse(_CALLER, problems)
    return stretches(rows, points, marks)


@dataclass(frozen=True, slots=True, eq=False)
class _Entries:
    """The rows of the answer: numbers of suggestions (-1 for a baseline), and rows of the line."""

    suggestion: Ints
    stretch: Ints
    number: Ints
    start: Ints
    end: Ints
    through: Ints
    center: Floats


def _entries(line: Line, found: Found, baseline: int, keep_baseline: bool) -> _Entries:
    size, stretches_ = len(found.stretch), np.arange(len(line.starts) if keep_baseline else 0)
    suggestion = np.concatenate([np.full(len(stretches_), -1), np.arange(size)])
    stretch = np.concatenate([stretches_, found.stretch])
    order = np.lexsort((suggestion, stretch))
    start = np.concatenate([line.starts[stretches_], found.start])[order]
    first_end = np.minimum(line.starts + baseline, line.ends)[stretches_] - 1
    stretch = stretch[order]
    # what follows in the same stretch ends a phase, else the stretch does
    follows = np.append(stretch[1:] == stretch[:-1], False)[: len(stretch)]
    number = np.arange(len(stretch)) - np.searchsorted(stretch, stretch, side="left") + (0 if keep_baseline else 1)
    return _Entries(
        suggestion=suggestion[order],
        stretch=stretch,
        number=number,
        start=start,
        end=np.concatenate([first_end, found.end])[order],
        through=np.where(follows, np.append(start[1:], 0)[: len(start)], line.ends[stretch]) - 1,
        center=np.concatenate([found.baseline[stretches_], found.center])[order],
    )


def _frame(line: Line, found: Found, entries: _Entries, run: int) -> pd.DataFrame:
    told = evidence(line, found)
    own = entries.suggestion >= 0

    def pick(values: Number, nothing: float) -> Number:
        # a baseline takes the last place, which is the one of number -1
        return np.append(values, np.array(nothing, dtype=values.dtype))[entries.suggestion]

    side = np.array(["", "above", "below"])[pick(found.side, 0)]
    keys = line.keys.iloc[line.series[entries.stretch]].reset_index(drop=True)
    answer = keys.assign(
        instrument=line.instrument.iloc[entries.stretch].to_numpy(),
        number=entries.number,
        position=entries.start - line.starts[np.searchsorted(line.series, line.series[entries.stretch])],
        last_before=_before(line.period, np.where(own, entries.start - 1, -1)),
        start=line.period[entries.start],
        end=line.period[entries.end],
        through=line.period[entries.through],
        center_before=pick(found.before, np.nan),
        center=entries.center,
        points=np.where(own, run, entries.end - entries.start + 1),
        side=pd.Series(side, dtype="str"),
        rule=pd.Series(np.where(own, "shift", ""), dtype="str"),
        run=pick(found.length, 0),
        anhoej=own & (pick(told.signal.astype(np.int64), 0) == 1),
        n_useful=pick(told.n_useful, 0),
        longest_run=pick(told.longest, 0),
        longest_run_max=pick(told.longest_max, 0),
        crossings=pick(told.crossings, 0),
        crossings_min=pick(told.crossings_min, 0),
    )
    sentences = np.array(["the first rows of the stretch", *_sentences(found, told)], dtype=object)
    return answer.assign(evidence=pd.Series(sentences[entries.suggestion + 1], dtype="str"))


def _before(period: pd.Index, row: Ints) -> pd.Series:
    """The periods of these rows; missing for row -1."""
    periods = pd.Series(period)
    if (row < 0).any() and pd.api.types.is_integer_dtype(periods):
        periods = periods.astype("Int64")
    return periods.reindex(row).reset_index(drop=True)


def _sentences(found: Found, told: Evidence) -> list[str]:
    """One for each suggestion."""
    rows = zip(
        found.length.tolist(), found.side.tolist(), found.before.tolist(), told.signal.tolist(),
        told.longest.tolist(), told.longest_max.tolist(), told.crossings.tolist(), told.crossings_min.tolist(),
        strict=True,
    )  # fmt: skip
    return [
        f"{length} points in a row {'above' if side > 0 else 'below'} the center of {before:g}; Anhoej's rules "
        f"{'agree' if signal else 'see no signal'} (longest run {longest}, at most {most}; crossings {crossings}, "
        f"at least {least})"
        for length, side, before, signal, longest, most, crossings, least in rows
    ]
