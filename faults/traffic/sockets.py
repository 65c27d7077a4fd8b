"""The client's socket below mitmproxy's layers: where a RST, a FIN or raw bytes leave from."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from typing import Any

from mitmproxy import connection

from faults.traffic import internals

_DRAIN = 1.0


def writer(client: connection.Client) -> Any:
    """Return where bytes to the client go, or None once the connection has ended."""
    io = internals.transport(client)
    return io.writer if io else None


def gone(client: connection.Client) -> bool:
    """Say whether the client has closed its side, or the whole connection."""
    if client.transport_protocol != "tcp":
        return False
    io = internals.transport(client)
    if io is None or not client.state & connection.ConnectionState.CAN_READ:
        return True
    return internals.has_ended(io.reader)


def close(client: connection.Client) -> None:
    """Close the connection once what was written has left."""
    out = writer(client)
    if out and not out.is_closing():
        out.close()


async def reset(client: connection.Client) -> bool:
    """Reset the connection (RST) once what was written has been acknowledged.

    Returns:
        False if there was no TCP connection left to reset.
    """
    out = writer(client)
    sock = out.get_extra_info("socket") if out else None
    if sock is None:
        return False
    await _acknowledged(out, sock)
    # A socket that lingers for 0 s is closed with RST instead of FIN.
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    out.transport.abort()
    return True


async def _acknowledged(out: Any, sock: socket.socket) -> None:
    """Wait, at most a second, until nothing is left in our buffers or the kernel's."""
    deadline = asyncio.get_running_loop().time() + _DRAIN
    while asyncio.get_running_loop().time() < deadline:
        unsent = out.transport.get_write_buffer_size()
        queued = struct.unpack("i", fcntl.ioctl(sock.fileno(), termios.TIOCOUTQ, b"\0" * 4))[0]
        if unsent == queued == 0:
            return
        await asyncio.sleep(0.002)


def finish(client: connection.Client) -> None:
    """Send FIN: no more bytes from our side; the client may still send."""
    out = writer(client)
    if out and not out.is_closing():
        out.write_eof()
