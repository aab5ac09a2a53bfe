"""A kernel without wires: ipykernel's own, whose messages go to a function in place of a socket.

What a notebook shows is made by the same code as in any Jupyter kernel (ipykernel), and put into the notebook by
the same code as in any batch (nbclient); only the sockets, the threads and the waiting between the two are gone.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

from ipykernel.ipkernel import IPythonKernel
from jupyter_client.session import Session
from nbclient.client import NotebookClient
from traitlets.config import Config

Message = dict[str, Any]
# The rest of what jupyter's `Session.send` takes, in its order; the first and the third are for sockets.
_FURTHER = ("ident", "buffers", "track", "header", "metadata")
_NUMBERS = {"stdout": 1, "stderr": 2}


class LocalSession(Session):  # type: ignore[misc]
    """Hands each message to a function, as it would come out at the other end of a socket."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(key=b"", **kwargs)
        self.told: Callable[[Message], None] = _ignore

    def send(
        self,
        stream: object,
        msg_or_type: str | Message,
        content: Mapping[str, Any] | None = None,
        parent: Mapping[str, Any] | None = None,
        *further: Any,
        **named: Any,
    ) -> Message:
        given = {**dict(zip(_FURTHER, further, strict=False)), **named}
        header, metadata, buffers = (given.get(name) for name in ("header", "metadata", "buffers"))
        message: Message = (
            msg_or_type
            if isinstance(msg_or_type, dict)
            else self.msg(msg_or_type, content=content, parent=parent, header=header, metadata=metadata)
        )
        packed = self.pack(message["content"])
        arrived = {**message, "content": self.unpack(packed), "buffers": buffers or [], "size": len(packed)}
        self.told(arrived)
        return message


def _nothing() -> None:
    """Nothing waits before the streams are taken over."""


def _ignore(message: Message) -> None:
    """Before the fork there is nobody to tell."""


class Stream:
    """What `sys.stdout` and `sys.stderr` are in a notebook: every write is a message."""

    encoding = "UTF-8"
    errors = "strict"
    newlines = None
    closed = False

    def __init__(self, name: str, number: int, told: Callable[[str, str], None]) -> None:
        self.name, self._number, self._told = name, number, told

    def write(self, text: str) -> int:
        """Tell the text, and return how many characters it has."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text)}")
        if text:
            self._told(self.name, text)
        return len(text)

    def writelines(self, lines: Any) -> None:
        """Write each of the lines."""
        for line in lines:
            self.write(line)

    def fileno(self) -> int:
        """Return the number under which a subprocess finds the stream."""
        return self._number

    def isatty(self) -> bool:
        """Return that nobody sits there."""
        return False

    def readable(self) -> bool:
        """Return that nothing can be read."""
        return False

    def writable(self) -> bool:
        """Return that it can be written to."""
        return True

    def seekable(self) -> bool:
        """Return that there is no way back."""
        return False

    def flush(self) -> None:
        """Do nothing: every write is told at once."""

    def close(self) -> None:
        """Do nothing: the stream lives as long as the kernel."""


class Channel:
    """What nbclient sends to a kernel: the messages wait here until the cell has run."""

    def __init__(self) -> None:
        self.waiting: list[Message] = []

    def send(self, message: Message) -> None:
        """Let a message wait."""
        self.waiting.append({**message, "buffers": []})  # as it would arrive


class Client:
    """The little that nbclient's widgets need of a client of a kernel."""

    def __init__(self) -> None:
        self.session = Session(key=b"")
        self.shell_channel = Channel()


class WirelessKernel(IPythonKernel):  # type: ignore[misc]
    """A kernel that runs cells where it stands, and that nobody can reach from outside."""

    def _abort_queues(self, subshell_id: str | None = None) -> None:
        """Do nothing: no cell waits in a queue."""

    def _send_abort_reply(self, *args: Any) -> None:
        """Do nothing."""


def make_kernel(folder: str) -> WirelessKernel:
    """Return a kernel with a fresh shell; call it once, in the process that is forked later.

    Parameters
    ----------
    folder
        For the files that IPython keeps.
    """
    from IPython.core.profiledir import ProfileDir

    config = Config()
    config.HistoryManager.enabled = False
    config.HistoryManager.hist_file = ":memory:"
    profile = ProfileDir(location=f"{folder}/profile_default", config=config)
    kernel: WirelessKernel = WirelessKernel.instance(
        session=LocalSession(), profile_dir=profile, config=config, log=logging.getLogger("pdsa.kernels")
    )
    kernel.shell.enable_gui = partial(_enable_gui, kernel)
    kernel._execute_sleep = 0  # a pause for the sockets
    # interrupts are for the thread that runs the cells, and here that is the only one
    kernel.shell_channel_thread = SimpleNamespace(parent_thread=threading.main_thread())
    return kernel


def rehearse(kernel: WirelessKernel) -> None:
    """Play a cell and forget it: what is built the first time a cell is played is built once for all children."""
    import asyncio

    from nbformat.v4 import new_code_cell, new_notebook

    notebook = new_notebook(cells=[new_code_cell("from IPython.display import HTML, display\ndisplay(HTML(' '))\n0")])
    asyncio.run(Player(kernel, notebook, _weightless).play(0))
    kernel.session.told = _ignore
    kernel.shell.reset(new_session=True)
    kernel.set_parent([], {}, "shell")


