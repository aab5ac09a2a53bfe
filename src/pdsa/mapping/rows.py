"""Columns of texts -> observations: numbers, bounds, statuses and dates; what cannot be is set aside and told."""

from __future__ import annotations

import re
from collections.abc import Mapping as Pairs
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pdsa.mapping.body import Cells
from pdsa.mapping.marks import ZERO
from pdsa.mapping.ratios import decimals
from pdsa.mapping.remarks import Aside, Remarks, shortened
from pdsa.mapping.stacks import STATUS_CODES, Numbers, Rows
from pdsa.mapping.values import ValueRole, Values, read_values
from pdsa.records.imports import Choice, Mapping, MeasureColumns, Question

__all__ = ["parts_of"]

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]

REPORTED, MISSING, SUPPRESSED, EXCLUDED, TOP, BOTTOM, NOT_APPLICABLE, ERROR = range(8)
# Where several parts of a row have no number, the first of these tells why the row has none.
WEIGHT = (ERROR, SUPPRESSED, NOT_APPLICABLE, MISSING)
PRINTED = re.compile(r"[0-9]+\.[0-9]+")
HALVES = 0.1  # share of parts of a whole from which a column counts half days or averages, no students
PLAUSIBLE = 0.5  # share of impossible rows from which the columns are taken for swapped
WHOLE_UNIT = 1.01  # published rates may differ from their counts by one unit of their last digit


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """One part of a measure, read: each array of shape (rows,)."""

    value: Floats
    numerator: Floats
    denominator: Floats
    status: Codes
    slack: Floats

    @classmethod
    def absent(cls, count: int) -> _Part:
        """A part that no table has: missing everywhere."""
        none = np.full(count, np.nan)
        return cls(none, none, none, np.full(count, MISSING, np.int8), np.zeros(count))


def parts_of(rows: Rows, columns: MeasureColumns, data_type: str, mapping: Mapping, remarks: Remarks) -> Numbers:
    """Value, numerator, denominator and status of each row of a measure.

    Counts are kept where both are known, and the published rate is only compared with them; else the published rate or
    its bound stands; else the reason why there is no number.
    """
    share = data_type == "proportion"
    kinds = {"value": _kind_of_value(data_type), "numerator": "count", "denominator": "count"}
    if data_type in ("rate", "continuous", "time_between"):
        kinds |= {"numerator": "number", "denominator": "number"}
    read = {part: _read(rows, part, kinds[part], columns, mapping, remarks) for part in rows.cells}
    if set(read) == {"numerator", "denominator"} and all(map(_is_plain, read.values())):
        top, bottom = (read[part].value[rows.cells[part].texts.codes] for part in ("numerator", "denominator"))
        status = np.where((top == 0) & (bottom == 0), np.int8(NOT_APPLICABLE), np.int8(REPORTED))
        counts = (np.full(len(top), np.nan), top, bottom, status)
        return Numbers(*_set_aside(rows, counts, share, data_type, remarks), published=(top, bottom))
    if set(read) == {"numerator"} and data_type in ("proportion", "rate"):
        header = rows.cells["numerator"].header
        remarks.wrong(
            rows.place(0, header), f"{columns.measure}: counts without a denominator", "a denominator as well"
        )
    spread = {part: _spread(values, rows.cells[part]) for part, values in read.items()}
    if data_type == "rate" and "value" in spread and "numerator" not in spread:
        spread["value"] = _per_one(rows, spread["value"], dict(mapping.decisions), remarks)
    absent = _Part.absent(len(rows.rows))
    value, numerator, denominator = (spread.get(part, absent) for part in ("value", "numerator", "denominator"))
    if set(spread) == {"numerator"}:  # a count without a denominator is its own value
        value, numerator = numerator, absent
    pairs = np.isfinite(value.denominator)
    top = np.where(pairs, value.numerator, numerator.value)
    bottom = np.where(pairs, value.denominator, denominator.value)
    status = _status(value, numerator, denominator, pairs)
    counted = np.isfinite(top) & np.isfinite(bottom) & np.isin(status, (REPORTED, TOP, BOTTOM, NOT_APPLICABLE))
    # "<5%" tells more than "<10" of 12
    counted &= ~(np.isin(numerator.status, (TOP, BOTTOM)) & np.isin(value.status, (REPORTED, TOP, BOTTOM)))
    _compare(rows, value, top, bottom, counted & (status == REPORTED), share, remarks)
    answer = (
        np.where(counted | ~np.isin(status, (REPORTED, TOP, BOTTOM)), np.nan, value.value),
        np.where(counted, top, np.nan),
        np.where(counted | (np.isfinite(bottom) & (denominator.status == REPORTED)), bottom, np.nan),
        status,
    )
    value_, top_, bottom_, status = _set_aside(rows, answer, share, data_type, remarks)
    return Numbers(value_, top_, bottom_, status, (answer[1], answer[2]))


