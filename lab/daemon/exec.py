"""Runs a command, or a shell, as the client of a lab that is held, for whoever sits out here."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lab.daemon.client import GoneError, Line
from lab.daemon.registry import Held

TIMED_OUT = 124
"""The exit status of a command whose limit was reached, as timeout(1) has it."""


def run(
    lab: Held, command: Sequence[str] = (), *, terminal: bool, limit: float | None = None
) -> int:
    """Run a command, or a shell, on our standard streams, and return its exit status.

    An interrupt is passed on to the command; a second one ends it. However we end, it does not
    outlive us.

    Args:
        lab: where.
        command: what to run; nothing is an interactive shell.
        terminal: whether it gets a terminal, to which ours is lent.
        limit: seconds after which it is killed, and `TIMED_OUT` returned.

    Raises:
        LabError: the lab has gone.
        KeyboardInterrupt: we were interrupted before the command had begun, so it never did.
    """
    late = threading.Event()
    with _lease(lab) as (line, note), _interrupts(line):
        if lab.backend == "docker":
            from lab.sandbox.docker.terminal import enter
        else:
            from lab.sandbox.local.terminal import enter

        def stop() -> None:
            late.set()
            line.hang_up()

        watch = threading.Timer(limit or 0, stop)
        watch.daemon = True
        if limit:
            watch.start()
        place = lab.id if lab.backend == "docker" else lab.entrance
        status = enter(place, [note, *command], terminal=terminal, gone=line.hang_up)
        watch.cancel()
        if late.is_set():
            return TIMED_OUT
        line.say(done=True)
        if line.hear()["void"]:
            raise KeyboardInterrupt
    return status


@contextmanager
def _lease(lab: Held) -> Iterator[tuple[Line, str]]:
    with Line(lab) as line:
        line.say(do="lease")
        note = str(line.hear())
        try:
            yield line, note
        except GoneError:
            raise
        except BaseException:
            line.hang_up()
            raise


@contextmanager
def _interrupts(line: Line) -> Iterator[None]:
    def pass_on(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        with contextlib.suppress(GoneError):
            line.say(signal="INT")

    before = signal.signal(signal.SIGINT, pass_on)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
