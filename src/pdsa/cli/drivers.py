"""`pdsa drivers`: the theory of improvement, from the aim to the change ideas."""

from __future__ import annotations

from pathlib import Path

import click

from pdsa.cli.desk import Desk, desk_options, plain


@click.command()
@click.option("--svg", type=click.Path(path_type=Path), default=None, help="Also write the diagram to this file.")
@desk_options
def drivers(desk: Desk, svg: Path | None) -> None:
    """Show the driver diagram as a tree, with what is missing; pdsa log add driver text=... adds to it."""
    from pdsa.cycles import tree

    with desk.log(create=False) as book:
        state = desk.state(book)
    found = tree(state, {})
    if svg is not None:
        from pdsa.figures import driver_diagram
        from pdsa.publish import write_atomic

        write_atomic(svg, driver_diagram(found).html + "\n")
    depth = {"aim": 0, "primary": 1, "secondary": 2, "idea": 3}
    lines = []
    for one in found.nodes:
        gaps = f"  [{', '.join(one.gaps)}]" if one.gaps else ""
        cycles = f" ({one.cycles} cycle{'' if one.cycles == 1 else 's'})" if one.kind == "idea" else ""
        lines.append(f"{'  ' * depth[one.kind]}{one.text}{cycles}{gaps}")
    desk.show(plain(found), "\n".join(lines) or "No theory yet: pdsa log add aim ..., pdsa log add driver text=...")
