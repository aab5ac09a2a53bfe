"""Rows that are totals of others: recognized by their label, kept apart, and later compared with their members."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pdsa.check import Coded
from pdsa.mapping.headers import folded, group_words, roles_of, total_label, zeros
from pdsa.mapping.remarks import Remarks, listed_rows, shortened
from pdsa.mapping.tables import Table
from pdsa.records.imports import Choice, Question

__all__ = ["WHOLE_IDS", "total_rows", "whole_groups"]

Mask = NDArray[np.bool_]

# Ids that stand for "all of them" in published files, beside a label that says so.
WHOLE_IDS = frozenset(
    {
        "",
        "a",
        "all",
        "total",
        "totals",
        "state",
        "district",
        "network",
        "nation",
        "overall",
        "-",
        "--",
        "*",
        "999",
        "9999",
        "99999",
    }
)


def total_rows(
    table: Table, ids: Sequence[str], labels: Sequence[str], decisions: Mapping[str, str], remarks: Remarks
) -> Mask:
    """Shape (rows,): rows that are totals; a label of a total beside an ordinary id is a question.

    Parameters
    ----------
    ids
        Headers whose cells are blank, "A", "TOTAL" ... in a row of totals.
    labels
        Headers that may hold the label.
    """
    named = np.zeros(len(table.rows), dtype=bool)
    text_of = np.full(len(table.rows), "", dtype=object)
    for header in dict.fromkeys([*labels, *ids]):
        column = table.columns[table.headers.index(header)]
        hits = _texts(column, total_label)
        if int(hits.sum()) * 2 > len(hits) > 2:  # what stands in most rows is no label of a total
            continue
        text_of[hits & ~named] = np.array(column.texts, dtype=object)[column.codes[hits & ~named]]
        named |= hits
    if not named.any():
        return named
    plain = np.zeros(len(table.rows), dtype=bool)
    others = [h for h in table.headers if "school" in roles_of(h) and "school_name" not in roles_of(h)]
    for header in dict.fromkeys([*ids, *others]):
        column = table.columns[table.headers.index(header)]
        plain |= _texts(column, _whole_id)
    found = named & plain
    for text in dict.fromkeys(text_of[named & ~plain].tolist()):
        key = f"total:{shortened(text, 40)}"
        if decisions.get(key) == "total":
            found |= (text_of == text) & named
        elif decisions.get(key) != "school":
            _ask(table, text, np.flatnonzero((text_of == text) & named), key, remarks)
    _tell(table, found, text_of, remarks)
    return found


def _whole_id(text: str) -> bool:
    return folded(text) in WHOLE_IDS or not text.strip() or zeros(text) or total_label(text)


def _texts(column: Coded, holds: Callable[[str], bool]) -> Mask:
    return np.array([holds(text) for text in column.texts], dtype=bool)[column.codes]


def _ask(table: Table, text: str, rows: NDArray[np.int64], key: str, remarks: Remarks) -> None:
    shown = f"{shortened(text)!r}, beside an id like that of a school"
    choices = (Choice("total", "a total of other rows: left out and compared"), Choice("school", "a school of its own"))
    place = f"{table.source}, {listed_rows(table.rows[rows].tolist())}"
    remarks.ask(Question(key, place, shown, "is this row a total?", choices))


def _tell(table: Table, found: Mask, text_of: NDArray[np.object_], remarks: Remarks) -> None:
    if found.any():
        texts = dict.fromkeys(shortened(str(text).strip(), 30) for text in text_of[found].tolist())
        shown = ", ".join(list(texts)[:3]) + (f" and {len(texts) - 3} more labels" if len(texts) > 3 else "")
        rows = listed_rows(table.rows[found].tolist())
        if table.members is not None:
            rows = f"{int(found.sum()):,} rows in {len(np.unique(table.members.codes[found])):,} members"
        remarks.tell(f"{table.source}, {rows}: totals ({shown}); left out of the schools and compared with their sums")


def whole_groups(column: Coded) -> Mask:
    """Shape (rows,): rows whose group means everybody."""
    return _texts(column, lambda text: not text.strip() or folded(text) in group_words())
