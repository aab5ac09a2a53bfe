"""The ways in which people write a day, a week, a month or a school year, and the day on which each begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from pdsa.mapping.cells import bare

__all__ = ["FORMATS", "Context", "PeriodFormat", "Written", "begins", "dissect", "named", "period_like"]

FIRST_YEAR, LAST_YEAR = 1990, 2100  # as `check` has them
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Day 0 of a spreadsheet's serial numbers after February 1900, and where a workbook counts from 1904.
EPOCHS = {"1900": date(1899, 12, 30), "1904": date(1904, 1, 1)}
# A leap year of school years and calendar years alike, where only month and day are asked about.
ANY_YEAR = "2000"
FIRST_SHORT_YEAR = 13  # 12-13 may be grades

NAME = (
    r"(?P<name>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
YEAR, SHORT, MONTH, DAY = (
    r"(?P<year>[0-9]{4})",
    r"'?(?P<short>[0-9]{2})",
    r"(?P<month>[0-9]{1,2})",
    r"(?P<day>[0-9]{1,2})",
)
NTH = r"(?:st|nd|rd|th)?"
SY = r"(?:(?:sy|ay|school year)[ _]?)"
AFTER_SY = r"(?: (?:sy|school year))?"

TIME = re.compile(
    r"[t ] *(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?P<more>:[0-5][0-9](?:\.[0-9]+)?)?(?: ?[ap]\.?m\.?)?"
    r" *(?P<zone>z|utc|gmt|[+-][0-9]{2}:?[0-9]{2})?"
)
WEEK_OF = re.compile(r"(?:(?:week|wk) (?:of|beginning|starting)|w/[cb]|w[cb])[ :]+")
WEEKDAY = re.compile(rf"(?P<weekday>{'|'.join(WEEKDAYS)})[a-z]*\.?,? +")


@dataclass(frozen=True, slots=True)
class PeriodFormat:
    """One way of writing a period.

    Parameters
    ----------
    name
        In the notation of strptime where that has one.
    step
        `day`, `week`, `month` or `year`.
    word
        The answer to the question `dates` that chooses this way where several fit.
    pattern
        For texts in lower case.
    shown
        How it is told to people.
    """

    name: str
    step: str
    word: str
    pattern: re.Pattern[str]
    shown: str


@dataclass(frozen=True, slots=True)
class Written:
    """A period's text in lower case, taken apart.

    Parameters
    ----------
    core
        The text without a time of day, a weekday before it, and "week of".
    timed, zoned
        True where a time of day, and where a time zone followed.
    weekly
        True where "week of" stood before it.
    weekday
        0 (Monday) to 6, or -1 where none stood before it.
    cleaned
        True where characters were removed that nobody sees.
    """

    core: str
    timed: bool = False
    zoned: bool = False
    weekly: bool = False
    weekday: int = -1
    cleaned: bool = False


@dataclass(frozen=True, slots=True)
class Context:
    """What a text leaves out.

    Parameters
    ----------
    decisions
        Answers: `year` (end, start, calendar), `week1` (a day of the first week), `year-of-days` (2023-24 or 2024),
        `excel` (1900, 1904).
    start_month
        The month in which a school year begins.
    any_year
        True to take any year where none is known: for comparing ways of reading, never for a result.
    """

    decisions: Mapping[str, str] = field(default_factory=dict)
    start_month: int = 7
    any_year: bool = False


def _format(name: str, step: str, word: str, pattern: str, shown: str) -> PeriodFormat:
    return PeriodFormat(name, step, word, re.compile(pattern), shown)


FORMATS = (
    _format("%Y-%m-%d", "day", "day", rf"{YEAR}-{MONTH}-{DAY}", "year-month-day"),
    _format("%Y/%m/%d", "day", "day", rf"{YEAR}/{MONTH}/{DAY}", "year/month/day"),
    _format("%Y%m%d", "day", "day", r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})(?P<day>[0-9]{2})", "days such as 20240304"),
    _format("%m/%d/%Y", "day", "month-first", rf"{MONTH}/{DAY}/{YEAR}", "month/day/year"),
    _format("%d/%m/%Y", "day", "day-first", rf"{DAY}/{MONTH}/{YEAR}", "day/month/year"),
    _format("%m-%d-%Y", "day", "month-first", rf"{MONTH}-{DAY}-{YEAR}", "month-day-year"),
    _format("%d-%m-%Y", "day", "day-first", rf"{DAY}-{MONTH}-{YEAR}", "day-month-year"),
    _format("%m.%d.%Y", "day", "month-first", rf"{MONTH}\.{DAY}\.{YEAR}", "month.day.year"),
    _format("%d.%m.%Y", "day", "day-first", rf"{DAY}\.{MONTH}\.{YEAR}", "day.month.year"),
    _format("%m/%d/%y", "day", "month-first", rf"{MONTH}/{DAY}/{SHORT}", "month/day/year of two digits"),
    _format("%d/%m/%y", "day", "day-first", rf"{DAY}/{MONTH}/{SHORT}", "day/month/year of two digits"),
    _format("%m-%d-%y", "day", "month-first", rf"{MONTH}-{DAY}-{SHORT}", "month-day-year of two digits"),
    _format("%d-%m-%y", "day", "day-first", rf"{DAY}-{MONTH}-{SHORT}", "day-month-year of two digits"),
    _format("%d.%m.%y", "day", "day-first", rf"{DAY}\.{MONTH}\.{SHORT}", "day.month.year of two digits"),
    _format("%b %d, %Y", "day", "day", rf"{NAME}[ -]?{DAY}{NTH}(?:, ?| |-){YEAR}", "days such as March 4, 2024"),
    _format("%d %B %Y", "day", "day", rf"{DAY}{NTH}[ -]?{NAME}(?:, ?| |-)?{YEAR}", "days such as 4 March 2024"),
    _format("%d-%b-%y", "day", "day", rf"{DAY}[ -]{NAME}[ -]{SHORT}", "days such as 4-Mar-24"),
    _format("%Y-%m", "month", "month", rf"{YEAR}[-/]{MONTH}", "year-month"),
    _format("%Y%m", "month", "month", r"(?P<year>[0-9]{4})(?P<month>[0-9]{2})", "years and months, as in 202403"),
    _format("%m/%Y", "month", "month", rf"{MONTH}[-/]{YEAR}", "month/year"),
    _format("%b %Y", "month", "month", rf"{NAME}[ ,/-]*{YEAR}", "months such as March 2024"),
    _format("%Y %b", "month", "month", rf"{YEAR}[ -]?{NAME}", "months such as 2024 March"),
    _format("%b-%y", "month", "month", rf"{NAME}[ -]?{SHORT}", "months and years, as in Mar-24"),
    _format(
        "school_year",
        "year",
        "school-year",
        rf"(?:{SY}?{YEAR} ?[-/–] ?(?P<next>[0-9]{{2}}|[0-9]{{4}}){AFTER_SY}"
        rf"|{SY}?(?P<year2>[0-9]{{4}})(?P<next2>[0-9]{{2}}|[0-9]{{4}})"
        rf"|{SY}?(?P<short>[0-9]{{2}}) ?[-/–] ?(?P<next3>[0-9]{{2}}){AFTER_SY})",
        "school years, as in 2016-17",
    ),
    _format("school_year_end", "year", "year", rf"{SY}?{YEAR}", "years alone, as in 2017"),
    _format(
        "iso_week", "week", "week", r"(?P<year>[0-9]{4})[- ]?w(?P<week>[0-9]{1,2})(?:-1)?", "ISO weeks, as in 2024-W03"
    ),
    _format("excel", "day", "serial", r"(?P<serial>[0-9]{5})(?:\.0+)?", "serial numbers of a spreadsheet"),
    _format(
        "week_number", "week", "week", r"(?:week|wk|w)[ .#_-]*(?P<number>[0-9]{1,2})", "numbers of weeks, as in Week 12"
    ),
    _format("%m/%d", "day", "month-first", rf"{MONTH}[/-]{DAY}", "month/day without a year"),
    _format("%d/%m", "day", "day-first", rf"{DAY}[/-]{MONTH}", "day/month without a year"),
    _format("%b %d", "day", "day", rf"{NAME}[ -]?{DAY}{NTH}", "days such as March 4, without a year"),
    _format("%d %b", "day", "day", rf"{DAY}{NTH}[ -]?{NAME}", "days such as 4 March, without a year"),
    _format("%b", "month", "month", NAME, "months such as March, without a year"),
)
# Formats that leave something out, and the decision that tells it.
NEEDS = dict.fromkeys(("%m/%d", "%d/%m", "%b %d", "%d %b", "%b"), "year-of-days") | {"week_number": "week1"}
SAME = {"%B %Y": "%b %Y", "%B %d, %Y": "%b %d, %Y", "%d %b %Y": "%d %B %Y", "%B-%y": "%b-%y", "%d-%b-%Y": "%d %B %Y"}
BY_NAME = {one.name: one for one in FORMATS}


def named(name: str) -> PeriodFormat | None:
    """The format of that name, or None where this module has none."""
    return BY_NAME.get(SAME.get(name, name))


def dissect(text: str) -> Written:
    """A text without what may stand around a period."""
    clean, cleaned = bare(text)
    core = " ".join(clean.casefold().split())
    before = WEEK_OF.match(core)
    core = core[before.end() :] if before else core
    day = WEEKDAY.match(core)
    core = core[day.end() :] if day else core
    colon = core.find(":")
    time = TIME.search(core) if colon > 0 else None
    if time is None or time.end() != len(core) or time.start() == 0:
        time = None
    weekday = WEEKDAYS.index(day["weekday"]) if day else -1
    zoned = time is not None and time["zone"] is not None
    return Written(core[: time.start()] if time else core, time is not None, zoned, bool(before), weekday, cleaned)


def begins(one: PeriodFormat, written: Written, context: Context) -> date | str:
    """The day on which a period begins, or the reason why it has none; "" where it is written in another way."""
    found = one.pattern.fullmatch(written.core)
    if found is None:
        return ""
    missing = NEEDS.get(one.name, "")
    if missing and missing not in context.decisions and not context.any_year:
        return f"no day before {missing} is known"
    try:
        day = _day(one.name, {key: text for key, text in found.groupdict().items() if text is not None}, context)
    except (ValueError, OverflowError):
        return "no day of the calendar"
    if isinstance(day, date) and not FIRST_YEAR <= day.year <= LAST_YEAR:
        return f"a day outside {FIRST_YEAR} to {LAST_YEAR}"
    if isinstance(day, date) and written.weekday not in (-1, day.weekday()):
        return f"no {WEEKDAYS[written.weekday].capitalize()}"
    return day


def period_like(text: str) -> bool:
    """Whether a text names a period by itself: a date, a month, a week, a school year; not a mere serial number."""
    written = dissect(text)
    context = Context(any_year=True)
    if not written.core or _grades(written.core):
        return False
    return any(not isinstance(begins(one, written, context), str) for one in FORMATS if one.name != "excel")


def _grades(text: str) -> bool:
    """Whether a text is rather a span of grades, ages or scores (3-5, 11-12) than a day or a school year (16-17)."""
    span = re.fullmatch(r"([0-9]{1,2}) ?[-–] ?[0-9]{1,2}", text)
    return span is not None and int(span[1]) < FIRST_SHORT_YEAR


def _day(name: str, parts: Mapping[str, str], context: Context) -> date | str:
    """As `begins`; ValueError where the calendar has no such day."""
    if name == "school_year":
        return _school_year(parts, context)
    if name == "school_year_end":
        return _year_alone(int(parts["year"]), context)
    if name == "iso_week":
        return date.fromisocalendar(int(parts["year"]), int(parts["week"]), 1)
    if name == "excel":
        return EPOCHS[context.decisions.get("excel", "1900")] + timedelta(days=int(parts["serial"]))
    if name == "week_number":
        return _week(int(parts["number"]), context)
    month = MONTHS.index(parts["name"][:3]) + 1 if "name" in parts else int(parts["month"])
    return date(_year(parts, month, context), month, int(parts.get("day", "1")))


def _year(parts: Mapping[str, str], month: int, context: Context) -> int:
    if "year" in parts:
        return int(parts["year"])
    if "short" in parts:
        return 2000 + int(parts["short"])
    written = context.decisions.get("year-of-days", ANY_YEAR).strip()
    if re.fullmatch(r"[0-9]{4}", written):
        return int(written)
    begin = begins(BY_NAME["school_year"], dissect(written), context)
    if not isinstance(begin, date):
        raise ValueError(written)
    return begin.year + (month < context.start_month)


def _school_year(parts: Mapping[str, str], context: Context) -> date | str:
    first = parts.get("year") or parts.get("year2") or "20" + parts["short"]
    last = next(parts[key] for key in ("next", "next2", "next3") if key in parts)
    if str(int(first) + 1)[-len(last) :] != last:
        return "two years that do not follow each other"
    return date(int(first), context.start_month, 1)


def _year_alone(year: int, context: Context) -> date:
    meaning = context.decisions.get("year", "end")
    return date(year, 1, 1) if meaning == "calendar" else date(year - (meaning == "end"), context.start_month, 1)


def _week(number: int, context: Context) -> date | str:
    if number < 1:
        return "no week's number"
    first = context.decisions.get("week1", "")
    monday = date.fromisoformat(first) if first else date(int(ANY_YEAR), 1, 3)
    return monday - timedelta(days=monday.weekday()) + timedelta(weeks=number - 1)
