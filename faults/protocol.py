"""The protocol of the control sockets of edge and origin: a JSON object a line, answered by one.

    {"id": 1, "do": "remove", "name": "stale-list"}  -> {"id": 1, "value": null}
    {"id": 2, "do": "remove", "name": "nobody"}      -> {"id": 2, "error": "there is no rule …"}

`do` names a command, and all else but `id` is its arguments. `id` may be any JSON value, comes back
as it was, and may be left out. Requests of one connection are answered in their order.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Self

LINE = 64 << 20
"""The longest line, in bytes; give it as `limit` to a stream that `serve_stream` is to read."""
_TIMEOUT = 10.0

Request = dict[str, Any]
Handle = Callable[[Request], Awaitable[Any]]
"""Carries out a request, which has no `id` any more, and returns its value.

Raises:
    ValueError: it is refused; the text is for the one who asked.
"""


class ControlError(RuntimeError):
    """The other side refused, or cannot be reached."""


async def serve_stream(
    handle: Handle, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer requests on a stream until the other side ends it; then close it."""
    try:
        # ValueError: a line that is too long.
        with contextlib.suppress(ConnectionError, ValueError):
            while line := await reader.readline():
                answer = await _answer(line, handle)
                writer.write(json.dumps(answer).encode() + b"\n")
                await writer.drain()
    finally:
        writer.close()


async def serve_path(handle: Handle, path: Path) -> asyncio.Server:
    """Listen on a Unix socket that only its owner may use; close the server to end it.

    Raises:
        OSError: the socket cannot be made, or somebody listens on it.
    """

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await serve_stream(handle, reader, writer)

    return await asyncio.start_unix_server(accept, sock=_bound(path), limit=LINE)


async def _answer(line: bytes, handle: Handle) -> dict[str, Any]:
    named: dict[str, Any] = {}
    try:
        request = _request(line)
        if "id" in request:
            named["id"] = request.pop("id")
        return {**named, "value": await handle(request)}
    except (ValueError, RecursionError) as refused:  # RecursionError: JSON nested too deeply
        return {**named, "error": str(refused)}
    except Exception as error:  # noqa: BLE001 - whoever asked must hear of it
        return {**named, "error": f"a defect of golab: {type(error).__name__}: {error}"}


def _request(line: bytes) -> Request:
    request = json.loads(line)
    if isinstance(request, dict):
        return request
    raise ValueError('a request is an object such as {"do": "log"}')


def _bound(path: Path) -> socket.socket:
    """Bind a socket for the owner alone, in place of one that nobody listens on any more."""
    if path.is_socket():
        with socket.socket(socket.AF_UNIX) as probe:
            if probe.connect_ex(str(path)) == 0:
                raise OSError(f"{path}: somebody listens here already")
        path.unlink()
    bound = socket.socket(socket.AF_UNIX)
    try:
        bound.bind(str(path))
        path.chmod(0o600)
        bound.listen()  # at once: whoever sees the file may connect
    except OSError:
        bound.close()
        raise
    return bound


class Client:
    """The side that asks, on a connected socket, which is closed with the client.

    Args:
        connected: the socket; its timeout is that of each call.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._stream = connected.makefile("rwb")

    @classmethod
    def connect(cls, path: Path | str, timeout: float = _TIMEOUT) -> Self:
        """Connect to a Unix socket; calls time out after so many seconds.

        Raises:
            ControlError: nobody listens there.
        """
        connecting = socket.socket(socket.AF_UNIX)
        connecting.settimeout(timeout)
        try:
            connecting.connect(str(path))
        except OSError as error:
            connecting.close()
            raise ControlError(f"{path}: {error.strerror or error}") from None
        return cls(connecting)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        with contextlib.suppress(OSError):  # what could not be sent
            self._stream.close()
        self._socket.close()

    def call(self, do: str, **arguments: Any) -> Any:
        """Send one request and return the value of its answer.

        Raises:
            ControlError: refused, no answer in time, or the other side has gone.
        """
        try:
            self._stream.write(json.dumps({"do": do, **arguments}).encode() + b"\n")
            self._stream.flush()
            line = self._stream.readline()
        except OSError as error:
            raise ControlError(f"no answer to {do!r}: {error}") from None
        if not line:
            raise ControlError(f"no answer to {do!r}: the connection was closed")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise ControlError(answer["error"])
        return answer["value"]
