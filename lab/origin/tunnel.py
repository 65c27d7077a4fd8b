"""A forward proxy whose every CONNECT ends at the origin: real names without DNS or root.

With HTTPS_PROXY set to it, `go`, git and curl reach https://github.com and the rest of the world's
names on a machine where those names mean something else, and can reach nothing but the world.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Collection
from socket import socket

_CONNECT = re.compile(rb"CONNECT \[?([^\s\]]+?)\]?:([0-9]{1,5}) HTTP/1\.[01]\r\n")
_CHUNK = 1 << 16
_SECONDS = 10.0


async def start(door: socket, names: Collection[str], origin: tuple[str, int]) -> asyncio.Server:
    """Answer CONNECT on a listening socket until the server returned is closed.

    Args:
        door: where clients come in.
        names: the hosts that may be asked for; any other is a 403.
        origin: where every tunnel ends, whatever port the client named.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await _tunnel(reader, writer, names, origin)
        writer.close()

    return await asyncio.start_server(connected, sock=door)


async def _tunnel(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    names: Collection[str],
    origin: tuple[str, int],
) -> None:
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), _SECONDS)
    except (TimeoutError, asyncio.LimitOverrunError):
        return
    asked = _CONNECT.match(head)
    if asked is None:
        await _say(writer, "405 Method Not Allowed", "Allow: CONNECT\r\n")
        return
    if asked[1].decode("latin-1").lower() not in names:
        await _say(writer, "403 Forbidden", "X-Reason: no such host in this world\r\n")
        return
    there, to_origin = await asyncio.open_connection(*origin)
    await _say(writer, "200 Connection Established", "", length="")
    await asyncio.gather(_pump(reader, to_origin), _pump(there, writer))


async def _say(
    writer: asyncio.StreamWriter, status: str, header: str, length: str = "Content-Length: 0\r\n"
) -> None:
    writer.write(f"HTTP/1.1 {status}\r\n{header}{length}\r\n".encode())
    await writer.drain()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(_CHUNK):
            writer.write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()
