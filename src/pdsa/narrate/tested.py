"""What a team tested, what it learned and what comes next, in the sentences of its page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from pdsa.inquiry import State
from pdsa.narrate.words import Finding, Findings, capital, plural
from pdsa.records.inquiry import Ask, Cycle, Insight, Prediction
from pdsa.terms import CYCLE_WORDS, DECISION_WORDS, OUTCOME_WORDS, SCALE_WORDS, AskTo, Outcome

# A page names so many cycles, lessons and asks; the page of the log has all of them.
MOST = 2
LETTERS = 100  # of a text of people on a one-page report
ALL = 20_000  # letters: as many as a text of the log may have
NO_IDEA = "a change idea that is not shared"
TO_WORDS: dict[AskTo, str] = {
    "coach": "the coach",
    "school_leader": "the school's leader",
    "district": "the district",
    "hub": "the network's hub",
}
LONG_OPEN = 30  # days after which an ask is told as old (features.md DL5)


def name_of(cycle: Cycle, state: State) -> str:
    """What a cycle is called: its idea's title, and its number on the ramp."""
    idea = state.ideas.get(cycle.change_idea_id)
    return f"{idea.title if idea else cycle.title or NO_IDEA}, cycle {cycle.cycle_no}"


def when(cycle: Cycle) -> str:
    """`2025-10-06 to 2025-10-17`: the actual days where they are known, otherwise the planned ones."""
    first, last = cycle.began, cycle.actual_end or cycle.planned_end
    if first is None:
        return f"until {last}" if last else "without a date"
    return f"{first} to {last}" if last and last != first else f"{first}" if last else f"from {first}"


def tested(state: State, school: str, outcomes: Mapping[str, Outcome], *, most: int = MOST) -> Findings:
    """A sentence for each cycle that began, latest first: idea, scale, prediction against result, decision.

    Parameters
    ----------
    state
        What the reader may see of the log.
    school
        Whose cycles.
    outcomes
        What became of predictions, by id: from the chart where it can tell, otherwise from the team.
    most
        So many cycles are told; the others are counted.
    """
    begun = [one for one in state.cycles if one.school_id == school and one.status != "planned"]
    begun.sort(key=lambda one: (one.decided_on or date.max, one.began or date.min, one.id), reverse=True)
    quoted = [1, *[0] * most] if most <= MOST else [None] * most  # a page of one sheet quotes the latest cycle alone
    told = zip(begun[:most], quoted, strict=False)
    lines = [Finding(_tested(one, state, outcomes, many), "", f"{name_of(one, state)}:") for one, many in told]
    return Findings((*lines, *_more(len(begun) - most, "earlier cycle")))


def _tested(cycle: Cycle, state: State, outcomes: Mapping[str, Outcome], quoted: int | None) -> str:
    """A cycle in a few words; of its predictions so many in the team's own, of the others what came of them."""
    parts = [f"{SCALE_WORDS[cycle.scale]}, {when(cycle)}."]
    made = state.predictions(cycle.id)
    letters = ALL if quoted is None else LETTERS
    parts += [_predicted(one, outcomes.get(one.id), letters) for one in made[:quoted]]
    rest = () if quoted is None else made[quoted:]
    parts += _others([outcomes.get(one.id) or "not_measured" for one in rest], bool(quoted))
    if quoted is None:
        parts += [f"{lead}: {_sentence(text, ALL)}" for lead, text in _seen(cycle) if text]
    parts.append(f"{capital(DECISION_WORDS[cycle.decision] if cycle.decision else CYCLE_WORDS[cycle.status])}.")
    return " ".join(parts)


def _seen(cycle: Cycle) -> tuple[tuple[str, str], ...]:
    """What the team wrote down about a test, for the page of the log."""
    return (
        ("Different from the plan", cycle.deviations),
        ("Seen", cycle.observations),
        ("Not expected", cycle.unexpected_observations),
        ("The data show", cycle.what_data_show),
        ("For whom it was different", cycle.variation_noticed),
        ("Why decided", cycle.rationale),
    )


def _predicted(prediction: Prediction, outcome: Outcome | None, letters: int) -> str:
    """`Predicted "..." because "...": held.` in the team's own words."""
    because = f" because {_clean(prediction.because, letters)}" if prediction.because else ""
    return f"Predicted: {_clean(prediction.question, letters)}{because}: {OUTCOME_WORDS[outcome or 'not_measured']}."


