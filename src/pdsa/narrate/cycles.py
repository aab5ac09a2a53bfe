"""How an inquiry goes, in sentences: predictions beside results, plan questions, quality, progress, cadence, gains."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import pandas as pd

from pdsa.cycles import (
    Cadence,
    Calibration,
    Evidence,
    PlanQuestion,
    Quality,
    Result,
    Span,
    Standing,
    Tree,
    Tried,
    Waiting,
    Watch,
)
from pdsa.inquiry import State
from pdsa.narrate.tested import name_of
from pdsa.narrate.words import Finding, Findings, capital, digits_apart, format_period, format_value, noun_of, plural
from pdsa.records import Measure
from pdsa.terms import CYCLE_WORDS, DECISION_WORDS, OUTCOME_WORDS, RULE_WORDS, SCALE_WORDS

# Why the chart says nothing of a prediction.
CHANCE = "the level moved that way by more than one standard error, as chance alone does about one time in six"
WHY_WORDS = {
    "people": "only the team can tell",
    "no_measure": "it names no measure",
    "no_chart": "there is no chart of its measure here",
    "group": "it speaks of a group, the chart of all",
    "other_values": "the chart plots no values of the measure",
    "incomplete": "it says no number and no direction",
    "not_begun": "the cycle has not begun",
    "running": "the cycle is still under way",
    "no_points": "no value came in during the cycle",
    "hidden": "the values during the cycle are hidden for privacy",
    "new_way": "the measure was counted in a new way during the cycle",
    "few_before": "there are under 10 values before the cycle to compare with",
    "no_change": "it asks for the level that there was, without a band within which it holds",
}
PART_WORDS = {
    "documentation": "written down",
    "iteration": "one test after another",
    "prediction": "predicted and compared",
    "small_scale": "small at first",
    "data_over_time": "data over time",
}
REASON_WORDS = {
    "aim": "there is an aim",
    "no_aim": "no aim is set",
    "team": "there is a team",
    "no_team": "no team is named",
    "closed": "a cycle is closed",
    "none_closed": "no cycle is closed yet",
    "measured": "the aim's measure was taken since",
    "not_measured": "the aim's measure was not taken since",
    "implemented": "a change is in place",
    "not_implemented": "no change is in place yet",
    "way": "a fifth of the way or more is made",
    "no_way": "a fifth of the way, more than ordinary variation, is not seen yet",
    "signal": "at least half of the way is made, with a signal",
    "no_signal": "half of the way with a signal is not seen yet",
    "held": "it has held for ten points",
    "not_held": "it has not held for ten points yet",
    "reached": "the target is reached",
    "not_reached": "the target is not reached yet",
}


def result_words(result: Result, measure: Measure | None) -> Finding:
    """One prediction beside its result: what was predicted, what the points say, what the team says.

    Parameters
    ----------
    result
        From `cycles.results`.
    measure
        The measure of the prediction, for its unit.
    """
    parts = [_points(result, measure), *_band(result, measure)]
    told = OUTCOME_WORDS[result.told]
    if result.why and result.why != "people":
        parts.append(f"Not measured: {WHY_WORDS[result.why]}.")
    by = "The team says that it" if result.why else "It"
    if result.told != "not_measured":
        parts.append(f"{by} {told}.")
    if result.differs and result.people:
        parts.append(f"The team says that it {OUTCOME_WORDS[result.people]}.")
    if result.late:
        parts.append("It was written down when the result was known, and is not counted.")
    return Finding(" ".join(filter(None, parts)), result.told, f"{_clean(result.prediction.question)}:")


def _clean(text: str) -> str:
    return " ".join(text.split()).rstrip(".:")


def _points(result: Result, measure: Measure | None) -> str:
    """`78.1% over 2 weeks (week of 2025-10-06 to week of 2025-10-13); 75.3% over the 12 before.`"""
    if result.value is None or result.first is None or result.last is None:
        return ""
    step = measure.frequency if measure else None
    first, last = (format_period(pd.Timestamp(one), step) for one in (result.first, result.last))
    when = first if first == last else f"{first} to {last}"
    more, before = moved_digits(result, measure), ""
    if result.before is not None:
        over = plural(result.before_n, noun_of(step))
        before = f"; {format_value(result.before, measure, more=more)} over the {over} before"
    value = format_value(result.value, measure, more=more)
    return f"{value} over {plural(result.n, noun_of(step))} ({when}){before}."


def moved_digits(result: Result, measure: Measure | None) -> int:
    """So many digits more let a level that is said to have moved read apart from the one before.

    Directions are judged on all digits; bounds on those that are read, so that no result needs more of them.

    Parameters
    ----------
    result
        From `cycles.results`.
    measure
        The measure of the prediction, for its unit.
    """
    moved = result.prediction.type == "direction" and result.outcome in ("hit", "partly")
    if not moved or result.value is None or result.before is None:
        return 0
    return digits_apart((result.value, result.before), measure)


def _band(result: Result, measure: Measure | None) -> list[str]:
    low, high = (None if one is None else format_value(one, measure) for one in (result.low, result.high))
    one = result.prediction
    if low and high:
        return [f"Predicted: {low} to {high}."]
    if low or high:
        return [f"Predicted: at {'least' if low else 'most'} {low or high}."]
    if one.type == "value" and one.value is not None:
        return [f"Predicted: {format_value(one.value, measure)}{_rule(result, 'that is reached or passed')}."]
    if one.type == "direction" and one.direction:
        return [f"Predicted: {one.direction}{_rule(result, CHANCE)}."]
    return [f"Predicted with {one.probability:.0%}."] if one.probability is not None else []


def _rule(result: Result, rule: str) -> str:
    """When such a prediction holds, where the chart says whether it does."""
    return "" if result.why else f"; it holds where {rule}"


def results_words(results: Sequence[Result], evidence: Evidence) -> Findings:
    """A sentence for each prediction beside its result."""
    return Findings(tuple(result_words(one, evidence.by_id.get(one.measure)) for one in results))


def calibration_words(calibration: Calibration) -> Findings:
    """How a team's predictions turned out, with how sure that is; no word of praise or blame.

    Parameters
    ----------
    calibration
        Of one team, for itself and its own coach.
    """
    one = calibration
    held = f"{one.hits} of {plural(one.n, 'prediction')} held, {one.partly} held in part, {one.misses} did not"
    lines = [Finding(f"{held}{BY * (one.n > 0)}{_apart(one)}{_open(one)}.", "", "How our predictions turned out:")]
    if one.rate is None or one.low is None or one.high is None:
        few = "Under 8 predictions with an outcome: too few to say more. Each one teaches by itself."
        return Findings((*lines, Finding(few), *_chance_lines(one)))
    share = f"{one.rate:.0%} held, those in part counting half; in the long run {one.low:.0%} to {one.high:.0%}"
    lines.append(Finding(f"{share} (an interval that is right nine times of ten)."))
    return Findings((*lines, *_bias_lines(one), *_chance_lines(one)))


BY = ", by the charts where these can tell and by the team's own word elsewhere"


def _apart(one: Calibration) -> str:
    """Predictions that name a chance neither hold nor fail one by one: they are counted beside the others."""
    return f"; counted apart, {one.came} of {one.given} that named a chance came true" if one.given else ""


def _open(one: Calibration) -> str:
    return f"; {one.open} without an outcome, or written down afterwards" if one.open else ""


def _bias_lines(one: Calibration) -> tuple[Finding, ...]:
    lines = []
    if one.short:
        share = f"{one.short.value:.0%} of {plural(one.short.n, 'result')} fell short of the number predicted"
        lines.append(
            f"{share} ({one.short.low:.0%} to {one.short.high:.0%}); without optimism or caution about half do."
        )
    if one.bias:
        way = "short of" if one.bias.value < 0 else "beyond"
        span = f"{one.bias.low:+.1f} to {one.bias.high:+.1f}"
        size = f"{abs(one.bias.value):.1f} times the ordinary variation of single points"
        lines.append(f"On average results lay {size} {way} the prediction ({span}).")
    return tuple(map(Finding, lines))


def _chance_lines(one: Calibration) -> tuple[Finding, ...]:
    if one.chances is None or one.brier is None or one.brier_base is None:
        return ()
    gap: Span = one.chances
    way = "above" if gap.value > 0 else "below"
    first = (
        f"Probabilities lay on average {abs(gap.value):.0%} {way} what came true ({gap.low:+.0%} to {gap.high:+.0%})."
    )
    score = f"Brier score {one.brier:.2f}: 0 is best, always saying 50% gives 0.25, always saying the share that came"
    return (Finding(first), Finding(f"{score} true gives {one.brier_base:.2f}."))


def questions_words(questions: Sequence[PlanQuestion], state: State) -> Findings:
    """Plan questions, each with what was found and what to ask, under the name of its cycle."""
    cycles = {one.id: one for one in state.cycles}
    return Findings(
        tuple(
            Finding(f"{one.found} {one.ask}", one.severity, f"{name_of(cycles[one.cycle], state)}:")
            for one in questions
            if one.cycle in cycles
        )
    )


def quality_words(quality: Quality) -> Findings:
    """The five parts with what they lack, for a team and its own coach."""
    due = sum(part.score is not None for part in quality.parts)
    over = plural(max(len(part.cycles) for part in quality.parts), "cycle")
    parts = "five parts" if due == len(quality.parts) else f"the {due} parts that are due"
    total = math.floor(10 * quality.total + 1e-9) / 10  # only what lacks nothing is 5.0
    told = f"{total:.1f} of 5, from {parts} over {over}; not whether a change worked or was carried out as planned."
    lines = [Finding(told, "", "How the cycles were run:")]
    for part in quality.parts:
        if part.score is None:
            lines.append(Finding("not due of these cycles.", "", f"{capital(PART_WORDS[part.name])}:"))
            continue
        lacks = dict.fromkeys(word for one in part.cycles for word in one.lacks)
        missing = f"; missing in some: {', '.join(lacks)}" if lacks else ""
        lines.append(Finding(f"{_whole(part.score)}{missing}.", "", f"{capital(PART_WORDS[part.name])}:"))
    return Findings(tuple(lines))


def _whole(score: float) -> str:
    """A share as a whole percent, 100% only where nothing lacks."""
    return f"{min(round(100 * score), 99 if score < 1 else 100)}%"


def standing_words(standing: Standing, measure: Measure | None) -> Findings:
    """The self-rating and the evidence on file side by side, with what the next step asks for."""
    one = standing
    told = [f"{one.score:.1f} by the evidence on file: {', '.join(REASON_WORDS[each] for each in one.reasons)}."]
    if one.way is not None and one.level is not None and one.baseline is not None and one.target is not None:
        level, base, target = (format_value(each, measure) for each in (one.level, one.baseline, one.target))
        told.append(f"From {base} to {level} over the latest {one.n} points, of the way to {target}: {one.way:.0%}.")
    rated = "The team has not rated itself."
    if one.rated:
        rated = f"The team rated itself {one.rated.score:.1f} on {one.rated.on}."
    return Findings((Finding(" ".join(told), "", "Progress:"), Finding(rated)))


def cadence_words(cadence: Cadence, state: State, names: Mapping[str, str] | None = None) -> Findings:
    """How many cycles were opened and closed, how long they take, which wait.

    Parameters
    ----------
    cadence
        From `cycles.cadence`.
    state
        The log, for the names of cycles.
    names
        Display names of schools by id, where cycles of several schools wait.
    """
    opened, closed = sum(cadence.opened), sum(cadence.closed)
    took = "" if cadence.median_days is None else f"; half of them took {cadence.median_days:g} school days or less"
    weeks = plural(len(cadence.weeks), "week")
    lines = [Finding(f"{plural(opened, 'cycle')} begun and {closed} decided in {weeks}{took}.", "", "Cadence:")]
    late = [(one, f"past its own planned end, {one.since}, by {_days(one, 'school day')}.") for one in cadence.overdue]
    still = [(one, f"not edited since {one.since}, {_days(one, 'day')}.") for one in cadence.stalled]
    lines += [Finding(text, "", f"{_waiting(one, state, names or {})}:") for one, text in (*late, *still)]
    return Findings(tuple(lines))


def _days(one: Waiting, noun: str) -> str:
    return plural(one.days, noun)


def _waiting(one: Waiting, state: State, names: Mapping[str, str]) -> str:
    """The cycle's name, behind that of its school where schools are named."""
    school = names.get(one.cycle.school_id, "")
    return ", ".join(filter(None, (school, name_of(one.cycle, state))))


