"""Fields of the log as people wrote them -> canonical fields and records; every mistake is named at once."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING
from dataclasses import fields as dataclass_fields
from datetime import date
from functools import cache
from itertools import pairwise
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import TypeAdapter

from pdsa.errors import Problem
from pdsa.params.typed import Kind, is_blank, read
from pdsa.params.words import nearest
from pdsa.records.inquiry import RECORDS, Record
from pdsa.terms import Entity

__all__ = ["field_name", "kinds", "read_fields", "record_of"]

Fields = dict[str, object]

LISTS_OF_IDS = ("spread_to", "schools")
LINES = ("title", "label", "name", "category", "owner", "org", "group", "with_whom", "team_id")
# Kinds that the type of a field does not tell.
SPECIAL: dict[tuple[str, str], Kind] = {
    ("cycle", "cycle_no"): Kind("whole", least=1, most=999),
    ("cycle", "artifacts"): Kind("addresses"),
    ("prediction", "probability"): Kind("number", least=0, most=1),
    ("progress", "score"): Kind("half", least=0.5, most=5),
    ("change_idea", "tools_url"): Kind("address"),
    ("person", "email"): Kind("email"),
}
# What a record cannot do without, and how it is asked for.
REQUIRED: dict[Entity, dict[str, str]] = {
    "aim": {
        "statement": "how good, for whom, by when, in a sentence",
        "measure_id": "the measure that shows it",
        "population": "for whom: an aim names its population, such as all grade 9 students",
        "target_value": "how good: an aim has a number",
        "by_date": "by when: an aim has a date such as 2026-06-30",
    },
    "driver": {"text": "what must move for the aim to be reached"},
    "cause": {"category": "the bone of the fishbone, such as Schedule", "cause": "the suspected cause"},
    "change_idea": {"title": "what could be done differently, in a few words"},
    "cycle": {"school_id": "the school that tests", "change_idea_id": "the change idea that is tested"},
    "prediction": {
        "cycle_id": "the cycle that it is made for",
        "question": "what will happen",
        "because": "why: a prediction says because",
    },
    "annotation": {"date": "the day that it speaks of", "label": "what happened, in a few words"},
    "phase": {
        "measure_id": "the measure whose lines change",
        "school_id": "the school",
        "start": "the first day of the new lines",
        "reason": "why the process is another one from that day on",
        "evidence_cycle_id": "the cycle that shows it",
    },
    "interview": {"date": "the day of the interview", "heard": "what was heard"},
    "insight": {"text": "what you conclude, in words that others can use"},
    "ask": {"text": "where you are stuck, or what you ask for"},
    "progress": {"school_id": "the school", "on": "the day of the rating", "score": "from 0.5 to 5 in halves"},
    "person": {"name": "the name under which people know them"},
}


def record_of(entity: Entity, fields: Mapping[str, object]) -> Record:
    """The record of fields that the log holds, which were checked when they were saved."""
    record: Record = adapter(entity).validate_python(dict(fields))
    return record


@cache
def adapter(entity: Entity) -> TypeAdapter[Record]:
    """What reads and writes one kind of record; built once, for building it takes longer than a hundred records."""
    return TypeAdapter(RECORDS[entity])


def read_fields(entity: Entity, texts: Mapping[str, object], place: str = "") -> tuple[Fields, tuple[Problem, ...]]:
    """Canonical fields of one record as `inquiry.canonical` takes them, and everything that is wrong with the texts.

    Dates become texts such as 2025-10-13, numbers numbers, lists lists; blank fields are left out, or get the value
    that a record has without them. Free text stays as it was written: only the line ends of Windows become those of
    everybody.

    Parameters
    ----------
    entity
        The kind of record.
    texts
        What people wrote, by field: texts of a form, of a row of a sheet or of the command line, or values that are
        typed already. Lists have their items on lines or between semicolons, or are lists; tasks are lines
        "what | who | when | where", or mappings. `id` is read too.
    place
        Where it stands, such as `cycles.csv, row 3`.

    Examples
    --------
    >>> read_fields("progress", {"school_id": "0107", "on": "2025-10-13", "score": "2.5"})
    ({'school_id': '0107', 'on': '2025-10-13', 'score': 2.5}, ())
    >>> fields, problems = read_fields("driver", {"tekst": "Rides"})
    >>> str(problems[1])
    'text: found nothing, expected what must move for the aim to be reached.'
    """
    problems: list[Problem] = []
    known = kinds(entity)
    fields: Fields = {}
    for name, value in texts.items():
        field = field_name(name)

        def tell(at: str, found: str, expected: str, field: str = field) -> None:
            problems.append(Problem(_place(place, f"{field}, {at}" if at else field), found, expected))

        if field not in known:
            tell("", "an unknown field", nearest(field, tuple(known)))
        elif (filled := read(known[field], value, tell)) not in (None, []):
            fields[field] = filled
    written = {field_name(name) for name, value in texts.items() if not is_blank(value)}
    problems += _amiss(entity, fields, written, place)
    defaults = {name: value for name, value in _defaults(entity).items() if name not in written}
    return {**defaults, **fields}, tuple(problems)


@cache
def kinds(entity: Entity) -> dict[str, Kind]:
    """What each field of a kind of record holds, `id` last."""
    hints: dict[str, Any] = get_type_hints(RECORDS[entity])
    found = {name: SPECIAL.get((entity, name)) or _kind(name, hint) for name, hint in hints.items() if name != "id"}
    return {**found, "id": Kind("id")}


@cache
def _defaults(entity: Entity) -> dict[str, object]:
    """What a field holds where nobody wrote anything, but for those that are then empty."""
    plain = {one.name: one.default for one in dataclass_fields(RECORDS[entity]) if one.default is not MISSING}
    return {name: value for name, value in plain.items() if value not in (None, "", ())}


def _kind(name: str, hint: Any) -> Kind:
    """The kind of a field by its name and its type, `... | None` or not."""
    types = [one for one in (hint, *get_args(hint)) if one is not type(None)]
    for one in types:
        if get_origin(one) is Literal:
            return Kind("word", words=get_args(one))
        if one in (date, float, int):
            return Kind({date: "date", float: "number", int: "whole"}[one])
    if get_origin(hint) is tuple:
        if get_args(hint)[0] is not str:
            return Kind("tasks")
        return Kind("ids" if name.endswith("_ids") or name in LISTS_OF_IDS else "texts")
    if name in LINES:
        return Kind("line")
    return Kind("id" if name.endswith("_id") else "text")


def field_name(name: object) -> str:
    """The name of a field whatever its case and blanks: `Change idea ID` is `change_idea_id`."""
    text = name if isinstance(name, str) else type(name).__name__
    return re.sub(r"[\s-]+", "_", text.strip().casefold())[:80]


def _place(place: str, field: str) -> str:
    return f"{place}, {field}" if place else field


def _amiss(entity: Entity, fields: Fields, written: set[str], place: str) -> Iterator[Problem]:
    """What is lacking, and what does not go together; nothing of what was told to be wrong."""
    for name, wanted in REQUIRED[entity].items():
        if name not in written:
            yield Problem(_place(place, name), "nothing", wanted)
    if entity == "prediction":
        yield from _typed(fields, written, place)


# What holds a prediction of each type.
HOLDS = {"value": ("value",), "range": ("low", "high"), "direction": ("direction",), "probability": ("probability",)}


def _typed(fields: Fields, written: set[str], place: str) -> Iterator[Problem]:
    """Whether a prediction has what its type needs; a prediction without a type gets that of what it has."""
    if "type" not in written:
        fields["type"] = next((kind for kind, needs in HOLDS.items() if written.intersection(needs)), "text")
    for name in HOLDS.get(str(fields.get("type")), ()):
        if name not in written:
            wanted = f"it: a prediction of type {fields['type']} needs {' and '.join(HOLDS[str(fields['type'])])}"
            yield Problem(_place(place, name), "nothing", wanted)
    ends = [(name, fields[name]) for name in ("low", "value", "high") if isinstance(fields.get(name), float)]
    for (lower, low), (upper, high) in pairwise(ends):
        if low > high:  # type: ignore[operator]
            yield Problem(_place(place, lower), f"{low:g}", f"at most {upper}, which is {high:g}")
