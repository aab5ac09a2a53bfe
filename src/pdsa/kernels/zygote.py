"""The warm parent's own process: it imports everything once, then forks a fresh child for each notebook.

It has one thread, and no notebook of its owner ever runs in it. What it is asked for comes over one socket that its
owner alone holds: a line of JSON and two sockets, the first for the child, the second for this process to say how
the child ended. An owner that goes away, however it goes, ends every child.

Run as `python -m pdsa.kernels.zygote SETTINGS`, by `pdsa.kernels.parent`.
"""

from __future__ import annotations

import builtins
import contextlib
import gc
import json
import os
import select
import shutil
import signal
import socket
import sys
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from types import SimpleNamespace
from typing import Any

from pdsa.kernels import child, system, wire
from pdsa.kernels.source import import_quickly

FDS = 2  # sockets that come with each request


@dataclass(slots=True)
class Running:
    """One child: its process, the socket on which its end is told, and what the system had ended when it began."""

    pid: int
    status: socket.socket
    token: str
    folder: str
    ended_before: int
    asked_to_end: bool = False

    def tidy(self) -> None:
        """Take away the child's folder; an owner that is still there has the same in mind."""
        tidy(self.folder)


def tidy(folder: str) -> None:
    """Take away a folder, unless it has no name or is gone."""
    if folder:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(slots=True)
class Zygote:
    """Forks on request, ends what it is told to end, and says of each child how it ended."""

    control: socket.socket
    wakeup: socket.socket
    kernel: Any
    running: dict[int, Running] = field(default_factory=dict)
    folders: set[str] = field(default_factory=set)  # of all children: an owner may be killed before it tidies up

    def serve(self) -> None:
        """Work until the owner has gone, then leave nothing behind."""
        try:
            while self._turn():
                pass
        finally:
            self._end_all()

    def _turn(self) -> bool:
        watched: list[socket.socket] = [self.control, self.wakeup]
        watched += [one.status for one in self.running.values() if not one.asked_to_end]
        ready, _, _ = select.select(watched, [], [])
        for one in list(self.running.values()):
            if one.status in ready:
                self._hear(one)
        if self.wakeup in ready and signal.SIGTERM in self.wakeup.recv(4096):
            return False
        self._reap()
        return self.control not in ready or self._fork()

    def _hear(self, one: Running) -> None:
        """Pass a signal on; an owner that hangs up wants the child ended."""
        try:
            data = one.status.recv(64)
        except OSError:
            data = b""
        if not data:
            one.asked_to_end = True
            system.kill_group(one.pid, signal.SIGKILL)
        for number in data:
            system.kill_group(one.pid, number)

    def _fork(self) -> bool:
        request, fds, _, _ = socket.recv_fds(self.control, 65536, FDS, socket.MSG_CMSG_CLOEXEC)
        if not request:
            return False
        channel, status = (socket.socket(fileno=fd) for fd in fds)
        asked = {**json.loads(request), "parent": os.getpid()}
        if "prepare" in asked:
            with channel, status:
                return self._try_out(asked["prepare"], status)
        try:
            pid = os.fork()
        except OSError:  # no memory or no process left just now: this notebook is told so, the others go on
            with channel, status, contextlib.suppress(OSError):
                wire.send(status, {"pid": None})
            return True
        if pid == 0:
            self._become_child(channel, status, asked)
        channel.close()
        self.folders.add(asked["folder"])
        self.running[pid] = Running(pid, status, asked["token"], asked["folder"], system.killed_for_memory())
        with contextlib.suppress(OSError):
            wire.send(status, {"pid": pid})
        return True

    def _try_out(self, function: str, status: socket.socket) -> bool:
        """Do once what a notebook to come would do first; return whether this process can fork after that."""
        try:
            with _as_in_a_notebook():
                _call(function)
        except (ImportError, AttributeError):  # nothing of that name, which is kept for `Parent.why`
            traceback.print_exc()
        _settle()
        ready = system.threads() == 1
        with contextlib.suppress(OSError):  # an owner that has gone, or does not wait any more
            wire.send(status, {"ready": ready})
        return ready

    def _become_child(self, channel: socket.socket, status: socket.socket, asked: Mapping[str, Any]) -> None:
        """Run the notebook in this process, which never returns from here."""
        code = 1
        try:
            for sock in (self.control, self.wakeup, status, *(one.status for one in self.running.values())):
                sock.close()
            code = child.run(channel, self.kernel, asked)
        except BaseException:  # noqa: BLE001 the process ends here, and its owner reads why in a file
            traceback.print_exc()
        finally:
            os._exit(code)

    def _reap(self) -> None:
        """Collect children that ended, say how, and end what they left running."""
        while self.running:
            pid, status, usage = os.wait4(-1, os.WNOHANG)
            if pid == 0:
                return
            if (one := self.running.pop(pid, None)) is None:
                continue  # something that a child had started and left
            system.kill_group(pid, signal.SIGKILL, alone=False)
            # what has no mark is nobody's as soon as nobody is left
            system.kill_adopted(one.token if self.running else "")
            if one.asked_to_end:
                one.tidy()
            told = {
                "code": os.waitstatus_to_exitcode(status),
                "peak_mb": usage.ru_maxrss / 1024,
                "memory_full": system.killed_for_memory() > one.ended_before,
            }
            with contextlib.suppress(OSError):
                wire.send(one.status, told)
            one.status.close()

    def _end_all(self) -> None:
        """End every child; the owner that cannot tidy up any more may have left what only it may read."""
        for pid, one in self.running.items():
            system.kill_group(pid, signal.SIGKILL)
            system.kill_adopted(one.token)
        system.kill_adopted("")
        for folder in self.folders:
            tidy(folder)


