"""The pictures of the improvement log, read back from their SVG; expected values are written here."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest

from pdsa import figures
from pdsa.figures import svg
from pdsa.figures.wrapped import wrapped
from pdsa.records.inquiry import Cause

NASTY = (
    "<script>alert(1)</script>",
    "$5 (10%) $10",
    "\"quotes\" & 'more' {{ 7 * 7 }}",
    "n" * 1000,
    "مدرسة النور الابتدائية",
    "🎒 Backpack 👩‍🏫 Academy",
    "=HYPERLINK(1)",
)


def tree(figure: figures.Figure) -> ET.Element:
    """The figure as XML without name spaces: it parses only if it is well formed."""
    root = ET.fromstring(figure.html)
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    return root


def classed(root: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in root.iter() if name in element.get("class", "").split()]


def texts(root: ET.Element) -> list[str]:
    """What the picture shows, text by text."""
    return ["".join(element.itertext()) for element in root.iter("text")]


def alt(root: ET.Element) -> str:
    """What a screen reader says: the description that `aria-labelledby` names."""
    picture = next(root.iter("svg"))
    ids = picture.get("aria-labelledby", "").split()
    named = {element.get("id"): "".join(element.itertext()) for element in picture}
    assert picture.get("role") == "img"
    assert len(ids) == 2
    assert all(named[one] for one in ids)
    return str(named[ids[1]])


def inside(root: ET.Element) -> None:
    """Nothing is drawn outside of the picture, and texts of one line have room."""
    picture = next(root.iter("svg"))
    width, height = (float(side) for side in picture.get("viewBox", "").split()[2:])
    for one in root.iter("text"):
        x, y = float(one.get("x", "")), float(one.get("y", ""))
        wide = svg.width_of("".join(one.itertext()), float(one.get("font-size", "")))
        start = x - {"middle": wide / 2, "end": wide}.get(one.get("text-anchor", ""), 0.0)
        assert start >= -1, one.text
        assert start + wide <= width + 1, one.text
        assert 0 < y <= height
    for box in root.iter("rect"):
        assert float(box.get("x", "")) >= 0
        assert float(box.get("x", "")) + float(box.get("width", "")) <= width + 0.5
        assert float(box.get("y", "")) + float(box.get("height", "")) <= height + 0.5


def harmless(html: str) -> None:
    """Nothing runs, nothing is loaded, no formula is read, nothing of the page can be left."""
    root = ET.fromstring(f"<div>{html}</div>")
    for element in root.iter():
        assert element.tag.split("}")[-1] not in ("script", "iframe", "image", "object", "foreignObject", "link")
        assert not [name for name in element.attrib if name.startswith("on")]
    assert not re.search(r"(src|href)=\"(?!#|archive\.html#|\.\./)", html)
    assert "mathjax_ignore" in html


@dataclass(frozen=True)
class Node:
    """A node made by hand."""

    id: str
    kind: str
    text: str
    parent: str = ""
    verdict: str = ""
    cycles: int = 0
    gaps: tuple[str, ...] = ()


@dataclass(frozen=True)
class Tree:
    nodes: tuple[Node, ...]


THEORY = Tree(
    (
        Node("a", "aim", "90% on track by June", "", "improvement", 5),
        Node("p1", "primary", "In class", "a", "concern", 3),
        Node("s1", "secondary", "Absence is noticed", "p1", "common_cause", 3),
        Node("i1", "idea", "Call home", "s1", "", 3),
        Node("p2", "primary", "Belonging", "a", "", 2, ("no measure",)),
        Node("i2", "idea", "Circles", "p2", "", 2),
        Node("i3", "idea", "Buddies", "p2", "", 0, ("no cycle",)),
    )
)


class TestDrivers:
    def test_every_node_is_drawn_with_its_word_and_its_cycles(self) -> None:
        root = tree(figures.driver_diagram(THEORY))
        nodes = classed(root, "pdsa-node")
        assert len(nodes) == 7
        titles = [node.findtext("title") for node in nodes]
        assert titles == [
            "Aim: 90% on track by June (better, 5 cycles).",
            "Primary driver: In class (worse, 3 cycles).",
            "Secondary driver: Absence is noticed (steady, 3 cycles).",
            "Change idea: Call home (3 cycles).",
            "Primary driver: Belonging (2 cycles, no measure).",
            "Change idea: Circles (2 cycles).",
            "Change idea: Buddies (no cycle).",
        ]
        assert [t for t in texts(root) if t in ("better", "worse", "steady")] == ["better", "worse", "steady"]
        inside(root)

    def test_columns_go_from_left_to_right_and_boxes_stand_apart(self) -> None:
        root = tree(figures.driver_diagram(THEORY))
        lefts: dict[str, set[str]] = {}
        boxes = []
        for node in classed(root, "pdsa-node"):
            frame = next(node.iter("rect"))
            lefts.setdefault(node.get("class", "").split("-")[-1], set()).add(frame.get("x", ""))
            boxes.append([float(frame.get(name, "")) for name in ("x", "y", "width", "height")])
        assert [len(lefts[kind]) for kind in ("aim", "primary", "secondary", "idea")] == [1, 1, 1, 1]
        order = [float(next(iter(lefts[kind]))) for kind in ("aim", "primary", "secondary", "idea")]
        assert order == sorted(order)
        for i, (x, y, _, height) in enumerate(boxes):
            for other_x, other_y, _, other_height in boxes[i + 1 :]:
                assert x != other_x or y + height <= other_y or other_y + other_height <= y

    def test_gaps_are_marked_and_listed(self) -> None:
        figure = figures.driver_diagram(THEORY)
        root = tree(figure)
        items = ["".join(item.itertext()) for item in root.iter("li")]
        assert items == ["Primary driver “Belonging”: no measure", "Change idea “Buddies”: no cycle"]
        assert ["".join(one.itertext()) for one in classed(root, "pdsa-gap")] == ["no measure", "no cycle"]
        dashed = [n for n in classed(root, "pdsa-node") if next(n.iter("rect")).get("stroke-dasharray")]
        assert [node.findtext("title", "").split(": ")[1].split(" (")[0] for node in dashed] == ["Belonging", "Buddies"]
        assert figure.text.splitlines()[-3:] == [
            "2 gaps in the theory:",
            "  Primary driver “Belonging”: no measure",
            "  Change idea “Buddies”: no cycle",
        ]

    def test_the_text_reads_the_tree(self) -> None:
        figure = figures.driver_diagram(THEORY)
        assert figure.text.splitlines()[:4] == [
            "Aim: 90% on track by June (better, 5 cycles).",
            "  Primary driver: In class (worse, 3 cycles).",
            "    Secondary driver: Absence is noticed (steady, 3 cycles).",
            "      Change idea: Call home (3 cycles).",
        ]
        assert alt(tree(figure)).startswith("Aim: 90% on track by June (better, 5 cycles). Primary driver: In class")

    def test_forty_nodes_fit_a_page(self) -> None:
        ideas = [Node(f"i{i}", "idea", f"Idea {i} with some words that say it", f"s{i % 8}") for i in range(27)]
        second = [Node(f"s{i}", "secondary", "What must be true", f"p{i % 4}", "too_few") for i in range(8)]
        first = [Node(f"p{i}", "primary", "What matters most", "a", "improvement") for i in range(4)]
        root = tree(figures.driver_diagram(Tree((THEORY.nodes[0], *first, *second, *ideas))))
        width, height = (float(side) for side in next(root.iter("svg")).get("viewBox", "").split()[2:])
        assert len(classed(root, "pdsa-node")) == 40
        assert height / width < 1.5
        inside(root)

    @pytest.mark.parametrize("text", NASTY)
    def test_hostile_text_is_harmless_and_unchanged(self, text: str) -> None:
        nodes = (Node("a", "aim", text), Node("p", "primary", text, "a", "concern"), Node("i", "idea", text, "p"))
        figure = figures.driver_diagram(Tree(nodes))
        root = tree(figure)
        harmless(figure.html)
        inside(root)
        assert f": {text} (" in classed(root, "pdsa-node")[0].findtext("title", "")
        assert f"Change idea: {text} (0 cycles)" in figure.text

    def test_a_circle_and_a_lost_node_are_still_drawn(self) -> None:
        nodes = (Node("p", "primary", "One", "q"), Node("q", "primary", "Two", "p"), Node("i", "idea", "Lost", "x"))
        assert len(classed(tree(figures.driver_diagram(Tree(nodes))), "pdsa-node")) == 3

    def test_nothing_yet(self) -> None:
        assert figures.driver_diagram(Tree(())).text == "No aim and no driver yet: there is no theory to draw."


CAUSES = (
    Cause("1", "Time", "Buses are late", "bus log, 31 of 60 days", "d1"),
    Cause("2", "Time", "No common planning period"),
    Cause("3", "Families", "English only", "survey"),
    Cause("4", " time ", "First period"),
)


class TestFishbone:
    def test_a_bone_for_each_category_and_a_mark_for_evidence(self) -> None:
        root = tree(figures.fishbone(CAUSES, problem="Off track in October"))
        bones = classed(root, "pdsa-bone")
        assert [[t for t in texts(bone) if t in ("Time", "Families")] for bone in bones] == [["Time"], ["Families"]]
        assert [len(classed(bone, "pdsa-cause")) for bone in bones] == [3, 1]
        filled = [next(cause.iter("circle")).get("fill") == svg.INK for cause in classed(root, "pdsa-cause")]
        assert filled == [True, False, False, True]
        assert "Off track in October" in " ".join(texts(root))
        inside(root)

    def test_causes_reach_their_bone(self) -> None:
        """Each line ends on the slanted line of its category."""
        for bone in classed(tree(figures.fishbone(CAUSES)), "pdsa-bone"):
            slant = next(one for one in bone.iter("line"))
            x1, y1, x2, y2 = (float(slant.get(name, "")) for name in ("x1", "y1", "x2", "y2"))
            for cause in classed(bone, "pdsa-cause"):
                rib = next(cause.iter("line"))
                at = x1 + (float(rib.get("y2", "")) - y1) / (y2 - y1) * (x2 - x1)
                assert float(rib.get("x2", "")) == pytest.approx(at, abs=0.3)

    def test_the_text_is_a_list(self) -> None:
        figure = figures.fishbone(CAUSES, problem="Off track", drivers={"d1": "In school"})
        expected = [
            "Time: Buses are late (evidence: bus log, 31 of 60 days; taken up by “In school”).",
            "Time: No common planning period (no evidence yet).",
            " time : First period (no evidence yet).",
            "Families: English only (evidence: survey).",
        ]
        root = tree(figure)
        assert ["".join(item.itertext()) for item in root.iter("li")] == expected
        assert figure.text.splitlines() == [
            "What may be behind it: Off track.",
            "4 causes on 2 bones, 2 with evidence.",
            *expected,
        ]
        assert alt(root) == f"4 causes on 2 bones, 2 with evidence. {' '.join(expected)}"

    @pytest.mark.parametrize("text", NASTY)
    def test_hostile_text(self, text: str) -> None:
        figure = figures.fishbone([Cause("1", text, text, text), Cause("2", "Other", text)], problem=text)
        root = tree(figure)
        harmless(figure.html)
        inside(root)
        assert f"{text}: {text} (evidence: {text})" in alt(root)

    def test_no_cause(self) -> None:
        assert figures.fishbone([]).text == "No cause is written down yet."


class TestWrapped:
    def test_words_stay_whole_and_lines_keep_their_room(self) -> None:
        lines = wrapped("the first absence is noticed on the same day", 12, 100)
        assert " ".join(lines) == "the first absence is noticed on the same day"
        assert all(svg.width_of(line, 12) <= 100 for line in lines)
        assert lines == ["the first", "absence is", "noticed on the", "same day"]

    def test_long_words_are_broken_and_the_last_line_says_that_more_follows(self) -> None:
        lines = wrapped("n" * 1000, 12, 100, 3)
        assert len(lines) == 3
        assert lines[-1].endswith("…")
        assert all(svg.width_of(line, 12) <= 112 for line in lines)

    def test_letters_stay_with_their_marks(self) -> None:
        lines = wrapped("e\u0301" * 60, 12, 50, 40)
        assert not [line for line in lines if line.startswith("\u0301")]
        family = wrapped("👩‍👩‍👧" * 9, 12, 60, 40)
        assert not [line for line in family if line.startswith("\u200d") or line.endswith("\u200d")]

    def test_nothing(self) -> None:
        assert wrapped("", 12, 100) == []
        assert wrapped("  \n ", 12, 100) == []
