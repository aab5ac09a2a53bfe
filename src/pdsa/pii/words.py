"""Words of headers and of names: what is compared, and with what."""

from __future__ import annotations

import re

from pdsa.content.persons import EMAIL, PHONE, SSN, given_names, no_person, word_lists

__all__ = [
    "EMAIL",
    "PHONE",
    "SSN",
    "given_names",
    "header_place",
    "header_words",
    "is_named",
    "name_parts",
    "no_person",
    "word_lists",
    "words_of",
]

WORD = re.compile(r"[^\W\d_][^\W\d_'’.-]*([-'’][^\W\d_]+)*\.?")
CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def header_words(header: str) -> str:
    """A header as words in small letters: "studentUniqueId" and "STUDENT_UNIQUE_ID" are "student unique id"."""
    words = re.sub(r"[^a-z0-9]+", " ", CAMEL.sub(" ", header.replace("'s", "s").replace("’s", "s")).casefold())
    return " ".join(words.split())


def header_place(position: int, name: str) -> str:
    """The header, or the letter of the column where there is none or it may be a person's."""
    letter = ""
    while position >= 0:
        position, rest = divmod(position, 26)
        letter, position = chr(65 + rest) + letter, position - 1
    private = EMAIL.search(name) or SSN.search(name) or PHONE.fullmatch(name) or is_named(name)
    return f"column {letter}" if private or not name.strip() else name.strip()


def words_of(text: str) -> frozenset[str]:
    """The words of a text in small letters."""
    return frozenset(re.findall(r"[^\W_]+", text.casefold()))


def name_parts(text: str) -> tuple[str, ...]:
    """First name first, of a text like a person's name; () where it is none."""
    last, comma, first = text.partition(",")
    parts = (first.split() + last.split()) if comma else text.split()
    if not 1 <= len(parts) <= 4 or (comma and not (first.strip() and last.strip())):
        return ()
    if not all(WORD.fullmatch(part) for part in parts) or words_of(text) & no_person():
        return ()
    return tuple(part.casefold().strip(".") for part in parts)


def is_named(text: str) -> bool:
    """Whether a text is like a person's whole name, with a first name that is common."""
    parts = name_parts(text)
    return len(parts) >= 2 and parts[0] in given_names()
