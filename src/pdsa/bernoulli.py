"""Rare yes-or-no cases, one by one: two sums that show when events have become more, or less, likely."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pdsa.errors import Problem
from pdsa.tidy import (
    Columns,
    Floats,
    Ints,
    Rows,
    cell_sums,
    check_count,
    check_number,
    names_of,
    read_rows,
    refuse,
)

CUSUM_COLUMNS = (
    "case",
    "period",
    "value",
    "p0",
    "upper",
    "lower",
    "reached_upper",
    "reached_lower",
    "signal_upper",
    "signal_lower",
    "signal",
)
_CALLER = "pdsa.bernoulli_cusum"


def bernoulli_cusum(
    frame: pd.DataFrame,
    *,
    value: str = "value",
    period: str | None = "period",
    by: str | Sequence[str] | None = None,
    odds_ratio: float = 2,
    limit: float = 3.5,
    baseline: int | None = None,
    p0: float | None = None,
) -> pd.DataFrame:
    """A row per case: an upper sum for odds that have grown, a lower one for odds that have shrunk, and their signals.

    Parameters
    ----------
    frame
        Tidy: one row per case.
    value
        Column of 1 and 0, or true and false: whether the event happened. A missing case moves neither sum; its own
        row has no sums.
    period, by
        Columns of the period, which orders the cases (cases of one period stay in the order given; None: the order
        of the rows), and of the series.
    odds_ratio
        The change of the odds to be found, above 1: the upper sum looks for odds times this, the lower one for odds
        divided by it.
    limit
        A sum that reaches it signals, and is set back to 0 at that case.
    baseline
        p0 is the share of events among the first so many cases of each series; None: among all.
    p0
        The probability of the event, given: in place of a baseline.

    Returns
    -------
    pandas.DataFrame
        Series ascending, cases in their order: the `by` columns, `case` (from 1), `period`, `value`, `p0`, `upper`
        (0 or more), `lower` (0 or less), both after the setting back; `reached_upper`, `reached_lower`: before it;
        `signal_upper`, `signal_lower`, `signal` (either).

    Raises
    ------
    InputError
        With every problem: values other than 0 and 1, a series whose p0 is 0 or 1 (the sums need both to be
        possible: give `p0`, or a longer baseline), a baseline beyond every series.

    Notes
    -----
    An event adds log(p1 / p0), a case without one log((1 - p1) / (1 - p0)), with p1 = r o / (1 + r o), where o is
    p0 / (1 - p0) and r the odds ratio or, for the lower sum, its inverse. Each sum stops at 0.

    Source: Steiner, Cook, Farewell and Treasure, Biostatistics 1:441 (2000), doi 10.1093/biostatistics/1.4.441;
    Reynolds and Stoumbos, J Qual Technol 31:87 (1999).

    Examples
    --------
    >>> import pandas as pd
    >>> cases = pd.DataFrame({"lesson": range(1, 9), "late": [0, 0, 0, 1, 1, 1, 1, 1]})
    >>> bernoulli_cusum(cases, value="late", period="lesson", p0=0.1, limit=2)["signal_upper"].tolist()
    [False, False, False, False, False, False, True, False]
    """
    problems = check_number("odds_ratio", odds_ratio, 1, np.inf, "a number above 1")
    problems += check_number("limit", limit, 0, np.inf, "a number above zero")
    problems += _target_problems(baseline, p0)
    columns = Columns(value, None, period, names_of(by), CUSUM_COLUMNS, truth=True)
    rows = read_rows(_CALLER, frame, columns, problems)
    wrong = np.flatnonzero(~np.isnan(rows.value) & (rows.value != 0) & (rows.value != 1)).tolist()
    problems += [Problem(f"row {i + 1}, {value}", f"{rows.value[i]:g}", "0 or 1") for i in wrong]
    refuse(_CALLER, problems)
    offsets = np.concatenate([[0], np.cumsum(np.bincount(rows.series, minlength=len(rows.keys)))]).astype(np.int64)
    share = _shares(rows, offsets, baseline, p0)
    reached = _sums(rows.value[rows.order], offsets, _steps(share, odds_ratio), float(limit))
    return _frame(rows, offsets, share, *reached, limit)


def _target_problems(baseline: int | None, p0: float | None) -> list[Problem]:
    found = [] if baseline is None else check_count("baseline", baseline, 1)
    if p0 is not None:
        found += check_number("p0", p0, 0, 1, "a number above 0 and below 1")
    if baseline is not None and p0 is not None:
        found.append(Problem("arguments baseline and p0", "both", "one of them"))
    return found


def _shares(rows: Rows, offsets: Ints, baseline: int | None, p0: float | None) -> Floats:
    """Shape (series,): the probability that each series is held against; NaN for series without a known case."""
    lengths = np.diff(offsets)
    if p0 is not None:
        return np.full(len(lengths), float(p0))
    if baseline is not None and len(rows.value) and baseline > lengths.max():
        words = f"a number from 1 to {lengths.max()}, the cases of the longest series"
        refuse(_CALLER, [Problem("argument baseline", str(baseline), words)])
    position = np.arange(len(rows.value)) - np.repeat(offsets[:-1], lengths)
    value, series = rows.value[rows.order], rows.series[rows.order]
    used = ~np.isnan(value) & (position < (baseline or len(value)))
    events, cases = cell_sums(series, len(lengths), np.where(used, value, 0.0), used.astype(float))
    share = np.full(len(lengths), np.nan)
    np.divide(events, cases, out=share, where=cases > 0)
    refuse(_CALLER, _impossible_shares(rows.keys, share))
    return share


def _impossible_shares(keys: pd.DataFrame, share: Floats) -> list[Problem]:
    certain = np.flatnonzero((share == 0) | (share == 1)).tolist()
    names = [", ".join(f"{name} {keys[name].iloc[s]}" for name in keys.columns) or "the cases" for s in certain]
    expected = "events and cases without one among those that make p0, or p0 given"
    return [
        Problem(name, f"{'only' if share[s] else 'no'} events in the baseline", expected)
        for name, s in zip(names, certain, strict=True)
    ]


def _steps(share: Floats, odds_ratio: float) -> Floats:
    """Shape (4, series): what an event and a case without one add to the upper sum, and to the lower sum."""
    odds = share / (1 - share)
    steps = []
    for ratio in (odds_ratio, 1 / odds_ratio):
        p1 = ratio * odds / (1 + ratio * odds)
        steps += [np.log(p1 / share), np.log((1 - p1) / (1 - share))]
    return np.asarray(np.array(steps) * np.array([[1.0], [1.0], [-1.0], [-1.0]]), dtype=np.float64)


def _sums(value: Floats, offsets: Ints, steps: Floats, limit: float) -> tuple[Floats, Floats]:
    """Shape (cases,): what both sums reach, all series at once, case after case; from the limit on they start anew.

    Longer series come first, so that those that still go on are always the first ones.
    """
    lengths = np.diff(offsets)
    longest_first = np.argsort(-lengths, kind="stable")
    going_on = np.searchsorted(-lengths[longest_first], -np.arange(int(lengths.max(initial=0))), side="left")
    first, add = offsets[:-1][longest_first], steps[:, longest_first]
    high, low = np.zeros(len(lengths)), np.zeros(len(lengths))
    upper, lower = np.full(len(value), np.nan), np.full(len(value), np.nan)
    for t, k in enumerate(going_on.tolist()):
        at = first[:k] + t
        event, known = value[at] == 1, ~np.isnan(value[at])
        high[:k] = np.where(known, np.maximum(high[:k] + np.where(event, add[0, :k], add[1, :k]), 0.0), high[:k])
        low[:k] = np.where(known, np.minimum(low[:k] + np.where(event, add[2, :k], add[3, :k]), 0.0), low[:k])
        upper[at], lower[at] = np.where(known, high[:k], np.nan), np.where(known, low[:k], np.nan)
        high[:k][high[:k] >= limit] = 0.0
        low[:k][low[:k] <= -limit] = 0.0
    return upper, lower


def _frame(rows: Rows, offsets: Ints, share: Floats, upper: Floats, lower: Floats, limit: float) -> pd.DataFrame:
    lengths = np.diff(offsets)
    above, below = upper >= limit, lower <= -limit
    keys = rows.keys.iloc[np.repeat(np.arange(len(lengths)), lengths)].reset_index(drop=True)
    return keys.assign(
        case=np.arange(len(upper)) - np.repeat(offsets[:-1], lengths) + 1,
        period=rows.period[rows.order],
        value=rows.value[rows.order],
        p0=np.repeat(share, lengths),
        upper=np.where(above, 0.0, upper),
        lower=np.where(below, 0.0, lower),
        reached_upper=upper,
        reached_lower=lower,
        signal_upper=above,
        signal_lower=below,
        signal=above | below,
    )
