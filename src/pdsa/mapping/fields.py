"""Fields of foreign files -> our columns, with numbers and dates parsed, and denominators joined."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pdsa.check import Coded, Findings, coded, described, read_numbers
from pdsa.errors import InputError, ParamsError, Problem
from pdsa.read import RawTable
from pdsa.records import InputSpec, SourceNote

__all__ = ["apply_mapping", "join_denominators"]

NUMBER_COLUMNS = ("value", "numerator", "denominator")
SCHOOL_YEAR = re.compile(r"([0-9]{4})-([0-9]{2})")
LEADING_ZEROS = re.compile(r"(?<![0-9])0+(?=[0-9])")

Mask = NDArray[np.bool_]


def apply_mapping(raw: RawTable, spec: InputSpec) -> RawTable:
    """The rows in our columns: `period` as datetime64, numbers as float64, marks of no value as status missing.

    Rows that `spec.drop` names are left out and counted in a note with the status "dropped rows". A blank cell
    and each text of `spec.missing` is no value, never zero.

    Raises
    ------
    InputError
        With every text that is not a date or number as the spec says; equal texts are told once, with the first
        row and the number of further rows.
    """
    _check_spec(raw, spec)
    frame = pd.DataFrame({ours: raw.frame[theirs] for ours, theirs in spec.fields})
    frame[["source", "row"]] = raw.frame[["source", "row"]]
    frame, notes = _drop_rows(frame, spec)
    findings = Findings(frame, spec.files)
    names = dict(spec.fields)
    numbers = {c: _numbers(findings, frame[c], spec, names[c]) for c in NUMBER_COLUMNS if c in names}
    if "period" in names:
        frame["period"] = _days(findings, frame["period"], spec, names["period"])
    findings.settle()
    frame = frame.assign(**numbers)
    if spec.percent and "value" in frame:
        frame["value"] = frame["value"] / 100
    if spec.provides == "observations":
        frame = _with_measure_and_status(frame, spec)
    return RawTable(frame, raw.sources + notes)


def join_denominators(observations: RawTable, denominators: RawTable, spec: InputSpec) -> RawTable:
    """The observations with `denominator` of their school and school year, and `numerator` = value x denominator.

    Numerators are not rounded: they are estimates. Rows whose school has no denominator above zero in that year
    keep their value only; a note counts them.

    Parameters
    ----------
    observations
        Mapped observations with `school`, `period` and `value`.
    denominators
        Mapped denominators with `school`, `school_year` ("2013-14") and `denominator`.
    spec
        How the denominators were read; says in which month a school year begins.

    Raises
    ------
    InputError
        If a school has two different denominators in one year, or a year is not written 2013-14.
    """
    _check_denominators(denominators.frame, spec)
    known = denominators.frame.loc[denominators.frame["denominator"] > 0, ["school", "school_year", "denominator"]]
    sizes = known.drop_duplicates().set_index(["school", "school_year"])["denominator"]
    frame = observations.frame
    keys = _school_years(frame["period"], spec.school_year_start).set_axis(frame.index)
    pairs = pd.MultiIndex.from_arrays([frame["school"], keys])
    found = sizes.reindex(pairs).to_numpy()
    joined = frame.assign(numerator=frame["value"].to_numpy() * found, denominator=found)
    return RawTable(joined, observations.sources + denominators.sources + (_join_note(found, spec),))


def _check_spec(raw: RawTable, spec: InputSpec) -> None:
    ours = [column for column, _ in spec.fields]
    problems = [
        Problem("fields", f"the column {column} twice", "every column once")
        for column in dict.fromkeys(ours)
        if ours.count(column) > 1
    ]
    problems += [
        Problem("drop", f"the column {column}", f"one of {', '.join(ours)}")
        for column, _ in spec.drop
        if column not in ours
    ]
    problems += [
        Problem("fields", f"the field {name}", f"one of {', '.join(raw.frame.columns)}")
        for _, name in spec.fields
        if name not in raw.frame
    ]
    if re.search("%[zZ]", spec.date_format):
        problems.append(Problem("date_format", spec.date_format, "a date without a time zone"))
    if problems:
        raise ParamsError(spec.files, tuple(problems))


def _drop_rows(frame: pd.DataFrame, spec: InputSpec) -> tuple[pd.DataFrame, tuple[SourceNote, ...]]:
    notes = []
    for column, texts in spec.drop:
        named = frame[column].isin(texts)
        notes.append(SourceNote(spec.files, "dropped rows", int(named.sum()), f"{column} is {' or '.join(texts)}"))
        frame = frame[~named]
    if frame.empty:
        found = f"no rows but those to drop ({', '.join(note.reason for note in notes)})"
        raise InputError(spec.files, (Problem(spec.files, found, "rows of schools"),))
    return frame.reset_index(drop=True), tuple(notes)


def _tell(findings: Findings, texts: Coded, bad: Mask, name: str, expected: str) -> None:
    """Tell each distinct bad text once, at its first row."""
    counts = np.bincount(texts.codes, minlength=len(texts.texts)).tolist()
    for position in np.flatnonzero(bad).tolist():
        first, count = int(np.argmax(texts.codes == position)), counts[position]
        more = f" and {count - 1} more row{'s' if count > 2 else ''}" if count > 1 else ""
        findings.add_one(first, f"{findings.place(first)}{more}, {name}", described(texts.texts[position]), expected)


def _numbers(findings: Findings, column: pd.Series, spec: InputSpec, name: str) -> NDArray[np.float64]:
    texts = coded(column)
    values, bad = read_numbers(["" if text in spec.missing else text for text in texts.texts])
    _tell(findings, texts, bad, name, "a plain number such as 91.5, or a text that the params list as missing")
    return np.asarray(values[texts.codes], dtype=np.float64)


def _days(findings: Findings, column: pd.Series, spec: InputSpec, name: str) -> pd.Series:
    texts = coded(column)
    try:
        days = pd.to_datetime(pd.Series(texts.texts, dtype="str"), format=spec.date_format, errors="coerce")
    except ValueError as error:
        problem = Problem("date_format", f"{spec.date_format} ({error})", "a format in the notation of strptime")
        raise ParamsError(spec.files, (problem,)) from error
    written = days.dt.strftime(spec.date_format)
    same = [
        _without_zeros(text) == _without_zeros(back)
        for text, back in zip(texts.texts, written.fillna("").astype(str), strict=True)
    ]
    bad = days.isna().to_numpy() | ~np.array(same, dtype=bool)
    _tell(findings, texts, bad, name, f"a date written {spec.date_format}, such as {_example(spec)}")
    return days.dt.normalize().astype("datetime64[us]").iloc[texts.codes].set_axis(column.index)


def _without_zeros(text: str) -> str:
    # pandas reads 2013115 as %Y%m%d; written back it is 20131105. Only 3/4/2024 and 03/04/2024 are the same.
    return LEADING_ZEROS.sub("", text).casefold()


def _example(spec: InputSpec) -> str:
    return pd.Timestamp(2025, 10, 13).strftime(spec.date_format)


def _with_measure_and_status(frame: pd.DataFrame, spec: InputSpec) -> pd.DataFrame:
    if spec.measure and "measure" not in frame:
        frame = frame.assign(measure=pd.Categorical([spec.measure]).repeat(len(frame)))
    empty = pd.Series(True, index=frame.index)
    if "value" in frame:
        empty &= frame["value"].isna()
    if "numerator" in frame:
        parts = [column for column in ("numerator", "denominator") if column in frame]
        empty &= frame[parts].isna().any(axis=1)
    stated = frame["status"].fillna("") if "status" in frame else pd.Series("", index=frame.index, dtype="str")
    return frame.assign(status=stated.mask(empty & (stated == ""), "missing"))


def _check_denominators(frame: pd.DataFrame, spec: InputSpec) -> None:
    findings = Findings(frame, spec.files)
    years = coded(frame["school_year"])
    bad = np.array([not _is_school_year(text) for text in years.texts], dtype=bool)
    _tell(findings, years, bad, "school_year", "a school year written 2013-14")
    distinct = frame.dropna(subset="denominator").drop_duplicates(["school", "school_year", "denominator"])
    for row in distinct.index[distinct.duplicated(["school", "school_year"])]:
        school, year, size = frame.loc[row, ["school", "school_year", "denominator"]]
        findings.add_one(
            int(row),
            findings.place(int(row), "denominator"),
            f"{size:.10g} for {described(school)} in {year}, which has another denominator above",
            "one denominator for a school and year",
        )
    findings.settle()


def _is_school_year(text: str) -> bool:
    match = SCHOOL_YEAR.fullmatch(text)
    return match is not None and (int(match[1]) + 1) % 100 == int(match[2])


def _school_years(period: pd.Series, start: int) -> pd.Series:
    """The school year of each day, written "2013-14"."""
    years = period.dt.year - (period.dt.month < start)
    return pd.Series(years.map({year: f"{year}-{(year + 1) % 100:02d}" for year in years.unique().tolist()}))


def _join_note(found: NDArray[np.float64], spec: InputSpec) -> SourceNote:
    joined = int(np.isfinite(found).sum())
    reason = (
        f"{len(found) - joined} rows have no denominator for their school and school year and keep their value only"
    )
    return SourceNote(spec.files, "joined", joined, reason)
