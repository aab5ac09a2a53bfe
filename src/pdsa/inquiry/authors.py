"""Who may write what: a team for its school, coaches for theirs, the hub for the network, a district its answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from pdsa.errors import Problem
from pdsa.records.inquiry import Person
from pdsa.terms import Entity

# What a district may write into an ask: its answer.
ANSWER = ("response", "responded_on")


@dataclass(frozen=True, slots=True)
class Deed:
    """What somebody wants to do to a record: of which kind and owner, whether it changes who sees it, which fields."""

    entity: Entity
    school: str
    shares: bool = False
    touched: tuple[str, ...] = ()
    new: bool = False


def check_author(people: Sequence[Person], author: str, deed: Deed, today: date) -> Problem | None:
    """Why somebody may not do this; None where they may.

    Where the log names nobody yet, everybody who can open it may write: a new team needs no set-up. Until somebody is
    its hub, everybody whom it names may name others.

    Parameters
    ----------
    people
        Everybody whom the log names.
    author
        Id of the person who writes.
    deed
        What they want to do.
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
    if deed.entity == "person":
        return _names_people(people, person)
    return _of_role(person, deed)


def _names_people(people: Iterable[Person], person: Person) -> Problem | None:
    hubs = sorted(one.id for one in people if one.role == "hub")
    if person.role == "hub" or not hubs:
        return None
    return Problem("author", f"{person.id} ({person.role}), writing about people", f"the hub: {', '.join(hubs)}")


def _of_role(person: Person, deed: Deed) -> Problem | None:
    own = deed.school in person.schools if deed.school else person.role in ("coach", "hub")
    if person.role == "district":
        return _of_district(person, deed)
    if not own:
        schools = ", ".join(person.schools) or "no school"
        role = "hub" if person.role == "hub" else f"{person.role} of {schools}"
        expected = "the network's records" if person.role == "hub" else "their own school"
        return Problem("author", f"{person.id} ({role}), writing for {deed.school or 'the network'}", expected)
    if deed.shares and deed.school and person.role != "team":
        found = f"{person.id} ({person.role}), deciding who sees a record of {deed.school}"
        return Problem("author", found, "somebody of its team: a record is the team's until the team shares it")
    return None


def _of_district(person: Person, deed: Deed) -> Problem | None:
    answers = deed.entity == "ask" and not deed.shares and not deed.new and set(deed.touched) <= set(ANSWER)
    what = f"{person.id} (district), writing {deed.entity.replace('_', ' ')} {' and '.join(deed.touched)}".strip()
    return None if answers else Problem("author", what, f"only {' and '.join(ANSWER)} of asks")


def touched(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[str, ...]:
    """The names of the fields that two versions of a record hold differently."""
    return tuple(sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name)))


def _span(person: Person) -> str:
    since = f"from {person.since}" if person.since else ""
    return f"{since} until {person.until}".strip() if person.until else since
