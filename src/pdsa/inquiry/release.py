"""What of the log goes into one report: what was known on a day, under the names that its reader may see."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, fields, replace
from datetime import date

from pdsa.inquiry.state import Held, State
from pdsa.params.inquiry import adapter, record_of
from pdsa.records import School
from pdsa.records.inquiry import (
    Ask,
    Cycle,
    Insight,
    Interview,
    LogAnnotation,
    Phase,
    Prediction,
    Progress,
    Record,
)
from pdsa.terms import Entity

# What a text says in place of one that names a school, beside pseudonyms.
NAMES_A_SCHOOL = "(not shown beside pseudonyms: the text names a school)"
# Fields that hold ids or words of a closed set: nothing in them was written freely.
PLAIN = re.compile(r"id$|_ids$|^(school|team)|^spread_to$|^schools$")
SHORTEST = 4  # letters of a word that can name a school
DO = (
    "actual_start",
    "actual_end",
    "carried_out_as_planned",
    "deviations",
    "observations",
    "unexpected_observations",
    "artifacts",
)
STUDY = ("what_data_show", "matched", "learning", "variation_noticed", "studied_on")
ACT = (
    *("decision", "decided_on", "rationale", "next_test", "next_scale", "spread_to", "implementation_plan"),
    *("sustain_plan",),
)


def known_by(state: State, day: date | None) -> State:
    """The state without what happened after a day, judged by the days that the records themselves name.

    A cycle keeps its plan; its parts Do, Study and Act are taken off where their days lie later. Plans for later days
    stay: they are what comes next.

    Parameters
    ----------
    state
        All that a reader may see.
    day
        The last day that counts; None for no limit.
    """
    if day is None:
        return state
    held = {key: _cut(one, day, state) for key, one in state.held.items()}
    return State({key: one for key, one in held.items() if not _later(one.record, day)})


def _later(record: Record, day: date) -> bool:
    """Whether a record as a whole speaks of a later day."""
    when = None
    match record:
        case LogAnnotation() | Interview():
            when = record.date
        case Phase():
            when = record.start
        case Progress() | Insight():
            when = record.on
        case Prediction():
            when = record.made_on
        case Ask():
            when = record.raised_on
    return when is not None and when > day


def _cut(held: Held, day: date, state: State) -> Held:
    record = held.record
    if isinstance(record, Prediction) and not _studied(record, day, state):
        record = replace(record, result_value=None, result_text="", outcome=None)
    if isinstance(record, Cycle):
        days = (
            (record.actual_start, (*DO, *STUDY, *ACT)),
            (record.studied_on, (*STUDY, *ACT)),
            (record.decided_on, ACT),
        )
        for when, names in days:
            if when is not None and when > day:
                record = _without(record, names)
        if record.coach_reviewed is not None and record.coach_reviewed > day:
            record = replace(record, coach_reviewed=None)
    if isinstance(record, Ask) and record.responded_on is not None and record.responded_on > day:
        record = replace(record, response="", responded_on=None)
    return replace(held, record=record)


def _studied(prediction: Prediction, day: date, state: State) -> bool:
    """Whether the cycle of a prediction was studied or decided by a day; then its result was known."""
    held = state.get("cycle", prediction.cycle_id)
    if held is None or not isinstance(held.record, Cycle):
        return True
    known = held.record.studied_on or held.record.decided_on
    return known is None or known <= day


def _without(cycle: Cycle, names: Iterable[str]) -> Cycle:
    empty = {one.name: one.default for one in fields(Cycle)}
    return replace(cycle, **{name: empty[name] for name in names})  # type: ignore[arg-type]


def renamed(state: State, names: Mapping[str, str]) -> State:
    """The state under the ids that a reader may see; records of schools without one are left out.

    Nobody's name goes along: neither authors nor persons.

    Parameters
    ----------
    state
        What the reader may see.
    names
        The id to show for each real id of a school.
    """
    found = {}
    for key, one in state.held.items():
        if one.entity != "person" and (not one.school or one.school in names):
            record = _renamed(one.record, names)
            found[key] = replace(
                one, school=names.get(one.school, ""), author="", created_by="", shared_by="", record=record
            )
    return State(found)


def _renamed(record: Record, names: Mapping[str, str]) -> Record:
    changes: dict[str, object] = {}
    if isinstance(record, Cycle):
        changes = {
            "team_id": names.get(record.school_id, ""),
            "spread_to": tuple(names[one] for one in record.spread_to if one in names),
        }
    changes |= {name: "" for name in ("owner", "org", "with_whom") if getattr(record, name, "")}
    if getattr(record, "school_id", ""):
        changes["school_id"] = names.get(record.school_id, "")  # type: ignore[union-attr]
    return replace(record, **changes)  # type: ignore[arg-type]


def unnamed(state: State, schools: Collection[School]) -> State:
    """The state without texts that name one of these schools, for pages on which schools carry pseudonyms.

    Parameters
    ----------
    state
        What the reader may see.
    schools
        All schools of the network, with their real ids and names.
    """
    pattern = naming(schools)
    held = {key: replace(one, record=_unnamed(one.record, pattern)) for key, one in state.held.items()}
    return State(held)


def naming(schools: Collection[School]) -> re.Pattern[str]:
    """What names a school: its id, its name, and each word of the name that no other school's name has."""
    words = [set(_words(one.name)) for one in schools]
    shared = Counter(word for own in words for word in own)
    own = {word for each in words for word in each if shared[word] == 1 and len(word) >= SHORTEST}
    ids = {one.id.casefold() for one in schools if len(one.id) >= SHORTEST or not one.id.isdigit()}
    names = {" ".join(one.name.split()).casefold() for one in schools}
    told = sorted({text for text in own | ids | names if text}, key=lambda text: (-len(text), text))
    joined = "|".join(re.escape(text) for text in told)
    return re.compile(rf"(?<!\w)(?:{joined})(?!\w)" if told else r"(?!)")


