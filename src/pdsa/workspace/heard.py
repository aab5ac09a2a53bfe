"""Answers that somebody gave on the command line: each must answer a question, with one of its choices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import get_args

from pdsa.check import nearest
from pdsa.errors import Problem
from pdsa.mapping.draft import Draft
from pdsa.mapping.remarks import shortened
from pdsa.records.imports import Question
from pdsa.terms import STATUSES, DataType

__all__ = ["check_answers"]

# Questions whose choices are examples: any text may be the answer.
OPEN = ("pass", "sheets", "use", "delimiter")
# What somebody may say without being asked; a key ends there or goes on after a colon or "=".
UNASKED = (
    *("use", "measure", "break", "type", "better", "cumulative", "mark", "same", "code", "column", "denominator"),
    *("min-days", "not-personal", "period-of-file", "period", "other-measures", "school-id", "days-until", "repeats"),
    *(
        "school-from",
        "district-rows",
        "level",
        "decimal",
        "scale",
        "whole",
        "outliers",
        "students",
        "per",
        "sheets",
        "row",
        "unit",
        "again",
    ),
)

# The words of answers that may be given unasked.
WORDS = {
    "cumulative": ("yes", "no"),
    "break": ("break", "ignore"),
    "better": ("up", "down", "stable"),
    "type": get_args(DataType),
    "scale": ("percent", "fraction", "number"),
    "decimal": ("point", "comma"),
    "whole": ("averages", "stop"),
    "same": ("same", "different"),
    "level": ("school", "district", "region", "all"),
    "district-rows": ("total", "school"),
    "outliers": ("keep", "set-aside"),
    "repeats": ("add",),
    "unit": ("keep",),
    "again": ("yes",),
    "mark": (*STATUSES, "zero", "stop"),
}

Pairs = Sequence[tuple[str, str]]


def check_answers(given: Pairs, drafted: Callable[[Pairs], Draft]) -> tuple[list[Problem], dict[str, str]]:
    """Problems of answers that are no choice of their question, and a sentence for the key of each that answers none.

    Parameters
    ----------
    given
        Keys and answers.
    drafted
        Makes the draft with some of the answers.
    """
    known = {key: text for key, text in given if _may_be_said(key)}
    left = {key: text for key, text in given if key not in known}
    problems: list[Problem] = []
    asked: dict[str, Question] = {}
    problems += [one for key, text in given for one in _wrong_word(key, text)]
    if problems:
        return problems, {}
    for _ in range(len(given) + 1):
        remarks = drafted(tuple(known.items())).remarks
        asked |= {one.key: one for one in remarks.questions}
        problems += [one for key in known if key in asked for one in _problem(asked[key], known[key])]
        heard = [key for key in left if key in asked]
        if not heard:
            break
        for key in heard:
            known[key] = left.pop(key)
            problems += _problem(asked[key], known[key])
        if problems:
            return problems, {}
    if remarks.problems:  # what else would be asked cannot be known
        return [], {}
    return [], {key: _idle(key, text, asked) for key, text in left.items() if not _may_be_said(key)}


def _problem(question: Question, answer: str) -> list[Problem]:
    words = [one.word for one in question.choices]
    if not words or answer in words or question.key in OPEN or any("=" in word for word in words):
        return []
    expected = f"one of {', '.join(words)}: {question.ask}"
    return [Problem(f"--answer {question.key}", repr(shortened(answer)), expected)]


def _wrong_word(key: str, text: str) -> list[Problem]:
    words = WORDS.get(key.split(":")[0])
    if words is None or text in words:
        return []
    return [Problem(f"--answer {key}", repr(shortened(text)), f"one of {', '.join(words)}")]


def _may_be_said(key: str) -> bool:
    return any(key == one or key.startswith((f"{one}:", f"{one}=")) for one in UNASKED)


def _idle(key: str, text: str, asked: Iterable[str]) -> str:
    near = nearest(key, [*asked, *UNASKED, "dates", "year", "school", "header", "encoding"])
    return f"--answer {key}={shortened(text)} answers no question of these files{near}"
