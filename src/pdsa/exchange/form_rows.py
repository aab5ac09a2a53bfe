"""Rows of a form or tracker, by a complete mapping, to changes: each row once, and later what was filled in since."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from pdsa.errors import InputError, ParamsError, Problem
from pdsa.exchange.forms import IGNORE, NOT_TAKEN, TIMESTAMP, Cells, LogMapping, dashed, dated
from pdsa.exchange.taken import made_id, with_changes
from pdsa.inquiry import Change, Held, State
from pdsa.inquiry.drafts import fields_of
from pdsa.inquiry.lookup import found, seen_by
from pdsa.inquiry.planning import BECAUSE, PREDICTED, plan
from pdsa.inquiry.release import ACT, DO, STUDY
from pdsa.inquiry.rules import Reference
from pdsa.inquiry.steps import edit
from pdsa.params.inquiry import record_of
from pdsa.params.words import nearest
from pdsa.records.inquiry import Cycle
from pdsa.terms import Entity

Texts = dict[str, object]
WHOSE = ("school", "school_id")
RESULTS = ("result_value", "result_text", "outcome")
# What says which cycle a row of a tracker tells of, beside its school and its idea: the first of these that it has.
TURN = ("cycle_no", "start", "when", "actual_start")
MEND = "mend these rows, or say what a text means with --word 'FIELD:TEXT=WORD', and run the same command again"


@dataclass(frozen=True, slots=True)
class Rows:
    """The changes that rows make, and where each record stands."""

    changes: tuple[Change, ...]
    places: Mapping[tuple[Entity, str], str]


def changes_of_forms(
    mapping: LogMapping,
    rows: Iterable[tuple[int, Cells]],
    state: State,
    reference: Reference,
    past: Callable[[str], bool],
) -> tuple[Change, ...]:
    """The changes that save a cycle for each row of a form that is not in the log yet: see `taken_rows`."""
    return taken_rows(mapping, rows, state, reference, past).changes


def taken_rows(
    mapping: LogMapping,
    rows: Iterable[tuple[int, Cells]],
    state: State,
    reference: Reference,
    past: Callable[[str], bool],
) -> Rows:
    """A cycle for each row that is not in the log yet, and what is still empty in those that are.

    A row is known by its timestamp, its school and its idea; without a timestamp by its school, its idea and its
    number or first day; else by all of it. What a row tells counts as predicted on the first day of the test
    at the latest, a test of which it tells more as begun on that day, and a decision as made on the last one, unless
    it names other days.

    Parameters
    ----------
    mapping
        Complete: see `forms.check_mapping`.
    rows
        Number as the spreadsheet shows it, and the cells by header.
    state, reference
        What the log holds, and what its records may point to.
    past
        Whether the log has ever held a cycle of this id: then the row has been taken before.

    Raises
    ------
    InputError
        With every problem of every row.
    """
    work = _Work(mapping, state, reference, past)
    for number, row in rows:
        if _says_anything(mapping, row):
            try:
                work.take(f"row {number}", row)
            except InputError as error:
                work.problems += [
                    Problem(f"row {number}, {one.place}", one.found, one.expected) for one in error.problems
                ]
    if work.problems:
        raise InputError("the form", tuple(work.problems), NOT_TAKEN, MEND)
    return Rows(tuple(work.changes), work.places)


@dataclass(slots=True)
class _Work:
    mapping: LogMapping
    state: State
    reference: Reference
    past: Callable[[str], bool]
    changes: list[Change] = field(default_factory=list)
    places: dict[tuple[Entity, str], str] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    seen: dict[str, tuple[str, Cells]] = field(default_factory=dict)

    def take(self, place: str, row: Cells) -> None:
        """The changes that one row makes."""
        school = _school(self.mapping, row, self.reference)
        texts = _measured(_texts(self.mapping, row), self.reference)
        record = made_id("cycle", repr(_told(self.mapping, row, school, texts)))
        texts = _completed(texts, _day_of(self.mapping, row), self.reference.today)
        if record in self.seen:
            self._twice(place, row, record)
            return
        self.seen[record] = (place, row)
        held = self.state.get("cycle", record)
        if held is not None:
            self._add(place, [one for one in _filled(self.state, self.reference, held, texts) if self._is_new(one)])
        elif not self.past(record):
            texts |= _before(self.state, school, texts)
            ids = _ids(record.partition("-")[2])
            self._add(place, plan(self.state, self.reference, school, texts, ids, draft=True))

    def _twice(self, place: str, row: Cells, record: str) -> None:
        first, other = self.seen[record]
        if row != other:
            expected = "rows that a timestamp, a number of the cycle or its days tell apart"
            raise ParamsError(
                "the form", (Problem("the same cycle", f"another row than {first}", expected),), NOT_TAKEN
            )

    def _add(self, place: str, changes: Iterable[Change]) -> None:
        made = list(changes)
        self.changes += made
        self.places |= {(one.entity, one.record): place for one in made}
        self.state = with_changes(self.state, made)

    def _is_new(self, change: Change) -> bool:
        held = self.state.get(change.entity, change.record)
        return held is None or held.record != record_of(change.entity, {**change.fields, "id": change.record})


def _says_anything(mapping: LogMapping, row: Cells) -> bool:
    """Whether a row holds more than its school and its time: forms leave rows that are filled in by formulas only."""
    empty = (IGNORE, TIMESTAMP, *WHOSE, "")
    return any(text.strip() and mapping.columns.get(header, "") not in empty for header, text in row.items())


def _told(mapping: LogMapping, row: Cells, school: str, texts: Texts) -> list[object]:
    """What a row is known by."""
    stamp = _cell(mapping, row, TIMESTAMP)
    idea = " ".join(str(texts.get("idea", "")).split()).casefold()
    turn = next((str(texts[name]).strip() for name in TURN if texts.get(name)), "")
    if stamp:
        return [mapping.name, stamp, idea, school]
    return [mapping.name, idea, school, turn] if idea and turn else [mapping.name, *sorted(row.items())]


def _cell(mapping: LogMapping, row: Cells, name: str) -> str:
    """The text of the column that is a field; "" where there is none."""
    return next((text.strip() for header, text in row.items() if mapping.columns.get(header) == name), "")


def _ids(key: str) -> Callable[[Entity], str]:
    counts: dict[str, int] = {}

    def new(entity: Entity) -> str:
        counts[entity] = counts.get(entity, 0) + 1
        end = f"-{counts[entity]}" if counts[entity] > 1 else ""
        return f"{entity.removeprefix('change_')}-{key}{end}"

    return new


def _school(mapping: LogMapping, row: Cells, reference: Reference) -> str:
    """The id of a row's school, which is named by its id, its name, or a word of the mapping."""
    told = next(filter(None, (_cell(mapping, row, name) for name in WHOSE)), "")
    told = told or next((mapping.constants[name] for name in WHOSE if name in mapping.constants), "")
    text = next((mapping.words[name][told] for name in WHOSE if told in mapping.words.get(name, {})), told).strip()
    ids = [one.id for one in reference.schools]
    by_name = {_plain(one.name): one.id for one in reference.schools}
    fits = [one for one in ids if one.lstrip("0") == text.lstrip("0")] if text.isdigit() else []
    if text in ids:
        return text
    if _plain(text) in by_name or len(fits) == 1:
        return by_name.get(_plain(text)) or fits[0]
    expected = nearest(text, [*ids, *(one.name for one in reference.schools)]) if text else "a school"
    raise ParamsError("the form", (Problem("school", repr(text) if text else "nothing", expected),), NOT_TAKEN)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _texts(mapping: LogMapping, row: Cells) -> Texts:
    """What a row says, by field; words of the form in those of the log, days as 2026-01-12."""
    gathered: dict[str, list[str]] = {}
    for header, wanted in mapping.columns.items():
        text = row.get(header, "")
        if wanted and wanted not in (IGNORE, TIMESTAMP, *WHOSE) and text.strip():
            meaning = mapping.words.get(wanted, {}).get(text.strip(), text)
            gathered.setdefault(wanted, []).append(_day(meaning, mapping) if wanted in dated() else meaning)
    several = gathered if len(gathered.get("prediction", ())) > 1 else {}
    found: Texts = {name: text for name, text in mapping.constants.items() if name not in WHOSE}
    found |= {name: "\n".join(texts) for name, texts in gathered.items() if not (several and name == "because")}
    if several:
        whys = [*several.get("because", ()), *("" for _ in several["prediction"])]
        made = [_prediction(text, why) for text, why in zip(several["prediction"], whys, strict=False)]
        found = {name: text for name, text in found.items() if name != "prediction"} | {"predictions": made}
    return found


