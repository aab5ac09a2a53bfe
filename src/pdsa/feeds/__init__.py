"""What comes back every month: running totals, revised numbers, totals of members, new names and new definitions."""

from pdsa.feeds.breaks import Break, HeaderUse, break_questions, definition_breaks
from pdsa.feeds.cumulative import difference
from pdsa.feeds.evidence import Evidence, looks_cumulative
from pdsa.feeds.likeness import Likeness, same_values, school_changes
from pdsa.feeds.revisions import Revision, VerdictChange, revise, verdict_changes
from pdsa.feeds.rows import Notice
from pdsa.feeds.totals import TotalCheck, Totaled, compare_totals

__all__ = [
    "Break",
    "Evidence",
    "HeaderUse",
    "Likeness",
    "Notice",
    "Revision",
    "TotalCheck",
    "Totaled",
    "VerdictChange",
    "break_questions",
    "compare_totals",
    "definition_breaks",
    "difference",
    "looks_cumulative",
    "revise",
    "same_values",
    "school_changes",
    "verdict_changes",
]
