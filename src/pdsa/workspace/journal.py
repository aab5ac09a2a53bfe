"""What the improvement log says on a page, as its reader may see it: tested, learned, what comes next."""

from __future__ import annotations

from datetime import date

from pdsa.inquiry import State
from pdsa.records.inquiry import Cycle
from pdsa.terms import NETWORK_WIDE, OUTCOME_WORDS, SCALE_WORDS
from pdsa.workspace.dossier import Dossier

ARCHIVE, ARCHIVE_ROWS = "archive.html", "archive.json"


def has_log(log: State, school: str = "") -> bool:
    """Whether the log holds anything of a school, or of any school where none is named."""
    owners = {one.school for one in log.held.values() if one.entity not in NETWORK_WIDE}
    return school in owners if school else bool(owners - {""})


def archive_rows(dossier: Dossier) -> list[dict[str, object]]:
    """A row for each cycle that the dossier's reader may see, latest first, as the archive page lists them."""
    log = dossier.log
    cycles = sorted(log.cycles, key=lambda one: (one.began or date.min, one.id), reverse=True)
    return [_archive_row(dossier, cycle) for cycle in cycles]


def _archive_row(dossier: Dossier, cycle: Cycle) -> dict[str, object]:
    log = dossier.log
    idea = log.ideas.get(cycle.change_idea_id)
    predictions = log.predictions(cycle.id)
    return {
        "id": cycle.id,
        "idea": idea.title if idea else "",
        "school": dossier.names.get(cycle.school_id, cycle.school_id),
        "school_id": cycle.school_id,
        "title": cycle.title,
        "scale": SCALE_WORDS[cycle.scale],
        "start": str(cycle.began or ""),
        "end": str(cycle.actual_end or cycle.planned_end or ""),
        "decision": cycle.decision or cycle.status,
        "prediction": "; ".join(one.question for one in predictions),
        "outcome": "; ".join(OUTCOME_WORDS[one.outcome] for one in predictions if one.outcome),
        "learning": cycle.learning,
        "next": cycle.next_test,
    }
