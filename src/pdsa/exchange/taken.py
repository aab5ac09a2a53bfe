"""Sheets of the log, as exported and perhaps edited since, to changes; all problems of all sheets at once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, cast

from pdsa.errors import InputError, Problem
from pdsa.exchange.cells import fields_of
from pdsa.exchange.sheets import MEND, NOT_TAKEN, Row, Sheets, read_sheets
from pdsa.inquiry import Change, Event, Held, State, canonical, replay
from pdsa.inquiry.drafts import Draft
from pdsa.inquiry.merge import merge
from pdsa.inquiry.rules import Reference, check_changes
from pdsa.params.inquiry import read_fields, record_of
from pdsa.params.words import nearest
from pdsa.terms import VISIBILITIES, Entity, Visibility

Side = Literal["", "mine", "theirs"]
Fields = dict[str, object]
Versions = Mapping[int, Event]

LETTERS = "23456789bcdfghjkmnpqrstvwxz"
SCHOOLS = ("school", "school_id", "team_id", "spread_to", "schools")
SETTLE = "look at both and save one of them with --merge mine or --merge theirs"


def changes_of(
    sheets: Sheets, events: Iterable[Event], reference: Reference | None = None, *, settle: Side = "", author: str = ""
) -> tuple[Change, ...]:
    """The changes that make the log hold what the sheets say; rows that say nothing new make none.

    A row with the id of a record is based on the version that stands in its column `version`; a row without an id is
    a new record, and is taken once, however often it comes. Who may see a record is changed by sharing it, not here;
    a row that is missing takes no record out of the log.

    Parameters
    ----------
    sheets
        Rows by kind of record.
    events
        Those of the log.
    reference
        What records may point to. With it other records may be named by their titles, edits of an older version are
        put together with what was saved since, and the rules of the log are asked: their problems name the rows.
        Without it `Log.apply` does the rest, and raises a Conflict where a row is based on an older version.
    settle
        What stands where a row and somebody else changed the same field: that of the row (`mine`) or of the log.
    author
        Id of the person who writes.

    Raises
    ------
    InputError
        With every problem of every row.
    """
    work = _Work(tuple(events), reference, settle)
    work.refuse_strangers(sheets)
    for entity, rows in sheets.items():
        for row in rows:
            work.take(entity, row)
        work.settle_names()
    work.refuse()
    if reference is not None:
        work.check(reference, author)
        work.refuse()
    return tuple(work.changes)


@dataclass(slots=True)
class _Work:
    """Changes and problems while the rows are read, and where each change stands."""

    events: tuple[Event, ...]
    reference: Reference | None
    settle: Side
    past: dict[tuple[str, str], dict[int, Event]] = field(init=False)
    state: State = field(init=False)
    changes: list[Change] = field(default_factory=list)
    places: dict[tuple[Entity, str], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    clashes: bool = False

    def __post_init__(self) -> None:
        self.past = {}
        for one in self.events:
            self.past.setdefault((one.entity, one.record), {})[one.version] = one
        self.state = replay(self.events) if self.reference else State()

    def refuse(self) -> None:
        """Raise an InputError with every problem so far."""
        if self.problems:
            step = SETTLE if self.clashes and not self.settle else MEND
            raise InputError("the import", tuple(dict.fromkeys(self.problems)), NOT_TAKEN, step)

    def refuse_strangers(self, sheets: Sheets) -> None:
        """Rows with a version and an id that the log does not know, among others that it knows: the id was changed."""
        named = [(entity, row) for entity, rows in sheets.items() for row in rows if row.cell("id")]
        known = [(entity, row.cell("id")) in self.past for entity, row in named]
        for (entity, row), there in zip(named, known, strict=True):
            if any(known) and not there and row.cell("version"):
                expected = f"{_near(row.cell('id'), self.past, entity)}; a new record has no version"
                self.problems.append(Problem(f"{row.place}, id", repr(row.cell("id")), expected))

    def take(self, entity: Entity, row: Row) -> None:
        """The change that a row makes, if any."""
        row = Row(row.place, {name: self._zeros(name, text) for name, text in row.cells.items()})
        record = row.cell("id")
        fields, found = read_fields(entity, _without_id(fields_of(entity, row.cells)), row.place)
        versions = self.past.get((entity, record), {})
        based_on, about = _about(row, versions)
        self.problems += [*found, *about]
        if found or about:
            return
        if versions:
            self._take_edit(row, versions, based_on, fields)
        else:
            self._take_new(entity, record, row, fields)

    def _take_new(self, entity: Entity, record: str, row: Row, fields: Fields) -> None:
        school = row.cell("school") or str(fields.get("school_id", ""))
        record = record or made_id(entity, f"{school}{canonical(fields)}")
        if (entity, record) in self.past:
            return  # the same row was taken before
        seen = cast(Visibility | None, row.cell("visibility") or None)
        self._add(row, Change(entity, record, school, self._named(entity, school, fields), 0, visibility=seen))

    def _take_edit(self, row: Row, versions: Versions, based_on: int, fields: Fields) -> None:
        base, last = versions[based_on], versions[max(versions)]
        entity, record = base.entity, base.record
        if base.body and _same(entity, record, fields, base.fields):
            return  # fields that are left to their defaults say the same as fields that are filled with them
        fields = self._named(entity, base.school, fields)
        change = Change(entity, record, base.school, fields, based_on)
        if self.reference is not None and based_on < last.version:
            merged = self._merged(row, base, last, fields)
            if merged is None or _same(entity, record, merged, last.fields):
                return
            change = replace(change, fields=merged, based_on=last.version, kind="merge")
        self._add(row, change)

    def _merged(self, row: Row, base: Event, last: Event, fields: Fields) -> Fields | None:
        """A row's edit put together with what was saved since; None where somebody must decide."""
        if not last.body:
            found = f"an edit of a record that {last.author or 'somebody'} took out of the log since"
            self.problems.append(Problem(row.place, found, f"no such edit, or first pdsa log undo {last.entity}"))
            return None
        both = merge(_full(base), _full(last), _full(replace(base, body=canonical(fields))))
        chosen = {one.field: one.mine if self.settle == "mine" else one.theirs for one in both.clashes}
        if both.clashes and not self.settle:
            self.clashes = True
            for one in both.clashes:
                since = f"what {last.author or 'somebody'} saved since as version {last.version}: {one.theirs!r}"
                self.problems.append(Problem(f"{row.place}, {one.field}", f"{one.mine!r}", since))
            return None
        return {name: value for name, value in {**both.fields, **chosen}.items() if value not in (None, "")}

    def _add(self, row: Row, change: Change) -> None:
        key = (change.entity, change.record)
        if key in self.places:
            expected = f"each record once: it stands in {self.places[key]} too"
            self.problems.append(Problem(row.place, "the same record twice", expected))
            return
        self.places[key] = row.place
        self.changes.append(change)

    def _named(self, entity: Entity, school: str, fields: Fields) -> Fields:
        """The fields with ids in place of titles of other records."""
        if self.reference is None:
            return fields
        draft = Draft(self.state, self.reference)
        draft.new(entity, "", school, fields)
        return dict(draft.changes[0].fields)

    def settle_names(self) -> None:
        """Let the sheets that follow name the records of this one."""
        new = [one for one in self.changes if one.based_on == 0 and (one.entity, one.record) not in self.state.held]
        if self.reference is not None and new:
            self.state = with_changes(self.state, new)

    def _zeros(self, name: str, text: str) -> str:
        """The id of a school whose first zeros a spreadsheet has taken off."""
        short = text.strip()
        if self.reference is None or name not in SCHOOLS or not short.isdigit():
            return text
        known = [one.id for one in self.reference.schools]
        fits = [one for one in known if one.lstrip("0") == short.lstrip("0")]
        return fits[0] if len(fits) == 1 and short not in known else text

    def check(self, reference: Reference, author: str) -> None:
        """What the rules of the log say to these changes, with the rows in which they stand."""
        for one in check_changes(replay(self.events), self.changes, reference, author):
            self.problems.append(replace(one, place=place_in(one.place, self.places)))


