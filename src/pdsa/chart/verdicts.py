"""Signals to words: verdict, history and assurance of every segment, from the same flags that the chart draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdsa import rules
from pdsa.chart.engine import Answer
from pdsa.limits import beyond
from pdsa.phases import Plan
from pdsa.records import ChartSpec
from pdsa.series import Bools, Ints
from pdsa.terms import MIN_USEFUL

Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Shape (segments,) each: run limits, whether the runs signal, and the words."""

    longest_run_max: Ints
    crossings_min: Ints
    few_crossings: Bools
    runs_signal: Bools
    verdict: Words
    history: Words
    assurance: Words


def judge(answer: Answer, plan: Plan, spec: ChartSpec, moving: Bools) -> Judgement:
    """Judge every segment; `moving`, shape (segments,), marks charts of moving ranges, whose runs do not count."""
    useful = answer.counts["n_useful"]
    longest_max, fewest = rules.longest_run_max(useful), rules.crossings_min(useful)
    wanted = {rule.name for rule in spec.rules}
    silent = moving | answer.tied
    few = (answer.counts["crossings"] < fewest) & ~silent & ("few_crossings" in wanted)
    long = (answer.counts["longest_run"] > longest_max) & ~silent
    signals = {name: flags for name, flags in answer.flags.items() if name in wanted}
    return Judgement(
        longest_run_max=longest_max,
        crossings_min=fewest,
        few_crossings=few,
        runs_signal=(long & ("long_run" in wanted)) | few,
        verdict=_verdicts(answer, plan, spec, signals, few, moving),
        history=_history(answer, plan, signals),
        assurance=_assurances(answer, spec, moving),
    )


def _verdicts(
    answer: Answer, plan: Plan, spec: ChartSpec, signals: dict[str, Bools], few: Bools, moving: Bools
) -> Words:
    """What the latest useful points say now; a signal further back is history."""
    high, low = _recent_sides(answer, plan, signals)
    verdict = np.full(len(few), "common_cause", dtype=object)
    verdict[few | high | low] = "change"
    # a moving range speaks of spread: it has no better direction
    if spec.better is not None:
        good, bad = (high, low) if spec.better == "up" else (low, high)
        verdict[good & ~bad & ~moving] = "improvement"
        verdict[bad & ~good & ~moving] = "concern"
    verdict[answer.counts["n_useful"] < MIN_USEFUL] = "too_few"
    return verdict


def _recent_sides(answer: Answer, plan: Plan, signals: dict[str, Bools]) -> tuple[Bools, Bools]:
    """Shape (segments,) each: whether a recent signal lies above the center, and whether one lies below it."""
    fired = np.flatnonzero(_any(signals, len(answer.side)))
    segment = plan.segment[fired]
    first = answer.counts["first_recent"]
    now = (first[segment] >= 0) & (fired >= first[segment])
    sides = answer.side[fired]
    found = (np.bincount(segment[now & (sides == side)], minlength=len(first)) > 0 for side in (1, -1))
    high, low = found
    return high, low


def _any(signals: dict[str, Bools], points: int) -> Bools:
    fired = np.zeros(points, dtype=bool)
    for flags in signals.values():
        fired |= flags
    return fired


def _history(answer: Answer, plan: Plan, signals: dict[str, Bools]) -> Words:
    """The names of the rules that fired before the recent points, comma-joined.

    A run that reaches the recent points is one signal, and one of now.
    """
    found = np.full(len(answer.counts["n"]), "", dtype=object)
    for name, flags in signals.items():
        first = answer.counts["first_of_run" if name == "long_run" else "first_recent"]
        fired = np.flatnonzero(flags)
        segment = plan.segment[fired]
        before = (first[segment] < 0) | (fired < first[segment])
        there = np.bincount(segment[before], minlength=len(first)) > 0
        found[there] = [f"{text},{name}" if text else name for text in found[there]]
    return found


def _assurances(answer: Answer, spec: ChartSpec, moving: Bools) -> Words:
    """Whether the process meets the target: surely, by chance or not; None without limits, target or direction."""
    words = np.full(len(moving), None, dtype=object)
    if spec.target is None or spec.better is None:
        return words
    low, high = answer.segment["last_lower"], answer.segment["last_upper"]
    if spec.better == "down":
        low, high = -high, -low
    target = np.full(len(moving), spec.target if spec.better == "up" else -spec.target)
    limited = ~np.isnan(low) & ~np.isnan(high) & ~moving
    words[limited] = "by_chance"
    words[limited & (beyond(low, target) >= 0)] = "met"
    words[limited & (beyond(high, target) < 0)] = "not_expected"
    same = answer.constant & (answer.counts["n_values"] > 1) & ~moving
    last = answer.segment["last"] * (1 if spec.better == "up" else -1)
    words[same] = np.where(beyond(last, target) >= 0, "met", "not_expected")[same]
    return words
