"""The arguments of `analyze`: rule sets and words, refused where they make no chart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NoReturn, get_args

import numpy as np

from pdsa.errors import InputError, Problem
from pdsa.records import ChartSpec, Rule
from pdsa.rules import NAMED, RULE_SETS
from pdsa.terms import (
    NOT_PREDICTIVE,
    PLAIN_KINDS,
    PROPORTION_KINDS,
    RATIO_KINDS,
    Constants,
    Gaps,
    Kind,
    LimitsMethod,
    Mark,
    RuleName,
    Screen,
    Spread,
    Step,
    Ties,
)

# Each rule of a set is one bit of a number of sixteen.
MOST_RULES = 16
SIGMA_KINDS = ("i", "xbar", "cusum", "ewma")


def rules_of(wanted: str | Iterable[str | Rule]) -> tuple[Rule, ...]:
    """A rule set by name, or a list of rules, by name or as they are."""
    if isinstance(wanted, str):
        _check_word("rules", wanted, tuple(RULE_SETS))
        return RULE_SETS[wanted]
    if not isinstance(wanted, Iterable):
        refuse("rules", repr(wanted), "the name of a set, or a list of rules")
    chosen = []
    for rule in wanted:
        if not isinstance(rule, Rule):
            _check_word("rules", rule, tuple(NAMED))
        chosen.append(rule if isinstance(rule, Rule) else NAMED[rule])
    for rule in chosen:
        _check_rule(rule)
    columns = [rule.column for rule in chosen]
    if len(set(columns)) < len(columns):
        twice = next(name for name in columns if columns.count(name) > 1)
        refuse("rules", f"two rules called {twice}", "a label of its own for each: Rule(..., label=...)")
    if len(chosen) > MOST_RULES:
        refuse("rules", f"{len(chosen)} rules", f"at most {MOST_RULES}")
    return tuple(chosen)


def _check_rule(rule: Rule) -> None:
    _check_word("rules", rule.name, get_args(RuleName))
    _check_word("rules, ties", rule.ties, (None, *get_args(Ties)))
    _check_word("rules, gaps", rule.gaps, get_args(Gaps))
    _check_word("rules, mark", rule.mark, get_args(Mark))
    if not isinstance(rule.label, str) or "," in rule.label:
        refuse("rules", f"label={rule.label!r}", "a text without commas, which separate the names in `reasons`")
    least = 3 if rule.name == "alternating" else 2 if rule.name == "trend" else 1
    for name in ("n", "of"):
        number = getattr(rule, name)
        counted = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if number is not None and not (counted and least <= number <= MOST_POINTS):
            refuse("rules", f"{name}={number!r} of {rule.name}", f"a whole number from {least} to {MOST_POINTS}")
    if rule.of is not None and rule.of < (rule.n or 1):
        refuse("rules", f"{rule.n} of {rule.of} points", "no more points than the window has")
    for name in ("sigma", "within"):
        number = getattr(rule, name)
        if number is not None and not (is_number(number) and number > 0):
            refuse("rules", f"{name}={number!r} of {rule.name}", "a number above zero")


# Windows of more points than this are no rule that anybody uses.
MOST_POINTS = 200


def check_spec(spec: ChartSpec) -> None:
    """Refuse words that are none of the vocabulary and numbers that make no chart."""
    for name, words in (
        ("kind", get_args(Kind)),
        ("limits", (None, *get_args(LimitsMethod))),
        ("screen", get_args(Screen)),
        ("constants", get_args(Constants)),
        ("gaps", get_args(Gaps)),
        ("ties", get_args(Ties)),
        ("spread", get_args(Spread)),
        ("step", (None, *get_args(Step))),
        ("better", (None, "up", "down")),
    ):
        _check_word(name, getattr(spec, name), words)
    _check_given(spec)
    if not (is_number(spec.per) and 0 < spec.per <= MOST_PER):
        refuse("per", str(spec.per), "a number above zero")
    if isinstance(spec.recent, bool) or not isinstance(spec.recent, int | np.integer) or not 1 <= spec.recent < 2**31:
        refuse("recent", str(spec.recent), "a whole number of at least 1")
    if spec.limits == "predictive" and spec.kind in NOT_PREDICTIVE:
        refuse("limits", f"predictive for kind {spec.kind}", "published or guarded: its points are no single values")


# Beyond this a square or a sum would overflow; a multiplier beyond the other is no unit.
LARGEST, MOST_PER = 1e100, 1e15


def is_number(found: object) -> bool:
    """Whether something is a finite real number: no text, no truth value."""
    real = isinstance(found, int | float | np.integer | np.floating) and not isinstance(found, bool)
    return real and bool(np.isfinite(found))  # type: ignore[call-overload]


def _check_given(spec: ChartSpec) -> None:
    """Refuse lines that cannot be, or that the kind does not take."""
    if spec.sigma is not None and spec.kind not in SIGMA_KINDS:
        refuse("sigma", f"{spec.sigma} for kind {spec.kind}", f"a given sigma only for kinds {', '.join(SIGMA_KINDS)}")
    for name in ("center", "sigma", "target"):
        number = getattr(spec, name)
        if number is None or (isinstance(number, str) and name != "target"):
            continue
        if not is_number(number) or abs(number) > LARGEST:
            refuse(name, repr(number), "a finite number" + ("" if name == "target" else ", or the name of a column"))
    if isinstance(spec.sigma, int | float) and not spec.sigma > 0:
        refuse("sigma", str(spec.sigma), "a number above zero")
    if spec.center is None:
        return
    if spec.kind == "np":
        refuse("center", str(spec.center), "none: the center of an NP chart moves with its denominators; use kind p")
    if isinstance(spec.center, str):
        return
    if spec.kind in (*RATIO_KINDS, *PLAIN_KINDS, "mr", "s") and spec.kind != "i_prime":
        highest = spec.per if spec.kind in PROPORTION_KINDS else np.inf
        if not 0 <= spec.center <= highest:
            refuse("center", str(spec.center), f"a number from 0 to {highest:g} for kind {spec.kind}")
    if spec.kind == "t" and spec.center == 0:
        refuse("center", "0", "a time above zero")


def _check_word(argument: str, found: object, words: Sequence[object]) -> None:
    if not (found is None or isinstance(found, str)) or found not in words:
        refuse(argument, repr(found), "one of " + ", ".join(map(repr, words)))


def refuse(argument: str, found: str, expected: str) -> NoReturn:
    """Raise what is wrong with an argument."""
    raise InputError("analyze", (Problem(f"argument {argument}", found, expected),), next_step="change the argument")
