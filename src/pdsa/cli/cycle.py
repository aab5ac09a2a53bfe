"""`pdsa cycle`: one turn of Plan, Do, Study, Act."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from pdsa.cli.desk import FIELDS, Desk, Seen, desk_options, edit_options, pairs
from pdsa.cli.told import about, about_event
from pdsa.cli.told import told as told_record

if TYPE_CHECKING:
    from pdsa.inquiry import Change, Event, State
    from pdsa.log import Log

# The five typed fields of a quick plan, and what a terminal asks.
FIVE = {
    "idea": "What will you do differently? (a title, or the id of a change idea)",
    "prediction": 'What do you predict, and why? (a sentence with "because")',
    "how": "How will you know? (a measure by id or name, or words)",
    "when": "When? (2026-01-12..2026-01-23, or the first day)",
    "who": "Who will do it? (a role; no names of students)",
}
TYPED = (
    "measure",
    "value",
    "low",
    "high",
    "direction",
    "probability",
    "scale",
    "purpose",
    "belief",
    "cost",
    "readiness",
)
NAMES = {"measure": "measure_id", "cost": "cost_of_failure"}


@click.group()
def cycle() -> None:
    """PDSA cycles: plan a small test, do it, study what came of it, act on it."""


@cycle.command("plan")
@click.option("--idea", default="", help="What you will do differently: a title, or a change idea's id.")
@click.option("--predict", "prediction", default="", help='What will happen, and why: a sentence with "because".')
@click.option("--how", default="", help="How you will know: a measure by id or name, or words.")
@click.option("--when", default="", help="First and last day, 2026-01-12..2026-01-23; two weeks without the last.")
@click.option("--who", default="", help="Who will do it: a role.")
@click.option("--school", default="", help="Whose cycle it is.")
@click.option("--measure", default="", help="The measure that is predicted, if it is another than --how.")
@click.option("--value", default="", help="The value predicted, in the unit of the chart.")
@click.option("--low", default="", help="The lowest value that counts as held.")
@click.option("--high", default="", help="The highest value that counts as held.")
@click.option("--direction", default="", help="up or down.")
@click.option("--probability", default="", help="How sure you are that it comes true, 0 to 1.")
@click.option("--scale", default="", help="student, few_students, class, several_classes, grade, school ...")
@click.option("--purpose", default="", help="collect_info, develop, test or implement.")
@click.option("--belief", default="", help="How sure you are that the change works here: low, moderate, high.")
@click.option("--cost", default="", help="What it costs if it does not work out: low, high.")
@click.option("--readiness", default="", help="The people who would do it: resistant, indifferent, ready.")
@click.option("--cycle", default="", help="A plan to complete, such as the one that adapt has copied.")
@click.option("--draft", is_flag=True, help="Save an idea with little else; the rest until the test begins.")
@FIELDS
@desk_options
def plan_cycle(desk: Desk, school: str, draft: bool, fields: tuple[str, ...], **typed: str) -> None:
    """Plan a cycle by five typed fields: --idea, --predict, --how, --when and --who.

    At a terminal those that are missing are asked. Everything else has a default, and can be said here or later.

    \b
    pdsa cycle plan --school 0107 --idea "Call home on the first absence" \\
        --predict "Attendance rises to 85% because families learn of it the same day" \\
        --how attendance --low 82 --high 88 --when 2026-01-12..2026-01-23 --who "two ninth-grade advisers"
    """
    from pdsa.inquiry import steps
    from pdsa.inquiry.planning import plan

    typed = _asked(typed) if sys.stdin.isatty() and not desk.as_json and not draft else typed
    texts = {NAMES.get(name, name): text for name, text in typed.items() if text} | pairs(fields, "--set")
    with desk.log() as book:
        state, reference = desk.state(book), desk.reference
        changes = plan(state, reference, desk.school(school, state), texts, book.new_id, draft=draft)
        events = desk.save(book, changes, reference)
        state = desk.state(book)
    planned = next(one for one in events if one.entity == "cycle")
    questions = _questions(desk, state, planned.record)
    advice = _advice(state, steps.find(state, "cycle", planned.record).record)
    words = [_summary(state, planned.record), *questions, *advice, f"Next: pdsa cycle do {planned.record}"]
    data = {"saved": [about_event(one) for one in events], "plan_questions": questions, "advice": advice}
    desk.show({**data, "cycle": planned.record}, "\n".join(words))


def _asked(typed: Mapping[str, str]) -> dict[str, str]:
    """The five typed fields, asked for where they are missing."""
    missing = {name: click.prompt(question) for name, question in FIVE.items() if not typed.get(name)}
    return {**typed, **missing}


def _summary(state: State, record: str) -> str:
    """A cycle with its predictions, in a few lines."""
    from pdsa.inquiry.lookup import find
    from pdsa.narrate.tested import name_of, when
    from pdsa.terms import SCALE_WORDS

    held = find(state, "cycle", record)
    own: Any = held.record
    lines = [f"Cycle {held.id}: {name_of(own, state)}; {SCALE_WORDS[own.scale]}, {when(own)}."]
    lines += [f"  Prediction {one.id}: {one.question}, because {one.because}" for one in state.predictions(held.id)]
    return "\n".join(lines)


def _questions(desk: Desk, state: State, record: str) -> list[str]:
    """The plan questions of a cycle, from its plan and the calendar; charts are looked at in the reports."""
    from pdsa.cycles import Evidence, plan_questions
    from pdsa.inquiry.lookup import find

    reference = desk.reference
    evidence = Evidence({}, reference.calendar, reference.today, reference.measures)
    own: Any = find(state, "cycle", record).record
    return [f"Plan question: {one.ask} ({one.found})" for one in plan_questions(own, state, evidence)]


def _advice(state: State, own: Any) -> list[str]:
    from pdsa.inquiry.adviser import next_test_size

    if not (own.belief and own.cost_of_failure and own.readiness):
        return []
    return [f"Size of the test: {next_test_size(own.belief, own.cost_of_failure, own.readiness).words}"]


@cycle.command("do")
@click.argument("name")
@click.option("--started", default="", metavar="DATE", help="The day on which it began.")
@click.option("--ended", default="", metavar="DATE", help="The day on which it ended.")
@click.option("--as-planned", default="", help="yes, partly or no.")
@click.option("--observed", default="", help="What was seen.")
@click.option("--unexpected", default="", help="What nobody had expected.")
@FIELDS
@edit_options
@desk_options
def do_cycle(desk: Desk, name: str, fields: tuple[str, ...], seen: Seen, **typed: str) -> None:
    """Say that the test of a cycle began, and what happened."""
    from pdsa.inquiry import steps

    words = {
        "actual_start": typed["started"],
        "actual_end": typed["ended"],
        "carried_out_as_planned": typed["as_planned"],
        "observations": typed["observed"],
        "unexpected_observations": typed["unexpected"],
    }
    with desk.log(create=False) as book:
        changes = steps.do(desk.state(book), name, _filled(words, fields), today=desk.today)
        _save(desk, book, changes, seen, "pdsa cycle study {record} --learned ...")


@cycle.command("study")
@click.argument("name")
@click.option("--shows", default="", help="What the data show.")
@click.option("--learned", default="", help="What you learned.")
@click.option(
    "--result", "results", multiple=True, metavar="PREDICTION=RESULT", help="A value, or held, did not hold ..."
)
@click.option("--variation", default="", help="For whom, and where, it was different.")
@FIELDS
@edit_options
@desk_options
def study_cycle(
    desk: Desk, name: str, results: tuple[str, ...], fields: tuple[str, ...], seen: Seen, **typed: str
) -> None:
    """Say what the data show, what came of each prediction, and what was learned."""
    from pdsa.inquiry import steps

    words: dict[str, Any] = {
        "what_data_show": typed["shows"],
        "learning": typed["learned"],
        "variation_noticed": typed["variation"],
    }
    told_results = {"results": "\n".join(results)} if results else {}
    with desk.log(create=False) as book:
        texts = {**_filled(words, fields), **told_results}
        changes = steps.study(desk.state(book), name, texts, today=desk.today)
        _save(desk, book, changes, seen, "pdsa cycle act {record} --decision adopt|adapt|abandon")


# What to type after adapt: the plan was copied, but days and predictions are made anew.
COMPLETE = 'pdsa cycle plan --cycle {cycle} --predict "... because ..." --how MEASURE --when FIRST..LAST --who "..."'


@cycle.command("act")
@click.argument("name")
@click.option("--decision", default="", help="adopt, adapt or abandon.")
@click.option("--rationale", default="", help="Why.")
@click.option("--next-test", default="", help="What you will test next.")
@click.option("--next-scale", default="", help="How large the next test will be.")
@click.option("--clone/--no-clone", default=True, help="Whether adapt copies the plan into the next cycle of the ramp.")
@FIELDS
@edit_options
@desk_options
def act_cycle(desk: Desk, name: str, clone: bool, fields: tuple[str, ...], seen: Seen, **typed: str) -> None:
    """Decide: adopt, adapt or abandon; adapt copies the plan into the next cycle of the ramp."""
    from pdsa.inquiry import steps

    with desk.log(create=False) as book:
        texts = _filled(typed, fields)
        changes = steps.act(desk.state(book), name, texts, book.new_id, today=desk.today, clone=clone)
        new = [one.record for one in changes if one.entity == "cycle" and one.based_on == 0]
        follow = COMPLETE.format(cycle=new[0]) if new else "pdsa ramp"
        _save(desk, book, changes, seen, follow)


@cycle.command("edit")
@click.argument("name")
@FIELDS
@edit_options
@desk_options
def edit_cycle(desk: Desk, name: str, fields: tuple[str, ...], seen: Seen) -> None:
    """Change any field of a cycle."""
    from pdsa.inquiry import steps

    with desk.log(create=False) as book:
        changes = steps.edit("cycle", name, pairs(fields, "--set"), state=desk.state(book), reference=desk.reference)
        _save(desk, book, changes, seen, "pdsa cycle show {record}")


@cycle.command("list")
@click.option("--school", default="", help="Only cycles of this school.")
@click.option("--open", "still_open", is_flag=True, help="Only cycles without a decision.")
@desk_options
def list_cycles(desk: Desk, school: str, still_open: bool) -> None:
    """List the cycles that you may read."""
    from pdsa.narrate.tested import name_of, when

    with desk.log(create=False) as book:
        state = desk.state(book)
    held: list[Any] = [one for one in state.all("cycle") if school in ("", one.school)]
    held = [one for one in held if not (still_open and one.record.decision)]
    told = [(one, one.record) for one in held]
    lines = [
        f"{one.id}  {one.school}  {name_of(own, state)}, {when(own)}: {own.decision or own.status}" for one, own in told
    ]
    desk.show([about(one) for one in held], "\n".join(lines) or "No cycle yet: pdsa cycle plan begins one.")


@cycle.command("show")
@click.argument("name")
@desk_options
def show_cycle(desk: Desk, name: str) -> None:
    """Show a cycle, its predictions, its version, and who may see it."""
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        state = desk.state(book)
    held = find(state, "cycle", name)
    own = [one for one in state.all("prediction") if getattr(one.record, "cycle_id", "") == held.id]
    data = {**about(held), "predictions": [about(one) for one in own]}
    desk.show(data, "\n".join((told_record(held), *map(told_record, own))))


@cycle.command("check")
@click.argument("name", required=False)
@click.option("--school", default="", help="All cycles of this school.")
@desk_options
def check_cycles(desk: Desk, name: str | None, school: str) -> None:
    """Ask the plan questions of a cycle, or of every cycle that is still open: nobody is scored by them."""
    from pdsa.inquiry.lookup import find

    with desk.log(create=False) as book:
        state = desk.state(book)
    if name:
        names = [find(state, "cycle", name).id]
    else:
        names = [one.id for one in state.cycles if school in ("", one.school_id) and not one.decision]
    found = {one: _questions(desk, state, one) for one in names}
    lines = [line for one, asked in found.items() for line in (_summary(state, one), *(asked or ["  No question."]))]
    desk.show(found, "\n".join(lines) or "No open cycle.")


def _filled(words: Mapping[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    return {name: text for name, text in words.items() if text} | pairs(fields, "--set")


def _save(desk: Desk, book: Log, changes: Sequence[Change], seen: Seen, follow: str) -> None:
    """Save, and say what was saved and what to type next."""
    events: tuple[Event, ...] = desk.save(book, changes, desk.reference, seen)
    first, state = events[0].record, desk.state(book)
    made = [_summary(state, one.record) for one in events if one.entity == "cycle" and one.version == 1]
    lines = [f"Saved: {_summary(state, first)}", *(f"New: {one}" for one in made)]
    lines.append(f"Next: {follow.format(record=first)}")
    desk.show([about_event(one) for one in events], "\n".join(lines))