def _per_one(rows: Rows, value: _Part, decisions: Pairs[str, str], remarks: Remarks) -> _Part:
    """Published rates for each one: "per 100 students" is told by the header, else it is a question."""
    cells = rows.cells["value"]
    if any(text.rstrip().endswith("%") for text in cells.texts.texts):
        return value
    said = re.search(r"per ([0-9][0-9,]*)", cells.header.casefold())
    answer = decisions.get(f"per:{cells.header}", "")
    if said and not answer:
        remarks.tell(f"{cells.header}: read as numbers per {said[1]}")
    number = said[1].replace(",", "") if said else ""
    divisor = answer if answer.isdecimal() and answer.isascii() and int(answer) > 0 else number
    if not divisor:
        numbers = value.value[np.isfinite(value.value)]
        shown = f"numbers from {numbers.min():.6g} to {numbers.max():.6g}" if len(numbers) else "no numbers"
        choices = (
            Choice("1", "for each student"),
            Choice("100", "per 100 students"),
            Choice("1000", "per 1,000 students"),
        )
        question = "per how many are these rates?"
        remarks.ask(Question(f"per:{cells.header}", rows.place(0, cells.header), shown, question, choices))
        return value
    return replace(value, value=value.value / float(divisor), slack=value.slack / float(divisor))


def _is_plain(read: Values) -> bool:
    """Whether every text is a number."""
    return bool((read.status == REPORTED).all() and not np.isfinite(read.denominator).any())


def _kind_of_value(data_type: str) -> str:
    return {"proportion": "share", "count": "count"}.get(data_type, "number")


def _read(rows: Rows, part: str, kind: str, columns: MeasureColumns, mapping: Mapping, remarks: Remarks) -> Values:
    """The distinct texts of one part of a measure; questions get the place of their first cell."""
    cells = rows.cells[part]
    decisions = dict(mapping.decisions)
    counts = np.bincount(cells.texts.codes, minlength=len(cells.texts.texts))
    kinds = None
    if cells.kinds is not None:
        kinds = np.ones(len(counts), dtype=np.int8)
        kinds[cells.texts.codes] = cells.kinds
    if kind == "count" and (decisions.get(f"whole:{cells.header}") == "averages" or _in_halves(cells, counts)):
        remarks.tell(f"{cells.header}: parts of a whole (half days or averages) are kept as they stand")
        kind = "number"
    role = ValueRole(
        column=cells.header,
        kind=kind,
        scale=_scale(part, kind, columns, cells.header, decisions),
        decimal={"point": ".", "comma": ","}.get(decisions.get(f"decimal:{cells.header}", ""), _decimal(mapping)),
        marks={**dict(mapping.marks), **_marks(decisions)},
        kinds=None if kinds is None else kinds.tolist(),
        counts=counts.tolist(),
    )
    read = read_values(cells.texts.texts, role)
    for text in read.told:
        remarks.tell(text if text.startswith(cells.header) else f"{cells.header}: {text}")
    for question in read.questions:
        _ask(rows, cells, question, decisions, remarks)
    return read


def _decimal(mapping: Mapping) -> str:
    return "," if mapping.decimal == "," else ""


def _scale(part: str, kind: str, columns: MeasureColumns, header: str, decisions: Pairs[str, str]) -> str:
    if part != "value" or kind == "count":
        return "number" if kind == "number" else ""
    return decisions.get(f"scale:{header}", "") or (columns.scale if columns.scale != "number" else "")


def _marks(decisions: Pairs[str, str]) -> dict[str, str]:
    known = {*STATUS_CODES, ZERO}  # another word answers nothing: the text is asked about again
    return {k.removeprefix("mark:"): word for k, word in decisions.items() if k.startswith("mark:") and word in known}


def _in_halves(cells: Cells, counts: Ints) -> bool:
    """Whether so many numbers of a column are no whole ones that it cannot be a slip.

    Three decimals in all of them may be thousands: 1.200 is 1,200 where a comma begins the decimals.
    """
    numbers = [(text.replace(",", ""), count) for text, count in zip(cells.texts.texts, counts.tolist(), strict=True)]
    plain = [
        (float(text), count)
        for text, count in numbers
        if text.strip().replace(".", "", 1).isdigit() and text.isascii() and len(text) < 40
    ]
    total = sum(count for _, count in plain)
    parts = sum(count for number, count in plain if abs(number - round(number)) > 1e-6)
    groups = all(len(text.strip().partition(".")[2]) in (0, 3) for text in cells.texts.texts)
    return bool(total >= 10 and parts > HALVES * total and not groups)


def _ask(rows: Rows, cells: Cells, question: Question, decisions: Pairs[str, str], remarks: Remarks) -> None:
    """Pass a question on with the place of its text; "stop" makes it a problem."""
    text = question.key.removeprefix("mark:")
    found = [k for k, one in enumerate(cells.texts.texts) if one.strip() == text]
    first = int(np.argmax(np.isin(cells.texts.codes, found))) if found else -1
    place = rows.place(first, cells.header) if first >= 0 else question.place or cells.header
    if decisions.get(question.key) == "stop":
        remarks.wrong(place, question.found, "a cell that can be read")
        return
    remarks.ask(Question(question.key, place, question.found, question.ask, question.choices))


