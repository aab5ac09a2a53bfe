"""Notebooks executed in fresh processes that share nothing with each other or with the user's set-up."""

from pdsa.kernels.ending import INJECTED, CellEnd, Execution, Limits
from pdsa.kernels.execute import execute
from pdsa.kernels.folders import sweep_folders
from pdsa.kernels.gate import check_parameters
from pdsa.kernels.parent import Hearth, Parent, start_parent, warm_parent
from pdsa.kernels.room import Stop

__all__ = [
    "INJECTED",
    "CellEnd",
    "Execution",
    "Hearth",
    "Limits",
    "Parent",
    "Stop",
    "check_parameters",
    "execute",
    "start_parent",
    "sweep_folders",
    "warm_parent",
]
