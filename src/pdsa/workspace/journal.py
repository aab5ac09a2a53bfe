"""What the improvement log says on a page, as its reader may see it: tested, learned, what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

from pdsa.chart import Chart
from pdsa.cycles import (
    Cadence,
    Evidence,
    Matrix,
    PlanQuestion,
    Ramp,
    Result,
    Tree,
    Watch,
    all_questions,
    cadence,
    calibrate,
    hold_the_gain,
    matrix,
    over_time,
    progress_of,
    quality_of,
    ramps,
    results,
    tree,
)
from pdsa.figures import Figure, Window, archive_links, fishbone, predictions_chart, windows_of
from pdsa.figures.svg import escape
from pdsa.inquiry import State
from pdsa.narrate import Finding, Findings, verdict_of
from pdsa.narrate.cycles import (
    cadence_words,
    calibration_words,
    quality_words,
    questions_words,
    results_words,
    standing_words,
    watches_words,
)
from pdsa.narrate.judged import judged_words
from pdsa.narrate.tested import MOST, ask_line, learned, next_steps, open_asks, tested
from pdsa.records import Annotation
from pdsa.records.inquiry import Aim, Cause, Cycle, LogAnnotation
from pdsa.terms import NETWORK_WIDE, OUTCOME_WORDS, SCALE_WORDS, Audience, Outcome
from pdsa.workspace.dossier import Dossier

NOTHING_SHARED = "The team has shared nothing of its improvement log with this page"
ARCHIVED: tuple[Audience, ...] = ("coach", "district", "network")
ARCHIVE, ARCHIVE_ROWS = "archive.html", "archive.json"


@dataclass(frozen=True, eq=False)
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

    def facts(self) -> Findings:
        """Under the title of the log's page: what stands on every page, and the day up to which days are counted."""
        shown, header = self.dossier.facts(), self.dossier.header
        as_of = f"As of {self.today}: days are counted up to then."
        return Findings((*shown.items, *((Finding(as_of),) if header.as_of or self.dossier.through else ())))

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
    def more(self) -> tuple[str, str]:
        """Where the reader of this page finds all of the log, and the words of the link; "" for nowhere."""
        header = self.dossier.header
        if header.audience == "team":
            return ("" if self.is_empty else "log.html", "The whole improvement log of our school")
        there = self.log.cycles if header.audience in ARCHIVED else ()
        return (f"{'../' if header.school else ''}{ARCHIVE}" if there else "", "Past cycles of the network")

    def network_asks(self) -> tuple[tuple[str, Findings], ...]:
        """What schools ask, the oldest first; the heading is "" where nothing is shown."""
        asked = [(one, school) for school in self.schools for one in open_asks(self.log, (school,))]
        asked.sort(key=lambda pair: (pair[0].raised_on or self.today, pair[0].id))
        alone = bool(self.dossier.header.school)
        told = [ask_line(one, self.today, "" if alone else self.dossier.names[school]) for one, school in asked]
        return (("What we ask" if alone else "What schools ask", Findings(tuple(told))),)

    @property
    def windows(self) -> dict[str, tuple[Window, ...]]:
        """By measure the cycles of the page's school, as its chart carries them."""
        school = self.dossier.header.school
        measures = [measure.id for measure in self.dossier.header.measures]
        return {one: windows_of(self.log, school, one, self.outcomes) for one in measures} if school else {}

    @cached_property
    def evidence(self) -> Evidence:
        """What the log is judged by: the charts of this page, the calendar, and the day up to which one counts."""
        charts = {chart.measure.id: chart for chart in self.charts if chart.measure}
        header = self.dossier.header
        return Evidence(charts, header.network.calendar, self.today, header.measures)

    @cached_property
    def results(self) -> tuple[Result, ...]:
        """Every prediction beside what came of it."""
        return results(self.log, self.evidence)

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """What became of each prediction: what the chart says, or the team where no chart can tell."""
        return {one.prediction.id: one.told for one in self.results}

    @property
    def schools(self) -> tuple[str, ...]:
        """The schools whose log this page speaks of, by name."""
        names = self.dossier.names
        return tuple(sorted((one for one in names if has_log(self.log, one)), key=lambda one: (names[one], one)))

    @property
    def ramps(self) -> tuple[Ramp, ...]:
        """The ramps of these schools."""
        return tuple(one for school in self.schools for one in ramps(self.log) if one.school == school)

    @property
    def titles(self) -> dict[str, str]:
        """What change ideas are called, by id."""
        return {one.id: one.title for one in self.log.ideas.values()}

    @cached_property
    def cadence(self) -> Cadence:
        """How many cycles were begun and decided week by week, and which wait."""
        return cadence(self.log, self.schools, self.today, self.dossier.header.network.calendar)

    def waiting(self) -> tuple[tuple[str, Findings], ...]:
        """How many cycles were begun and decided, which are past their planned end, which nobody touched; and asks."""
        names = None if self.dossier.header.school else self.dossier.names
        return (("Cadence, and what waits", cadence_words(self.cadence, self.log, names)), *self.network_asks())

    def turned_out(self) -> Figure:
        """How a team's predictions turned out over time, and the rule; on pages of several schools the rule alone.

        None of them is compared with another.
        """
        rule = judged_words(self.results)
        told = f'<p class="pdsa-note">{escape(rule)}</p>' if rule else ""
        if not self.dossier.header.school or not self.results:
            return Figure(told, rule)
        drawn = predictions_chart(self.results, over_time(self.results))
        return Figure(f"<h2>Our predictions over time</h2>{drawn.html}{told}", f"{drawn.text}\n{rule}".rstrip())

    def fishbone(self) -> Figure:
        """The causes behind the problem, with the drivers that take them up; nothing where none is written down."""
        causes = self.log.records(Cause)
        texts = {one.id: one.text for one in self.log.drivers.values()}
        problem = "What keeps us from our aim" if self.log.records(Aim) else ""
        return fishbone(causes, problem=problem, drivers=texts) if causes else Figure("", "")

    @property
    def links(self) -> dict[tuple[str, str], str]:
        """Where the page of past cycles tells of an idea at a school; none where there is no such page."""
        return archive_links(self.log, ARCHIVE) if self.more[0] == ARCHIVE else {}

    def chapters(self) -> tuple[tuple[str, tuple[tuple[str, Findings], ...]], ...]:
        """For each school what a team and its own coach look at: predictions, plan questions, quality, progress, gains.

        The name of the school comes first, "" where the page is of one school.
        """
        alone = bool(self.dossier.header.school)
        return tuple(("" if alone else self.dossier.names[one], self._judged(one)) for one in self.schools)

    def _judged(self, school: str) -> tuple[tuple[str, Findings], ...]:
        evidence, own = self.evidence, tuple(one for one in self.results if one.school == school)
        closed = [one for one in self.log.cycles if one.school_id == school and one.decision]
        run = quality_words(quality_of(closed, self.log, evidence)) if closed else Findings(())
        questions = [one for one in self._questions if one.school == school]
        watches = [one for one in self._watches if one.school == school]
        standing = progress_of(self.log, school, evidence)
        return (
            ("How our predictions turned out", calibration_words(calibrate(own)) if own else Findings(())),
            ("Prediction by prediction", results_words(own, evidence)),
            ("Plan questions", questions_words(questions, self.log)),
            ("How the cycles that are decided were run", run),
            ("Self-rated, and evidence on file", standing_words(standing, evidence.by_id.get(standing.measure))),
            ("Gains to hold", watches_words(watches, evidence, self.titles)),
        )

    @cached_property
    def _questions(self) -> tuple[PlanQuestion, ...]:
        return all_questions(self.log, self.evidence)

    @cached_property
    def _watches(self) -> tuple[Watch, ...]:
        return hold_the_gain(self.log, self.evidence)

    def theory(self, charts: tuple[Chart, ...]) -> Tree:
        """The driver diagram: each node with the verdict of its measures, its cycles and its gaps.

        Parameters
        ----------
        charts
            One series each: of the page's school, or of the whole network.
        """
        known = [(one.measure.id, one) for one in charts if one.measure and len(one.summary) == 1]
        whole = self.dossier.header.audience == "team"  # others see what teams have shared with them
        return tree(self.log, {name: verdict_of(one) for name, one in known}, whole=whole)

    @property
    def spread(self) -> Matrix:
        """Which school tried which idea, and what came of it."""
        return matrix(self.log, sorted(self.dossier.names))


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
