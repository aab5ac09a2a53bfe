"""The warm parent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pdsa.kernels.ending import Execution, Limits
from pdsa.kernels.room import Room

if TYPE_CHECKING:
    from nbformat import NotebookNode


class Parent:
    """A warm process whose children run notebooks."""

    def is_ready(self) -> bool:
        """Return whether it can run notebooks."""
        return False

    def run(self, notebook: NotebookNode, limits: Limits, room: Room) -> Execution:
        """Run a prepared notebook."""
        raise NotImplementedError
