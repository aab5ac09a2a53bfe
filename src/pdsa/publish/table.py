"""A frame as text that is the same on every machine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# A spreadsheet runs a cell that begins with one of these (OWASP, "CSV injection").
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv_text(frame: pd.DataFrame) -> str:
    r"""Return a frame as CSV that is the same on every machine and that no spreadsheet runs.

    Lines end with \n; floats are written with all their digits, dates as 2025-10-13, nothing as an empty
    cell; text that a spreadsheet would take for a formula begins with an apostrophe. The index is left out.

    Parameters
    ----------
    frame
        Any frame; tuples are joined with "; ".
    """
    rows: list[Iterable[object]] = [frame.columns, *frame.itertuples(index=False, name=None)]
    return "".join(",".join(_quoted(_cell(value)) for value in row) + "\n" for row in rows)


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return _cell("; ".join(str(part) for part in value))
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_FORMULA) else value
    if _is_missing(value):
        return ""
    if isinstance(value, float):
        return repr(float(value))
    return _date_text(value) if isinstance(value, date) else str(value)


def _is_missing(value: object) -> bool:
    import pandas as pd

    return bool(pd.isna(value))  # type: ignore[call-overload]


def _date_text(value: date) -> str:
    text = value.isoformat()
    return text.removesuffix("T00:00:00") if isinstance(value, datetime) else text


def _quoted(text: str) -> str:
    if any(mark in text for mark in ',"\n\r'):
        return '"' + text.replace('"', '""') + '"'
    return text
