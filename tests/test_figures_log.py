"""The pictures of the improvement log, read back from their SVG; expected values are written here."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import inquiries
from pdsa import figures
from pdsa.cycles import (
    Cadence,
    Cell,
    Matrix,
    Node,
    Ramp,
    Result,
    Tree,
    cadence,
    matrix,
    outcome_of,
    over_time,
    ramps,
    tree,
)
from pdsa.cycles.theory import NodeKind
from pdsa.figures import decisions, svg
from pdsa.figures.ramp import LEFT, RUNG, TOP
from pdsa.figures.wrapped import wrapped
from pdsa.inquiry import Held, State
from pdsa.records import Calendar, Measure
from pdsa.records.inquiry import Aim, Cause, ChangeIdea, Cycle, Driver, Prediction, Record
from pdsa.terms import Decision, Entity, Outcome, Scale

NASTY = (
    "<script>alert(1)</script>",
    "$5 (10%) $10",
    "\"quotes\" & 'more' {{ 7 * 7 }}",
    "n" * 1000,
    "مدرسة النور الابتدائية",
    "🎒 Backpack 👩‍🏫 Academy",
    "=HYPERLINK(1)",
)


def drawn(figure: figures.Figure) -> ET.Element:
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


def node(
    key: str,
    kind: NodeKind,
    text: str,
    parent: str = "",
    verdict: str = "",
    cycles: int = 0,
    gaps: tuple[str, ...] = (),
) -> Node:
    """A node made by hand."""
    return Node(key, kind, text, parent, verdict, {}, cycles, gaps)


THEORY = Tree(
    (
        node("a", "aim", "90% on track by June", "", "improvement", 5),
        node("p1", "primary", "In class", "a", "concern", 3),
        node("s1", "secondary", "Absence is noticed", "p1", "common_cause", 3),
        node("i1", "idea", "Call home", "s1", "", 3),
        node("p2", "primary", "Belonging", "a", "", 2, ("no measure",)),
        node("i2", "idea", "Circles", "p2", "", 2),
        node("i3", "idea", "Buddies", "p2", "", 0, ("no cycle",)),
    )
)


KINDS: tuple[NodeKind, ...] = ("aim", "primary", "secondary", "idea")


class TestDrivers:
    def test_a_page_that_may_not_see_every_cycle_never_says_that_there_is_none(self) -> None:
        bare = replace(node("i3", "idea", "Buddies", "a", "", 0), whole=False)
        tried = replace(node("i4", "idea", "Circles", "a", "", 2), whole=False)
        text = figures.driver_diagram(Tree((node("a", "aim", "On track", "", "", 2), bare, tried))).text
        assert "Change idea: Buddies (no cycle shared)." in text
        assert "Change idea: Circles (2 cycles)." in text

    def test_every_node_is_drawn_with_its_word_and_its_cycles(self) -> None:
        root = drawn(figures.driver_diagram(THEORY))
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
        root = drawn(figures.driver_diagram(THEORY))
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

    def test_drivers_under_secondary_drivers_have_a_column_of_their_own(self) -> None:
        nodes = (
            node("a", "aim", "Aim"), node("p", "primary", "First", "a"), node("s", "secondary", "Second", "p"),
            node("t", "secondary", "Third", "s"), node("i", "idea", "Idea", "s"), node("j", "idea", "Other", "p"),
        )  # fmt: skip
        root = drawn(figures.driver_diagram(Tree(nodes)))
        lefts = [float(next(one.iter("rect")).get("x", "")) for one in classed(root, "pdsa-node")]
        assert lefts[:4] == sorted(set(lefts[:4]))
        assert lefts[3] < lefts[4] == lefts[5]
        headings = [text for text in texts(root) if text.endswith(("drivers", "ideas"))]
        assert headings == ["Primary drivers", "Secondary drivers", "Change ideas"]

    def test_no_line_runs_through_a_box(self) -> None:
        """Every curve bends beside its parent and then keeps to the height of its child."""
        nodes = (
            node("a", "aim", "Aim"), node("p", "primary", "First", "a"), node("s", "secondary", "Second", "p"),
            node("t", "secondary", "Third, with words that fill several lines", "s", "too_few", 1, ("no idea",)),
            node("i", "idea", "Idea", "s"), node("j", "idea", "Other", "p"),
        )  # fmt: skip
        root = drawn(figures.driver_diagram(Tree(nodes)))
        boxes = []
        for one in classed(root, "pdsa-node"):
            frame = next(one.iter("rect"))
            x, y, wide, tall = (float(frame.get(name, "")) for name in ("x", "y", "width", "height"))
            boxes.append((x, x + wide, y, y + tall))
        for edges in classed(root, "pdsa-edges"):
            for start, height, end in re.findall(r"([\d.]+) ([\d.]+)H([\d.]+)", edges.get("d", "")):
                for left, right, top, foot in boxes:
                    apart = float(end) <= left + 0.5 or float(start) >= right - 0.5
                    assert apart or not top < float(height) < foot

    def test_gaps_are_marked_and_listed(self) -> None:
        figure = figures.driver_diagram(THEORY)
        root = drawn(figure)
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
        assert alt(drawn(figure)).startswith("Aim: 90% on track by June (better, 5 cycles). Primary driver: In class")

    def test_forty_nodes_fit_a_page(self) -> None:
        ideas = [node(f"i{i}", "idea", f"Idea {i} with some words that say it", f"s{i % 8}") for i in range(27)]
        second = [node(f"s{i}", "secondary", "What must be true", f"p{i % 4}", "too_few") for i in range(8)]
        first = [node(f"p{i}", "primary", "What matters most", "a", "improvement") for i in range(4)]
        root = drawn(figures.driver_diagram(Tree((THEORY.nodes[0], *first, *second, *ideas))))
        width, height = (float(side) for side in next(root.iter("svg")).get("viewBox", "").split()[2:])
        assert len(classed(root, "pdsa-node")) == 40
        assert height / width < 1.5
        inside(root)

    @given(
        st.lists(st.tuples(st.sampled_from(KINDS), st.integers(0, 60), st.text(max_size=120)), min_size=1, max_size=40)
    )
    @settings(max_examples=60, deadline=None)
    def test_no_box_ever_covers_another(self, drawing: list[tuple[NodeKind, int, str]]) -> None:
        """Whatever hangs on whatever, with whatever words, parents before their children."""
        nodes = []
        for i, (kind, above, text) in enumerate(drawing):
            parents = [one.id for one in nodes if one.kind != "idea" and (kind != "aim")]
            parent = parents[above % len(parents)] if parents and above < 50 else ""
            nodes.append(
                node(f"n{i}", kind, text, parent, "concern" if above % 2 else "", above, ("no idea",) * (i % 2))
            )
        root = drawn(figures.driver_diagram(Tree(tuple(nodes))))
        boxes = []
        for one in classed(root, "pdsa-node"):
            frame = next(one.iter("rect"))
            x, y, wide, tall = (float(frame.get(name, "")) for name in ("x", "y", "width", "height"))
            boxes.append((x, x + wide, y, y + tall))
        assert len(boxes) == len(nodes)
        for i, (left, right, top, foot) in enumerate(boxes):
            for other in boxes[i + 1 :]:
                assert right <= other[0] or other[1] <= left or foot <= other[2] or other[3] <= top

    @pytest.mark.parametrize("text", NASTY)
    def test_hostile_text_is_harmless_and_unchanged(self, text: str) -> None:
        nodes = (node("a", "aim", text), node("p", "primary", text, "a", "concern"), node("i", "idea", text, "p"))
        figure = figures.driver_diagram(Tree(nodes))
        root = drawn(figure)
        harmless(figure.html)
        inside(root)
        assert f": {text} (" in classed(root, "pdsa-node")[0].findtext("title", "")
        assert f"Change idea: {text} (0 cycles)" in figure.text

    def test_a_circle_and_a_lost_node_are_still_drawn(self) -> None:
        nodes = (node("p", "primary", "One", "q"), node("q", "primary", "Two", "p"), node("i", "idea", "Lost", "x"))
        assert len(classed(drawn(figures.driver_diagram(Tree(nodes))), "pdsa-node")) == 3

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
        root = drawn(figures.fishbone(CAUSES, problem="Off track in October"))
        bones = classed(root, "pdsa-bone")
        assert [[t for t in texts(bone) if t in ("Time", "Families")] for bone in bones] == [["Time"], ["Families"]]
        assert [len(classed(bone, "pdsa-cause")) for bone in bones] == [3, 1]
        filled = [next(cause.iter("circle")).get("fill") == svg.INK for cause in classed(root, "pdsa-cause")]
        assert filled == [True, False, False, True]
        assert "Off track in October" in " ".join(texts(root))
        inside(root)

    def test_causes_reach_their_bone(self) -> None:
        """Each line ends on the slanted line of its category."""
        for bone in classed(drawn(figures.fishbone(CAUSES)), "pdsa-bone"):
            slant = next(one for one in bone.iter("line"))
            x1, y1, x2, y2 = (float(slant.get(name, "")) for name in ("x1", "y1", "x2", "y2"))
            for cause in classed(bone, "pdsa-cause"):
                rib = next(cause.iter("line"))
                at = x1 + (float(rib.get("y2", "")) - y1) / (y2 - y1) * (x2 - x1)
                assert float(rib.get("x2", "")) == pytest.approx(at, abs=0.3)

    def test_the_words_of_a_cause_end_before_a_bone_that_rises_over_them(self) -> None:
        long = Cause("1", "Morning", "The first period starts with a quiz that those who come late miss", "Visits")
        others = [Cause(str(i), f"Category {i}", "Buses", "Log") for i in range(2, 7)]
        bone = classed(drawn(figures.fishbone([long, *others], problem="Late")), "pdsa-bone")[0]
        x1, y1, x2, y2 = (float(next(bone.iter("line")).get(name, "")) for name in ("x1", "y1", "x2", "y2"))
        words = list(classed(bone, "pdsa-cause")[0].iter("text"))
        assert len(words) == 3
        for one in words:
            top = float(one.get("y", "")) - 10
            slant = x1 + (top - y1) / (y2 - y1) * (x2 - x1)
            assert float(one.get("x", "")) + svg.width_of(one.text or "", 11.5) < slant - 4

    def test_without_a_problem_the_spine_ends_in_a_tip_and_no_box_is_empty(self) -> None:
        assert not list(drawn(figures.fishbone(CAUSES)).iter("rect"))
        assert len(list(drawn(figures.fishbone(CAUSES, problem="Off track")).iter("rect"))) == 1
        inside(drawn(figures.fishbone(CAUSES)))

    def test_the_text_is_a_list(self) -> None:
        figure = figures.fishbone(CAUSES, problem="Off track", drivers={"d1": "In school"})
        expected = [
            "Time: Buses are late (evidence: bus log, 31 of 60 days; taken up by “In school”).",
            "Time: No common planning period (no evidence yet).",
            " time : First period (no evidence yet).",
            "Families: English only (evidence: survey).",
        ]
        root = drawn(figure)
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
        root = drawn(figure)
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


MONDAY = date(2025, 9, 1)
ENTITY: dict[type, Entity] = {
    Aim: "aim", Driver: "driver", ChangeIdea: "change_idea", Cycle: "cycle", Prediction: "prediction"
}  # fmt: skip


def state_of(*records: Record) -> State:
    """The state that holds these records, each of its school, shared with the network."""
    held = {}
    for one in records:
        kind, school = ENTITY[type(one)], getattr(one, "school_id", "")
        stamp = f"2025-09-01T00:00:{len(held):02d}.000000Z"
        held[kind, one.id] = Held(kind, one.id, school, 1, "ada", stamp, "network", "", "", stamp, "ada", one)
    return State(held)


def turn(
    number: int, decision: Decision | None = "adapt", scale: Scale = "class", *, idea: str = "i1", school: str = "s1"
) -> Cycle:
    """A cycle that began `number` weeks after the first Monday."""
    start = MONDAY + timedelta(weeks=number)
    return Cycle(
        f"{idea}-{school}-{number}", school, idea, f"Turn {number}", cycle_no=number, start=start, actual_start=start,
        parent_cycle_id=f"{idea}-{school}-{number - 1}" if number > 1 else "", scale=scale, decision=decision,
        decided_on=start + timedelta(days=11) if decision else None,
    )  # fmt: skip


class TestDecisions:
    def test_each_has_a_shape_of_its_own_and_a_word(self) -> None:
        shapes = {re.sub(r'"#\w+"', '""', decisions.decision_shape(one)) for one in ("adopt", "adapt", "abandon", None)}
        assert len(shapes) == 4  # told apart without color
        words = [decisions.decision_word(one) for one in ("adopt", "adapt", "abandon", None, "planned", "studying")]
        assert words == ["adopted", "adapted", "set aside", "open", "planned", "to be decided"]

    def test_setting_aside_is_grey_and_nothing_is_red_or_green_for_bad_and_good(self) -> None:
        assert decisions.INKS["abandon"] == svg.MUTED
        assert svg.WORSE not in decisions.INKS.values()


class TestRamp:
    RAMP = Ramp("i1", "s1", (turn(1, "adapt", "student"), turn(2, "abandon", "class"), turn(3, None, "school")))

    def test_marks_stand_at_their_scale_in_order_and_are_joined(self) -> None:
        root = drawn(figures.ramp_chart([self.RAMP], titles={"i1": "Call home"}, names={"s1": "Lincoln"}))
        steps = classed(root, "pdsa-step")
        assert [step.get("class") for step in steps] == [
            f"pdsa-step pdsa-{one}" for one in ("adapt", "abandon", "open")
        ]
        at = [(float(c.get("cx", "")), float(c.get("cy", ""))) for c in (next(s.iter("circle")) for s in steps)]
        # student is the lowest of eight rungs, class the third, school the sixth
        assert [y for _, y in at] == [TOP + 7 * RUNG, TOP + 5 * RUNG, TOP + 2 * RUNG]
        assert [x for x, _ in at] == sorted(x for x, _ in at)
        assert at[0][0] > LEFT
        (joins,) = classed(root, "pdsa-joins")
        points = re.findall(r"[ML]([\d.]+) ([\d.]+)", joins.get("d", ""))
        ends = [(float(x), float(y)) for x, y in points]
        rounded = [(round(x, 1), round(y, 1)) for x, y in at]
        assert ends == [rounded[0], rounded[1], rounded[1], rounded[2]]
        inside(root)

    def test_words_stand_beside_color_and_shape(self) -> None:
        figure = figures.ramp_chart([self.RAMP], titles={"i1": "Call home"}, names={"s1": "Lincoln"})
        assert [t for t in texts(drawn(figure)) if t in ("adapted", "set aside", "open")] == [
            "adapted",
            "set aside",
            "open",
        ]
        assert figure.text == (
            "Call home at Lincoln: cycle 1, 1 student, from 2025-09-08, adapted; "
            "cycle 2, 1 class, from 2025-09-15, set aside; cycle 3, the whole school, from 2025-09-22, under way."
        )
        assert alt(drawn(figure)) == figure.text
        assert "adapted set aside open" in " ".join("".join(drawn(figure).itertext()).split())

    def test_the_ladder_has_every_scale(self) -> None:
        words = texts(drawn(figures.ramp_chart([self.RAMP])))
        assert words[:8] == [
            "the network", "several schools", "the whole school", "a grade or team", "several classes", "1 class",
            "a few students", "1 student",
        ]  # fmt: skip

    def test_cycles_keep_their_own_numbers_where_a_reader_sees_only_some(self) -> None:
        figure = figures.ramp_chart([Ramp("i1", "s1", (turn(2), turn(5)))])
        assert "cycle 2, 1 class" in figure.text
        assert "cycle 5, 1 class" in figure.text
        assert classed(drawn(figure), "pdsa-joins") == []  # 5 follows 4, which is not shown

    def test_without_links_they_are_joined_in_order(self) -> None:
        loose = tuple(replace(turn(n), parent_cycle_id="") for n in (1, 2, 3))
        (joins,) = classed(drawn(figures.ramp_chart([Ramp("i1", "s1", loose)])), "pdsa-joins")
        assert joins.get("d", "").count("L") == 2

    def test_several_ideas_are_small_multiples_and_of_many_the_rest_is_counted(self) -> None:
        many = [Ramp(f"i{n}", "s1", (turn(1, idea=f"i{n}"),)) for n in range(15)]
        figure = figures.ramp_chart(many, most=12)
        assert len(classed(drawn(figure), "pdsa-panel")) == 12
        assert figure.text.endswith("3 more ramps not drawn here.")

    def test_twenty_cycles_have_room(self) -> None:
        figure = figures.ramp_chart([Ramp("i1", "s1", tuple(turn(n) for n in range(1, 21)))] * 2)
        inside(drawn(figure))

    @pytest.mark.parametrize("text", NASTY)
    def test_hostile_text(self, text: str) -> None:
        ramp = Ramp("i1", "s1", (replace(turn(1), title=text),))
        figure = figures.ramp_chart([ramp], titles={"i1": text}, names={"s1": text})
        harmless(figure.html)
        assert "".join(classed(drawn(figure), "pdsa-panel-head")[0].itertext()) == f"{text}{text}"
        assert figure.text.startswith(f"{text} at {text}: cycle 1")

    def test_of_a_log(self) -> None:
        log = state_of(ChangeIdea("i1", "Call home"), turn(1), turn(2, "adopt"), turn(1, None, school="s2"))
        assert len(classed(drawn(figures.ramp_chart(ramps(log))), "pdsa-panel")) == 2

    def test_nothing_yet(self) -> None:
        assert figures.ramp_chart([]).text == "No cycle is planned yet: there is no ramp to draw."


class TestCadence:
    def test_a_box_for_each_cycle_above_and_below_the_axis(self) -> None:
        weeks = tuple(MONDAY + timedelta(weeks=n) for n in range(3))
        figure = figures.cadence_chart(Cadence(weeks, (2, 0, 1), (0, 0, 3), (2, 2, 0), 8.0, (), ()))
        root = drawn(figure)
        groups = classed(root, "pdsa-week")
        assert [one.findtext("title") for one in groups] == [
            "week of 2025-09-01: 2 begun, 0 decided",
            "week of 2025-09-15: 1 begun, 3 decided",
        ]
        assert [len(list(one.iter("rect"))) for one in groups] == [2, 4]
        axis = next(one for one in root.iter("line") if one.get("stroke-width") == "1.2")
        level = float(axis.get("y1", ""))
        first = [float(box.get("y", "")) + float(box.get("height", "")) for box in groups[0].iter("rect")]
        assert all(foot <= level + 0.01 for foot in first)
        assert len({box.get("y") for box in groups[0].iter("rect")}) == 2  # one stands on the other
        assert figure.text == "3 cycles begun and 3 decided in 3 weeks; median 8 school days from first day to last."
        assert "week of 2025-09-15: 1 begun, 3 decided" in alt(root)
        inside(root)

    def test_it_stays_low_whatever_happens(self) -> None:
        weeks = tuple(MONDAY + timedelta(weeks=n) for n in range(80))
        figure = figures.cadence_chart(Cadence(weeks, (40,) * 80, (30,) * 80, (9,) * 80, 8.0, (), ()))
        root = drawn(figure)
        assert float(next(root.iter("svg")).get("height", "")) < 130
        assert len(list(classed(root, "pdsa-week")[0].iter("rect"))) == 2  # bars, for boxes have no room
        inside(root)

    def test_of_a_log(self) -> None:
        log = state_of(turn(1), turn(2, "adopt"), turn(3, None))
        figure = figures.cadence_chart(cadence(log, ["s1"], date(2025, 10, 1), Calendar()))
        # each decided after 11 days: ten school days with the first and the last of them
        assert figure.text.startswith("3 cycles begun and 2 decided in ")

    def test_nothing_yet(self) -> None:
        figure = figures.cadence_chart(Cadence((), (), (), (), None, (), ()))
        assert figure.text == "No cycle has begun yet."
        assert "<svg" not in figure.html


PERCENT = Measure("attendance", "Attendance", "outcome", "proportion", "%", "up", "week", "present", per=100)


def result(number: int, outcome: Outcome, **changes: object) -> Result:
    """A result known `number` weeks after the first Monday."""
    prediction = Prediction(
        f"p{number:02d}", "c1", f"Will it rise, {number}?", "families know", "range", "attendance", low=80, high=85
    )
    found = Result(
        prediction, "s1", outcome, measure="attendance", value=82.34, n=4, before=78.1, before_n=12,
        closed=MONDAY + timedelta(weeks=number),
    )  # fmt: skip
    return replace(found, **changes)  # type: ignore[arg-type]


OUTCOMES: tuple[Outcome, ...] = ("hit", "miss", "partly", "hit")


class TestPredictions:
    KNOWN = tuple(result(n, OUTCOMES[n % 4]) for n in range(12))

    def test_a_mark_for_each_at_the_level_of_its_outcome(self) -> None:
        root = drawn(figures.predictions_chart(self.KNOWN, over_time(self.KNOWN)))
        marks = [one.get("class", "").split("-")[-1] for one in classed(root, "pdsa-outcome")]
        assert marks == ["hit", "miss", "partly", "hit"] * 3
        heights: dict[str, set[str]] = {}
        for one in classed(root, "pdsa-outcome"):
            found = re.match(r"translate\(([\d.]+) ([\d.-]+)\)", one.get("transform", ""))
            heights.setdefault(one.get("class", "").split("-")[-1], set()).add(found[2] if found else "")
        assert {kind: len(found) for kind, found in heights.items()} == {"hit": 1, "miss": 1, "partly": 1}
        assert float(*heights["hit"]) < float(*heights["partly"]) < float(*heights["miss"])
        inside(root)

    def test_share_and_interval_are_said_and_drawn_from_the_eighth_on(self) -> None:
        spans = over_time(self.KNOWN)
        figure = figures.predictions_chart(self.KNOWN, spans)
        assert len(spans) == 5
        assert classed(drawn(figure), "pdsa-share")[0].get("d", "").count("L") == 4
        assert figure.text == (
            "How our predictions turned out. 12 predictions: 6 held, 3 held in part, 3 did not hold. "
            "62% held, those in part counting half; in the long run 35% to 85%."
        )
        assert "35%" in texts(drawn(figure))
        assert "2025-09-08: Will it rise, 1? did not hold" in alt(drawn(figure))

    def test_under_eight_is_a_sentence(self) -> None:
        few = self.KNOWN[:7]
        figure = figures.predictions_chart(few, over_time(few))
        assert figure.text == "Under 8 predictions with an outcome: too few to draw. Each one teaches by itself."
        assert "<svg" not in figure.html

    def test_what_does_not_count_is_not_drawn(self) -> None:
        late = [result(20, "hit", late=True), result(21, "not_measured")]
        figure = figures.predictions_chart([*self.KNOWN, *late], over_time([*self.KNOWN, *late]))
        assert len(classed(drawn(figure), "pdsa-outcome")) == 12

    def test_no_word_of_praise_or_blame(self) -> None:
        figure = figures.predictions_chart(self.KNOWN, over_time(self.KNOWN))
        assert not re.search(r"fail|good|bad|wrong|poor|accur|caused", figure.text + figure.html)
        assert svg.WORSE not in figure.html

    def test_a_table_of_prediction_against_result(self) -> None:
        rows = [
            result(1, "hit"),
            result(2, "miss", people="hit"),
            result(3, "not_measured", value=None, why="no_points"),
        ]
        figure = figures.predictions_table(rows, cycles={"c1": "Call home, cycle 1"}, measures={"attendance": PERCENT})
        cells = [["".join(cell.itertext()).strip() for cell in row] for row in drawn(figure).iter("tr")]
        start = ["Call home, cycle 1"]
        assert cells == [
            ["Cycle", "Predicted", "Because", "Expected", "Result", "What became of it"],
            [*start, "Will it rise, 1?", "families know", "80.0% to 85.0%", "82.3% (4 points; 78.1% before)", "held"],
            [
                *(*start, "Will it rise, 2?", "families know", "80.0% to 85.0%", "82.3% (4 points; 78.1% before)"),
                "did not hold by the chart; the team says: held",
            ],
            [
                *start,
                "Will it rise, 3?",
                "families know",
                "80.0% to 85.0%",
                "no value came in during the cycle",
                "not measured",
            ],
        ]

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (10.04, "10.04 talks (2 points; 10.00 talks before) · held in part"),
            (9.96, "10.0 talks (2 points; 10.0 talks before) · did not hold"),
        ],
    )
    def test_a_level_that_moved_never_reads_like_the_one_before(self, value: float, words: str) -> None:
        up = inquiries.predicted(type="direction", direction="up", measure_id="talks")
        cycle = inquiries.plan(actual_end=date(2025, 12, 19))
        one = outcome_of(up, cycle, inquiries.chart_of([*[11.0, 9.0] * 7, value, value]))
        assert figures.predictions_table([one], measures={"talks": inquiries.TALKS}).text.endswith(words)

    @pytest.mark.parametrize("text", NASTY)
    def test_hostile_text(self, text: str) -> None:
        said = Prediction("p", text, text, text, outcome="hit", result_text=text)
        rows = [result(n, "hit", prediction=replace(said, id=f"p{n}"), why="people", value=None) for n in range(9)]
        table = figures.predictions_table(rows)
        harmless(table.html)
        assert "".join(next(drawn(table).iter("bdi")).itertext()) == text
        chart = figures.predictions_chart(rows, over_time(rows))
        harmless(chart.html)
        assert f"{text} held" in alt(drawn(chart))

    def test_nothing_yet(self) -> None:
        assert figures.predictions_table([]).text == "Nothing has been predicted yet."


class TestSpread:
    LOG = state_of(
        ChangeIdea("i1", "Call home"), ChangeIdea("i2", "Circles"),
        turn(1), turn(2, "adopt", "several_classes"), turn(1, "abandon", school="s2"), turn(1, None, idea="i2"),
    )  # fmt: skip

    def test_marks_words_and_counts(self) -> None:
        figure = figures.spread_matrix(matrix(self.LOG, ["s1", "s2"]), names={"s1": "Lincoln", "s2": "Tarnwick"})
        cells = [["".join(cell.itertext()).strip() for cell in row] for row in drawn(figure).iter("tr")]
        assert cells == [
            ["Change idea", "Lincoln", "Tarnwick", "All schools"],
            ["Call home", "adopted · 2", "set aside · 1", "1  1"],
            ["Circles", "under way · 1", "", "1"],
        ]
        assert figure.text.splitlines() == [
            "What was tried where: 2 change ideas, 2 schools.",
            "Call home: Lincoln adopted, 2 cycles, latest with several classes; "
            "Tarnwick set aside, 1 cycle, latest with 1 class.",
            "Circles: Lincoln under way, 1 cycle, latest with 1 class.",
        ]
        totals = [one.get("aria-label") for one in drawn(figure).iter("span") if one.get("role") == "img"]
        assert totals == ["1 adopted", "1 set aside", "1 open"]

    def test_cells_lead_to_the_latest_cycle_in_the_archive(self) -> None:
        links = figures.archive_links(self.LOG)
        assert links == {
            ("call home", "s1"): "archive.html#i1-s1-2",
            ("call home", "s2"): "archive.html#i1-s2-1",
            ("circles", "s1"): "archive.html#i2-s1-1",
        }
        root = drawn(figures.spread_matrix(matrix(self.LOG, ["s1", "s2"]), links=links))
        assert sorted(one.get("href", "") for one in root.iter("a")) == sorted(links.values())

    def test_many_schools_are_told_in_the_order_given_and_the_words_are_heard(self) -> None:
        schools = [f"s{n}" for n in range(40)]
        cells = {("call home", school): Cell("adopt", "closed", 3, "class") for school in schools}
        found = Matrix((("call home", "Call home"),), tuple(schools), cells, {})
        root = drawn(figures.spread_matrix(found))
        tables = list(root.iter("table"))
        assert [len(next(one.iter("tr"))) for one in tables] == [32, 12]  # 30 and 10 schools, idea and total
        assert ["".join(one.itertext()) for one in classed(tables[0], "pdsa-turned")] == schools[:30]
        assert ["".join(one.itertext()) for one in classed(tables[1], "pdsa-unseen")] == ["adopted, "] * 10

    @pytest.mark.parametrize("text", NASTY)
    def test_hostile_text(self, text: str) -> None:
        log = state_of(ChangeIdea("i1", text), turn(1))
        figure = figures.spread_matrix(matrix(log, ["s1"]), names={"s1": text}, links=figures.archive_links(log))
        harmless(figure.html)
        assert ["".join(one.itertext()) for one in drawn(figure).iter("bdi")] == [text, " ".join(text.split())]

    def test_nothing_yet(self) -> None:
        assert figures.spread_matrix(matrix(State(), ["s1"])).text == "No cycle has been shared yet."


def test_a_theory_of_a_log_is_drawn() -> None:
    log = state_of(
        Aim("a", "90% by June", "attendance", "grade 9", 90, date(2026, 6, 1)),
        Driver("d", "In class", aim_id="a", measure_ids=("attendance",)),
        Driver("e", "Belonging", aim_id="a"),
        ChangeIdea("i1", "Call home", "d"),
        turn(1),
    )
    figure = figures.driver_diagram(tree(log, {"attendance": "improvement"}))
    assert figure.text.splitlines()[:4] == [
        "Aim: 90% by June (better, 1 cycle).",
        "  Primary driver: In class (better, 1 cycle).",
        "    Change idea: Call home (1 cycle).",
        "  Primary driver: Belonging (0 cycles, no measure, no idea).",
    ]
