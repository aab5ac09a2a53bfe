"""The driver diagram: from the aim by way of its drivers to the change ideas, each with what its measure says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pdsa import narrate
from pdsa.cycles import Node, Tree
from pdsa.figures.drawing import drawing, framed, keyed, listed, many, pushed
from pdsa.figures.figure import Figure
from pdsa.figures.svg import BAND, BOLD, INK, LIMIT, MUTED, PAPER, escape, number, path, width_of, write
from pdsa.figures.symbols import COLORS, SHORT_WORDS, shape, symbol
from pdsa.figures.wrapped import rect, wrapped, write_lines

# What a node of each kind is called.
KINDS = {"aim": "Aim", "primary": "Primary driver", "secondary": "Secondary driver", "idea": "Change idea"}
# Their columns; ideas stand at the right of whatever drivers there are.
IDEAS = 99
HEADINGS = {0: "Aim", 1: "Primary drivers", 2: "Secondary drivers", IDEAS: "Change ideas"}
LEVELS = {"aim": 0, "primary": 1, "secondary": 2, "idea": IDEAS}
WIDTH = 960.0
# Fonts differ: of the room for a line so much is used.
CAUTION = 0.94
HEAD, BETWEEN, GAP = 26.0, 36.0, 8.0
PAD, STEP, STATUS = 8.0, 14.5, 16.0
# Size and lines of the text of a node; a column of ideas is wider, for ideas are what most nodes are.
SIZES = {"aim": (13.0, 12), "primary": (12.0, 6), "secondary": (12.0, 6), "idea": (11.5, 5)}
SHARES = {"aim": 0.95, "primary": 1.0, "secondary": 1.0, "idea": 1.3}
TINTS = {"improvement": "#e6eef8", "concern": "#fbeae1", "change": "#f0e9f6"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading, its left end and width, and the ids of the nodes in it."""

    title: str
    x: float
    width: float
    members: frozenset[str]


@dataclass(slots=True)
class Box:
    """A node with its lines, its place, and the boxes that hang on it."""

    node: Node
    lines: list[str]
    gap: list[str]
    x: float
    width: float
    children: list[Box]
    y: float = 0.0

    @property
    def beside(self) -> bool:
        """Whether the number of cycles has room beside the last line of an idea."""
        used = width_of(self.lines[-1], SIZES[self.node.kind][0]) if self.lines else 0.0
        room = (self.width - 2 * PAD - 5) * CAUTION - 16 - width_of(_tried(self.node), 10.5)
        return self.node.kind == "idea" and not self.node.verdict and used < room

    @property
    def below(self) -> float:
        """How far under the top the lines end, and what is missing begins."""
        stands = bool(self.node.verdict or _tried(self.node)) and not self.beside
        return PAD + STEP * len(self.lines) + STATUS * stands

    @property
    def height(self) -> float:
        """Lines, the line that says how it stands, and those of its gaps."""
        return self.below + 13 * len(self.gap) + PAD - 2

    @property
    def reach(self) -> float:
        """Height of the box with all that hangs on it."""
        inner = sum(child.reach for child in self.children) + GAP * max(len(self.children) - 1, 0)
        return max(self.height, inner)


def driver_diagram(tree: Tree, *, title: str = "Our working theory", width: float = WIDTH) -> Figure:
    """The theory from left to right, its gaps named at their nodes and listed below.

    Parameters
    ----------
    tree
        From `cycles.theory`.
    title
        What the picture is called.
    width
        In pixels; the picture scales to its place.

    Returns
    -------
    Figure
        Its `text` is the same tree as indented lines.
    """
    nodes = list(tree.nodes)
    if not nodes:
        said = "No aim and no driver yet: there is no theory to draw."
        return Figure(framed(f'<p class="pdsa-note">{said}</p>'), said)
    columns = _columns(nodes, width)
    roots = _boxes(nodes, columns)
    foot = _place(roots, HEAD)
    gaps = [f"{_named(node)}: {', '.join(node.gaps)}" for node in nodes if node.gaps]
    lines = _read(roots, 0)
    alt = " ".join(line.strip() for line in lines)
    body = _headings(columns) + "".join(_edges(box) for box in roots) + "".join(_drawn(box) for box in roots)
    svg = drawing("pdsa-tree", (width, foot + 4), title, alt, body)
    below = listed(f"{many(len(gaps), 'gap')} in the theory", gaps, "pdsa-gaps")
    return Figure(framed(pushed(svg), _key(nodes), below, name="pdsa-drivers"), "\n".join([*lines, *_gaps_told(gaps)]))


