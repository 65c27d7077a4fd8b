"""The edge's own ports: closed while a rule refuses connections, opened again afterwards."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Any

from faults.traffic import internals

logger = logging.getLogger(__name__)


class Listeners:
    """Keeps closed the ports that are to be refused; all changes happen one after another."""

    def __init__(self) -> None:
        self._closed: dict[Any, frozenset[int]] = {}
        self._refused: Callable[[int], bool] = lambda _: False
        self._task: asyncio.Task[None] | None = None

    def follow(self, refused: Callable[[int], bool], closed: Callable[[int], None]) -> None:
        """Close the ports `refused` holds for, telling `closed`, and open all others."""
        self._refused = refused
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._settle(closed))

    async def settled(self) -> None:
        """Wait until the ports are as the last `follow` wanted them."""
        if self._task is not None:
            await self._task

    async def _settle(self, closed: Callable[[int], None]) -> None:
        while changes := self._changes():
            for server, ports, close in changes:
                if close:
                    self._closed[server] = ports
                    await server.stop()
                    for port in sorted(ports):
                        closed(port)
                else:
                    del self._closed[server]
                    await _listen(server, ports)

    def _changes(self) -> list[tuple[Any, frozenset[int], bool]]:
        changes = [
            (server, ports, False)
            for server, ports in self._closed.items()
            if not any(map(self._refused, ports))
        ]
        for server in internals.servers():
            ports = frozenset(address[1] for address in server.listen_addrs)
            if server not in self._closed and any(map(self._refused, ports)):
                changes.append((server, ports, True))
        return changes


async def _listen(server: Any, ports: frozenset[int]) -> None:
    """Listen as at start, on the same ports."""
    for port in sorted(ports):
        try:
            await internals.listen_again(server, port)
        except OSError as error:
            logger.error("golab: port %d stays closed: %s", port, error)  # noqa: TRY400
