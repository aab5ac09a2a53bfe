"""Whatever a log and its charts hold, the inquiry is judged without a crash, within bounds, the same each time."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from inquiries import GRADES, MINUTES, MONTHLY, RATE, START, TALKS, chart_of, evidence, state_of
from pdsa.cycles import (
    Evidence,
    all_questions,
    cadence,
    calibrate,
    hold_the_gain,
    matrix,
    over_time,
    progress_of,
    quality_of,
    ramps,
    results,
    tree,
)
from pdsa.inquiry import State
from pdsa.inquiry.release import known_by
from pdsa.narrate.cycles import calibration_words, quality_words, questions_words, results_words, standing_words
from pdsa.records import Closure
from pdsa.records.inquiry import Aim, ChangeIdea, Cycle, Driver, Insight, Prediction, Progress, Record
from pdsa.terms import SCALES

TODAY = date(2026, 3, 4)
SCHOOLS = ("ash", "oak")
TEXTS = ("", " ", "Yes.", "{0} $5 <b>\u202eabc")
NUMBERS = (None, 0.0, 10.0, 12.5, 1e9)


class Draw:
    """Random choices from one seed."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def of(self, *options: Any) -> Any:
        return options[int(self.rng.integers(len(options)))]

    def day(self) -> date | None:
        return None if self.rng.random() < 0.3 else START + timedelta(days=int(self.rng.integers(-30, 260)))

    def cycle(self, k: int) -> Cycle:
        text = {
            name: self.of(*TEXTS) for name in ("deviations", "unexpected_observations", "what_data_show", "learning")
        }
        days = {name: self.day() for name in ("start", "planned_end", "actual_start", "actual_end", "studied_on")}
        decision = self.of(None, "adopt", "adapt", "abandon")
        return Cycle(
            f"cycle-{k}",
            self.of(*SCHOOLS),
            self.of("idea-1", "idea-2", "idea-9", ""),
            cycle_no=int(self.rng.integers(1, 4)),
            parent_cycle_id=self.of("", f"cycle-{k - 1}", f"cycle-{k + 1}", "cycle-99"),
            purpose=self.of("collect_info", "develop", "test", "implement"),
            scale=self.of(*SCALES),
            data_plan=self.of(None, "qualitative", "both"),
            measure_ids=self.of((), ("talks",), ("zeal", "grades"), ("month",), ("unknown",)),
            carried_out_as_planned=self.of(None, "yes", "no"),
            matched=self.of(None, "hit", "miss"),
            decision=decision,
            decided_on=self.day() if decision else None,
            **text,
            **days,
        )

    def prediction(self, k: int, cycles: int) -> Prediction:
        return Prediction(
            f"prediction-{k}",
            f"cycle-{int(self.rng.integers(cycles + 1))}",
            self.of(*TEXTS),
            self.of(*TEXTS),
            self.of("value", "direction", "range", "probability", "text"),
            measure_id=self.of("", "talks", "zeal", "wait", "month", "grades", "unknown"),
            group=self.of("", "", "", "some"),
            low=self.of(*NUMBERS),
            high=self.of(*NUMBERS),
            value=self.of(*NUMBERS),
            direction=self.of(None, "up", "down"),
            probability=self.of(None, 0.0, 0.5, 1.0),
            made_on=self.day(),
            outcome=self.of(None, "hit", "partly", "miss", "not_measured"),
        )

    def state(self) -> State:
        cycles = int(self.rng.integers(0, 12))
        measure, target = self.of("talks", "zeal", "unknown"), self.of(10.0, 20.0, 90.0)
        above = {"parent_id": self.of("", "driver-1"), "aim_id": self.of("", "aim-1")}
        theory: list[Record] = [
            Aim("aim-1", "Aim", measure, "all", target, date(2026, 6, 1)),
            Driver("driver-1", "One", parent_id=self.of("", "driver-2"), measure_ids=("zeal",)),
            Driver("driver-2", "Two", retired_on=self.of(None, TODAY), **above),
            ChangeIdea("idea-1", self.of(*TEXTS), self.of("", "driver-1", "driver-9")),
            ChangeIdea("idea-2", "Two", "driver-2"),
            Insight("insight-1", "So.", ("cycle-1",)),
            Progress("progress-1", "ash", TODAY, 3.0),
        ]
        own = [self.cycle(k) for k in range(cycles)]
        predictions = [self.prediction(k, cycles) for k in range(int(self.rng.integers(0, 25)))]
        return state_of(*theory[int(self.rng.integers(3)) :], *own, *predictions)

    def values(self, n: int) -> list[float]:
        drawn = self.rng.normal(12, self.of(0, 3), n).round(1)
        return np.where(self.rng.random(n) < 0.2, np.nan, np.abs(drawn)).tolist()

    def evidence(self) -> Evidence:
        n = int(self.of(0, 1, 3, 14, 30))
        below = [20.0] * n
        charts = [
            chart_of(self.values(n), TALKS, school=self.of(*SCHOOLS), kind=self.of("i", "run", "mr", "auto")),
            chart_of(self.values(n), RATE, below=below, kind=self.of("p", "auto", "run")),
            chart_of(self.values(n), MINUTES, school="oak", phases=(5,) if n > 5 else None),
            chart_of(self.values(min(n, 3)), GRADES),
            chart_of(self.values(min(n, 6)), MONTHLY, break_on=(3,) if n > 5 else None),
        ]
        closed = [Closure(date(2025, 12, 22), date(2026, 1, 4), "Winter")] * self.of(0, 1)
        kept = [one for one in charts if self.rng.random() < 0.8]
        return evidence(*kept, today=self.of(TODAY, START, date(2027, 1, 1)), closures=closed)