def _gaps_told(gaps: Sequence[str]) -> list[str]:
    return [f"{many(len(gaps), 'gap')} in the theory:", *(f"  {gap}" for gap in gaps)] if gaps else []


def _columns(nodes: Sequence[Node], width: float) -> list[Column]:
    """The columns that occur, from left to right: drivers under secondary drivers have columns of their own."""
    levels = _levels(nodes)
    kinds = {
        level: next(node.kind for node in nodes if levels[node.id] == level) for level in sorted({*levels.values()})
    }
    unit = (width - 2 - BETWEEN * (len(kinds) - 1)) / sum(SHARES[kind] for kind in kinds.values())
    found, at = [], 1.0
    for level, kind in kinds.items():
        members = frozenset(node.id for node in nodes if levels[node.id] == level)
        found.append(Column(HEADINGS.get(level, ""), at, unit * SHARES[kind], members))
        at += unit * SHARES[kind] + BETWEEN
    return found


def _levels(nodes: Sequence[Node]) -> dict[str, int]:
    """How far to the right each node stands: its own column, or the one after its parent's; ideas in the last."""
    levels: dict[str, int] = {}
    for node in nodes:
        own = LEVELS[node.kind]
        levels[node.id] = own if own == IDEAS else max(own, levels.get(node.parent, -1) + 1)
    return levels


def _boxes(nodes: Sequence[Node], columns: Sequence[Column]) -> list[Box]:
    """The boxes of the aims, all others hanging on them; what hangs on nothing stands by itself."""
    boxes = {node.id: _box(node, column) for node in nodes for column in columns if node.id in column.members}
    parents = {node.id: node.parent for node in nodes}
    roots = []
    for node in nodes:
        if node.parent in boxes and not _circular(node.id, parents):
            boxes[node.parent].children.append(boxes[node.id])
        else:
            roots.append(boxes[node.id])
    return roots


def _circular(node: str, parents: dict[str, str]) -> bool:
    """Whether a node is among its own ancestors."""
    above, seen = parents[node], {""}
    while above not in seen and above != node:
        seen.add(above)
        above = parents.get(above, "")
    return above == node


def _box(node: Node, column: Column) -> Box:
    size, most = SIZES[node.kind]
    room = (column.width - 2 * PAD - 5) * CAUTION
    gap = wrapped(", ".join(node.gaps), 10.5, room - 12, 3)
    lines = wrapped(node.text, size, room / BOLD if node.kind == "aim" else room, most)
    return Box(node, lines, gap, column.x, column.width, [])


def _place(boxes: Sequence[Box], top: float) -> float:
    """Give each box its height on the page, beside the middle of what hangs on it; the foot of the last."""
    for box in boxes:
        inner = sum(child.reach for child in box.children) + GAP * max(len(box.children) - 1, 0)
        _place(box.children, top + (box.reach - inner) / 2)
        box.y = top + (box.reach - box.height) / 2
        if box.children:
            ends = (box.children[0], box.children[-1])
            middle = (ends[0].y + ends[0].height / 2 + ends[1].y + ends[1].height / 2) / 2
            box.y = min(max(middle - box.height / 2, top), top + box.reach - box.height)
        top += box.reach + GAP
    return top - GAP


def _headings(columns: Sequence[Column]) -> str:
    more = ' font-weight="600"'
    return "".join(write(one.x, 13, one.title, size=11.5, color=MUTED, more=more) for one in columns if one.title)


def _edges(box: Box) -> str:
    """Curves from a box to those that hang on it."""
    start, y = box.x + box.width, box.y + box.height / 2
    d = "".join(_curve(start, y, child.x, child.y + child.height / 2) for child in box.children)
    return path(d, LIMIT, ' stroke-width="1.2" class="pdsa-edges"') + "".join(_edges(child) for child in box.children)


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    """A bend next to the parent, then straight at the height of the child, where no other box stands."""
    bend, turn = x1 + BETWEEN, x1 + BETWEEN / 2
    return (
        f"M{number(x1)} {number(y1)}C{number(turn)} {number(y1)} {number(turn)} {number(y2)} "
        f"{number(bend)} {number(y2)}H{number(x2)}"
    )


