"""What in a free text may name a single student, or how to reach somebody: asked about, and never repeated."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from pdsa.content.persons import EMAIL, PHONE, SSN, given_names, no_person, unaccented, word_lists

__all__ = ["personal_in"]

ADDRESS = re.compile(r"(https?://|www\.)\S+", re.IGNORECASE)
CALL = re.compile(rf"(?<![\w.-])({PHONE.pattern})(?![\w-])")
BIRTH = re.compile(
    r"\b(dob|d\.o\.b|born|birthday|birth ?dates?|date of birth)\b[^\n]{0,20}?\d{1,4}[-/. ]\d{1,2}[-/. ]\d{1,4}",
    re.IGNORECASE,
)
# Six digits or more that are no sum of money, no share and no day.
LONG_NUMBER = re.compile(r"(?<![\w.,/$€£-])[A-Za-z]{0,3}(?P<digits>\d{6,})(?![\w%]|[.,/-]\d)")
COMPACT_DAY = re.compile(r"(19|20)\d\d(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])")
NAME = re.compile(r"[^\W\d_][\w'’-]*[^\W\d_]|[^\W\d_]")


def personal_in(text: str, known: Collection[str] = ()) -> Iterator[tuple[str, int]]:
    """What may be personal in a text, and at which character it begins, counted from 1; each kind once.

    Parameters
    ----------
    text
        What somebody wrote.
    known
        Names, addresses and numbers in small letters that are no student's: of the log's people, of schools.

    Examples
    --------
    >>> list(personal_in("Maria's mom called: maria@example.org")), list(personal_in("20251013: 85% of 120 students"))
    ([('an e-mail address', 21), ('the name of a person', 1)], [])
    """
    plain = ADDRESS.sub(lambda match: " " * len(match[0]), text)
    for what, pattern in (
        ("an e-mail address", EMAIL),
        ("a social security number", SSN),
        ("a phone number", CALL),
        ("a birth date", BIRTH),
    ):
        hit = next((one for one in pattern.finditer(plain) if one[0].casefold() not in known), None)
        if hit:
            yield what, hit.start() + 1
    yield from _numbers(plain, known)
    yield from _names(plain, known)


def _numbers(text: str, known: Collection[str]) -> Iterator[tuple[str, int]]:
    for match in LONG_NUMBER.finditer(text):
        if not COMPACT_DAY.fullmatch(match["digits"]) and match[0].casefold() not in known:
            yield "a student's number", match.start() + 1
            return


def _names(text: str, known: Collection[str]) -> Iterator[tuple[str, int]]:
    """The first name that may be a student's: with a family name, or with words that speak of one student."""
    words = list(NAME.finditer(text))
    for place, word in enumerate(words):
        if word[0][0].isupper() and _given(word[0]) in given_names():
            before, after = _next_to(text, words, place)
            full = _whole(word, after, known) or _last_first(text, words, place)
            if not _staff(before) and (full or _of_student(word, before, after)):
                yield "the name of a person", word.start() + 1
                return


@cache
def _words(kind: str) -> frozenset[str]:
    return frozenset(word_lists()["notes"][kind])


def _given(word: str) -> str:
    return unaccented(re.sub(r"['’]s?$", "", word)).casefold()


def _next_to(text: str, words: list[re.Match[str]], place: int) -> tuple[list[str], list[str]]:
    """The two words before and the three after a word, as far as no mark of a sentence stands between."""
    start = max((text.rfind(mark, 0, words[place].start()) for mark in "!?\n"), default=-1)
    ends = [at for mark in ".!?\n\t|;:" if (at := text.find(mark, words[place].end())) >= 0]
    end = min(ends, default=len(text))
    before = [one[0] for one in words[max(0, place - 2) : place] if one.start() > start]
    return before, [one[0] for one in words[place + 1 : place + 4] if one.start() < end]


def _staff(before: list[str]) -> bool:
    return bool(before) and before[-1].casefold() in _words("titles")


def _whole(word: re.Match[str], after: list[str], known: Collection[str]) -> bool:
    """A first name and a family name, unless of somebody whom the log knows or of a place."""
    if not after or not after[0][0].isupper() or word[0].endswith(("'s", "’s")):
        return False
    last = _given(after[0])
    if f"{word[0]} {after[0]}".casefold() in known or last in _words("no_family_name"):
        return False
    return not {_given(one) for one in after if one[0].isupper()} & no_person()


def _last_first(text: str, words: list[re.Match[str]], place: int) -> bool:
    """A family name that begins a line or a cell, a comma, and the first name that ends it."""
    if place == 0:
        return False
    last, word = words[place - 1], words[place]
    begins = not text[: last.start()].rstrip(" ") or text[: last.start()].rstrip(" ")[-1] in "\n\t|;"
    ends = not text[word.end() :].lstrip(" ") or text[word.end() :].lstrip(" ")[0] in "\n\t|;0123456789"
    return begins and ends and last[0][0].isupper() and text[last.end() : word.start()] == ", "


def _of_student(word: re.Match[str], before: list[str], after: list[str]) -> bool:
    """A first name after "student", before "'s mom", or before "was absent"."""
    folded = [one.casefold() for one in after]
    if any(one.casefold() in _words("student") for one in before[-1:]) or (
        len(before) > 1 and before[-1].casefold() in _words("between") and before[-2].casefold() in _words("student")
    ):
        return True
    if word[0].endswith(("'s", "’s")):
        return bool(folded) and folded[0] in _words("of_student")
    rest = next((place for place, one in enumerate(folded) if one not in _words("between")), len(folded))
    return rest > 0 and folded[rest : rest + 1] != [] and folded[rest] in _words("was")
