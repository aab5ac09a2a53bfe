"""Texts of people in lines of one width: nothing is lost but what a reader finds in the tooltip."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from pdsa.figures.svg import number, shorten, width_of, write

# What joins two letters into one picture: a line never ends before or after it.
_JOINER = "\u200d"
PLAIN = ' unicode-bidi="plaintext"'


def wrapped(text: object, size: float, room: float, most: int = 6) -> list[str]:
    """The words of a text in at most `most` lines that are `room` pixels wide; the last ends with "…" if more follow.

    Longer words are broken, never within a letter with its marks.
    """
    lines: list[str] = []
    rest = _pieces(" ".join(str(text).split()), size, room)
    line = ""
    for piece in rest:
        longer = f"{line} {piece}" if line else piece
        if line and width_of(longer, size) > room:
            if len(lines) == most - 1:
                return [*lines, shorten(longer, size, room).rstrip("…") + "…"]
            lines.append(line)
            line = piece
        else:
            line = longer
    return [*lines, line] if line else lines


def _pieces(text: str, size: float, room: float) -> Iterator[str]:
    """The words, and the parts of those that are wider than the room."""
    for word in text.split(" "):
        while width_of(word, size) > room:
            cut = _cut(word, size, room)
            yield word[:cut]
            word = word[cut:]
        if word:
            yield word


def _cut(word: str, size: float, room: float) -> int:
    used, cut = width_of(word[0], size), 1
    while cut < len(word) and used + width_of(word[cut], size) <= room:
        used += width_of(word[cut], size)
        cut += 1
    while 1 < cut < len(word) and _joined(word[cut - 1], word[cut]):
        cut -= 1
    return cut


def _joined(before: str, after: str) -> bool:
    return _JOINER in (before, after) or bool(unicodedata.combining(after)) or "\ufe00" <= after <= "\ufe0f"


def write_lines(x: float, y: float, lines: list[str], *, size: float, step: float, look: tuple[str, str]) -> str:
    """One `<text>` for each line, `step` pixels apart; `look` is the color and further attributes."""
    color, more = look
    return "".join(
        write(x, y + step * i, one, size=size, color=color, more=PLAIN + more) for i, one in enumerate(lines)
    )


def rect(x: float, y: float, width: float, height: float, more: str) -> str:
    """A `<rect>` with rounded corners."""
    ends = f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'
    return f'<rect {ends} rx="3"{more}/>'
