"""Who may write what: a team for its school, coaches for theirs, the hub for the network."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from pdsa.errors import Problem
from pdsa.records.inquiry import Person
from pdsa.terms import Entity


def check_author(people: Sequence[Person], author: str, school: str, entity: Entity, today: date) -> Problem | None:
    """Why somebody may not write this record; None where they may.

    Where the log names nobody yet, everybody who can open it may write: a new team needs no set-up.

    Parameters
    ----------
    people
        Everybody whom the log names.
    author
        Id of the person who writes.
    school, entity
        The owner of the record, "" for the network, and its kind.
    today
        The day of writing.
    """
    if not people:
        return None
    person = next((one for one in people if one.id == author), None)
    if person is None:
        return Problem("author", repr(author), f"one of: {', '.join(sorted(one.id for one in people))}")
    if (person.until and person.until < today) or (person.since and person.since > today):
        return Problem("author", f"{author}, who writes here only {_span(person)}", "somebody who writes here today")
    if person.role == "hub" or (person.role == "district" and entity == "ask"):
        return None
    if school and school in person.schools:
        return None
    if not school and person.role == "coach" and entity != "person":
        return None
    own = ", ".join(person.schools) or "no school"
    return Problem(
        "author", f"{author} ({person.role} of {own}), writing for {school or 'the network'}", "their own school"
    )


def _span(person: Person) -> str:
    since = f"from {person.since}" if person.since else ""
    return f"{since} until {person.until}".strip() if person.until else since
