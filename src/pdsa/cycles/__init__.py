"""Judging the inquiry: predictions and results, plan questions, quality, progress, cadence, ramps, theory, gains."""

from pdsa.cycles.cadence import Cadence, Waiting, cadence
from pdsa.cycles.calibration import Calibration, Span, calibrate, over_time
from pdsa.cycles.evidence import Evidence
from pdsa.cycles.modes import Mode, modes
from pdsa.cycles.outcomes import Result, outcome_of, results
from pdsa.cycles.plan_check import PlanQuestion, all_questions, plan_questions
from pdsa.cycles.progress import Standing, progress_of
from pdsa.cycles.quality import Given, Part, Quality, quality_of
from pdsa.cycles.ramps import Ramp, ramp_of, ramps
from pdsa.cycles.spread import Cell, Matrix, Tried, matrix, who_tried
from pdsa.cycles.theory import Node, Tree, gaps, tree
from pdsa.cycles.watch import Watch, hold_the_gain

__all__ = [
    "Cadence",
    "Calibration",
    "Cell",
    "Evidence",
    "Given",
    "Matrix",
    "Mode",
    "Node",
    "Part",
    "PlanQuestion",
    "Quality",
    "Ramp",
    "Result",
    "Span",
    "Standing",
    "Tree",
    "Tried",
    "Waiting",
    "Watch",
    "all_questions",
    "cadence",
    "calibrate",
    "gaps",
    "hold_the_gain",
    "matrix",
    "modes",
    "outcome_of",
    "over_time",
    "plan_questions",
    "progress_of",
    "quality_of",
    "ramp_of",
    "ramps",
    "results",
    "tree",
    "who_tried",
]