def main(settings: Mapping[str, Any]) -> None:
    """Import what is named, say so, and serve.

    Parameters
    ----------
    settings
        `control`: the number of the owner's socket. `preload`: modules. `warm_up`: a function as `module:name`, or
        "". `folder`: for the files of IPython. `wireless`: whether children play notebooks or become kernels.
    """
    gc.disable()  # it would look through a million new objects again and again, and find nothing; children enable it
    control = socket.socket(fileno=settings["control"])
    os.set_inheritable(control.fileno(), False)
    wakeup = _watch_signals()
    system.adopt_orphans()
    kernel = _prepare(settings, partial(_leave_if_alone, control, settings["folder"]))
    _settle()
    threads = system.threads()
    with contextlib.suppress(OSError):  # an owner that has gone meanwhile
        wire.send(control, {"threads": threads})
    if threads == 1:
        Zygote(control, wakeup, kernel).serve()
        shutil.rmtree(settings["folder"], ignore_errors=True)


def _prepare(settings: Mapping[str, Any], meanwhile: Callable[[], None]) -> Any:
    """Import, make the shell, draw something once; all before the first fork."""
    with _as_in_a_notebook():
        for name in ("nbformat", "ipykernel.kernelapp", *settings["preload"]):
            meanwhile()
            import_quickly(name)
    meanwhile()
    kernel = None
    if settings["wireless"]:
        from pdsa.kernels.wireless import make_kernel, rehearse

        kernel = make_kernel(settings["folder"])
    gc.freeze()  # what was imported stays: whoever collects from here on need not look at it
    if settings["warm_up"]:
        _call(settings["warm_up"])
    if kernel is not None:
        rehearse(kernel)
    return kernel


def _call(function: str) -> None:
    module, _, name = function.partition(":")
    getattr(import_module(module), name)()


def _settle() -> None:
    """Let no child look at what is there already: it would copy every page."""
    gc.collect()
    gc.freeze()


def _leave_if_alone(control: socket.socket, folder: str) -> None:
    """End this process where its owner has gone before it could serve."""
    poll = select.poll()
    poll.register(control, select.POLLHUP)
    if any(event & select.POLLHUP for _, event in poll.poll(0)):
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(0)


@contextlib.contextmanager
def _as_in_a_notebook() -> Iterator[None]:
    """Let modules that ask where they are imported find a notebook, and take back what they change for everybody.

    pandas shows other numbers of columns in a terminal; plotnine shortens the warnings of the whole process.
    """
    form = warnings.formatwarning
    builtins.get_ipython = lambda: SimpleNamespace(kernel=None)  # type: ignore[attr-defined]
    try:
        yield
    finally:
        del builtins.get_ipython  # type: ignore[attr-defined]
        warnings.formatwarning = form


def _watch_signals() -> socket.socket:
    """Make children's ends and requests to end come as bytes on a socket."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.detach(), warn_on_full_buffer=False)
    for number in (signal.SIGCHLD, signal.SIGTERM):
        signal.signal(number, _note)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return ours


def _note(number: int, frame: object) -> None:
    """Do nothing: the byte on the socket tells."""


def _settings(arguments: Sequence[str]) -> dict[str, Any]:
    return dict(json.loads(arguments[0]))


if __name__ == "__main__":
    main(_settings(sys.argv[1:]))
