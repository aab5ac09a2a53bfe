"""Who wrote what into the log of the synthetic network on which day: its texts (`log/*.yaml`) as edits of records."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

import yaml

from pdsa.example.draw import school_id
from pdsa.example.plan import CLOSURES, DISTRICTS, SCHOOLS
from pdsa.inquiry.release import ACT, DO, STUDY
from pdsa.terms import Entity, Visibility

__all__ = ["Edit", "Fields", "edits", "planted", "record_id"]

Fields = dict[str, object]
Texts = Mapping[str, Any]
# The loader in C, where there is one, is ten times faster.
SAFE = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
LETTERS = "23456789bcdfghjkmnpqrstvwxz"  # of ids, as the log makes them
BEGUN = date(2024, 9, 19)
NETWORK, HUB = "", "hub"
RESULTS = ("result_value", "result_text", "outcome")
# What only this package reads of a cycle's texts.
OWN = ("planted", "predictions", "plan_day", "author")
# What becomes of the measures of adopted ideas: held, if nothing else is said of a school.
HELD = ("gain_holds", "adopted, and its measures stay where they were")
GAINS = {
    14: ("gain_too_early", "adopted in April: too few weeks since then to say whether it holds"),
    21: ("gain_slips", "adopted, and back where it was since the advisory lead left"),
}


class Edit(NamedTuple):
    """What somebody wrote on a day: these fields of a record, which keeps its others, or who may see it from then."""

    day: date
    author: str
    school: str
    entity: Entity
    record: str
    fields: Fields
    share: Visibility | None = None


class Turn(NamedTuple):
    """A cycle with what stands around it: its ramp, its number on it, its texts, how many schools exist."""

    ramp: Texts
    number: int
    told: Texts
    schools: int

    @property
    def position(self) -> int:
        """The school's position in `plan.SCHOOLS`."""
        return int(self.ramp["school"])

    @property
    def school(self) -> str:
        """The school's id."""
        return school_id(self.position)

    @property
    def id(self) -> str:
        """The cycle's id."""
        return cycle_id(self.position, self.idea, self.number)

    @property
    def idea(self) -> str:
        """The idea's id, or that of the school's own idea."""
        name = str(self.ramp["idea"])
        return record_id("change_idea", self.position, self.ramp["own"]["title"]) if name == "own" else name

    @property
    def author(self) -> str:
        """Who writes it."""
        return str(self.told.get("author", self.ramp.get("author", "lead-{school}"))).format(school=self.school)

    @property
    def planned_on(self) -> date:
        """The day on which the plan is written: the Friday before, if nothing else is said."""
        start: date = self.told["start"]
        return self.told.get("plan_day", start - timedelta(days=3))  # type: ignore[no-any-return]


def record_id(entity: Entity, *key: object) -> str:
    """An id as the log makes them, the same for the same key: entity and five letters that say nothing of a school."""
    number = int.from_bytes(hashlib.sha256(repr((entity, *map(str, key))).encode()).digest()[:8], "big")
    letters = ""
    for _ in range(5):
        number, letter = divmod(number, len(LETTERS))
        letters += LETTERS[letter]
    return f"{entity.removeprefix('change_')}-{letters}"


def cycle_id(position: int, idea: str, number: int) -> str:
    """The id of a cycle by its school's position, its idea and its number on the ramp."""
    return record_id("cycle", position, idea, number)


def edits(schools: int) -> list[Edit]:
    """Every edit of the log, school by school and day by day, those of the network first.

    Parameters
    ----------
    schools
        How many schools the example has; those beyond the 24th have nothing in the log.
    """
    count = min(schools, len(SCHOOLS))
    found = [*_people(count), *_theory(), *_voices(count)]
    for turn in _turns(count):
        found += _cycle(turn)
    numbered = enumerate(found)
    return [one for _, one in sorted(numbered, key=lambda pair: (pair[1].school, pair[1].day, pair[0]))]


