"""Our standard streams, lent to a program that runs elsewhere."""

from __future__ import annotations

import os
import signal
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager


def write(descriptor: int, data: bytes) -> None:
    """Write all of it."""
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def raw(resize: Callable[[int, int], object]) -> Iterator[None]:
    """Have our terminal pass on every key, and what it is sent unchanged, for the body of a `with`.

    SIGTERM ends us with the usual status, but not before the terminal is as it was.

    Args:
        resize: called with rows and columns, now and whenever they change.
    """

    def changed(*_: object) -> None:
        resize(*termios.tcgetwinsize(0))

    def end(*_: object) -> None:
        # At once, whatever is going on: what runs in the lab ends with the line to it.
        termios.tcsetattr(0, termios.TCSANOW, settings)
        os._exit(128 + signal.SIGTERM)

    settings = termios.tcgetattr(0)
    before = signal.signal(signal.SIGWINCH, changed)
    terminated = signal.signal(signal.SIGTERM, end)
    try:
        tty.setraw(0)
        changed()
        yield
    finally:
        termios.tcsetattr(0, termios.TCSANOW, settings)  # also where its output is stopped
        signal.signal(signal.SIGWINCH, before)
        signal.signal(signal.SIGTERM, terminated)