@pytest.mark.parametrize("seed", range(100))
def test_any_log_is_judged(seed: int) -> None:
    draw = Draw(seed)
    state, given = draw.state(), draw.evidence()
    state = known_by(state, draw.of(None, given.today))
    found = results(state, given)
    assert len({one.prediction.id for one in found}) == len(found) <= len(state.records(Prediction))
    assert all(one.outcome == "not_measured" or one.why in ("", "people") for one in found)
    assert all((one.value is None) == (one.n == 0) or one.why == "new_way" for one in found)
    told = calibrate(found)
    assert told.n == told.hits + told.partly + told.misses
    if told.rate is not None and told.low is not None and told.high is not None:
        assert 0 <= told.low <= told.rate <= told.high <= 1
    assert all(0 <= span.low <= span.value <= span.high <= 1 for _, span in over_time(found))
    questions = all_questions(state, given)
    assert len({(one.cycle, one.mode) for one in questions}) == len(questions)
    assert not any("{measure}" in one.found or "{noun}" in one.found for one in questions)
    quality = quality_of(state.cycles, state, given)
    assert 0 <= quality.total <= 5
    assert {one.id for ramp in ramps(state) for one in ramp.cycles} == {one.id for one in state.cycles}
    assert len({one.id for one in tree(state).nodes}) == len(tree(state).nodes)
    rhythm = cadence(state, SCHOOLS, given.today, given.calendar)
    assert sum(rhythm.opened) <= len(state.cycles)
    standing = progress_of(state, "ash", given)
    assert standing.score in (0.5, 1.0, 2.5, 3.0, 4.0, 4.5, 5.0)
    for watch in hold_the_gain(state, given):
        assert (watch.state == "slipping") == (watch.since is not None)
    matrix(state, SCHOOLS)
    words = (
        calibration_words(told),
        quality_words(quality),
        results_words(found, given),
        standing_words(standing, RATE),
    )
    assert "nan" not in "".join(map(repr, (*words, questions_words(questions, state), standing_words(standing, RATE))))
    assert results(state, given) == found
