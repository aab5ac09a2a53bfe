"""Messages over a local socket: JSON with its length before it."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Mapping
from typing import Any

_LENGTH = struct.Struct("!Q")
_MOST = 1 << 32  # a longer message is none of ours


def send(sock: socket.socket, message: Mapping[str, object]) -> None:
    """Send one message whole.

    Raises
    ------
    OSError
        The other side has gone.
    """
    data = json.dumps(message, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
    sock.sendall(_LENGTH.pack(len(data)) + data)


def receive(sock: socket.socket, deadline: float | None = None) -> dict[str, Any] | None:
    """Return the next message, None when the other side has gone, in the middle of a message too.

    Parameters
    ----------
    sock
        A connected stream socket.
    deadline
        Reading of `time.monotonic` until which the message may take.

    Raises
    ------
    TimeoutError
        The deadline has passed.
    """
    head = _exactly(sock, _LENGTH.size, deadline)
    if head is None or (size := _LENGTH.unpack(head)[0]) > _MOST:
        return None
    data = _exactly(sock, size, deadline)
    return None if data is None else dict(json.loads(data.decode("utf-8", "surrogatepass")))


def _exactly(sock: socket.socket, size: int, deadline: float | None) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        sock.settimeout(None if deadline is None else _left(deadline))
        try:
            part = sock.recv(min(size - len(data), 1 << 20))
        except ConnectionError:
            return None
        if not part:
            return None
        data += part
    return bytes(data)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left
