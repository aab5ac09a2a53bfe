"""What one kernel has to itself: a folder, an environment, a process group; and how all of it ends."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pdsa.kernels import system
from pdsa.kernels.ending import Break, Limits, died, flooded, out_of_memory
from pdsa.kernels.folders import PREFIX, held

if TYPE_CHECKING:
    from nbformat import NotebookNode

FIXED = {
    "LC_ALL": "C.UTF-8",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "TZ": "UTC",
}
# What a user's shell may hold that would run code or change warnings in the kernel.
_DROPPED = ("PYTHONINSPECT", "PYTHONSTARTUP", "PYTHONWARNINGS")
_SOCKET_PATH = 100  # a unix socket's path ends at 104 bytes (macOS) or 108 (Linux)


class Stop:
    """Ends every kernel started under it, at once and for good; Ctrl-C sets it."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._rooms: list[Room] = []
        self._lock = threading.Lock()

    def is_set(self) -> bool:
        """Return whether kernels are being ended."""
        return self._event.is_set()

    def set(self) -> None:
        """Kill the running kernels; those that are starting end as soon as they have a process."""
        self._event.set()
        with self._lock:
            rooms = tuple(self._rooms)
        for room in rooms:
            room.kill()

    @contextlib.contextmanager
    def room(self, files: Mapping[str, bytes]) -> Iterator[Room]:
        """Give one kernel its surroundings, and leave neither process nor file of it behind."""
        room = Room(Path(tempfile.mkdtemp(prefix=PREFIX)), self)
        with self._lock:
            self._rooms.append(room)
        try:
            with held(room.folder):
                room.fill(files)
                yield room
        finally:
            room.close()
            with self._lock:
                self._rooms.remove(room)


@dataclass(slots=True, eq=False)
class Room:
    """The private surroundings of one kernel: a folder only its owner can enter, and its process group."""

    folder: Path
    stop: Stop
    manager: Any = None
    ender: Callable[[], None] | None = None
    notebook: NotebookNode | None = None
    cell: int | None = None
    limits: Limits = field(default_factory=Limits)
    printed: int = 0
    showed: int = 0
    # where the caller chooses them: a folder that exists, and all variables of the kernel
    place: Path | None = None
    variables: Mapping[str, str] | None = None
    begin: Sequence[Callable[[], None]] = ()
    full: bool = False
    token: str = field(default_factory=lambda: secrets.token_hex(8))  # by which what a cold kernel starts is known

    @property
    def pid(self) -> int | None:
        """The number of the kernel's process, None before it has one."""
        found: int | None = getattr(getattr(self.manager, "provisioner", None), "pid", None)
        return found

    @property
    def workdir(self) -> Path:
        """The folder in which the notebook runs."""
        return self.place or self.folder / "work"

    def fill(self, files: Mapping[str, bytes]) -> None:
        """Make the folder in which the notebook runs, with these files in it."""
        self.workdir.mkdir()
        for name, data in files.items():
            (self.workdir / name).write_bytes(data)

    @property
    def transport(self) -> str:
        """Unix sockets where the system has them and the path fits, else TCP with encryption."""
        return "ipc" if os.name == "posix" and len(os.fsencode(self.folder)) + 16 < _SOCKET_PATH else "tcp"

    def environment(self) -> dict[str, str]:
        """Return the parent's variables, less those that would make two kernels differ."""
        if self.variables is not None:
            return {"MPLBACKEND": FIXED["MPLBACKEND"], **self.variables}
        kept = {name: value for name, value in os.environ.items() if name not in _DROPPED}
        return {**kept, **FIXED, "IPYTHONDIR": str(self.folder / "ipython")}

    def kill(self) -> None:
        """End the kernel and what it started; harmless when it has ended already."""
        if self.ender is not None:
            self.ender()
        if (pid := self.pid) is None:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if sys.platform == "win32":
                os.kill(pid, signal.SIGTERM)
            else:
                os.killpg(pid, signal.SIGKILL)  # each kernel leads a session of its own

    def close(self) -> None:
        """Kill what is left, collect the process, remove the folder."""
        self.kill()
        process = getattr(getattr(self.manager, "provisioner", None), "process", None)
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(5)
        if self.manager is not None:  # a warm parent knows what its children have started
            system.kill_marked(self.token)
        shutil.rmtree(self.folder, ignore_errors=True)

    # The rest is called while the notebook runs.
    def on_start(self, notebook: NotebookNode) -> None:
        """Keep the notebook that is being filled: after an error papermill does not return it."""
        self.notebook = notebook
        for begin in self.begin:
            begin()

    def on_cell(self, cell: NotebookNode, cell_index: int) -> None:
        """Note which cell begins."""
        self.cell = cell_index

    def take(self, kind: str, size: int) -> None:
        """Count a message and its characters, and end a notebook that floods the memory."""
        if kind == "stream":
            self.printed += size
        elif kind != "status":
            self.showed += size
        if self.flood() is not None:
            self.kill()

    def flood(self) -> Break | None:
        """Return the break of a notebook that has printed or shown too much, None of any other."""
        if self.printed > self.limits.printed_mb * 1_000_000:
            return flooded("printed", self.limits.printed_mb)
        if self.showed > self.limits.output_mb * 1_000_000:
            return flooded("showed", self.limits.output_mb)
        return None

    def ending(self) -> Break:
        """Return how the kernel's process ended."""
        if (flood := self.flood()) is not None:
            return flood
        if self.full:
            return out_of_memory()
        process = getattr(getattr(self.manager, "provisioner", None), "process", None)
        return died(None if process is None else process.poll())


def manager_class(room: Room) -> type:
    """Return a kernel manager for one room; papermill takes a class, and ends only kernels it made from one."""
    import zmq
    from jupyter_client.kernelspec import KernelSpec

    from pdsa.kernels.client import Client, Manager

    command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}", "--IPKernelApp.ignore_cwd=True"]
    encryption = "auto" if room.transport == "tcp" and zmq.has("curve") else "disabled"

    class RoomManager(Manager):
        def __init__(self, **kwargs: object) -> None:
            place = str(room.folder / "k.json")
            super().__init__(connection_file=place, transport=room.transport, transport_encryption=encryption, **kwargs)
            room.manager = self

        @property
        def kernel_spec(self) -> KernelSpec:
            return KernelSpec(argv=command, language="python", metadata={"supported_encryption": "curve"})

        async def start_kernel(self, **kwargs: object) -> None:
            if room.stop.is_set():
                raise RuntimeError("stopped before the kernel started")
            silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
            await super().start_kernel(
                env={**room.environment(), system.MARK: room.token}, cwd=str(room.workdir), **silent, **kwargs
            )
            if room.stop.is_set():
                room.kill()

        def client(self, **kwargs: object) -> Client:
            client: Client = super().client(**kwargs)
            client.iopub_channel.room = room
            return client

    return RoomManager
