"""A frame as text that is the same on every machine."""

from __future__ import annotations

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
    heads = [_quoted(_cell(name)) for name in frame.columns]
    columns = [_texts(column) for _, column in frame.items()]
    return "".join(",".join(row) + "\n" for row in (heads, *zip(*columns, strict=True)))


def _texts(column: pd.Series) -> list[str]:
    """The cells of one column: numbers at once, and words and days, which come again and again, once each."""
    import pandas as pd

    values, kind = column.array, getattr(column.dtype, "kind", "O")
    if isinstance(values, pd.arrays.NumpyExtensionArray) and kind == "f":
        return ["" if value != value else repr(value) for value in column.to_numpy().tolist()]
    if isinstance(values, pd.arrays.NumpyExtensionArray) and kind in "biu":
        return [str(value) for value in column.to_numpy().tolist()]
    if not isinstance(values, pd.Categorical | pd.arrays.StringArray | pd.arrays.DatetimeArray):
        return [_quoted(_cell(value)) for value in column]
    places, once = column.factorize()
    texts = [*(_quoted(_cell(value)) for value in once), ""]  # place -1 is a missing value
    return [texts[place] for place in places.tolist()]


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
