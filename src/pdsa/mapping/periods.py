"""The texts of a column of periods -> the day on which each period begins, or the question that must come first."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from pdsa.check import described
from pdsa.errors import Problem
from pdsa.mapping.formats import FORMATS, Context, PeriodFormat, Written, begins, dissect, named
from pdsa.mapping.undated import NO_YEAR, about_format, about_future, about_orders, about_zones, answered
from pdsa.read.grid import KINDS
from pdsa.records.imports import Question

__all__ = ["OTHER_ORDER", "Periods", "find_format", "find_periods_in_text", "read_periods"]

# How the reason of a text begins that only the opposite order of day and month can read: the rest of its column may
# be misread as well, so that nothing of it should be used.
OTHER_ORDER = "written in the other order"
# Kinds of texts in one column, beyond which it is no column of periods.
MOST_WAYS = 3
NOT_YET = re.compile(
    r"(?:q[1-4]|[1-4](?:st|nd|rd|th)? quarter|quarter [1-4]|mp ?[0-9]|marking period [0-9]"
    r"|(?:sem|semester|trimester|t|s) ?[1-4]|(?:fall|spring|winter|autumn|summer))\b.*"
)
DIGIT = re.compile(r"[0-9]")

Days = NDArray[np.datetime64]
Mask = NDArray[np.bool_]
Readings = list[dict[str, date | str]]


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """How a column writes its periods.

    Parameters
    ----------
    format
        For `read_periods`; several ways of writing, each certain, are joined by "|"; "" where none was found, or a
        question about it waits.
    step
        `day`, `week`, `month`, `year`, or "" where it is not known.
    bad
        Texts that are no period of this format; shape (texts,).
    told
        What was found out, as sentences without a full stop.
    questions
        What is not guessed.
    problems
        What no answer can mend: texts that contradict one another.
    """

    format: str
    step: str
    bad: Mask
    told: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    problems: tuple[Problem, ...] = field(default=())


def find_format(
    texts: Sequence[str],
    kinds: Sequence[int] | None = None,
    *,
    decisions: Mapping[str, str] | None = None,
    as_of: date | None = None,
    start_month: int = 7,
    place: str = "",
) -> Periods:
    """How the distinct texts of a column write their periods.

    Parameters
    ----------
    texts
        Distinct texts, in the order in which they appear.
    kinds
        The position in `KINDS` of each text; None for files of text.
    decisions
        Answers to earlier questions: `dates`, `year`, `excel`, `week1`, `year-of-days`, `zone`, `future`.
    as_of
        The day after which nothing can have been observed; None to accept any day.
    start_month
        The month in which a school year begins.
    place
        Where the texts stand, for questions.
    """
    known = answered(decisions or {}, start_month)
    search = _Search(texts, Context(known, start_month, any_year=True), place, as_of)
    search.find()
    search.ask(kinds)
    search.ask_about_future()
    return search.periods()


def read_periods(
    texts: Sequence[str], format: str, *, decisions: Mapping[str, str] | None = None, start_month: int = 7
) -> tuple[Days, Mask, tuple[str, ...]]:
    """The day on which each period begins (NaT where there is none), a mask of those without, and why.

    Parameters
    ----------
    texts
        Distinct texts.
    format
        As `find_format` found it, or any format of strptime.
    decisions
        Answers, as for `find_format`.
    start_month
        The month in which a school year begins.
    """
    context = Context(answered(decisions or {}, start_month), start_month)
    formats = [(name, named(name)) for name in format.split("|") if name]
    read = [_read(text, formats, context) for text in texts]
    days = np.array([one if isinstance(one, date) else None for one in read], dtype="datetime64[D]")
    return days, np.isnat(days), tuple("" if isinstance(one, date) else one for one in read)


def find_periods_in_text(text: str) -> tuple[str, ...]:
    """School years, months and days that a title or a file name names, as written, from left to right.

    Parameters
    ----------
    text
        "2016-2017_ChronicAbsenteeism.xlsx" gives ("2016-2017",).
    """
    found = (match[0] for match in IN_TEXT.finditer(text))
    return tuple(dict.fromkeys(one for one in found if any(_reads(one))))


class _Search:
    """The search for the ways in which one column writes periods."""

    def __init__(self, texts: Sequence[str], context: Context, place: str, as_of: date | None) -> None:
        self.texts, self.context, self.place, self.as_of = texts, context, place, as_of
        self.written = [dissect(text) for text in texts]
        self.readings = _readings(self.written, context)
        self.chosen: list[PeriodFormat] = []
        self.told: list[str] = []
        self.questions: list[Question] = []
        self.problems: list[Problem] = []

    def find(self) -> None:
        """Choose formats, the one that reads most texts first, until what is left is no period."""
        left = [position for position, one in enumerate(self.readings) if any(map(_is_day, one.values()))]
        while left and len(self.chosen) < MOST_WAYS:
            winners = self._winners(left)
            if not winners:
                break
            read = [p for p in left if any(_is_day(self.readings[p].get(one.name)) for one in winners)]
            left = sorted(set(left) - set(read))
            self._tell_contradictions(winners, read, left)
            left = [p for p in left if not any(one.name in self.readings[p] for one in winners)]
            chosen = self._choose(winners, read)
            if chosen is None:
                return
            self.chosen.append(chosen)

    def ask(self, kinds: Sequence[int] | None) -> None:
        """Ask what the chosen formats leave open."""
        dates = kinds is not None and all(KINDS[kind] in ("date", "blank") for kind in kinds)
        for one in self.chosen:
            if one.name == "excel" and dates:
                self._tell_format(one)
                continue
            shown = ", ".join(self._texts_of(one)[:4])
            question = about_format(one, shown, self.place, self.context.decisions)
            if question is None:
                self._tell_format(one)
            elif question.key not in {asked.key for asked in self.questions}:
                self.questions.append(question)
            if re.search(r"%y", one.name):
                self.told.append(f"years of two digits read as 20xx: {shown}")
        if len(self.chosen) > 1 and not self.problems:
            self.told.append(f"periods are written in several ways: {', '.join(one.shown for one in self.chosen)}")
        self._ask_about_times()

    def ask_about_future(self) -> None:
        """Ask about periods that nobody can have observed yet, once it is known which they are."""
        if self.as_of is None or self.questions or self.context.decisions.get("future") == "keep":
            return
        late = [day for day in self._days() if day > self.as_of]
        if late:
            self.questions.append(about_future(late, self.as_of, self.place))

    def periods(self) -> Periods:
        """What was found."""
        undecided = any(question.key == "dates" for question in self.questions)
        chosen = [] if undecided or self.problems else self.chosen
        names = {one.name for one in (FORMATS if undecided else self.chosen)}
        bad = [not any(_is_day(day) for name, day in one.items() if name in names) for one in self.readings]
        step = self._step() if chosen else ""
        return Periods(
            "|".join(one.name for one in chosen),
            step,
            np.array(bad, dtype=bool),
            tuple(dict.fromkeys(self.told)),
            tuple(self.questions),
            tuple(self.problems),
        )

    def _winners(self, left: Sequence[int]) -> list[PeriodFormat]:
        """The formats that read most of these texts; none where they do not have the step of those before."""
        counts = {one.name: sum(_is_day(self.readings[p].get(one.name)) for p in left) for one in FORMATS}
        steps = {one.step for one in self.chosen}
        allowed = [one for one in FORMATS if counts[one.name] and (not steps or one.step in steps)]
        if not allowed:
            return []
        best = max(allowed, key=lambda one: counts[one.name])
        alike = [one for one in allowed if self._read_by(one, left) == self._read_by(best, left)]
        return self._with_days_of_months(alike, allowed, counts)

    def _read_by(self, one: PeriodFormat, left: Sequence[int]) -> list[int]:
        return [p for p in left if _is_day(self.readings[p].get(one.name))]

    def _with_days_of_months(
        self, winners: list[PeriodFormat], allowed: Sequence[PeriodFormat], counts: Mapping[str, int]
    ) -> list[PeriodFormat]:
        """Jan-24 is a month where the months follow one another; else it may be a day, in spite of some Feb-30."""
        if "%b-%y" not in {one.name for one in winners}:
            return winners
        months = sorted({day.year * 12 + day.month for day in self._days_of("%b-%y")})
        if len(months) > 2 and months[-1] - months[0] < len(months) + 3:
            return [one for one in winners if one.name == "%b-%y"]
        rivals = [one for one in allowed if one.name == "%b %d" and counts["%b %d"] * 2 >= counts["%b-%y"]]
        return [*winners, *(one for one in rivals if one not in winners)]

    def _choose(self, winners: Sequence[PeriodFormat], read: Sequence[int]) -> PeriodFormat | None:
        """The one format, by evidence or decision; None after a question."""
        decided = [one for one in winners if one.word == self.context.decisions.get("dates")]
        if len(winners) == 1 or len(decided) == 1:
            return (decided or list(winners))[0]
        both = [p for p in read if all(_is_day(self.readings[p].get(one.name)) for one in winners)]
        days = [(one, [day for p in both if isinstance(day := self.readings[p][one.name], date)]) for one in winners]
        self.questions.append(about_orders(days, [self.texts[p].strip() for p in both], self.place, self.as_of))
        return None

    def _tell_format(self, chosen: PeriodFormat) -> None:
        """What was chosen, and for days and months the text that can be read in no other way."""
        if chosen.name == "%Y-%m-%d" or self.problems:
            return
        sure = [
            p
            for p, one in enumerate(self.readings)
            if [name for name, day in one.items() if _is_day(day)] == [chosen.name]
        ]
        because = f", because {self.texts[sure[0]].strip()} can be read in no other way" if sure else ""
        ordered = chosen.word in ("month-first", "day-first")
        self.told.append(f"periods read as {chosen.shown}{because if ordered else ''}")

    def _tell_contradictions(self, winners: Sequence[PeriodFormat], read: list[int], left: list[int]) -> None:
        """Texts that have the same form as others, but can be read only in another way: nobody knows the rest."""
        against = [p for p in left if any(one.name in self.readings[p] for one in winners)]
        against = [p for p in against if any(map(_is_day, self.readings[p].values()))]
        if against:
            names = {one.name for one in winners}
            sure = [p for p in read if {name for name, day in self.readings[p].items() if _is_day(day)} <= names]
            found = " beside ".join(described(self.texts[p].strip()) for p in [*sure[:1], against[0]])
            expected = "one order of day, month and year in the whole column"
            self.problems.append(Problem(self.place, found, expected))

    def _ask_about_times(self) -> None:
        zoned = [text for text, one in zip(self.texts, self.written, strict=True) if one.zoned]
        if zoned and self.context.decisions.get("zone") != "as-written":
            self.questions.append(about_zones(zoned, self.place))
        timed = sum(one.timed for one in self.written)
        if timed and self.chosen:
            self.told.append(f"times of day left out ({timed:,} text{'s' if timed != 1 else ''})")

    def _step(self) -> str:
        """The step of the formats, or of the days themselves where they all stand a week, month or year apart."""
        if self.chosen[0].step != "day" or self.chosen[0].name in NO_YEAR:
            weekly = any(one.weekly for one in self.written)
            return "week" if weekly and self.chosen[0].step == "day" else self.chosen[0].step
        days = sorted(set(self._days()))
        if any(one.weekly for one in self.written):
            return "week"
        if len(days) > 1 and len({(day.month, day.day) for day in days}) == 1:
            return "year"
        if len(days) > 2 and {day.day for day in days} == {1}:
            return "month"
        return "week" if len(days) > 2 and len({day.weekday() for day in days}) == 1 else "day"

    def _days(self) -> list[date]:
        return [day for one in self.chosen for day in self._days_of(one.name)]

    def _days_of(self, name: str) -> list[date]:
        return [day for one in self.readings if isinstance(day := one.get(name), date)]

    def _texts_of(self, one: PeriodFormat) -> list[str]:
        pairs = zip(self.texts, self.readings, strict=True)
        return [text.strip() for text, reading in pairs if _is_day(reading.get(one.name))]


def _readings(written: Sequence[Written], context: Context) -> Readings:
    """What each text is in each format that has its form: a day, or why it is none."""
    forms: dict[str, list[PeriodFormat]] = {}
    found: Readings = []
    for one in written:
        # Texts that differ in digits only have the same formats: a column has few forms, and many texts.
        form = DIGIT.sub("0", one.core)
        if form not in forms:
            forms[form] = [known for known in FORMATS if known.pattern.fullmatch(one.core)]
        found.append({known.name: begins(known, one, context) for known in forms[form]})
    return found


def _is_day(found: object) -> bool:
    return isinstance(found, date)


def _reads(text: str) -> list[bool]:
    written = dissect(text)
    return [_is_day(begins(one, written, Context())) for one in FORMATS]


def _read(text: str, formats: Sequence[tuple[str, PeriodFormat | None]], context: Context) -> date | str:
    """The day of one text, or the reason why it has none."""
    written = dissect(text)
    if not written.core:
        return "blank"
    if written.zoned and context.decisions.get("zone") != "as-written":
        return "a time with a time zone: the day may be another"
    read = [begins(one, written, context) if one else _strptime(text, name) for name, one in formats]
    days = {day for day in read if isinstance(day, date)}
    if len(days) == 1:
        return days.pop()
    if days:
        return "several days, depending on how it is read"
    return _reason(written, [one for one in read if isinstance(one, str) and one], formats, context)


def _reason(
    written: Written, said: Sequence[str], formats: Sequence[tuple[str, PeriodFormat | None]], context: Context
) -> str:
    others = [one for one in FORMATS if one.word in ("day-first", "month-first")]
    if said and any(_is_day(begins(one, written, context)) for one in others):
        return f"{OTHER_ORDER}: no day as {formats[0][1].shown if formats[0][1] else formats[0][0]}"
    if said:
        return said[0]
    if NOT_YET.fullmatch(written.core):
        return "a part of a year, which pdsa does not read yet; write the day on which it begins"
    expected = " or ".join(one.shown if one else name for name, one in formats)
    return f"not written as {expected}"


def _strptime(text: str, name: str) -> date | str:
    """The day of a text in a format that only a person can have given."""
    try:
        found = time.strptime(text.strip(), name)
    except ValueError:
        return ""
    day = date(found.tm_year, found.tm_mon, found.tm_mday)
    return day if 1990 <= day.year <= 2100 else "a day outside 1990 to 2100"


_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_BETWEEN = r"(?<![0-9A-Za-z]){}(?![0-9A-Za-z])"
# The longest first: a school year within a day would be none.
IN_TEXT = re.compile(
    _BETWEEN.format(
        "(?:"
        + "|".join(
            (
                r"[0-9]{4}[-/][0-9]{1,2}[-/][0-9]{1,2}",
                r"[0-9]{1,2}[-/.][0-9]{1,2}[-/.](?:[0-9]{4}|[0-9]{2})",
                rf"{_MONTH} [0-9]{{1,2}},? [0-9]{{4}}",
                rf"[0-9]{{1,2}} {_MONTH} [0-9]{{4}}",
                rf"{_MONTH}[ _-]?(?:19|20)[0-9]{{2}}",
                r"(?:19|20)[0-9]{2} ?[-/–] ?(?:(?:19|20)[0-9]{2}|[0-9]{2})",
                r"(?:SY|AY)[ _]?[0-9]{2}(?:[0-9]{2})? ?[-/–] ?[0-9]{2}(?:[0-9]{2})?",
                r"(?:SY|AY)?(?:19|20)[0-9]{2}(?:19|20)[0-9]{2}",
                r"(?:19|20)[0-9]{2}-?W[0-9]{2}",
                r"(?:19|20)[0-9]{6}",
                r"(?:SY|AY)?(?:19|20)[0-9]{2}",
            )
        )
        + ")"
    ),
    re.IGNORECASE,
)