def planted(schools: int) -> Iterator[tuple[str, str, str, str]]:
    """Yield cycle, school, what is planted and a note, for everything that was planted in the log."""
    for turn in _turns(min(schools, len(SCHOOLS))):
        if "planted" in turn.told:
            yield turn.id, turn.school, turn.told["planted"], NOTES[turn.told["planted"]]
        if turn.told.get("decision") == "adopt":
            yield turn.id, turn.school, *GAINS.get(turn.position, HELD)


NOTES = {
    "no_theory": "the idea stands under no driver",
    "no_criteria": "a class, and the only prediction is one of liking, without a measure",
    "data_plan": "three days, for numbers that come once a week",
    "not_as_planned": "not carried out as planned, and nothing says what was different",
    "data_gaps": "one of four weeks was reported",
    "no_surprises": "nothing is said about what was not expected",
    "no_study": "decided without a result",
    "learning_untold": "closed without its learning",
    "not_abandoned": "three predictions did not hold, and the decision is to adapt again",
    "not_iterative": "adopted after a single cycle",
    "not_small": "the first cycle is tried on the whole school",
    "no_data_over_time": "one survey before and one after",
    "theory_unrevised": "three predictions under its driver did not hold, and the theory above it is a year old",
}


@cache
def _text(name: str) -> Any:
    """What one of the packaged files says; shared by all callers, so never written into."""
    text = files("pdsa.example").joinpath("log", f"{name}.yaml").read_text(encoding="utf-8")
    return yaml.load(text, Loader=SAFE)  # noqa: S506 (both are the safe one)


def plain(value: object) -> Any:
    """A value as the log holds it: dates as text."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list) else value


def _without(told: Texts, *names: str) -> Fields:
    return {name: plain(value) for name, value in told.items() if name not in names}


def _of(schools: int, rows: Iterable[Texts]) -> Iterator[Texts]:
    """Those rows whose school exists."""
    return (row for row in rows if row["school"] < schools)


def _people(schools: int) -> Iterator[Edit]:
    """Hub, coaches and district leaders, then a team's improvement lead for each school."""
    for row in _text("theory")["people"]:
        if row.get("school", 0) < schools:
            ids = [school_id(one) for one in _schools_of(row, schools)]
            own: Fields = {"schools": ids} if ids else {}
            name = str(row["id"]).format(school=school_id(row.get("school", 0)))
            yield Edit(BEGUN, HUB, NETWORK, "person", name, {**_without(row, "id", "school", "district"), **own})
    for school in range(schools):
        name = school_id(school)
        own = {"name": "Improvement lead", "role": "team", "schools": [name]}
        yield Edit(BEGUN, HUB, NETWORK, "person", f"lead-{name}", own)


def _schools_of(row: Texts, schools: int) -> list[int]:
    if "district" in row:
        return [school for school in range(schools) if school % len(DISTRICTS) == row["district"]]
    return [row["school"]] if "school" in row else []


def _theory() -> Iterator[Edit]:
    """Aim, drivers and causes in their versions, and the network's change ideas, which everybody may read."""
    theory = _text("theory")
    for row in theory["aim"]:
        yield Edit(row["day"], HUB, NETWORK, "aim", "aim-on-track", _without(row, "day"))
    for row in theory["drivers"]:
        level = {"aim_id": "aim-on-track", "level": "secondary" if "parent_id" in row else "primary"}
        fields = {**level, **_without(row, "id", "versions")}
        for version in row["versions"]:
            yield Edit(version["day"], HUB, NETWORK, "driver", row["id"], {**fields, "text": version["text"]})
    for row in theory["causes"]:
        yield Edit(BEGUN, HUB, NETWORK, "cause", record_id("cause", row["cause"]), _without(row))
    for row in theory["ideas"]:
        yield Edit(BEGUN, HUB, NETWORK, "change_idea", row["id"], _without(row, "id"), "district")


