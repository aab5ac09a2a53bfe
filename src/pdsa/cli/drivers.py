"""`pdsa drivers`: the theory of improvement, from the aim to the change ideas."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pdsa.cli.desk import FIELDS, Desk, desk_options, pairs, plain
from pdsa.cli.told import about_event

if TYPE_CHECKING:
    from pdsa.cycles.theory import Node, Tree

KINDS = {"aim": "Aim: ", "primary": "", "secondary": "", "idea": "Idea: "}


@click.group(invoke_without_command=True)
@click.option("--svg", type=click.Path(path_type=Path), default=None, help="Also write the diagram to this new file.")
@desk_options
def drivers(desk: Desk, svg: Path | None) -> None:
    """Show the driver diagram as a tree, with what is missing.

    \b
    pdsa log add aim statement="90% attend by June" measure_id=attendance \\
        population="all grade 9 students" target_value=90 by_date=2026-06-12
    pdsa drivers add "Families know the same day" --measure attendance
    pdsa idea add "Call home on the first absence" --driver "Families know the same day"
    """
    if click.get_current_context().invoked_subcommand:
        return
    from pdsa.cycles import tree

    with desk.log(create=False) as book:
        state = desk.state(book)
    found = tree(state, {})
    if svg is not None:
        from pdsa.figures import driver_diagram
        from pdsa.publish import write_atomic

        write_atomic(svg, driver_diagram(found).html + "\n")
    lines = [_line(one, found) for one in found.nodes]
    desk.show(plain(found), "\n".join(lines) or "No theory yet: pdsa drivers --help shows how to begin one.")


def _line(node: Node, tree: Tree) -> str:
    """A node under the one that it hangs on, with its cycles and what is missing."""
    parents = {one.id: one.parent for one in tree.nodes}
    depth, parent = 0, node.parent
    while parent in parents and depth < len(parents):
        depth, parent = depth + 1, parents[parent]
    cycles = f" ({node.cycles} cycle{'' if node.cycles == 1 else 's'})" if node.kind == "idea" else ""
    gaps = f"  [{', '.join(node.gaps)}]" if node.gaps else ""
    return f"{'  ' * depth}{KINDS[node.kind]}{' '.join(node.text.split())}{cycles}{gaps}"


@drivers.command("add")
@click.argument("text")
@click.option("--under", default="", help="The driver that it moves, by id or text.")
@click.option("--aim", default="", help="The aim that it moves, by id or statement.")
@click.option("--measure", "measures", multiple=True, help="A measure that shows it, by id or name.")
@FIELDS
@desk_options
def add_driver(desk: Desk, text: str, under: str, aim: str, measures: tuple[str, ...], fields: tuple[str, ...]) -> None:
    """Add a driver: TEXT says what must move for the aim to be reached."""
    from pdsa.inquiry import steps

    texts: dict[str, object] = {"text": text, "parent_id": under, "aim_id": aim, "measure_ids": list(measures)}
    texts["level"] = "secondary" if under else "primary"
    with desk.log() as book:
        state, reference = desk.state(book), desk.reference
        told = {**texts, **pairs(fields, "--set")}
        changes = steps.add("driver", told, state=state, school="", ids=book.new_id, reference=reference)
        (event,) = desk.save(book, changes, reference)
    follow = f'Next: pdsa idea add "What you could do differently" --driver {event.record}'
    desk.show(about_event(event), f"Driver {event.record}: saved, seen by {event.visibility}.\n{follow}")
