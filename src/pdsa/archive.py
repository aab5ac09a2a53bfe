"""Past cycles -> a page that chooses among them by idea, decision and school: without a server, without a script."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pdsa.figures.decisions import WORDS, decision_key, decision_symbol, decision_word, known
from pdsa.figures.drawing import many
from pdsa.figures.svg import slug, unique
from pdsa.figures.templates import template
from pdsa.terms import VERSION

NO_IDEA = "no idea named"
# Where each audience came from: only coaches and districts have an index.
HOMES = {"network": ("network.html", "The network report")}


def render_archive(cycles: Sequence[Mapping[str, Any]], *, network: str, audience: str, synthetic: bool = False) -> str:
    """The page of all cycles that an audience may see, in the order given; self-contained HTML.

    Parameters
    ----------
    cycles
        Texts by the names id, idea, school, school_id, title, scale, start, end, decision (or the step on the way to
        one), prediction, outcome, learning and next.
    network
        The network's name.
    audience
        Who reads it.
    synthetic
        Whether a banner says that everything is invented.
    """
    ideas = _numbered(str(cycle["idea"]) or NO_IDEA for cycle in cycles)
    schools = _numbered((str(cycle["school"]), str(cycle["school_id"])) for cycle in cycles)
    decisions = [known(cycle["decision"]) for cycle in cycles]
    anchors = unique([slug(cycle["id"]) for cycle in cycles])
    rows = [
        _row(cycle, anchor, ideas[str(cycle["idea"]) or NO_IDEA], schools[cycle["school"], str(cycle["school_id"])])
        for cycle, anchor in zip(cycles, anchors, strict=True)
    ]
    return template("archive.html.j2").render(
        network=network,
        audience=audience,
        synthetic=synthetic,
        rows=rows,
        filters=_filters(ideas, schools, decisions),
        counted=_counted(decisions),
        home=HOMES.get(audience, ("index.html", f"All reports for the {audience}")),
        key=decision_key(set(decisions)),
        version=VERSION,
    )


def _numbered(found: Iterable[Any]) -> dict[Any, int]:
    """A number for each of these in the order of the alphabet: what stands in a rule of the style sheet."""
    ordered = sorted(set(found), key=lambda one: (str(one).casefold(), str(one)))
    return {one: number for number, one in enumerate(ordered, 1)}


def _row(cycle: Mapping[str, Any], anchor: str, idea: int, school: int) -> dict[str, Any]:
    decision = known(cycle["decision"])
    days = " to ".join(dict.fromkeys(filter(None, (cycle["start"], cycle["end"]))))
    return {
        **cycle,
        "anchor": anchor,
        "kinds": f"i{idea} s{school} d{list(WORDS).index(decision) + 1}",
        "days": days,
        "mark": decision_symbol(decision),
        "word": decision_word(cycle["decision"]),
    }


def _filters(ideas: Mapping[str, int], schools: Mapping[tuple[str, str], int], decisions: Sequence[str]) -> list[Any]:
    """For each list to choose from: name, label, letter of its classes, and number and word of each choice."""
    names = [name for name, _ in schools]
    told = [(n, f"{name} ({key})" if names.count(name) > 1 else name) for (name, key), n in schools.items()]
    words = [(i, word) for i, (decision, word) in enumerate(WORDS.items(), 1) if decision in decisions]
    return [
        ("idea", "Change idea", "i", "all ideas", [(number, idea) for idea, number in ideas.items()]),
        ("decision", "Decision", "d", "all decisions", words),
        ("school", "School", "s", "all schools", told),
    ]


def _counted(decisions: Sequence[str]) -> str:
    """`41 cycles: 20 adopted, 15 adapted, 6 open`."""
    parts = [f"{decisions.count(decision)} {word}" for decision, word in WORDS.items() if decision in decisions]
    return f"{many(len(decisions), 'cycle')}: {', '.join(parts)}" if parts else "No cycle"
