"""The warm parent as its owner sees it: it is asked for a child, and answers with what became of the notebook."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdsa.kernels import system, wire
from pdsa.kernels.ending import (
    Break,
    CellOutcome,
    Execution,
    Limits,
    cell_ends,
    died,
    flooded,
    printed_text,
    raised,
    source_index,
    timed_out,
)
from pdsa.kernels.room import FIXED, Room

if TYPE_CHECKING:
    from nbformat import NotebookNode

PRELOAD = ("numpy", "pandas", "matplotlib", "plotnine", "IPython", "nbclient", "ipywidgets", "pdsa")
START_SECONDS = 120  # what the imports of a slow disk may take
BEGIN_SECONDS = 30  # what a child may take from its fork to its first cell, where a cell may not take longer
# Of the owner's variables the parent itself gets these only: it outlives each notebook, and secrets are none of it.
_KEPT = ("PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "MPLCONFIGDIR", "XDG_CACHE_HOME", "SYSTEMROOT")
Watch = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process of a child ended."""

    code: int | None = None
    peak_mb: float = 0.0
    memory_full: bool = False


@dataclass(slots=True)
class Child:
    """One child that was asked for: `channel` leads to it, `status` to the parent, which knows its end."""

    channel: socket.socket
    status: socket.socket
    token: str
    pid: int | None = None

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
        if self.pid is None:
            told = wire.receive(self.status, time.monotonic() + seconds)
            self.pid = None if told is None else told["pid"]
        return self.pid

    def ended(self, seconds: float = 30) -> Ended:
        """Wait for its end and return how that was."""
        try:
            if self.born(seconds) is None:
                return Ended()
            told = wire.receive(self.status, time.monotonic() + seconds)
        except (TimeoutError, OSError):
            told = None
        if told is None:  # the parent was ended itself: nobody else is left to do it
            if self.pid:
                system.kill_group(self.pid, signal.SIGKILL, alone=False)
            return Ended()
        return Ended(told["code"], told["peak_mb"], told["memory_full"])

    def close(self) -> None:
        """Let go; the parent takes that as the wish to end it."""
        self.channel.close()
        self.status.close()