def _turns(schools: int) -> Iterator[Turn]:
    """The cycles of the schools that exist, ramp by ramp."""
    for ramp in _of(schools, (*_text("gained"), *_text("learned"))):
        for number, told in enumerate(ramp["cycles"], start=1):
            yield Turn(ramp, number, {**ramp["common"], **told}, schools)


def _cycle(turn: Turn) -> Iterator[Edit]:
    """Plan, do and study, act, and the day on which the team shares it; its predictions go along."""
    fields, told = _fields(turn), turn.told
    if turn.number == 1 and "own" in turn.ramp:
        own = {**turn.ramp["own"], "owner": turn.author}
        yield Edit(turn.planned_on, turn.author, turn.school, "change_idea", turn.idea, own, turn.ramp["share"])
    yield _edit(turn, turn.planned_on, _only(fields, _plan_names(fields)))
    yield from _predicted(turn)
    if "studied_on" in fields:
        yield _edit(turn, fields["studied_on"], _only(fields, (*DO, *STUDY)))
        yield from _resulted(turn, fields["studied_on"])
        yield _edit(turn, fields["decided_on"], _only(fields, ACT))
    elif "actual_start" in told:
        days = 14 if "observations" in told else 0
        yield _edit(turn, told["actual_start"] + timedelta(days=days), _only(fields, DO))
    yield from _shared(turn, fields.get("decided_on", told.get("actual_start", turn.planned_on)))


def _edit(turn: Turn, day: Any, fields: Fields) -> Edit:
    return Edit(day, turn.author, turn.school, "cycle", turn.id, {name: plain(one) for name, one in fields.items()})


def _only(fields: Fields, names: Iterable[str]) -> Fields:
    return {name: fields[name] for name in names if fields.get(name) is not None}


def _plan_names(fields: Fields) -> list[str]:
    return [name for name in fields if name not in (*DO, *STUDY, *ACT)]


def _fields(turn: Turn) -> Fields:
    """All fields of a cycle as it stands in the end."""
    own: Fields = {name: value for name, value in turn.told.items() if name not in OWN}
    if turn.number > 1:
        own["parent_cycle_id"] = cycle_id(turn.position, turn.idea, turn.number - 1)
    if "spread_to" in own:
        own["spread_to"] = [school_id(one) for one in turn.told["spread_to"] if one < turn.schools]
    own |= {"school_id": turn.school, "change_idea_id": turn.idea, "cycle_no": turn.number}
    return {**_usual(turn), **own} if "decision" in own else own


def _usual(turn: Turn) -> Fields:
    """What a closed cycle has where its texts say nothing else."""
    start, end = turn.told["start"], turn.told["planned_end"]
    studied = _open_monday(end)
    return {
        "actual_start": start,
        "actual_end": end,
        "carried_out_as_planned": "yes",
        "matched": _matched([one.get("outcome") for one in turn.told["predictions"]]),
        "studied_on": studied,
        "decided_on": studied + timedelta(days=1),
    }


def _open_monday(day: date) -> date:
    """The first Monday after a day on which schools are open."""
    found = day + timedelta(days=7 - day.weekday())
    closed = [(date.fromisoformat(start), date.fromisoformat(end)) for start, end, _ in CLOSURES]
    while any(start <= found <= end for start, end in closed):
        found += timedelta(days=7)
    return found


def _matched(outcomes: list[str | None]) -> str:
    """What came of all predictions together: the one outcome, or in part where they differ."""
    known = set(outcomes)
    return str(known.pop()) if len(known) == 1 else "partly"


def _predicted(turn: Turn) -> Iterator[Edit]:
    """The predictions of the plan; those of a cycle that is shared on the same day are shared at once."""
    open_now = "actual_start" not in turn.told and "decision" not in turn.told
    share = turn.ramp["share"] if open_now and turn.ramp["share"] != "team" else None
    for number, told in enumerate(turn.told["predictions"]):
        made = {"cycle_id": turn.id, "made_on": plain(turn.planned_on)}
        yield _prediction(turn, number, turn.planned_on, {**made, **_without(told, *RESULTS)})._replace(share=share)


