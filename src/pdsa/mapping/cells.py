"""What one cell of a column of numbers is: a number, a bound, a pair, a range, or some text. No column is seen here."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

__all__ = ["Cell", "bare", "comma_reading", "point_reading", "read_cell"]

# Spaces that people do not see as such, and characters that they do not see at all.
WIDE = "\u00a0\u2007\u2009\u202f\u3000"
INVISIBLE = "\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff"
BLANKS = " \t\r\n"
# Beyond this a double does not hold every whole number, and nobody counts so many students.
LARGEST = 1e15

DIGITS = r"-?(?:[0-9](?:[0-9,.\u00a0\u2007\u2009\u202f]*[0-9])?|[.,][0-9]+)"
UNIT = r"(?P<unit>\s*(?:%|percent|per cent|pct))?"
TOP_BEFORE = (
    r"(?:>=|=>|≥|⩾|>|ge|gt|at least|no less than|not less than|more than|over|above|greater than(?: or equal to)?)"
)
LOW_BEFORE = (
    r"(?:<=|=<|≤|⩽|<|le|lt|at most|no more than|not more than|fewer than|under|below|up to|less than(?: or equal to)?)"
)
TOP_AFTER = r"(?:or|and) (?:more|above|greater|higher|over|up)"
LOW_AFTER = r"(?:or|and) (?:less|fewer|below|lower|under)"
NUMBER = re.compile(rf"(?P<token>{DIGITS}){UNIT}")
BOUNDS = (
    (re.compile(rf"{TOP_BEFORE}\s*(?P<token>{DIGITS}){UNIT}"), "top_coded"),
    (re.compile(rf"{LOW_BEFORE}\s*(?P<token>{DIGITS}){UNIT}"), "bottom_coded"),
    (re.compile(rf"(?P<token>{DIGITS}){UNIT} {TOP_AFTER}"), "top_coded"),
    (re.compile(rf"(?P<token>{DIGITS}){UNIT} {LOW_AFTER}"), "bottom_coded"),
)
WHOLE = r"[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+"
PAIR = re.compile(rf"(?P<part>{WHOLE})(?:\s*/\s*|\s+of\s+|\s+out of\s+)(?P<whole>{WHOLE})")
RANGE = re.compile(r"[0-9]+(?:\.[0-9]+)?\s*%?\s*(?:-|–|—|to)\s*[0-9]+(?:\.[0-9]+)?\s*(?:%|percent)?")
# A decimal number whose thousands, if they are set apart, are so by commas in groups of three.
POINT = re.compile(r"-?(?:(?:[0-9]+|[1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:\.[0-9]+)?|\.[0-9]+)")
SPACED = re.compile(r"-?[1-9][0-9]{0,2}(?:[\u00a0\u2007\u2009\u202f][0-9]{3})+(?:[.,][0-9]+)?")
SWAPPED = str.maketrans(",.", ".,")
APART = {ord(space): None for space in WIDE}


@dataclass(frozen=True, slots=True)
class Cell:
    """One distinct text of a column, as far as it can be understood alone.

    Parameters
    ----------
    form
        `blank`, `number`, `bound`, `pair`, `range` or `text` (a mark, a word, whatever is no number).
    text
        Without blanks and unseen characters around it.
    token
        The number as written, with its separators; of a bound the number that bounds.
    percent
        True where a percent sign, or the word, follows the number.
    side
        Of a bound: `top_coded` or `bottom_coded`.
    pair
        Of a pair: numerator and denominator.
    spaced
        True where thousands are set apart by spaces.
    cleaned
        True where characters were removed that nobody sees.
    """

    form: str
    text: str = ""
    token: str = ""
    percent: bool = False
    side: str = ""
    pair: tuple[float, float] = (math.nan, math.nan)
    spaced: bool = False
    cleaned: bool = False


def bare(text: str) -> tuple[str, bool]:
    """The text without blanks around it, and whether characters that nobody sees were among what was removed."""
    shown = text.strip(BLANKS)
    clean = shown.strip(BLANKS + WIDE + INVISIBLE)
    return clean, clean != shown


def point_reading(token: str) -> float:
    """The number that a token is if a point begins its decimals ("1,018.5" is 1018.5); NaN if it is none."""
    return _finite(token.replace(",", "")) if POINT.fullmatch(token) else math.nan


def comma_reading(token: str) -> float:
    """The number that a token is if a comma begins its decimals ("1.018,5" is 1018.5); NaN if it is none."""
    return point_reading(token.translate(SWAPPED))


def read_cell(text: str) -> Cell:
    """What a text is; numbers stay as they are written, because only the column tells what a comma in them means."""
    clean, cleaned = bare(text)
    if not clean:
        return Cell("blank")
    if found := NUMBER.fullmatch(clean):
        return _number("number", clean, found, "", cleaned)
    folded = " ".join(clean.casefold().split(" "))
    for pattern, side in BOUNDS:
        if (found := pattern.fullmatch(folded)) and not found["token"].startswith("-"):
            return _number("bound", clean, found, side, cleaned)
    if found := PAIR.fullmatch(folded):
        return Cell("pair", clean, pair=(point_reading(found["part"]), point_reading(found["whole"])), cleaned=cleaned)
    return Cell("range" if RANGE.fullmatch(folded) else "text", clean, cleaned=cleaned)


def _number(form: str, clean: str, found: re.Match[str], side: str, cleaned: bool) -> Cell:
    token = found["token"]
    spaced = bool(SPACED.fullmatch(token))
    if spaced:
        token = token.translate(APART)
    if math.isnan(point_reading(token)) and math.isnan(comma_reading(token)):
        return Cell("text", clean, cleaned=cleaned)
    return Cell(form, clean, token, found["unit"] is not None, side, spaced=spaced, cleaned=cleaned)


def _finite(digits: str) -> float:
    value = float(digits)
    return value if abs(value) < LARGEST else math.nan
