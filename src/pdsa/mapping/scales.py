"""How a column writes its numbers, point or comma, percent or fraction: from evidence, or as a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pdsa.mapping.cells import Cell, comma_reading, point_reading
from pdsa.records.imports import Choice, Question

__all__ = ["DECIMALS", "Found", "find_decimal", "find_scale", "looks_like_fractions"]

# Answers to the question `decimal:<column>`, and what they mean for `ValueRole.decimal`.
DECIMALS = {"point": ".", "comma": ","}
# Above this no fraction can be, even one that counts a few students too many (Colorado has a rate of 1.1305).
ABOVE_FRACTIONS = 1.5
# Below this a number written as percent may be somewhat too large and still a percent.
ABOVE_PERCENTS = 150.0
# A percent below 1 beside others this many times as large may as well be a fraction that slipped in.
APART = 20.0
PERCENT_NAMES = re.compile(r"%|pct|percent", re.IGNORECASE)
TWO_DECIMALS = re.compile(r".*[.,][0-9]{2,}")
SCALE_CHOICES = (
    Choice("percent", "0.9 is 0.9% of the students, 90 is 90%"),
    Choice("fraction", "0.9 is 90% of the students, 1 is all of them"),
)
NEITHER = Choice("number", "neither: the numbers are kept as they stand")

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a column's texts say about themselves: a word, or a question and the texts that wait for its answer."""

    word: str
    told: str = ""
    question: Question | None = None
    waiting: Mask | None = None


def find_decimal(cells: Sequence[Cell], column: str, counted: bool) -> Found:
    """Whether a point (".") or a comma (",") begins the decimals of a column.

    "12.5", "1,018.5" and "1,234,567" can be read with a point only, "17,5" and "1.018,5" with a comma only; "1,018" and
    "1.018" with both, as different numbers. In a column of counts "1,018" is a thousand and eighteen.

    Parameters
    ----------
    cells
        The distinct cells of the column.
    column
        Its name, for the question.
    counted
        True where the column counts something.
    """
    tokens = [cell.token for cell in cells]
    points = np.array([point_reading(token) if token else np.nan for token in tokens])
    commas = np.array([comma_reading(token) if token else np.nan for token in tokens])
    only_point, only_comma = np.isfinite(points) & np.isnan(commas), np.isfinite(commas) & np.isnan(points)
    either = np.isfinite(points) & np.isfinite(commas) & (points != commas)
    with_comma = either & np.array(["," in token for token in tokens], dtype=bool)
    if not (either.any() or only_comma.any()):
        return Found(".")
    sure_comma = any("." in token for token in _at(tokens, only_comma))
    unsure = with_comma if counted else either & ~with_comma
    if only_comma.any() and not only_point.any() and (sure_comma or not unsure.any()):
        return Found(",", f"comma read as decimal sign: {_shown(_at(tokens, only_comma))}")
    if not only_comma.any() and _is_point(either, with_comma, bool(only_point.any()), counted):
        groups = _at(tokens, with_comma)
        return Found(".", f"comma read as thousands: {_shown(groups)}" if groups else "")
    waiting = either | (only_comma if only_point.any() else np.zeros(len(cells), dtype=bool))
    found = _shown([*_at(tokens, either), *_at(tokens, only_comma), *_at(tokens, only_point)])
    return Found("", question=_decimal_question(column, found), waiting=waiting)


def find_scale(values: Floats, percents: Mask, texts: Sequence[str], column: str) -> Found:
    """Whether the shares of a column are written as `percent` (0 to 100) or `fraction` (0 to 1).

    Parameters
    ----------
    values
        Numbers and bounds as written, NaN where a text is neither; shape (texts,).
    percents
        Those that a percent sign follows: they tell their own scale, and that of numbers above 1.5 beside them.
    texts
        The distinct texts, for the evidence.
    column
        The column's name: a percent sign in it speaks against fractions.
    """
    plain = np.isfinite(values) & ~percents
    nonzero = plain & (values != 0)
    if not nonzero.any():
        return Found("percent" if percents.any() else "")
    small, large = nonzero & (values <= 1), nonzero & (values > ABOVE_FRACTIONS)
    if not large.any():
        return _find_fraction(values, nonzero, percents, texts, column)
    told = f"{column}: numbers up to {values[plain].max():.10g} read as percent"
    apart = small.any() and values[large].min() > APART * values[small].max()
    too_large = int((values[large] > ABOVE_PERCENTS).sum()) * 2 > int(large.sum())
    if not (apart or too_large or (percents.any() and (nonzero & ~large).any())):
        return Found("percent", told)
    evidence = [*_at(texts, small), *_at(texts, large), *_at(texts, percents)]
    question = _scale_question(column, _ends(evidence, small, large, percents), (NEITHER,) if too_large else ())
    return Found("", question=question, waiting=plain)


def looks_like_fractions(values: Floats) -> bool:
    """True where several numbers lie between 0 and 1 and none above."""
    between = values[(values > 0) & (values < 1)]
    return len(between) > 1 and not (values > 1).any()


def _find_fraction(values: Floats, nonzero: Mask, percents: Mask, texts: Sequence[str], column: str) -> Found:
    """The scale of a column with nothing above 1.5 that has no percent sign."""
    between = nonzero & (values > 0) & (values < 1)
    fine = [text for text in _at(texts, between) if TWO_DECIMALS.match(text)]
    above = int((nonzero & (values > 1)).sum())
    certain = len(fine) >= 2 and above * 10 <= int(between.sum()) and not percents.any()
    if certain and not PERCENT_NAMES.search(column):
        return Found("fraction", f"{column}: numbers up to {values[nonzero].max():.10g} read as fractions of 1")
    shown = [*_at(texts, nonzero)[:3], *_at(texts, percents)[:2]]
    ends = f"nothing above {values[nonzero].max():.10g} without a percent sign, such as {_shown(shown)}"
    waiting = np.isfinite(values) & ~percents
    return Found("", question=_scale_question(column, ends), waiting=waiting)


def _is_point(either: Mask, with_comma: Mask, proven: bool, counted: bool) -> bool:
    # "1.018" alone is an ordinary decimal number, but a count of 1.018 students is more likely 1,018.
    if proven:
        return True
    return not (either & ~with_comma).any() if counted else not with_comma.any()


def _ends(evidence: Sequence[str], *parts: Mask) -> str:
    """The first two texts of each part."""
    shown: list[str] = []
    start = 0
    for part in parts:
        count = int(part.sum())
        shown += evidence[start : start + min(count, 2)]
        start += count
    return f"{_shown(shown)} in one column"


def _decimal_question(column: str, found: str) -> Question:
    return Question(
        f"decimal:{column}",
        f"column {column}",
        found,
        "Does a point or a comma begin the decimals of these numbers?",
        (
            Choice("point", "1.018 is a little more than one; 1,018 is a thousand and eighteen"),
            Choice("comma", "1,018 is a little more than one; 1.018 is a thousand and eighteen"),
        ),
    )


def _scale_question(column: str, found: str, more: tuple[Choice, ...] = ()) -> Question:
    ask = "Are these numbers percents or fractions?"
    return Question(f"scale:{column}", f"column {column}", found, ask, SCALE_CHOICES + more)


def _at(texts: Sequence[str], mask: Mask) -> list[str]:
    return [texts[position] for position in np.flatnonzero(mask).tolist()]


def _shown(texts: Sequence[str]) -> str:
    distinct = list(dict.fromkeys(texts))
    more = f" and {len(distinct) - 4} more" if len(distinct) > 4 else ""
    return ", ".join(distinct[:4]) + more
