"""The warm parent of a worker: one for all the reports that it makes, from its first to its end."""

from __future__ import annotations

from pdsa.kernels import Parent


def warm_parent() -> Parent | None:
    """Return the warm parent of this process; None until there is one."""
    return None