def _spread(read: Values, cells: Cells) -> _Part:
    """What was read of distinct texts, for every row."""
    codes = cells.texts.codes
    status = read.status.astype(np.int8)
    slack = np.array([_slack(text) for text in cells.texts.texts])
    if read.scale == "percent":
        slack = slack / 100
    return _Part(read.value[codes], read.numerator[codes], read.denominator[codes], status[codes], slack[codes])


def _slack(text: str) -> float:
    """One unit of the last digit of a number as printed."""
    match = PRINTED.search(text)
    return 10.0 ** -decimals(match[0]) if match else 1.0


def _status(value: _Part, numerator: _Part, denominator: _Part, pairs: Mask) -> Codes:
    """The status of each row from those of its parts."""
    both = (numerator.status == REPORTED) & (denominator.status == REPORTED)
    bound = np.isin(numerator.status, (TOP, BOTTOM)) & (denominator.status == REPORTED)
    known = np.isin(value.status, (REPORTED, TOP, BOTTOM))
    reason = np.full(len(both), MISSING, dtype=np.int8)
    for code in reversed(WEIGHT):
        reason[(value.status == code) | (numerator.status == code) | (denominator.status == code)] = code
    reason[np.isin(denominator.status, (TOP, BOTTOM))] = SUPPRESSED  # a group of fewer than ten is hidden
    answer = np.where(known, value.status, reason)
    answer = np.where(bound & ~np.isin(value.status, (TOP, BOTTOM)), numerator.status, answer)
    answer = np.where(both | pairs & (value.status == REPORTED), REPORTED, answer)
    nothing = (both & (numerator.value == 0) & (denominator.value == 0)) | (value.status == NOT_APPLICABLE) & pairs
    return np.asarray(np.where(nothing, NOT_APPLICABLE, answer), dtype=np.int8)


def _compare(
    rows: Rows, value: _Part, top: Floats, bottom: Floats, counted: Mask, share: bool, remarks: Remarks
) -> None:
    """Tell published rates that are not the quotient of their counts; the counts are used."""
    if not share:
        return
    both = counted & (value.status == REPORTED) & np.isfinite(value.value) & (bottom > 0)
    quotient = np.divide(top, bottom, out=np.full(len(top), np.nan), where=both)
    off = both & (np.abs(quotient - value.value) > np.maximum(WHOLE_UNIT * value.slack, 1e-9))
    if off.any():
        row = int(np.argmax(off))
        header = rows.cells["value"].header
        found = f"{value.value[row]:.10g} published, but {top[row]:.10g} of {bottom[row]:.10g} is {quotient[row]:.6g}"
        more = f"; {int(off.sum()) - 1} more such rows" if off.sum() > 1 else ""
        remarks.tell(f"{rows.place(row, header)}: {found}{more}; the counts are used")


def _set_aside(
    rows: Rows, answer: tuple[Floats, Floats, Floats, Codes], share: bool, data_type: str, remarks: Remarks
) -> tuple[Floats, Floats, Floats, Codes]:
    """The rows without numbers that cannot be: a part above its whole, a share beyond 0 and 1, less than none."""
    value, top, bottom, status = answer
    live = np.isin(status, (REPORTED, TOP, BOTTOM)) & ~rows.total
    above = live & share & (top > bottom)
    beyond = live & share & ((value < 0) | (value > 1))
    negative = live & ((top < 0) | (bottom < 0) | ((value < 0) & (data_type in ("count", "rate", "time_between"))))
    nothing = live & ~share & (bottom == 0) & np.isfinite(top)
    wrong = above | beyond | negative | nothing
    if int(wrong.sum()) > max(PLAUSIBLE * int(live.sum()), 1):
        row = int(np.argmax(wrong))
        found = f"{_numbers(value, top, bottom, row)}, and {int(wrong.sum()) - 1} more such rows of {int(live.sum())}"
        share_words = "a numerator no greater than its denominator (are the columns swapped?)"
        remarks.wrong(
            rows.place(row),
            found,
            share_words if above[row] else "numbers that can be: shares from 0 to 1, counts from 0",
        )
    for row in np.flatnonzero(wrong).tolist():
        why = "more than all" if above[row] else "less than none" if negative[row] else "no share from 0 to 1"
        why = "a denominator of zero" if nothing[row] else why
        group = f" ({rows.group.at(row)})" if rows.group.at(row) else ""
        school = shortened(rows.school_name.at(row) or rows.school.at(row), 40)
        found = f"{school}{group}: {_numbers(value, top, bottom, row)}"
        remarks.asides.append(Aside(rows.sources.at(row), int(rows.rows[row]), f"{why}; set aside", found))
    blank = np.where(wrong, np.nan, 0.0)
    return value + blank, top + blank, bottom + blank, np.where(wrong, np.int8(EXCLUDED), status)


def _numbers(value: Floats, top: Floats, bottom: Floats, row: int) -> str:
    if np.isfinite(top[row]) and np.isfinite(bottom[row]):
        rate = f" ({top[row] / bottom[row]:.4f})" if bottom[row] else ""
        return f"{top[row]:,.10g} of {bottom[row]:,.10g}{rate}"
    return f"{value[row]:.10g}"
