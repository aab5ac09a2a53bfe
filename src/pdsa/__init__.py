"""pdsa: run charts, control limits and reports for networks of schools that learn together."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from pdsa.errors import InputError, ParamsError, PdsaError, Problem, ReportError
from pdsa.records import Rule
from pdsa.terms import VERSION

if TYPE_CHECKING:
    from pdsa.adjust import aggregate, network_adjusted, weekday_adjusted
    from pdsa.bernoulli import bernoulli_cusum
    from pdsa.categories import pareto
    from pdsa.chart import Chart, analyze
    from pdsa.effects.interrupted import interrupted
    from pdsa.effects.staggered import staggered
    from pdsa.network.funnel import funnel
    from pdsa.rebase import suggest_rebase

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
    "aggregate",
    "analyze",
    "bernoulli_cusum",
    "funnel",
    "interrupted",
    "network_adjusted",
    "pareto",
    "staggered",
    "suggest_rebase",
    "weekday_adjusted",
]

# Where each name lives that brings pandas with it: half a second that `pdsa --help` need not wait for.
_LAZY = {
    "Chart": "pdsa.chart",
    "aggregate": "pdsa.adjust",
    "analyze": "pdsa.chart",
    "bernoulli_cusum": "pdsa.bernoulli",
    "funnel": "pdsa.network.funnel",
    "interrupted": "pdsa.effects.interrupted",
    "network_adjusted": "pdsa.adjust",
    "pareto": "pdsa.categories",
    "staggered": "pdsa.effects.staggered",
    "suggest_rebase": "pdsa.rebase",
    "weekday_adjusted": "pdsa.adjust",
}


def __getattr__(name: str) -> object:
    """The lazy names, at their first use."""
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'pdsa' has no attribute {name!r}")
