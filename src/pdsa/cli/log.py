"""`pdsa log`: every record of the improvement log, its history, who sees it, and the log as a whole."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from pdsa.cli.desk import Desk, desk_options, pairs, plain
from pdsa.terms import ENTITIES, VISIBILITIES, Entity, Role, Visibility

if TYPE_CHECKING:
    from pdsa.inquiry import Event, Held

KIND = click.Choice(ENTITIES)
SHOWN = 100  # letters of a record in a list


@click.group()
def log() -> None:
    """The improvement log: what people plan, try and learn.

    Every save is kept as an event of its own; nothing is ever changed or removed, and each record belongs to its team
    until the team shares it. The log is the file pdsa.sqlite in the workspace, or a PostgreSQL database (--log).
    """


@log.command("add")
@click.argument("entity", type=KIND)
@click.argument("fields", nargs=-1)
@click.option("--school", default="", help="Whose record it is; the network's kinds need none.")
@desk_options
def add_record(desk: Desk, entity: Entity, fields: tuple[str, ...], school: str) -> None:
    """Add a record: pdsa log add insight text="..." cycle_ids=cycle-7kq2m

    FIELDS are FIELD=TEXT. `pdsa log fields KIND` lists those of a kind.
    """
    from pdsa.inquiry import steps
    from pdsa.terms import NETWORK_WIDE

    with desk.log() as book:
        state = book.state()
        owner = school if entity in NETWORK_WIDE else desk.school(school, state)
        texts, reference = pairs(fields, "FIELDS"), desk.reference
        changes = steps.add(entity, texts, state=state, school=owner, ids=book.new_id, reference=reference)
        _saved(desk, desk.save(book, changes, desk.reference))


@log.command("edit")
@click.argument("entity", type=KIND)
@click.argument("record")
@click.argument("fields", nargs=-1)
@click.option("--based-on", type=int, default=None, help="The version that you saw; refused if there is a newer one.")
@desk_options
def edit_record(desk: Desk, entity: Entity, record: str, fields: tuple[str, ...], based_on: int | None) -> None:
    """Change fields of a record; FIELD= empties one."""
    from pdsa.inquiry import steps

    with desk.log(create=False) as book:
        texts, reference = pairs(fields, "FIELDS"), desk.reference
        changes = steps.edit(entity, record, texts, state=book.state(), reference=reference)
        if based_on is not None:
            changes = tuple(replace(one, based_on=based_on) for one in changes)
        _saved(desk, desk.save(book, changes, reference))


@log.command("fields")
@click.argument("entity", type=KIND)
@desk_options
def list_fields(desk: Desk, entity: Entity) -> None:
    """List the fields of a kind of records."""
    from pdsa.params.inquiry import REQUIRED, kinds

    needed = REQUIRED[entity]
    told = {
        name: " | ".join(kind.words) or kind.name + (f" (needed: {needed[name]})" if name in needed else "")
        for name, kind in kinds(entity).items()
    }
    desk.show(told, "\n".join(f"{name}: {words}" for name, words in told.items()))


@log.command("list")
@click.argument("entity", type=KIND)
@click.option("--school", default="", help="Only records of this school.")
@desk_options
def list_records(desk: Desk, entity: Entity, school: str) -> None:
    """List the records of a kind that you may read."""
    with desk.log(create=False) as book:
        held = [one for one in book.state().all(entity) if school in ("", one.school)]
    lines = [_line(one) for one in held] or [f"No {entity.replace('_', ' ')} yet."]
    desk.show([about(one) for one in held], "\n".join(lines))


@log.command("show")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def show_record(desk: Desk, entity: Entity, record: str) -> None:
    """Show all fields of a record, its version, and who may see it."""
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        held = find(book.state(), entity, record)
    desk.show(about(held), told(held))


@log.command("history")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def show_history(desk: Desk, entity: Entity, record: str) -> None:
    """Show what happened to a record, version by version."""
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        known = {one.record for one in book.events(entity=entity)}
        name = record if record in known else find(book.state(), entity, record).id
        events = book.history(entity, name)
    lines = [f"version {one.version}: {one.kind} by {one.author}, {one.at}, seen by {one.visibility}" for one in events]
    desk.show([{**plain(one), "body": one.fields} for one in events], "\n".join(lines))


@log.command("share")
@click.argument("entity", type=KIND)
@click.argument("record")
@click.option("--with", "visibility", type=click.Choice(VISIBILITIES), required=True, help="Who may see it.")
@desk_options
def share_record(desk: Desk, entity: Entity, record: str, visibility: Visibility) -> None:
    """Let more or fewer people see a record; a cycle takes its predictions with it.

    team: only your school. coach: your coach too. network: other schools too, on pages under a pseudonym. district:
    district leaders too. public: everybody.
    """
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        held = find(book.state(), entity, record)
        _saved(desk, book.share(entity, held.id, visibility))


@log.command("undo")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def undo_record(desk: Desk, entity: Entity, record: str) -> None:
    """Bring back what a record held before its latest change; the history keeps both."""
    from pdsa.inquiry.lookup import found

    with desk.log(create=False) as book:
        held = found(book.state(), entity, record)
        _saved(desk, (book.undo(entity, held[0].id if len(held) == 1 else record),))


@log.command("retire")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def retire_record(desk: Desk, entity: Entity, record: str) -> None:
    """Take a record out of use; its history stays, and undo brings it back."""
    from pdsa.errors import InputError
    from pdsa.inquiry import Change
    from pdsa.inquiry.lookup import find
    from pdsa.inquiry.rules import check_changes

    with desk.log(create=False) as book:
        state = book.state()
        held = find(state, entity, record)
        change = Change(entity, held.id, held.school, {}, held.version, "retire")
        problems = check_changes(state, (change,), desk.reference, desk.author)
        if problems:
            raise InputError("the improvement log", problems, "nothing was saved", "change those records first")
        _saved(desk, (book.retire(entity, held.id, based_on=held.version),))


@log.command("verify")
@click.option("--heads", type=click.Path(path_type=Path), help="Compare with, or write, the ends of all chains.")
@desk_options
def verify_log(desk: Desk, heads: Path | None) -> None:
    """Prove that no event was changed, removed or added behind the log's back.

    Every event carries a hash over itself and the one before it. Whoever can write the file could make all of them
    anew; keep the file of --heads elsewhere, and that is seen too.
    """
    from pdsa.exchange.heads import read_heads, write_heads
    from pdsa.inquiry.clocks import clock_problems

    with desk.log(create=False) as book:
        verified = book.verify(read_heads(heads) if heads else None)
        clocks = list(clock_problems(book.events(), desk.today))
    problems = verified.problems
    if heads and not heads.is_file() and not problems:
        write_heads(heads, verified.heads)
    count = sum(seq for seq, _ in verified.heads.values())
    chains = len(verified.heads)
    lines = [f"{one.place}: found {one.found}, expected {one.expected}." for one in problems]
    wrong = f"{len(problems) or 'no'} problem{'s' if len(problems) != 1 else ''}"
    lines += [f"Note: {one.place}: {one.found}; usual: {one.expected}." for one in clocks]
    lines.append(f"{count} events in {chains} chains; {wrong}.")
    data = {"events": count, "heads": dict(verified.heads), "ok": not problems, "problems": problems, "clocks": clocks}
    desk.show(data, "\n".join(lines))
    sys.exit(2 if problems else 0)


@log.command("export")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new folder or .xlsx file.")
@click.option("--school", default="", help="Only what this school may see, with its own chain of events.")
@desk_options
def export_log(desk: Desk, target: Path, school: str) -> None:
    """Write the log as CSV files or as one workbook; with --school a team's own slice."""
    from pdsa.exchange import export_folder, export_workbook
    from pdsa.inquiry import Viewer

    with desk.log(create=False) as book:
        school = desk.school(school, book.state()) if school else ""
        state = book.state(Viewer("team", (school,)) if school else None)
        events = book.events(school=school) if school else book.events()
    if target.suffix.casefold() == ".xlsx":
        written: tuple[Path, ...] = (export_workbook(state, target),)
    else:
        written = export_folder(state, events, target)
    names = ", ".join(path.name for path in written)
    data = {"written": [str(path) for path in written], "records": len(state.held)}
    desk.show(data, f"{len(state.held)} records written to {target}: {names}.")


