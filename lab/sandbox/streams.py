"""Our standard streams, lent to a program that runs elsewhere."""

from __future__ import annotations

import contextlib
import os
import signal
import termios
import threading
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_PIECE = 1 << 16


def feed(send: Callable[[bytes], object], end: Callable[[], object]) -> None:
    """Hand on what comes in on standard input, in the background; call `end` at its end."""

    def pump() -> None:
        with contextlib.suppress(OSError):  # whoever was fed has ended
            while piece := os.read(0, _PIECE):
                send(piece)
            end()

    threading.Thread(target=pump, name="standard input", daemon=True).start()


def write(descriptor: int, data: bytes) -> None:
    """Write all of it."""
    while data:
        data = data[os.write(descriptor, data) :]


@contextmanager
def raw(resize: Callable[[int, int], object]) -> Iterator[None]:
    """Have our terminal pass on every key, and what it is sent unchanged, for the body of a `with`.

    Args:
        resize: called with rows and columns, now and whenever they change.
    """

    def changed(*_: object) -> None:
        resize(*termios.tcgetwinsize(0))

    settings = termios.tcgetattr(0)
    before = signal.signal(signal.SIGWINCH, changed)
    try:
        tty.setraw(0)
        changed()
        yield
    finally:
        termios.tcsetattr(0, termios.TCSADRAIN, settings)
        signal.signal(signal.SIGWINCH, before)
