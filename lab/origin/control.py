"""The side door of a running origin: a Unix socket that takes JSON, one message a line."""

from __future__ import annotations

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

from lab.origin.app import Origin
from lab.origin.state import OriginState

_LIMIT = 64 << 20
_SECONDS = 10.0


async def answer_calls(origin: Origin, path: Path) -> asyncio.Server:
    """Answer control messages on a new Unix socket until the server returned is closed.

    Raises:
        OSError: the path is longer than the 107 bytes that a socket's address can be.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                try:
                    message = json.loads(line)
                    reply = origin.control(message if isinstance(message, dict) else {})
                except ValueError as error:
                    reply = {"error": f"not JSON: {error}"}
                writer.write(json.dumps(reply).encode() + b"\n")
                await writer.drain()
        except (ConnectionError, ValueError):
            pass
        finally:
            writer.close()

    return await asyncio.start_unix_server(answer, path, limit=_LIMIT)


class Control:
    """Calls a running origin; one connection for each message, so it can be kept for ever."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def state(self) -> OriginState:
        """Return the state that the origin is in."""
        return OriginState.from_json(self._call({"get": "state"})["state"])

    def set(self, state: OriginState) -> None:
        """Put the origin into a state; the next request sees it.

        Raises:
            ValueError: the origin does not take it.
        """
        self._call({"state": state.to_json()})

    def log(self) -> list[dict[str, Any]]:
        """Return the access log: host, method, path, status, user, bytes of each request."""
        entries: list[dict[str, Any]] = self._call({"get": "log"})["log"]
        return entries

    def _call(self, message: dict[str, Any]) -> dict[str, Any]:
        with socket.socket(socket.AF_UNIX) as caller:
            caller.settimeout(_SECONDS)
            caller.connect(str(self.path))
            caller.sendall(json.dumps(message).encode() + b"\n")
            with caller.makefile("rb") as answers:
                reply: dict[str, Any] = json.loads(answers.readline())
        if "error" in reply:
            raise ValueError(reply["error"])
        return reply
