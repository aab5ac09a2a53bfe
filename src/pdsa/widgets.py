"""Widgets around the engine: choose, and chart, sentence and table follow; nothing is computed or saved here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from html import escape

import ipywidgets as w

from pdsa import figures, narrate, tables
from pdsa.chart import Chart, analyze_panel
from pdsa.errors import PdsaError
from pdsa.records import ChartSpec, Measure
from pdsa.workspace import Dossier, Workspace, dossier_for

DECLARED, ALL = "declared", "all"
KINDS = {
    "proportion": ("auto", "run", "p", "p_prime", "i", "mr"),
    "rate": ("auto", "run", "u", "u_prime", "i", "mr"),
    "count": ("auto", "run", "i", "mr"),
    "continuous": ("auto", "run", "i", "mr"),
}
BASELINES = (
    ("as the network declares it", DECLARED),
    ("all points", ALL),
    *((f"the first {n} points", n) for n in (12, 16, 20, 26, 38)),
)


class Explorer(w.VBox):  # type: ignore[misc] # ipywidgets has no types
    """Four choices above a chart, its sentence, its notes and its numbers.

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
        self.answer = w.HTML()
        self.numbers = w.HTML()
        super().__init__(
            [w.HBox([self.school, self.measure]), w.HBox([self.kind, self.baseline]), self.answer, self.numbers]
        )
        self._offer_kinds()
        self.measure.observe(lambda _: self._offer_kinds(), "value")
        for choice in (self.school, self.kind, self.baseline):
            choice.observe(lambda _: self.show(), "value")
        self.show()

    def _offer_kinds(self) -> None:
        """Only the kinds that this measure's data allow; the choice stays where it can."""
        kinds = KINDS[self._measure.data_type]
        kept = self.kind.value if self.kind.value in kinds else "auto"
        self.kind.options = [(narrate.KIND_WORDS.get(kind, "chosen by the data"), kind) for kind in kinds]
        self.kind.value = kept
        self.show()

    @property
    def _measure(self) -> Measure:
        return next(measure for measure in self.workspace.measures if measure.id == self.measure.value)

    def show(self) -> None:
        """Draw the choice; a mistake is told in words in the same place."""
        if self.kind.value is None:
            return
        try:
            chart = self.chart()
        except PdsaError as error:
            self.answer.value, self.numbers.value = f"<pre>{escape(str(error))}</pre>", ""
            return
        sentence = figures.sentences(narrate.headlines((chart,))).html
        facts = figures.notes(narrate.notes((chart,))).html
        self.answer.value = sentence + figures.control_chart(chart, width=900, height=360).html + facts
        table = tables.points_table(chart).as_raw_html() if len(chart.points) else ""
        self.numbers.value = f"<details><summary>The numbers behind this chart</summary>{table}</details>"

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
        spec = replace(declared, kind=self.kind.value, baseline=baseline)
        # a moving range has neither the target nor the good direction of the measure it is made from
        return replace(spec, target=None, better=None) if spec.kind == "mr" else spec


def _most_special(dossier: Dossier) -> list[tuple[str, str, ChartSpec]]:
    """The specs of a dossier, a school's own before those of all schools."""
    return sorted(dossier.header.specs, key=lambda one: not one[1])


def _choice(label: str, options: Sequence[tuple[str, object]]) -> w.Dropdown:
    return w.Dropdown(
        description=label,
        options=options,
        layout=w.Layout(width="420px"),
        style={"description_width": "80px"},
        tooltip=f"Choose the {label.casefold()}",
    )


def explore(workspace: Workspace) -> Explorer:
    """The explorer of a network: what the last cell of the workbench shows."""
    return Explorer(workspace)
