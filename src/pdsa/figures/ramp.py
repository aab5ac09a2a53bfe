"""Ramps: the cycles of one idea at one school on the ladder of scales, each with what was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pdsa.cycles import Ramp
from pdsa.figures.decisions import INKS, decision_key, decision_shape, decision_word, known
from pdsa.figures.drawing import drawing, framed, keyed, many
from pdsa.figures.figure import Figure
from pdsa.figures.frame import MIDDLE
from pdsa.figures.svg import LIMIT, MUTED, RULE, escape, line, number, path, width_of, write
from pdsa.records.inquiry import Cycle
from pdsa.terms import SCALE_WORDS, SCALES

WIDE, NARROW = 640.0, 352.0
LEAST = 330.0  # two columns fit a page of A4
RUNG, TOP, TEXT = 17.0, 12.0, 10.0
LEFT = 12 + max(width_of(word, TEXT) for word in SCALE_WORDS.values())
# Slots of at least so many pixels have room for the word of a decision, and for the day.
WORD_ROOM, DAY_ROOM = 46.0, 58.0


def ramp_chart(
    ramps: Sequence[Ramp],
    *,
    titles: Mapping[str, str] | None = None,
    names: Mapping[str, str] | None = None,
    most: int = 12,
) -> Figure:
    """For each ramp its cycles from left to right, as high as their scale, marked by decision and joined.

    Parameters
    ----------
    ramps
        From `cycles.ramps`, in the order in which they are drawn.
    titles, names
        What ideas and schools are called, by id.
    most
        Ramps drawn at most; of more a sentence says how many are left out.
    """
    if not ramps:
        said = "No cycle is planned yet: there is no ramp to draw."
        return Figure(framed(f'<p class="pdsa-note">{said}</p>'), said)
    shown = ramps[:most]
    heads = [(_named(one.idea, titles), _named(one.school, names)) for one in shown]
    told = [_told(one, head) for one, head in zip(shown, heads, strict=True)]
    width = WIDE if len(shown) == 1 else NARROW
    panels = [_panel(one, head, said, width) for one, head, said in zip(shown, heads, told, strict=True)]
    used = {known(cycle.decision) for one in shown for cycle in one.cycles}
    rest = f"{many(len(ramps) - most, 'more ramp')} not drawn here." if len(ramps) > most else ""
    least = width if len(shown) == 1 else min(width, LEAST)
    style = f"display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,{least:g}px),1fr));gap:14px 16px"
    grid = f'<div class="pdsa-ladders" style="{style}">{"".join(panels)}</div>'
    note = f'<p class="pdsa-note" style="margin:.4em 0 0">{rest}</p>' if rest else ""
    return Figure(
        framed(grid, keyed(decision_key(used)), note, name="pdsa-multiples pdsa-ramps"),
        "\n".join([*told, *([rest] if rest else [])]),
    )


def _named(key: str, names: Mapping[str, str] | None) -> str:
    return (names or {}).get(key, key)


def _told(ramp: Ramp, head: tuple[str, str]) -> str:
    """A ramp in one sentence."""
    title = " at ".join(filter(None, head))
    return f"{title}: {'; '.join(_step(cycle, number) for number, cycle in _numbered(ramp.cycles))}."


def _numbered(cycles: Sequence[Cycle]) -> list[tuple[int, Cycle]]:
    """The cycles with their own numbers, some of which a reader may not see; counted where these do not rise."""
    own = [cycle.cycle_no for cycle in cycles]
    rising = all(before < after for before, after in pairwise(own))
    return list(zip(own if rising else range(1, len(cycles) + 1), cycles, strict=True))


def _step(cycle: Cycle, place: int) -> str:
    """`cycle 2, 1 class, from 2025-10-06, adapted`."""
    began = f"from {cycle.began}" if cycle.began else ""
    word = decision_word(cycle.decision or cycle.status)
    return ", ".join(filter(None, (f"cycle {place}", SCALE_WORDS[cycle.scale], began, word)))


def _panel(ramp: Ramp, head: tuple[str, str], told: str, width: float) -> str:
    idea, school = (escape(text) for text in head)
    below = f'<div class="pdsa-word"><bdi>{school}</bdi></div>' if school else ""
    style = "font-size:12px;line-height:1.3;margin:0 0 2px;overflow-wrap:anywhere"
    title = f'<div class="pdsa-panel-head" style="{style}"><b><bdi>{idea}</bdi></b>{below}</div>'
    slot = (width - LEFT - 8) / max(len(ramp.cycles), 1)
    lines = 1 + (slot >= WORD_ROOM) + (slot >= DAY_ROOM)
    height = TOP + RUNG * (len(SCALES) - 1) + 26 + 12.5 * lines
    svg = drawing("pdsa-ramp", (width, height), " at ".join(filter(None, head)), told, _drawn(ramp, slot, width))
    return f'<div class="pdsa-panel">{title}{svg}</div>'


def _drawn(ramp: Ramp, slot: float, width: float) -> str:
    """Ladder, joining lines, marks, and what stands under each of them."""
    places = {cycle.id: (LEFT + slot * (i + 0.5), _rung(cycle)) for i, cycle in enumerate(ramp.cycles)}
    numbered = _numbered(ramp.cycles)
    marks = "".join(_mark(cycle, places[cycle.id], i) for i, cycle in numbered)
    words = "".join(_below(cycle, places[cycle.id][0], slot, i) for i, cycle in numbered)
    return _ladder(width) + _joins(ramp.cycles, places) + marks + words


def _rung(cycle: Cycle) -> float:
    return TOP + RUNG * (len(SCALES) - 1 - SCALES.index(cycle.scale))


def _ladder(width: float) -> str:
    """A faint line and a word for each scale, the smallest at the foot."""
    parts = []
    for i, scale in enumerate(reversed(SCALES)):
        y = TOP + RUNG * i
        parts.append(line(LEFT - 2, y, width - 2, y, RULE))
        parts.append(write(LEFT - 7, y + 3.5, SCALE_WORDS[scale], size=TEXT, color=MUTED, more=' text-anchor="end"'))
    return "".join(parts)


def _joins(cycles: Sequence[Cycle], places: Mapping[str, tuple[float, float]]) -> str:
    """From each cycle to the one that it follows; in their order where none says which it follows."""
    pairs = [(cycle.parent_cycle_id, cycle.id) for cycle in cycles if cycle.parent_cycle_id in places]
    if not any(cycle.parent_cycle_id for cycle in cycles):
        pairs = [(before.id, after.id) for before, after in pairwise(cycles)]
    ends = [(*places[a], *places[b]) for a, b in pairs]
    d = "".join(f"M{number(x1)} {number(y1)}L{number(x2)} {number(y2)}" for x1, y1, x2, y2 in ends)
    return path(d, LIMIT, ' stroke-width="1.6" class="pdsa-joins"')


def _mark(cycle: Cycle, at: tuple[float, float], place: int) -> str:
    x, y = at
    paper = f'<circle cx="{number(x)}" cy="{number(y)}" r="9" fill="#ffffff"/>'
    title = f"<title>{escape(': '.join(filter(None, (cycle.title, _step(cycle, place)))))}</title>"
    drawn = (
        f'<g transform="translate({number(x - 7.7)} {number(y - 7.7)}) scale(1.1)">{decision_shape(cycle.decision)}</g>'
    )
    return f'<g class="pdsa-step pdsa-{known(cycle.decision)}">{title}{paper}{drawn}</g>'


def _below(cycle: Cycle, x: float, slot: float, place: int) -> str:
    """Under the ladder the number of the cycle, and where there is room its decision and its day."""
    y = TOP + RUNG * (len(SCALES) - 1) + 24
    parts = [write(x, y, str(place), size=11, color=MUTED, more=MIDDLE)]
    if slot >= WORD_ROOM:
        word = decision_word(cycle.decision)
        parts.append(write(x, y + 12.5, word, size=TEXT, color=INKS[known(cycle.decision)], more=MIDDLE))
    if slot >= DAY_ROOM and cycle.began:
        parts.append(write(x, y + 25, str(cycle.began), size=TEXT, color=MUTED, more=MIDDLE))
    return "".join(parts)
