"""Which periods of a school have numbers: a strip of small marks, told apart by shape, one for each row of a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from pdsa.figures.svg import INK, MUTED, PAPER, escape, number, width_of
from pdsa.quality import BEFORE, LETTERS

# Width of all marks of a row; the least and the most of one of them, and that of one of a few.
ROOM, LEAST, MOST, WIDE = 620.0, 0.5, 14.0, 50.0
HEIGHT, AXIS = 13.0, 14.0
TEXT = 10
# Marks of this width and more stand apart from each other.
APART = 4.0
# Half the size of crosses, strokes and stars.
REACH = 3.2
_PALE, _EDGE = "#b7c4d0", "#6d7f90"

COVERAGE_WORDS = {
    "r": "reported",
    "m": "missing",
    "s": "hidden",
    "x": "set aside",
    "t": "bound",
    "b": "bound",
    "n": "not applicable",
    "e": "error",
}
MEANINGS = {
    "reported": "a number that is charted",
    "bound": "known only as a limit, such as 95% or more; drawn hollow, in no average",
    "hidden": "suppressed by the publisher, or too few people to be shown",
    "missing": "nobody sent a number",
    "error": "the source has an error in place of a number",
    "set aside": "a number that makes no line, because it is not comparable",
    "not applicable": "0 of 0: there was nobody to count",
    "before the first report": "blank: the school had not begun to report",
}


# Filling and outline of each mark; the shapes differ as well, so that they survive grey print.
_INKS = {
    "r": (_PALE, ""),
    "t": (_PALE, _EDGE),
    "b": (_PALE, _EDGE),
    "s": ("none", INK),
    "m": (PAPER, INK),
    "x": ("none", INK),
    "n": ("none", MUTED),
    "e": ("none", INK),
}


def coverage_strip(letters: str, periods: Sequence[str], label: str) -> str:
    """Inline SVG of one row: a mark for each letter, and on pointing at it the periods that it stands for.

    Parameters
    ----------
    letters
        One for each period: `quality.LETTERS`, or a blank.
    periods
        What each is called.
    label
        What a screen reader says in place of the picture.
    """
    wide = _width(len(letters))
    marks = "".join(_marks(letter, letters, periods, wide) for letter in dict.fromkeys(LETTERS.values()))
    size = number(max(wide * len(letters), 1))
    return (
        f'<svg class="pdsa-strip" role="img" aria-label="{escape(label)}" width="{size}" height="{number(HEIGHT)}" '
        f'viewBox="0 0 {size} {number(HEIGHT)}">{marks or f"<title>{escape(label)}</title>"}</svg>'
    )


def _width(count: int) -> float:
    """Few periods, such as school years, are as wide as their names."""
    return WIDE if count * WIDE <= ROOM else min(max(ROOM / count, LEAST), MOST)


def _marks(letter: str, letters: str, periods: Sequence[str], wide: float) -> str:
    """All marks of one status as one path, with the stretches that it covers in words."""
    runs = list(_runs(letter, letters))
    if not runs:
        return ""
    apart = wide >= APART
    cells = [(i, i) for first, last in runs for i in range(first, last + 1)] if apart else runs
    d = "".join(_shape(letter, first * wide, (last - first + 1) * wide, apart) for first, last in cells)
    spans = [periods[a] if a == b else f"{periods[a]} to {periods[b]}" for a, b in runs]
    told = "; ".join(spans[:6]) + (f" and {len(spans) - 6} more" if len(spans) > 6 else "")
    title = f"<title>{escape(f'{COVERAGE_WORDS[letter]}: {told}')}</title>"
    return f'<path class="pdsa-{letter}" d="{d}" {_ink(letter)}>{title}</path>'


def _runs(letter: str, letters: str) -> Iterator[tuple[int, int]]:
    """First and last position of each stretch of a letter."""
    at = 0
    for found, stretch in groupby(letters):
        size = len(list(stretch))
        if found == letter:
            yield at, at + size - 1
        at += size


def _shape(letter: str, x: float, wide: float, apart: bool) -> str:
    """The outline of one mark in a box of its width; where marks join, a line says how far a smaller one reaches."""
    gap = 0.5 if apart else 0.0
    left, right, top, bottom = x + gap, x + wide - gap, 0.5, HEIGHT - 0.5
    middle, center = (top + bottom) / 2, (left + right) / 2
    reach = min((right - left) / 2, REACH) if apart else REACH
    if letter == "m":
        left, right = left + 0.6, max(right - 0.6, left + 0.8)
        top, bottom = top + 0.6, bottom - 0.6
    if letter in "rm":
        return _box(left, top, right, bottom)
    if letter in "tb":
        return _box(left, middle, right, bottom) + f"M{number(left)} {number(top + 1)}H{number(right)}"
    under = "" if apart else f"M{number(left)} {number(bottom)}H{number(right)}"
    if letter == "n":
        return f"{under}M{number(center - reach)} {number(middle)}h{number(2 * reach)}"
    falling = f"M{number(center - reach)} {number(middle - reach)}l{number(2 * reach)} {number(2 * reach)}"
    rising = f"M{number(center - reach)} {number(middle + reach)}l{number(2 * reach)} {number(-2 * reach)}"
    upright = f"M{number(center)} {number(middle - reach - 1)}v{number(2 * reach + 2)}"
    return under + {"x": rising, "e": rising + falling, "s": rising + falling + upright}[letter]


def _box(left: float, top: float, right: float, bottom: float) -> str:
    return f"M{number(left)} {number(top)}H{number(right)}V{number(bottom)}H{number(left)}z"


def coverage_axis(periods: Sequence[str]) -> str:
    """Inline SVG that stands over the strips: the month of every period that begins one, as far as there is room."""
    wide = _width(len(periods))
    size = max(wide * len(periods), width_of("2025-09", TEXT) + 4)
    parts, free = [], 0.0
    for i, period in enumerate(periods):
        begins = i == 0 or periods[i - 1][:7] != period[:7]
        text = period[:7]
        at = wide * i
        if begins and at >= free and at + width_of(text, TEXT) <= size:
            parts.append(f'<path d="M{number(at + 0.5)} {number(AXIS)}v-4" stroke="{MUTED}"/>')
            parts.append(f'<text x="{number(at)}" y="{number(AXIS - 5)}" font-size="{TEXT}" fill="{INK}">{text}</text>')
            free = at + width_of(text, TEXT) + 6
    return (
        f'<svg class="pdsa-strip" aria-hidden="true" width="{number(size)}" height="{number(AXIS)}" '
        f'viewBox="0 0 {number(size)} {number(AXIS)}">{"".join(parts)}</svg>'
    )


def coverage_key() -> str:
    """What each mark means: the mark, its word, its meaning."""
    items = []
    for word, meaning in MEANINGS.items():
        letter = next((letter for letter, known in COVERAGE_WORDS.items() if known == word), BEFORE)
        drawn = f'<path d="{_shape(letter, 0, MOST, True)}" {_ink(letter)}/>' if letter != BEFORE else ""
        sample = (
            f'<svg class="pdsa-strip" aria-hidden="true" width="{number(MOST)}" height="{number(HEIGHT)}" '
            f'viewBox="0 0 {number(MOST)} {number(HEIGHT)}">{drawn}</svg>'
        )
        items.append(f"<li>{sample} <b>{word}</b>: {meaning}</li>")
    return f'<ul class="key">{"".join(items)}</ul>'


def _ink(letter: str) -> str:
    fill, stroke = _INKS[letter]
    return f'fill="{fill}"' + (f' stroke="{stroke}" stroke-width="1.3"' if stroke else "")
