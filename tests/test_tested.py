"""The sentences of a school's page about its log: what was tested, learned, and comes next."""

from __future__ import annotations

from datetime import date

from pdsa.inquiry import Held, State
from pdsa.narrate.tested import ask_line, learned, name_of, next_steps, open_asks, when
from pdsa.narrate.tested import tested as told_tests
from pdsa.records.inquiry import Ask, ChangeIdea, Cycle, Insight, Prediction, Record
from pdsa.terms import Entity

TODAY = date(2026, 6, 12)


def state(*records: Record) -> State:
    kinds: dict[type, Entity] = {
        ChangeIdea: "change_idea", Cycle: "cycle", Prediction: "prediction", Insight: "insight", Ask: "ask",
    }  # fmt: skip
    held = {}
    for one in records:
        about = (getattr(one, "school_id", "0107"), 1, "ana", "2026-01-01", "team", "", "", "2026-01-01", "ana")
        held[kinds[type(one)], one.id] = Held(kinds[type(one)], one.id, *about, one)  # type: ignore[arg-type]
    return State(held)


IDEA = ChangeIdea("idea-a", "Call home")


def cycle(number: int, **more: object) -> Cycle:
    return Cycle(f"cycle-{number}", "0107", "idea-a", cycle_no=number, **more)  # type: ignore[arg-type]


def closed(number: int, day: int, **more: object) -> Cycle:
    told = {"actual_start": date(2026, 1, day), "actual_end": date(2026, 1, day + 4), "scale": "class"}
    return cycle(number, decision="adapt", decided_on=date(2026, 1, day + 5), **{**told, **more})


def prediction(name: str, of: str, question: str = "More come") -> Prediction:
    return Prediction(f"prediction-{name}", of, question, "we call")


class TestTested:
    def test_a_cycle_is_told_with_scale_days_prediction_and_decision(self) -> None:
        found = told_tests(state(IDEA, closed(1, 5), prediction("a", "cycle-1")), "0107", {"prediction-a": "hit"})
        assert repr(found) == (
            "Call home, cycle 1: 1 class, 2026-01-05 to 2026-01-09. "
            "Predicted: More come because we call: held. Adapted."
        )

    def test_the_latest_comes_first_and_a_page_of_one_sheet_quotes_it_alone(self) -> None:
        made = (prediction("a", "cycle-1"), prediction("b", "cycle-2"), prediction("c", "cycle-2", "Less late"))
        whole = state(IDEA, closed(1, 5), closed(2, 19), closed(3, 12), *made)
        lines = repr(told_tests(whole, "0107", {"prediction-a": "miss", "prediction-c": "partly"})).splitlines()
        assert [line.partition(":")[0] for line in lines] == [
            "Call home, cycle 2",
            "Call home, cycle 3",
            "1 earlier cycle stands in the log.",
        ]
        assert "More come because we call: not measured. 1 more prediction: 1 held in part. Adapted." in lines[0]
        every = repr(told_tests(whole, "0107", {}, most=9)).splitlines()
        assert len(every) == 3 and every[0].count("Predicted:") == 2

    def test_plans_and_other_schools_are_not_told(self) -> None:
        other = Cycle("cycle-x", "0114", "idea-a", actual_start=date(2026, 1, 5))
        assert told_tests(state(IDEA, cycle(1, start=date(2026, 1, 5)), other), "0107", {}).items == ()

    def test_a_cycle_whose_idea_is_not_shared_has_a_name_all_the_same(self) -> None:
        assert name_of(cycle(2), state()) == "a change idea that is not shared, cycle 2"
        assert name_of(cycle(2, title="Phone"), state()) == "Phone, cycle 2"

    def test_days(self) -> None:
        day = date(2026, 1, 5)
        assert when(cycle(1)) == "without a date"
        assert when(cycle(1, start=day)) == "from 2026-01-05"
        assert when(cycle(1, start=day, planned_end=day)) == "2026-01-05"
        assert when(cycle(1, planned_end=day)) == "until 2026-01-05"
        assert when(closed(1, 5, start=date(2026, 1, 1))) == "2026-01-05 to 2026-01-09"


class TestLearned:
    def test_learning_and_insights_the_latest_first_on_one_line_each(self) -> None:
        one = closed(1, 5, learning="Call\nbefore ten", studied_on=date(2026, 1, 12))
        two = closed(2, 19, learning="It works!", studied_on=date(2026, 1, 26))
        found = learned(state(IDEA, one, two, Insight("insight-a", "Mornings count", school_id="0107")), "0107", most=9)
        assert repr(found).splitlines() == [
            "Call home, cycle 2: It works!",
            "Call home, cycle 1: Call before ten.",
            "Insight: Mornings count.",
        ]

    def test_a_long_text_is_cut_on_the_sheet_and_whole_in_the_log(self) -> None:
        long = "word " * 60
        held = state(IDEA, closed(1, 5, learning=long))
        assert repr(learned(held, "0107")).endswith("word…")
        assert repr(learned(held, "0107", most=9)).endswith("word word.")


class TestNext:
    def test_plans_wishes_and_asks(self) -> None:
        asks = (
            Ask("ask-a", "A phone", "district", "0107", raised_on=date(2026, 5, 1)),
            Ask("ask-b", "Time", "coach", "0107", raised_on=date(2026, 6, 11)),
            Ask("ask-c", "Old", "coach", "0107", raised_on=date(2026, 1, 1), response="Yes"),
        )
        plan = cycle(3, start=date(2026, 8, 31), parent_cycle_id="cycle-2", scale="grade")
        done = (
            closed(1, 5, next_test="followed"),
            closed(2, 12, next_test="followed too"),
            closed(4, 19, next_test="All"),
        )
        told = repr(
            next_steps(state(IDEA, *done, plan, cycle(2, parent_cycle_id="cycle-1"), *asks), "0107", TODAY, most=9)
        )
        assert "Call home, cycle 3: a grade or team, from 2026-08-31, not begun." in told
        assert "After Call home, cycle 4: All." in told and "followed" not in told
        assert told.splitlines()[-2:] == [
            "Asks the district, open for 42 days: A phone.",
            "Asks the coach, open for 1 day: Time.",
        ]

    def test_an_ask_names_its_school_where_there_are_several(self) -> None:
        ask = Ask("ask-a", "A phone", "hub", "0107")
        assert str(ask_line(ask, TODAY, "Tarnwick")) == "Tarnwick asks the network's hub: A phone."
        assert open_asks(state(ask), ("0107",)) == [ask]
        assert open_asks(state(ask), ("0114",)) == []
