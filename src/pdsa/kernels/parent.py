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
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pdsa.kernels import system, wire
from pdsa.kernels.children import Child, Ended
from pdsa.kernels.ending import Execution, Limits, died
from pdsa.kernels.folders import PREFIX, hold, release, sweep_folders
from pdsa.kernels.play import Play, Watch, execution_of, nobody, request_of
from pdsa.kernels.room import FIXED, Room

if TYPE_CHECKING:
    from nbformat import NotebookNode

PRELOAD = ("numpy", "pandas", "matplotlib", "plotnine", "IPython", "nbclient", "ipywidgets", "pdsa")
START_SECONDS = 120  # what the imports of a slow disk may take
# Of the owner's variables the parent itself gets these only: it outlives each notebook, and secrets are none of it.
_KEPT = ("PATH", "HOME", "PYTHONPATH", "VIRTUAL_ENV", "MPLCONFIGDIR", "XDG_CACHE_HOME", "SYSTEMROOT")


@dataclass(slots=True, eq=False)
class Parent:
    """A process that has imported everything and forks a fresh child for each notebook.

    May be used from several threads. It ends when it is closed, and when its owner ends, however that happens;
    its children end with it.
    """

    process: subprocess.Popen[bytes]
    control: socket.socket
    folder: Path
    hold: int | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _ready: bool | None = None
    _prepared: set[str] = field(default_factory=set)
    _preparing: threading.Lock = field(default_factory=threading.Lock)

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

    def prepare(self, function: str) -> None:
        """Have it call a function before its next child; once, however often that is asked for.

        Parameters
        ----------
        function
            As `module:name`: imports and tries out what some notebooks need, and catches what may fail there.
            Whatever it prints is for `why`; a parent in which it raises, or that cannot fork any more after it,
            ends, and its children with it.
        """
        with self._preparing:
            if function in self._prepared:
                return
            self._prepared.add(function)
            channel, theirs = socket.socketpair()
            status, tells = socket.socketpair()
            # a parent that has gone, or is not done by then, is seen by who asks for a child
            with channel, status, contextlib.suppress(OSError):
                self._ask({"prepare": function}, theirs, tells)
                told = wire.receive(status, time.monotonic() + START_SECONDS)
                if told is None or not told["ready"]:  # it ends, which may take a moment
                    self._ready = False

    def _ask(self, request: Mapping[str, object], *given: socket.socket) -> None:
        """Send a request with two sockets, which are the parent's from now on.

        The sockets also hold requests apart: the system ends what is received at once where they come along.
        """
        try:
            with self._lock:
                data, fds = json.dumps(request).encode(), [sock.fileno() for sock in given]
                socket.send_fds(self.control, [data], fds)
        finally:
            for sock in given:
                sock.close()

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
            self._ask({"token": child.token, "folder": str(folder or "")}, theirs, told)
        except OSError:
            child.close()
            self._ready = False
            raise
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
            return execution_of(notebook, {}, died(None), None, Ended(), started)
        room.ender = child.kill
        if room.stop.is_set():
            child.kill()
        play = Play(child, notebook, limits, watch or nobody)
        try:
            what = play.run(request_of(notebook, limits, room, child.token, as_tagged=as_tagged))
            ended = play.end()
        finally:
            room.ender = None
            child.close()
            if child.orphaned:
                self._give_up()
        if what is None:
            what = died(ended.code, memory_full=ended.memory_full)
        return execution_of(notebook, play.ends, what, play.broken, ended, started)

    def _give_up(self) -> None:
        """Ask nothing more of a parent that has ended, or that does not answer; its children end with it."""
        self._ready = False  # the system may take a moment more until it has ended
        if self.process.poll() is None:
            system.kill_group(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process and its children, and wait for that."""
        # it imports still: ended with what its imports have started, for it has no child yet
        if self._ready is None and self.process.poll() is None:
            system.kill_group(self.process.pid, signal.SIGKILL)
        self.control.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
        shutil.rmtree(self.folder, ignore_errors=True)
        release(self.hold)
        self.hold = None


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
    # its name is known before it is there: Ctrl-C at any moment takes it away
    folder = Path(tempfile.gettempdir()) / f"{PREFIX}parent-{secrets.token_hex(8)}"
    try:
        folder.mkdir(mode=0o700)
        return _started(folder, preload, warm_up, wireless=wireless)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


def _started(folder: Path, preload: Sequence[str], warm_up: str, *, wireless: bool) -> Parent:
    ours, theirs = socket.socketpair()
    settings = {
        **{"control": theirs.fileno(), "preload": list(preload), "warm_up": warm_up},
        **{"folder": str(folder), "wireless": wireless},
    }
    kept, handle = {name: os.environ[name] for name in _KEPT if name in os.environ}, hold(folder)
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
    return Parent(process, ours, folder, handle)


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
                sweep_folders()  # the system may have ended the process before this one, too
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
