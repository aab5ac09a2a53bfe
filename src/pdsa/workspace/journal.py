"""What the improvement log says on a page, as its reader may see it: tested, learned, what comes next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from pdsa.chart import Chart
from pdsa.figures.windows import Window, windows_of
from pdsa.inquiry import State
from pdsa.narrate import Finding, Findings
from pdsa.narrate.tested import MOST, learned, next_steps, tested
from pdsa.records import Annotation
from pdsa.records.inquiry import Cycle, LogAnnotation, Prediction
from pdsa.terms import NETWORK_WIDE, OUTCOME_WORDS, SCALE_WORDS, Outcome
from pdsa.workspace.dossier import Dossier

NOTHING_SHARED = "The team has shared nothing of its improvement log with this page"
ARCHIVE, ARCHIVE_ROWS = "archive.html", "archive.json"


@dataclass(frozen=True, slots=True, eq=False)
class Journal:
    """The log of a dossier beside its charts: what report notebooks ask for what people tried and learned."""

    dossier: Dossier
    charts: tuple[Chart, ...]

    @property
    def log(self) -> State:
        """What the reader may see."""
        return self.dossier.log

    @property
    def today(self) -> date:
        """The day up to which the report counts: the run's own, or the last day with data; never the clock."""
        header = self.dossier.header
        return header.as_of or date.fromisoformat(self.dossier.through or "2000-01-01")

    @property
    def is_empty(self) -> bool:
        """Whether nothing of the log is shown to this reader."""
        return not has_log(self.log, self.dossier.header.school)

    def sections(self, most: int = MOST) -> tuple[tuple[str, Findings], ...]:
        """For a school's page: what was tested, what was learned, what comes next; one line where nothing is shown.

        Parameters
        ----------
        most
            So many cycles, lessons and asks are told; the others are counted.
        """
        school = self.dossier.header.school
        if self.is_empty:
            why = "No cycle has been planned yet" if self.dossier.header.audience == "team" else NOTHING_SHARED
            return (("", Findings((Finding(f"{why}: what was tested, learned and asked would stand here."),))),)
        return (
            ("What we tested", tested(self.log, school, self.outcomes, most=most)),
            ("What we learned", learned(self.log, school, most=most)),
            ("Next test, and asks", next_steps(self.log, school, self.today, most=most)),
        )

    @property
    def windows(self) -> dict[str, tuple[Window, ...]]:
        """By measure the cycles of the page's school, as its chart carries them."""
        school = self.dossier.header.school
        measures = [measure.id for measure in self.dossier.header.measures]
        return {one: windows_of(self.log, school, one, self.outcomes) for one in measures} if school else {}

    @property
    def outcomes(self) -> Mapping[str, Outcome]:
        """What became of each prediction: what the chart says, or the team where no chart can tell."""
        return {one.id: one.outcome for one in self.log.records(Prediction) if one.outcome}


def journal(dossier: Dossier, charts: tuple[Chart, ...]) -> Journal:
    """What the improvement log says on the page of a dossier, beside its charts."""
    return Journal(dossier, charts)


def has_log(log: State, school: str = "") -> bool:
    """Whether the log holds anything of a school, or of any school where none is named."""
    owners = {one.school for one in log.held.values() if one.entity not in NETWORK_WIDE}
    return school in owners if school else bool(owners - {""})


def remarks_of(log: State) -> tuple[Annotation, ...]:
    """The dated remarks of a log, as charts carry them."""
    return tuple(
        Annotation(one.date, one.label, one.kind, one.school_id, one.measure_id) for one in log.records(LogAnnotation)
    )


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
