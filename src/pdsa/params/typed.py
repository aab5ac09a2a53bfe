"""One value of the log's forms as somebody wrote it -> the value that the log holds, or what is wrong with it."""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from numbers import Real

from pdsa.params.words import nearest
from pdsa.terms import CYCLE_WORDS, DECISION_WORDS, OUTCOME_WORDS, SCALE_WORDS

__all__ = ["Kind", "Tell", "is_blank", "read", "shown"]

# Told at a place within the field ("" for the field itself): what was found there, and what was expected.
Tell = Callable[[str, str, str], None]

LINE, LONG = 200, 20_000  # characters of a title, and of a free text
KEY = 80  # characters of an id
ITEMS = 200  # of a list
ISO = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
NUMBER = re.compile(r"-?((0|[1-9][0-9]{0,14})(\.[0-9]{1,330})?|\.[0-9]{1,330})")
WHOLE = re.compile("0|[1-9][0-9]{0,8}")
LARGEST = 1e15
YEARS = (1990, 2100)
A_DATE = "a date such as 2025-10-13"
EMAIL = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@.]+")
RUNS = re.compile(r"\s*(javascript|vbscript|data)\s*:", re.IGNORECASE)  # an address that is a program
TASK = ("what", "who", "when", "where")
# The words that pages show are understood too.
ALSO = {
    words: name
    for shown in (OUTCOME_WORDS, SCALE_WORDS, DECISION_WORDS, CYCLE_WORDS)
    for name, words in ((name, words.replace(" ", "_")) for name, words in shown.items())
}


@dataclass(frozen=True, slots=True)
class Kind:
    """What a field holds.

    Parameters
    ----------
    name
        `date`, `number`, `whole`, `word`, `id`, `ids`, `line`, `email`, `address`, `text`, `texts` or `tasks`.
    words
        The closed set of a `word`.
    least, most
        Bounds of a number, and the characters of a text.
    """

    name: str
    words: tuple[str, ...] = ()
    least: float = -math.inf
    most: float = math.inf