@log.command("import")
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.option("--mapping", default="", help="A form or tracker: the name under which its mapping is kept.")
@click.option("--field", "answers", multiple=True, metavar="HEADER=FIELD", help="What a column is, or: ignore.")
@click.option("--dry-run", is_flag=True, help="Say what would change; save nothing.")
@desk_options
def import_log(desk: Desk, source: Path, mapping: str, answers: tuple[str, ...], dry_run: bool) -> None:
    """Take in a folder, a CSV file or a workbook as exported, edited or with new rows; or the answers of a form.

    A row with an id changes that record, based on the version in its row; a row without an id is a new record. With
    --mapping each row of a form is the plan of a cycle: headers are matched with fields, what is not clear is asked,
    the answers are kept in mappings/, and next month only new rows are taken. All mistakes are named at once, and then
    nothing is saved.
    """
    from pdsa.exchange.taken import changes_of, read_sheets
    from pdsa.workspace.answers import form_changes, save_mapping

    with desk.log() as book:
        reference = desk.reference
        if mapping or answers:
            told = pairs(answers, "--field")
            form, changes = form_changes(source, desk.folder, mapping or "forms", told, book, reference)
        else:
            form, changes = None, changes_of(read_sheets(source), book.events())
        if dry_run:
            desk.show(list(changes), f"{len(changes)} records would be saved; nothing was.")
            return
        events = desk.save(book, changes, reference)
    lines = [f"{len(events)} records saved."]
    if form is not None:
        kept = save_mapping(desk.folder, form)
        columns = [f"  {header}: {wanted}" for header, wanted in form.columns.items()]
        lines += [*columns, f"Kept in {kept}; the same command takes next month's answers."]
    desk.show([about_event(one) for one in events], "\n".join(lines))