@dataclass(slots=True, eq=False)
class Parent:
    """A process that has imported everything and forks a fresh child for each notebook.

    May be used from several threads. It ends when it is closed, and when its owner ends, however that happens;
    its children end with it.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    folder: Path
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ready: bool | None = None

    def is_ready(self, seconds: float = START_SECONDS) -> bool:
        """Wait until everything is imported; return False if that failed, and cold kernels are to be used."""
        with self._lock:
            if self._ready is None:
                try:
                    told = wire.receive(self.control, time.monotonic() + seconds)
                except (TimeoutError, OSError):
                    told = None
                self._ready = told is not None and told["threads"] == 1
            # a parent that was ended since forks nothing more
            return self._ready and self.process.poll() is None

    def why(self) -> str:
        """Return the last words of a parent that did not start."""
        with contextlib.suppress(OSError):
            return (self.folder / "errors.txt").read_text(encoding="utf-8", errors="replace").strip()[-500:]
        return ""

    def child(self, folder: Path | None = None) -> Child:
        """Ask for a child.

        Parameters
        ----------
        folder
            What the parent takes away should the owner end before the child does.

        Raises
        ------
        OSError
            The parent has gone.
        """
        channel, theirs = socket.socketpair()
        status, told = socket.socketpair()
        child = Child(channel, status, secrets.token_hex(8))
        try:
            with self._lock:
                request = json.dumps({"token": child.token, "folder": str(folder or "")}).encode()
                socket.send_fds(self.control, [request], [theirs.fileno(), told.fileno()])
        except OSError:
            child.close()
            raise
        finally:
            theirs.close()
            told.close()
        return child

    def run(
        self, notebook: NotebookNode, limits: Limits, room: Room, *, as_tagged: bool = False, watch: Watch | None = None
    ) -> Execution:
        """Play a prepared notebook in a child, and say truly what became of it.

        Parameters
        ----------
        notebook
            With its parameters in place; it is filled.
        limits, room
            What it may take, and its surroundings.
        as_tagged
            Whether a cell tagged `raises-exception` may raise.
        watch
            Called with `start` or `end` and the index of the cell.
        """
        started = time.perf_counter()
        try:
            child = self.child(room.folder)
        except OSError:
            return _execution(notebook, {}, died(None), None, Ended(), started)
        room.ender = child.kill
        if room.stop.is_set():
            child.kill()
        play = _Play(child, notebook, limits, watch or _nobody)
        try:
            what = play.run(_request(notebook, limits, room, child.token, as_tagged=as_tagged))
            ended = play.end()
        finally:
            room.ender = None
            child.close()
        if what is None:
            what = died(ended.code, memory_full=ended.memory_full)
        return _execution(notebook, play.ends, what, play.broken, ended, started)

    def close(self) -> None:
        """End the process and its children, and wait for that."""
        if self._ready is None:  # it imports still, and has no children
            self.process.kill()
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)


def _nobody(what: str, index: int) -> None:
    """Nobody watches."""


def _request(
    notebook: NotebookNode, limits: Limits, room: Room, token: str, *, as_tagged: bool
) -> Mapping[str, object]:
    return {
        "notebook": notebook,
        "environment": {**room.environment(), system.MARK: token},
        "folder": str(room.workdir),
        "memory_mb": limits.memory_mb,
        "printed_mb": limits.printed_mb,
        "output_mb": limits.output_mb,
        "as_tagged": as_tagged,
        "imports_here": room.place is not None,
    }


@dataclass(slots=True)
class _Play:
    """Hears what a child tells while it plays, and puts it into the notebook."""

    child: Child
    notebook: NotebookNode
    limits: Limits
    watch: Watch
    ends: dict[int, tuple[CellOutcome, float]] = field(default_factory=dict)
    broken: int | None = None
    what: Break | None = None
    said: list[tuple[str, str]] = field(default_factory=list)
    began: float = 0.0

    def run(self, request: Mapping[str, object]) -> Break | None:
        """Return what broke the notebook; status `ok` if it came to its end, None if the child has gone."""
        last = time.monotonic() + self.limits.report_seconds
        try:
            self.child.channel.settimeout(BEGIN_SECONDS)
            wire.send(self.child.channel, request)
            until = min(last, time.monotonic() + max(self.limits.cell_seconds, BEGIN_SECONDS))
            while (told := wire.receive(self.child.channel, until)) is not None:
                self.hear(told)
                if self.what is not None:
                    return self.what
                if "said" in told:  # whoever talks gets no more time for it
                    continue
                until = min(last, time.monotonic() + self.limits.cell_seconds)
        except TimeoutError:
            self.break_off("timeout")
            whole = time.monotonic() >= last
            return timed_out(*((self.limits.report_seconds, "report") if whole else (self.limits.cell_seconds,)))
        except OSError:
            pass
        self.break_off("died")
        return None

    def break_off(self, how: CellOutcome) -> None:
        """Keep what the cell said and how long it took; the rest of what it showed is lost with it."""
        if self.broken is not None:
            self.ends[self.broken] = (how, time.monotonic() - self.began)
            streams = [{"output_type": "stream", "name": name, "text": text} for name, text in self.said]
            self._fill(self.broken, streams)

    def hear(self, told: Mapping[str, Any]) -> None:
        """Put one message into the notebook."""
        if "start" in told:
            self.broken, self.said, self.began = told["start"], [], time.monotonic()
            self.watch("start", told["start"])
        elif "said" in told:
            self._say(told["name"], told["said"])
        elif "also" in told:
            self._fill(told["also"], told["outputs"])
        elif "cell" in told:
            self._cell(told)
        elif "flood" in told:
            most = self.limits.printed_mb if told["flood"] == "printed" else self.limits.output_mb
            self.break_off("died")
            self.what = flooded(told["flood"], most)
        elif "done" in told:
            self._done(told["done"])

    def _say(self, name: str, text: str) -> None:
        before = self.said[-1] if self.said else ("", "")
        if before[0] == name:
            self.said[-1] = (name, before[1] + text)
        else:
            self.said.append((name, text))

    def _cell(self, told: Mapping[str, Any]) -> None:
        index = told["cell"]
        self._fill(index, told["outputs"])
        self.notebook.cells[index].execution_count = told["count"]
        self.ends[index] = ("ok" if told["whole"] else "error", told["seconds"])
        if told["whole"]:
            self.broken = None
        elif not told["goes_on"]:
            error = next((one for one in told["outputs"] if one["output_type"] == "error"), told["error"])
            self.what = raised(error["ename"], error["evalue"], error["traceback"])
        self.watch("end", index)

    def _fill(self, index: int, outputs: Sequence[Mapping[str, Any]]) -> None:
        from nbformat import from_dict

        self.notebook.cells[index].outputs = [from_dict(output) for output in outputs]

    def _done(self, widgets: Mapping[str, Any]) -> None:
        if widgets:
            self.notebook.metadata["widgets"] = widgets
        self.broken, self.what = None, Break("ok", "", "")

    def end(self) -> Ended:
        """Have the child ended, if it has not already, and return how it ended."""
        if self.what is None or self.what.status != "ok":
            self.child.kill()
        return self.child.ended()


def _execution(
    notebook: NotebookNode,
    ends: Mapping[int, tuple[CellOutcome, float]],
    what: Break,
    broken: int | None,
    ended: Ended,
    started: float,
) -> Execution:
    return Execution(
        notebook,
        what.status,
        None if what.status == "ok" else source_index(notebook, broken),
        what.ename,
        what.evalue,
        time.perf_counter() - started,
        what.line,
        cell_ends(notebook, ends),
        printed_text(notebook),
        ended.peak_mb,
        what.again,
    )


def start_parent(preload: Sequence[str] = PRELOAD, warm_up: str = "", *, wireless: bool = True) -> Parent | None:
    """Start a warm parent and return at once; None where there is no fork to be had.

    Parameters
    ----------
    preload
        Modules that it imports before the first child.
    warm_up
        A function, as `module:name`, that it calls then: what is slow the first time is done once for all.
    wireless
        Whether children play notebooks (`Parent.run`), or become kernels with sockets.
    """
    if not system.can_fork():
        return None
    folder = Path(tempfile.mkdtemp(prefix="pdsa-parent-"))
    try:
        return _started(folder, preload, warm_up, wireless=wireless)
    except BaseException:  # Ctrl-C is one
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _started(folder: Path, preload: Sequence[str], warm_up: str, *, wireless: bool) -> Parent:
    ours, theirs = socket.socketpair()
    settings = {
        **{"control": theirs.fileno(), "preload": list(preload), "warm_up": warm_up},
        **{"folder": str(folder), "wireless": wireless},
    }
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    with theirs, (folder / "errors.txt").open("wb") as errors:
        process = subprocess.Popen(  # noqa: S603 this interpreter, our own module
            [sys.executable, "-P", "-m", "pdsa.kernels.zygote", json.dumps(settings)],
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            env={**kept, **FIXED, "TMPDIR": str(folder), "PYDEVD_DISABLE_FILE_VALIDATION": "1"},
            cwd=folder,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    return Parent(process, ours, folder)


@dataclass(slots=True)
class Hearth:
    """Keeps one warm parent for a whole process, and starts another where the system ended the last.

    Parameters
    ----------
    preload, warm_up, wireless
        As of `start_parent`.
    """

    preload: Sequence[str] = PRELOAD
    warm_up: str = ""
    wireless: bool = True
    _parent: Parent | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def lit(self) -> Parent | None:
        """Return the parent, which may still be importing; None where there is no fork to be had."""
        with self._lock:
            if self._parent is not None and self._parent.process.poll() is not None:
                self._parent.close()
                self._parent = None
            if self._parent is None:
                self._parent = start_parent(self.preload, self.warm_up, wireless=self.wireless)
                atexit.register(self.out)
            return self._parent

    def out(self) -> None:
        """Close it, and leave nothing of it behind."""
        atexit.unregister(self.out)
        with self._lock:
            if self._parent is not None:
                self._parent.close()
                self._parent = None


@contextlib.contextmanager
def warm_parent(preload: Sequence[str] = PRELOAD, warm_up: str = "") -> Iterator[Parent | None]:
    """Start a warm parent that ends with the block; None where there is no fork to be had."""
    parent = start_parent(preload, warm_up)
    try:
        yield parent
    finally:
        if parent is not None:
            parent.close()
