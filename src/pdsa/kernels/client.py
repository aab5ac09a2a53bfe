"""The client of a kernel that started cold: jupyter's own, but it misses no reply, and its room counts what arrives."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import zmq
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.channels import AsyncZMQSocketChannel
from jupyter_client.manager import AsyncKernelManager
from traitlets import Type

if TYPE_CHECKING:
    from pdsa.kernels.room import Room

Message = dict[str, Any]


class ShellChannel(AsyncZMQSocketChannel):  # type: ignore[misc]
    """Asks a kernel and hears its replies; whoever waits for one while something else is sent is woken."""

    def send(self, msg: Message) -> None:
        """Send a message, then look whether a reply has arrived.

        nbclient answers an output widget while it waits for the cell's reply. A send takes up the one signal by which
        the system says that something arrived, so a reply that is there already would never be noticed; asking for
        the events wakes whoever waits (jupyter/nbclient#312, `ZMQ_FD` in zmq_getsockopt(3)).
        """
        super().send(msg)
        self.socket.get(zmq.EVENTS)


class OutputChannel(AsyncZMQSocketChannel):  # type: ignore[misc]
    """Hears what a notebook prints and shows, until that is too much."""

    room: Room | None = None

    async def get_msg(self, timeout: float | None = None) -> Message:
        """Return the next message; after a flood there is none, and nbclient finds the kernel ended."""
        if self.room is not None and self.room.flood() is not None:
            await asyncio.get_running_loop().create_future()
        message = await self._next(timeout)
        if self.room is not None:
            kind, content = message["msg_type"], message["content"]
            self.room.take(kind, len(content["text"] if kind == "stream" else self.session.pack(content)))
        return message

    async def _next(self, timeout: float | None) -> Message:
        """Return the next message; nobody waits any more once the channel is closed, and nothing went wrong then."""
        try:
            message: Message = await super().get_msg(timeout)
        except (AssertionError, zmq.ZMQError):
            if self.socket is not None:
                raise
            raise asyncio.CancelledError from None
        return message


class Client(AsyncKernelClient):  # type: ignore[misc]
    """Speaks with a kernel over these channels."""

    shell_channel_class = Type(ShellChannel)
    iopub_channel_class = Type(OutputChannel)


class Manager(AsyncKernelManager):  # type: ignore[misc]
    """Starts and ends a kernel whose client misses no reply."""

    client_factory = Type(Client)
