"""Ramps, who tried an idea, the matrix of ideas by schools, and the theory with its gaps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from inquiries import AIM, DRIVER, IDEA, plan, predicted, state_of, week
from pdsa.cycles import Cell, gaps, matrix, ramp_of, ramps, tree, who_tried
from pdsa.cycles.ramps import in_order
from pdsa.figures.drivers import driver_diagram
from pdsa.records.inquiry import Aim, ChangeIdea, Cycle, Driver


def cycle(name: str, k: int | None = None, **more: Any) -> Cycle:
    """A cycle that began in week k, or was never given a day."""
    days = {"start": week(k), "actual_start": week(k), "planned_end": week(k)} if k else {"start": None}
    return plan(id=name, **(days | more))


class TestRamps:
    def test_cycles_of_an_idea_at_a_school_in_their_order(self) -> None:
        state = state_of(
            cycle("c", 9, cycle_no=3),
            cycle("a", 2),
            cycle("next", None, cycle_no=4),
            cycle("b", 5, cycle_no=2),
            cycle("other", 3, school_id="oak"),
            cycle("idea", 1, change_idea_id="idea-2"),
        )
        found = ramps(state)
        assert [(one.school, one.idea, [c.id for c in one.cycles]) for one in found] == [
            ("ash", "idea-2", ["idea"]),
            ("ash", "idea-1", ["a", "b", "c", "next"]),
            ("oak", "idea-1", ["other"]),
        ]

    def test_first_last_decision_and_size(self) -> None:
        one = ramps(
            state_of(
                cycle("a", 2, decision="adapt", scale="student"),
                cycle("b", 5, decision="adopt", scale="class"),
                cycle("c", None, scale="school"),
            )
        )[0]
        assert (one.first.id, one.last.id, one.decision, one.length, one.widest) == ("a", "c", "adopt", 3, 2)
        assert ramps(state_of(cycle("a", 2)))[0].decision is None
        assert ramps(state_of(plan()))[0].widest == -1

    def test_cycles_that_the_reader_may_not_see_count_by_number(self) -> None:
        assert ramps(state_of(cycle("d", 9, cycle_no=4)))[0].length == 4

    def test_adapting_may_lead_to_another_idea(self) -> None:
        state = state_of(
            cycle("a", 2),
            cycle("b", 4, change_idea_id="idea-2", parent_cycle_id="a"),
            cycle("c", 6, change_idea_id="idea-2"),
            cycle("d", 8, change_idea_id="idea-3", parent_cycle_id="c"),
        )
        (one,) = ramps(state)
        assert (one.idea, [c.id for c in one.cycles]) == ("idea-3", ["a", "b", "c", "d"])

    def test_a_parent_at_another_school_or_unseen_joins_nothing(self) -> None:
        state = state_of(
            cycle("a", 2, school_id="oak"),
            cycle("b", 4, change_idea_id="idea-2", parent_cycle_id="a"),
            cycle("c", 5, change_idea_id="idea-3", parent_cycle_id="nowhere"),
        )
        assert len(ramps(state)) == 3

    def test_parents_in_a_circle(self) -> None:
        state = state_of(
            cycle("a", 2, parent_cycle_id="b"), cycle("b", 4, change_idea_id="idea-2", parent_cycle_id="a")
        )  # fmt: skip
        assert [c.id for c in ramps(state)[0].cycles] == ["a", "b"]

    def test_the_ramp_of_a_cycle(self) -> None:
        a, b = cycle("a", 2), cycle("b", 5)
        assert ramp_of(b, state_of(a, b)).cycles == (a, b)

    def test_order_by_day_then_number(self) -> None:
        found = in_order([cycle("b", 3, cycle_no=2), cycle("a", 3, cycle_no=1), cycle("d"), cycle("c", 4, cycle_no=1)])
        assert [one.id for one in found] == ["a", "b", "c", "d"]

    def test_of_nothing(self) -> None:
        assert ramps(state_of()) == ()


SAME = ChangeIdea("idea-2", " morning  TALKS", "driver-1", stage="adapting")


class TestSpread:
    def state(self) -> Any:
        return state_of(
            IDEA,
            SAME,
            ChangeIdea("idea-3", "Bus pass"),
            cycle("a", 2, decision="adapt", decided_on=week(4), learning="First.", scale="student"),
            cycle("b", 6, decision="adopt", decided_on=week(8), learning="Second.", actual_end=week(7)),
            predicted(id="p-1", cycle_id="a", outcome="miss"),
            predicted(id="p-2", cycle_id="b", outcome="hit"),
            predicted(id="p-3", cycle_id="b"),
            cycle("c", 1, school_id="oak", change_idea_id="idea-2"),
            cycle("d", 1, school_id="elm", change_idea_id="idea-3"),
        )

    @pytest.mark.parametrize("name", ["idea-1", "idea-2", "Morning talks", "MORNING\ttalks "])
    def test_by_id_or_title_whatever_id_others_gave_it(self, name: str) -> None:
        found = who_tried(self.state(), name, {"ash": "Ash School"})
        assert [(one.school, one.name, one.cycles) for one in found] == [("oak", "oak", 1), ("ash", "Ash School", 2)]

    def test_how_far_each_has_come(self) -> None:
        one = who_tried(self.state(), "idea-1")[1]
        assert (one.idea, one.title) == ("idea-1", "Morning talks")
        assert (one.first, one.last) == (week(2), week(7))
        assert (one.scale, one.decision, one.status) == ("class", "adopt", "closed")
        assert one.outcomes == ("miss", "hit")
        assert one.learning == "Second."

    def test_an_idea_that_nobody_tried(self) -> None:
        assert who_tried(self.state(), "nothing of the kind") == ()
        assert who_tried(state_of(IDEA), "idea-1") == ()

    def test_an_idea_that_is_not_shared_goes_by_its_id(self) -> None:
        one = who_tried(state_of(cycle("a", 2)), "idea-1")[0]
        assert (one.idea, one.title) == ("idea-1", "")

    def test_a_matrix_of_ideas_by_schools(self) -> None:
        found = matrix(self.state(), ["elm", "oak", "ash"])
        assert found.ideas == (("bus pass", "Bus pass"), ("morning talks", "Morning talks"))
        assert found.schools == ("elm", "oak", "ash")
        assert found.cells == {
            ("morning talks", "ash"): Cell("adopt", "closed", 2, "class"),
            ("morning talks", "oak"): Cell(None, "doing", 1, "class"),
            ("bus pass", "elm"): Cell(None, "doing", 1, "class"),
        }

    def test_schools_that_are_not_asked_for_are_left_out(self) -> None:
        assert matrix(self.state(), ["elm"]).ideas == (("bus pass", "Bus pass"),)
        assert matrix(self.state(), []).cells == {}

    def test_two_ids_of_one_idea_at_one_school_are_one_cell(self) -> None:
        state = state_of(
            IDEA, SAME, cycle("a", 2, decision="adapt"), cycle("b", 4, change_idea_id="idea-2", decision="abandon")
        )  # fmt: skip
        assert matrix(state, ["ash"]).cells == {("morning talks", "ash"): Cell("abandon", "closed", 2, "class")}


class TestTheory:
    def shape(self, *records: Any, verdicts: Any = None) -> list[tuple[str, str, str, int, tuple[str, ...]]]:
        found = tree(state_of(*records), verdicts).nodes
        return [(one.id, one.kind, one.parent, one.cycles, one.gaps) for one in found]

    def test_from_the_aim_to_the_ideas_parents_first(self) -> None:
        below = Driver("driver-2", "Talks", "secondary", "driver-1", measure_ids=("talks",))
        idea = replace(IDEA, driver_id="driver-2")
        assert self.shape(idea, below, DRIVER, AIM, cycle("a", 1), cycle("b", 2)) == [
            ("aim-1", "aim", "", 2, ()),
            ("driver-1", "primary", "aim-1", 2, ()),
            ("driver-2", "secondary", "driver-1", 2, ()),
            ("idea-1", "idea", "driver-2", 2, ()),
        ]

    def test_each_gap_by_name(self) -> None:
        bare = Driver("driver-2", "Bare", aim_id="aim-1")
        untested = Driver("driver-3", "Untested", aim_id="aim-1", measure_ids=("zeal",))
        far = Aim("aim-2", "Far", "z", "all", 1.0, date(2026, 6, 1))
        ideas = (IDEA, ChangeIdea("idea-3", "Later", "driver-3"), ChangeIdea("idea-4", "Loose"))
        records = (AIM, DRIVER, bare, untested, far, *ideas, cycle("a", 1))
        named = {node.id: gap for node, gap in gaps(state_of(*records))}
        both = [(node.id, gap) for node, gap in gaps(state_of(*records)) if node.id == "driver-2"]
        assert both == [("driver-2", "no measure"), ("driver-2", "no idea")]
        assert {key: named[key] for key in named if key != "driver-2"} == {
            "driver-3": "no cycle",
            "idea-4": "no driver",
            "aim-2": "no driver",
        }

    def test_what_may_only_not_be_shared_is_no_gap(self) -> None:
        bare = Driver("driver-2", "Bare", aim_id="aim-1")
        untested = Driver("driver-3", "Untested", aim_id="aim-1", measure_ids=("zeal",))
        ideas = (IDEA, ChangeIdea("idea-3", "Later", "driver-3"))
        state = state_of(AIM, DRIVER, bare, untested, *ideas, cycle("a", 1))
        assert [(node.id, gap) for node, gap in gaps(state)] == [
            ("driver-2", "no measure"), ("driver-2", "no idea"), ("driver-3", "no cycle"),
        ]  # fmt: skip
        seen = tree(state, whole=False)
        assert [(node.id, gap) for node, gap in seen.gaps] == [("driver-2", "no measure")]
        assert {node.whole for node in seen.nodes} == {False}

    def test_the_only_aim_is_meant_where_none_is_named(self) -> None:
        loose = replace(DRIVER, aim_id="")
        assert self.shape(AIM, loose)[1][2] == "aim-1"
        two = self.shape(AIM, replace(AIM, id="aim-2"), loose)
        assert two[-1] == ("driver-1", "primary", "", 0, ("no aim", "no idea"))

    def test_retired_drivers_are_left_out_and_their_ideas_hang_on_nothing(self) -> None:
        found = self.shape(AIM, replace(DRIVER, retired_on=week(3)), IDEA)
        assert found == [("aim-1", "aim", "", 0, ("no driver",)), ("idea-1", "idea", "", 0, ("no driver",))]

    def test_verdicts_of_measures_the_one_that_needs_eyes_first(self) -> None:
        both = replace(DRIVER, measure_ids=("zeal", "talks", "unknown"))
        told = {"zeal": "improvement", "talks": "concern"}
        aim, driver = tree(state_of(AIM, both), told).nodes
        assert (aim.verdict, driver.verdict, dict(driver.verdicts)) == ("improvement", "concern", told)
        assert tree(state_of(AIM, both)).nodes[1].verdict == ""

    def test_drivers_in_a_circle_stand_by_themselves(self) -> None:
        one = Driver("driver-1", "One", parent_id="driver-2", measure_ids=("zeal",))
        two = Driver("driver-2", "Two", parent_id="driver-1", measure_ids=("zeal",))
        found = self.shape(AIM, one, two, IDEA)
        assert [node[0] for node in found] == ["aim-1", "driver-1", "driver-2", "idea-1"]

    def test_ids_that_two_kinds_share(self) -> None:
        found = self.shape(
            AIM, replace(DRIVER, id="talks"), ChangeIdea("talks", "Talks", "talks"), replace(IDEA, driver_id="talks")
        )
        assert [node[0] for node in found] == ["aim-1", "driver talks", "idea talks", "idea-1"]
        assert [node[2] for node in found] == ["", "aim-1", "driver talks", "driver talks"]

    def test_of_nothing(self) -> None:
        assert tree(state_of()).nodes == ()

    def test_the_diagram_draws_it(self) -> None:
        told = str(driver_diagram(tree(state_of(AIM, DRIVER, IDEA, cycle("a", 1)), {"zeal": "concern"})).text)
        assert "Morning talks" in told
        assert "Students are known" in told
