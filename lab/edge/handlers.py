"""Calls an event's handlers, and looks for them once.

mitmproxy's own manager asks every addon at every event whether it has a handler, and guards each of
these questions; a request has some twenty events, of which an edge handles a few.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from mitmproxy import addonmanager, exceptions, hooks


class Handlers(addonmanager.AddonManager):
    """An AddonManager whose addons do not change their handlers."""

    def __init__(self, master: Any) -> None:
        super().__init__(master)  # type: ignore[no-untyped-call]
        self._found: dict[str, list[Callable[..., Any]]] = {}

    def add(self, *addons: Any) -> None:
        """Add addons; see AddonManager."""
        super().add(*addons)  # type: ignore[no-untyped-call]

    def register(self, addon: Any) -> Any:
        """Load an addon, of which there may be further ones inside; see AddonManager."""
        self._found.clear()
        return super().register(addon)  # type: ignore[no-untyped-call]

    def remove(self, addon: Any) -> None:
        """Remove an addon; see AddonManager."""
        self._found.clear()
        super().remove(addon)  # type: ignore[no-untyped-call]

    async def trigger_event(self, event: hooks.Hook) -> None:
        """Call the handlers of an event in the order of the addons; see AddonManager."""
        found = self._found.get(event.name)
        if found is None:
            each = (getattr(addon, event.name, None) for addon in addonmanager.traverse(self.chain))
            found = self._found[event.name] = [handler for handler in each if callable(handler)]
        for handler in found:
            try:
                with addonmanager.safecall():
                    result = handler(*event.args())
                    if inspect.isawaitable(result):
                        await result
            except exceptions.AddonHalt:
                return
