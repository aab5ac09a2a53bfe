"""pdsa: run charts, control limits and reports for networks of schools that learn together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pdsa.errors import InputError, ParamsError, PdsaError, Problem, ReportError
from pdsa.records import Rule
from pdsa.terms import VERSION

if TYPE_CHECKING:
    from pdsa.chart import Chart, analyze

__version__ = VERSION

__all__ = [
    "Chart",
    "InputError",
    "ParamsError",
    "PdsaError",
    "Problem",
    "ReportError",
    "Rule",
    "__version__",
    "analyze",
]


def __getattr__(name: str) -> object:
    """`analyze` and `Chart` bring pandas with them: half a second that `pdsa --help` need not wait for."""
    if name in ("Chart", "analyze"):
        return getattr(import_module("pdsa.chart"), name)
    raise AttributeError(f"module 'pdsa' has no attribute {name!r}")
