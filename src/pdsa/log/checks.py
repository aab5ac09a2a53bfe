"""What the log refuses before it writes: stale, moved or unreadable records, and authors who may not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pydantic import ValidationError
from sqlalchemy import Connection

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.inquiry import Change, Event, canonical
from pdsa.inquiry.authors import Deed, touched
from pdsa.log import queries
from pdsa.log.conflict import Conflict
from pdsa.log.faults import LOG, NOT_SAVED
from pdsa.params.inquiry import record_of
from pdsa.records.inquiry import Person
from pdsa.terms import VISIBILITIES, Entity, Visibility

LONGEST_ID = 100  # letters
SHOWN = 80  # letters of a value that a message shows


def default(school: str, person: Person | None) -> Visibility:
    """Who sees a new record: the network one of its own, a team one of its school, its coaches too where one wrote it.

    Parameters
    ----------
    school
        Its owner, "" for the network.
    person
        Who writes it, where the log knows them.
    """
    if not school:
        return "network"
    return "coach" if person and person.role == "coach" else "team"


def deed_of(change: Change, last: Event | None, usual: Visibility) -> Deed:
    """What a change does to a record, as far as it decides who may make it.

    Parameters
    ----------
    change, last
        What is to be saved, and the version that the log holds.
    usual
        Who sees a new record unless somebody decides otherwise.
    """
    names = touched(last.fields if last else {}, own_fields(change.fields))
    if last:
        shares = change.visibility not in (None, last.visibility)
    else:
        shares = VISIBILITIES.index(change.visibility or usual) > VISIBILITIES.index(usual)
    return Deed(change.entity, change.school, shares, names, new=last is None)


def own_fields(fields: Mapping[str, object]) -> dict[str, object]:
    """The fields without the id, which stands beside them."""
    return {name: value for name, value in fields.items() if name != "id"}


def body_of(change: Change) -> str:
    """The fields of a change as the log keeps them; "" where it takes the record out."""
    return "" if change.kind == "retire" else canonical(own_fields(change.fields))


def problems_of(change: Change) -> Iterator[Problem]:
    """Yield what no database could keep of a change: letters that are none, values that are no text or number."""
    where = f"{change.entity} {change.record}".strip()
    for name, text in (("id", change.record), ("school", change.school)):
        if len(text) > LONGEST_ID or not text.isprintable():
            shown = repr(text[:LONGEST_ID])
            yield Problem(f"{change.entity}, {name}", shown, f"at most {LONGEST_ID} ordinary letters")
    try:
        body_of(change).encode()
    except UnicodeEncodeError as error:
        yield Problem(where, f"half a letter ({error.object[error.start]!r})", "whole letters: type the text again")
    except (TypeError, ValueError) as error:
        yield Problem(where, f"a value that cannot be kept ({error})", "texts, finite numbers, lists")


def unreadable(entity: Entity, record: str, fields: Mapping[str, object], who: str = "") -> Iterator[Problem]:
    """Yield why fields make no record, so that nobody could read the log any more.

    Parameters
    ----------
    entity, record, fields
        What stands in the log, or would.
    who
        Whose event it is, where it stands there already.
    """
    try:
        record_of(entity, {**fields, "id": record})
    except ValidationError as error:
        for one in error.errors():
            place = f"{entity} {record}{who}, {'.'.join(map(str, one['loc']))}"
            found = "nothing" if one["type"] == "missing" else repr(one["input"])[:SHOWN]
            yield Problem(place, found, one["msg"])


def refuse_stale(connection: Connection, change: Change, last: Event | None) -> None:
    """Raise a Conflict where the change is based on another version than the last."""
    if change.based_on != (last.version if last else 0):
        base = queries.version(connection, change.entity, change.record, change.based_on)
        raise Conflict(change, base, last)


def refuse_moved(change: Change, last: Event | None) -> None:
    """Raise an InputError where the change would give a record to another owner."""
    if last and last.school != change.school:
        where = f"{change.entity} {change.record}"
        found, expected = f"the owner {change.school or 'network'}", f"its owner, {last.school or 'the network'}"
        problem = Problem(where, found, expected)
        raise InputError(LOG, (problem,), NOT_SAVED, "make a new record for the other school")


def unknown(entity: Entity, record: str) -> ParamsError:
    """The error of a record that does not stand in the log."""
    problem = Problem(entity, repr(record), "a record of the log that you may see")
    return ParamsError(LOG, (problem,), NOT_SAVED, f"pdsa log list {entity} shows them")
