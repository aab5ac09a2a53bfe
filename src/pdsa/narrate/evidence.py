"""What fired, in plain words: one phrase for each rule that reached the latest points."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from pdsa.narrate.series import Series, center_words, span_words
from pdsa.narrate.words import digits_apart, reads
from pdsa.records import Rule
from pdsa.rules import DEFAULTS, lengths_of
from pdsa.series import Ints
from pdsa.terms import RULE_WORDS

SHARES = {1.0: "a third of the way", 1.5: "half way", 2.0: "two thirds of the way"}
# The rules that speak first: one of them is enough for a headline, and the zones are left to the table.
RUNS, FIRST = ("long_run", "shift"), ("long_run", "shift", "trend", "outside")


def evidence(series: Series) -> str:
    """The latest signaled point and its rules; the number of crossings where no point is signaled."""
    recent = _recent(series)
    if not len(recent):
        return _crossings(series)
    last = int(recent[-1])
    sides = {direction(series, at) for at in recent.tolist()}
    return ("signals on both sides of the center; the latest: " if {1, -1} <= sides else "") + _at(series, last)


def _recent(series: Series) -> Ints:
    """Signaled rows that reach the latest useful points, which alone make the verdict."""
    useful = np.flatnonzero(series.side)
    if series.frozen and len(series.used):
        useful = useful[useful > series.used[-1]]
    recent = useful[-series.chart.spec.recent :]
    fired = np.flatnonzero(series.signal & series.there)
    return fired[fired >= recent[0]] if len(recent) else fired[:0]


def _fired(series: Series, at: int) -> list[Rule]:
    """The rules that marked a row, in the order of their set."""
    points = series.chart.points
    return [
        rule for rule in series.chart.spec.rules if (name := f"rule_{rule.column}") in points and points[name].array[at]
    ]


def direction(series: Series, at: int) -> int:
    """Where a signal points: 1 up, -1 down, 0 where its rules have no direction."""
    names = {rule.name for rule in _fired(series, at)}
    if names and names <= {"alternating", "near", "away"}:
        return 0
    return _slope(series, at)[0] if names and names <= {"trend"} else int(series.side[at])


def _at(series: Series, at: int) -> str:
    """Everything that fired at one row; the zones speak only where nothing stronger does."""
    fired = _fired(series, at)
    strong = sorted((rule for rule in fired if rule.name in FIRST), key=lambda rule: FIRST.index(rule.name))
    parts = list(dict.fromkeys(_phrase(series, rule, at) for rule in strong or fired))
    if not parts:
        return f"{series.when(at)} at {series.told(float(series.value[at]))} carries a signal"
    if strong and strong[-1].name == "outside":
        parts[-1] = _outside(series, strong[-1], at, unit=len(parts) == 1)
    return "; ".join(parts)


def _phrase(series: Series, rule: Rule, at: int) -> str:
    phrases: dict[str, Callable[[Series, Rule, int], str]] = {
        **dict.fromkeys(RUNS, _run),
        "outside": _outside,
        "trend": _trend,
        "alternating": _alternating,
        **dict.fromkeys(("beyond", "near", "away"), _zone),
    }
    return phrases[rule.name](series, rule, at) if rule.name in phrases else RULE_WORDS.get(rule.name, rule.column)


def _side(series: Series, at: int) -> int:
    """The side of a row, also where runs have passed over it."""
    return int(series.side[at]) or (1 if series.value[at] > series.column("center")[at] else -1)


def _run(series: Series, rule: Rule, at: int) -> str:
    same = np.flatnonzero((series.run == series.run[at]) & (series.side != 0))
    where = f"{'above' if _side(series, at) > 0 else 'below'} {center_words(series)}"
    return f"{len(same)} {series.noun}s in a row ({span_words(series, same)}) {where}"


def _outside(series: Series, rule: Rule, at: int, unit: bool = True) -> str:
    high = _side(series, at) > 0
    value = float(series.value[at])
    sigma = lengths_of(rule)[2]
    if sigma != DEFAULTS["outside"][2]:
        way = f"{_way(sigma)} from the center to the {'upper' if high else 'lower'} limit"
        return f"{series.when(at)} at {series.told(value, unit)} lies beyond {way}"
    line = float(series.column("upper" if high else "lower")[at])
    more = digits_apart((value, line), series.measure)
    just = "just " * (reads(value, series.measure, more) == reads(line, series.measure, more))
    where = f"{just}{'above the upper' if high else 'below the lower'} limit of {series.told(line, False, more)}"
    return f"{series.when(at)} at {series.told(value, unit, more)} lies {where}"


def _slope(series: Series, at: int) -> tuple[int, int, int]:
    """Direction of the rise or fall that ends at a row, how many points take part in it, and the row of the first."""
    rows = np.flatnonzero(series.there)
    rows = rows[rows <= at]
    steps = np.sign(np.diff(series.value[rows])).astype(int)[::-1]
    moves = steps[steps != 0]
    if not len(moves):
        return 0, 0, at
    against = np.flatnonzero(steps == -moves[0])
    ran = steps[: against[0]] if len(against) else steps
    moved = np.flatnonzero(ran)
    return int(moves[0]), len(moved) + 1, int(rows[-moved[-1] - 2])


def _trend(series: Series, rule: Rule, at: int) -> str:
    up, points, first = _slope(series, at)
    return f"{points} {series.noun}s in a row ({span_words(series, (first, at))}) {'rise' if up > 0 else 'fall'}"


def _alternating(series: Series, rule: Rule, at: int) -> str:
    rows = np.flatnonzero(series.there)
    steps = np.sign(np.diff(series.value[rows[rows <= at]]))[::-1]
    same = np.flatnonzero(steps[1:] != -steps[:-1])
    points = 2 + (int(same[0]) if len(same) else max(len(steps) - 1, 0))
    return f"{points} {series.noun}s in a row go up and down in turn"


def _way(sigma: float) -> str:
    """How far from the center to a limit so many standard deviations are."""
    return SHARES.get(float(sigma), f"{sigma / 3:.0%} of the way")


def _zone(series: Series, rule: Rule, at: int) -> str:
    n, of, sigma = lengths_of(rule)
    way = _way(sigma)
    if rule.name == "near":
        return f"{n} or more {series.noun}s in a row lie close to the center, within {way} to the limits"
    if rule.name == "away":
        return f"{n} or more {series.noun}s in a row lie past {way} to a limit, on either side of the center"
    limit = "upper" if _side(series, at) > 0 else "lower"
    return f"{n} of {of} {series.noun}s in a row lie past {way} from the center to the {limit} limit"


def _crossings(series: Series) -> str:
    """How often the values cross the center, beside what is ordinary."""
    row = series.row
    crossed = "once" if row["crossings"] == 1 else f"{int(row['crossings'])} times"
    head = f"over the whole series the values cross {center_words(series)}"
    if any(rule.name == "few_crossings" for rule in series.chart.spec.rules):
        return f"{head} only {crossed} where at least {int(row['crossings_min'])} are ordinary"
    above, below = int((series.side > 0).sum()), int((series.side < 0).sum())
    if row["crossings"] < 2 * above * below / max(above + below, 1):
        return f"{head} only {crossed}, fewer than chance gives"
    return f"{head} {crossed}, more than chance gives"
