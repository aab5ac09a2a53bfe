"""An import in words: what each column becomes, what was done, what was stored, and what changed."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pandas as pd

from pdsa.mapping.draft import Draft
from pdsa.mapping.headers import MEASURE_PARTS
from pdsa.workspace.intake import Taken

__all__ = ["change_lines", "draft_lines", "result_lines"]

SHOWN = 12
ALIKE = 3  # lines that say the same of several files are one from so many on
OF_FILE = re.compile(r"(?P<file>[^:]*?\.[A-Za-z]{2,4}(?:![^:,]*)?)(?P<rows>, rows? [^:]*)?: (?P<rest>.*)", re.DOTALL)


def draft_lines(drafted: Draft) -> list[str]:
    """The mapping, what was told, and the first rows as they would be stored."""
    lines = [*_columns(drafted), *(f"  {line}" for line in collected(drafted.remarks.told))]
    if drafted.imported is not None:
        lines += ["The first rows:", *(f"  {line}" for line in _preview(drafted.imported.frame))]
    return lines


def collected(lines: Sequence[str]) -> list[str]:
    """The lines; what is told of several files in the same words is told once."""
    groups: dict[str, list[str]] = {}
    for line in lines:
        match = OF_FILE.fullmatch(line)
        groups.setdefault(match["rest"] if match else line, []).append(line)
    answer = []
    for rest, own in groups.items():
        if len(own) < ALIKE:
            answer += own
        else:
            first = OF_FILE.fullmatch(own[0])
            answer.append(f"{first['file'] if first else own[0]} and {len(own) - 1} more: {rest}")
    return answer


def _columns(drafted: Draft) -> list[str]:
    mapping = drafted.mapping
    if mapping.layout == "students":
        return [f"{mapping.name}: rows of students, added up to schools; no student goes further"]
    school = " + ".join(" or ".join(names) for names in mapping.school) or dict(mapping.decisions).get("school-id", "")
    period = " or ".join(mapping.period) or {"header": "the headers"}.get(mapping.period_from, mapping.period_from)
    lines = [f"{mapping.name}: school = {school}; period = {period}"]
    for one in mapping.measures:
        parts = [f"{part} = {' or '.join(names)}" for part in MEASURE_PARTS if (names := getattr(one, part))]
        lines.append(f"  {one.measure or 'the measure that its column names'}: {'; '.join(parts)}")
    lines += [f"  group {dimension or 'by its column'} = {' or '.join(names)}" for dimension, names in mapping.groups]
    return lines


def _preview(frame: pd.DataFrame) -> list[str]:
    first = frame.head(5)
    columns = [name for name in frame.columns if name not in ("source", "row") and _any(first[name])]
    return first[columns].to_string(index=False, na_rep="").splitlines()


def _any(column: pd.Series) -> bool:
    return bool((column.notna() & (column.astype(str) != "")).any())


def result_lines(drafted: Draft, taken: Taken) -> list[str]:
    """What was read and stored: rows by measure and status, totals, rows set aside, notices."""
    imported = drafted.imported
    if imported is None:
        return []
    frame, tables = imported.frame, len(drafted.tables)
    read = sum(len(table.rows) for table in drafted.tables)
    lines = [
        f"{tables} table{'s' if tables != 1 else ''}, {read:,} rows read; {len(frame):,} observations of "
        f"{frame['school'].nunique():,} schools."
    ]
    lines += [_measure_line(str(measure), rows) for measure, rows in frame.groupby("measure", observed=True)]
    lines += _total_lines(imported.totals, taken)
    asides = [f"  {one}" for one in drafted.remarks.asides if not one.again]
    lines += _first(asides, "rows set aside")
    # falls of running totals, definitions that change and likenesses are seen only once the rows are complete
    later = [f"  {one}" for one in taken.told if one not in drafted.remarks.told]
    lines += _first(later, "noticed in the numbers")
    if taken.schools or taken.measures:
        names = ", ".join(taken.measures) or "none"
        lines.append(f"  new in the workspace: {taken.schools:,} schools; measures {names}")
    return lines


def _measure_line(measure: str, rows: pd.DataFrame) -> str:
    counts = rows["status"].astype(str).value_counts()
    words = ", ".join(f"{count:,} {str(word).replace('_', ' ')}" for word, count in counts.items() if count)
    periods = rows["period"].nunique()
    series = rows.groupby(["school", "group_dim", "group"], observed=True)["period"].nunique()
    spans = f"{rows['period'].min():%Y-%m-%d} to {rows['period'].max():%Y-%m-%d}"
    full = int((series == periods).sum())
    return (
        f"  {measure}: {len(rows):,} rows ({words}); {periods} periods, {spans}; "
        f"{full:,} of {len(series):,} series complete"
    )


def _total_lines(totals: pd.DataFrame, taken: Taken) -> list[str]:
    """How many totals there are, how many agree with their sums, and those that do not."""
    if totals.empty:
        return []
    series = totals.groupby(["measure", "school", "group_dim", "group"], observed=True)["period"].nunique()
    said = []
    for measure, rows in totals.groupby("measure", observed=True):
        own = series.xs(measure, level="measure")
        full = int((own == rows["period"].nunique()).sum())
        said.append(f"{measure}: {len(own):,} aggregate{'s' if len(own) != 1 else ''}, {full:,} of them in all periods")
    equal = sum(one.equal is True for one in taken.totals)
    unequal = [f"  {one}" for one in taken.totals if one.equal is False]
    unknown = len(taken.totals) - equal - len(unequal)
    head = (
        f"  totals of others: {len(totals):,} row{'s' if len(totals) != 1 else ''} ({'; '.join(said)}); "
        f"{equal:,} equal their sums, {len(unequal):,} do not, {unknown:,} cannot be compared"
    )
    return [head, *_first(unequal, "totals that are not the sum of their members")]


def _first(lines: list[str], what: str) -> list[str]:
    if not lines:
        return []
    more = [f"    ... and {len(lines) - SHOWN:,} more; all of them stand in imports/"] if len(lines) > SHOWN else []
    return [f"  {what}: {len(lines):,}", *(f"  {line}" for line in lines[:SHOWN]), *more]


def change_lines(taken: Taken) -> list[str]:
    """What changed since the last import of the same name: rows, and verdicts."""
    summary = taken.revision.summary
    if not summary["unchanged"] + summary["changed"] + summary["withdrawn"] + summary["kept"]:
        return []
    words = ", ".join(f"{count:,} {word}" for word, count in summary.items())
    lines = [f"Since the last import: {words}", *(f"  {line}" for line in taken.revision.lines(SHOWN))]
    return lines + _first([f"  {line}" for line in taken.verdicts], "verdicts that changed")
