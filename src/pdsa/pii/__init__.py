"""Columns that hold personal data: found by their headers and by the form of their cells, told without a value of them.

A header alone stops nothing: its cells must have the form of what it names ("Email sent, percent" holds numbers). The
names of schools, districts and places are made of people's names; they are known by their headers and by their words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pdsa.check import Coded
from pdsa.content.persons import unaccented
from pdsa.errors import InputError, Problem
from pdsa.pii.words import (
    EMAIL,
    PHONE,
    SSN,
    given_names,
    header_place,
    header_words,
    is_named,
    name_parts,
    no_person,
    word_lists,
    words_of,
)

__all__ = ["Personal", "check_personal", "header_words", "may_name", "personal_columns"]

# Anywhere in a text: an e-mail address, or a number like that of a telephone or of social security.
CONTACT = re.compile(r"[^\s@]+@[^\s@]+\.[a-z]{2,}|\d{3}[-. )]{1,2}\d{3}[-. ]\d{4}|\d{3}-\d{2}-\d{4}", re.IGNORECASE)
SHORT_PHONE = re.compile(r"[+(]?[\d() .x-]{7,20}")
LETTERS = re.compile(r"[^\W\d_]{2}")
ID = re.compile(r"(?=.*\d)[A-Za-z0-9._-]{3,40}")
LONG_ID = re.compile(r"(?=.*\d)[A-Za-z0-9-]{4,40}")
FOUR_DIGITS = re.compile(r"\d{4}")
DAY = re.compile(
    r"(?P<a>(?:19|20)\d\d)[-/.]?(?P<am>\d{1,2})[-/.]?(?P<ad>\d{1,2})(?:[T ].*)?"
    r"|(?P<b1>\d{1,2})[-/.](?P<b2>\d{1,2})[-/.](?P<b>\d{4}|\d\d)"
    r"|[A-Za-z]{3,9}\.? (?P<c1>\d{1,2}), ?(?P<c>\d{4})|(?P<d1>\d{1,2})[ -][A-Za-z]{3,9}\.?[ -](?P<d>\d{4})"
)
FORMS = {"birth dates": DAY, "e-mail addresses": EMAIL, "phone numbers": SHORT_PHONE, "student numbers": ID}
YEAR = re.compile(r"(?:SY ?)?((?:19|20)\d\d)([-/](\d\d|(?:19|20)\d\d))?")
# Enough distinct texts to know a column of names by; taken from all over it.
LOOKED_AT = 2000
AGES = (3, 23)
PERSONS = ("student", "pupil", "child", "learner", "parent", "guardian", "mother", "father", "stu")
STUDENT_IDS = "numbers that name single students"

Mask = NDArray[np.bool_]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Personal:
    """A column that holds personal data.

    Parameters
    ----------
    column
        Its header; "column C" where the header itself may be a person's.
    what
        What stands there, in words.
    evidence
        How it was known, in counts; never a value that was found.
    """

    column: str
    what: str
    evidence: str


@dataclass(frozen=True, slots=True, eq=False)
class _Column:
    """A column with what is asked of it several times; `texts` are stripped, in the order of `cells.texts`."""

    name: str
    words: str
    place: str
    cells: Coded
    counts: Ints
    texts: tuple[str, ...]

    @property
    def filled(self) -> int:
        return int(sum(self.counts[position] for position, text in enumerate(self.texts) if text))

    def matching(self, pattern: re.Pattern[str]) -> int:
        """How many cells have wholly the form of a pattern."""
        return int(sum(n for n, text in zip(self.counts.tolist(), self.texts, strict=True) if pattern.fullmatch(text)))

    def having(self, pattern: re.Pattern[str]) -> int:
        """How many cells have the form somewhere in them."""
        return int(sum(n for n, text in zip(self.counts.tolist(), self.texts, strict=True) if pattern.search(text)))

    def has(self, *lists: str) -> bool:
        """Whether the header has a word of these lists."""
        return any(f" {word} " in f" {self.words} " for name in lists for word in word_lists()[name])

    def told(self, count: int, what: str, why: str = "") -> Personal:
        like = "looks" if count == 1 else "look"
        evidence = f"{count} of {self.filled} cells {like} like {what}" + (f", and {why}" if why else "")
        return Personal(self.place, what, evidence)


def may_name(text: str) -> bool:
    """Whether a free text may name a person or how to reach one: such a text is not repeated.

    Examples
    --------
    >>> may_name("Garcia, Maria: absent 12 days"), may_name("* See definitions on the second sheet")
    (True, False)
    """
    words = re.findall(r"[A-Z][a-z]+(?![a-z])", unaccented(text))
    return bool(CONTACT.search(text)) or (len(words) > 1 and any(word.casefold() in given_names() for word in words))


def personal_columns(
    names: Sequence[str], columns: Sequence[Coded], exempt: Collection[str] = ()
) -> tuple[Personal, ...]:
    """The columns that hold personal data, in the order of the table, each told once.

    Parameters
    ----------
    names
        Headers.
    columns
        The cells under each, without title and footnote rows.
    exempt
        Headers of columns that somebody said to name schools or other things that are no persons.
    """
    table = [_column(position, name, cells) for position, (name, cells) in enumerate(zip(names, columns, strict=True))]
    found = [_personal(column, table) for column in table if column.name not in exempt]
    return tuple(one for one in (_in_headers(names), *found) if one is not None)


def check_personal(source: str, names: Sequence[str], columns: Sequence[Coded], exempt: Collection[str] = ()) -> None:
    """Refuse a table that holds personal data.

    Raises
    ------
    InputError
        With every column that does, what it holds and how that was known; without a value of it.
    """
    found = personal_columns(names, columns, exempt)
    if not found:
        return
    problems = tuple(
        Problem(one.column, f"{one.what} ({one.evidence})", "no data of single persons outside private/")
        for one in found
    )
    raise InputError(
        source,
        problems,
        "nothing was imported, and nothing of these columns was kept",
        "remove these columns from the file, or put the file into the folder private/ of the workspace, where rows "
        "of single students are added up to schools and never kept; a column named here that holds schools or places "
        "is let in under a header that says so (School, District, City)",
    )


def _column(position: int, name: str, cells: Coded) -> _Column:
    counts = np.bincount(cells.codes, minlength=len(cells.texts))
    texts = tuple(text.strip() for text in cells.texts)
    return _Column(name, header_words(name), header_place(position, name), cells, counts, texts)


def _personal(column: _Column, table: Sequence[_Column]) -> Personal | None:
    """What a column holds of persons: its cells speak first, then its header, then its place among the others."""
    return (
        _by_form(column, table)
        or _by_header(column, table)
        or _names(column, table)
        or _birth_dates(column, table)
        or _ids_of_students(column, table)
    )


def _by_form(column: _Column, table: Sequence[_Column]) -> Personal | None:
    """E-mail addresses and numbers like 123-45-6789 are known anywhere, phone numbers where they fill a column."""
    joined = "\n".join(column.texts)
    if "@" in joined and (count := column.having(EMAIL)):
        return column.told(count, "e-mail addresses")
    if "-" in joined and (count := column.having(SSN)):
        return column.told(count, "social security numbers")
    if column.has("institutions") or PHONE.search(joined) is None:
        return None
    count = column.matching(PHONE)
    fills = count >= 2 and count >= 0.5 * column.filled
    return column.told(count, "phone numbers") if fills and not _of_schools(column, table) else None


def _by_header(column: _Column, table: Sequence[_Column]) -> Personal | None:
    kinds: Mapping[str, Any] = word_lists()["kinds"]
    for kind, one in kinds.items():
        if not _is_headed(column, one):
            continue
        count = _plausible(kind, column)
        if count and not (kind in ("phone numbers", "addresses") and _of_schools(column, table)):
            return column.told(count, one["what"], "the header says so")
    return None


def _is_headed(column: _Column, kind: Mapping[str, Any]) -> bool:
    """Whether the header has a phrase of this kind; a phrase that names no person does not speak of a school's."""
    if column.words in kind["exactly"]:
        return True
    of_school = column.has("institutions")
    phrases = [phrase for phrase in kind["contains"] if f" {phrase} " in f" {column.words} "]
    return not column.has("counts") and any(not of_school or phrase.startswith(PERSONS) for phrase in phrases)


