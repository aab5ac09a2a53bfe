"""How an inquiry goes, in sentences: each number with its unit, each judgement in words that blame nobody."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any, get_args

import numpy as np
import pytest

from inquiries import (
    AIM,
    DRIVER,
    GRADES,
    IDEA,
    MONTHLY,
    RATE,
    TALKS,
    THEORY,
    chart_of,
    evidence,
    plan,
    predicted,
    state_of,
    week,
)
from pdsa.chart import Chart
from pdsa.cycles import (
    Calibration,
    Quality,
    Result,
    Span,
    Standing,
    Watch,
    all_questions,
    cadence,
    calibrate,
    hold_the_gain,
    outcome_of,
    progress_of,
    quality_of,
    results,
    tree,
    who_tried,
)
from pdsa.cycles.outcomes import Why
from pdsa.cycles.progress import Reason
from pdsa.cycles.quality import Given, Part, PartName
from pdsa.narrate.cycles import (
    PART_WORDS,
    REASON_WORDS,
    WHY_WORDS,
    cadence_words,
    calibration_words,
    gaps_words,
    quality_words,
    questions_words,
    result_words,
    results_words,
    standing_words,
    tried_words,
    watch_words,
    watches_words,
)
from pdsa.records import Calendar, Measure
from pdsa.records.inquiry import Cycle, Driver, Progress

FORBIDDEN = re.compile(r"caused|failed|weak|nan|None|inf\b|best|worst|score of the team|rank", re.IGNORECASE)


def result(outcome: Any = "hit", why: Any = "", prediction: dict[str, Any] | None = None, **fields: Any) -> Result:
    one = predicted(**({"type": "range", "low": 12, "high": 14} | (prediction or {})))
    given = {"measure": "talks", "value": 13.0, "n": 2, "first": week(15), "last": week(16), "low": 12, "high": 14}
    given |= {"before": 10.04, "before_n": 12, "spread": 2.0}
    return Result(one, "ash", outcome, why, **(given | fields))


# Weeks 1 to 14 lie about 10; weeks 15 and 16, those of the cycle, follow.
TEN = [11.0, 9.0] * 7


def told_of(chart: Chart, **prediction: Any) -> str:
    """What is told of a prediction about weeks 15 and 16, as the points of a chart judge it."""
    one = outcome_of(predicted(measure_id="talks", **prediction), plan(actual_end=date(2025, 12, 19)), chart)
    return str(result_words(one, chart.measure))


def came(values: list[float], **prediction: Any) -> str:
    return told_of(chart_of(values), **prediction)


BARE = {"value": None, "n": 0, "first": None, "last": None, "before": None, "before_n": 0}


class TestResults:
    def test_beside_the_band(self) -> None:
        assert str(result_words(result(), TALKS)) == (
            "More talks: 13.0 talks over 2 weeks (week of 2025-12-08 to week of 2025-12-15); 10.0 talks over the 12 "
            "weeks before. Predicted: 12.0 talks to 14.0 talks. It held."
        )

    def test_one_point_and_nothing_before(self) -> None:
        one = result("miss", last=week(15), n=1, before=None, high=None)
        assert str(result_words(one, TALKS)) == (
            "More talks: 13.0 talks over 1 week (week of 2025-12-08). Predicted: at least 12.0 talks. It did not hold."
        )
        assert "at most 14.0 talks" in str(result_words(result(low=None), TALKS))

    def test_a_value_says_its_rule(self) -> None:
        one = result("partly", prediction={"type": "value", "value": 15.0}, low=None, high=None)
        assert str(result_words(one, TALKS)).endswith(
            "Predicted: 15.0 talks; it holds where that is reached or passed. It held in part."
        )

    def test_a_direction_says_its_rule(self) -> None:
        one = result("hit", prediction={"type": "direction", "direction": "up"}, low=None, high=None)
        assert str(result_words(one, TALKS)).endswith(
            "Predicted: up; it holds where the level moved that way by more than one standard error, as chance alone "
            "does about one time in six. It held."
        )

    def test_percent_and_months(self) -> None:
        one = result(value=78.06, before=75.3, low=78, high=80)
        assert "78.1% over 2 weeks" in str(result_words(one, RATE))
        assert "(2025-12 to 2025-12)" not in str(result_words(replace(one, last=date(2026, 1, 1)), MONTHLY))
        assert "(2025-12 to 2026-01); 75.3 points over the 12 months before" in str(
            result_words(replace(one, first=date(2025, 12, 1), last=date(2026, 1, 1)), MONTHLY)
        )

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (11.97, "12.0 talks over 2 weeks (week of 2025-12-08 to week of 2025-12-15); 10.0 talks over the 12 weeks"),
            (11.97, "before. Predicted: 12.0 talks to 14.0 talks. It held."),
            (11.94, "More talks: 11.9 talks over 2 weeks"),
            (11.94, "Predicted: 12.0 talks to 14.0 talks. It held in part."),
            (14.04, "before. Predicted: 12.0 talks to 14.0 talks. It held."),
            (14.06, "Predicted: 12.0 talks to 14.0 talks. It held in part."),
            (9.0, "Predicted: 12.0 talks to 14.0 talks. It did not hold."),
        ],
    )
    def test_a_band_is_read_as_it_is_judged(self, value: float, words: str) -> None:
        assert words in came([*TEN, value, value], type="range", low=12, high=14)

    @pytest.mark.parametrize(
        ("value", "words"),
        [
            (12.96, "13.0 talks over 2 weeks"),
            (12.96, "Predicted: 13.0 talks; it holds where that is reached or passed. It held."),
            (12.94, "12.9 talks over 2 weeks"),
            (12.94, "Predicted: 13.0 talks; it holds where that is reached or passed. It held in part."),
        ],
    )
    def test_a_value_is_read_as_it_is_judged(self, value: float, words: str) -> None:
        assert words in came([*TEN, value, value], type="value", value=13.04)

    @pytest.mark.parametrize(
        ("count", "words"),
        [
            (96, "1.0% over 2 weeks (week of 2025-12-08 to week of 2025-12-15); 0.5% over the 12 weeks before. "),
            (96, "Predicted: at least 1.0%. It held."),
            (94, "0.9% over 2 weeks"),
            (94, "Predicted: at least 1.0%. It held in part."),
        ],
    )
    def test_percents_of_one_and_less_are_judged_to_the_decimal_that_is_read(self, count: int, words: str) -> None:
        chart = chart_of([*[50] * 14, count, count], RATE, below=[10_000] * 16)
        assert words in told_of(chart, type="range", low=1.0)

    @pytest.mark.parametrize(
        ("before", "after", "words"),
        [
            (TEN, 10.04, "More talks: 10.04 talks over 2 weeks"),
            (TEN, 10.04, "; 10.00 talks over the 12 weeks before. Predicted: up; "),
            (TEN, 10.04, "It held in part."),
            ([10.0] * 14, 10.04, "More talks: 10.04 talks over 2 weeks"),
            ([10.0] * 14, 10.04, "does about one time in six. It held."),
            (TEN, 9.96, "More talks: 10.0 talks over 2 weeks"),
            (TEN, 9.96, "It did not hold."),
            (TEN, 13.0, "More talks: 13.0 talks over 2 weeks"),
        ],
    )
    def test_a_level_that_moved_never_reads_like_the_one_before(
        self, before: list[float], after: float, words: str
    ) -> None:
        assert words in came([*before, after, after], type="direction", direction="up")

    @pytest.mark.parametrize("measure", [TALKS, RATE])
    def test_whoever_compares_the_numbers_that_are_read_comes_to_the_same_verdict(self, measure: Measure) -> None:
        below = [100_000] * 16 if measure is RATE else None
        size = 1000 if measure is RATE else 1
        for value in np.arange(0.9, 1.1, 0.007):
            for low in (0.96, 0.996, 1.0, 1.004, 1.04):
                ends = [float(round(value * size)) if below else value] * 2
                told = told_of(chart_of([*[0.5 * size] * 14, *ends], measure, below=below), type="range", low=low)
                read, bound = (float(re.search(where, told)[1]) for where in (r"talks: ([\d.]+)", r"least ([\d.]+)"))  # type: ignore[index]
                assert (read >= bound) == told.endswith("It held."), told

    def test_words_and_chances_are_told_by_the_team(self) -> None:
        words = result("hit", "people", {"type": "text"}, low=None, high=None, people="hit", **BARE)
        assert str(result_words(words, None)) == "More talks: The team says that it held."
        chance = result("miss", "people", {"type": "probability", "probability": 0.7}, low=None, high=None, **BARE)
        assert str(result_words(chance, None)) == "More talks: Predicted with 70%. The team says that it did not hold."

    @pytest.mark.parametrize("why", [one for one in get_args(Why) if one not in ("", "people")])
    def test_each_reason_why_nothing_is_measured(self, why: str) -> None:
        told = str(result_words(result("not_measured", why, **BARE), TALKS))
        assert told == f"More talks: Predicted: 12.0 talks to 14.0 talks. Not measured: {WHY_WORDS[why]}."

    def test_what_is_not_measured_by_the_chart_has_no_rule_of_its_own(self) -> None:
        one = result("not_measured", "no_measure", {"type": "value", "value": 5.0}, low=None, high=None, **BARE)
        assert str(result_words(one, None)) == "More talks: Predicted: 5.0. Not measured: it names no measure."

    def test_where_the_chart_cannot_tell_the_team_does(self) -> None:
        told = str(result_words(result("not_measured", "no_points", people="miss", **BARE), TALKS))
        assert told.endswith("Not measured: no value came in during the cycle. The team says that it did not hold.")

    def test_both_where_they_differ(self) -> None:
        assert str(result_words(result(people="miss"), TALKS)).endswith("It held. The team says that it did not hold.")

    def test_written_down_afterwards(self) -> None:
        told = str(result_words(result(late=True), TALKS))
        assert told.endswith("It was written down when the result was known, and is not counted.")

    def test_a_line_for_each(self) -> None:
        state = state_of(*THEORY, plan(), predicted(), predicted(id="prediction-2", question="Less\nnoise."))
        found = results_words(results(state, evidence()), evidence())
        assert [one.lead for one in found.items] == ["More talks:", "Less noise:"]


class TestCalibration:
    def test_too_few(self) -> None:
        lines = repr(calibration_words(Calibration("too_few", 1, 1, 0, 0, 2))).splitlines()
        assert lines == [
            "How our predictions turned out: 1 of 1 prediction held, 0 held in part, 0 did not, by the charts where "
            "these can tell and by the team's own word elsewhere; 2 without an outcome, or written down afterwards.",
            "Under 8 predictions with an outcome: too few to say more. Each one teaches by itself.",
        ]

    def test_enough(self) -> None:
        one = Calibration(
            *("enough", 12, 6, 2, 4, 0, 7 / 12, 0.31, 0.82),
            bias=Span(9, -0.84, -1.3, -0.2),
            short=Span(9, 7 / 9, 0.45, 0.96),
            chances=Span(10, 0.18, 0.02, 0.41),
            brier=0.214,
            brier_base=0.24,
        )
        assert repr(calibration_words(one)).splitlines() == [
            "How our predictions turned out: 6 of 12 predictions held, 2 held in part, 4 did not, by the charts "
            "where these can tell and by the team's own word elsewhere.",
            "58% held, those in part counting half; in the long run 31% to 82% (an interval that is right nine times "
            "of ten).",
            "78% of 9 results fell short of the number predicted (45% to 96%); without optimism or caution about half "
            "do.",
            "On average results lay 0.8 times the ordinary variation of single points short of the prediction (-1.3 to "
            "-0.2).",
            "Probabilities lay on average 18% above what came true (+2% to +41%).",
            "Brier score 0.21: 0 is best, always saying 50% gives 0.25, always saying the share that came true gives "
            "0.24.",
        ]

    def test_what_named_a_chance_is_counted_apart(self) -> None:
        one = Calibration("too_few", 1, 0, 0, 1, 0, given=3, came=2)
        assert repr(calibration_words(one)).splitlines()[0] == (
            "How our predictions turned out: 0 of 1 prediction held, 0 held in part, 1 did not, by the charts where "
            "these can tell and by the team's own word elsewhere; counted apart, 2 of 3 that named a chance came true."
        )

    def test_the_other_way_round(self) -> None:
        one = Calibration(
            *("enough", 12, 12, 0, 0, 0, 1.0, 0.78, 1.0), bias=Span(9, 0.5, 0.1, 0.9), chances=Span(9, -0.2, -0.4, 0.0),
            brier=0.1, brier_base=0.1,
        )  # fmt: skip
        told = repr(calibration_words(one))
        assert "beyond the prediction (+0.1 to +0.9)" in told
        assert "20% below what came true" in told

    def test_of_nothing(self) -> None:
        assert "0 of 0 predictions held" in repr(calibration_words(calibrate([])))


def test_plan_questions_under_the_names_of_their_cycles() -> None:
    state = state_of(*THEORY, plan(), plan(id="cycle-2", cycle_no=2))
    questions = all_questions(state, evidence(today=week(14)))
    assert repr(questions_words(questions, state)).splitlines() == [
        "Morning talks, cycle 1: The cycle has no prediction. What will you look at, and what would you have to see to "
        "say that the prediction did not hold?",
        "Morning talks, cycle 2: The cycle has no prediction. What will you look at, and what would you have to see to "
        "say that the prediction did not hold?",
    ]
    assert questions_words(questions, state_of()).items == ()


def test_quality_by_part() -> None:
    state = state_of(*THEORY, Cycle("cycle-1", "ash", "idea-1", purpose="collect_info", measure_ids=("talks",)))
    lines = repr(quality_words(quality_of(state.cycles, state, evidence()))).splitlines()
    assert lines[0] == (
        "How the cycles were run: 0.1 of 5, from the 4 parts that are due over 1 cycle; not whether a change worked or "
        "was carried out as planned."
    )
    assert lines[1].startswith("Written down: 8%; missing in some: what the cycle is to find out, a prediction,")
    assert lines[2] == "One test after another: 0%; missing in some: a cycle before or after it."
    assert lines[5] == "Data over time: not due of these cycles."


def test_what_lacks_something_is_never_whole() -> None:
    """4 parts of 1 and one of 0.996 make 4.996, which rounds to 5.0, and a share of 99.6%, which rounds to 100%."""
    whole = tuple(Part(name, 1.0, (Given("a", 1.0), Given("b", 1.0))) for name in PART_WORDS)
    almost = (replace(whole[0], score=0.996), *whole[1:])
    assert repr(quality_words(Quality(whole))).splitlines()[:2] == [
        "How the cycles were run: 5.0 of 5, from five parts over 2 cycles; not whether a change worked or was carried "
        "out as planned.",
        "Written down: 100%.",
    ]
    told = repr(quality_words(Quality(almost))).splitlines()
    assert told[0].startswith("How the cycles were run: 4.9 of 5, from five parts over 2 cycles;")
    assert told[1] == "Written down: 99%."


class TestStanding:
    def test_beside_the_rating_of_the_team(self) -> None:
        rated = Progress("progress-1", "ash", date(2026, 1, 5), 4.0)
        one = Standing(
            "ash", 2.5, ("aim", "team", "closed", "measured", "implemented", "no_way"), "zeal", 50.0, 53.5, 12
        )
        one = replace(one, target=85.0, way=0.1, rated=rated)
        assert repr(standing_words(one, RATE)).splitlines() == [
            "Progress: 2.5 by the evidence on file: there is an aim, there is a team, a cycle is closed, the aim's "
            "measure was taken since, a change is in place, a fifth of the way, more than ordinary variation, is not "
            "seen yet. From 50.0% to 53.5% over the latest 12 points, of the way to 85.0%: 10%.",
            "The team rated itself 4.0 on 2026-01-05.",
        ]

    def test_without_numbers_and_rating(self) -> None:
        told = repr(standing_words(progress_of(state_of(), "ash", evidence()), None))
        assert (
            told
            == "Progress: 0.5 by the evidence on file: no aim is set, no team is named.\nThe team has not rated itself."
        )


def test_cadence_and_what_waits() -> None:
    done = plan(
        id="cycle-1", actual_start=week(15), actual_end=date(2025, 12, 19), decision="adapt", decided_on=week(17)
    )
    late = plan(id="cycle-2", cycle_no=2, actual_start=week(17), start=week(17), planned_end=date(2026, 1, 2))
    state = state_of(*THEORY, done, late, at={"cycle-2": "2025-12-22T00:00:00.000000Z"})
    assert repr(cadence_words(cadence(state, ("ash",), date(2026, 1, 13), Calendar()), state)).splitlines() == [
        "Cadence: 2 cycles begun and 1 decided in 6 weeks; half of them took 10 school days or less.",
        "Morning talks, cycle 2: past its own planned end, 2026-01-02, by 7 school days.",
        "Morning talks, cycle 2: not edited since 2025-12-22, 22 days.",
    ]
    found = cadence_words(cadence(state, ("ash",), date(2026, 1, 13), Calendar()), state, {"ash": "Ash School"})
    assert found.items[1].lead == "Ash School, Morning talks, cycle 2:"
    assert repr(cadence_words(cadence(state_of(), (), week(1), Calendar()), state)) == (
        "Cadence: 0 cycles begun and 0 decided in 0 weeks."
    )


class TestWatch:
    ONE = Watch("idea-1", "ash", "cycle-1", "talks", date(2025, 12, 22), "holding", 20.0, 12, 19.6, 8)

    def test_holding(self) -> None:
        assert str(watch_words(self.ONE, TALKS, "Morning talks")) == (
            "Morning talks, adopted 2025-12-22: Talks 19.6 talks over 8 weeks, 20.0 talks when it was adopted: no "
            "signal that it slips."
        )

    def test_slipping(self) -> None:
        one = replace(self.ONE, state="slipping", value=14.5, since=week(28), reasons=("outside", "long_run"))
        assert str(watch_words(one, TALKS, "Morning talks")) == (
            "Morning talks, adopted 2025-12-22: Talks 14.5 talks over 8 weeks, 20.0 talks when it was adopted: a point "
            "outside the limits, a long run on one side of the center since week of 2026-03-09. What has changed in "
            "how it is done?"
        )

    def test_a_level_that_slips_never_reads_like_the_one_it_had(self) -> None:
        one = replace(self.ONE, state="slipping", value=19.97, level=20.01, reasons=("long_run",))
        assert "Talks 19.97 talks over 8 weeks, 20.01 talks when" in str(watch_words(one, TALKS))
        assert "Talks 20.0 talks over 8 weeks, 20.0 talks" in str(watch_words(replace(one, state="holding"), TALKS))

    def test_how_often_chance_raises_one(self) -> None:
        early = replace(self.ONE, state="too_early", value=None, n=0)
        lines = watches_words([self.ONE, self.ONE, early], evidence(), {"idea-1": "Morning talks"}).items
        assert [one.verdict for one in lines] == ["holding", "holding", "too_early", ""]
        assert str(lines[-1]) == (
            "2 measures of adopted ideas are watched. Where a level holds, about one in eleven still shows a signal at "
            "some time within half a year of weeks."
        )
        assert str(watches_words([self.ONE], evidence(), {}).items[-1]).startswith("1 measure of adopted ideas is ")
        assert len(watches_words([early], evidence(), {}).items) == 1

    def test_too_early(self) -> None:
        one = replace(self.ONE, state="too_early", value=None, n=0)
        assert (
            str(watch_words(one, None)) == "idea-1, adopted 2025-12-22: too early to say whether talks holds its level."
        )


def test_who_tried() -> None:
    a = plan(id="a", actual_start=week(2), start=week(2), planned_end=week(3), decision="adapt", learning="Too long.")
    b = plan(id="b", actual_start=week(5), start=week(5), planned_end=week(6), scale="grade")
    oak = plan(id="c", school_id="oak", start=None, planned_end=None)
    state = state_of(*THEORY, a, b, oak, predicted(id="p", cycle_id="a", outcome="miss"))
    assert repr(tried_words(who_tried(state, "idea-1", {"ash": "Ash School"}))).splitlines() == [
        "Ash School: 2 cycles, 2025-09-08 to 2025-10-06, latest on a grade or team, adapted, now under way. By the "
        "team's own word 0 of 1 prediction held. Too long.",
        "oak: 1 cycle, latest on 1 class, planned.",
    ]


def test_gaps() -> None:
    assert repr(gaps_words(tree(state_of(AIM, DRIVER, IDEA, plan())))) == "No gap in the theory."
    bare = Driver("driver-2", "Bare.", aim_id="aim-1")
    assert repr(gaps_words(tree(state_of(AIM, DRIVER, IDEA, plan(), bare)))) == "Bare: no measure, no idea."


def test_every_word_has_its_words() -> None:
    assert set(WHY_WORDS) == set(get_args(Why)) - {""}
    assert set(REASON_WORDS) == set(get_args(Reason))
    assert set(PART_WORDS) == set(get_args(PartName))


def test_words_that_never_appear() -> None:
    chart = chart_of([*[11, 9] * 7, *[20, 21] * 6, *[9] * 8])
    done = plan(actual_start=week(15), actual_end=date(2025, 12, 19), decision="adopt", decided_on=date(2025, 12, 22))
    state = state_of(*THEORY, done, predicted(type="value", value=13))
    given = evidence(chart, chart_of([70], GRADES, below=[100]))
    found = results(state, given)
    told = [
        *(results_words(found, given), calibration_words(calibrate(found * 9)), gaps_words(tree(state))),
        questions_words(all_questions(state, given), state),
        quality_words(quality_of(state.cycles, state, given)),
        standing_words(progress_of(state, "ash", given), TALKS),
        cadence_words(cadence(state, ("ash",), given.today, given.calendar), state),
        tried_words(who_tried(state, "idea-1")),
    ]
    text = "\n".join([*map(repr, told), *(str(watch_words(one, TALKS)) for one in hold_the_gain(state, given))])
    assert not FORBIDDEN.search(text.replace("0 is best", ""))
