"""The agent's loop: calls what is to be called when a descriptor is ready, or a moment has come."""

from __future__ import annotations

import contextlib
import selectors
import time
from collections.abc import Callable

Ready = Callable[[], None]


class Loop:
    """What a process needs of the agent's loop: be called when a descriptor is ready, or later."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._later: dict[object, tuple[float, Ready]] = {}

    def watch(self, descriptor: int, ready: Ready, *, writing: bool = False) -> None:
        """Call `ready` whenever the descriptor can be read (written)."""
        events = selectors.EVENT_WRITE if writing else selectors.EVENT_READ
        self._selector.register(descriptor, events, ready)

    def forget(self, descriptor: int) -> None:
        """Look at this descriptor no more."""
        with contextlib.suppress(KeyError, ValueError):
            self._selector.unregister(descriptor)

    def at(self, key: object, moment: float, ready: Ready) -> None:
        """Call `ready` at a moment of the monotonic clock, once."""
        self._later[key] = (moment, ready)

    def cancel(self, key: object) -> None:
        """Do not call what was to be called later."""
        self._later.pop(key, None)

    def turn(self) -> None:
        """Wait until something is ready, and call what it is for."""
        soonest = min((moment for moment, _ in self._later.values()), default=None)
        wait = None if soonest is None else max(0.0, soonest - time.monotonic())
        for ready, _ in self._selector.select(wait):
            # Nobody has forgotten it in this turn, or watches another under the same number.
            if self._selector.get_map().get(ready.fd) is ready:
                ready.data()
        now = time.monotonic()
        for key in [key for key, (moment, _) in self._later.items() if moment <= now]:
            self._later.pop(key)[1]()
