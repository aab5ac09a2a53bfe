"""The record that somebody means: by its id, a part of it, or its title."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pdsa.errors import ParamsError, Problem
from pdsa.inquiry.state import Held, State
from pdsa.inquiry.views import Viewer, visible
from pdsa.params.words import nearest
from pdsa.records.inquiry import Cycle
from pdsa.terms import Entity

__all__ = ["LINKS", "MEASURES", "NOT_SAVED", "SCHOOLS", "find", "found", "plain", "seen_by", "title_of"]

NOT_SAVED = "nothing was saved"
# The field by which people know a record of each kind.
TITLES: dict[Entity, str] = {
    "aim": "statement",
    "driver": "text",
    "cause": "cause",
    "change_idea": "title",
    "cycle": "title",
    "prediction": "question",
    "annotation": "label",
    "phase": "reason",
    "interview": "heard",
    "insight": "text",
    "ask": "text",
    "progress": "note",
    "person": "name",
}
# Fields that name another record.
LINKS: dict[str, Entity] = {
    "aim_id": "aim",
    "driver_id": "driver",
    "parent_id": "driver",
    "change_idea_id": "change_idea",
    "cycle_id": "cycle",
    "cycle_ids": "cycle",
    "parent_cycle_id": "cycle",
    "evidence_cycle_id": "cycle",
}
MEASURES = ("measure_id", "measure_ids")
SCHOOLS = ("school_id", "spread_to", "schools")
SHOWN = 60  # characters of a title in a message


def title_of(held: Held) -> str:
    """The words by which people know a record; its id where it has none."""
    return str(getattr(held.record, TITLES[held.entity])) or held.id


def plain(text: str) -> str:
    """A title as it is compared: without case, and blanks only between words."""
    return " ".join(text.split()).casefold()


def seen_by(state: State, school: str) -> State:
    """What the people of a school see: their own records, those of the network, and what others shared."""
    return visible(state, Viewer("team", (school,)))


def find(state: State, entity: Entity, text: str) -> Held:
    """The record that a text means: its id, the beginning or the last part of the id, or its title.

    Parameters
    ----------
    state
        What the reader may see.
    entity
        The kind of record.
    text
        What somebody wrote; case and blanks of a title do not matter.

    Raises
    ------
    ParamsError
        There is none, or there are several; those that may be meant are named.
    """
    candidates = found(state, entity, text)
    if len(candidates) == 1:
        return candidates[0]
    word = entity.replace("_", " ")
    problem = Problem(word, _told(text), _expected(state.all(entity), candidates, text))
    step = f"give the id of one of them; pdsa log list {entity} shows all that you may see"
    raise ParamsError("the improvement log", (problem,), NOT_SAVED, step)


def found(state: State, entity: Entity, text: str, *, begun: bool = True) -> tuple[Held, ...]:
    """All records that a text may mean, by the surest of the ways to name one; empty where there is none.

    Parameters
    ----------
    state, entity, text
        As in `find`.
    begun
        Whether the beginning of an id is enough.
    """
    key, title = text.strip().casefold(), plain(text)
    if not key:
        return ()
    known = state.all(entity)
    ways: tuple[Iterable[Held], ...] = (
        (one for one in known if one.id == text.strip()),
        (one for one in known if one.id.casefold() == key),
        (one for one in known if plain(title_of(one)) == title),
        (one for one in known if plain(_idea_of(one, state)) == title),
        (one for one in known if one.id.casefold().rpartition("-")[2] == key),
        (one for one in known if begun and one.id.casefold().startswith(key)),
    )
    return next((hits for hits in map(tuple, ways) if hits), ())


def _idea_of(held: Held, state: State) -> str:
    """What people may call a cycle too: the title of its change idea."""
    idea = state.ideas.get(held.record.change_idea_id) if isinstance(held.record, Cycle) else None
    return idea.title if idea else ""


def _expected(known: Sequence[Held], candidates: Sequence[Held], text: str) -> str:
    if candidates:
        return f"one of them: {'; '.join(map(_named, candidates[:8]))}"
    if not known:
        return "a record of the log: there is none of this kind yet"
    names = {one.id: one for one in known} | {title_of(one)[:SHOWN]: one for one in known}
    return nearest(text.strip()[:SHOWN], tuple(names))


def _named(one: Held) -> str:
    title = title_of(one)
    return f"{one.id} ({title[:SHOWN]})" if title != one.id else one.id


def _told(text: str) -> str:
    return repr(text) if len(text) <= SHOWN else f"{text[: SHOWN - 3]!r}..."