def is_blank(value: object) -> bool:
    """Whether somebody wrote nothing: blanks, an empty list, the NaN of an empty cell."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, float):
        return math.isnan(value)
    return value is None or (isinstance(value, list | tuple | dict | set) and not value)


def read(kind: Kind, value: object, tell: Tell) -> object:
    """The value as the log holds it; None where it is blank or something was told.

    Parameters
    ----------
    kind
        What is expected.
    value
        What somebody wrote, or the value itself.
    tell
        Is told what is wrong.
    """
    if is_blank(value):
        return None
    return READERS[kind.name](kind, value, tell)


def shown(value: object) -> str:
    """A value as a message repeats it: short, and harmless."""
    if isinstance(value, str):
        return repr(value) if len(value) <= 60 else f"{value[:57]!r}..."
    if isinstance(value, bool | float | date | time):
        return str(value)
    if isinstance(value, int):
        return str(value) if abs(value) < LARGEST else "a number that is too large"
    if isinstance(value, dict):
        return "keys and values"
    return "a list" if isinstance(value, list | tuple) else "something else"


def _real(value: object) -> float | None:
    """The number that a value is already; None for texts, yes and no, and what is too large for one."""
    if value is True or value is False or not isinstance(value, Real):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if abs(number) < LARGEST else None


def _date(kind: Kind, value: object, tell: Tell) -> str | None:
    if isinstance(value, datetime) and value.time() == time():
        value = value.date()
    text = value.isoformat() if isinstance(value, date) else value.strip() if isinstance(value, str) else ""
    try:
        day = date.fromisoformat(text) if ISO.fullmatch(text) else None
    except ValueError:
        tell("", shown(value), "a day of the calendar")
        return None
    if day is None:
        tell("", shown(value), A_DATE)
    elif not YEARS[0] <= day.year <= YEARS[1]:
        tell("", text, f"a day from {YEARS[0]} to {YEARS[1]}")
    else:
        return text
    return None


def _number(kind: Kind, value: object, tell: Tell) -> float | None:
    text = value.strip().removesuffix("%").rstrip() if isinstance(value, str) else value
    number = _real(float(text) if isinstance(text, str) and NUMBER.fullmatch(text) else value)
    if number is None:
        tell("", shown(value), "a plain number such as 12 or 0.85")
    elif not kind.least <= number <= kind.most:
        tell("", shown(value), f"a number from {kind.least:g} to {kind.most:g}")
    else:
        return number + 0.0  # never -0
    return None


def _half(kind: Kind, value: object, tell: Tell) -> float | None:
    number = _number(kind, value, tell)
    if number is not None and number * 2 % 1:
        tell("", shown(value), "a number in halves, such as 2.5")
        return None
    return number


def _whole(kind: Kind, value: object, tell: Tell) -> int | None:
    number = _real(int(value) if isinstance(value, str) and WHOLE.fullmatch(value.strip()) else value)
    if number is None or not number.is_integer() or not 0 <= number < 1e9:
        tell("", shown(value), "a whole number such as 12")
    elif not kind.least <= number <= kind.most:
        tell("", shown(value), f"a whole number from {kind.least:g} to {kind.most:g}")
    else:
        return int(number)
    return None


def _word(kind: Kind, value: object, tell: Tell) -> str | None:
    if isinstance(value, bool):  # what some spreadsheets make of yes and no
        value = "yes" if value else "no"
    text = re.sub(r"[\s_-]+", "_", value.strip().casefold()) if isinstance(value, str) else ""
    text = text if text in kind.words else ALSO.get(text, text)
    if text in kind.words:
        return text
    tell("", shown(value), nearest(text, kind.words))
    return None


def _id(kind: Kind, value: object, tell: Tell) -> str | None:
    value = _cell(value)
    if not isinstance(value, str):
        tell("", shown(value), "an id")
        return None
    text = value.strip(" ")
    if any(unicodedata.category(sign) in HIDDEN for sign in text):
        tell("", "an invisible character", "an id of visible characters")
    elif len(text) > KEY:
        tell("", f"{len(text):,} characters", f"an id of at most {KEY}")
    else:
        return text
    return None


HIDDEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")


def _line(kind: Kind, value: object, tell: Tell) -> str | None:
    text = _text(Kind("line", most=min(kind.most, LINE)), value, tell)
    if text is not None and ("\n" in text or "\t" in text):
        tell("", "several lines or a tab", "one line")
        return None
    return text


def _email(kind: Kind, value: object, tell: Tell) -> str | None:
    text = _line(kind, value, tell)
    if text is not None and not EMAIL.fullmatch(text.strip()):
        tell("", "no e-mail address", "an address such as name@school.org, or nothing")
        return None
    return text


def _address(kind: Kind, value: object, tell: Tell) -> str | None:
    text = _line(Kind("line", most=LINE), value, tell)
    if text is not None and RUNS.match(text):
        tell("", f"an address that is a program ({text.strip()[:10]}...)", "an address such as https://...")
        return None
    return text


def _text(kind: Kind, value: object, tell: Tell) -> str | None:
    """The text as it was written, but for the line ends of Windows; what no file can hold is told with its place."""
    value = _cell(value)
    if not isinstance(value, str):
        tell("", shown(value), "a text")
        return None
    text = value.replace("\r\n", "\n").replace("\r", "\n")
    most = min(int(min(kind.most, LONG)), LONG)
    if len(text) > most:
        tell("", f"{len(text):,} characters", _shorter(most))
        return None
    for at, sign in enumerate(text, start=1):
        if name := _unwritable(sign):
            tell(f"character {at}", f"{name} (U+{ord(sign):04X})", "text that can be read")
            return None
    return text


def _cell(value: object) -> object:
    """The text of a cell that a spreadsheet took for a number or a day."""
    if isinstance(value, date | time):
        return value.isoformat()
    number = _real(value)
    if number is None:
        return value
    return str(int(number) if number.is_integer() else number)


def _shorter(most: int) -> str:
    if most < LONG:
        return f"at most {most}"
    return f"at most {most:,}; keep long texts in a file and name it under artifacts"


def _unwritable(sign: str) -> str:
    """What a character is that no text has; "" for one that a text may have."""
    if sign in "\n\t":
        return ""
    if unicodedata.category(sign) == "Cc":
        return {"\x00": "a NUL character", "\x1b": "an escape sequence of a terminal"}.get(sign, "a control character")
    if unicodedata.category(sign) == "Cs":
        return "half of a character"
    code = ord(sign)
    return "no character" if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF else ""


def _texts(kind: Kind, value: object, tell: Tell) -> list[str] | None:
    read_one = _id if kind.name == "ids" else _address if kind.name == "addresses" else _text
    found = []
    for position, one in enumerate(_items(value, "[;,\n]" if kind.name == "ids" else "[;\n]"), start=1):
        if not is_blank(one):
            found.append(read_one(Kind("text"), one, _within(f"item {position}", tell)))
    if len(found) > ITEMS:
        tell("", f"{len(found):,} items", f"at most {ITEMS}")
    kept = [one for one in found if one is not None]
    return list(dict.fromkeys(kept)) if kind.name == "ids" else kept


def _within(place: str, tell: Tell) -> Tell:
    return lambda at, found, expected: tell(f"{place}, {at}" if at else place, found, expected)


def _items(value: object, between: str) -> Sequence[object]:
    """The items of a list, of a list as JSON, or of a text that has them on lines or between marks."""
    if isinstance(value, list | tuple):
        return value
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    if not isinstance(value, str):
        return (value,)
    listed = _json(value)
    return listed if listed is not None else [one.strip() for one in re.split(between, value)]


def _json(text: str) -> list[object] | None:
    """A list that a program wrote into a cell, so that none of its texts is taken apart."""
    if not text.lstrip().startswith("["):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, list) else None


def _tasks(kind: Kind, value: object, tell: Tell) -> list[dict[str, str]] | None:
    found = []
    for position, one in enumerate(_items((value,) if isinstance(value, Mapping) else value, "\n"), start=1):
        if not is_blank(one):
            found.append(_task(kind, one, _within(f"item {position}", tell)))
    if len(found) > ITEMS:
        tell("", f"{len(found):,} items", f"at most {ITEMS}")
    return [one for one in found if one]


def _task(kind: Kind, value: object, tell: Tell) -> dict[str, str]:
    """A task of a mapping, or of a line "what | who | when | where"."""
    if isinstance(value, str):
        parts = [part.strip() for part in value.split("|")]
        if len(parts) > len(TASK):
            tell("", f"{len(parts)} parts", "what | who | when | where")
        value = dict(zip(TASK, parts, strict=False))
    if not isinstance(value, Mapping):
        tell("", shown(value), "what | who | when | where")
        return {}
    found: dict[str, str] = {}
    for name, one in value.items():
        part = name.strip().casefold()[:KEY] if isinstance(name, str) else "a part"
        if part not in TASK:
            tell(part, "an unknown part", nearest(part, TASK))
        elif not is_blank(one) and (text := _text(kind, one, _within(part, tell))) is not None:
            found[part] = text
    if "what" not in found:
        tell("what", "nothing", "what is to be done")
    return {name: found[name] for name in TASK if name in found}


READERS: dict[str, Callable[[Kind, object, Tell], object]] = {
    "date": _date, "number": _number, "half": _half, "whole": _whole, "word": _word, "id": _id, "ids": _texts,
    "line": _line, "email": _email, "address": _address, "addresses": _texts, "text": _text, "texts": _texts,
    "tasks": _tasks,
}  # fmt: skip
