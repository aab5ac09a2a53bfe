"""What one report is made from: a released panel, the specs and the names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import reduce

import numpy as np
import pandas as pd

from pdsa.chart import Chart, analyze_panel
from pdsa.inquiry import State
from pdsa.narrate import (
    Finding,
    Findings,
    assurance_word,
    chance_words,
    definition,
    format_period,
    noun_of,
    plural,
    settings,
    verdict_of,
)
from pdsa.network import Chance, chance
from pdsa.privacy import Release
from pdsa.publish import csv_text, slug
from pdsa.records import Annotation, ChartSpec, Measure, Network, School
from pdsa.series import ERROR, EXCLUDED, MISSING, NOT_APPLICABLE, Panel, complete_series, total
from pdsa.terms import STATUS_WORDS, STATUSES, SUMMARY_COLUMNS, VERSION, Audience, Step
from pdsa.trace.old import old_of
from pdsa.workspace.join import merge, part_of, positions_of

# The folder of the schools' pages beside the network's page: no id of a school can be the name of that page.
SCHOOLS = "schools"


@dataclass(frozen=True, slots=True)
class Header:
    """Everything of a dossier that is not an array; `school` is "" for reports of the network.

    `pages` is the folder of the schools' pages as seen from the network's page, "" where there is none. `unread` holds
    the ids of the schools of which nothing is there, because rows of theirs have to be mended first.
    """

    network: Network
    audience: Audience
    school: str
    schools: tuple[School, ...]
    measures: tuple[Measure, ...]
    annotations: tuple[Annotation, ...]
    specs: tuple[tuple[str, str, ChartSpec], ...]
    min_n: int
    hidden: int
    sources: tuple[str, ...]
    as_of: date | None = None
    pages: str = ""
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Dossier:
    """A released panel with all that a report says about it; the one thing that report notebooks work with."""

    header: Header
    release: Release
    log: State = field(default_factory=State)

    @property
    def names(self) -> Mapping[str, str]:
        """Display names by school id, as this audience may see them."""
        return {school.id: school.name for school in self.header.schools}

    @property
    def unread(self) -> tuple[str, ...]:
        """The names of the schools whose rows have to be mended first."""
        return tuple(sorted(self.names[school] for school in self.header.unread))

    @property
    def school_name(self) -> str:
        """The name of the report's school, or of the network."""
        return self.names.get(self.header.school, self.header.network.name)

    def charts(self) -> tuple[Chart, ...]:
        """A chart for each measure, every school of the dossier in it, in the order of the measures."""
        return tuple(self._chart(measure) for measure in self.header.measures)

    def _chart(self, measure: Measure) -> Chart:
        panel = self.release.panels[measure.id]
        remarks = tuple(a for a in self.header.annotations if a.measure in ("", measure.id))
        return reduce(
            merge,
            [analyze_panel(panel.take(np.array(s, int)), spec, measure, remarks) for s, spec in self._groups(measure)],
        )

    def _groups(self, measure: Measure) -> list[tuple[list[int], ChartSpec]]:
        """Which series are charted by which spec: those that share the general one first."""
        own = {school: spec for m, school, spec in self.header.specs if m == measure.id}
        groups: dict[ChartSpec, list[int]] = {own[""]: []}
        for s, school in enumerate(self.release.panels[measure.id].keys["school"].tolist()):
            groups.setdefault(own.get(school, own[""]), []).append(s)
        return [(series, spec) for spec, series in groups.items() if series or len(groups) == 1]

    def _general(self, measure: str) -> ChartSpec:
        return next(spec for m, school, spec in self.header.specs if (m, school) == (measure, ""))

    @property
    def links(self) -> Mapping[str, str]:
        """The page of each school as seen from the network's page; none where this audience has none.

        A school whose rows have to be mended may have no page yet: the index leads to that of an earlier run.
        """
        folder, unread = self.header.pages, self.header.unread
        known = [school.id for school in self.header.schools if school.id not in unread]
        return {school: f"{folder}/{slug(school)}.html" for school in known} if folder else {}

    def totals(self) -> tuple[Chart, ...]:
        """A chart of the whole network for each measure that at least two schools reported in every period."""
        return tuple(
            analyze_panel(
                total(self.release.panels[m.id], self.school_name), self._general(m.id), m, self._shared_remarks(m)
            )
            for m in self.header.measures
            if self._complete(m) >= 2
        )

    def _complete(self, measure: Measure) -> int:
        return int(complete_series(self.release.panels[measure.id]).sum())

    def total_facts(self) -> Findings:
        """Which schools stand in the network's own charts: always the same ones, or there is no chart."""
        lines = []
        for measure in self.header.measures:
            panel = self.release.panels[measure.id]
            joined = "added up" if panel.ratio.any() else "averaged"
            every = f"have a value in every {noun_of(panel.step)}"
            told = f"{self._complete(measure)} of {plural(panel.size, 'school')} {every}"
            lines.append(Finding(f"{told}; these are {joined}{self._anew(measure)}.", "", f"{measure.name}:"))
        return Findings(tuple(lines))

    def _anew(self, measure: Measure) -> str:
        """A total holds schools that changed their way of measuring each at a time of its own: this is said."""
        general, panel = self._general(measure.id), self.release.panels[measure.id]
        complete = set(panel.keys["school"][complete_series(panel)])
        changed = [
            school
            for m, school, spec in self.header.specs
            if m == measure.id and school in complete and spec.break_on != general.break_on
        ]
        when = "at a time of its own" if len(changed) == 1 else "each at a time of its own"
        return f"; {len(changed)} of them changed the way to measure {when}" if changed else ""

    def _shared_remarks(self, measure: Measure) -> tuple[Annotation, ...]:
        return tuple(a for a in self.header.annotations if not a.school and a.measure in ("", measure.id))

    def facts(self) -> Findings:
        """Under the title: the network, how far the data go, what is missing."""
        lines = [f"{self.header.network.name}."] if self.header.school else []
        lines.append(f"Data through {self._latest_words()}.")
        if self.unread:
            lines.append(f"Without the numbers of {', '.join(self.unread)}: their rows have to be mended first.")
        if self.header.school and self.missing:
            lines.append(f"Without a value: {self.missing}.")
        return Findings((Finding(" ".join(lines)),))

    def chances(self, charts: tuple[Chart, ...]) -> Findings:
        """For each measure the number of signals found, and the number that chance alone would give."""
        return Findings(
            tuple(
                chance_words(self._chance(chart, measure), measure.name)
                for chart, measure in zip(charts, self.header.measures, strict=True)
            )
        )

    def _chance(self, chart: Chart, measure: Measure) -> Chance:
        """The chance of a chart whose schools are judged each by its own spec."""
        ids = self.release.panels[measure.id].keys["school"].to_numpy()
        parts = [chance(part_of(chart, ids[series].tolist(), spec)) for series, spec in self._groups(measure)]
        judged, found = (sum(getattr(one, name) for one in parts) for name in ("judged", "found"))
        return Chance(measure.id, judged, found, sum(one.expected for one in parts))

    def _own_settings(self) -> tuple[Finding, ...]:
        special = {school for _, school, _ in self.header.specs if school}
        if not special or self.header.school:
            return ()
        names = ", ".join(sorted(self.names.get(school, school) for school in special))
        return (Finding(f"{names}: see their own pages.", "", "Schools with settings of their own:"),)

    def footnotes(self, charts: tuple[Chart, ...]) -> Findings:
        """What a board may ask about every number: definition, settings, sources, what is hidden, who made it."""
        header = self.header
        contact = f" Contact: {header.network.contact}." if header.network.contact else ""
        hidden = f"; {plural(header.hidden, 'period')} hidden on this page" if header.hidden else ""
        made = f"{', '.join(header.sources)}. Made with pdsa-workbench {VERSION}.{contact}"
        return Findings(
            (
                *(definition(measure) for measure in header.measures),
                *settings(self._as_all(charts)).items,
                *self._new_ways(),
                *self._own_settings(),
                Finding(f"{self.release.policy[:1].upper()}{self.release.policy[1:]}{hidden}.", "", "Shown:"),
                Finding(made, "", "Sources:"),
            )
        )

    def _as_all(self, charts: tuple[Chart, ...]) -> tuple[Chart, ...]:
        """Charts of a network with the settings of all its schools: those that are of one school stand on its page."""
        if self.header.school:
            return charts
        return tuple(replace(one, spec=self._general(one.measure.id)) if one.measure else one for one in charts)

    def _new_ways(self) -> tuple[Finding, ...]:
        """From when on each measure was measured in a new way, and which period holds both ways."""
        school, found = self.header.school, []
        for measure in self.header.measures:
            own = [spec for m, one, spec in self.header.specs if m == measure.id and one in ("", school)]
            days, mixed = (positions_of(getattr(own[-1], name)) for name in ("break_on", "exclude"))
            told = [f"from {format_period(pd.Timestamp(day), measure.frequency)}" for day in days]
            both = [format_period(pd.Timestamp(day), measure.frequency) for day in mixed]
            aside = f"; in no line and no rule, because measured in both ways: {', '.join(both)}" if both else ""
            found += [Finding(f"{' and '.join(told)}{aside}.", "", f"{measure.name}, measured in a new way:")] * bool(
                told
            )
        return tuple(found)

    def _latest_words(self) -> str:
        """The last period with a value in words: a week is named as a week, not as its Monday."""
        if not self.through:
            return "no date: nothing was reported"
        steps = {panel.step for panel in self.release.panels.values()}
        return format_period(pd.Timestamp(self.through), steps.pop() if len(steps) == 1 else None)

    @property
    def through(self) -> str:
        """The last period with a value, written as a date; "" without any value."""
        last = [panel.period[~np.isnan(panel.value)] for panel in self.release.panels.values()]
        days = [days.max() for days in last if len(days)]
        return f"{max(days):%Y-%m-%d}" if days else ""

    @property
    def missing(self) -> str:
        """How many periods lack a value, by measure that lacks any."""
        told = []
        for measure in self.header.measures:
            panel = self.release.panels[measure.id]
            told.append((measure.name, _absent(panel, measure.frequency) if panel.size else "never reported"))
        every = {absent for _, absent in told}
        if len(told) > 1 and len(every) == 1 and all(every):  # said once: the coach's index has a cell for it
            return f"every measure, {every.pop()}"
        return "; ".join(f"{name}, {absent}" for name, absent in told if absent)


