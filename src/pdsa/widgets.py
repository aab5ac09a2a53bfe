"""Widgets around the engine: choose, and chart, sentence and table follow; nothing is computed or saved here."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from html import escape

import ipywidgets as w
import pandas as pd

from pdsa import figures, narrate, tables
from pdsa.chart import Chart, analyze_panel
from pdsa.chart.arguments import rules_of
from pdsa.errors import PdsaError
from pdsa.rebase import suggest_rebase
from pdsa.records import ChartSpec, Measure
from pdsa.records.inquiry import Prediction
from pdsa.terms import MOVING_KINDS, NO_TARGET, NOT_PREDICTIVE, SPREAD_KINDS, Kind
from pdsa.workspace import Dossier, Workspace, dossier_for

DECLARED, ALL, SAME = "declared", "all", "same"
_ANY: tuple[Kind, ...] = ("i", "mr", "cusum", "ewma")
KINDS: dict[str, tuple[Kind, ...]] = {
    "proportion": ("auto", "run", "p", "p_prime", "np", "i_prime", *_ANY),
    "rate": ("auto", "run", "u", "u_prime", "i_prime", *_ANY),
    "count": ("auto", "run", "c", "g", *_ANY),
    "continuous": ("auto", "run", *_ANY),
    "time_between": ("auto", "run", "t", "g", *_ANY),
}
AS_DECLARED = ("as the network declares it", DECLARED)
BASELINES = (
    AS_DECLARED,
    ("all points", ALL),
    *((f"the first {n} points", n) for n in (12, 16, 20, 26, 38)),
)
RULES = (
    AS_DECLARED,
    ("long runs, few crossings, points outside (Anhoej)", "anhoej"),
    ("6 in a row on one side, 5 that rise or fall (IHI)", "ihi"),
    ("7 in a row, near a limit, outside (NHS)", "making_data_count"),
    ("8 in a row, far from the center, outside (Western Electric)", "western_electric"),
    ("8 in a row, 3 of 4 far out, outside (Wheeler)", "wheeler"),
    ("eight patterns: many false signals (Nelson)", "nelson"),
)
LIMITS = (
    AS_DECLARED,
    ("careful, for small schools", "guarded"),
    ("as textbooks print them", "published"),
    ("for the next points, wide on few", "predictive"),
)
NO_NEW_LEVEL = ("no new level", SAME)
# Values that share values with their neighbors, or speak of spread, have no level to move.
NO_LEVEL = (*MOVING_KINDS, *SPREAD_KINDS)


class Explorer(w.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Choices above a chart, its sentence, what it can be trusted in, its notes and its numbers.

    Parameters
    ----------
    workspace
        The network, as `workspace.open_workspace` reads it. A school's own team sees its numbers complete.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace
        schools = sorted(((school.name, school.id) for school in workspace.schools), key=lambda one: one[0].casefold())
        self.school = _choice("School", schools)
        self.measure = _choice("Measure", [(measure.name, measure.id) for measure in workspace.measures])
        self.kind = _choice("Chart", [])
        self.baseline = _choice("Baseline", BASELINES)
        self.rules = _choice("Rules", RULES)
        self.limits = _choice("Limits", LIMITS)
        self.level = _choice("New level from", [NO_NEW_LEVEL])
        self.answer, self.numbers, self.levels = w.HTML(), w.HTML(), w.HTML()
        pairs = ((self.school, self.measure), (self.kind, self.baseline), (self.rules, self.limits), (self.level,))
        super().__init__([*(w.HBox(pair) for pair in pairs), self.answer, self.numbers, self.levels])
        self._ready = True
        for choice in (self.school, self.measure):
            choice.observe(lambda _: self._offer(), "value")
        for choice in (self.kind, self.baseline, self.rules, self.limits, self.level):
            choice.observe(lambda _: self.show(), "value")
        self._offer()

    def _offer(self) -> None:
        """Only what this measure's data allow; the chart stays where it can, a new level is one school's own."""
        self._ready = False
        kinds = KINDS[self._measure.data_type]
        kept = self.kind.value if self.kind.value in kinds else "auto"
        self.kind.options = [(narrate.KIND_WORDS.get(kind, "chosen by the data"), kind) for kind in kinds]
        self.kind.value = kept
        self.level.options = [NO_NEW_LEVEL, *self._periods()]
        self.level.value = SAME
        self._ready = True
        self.show()

    def _periods(self) -> list[tuple[str, date]]:
        """Every period of the series but the first, in words."""
        panel = self.workspace.panels[self._measure.id]
        own = (panel.keys["school"] == self.school.value).to_numpy()[panel.series_of_points()]
        return [(narrate.format_period(day, panel.step), day.date()) for day in panel.period[own][1:]]

    @property
    def _measure(self) -> Measure:
        return next(measure for measure in self.workspace.measures if measure.id == self.measure.value)

    def show(self) -> None:
        """Draw the choice; a mistake is told in words in the same place."""
        if not self._ready:
            return
        try:
            chart = self.chart()
        except PdsaError as error:
            self.answer.value, self.numbers.value, self.levels.value = f"<pre>{escape(str(error))}</pre>", "", ""
            return
        sentence = figures.sentences(narrate.headlines((chart,))).html
        facts = figures.notes(narrate.notes((chart,))).html
        picture = figures.control_chart(chart, width=900, height=360, windows=self._windows()).html
        self.answer.value = sentence + picture + _trust(chart) + facts
        table = tables.points_table(chart).as_raw_html() if len(chart.points) else ""
        self.numbers.value = f"<details><summary>The numbers behind this chart</summary>{table}</details>"
        self.levels.value = _new_levels(chart)

    def _windows(self) -> tuple[figures.Window, ...]:
        """The cycles of the school that look at the measure, its own team's view, with what was predicted."""
        log = dossier_for(self.workspace, "team", self.school.value).log
        told = {one.id: one.outcome for one in log.records(Prediction) if one.outcome}
        return figures.windows_of(log, self.school.value, self.measure.value, told)

    def chart(self) -> Chart:
        """The chart of the current choice."""
        dossier = dossier_for(self.workspace, "team", self.school.value)
        declared = next(spec for m, school, spec in _most_special(dossier) if m == self.measure.value)
        measure = self._measure
        remarks = tuple(a for a in dossier.header.annotations if a.measure in ("", measure.id))
        spec = self._spec(declared)
        shown = replace(measure, name=f"Moving range of {measure.name}") if spec.kind == "mr" else measure
        return analyze_panel(dossier.release.panels[measure.id], spec, shown, remarks)

    def _spec(self, declared: ChartSpec) -> ChartSpec:
        baseline = {DECLARED: declared.baseline, ALL: None}.get(self.baseline.value, self.baseline.value)
        rules = declared.rules if self.rules.value == DECLARED else rules_of(self.rules.value)
        limits = declared.limits if self.limits.value == DECLARED else self.limits.value
        # what is predicted is a single value, which charts with a memory do not show
        limits = "guarded" if limits == "predictive" and self.kind.value in NOT_PREDICTIVE else limits
        # a level ends on the day before the new one
        ended = None if self.level.value == SAME else self.level.value - timedelta(days=1)
        spec = replace(
            declared,
            kind=self.kind.value,
            baseline=baseline,
            rules=rules,
            limits=limits,
            phases=ended or declared.phases,
            target=None if self.kind.value in NO_TARGET else declared.target,
        )
        # a moving range has neither the target nor the good direction of the measure it is made from
        return replace(spec, better=None) if spec.kind in SPREAD_KINDS else spec


