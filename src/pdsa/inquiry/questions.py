"""Free texts that may hold something personal: asked about before they are saved."""

from __future__ import annotations

from collections.abc import Iterator

from pdsa.errors import Problem
from pdsa.inquiry.personal import personal_in
from pdsa.inquiry.saving import Saved, Saving
from pdsa.params.inquiry import kinds
from pdsa.records.inquiry import Person, Record, Task

__all__ = ["questions"]

FREE = ("text", "texts", "line", "tasks")
# Who does or owns something is named on purpose.
NAMED = ("owner", "org", "team_id", "name")


def questions(all_: Saving) -> Iterator[Problem]:
    """Each free text that is new and may hold something personal, without what it holds."""
    known = _known(all_)
    for one in all_.saved:
        if one.entity == "person" or one.change.kind == "undo":  # what comes back stood in the log before
            continue
        answered = all_.reference.not_personal
        for name, kind in kinds(one.entity).items():
            if kind.name in FREE and name not in NAMED and name not in answered and "*" not in answered:
                yield from _asked(one, name, known)


def _known(all_: Saving) -> frozenset[str]:
    """Names and numbers that are no student's: of the log's people, and of schools."""
    people = all_.after.records(Person)
    told = [text for one in people for text in (" ".join(one.name.split()), one.email)]
    told += [text for one in all_.reference.schools for text in (one.id, one.name)]
    return frozenset(text.casefold() for text in told if text)


def _asked(one: Saved, name: str, known: frozenset[str]) -> Iterator[Problem]:
    before = dict.fromkeys(text for _, text in _texts(one.before.record, name)) if one.before else {}
    for place, text in _texts(one.record, name):
        if text in before:
            continue
        for what, at in personal_in(text, known):
            yield one.problem(
                f"{name}{place}, character {at}",
                f"what may be {what}",
                f"no data of single persons: take it out, or say that it is none: --not-personal {name}",
            )


def _texts(record: Record, name: str) -> Iterator[tuple[str, str]]:
    """Each free text of a field with its place in it; of a task not who does it."""
    value = getattr(record, name)
    if isinstance(value, str):
        yield "", value
    for position, item in enumerate(value if isinstance(value, tuple) else (), start=1):
        if isinstance(item, Task):
            yield f", item {position}", "\n".join((item.what, item.when, item.where))
        else:
            yield f", item {position}", str(item)