def _measured(texts: Texts, reference: Reference) -> Texts:
    """A measure in one column and words in another, both of which say how to know, each in its own field."""
    lines = str(texts.get("how", "")).split("\n")
    names = {_plain(text) for one in reference.measures for text in (one.id, one.name)}
    measures = [line.strip() for line in lines if _plain(line) in names]
    words = "\n".join(line for line in lines if _plain(line) not in names)
    if not measures or not words.strip():
        return texts
    kept = {name: text for name, text in texts.items() if name != "how"}
    return {"measure_ids": measures, "data_plan_detail": words, **kept}


def _prediction(text: str, why: str) -> dict[str, str]:
    """A prediction beside others: what will happen, and why."""
    parts = BECAUSE.match(text)
    if parts is None or why:
        return {"question": text, "because": why}
    return {"question": parts["what"].strip(), "because": parts["why"].strip()}


def _day(text: str, mapping: LogMapping) -> str:
    """Days as 2026-01-12, without the time of day that a spreadsheet keeps with them."""
    return re.sub(r"([0-9]{4}-[0-9]{2}-[0-9]{2})T[0-9:.]+", r"\1", dashed(text.strip(), mapping.dates))


def _day_of(mapping: LogMapping, row: Cells) -> str:
    """The day of a row's timestamp; "" where there is none."""
    match = re.match(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", dashed(_cell(mapping, row, TIMESTAMP), mapping.dates))
    return match.group() if match else ""


def _completed(texts: Texts, sent: str, today: date) -> Texts:
    """What a row says, with the days that follow from it: a test of which anything is told has begun."""
    planned = str(texts.get("start") or texts.get("when", ""))[:10]
    told = any(str(texts.get(name, "")).strip() for name in (*DO, *STUDY, *ACT, *RESULTS))
    if told and not texts.get("actual_start") and planned and planned <= today.isoformat():
        texts["actual_start"] = planned
    begun = str(texts.get("actual_start", ""))
    first = begun or (planned if planned <= today.isoformat() else "")
    ended = str(texts.get("actual_end") or texts.get("planned_end", ""))
    if texts.get("decision") and begun <= ended <= today.isoformat():
        texts.setdefault("decided_on", ended)
    made = min(filter(None, (sent, first)), default="")
    if made:
        for one in (texts, *_mappings(texts.get("predictions"))):
            one.setdefault("made_on", made)
    return {name: value for name, value in texts.items() if name != "made_on" or _predicts(texts)}


def _mappings(value: object) -> list[Texts]:
    return value if isinstance(value, list) else []


def _predicts(texts: Texts) -> bool:
    return any(name in texts for name in ("prediction", "question"))


def _before(state: State, school: str, texts: Texts) -> Texts:
    """The cycle before one that has a number: of the same idea at the same school, with the number before it."""
    number = str(texts.get("cycle_no", "")).strip()
    if not number.isdigit() or int(number) < 2 or texts.get("parent_cycle_id"):
        return {}
    ideas = {one.id for one in found(seen_by(state, school), "change_idea", str(texts.get("idea", "")), begun=False)}
    own = [one for one in state.cycles if one.school_id == school and one.change_idea_id in ideas]
    earlier = [one.id for one in own if one.cycle_no == int(number) - 1]
    return {"parent_cycle_id": earlier[-1]} if earlier else {}


def _filled(state: State, reference: Reference, held: Held, texts: Texts) -> tuple[Change, ...]:
    """What a row says that is still empty in the cycle that was made of it; nothing that stands there is changed."""
    there = fields_of(held)
    instead = {"when": "start", "how": "measure_ids", "who": "tasks"}
    made = state.predictions(held.id)
    fresh = {
        name: value
        for name, value in texts.items()
        if name not in there and instead.get(name) not in there and name not in ("idea", "cycle_no", *RESULTS)
    }
    if "data_plan_detail" in there:
        fresh.pop("how", None)
    if made:
        fresh = {name: value for name, value in fresh.items() if name not in ("prediction", "predictions", *PREDICTED)}
    if isinstance(held.record, Cycle) and held.record.actual_start and not made:
        fresh = {name: value for name, value in fresh.items() if name not in ("prediction", "predictions", *PREDICTED)}
    ids = _ids(held.id.partition("-")[2])
    changes = plan(state, reference, held.school, {**fresh, "cycle": held.id}, ids, draft=True) if fresh else ()
    result = {name: texts[name] for name in RESULTS if name in texts}
    if len(made) == 1 and result:
        own = state.get("prediction", made[0].id)
        empty = {name: value for name, value in result.items() if own and name not in fields_of(own)}
        changes += edit("prediction", made[0].id, empty, state=state, reference=reference) if empty else ()
    return changes


__all__ = ["Rows", "changes_of_forms", "taken_rows"]
