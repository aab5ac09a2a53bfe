"""Two edits of one record put together field by field; where both changed the same field, people decide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clash:
    """A field that both sides changed, each to something else; None where a side emptied it."""

    field: str
    base: object
    theirs: object
    mine: object


@dataclass(frozen=True, slots=True)
class Merge:
    """All fields as far as they go together; of the clashes it holds what the others saved."""

    fields: Mapping[str, object]
    clashes: tuple[Clash, ...]


def merge(base: Mapping[str, object], theirs: Mapping[str, object], mine: Mapping[str, object]) -> Merge:
    """The fields that two edits of the same version leave.

    Parameters
    ----------
    base
        The fields of the version that both started from.
    theirs
        What somebody else has saved since.
    mine
        What was to be saved now.
    """
    joined: dict[str, object] = {}
    clashes = []
    for name in dict.fromkeys((*base, *theirs, *mine)):
        before, other, own = base.get(name), theirs.get(name), mine.get(name)
        value = own if other == before else other
        if other not in (before, own) and own != before:
            clashes.append(Clash(name, before, other, own))
        if value is not None:
            joined[name] = value
    return Merge(joined, tuple(clashes))
