"""Waits that end when their rule is switched off, their client leaves, or their time is up."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field


@dataclass(eq=False)
class _Wait:
    rule: str
    client: str
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Waits:
    """What is being held up at the moment."""

    def __init__(self) -> None:
        self._waits: set[_Wait] = set()

    def __len__(self) -> int:
        return len(self._waits)

    async def hold(self, rule: str, client: str, limit: float | None = None) -> None:
        """Wait `limit` seconds (None: without end), or until `release` says so."""
        wait = _Wait(rule, client)
        self._waits.add(wait)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(limit):
                    await wait.over.wait()
        finally:
            self._waits.discard(wait)

    def release(self, *, rule: str | None = None, client: str | None = None) -> None:
        """End the waits of a rule, of a client, or all."""
        for wait in tuple(self._waits):
            if (rule is None or wait.rule == rule) and (client is None or wait.client == client):
                wait.over.set()
