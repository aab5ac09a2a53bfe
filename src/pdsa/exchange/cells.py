"""Fields of the log as cells of a spreadsheet, and back without loss."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal
from functools import cache
from typing import Any, get_args, get_type_hints

from pdsa.inquiry import Held
from pdsa.records.inquiry import RECORDS
from pdsa.terms import Entity

# What the log knows about a record beside its fields, in the columns after them.
ABOUT = ("school", "version", "author", "at", "visibility", "shared_by", "shared_on")
TASK = ("what", "who", "when", "where")
BAR = " | "
# What splits an item of a list: every end of a line that Python or a spreadsheet knows.
ODD = re.compile("[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]")


@cache
def columns_of(entity: Entity) -> tuple[str, ...]:
    """The columns of a kind of records: its fields, then what the log knows about each."""
    return (*(one.name for one in fields(RECORDS[entity])), *ABOUT)


def row_of(held: Held) -> list[str]:
    """The cells of a record, one for each column."""
    told = {name: str(getattr(held, name)) for name in ABOUT}
    own = {one.name: cell_of(getattr(held.record, one.name)) for one in fields(held.record)}
    return [{**own, **told}[name] for name in columns_of(held.entity)]


def cell_of(value: object) -> str:
    """A value as one cell: a list has a line for each item, a task is `what | who | when | where`.

    Examples
    --------
    >>> cell_of(("first", "second")), cell_of(2.5), cell_of(90.0), cell_of(None)
    ('first\\nsecond', '2.5', '90', '')
    """
    if value is None:
        return ""
    if isinstance(value, tuple):
        return _lines([one if isinstance(one, str) else _task(one) for one in value], value)
    return _digits(value) if isinstance(value, float) else str(value)


def _digits(number: float) -> str:
    """All digits of a number, without an exponent."""
    return format(Decimal(repr(number)), "f").removesuffix(".0")


def _task(task: object) -> str:
    return BAR.join(str(getattr(task, name)) for name in TASK).rstrip(" |")


def _lines(lines: list[str], value: tuple[object, ...]) -> str:
    """A line for each item; JSON where an item has lines, bars or outer blanks of its own."""
    plain = all(isinstance(one, str) for one in value)
    parts = lines if plain else [str(getattr(one, name)) for one in value for name in TASK]
    odd = any(one != one.strip() or ODD.search(one) or (not plain and "|" in one) for one in parts)
    if odd or any(not one.strip() or one.startswith("[") for one in lines):
        told = list(value) if plain else [{name: getattr(one, name) for name in TASK} for one in value]
        return json.dumps(told, ensure_ascii=False)
    return "\n".join(lines)


def fields_of(entity: Entity, row: Mapping[str, str]) -> dict[str, object]:
    """The fields that the cells of a row hold; lists and tasks as such, everything else as text.

    Parameters
    ----------
    entity
        The kind of the record.
    row
        Cells by column; columns that are no field are left out, blank cells too.
    """
    lists = _lists(entity)
    found: dict[str, object] = {}
    for one in fields(RECORDS[entity]):
        if text := row.get(one.name, ""):
            found[one.name] = _listed(text, tasks=one.name == "tasks") if one.name in lists else text
    return found


@cache
def _lists(entity: Entity) -> frozenset[str]:
    hints = get_type_hints(RECORDS[entity])
    return frozenset(name for name, hint in hints.items() if Ellipsis in get_args(hint))


def _listed(text: str, *, tasks: bool) -> list[Any]:
    if text.startswith("["):
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        if isinstance(found, list):
            return found
    lines = text.split("\n")
    return (
        [dict(zip(TASK, (part.strip() for part in line.split("|")), strict=False)) for line in lines]
        if tasks
        else lines
    )