def watch_words(watch: Watch, measure: Measure | None, title: str = "") -> Finding:
    """Whether the measure of an adopted idea holds the level at which it was adopted.

    Parameters
    ----------
    watch
        From `cycles.hold_the_gain`.
    measure
        Its measure, for name and unit.
    title
        The idea's title.
    """
    name = measure.name if measure else watch.measure
    step = measure.frequency if measure else None
    lead = f"{title or watch.idea}, adopted {watch.adopted}:"
    if watch.level is None or watch.value is None or watch.state == "too_early":
        return Finding(f"too early to say whether {name} holds its level.", watch.state, lead)
    more = 0 if watch.state == "holding" else digits_apart((watch.level, watch.value), measure)
    level, value = (format_value(one, measure, more=more) for one in (watch.level, watch.value))
    told = f"{name} {value} over {plural(watch.n, noun_of(step))}, {level} when it was adopted"
    if watch.state == "holding":
        return Finding(f"{told}: no signal that it slips.", watch.state, lead)
    why = ", ".join(RULE_WORDS.get(one, one) for one in watch.reasons)
    since = f" since {format_period(pd.Timestamp(watch.since), step)}" if watch.since else ""
    return Finding(f"{told}: {why}{since}. What has changed in how it is done?", watch.state, lead)


