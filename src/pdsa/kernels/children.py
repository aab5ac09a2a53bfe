"""One child of a warm parent as its owner sees it, and how it ended."""

from __future__ import annotations

import contextlib
import signal
import socket
import time
from dataclasses import dataclass
from typing import Any

from pdsa.kernels import system, wire


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process of a child ended."""

    code: int | None = None
    peak_mb: float = 0.0
    memory_full: bool = False


@dataclass(slots=True)
class Child:
    """One child that was asked for: `channel` leads to it, `status` to the parent, which knows its end.

    `refused` tells that the parent could not fork it, `orphaned` that the parent has ended without a word of it, or
    does not answer.
    """

    channel: socket.socket
    status: socket.socket
    token: str
    pid: int | None = None
    refused: bool = False
    orphaned: bool = False

    def kill(self) -> None:
        """Have the child and all that it started ended; harmless when it has ended."""
        with contextlib.suppress(OSError):
            self.status.shutdown(socket.SHUT_WR)

    def signal(self, number: int) -> None:
        """Send it a signal."""
        with contextlib.suppress(OSError):
            self.status.send(bytes([number]))

    def born(self, seconds: float) -> int | None:
        """Return its process number; None where there is none."""
        if self.pid is None and not self.refused:
            told = self._told(seconds)
            self.pid = told["pid"] if told else None
            self.refused = told is not None and self.pid is None
        return self.pid

    def _told(self, seconds: float) -> dict[str, Any] | None:
        """Return what the parent says next; None when it has gone, which is known before the system lets it end."""
        try:
            told = wire.receive(self.status, time.monotonic() + seconds)
        except TimeoutError:
            raise
        except OSError:
            told = None
        self.orphaned = told is None
        return told

    def ended(self, seconds: float = 30) -> Ended:
        """Wait for its end and return how that was."""
        told = None if self.orphaned else self._told_last(seconds)
        if told is None:  # the parent was ended itself, or does not answer: nobody else is left to do it
            if self.pid:
                system.kill_group(self.pid, signal.SIGKILL, alone=False)
            system.kill_marked(self.token)
            return Ended()
        return Ended(told["code"], told["peak_mb"], told["memory_full"])

    def _told_last(self, seconds: float) -> dict[str, Any] | None:
        try:
            return None if self.born(seconds) is None else self._told(seconds)
        except TimeoutError:
            self.orphaned = True
            return None

    def close(self) -> None:
        """Let go; the parent takes that as the wish to end it."""
        self.channel.close()
        self.status.close()
