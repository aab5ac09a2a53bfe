"""`pdsa idea`: change ideas, what could be done differently."""

from __future__ import annotations

import click

from pdsa.cli.desk import FIELDS, Desk, desk_options, pairs
from pdsa.cli.told import about, about_event, told


@click.group()
def idea() -> None:
    """Change ideas: what could be done differently, under the driver that it should move."""


@idea.command("add")
@click.argument("title")
@click.option("--school", default="", help="Whose idea it is: a school, or network.")
@click.option("--driver", default="", help="The driver that it should move, by id or text.")
@FIELDS
@desk_options
def add_idea(desk: Desk, title: str, school: str, driver: str, fields: tuple[str, ...]) -> None:
    """Add a change idea called TITLE; pdsa log fields change_idea lists its other fields."""
    from pdsa.inquiry import steps

    with desk.log() as book:
        state, reference = desk.state(book), desk.reference
        texts = {"title": title, "driver_id": driver, **pairs(fields, "--set")}
        owner = desk.owner(school, state, "change_idea")
        changes = steps.add("change_idea", texts, state=state, school=owner, ids=book.new_id, reference=reference)
        (event,) = desk.save(book, changes, reference)
    next_step = f'Next: pdsa cycle plan --idea "{title}" ...  (pdsa cycle plan --help shows how)'
    desk.show(about_event(event), f"Change idea {event.record}: saved, seen by {event.visibility}.\n{next_step}")


@idea.command("list")
@click.option("--school", default="", help="Only ideas of this school.")
@desk_options
def list_ideas(desk: Desk, school: str) -> None:
    """List the change ideas that you may read, with their cycles."""
    with desk.log(create=False) as book:
        state = desk.state(book)
    lines, data = [], []
    for held in state.all("change_idea"):
        if school in ("", held.school):
            cycles = [one for one in state.cycles if one.change_idea_id == held.id]
            data.append({**about(held), "cycles": len(cycles)})
            stage = getattr(held.record, "stage", "")
            lines.append(f"{held.id}  {held.school or 'network'}  {_title(held)}  ({stage}, {_counted(len(cycles))})")
    desk.show(data, "\n".join(lines) or 'No change idea yet: pdsa idea add "What you could do differently"')


@idea.command("show")
@click.argument("name")
@desk_options
def show_idea(desk: Desk, name: str) -> None:
    """Show a change idea, named by id or title, and its cycles."""
    from pdsa.inquiry.lookup import find
    from pdsa.narrate.tested import name_of, when

    with desk.log(create=False) as book:
        state = desk.state(book)
    held = find(state, "change_idea", name)
    cycles = [one for one in state.cycles if one.change_idea_id == held.id]
    lines = [f"  {one.id}: {name_of(one, state)}, {when(one)}, {one.decision or one.status}" for one in cycles]
    desk.show({**about(held), "cycles": [one.id for one in cycles]}, "\n".join((told(held), *lines)))


def _title(held: object) -> str:
    return " ".join(str(getattr(held.record, "title", "")).split())  # type: ignore[attr-defined]


def _counted(count: int) -> str:
    return f"{count} cycle{'' if count == 1 else 's'}"
