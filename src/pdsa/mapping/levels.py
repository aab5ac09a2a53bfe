"""Files that hold schools beside their districts and the state: a column says of what each row is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pdsa.check import Coded
from pdsa.content import content
from pdsa.mapping.headers import folded, group_words, roles_of, zeros
from pdsa.mapping.keys import mapped, same_texts
from pdsa.mapping.remarks import Remarks, listed_rows, shortened
from pdsa.mapping.tables import Table
from pdsa.records.imports import Choice, Question

__all__ = ["OWN_TOTALS", "coarser", "level_column", "namesakes", "rank_of", "uncompared"]

Mask = NDArray[np.bool_]

RANKS = ("school", "district", "region", "all")
OWN_TOTALS = "district-rows"  # the decision about rows that bear the number of their own district
MOST_TEXTS = 30


@cache
def _words() -> dict[str, str]:
    known = content("headers")["levels"]
    return {word: rank for rank in RANKS for word in known[rank]}


@cache
def _headers() -> frozenset[str]:
    return frozenset(folded(text) for text in content("headers")["levels"]["headers"])


def rank_of(text: str) -> str:
    """Of what a row is by the last word of its level: `school`, `district`, `region` or `all`; "" for other texts.

    Examples
    --------
    >>> rank_of("LEA District"), rank_of("Local authority"), rank_of("Middle")
    ('district', 'district', '')
    """
    words = re.findall(r"[^\W_]+", text.casefold())
    return _words().get(words[-1], "") if words else ""


def level_column(
    table: Table, decisions: Mapping[str, str], remarks: Remarks
) -> tuple[str, tuple[str, ...]] | tuple[()]:
    """The column of levels, and its texts (in small letters) of coarser units than the finest; () if there is none.

    A text that is no level, beside texts that are, is a question: `level:<text>`.
    """
    for header in dict.fromkeys(table.headers):
        if not header or folded(header) not in _headers():
            continue
        texts = [text for text in _used(table.columns[table.headers.index(header)]) if text.strip()]
        ranks = {text: decisions.get(f"level:{text.strip()}") or rank_of(text) for text in texts}
        known = set(filter(None, ranks.values()))
        if len(known) < 2 or len(texts) > MOST_TEXTS:
            continue
        for text in (text for text, rank in ranks.items() if not rank):
            _ask(table, header, text.strip(), remarks)
        finest = min(known, key=RANKS.index)
        coarse = tuple(text.strip().casefold() for text, rank in ranks.items() if rank and rank != finest)
        return header, coarse
    return ()


def _used(column: Coded) -> list[str]:
    counts = np.bincount(column.codes, minlength=len(column.texts)).tolist()
    return [text for text, count in zip(column.texts, counts, strict=True) if count]


def _ask(table: Table, header: str, text: str, remarks: Remarks) -> None:
    choices = (
        Choice("school", "rows of single schools"),
        Choice("district", "rows of whole districts"),
        Choice("region", "rows of counties or regions"),
        Choice("all", "rows of the whole state or network"),
    )
    shown = f"{shortened(text)!r} beside texts such as state, district and school"
    ask = "of what are these rows?"
    remarks.ask(Question(f"level:{text}", f"{table.source}, {header}", shown, ask, choices))


def coarser(table: Table, level: tuple[str, tuple[str, ...]] | tuple[()]) -> Mask:
    """Shape (rows,): rows whose level is one of the coarser ones."""
    if not level or level[0] not in table.headers:
        return np.zeros(len(table.rows), dtype=bool)
    column = table.columns[table.headers.index(level[0])]
    return np.array([text.strip().casefold() in level[1] for text in column.texts], dtype=bool)[column.codes]


def _same_names(table: Table) -> Mask:
    """Shape (rows,): rows whose school is called like their district; all rows where no columns of names tell."""
    school = [h for h in table.headers if "school_name" in roles_of(h) and "district_name" not in roles_of(h)]
    district = [h for h in table.headers if "district_name" in roles_of(h) and "district" not in roles_of(h)]
    if not school or not district:
        return np.ones(len(table.rows), dtype=bool)
    one, two = (mapped(table.columns[table.headers.index(h)], folded) for h in (school[-1], district[0]))
    return same_texts(one, two)


def uncompared(table: Table, levels: Sequence[str], district: str, total: Mask) -> Mask:
    """Shape (rows,): totals whose members are not known, or that are only a part of a total.

    Regions; districts where no column names the district; and totals of some kinds of schools ("Charter: Yes") where
    others are of all kinds ("Charter: All").
    """
    found = np.zeros(len(table.rows), dtype=bool)
    apart = ("region",) if district else ("region", "district")
    for header in (one for one in levels if one in table.headers):
        column = table.columns[table.headers.index(header)]
        found |= np.array([rank_of(text) in apart for text in column.texts], dtype=bool)[column.codes]
    for header, column in zip(table.headers, table.columns, strict=True):
        if re.search(r"\b(charter|dass)\b", folded(header)):
            whole = np.array([folded(text) in group_words() for text in column.texts], dtype=bool)[column.codes]
            found |= ~whole if (whole & total).any() else False
    return found & total


def namesakes(
    table: Table, school: str, district: str, total: Mask, decisions: Mapping[str, str], remarks: Remarks
) -> Mask:
    """Shape (rows,): rows whose school bears the number of its district, where that has other schools; asked once."""
    none = np.zeros(len(table.rows), dtype=bool)
    if not school or not district or school == district or decisions.get(OWN_TOTALS) == "school":
        return none
    own, over = (table.columns[table.headers.index(header)] for header in (school, district))
    same = same_texts(mapped(over, str.strip), mapped(own, str.strip))
    same &= ~total & ~np.array([zeros(text) for text in own.texts], dtype=bool)[own.codes]
    same &= _same_names(table)
    others = np.bincount(over.codes[~same & ~total], minlength=len(over.texts)) > 0
    same &= others[over.codes]
    if same.any() and decisions.get(OWN_TOTALS) != "total":
        rows = np.flatnonzero(same)
        row = int(rows[0])
        shown = f"{school} {own.at(row)} is the {district} too, which has other schools besides"
        choices = (
            Choice("total", "rows of whole districts: left out and compared"),
            Choice("school", "schools of their own"),
        )
        place = f"{table.source}, {listed_rows(table.rows[rows].tolist())}"
        remarks.ask(Question(OWN_TOTALS, place, shown, "are these rows totals of their districts?", choices))
    return np.asarray(same, dtype=bool)
