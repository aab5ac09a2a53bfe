"""The periods of all rows: one way of writing them for all files of an import, or a question."""

from __future__ import annotations

from datetime import date

import numpy as np
from numpy.typing import NDArray

from pdsa.errors import Problem
from pdsa.mapping.body import Cells
from pdsa.mapping.formats import NEEDS, Context, begins, dissect, named
from pdsa.mapping.periods import find_format, find_periods_in_text, read_periods
from pdsa.mapping.remarks import Remarks, shortened
from pdsa.mapping.stacks import Rows
from pdsa.records.imports import Mapping, Question

__all__ = ["days_of"]

Days = NDArray[np.datetime64]

YEAR = "year-of-days"  # the decision about days and months without a year
SHOWN = 20  # rows told one by one


def days_of(rows: Rows, mapping: Mapping, remarks: Remarks, as_of: date | None = None) -> tuple[Days, str]:
    """Shape (rows,): the first day of each row's period, and the step of the periods.

    Parameters
    ----------
    rows
        The rows of all files.
    mapping
        Says how periods are written, where that is known.
    as_of
        The day after which nothing can have been observed.
    """
    cells = rows.period
    decisions = dict(mapping.decisions)
    year = _year_of_sources(rows)
    kinds = None
    if cells.kinds is not None:
        of_text = np.ones(len(cells.texts.texts), dtype=np.int8)
        of_text[cells.texts.codes] = cells.kinds
        kinds = of_text.tolist()
    place = f"{rows.sources.at(0)}, {cells.header}" if cells.header else rows.sources.at(0)
    found = find_format(cells.texts.texts, kinds, decisions=decisions, as_of=as_of, place=place)
    if year and any(question.key == YEAR for question in found.questions):
        decisions[YEAR] = year
        remarks.tell(f"{cells.header or 'period'}: no year; {year} from the name of the file")
        found = find_format(cells.texts.texts, kinds, decisions=decisions, as_of=as_of, place=place)
    form = mapping.period_format or found.format
    for question in found.questions:
        _ask(question, decisions, remarks)
    remarks.problems.extend(found.problems)
    for text in found.told:
        remarks.tell(f"{cells.header or 'period'}: {text}")
    if not form:
        if not found.questions and not found.problems:
            shown = shortened(", ".join(filter(None, cells.texts.texts[:4])), 80) or "blank cells only"
            remarks.wrong(place, shown, "dates such as 2025-10-13, months such as 2025-10, or school years (2025-26)")
        return np.full(len(rows.rows), np.datetime64("NaT", "D")), found.step
    days, bad, reasons = read_periods(cells.texts.texts, form, decisions=decisions)
    _tell_answers(form, decisions, cells, days, remarks)
    if not found.questions:
        _tell_bad(rows, bad, reasons, remarks)
    return days[cells.texts.codes], found.step


def _tell_answers(form: str, decisions: dict[str, str], cells: Cells, days: Days, remarks: Remarks) -> None:
    """Tell where an answer, perhaps of last year, puts periods that have no year of their own."""
    known = days[~np.isnat(days)]
    for key in {NEEDS[name] for name in form.split("|") if name in NEEDS} & set(decisions):
        if len(known):
            first = f"the first one begins on {known.min()}, the last one on {known.max()}"
            remarks.tell(f"{cells.header or 'period'}: {key}={decisions[key]}, as answered: {first}")


def _year_of_sources(rows: Rows) -> str:
    """The one school year that the names of all files and sheets tell; "" where there is none, or several."""
    found = {year for source in rows.sources.texts for year in find_periods_in_text(source) if _is_school_year(year)}
    return found.pop() if len(found) == 1 else ""


def _is_school_year(text: str) -> bool:
    one = named("school_year")
    return one is not None and not isinstance(begins(one, dissect(text), Context()), str)


def _ask(question: Question, decisions: dict[str, str], remarks: Remarks) -> None:
    if decisions.get(question.key) == "stop":
        remarks.wrong(question.place, question.found, "periods that can be read")
    else:
        remarks.ask(question)


def _tell_bad(rows: Rows, bad: NDArray[np.bool_], reasons: tuple[str, ...], remarks: Remarks) -> None:
    """A problem for each row whose period is none; many alike are told once."""
    codes = rows.period.texts.codes
    for position in np.flatnonzero(bad).tolist():
        where = np.flatnonzero((codes == position) & ~rows.total)
        if not len(where):
            continue
        text = rows.period.texts.texts[position]
        more = f" and {len(where) - 1} more rows" if len(where) > 1 else ""
        found = f"{shortened(text, 40)!r} ({reasons[position]})" if text.strip() else "a blank cell"
        place = f"{rows.place(int(where[0]))}{more}, {rows.period.header}"
        remarks.problems.append(Problem(place, found, "a period written as in the other rows"))
