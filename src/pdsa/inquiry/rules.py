"""Which changes the log accepts: records that fit each other, their school, their measures and their time.

What is refused is told by `check_changes`; what is accepted but worth a second look by `remarks`. A problem that the
log holds already is not held against a save that does not touch it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pdsa.errors import Problem
from pdsa.inquiry.events import Change
from pdsa.inquiry.links import link_problems, retired_problems
from pdsa.inquiry.noticed import noticed
from pdsa.inquiry.questions import questions
from pdsa.inquiry.saving import Reference, Saving, saving, stood
from pdsa.inquiry.state import State
from pdsa.inquiry.turns import order_problems
from pdsa.inquiry.years import school_problems

__all__ = ["Reference", "check_changes", "remarks"]

Changes = Sequence[Change]


def check_changes(state: State, changes: Changes, reference: Reference, author: str = "") -> tuple[Problem, ...]:
    """Why these changes, which are made together, are refused in this state; empty where they are not.

    Authors are checked by `authors.check_author`.

    Parameters
    ----------
    state
        What the log holds.
    changes
        What is to be saved, all of it or nothing.
    reference
        What records may point to, the day of writing, and which fields hold nothing personal.
    author
        Id of the person who writes.
    """
    all_, problems = saving(state, changes, reference)
    gone = [change for change in changes if change.kind == "retire"]
    cited = [problem for change in gone for problem in retired_problems(state, all_.after, change)]
    found = (*problems, *_problems(all_), *questions(all_), *cited)
    before = set(_problems(stood(all_)))
    return tuple(one for one in dict.fromkeys(found) if one not in before)


def remarks(state: State, changes: Changes, reference: Reference, author: str = "") -> tuple[Problem, ...]:
    """What is worth a second look in changes that the log accepts; each once.

    Parameters
    ----------
    state
        What the log held before.
    changes, reference, author
        As in `check_changes`.
    """
    all_, _ = saving(state, changes, reference)
    return tuple(dict.fromkeys(noticed(all_)))


def _problems(all_: Saving) -> Iterator[Problem]:
    for one in all_.saved:
        yield from link_problems(one, all_)
        yield from order_problems(one, all_)
        yield from school_problems(one, all_)
