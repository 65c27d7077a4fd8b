"""Waits that end when their rule is switched off, their client leaves, or their time is up."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

from mitmproxy import connection

from faults.traffic import sockets

_POLL = 0.1
"""How often to look whether client and rule are still there: nobody tells during a hook."""


@dataclass(eq=False)
class _Wait:
    rule: str
    client: str
    over: asyncio.Event = field(default_factory=asyncio.Event)


class Waits:
    """What is being held up at the moment.

    Args:
        acting: says whether a rule still acts; one that is past its `until` holds up nothing.
    """

    def __init__(self, acting: Callable[[str], bool]) -> None:
        self._acting = acting
        self._waits: set[_Wait] = set()

    def __len__(self) -> int:
        return len(self._waits)

    def clients(self, rules: Collection[str]) -> frozenset[str]:
        """Return the clients that these rules are holding up."""
        return frozenset(wait.client for wait in self._waits if wait.rule in rules)

    async def hold(
        self,
        rule: str,
        client: connection.Client,
        limit: float | None = None,
        *,
        gone: Callable[[], bool] | None = None,
    ) -> None:
        """Wait `limit` seconds (None: without end), until released, or until the client is gone.

        Args:
            gone: another way to see that, for waits that go on after mitmproxy has let go of the
                connection; those end with their rule, not with `release(client=…)`.
        """
        wait = _Wait(rule, "" if gone else client.id)
        left_alone = gone or (lambda: sockets.gone(client))
        self._waits.add(wait)
        clock = asyncio.get_running_loop().time
        end = math.inf if limit is None else clock() + limit
        try:
            while (left := end - clock()) > 0 and not left_alone() and self._acting(rule):
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(wait.over.wait(), min(left, _POLL))
                    return
        finally:
            self._waits.discard(wait)

    def release(self, *, rule: str | None = None, client: str | None = None) -> None:
        """End the waits of a rule, of a client, or all."""
        for wait in tuple(self._waits):
            if (rule is None or wait.rule == rule) and (client is None or wait.client == client):
                wait.over.set()
