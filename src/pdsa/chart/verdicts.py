"""Signals to words: verdict, history and assurance of every segment, from the same flags that the chart draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pdsa import rules
from pdsa.chart.engine import Answer, Flat
from pdsa.exact import run_count_limits
from pdsa.limits import beyond
from pdsa.records import ChartSpec, Rule
from pdsa.series import Bools, Ints
from pdsa.terms import MIN_USEFUL, MOVING_KINDS, SPREAD_KINDS

Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """Shape (segments,) each: run limits, whether the runs signal, and the words.

    `whole` tells, for each rule of a whole chart that the set asks for, where it fired.
    """

    longest_run_max: Ints
    crossings_min: Ints
    whole: dict[str, Bools]
    runs_signal: Bools
    verdict: Words
    history: Words
    assurance: Words


def judge(answer: Answer, spec: ChartSpec, kind_of: Words) -> Judgement:
    """Judge every segment; `kind_of`, shape (segments,), is the kind of its chart."""
    useful = answer.counts["n_useful"]
    longest_max, fewest = rules.longest_run_max(useful), rules.crossings_min(useful)
    moving, spread = np.isin(kind_of, MOVING_KINDS), np.isin(kind_of, SPREAD_KINDS)
    silent = moving | answer.tied
    whole = {
        rule.column: _whole(rule, answer, fewest) & ~silent for rule in spec.rules if rule.name in rules.CHART_RULES
    }
    long = (answer.counts["longest_run"] > longest_max) & any(rule.name == "long_run" for rule in spec.rules)
    return Judgement(
        longest_run_max=longest_max,
        crossings_min=fewest,
        whole=whole,
        runs_signal=np.logical_or.reduce([long & ~silent, *whole.values()]),
        verdict=_verdicts(answer, spec, np.logical_or.reduce([np.zeros_like(silent), *whole.values()]), spread),
        history=_history(answer, spec),
        assurance=_assurances(answer, spec, moving | spread),
    )


def _whole(rule: Rule, answer: Answer, fewest: Ints) -> Bools:
    """Shape (segments,): whether a rule of the whole chart fires."""
    counts = answer.counts
    if rule.name == "few_crossings":
        return np.asarray(counts["crossings"] < fewest)
    above, useful = counts["n_above"], counts["n_useful"]
    few, many = run_count_limits(above, useful - above)
    runs = np.where(useful > 0, counts["crossings"] + 1, 0)
    return np.asarray(runs < few if rule.name == "few_runs" else runs > many) & (useful > 0)


def _verdicts(answer: Answer, spec: ChartSpec, whole: Bools, spread: Bools) -> Words:
    """What the latest useful points say now; a signal further back is history."""
    up, down = answer.masks["now_up"], answer.masks["now_down"]
    # patterns without a direction are a change by themselves, and none beside a signal that has one
    neither = np.uint16(sum(1 << i for i, rule in enumerate(spec.rules) if rule.name in rules.NEITHER))
    high, low = (up & ~neither) > 0, (down & ~neither) > 0
    verdict = np.full(len(whole), "common_cause", dtype=object)
    verdict[whole | (up > 0) | (down > 0)] = "change"
    # moving ranges and standard deviations speak of spread: they have no better direction
    if spec.better is not None:
        good, bad = (high, low) if spec.better == "up" else (low, high)
        verdict[good & ~bad & ~spread] = "improvement"
        verdict[bad & ~good & ~spread] = "concern"
    verdict[answer.counts["n_useful"] < MIN_USEFUL] = "too_few"
    return verdict


def _history(answer: Answer, spec: ChartSpec) -> Words:
    """The names of the rules that fired before the recent points, comma-joined.

    A run that reaches the recent points is one signal, and one of now.
    """
    of_runs = sum(1 << i for i, rule in enumerate(spec.rules) if rule.name in rules.RUN_RULES)
    code = (answer.masks["before"] & ~np.uint16(of_runs)) | (answer.masks["before_runs"] & np.uint16(of_runs))
    return names_of(code, spec.rules)


def names_of(code: Flat, chosen: tuple[Rule, ...]) -> Words:
    """The columns of the rules whose bits are set, comma-joined in the order of the set."""
    found, place = np.unique(code, return_inverse=True)
    texts = [",".join(rule.column for i, rule in enumerate(chosen) if one >> i & 1) for one in found.tolist()]
    words = np.array(texts, dtype=object)[place] if len(texts) else np.zeros(0, dtype=object)
    return np.asarray(words, dtype=object)


def _assurances(answer: Answer, spec: ChartSpec, without: Bools) -> Words:
    """Whether the process meets the target: surely, by chance or not; None without limits, target or direction."""
    words = np.full(len(without), None, dtype=object)
    if spec.target is None or spec.better is None:
        return words
    low, high = answer.segment["last_lower"], answer.segment["last_upper"]
    if spec.better == "down":
        low, high = -high, -low
    target = np.full(len(without), spec.target if spec.better == "up" else -spec.target)
    limited = ~np.isnan(low) & ~np.isnan(high) & ~without
    words[limited] = "by_chance"
    words[limited & (beyond(low, target) >= 0)] = "met"
    words[limited & (beyond(high, target) < 0)] = "not_expected"
    same = answer.constant & (answer.counts["n_values"] > 1) & ~without
    last = answer.segment["last"] * (1 if spec.better == "up" else -1)
    words[same] = np.where(beyond(last, target) >= 0, "met", "not_expected")[same]
    return words
