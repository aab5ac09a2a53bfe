"""How predictions turned out: the share that held, over-optimism and Brier score, each with how sure it is."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from pdsa.cycles.outcomes import Result
from pdsa.terms import Outcome

# Under so many predictions nothing is said but their number (features.md L1).
FEWEST = 8
# Nominal coverage of every interval here.
LEVEL = 0.90
# What a prediction counts that held, held in part, or did not.
POINTS: dict[Outcome, float] = {"hit": 1.0, "partly": 0.5, "miss": 0.0}
# The Brier score of somebody who says 50% each time.
COIN = 0.25


@dataclass(frozen=True, slots=True)
class Span:
    """A number with its interval of coverage `LEVEL`, from `n` predictions."""

    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """How the predictions of a team turned out; every number but counts is None under 8 predictions.

    Parameters
    ----------
    kind
        `too_few` or `enough`: which words may be used of the share.
    n, hits, partly, misses
        Predictions of values, ranges, directions and words with an outcome, and what became of them.
    open
        Predictions without an outcome, or written down when it was known; they count nowhere.
    given, came
        Predictions with a probability and an outcome, which count in `chances` and `brier` alone, and how many came
        true.
    rate, low, high
        The share that held, one that held in part counting half, and its interval.
    bias
        Result minus prediction in the direction predicted, in standard deviations of single points: below 0 is too
        optimistic. Of predictions of a number.
    short
        Of the same predictions the share whose result fell short of the number; without optimism about half.
    chances
        Mean probability given minus the share that came true: above 0 is too optimistic. Of probabilities.
    brier, brier_base
        Mean squared distance of probabilities from what happened (0 is best, always saying 50% gives .25), and that of
        always saying the share that came true.
    """

    kind: Literal["too_few", "enough"]
    n: int
    hits: int
    partly: int
    misses: int
    open: int
    rate: float | None = None
    low: float | None = None
    high: float | None = None
    bias: Span | None = None
    short: Span | None = None
    chances: Span | None = None
    brier: float | None = None
    brier_base: float | None = None
    given: int = 0
    came: int = 0


def calibrate(results: Iterable[Result]) -> Calibration:
    """How these predictions turned out.

    Intervals of shares are those of Clopper and Pearson, halves counting as they stand: they hold the share that a
    team's predictions would show in the long run at least nine times of ten, whether it is good or bad at predicting,
    and whether some of its predictions are easier than others (Hoeffding 1956). That of `bias` is Student's.

    Parameters
    ----------
    results
        Of one team, or of one network as a whole: never one team beside others, for of 24 teams that predict equally
        well one looks worst.

    Source: Clopper and Pearson, Biometrika 26:404 (1934), doi 10.1093/biomet/26.4.404; Hoeffding, Annals of
    Mathematical Statistics 27:713 (1956), doi 10.1214/aoms/1177728178; Brier, Monthly Weather Review 78:1 (1950).
    """
    everything = tuple(results)
    known = [one for one in everything if counts(one)]
    words = [one for one in known if one.prediction.type != "probability"]
    held = {name: sum(one.told == name for one in words) for name in POINTS}
    counted = (len(words), held["hit"], held["partly"], held["miss"], len(everything) - len(known))
    found = Calibration("too_few", *counted)
    if len(words) >= FEWEST:
        rate = share(_points(words), len(words))
        found = Calibration("enough", *counted, rate.value, rate.low, rate.high, _bias(words), _short(words))
    return _with_chances(found, known)


def counts(result: Result) -> bool:
    """Whether a result tells anything about foresight: it has an outcome, and was predicted before that was known."""
    return result.told != "not_measured" and not result.late


def over_time(results: Iterable[Result], window: int | None = None) -> tuple[tuple[date, Span], ...]:
    """The share that held and its interval after each day on which a prediction closed, from the eighth on.

    Parameters
    ----------
    results
        As for `calibrate`; those of probabilities, and those without a closing day, are left out.
    window
        The latest so many predictions, at least 8; None: all so far. Neighboring spans rest on much the same
        predictions, so a line of them looks smoother than the truth.
    """
    known = [one for one in results if counts(one) and one.closed and one.prediction.type != "probability"]
    known.sort(key=lambda one: (one.closed or date.max, one.prediction.id))
    found: dict[date, Span] = {}
    for n in range(FEWEST, len(known) + 1):
        taken = known[:n] if window is None else known[max(n - max(window, FEWEST), 0) : n]
        found[taken[-1].closed or date.max] = share(_points(taken), len(taken))
    return tuple(found.items())


def share(points: float, n: int) -> Span:
    """A share with its interval of Clopper and Pearson; `points` may hold halves.

    Examples
    --------
    >>> share(7, 10)
    Span(n=10, value=0.7, low=0.393376..., high=0.912735...)
    """
    from scipy.special import betaincinv

    tail = (1 - LEVEL) / 2
    low = float(betaincinv(points, n - points + 1, tail)) if points > 0 else 0.0
    high = float(betaincinv(points + 1, n - points, 1 - tail)) if points < n else 1.0
    return Span(n, points / n, low, high)


def _points(results: Sequence[Result]) -> float:
    return sum(POINTS[one.told] for one in results)


def surprise(result: Result) -> float | None:
    """Result minus prediction in the direction predicted; None where no number, or no direction, was predicted."""
    one = result
    if one.value is None or one.expected is None or one.before is None or one.outcome == "not_measured":
        return None
    if one.expected == one.before:
        return None
    return (one.value - one.expected) * math.copysign(1.0, one.expected - one.before)


def _bias(results: Sequence[Result]) -> Span | None:
    from scipy.special import stdtrit

    scaled = [gap / one.spread for one in results if one.spread and (gap := surprise(one)) is not None]
    n = len(scaled)
    if n < FEWEST:
        return None
    mean = sum(scaled) / n
    deviation = math.sqrt(sum((one - mean) ** 2 for one in scaled) / (n - 1))
    reach = float(stdtrit(n - 1, (1 + LEVEL) / 2)) * deviation / math.sqrt(n)
    return Span(n, mean, mean - reach, mean + reach)


def _short(results: Sequence[Result]) -> Span | None:
    gaps = [gap for one in results if (gap := surprise(one)) is not None]
    return share(sum(gap < 0 for gap in gaps), len(gaps)) if len(gaps) >= FEWEST else None


def _with_chances(found: Calibration, results: Sequence[Result]) -> Calibration:
    """With the bias and the Brier scores of predictions that gave a probability."""
    pairs = [
        (one.prediction.probability, POINTS[one.told])
        for one in results
        if one.prediction.type == "probability" and one.prediction.probability is not None
    ]
    n = len(pairs)
    found = replace(found, given=n, came=sum(y == POINTS["hit"] for _, y in pairs))
    if n < FEWEST:
        return found
    given, true = sum(p for p, _ in pairs) / n, sum(y for _, y in pairs) / n
    span = share(true * n, n)
    return replace(
        found,
        chances=Span(n, given - true, given - span.high, given - span.low),
        brier=sum((p - y) ** 2 for p, y in pairs) / n,
        brier_base=sum((true - y) ** 2 for _, y in pairs) / n,
    )
