"""A kernel provisioner: whatever starts the kernelspec `pdsa` gets a kernel that was forked warm.

Found by jupyter_client through its entry point `jupyter_client.kernel_provisioners`; imported by every program that
starts a kernel, so it imports little.
"""

from __future__ import annotations

import asyncio
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from jupyter_client.provisioning import LocalProvisioner

from pdsa.kernels import system, wire
from pdsa.kernels.children import Child
from pdsa.kernels.folders import PREFIX, hold, release
from pdsa.kernels.parent import Hearth

LAUNCHER = ["-m", "ipykernel_launcher"]
_HEARTH = Hearth(wireless=False)


class WarmProvisioner(LocalProvisioner):  # type: ignore[misc]
    """Forks kernels of this interpreter from a warm parent; starts others, and where there is no fork, as usual."""

    sockets = ""
    hold: int | None = None

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Let the kernel speak over unix sockets, which no other user of the machine can reach."""
        manager = self.parent
        if os.name == "posix" and manager is not None and manager.transport == "tcp" and not manager.shell_port:
            self.sockets = tempfile.mkdtemp(prefix=f"{PREFIX}k-")  # its path is short, and only its owner can enter
            self.hold = hold(Path(self.sockets))
            manager.cache_ports, manager.transport, manager.ip = False, "ipc", f"{self.sockets}/k"
        return dict(await super().pre_launch(**kwargs))

    async def cleanup(self, restart: bool = False) -> None:
        """Take the sockets away with the kernel."""
        await super().cleanup(restart)
        if self.sockets and not restart:
            shutil.rmtree(self.sockets, ignore_errors=True)
            release(self.hold)
            self.hold = None

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Fork the kernel, or start it cold."""
        # in a thread: a server has other kernels to look after while this one is imported for
        process = await asyncio.to_thread(_forked, cmd, kwargs)
        if process is None:
            return await super().launch_kernel(cmd, **kwargs)
        self.process, self.cwd = process, process.folder
        self.pid = self.pgid = process.pid
        return self.connection_info


def _forked(cmd: list[str], kwargs: dict[str, Any]) -> ForkedKernel | None:
    """Fork a kernel; None for kernels of another interpreter, where there is no fork, and where it failed just now."""
    parent = _HEARTH.lit() if cmd[1:3] == LAUNCHER and Path(cmd[0]) == Path(sys.executable) else None
    if parent is None or not parent.is_ready():
        return None
    try:
        child = parent.child()
    except OSError:  # it has just ended: this kernel starts cold, the next one finds another parent
        return None
    environment = {**(kwargs.get("env") or os.environ), system.MARK: child.token}
    try:
        return ForkedKernel(child, cmd, environment, str(kwargs.get("cwd") or Path.cwd()))
    except OSError:
        child.close()
        return None


class ForkedKernel:
    """What `subprocess.Popen` is for a kernel that was started, for one that was forked."""

    stdin = stdout = stderr = None

    def __init__(self, child: Child, argv: list[str], environment: dict[str, str], folder: str) -> None:
        self.args, self.folder, self._child, self.returncode = argv, folder, child, None
        wire.send(
            child.channel,
            {"argv": argv[3:], "environment": environment, "folder": folder, "memory_mb": 0, "imports_here": False},
        )
        pid = child.born(30)
        if pid is None:
            raise OSError("the warm parent could not fork a kernel, or has ended")
        self.pid = pid
        self._child.channel.close()

    returncode: int | None

    def poll(self) -> int | None:
        """Return the exit code, None while the kernel runs."""
        if self.returncode is None and select.select([self._child.status], [], [], 0)[0]:
            told = wire.receive(self._child.status, time.monotonic() + 5)
            self.returncode = -signal.SIGKILL if told is None else int(told["code"])
            self._child.status.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end and return the exit code.

        Raises
        ------
        subprocess.TimeoutExpired
            The time is up.
        """
        until = None if timeout is None else time.monotonic() + timeout
        while (code := self.poll()) is None:
            if until is not None and time.monotonic() >= until:
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
            select.select([self._child.status], [], [], 0.1)
        return code

    def send_signal(self, number: int) -> None:
        """Have the parent send a signal to the kernel and what it started."""
        if self.poll() is None:
            self._child.signal(number)

    def kill(self) -> None:
        """End the kernel and what it started."""
        if self.poll() is None:
            self._child.kill()

    def terminate(self) -> None:
        """Ask the kernel to end."""
        self.send_signal(signal.SIGTERM)
