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
    from pdsa.inquiry import Change, Event, State, Viewer
    from pdsa.inquiry.rules import Reference
    from pdsa.log import Log
    from pdsa.terms import Entity

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
    named: bool = False

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

        book = diary(self.folder, author=self.author, url=self.url, create=create)
        for note in book.notes:
            click.echo(f"Note: {note}", err=True)
        return book

    def state(self, book: Log) -> State:
        """What whoever types may read of the log."""
        from pdsa.inquiry import visible

        state = book.state()
        viewer = self.viewer(state)
        return state if viewer is None else visible(state, viewer)

    def viewer(self, state: State) -> Viewer | None:
        """Who reads; None for all of a log whose people are not named, or whose database decides it.

        A person who is named reads what they may see. Nobody named is whoever keeps the file: the whole of it.
        """
        from pdsa.errors import ParamsError, Problem
        from pdsa.inquiry import Viewer
        from pdsa.records.inquiry import Person

        people = {one.id: one for one in state.records(Person)}
        if self.url or not people or not self.named:
            return None
        person = people.get(self.author)
        if person is None or (person.until and person.until < self.today):
            problem = Problem("--as", repr(self.author), f"one of: {', '.join(sorted(people))}")
            raise ParamsError("the command", (problem,), "nothing was done", "pdsa log people shows who they are")
        return Viewer(person.role, person.schools)

    @property
    def reference(self) -> Reference:
        """What records may point to."""
        from pdsa.workspace.diary import reference_of

        return replace(reference_of(self.folder, self.today), not_personal=self.not_personal)

    def save(
        self, book: Log, changes: Sequence[Change], reference: Reference, seen: Seen | None = None
    ) -> tuple[Event, ...]:
        """Save changes, and tell what is worth a second look in them."""
        from pdsa.inquiry.rules import remarks

        before = book.state()
        changes = seen.on(book, changes) if seen else changes
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

    def owner(self, given: str, state: State, entity: Entity) -> str:
        """Whose a new record is: "" for the network's own, which the hub writes by default, or as in `school`."""
        from pdsa.records.inquiry import Person
        from pdsa.terms import NETWORK_WIDE

        hubs = [one.id for one in state.records(Person) if one.role == "hub"]
        if given == "network" or (not given and (entity in NETWORK_WIDE or self.author in hubs)):
            return ""
        return self.school(given, state)

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
        desk = Desk(in_folder, as_person or _login(), log_url, _day(on_day), as_json, plain, bool(as_person))
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


def _login() -> str:
    """The name under which somebody is logged in; "" on a machine that does not know it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""


def _day(text: str) -> date:
    if not text:
        return date.today()  # noqa: DTZ011 (the day on the wall of whoever types)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"found {text!r}, expected a date such as 2026-01-12", param_hint="--on") from error


FIELDS = click.option("--set", "--field", "fields", multiple=True, metavar="FIELD=TEXT", help="Any field by its name.")
BASED = click.option("--based-on", type=int, default=None, help="The version that you saw; a newer one is a conflict.")
MERGE = click.option(
    "--merge",
    "settle",
    type=click.Choice(("mine", "theirs")),
    default=None,
    help="After a conflict: put both edits together; where both changed a field, this one stands.",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """The version that an edit is based on, None for the newest, and what stands where others edited the same field."""

    based_on: int | None = None
    settle: str = ""

    def on(self, book: Log, changes: Sequence[Change]) -> list[Change]:
        """The changes, the first of them made to that version, and put together with what others saved since."""
        first, *others = changes
        if self.based_on is None:
            return [first, *others]
        past = {one.version: one for one in book.history(first.entity, first.record)}
        if self.based_on not in past:
            raise click.BadParameter(f"found {self.based_on}, expected 1 to {max(past)}", param_hint="--based-on")
        base, last = past[self.based_on], past[max(past)]
        own = replace(first, based_on=self.based_on)
        own = replace(own, fields=_typed(base.fields, last.fields, first)) if last.body else own
        return [_settled(own, base, last, self.settle), *others]


def _typed(base: Mapping[str, object], last: Mapping[str, object], change: Change) -> dict[str, object]:
    """The fields of an older version with what somebody typed, which stands in a change of the newest one."""
    from pdsa.params.inquiry import read_fields

    now, _ = read_fields(change.entity, last)
    typed = {name for name in {*now, *change.fields} if now.get(name) != change.fields.get(name)}
    kept = {name: value for name, value in base.items() if name not in typed}
    return kept | {name: value for name, value in change.fields.items() if name in typed}


def _settled(change: Change, base: Event, last: Event, settle: str) -> Change:
    """The change on top of what somebody else has saved since the version that it is based on."""
    from pdsa.log import Conflict

    if not settle or not last.body or change.based_on == last.version:
        return change
    both = Conflict(change, base, last)
    return both.resolved({one.field: getattr(one, settle) for one in both.merge.clashes})


def edit_options(command: F) -> F:
    """Adds what every edit of a record may say about versions; the command gets it as one `seen`."""

    @functools.wraps(command)
    def wrapped(*args: Any, based_on: int | None, settle: str | None, **rest: Any) -> Any:
        return command(*args, seen=Seen(based_on, settle or ""), **rest)

    return BASED(MERGE(wrapped))  # type: ignore[return-value]


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