# Words of names that name no school by themselves.
GENERIC = frozenset(
    (
        *("school", "schools", "high", "middle", "elementary", "primary", "secondary", "junior", "senior", "academy"),
        *("college", "early", "program", "center", "charter", "public", "district", "unified", "county", "community"),
        *("north", "south", "east", "west", "central", "upper", "lower", "point", "hill", "flats", "park", "valley"),
    )
)


def _words(name: str) -> list[str]:
    return [word for word in re.findall(r"\w+", name.casefold()) if word not in GENERIC]


def _unnamed(record: Record, pattern: re.Pattern[str]) -> Record:
    changes: dict[str, object] = {}
    for one in fields(record):
        value = getattr(record, one.name)
        if not PLAIN.search(one.name) and (told := _masked(value, pattern)) != value:
            changes[one.name] = told
    return replace(record, **changes) if changes else record  # type: ignore[arg-type]


def _masked(value: object, pattern: re.Pattern[str]) -> object:
    """A text that names a school, or any text within a list, in neutral words."""
    if isinstance(value, str):
        return NAMES_A_SCHOOL if pattern.search(" ".join(value.split()).casefold()) else value
    if isinstance(value, tuple):
        return tuple(_masked(one, pattern) for one in value)
    if hasattr(value, "what"):
        return replace(value, **{name: _masked(text, pattern) for name, text in asdict(value).items()})  # type: ignore[type-var,call-overload]
    return value


def packed(state: State) -> str:
    """The state as JSON, the same text for the same state."""
    rows = []
    for one in state.held.values():
        record = adapter(one.entity).dump_python(one.record, mode="json")
        rows.append({**{name: getattr(one, name) for name in _KEPT}, "record": record})
    return json.dumps(rows, sort_keys=True, ensure_ascii=False, allow_nan=False)


def unpacked(text: str) -> State:
    """The state that `packed` was given.

    Raises
    ------
    ValueError
        The text is damaged.
    """
    held = {}
    for row in json.loads(text):
        entity: Entity = row["entity"]
        held[entity, row["id"]] = Held(**{**row, "record": record_of(entity, row["record"])})
    return State(held)


_KEPT = tuple(one.name for one in fields(Held) if one.name != "record")

__all__ = ["NAMES_A_SCHOOL", "known_by", "naming", "packed", "renamed", "unnamed", "unpacked"]
