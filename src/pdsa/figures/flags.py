"""Annotations: numbered flags above the data that never cover each other, and the list that names them."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pdsa.figures.axes import place
from pdsa.figures.layers import DOTS, Canvas
from pdsa.figures.svg import INK, NOTE, PAPER, escape, line, number, path, spread, width_of, write
from pdsa.figures.trace import Trace, edges
from pdsa.records import Annotation

if TYPE_CHECKING:
    from pdsa.chart import Chart

SIZE = 10.5
HEIGHT = 15.0
# Flags closer than this share one box; all others stand side by side, with this clearance.
SAME_PLACE = 5.0
CLEARANCE = 3.0


@dataclass(frozen=True, slots=True)
class Flag:
    """An annotation's number and its place on the time axis."""

    number: int
    at: float


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of the list: number (0 where the annotation lies outside the chart) and annotation."""

    number: int
    annotation: Annotation
    where: str = ""


def flags_of(chart: Chart, trace: Trace, key: tuple[Hashable, ...]) -> tuple[list[Flag], list[Remark]]:
    """Numbered flags of the annotations that concern this series, and the lines of the list."""
    named = dict(zip(chart.by, map(str, key), strict=True))
    if chart.measure is not None:
        named["measure"] = chart.measure.id
    concerned = [note for note in chart.annotations if _concerns(note, named)]
    low, high = _ends(trace)
    flags: list[Flag] = []
    remarks: list[Remark] = []
    for note in sorted(concerned, key=lambda note: note.date):
        where = _where(place(note.date), low, high) if trace.dated else "not on this chart"
        if not where:
            flags.append(Flag(len(flags) + 1, place(note.date)))
        remarks.append(Remark(0 if where else len(flags), note, where))
    return flags, remarks


def _concerns(note: Annotation, named: dict[str, str]) -> bool:
    wanted = (("school", note.school), ("measure", note.measure))
    return all(not value or named.get(name, value) == value for name, value in wanted)


def _ends(trace: Trace) -> tuple[float, float]:
    lefts, rights = edges(trace)
    return float(lefts.min()), float(rights.max())


def _where(at: float, low: float, high: float) -> str:
    return "before this chart" if at < low else "after this chart" if at > high else ""


def listed(remarks: list[Remark]) -> str:
    """The annotations as an ordered list; its numbers are those of the flags."""
    if not remarks:
        return ""
    lines = "".join(f"<li>{_told(remark)}</li>" for remark in remarks)
    style = "list-style:none;margin:.2em 0 0;padding:0 0 0 4px;font-size:12px"
    return f'<ol class="pdsa-annotations" style="{style}">{lines}</ol>'


def _told(remark: Remark) -> str:
    note = remark.annotation
    kind = "" if note.kind in ("change", "other") else f" {note.kind}:"
    where = f" ({remark.where})" if remark.where else ""
    return f"{remark.number or '–'} · {note.date.isoformat()}{kind} <bdi>{escape(note.label)}</bdi>{where}"


def draw_flags(flags: list[Flag], canvas: Canvas) -> str:
    """A numbered box for each place, tied by a thin dotted line to its date."""
    groups = grouped([(flag.number, canvas.x(flag.at)) for flag in flags], canvas.x.end - canvas.x.start)
    if not groups:
        return ""
    top = canvas.y.end - 8
    centers = spread([at for at, _ in groups], [_box(text) for _, text in groups], canvas.x.start - 8, canvas.x.end + 8)
    parts = [line(canvas.x(f.at), top, canvas.x(f.at), canvas.axis, NOTE, DOTS) for f in flags]
    for (at, text), middle in zip(groups, centers, strict=True):
        parts.append(path(f"M{number(at)} {number(top)}L{number(middle)} {number(top - 6)}", NOTE))
        parts.append(_flag(text, middle, top - 6 - HEIGHT))
    return f'<g class="pdsa-flags">{"".join(parts)}</g>'


def _flag(text: str, middle: float, y: float) -> str:
    wide = _box(text) - CLEARANCE
    box = f'x="{number(middle - wide / 2)}" y="{number(y)}" width="{number(wide)}" height="{HEIGHT:g}" rx="3"'
    words = write(middle, y + 11.3, text, size=SIZE, color=INK, more=' text-anchor="middle" font-weight="600"')
    return f'<g class="pdsa-flag"><rect {box} fill="{PAPER}" stroke="{NOTE}"/>{words}</g>'


def grouped(flags: list[tuple[int, float]], room: float) -> list[tuple[float, str]]:
    """Place and text of each box: flags of one place share a box, more of them where the room is too small."""
    near = SAME_PLACE
    groups = _merge(flags, near)
    while len(groups) > 1 and sum(_box(text) for _, text in groups) > room:
        near *= 1.5
        groups = _merge(flags, near)
    return groups


def _merge(flags: list[tuple[int, float]], near: float) -> list[tuple[float, str]]:
    groups: list[list[tuple[int, float]]] = []
    for flag in flags:
        if groups and flag[1] - groups[-1][0][1] <= near:
            groups[-1].append(flag)
        else:
            groups.append([flag])
    return [(sum(at for _, at in group) / len(group), _numbers([n for n, _ in group])) for group in groups]


def _numbers(found: list[int]) -> str:
    return f"{found[0]}–{found[-1]}" if len(found) > 3 else ",".join(map(str, found))


def _box(text: str) -> float:
    return max(15.0, width_of(text, SIZE) + 8) + CLEARANCE
