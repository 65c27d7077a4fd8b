"""Runs a command, or a shell, as the client of a lab that is held, on our standard streams."""

from __future__ import annotations

import contextlib
import os
import signal
import termios
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Any

from lab.daemon.client import GoneError, Line
from lab.daemon.registry import Held
from lab.sandbox import streams

TIMED_OUT = 124
"""The exit status of a command whose limit was reached, as timeout(1) has it."""

INTERRUPTED = 130

_WINDOW = 256 << 10
"""Bytes of input that may be on their way to the command."""


def run(
    lab: Held, command: Sequence[str] = (), *, terminal: bool, limit: float | None = None
) -> int:
    """Run a command, or a shell, on our standard streams, and return its exit status.

    An interrupt is passed on to the command; a second one ends it, a third one us, should the
    lab be mute. However we end, it does not outlive us.

    Args:
        lab: where.
        command: what to run; nothing is an interactive shell.
        terminal: whether it gets a terminal, to which ours is lent.
        limit: seconds after which it is killed, and `TIMED_OUT` returned.

    Raises:
        LabError: the lab has gone.
        KeyboardInterrupt: we were interrupted before the command had begun, so it never did, or
            three times.
    """
    size = list(termios.tcgetwinsize(0)) if terminal else None
    term = os.environ.get("TERM", "dumb")
    with Line(lab) as line:
        line.send(do="exec", argv=list(command), terminal=size, term=term, limit=float(limit or 0))
        line.receive()
        line.wait_as_long_as_it_takes()
        line.send(do="begin")
        aside = _aside(line)
        lent = _lent(aside) if terminal else contextlib.nullcontext()
        with _interrupts(aside) as killed, lent:
            status = _follow(line, _Input(line, terminal=terminal))
    if killed.is_set():
        return INTERRUPTED
    if status is None:
        return TIMED_OUT
    return status if status >= 0 else 128 - status  # as a shell puts it


def _follow(line: Line, given: _Input) -> int | None:
    given.start()
    while True:
        message = line.receive()
        match message.get("event"):
            case "out" | "err" as name:
                data = message["data"]
                streams.write(1 if name == "out" else 2, data)
                with contextlib.suppress(GoneError):  # or it has ended, and nobody counts
                    line.send(do="taken", size=len(data))
            case "taken":
                given.taken(message["size"])
            case _:
                status: int | None = message["value"]
                return status


class _Input:
    """Passes on what comes in on standard input, as fast as the command takes it."""

    def __init__(self, line: Line, *, terminal: bool) -> None:
        self._line = line
        self._terminal = terminal
        self._under_way = 0
        self._change = threading.Condition()

    def start(self) -> None:
        threading.Thread(target=self._pump, name="standard input", daemon=True).start()

    def taken(self, size: int) -> None:
        with self._change:
            self._under_way -= size
            self._change.notify()

    def _pump(self) -> None:
        with contextlib.suppress(OSError, GoneError):
            while data := os.read(0, 1 << 16):
                with self._change:
                    self._under_way += len(data)
                    self._change.wait_for(lambda: self._under_way < _WINDOW)
                self._line.send(do="input", data=data)
        with contextlib.suppress(GoneError):  # our terminal has gone, and so does the shell
            self._line.send(**({"do": "end"} if self._terminal else {"do": "input", "data": b""}))


Aside = Callable[[dict[str, Any]], object]


def _aside(line: Line) -> Aside:
    """Return what sends a signal handler's messages, in their order.

    What the signal has interrupted may be in the middle of a message itself.
    """
    messages: SimpleQueue[dict[str, Any]] = SimpleQueue()

    def send() -> None:
        with contextlib.suppress(GoneError):
            while True:
                line.send(**messages.get())

    threading.Thread(target=send, name="signals", daemon=True).start()
    return messages.put


@contextmanager
def _lent(aside: Aside) -> Iterator[None]:
    def resize(rows: int, columns: int) -> None:
        aside({"do": "resize", "rows": rows, "columns": columns})

    with streams.raw(resize):
        yield


@contextmanager
def _interrupts(aside: Aside) -> Iterator[threading.Event]:
    killed = threading.Event()

    def kill(*_: object) -> None:
        if killed.is_set():
            raise KeyboardInterrupt
        killed.set()
        aside({"do": "end"})

    def pass_on(*_: object) -> None:
        signal.signal(signal.SIGINT, kill)
        aside({"do": "signal", "name": "INT"})

    before = signal.signal(signal.SIGINT, pass_on)
    try:
        yield killed
    finally:
        signal.signal(signal.SIGINT, before)