def _weightless(kind: str, size: int) -> None:
    """Count nothing."""


def _enable_gui(kernel: WirelessKernel, gui: str | None = None) -> None:
    """Switch the event loop of drawings, in this kernel: the original looks for an application that has one."""
    from ipykernel.eventloops import enable_gui

    enable_gui(gui, kernel=kernel)
    kernel.shell.active_eventloop = gui


class Player:
    """Plays the cells of one notebook in a kernel, and says after each what came of it.

    Parameters
    ----------
    kernel
        A kernel in which nothing has run.
    notebook
        Filled while it is played.
    told
        Called before the first output of anything, with the kind of output and its size in characters.
    said
        Called with what is printed, as soon as it is: the cell may never end.
    """

    def __init__(
        self,
        kernel: WirelessKernel,
        notebook: Any,
        told: Callable[[str, int], None],
        said: Callable[[str, str], None] | None = None,
    ) -> None:
        self.kernel, self.notebook, self._size, self._said = kernel, notebook, told, said
        self.client = NotebookClient(notebook, km=None, record_timing=False)
        self.client.reset_execution_trackers()
        self.client.widget_state, self.client.widget_buffers = {}, {}
        self.client.kc = Client()
        self.drain: Callable[[], None] = _nothing
        self._lock = threading.RLock()
        self.index = 0
        self.changed: set[int] = set()
        self.reply: Message = {}
        kernel.session.told = self.take

    def take(self, message: Message) -> None:
        """Put one message into the notebook, as nbclient does."""
        kind, content = message["msg_type"], message["content"]
        if kind == "execute_reply":
            self.reply = content
        if kind in ("execute_reply", "status", "input_request"):
            return
        self.drain()
        self._size("showed", message["size"])
        with self._lock:
            self.client.process_message(message, self.notebook.cells[self.index], self.index)
            display = (content.get("transient") or {}).get("display_id")
            if kind == "update_display_data":
                self.changed |= set(self.client._display_id_map.get(display, ()))

    def print(self, name: str, text: str) -> None:
        """Put printed text into the notebook, joined to the text before it; a widget may catch it."""
        if self._said is not None:
            self._said(name, text)
        self._size("printed", len(text))
        with self._lock:
            self._join(name, text)

    def _join(self, name: str, text: str) -> None:
        outputs = self.notebook.cells[self.index].outputs
        parent = self.kernel.get_parent()
        hooked = self.client.output_hook_stack[parent.get("header", {}).get("msg_id")]
        last = outputs[-1] if outputs and not hooked and not self.client.clear_before_next_output else None
        if last is not None and last.output_type == "stream" and last.name == name:
            last.text += text
            return
        content = {"name": name, "text": text}
        message = self.kernel.session.msg("stream", content, parent=parent)
        self.client.process_message(message, self.notebook.cells[self.index], self.index)

    async def play(self, index: int) -> bool:
        """Run one cell and return whether it ran to its end."""
        cell = self.notebook.cells[index]
        self.index, self.changed, self.reply = index, set(), {}
        self.client.clear_before_next_output = False
        request = self._request(cell)
        self.kernel.set_parent([], request, "shell")
        await self.kernel.execute_request(None, [], request)
        self._answer()
        # an error of IPython itself, such as an unknown magic, stands in the reply alone
        whole = self.reply.get("status") == "ok"
        return whole and not any(output.output_type == "error" for output in cell.outputs)

    @property
    def error(self) -> Message:
        """What the last cell raised, as its reply says."""
        return {name: self.reply.get(name, "") for name in ("ename", "evalue", "traceback")}

    def _request(self, cell: Any) -> Message:
        session = self.kernel.session
        content = {"code": cell.source, "silent": False, "store_history": True, "user_expressions": {}}
        content |= {"allow_stdin": False, "stop_on_error": True}
        message: Message = session.msg("execute_request", content, metadata={"cellId": cell.get("id", "")})
        return message

    def _answer(self) -> None:
        """Give the kernel what widgets sent it while the cell ran."""
        waiting, self.client.kc.shell_channel.waiting = self.client.kc.shell_channel.waiting, []
        for message in waiting:
            self.kernel.shell_handlers[message["msg_type"]](None, [], message)

    def finish(self) -> dict[str, Any]:
        """Return what belongs into the notebook's metadata: the state of its widgets."""
        self.client.set_widgets_metadata()
        widgets: dict[str, Any] = self.notebook.metadata.get("widgets", {})
        return widgets


def take_over(player: Player, drain: Callable[[], None]) -> None:
    """Make the streams of this process the notebook's.

    Parameters
    ----------
    player
        Who puts what is printed into the notebook.
    drain
        Called before anything is put there: what was written past Python comes first.
    """

    own = os.getpid()

    def told(name: str, text: str) -> None:
        if os.getpid() != own:  # what the notebook forked speaks through the pipe
            os.write(_NUMBERS[name], text.encode("utf-8", "surrogatepass"))
            return
        drain()
        player.print(name, text)

    player.drain = drain
    sys.stdout, sys.stderr = (Stream(name, number, told) for name, number in _NUMBERS.items())
