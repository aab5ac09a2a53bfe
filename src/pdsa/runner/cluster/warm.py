"""The warm parent of a worker: one for all the reports that it makes, from its first to its end."""

from __future__ import annotations

import atexit
import threading
from dataclasses import dataclass, field

from pdsa.kernels import Parent, start_parent
from pdsa.runner import warm


@dataclass(slots=True)
class _Hearth:
    """Keeps a parent between reports and runs; it ends with this process, however that ends."""

    parent: Parent | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def lit(self) -> Parent | None:
        """Return the parent, a new one where the system ended the last; None where there is no fork to be had."""
        with self.lock:
            if self.parent is not None and self.parent.process.poll() is not None:
                self.parent.close()
                self.parent = None
            if self.parent is None:
                self.parent = start_parent(warm.PRELOAD, f"{warm.__name__}:warm_up")
            return self.parent

    def out(self) -> None:
        """Close it, and leave nothing of it behind."""
        with self.lock:
            if self.parent is not None:
                self.parent.close()
                self.parent = None


_HEARTH = _Hearth()
atexit.register(_HEARTH.out)


def warm_parent() -> Parent | None:
    """Return the warm parent of this process, which may still be importing."""
    return _HEARTH.lit()
