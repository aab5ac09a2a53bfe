"""Questions about texts in a column of numbers that have no certain meaning."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pdsa.mapping.cells import Cell
from pdsa.records.imports import Choice, Question

__all__ = ["group_of", "questions_of"]

# More texts of one group than this are asked about together; more texts in all speak of the wrong column.
ALONE = 3
MOST = 20
NO_NUMBER = (
    Choice("missing", "nothing was reported"),
    Choice("suppressed", "somebody knows the number and hides it"),
    Choice("not_applicable", "there is nobody to whom a number could apply"),
    Choice("error", "something went wrong when the file was made"),
)
ZERO = Choice("zero", "the number is 0")
REPORTED = Choice("reported", "it is the number that it looks like")
STOP = Choice("stop", "import nothing; the file must be mended first")
BOUND = {
    "top_coded": Choice("top_coded", "a number at or above this bound"),
    "bottom_coded": Choice("bottom_coded", "a number at or below this bound"),
}
MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
REASONS = (
    (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*"), "a date; a spreadsheet makes 4 March of 3-4 and of 3/4"),
    (re.compile(rf"([0-9]+-({MONTHS})|({MONTHS})-[0-9]+)"), "perhaps 3-4 or 3/4, of which a spreadsheet made a date"),
    (re.compile(r"[0-9]+ ?/ ?[0-9]+( ?/ ?[0-9]+)?"), "a pair or a date; this column should hold single numbers"),
    (re.compile(r"[0-9.,]+e[+-]?[0-9]+"), "a number that a spreadsheet shortened, or a code such as 1E3"),
    (re.compile(r"\([0-9.,]+\)"), "accountants write -5 so; others set notes in brackets"),
    (re.compile(r"[−–—][0-9.,]+"), "a dash before a number: a sign, or a bullet"),
    (re.compile(r"-?[0-9.,]+ ?(%|percent|per cent|pct)"), "a percent in a column that should hold none"),
    (re.compile(r"(?=.*[^\x00-\x7f])[\d.,]+"), "digits of another script"),
    (re.compile(r"=.*"), "a formula that was never computed"),
    (re.compile(r"[0-9]+ [0-9 ]+"), "a blank inside a number"),
    (re.compile(r"[0-9.,]+ ?%? ?[^0-9., ]"), "a letter or mark after a number: a footnote, or a typing error"),
    (re.compile(r"(true|false)"), "true or false, no number"),
)


def group_of(cell: Cell) -> str:
    """The word under which a mapping may give one answer to all texts alike: `ranges`, `negative`, or none."""
    if cell.form == "range":
        return "ranges"
    return "negative" if cell.form == "number" and cell.token.startswith("-") else ""


def questions_of(unclear: Sequence[tuple[Cell, str, int]], column: str) -> tuple[Question, ...]:
    """Questions about texts that nothing settled.

    Many ranges, or many negative numbers, are one question; so many texts that the column seems to be none of numbers
    are one question about the column.

    Parameters
    ----------
    unclear
        Each cell, what the spreadsheet says it is (one of `KINDS`, or ""), and how often it occurs.
    column
        The column's name.
    """
    groups: dict[str, list[tuple[Cell, str, int]]] = {}
    for one in unclear:
        groups.setdefault(group_of(one[0]), []).append(one)
    alone = groups.pop("", [])
    for group in [group for group, members in groups.items() if len(members) <= ALONE]:
        alone += groups.pop(group)
    if len(alone) > MOST:
        return (_about_column(alone, column),)
    return (*(_about_text(*one) for one in alone), *(_about_group(*one, column) for one in groups.items()))


def _about_text(cell: Cell, kind: str, count: int) -> Question:
    reason = "a date; a spreadsheet makes 4 March of 3-4 and of 3/4" if kind == "date" else _reason(cell)
    found = f"{cell.text!r} in {_cells(count)}" + (f" ({reason})" if reason else "")
    return Question(f"mark:{cell.text}", "", found, f"What does {cell.text!r} mean?", _choices(cell))


def _about_group(group: str, members: Sequence[tuple[Cell, str, int]], column: str) -> Question:
    shown = ", ".join(repr(cell.text) for cell, _, _ in members[:3])
    found = f"{shown} and {len(members) - 3} more in {_cells(sum(count for _, _, count in members))}"
    words = "ranges of numbers" if group == "ranges" else "negative numbers"
    ask = f"What do the {words} of {column} mean?"
    return Question(f"mark:{group}", f"column {column}", found, ask, _choices(members[0][0]))


def _about_column(unclear: Sequence[tuple[Cell, str, int]], column: str) -> Question:
    shown = ", ".join(repr(cell.text) for cell, _, _ in unclear[:5])
    return Question(
        f"numbers:{column}",
        f"column {column}",
        f"{len(unclear):,} different texts that are no numbers, such as {shown}",
        "Does this column hold numbers at all?",
        (Choice("ignore", "do not use this column"), STOP),
    )


def _choices(cell: Cell) -> tuple[Choice, ...]:
    if cell.form == "bound" and not cell.percent:
        return (*NO_NUMBER, BOUND[cell.side], STOP)
    if cell.form == "number" and not cell.percent:
        return (*NO_NUMBER, REPORTED, STOP)
    return (*NO_NUMBER, *([] if re.search(r"\d", cell.text) else [ZERO]), STOP)


def _reason(cell: Cell) -> str:
    if cell.form == "range":
        return "a range, or a date that lost its year"
    if cell.form == "number" and not cell.percent:
        return "a number that cannot be, or a code for no number"
    if cell.form == "bound":
        return "a share, or the size of a group that is too small to be shown"
    folded = cell.text.casefold()
    return next((reason for pattern, reason in REASONS if pattern.fullmatch(folded)), "")


def _cells(count: int) -> str:
    return f"{count:,} cell{'s' if count != 1 else ''}"