def _absent(panel: Panel, step: Step) -> str:
    """`3 weeks, 1 week not applicable`: periods without a value for one reason and for another are counted apart."""
    reasons = ((MISSING, ""), (EXCLUDED, STATUS_WORDS["excluded"]), (NOT_APPLICABLE, STATUS_WORDS["not_applicable"]))
    found = []
    for code, word in (*reasons, (ERROR, STATUS_WORDS["error"])):
        if count := int((np.isnan(panel.value) & (panel.status == code)).sum()):
            found.append(f"{plural(count, noun_of(step))} {word}".rstrip())
    return ", ".join(found)


@dataclass(frozen=True, slots=True)
class Mark:
    """A display object that only the runner reads: the completion mark, or a file beside the report."""

    mime: str
    data: Mapping[str, object]
    text: str

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, object]:
        return {self.mime: dict(self.data), "text/plain": self.text}


def complete(dossier: Dossier, charts: tuple[Chart, ...]) -> Mark:
    """The completion mark of a report's last cell: whose data it was made from, and what it found.

    The id is taken from the data, never from a parameter, so that a report of another school cannot pass.
    """
    school = dossier.header.school
    present = sorted({name for chart in charts for name in chart.points["school"]}) if school else []
    found = school if not school or present in ([], [school]) else ", ".join(present)
    verdicts = {chart.measure.id: verdict_of(chart) for chart in charts if chart.measure} if school else {}
    data = {
        "id": found or dossier.header.network.id,
        "verdicts": verdicts,
        "old": _old(charts) if school else {},
        "through": dossier.through,
        "missing": dossier.missing,
        "hidden": dossier.header.hidden,
    }
    return Mark("application/vnd.pdsa.complete+json", data, f"complete: {data['id']}")


