"""`pdsa who-tried`: which schools tested an idea, and what came of it."""

from __future__ import annotations

import click

from pdsa.cli.desk import Desk, desk_options, plain


@click.command()
@click.argument("idea")
@desk_options
def who_tried(desk: Desk, idea: str) -> None:
    """Show who tested IDEA, named by id or title, and what came of it; only what you may read."""
    from pdsa.cycles import who_tried as tried_by
    from pdsa.inquiry.lookup import find
    from pdsa.narrate.cycles import tried_words

    with desk.log(create=False) as book:
        state = desk.state(book)
    held = find(state, "change_idea", idea)
    names = {one.id: one.name for one in desk.reference.schools}
    found = tried_by(state, held.id, names)
    desk.show([plain(one) for one in found], repr(tried_words(found)) if found else "Nobody yet.")
