"""Our standard streams, lent to a program that runs elsewhere."""

from __future__ import annotations

import os
import signal
import termios
import threading
import tty
from collections.abc import Callable, Iterator, Mapping
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

    def changed() -> None:
        resize(*termios.tcgetwinsize(0))

    def end() -> None:
        # At once, whatever is going on: what runs in the lab ends with the line to it.
        termios.tcsetattr(0, termios.TCSANOW, settings)
        os._exit(128 + signal.SIGTERM)

    settings = termios.tcgetattr(0)
    with _heeded({signal.SIGWINCH: changed, signal.SIGTERM: end}):
        try:
            tty.setraw(0)
            changed()
            yield
        finally:
            termios.tcsetattr(0, termios.TCSANOW, settings)  # also where its output is stopped


@contextmanager
def _heeded(actions: Mapping[int, Callable[[], None]]) -> Iterator[None]:
    """Have a thread of its own do what signals ask for, for the body of a `with`.

    Python runs a handler in the main thread, and not while that waits in a system call which it
    had just begun when the signal came: that would be at the next key, or never.
    """
    reading, writing = os.pipe2(os.O_CLOEXEC)
    os.set_blocking(writing, False)

    def heed() -> None:
        with os.fdopen(reading, "rb", buffering=0) as numbers:
            while number := numbers.read(1):
                if number[0] in actions:
                    actions[number[0]]()

    threading.Thread(target=heed, name="signals", daemon=True).start()
    wakes = signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    before = {number: signal.signal(number, lambda *_: None) for number in actions}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(wakes)
        os.close(writing)
