"""What a cell of a spreadsheet shows, as text with all digits of its number."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from functools import lru_cache

__all__ = ["BLANK", "BOOLEAN", "DATE", "ERROR", "FORMULA", "NUMBER", "PERCENT", "TEXT", "number_text", "time_text"]

BLANK, TEXT, NUMBER, PERCENT, DATE, BOOLEAN, ERROR, FORMULA = range(8)  # positions in grid.KINDS

PRECISE = 10**15  # a spreadsheet keeps 15 digits of a number
SIGN = re.compile(r'"\s*%\s*"|\\%')
TOKEN = re.compile(r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|(?P<plain>[-/ ()])|(?P<zero>0)')


def number_text(value: float, number_format: str = "General") -> tuple[str, int]:
    """The text and kind of a number: 12 as 0012 is "0012", 0.9 as 0% is "90%"; never rounded.

    Parameters
    ----------
    value
        The number behind the cell.
    number_format
        As the spreadsheet writes it: `0000`, `0%`.
    """
    shape = _shape(number_format)
    if shape in ("%", '"%"'):
        number = Decimal(repr(value))
        return f"{_plain(number.scaleb(2) if shape == '%' else number)}%", PERCENT
    whole = isinstance(value, int) or value.is_integer()
    if whole and shape and 0 <= value < PRECISE:
        return _filled(str(int(value)), shape), NUMBER
    return str(int(value)) if whole else _plain(Decimal(repr(value))), NUMBER


def time_text(value: dt.datetime | dt.date | dt.time | dt.timedelta) -> str:
    """A day as 2024-03-04, with its time (2024-03-04T08:30:00) unless that is midnight; a duration as 26:30:00."""
    if isinstance(value, dt.timedelta):
        seconds = round(value.total_seconds())
        sign = "-" if seconds < 0 else ""
        return f"{sign}{abs(seconds) // 3600}:{abs(seconds) // 60 % 60:02}:{abs(seconds) % 60:02}"
    if isinstance(value, dt.datetime) and value.time() == dt.time():
        return value.date().isoformat()
    return value.isoformat()


def _plain(number: Decimal) -> str:
    """All digits without an exponent and without zeros at the end."""
    text = format(number, "f")
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


@lru_cache(maxsize=1024)
def _shape(number_format: str) -> str:
    """`%` for a percent, `"%"` where the sign is only written behind the number; zeros and signs between them for a
    format that fills up with zeros; "" for any other."""
    first = number_format.split(";", maxsplit=1)[0]
    if SIGN.search(first):
        return '"%"'
    bare = re.sub(r'"[^"]*"|\\.|\[[^\]]*\]|[_*].', "", first)
    if "%" in bare:
        return "%"
    shape, at = [], 0
    while token := TOKEN.match(first, at):
        found = token["quoted"] or token["escaped"] or token["plain"] or ""
        shape.append("\0" if token["zero"] else found)
        at = token.end()
    complete = at == len(first) and shape.count("\0") > 1
    return "".join(shape) if complete else ""


def _filled(digits: str, shape: str) -> str:
    """The digits in the places of a shape, from the right; more digits than places stand at the first one."""
    digits = digits.zfill(shape.count("\0"))
    extra = len(digits) - shape.count("\0")
    left = iter([digits[: extra + 1], *digits[extra + 1 :]])
    return "".join(next(left) if sign == "\0" else sign for sign in shape)
