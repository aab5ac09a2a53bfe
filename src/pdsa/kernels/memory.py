"""Memory of a kernel that started cold: refused by the system where it does that, else watched from outside."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from pdsa.kernels import system

if TYPE_CHECKING:
    import psutil

    from pdsa.kernels.room import Room

# What the packages of a report take when they are imported; the limit is of what comes besides, as in a warm kernel.
PACKAGES_MB = 512
LOOK_SECONDS = 0.25


@contextmanager
def watched(room: Room, memory_mb: int) -> Iterator[Callable[[], None]]:
    """Yield what is to be called when the kernel is there, and then hold its memory until the block ends.

    Parameters
    ----------
    room
        The kernel's surroundings.
    memory_mb
        Memory that it may ask for beyond what a fresh kernel has; 0 for any.
    """
    over = threading.Event()
    most = (memory_mb + PACKAGES_MB) * 2**20

    def begin() -> None:
        pid = room.pid
        if not memory_mb or pid is None or (sys.platform == "linux" and system.limit_memory(pid, most)):
            return
        threading.Thread(target=_watch, args=(room, pid, most, over), name="pdsa-memory", daemon=True).start()

    try:
        yield begin
    finally:
        over.set()


def _watch(room: Room, pid: int, most: int, over: threading.Event) -> None:
    """Look now and then, and end a kernel that has more than it may; what it takes between two looks it has."""
    import psutil

    try:
        kernel = psutil.Process(pid)
        first = _held_by(kernel)
        while not over.wait(LOOK_SECONDS):
            if _held_by(kernel) - first > most:
                room.full = True
                room.kill()
                return
    except psutil.Error:  # it has ended, or nobody may look
        return


def _held_by(kernel: psutil.Process) -> int:
    """Bytes of a kernel and of what it has started, some of which may end meanwhile."""
    import psutil

    held = int(kernel.memory_info().rss)
    for one in kernel.children(recursive=True):
        with suppress(psutil.Error):
            held += one.memory_info().rss
    return held


__all__ = ["watched"]
