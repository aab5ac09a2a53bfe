"""The plan of a cycle out of five typed fields; everything else by name, or by default."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date, timedelta

from pdsa.inquiry.drafts import Draft, Ids, Texts, fields_of
from pdsa.inquiry.events import Change
from pdsa.inquiry.lookup import find, found, plain, seen_by, title_of
from pdsa.inquiry.saving import Reference
from pdsa.inquiry.state import Held, State
from pdsa.params.inquiry import field_name, kinds
from pdsa.params.typed import is_blank
from pdsa.params.words import nearest
from pdsa.records.inquiry import ChangeIdea, Cycle, Record

__all__ = ["plan"]

FIVE = {
    "idea": "the title of the change idea, or its id",
    "prediction": "what will happen, because why",
    "how": "how you will know: a measure, or in words",
    "when": "the first and the last day, such as 2025-10-13..2025-10-24, or the first one",
    "who": "who does it",
}
# Fields of predictions that a plan may name; a cycle has fields of its own for the rest.
PREDICTED = tuple(name for name in kinds("prediction") if name not in ("id", "cycle_id"))
DAY = "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
SPAN = re.compile(rf"(?P<first>{DAY})(\s*(\.\.|to|until|–|—|-|/)\s*(?P<last>{DAY}))?", re.IGNORECASE)
BECAUSE = re.compile(r"\A(?P<what>.*?)[\s,;.:–—-]*\bbecause\b[\s,:]*(?P<why>.*)\Z", re.IGNORECASE | re.DOTALL)
LASTS = timedelta(days=13)  # two weeks, the first day included
LIKE_AN_ID = re.compile(r"[a-z]+-[a-z0-9]{5}")
NEARLY = 0.8  # how like the name of a measure a word must be to be taken for a slip


def plan(
    state: State, reference: Reference, school: str, texts: Texts, ids: Ids, *, draft: bool = False
) -> tuple[Change, ...]:
    """The changes that save the plan of a cycle: its change idea where that is new, the cycle, its predictions.

    A cycle that `act` has copied and that has no days yet is completed, unless `parent_cycle_id` says otherwise.

    Parameters
    ----------
    state, reference
        What the log holds, and what its records may point to.
    school
        Whose cycle it is.
    texts
        The five typed fields: `idea` (a title or an id; a new one is made where none has the title), `prediction` (a
        sentence with "because", or `because` apart), `how` (measures by id or name, or words), `when` (the first and
        the last day; two weeks where there is only the first), `who`. Any field of a cycle or of its prediction by
        its name; `predictions` is a list of further ones, each a mapping. `cycle` names a plan that is to be completed.
    ids
        Makes the ids of new records.
    draft
        Whether only the idea is needed: the rest can be added until the test begins.

    Raises
    ------
    ParamsError
        With every problem of the texts.
    """
    known = {field_name(name): value for name, value in texts.items()}
    work = Draft(state, reference)
    begun = _begun(work, school, known)
    _missing(work, begun, known, draft)
    cycle = {name: value for name, value in known.items() if name in kinds("cycle") and not is_blank(value)}
    if begun:
        title = title_of(begun)
        work.edit(begun, {**_typed(work, title, known), **cycle})
    else:
        idea, title = _idea(work, school, known, ids)
        defaults = _defaults(work, school, idea, title, known)
        work.new("cycle", ids("cycle"), school, {**defaults, **_typed(work, title, known), **cycle})
    _predictions(work, work.changes[-1], known, ids)
    return work.done()


def _begun(work: Draft, school: str, known: Texts) -> Held | None:
    """The plan that is completed: the one named, or the only one that `act` has copied for the idea."""
    seen = seen_by(work.state, school)
    if not is_blank(known.get("cycle")):
        return find(seen, "cycle", _text(known["cycle"]))
    ideas = found(seen, "change_idea", _text(known.get("idea")), begun=False)
    if len(ideas) != 1 or "parent_cycle_id" in known or "id" in known:
        return None
    open_ = [one for one in seen.all("cycle") if one.school == school and _copied(one.record, ideas[0].id)]
    return open_[0] if len(open_) == 1 else None


def _copied(record: Record, idea: str) -> bool:
    """Whether a record is a cycle of the idea that follows another one and has no days yet."""
    if not isinstance(record, Cycle) or record.change_idea_id != idea or not record.parent_cycle_id:
        return False
    return record.status == "planned" and record.start is None


def _missing(work: Draft, begun: Held | None, known: Texts, draft: bool) -> None:
    """Tell what a plan lacks, and what no plan has."""
    there = {**(fields_of(begun) if begun else {}), **known}
    if begun and work.state.predictions(begun.id):
        there["predictions"] = "made"
    for name, wanted in FIVE.items():
        if is_blank(known.get(name)) and (name == "idea" or not draft) and not _otherwise(name, there):
            work.tell(name, "nothing", wanted)
    names = (*FIVE, *kinds("cycle"), *PREDICTED, "predictions", "cycle")
    for name in known.keys() - set(names):
        work.tell(name, "an unknown field", nearest(name, names))


def _otherwise(name: str, known: Texts) -> bool:
    """Whether fields of the full form say what a typed one would."""
    instead = {
        "idea": ("change_idea_id",),
        "prediction": ("question", "predictions"),
        "how": ("measure_ids", "data_plan_detail"),
        "when": ("start",),
        "who": ("tasks",),
    }
    return any(not is_blank(known.get(one)) for one in instead[name])


def _text(value: object) -> str:
    return value if isinstance(value, str) else "" if is_blank(value) else str(value)


def _idea(work: Draft, school: str, known: Texts, ids: Ids) -> tuple[str, str]:
    """Id and title of the change idea; one with a new title is taken into the changes."""
    text = _text(known.get("idea") or known.get("change_idea_id")).strip()
    hits = found(seen_by(work.state, school), "change_idea", text, begun=False)
    if len(hits) == 1 and isinstance(idea := hits[0].record, ChangeIdea):
        return idea.id, idea.title
    if len(hits) > 1:
        work.tell("idea", repr(text[:60]), f"one of: {', '.join(one.id for one in hits[:8])}")
    elif LIKE_AN_ID.fullmatch(text) or (text and is_blank(known.get("idea"))):
        names = [one.id for one in seen_by(work.state, school).all("change_idea")]
        work.tell("idea", repr(text[:60]), nearest(text, names) if names else "a title: the log has no idea yet")
    elif text:
        record = ids("change_idea")
        work.new("change_idea", record, school, {"title": text}, "idea")
        return record, text
    return text, text


def _defaults(work: Draft, school: str, idea: str, title: str, known: Texts) -> dict[str, object]:
    """The fields of a cycle that follow from its idea and its school."""
    found: dict[str, object] = {"school_id": school, "team_id": school, "change_idea_id": idea or "?"}
    found |= {"title": title[:200], "objective": f"Try out: {title}"}
    found |= _ramp(work.state, school, idea) if is_blank(known.get("parent_cycle_id")) else {}
    if "parent_cycle_id" in known:
        found |= _after(work.state, school, _text(known["parent_cycle_id"]))
    return found


def _typed(work: Draft, title: str, known: Texts) -> dict[str, object]:
    """The fields of a cycle that `how`, `when` and `who` say."""
    found = {**_when(work, known.get("when")), **_how(work, known.get("how"))}
    if not is_blank(known.get("who")) and is_blank(known.get("tasks")):
        found["tasks"] = [{"what": title, "who": _text(known["who"]), "when": found.get("start", "")}]
    return found


def _ramp(state: State, school: str, idea: str) -> dict[str, object]:
    """The place on the ramp of this idea at this school: after its last decided cycle that none follows yet."""
    cycles = [one for one in state.cycles if (one.school_id, one.change_idea_id) == (school, idea)]
    followed = {one.parent_cycle_id for one in cycles}
    ends = [one for one in cycles if one.decision and one.id not in followed]
    if not ends:
        return {}
    last = max(ends, key=lambda one: (one.decided_on or date.min, one.cycle_no))
    return {"parent_cycle_id": last.id, "cycle_no": last.cycle_no + 1}


def _after(state: State, school: str, parent: str) -> dict[str, object]:
    """The number after that of the cycle before; a blank one begins a ramp of its own."""
    hits = found(seen_by(state, school), "cycle", parent)
    if len(hits) == 1 and isinstance(before := hits[0].record, Cycle):
        return {"cycle_no": before.cycle_no + 1}
    return {"cycle_no": 1, "parent_cycle_id": ""} if not parent.strip() else {}


def _when(work: Draft, value: object) -> dict[str, object]:
    """The first and the last planned day."""
    if is_blank(value):
        return {}
    if isinstance(value, list | tuple) and len(value) in (1, 2):
        text = "..".join(_text(one) for one in value)
    else:
        text = _text(value).strip()
    span = SPAN.fullmatch(text)
    if span is None:
        work.tell("when", repr(text[:60]), FIVE["when"])
        return {}
    days: dict[str, object] = {"start": span["first"]}
    if span["last"]:
        return {**days, "planned_end": span["last"]}
    try:
        return {**days, "planned_end": (date.fromisoformat(span["first"]) + LASTS).isoformat()}
    except (ValueError, OverflowError):
        return days  # the door tells what is wrong with the first day


def _how(work: Draft, value: object) -> dict[str, object]:
    """Measures by their ids or names; else the plan for data in words."""
    if is_blank(value) or work.reference is None:
        return {}
    measures = work.reference.measures
    ids = {plain(one.name): one.id for one in measures} | {plain(one.id): one.id for one in measures}
    text = value if isinstance(value, str) else ";".join(map(_text, value)) if isinstance(value, list) else ""
    whole = ids.get(plain(text))
    parts = [whole or text] if whole else [part for part in re.split(r"[;,\n]", text) if part.strip()]
    if all(plain(part) in ids or part == whole for part in parts):
        return {"measure_ids": [whole or ids[plain(part)] for part in parts], "data_plan": "quantitative"}
    for part in parts:
        near = difflib.get_close_matches(plain(part), ids, n=1, cutoff=NEARLY)
        if near and plain(part) not in ids:
            work.tell(
                "how", repr(part.strip()[:60]), f"{ids[near[0]]} perhaps? Otherwise say in words how you will know"
            )
    return {"data_plan_detail": text}


def _predictions(work: Draft, cycle: Change, known: Texts, ids: Ids) -> None:
    """The prediction of the typed fields, and further ones."""
    typed = {name: value for name, value in known.items() if name in PREDICTED and not is_blank(value)}
    text = _text(known.get("prediction"))
    if text:
        typed = {**_split(text, typed), **typed}
    told: list[tuple[str, Texts]] = [("prediction", typed)] if typed else []
    more = known.get("predictions")
    for position, one in enumerate(more if isinstance(more, list | tuple) else (), start=1):
        if isinstance(one, Mapping):
            told.append((f"predictions, item {position}", one))
        else:
            work.tell(f"predictions, item {position}", "no fields", "question, because and others")
    for place, fields in told:
        made: dict[str, object] = {"cycle_id": cycle.record, "made_on": _today(work), **fields}
        work.new("prediction", ids("prediction"), cycle.school, _measured(made, cycle), place)


def _split(text: str, typed: Texts) -> dict[str, object]:
    """Question and reason of a sentence "..., because ..."; the whole sentence where the reason stands apart."""
    parts = BECAUSE.match(text)
    if parts is None or "because" in typed:
        return {"question": text}
    return {"question": parts["what"].strip(), "because": parts["why"].strip()}


def _today(work: Draft) -> str:
    return work.reference.today.isoformat() if work.reference else ""


def _measured(fields: dict[str, object], cycle: Change) -> dict[str, object]:
    """The fields with the cycle's only measure, where a prediction has a number or a direction and names none."""
    measures = cycle.fields.get("measure_ids")
    numeric = any(not is_blank(fields.get(name)) for name in ("value", "low", "high", "direction"))
    if numeric and isinstance(measures, list) and len(measures) == 1:
        return {"measure_id": measures[0], **fields}
    return fields
