"""Puts on record what the edge itself failed at, which is no fault and not the client's doing."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from typing import Any

from mitmproxy.proxy.server_hooks import ServerConnectionHookData

from faults.traffic.ledger import Ledger

_SHORT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_NUMBERED = re.compile(r"\[Errno (\d+)\]")


class Failures:
    """A mitmproxy addon: the edge ran out of something, or the origin cannot be reached.

    Each is a record of kind `error` with `part`, which is the part of the lab that failed: `edge`
    or `origin`. Without it a client gets a 502 or waits, as from a broken proxy.
    """

    def __init__(self, ledger: Ledger, origin: tuple[str, int]) -> None:
        self.ledger = ledger
        self.origin = origin

    def running(self) -> None:
        """Hear of connections that could not be accepted (mitmproxy hook)."""
        loop = asyncio.get_running_loop()
        before = loop.get_exception_handler()

        def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
            problem = context.get("exception")
            if isinstance(problem, OSError) and problem.errno in _SHORT:
                self._record("edge", "accept", problem.errno)
            elif before:
                before(loop, context)
            else:
                loop.default_exception_handler(context)

        loop.set_exception_handler(handle)

    def server_connect_error(self, data: ServerConnectionHookData) -> None:
        """Hear of a connection to the origin that could not be made (mitmproxy hook)."""
        found = _NUMBERED.match(data.server.error or "")  # "connection cancelled": by the client
        if found and data.server.address == self.origin:
            number = int(found[1])
            self._record("edge" if number in _SHORT else "origin", "connect", number)

    def _record(self, part: str, doing: str, number: int) -> None:
        said = os.strerror(number).lower()
        self.ledger.open("error", part=part, rule="", do=doing, error=said)
