"""The edge's own ports: closed while a rule refuses connections, opened again afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from faults.traffic import internals

Places = frozenset[tuple[str, int]]
"""Where one server listens: addresses and ports."""

Closed = Callable[[Places], None]

logger = logging.getLogger(__name__)


class Listeners:
    """Keeps closed the ports that are to be refused; all changes happen one after another."""

    def __init__(self) -> None:
        self._closed: dict[Any, Places] = {}
        self._refused: Callable[[str, int], bool] = lambda _address, _port: False
        self._task: asyncio.Task[None] | None = None

    def follow(self, refused: Callable[[str, int], bool], closed: Closed) -> None:
        """Close where `refused` holds for address and port, telling `closed`; open all others."""
        self._refused = refused
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._settle(closed))

    async def settled(self) -> None:
        """Wait until the ports are as the last `follow` wanted them."""
        if self._task is not None:
            await self._task

    async def _settle(self, closed: Closed) -> None:
        while changes := self._changes():
            for server, places, close in changes:
                if close:
                    self._closed[server] = places
                    await server.stop()
                    closed(places)
                else:
                    del self._closed[server]
                    await _listen(server, places)

    def _changes(self) -> list[tuple[Any, Places, bool]]:
        changes = [
            (server, places, False)
            for server, places in self._closed.items()
            if not any(self._refused(*place) for place in places)
        ]
        for server in internals.servers():
            places = frozenset(address[:2] for address in server.listen_addrs)
            if server not in self._closed and any(self._refused(*place) for place in places):
                changes.append((server, places, True))
        return changes


async def _listen(server: Any, places: Places) -> None:
    """Listen as at start, on the same ports."""
    for port in sorted({port for _, port in places}):
        try:
            await internals.listen_again(server, port)
        except OSError as error:
            logger.error("golab: port %d stays closed: %s", port, error)  # noqa: TRY400
