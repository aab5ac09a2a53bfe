"""What all commands of the improvement log share: which workspace, who writes, on which day, and how to print."""

from __future__ import annotations

import functools
import getpass
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from pdsa.inquiry import Change, Event, State
    from pdsa.inquiry.rules import Reference
    from pdsa.log import Log

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a command works."""

    given: Path | None
    author: str
    url: str
    today: date
    as_json: bool
    not_personal: tuple[str, ...] = ()

    @property
    def folder(self) -> Path:
        """The workspace: the one named, or the current folder if it is one."""
        from pdsa.errors import ParamsError, Problem

        if self.given is None and not Path("network.yaml").is_file():
            problem = Problem("--in", "no network.yaml in the current folder", "the folder of your network")
            raise ParamsError("the workspace", (problem,), "nothing was done", "say it with --in FOLDER")
        return self.given or Path()

    def log(self, *, create: bool = True) -> Log:
        """The improvement log of the workspace, for this author."""
        from pdsa.workspace.diary import diary

        return diary(self.folder, author=self.author, url=self.url, create=create)

    @property
    def reference(self) -> Reference:
        """What records may point to."""
        from pdsa.workspace.diary import reference_of

        return replace(reference_of(self.folder, self.today), not_personal=self.not_personal)

    def save(self, book: Log, changes: Sequence[Change], reference: Reference) -> tuple[Event, ...]:
        """Save changes, and tell what is worth a second look in them."""
        from pdsa.inquiry.rules import remarks

        before = book.state()
        events = book.apply(changes, reference)
        for one in remarks(before, changes, reference, self.author):
            click.echo(f"Note: {one.place}: {one.found}; usual: {one.expected}.", err=True)
        return events

    def school(self, given: str, state: State) -> str:
        """The school that a command is about: the one named, or the only one that it can be."""
        from pdsa.errors import ParamsError, Problem
        from pdsa.params.words import nearest
        from pdsa.records.inquiry import Person

        known = [one.id for one in self.reference.schools]
        people = {one.id: one for one in state.records(Person)}
        own = people[self.author].schools if self.author in people else ()
        chosen = given or (own[0] if len(own) == 1 else known[0] if len(known) == 1 else "")
        if chosen in known:
            return chosen
        expected = nearest(chosen, known) if chosen else "the id of a school"
        problem = Problem("--school", repr(chosen) if chosen else "nothing", expected)
        raise ParamsError("the command", (problem,), "nothing was saved", "schools.csv lists the ids")

    def show(self, data: object, text: str) -> None:
        """Print one JSON document with sorted keys, or the text for people."""
        if self.as_json:
            click.echo(json.dumps(plain(data), indent=2, sort_keys=True, ensure_ascii=False))
        elif text:
            click.echo(text)


def desk_options(command: F) -> F:
    """Adds the options that all commands of the log share; the command gets them as one `desk`."""

    @functools.wraps(command)
    def wrapped(in_folder: Path | None, as_person: str, log_url: str, on_day: str, as_json: bool, **rest: Any) -> Any:
        plain = tuple(rest.pop("not_personal"))
        desk = Desk(in_folder, as_person or getpass.getuser(), log_url, _day(on_day), as_json, plain)
        return command(desk, **rest)

    options = (
        click.option("--in", "in_folder", type=click.Path(path_type=Path), help="The workspace [the current folder]."),
        click.option("--as", "as_person", default="", envvar="PDSA_AUTHOR", help="Id of the person who writes."),
        click.option("--log", "log_url", default="", envvar="PDSA_LOG_URL", help="Address of the log in PostgreSQL."),
        click.option("--on", "on_day", default="", metavar="DATE", help="The day that counts as today: 2026-01-12."),
        click.option("--not-personal", multiple=True, metavar="FIELD", help="A text that only looks personal."),
        click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs."),
    )
    for option in reversed(options):
        wrapped = option(wrapped)
    return wrapped  # type: ignore[return-value]


def _day(text: str) -> date:
    if not text:
        return date.today()  # noqa: DTZ011 (the day on the wall of whoever types)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"found {text!r}, expected a date written 2026-01-12", param_hint="--on") from error


def pairs(texts: tuple[str, ...], option: str) -> dict[str, str]:
    """`FIELD=TEXT` as a mapping; a text may hold further equals signs."""
    found = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name.strip():
            raise click.BadParameter(f"found {text!r}, expected FIELD=TEXT", param_hint=option)
        if name.strip() in found:
            raise click.BadParameter(f"found {name.strip()} twice, expected each field once", param_hint=option)
        found[name.strip()] = value
    return found


def plain(value: Any) -> Any:
    """Records, dates and tuples as what JSON can hold."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