def watches_words(watches: Sequence[Watch], evidence: Evidence, titles: Mapping[str, str]) -> Findings:
    """A sentence for each watch, and how often chance alone raises one.

    Parameters
    ----------
    watches
        From `cycles.hold_the_gain`.
    evidence
        Its measures, for names and units.
    titles
        Titles of change ideas by id.
    """
    lines = [watch_words(one, evidence.by_id.get(one.measure), titles.get(one.idea, "")) for one in watches]
    judged = sum(one.state != "too_early" for one in watches)
    told = (
        f"{plural(judged, 'measure')} of adopted ideas {'is' if judged == 1 else 'are'} watched. Where a level holds,"
    )
    note = Finding(f"{told} about one in eleven still shows a signal at some time within half a year of weeks.")
    return Findings((*lines, *((note,) if judged else ())))


def tried_words(tried: Sequence[Tried]) -> Findings:
    """Who tried an idea, in the order in which they began."""
    return Findings(tuple(_tried(one) for one in tried))


def _tried(one: Tried) -> Finding:
    now = CYCLE_WORDS[one.status]
    how = f"{DECISION_WORDS[one.decision]}{', now ' + now if one.status != 'closed' else ''}" if one.decision else now
    when = f", {one.first} to {one.last}" if one.first and one.last else ""
    held = sum(each == "hit" for each in one.outcomes)
    judged = sum(each != "not_measured" for each in one.outcomes)
    # the log's page counts by the charts, and sets apart what named a chance
    kept = f" By the team's own word {held} of {plural(judged, 'prediction')} held." if judged else ""
    learned = f" {_clean(one.learning)}." if one.learning else ""
    text = f"{plural(one.cycles, 'cycle')}{when}, latest on {SCALE_WORDS[one.scale]}, {how}.{kept}{learned}"
    return Finding(text, one.decision or "", f"{one.name}:")


def gaps_words(tree: Tree) -> Findings:
    """What the theory lacks, node by node."""
    lines = [Finding(f"{', '.join(node.gaps)}.", "", f"{_clean(node.text)}:") for node in tree.nodes if node.gaps]
    return Findings(tuple(lines)) if lines else Findings((Finding("No gap in the theory."),))


__all__ = [
    "cadence_words",
    "calibration_words",
    "gaps_words",
    "quality_words",
    "questions_words",
    "result_words",
    "results_words",
    "standing_words",
    "tried_words",
    "watch_words",
    "watches_words",
]