def _resulted(turn: Turn, day: Any) -> Iterator[Edit]:
    for number, told in enumerate(turn.told["predictions"]):
        if found := _only(dict(told), RESULTS):
            yield _prediction(turn, number, day, found)


def _prediction(turn: Turn, number: int, day: date, fields: Fields) -> Edit:
    return Edit(day, turn.author, turn.school, "prediction", record_id("prediction", turn.id, number), fields)


def _shared(turn: Turn, day: Any) -> Iterator[Edit]:
    """From a day on those see a cycle whom the team shares it with; the log shares its predictions along with it."""
    if (share := turn.ramp["share"]) != "team":
        yield _edit(turn, day, {})._replace(share=share)


def _voices(schools: int) -> Iterator[Edit]:
    """What teams heard, concluded, asked, rated and marked; and what coaches looked at."""
    voices = _text("voices")
    for row in _of(schools, voices["annotations"]):
        yield _voice("annotation", row, row["date"], {**_named(row), "date": row["date"]})
    for row in _of(schools, voices["phases"]):
        yield _voice("phase", row, row["day"], {**_named(row), "evidence_cycle_id": _cycle_of(row, row["cycle"])})
    for row in _of(schools, voices["interviews"]):
        yield _voice("interview", row, row["date"], {**_named(row), "date": row["date"]})
    for row in _of(schools, voices["insights"]):
        cycles = [_cycle_of(row, one) for one in row["cycles"]]
        yield _voice("insight", row, row["day"], {**_named(row), "cycle_ids": cycles, "on": row["day"]})
    for row in _of(schools, voices["progress"]):
        yield _voice("progress", row, row["day"], {**_named(row), "on": row["day"]})
    for row in _of(schools, voices["asks"]):
        yield from _asked(row)
    for row in _of(schools, voices["reviewed"]):
        record, coach = _cycle_of(row, row["cycle"]), _coach(row["school"])
        yield Edit(row["day"], coach, school_id(row["school"]), "cycle", record, {"coach_reviewed": plain(row["day"])})


def _named(row: Texts) -> Fields:
    own = ("school", "share", "day", "date", "cycle", "cycles", "by", "response", "responded_on")
    return {**_without(row, *own), "school_id": school_id(row["school"])}


def _voice(entity: Entity, row: Texts, day: date, fields: Fields) -> Edit:
    school = school_id(row["school"])
    record = record_id(entity, row["school"], *sorted(map(str, fields.values())))
    share = None if row["share"] == "team" else row["share"]
    told = {name: plain(one) for name, one in fields.items()}
    return Edit(day, _lead(row["school"], day), school, entity, record, told, share)


def _asked(row: Texts) -> Iterator[Edit]:
    cycle = {"cycle_id": _cycle_of(row, row["cycle"])} if "cycle" in row else {}
    asked = _voice("ask", row, row["raised_on"], {**_named(row), **cycle})
    yield asked
    if "response" in row:
        who = _coach(row["school"]) if row["by"] == "coach" else row["by"]
        answer = _only(dict(row), ("response", "responded_on"))
        yield asked._replace(day=row["responded_on"], author=who, fields=plain(answer), share=None)


def _cycle_of(row: Texts, name: str) -> str:
    idea, number = name.split()
    return cycle_id(row["school"], idea, int(number))


def _lead(school: int, day: date) -> str:
    """Who writes for a school on a day: another person at the school whose advisory lead left."""
    gone = next(row for row in _text("theory")["people"] if "until" in row)
    before = gone["school"] == school and day <= gone["until"]
    return f"{'advisory' if before else 'lead'}-{school_id(school)}"


def _coach(school: int) -> str:
    return f"coach-{school % len(DISTRICTS) + 1}"
