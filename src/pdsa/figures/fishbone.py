"""The fishbone: what a team suspects behind a problem, by category, and which of it rests on evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pdsa.figures.drawing import drawing, framed, keyed, many, pushed
from pdsa.figures.figure import Figure
from pdsa.figures.svg import AS_TYPED, BOLD, INK, MUTED, PAPER, escape, line, mark, number
from pdsa.figures.wrapped import rect, wrapped, write_lines
from pdsa.records.inquiry import Cause

WIDTH, HEAD, TIP = 960.0, 170.0, 24.0
TEXT, STEP, BETWEEN = 11.5, 13.5, 9.0
# How far a bone leans over its whole length; room for the name of its category.
LEAN, NAME = 46.0, 40.0
LEAST = 60.0  # length of a bone with few causes


@dataclass(frozen=True, slots=True)
class Rib:
    """One cause with its lines."""

    cause: Cause
    lines: list[str]

    @property
    def height(self) -> float:
        """Lines and the clearance to the next."""
        return STEP * len(self.lines) + BETWEEN


@dataclass(frozen=True, slots=True)
class Bone:
    """One category: the lines of its name, and its causes."""

    name: str
    title: list[str]
    ribs: list[Rib]

    @property
    def needs(self) -> float:
        """Height that its causes need."""
        return sum(rib.height for rib in self.ribs) + 8


def fishbone(
    causes: Sequence[Cause], *, problem: str = "", drivers: Mapping[str, str] | None = None, width: float = WIDTH
) -> Figure:
    """Causes as lines on the bones of their categories, those with evidence marked; the same as a list below.

    Parameters
    ----------
    causes
        In the order in which categories and causes are drawn.
    problem
        What they are causes of, written at the head.
    drivers
        Text of a driver by its id, for causes that one takes up.
    width
        In pixels; the picture scales to its place.
    """
    if not causes:
        said = "No cause is written down yet."
        return Figure(framed(f'<p class="pdsa-note">{said}</p>'), said)
    room = (width - (HEAD if problem.strip() else TIP) - 16) / _columns(causes)
    bones = _bones(causes, room)
    above, below = _length(bones[::2]), _length(bones[1::2])
    spine = above + NAME
    lines = _read(causes, drivers or {})
    backed = sum(bool(cause.evidence) for cause in causes)
    title = f"What may be behind it: {problem}" if problem else "What may be behind the problem"
    counted = f"{many(len(causes), 'cause')} on {many(len(bones), 'bone')}, {backed} with evidence."
    places = [(10 + room * (i // 2 + 1), spine, below if i % 2 else -above) for i in range(len(bones))]
    drawn = [_bone(bone, place, room) for bone, place in zip(bones, places, strict=True)]
    body = _fish(problem, spine, width) + "".join(drawn)
    svg = drawing(
        "pdsa-fish", (width, spine + (below + NAME if below else 30.0)), title, f"{counted} {' '.join(lines)}", body
    )
    return Figure(
        framed(pushed(svg), _key(), _list(lines), name="pdsa-fishbone"), "\n".join([f"{title}.", counted, *lines])
    )


def _length(bones: Sequence[Bone]) -> float:
    """All bones of one side are equally long."""
    return max([LEAST, *(bone.needs for bone in bones)]) if bones else 0.0


def _categories(causes: Sequence[Cause]) -> dict[str, list[Cause]]:
    """Causes by category, whatever its case and blanks."""
    found: dict[str, list[Cause]] = {}
    for cause in causes:
        found.setdefault(" ".join(cause.category.split()).casefold(), []).append(cause)
    return found


def _columns(causes: Sequence[Cause]) -> int:
    return (len(_categories(causes)) + 1) // 2


def _bones(causes: Sequence[Cause], room: float) -> list[Bone]:
    bones = []
    for own in _categories(causes).values():
        ribs = [Rib(cause, wrapped(cause.cause, TEXT, room - LEAN - 34, 4) or [""]) for cause in own]
        bones.append(Bone(own[0].category, wrapped(own[0].category, 12.5, min(room - 10, 240.0) / BOLD, 2), ribs))
    return bones


def _fish(problem: str, spine: float, width: float) -> str:
    """The spine and the head with the problem; without one the tip of an arrow, for an empty box says nothing."""
    if not problem.strip():
        tip = f'<path d="M{number(width - 2)} {number(spine)}l-13 -6.5v13z" fill="{INK}"/>'
        return line(2, spine, width - 13, spine, INK, ' stroke-width="2.4" class="pdsa-spine"') + tip
    lines = wrapped(problem, 12.5, (HEAD - 24) / BOLD, 8)
    tall = max(16.0 * len(lines) + 18, 40.0)
    x = width - HEAD
    back = line(2, spine, x, spine, INK, ' stroke-width="2.4" class="pdsa-spine"')
    box = rect(x, spine - tall / 2, HEAD - 2, tall, f' fill="{PAPER}" stroke="{INK}" stroke-width="1.6"')
    top = spine - tall / 2 + 22
    return back + box + write_lines(x + 11, top, lines, size=12.5, step=16, look=(INK, ' font-weight="600"'))


def _bone(bone: Bone, place: tuple[float, float, float], room: float) -> str:
    """A bone and its causes as lines that reach it, spread over its length.

    `place` holds where it meets the spine, x and y, and how far it reaches: below 0 upward.
    """
    foot, spine, reach = place
    far = spine + reach
    parts = [line(foot - LEAN, far, foot, spine, INK, ' stroke-width="1.6"'), _title(bone, foot - LEAN, far, reach)]
    spare = (abs(reach) - bone.needs) / len(bone.ribs)
    at = min(far, spine) + (4 if reach < 0 else 8) + spare / 2
    for rib in bone.ribs:
        at += rib.height
        y = at - BETWEEN + 4
        end, over = foot - abs((y - spine) / reach) * LEAN, _over(rib, reach)
        parts.append(_rib(rib, end, y, room - LEAN - 14 + over))
        at += spare
    return f'<g class="pdsa-bone">{"".join(parts)}</g>'


def _over(rib: Rib, reach: float) -> float:
    """How far a bone that rises leans over the line of a cause, at the top of its words: they begin so much earlier."""
    return LEAN * (STEP * len(rib.lines) + 4) / -reach if reach < 0 else 0.0


def _title(bone: Bone, x: float, far: float, side: float) -> str:
    top = far - 8 - 15 * (len(bone.title) - 1) if side < 0 else far + 17
    look = (INK, ' font-weight="600" text-anchor="middle"')
    return write_lines(x, top, bone.title, size=12.5, step=15, look=look)


def _rib(rib: Rib, end: float, y: float, length: float) -> str:
    """A cause: its words above a line that ends at the bone, a mark for its evidence before them."""
    start = end - length
    shape = "dot" if rib.cause.evidence else "hollow"
    words = write_lines(
        start + 13, y - 4 - STEP * (len(rib.lines) - 1), rib.lines, size=TEXT, step=STEP, look=(INK, "")
    )
    dot = mark(shape, number(start + 5), number(y - 8 - STEP * (len(rib.lines) - 1)), 3.6, INK)
    told = f"<title>{escape(_told(rib.cause, {}))}</title>"
    return f'<g class="pdsa-cause">{told}{line(start, y, end, y, MUTED)}{dot}{words}</g>'


def _told(cause: Cause, drivers: Mapping[str, str]) -> str:
    """A cause in one line, with its evidence and the driver that takes it up."""
    evidence = f"evidence: {cause.evidence}" if cause.evidence else "no evidence yet"
    driver = drivers.get(cause.driver_id, cause.driver_id)
    taken = f"; taken up by “{driver}”" if driver else ""
    return f"{cause.category}: {cause.cause} ({evidence}{taken})"


def _read(causes: Sequence[Cause], drivers: Mapping[str, str]) -> list[str]:
    return [f"{_told(cause, drivers)}." for own in _categories(causes).values() for cause in own]


def _key() -> str:
    def sample(shape: str) -> str:
        drawn = mark(shape, "6", "7", 3.6, INK)
        return f'<svg width="12" height="12" viewBox="0 0 12 12" aria-hidden="true">{drawn}</svg>'

    return keyed([(sample("dot"), "with evidence"), (sample("hollow"), "suspected, no evidence yet")])


def _list(lines: Sequence[str]) -> str:
    """The same causes in words, closed until somebody opens it."""
    items = "".join(f"<li><bdi>{escape(told)}</bdi></li>" for told in lines)
    style = "margin:.2em 0;padding-left:1.3em;font-size:12px;overflow-wrap:anywhere"
    return (
        f'<details class="{AS_TYPED}" style="font-size:12px;margin:.3em 0 0"><summary>The same as a list</summary>'
        f'<ul class="pdsa-causes" style="{style}">{items}</ul></details>'
    )
