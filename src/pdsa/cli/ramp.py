"""`pdsa ramp`: the cycles of an idea in their order, from small to large."""

from __future__ import annotations

import click

from pdsa.cli.desk import Desk, desk_options, plain


@click.command()
@click.argument("idea", required=False)
@click.option("--school", default="", help="Only ramps of this school.")
@desk_options
def ramp(desk: Desk, idea: str | None, school: str) -> None:
    """Show the ramps of IDEA, or all: cycle by cycle, with the scale and the decision of each."""
    from pdsa.cycles import ramps
    from pdsa.inquiry.lookup import find
    from pdsa.narrate.tested import when
    from pdsa.terms import CYCLE_WORDS, DECISION_WORDS, SCALE_WORDS

    with desk.log(create=False) as book:
        state = desk.state(book)
    wanted = find(state, "change_idea", idea).id if idea else ""
    found = [one for one in ramps(state) if school in ("", one.school) and wanted in ("", one.idea)]
    lines = []
    for one in found:
        title = state.ideas[one.idea].title if one.idea in state.ideas else one.idea
        lines.append(f"{title} ({one.school})")
        for cycle in one.cycles:
            word = DECISION_WORDS[cycle.decision] if cycle.decision else CYCLE_WORDS[cycle.status]
            lines.append(f"  {cycle.cycle_no}. {SCALE_WORDS[cycle.scale]}, {when(cycle)}: {word}  ({cycle.id})")
    desk.show([plain(one) for one in found], "\n".join(lines) or "No cycle yet.")
