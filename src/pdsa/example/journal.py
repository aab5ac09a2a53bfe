"""The improvement log of the synthetic network, written as its invented people would have written it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import cache
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple, overload

from pdsa.errors import PdsaError
from pdsa.example.edits import Edit, Fields, edits
from pdsa.example.plan import SCHOOLS
from pdsa.inquiry import Change
from pdsa.publish import write_atomic
from pdsa.terms import EventKind, Visibility

__all__ = ["is_unchanged", "moments", "write_log"]

AFTER_SCHOOL = time(20, 30, tzinfo=UTC)  # of a day in the time zones of North America
MINUTE = timedelta(minutes=1)
OWNER_ONLY = 0o600


class Moment(NamedTuple):
    """One save: when, by whom, and what."""

    at: datetime
    author: str
    change: Change


def moments(schools: int) -> list[Moment]:
    """Every save of the log, school by school and in order of time, as the store takes them.

    Parameters
    ----------
    schools
        How many schools the example has.
    """
    held: dict[tuple[str, str], tuple[int, Fields]] = {}
    found: list[Moment] = []
    for edit in edits(schools):
        version, before = held.get((edit.entity, edit.record), (0, {}))
        fields = {**before, **edit.fields}
        for kind in _kinds(edit):
            visibility: Visibility | None = edit.share if kind == "share" else None
            change = Change(edit.entity, edit.record, edit.school, fields, version, kind, visibility)
            found.append(Moment(_time(edit, found), edit.author, change))
            version += 1
        held[edit.entity, edit.record] = version, fields
    return found


def _kinds(edit: Edit) -> Iterator[EventKind]:
    """What is written is saved, and then shared."""
    if edit.fields:
        yield "change"
    if edit.share:
        yield "share"


def _time(edit: Edit, before: list[Moment]) -> datetime:
    """A minute after the save before it, where that was on the same day at the same school."""
    begun = datetime.combine(edit.day, AFTER_SCHOOL)
    last = before[-1] if before else None
    later = last is not None and last.change.school == edit.school and last.at >= begun
    return last.at + MINUTE if last is not None and later else begun


class _Saves(Sequence[Change]):
    """Changes that set a clock to their own time while the log takes them, one after the other."""

    def __init__(self, taken: Sequence[Moment]) -> None:
        self.taken = taken
        self.at = taken[0].at

    def now(self) -> datetime:
        """The time of the change that the log is at."""
        return self.at

    def __len__(self) -> int:
        return len(self.taken)

    @overload
    def __getitem__(self, place: int) -> Change: ...
    @overload
    def __getitem__(self, place: slice) -> list[Change]: ...
    def __getitem__(self, place: int | slice) -> Change | list[Change]:
        return [one.change for one in self.taken][place]

    def __iter__(self) -> Iterator[Change]:
        for one in self.taken:
            self.at = one.at
            yield one.change


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
    """Save everything: a transaction for each stretch of a school's chain that one person wrote."""
    from pdsa.log import open_log  # a database toolkit that the texts of the example do without

    saves: list[_Saves] = []
    with open_log(path, now=lambda: saves[-1].now()) as log:
        for (author, _), taken in groupby(moments(schools), key=lambda one: (one.author, one.change.school)):
            saves.append(_Saves(list(taken)))
            replace(log, author=author).apply(saves[-1])


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
