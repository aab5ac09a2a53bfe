"""What people do with the log, as changes to save: add, edit, plan, do, study, act.

Nothing is saved here: `Log.apply` takes the changes, and `rules` say which of them the log accepts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

from pdsa.inquiry.drafts import Draft, Ids, Texts, fields_of
from pdsa.inquiry.events import Change
from pdsa.inquiry.lookup import find, found
from pdsa.inquiry.planning import plan
from pdsa.inquiry.saving import Reference
from pdsa.inquiry.state import Held, State
from pdsa.params.inquiry import field_name, kinds
from pdsa.params.typed import Kind, is_blank, read
from pdsa.records.inquiry import Cycle, Prediction
from pdsa.terms import NETWORK_WIDE, OUTCOME_WORDS, Entity

__all__ = ["act", "add", "do", "edit", "fields_of", "find", "plan", "study"]

# The day of a record that nobody gave one: that of writing.
DAYS: dict[Entity, str] = {
    "aim": "since",
    "annotation": "date",
    "interview": "date",
    "insight": "on",
    "ask": "raised_on",
    "progress": "on",
    "prediction": "made_on",
}
# What the next cycle of a ramp takes over from the one before it.
PLAN = (
    *("school_id", "change_idea_id", "title", "team_id", "purpose", "objective", "questions", "tasks", "scale"),
    *("sites_n", "students_n", "data_plan", "data_plan_detail", "measure_ids", "belief", "cost_of_failure"),
    "readiness",
)
STUDIED = ("what_data_show", "learning", "matched", "variation_noticed")
RESULT = {"value": "result_value", "text": "result_text", "outcome": "outcome"}


def add(
    entity: Entity, texts: Texts, *, state: State, school: str, ids: Ids, reference: Reference | None = None
) -> tuple[Change, ...]:
    """The changes that save a new record.

    Parameters
    ----------
    entity, texts
        The kind of record, and what people wrote in its fields; other records are named by id or title.
    state
        What the log holds.
    school
        The owner, "" for the network; aims, drivers, causes and persons belong to the network anyway.
    ids
        Makes the id where `texts` has none.
    reference
        Measures and schools, which may be named too, and the day of records that have none.

    Raises
    ------
    ParamsError
        With every problem of the texts.
    """
    texts = {field_name(name): value for name, value in texts.items()}
    owner = _owner(entity, texts, state, school)
    if "school_id" in kinds(entity) and owner and is_blank(texts.get("school_id")):
        texts["school_id"] = owner
    if entity in DAYS and reference and is_blank(texts.get(DAYS[entity])):
        texts[DAYS[entity]] = reference.today
    work = Draft(state, reference)
    work.new(entity, "" if not is_blank(texts.get("id")) else ids(entity), owner, texts)
    return work.done()


def _owner(entity: Entity, texts: Texts, state: State, school: str) -> str:
    """Whose a new record is: that of the cycle for a prediction, the network's where all read it."""
    if entity == "prediction":
        hits = found(state, "cycle", str(texts.get("cycle_id", "")))
        return hits[0].school if len(hits) == 1 else school
    if entity not in NETWORK_WIDE:
        return school
    return str(texts["school_id"]).strip() if entity == "aim" and not is_blank(texts.get("school_id")) else ""


def edit(
    entity: Entity, record: str, texts: Texts, *, state: State, reference: Reference | None = None
) -> tuple[Change, ...]:
    """The change that saves other fields of a record; a blank text empties a field.

    Parameters
    ----------
    entity, record
        Which one: by its id, a part of it, or its title.
    texts
        What people wrote in the fields that change.
    state, reference
        What the log holds, and what its records may point to.

    Raises
    ------
    ParamsError
        There is no such record, or with every problem of the texts.
    """
    work = Draft(state, reference)
    work.edit(find(state, entity, record), {field_name(name): value for name, value in texts.items()})
    return work.done()


def do(state: State, cycle: str, texts: Texts, *, today: date | None = None) -> tuple[Change, ...]:
    """The change that says that a test began, and what happened.

    Parameters
    ----------
    state
        What the log holds.
    cycle
        Its id, a part of it, or its title.
    texts
        Any field of a cycle by name. Without `actual_start` the test began on its planned first day, or today where
        that still lies ahead.
    today
        The day of writing.
    """
    held, fields = _turn(state, cycle, texts)
    planned = cast(Cycle, held.record)
    if planned.actual_start is None and is_blank(fields.get("actual_start")):
        began = planned.start if planned.start and (today is None or planned.start <= today) else today
        fields["actual_start"] = began
    work = Draft(state)
    work.edit(held, fields)
    if is_blank(fields.get("actual_start")) and planned.actual_start is None:
        work.tell("actual_start", "nothing", "the day on which the test began")
    return work.done()