def _plausible(kind: str, column: _Column) -> int:
    """How many cells have the form of what the header names."""
    if kind == "names":
        return _lettered(column)
    if kind == "perhaps student numbers":
        return _long_ids(column)
    if kind in ("social security numbers", "addresses"):
        return column.having(LETTERS if kind == "addresses" else FOUR_DIGITS)
    return column.matching(FORMS[kind])


def _lettered(column: _Column) -> int:
    """Cells that could be a name: letters, no digit ("Student 4" is none), no word of schools and groups."""
    fine = [
        bool(LETTERS.search(text)) and not any(c.isdigit() for c in text) and not words_of(text) & no_person()
        for text in column.texts
    ]
    return int(column.counts[np.array(fine, dtype=bool)].sum())


def _long_ids(column: _Column) -> int:
    """Cells like numbers of students, if nearly all are equally long: numbers of students counted are not."""
    lengths = Counter[int]()
    for text, count in zip(column.texts, column.counts.tolist(), strict=True):
        lengths[len(text)] += count if LONG_ID.fullmatch(text) else 0
    count = max(lengths.values(), default=0)
    return count if count >= 0.9 * column.filled else 0


def _of_schools(column: _Column, table: Sequence[_Column]) -> bool:
    """Whether the column is of a directory: hardly more than one of its texts goes with each school."""
    schools = [other.cells for other in table if other is not column and other.has("schools")]
    if not schools:
        return False
    keys = np.zeros(len(column.cells.codes), dtype=np.int64)
    for cells in schools:  # a number of a school may come again in another district
        keys = np.unique(keys * len(cells.texts) + cells.codes, return_inverse=True)[1]
    count = int(keys.max(initial=-1)) + 1
    pairs = len(np.unique(keys * len(column.texts) + column.cells.codes))
    return count >= 2 and pairs <= 1.1 * count


