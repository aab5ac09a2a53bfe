"""Annotations: numbered flags above the data that never cover each other, and the list that names them."""

from __future__ import annotations

from pdsa.figures.layers import DOTS, Canvas
from pdsa.figures.svg import INK, NOTE, PAPER, escape, line, number, path, write
from pdsa.trace.remarks import CLEARANCE, Flag, Remark, box, grouped, spread, told

SIZE = 10.5
HEIGHT = 15.0


def listed(remarks: list[Remark]) -> str:
    """The annotations as an ordered list; its numbers are those of the flags."""
    if not remarks:
        return ""
    lines = "".join(f"<li>{_line(remark)}</li>" for remark in remarks)
    style = "list-style:none;margin:.2em 0 0;padding:0 0 0 4px;font-size:12px"
    return f'<ol class="pdsa-annotations" style="{style}">{lines}</ol>'


def _line(remark: Remark) -> str:
    before, after = told(remark)
    return f"{before}<bdi>{escape(remark.annotation.label)}</bdi>{after}"


def draw_flags(flags: list[Flag], canvas: Canvas) -> str:
    """A numbered box for each place, tied by a thin dotted line to its date."""
    groups = grouped([(flag.number, canvas.x(flag.at)) for flag in flags], canvas.x.end - canvas.x.start)
    if not groups:
        return ""
    top = canvas.y.end - 8
    centers = spread([at for at, _ in groups], [box(text) for _, text in groups], canvas.x.start - 8, canvas.x.end + 8)
    parts = [line(canvas.x(f.at), top, canvas.x(f.at), canvas.axis, NOTE, DOTS) for f in flags]
    for (at, text), middle in zip(groups, centers, strict=True):
        parts.append(path(f"M{number(at)} {number(top)}L{number(middle)} {number(top - 6)}", NOTE))
        parts.append(_flag(text, middle, top - 6 - HEIGHT))
    return f'<g class="pdsa-flags">{"".join(parts)}</g>'


def _flag(text: str, middle: float, y: float) -> str:
    wide = box(text) - CLEARANCE
    frame = f'x="{number(middle - wide / 2)}" y="{number(y)}" width="{number(wide)}" height="{HEIGHT:g}" rx="3"'
    words = write(middle, y + 11.3, text, size=SIZE, color=INK, more=' text-anchor="middle" font-weight="600"')
    return f'<g class="pdsa-flag"><rect {frame} fill="{PAPER}" stroke="{NOTE}"/>{words}</g>'
