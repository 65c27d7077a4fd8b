"""Ctrl-C: the first ends what golab does; those after it do not get in the way of its clean-up."""

from __future__ import annotations

import contextlib
import os
import signal
import time

_PATIENCE = 15.0
"""Seconds of clean-up after which another interrupt ends it, too."""


class Interrupts:
    """What to do with interrupts; there is one of these in a golab."""

    def __init__(self) -> None:
        self._first: float | None = None
        self.gave_up = False

    def watch(self) -> None:
        """From here on, raise KeyboardInterrupt once, unless SIGINT is ignored anyway."""
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)

    def forget(self) -> None:
        """The interrupt has been dealt with, and golab goes on."""
        self._first = None

    def _handle(self, *_: object) -> None:
        if self._first is None:
            self._first = time.monotonic()
            raise KeyboardInterrupt
        if time.monotonic() - self._first > _PATIENCE:
            self.gave_up = True
            raise KeyboardInterrupt
        with contextlib.suppress(OSError):
            os.write(2, b"golab: ending its labs, so that nothing is left behind\n")


INTERRUPTS = Interrupts()
