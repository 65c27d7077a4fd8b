"""The edge's own ports: closed while a rule refuses connections, opened again afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from mitmproxy import ctx


class Listeners:
    """Keeps closed the ports that are to be refused; all changes happen one after another."""

    def __init__(self) -> None:
        self._closed: dict[Any, tuple[str, int]] = {}
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
        proxyserver = ctx.master.addons.get("proxyserver")
        while changes := self._changes(proxyserver):
            for server, (host, port), close in changes:
                if close:
                    self._closed[server] = (host, port)
                    await server.stop()
                    closed(port)
                else:
                    del self._closed[server]
                    server._servers = await server.listen(host, port)  # noqa: SLF001

    def _changes(self, proxyserver: Any) -> list[tuple[Any, tuple[str, int], bool]]:
        if proxyserver is None:
            return []
        changes = [
            (server, place, False)
            for server, place in self._closed.items()
            if not self._refused(place[1])
        ]
        for server in proxyserver.servers:
            places = [address[:2] for address in server.listen_addrs]
            if places and server not in self._closed and self._refused(places[0][1]):
                changes.append((server, places[0], True))
        return changes
