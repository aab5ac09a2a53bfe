"""Chart -> inline SVG and HTML in milliseconds: control charts, small multiples, sparklines, the matrix of a network,
and the pictures of the improvement log: driver diagram, fishbone, ramps, cadence, predictions, spread.

Figures compute no statistics: they draw columns that exist. Nothing in them runs or is loaded from elsewhere, and
text that people wrote is escaped. Embed `STYLE` once in a page that carries figures.
"""

from pdsa.figures.cadence import cadence_chart
from pdsa.figures.control import control_chart
from pdsa.figures.coverage import COVERAGE_WORDS, coverage_axis, coverage_key, coverage_strip
from pdsa.figures.decisions import decision_symbol
from pdsa.figures.drivers import driver_diagram
from pdsa.figures.figure import STYLE, Figure
from pdsa.figures.fishbone import fishbone
from pdsa.figures.grid import matrix
from pdsa.figures.multiples import small_multiples
from pdsa.figures.predictions import outcome_symbol, predictions_chart, predictions_table
from pdsa.figures.ramp import ramp_chart
from pdsa.figures.sections import chapters, columns, heading, notes, sentences, sheets, side_by_side
from pdsa.figures.shown import show
from pdsa.figures.sparks import sparkline
from pdsa.figures.spread import archive_links, spread_matrix
from pdsa.figures.symbols import symbol
from pdsa.figures.windows import Window, windows_of
from pdsa.figures.worksheet import worksheet_html, worksheet_parts

__all__ = [
    "COVERAGE_WORDS",
    "STYLE",
    "Figure",
    "Window",
    "archive_links",
    "cadence_chart",
    "chapters",
    "columns",
    "control_chart",
    "coverage_axis",
    "coverage_key",
    "coverage_strip",
    "decision_symbol",
    "driver_diagram",
    "fishbone",
    "heading",
    "matrix",
    "notes",
    "outcome_symbol",
    "predictions_chart",
    "predictions_table",
    "ramp_chart",
    "sentences",
    "sheets",
    "show",
    "side_by_side",
    "small_multiples",
    "sparkline",
    "spread_matrix",
    "symbol",
    "windows_of",
    "worksheet_html",
    "worksheet_parts",
]
