"""The texts of one column -> numbers, bounds and the reasons why there is none. What is no number never becomes one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from pdsa.mapping.cells import Cell, bare, comma_reading, point_reading, read_cell
from pdsa.mapping.marks import STATUS_CODES, ZERO, known_mark
from pdsa.mapping.scales import Found, find_decimal, find_scale, looks_like_fractions
from pdsa.mapping.unclear import group_of, questions_of
from pdsa.read.grid import KINDS
from pdsa.records.imports import Choice, Question

__all__ = ["ValueRole", "Values", "read_values"]

REPORTED, MISSING = STATUS_CODES["reported"], STATUS_CODES["missing"]
# Numbers this near to a whole one were whole before a spreadsheet computed with them (18.000000001).
NEARLY = 1e-6
EXACT = 14  # decimals of a share that was printed as a percent
# What a mapping may say of a text that looks like a number or bound and is one.
AS_IT_LOOKS = ("reported", "top_coded", "bottom_coded")
# "<10" and "fewer than 10" among shares: a share, or a group too small to be shown?
SMALL_GROUP = re.compile(r"(<|lt|under|below|less than|fewer than) ?[0-9]+", re.IGNORECASE)
# What comes in parts although it is counted: half days, and averages.
IN_PARTS = re.compile(r"(?<![a-z])(days?|hours?|avg|average|mean|fte|ad[am])(?![a-z])", re.IGNORECASE)
SENTINELS = tuple(float("9" * digits) for digits in range(3, 8))

Floats = NDArray[np.float64]
Codes = NDArray[np.int8]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class ValueRole:
    """What is known of a column of numbers before it is read.

    Parameters
    ----------
    column
        Its name.
    kind
        `count` (whole, zero or more), `share` (0 to 1, or a numerator and its denominator) or `number`.
    scale
        `percent`, `fraction` or `number`; "" to find out.
    decimal
        "." or ","; "" to find out.
    marks
        Texts and what they mean: one of `terms.STATUSES` (`reported`: the number that it looks like) or `zero`.
        They overrule the conventional ones. `ranges` and `negative` stand for all such texts.
    kinds
        The position in `KINDS` of each text; None for files of text.
    counts
        How often each text occurs; () for once.
    """

    column: str
    kind: str
    scale: str = ""
    decimal: str = ""
    marks: Mapping[str, str] = field(default_factory=dict)
    kinds: Sequence[int] | None = None
    counts: Sequence[int] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """The distinct texts of a column as read, each array of shape (texts,).

    Parameters
    ----------
    value
        Numbers; shares as 0 to 1; the bound where the status is top_coded or bottom_coded; NaN where there is none.
    numerator, denominator
        Of pairs ("12/30"), which have no `value`; else NaN.
    status
        Positions in `terms.STATUSES`; missing where `unknown`.
    scale, decimal
        As found or given; "" where a question waits.
    unknown
        Texts that nobody may read before a question is answered.
    told
        What was done that is certain or conventional, as sentences without a full stop.
    questions
        What is not guessed. Questions about single texts have an empty place: only the caller knows the rows.
    """

    value: Floats
    numerator: Floats
    denominator: Floats
    status: Codes
    scale: str
    decimal: str
    unknown: Mask
    told: tuple[str, ...]
    questions: tuple[Question, ...]


def read_values(texts: Sequence[str], role: ValueRole) -> Values:
    """Numbers, bounds and statuses of a column's distinct texts, with what was told and what must be asked.

    Parameters
    ----------
    texts
        The distinct texts, as the file has them.
    role
        What the column is.
    """
    column = _Column(texts, role)
    column.read_marks()
    column.read_numbers()
    column.read_pairs()
    return column.values()


class _Column:
    """A column on the way from texts to values: each step settles some texts, and what none settles is asked."""

    def __init__(self, texts: Sequence[str], role: ValueRole) -> None:
        self.role = role
        self.cells = [read_cell(text) for text in texts]
        self.marks = {bare(text)[0]: meaning for text, meaning in role.marks.items()}
        self.kinds = [KINDS[kind] for kind in role.kinds] if role.kinds is not None else [""] * len(texts)
        size = len(texts)
        self.counts = np.array(role.counts, dtype=np.int64) if len(role.counts) else np.ones(size, dtype=np.int64)
        self.value, self.numerator, self.denominator = (np.full(size, np.nan) for _ in range(3))
        self.status = np.full(size, MISSING, dtype=np.int8)
        self.settled = np.zeros(size, dtype=bool)
        self.waiting = np.zeros(size, dtype=bool)
        self.told: list[str] = []
        self.questions: list[Question] = []
        self.scale, self.decimal = role.scale, role.decimal

    def read_marks(self) -> None:
        """Settle blanks, marks of the mapping and conventional ones."""
        said: dict[tuple[str, str], int] = {}
        for position, cell in enumerate(self.cells):
            word = self._meaning(position)
            if word in ("", *AS_IT_LOOKS):
                continue
            self._settle(position, 0.0 if word == ZERO else np.nan, "reported" if word == ZERO else word)
            key = (cell.text or "blank cells", word)
            said[key] = said.get(key, 0) + int(self.counts[position])
        self.told += [f"{text} read as {word} ({_cells(count)})" for (text, word), count in said.items()]

    def read_numbers(self) -> None:
        """Settle numbers and bounds, once it is known how the column writes decimals and shares."""
        numbers = ~self.settled & self._where(self._may_be_number)
        written = self._decimals(numbers)
        numbers &= np.isfinite(written)
        numbers &= ~self._is_doubtful(written, numbers) & ~self._is_small_group(written, numbers)
        shares = self._scales(np.where(numbers, written, np.nan), numbers)
        open_ones = numbers & ~self.waiting
        if self.role.kind == "share" and self.scale != "number":
            open_ones &= ~(self._where(lambda cell: cell.side != "") & (shares > 1))
        for position in np.flatnonzero(open_ones).tolist():
            self._settle(position, shares[position], self.cells[position].side or "reported")
        self._tell_numbers(open_ones)
        if self.role.kind == "count":
            self._ask_about_parts(open_ones & (self.status == REPORTED))

    def read_pairs(self) -> None:
        """Settle "12/30" and "12 of 30" where the column is a share; 0 of 0 applies to nobody."""
        if self.role.kind != "share":
            return
        pairs = self._where(lambda cell: cell.form == "pair") & ~self.settled
        for position in np.flatnonzero(pairs).tolist():
            part, whole = self.cells[position].pair
            self.numerator[position], self.denominator[position] = part, whole
            self._settle(position, np.nan, "not_applicable" if part == whole == 0 else "reported")
        self._tell(pairs, "read as numerator and denominator")

    def values(self) -> Values:
        """What was read, with a question for every text that nothing settled."""
        unknown = ~self.settled
        rest = np.flatnonzero(unknown & ~self.waiting).tolist()
        asked = questions_of([(self.cells[p], self.kinds[p], int(self.counts[p])) for p in rest], self.role.column)
        return Values(
            self.value,
            self.numerator,
            self.denominator,
            self.status,
            self.scale,
            self.decimal,
            unknown,
            tuple(self.told),
            (*self.questions, *asked),
        )

    def _meaning(self, position: int) -> str:
        """What the mapping says of a text, or else convention; "" where neither says anything."""
        cell = self.cells[position]
        given = self.marks.get(cell.text, "") or self.marks.get(group_of(cell), "")
        if given or cell.form not in ("blank", "text"):
            return given
        usual = known_mark(cell.text) if cell.text else "missing"
        return usual or ("error" if self.kinds[position] == "error" else "")

    def _may_be_number(self, cell: Cell) -> bool:
        # "87%" in a column of counts is no count, and "1 018" is a thousand only where something is counted.
        if cell.form not in ("number", "bound"):
            return False
        counted = self.role.kind == "count"
        return not (cell.percent and (counted or self.role.scale == "number")) and (counted or not cell.spaced)

    def _decimals(self, numbers: Mask) -> Floats:
        """Numbers as written, NaN where a text has no such number or waits for an answer."""
        if not self.decimal:
            cells = [cell if number else Cell("blank") for cell, number in zip(self.cells, numbers, strict=True)]
            self.decimal = self._take(find_decimal(cells, self.role.column, self.role.kind == "count"))
        reading = comma_reading if self.decimal == "," else point_reading
        read = [reading(cell.token) if number else np.nan for cell, number in zip(self.cells, numbers, strict=True)]
        return np.where(self.waiting, np.nan, np.array(read, dtype=np.float64))

    def _scales(self, written: Floats, numbers: Mask) -> Floats:
        percents = numbers & self._where(lambda cell: cell.percent)
        if not self.scale and (self.role.kind == "share" or percents.any()):
            texts = [cell.text for cell in self.cells]
            self.scale = self._take(find_scale(written, percents, texts, self.role.column))
        elif self.scale == "percent" and looks_like_fractions(written[numbers & ~percents]):
            self.told.append(f"{self.role.column}: read as percent as the mapping says, although no number is above 1")
        elif not self.scale:
            self.scale = "number"
        hundredth = percents | (numbers & (self.scale == "percent"))
        # Rounded far below the last printed digit: 91.1 / 100 is 0.9109999999999999 in doubles.
        return np.where(hundredth, np.round(written / 100, EXACT), written)

    def _take(self, found: Found) -> str:
        if found.told:
            self.told.append(found.told)
        if found.question is not None:
            self.questions.append(found.question)
        if found.waiting is not None:
            self.waiting |= found.waiting
        return found.word

    def _is_doubtful(self, written: Floats, numbers: Mask) -> Mask:
        """Numbers that may be none: negative ones where nothing can be negative, codes such as -999 and 9999."""
        numbers = numbers & self._where(lambda cell: cell.form == "number")
        asked = numbers & ~np.array([self._meaning(p) in AS_IT_LOOKS for p in range(len(numbers))], dtype=bool)
        impossible = asked & (written < 0) & (self.role.kind != "number")
        coded = asked & (np.isin(np.abs(written), SENTINELS) | np.isin(written, (-1.0, -9.0, -99.0)))
        others = np.abs(written[numbers & ~coded])
        if not len(others):
            return np.asarray(impossible, dtype=bool)
        below = coded & (written < 0) & bool((written[numbers & ~coded] >= 0).all())
        return np.asarray(impossible | below | (coded & (np.abs(written) > 10 * others.max())), dtype=bool)

    def _is_small_group(self, written: Floats, numbers: Mask) -> Mask:
        """Bounds among shares that may as well tell how few the students are.

        Not where upper bounds stand too, unless other cells have percent signs and these have none.
        """
        bounds = numbers & self._where(lambda cell: cell.side != "" and not cell.percent)
        small = bounds & (written > 5) & self._where(lambda cell: bool(SMALL_GROUP.fullmatch(cell.text)))
        small &= ~np.array([self._meaning(p) in AS_IT_LOOKS for p in range(len(numbers))], dtype=bool)
        signed = bool(self._where(lambda cell: cell.percent).any())
        tops = bool(self._where(lambda cell: cell.side == "top_coded").any())
        return small & (self.role.kind == "share") & (signed or not tops)

    def _ask_about_parts(self, numbers: Mask) -> None:
        """Round what is whole but for the last digits of a double; ask about parts of a student."""
        off = numbers & (self.value != np.round(self.value))
        nearly = off & (np.abs(self.value - np.round(self.value)) < NEARLY)
        self._tell(nearly, "rounded to the whole number that it was computed from")
        self.value[nearly] = np.round(self.value[nearly])
        parts = off & ~nearly
        if IN_PARTS.search(self.role.column.replace("_", " ")):
            self._tell(parts, "kept: the column holds days, hours or averages")
        elif parts.any():
            self._take_back(parts)
            self.waiting |= parts
            self.questions.append(_whole_question(self.role.column, self._shown(parts)))

    def _tell_numbers(self, numbers: Mask) -> None:
        for side, words in (("top_coded", "or more"), ("bottom_coded", "or less")):
            bounds = numbers & (self.status == STATUS_CODES[side])
            self._tell(bounds, f"kept as bounds ({words}), not as values")
        self._tell(numbers & self._where(lambda cell: cell.spaced), "read with a space between thousands")
        cleaned = numbers & self._where(lambda cell: cell.cleaned)
        self._tell(cleaned, "read without the unseen characters around the number")

    def _tell(self, mask: Mask, words: str) -> None:
        if mask.any():
            self.told.append(f"{self._shown(mask)} {words} ({_cells(int(self.counts[mask].sum()))})")

    def _shown(self, mask: Mask) -> str:
        texts = [self.cells[position].text for position in np.flatnonzero(mask).tolist()]
        return ", ".join(texts[:3]) + (f" and {len(texts) - 3} more" if len(texts) > 3 else "")

    def _where(self, holds: Callable[[Cell], bool]) -> Mask:
        return np.array([holds(cell) for cell in self.cells], dtype=bool)

    def _settle(self, position: int, value: float, status: str) -> None:
        self.value[position], self.status[position] = value, STATUS_CODES[status]
        self.settled[position] = True

    def _take_back(self, mask: Mask) -> None:
        self.value[mask], self.status[mask], self.settled[mask] = np.nan, MISSING, False


def _whole_question(column: str, found: str) -> Question:
    choices = (
        Choice("averages", "averages or parts of days: the numbers are kept as they stand"),
        Choice("stop", "import nothing; the file must be mended first"),
    )
    ask = "What is counted comes in whole numbers. Are these averages, or parts of days?"
    return Question(f"whole:{column}", f"column {column}", found, ask, choices)


def _cells(count: int) -> str:
    return f"{count:,} cell{'s' if count != 1 else ''}"