def _trust(chart: Chart) -> str:
    """What the chart says now, of its target, and how far it can be trusted, as a small table."""
    if chart.summary.empty:
        return ""
    row = chart.summary.iloc[0]
    verdict = narrate.verdict_of(chart)
    lines = [
        ("It says now", f"{narrate.VERDICT_WORDS[verdict]}: {narrate.VERDICT_MEANINGS[verdict]}"),
        ("Target", _target_words(chart, row)),
        ("False signals", _false_signals(float(row["false_alarm"]))),
    ]
    cells = "".join(f'<tr><th style="text-align:left">{name}</th><td>{escape(text)}</td></tr>' for name, text in lines)
    return f'<table class="pdsa-trust"><tbody>{cells}</tbody></table>'


def _target_words(chart: Chart, row: pd.Series) -> str:
    if chart.spec.target is None:
        hidden = chart.measure is not None and chart.measure.target is not None
        return "this chart does not show the measure itself, so it is not judged" if hidden else "none is set"
    unit = narrate.in_unit(chart, frozenset((str(row["kind"]),)))
    target = narrate.format_value(chart.spec.target, unit)
    told = narrate.assurance_told({str(name): value for name, value in row.items()})
    if told:
        return f"{target} {narrate.ASSURANCE_WORDS[told].format(periods=f'{narrate.noun_of(chart.step)}s')}"
    verdict = str(row["verdict"])
    if verdict == "too_few":
        return f"{target}: too early to say"
    new = "judged once the new level has limits of its own"
    return f"{target}: {new if verdict in narrate.SIGNALS else 'not judged, because this chart has no limits'}"


def _false_signals(chance: float) -> str:
    if math.isnan(chance):
        return "how often chance alone would signal is not known"
    often = "fewer than 1" if chance < 0.005 else "more than 99" if chance > 0.995 else f"about {100 * chance:.0f}"
    return f"{often} of 100 charts like this one would signal somewhere although nothing has changed"


def _new_levels(chart: Chart) -> str:
    """Suggestions of new levels as words only: a level needs a reason that people can name."""
    if not len(chart.points) or chart.summary["kind"].iloc[0] in NO_LEVEL:
        return ""
    found = suggest_rebase(chart)
    unit = narrate.in_unit(chart, frozenset(chart.summary["kind"]))
    rows = zip(*(found[name].tolist() for name in ("start", "run", "side", "center_before", "center")), strict=True)
    items = [
        f"A new level since {narrate.format_period(start, chart.step)}? "
        f"{narrate.plural(run, narrate.noun_of(chart.step))} in a row {side} "
        f"{narrate.format_value(before, unit)}, since then around {narrate.format_value(now, unit)}: "
        "name a reason before you use it."
        for start, run, side, before, now in rows
    ]
    if not items:
        return '<p class="pdsa-levels">No new level suggests itself.</p>'
    told = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f'<ul class="pdsa-levels">{told}</ul>'


def _most_special(dossier: Dossier) -> list[tuple[str, str, ChartSpec]]:
    """The specs of a dossier, a school's own before those of all schools."""
    return sorted(dossier.header.specs, key=lambda one: not one[1])


def _choice(label: str, options: Sequence[tuple[str, object]]) -> w.Dropdown:
    return w.Dropdown(
        description=label,
        options=options,
        layout=w.Layout(width="48%", max_width="460px"),
        style={"description_width": "100px"},
        tooltip=f"Choose the {label.casefold()}",
    )


def explore(workspace: Workspace) -> Explorer:
    """The explorer of a network: what the last cell of the workbench shows."""
    return Explorer(workspace)