def study(state: State, cycle: str, texts: Texts, *, today: date | None = None) -> tuple[Change, ...]:
    """The changes that say what the data show and what was learned, and what came of each prediction.

    Parameters
    ----------
    state
        What the log holds.
    cycle
        Its id, a part of it, or its title.
    texts
        Any field of a cycle by name, and `results`: what came of each prediction, by its id or question, as a
        number, a word (held, held in part, did not hold, not measured), a text, or a mapping of `value`, `text` and
        `outcome`; as a text, `prediction-7kq2m = 82` on lines or between semicolons. Of a single prediction the
        result alone is enough.
    today
        The day of writing: that of the study where `studied_on` is not given.
    """
    held, fields = _turn(state, cycle, texts)
    results = fields.pop("results", None)
    if cast(Cycle, held.record).studied_on is None and is_blank(fields.get("studied_on")):
        fields["studied_on"] = today
    work = Draft(state)
    work.edit(held, fields)
    for one, result in _results(work, held.id, results):
        work.edit(one, result, f"results, {one.id}")
    return work.done()


def act(
    state: State, cycle: str, texts: Texts, ids: Ids, *, today: date | None = None, clone: bool = True
) -> tuple[Change, ...]:
    """The changes that save the decision on a cycle, and the next cycle of the ramp where it adapts.

    Parameters
    ----------
    state
        What the log holds.
    cycle
        Its id, a part of it, or its title.
    texts
        Any field of a cycle by name; `decision` is needed. A study that is told here counts as made on the same day.
    ids
        Makes the id of the next cycle.
    today
        The day of writing: that of the decision where `decided_on` is not given.
    clone
        Whether `adapt` copies the plan into the next cycle. Its days are left open, and what was predicted becomes
        its questions: predictions are made anew.
    """
    held, fields = _turn(state, cycle, texts)
    before = cast(Cycle, held.record)
    if before.decided_on is None and is_blank(fields.get("decided_on")):
        fields["decided_on"] = today
    if before.studied_on is None and any(not is_blank(fields.get(name)) for name in STUDIED):
        fields.setdefault("studied_on", fields.get("decided_on"))
    work = Draft(state)
    work.edit(held, fields)
    decided = work.changes[0].fields
    if "decision" not in decided and is_blank(fields.get("decision")):
        work.tell("decision", "nothing", "one of: adopt, adapt, abandon")
    followed = any(one.parent_cycle_id == held.id for one in state.cycles)
    if clone and not followed and decided.get("decision") == "adapt":
        work.new("cycle", ids("cycle"), held.school, _next(held, decided, state), "the next cycle")
    return work.done()


def _turn(state: State, cycle: str, texts: Texts) -> tuple[Held, dict[str, object]]:
    return find(state, "cycle", cycle), {field_name(name): value for name, value in texts.items()}


def _next(held: Held, decided: Mapping[str, object], state: State) -> dict[str, object]:
    """The plan of the next cycle of a ramp, without days and predictions."""
    copied = {name: decided[name] for name in PLAN if name in decided}
    if isinstance(tasks := copied.get("tasks"), list):
        copied["tasks"] = [{name: text for name, text in task.items() if name != "when"} for task in tasks]
    asked = copied.get("questions", [])
    made = [one.question for one in state.predictions(held.id)]
    copied["questions"] = list(dict.fromkeys([*(asked if isinstance(asked, list) else []), *made]))
    copied |= {"parent_cycle_id": held.id, "cycle_no": cast(Cycle, held.record).cycle_no + 1}
    if "next_test" in decided:
        copied["objective"] = decided["next_test"]
    if "next_scale" in decided:
        copied["scale"] = decided["next_scale"]
    return copied


def _results(work: Draft, cycle: str, results: object) -> list[tuple[Held, dict[str, object]]]:
    """Each prediction of a cycle with the fields that its result fills."""
    held = [one for one in work.state.all("prediction") if cast(Prediction, one.record).cycle_id == cycle]
    own = State({(one.entity, one.id): one for one in held})
    if is_blank(results):
        return []
    told = []
    for name, result in _pairs(results, len(held)):
        hits = found(own, "prediction", name) if name else tuple(held)
        if len(hits) == 1:
            told.append((hits[0], _result(result)))
        else:
            known = "; ".join(f"{one.id} ({cast(Prediction, one.record).question[:60]})" for one in held)
            work.tell("results", repr(name[:60]), f"a prediction of the cycle: {known or 'it has none'}")
    return told


def _pairs(results: object, count: int) -> list[tuple[str, object]]:
    """What names a prediction, "" for the only one, and its result."""
    if isinstance(results, Mapping):
        if set(results) <= {*RESULT, *RESULT.values()}:
            return [("", results)]
        return [(str(name), result) for name, result in results.items()]
    lines = str(results).replace("\n", ";").split(";") if isinstance(results, str) else [results]
    if count == 1 and not ("=" in str(results) and len(lines) == 1 and "prediction-" in str(results)):
        return [("", results)]
    split = [str(line).partition("=") for line in lines if str(line).strip()]
    return [(name.strip(), result.strip()) if equals else (name, name) for name, equals, result in split]


def _result(result: object) -> dict[str, object]:
    """The fields of a result: a mapping names them, a number is a value, a word an outcome, the rest a text."""
    if isinstance(result, Mapping):
        return {RESULT.get(field_name(name), field_name(name)): value for name, value in result.items()}
    for name, kind in (("result_value", Kind("number")), ("outcome", Kind("word", words=tuple(OUTCOME_WORDS)))):
        if read(kind, result, lambda at, found, expected: None) is not None:
            return {name: result}
    return {"result_text": result}
