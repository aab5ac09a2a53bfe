"""The marks of decisions: told apart by shape, so that they survive grey print; none of them says good or bad."""

from __future__ import annotations

from pdsa.figures.svg import INK, MUTED, PAPER, TARGET
from pdsa.terms import CYCLE_WORDS, DECISION_WORDS

ADAPTED = "#7a4a00"
# What a cycle without a decision is called beside the decisions; its mark is the same at every step.
OPEN = "open"
WORDS = {**DECISION_WORDS, OPEN: "open"}
INKS = {"adopt": TARGET, "adapt": ADAPTED, "abandon": MUTED, OPEN: INK}

_WHITE = f'fill="none" stroke="{PAPER}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"'
_LOOP = f'fill="none" stroke="{ADAPTED}" stroke-width="2.2"'
_SHAPES = {
    # a house with a check mark: it stays
    "adopt": f'<path d="M7 .3L13.6 5.6V13.6H.4V5.6z" fill="{TARGET}"/><path d="M3.9 8.6l2.2 2.2 4-4.5" {_WHITE}/>',
    # a loop with an arrow: once more, in another way
    "adapt": f'<path d="M11.6 4.2A5.3 5.3 0 1 0 12.3 7.6" {_LOOP}/><path d="M13.7.6v5.6H8.1z" fill="{ADAPTED}"/>',
    # a box with a bar: laid down
    "abandon": f'<path d="M1 1h12v12H1z" fill="{MUTED}"/><path d="M4 7h6" {_WHITE}/>',
    # an empty dashed ring
    OPEN: f'<circle cx="7" cy="7" r="5.7" fill="{PAPER}" stroke="{INK}" stroke-width="1.4" stroke-dasharray="2.6 2"/>',
}


def known(decision: str | None) -> str:
    """The decision, or `open` for everything else: none, or a step on the way to one."""
    return decision if decision in DECISION_WORDS else OPEN


def decision_word(decision: str | None) -> str:
    """`adopted`, `adapted`, `set aside`; for a step on the way its own word; else `open`."""
    return CYCLE_WORDS.get(decision or "") or WORDS[known(decision)]


def decision_shape(decision: str | None) -> str:
    """The shapes alone, drawn in a box of 14 by 14, for use inside another SVG."""
    return _SHAPES[known(decision)]


def decision_symbol(decision: str | None) -> str:
    """Inline SVG of a decision, hidden from screen readers: its word stands beside it."""
    return (
        '<svg class="pdsa-symbol" width="12" height="12" viewBox="0 0 14 14" aria-hidden="true" focusable="false">'
        f"{decision_shape(decision)}</svg>"
    )


def decision_key(decisions: set[str]) -> list[tuple[str, str]]:
    """Mark and word of those of these decisions that there are, in the order of the key."""
    return [(decision_symbol(one), word) for one, word in WORDS.items() if one in decisions]
