"""One cycle as a filled worksheet on paper: plan, do, study, act, with room to write where nothing stands yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pdsa.figures.decisions import decision_symbol
from pdsa.figures.templates import template
from pdsa.figures.windows import expected
from pdsa.records import Measure
from pdsa.records.inquiry import ChangeIdea, Cycle, Prediction, Task
from pdsa.terms import CYCLE_WORDS, OUTCOME_WORDS, SCALE_WORDS, VERSION

PURPOSE_WORDS = {
    "collect_info": "learn more before we change anything",
    "develop": "work out a change",
    "test": "test a change",
    "implement": "make a change part of daily work",
}
DECISIONS = (("adopt", "Adopt: keep it"), ("adapt", "Adapt: change it and test again"), ("abandon", "Set it aside"))
CHOICES = ("yes", "partly", "no")


@dataclass(frozen=True, slots=True)
class Line:
    """One field of the worksheet: its label, its text, and how many empty lines it has while there is none."""

    label: str
    text: str
    room: int = 1


def worksheet_html(
    cycle: Cycle,
    predictions: Sequence[Prediction] = (),
    idea: ChangeIdea | None = None,
    names: Mapping[str, str] | None = None,
    *,
    measures: Mapping[str, Measure] | None = None,
) -> str:
    """A self-contained page for printing: the four parts of one cycle in the form that the field knows.

    Parameters
    ----------
    cycle, predictions, idea
        From the log.
    names
        Display names of schools and teams by id.
    measures
        Measures by id, for their names and units.

    Source: the parts are those of IHI's Plan-Do-Study-Act worksheet; the words are ours.
    """
    known = measures or {}
    return template("worksheet.html.j2").render(
        title=idea.title if idea else cycle.title or "A change idea",
        cycle=cycle,
        head=_head(cycle, names or {}),
        plan=_plan(cycle, known),
        predictions=[_prediction(one, known.get(one.measure_id)) for one in predictions],
        do=_do(cycle),
        study=_study(cycle),
        act=_act(cycle, names or {}),
        choices=CHOICES,
        decisions=[(word, decision_symbol(one), cycle.decision == one) for one, word in DECISIONS],
        version=VERSION,
    )


def worksheet_parts(
    cycle: Cycle,
    predictions: Sequence[Prediction] = (),
    names: Mapping[str, str] | None = None,
    *,
    measures: Mapping[str, Measure] | None = None,
) -> tuple[tuple[str, tuple[tuple[str, str], ...]], ...]:
    """The same worksheet as headings with their labels and texts, for programs that lay it out themselves."""
    known, told = measures or {}, names or {}
    parts = {
        "Cycle": _head(cycle, told),
        "Plan": _plan(cycle, known) + [_task(one) for one in cycle.tasks],
        "Predictions": [_predicted(one, known.get(one.measure_id)) for one in predictions],
        "Do": [Line("Carried out as planned", cycle.carried_out_as_planned or ""), *_do(cycle)],
        "Study": _study(cycle),
        "Act": [Line("Decision", dict(DECISIONS).get(cycle.decision or "", "")), *_act(cycle, told)],
    }
    return tuple((name, tuple((line.label, line.text) for line in lines)) for name, lines in parts.items())


def _task(task: Task) -> Line:
    who = " | ".join(filter(None, (task.who, task.when, task.where)))
    return Line(f"Task: {task.what}", who)


def _predicted(one: Prediction, measure: Measure | None) -> Line:
    row = _prediction(one, measure)
    return Line(row["question"], "\n".join(f"{name}: {row[name]}" for name in row if name != "question" and row[name]))


def _head(cycle: Cycle, names: Mapping[str, str]) -> list[Line]:
    """Who, which turn, when, how wide, for what."""
    status = CYCLE_WORDS[cycle.status]
    team = names.get(cycle.team_id, cycle.team_id)
    return [
        Line("School", names.get(cycle.school_id, cycle.school_id)),
        *([Line("Team", team)] if team else []),
        Line("Cycle", f"{cycle.cycle_no} ({status}){f', {cycle.title}' if cycle.title else ''}"),
        Line("Days", _days(cycle.actual_start or cycle.start, cycle.actual_end or cycle.planned_end)),
        Line("With", _with(cycle)),
        Line("To", PURPOSE_WORDS[cycle.purpose]),
    ]


def _days(first: object, last: object) -> str:
    return " to ".join(str(day) for day in (first, last) if day)


def _with(cycle: Cycle) -> str:
    """`1 class, 28 students, 2 sites`."""
    numbers = ((cycle.students_n, "student"), (cycle.sites_n, "site"))
    told = [f"{count} {noun}{'' if count == 1 else 's'}" for count, noun in numbers if count is not None]
    return ", ".join([SCALE_WORDS[cycle.scale], *told])


def _plan(cycle: Cycle, measures: Mapping[str, Measure]) -> list[Line]:
    looked = ", ".join(measures[one].name if one in measures else one for one in cycle.measure_ids)
    data = "; ".join(filter(None, (looked, cycle.data_plan_detail)))
    beliefs = (("belief that it will work", cycle.belief), ("cost if it does not", cycle.cost_of_failure))
    size = [f"{name}: {word}" for name, word in (*beliefs, ("people are", cycle.readiness)) if word]
    return [
        Line("What we want to find out", cycle.objective, 2),
        Line("Questions", "\n".join(cycle.questions), 2),
        Line("How we will know: what we collect, who, when", data, 2),
        *([Line("Why this size", ", ".join(size))] if size else []),
    ]


def _prediction(one: Prediction, measure: Measure | None) -> dict[str, str]:
    """A row of the table of predictions: the result of the people, never one that was computed."""
    said = expected(one, measure, quoted=False) if one.type != "text" else ""
    value = "" if one.result_value is None else f"{one.result_value:g}"
    return {
        "question": one.question,
        "because": one.because,
        "expected": said + (f" for {one.group}" if one.group else ""),
        "result": ", ".join(filter(None, (value, one.result_text))),
        "outcome": OUTCOME_WORDS[one.outcome] if one.outcome else "",
    }


def _do(cycle: Cycle) -> list[Line]:
    return [
        Line("What was different from the plan", cycle.deviations, 2),
        Line("What we saw", cycle.observations, 3),
        Line("What we did not expect", cycle.unexpected_observations, 2),
        *([Line("Kept with it", "\n".join(cycle.artifacts))] if cycle.artifacts else []),
    ]


def _study(cycle: Cycle) -> list[Line]:
    matched = OUTCOME_WORDS[cycle.matched] if cycle.matched else ""
    return [
        Line("What the data show", cycle.what_data_show, 3),
        Line("Beside what we predicted", matched, 1),
        Line("For whom and where it was different", cycle.variation_noticed, 2),
        Line("What we learned", cycle.learning, 3),
    ]


def _act(cycle: Cycle, names: Mapping[str, str]) -> list[Line]:
    scale = SCALE_WORDS[cycle.next_scale] if cycle.next_scale else ""
    spread = ", ".join(names.get(one, one) for one in cycle.spread_to)
    wanted = (
        ("Spread to", spread),
        ("How it becomes daily work", cycle.implementation_plan),
        ("How it stays", cycle.sustain_plan),
    )
    return [
        Line("Why", cycle.rationale, 2),
        Line("Next test", "; ".join(filter(None, (cycle.next_test, f"with {scale}" if scale else ""))), 2),
        *(Line(label, text) for label, text in wanted if text),
    ]
