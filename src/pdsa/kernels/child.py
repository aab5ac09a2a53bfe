"""What happens after the fork: fresh surroundings, one notebook, the end."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import gc
import os
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from pdsa.kernels import system, wire

# The default handler, but asyncio must not know it as that: it would end the notebook in place of the cell.
_INTERRUPT = partial(signal.default_int_handler)
SAID, LEAST_SAID = 100_000, 100  # characters of a notebook that are told at once; each print counts so many at least
FLOOD = 3  # exit code of a notebook that said too much; it has told so before


def run(channel: socket.socket, kernel: Any, asked: Mapping[str, Any]) -> int:
    """Play the notebook that comes over the channel, and return the exit code of this process.

    Parameters
    ----------
    channel
        To the owner; the only thing of the parent's that is used.
    kernel
        A kernel in which nothing has run; None where this process shall become one.
    asked
        The request: a token, and the options of a kernel that has sockets.
    """
    os.setsid()
    system.die_with_parent(asked["parent"])
    request = wire.receive(channel)
    if request is None:
        return 1
    _surround(request)
    if kernel is None:
        return _become_kernel(request["argv"])
    return _play(channel, kernel, request)


def _surround(request: Mapping[str, Any]) -> None:
    """Variables, folder, seeds, limits and signals, as in a process that was just started."""
    os.environ.clear()
    os.environ.update(request["environment"])
    time.tzset()
    os.chdir(request["folder"])
    tempfile.tempdir = _temporary(request["environment"])  # in place of the parent's own
    _seed()
    if (wakeup := signal.set_wakeup_fd(-1)) >= 0:
        os.close(wakeup)
    for number, handler in ((signal.SIGINT, _INTERRUPT), (signal.SIGTERM, signal.SIG_DFL)):
        signal.signal(number, handler)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with contextlib.suppress(OSError):  # of all processes this one is to go first when the memory is full
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")
    if request["memory_mb"]:
        system.limit_memory(os.getpid(), request["memory_mb"] * 2**20)
    sys.argv[1:] = []
    if request["imports_here"]:
        sys.path.insert(0, "")
    gc.enable()


def _temporary(environment: Mapping[str, str]) -> str | None:
    """The folder of temporary files that the variables name; None where Python is to look for one.

    It looks by writing a file there, which stays if the notebook is ended at that very moment.
    """
    named = environment.get("TMPDIR", "")
    return str(Path(named).absolute()) if named and os.access(named, os.W_OK | os.X_OK) else None


def _seed() -> None:
    """Random numbers of this process's own; a copy of the parent's would be the same in every notebook."""
    import random

    random.seed()
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed()


def _play(channel: socket.socket, kernel: Any, request: Mapping[str, Any]) -> int:
    from nbformat import from_dict

    from pdsa.kernels.wireless import Player, take_over

    kernel.shell.init_environment()
    teller = Teller(channel, request["printed_mb"] * 1_000_000, request["output_mb"] * 1_000_000)
    player = Player(kernel, from_dict(request["notebook"]), teller.count, teller.say)
    pipe = Pipe(player.print)
    take_over(player, pipe.drain)

    async def to_the_end() -> None:
        await _cells(player, teller, pipe, as_tagged=request["as_tagged"])
        os._exit(0)  # at once: a thread that the notebook left would hold the event loop

    asyncio.run(to_the_end())
    return 1


async def _cells(player: Any, teller: Teller, pipe: Pipe, *, as_tagged: bool) -> None:
    """Every code cell until one breaks; `as_tagged` lets go on after an error that a tag of the cell expects."""
    for index, cell in enumerate(player.notebook.cells):
        if cell.cell_type != "code" or not cell.source.strip():
            continue
        started = time.perf_counter()
        teller.tell({"start": index})
        whole = await player.play(index)
        await asyncio.sleep(0)  # what the cell started in the background has its turn
        pipe.drain()
        seconds = time.perf_counter() - started
        for other in sorted(player.changed - {index}):
            teller.tell({"also": other, "outputs": player.notebook.cells[other].outputs})
        goes_on = whole or (as_tagged and "raises-exception" in cell.metadata.get("tags", ()))
        end = {"cell": index, "outputs": cell.outputs, "count": cell.execution_count, "error": player.error}
        teller.tell({**end, "whole": whole, "goes_on": goes_on, "seconds": seconds})
        if not goes_on:
            return
    teller.tell({"done": player.finish()})


class Teller:
    """Tells the owner what happens, and ends the process that says too much."""

    def __init__(self, channel: socket.socket, printed: int, showed: int) -> None:
        self._channel, self._lock = channel, threading.Lock()
        self._most, self._counts = {"printed": printed, "showed": showed}, {"printed": 0, "showed": 0}
        self._still = SAID

    def tell(self, message: Mapping[str, object]) -> None:
        """Send one message; an owner that has gone ends this process."""
        try:
            with self._lock:
                wire.send(self._channel, message)
        except OSError:
            os._exit(1)

    def say(self, name: str, text: str) -> None:
        """Tell at once what is printed, the first of it: for the log, should the cell never end."""
        if self._still > 0:
            self.tell({"said": text[: self._still], "name": name})
            self._still -= max(len(text), LEAST_SAID)

    def count(self, kind: str, size: int) -> None:
        """Count characters, and end a notebook that floods the memory."""
        self._counts[kind] += size
        if self._counts[kind] > self._most[kind]:
            self.tell({"flood": kind})
            os._exit(FLOOD)


class Pipe:
    """Catches what is written past Python: by subprocesses, by libraries, to the file descriptors 1 and 2."""

    def __init__(self, told: Callable[[str, str], None]) -> None:
        self._told, self._lock = told, threading.RLock()
        self._sources: dict[int, tuple[str, codecs.IncrementalDecoder]] = {}
        for number, name in ((1, "stdout"), (2, "stderr")):
            read, write = os.pipe()
            os.dup2(write, number)
            os.close(write)
            os.set_blocking(read, False)
            self._sources[read] = (name, codecs.getincrementaldecoder("utf-8")("replace"))
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        """Read while a subprocess writes: it would wait for ever when the pipe is full."""
        while True:
            select.select(list(self._sources), [], [])
            self.drain()

    def drain(self) -> None:
        """Tell everything that was written so far; when this returns it has been told."""
        for stream in (sys.__stdout__, sys.__stderr__):
            if stream is not None:
                with contextlib.suppress(OSError, ValueError):
                    stream.flush()
        with self._lock:
            for handle, (name, decoder) in self._sources.items():
                with contextlib.suppress(BlockingIOError):
                    while data := os.read(handle, 65536):
                        self._told(name, decoder.decode(data))


def _become_kernel(argv: list[str]) -> int:
    """Turn this process into an ordinary kernel with sockets, and return when it has ended."""
    os.environ["JPY_PARENT_PID"] = str(os.getppid())
    os.environ.setdefault("PYDEVD_DISABLE_FILE_VALIDATION", "1")
    from ipykernel.kernelapp import IPKernelApp

    app = IPKernelApp.instance()
    app.initialize(argv)
    if "matplotlib_inline.backend_inline" in sys.modules:
        # it was imported before there was a shell, and so could not hook itself in
        from matplotlib_inline.backend_inline import _enable_matplotlib_integration

        _enable_matplotlib_integration()
    app.start()
    return 0
