"""Standard output and error that stop nothing: reports are made though nobody can read what is printed about them."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TextIO, cast

_GONE = (errno.EPIPE, errno.EINVAL)  # the reader went away, as `head` does; the second is how Windows says it


class Outlet:
    """A stream that is turned off at the first refusal, and remembers it.

    Parameters
    ----------
    stream
        As Python opened it.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream, self.refused = stream, ""

    def __getattr__(self, name: str) -> Any:
        """Return what the stream itself has."""
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write, unless that is refused."""
        with self._heard():
            self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Flush, unless that is refused."""
        with self._heard():
            self._stream.flush()

    @contextmanager
    def _heard(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno not in _GONE:
                self.refused = error.strerror or str(error)
            self._turn_off()

    def _turn_off(self) -> None:
        """Let all that is still to come, what waits in the stream included, go nowhere."""
        with suppress(OSError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self._stream.fileno())
            os.close(nowhere)


def open_outlets() -> Outlet | None:
    """Put outlets in the place of both streams, and return that of standard output; None where it is closed.

    Where a stream was closed before the start, its number leads nowhere from now on: the next file that is opened
    would get it, and whatever a library prints would be written into that file.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    outlets = [Outlet(stream) if stream is not None else None for stream in (sys.stdout, sys.stderr)]
    sys.stdout, sys.stderr = (cast(TextIO, one) for one in outlets)
    return outlets[0]


def tell_refused(outlet: Outlet | None) -> bool:
    """Say what became of the output, and return whether it was refused; a reader that went away wanted no more."""
    if outlet is not None:
        outlet.flush()
    if outlet is None or not outlet.refused:
        return False
    from pdsa.errors import Problem

    problem = Problem("standard output", f"that it cannot be written: {outlet.refused}", "a place for what is printed")
    print(f"{problem}\n  Next: have it printed elsewhere; the work went on without it.", file=sys.stderr)
    return True