def _others(outcomes: Sequence[Outcome], more: bool) -> list[str]:
    """`3 more predictions: 2 held, 1 did not hold.`"""
    counted = [f"{outcomes.count(one)} {word}" for one, word in OUTCOME_WORDS.items() if one in outcomes]
    noun = "more prediction" if more else "prediction"
    return [f"{plural(len(outcomes), noun)}: {', '.join(counted)}."] if outcomes else []


def _clean(text: str, letters: int) -> str:
    """A text of people within a sentence: on one line, without the full stop at its end."""
    return _short(text, letters).rstrip(".")


def _short(text: str, letters: int) -> str:
    """A text of people on one line, cut where it is too long for a page; the log and the archive have all of it."""
    words = " ".join(text.split())
    return words if len(words) <= letters else f"{words[:letters].rsplit(' ', 1)[0][:letters]}…"


def learned(state: State, school: str, *, most: int = MOST) -> Findings:
    """What the team learned, latest first: the learning of its cycles, then its insights, in its own words."""
    studied = [one for one in state.cycles if one.school_id == school and one.learning]
    studied.sort(key=lambda one: (one.studied_on or one.began or date.min, one.id), reverse=True)
    letters = LETTERS if most <= MOST else ALL
    lines = [Finding(_sentence(one.learning, letters), "", f"{name_of(one, state)}:") for one in studied]
    lines += [Finding(_sentence(one.text, letters), "", "Insight:") for one in _insights(state, school)]
    return Findings((*lines[:most], *_more(len(lines) - most, "earlier lesson")))


def _insights(state: State, school: str) -> list[Insight]:
    own = [one for one in state.records(Insight) if one.school_id == school]
    return sorted(own, key=lambda one: (one.on or date.min, one.id), reverse=True)


def _sentence(text: str, letters: int) -> str:
    words = _short(text, letters)
    return words if words.endswith((".", "!", "?", "…")) else f"{words}."


def _more(count: int, noun: str) -> tuple[Finding, ...]:
    return (Finding(f"{capital(plural(count, noun))} stand{'s' if count == 1 else ''} in the log."),) * (count > 0)


def next_steps(state: State, school: str, today: date, *, most: int = MOST) -> Findings:
    """What the team will test next, and what it asks of whom and for how long.

    Parameters
    ----------
    state, school
        What the reader may see of the log, and whose.
    today
        The day up to which the report counts.
    """
    planned = [one for one in state.cycles if one.school_id == school and one.status == "planned"]
    lines = [Finding(_planned(one, most), "", f"{name_of(one, state)}:") for one in planned]
    followed = {one.parent_cycle_id for one in state.cycles}
    wished = [one for one in state.cycles if one.school_id == school and one.next_test and one.id not in followed]
    letters = LETTERS if most <= MOST else ALL
    lines += [Finding(_sentence(one.next_test, letters), "", f"After {name_of(one, state)}:") for one in wished]
    asked = sorted(open_asks(state, (school,)), key=lambda one: (one.raised_on or today, one.id))
    lines = lines[:most] + [ask_line(one, today) for one in asked[: most + 1]]
    return Findings((*lines, *_more(len(asked) - most - 1, "more ask")))


def _planned(cycle: Cycle, most: int) -> str:
    """A plan: how large, when, and what it is to find out."""
    letters = LETTERS if most <= MOST else ALL
    aim = f" {_sentence(cycle.objective, letters)}" if cycle.objective else ""
    return f"{SCALE_WORDS[cycle.scale]}, {when(cycle)}, not begun.{aim}"


def open_asks(state: State, schools: Sequence[str]) -> list[Ask]:
    """The asks of these schools that nobody has answered."""
    return [one for one in state.records(Ask) if one.is_open and one.school_id in schools]


def ask_line(ask: Ask, today: date, who: str = "") -> Finding:
    """`Asks the district, open for 41 days: ...`; with a school, `Tarnwick asks the district, ...`."""
    days = (today - ask.raised_on).days if ask.raised_on else 0
    age = f", open for {plural(days, 'day')}" if days > 0 else ""
    return Finding(_sentence(ask.text, 2 * LETTERS), "", f"{capital(f'{who} asks'.strip())} {TO_WORDS[ask.to]}{age}:")
