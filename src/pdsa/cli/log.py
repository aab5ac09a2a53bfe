"""`pdsa log`: every record of the improvement log, its history, who sees it, and the log as a whole."""

from __future__ import annotations

import click

from pdsa.cli import whole
from pdsa.cli.desk import Desk, Seen, desk_options, edit_options, pairs, plain
from pdsa.cli.told import about, line_of, show_saved, told
from pdsa.terms import ENTITIES, VISIBILITIES, Entity, Visibility

KIND = click.Choice(ENTITIES)
SHARED = tuple(one for one in VISIBILITIES if one != "public")  # a public release needs an audit that does not exist


@click.group()
def log() -> None:
    """The improvement log: what people plan, try and learn.

    Every save is kept as an event of its own; nothing is ever changed or removed, and each record belongs to its team
    until the team shares it. The log is the file pdsa.sqlite in the workspace, or a PostgreSQL database (--log).
    """


@log.command("add")
@click.argument("entity", type=KIND)
@click.argument("fields", nargs=-1)
@click.option("--school", default="", help="Whose record it is: a school, or network.")
@desk_options
def add_record(desk: Desk, entity: Entity, fields: tuple[str, ...], school: str) -> None:
    """Add a record: pdsa log add insight text="..." cycle_ids=cycle-7kq2m

    FIELDS are FIELD=TEXT. `pdsa log fields KIND` lists those of a kind.
    """
    from pdsa.inquiry import steps

    with desk.log() as book:
        state = desk.state(book)
        owner = desk.owner(school, state, entity)
        texts, reference = pairs(fields, "FIELDS"), desk.reference
        changes = steps.add(entity, texts, state=state, school=owner, ids=book.new_id, reference=reference)
        show_saved(desk, desk.save(book, changes, reference))


@log.command("edit")
@click.argument("entity", type=KIND)
@click.argument("record")
@click.argument("fields", nargs=-1)
@edit_options
@desk_options
def edit_record(desk: Desk, entity: Entity, record: str, fields: tuple[str, ...], seen: Seen) -> None:
    """Change fields of a record; FIELD= empties one."""
    from pdsa.inquiry import steps

    with desk.log(create=False) as book:
        texts, reference = pairs(fields, "FIELDS"), desk.reference
        changes = steps.edit(entity, record, texts, state=desk.state(book), reference=reference)
        show_saved(desk, desk.save(book, changes, reference, seen))


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
        held = [one for one in desk.state(book).all(entity) if school in ("", one.school)]
    lines = [line_of(one) for one in held] or [f"No {entity.replace('_', ' ')} yet."]
    desk.show([about(one) for one in held], "\n".join(lines))


@log.command("show")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def show_record(desk: Desk, entity: Entity, record: str) -> None:
    """Show all fields of a record, its version, and who may see it."""
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        held = find(desk.state(book), entity, record)
    desk.show(about(held), told(held))


@log.command("history")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def show_history(desk: Desk, entity: Entity, record: str) -> None:
    """Show what happened to a record, version by version."""
    from pdsa.inquiry import sees
    from pdsa.inquiry.lookup import find
    from pdsa.log.checks import unknown

    with desk.log(create=False) as book:
        viewer = desk.viewer(book.state())
        known = {one.record for one in book.events(entity=entity)}
        name = record if record in known else find(desk.state(book), entity, record).id
        events = book.history(entity, name)
    if viewer is not None and not sees(viewer, entity, events[-1].school, events[-1].visibility):
        raise unknown(entity, record)  # what was taken back is not shown as history either
    events = tuple(one for one in events if viewer is None or sees(viewer, one.entity, one.school, one.visibility))
    lines = [f"version {one.version}: {one.kind} by {one.author}, {one.at}, seen by {one.visibility}" for one in events]
    desk.show([{**plain(one), "body": one.fields} for one in events], "\n".join(lines))


@log.command("share")
@click.argument("entity", type=KIND)
@click.argument("record")
@click.option("--with", "visibility", type=click.Choice(SHARED), required=True, help="Who may see it.")
@desk_options
def share_record(desk: Desk, entity: Entity, record: str, visibility: Visibility) -> None:
    """Let more or fewer people see a record; a cycle takes its predictions with it.

    team: only your school. coach: your coach too. network: other schools too, on pages under a pseudonym. district:
    district leaders too.
    """
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        held = find(desk.state(book), entity, record)
        show_saved(desk, book.share(entity, held.id, visibility))


@log.command("undo")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def undo_record(desk: Desk, entity: Entity, record: str) -> None:
    """Bring back what a record held before its latest change; the history keeps both."""
    from pdsa.inquiry.lookup import found

    with desk.log(create=False) as book:
        held = found(desk.state(book), entity, record)
        show_saved(desk, (book.undo(entity, held[0].id if len(held) == 1 else record, reference=desk.reference),))


@log.command("retire")
@click.argument("entity", type=KIND)
@click.argument("record")
@desk_options
def retire_record(desk: Desk, entity: Entity, record: str) -> None:
    """Take a record out of use; its history stays, and undo brings it back."""
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        held = find(desk.state(book), entity, record)
        show_saved(desk, (book.retire(entity, held.id, based_on=held.version, reference=desk.reference),))


for command in whole.COMMANDS:
    log.add_command(command)
