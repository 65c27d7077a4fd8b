"""Ctrl-C: the first ends what golab does; those after it do not get in the way of its clean-up.

KeyboardInterrupt may come up anywhere, and C code that calls Python takes it for something else:
pydantic for a model that cannot be built or data that is wrong, which a user would then be told.
So where golab loads its modules and reads files, an interrupt waits until that is done; and
whatever goes wrong after an interrupt is the interrupt's doing (`check`).
"""

from __future__ import annotations

import os
import signal
import sys
import time

TYPE_CHECKING = False  # typing is not loaded yet
if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_AGAIN = 0.01
_PATIENCE = 15.0
"""Seconds of clean-up after which another interrupt ends it, too."""


class Interrupts:
    """What to do with interrupts; there is one of these in a golab."""

    def __init__(self) -> None:
        self._first: float | None = None
        self._waits = False
        self._holds: list[None] = []
        self.gave_up = False
        self.stays: list[str] = []
        """What is left behind on purpose, whatever comes: the ids of labs that stay up."""

    def watch(self) -> None:
        """From here on, raise KeyboardInterrupt once, unless SIGINT is ignored anyway.

        It waits until the first `release`.
        """
        self.hold()
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._handle)
            sys.unraisablehook = self._swallowed

    def forget(self) -> None:
        """The interrupt has been dealt with, and golab goes on."""
        self._first = None

    def check(self) -> None:
        """Raise KeyboardInterrupt if there was one, even if somebody took it for an error."""
        if self._first is not None:
            raise KeyboardInterrupt from None

    def hold(self) -> None:
        """Let an interrupt wait until `release`; a `with` block does both."""
        self._holds.append(None)

    def release(self) -> None:
        """Raise KeyboardInterrupt if there was an interrupt meanwhile."""
        self._holds.pop()
        if self._waits and not self._holds:
            self._waits = False
            raise KeyboardInterrupt from None

    __enter__ = hold

    def __exit__(self, *_: object) -> None:
        self.release()

    def _handle(self, *_: object) -> None:
        if self._first is None:
            self._first = time.monotonic()
            if self._holds:
                self._waits = True
                return
            raise KeyboardInterrupt
        if time.monotonic() - self._first > _PATIENCE:
            self.gave_up = True
            raise KeyboardInterrupt
        try:  # noqa: SIM105 - contextlib is not loaded yet
            os.write(2, b"golab: ending its labs, so that nothing is left behind\n")
        except OSError:
            pass

    def _swallowed(self, what: UnraisableHookArgs) -> None:
        """Have an interrupt come once more that came up where nothing can, as in a `__del__`."""
        if what.exc_type is not KeyboardInterrupt:
            sys.__unraisablehook__(what)
            return
        from threading import Timer

        self._first = None
        Timer(_AGAIN, os.kill, [os.getpid(), signal.SIGINT]).start()


INTERRUPTS = Interrupts()
