"""Records and events of the log as commands print them: lines for people, JSON for programs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pdsa.cli.desk import Desk, plain

if TYPE_CHECKING:
    from pdsa.inquiry import Event, Held

SHOWN = 100  # letters of a record in a list


def show_saved(desk: Desk, events: tuple[Event, ...]) -> None:
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


def line_of(held: Held) -> str:
    """A record as a line of a list: its id, whose it is, and the beginning of its title."""
    from pdsa.inquiry.lookup import title_of

    title = " ".join(title_of(held).split())
    short = title if len(title) <= SHOWN else f"{title[:SHOWN]}…"
    return f"{held.id}  {held.school or 'network'}  {short}"