def made_id(entity: Entity, content: str) -> str:
    """An id of eight letters that stays the same for a content."""
    number = int.from_bytes(hashlib.sha256(content.encode("utf-8", "surrogatepass")).digest())
    letters = []
    for _ in range(8):
        number, place = divmod(number, len(LETTERS))
        letters.append(LETTERS[place])
    return f"{entity.removeprefix('change_')}-{''.join(letters)}"


def place_in(place: str, rows: Mapping[tuple[Entity, str], str]) -> str:
    """The row and the field of a problem that names a record and the field."""
    record, comma, name = place.partition(", ")
    for (entity, known), row in rows.items():
        if record == f"{entity.replace('_', ' ')} {known}":
            return f"{row}{comma}{name}"
    return place


def with_changes(state: State, changes: Iterable[Change]) -> State:
    """The state with new records that are not saved yet, so that others can name them."""
    held = dict(state.held)
    for one in changes:
        record = record_of(one.entity, {**one.fields, "id": one.record})
        told = (one.school, 1, "", "", "team" if one.school else "network", "", "", "", "")
        held[one.entity, one.record] = Held(one.entity, one.record, *told, record)  # type: ignore[arg-type]
    return State(held)


def _near(record: str, past: Iterable[tuple[str, str]], entity: Entity) -> str:
    return nearest(record, [name for kind, name in past if kind == entity] or ["an id of the log"])


def _without_id(fields: Mapping[str, object]) -> Fields:
    return {name: value for name, value in fields.items() if name != "id"}


def _same(entity: Entity, record: str, fields: Mapping[str, object], before: Mapping[str, object]) -> bool:
    return record_of(entity, {**fields, "id": record}) == record_of(entity, {**before, "id": record})


def _full(event: Event) -> Fields:
    """The fields of an event with its defaults, so that a default that is written out is no edit."""
    return read_fields(event.entity, event.fields)[0] if event.body else {}


def _about(row: Row, versions: Versions) -> tuple[int, list[Problem]]:
    """The version that a row is based on, and what is wrong with the columns after its fields."""
    seen = row.cell("visibility")
    wrong = [Problem(f"{row.place}, visibility", repr(seen), nearest(seen, VISIBILITIES))]
    problems = wrong if seen and seen not in VISIBILITIES else []
    if not versions:
        return 0, problems
    told, newest = row.cell("version"), max(versions)
    if told and not (told.isascii() and told.isdigit() and int(told) in versions):
        expected = f"a version from 1 to {newest}, as it was exported"
        return 0, [*problems, Problem(f"{row.place}, version", repr(told), expected)]
    based_on = int(told or newest)
    return based_on, [*problems, *_moved(row, versions[based_on], bool(told))]


def _moved(row: Row, base: Event, exported: bool) -> Iterator[Problem]:
    """What is decided elsewhere: whose a record is, and who may see it."""
    seen, school = row.cell("visibility"), row.cell("school")
    if exported and seen in VISIBILITIES and seen != base.visibility:
        expected = f"{base.visibility}, as it was exported; pdsa log share changes who sees it"
        yield Problem(f"{row.place}, visibility", seen, expected)
    if exported and school and school != base.school:
        yield Problem(f"{row.place}, school", school, f"{base.school or 'nothing'}: a record stays with its owner")


__all__ = ["Row", "Sheets", "changes_of", "made_id", "place_in", "read_sheets", "with_changes"]