def _old(charts: tuple[Chart, ...]) -> dict[str, str]:
    """The day of the last value by measure, where there is none since: verdicts of such values are not of now."""
    return {chart.measure.id: day for chart in charts if chart.measure for day in old_of(chart).values()}


def points_file(charts: tuple[Chart, ...]) -> Mark:
    """The points of every chart as a CSV beside the report: the same released numbers that the page draws."""
    return _file("points.csv", [_with_status(chart) for chart in charts])


def _with_status(chart: Chart) -> pd.DataFrame:
    """The points with what became of each, and whether its numerator is a count or estimated from a percent."""
    words = [STATUSES[code] for code in chart.status.tolist()]
    return chart.points.assign(status=words, estimated=bool(chart.measure and chart.measure.estimated))


def summary_file(charts: tuple[Chart, ...]) -> Mark:
    """The summary of every series as a CSV beside the report; of a target it says what the page says."""
    return _file("summary.csv", [_as_told(chart.summary) for chart in charts])


def _as_told(frame: pd.DataFrame) -> pd.DataFrame:
    pairs = zip(frame["verdict"].tolist(), frame["assurance"].tolist(), strict=True)
    told = [assurance_word({"verdict": verdict, "assurance": found}) or None for verdict, found in pairs]
    return frame.assign(notes=frame["notes"].map("; ".join), assurance=pd.Series(told, frame.index, dtype=object))


def _file(name: str, frames: list[pd.DataFrame]) -> Mark:
    known = [frame for frame in frames if len(frame)]
    columns = list(frames[0].columns) if frames else list(SUMMARY_COLUMNS)
    table = pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=columns)
    return Mark("application/vnd.pdsa.file+json", {"name": name, "text": csv_text(table)}, f"{name}: {len(table)} rows")
