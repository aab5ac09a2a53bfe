"""Which answers a mapping keeps for next month, and which were about one file or one school year only."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from pdsa.publish import digest

__all__ = ["kept", "mark_of", "of_others", "recalled"]

Pairs = tuple[tuple[str, str], ...]

# What somebody found right in one file says nothing of the next one.
OF_FILES = (
    *("outliers", "end", "future", "uncalculated", "precision", "merged", "hidden-rows", "struck-rows"),
    *("days-until", "period-of-file", "again"),
)
OF_ONE_FILE = ("note-row:", "period:", "unit:")
# What dates without a year mean holds until the school year is over.
OF_YEARS = ("week1", "year-of-days")
BOUND = re.compile(r"(?P<key>.+) \(of (?P<mark>[0-9a-f]{12})\)")
YEAR = re.compile(r"(?P<year>[0-9]{4})(-(?P<next>[0-9]{2}|[0-9]{4}))?")


def mark_of(files: Sequence[Path]) -> str:
    """What tells the content of these files from that of others: twelve digits of a hash."""
    return digest("".join(sorted(digest(path) for path in files)).encode())[:12]


def kept(decisions: Pairs, files: Sequence[Path]) -> Pairs:
    """The decisions as the mapping keeps them: those about the content of these files bound to it."""
    about = [key for key, _ in decisions if key in OF_FILES or key.startswith(OF_ONE_FILE)]
    mark = mark_of(files) if about else ""
    return tuple((f"{key} (of {mark})" if key in about else key, text) for key, text in decisions)


def of_others(decisions: Pairs, files: Sequence[Path]) -> Pairs:
    """The kept decisions that are about the content of other files: they stay for the day these come again."""
    bound = [(BOUND.fullmatch(key), (key, text)) for key, text in decisions]
    mark = mark_of(files) if any(match for match, _ in bound) else ""
    return tuple(pair for match, pair in bound if match and match["mark"] != mark)


def recalled(decisions: Pairs, files: Sequence[Path], as_of: date) -> Pairs:
    """The kept decisions that hold for these files on this day.

    Parameters
    ----------
    decisions
        As a mapping keeps them.
    files
        The files to be imported.
    as_of
        The day on which their numbers were known.
    """
    found = []
    mark = mark_of(files) if any(BOUND.fullmatch(key) for key, _ in decisions) else ""
    for key, text in decisions:
        bound = BOUND.fullmatch(key)
        if bound is None and not (key in OF_YEARS and as_of > _last_day(text)):
            found.append((key, text))
        elif bound is not None and bound["mark"] == mark:
            found.append((bound["key"], text))
    return tuple(found)


def _last_day(text: str) -> date:
    """The last day on which an answer about a school year, or a day in it, is used without asking again."""
    match = YEAR.match(text)
    if match is None:
        return date.max
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        day = date.fromisoformat(text)
        return date(day.year + (day.month >= 7), 7, 31)
    year = int(match["year"])
    return date(year + 1, 7, 31) if match["next"] else date(year, 12, 31)
