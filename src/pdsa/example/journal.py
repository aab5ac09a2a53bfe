"""The improvement log of the synthetic network, written as its invented people would have written it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from pdsa.errors import PdsaError
from pdsa.example.edits import Edit, edits
from pdsa.example.plan import SCHOOLS
from pdsa.inquiry import Change, Event, State, replay
from pdsa.inquiry.events import canonical
from pdsa.publish import write_atomic
from pdsa.terms import Entity

__all__ = ["is_unchanged", "saves", "state_of", "write_log"]

AFTER_SCHOOL = time(20, 30, tzinfo=UTC)  # of a day in the time zones of North America
MINUTE = timedelta(minutes=1)
OWNER_ONLY = 0o600


class Save(NamedTuple):
    """What one person saved at once: when, and for which school."""

    at: datetime
    author: str
    school: str
    edits: tuple[Edit, ...]


def saves(schools: int) -> list[Save]:
    """Every save of the log, school by school and in order of time; what a person wrote on a day is one.

    Parameters
    ----------
    schools
        How many schools the example has.
    """
    found: list[Save] = []
    for (school, day, author), written in groupby(edits(schools), key=lambda one: (one.school, one.day, one.author)):
        at = datetime.combine(day, AFTER_SCHOOL)
        last = found[-1] if found else None
        if last is not None and last.school == school and last.at >= at:
            at = last.at + MINUTE  # somebody else wrote on the same day
        found.append(Save(at, author, school, tuple(_joined(written))))
    return found


def _joined(written: Iterable[Edit]) -> Iterator[Edit]:
    """One edit for each record, in the order in which the records came up."""
    found: dict[tuple[str, str], Edit] = {}
    for edit in written:
        key = (edit.entity, edit.record)
        before = found.get(key, edit._replace(fields={}))
        found[key] = edit._replace(fields={**before.fields, **edit.fields}, share=edit.share or before.share)
    yield from found.values()


class _Clock:
    """A clock that shows what it was set to last."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time on it."""
        return self.at


def state_of(schools: int) -> State:
    """What the log holds in the end, without its file; who may see what is not in it.

    Parameters
    ----------
    schools
        How many schools the example has.
    """
    held: dict[tuple[Entity, str], Event] = {}
    events = []
    for save in saves(schools):
        written = [_event(one, save, held.get((one.entity, one.record))) for one in save.edits]
        held |= {(event.entity, event.record): event for event in written}
        events += written
    return replay(events)


def _event(edit: Edit, save: Save, last: Event | None) -> Event:
    """The next version of a record, as far as a state keeps it."""
    version, body = (last.version if last else 0) + 1, canonical({**(last.fields if last else {}), **edit.fields})
    at, whose = f"{save.at:%Y-%m-%dT%H:%M:%S.%fZ}", (edit.school, 0, edit.entity, edit.record)
    return Event(*whose, version, "change", save.author, at, edit.share or "team", "", "", version - 1, body)


def write_log(path: Path, schools: int) -> Path:
    """Write the log into a file that only its owner reads, in place of what was there, and return its path.

    It is made elsewhere and then takes its name: there is never half of a log under it.

    Parameters
    ----------
    path
        The file.
    schools
        How many schools the example has.
    """
    write_atomic(path, _made(min(schools, len(SCHOOLS))))
    path.chmod(OWNER_ONLY)
    return path


def is_unchanged(path: Path, schools: int) -> bool:
    """Whether a file holds the log as it is written here, and nothing that anybody saved since.

    Parameters
    ----------
    path
        The file; it is read from a copy, so that not even a lock is taken.
    schools
        How many schools the example has.
    """
    found, made = path.read_bytes(), _made(min(schools, len(SCHOOLS)))
    return found == made or _heads(found) == _heads(made)


@cache
def _made(schools: int) -> bytes:
    """The file of the log, the same events each time; how SQLite lays them out may differ between its versions."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "made.sqlite"
        _fill(path, schools)
        return path.read_bytes()


def _fill(path: Path, schools: int) -> None:
    """Save everything, one save after the other."""
    from pdsa.log import open_log  # a database toolkit that the texts of the example do without

    every = saves(schools)
    clock = _Clock(every[0].at)
    held: dict[tuple[Entity, str], Event] = {}
    with open_log(path, now=clock.now) as log:
        for save in every:
            clock.at = save.at
            written = replace(log, author=save.author).apply([_change(one, held) for one in save.edits])
            held |= {(event.entity, event.record): event for event in written}


def _change(edit: Edit, held: Mapping[tuple[Entity, str], Event]) -> Change:
    last = held.get((edit.entity, edit.record))
    fields = {**(last.fields if last else {}), **edit.fields}
    version = last.version if last else 0
    return Change(edit.entity, edit.record, edit.school, fields, version, visibility=edit.share)


def _heads(file: bytes) -> object:
    """Number and hash of the last event of each school; why there are none, where the file is no log or damaged."""
    from pdsa.log import open_log

    with TemporaryDirectory() as folder:
        path = Path(folder) / "read.sqlite"
        path.write_bytes(file)
        try:
            with open_log(path, create=False) as log:
                verified = log.verify()
        except PdsaError as error:
            return str(error)
    return verified.problems or dict(verified.heads)
