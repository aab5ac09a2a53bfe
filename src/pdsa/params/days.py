"""Days that people write: of years with which reports can reckon weeks and months in both directions."""

from __future__ import annotations

import re
from datetime import date

ISO = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
YEARS = (1900, 2199)
A_YEAR = f"a day of the years {YEARS[0]} to {YEARS[1]}"
_BASELINE = "the number of first points (2 or more), or two dates such as 2013-09-01..2014-06-30"


def known_year(day: date) -> date:
    """Return a day as it is.

    Parameters
    ----------
    day
        From a file or the command line.

    Raises
    ------
    ValueError
        A year typed wrong, or 9999 for "never": a week after it there may be no day at all.
    """
    if not YEARS[0] <= day.year <= YEARS[1]:
        raise ValueError(A_YEAR)
    return day


def baseline(value: object) -> object:
    """Return what was written as `12`, `2013-09-01..2014-06-30` or a list of two dates; blank is none."""
    if value is None or value == "":
        return None
    text = "..".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
    if re.fullmatch("[1-9][0-9]{0,8}", text) and text != "1":
        return int(text)
    try:
        first, last = (date.fromisoformat(day) for day in text.split("..") if re.fullmatch(ISO, day))
    except ValueError:
        raise ValueError(_BASELINE) from None
    if last < first:
        raise ValueError(f"{_BASELINE}, the earlier one first")
    return known_year(first), known_year(last)


__all__ = ["A_YEAR", "ISO", "baseline", "known_year"]
