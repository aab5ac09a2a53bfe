"""A small improvement log beside the example network: one ramp at 0107, with planted strings for each visibility."""

from __future__ import annotations

from pathlib import Path

from pdsa.inquiry import Change
from pdsa.log import open_log
from pdsa.terms import VISIBILITIES, Entity, Visibility

SCHOOL, OTHER = "0107", "0114"
# A string in records of each visibility; what is in no page of a reader who may not see it.
PLANTED: dict[Visibility, str] = {level: f"planted-{level}-Zq7" for level in VISIBILITIES}
HOSTILE = 'It costs $5 (10%) <img src=x onerror=alert(1)> =HYPERLINK("x") \u202eאבג\u202c \U0001f600'


def cycle(number: int, visibility: Visibility, **more: object) -> Change:
    """A closed cycle of the ramp."""
    fields: dict[str, object] = {
        "school_id": SCHOOL,
        "change_idea_id": "idea-a",
        "cycle_no": number,
        "scale": "class",
        "actual_start": f"2025-10-{5 + number:02d}",
        "actual_end": f"2025-10-{15 + number:02d}",
        "measure_ids": ["attendance"],
        "learning": f"learned {PLANTED[visibility]}",
        "studied_on": f"2025-10-{16 + number:02d}",
        "decision": "adapt",
        "decided_on": f"2025-10-{16 + number:02d}",
        **more,
    }
    return Change("cycle", f"cycle-{number}", SCHOOL, fields, visibility=visibility)


def prediction(number: int, visibility: Visibility) -> Change:
    """What was predicted of that cycle."""
    fields: dict[str, object] = {
        "cycle_id": f"cycle-{number}",
        "question": f"Attendance rises {PLANTED[visibility]}",
        "because": "somebody waits for them",
        "type": "range",
        "low": 80,
        "high": 90,
        "measure_id": "attendance",
    }
    return Change("prediction", f"prediction-{number}", SCHOOL, fields, visibility=visibility)


def ask(visibility: Visibility) -> Change:
    """An open ask."""
    fields: dict[str, object] = {"text": f"A printer {PLANTED[visibility]}", "to": "district", "school_id": SCHOOL}
    return Change("ask", f"ask-{visibility}", SCHOOL, {**fields, "raised_on": "2026-04-01"}, visibility=visibility)


def changes() -> list[Change]:
    """The whole log: theory, one idea, a cycle with prediction, insight and ask for each visibility, a phase."""
    idea = {"title": f"Check-in {HOSTILE}", "driver_id": "driver-a"}
    found = [
        Change("driver", "driver-a", "", {"text": "Every student has an adult", "measure_ids": ["attendance"]}),
        Change("change_idea", "idea-a", SCHOOL, idea, visibility="public"),
    ]
    for number, level in enumerate(VISIBILITIES, 1):
        insight = {"text": f"insight {PLANTED[level]}", "school_id": SCHOOL, "on": "2025-12-01"}
        found += [
            cycle(number, level),
            prediction(number, level),
            ask(level),
            Change("insight", f"insight-{level}", SCHOOL, insight, visibility=level),
        ]
    phase = {
        "measure_id": "attendance",
        "school_id": SCHOOL,
        "start": "2025-10-13",
        "reason": "every class has it since",
        "evidence_cycle_id": "cycle-5",
    }
    return [*found, Change("phase", "phase-a", SCHOOL, phase, visibility="public")]


def write_log(folder: Path) -> Path:
    """The log, in the file that a workspace keeps it in."""
    path = folder / "pdsa.sqlite"
    with open_log(path, author="ana") as log:
        log.apply(changes())
    return path


def add(folder: Path, entity: Entity, record: str, fields: dict[str, object], visibility: Visibility = "team") -> None:
    """One more record of the school."""
    with open_log(folder / "pdsa.sqlite", author="ana") as log:
        log.apply([Change(entity, record, SCHOOL, fields, visibility=visibility)])
