"""Notebooks executed by papermill in fresh kernels that share nothing with each other or with the user's set-up."""

from pdsa.kernels.gate import check_parameters
from pdsa.kernels.notebook import Execution, execute
from pdsa.kernels.room import Stop

__all__ = ["Execution", "Stop", "check_parameters", "execute"]