def _drawn(box: Box) -> str:
    """A box and all that hangs on it."""
    node = box.node
    ink = COLORS.get(node.verdict, MUTED)
    paper = TINTS.get(node.verdict, BAND if node.verdict == "common_cause" else PAPER)
    dashes = ' stroke-dasharray="4 3"' if node.gaps else ""
    frame = rect(box.x, box.y, box.width, box.height, f' fill="{paper}" stroke="{ink}"{dashes}')
    side = rect(box.x, box.y, 4, box.height, f' fill="{ink}"')
    size, _ = SIZES[node.kind]
    bold = ' font-weight="600"' if node.kind == "aim" else ""
    left, top = box.x + PAD + 4, box.y + PAD + size - 2
    words = write_lines(left, top, box.lines, size=size, step=STEP, look=(INK, bold))
    gap = _gap(box, left, box.y + box.below)
    inside = f"<title>{escape(_sentence(node))}</title>{frame}{side}{words}{_standing(box, left)}{gap}"
    return f'<g class="pdsa-node pdsa-{node.kind}">{inside}</g>' + "".join(_drawn(child) for child in box.children)


def _standing(box: Box, x: float) -> str:
    """Symbol and word of the verdict, and the number of cycles."""
    node, y = box.node, box.y + PAD + STEP * len(box.lines) + 10
    tried = _tried(node)
    if box.beside:
        end = ' text-anchor="end"'
        return write(box.x + box.width - PAD, y - STEP - 0.5, tried, size=10.5, color=MUTED, more=end)
    if not node.verdict:
        return write(x, y, tried, size=10.5, color=MUTED)
    mark = f'<g transform="translate({number(x)} {number(y - 9.5)}) scale(.82)">{shape(node.verdict)}</g>'
    word = SHORT_WORDS.get(node.verdict, node.verdict)
    ink = COLORS.get(node.verdict, INK)
    said = write(x + 16, y, word, size=10.5, color=ink, more=' font-weight="600"')
    return mark + said + _beside(x + 24 + width_of(word, 10.5) * BOLD, y, tried, box.x + box.width - PAD / 2)


def _beside(x: float, y: float, tried: str, end: float) -> str:
    """The number of cycles after the verdict; where a wide font would leave the box, its letters move together."""
    tight = width_of(tried, 10.5) > end - x
    fit = f' textLength="{number(end - x)}" lengthAdjust="spacingAndGlyphs"' if tight else ""
    return write(x, y, tried, size=10.5, color=MUTED, more=fit)


def _tried(node: Node) -> str:
    """The number of cycles; nothing where their lack is named as a gap."""
    if not node.cycles and not node.whole:
        return "no cycle shared"
    return "" if not node.cycles and any("cycle" in gap for gap in node.gaps) else many(node.cycles, "cycle")


def _gap(box: Box, x: float, y: float) -> str:
    """An empty dashed square and what is missing."""
    if not box.gap:
        return ""
    square = (
        f'<path d="M{number(x + 0.7)} {number(y + 0.7)}h8v8h-8z" fill="none" stroke="{INK}" stroke-dasharray="2 1.6"/>'
    )
    look = (INK, ' font-style="italic" class="pdsa-gap"')
    return square + write_lines(x + 13, y + 9, box.gap, size=10.5, step=13, look=look)


def _named(node: Node) -> str:
    return f"{KINDS[node.kind]} “{node.text}”"


def _sentence(node: Node) -> str:
    """A node in words: what it is, how it stands, what is missing."""
    stands = [narrate.VERDICT_WORDS[node.verdict]] if node.verdict in narrate.VERDICT_WORDS else []
    said = filter(None, [*stands, _tried(node), *node.gaps])
    return f"{KINDS[node.kind]}: {node.text} ({', '.join(said)})."


def _read(boxes: Sequence[Box], depth: int) -> list[str]:
    """The tree as indented lines."""
    lines = []
    for box in boxes:
        lines += ["  " * depth + _sentence(box.node), *_read(box.children, depth + 1)]
    return lines


def _key(nodes: Sequence[Node]) -> str:
    """The verdicts that occur, and what a dashed frame means."""
    found = {node.verdict for node in nodes}
    entries = [(symbol(verdict), word) for verdict, word in narrate.VERDICT_WORDS.items() if verdict in found]
    if any(node.gaps for node in nodes):
        dashed = f'<path d="M1 2h16v9h-16z" fill="none" stroke="{INK}" stroke-dasharray="3 2"/>'
        picture = f'<svg width="18" height="12" viewBox="0 0 18 13" aria-hidden="true">{dashed}</svg>'
        entries.append((picture, "something is missing"))
    return keyed(entries)
