"""Headers as people and publishers write them: folded to plain words, and the roles that they name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache

from pdsa.content import content
from pdsa.content.library import library
from pdsa.mapping.formats import period_like

__all__ = [
    "MEASURE_PARTS",
    "best_row",
    "folded",
    "group_words",
    "is_number",
    "measure_parts",
    "measures_in",
    "roles_of",
    "total_label",
    "zeros",
]

YEARS = re.compile(r"\b(19|20)[0-9]{2}\s*[-/–]\s*((19|20)?[0-9]{2})\b|\b(19|20)[0-9]{2}\b")
BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")
NUMBER = re.compile(r"[<>=≤≥~ ]*[-−(]?[0-9][0-9.,  ]*%?\)?|\.[0-9]+")
LONGEST_LABEL = 80
MEASURE_PARTS = ("value", "numerator", "denominator")
ROLES = (
    *("school", "school_name", "district", "district_name", "unit_part", "ignored_place", "period"),
    *("measure", "value", "numerator", "denominator", "group_dim", "group", "status"),
)


def folded(text: str) -> str:
    """A header as plain words in small letters: without punctuation, footnote marks, brackets and years.

    Examples
    --------
    >>> folded("2019-2020 Student Count (used in rate)*")
    'student count'
    >>> folded("% Chronically Absent")
    'percent chronically absent'
    """
    plain = BRACKETS.sub(" ", YEARS.sub(" ", unicodedata.normalize("NFKC", text)))
    return _words(plain) or _words(text)


def _words(text: str) -> str:
    text = re.sub("([a-z])([A-Z])", r"\1 \2", text).casefold()
    text = re.sub(r"%|\bpct\b|\bperc\b|\bpercentage\b", " percent ", text.replace("_", " "))
    text = re.sub(r"#|\bcnt\b|\bnbr\b", lambda m: " number " if m[0] == "#" else f" {m[0]} ", text)
    return " ".join(re.findall(r"[^\W_]+", text))


def is_number(text: str) -> bool:
    """Whether a cell looks like a number, a percent or a bound."""
    return NUMBER.fullmatch(text.strip()) is not None


@cache
def _synonyms() -> dict[str, tuple[str, ...]]:
    """For each folded header the roles it may name."""
    found: dict[str, list[str]] = {}
    known = content("headers")
    for role in ROLES:
        for text in known[role]:
            found.setdefault(_words(str(text)), []).append(role)
    return {text: tuple(roles) for text, roles in found.items()}


def roles_of(header: str) -> tuple[str, ...]:
    """The roles that a header may name, such as `("school", "school_name")`; () for an unknown one."""
    return _synonyms().get(folded(header)) or _synonyms().get(_words(header), ())


@cache
def _measure_synonyms() -> dict[str, tuple[tuple[str, str], ...]]:
    """For each folded header the pairs of measure and part under which it is published."""
    found: dict[str, list[tuple[str, str]]] = {}
    for measure in library():
        names = {"value": (*measure.value, measure.name, measure.id)}
        names |= {"numerator": measure.numerator, "denominator": measure.denominator}
        for part, texts in names.items():
            for text in texts:
                pairs = found.setdefault(folded(text), [])
                if (measure.id, part) not in pairs:
                    pairs.append((measure.id, part))
    return {text: tuple(pairs) for text, pairs in found.items()}


def measures_in(text: str) -> tuple[str, ...]:
    """Measures of the library that a title or a file's name mentions by a name of two words or more."""
    words = f" {_words(text)} "
    found = [
        id for name, pairs in _measure_synonyms().items() if " " in name and f" {name} " in words for id, _ in pairs
    ]
    return tuple(dict.fromkeys(found))


def measure_parts(header: str) -> tuple[tuple[str, str], ...]:
    """Pairs of a measure of the library and the part (`value`, `numerator`, `denominator`) that a header names."""
    return _measure_synonyms().get(folded(header), ())


@cache
def group_words() -> frozenset[str]:
    """Texts of a group that mean everybody."""
    return frozenset(content("headers")["wholes"])


@cache
def _totals() -> tuple[tuple[str, ...], ...]:
    known = content("headers")["totals"]
    return tuple(tuple(known[part]) for part in ("begins", "ends", "all_of", "exactly"))


def total_label(text: str) -> bool:
    """Whether a label says that its row is a total of others: "STATE TOTALS", "Grand Total", "All Allegany Schools"."""
    words = _words(text)
    if len(text) > LONGEST_LABEL:
        return False
    begins, ends, all_of, exactly = _totals()
    whole = words.startswith("all ") and words.split()[-1] in all_of
    first = any(words == one or words.startswith(f"{one} ") for one in begins)
    return words in exactly or whole or first or any(words.endswith(f" {one}") for one in ends)


def zeros(text: str) -> bool:
    """Whether an id consists of zeros only, or of nines only, as those of totals do: "00000", "999999"."""
    digits = text.strip().strip("'")
    return bool(digits) and (set(digits) == {"0"} or (len(digits) > 2 and set(digits) == {"9"}))


def best_row(rows: Sequence[Sequence[str]], known: Iterable[str] = ()) -> list[float]:
    """How much each row looks like a header: two for each cell that names a role or a known header, one for other text.

    Parameters
    ----------
    rows
        Cells of each candidate row.
    known
        Folded headers that a mapping names.
    """
    wanted = frozenset(known)
    return [_row_score(row, wanted) for row in rows]


def _row_score(row: Sequence[str], known: frozenset[str]) -> float:
    cells = [cell.strip() for cell in row if cell.strip()]
    if len(set(cells)) < 2 or any(len(cell) > 150 for cell in cells):  # a title, also one merged over all columns
        return 0.0
    score = 0.0
    for cell in dict.fromkeys(cells):
        if folded(cell) in known or roles_of(cell) or measure_parts(cell):
            score += 2.0
        elif period_like(cell):  # the columns of a wide table are called 2019, 2020 ...
            score += 0.5
        elif is_number(cell):
            score -= 1.0
    return score
