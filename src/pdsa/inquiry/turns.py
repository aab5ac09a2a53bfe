"""The order of a cycle: predicted, done, studied, decided; and the order of the cycles of a ramp."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import cast

from pdsa.errors import Problem
from pdsa.inquiry.saving import GRACE, Saved, Saving
from pdsa.inquiry.state import State
from pdsa.records.inquiry import ChangeIdea, Cycle, Prediction

__all__ = ["order_problems"]

# Days on which something happened: none lies ahead.
HAPPENED = (
    *("actual_start", "actual_end", "studied_on", "decided_on", "coach_reviewed", "made_on", "raised_on"),
    *("responded_on", "on"),
)
# What a prediction says: settled once the test began.
SETTLED = (
    *("cycle_id", "question", "because", "type", "measure_id", "group", "low", "high", "value", "direction"),
    *("probability", "made_on"),
)
RESULTS = ("result_value", "result_text", "outcome")
STUDY = ("studied_on", "what_data_show", "learning")
LATER_STAGES = ("spreading", "sustained")


def order_problems(one: Saved, all_: Saving) -> Iterator[Problem]:
    """What is out of order in a record as it would stand."""
    yield from _ahead(one, all_.reference.today)
    if isinstance(one.record, Cycle):
        yield from _days(one, one.record)
        yield from _steps(one, one.record)
        yield from _predicted(one, one.record, all_.predictions(one.record.id))
        yield from _ramp(one, one.record, all_.after)
    elif isinstance(one.record, Prediction):
        yield from _prediction(one, one.record, all_)
    elif isinstance(one.record, ChangeIdea):
        yield from _idea(one, one.record, all_)


def _ahead(one: Saved, today: date) -> Iterator[Problem]:
    happened = (*HAPPENED, "date") if one.entity == "interview" else HAPPENED
    for name in happened:
        day = getattr(one.record, name, None)
        if day is not None and day > today + GRACE:
            yield one.problem(name, f"{day}, which lies ahead", f"a day up to today, {today}; the clock may be wrong")


def _days(one: Saved, cycle: Cycle) -> Iterator[Problem]:
    """Pairs of days of which the second is not before the first."""
    pairs = (
        ("start", "planned_end"),
        ("actual_start", "actual_end"),
        ("actual_start", "studied_on"),
        ("studied_on", "decided_on"),
        ("actual_start", "decided_on"),
    )
    for first, second in pairs:
        begin, end = getattr(cycle, first), getattr(cycle, second)
        if begin and end and end < begin and not (second == "decided_on" and first != _last_before(cycle)):
            yield one.problem(second, f"{end}", f"a day on or after {first}, {begin}")


def _last_before(cycle: Cycle) -> str:
    """The step that a decision follows."""
    return "studied_on" if cycle.studied_on else "actual_start"


def _steps(one: Saved, cycle: Cycle) -> Iterator[Problem]:
    """Study without Do, Act without Do or Study."""
    studied = next((name for name in STUDY if getattr(cycle, name)), "")
    begun = "actual_start first: the day on which the test began (Do)"
    if studied and not cycle.actual_start:
        yield one.problem(studied, "a study of a test that has not begun", begun)
    if cycle.actual_end and not cycle.actual_start:
        yield one.problem("actual_end", "the end of a test that has not begun", begun)
    if cycle.decision and not cycle.actual_start:
        expected = f"{begun}; a plan that nobody will try is retired"
        yield one.problem("decision", f"{cycle.decision}, without a test that began", expected)
    elif cycle.decision and not studied:
        expected = "the study first: what_data_show or learning"
        yield one.problem("decision", f"{cycle.decision}, without a study", expected)
    if cycle.decided_on and not cycle.decision:
        yield one.problem("decided_on", "a day without a decision", "decision: adopt, adapt or abandon")


def _predicted(one: Saved, cycle: Cycle, made: Sequence[Prediction]) -> Iterator[Problem]:
    """A test begins with a prediction that was made before it."""
    if cycle.actual_start is None:
        return
    if not made and _begins(one, cycle):
        expected = "a prediction with because first; without one a test cannot surprise anybody"
        yield one.problem("actual_start", "a test without a prediction", expected)
    dated = [(prediction.made_on, prediction.id) for prediction in made if prediction.made_on]
    late = [one for one in dated if one[0] > cycle.actual_start]
    if late:
        day, record = min(late)
        wanted = (
            "a test that begins on the day of its predictions or later; made_on of the prediction says when that was"
        )
        yield one.problem("actual_start", f"{cycle.actual_start}, before the prediction {record} of {day}", wanted)


def _begins(one: Saved, cycle: Cycle) -> bool:
    """Whether a test begins with this save: one that is over when it is first written down can be told as it was."""
    if one.before is None:
        return cycle.status == "doing"
    return cast(Cycle, one.before.record).actual_start is None


def _ramp(one: Saved, cycle: Cycle, after: State) -> Iterator[Problem]:
    """A cycle is the first of its ramp, or follows one of the same idea at the same school."""
    if not cycle.parent_cycle_id:
        if cycle.cycle_no != 1:
            expected = "1, or parent_cycle_id: the cycle before it on the ramp"
            yield one.problem("cycle_no", f"{cycle.cycle_no}, without the cycle before it", expected)
        return
    held = after.get("cycle", cycle.parent_cycle_id)
    if held is None or not isinstance(held.record, Cycle):
        return  # told as an unknown id
    before = held.record
    if _in_circle(cycle, after):
        yield one.problem("parent_cycle_id", f"{before.id}, which follows this cycle", "a cycle before it")
        return
    if cycle.cycle_no != before.cycle_no + 1:
        expected = f"{before.cycle_no + 1}: the cycle before it, {before.id}, is number {before.cycle_no}"
        yield one.problem("cycle_no", f"{cycle.cycle_no}", expected)
    if (before.school_id, before.change_idea_id) != (cycle.school_id, cycle.change_idea_id):
        expected = "a cycle of the same change idea at the same school; a ramp of another begins with number 1"
        yield one.problem("parent_cycle_id", f"{before.id}, of another idea or school", expected)


def _in_circle(cycle: Cycle, after: State) -> bool:
    seen, parent = {cycle.id}, cycle.parent_cycle_id
    while parent:
        if parent in seen:
            return True
        seen.add(parent)
        held = after.get("cycle", parent)
        parent = held.record.parent_cycle_id if held and isinstance(held.record, Cycle) else ""
    return False


def _prediction(one: Saved, prediction: Prediction, all_: Saving) -> Iterator[Problem]:
    """A prediction is made before the test, and stays as it was made; its result comes afterwards."""
    held = all_.after.get("cycle", prediction.cycle_id)
    began = held.record.actual_start if held and isinstance(held.record, Cycle) else None
    result = next((name for name in RESULTS if getattr(prediction, name) not in (None, "")), "")
    if held and began is None and result:
        yield one.problem(result, "the result of a test that has not begun", "actual_start of the cycle first (Do)")
    if began and prediction.made_on is None:
        yield one.problem("made_on", f"nothing, of a test that began on {began}", "the day of the prediction")
    if began and prediction.made_on and prediction.made_on > began:
        expected = "a prediction made before; what you expect now belongs to the next cycle"
        yield one.problem("made_on", f"{prediction.made_on}, after the test began on {began}", expected)
    yield from _changed(one, prediction, all_)


def _changed(one: Saved, prediction: Prediction, all_: Saving) -> Iterator[Problem]:
    """What was changed of a prediction after its test began."""
    if one.before is None:
        return
    old = cast(Prediction, one.before.record)
    held = all_.state.get("cycle", old.cycle_id)
    began = held.record.actual_start if held and isinstance(held.record, Cycle) else None
    if began is None:
        return
    for name in SETTLED:
        if getattr(old, name) != getattr(prediction, name):
            found = f"another one than before the test began on {began}"
            yield one.problem(name, found, "the prediction as it was made; what came of it is its result")


def _idea(one: Saved, idea: ChangeIdea, all_: Saving) -> Iterator[Problem]:
    """An idea stands once, and spreads only after somebody adopted it."""
    for other in all_.titled(one.school, idea.title):
        if other.id != idea.id:
            yield one.problem("title", f"the title of {other.id}", "that idea, or a title that tells them apart")
    adopted = any(cycle.decision == "adopt" for cycle in all_.cycles(idea.id))
    if idea.stage in LATER_STAGES and not adopted:
        yield one.problem("stage", f"{idea.stage}, without a cycle that adopted it", "an adopted cycle first")
