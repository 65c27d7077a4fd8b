"""Keeps track of busy connections, so that changed rules can end those that began without them."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence

from mitmproxy import connection

from faults.engine.matching import ArmedRule, Index
from faults.traffic import facts, internals, sockets

_FLUSHED = 0.02


class Connections:
    """Which connections are in the middle of an exchange, and which are to end after it."""

    def __init__(self) -> None:
        self._busy: Counter[str] = Counter()
        self._retiring: set[str] = set()

    def begin(self, client: connection.Client) -> None:
        """Note that an exchange has begun."""
        self._busy[client.id] += 1

    def end(self, client: connection.Client) -> None:
        """Note that an exchange is about to be answered; close a retiring connection after it."""
        self._busy[client.id] -= 1
        if self._busy[client.id] <= 0 and client.id in self._retiring:
            self._retiring.discard(client.id)
            asyncio.get_running_loop().call_later(_FLUSHED, sockets.close, client)

    def forget(self, client: connection.Client) -> None:
        """Note that a connection has ended."""
        self._busy.pop(client.id, None)
        self._retiring.discard(client.id)

    def retire(self, changed: Sequence[ArmedRule], spare: Collection[str]) -> None:
        """Close the kept-alive connections whose beginning a changed rule would have met.

        Those in `spare` are only now released from their beginning, and may go on.
        """
        if not changed:
            return
        index = Index(changed)
        for client in internals.clients():
            if client.id not in spare and any(index.matching(facts.of_connection(client))):
                if self._busy[client.id]:
                    self._retiring.add(client.id)
                else:
                    sockets.close(client)
