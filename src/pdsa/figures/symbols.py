"""The symbols of verdicts and of targets: told apart by shape, so that they survive grey print and color blindness."""

from __future__ import annotations

from pdsa import narrate
from pdsa.figures.svg import CHANGED, GOOD, INK, MUTED, PAPER, WORSE

# What a cell of the matrix says, in the order of the legend: its words, which are those of sentences, one of them
# shortened where room is short.
SHORT_WORDS = {**narrate.VERDICT_WORDS, "too_few": "too early"}
# Symbols that say "look here".
SIGNALS = ("improvement", "concern", "change")
# Titles of charts carry no symbol where nothing is judged.
NO_SYMBOL = ("too_few", "no_data", "to_mend")

# What the target's symbol says beside the verdict.
ASSURANCE_SHORT = {"met": "target met", "by_chance": "target by chance", "not_expected": "target not expected"}

COLORS = {"improvement": GOOD, "concern": WORSE, "change": CHANGED}

_WHITE = f'fill="none" stroke="{PAPER}" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round"'
_ARROWS = "M7 3.2v7.6M4.8 5.2L7 3l2.2 2.2M4.8 8.8L7 11l2.2-2.2"
_RING = f'<circle cx="7" cy="7" r="6" fill="{PAPER}" stroke="{INK}" stroke-width="1.6"/>'
_SHAPES = {
    # disc with a check mark
    "improvement": f'<circle cx="7" cy="7" r="6.5" fill="{GOOD}"/><path d="M3.8 7.3l2.3 2.3 4.2-4.7" {_WHITE}/>',
    # triangle with an exclamation mark
    "concern": f'<path d="M7 .4L13.8 13H.2z" fill="{WORSE}"/><path d="M7 5v3.6M7 11v.01" {_WHITE}/>',
    # square with an arrow both ways
    "change": f'<path d="M1 1h12v12H1z" fill="{CHANGED}"/><path d="{_ARROWS}" {_WHITE.replace("1.8", "1.4")}/>',
    # open ring with a level bar
    "common_cause": f'<circle cx="7" cy="7" r="5.8" fill="none" stroke="{MUTED}" stroke-width="1.4"/>'
    f'<path d="M4 7h6" stroke="{MUTED}" stroke-width="1.4"/>',
    # three dots
    "too_few": "".join(f'<circle cx="{x}" cy="7" r="1.3" fill="{MUTED}"/>' for x in (2.5, 7, 11.5)),
    # a target hit in its middle; half hit; one that is crossed out. All have a thick outer ring
    "met": f'{_RING}<circle cx="7" cy="7" r="3.2" fill="{INK}"/>',
    "by_chance": f'{_RING}<path d="M7 1.6a5.4 5.4 0 0 1 0 10.8z" fill="{INK}"/>',
    "not_expected": f'{_RING}<path d="M3.4 3.4l7.2 7.2M10.6 3.4l-7.2 7.2" stroke="{INK}" stroke-width="1.6"/>',
    # slashed short bar
    "no_data": f'<path d="M3.5 7h7" stroke="{MUTED}" stroke-width="1.4"/>',
    # sheet with a line that is crossed out
    "to_mend": f'<path d="M2 1h10v12H2z" fill="{PAPER}" stroke="{INK}" stroke-width="1.4"/>'
    f'<path d="M4.4 4.4l5.2 5.2M9.6 4.4l-5.2 5.2" stroke="{INK}" stroke-width="1.4"/>',
}


def legend_words(to_mend: bool) -> list[tuple[str, str, str]]:
    """Each verdict with its word and its meaning, in the order of a legend; `to_mend` only where it occurs."""
    return [
        (verdict, word, narrate.VERDICT_MEANINGS[verdict])
        for verdict, word in narrate.VERDICT_WORDS.items()
        if to_mend or verdict != "to_mend"
    ]


def symbol(verdict: str) -> str:
    """Inline SVG of a verdict (or `no_data`) or an assurance, hidden from screen readers: its word stands beside it."""
    return (
        '<svg class="pdsa-symbol" width="12" height="12" viewBox="0 0 14 14" aria-hidden="true" focusable="false">'
        f"{shape(verdict)}</svg>"
    )


def defined(verdict: str) -> str:
    """The symbol, drawn once for all those on the page that `used` puts in other places."""
    return symbol(verdict).replace(shape(verdict), f'<g id="pdsa-is-{_id(verdict)}">{shape(verdict)}</g>')


def used(verdict: str) -> str:
    """A symbol that `defined` has drawn on the same page, in a fifth of the bytes."""
    head = '<svg class="pdsa-symbol" width="12" height="12" viewBox="0 0 14 14" aria-hidden="true">'
    return f'{head}<use href="#pdsa-is-{_id(verdict)}"/></svg>'


def _id(verdict: str) -> str:
    return (verdict if verdict in _SHAPES else "no_data").replace("_", "-")


def shape(verdict: str) -> str:
    """The shapes alone, drawn in a box of 14 by 14, for use inside another SVG."""
    return _SHAPES.get(verdict, _SHAPES["no_data"])
