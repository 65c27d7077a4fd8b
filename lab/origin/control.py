"""Runtime control of an origin: its commands, and a client for them.

For how they travel see `faults.protocol`. The commands, and the values they answer with:

    state            the state that the origin is in, as `OriginState.to_json` writes it
    set    state     puts the origin into that state; the next request sees it
    log    after     {"records": […], "total": how many there ever were}; without the first `after`
                     of them

After a refusal nothing has changed.
"""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Any

from faults import protocol
from lab.origin.app import Origin
from lab.origin.state import OriginState


def carry_out(origin: Origin, request: protocol.Request) -> Any:
    """Carry out a request and return its value.

    Raises:
        ValueError: an unknown command, or arguments that make no sense.
    """
    match request:
        case {"do": "state"}:
            return origin.state.to_json()
        case {"do": "set", "state": dict(state)}:
            origin.state = OriginState.from_json(state)
            return None
        case {"do": "log"}:
            return _log(origin, request.get("after", 0))
    raise ValueError(
        'a request is {"do": "state"}, {"do": "set", "state": {…}} or {"do": "log", "after": 0}'
    )


def _log(origin: Origin, after: Any) -> dict[str, Any]:
    if not isinstance(after, int) or after < 0:
        raise ValueError(f"after must be a number of records, not {after!r}")
    skipped = max(0, after - (origin.seen - len(origin.log)))
    kept = islice(origin.log, skipped, None)
    return {"records": [asdict(entry) for entry in kept], "total": origin.seen}


def _handle(origin: Origin) -> protocol.Handle:
    async def handle(request: protocol.Request) -> Any:
        return carry_out(origin, request)

    return handle


async def serve(origin: Origin, path: Path) -> asyncio.Server:
    """Listen on a Unix socket that only its owner may use; close the server to end it.

    Raises:
        OSError: the socket cannot be made, or somebody listens on it.
    """
    return await protocol.serve_path(_handle(origin), path)


async def serve_stream(
    origin: Origin, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer on a stream that is connected already, until the other side ends it; then close it.

    Make the reader with `limit=protocol.LINE`: a longer line ends the conversation.
    """
    await protocol.serve_stream(_handle(origin), reader, writer)


class Control:
    """Asks a running origin; one connection for each request, so it can be kept for ever.

    All methods raise ControlError: the origin refuses, or has gone.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def state(self) -> OriginState:
        """Return the state that the origin is in."""
        return OriginState.from_json(self._call("state"))

    def set(self, state: OriginState) -> None:
        """Put the origin into a state; the next request sees it."""
        self._call("set", state=state.to_json())

    def log(self) -> list[dict[str, Any]]:
        """Return the access log: host, method, path, status, user, bytes of each request."""
        entries: list[dict[str, Any]] = self._call("log")["records"]
        return entries

    def _call(self, do: str, **arguments: Any) -> Any:
        with protocol.Client.connect(self.path) as client:
            return client.call(do, **arguments)
