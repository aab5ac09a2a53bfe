"""Annotations of the change log on a chart: numbered, none lost, and places that leave room for each other."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from pdsa.records import Annotation
from pdsa.trace import Trace, edges

if TYPE_CHECKING:
    from pdsa.chart import Chart

EPOCH = date(1970, 1, 1)
# Boxes in pixels: flags closer than this share one, all others stand side by side, with this clearance.
SAME_PLACE = 5.0
CLEARANCE = 3.0
LETTER = 6.3


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


def place(day: date) -> float:
    """The position of a date in days since 1970."""
    return float((day - EPOCH).days)


def told(remark: Remark) -> tuple[str, str]:
    """The line of the list before and after the text that a person wrote."""
    note = remark.annotation
    kind = "" if note.kind in ("change", "other") else f" {note.kind}:"
    where = f" ({remark.where})" if remark.where else ""
    return f"{remark.number or '–'} · {note.date.isoformat()}{kind} ", where


def spread(centers: Sequence[float], sizes: Sequence[float], low: float, high: float) -> list[float]:
    """Centers moved as little as possible so that boxes of these sizes neither overlap nor leave `low`..`high`.

    Parameters
    ----------
    centers
        Wished centers, ascending.
    sizes
        Length of each box, clearance included.
    low, high
        Ends of the room; boxes that cannot all fit are stacked from `low` on.

    Notes
    -----
    With the boxes' own offsets taken away this is a least-squares fit of a rising sequence, solved by pooling
    neighbors that are in the wrong order.
    """
    if not centers:
        return []
    offsets = [0.0]
    for before, after in pairwise(sizes):
        offsets.append(offsets[-1] + (before + after) / 2)
    fitted = _rising([center - offset for center, offset in zip(centers, offsets, strict=True)])
    least, most = low + sizes[0] / 2, high - sizes[-1] / 2 - offsets[-1]
    return [max(min(place, most), least) + offset for place, offset in zip(fitted, offsets, strict=True)]


def _rising(values: Sequence[float]) -> list[float]:
    pools: list[tuple[float, int]] = []
    for value in values:
        mean, size = value, 1
        while pools and pools[-1][0] > mean:
            other, count = pools.pop()
            mean, size = (mean * size + other * count) / (size + count), size + count
        pools.append((mean, size))
    return [mean for mean, size in pools for _ in range(size)]


def grouped(flags: list[tuple[int, float]], room: float) -> list[tuple[float, str]]:
    """Place and text of each box: flags of one place share a box, more of them where the room is too small."""
    near = SAME_PLACE
    groups = _merge(flags, near)
    while len(groups) > 1 and sum(box(text) for _, text in groups) > room:
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


def box(text: str) -> float:
    """Length in pixels of a flag with this text, clearance included."""
    return max(15.0, LETTER * len(text) + 8) + CLEARANCE