def _in_headers(names: Sequence[str]) -> Personal | None:
    """Persons as columns."""
    count = sum(is_named(name.strip()) for name in names)
    like = f"{count} of {len(names)} headers look like names of persons"
    return Personal("header", "names of persons", like) if count >= 3 else None


def _names(column: _Column, table: Sequence[_Column]) -> Personal | None:
    if column.has("institutions", "counts", "things"):
        return None
    texts = column.texts[:: max(1, len(column.texts) // LOOKED_AT)]
    texts = tuple(text for text in texts if LETTERS.search(text))
    split = [parts for text in texts if (parts := name_parts(text))]
    if len(split) < 3 or len(split) < 0.6 * len(texts):
        return None
    if not (_have_given_names(column, split) or _are_varied(column, split, table)):
        return None
    count = int(sum(n for n, text in zip(column.counts.tolist(), column.texts, strict=True) if name_parts(text)))
    return column.told(count, "names of persons")


def _have_given_names(column: _Column, split: Sequence[tuple[str, ...]]) -> bool:
    """Common first names in a good part of whole names, or in most of single words."""
    whole = [parts for parts in split if len(parts) > 1]
    common = sum(parts[0] in given_names() for parts in whole)
    if common >= 3 and common >= 0.25 * len(split):
        return True
    single = sum(parts[0] in given_names() for parts in split)
    least, share = (3, 0.5) if column.has("people") else (5, 0.8)
    return single >= least and single >= share * len(split)


def _are_varied(column: _Column, split: Sequence[tuple[str, ...]], table: Sequence[_Column]) -> bool:
    """Whole names of which hardly two share a word, under a header for people and beside a column of schools."""
    whole = [parts for parts in split if len(parts) > 1]
    if not column.has("people") or len(whole) < 8 or len(whole) < 0.8 * len(split):
        return False
    if column.words in ("name", "names") and not any(one.has("institutions") for one in table):
        return False
    ends = {parts[-1] for parts in whole}, {parts[0] for parts in whole}
    return min(len(end) for end in ends) >= 0.5 * min(len(whole), 100)


def _years(column: _Column) -> Ints:
    """The year of each distinct text that is a day, -1 for others."""
    return np.array([_year(text) for text in column.texts], dtype=np.int64)


def _year(text: str) -> int:
    match = DAY.fullmatch(text)
    if match is None:
        return -1
    year = int(match["a"] or match["b"] or match["c"] or match["d"])
    return year if year > 99 else year + (2000 if year < 50 else 1900)


def _are_days(column: _Column) -> bool:
    """Whether the first of the distinct texts are days."""
    first = [text for text in column.texts[:50] if text]
    return bool(first) and sum(DAY.fullmatch(text) is not None for text in first) >= 0.8 * len(first)


def _reference(column: _Column, table: Sequence[_Column]) -> Ints | None:
    """The year in which each row was written: the latest of the other days, years and headers."""
    found = []
    for other in table:
        if not any(_written_year(text) > 0 for text in other.texts[:50]):
            continue
        years = np.array([_written_year(text) for text in other.texts], dtype=np.int64)[other.cells.codes]
        if other is not column and (years > 0).mean() >= 0.5:
            found.append(years)
    headed = max((int(match) for one in table for match in re.findall(r"(?:19|20)\d\d", one.name)), default=-1)
    if not found:
        return np.full(len(column.cells.codes), headed) if headed > 0 else None
    return np.asarray(np.maximum(np.max(found, axis=0), headed), dtype=np.int64)


def _written_year(text: str) -> int:
    match = YEAR.fullmatch(text)
    return int(match[1]) if match else _year(text)


def _birth_dates(column: _Column, table: Sequence[_Column]) -> Personal | None:
    """Days 3 to 23 years before the rows were written, of several years, on many days of the month."""
    if column.has("institutions", "counts") or len(column.texts) < 8 or not _are_days(column):
        return None
    years = _years(column)
    known = years > 0
    if known.sum() < max(8, 0.9 * sum(map(bool, column.texts))) or len(set(years[known])) < 2:
        return None
    days = {text[-2:] for text in column.texts if text} | {text[:2] for text in column.texts if text}
    reference = _reference(column, table)
    if reference is None or len(days) < 8:
        return None
    rows = known[column.cells.codes] & (reference > 0)
    ages = (reference - years[column.cells.codes])[rows]
    if len(ages) == 0 or np.mean((ages >= AGES[0]) & (ages <= AGES[1])) < 0.9 or len(np.unique(ages)) < 2:
        return None
    return column.told(int(known[column.cells.codes].sum()), "birth dates", "they lie 3 to 23 years before the others")


def _ids_of_students(column: _Column, table: Sequence[_Column]) -> Personal | None:
    """Ids under a header that does not say of what, known by what stands beside them."""
    headed = f" {column.words} ".find(" id ") >= 0 or column.words in ("", "number", "no", "code", "key")
    headed |= _is_headed(column, word_lists()["kinds"]["perhaps student numbers"])
    if not headed or column.has("institutions", "things", "counts") or len(column.texts) < 4:
        return None
    if column.matching(ID) < 0.9 * column.filled:
        return None
    others = [other for other in table if other is not column]
    if _have_traits(column, others):
        return column.told(column.filled, STUDENT_IDS, "what stands beside them is of single students")
    days = [other for other in others if len(other.texts) >= 2 and _are_days(other)]
    schools = [other for other in others if other.has("institutions")]
    if len(column.texts) < 10 or not any(_recur(column.cells, day.cells, one.cells) for day in days for one in schools):
        return None
    return column.told(column.filled, STUDENT_IDS, "a school has many of them on each day")


def _have_traits(column: _Column, others: Sequence[_Column]) -> bool:
    """Whether long ids, each once, stand beside two traits of a student, and beside no counts."""
    if len(column.texts) < 0.9 * len(column.cells.codes) or column.matching(LONG_ID) < 0.9 * column.filled:
        return False
    return sum(other.has("traits") for other in others) >= 2 and not any(other.has("counted") for other in others)


def _recur(ids: Coded, days: Coded, schools: Coded) -> bool:
    """Whether ids are of one school, come on several days, and are many for each school and day."""
    rows, distinct = len(ids.codes), len(ids.texts)
    if distinct > rows / 2:
        return False
    of_school = len(np.unique(ids.codes * np.int64(len(schools.texts)) + schools.codes))
    on_days = len(np.unique(ids.codes * np.int64(len(days.texts)) + days.codes))
    cells = len(np.unique(schools.codes * np.int64(len(days.texts)) + days.codes))
    return bool(of_school <= 1.1 * distinct and on_days >= 2 * distinct and rows >= 5 * cells and on_days >= 0.9 * rows)
