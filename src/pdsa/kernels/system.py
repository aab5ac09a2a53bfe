"""What Linux offers to keep processes together: children that die with their parent, and none that is left."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

_DEATH_SIGNAL, _SUBREAPER = 1, 36  # prctl(2)
MARK = "PDSA_KERNEL"  # the variable by which what a notebook started is known
_PROC = Path("/proc")


def can_fork() -> bool:
    """Return whether warm children can be had: on Linux. macOS has fork, but its own libraries do not survive it."""
    return sys.platform == "linux" and hasattr(os, "fork")


def die_with_parent(parent: int) -> None:
    """Have this process killed when the thread that forked it ends.

    Parameters
    ----------
    parent
        The number of the parent: if it has gone already, this process ends at once.
    """
    _prctl(_DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Make this process the parent of whatever its children start and leave."""
    _prctl(_SUBREAPER, 1)


def _prctl(option: int, value: int) -> None:
    import ctypes

    ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0)


def kill_group(pid: int, number: int, *, alone: bool = True) -> None:
    """Send a signal to a child and what it started; before it leads a group of its own, to itself alone.

    Parameters
    ----------
    pid, number
        Of the child and of the signal.
    alone
        False for a child that was collected: its number may be another process's by now.
    """
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
        return
    if not alone:
        return
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def kill_adopted(token: str) -> None:
    """Kill the processes of an ended notebook that left its group; with an empty token, whatever is left of any."""
    for _ in range(10):  # what was killed may leave children of its own
        found = [pid for pid in _children() if _belongs(pid, token)]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def kill_marked(token: str) -> None:
    """Kill every process of this user that a notebook has started, wherever it went; nothing where that cannot be seen.

    Parameters
    ----------
    token
        The value of the variable `MARK` that the notebook had.
    """
    for _ in range(10):  # what was killed may have started others meanwhile
        found = [pid for pid in _processes() if _belongs(pid, token)]
        if not found:
            return
        for pid in found:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


def _processes() -> Iterator[int]:
    with contextlib.suppress(OSError):
        yield from (int(path.name) for path in _PROC.iterdir() if path.name.isdigit())


def _children() -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in (_PROC / "self" / "task").iterdir():
            yield from (int(pid) for pid in (task / "children").read_text().split())


def _belongs(pid: int, token: str) -> bool:
    if not token:
        return True  # a notebook can start a process without any variables
    try:
        variables = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return f"{MARK}={token}".encode() in variables


def threads() -> int:
    """Return how many threads this process has."""
    return len(list((_PROC / "self" / "task").iterdir()))


def killed_for_memory() -> int:
    """Return how many processes the system has ended for want of memory since it started."""
    with contextlib.suppress(OSError):
        for line in (_PROC / "vmstat").read_text().splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


def limit_memory(pid: int, more: int) -> bool:
    """Let a process ask for no more memory than it has and so many bytes besides; return whether that is held.

    Parameters
    ----------
    pid
        Of a process of this user.
    more
        Bytes.
    """
    import resource

    try:
        pages = int((_PROC / str(pid) / "statm").read_text().split()[0])  # of its address space
        most = pages * os.sysconf("SC_PAGE_SIZE") + more
        _, hard = resource.prlimit(pid, resource.RLIMIT_AS)
        resource.prlimit(pid, resource.RLIMIT_AS, (most if hard == -1 else min(most, hard), hard))
    except OSError:
        return False
    return True
