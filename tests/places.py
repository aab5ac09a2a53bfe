"""Where tests keep an improvement log: a file, or a database of a server of their own."""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pdsa.inquiry import Change
from pdsa.log import Log, open_log
from pdsa.terms import Entity
from postgres import Server

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
# Logins of every log in a test's database: each writes as the person of the same name, for two schools and the network.
WRITERS = ("ana", "ben", "cyd")
SCHOOLS = ("s1", "s2")


@dataclass
class Ticks:
    """A clock that goes on by a second whenever it is read."""

    at: datetime = START

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


@dataclass
class Place:
    """One log, on either engine; `open` opens it as somebody."""

    path: Path | None = None
    server: Server | None = None
    database: str = ""
    clock: Callable[[], datetime] = field(default_factory=Ticks)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def engine(self) -> str:
        return "sqlite" if self.path else "postgresql"

    def where(self, author: str = "ana") -> Path | str:
        """What `open_log` takes: the file, or the address for a login."""
        if self.path:
            return self.path
        assert self.server
        return self.server.url(self.database, author)

    def open(self, author: str = "ana", login: str = "", **more: Any) -> Log:
        """The log, opened by somebody, through their own login where none is named; ids are numbered."""
        options = {"now": self.clock, "new_id": self.new_id, **more}
        return open_log(self.where(login or author), author=author, **options)

    def new_id(self, entity: Entity) -> str:
        return f"{entity.removeprefix('change_')}-{next(self.numbers)}"

    def tamper(self, *statements: str) -> None:
        """Do by hand what the log refuses: as whoever has the file, or as the administrator of the server."""
        if self.path:
            connection = sqlite3.connect(self.path)
            for statement in statements:
                connection.execute(statement)
            connection.commit()
            connection.close()
        else:
            assert self.server
            for statement in statements:
                self.server.run(f"SET session_replication_role = replica; {statement}", self.database)


def idea(record: str = "", school: str = "s1", based_on: int = 0, **fields: object) -> Change:
    """A change of a change idea."""
    return Change("change_idea", record, school, {"title": "Check-in", **fields}, based_on)


def cycle(record: str, school: str = "s1", based_on: int = 0, **fields: object) -> Change:
    """A change of a cycle on `idea-1`."""
    return Change("cycle", record, school, {"change_idea_id": "idea-1", "school_id": school, **fields}, based_on)


def prediction(record: str, of: str, school: str = "s1", based_on: int = 0, **fields: object) -> Change:
    """A change of a prediction of a cycle."""
    told = {"cycle_id": of, "question": "More come", "because": "somebody asks", **fields}
    return Change("prediction", record, school, told, based_on)


def person(record: str, role: str = "team", *schools: str, **fields: object) -> Change:
    """Somebody whom the log names."""
    told = {"name": record.title(), "role": role, "schools": list(schools), **fields}
    return Change("person", record, "", told)
