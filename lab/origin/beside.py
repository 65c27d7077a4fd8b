"""A command that runs as long as an origin serves: its signals, and how it ends.

It stays in golab's process group, so that a terminal treats the two as one job: what the terminal
sends, it sends to both, and only what somebody sends to golab alone is passed on.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

NOT_FOUND, NOT_EXECUTABLE = 127, 126
"""The exit statuses of a shell, and of env(1), for a command that cannot be run."""

_PASSED_ON = frozenset(
    {
        signal.SIGHUP,
        signal.SIGINT,
        signal.SIGQUIT,
        signal.SIGTERM,
        signal.SIGUSR1,
        signal.SIGUSR2,
    }
)
_AWAITED = _PASSED_ON | {signal.SIGCHLD}


@contextmanager
def signals_wait() -> Iterator[None]:
    """Have signals wait for `run`, in this thread and in those that it starts from here on."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _AWAITED)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def run(argv: Sequence[str], env: Mapping[str, str]) -> int:
    """Run a command on golab's standard streams, and return its exit status as a shell has it.

    Signals must wait (`signals_wait`).

    Raises:
        OSError: it cannot be run.
    """
    pid = os.posix_spawnp(
        argv[0], list(argv), dict(env), setsigmask=(), setsigdef=(signal.SIGINT, signal.SIGPIPE)
    )
    while True:
        found = signal.sigwaitinfo(_AWAITED)
        if found.si_signo == signal.SIGCHLD:
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                code = os.waitstatus_to_exitcode(status)
                return code if code >= 0 else 128 - code
        elif found.si_code <= 0:  # of a process (SI_USER, SI_TKILL), and not of the terminal
            os.kill(pid, found.si_signo)
