"""Runs something as the client of a local lab, on our standard streams."""

from __future__ import annotations

import errno
import os
import select
import subprocess
import termios
from collections.abc import Callable, Sequence

from lab.sandbox import streams


def enter(place: str, words: Sequence[str], *, terminal: bool, gone: Callable[[], object]) -> int:
    """Run the script at a lab's entrance, and return its exit status.

    Args:
        place: the command line that a person enters the lab with.
        words: the arguments of the script.
        terminal: whether it gets a terminal, to which ours is lent.
        gone: called when our terminal has gone.
    """
    argv = ["sh", "-c", f'exec {place} "$@"', "sh", *words]
    term = os.environ.get("TERM", "dumb") if terminal else ""
    environment = {**os.environ, "TERM": term}
    # A session of its own: our terminal's interrupt is ours to pass on.
    if not terminal:
        process = subprocess.Popen(argv, env=environment, start_new_session=True)
        return _shell_status(process.wait())
    ours, theirs = os.openpty()
    with streams.raw(lambda *size: termios.tcsetwinsize(ours, size)):
        process = subprocess.Popen(
            argv,
            env=environment,
            start_new_session=True,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        )
        os.close(theirs)
        streams.feed(lambda typed: streams.write(ours, typed), gone)
        _show(ours, process.pid)
    status = _shell_status(process.wait())
    os.close(ours)
    return status


def _show(terminal: int, pid: int) -> None:
    """Show what comes, until the process has ended: others may have the terminal for longer."""
    ended = os.pidfd_open(pid)
    try:
        while True:
            ready, _, _ = select.select([terminal, ended], [], [])
            if terminal not in ready:
                return
            streams.write(1, os.read(terminal, 1 << 16))
    except OSError as error:
        if error.errno != errno.EIO:  # nobody has the other side any more
            raise
    finally:
        os.close(ended)


def _shell_status(code: int) -> int:
    """Return the exit status as a shell puts it: a signal counts from 128."""
    return code if code >= 0 else 128 - code
