"""Questions about periods whose beginning their texts do not tell."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, timedelta

from pdsa.mapping.formats import EPOCHS, NEEDS, Context, PeriodFormat, begins, dissect, named
from pdsa.records.imports import Choice, Question

__all__ = ["STOP", "about_format", "about_future", "about_orders", "about_zones", "answered", "evidence"]

STOP = Choice("stop", "import nothing; the file must be mended first")
NO_YEAR = tuple(name for name, key in NEEDS.items() if key == "year-of-days")
DAY_NAMES = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


def answered(decisions: Mapping[str, str], start_month: int) -> dict[str, str]:
    """The decisions without answers that answer nothing, such as a week 1 that is no day: those are asked again."""
    return {key: text for key, text in decisions.items() if _answers(key, text, start_month)}


def about_format(one: PeriodFormat, shown: str, place: str, decisions: Mapping[str, str]) -> Question | None:
    """What a format leaves open and no decision has settled; None where nothing is open."""
    key = NEEDS.get(one.name) or {"school_year_end": "year", "excel": "excel"}.get(one.name, "")
    if not key or key in decisions:
        return None
    ask, choices = _ASKED[key]
    if key == "excel" and (serial := re.match("[0-9]{5}", shown)):
        choices = (*(_day_of(serial[0], since, word) for since, word in EPOCH_WORDS), STOP)
    return Question(key, place, shown, ask, choices)


def _day_of(serial: str, since: str, word: str) -> Choice:
    day = EPOCHS[since] + timedelta(days=int(serial))
    return Choice(since, f"{serial} is {day:%Y-%m-%d}, as {word} counts")


def about_orders(
    readings: Sequence[tuple[PeriodFormat, Sequence[date]]], texts: Sequence[str], place: str, as_of: date | None = None
) -> Question:
    """Which of several ways of reading is meant, with what each would give.

    Parameters
    ----------
    readings
        Each possible format, and the days it gives.
    texts
        Texts that all of them can read.
    place
        Where they stand.
    as_of
        The day after which nothing can have been observed.
    """
    # 03/04 tells what the answer changes, 03/03 does not.
    telling = next((p for p in range(len(texts)) if len({days[p] for _, days in readings}) > 1), 0)
    ordered = [*texts[telling:], *texts[:telling]]
    shown = ", ".join(ordered[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")
    found = "; ".join(f"read as {one.shown}: {_spoken(one, days, as_of)}" for one, days in readings)
    choices = tuple(
        Choice(one.word, f"{one.shown}: {texts[telling]} is {_told(days[telling], one)}") for one, days in readings
    )
    return Question("dates", place, f"{shown} ({found})", "How are these periods written?", choices)


def about_future(days: Sequence[date], as_of: date, place: str) -> Question:
    """Whether days after today are meant."""
    ask = "Nothing can have been observed on these days yet. Are they right?"
    found = f"{_counted(len(days), 'period')} after {as_of}, the last {max(days)}"
    return Question("future", place, found, ask, (Choice("keep", "they are right, for instance a plan"), STOP))


def about_zones(texts: Sequence[str], place: str) -> Question:
    """Whether the day of a time with a time zone is the day that is written."""
    ask = "Is the day that is written the day of the school, whatever the time zone?"
    found = ", ".join(texts[:3])
    choices = (Choice("as-written", "yes: the time and the zone are left out"), STOP)
    return Question("zone", place, found, ask, choices)


def evidence(days: Sequence[date], as_of: date | None = None) -> str:
    """What speaks for or against a way of reading: the first and last day, weekdays, order, days still to come."""
    ordered = sorted(set(days))
    weekdays = {day.weekday() for day in ordered}
    words = [f"{ordered[0]} to {ordered[-1]}" if len(ordered) > 1 else str(ordered[0])]
    if len(ordered) > 2 and len(weekdays) == 1:
        words.append(f"only {DAY_NAMES[weekdays.pop()]}")
    elif len(ordered) > 2 and weekdays <= {0, 1, 2, 3, 4}:
        words.append("no weekends")
    elif len(ordered) > 2:
        words.append(f"{sum(day.weekday() > 4 for day in ordered)} of {len(ordered)} on weekends")
    if len(ordered) > 2 and list(days) == sorted(days):
        words.append("in ascending order")
    late = sum(day > as_of for day in ordered) if as_of else 0
    if late:
        words.append(f"{late} of {len(ordered)} after {as_of}")
    return ", ".join(words)


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' if count != 1 else ''}"


def _answers(key: str, text: str, start_month: int) -> bool:
    if key not in _ASKED:
        return True
    if key == "week1":
        return re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text) is not None and _is_day("%Y-%m-%d", text, start_month)
    if key == "year-of-days":
        return _is_day("school_year", text, start_month) or _is_day("school_year_end", text, start_month)
    return text in {choice.word for choice in _ASKED[key][1]}


def _is_day(name: str, text: str, start_month: int) -> bool:
    one = named(name)
    return one is not None and isinstance(begins(one, dissect(text), Context({}, start_month)), date)


def _spoken(one: PeriodFormat, days: Sequence[date], as_of: date | None) -> str:
    # Without a year nothing is known of weekdays.
    if one.name in NO_YEAR:
        return f"{_told(days[0], one)} to {_told(days[-1], one)}" if len(days) > 1 else _told(days[0], one)
    return evidence(days, as_of)


def _told(day: date, one: PeriodFormat) -> str:
    if one.step == "year":
        return f"the school year that begins in {day.year}"
    if one.step == "month":
        return f"{day:%B %Y}"
    return f"{day.day} {day:%B}" if one.name in NO_YEAR else f"{day.day} {day:%B %Y}"


EPOCH_WORDS = (("1900", "Excel"), ("1904", "old Excel for Mac"))
_ASKED = {
    "year": (
        "Which year does a single number name?",
        (
            Choice("end", "2017 is the school year 2016-17"),
            Choice("start", "2017 is the school year 2017-18"),
            Choice("calendar", "2017 is January to December 2017"),
        ),
    ),
    "excel": (
        "Are these numbers the days of a spreadsheet?",
        (
            Choice("1900", "45299 is 8 January 2024, as Excel counts"),
            Choice("1904", "45299 is 9 January 2028, as old Excel for Mac counts"),
            STOP,
        ),
    ),
    "week1": ("On which day does week 1 begin? Write its Monday, such as 2024-09-02.", ()),
    "year-of-days": ("Of which year are these days? Write the school year, such as 2023-24, or 2024.", ()),
}
