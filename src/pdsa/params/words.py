"""What a checked form complains about, in words: place, found, expected, and the nearest known word."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from typing import Any, get_args

from pydantic import BaseModel
from pydantic_core import ErrorDetails

from pdsa.errors import Problem

_TYPES = {
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "keys and values, indented below"),
    **{"tuple_type": "a list such as [a, b]", "string_type": "a text", "bool_parsing": "true or false"},
    **dict.fromkeys(("date_from_datetime_parsing", "date_parsing"), "a day of the calendar"),
}


# Parts of a path that no reader has written: pydantic's for keys, and our two ways to write rules.
_NO_PLACE = ("[key]", "[set]", "[list]")


def problem_of(model: type[BaseModel], error: ErrorDetails, before: str = "") -> Problem:
    """One complaint of pydantic as a problem of the file that was read."""
    path = [f"item {part + 1}" if isinstance(part, int) else part for part in error["loc"] if part not in _NO_PLACE]
    place = before + (".".join(path) or "the file")
    if error["type"] == "extra_forbidden":
        return Problem(place, "an unknown key", nearest(str(error["loc"][-1]), _known_keys(model, error["loc"])))
    if error["type"] == "missing":
        return Problem(place, "nothing", "a value")
    message = re.sub("^(Value error, |(Input|String) should (be |have )?)", "", error["msg"])
    if error["type"] == "literal_error":
        message = nearest(str(error["input"]), re.findall("'([^']*)'", message))
    return Problem(place, _found(error["input"]), _TYPES.get(error["type"], message))


def _found(value: object) -> str:
    if isinstance(value, str | int | float):
        return repr(value) if len(str(value)) <= 60 else f"{str(value)[:57]!r}..."
    return f"the keys {', '.join(map(str, value))}"[:80] if isinstance(value, dict) else "a list"


def _known_keys(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The keys that are known where the unknown one stands."""
    current: Any = model
    for part in loc[:-1]:
        current = _below(current, part)
    current = _below(current, None)
    return [field.alias or name for name, field in getattr(current, "model_fields", {}).items()]


def _below(annotation: Any, part: int | str | None) -> Any:
    """What stands at this key or place of a model, `tuple[Model, ...]`, `dict[str, Model]` or `Model | None`."""
    if hasattr(annotation, "model_fields"):
        return annotation if part is None else annotation.model_fields[str(part)].annotation
    inside = [one for one in get_args(annotation) if one not in (type(None), Ellipsis)]
    if type(None) in get_args(annotation):
        return _below(inside[0], part)
    return inside[-1] if inside else annotation


def nearest(word: str, known: Sequence[str]) -> str:
    """What to expect in place of an unknown word: the nearest known one first."""
    close = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    close = [one for one in close if one.startswith(word)] or close  # typed in part
    shown = ", ".join(known[:12]) + (", ..." if len(known) > 12 else "")
    return f"{close[0]} perhaps? Known: {shown}" if close else f"one of: {shown}"