@log.command("worksheet")
@click.argument("name")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new .html or .xlsx file.")
@desk_options
def write_sheet(desk: Desk, name: str, target: Path) -> None:
    """Write a cycle as a filled PDSA worksheet, to print or to fill in further."""
    from pdsa.exchange import write_worksheet
    from pdsa.inquiry.lookup import find
    from pdsa.records.inquiry import Cycle

    with desk.log(create=False) as book:
        state = book.state()
    reference = desk.reference
    names = {one.id: one.name for one in reference.schools}
    measures = {one.id: one for one in reference.measures}
    record = find(state, "cycle", name).record
    if isinstance(record, Cycle):
        write_worksheet(state, record, target, names, measures)
    desk.show({"written": str(target)}, f"Written to {target}.")


@log.command("backup")
@click.option("--to", "target", type=click.Path(path_type=Path), required=True, help="A new file.")
@desk_options
def backup_log(desk: Desk, target: Path) -> None:
    """Copy the log to a file, whole, while others go on writing."""
    with desk.log(create=False) as book:
        written = book.backup(target)
    desk.show({"written": str(written)}, f"Copied to {written}.")


@log.command("install")
@desk_options
def install_log(desk: Desk) -> None:
    """Make the log in the PostgreSQL database of --log, or bring it up to date; for its owner."""
    from pdsa.log import install

    revision = install(_address(desk))
    desk.show({"schema": revision}, f"The database holds a log of schema {revision}.")


@log.command("grant")
@click.argument("login")
@click.option("--person", required=True, help="Id of the person in the log.")
@click.option("--role", type=click.Choice(get_args(Role)), required=True)
@click.option("--school", "schools", multiple=True, help="For team and coach; may be given several times.")
@desk_options
def grant_login(desk: Desk, login: str, person: str, role: Role, schools: tuple[str, ...]) -> None:
    """Let a LOGIN of the PostgreSQL database of --log write as a person; for the owner of the database."""
    from pdsa.log import grant

    if role in ("team", "coach") and not schools:
        raise click.UsageError(f"a {role} needs --school")
    grant(_address(desk), login, person, role, schools)
    desk.show({"login": login, "role": role, "schools": schools}, f"{login} is {role} ({', '.join(schools) or 'all'}).")


def _address(desk: Desk) -> str:
    if not desk.url:
        raise click.UsageError("name the database: --log postgresql://...")
    return desk.url


def _saved(desk: Desk, events: tuple[Event, ...]) -> None:
    """What was saved, and what to type to see it."""
    lines = [f"{one.entity.replace('_', ' ')} {one.record}: {_done(one)}." for one in events]
    desk.show([about_event(one) for one in events], "\n".join(lines))


def _done(one: Event) -> str:
    words = {
        "retire": "retired",
        "withdraw": f"withdrawn from {one.visibility}",
        "share": f"shared with {one.visibility}",
    }
    return words.get(one.kind, f"saved as version {one.version}, seen by {one.visibility}")


def about_event(one: Event) -> dict[str, Any]:
    """An event as JSON for programs."""
    names = ("entity", "record", "school", "version", "kind", "author", "at", "visibility")
    return {**{name: getattr(one, name) for name in names}, "fields": one.fields}


def about(held: Held) -> dict[str, Any]:
    """A record as JSON for programs."""
    names = ("entity", "id", "school", "version", "author", "at", "visibility", "shared_by", "shared_on")
    return {**{name: getattr(held, name) for name in names}, "fields": plain(held.record)}


def told(held: Held) -> str:
    """A record as people read it in a terminal: the fields that hold anything."""
    from pdsa.exchange.cells import cell_of, columns_of

    who = held.school or "the network"
    lines = [f"{held.entity.replace('_', ' ')} {held.id} of {who}, version {held.version}, seen by {held.visibility}"]
    for name in columns_of(held.entity):
        text = cell_of(getattr(held.record, name, None)) if name not in ("id", "school") else ""
        lines += [f"  {name}: {text}"] if text else []
    return "\n".join(lines)


def _line(held: Held) -> str:
    from pdsa.inquiry.lookup import title_of

    title = " ".join(title_of(held).split())
    short = title if len(title) <= SHOWN else f"{title[:SHOWN]}…"
    return f"{held.id}  {held.school or 'network'}  {short}"
