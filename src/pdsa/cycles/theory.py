"""The working theory as a tree: aim, drivers, ideas, each with what its measure says, its cycles and its gaps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from pdsa.inquiry import State
from pdsa.records.inquiry import Aim, ChangeIdea, Driver

NodeKind = Literal["aim", "primary", "secondary", "idea"]
# Of several measures the verdict that most needs eyes.
URGENT = ("concern", "change", "improvement", "common_cause", "too_few", "no_data")


@dataclass(frozen=True, slots=True)
class Node:
    """One box of the driver diagram.

    Parameters
    ----------
    id
        Id of the record; of an id that two kinds share, with the kind before it.
    parent
        Id of the node that it hangs on, "" for none.
    verdict, verdicts
        What its measures say: the one that most needs eyes, "" without a measure, and each by id.
    cycles
        Cycles on its ideas, those of the drivers below it included.
    gaps
        What is missing, in words.
    whole
        Whether the reader sees every idea and cycle that the log holds: what is not seen may be there.
    """

    id: str
    kind: NodeKind
    text: str
    parent: str
    verdict: str
    verdicts: Mapping[str, str]
    cycles: int
    gaps: tuple[str, ...]
    whole: bool = True


@dataclass(frozen=True, slots=True)
class Tree:
    """The nodes of a theory, parents before their children."""

    nodes: tuple[Node, ...]

    @property
    def gaps(self) -> tuple[tuple[Node, str], ...]:
        """Every gap with the node that has it."""
        return tuple((node, gap) for node in self.nodes for gap in node.gaps)


@dataclass(slots=True)
class _Draft:
    id: str
    kind: NodeKind
    record: Aim | Driver | ChangeIdea
    text: str
    parent: str
    measures: tuple[str, ...]


def tree(state: State, verdicts: Mapping[str, str] | None = None, *, whole: bool = True) -> Tree:
    """The theory that the log holds; retired drivers are left out.

    Parameters
    ----------
    state
        What the reader may see of the log.
    verdicts
        Verdict by measure, as the charts of a school or of the network have it.
    whole
        Whether that is all that the log holds; otherwise no lack of ideas or cycles is called a gap.
    """
    drafts = list(_drafts(state))
    held: dict[str, list[_Draft]] = {}
    for one in drafts:
        held.setdefault(one.parent, []).append(one)
    count = Counter(cycle.change_idea_id for cycle in state.cycles)
    seen: set[str] = set()
    ordered = [node for root in _roots(drafts) for node in _down(root, held, seen)]
    ids = {one.id for one in drafts}
    nodes = (_node(one, held, one.parent in ids, count, verdicts or {}) for one in ordered)
    return Tree(tuple(nodes) if whole else tuple(replace(node, gaps=_sure(node.gaps), whole=False) for node in nodes))


def _sure(gaps: tuple[str, ...]) -> tuple[str, ...]:
    """What is missing whoever looks: ideas and cycles may only not be shared with the reader."""
    return tuple(gap for gap in gaps if gap not in ("no idea", "no cycle"))


def gaps(state: State) -> tuple[tuple[Node, str], ...]:
    """What the theory lacks: drivers without a measure, an idea or a cycle; ideas and aims without a driver."""
    return tree(state).gaps


def _drafts(state: State) -> Iterator[_Draft]:
    aims, drivers = state.records(Aim), [one for one in state.records(Driver) if one.retired_on is None]
    ideas = state.records(ChangeIdea)
    seen: Counter[str] = Counter([*(one.id for one in aims), *(one.id for one in drivers), *(one.id for one in ideas)])
    only = aims[0].id if len(aims) == 1 else ""

    def name(kind: str, record: str) -> str:
        return f"{kind} {record}" if seen[record] > 1 and record else record

    for aim in aims:
        yield _Draft(name("aim", aim.id), "aim", aim, aim.statement, "", (aim.measure_id,))
    above = {one.id for one in drivers}
    for one in drivers:
        parent = name("driver", one.parent_id) if one.parent_id in above else name("aim", one.aim_id or only)
        kind: NodeKind = "secondary" if one.parent_id in above else one.level
        yield _Draft(name("driver", one.id), kind, one, one.text, parent, one.measure_ids)
    for idea in ideas:
        parent = name("driver", idea.driver_id) if idea.driver_id in above else ""
        yield _Draft(name("idea", idea.id), "idea", idea, idea.title, parent, ())


def _roots(drafts: list[_Draft]) -> list[_Draft]:
    """Aims first, then what hangs on nothing; of drivers that hang on each other in a circle, each."""
    ids = {one.id: one for one in drafts}
    order = {"aim": 0, "primary": 1, "secondary": 2, "idea": 3}
    found = [one for one in drafts if one.parent not in ids or _circular(one, ids)]
    return sorted(found, key=lambda one: order[one.kind])


def _circular(draft: _Draft, ids: Mapping[str, _Draft]) -> bool:
    above, seen = draft.parent, {""}
    while above in ids and above not in seen and above != draft.id:
        seen.add(above)
        above = ids[above].parent
    return above == draft.id


def _down(draft: _Draft, held: Mapping[str, list[_Draft]], seen: set[str]) -> Iterator[_Draft]:
    if draft.id in seen:
        return
    seen.add(draft.id)
    yield draft
    for child in held.get(draft.id, []):
        yield from _down(child, held, seen)


def _node(
    draft: _Draft, held: Mapping[str, list[_Draft]], hangs: bool, count: Mapping[str, int], verdicts: Mapping[str, str]
) -> Node:
    below = list(_down(draft, held, set()))
    ideas = [one.record.id for one in below if one.kind == "idea"]
    cycles = sum(count.get(one, 0) for one in ideas)
    told = {one: verdicts[one] for one in draft.measures if one in verdicts}
    verdict = next((word for word in URGENT if word in told.values()), "")
    missing = tuple(_missing(draft, hangs, len(below) > 1, len(ideas), cycles))
    return Node(draft.id, draft.kind, draft.text, draft.parent, verdict, told, cycles, missing)


def _missing(draft: _Draft, hangs: bool, holds: bool, ideas: int, cycles: int) -> Iterator[str]:
    """What a node lacks; an idea that nobody has tested yet lacks nothing, it waits."""
    if draft.kind == "aim" and not holds:
        yield "no driver"
    if draft.kind == "idea" and not hangs:
        yield "no driver"
    if draft.kind in ("aim", "idea"):
        return
    if not hangs:
        yield "no aim"
    if not draft.measures:
        yield "no measure"
    if not ideas:
        yield "no idea"
    elif not cycles:
        yield "no cycle"
