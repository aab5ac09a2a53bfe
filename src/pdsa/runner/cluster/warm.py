"""The warm parent of a worker: one for all the reports that it makes, from its first to its end."""

from __future__ import annotations

from pdsa.kernels import Hearth, Parent
from pdsa.runner import warm

_HEARTH = Hearth(warm.PRELOAD, f"{warm.__name__}:warm_up")


def warm_parent() -> Parent | None:
    """Return the warm parent of this process, which may still be importing."""
    return _HEARTH.lit()
