"""Raw text table -> Observations, or one InputError that names every problem.

Nothing is repaired: a cell is taken as it stands or told as a problem. The columns `school_name` and `district`
describe schools; they are accepted and not part of Observations.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from difflib import get_close_matches

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.errors import InputError, Problem
from pdsa.records import Measure, School
from pdsa.terms import OBSERVATION_COLUMNS, STATUSES
from pdsa.texts import Coded

__all__ = ["Coded", "Findings", "check_observations", "coded", "described", "nearest", "read_numbers"]

FIRST_PERIOD = np.datetime64("1990-01-01")
LAST_PERIOD = np.datetime64("2100-12-31")
CARRIED_COLUMNS = ("school_name", "district")
REQUIRED_COLUMNS = ("school", "measure", "period")
KEY_COLUMNS = ("school", "measure", "period", "group_dim", "group")
NUMBER = re.compile(r"-?([0-9]+(\.[0-9]+)?|\.[0-9]+)")
DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
PLAIN = re.compile(r"[A-Za-z0-9_./%<>,:+*#-]+")
# Names are compared one by one: only for as many unknown ones as an InputError prints.
NEAREST_FOR = InputError.shown

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]
Told = str | Callable[[int], str]


def coded(column: pd.Series) -> Coded:
    """Codes and distinct texts of a column; empty cells (None, NaN) are the empty text."""
    codes, found = pd.factorize(column)
    empty = [""] if (codes < 0).any() else []  # last, where the code -1 of empty cells points
    texts: dict[str, int] = {}
    positions = [texts.setdefault(str(text), len(texts)) for text in [*found, *empty]]
    return Coded(np.array(positions, dtype=np.int64)[codes], tuple(texts))


def described(text: str) -> str:
    """A found text for a message: as it stands if plain, quoted if not, shortened if long."""
    if not text.strip():
        return "a blank cell" if not text else "a cell of blanks only"
    short = text if len(text) <= 40 else f"{text[:37]}..."
    return short if PLAIN.fullmatch(short) else repr(short)


def nearest(text: str, known: Sequence[str]) -> str:
    """A clause that names the known word most like the text, or no text if none is alike."""
    folded = {_folded(word): word for word in known}
    close = get_close_matches(_folded(text), list(folded), n=1)
    return f"; the nearest is {folded[close[0]]}" if close else ""


def read_numbers(texts: Sequence[str]) -> tuple[Floats, Mask]:
    """Texts as plain decimal numbers, NaN where blank, and a mask of those that are neither.

    Blanks around a number are allowed, because spreadsheets write them; exponents, separators, signs other than
    `-`, digits of other scripts, `inf` and `nan` are not.
    """
    values = np.full(len(texts), np.nan)
    for position, text in enumerate(texts):
        if NUMBER.fullmatch(stripped := text.strip(" ")):
            values[position] = float(stripped)
    blank = np.array([not text.strip() for text in texts], dtype=bool)
    return values, ~blank & ~np.isfinite(values)


class Findings:
    """Problems gathered over a table, told at last in the order in which a reader meets them.

    Parameters
    ----------
    table
        A frame with, where known, `source` and `row`; else rows are numbered as a spreadsheet with a header.
    source
        The name of the whole, and of every row where the table has no `source`.
    """

    def __init__(self, table: pd.DataFrame, source: str) -> None:
        self.source = source
        count = len(table)
        known = "row" in table and pd.api.types.is_integer_dtype(table["row"].dtype)
        self.rows: Codes = table["row"].to_numpy(np.int64) if known else np.arange(2, count + 2)
        self.sources = coded(table["source"]) if "source" in table else Coded(np.zeros(count, np.int64), (source,))
        self.several = len(self.sources.texts) > 1
        self.found: list[tuple[int, int, Problem]] = []

    def place(self, row: int, column: str = "") -> str:
        """Where a reader finds a cell: file (if there are several), row and column."""
        parts = [self.sources.at(row)] if self.several else []
        return ", ".join([*parts, f"row {self.rows[row]}", *([column] if column else [])])

    def add(self, mask: Mask, column: str, found: Told, expected: Told) -> None:
        """Tell a problem for every row of the mask."""
        for row in np.flatnonzero(mask).tolist():
            self.add_one(row, self.place(row, column), _told(found, row), _told(expected, row))

    def add_one(self, row: int, place: str, found: str, expected: str) -> None:
        """Tell one problem, in reading order at this row (-1: before all rows)."""
        self.found.append((row, len(self.found), Problem(place, found, expected)))

    def settle(self) -> None:
        """Raise all problems at once, if there are any."""
        if self.found:
            raise InputError(self.source, tuple(problem for _, _, problem in sorted(self.found, key=lambda f: f[:2])))


def check_observations(
    table: pd.DataFrame,
    measures: tuple[Measure, ...],
    schools: tuple[School, ...] | None,
    source: str,
    header: tuple[str, ...] = (),
) -> pd.DataFrame:
    """Observations with exactly the columns of `terms.OBSERVATION_COLUMNS`.

    `value` stays empty where only numerator and denominator were reported. 0 of 0 and rows without a value get
    the status missing. A row that is top-coded ("95% or more") or bottom-coded ("5% or less") has its bound as value,
    or a numerator and denominator that give it.

    Parameters
    ----------
    table
        One row per observation: texts as read from a file, or numbers and dates already parsed.
    measures
        The measures that rows may name.
    schools
        The schools that rows may name; None accepts every school whose name is written in one way only.
    source
        The file's name, for messages and for rows that do not name their own.
    header
        The columns as the file has them, for messages, where the table has others.

    Raises
    ------
    InputError
        With every problem of the table.
    """
    findings = Findings(table, source)
    _check_columns(findings, table, header)
    names = {column: _text_column(table, column) for column in (*KEY_COLUMNS[:2], *KEY_COLUMNS[3:], "status")}
    _check_school(findings, names["school"], schools)
    _check_known(findings, "measure", names["measure"], [measure.id for measure in measures], "a measure")
    period = _check_period(findings, table["period"])
    parts = {column: _check_number(findings, table, column) for column in ("value", "numerator", "denominator")}
    _check_parts(findings, parts, _measure_of_rows(names["measure"], measures))
    status = _check_status(findings, names["status"], parts)
    _check_repeats(findings, names, period)
    findings.settle()
    return _observations(findings, names, period, parts, status)


def _told(words: Told, row: int) -> str:
    return words if isinstance(words, str) else words(row)


def _folded(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _text_column(table: pd.DataFrame, column: str) -> Coded:
    return coded(table[column]) if column in table else Coded(np.zeros(len(table), np.int64), ("",))


def _check_columns(findings: Findings, table: pd.DataFrame, header: Sequence[str]) -> None:
    """Tell unknown, repeated and missing columns; without the required ones no row can be checked."""
    present = [str(column) for column in table.columns]
    for column in present:
        if column not in OBSERVATION_COLUMNS + CARRIED_COLUMNS:
            near = nearest(column, OBSERVATION_COLUMNS)
            _tell_header(findings, f"the column {column!r}", f"one of {', '.join(OBSERVATION_COLUMNS)}{near}")
        elif present.count(column) > 1:
            _tell_header(findings, f"the column {column!r} {present.count(column)} times", "every column once")
    missing = [column for column in REQUIRED_COLUMNS if column not in present]
    if "value" not in present and not {"numerator", "denominator"} <= set(present):
        missing.append("value (or numerator and denominator)")
    for column in missing:
        _tell_header(findings, f"the columns {', '.join(header or present) or '(none)'}", f"also a column {column}")
    if len(table) == 0:
        _tell_header(findings, "no rows", "at least one observation")
    if missing or len(table) == 0 or len(set(present)) < len(present):
        findings.settle()


def _tell_header(findings: Findings, found: str, expected: str) -> None:
    findings.add_one(-1, "header", found, expected)


def _check_school(findings: Findings, school: Coded, schools: tuple[School, ...] | None) -> None:
    if schools is not None:
        _check_known(findings, "school", school, [one.id for one in schools], "a school id of this network")
        return
    blank = [position for position, text in enumerate(school.texts) if not text.strip()]
    findings.add(school.rows_of(blank), "school", lambda row: described(school.at(row)), "a school")
    odd = {position for position, text in enumerate(school.texts) if text.strip() and _is_odd(text)}
    expected = "a name without blanks at its ends and without invisible characters"
    findings.add(school.rows_of(odd), "school", lambda row: ascii(school.at(row)), expected)
    _check_twins(findings, school)


def _is_odd(text: str) -> bool:
    return text != text.strip() or not text.isprintable()


def _check_twins(findings: Findings, school: Coded) -> None:
    """Tell names that differ only in capitals, blanks or the coding of accents: one school would become two."""
    first: dict[str, str] = {}
    twins = {
        position: first[_folded(text)]
        for position, text in enumerate(school.texts)
        if first.setdefault(_folded(text), text) != text and text == text.strip()
    }
    findings.add(
        school.rows_of(twins),
        "school",
        lambda row: ascii(school.at(row)),
        lambda row: f"one way to write a name; elsewhere it is {twins[int(school.codes[row])]!a}",
    )


def _check_known(findings: Findings, column: str, names: Coded, known: Sequence[str], what: str) -> None:
    """Tell the rows whose text is not one of the known words, with the nearest of them."""
    words = frozenset(known)
    unknown = [position for position, text in enumerate(names.texts) if text not in words]
    near = {position: nearest(names.texts[position], known) for position in unknown[:NEAREST_FOR]}
    findings.add(
        names.rows_of(unknown),
        column,
        lambda row: described(names.at(row)),
        lambda row: what + near.get(int(names.codes[row]), ""),
    )


def _check_period(findings: Findings, column: pd.Series) -> pd.Series:
    """Dates of a column of texts or datetimes; tell those that are not days between 1990 and 2100."""
    column = column.infer_objects()
    if isinstance(column.dtype, np.dtype) and column.dtype.kind == "M":
        period = column.reset_index(drop=True).astype("datetime64[us]")
        findings.add(period.isna().to_numpy(), "period", "a blank cell", "a date")
        timed = (period.notna() & (period != period.dt.normalize())).to_numpy()
        findings.add(timed, "period", lambda row: str(period.iloc[row]), "a whole day")
    else:
        period = _parse_days(findings, coded(column))
    outside = ((period < FIRST_PERIOD) | (period > LAST_PERIOD)).to_numpy()
    findings.add(outside, "period", lambda row: f"{period.iloc[row]:%Y-%m-%d}", "a day between 1990 and 2100")
    return period


def _parse_days(findings: Findings, texts: Coded) -> pd.Series:
    written = [bool(DATE.fullmatch(text)) for text in texts.texts]
    readable = [text if good else None for text, good in zip(texts.texts, written, strict=True)]
    days = pd.to_datetime(pd.Series(readable, dtype="str"), format="%Y-%m-%d", errors="coerce")
    impossible = days.isna().to_numpy() & np.array(written, dtype=bool)
    badly = ~np.array(written, dtype=bool)
    for flags, expected in ((badly, "a date such as 2025-10-13"), (impossible, "a day of the calendar")):
        found = texts.rows_of(np.flatnonzero(flags))
        findings.add(found, "period", lambda row: described(texts.at(row)), expected)
    return days.astype("datetime64[us]").iloc[texts.codes].reset_index(drop=True)


def _check_number(findings: Findings, table: pd.DataFrame, column: str) -> Floats:
    """Numbers of a column, NaN where it is blank or absent; tell what is no plain decimal number."""
    if column not in table:
        return np.full(len(table), np.nan)
    dtype = table[column].dtype
    if pd.api.types.is_numeric_dtype(dtype) and not pd.api.types.is_bool_dtype(dtype):
        numbers = table[column].to_numpy(dtype=np.float64, na_value=np.nan)
        findings.add(np.isinf(numbers), column, lambda row: str(numbers[row]), "a finite number")
        return numbers
    texts = coded(table[column])
    values, bad = read_numbers(texts.texts)
    expected = "a plain number such as 28 or 0.915, or a blank cell where nothing was reported"
    findings.add(texts.rows_of(np.flatnonzero(bad)), column, lambda row: described(texts.at(row)), expected)
    return np.where(bad, np.nan, values)[texts.codes]


def _measure_of_rows(names: Coded, measures: tuple[Measure, ...]) -> Callable[[str], Mask]:
    """A function from a data type to the mask of the rows whose measure has it."""
    types = {measure.id: measure.data_type for measure in measures}
    found = np.array([types.get(text, "") for text in names.texts], dtype=object)
    return lambda data_type: np.asarray((found == data_type)[names.codes], dtype=bool)


def _check_parts(findings: Findings, parts: dict[str, Floats], has_type: Callable[[str], Mask]) -> None:
    """Tell numbers that cannot be: a part above its whole, a share of nothing, less than none."""
    value, numerator, denominator = parts["value"], parts["numerator"], parts["denominator"]
    share = has_type("proportion")

    def pair(row: int) -> str:
        return f"{numerator[row]:.10g} of {denominator[row]:.10g}"

    for column, negative in (
        ("value", (value < 0) & ~has_type("continuous") & ~share),
        ("numerator", numerator < 0),
        ("denominator", denominator < 0),
    ):
        found = parts[column]
        findings.add(negative, column, lambda row, found=found: f"{found[row]:.10g}", "zero or more")  # type: ignore[misc]
    outside = share & ((value < 0) | (value > 1))
    findings.add(outside, "value", lambda row: f"{value[row]:.10g}", "a proportion from 0 to 1 (90% is 0.9)")
    above = (numerator > denominator) & (denominator >= 0)
    findings.add(above & share, "numerator", pair, "a numerator no greater than its denominator")
    nothing = above & ~share & (denominator == 0)
    findings.add(nothing, "denominator", pair, "a denominator above zero")


def _check_status(findings: Findings, status: Coded, parts: dict[str, Floats]) -> Codes:
    """Positions in `STATUSES`; tell unknown words and statuses that the numbers contradict."""
    _check_known(findings, "status", status, ("", *STATUSES), f"one of {', '.join(STATUSES)}, or a blank cell")
    value, numerator, denominator = parts["value"], parts["numerator"], parts["denominator"]
    nothing = np.isnan(value) & (numerator == 0) & (denominator == 0)
    complete = ~np.isnan(value) | ~np.isnan(numerator) & ~np.isnan(denominator)
    places = np.array([STATUSES.index(text) if text in STATUSES else -1 for text in status.texts])
    stated = places[status.codes]
    hidden = np.isin(stated, [STATUSES.index(word) for word in ("missing", "suppressed", "not_applicable", "error")])
    findings.add(
        hidden & complete & ~nothing,
        "status",
        lambda row: f"{status.at(row)} on a row that has a value",
        "no value on this row, or another status",
    )
    empty = (stated == STATUSES.index("reported")) & ~complete
    findings.add(empty, "status", "reported on a row without a value", "a value on this row, or the status missing")
    bound = np.isin(stated, (STATUSES.index("top_coded"), STATUSES.index("bottom_coded"))) & (~complete | nothing)
    expected = "the bound in value (95% or more is 0.95 and top_coded)"
    findings.add(bound, "status", lambda row: f"{status.at(row)} on a row without its bound", expected)
    stated = np.where((stated < 0) & ~complete, STATUSES.index("missing"), np.maximum(stated, 0))
    return np.where(nothing & (stated == 0), STATUSES.index("missing"), stated).astype(np.int64)


def _check_repeats(findings: Findings, names: dict[str, Coded], period: pd.Series) -> None:
    """Tell every row that reports the same school, measure, day and group as an earlier one."""
    key = pd.factorize(period)[0].astype(np.int64) + 1
    for column in KEY_COLUMNS:
        if column != "period":
            key = key * len(names[column].texts) + names[column].codes
    groups = pd.Series(key)
    repeated = groups.duplicated().to_numpy() & period.notna().to_numpy()
    if not repeated.any():
        return
    first = groups.drop_duplicates().pipe(lambda found: pd.Series(found.index, index=found.to_numpy()))
    findings.add(
        repeated,
        "period",
        lambda row: f"the same school, measure, day and group as in {findings.place(int(first[key[row]]))}",
        "one row for each",
    )


def _observations(
    findings: Findings, names: dict[str, Coded], period: pd.Series, parts: dict[str, Floats], status: Codes
) -> pd.DataFrame:
    columns: dict[str, object] = {
        **{column: _categorical(one) for column, one in names.items()},
        **parts,
        "period": period,
        "status": _categorical(Coded(status, STATUSES)),
        "source": _categorical(findings.sources),
        "row": findings.rows,
    }
    return pd.DataFrame({column: columns[column] for column in OBSERVATION_COLUMNS})


def _categorical(column: Coded) -> pd.Categorical:
    return pd.Categorical.from_codes(column.codes, pd.Index(list(column.texts), dtype="str"))
