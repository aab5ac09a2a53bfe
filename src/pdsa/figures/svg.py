"""Small words of SVG: numbers, escaped text, marks, and labels that make room for each other."""

from __future__ import annotations

import hashlib
import html
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise

import numpy as np

from pdsa.trace import Floats
from pdsa.trace.ink import BAND as BAND
from pdsa.trace.ink import CENTER as CENTER
from pdsa.trace.ink import CHANGED as CHANGED
from pdsa.trace.ink import DATA as DATA
from pdsa.trace.ink import GOOD as GOOD
from pdsa.trace.ink import INK as INK
from pdsa.trace.ink import LIMIT as LIMIT
from pdsa.trace.ink import MUTED as MUTED
from pdsa.trace.ink import NOTE as NOTE
from pdsa.trace.ink import PAPER as PAPER
from pdsa.trace.ink import RULE as RULE
from pdsa.trace.ink import TARGET as TARGET
from pdsa.trace.ink import WORSE as WORSE

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"

# Text that is shown as typed: neither MathJax of a notebook nor of a page may read "$5 (10%) $10" as a formula.
AS_TYPED = "tex2jax_ignore mathjax_ignore"

# Bold letters are wider than those that `width_of` measures.
BOLD = 1.2

_NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_NOT_SLUG = re.compile(r"[\W_]+")
_NARROW = frozenset("iljtfr.,:;'|!()[] ")


def escape(text: object) -> str:
    """Text of people made safe for HTML, SVG and attributes; characters that XML forbids are left out."""
    return html.escape(_NOT_XML.sub("", str(text)), quote=True)


def slug(text: object) -> str:
    """A text as part of an anchor: letters and digits of any script, joined by hyphens."""
    return _NOT_SLUG.sub("-", _NOT_XML.sub("", str(text)).lower()).strip("-") or "unnamed"


def unique(slugs: Sequence[str]) -> list[str]:
    """The same slugs, later ones of equal name numbered: `a`, `a-2`, `a-3`."""
    taken: set[str] = set()
    answer = []
    for name in slugs:
        candidate, number = name, 1
        while candidate in taken:
            number += 1
            candidate = f"{name}-{number}"
        taken.add(candidate)
        answer.append(candidate)
    return answer


def digest(text: str) -> str:
    """Twelve hex digits that depend on the drawing only, so that an id gives no school away and never changes."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def number(value: float) -> str:
    """A coordinate with at most one decimal."""
    text = f"{value:.1f}"
    text = text.removesuffix(".0")
    return "0" if text == "-0" else text


# Every coordinate of an ordinary picture, in tenths of a pixel: looking it up is five times faster than writing it.
_TENTHS = tuple(number(tenth / 10) for tenth in range(12_001))


def coordinates(values: Floats) -> list[str]:
    """Many coordinates at once; what is not finite becomes 0, and must not be drawn."""
    if not len(values):
        return []
    tenths = np.rint(values * 10)
    if np.fmin.reduce(tenths) < 0 or np.fmax.reduce(tenths) >= len(_TENTHS):
        return [number(tenth / 10) for tenth in np.nan_to_num(tenths, posinf=0.0, neginf=0.0).tolist()]
    return [_TENTHS[tenth] for tenth in np.fmax(tenths, 0.0).astype(np.int64).tolist()]


def width_of(text: str, size: float) -> float:
    """A cautious width in pixels of a text in the system's font."""
    if text.isascii():
        narrow = sum(map(_NARROW.__contains__, text))
        return size * (0.6 * len(text) - 0.26 * narrow)
    return size * sum(_em(letter) for letter in text)


def _em(letter: str) -> float:
    if unicodedata.combining(letter):
        return 0.0
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.05
    return 0.34 if letter in _NARROW else 0.62


def shorten(text: str, size: float, room: float) -> str:
    """The text, or its beginning with an ellipsis where it is wider than `room` pixels."""
    if width_of(text, size) <= room:
        return text
    used, kept = size, 0
    while kept < len(text) and used + width_of(text[kept], size) <= room:
        used += width_of(text[kept], size)
        kept += 1
    return text[:kept].rstrip() + "…"


def write(x: float, y: float, text: str, *, size: float = 11, color: str = INK, more: str = "") -> str:
    """A `<text>` element; its text is escaped here."""
    return f'<text x="{number(x)}" y="{number(y)}" font-size="{size:g}" fill="{color}"{more}>{escape(text)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, color: str, more: str = "") -> str:
    """A straight `<line>` element."""
    ends = f'x1="{number(x1)}" y1="{number(y1)}" x2="{number(x2)}" y2="{number(y2)}"'
    return f'<line {ends} stroke="{color}"{more}/>'


def path(d: str, color: str, more: str = "") -> str:
    """A `<path>` that is stroked and not filled; nothing where there is nothing to draw."""
    return f'<path d="{d}" fill="none" stroke="{color}"{more}/>' if d else ""


def mark(shape: str, x: str, y: str, size: float, color: str) -> str:
    """One of the shapes of points, centered at the coordinates x, y; `size` is half its height."""
    if shape == "dot":
        return f'<circle cx="{x}" cy="{y}" r="{size:g}" fill="{color}"/>'
    if shape in ("hollow", "crossed"):
        ring = f'<circle cx="{x}" cy="{y}" r="{size:g}" fill="{PAPER}" stroke="{color}"'
        arm = round(size * 0.7, 1)
        cross = f"M{x} {y}m-{arm:g}-{arm:g}l{2 * arm:g} {2 * arm:g}m0-{2 * arm:g}l-{2 * arm:g} {2 * arm:g}"
        return f'{ring} stroke-width="1.4"/>' if shape == "hollow" else f"{ring}/>{path(cross, color)}"
    look = f'fill="{color}" stroke="{PAPER}" stroke-width="{size * 0.2:.2g}"/>'
    return f'<path d="M{x} {y}{_outline(shape, size)}z" {look}'


@lru_cache(maxsize=256)
def _outline(shape: str, size: float) -> str:
    """The outline of a shape, relative to its center."""
    corners = [(round(a * size, 1), round(b * size, 1)) for a, b in _CORNERS[shape]]
    moves = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(corners)]
    return f"m{corners[0][0]:g} {corners[0][1]:g}" + "".join(f"l{a:.3g} {b:.3g}" for a, b in moves)


_CORNERS = {
    "diamond": ((0, -1), (1, 0), (0, 1), (-1, 0)),
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle": ((0, -1), (1, 0.8), (-1, 0.8)),
    "plus": (
        *((-0.35, -1), (0.35, -1), (0.35, -0.35), (1, -0.35), (1, 0.35), (0.35, 0.35)),
        *((0.35, 1), (-0.35, 1), (-0.35, 0.35), (-1, 0.35), (-1, -0.35), (-0.35, -0.35)),
    ),
}
