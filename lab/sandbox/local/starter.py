"""The process that a lab's clients are forked from, one after the other.

    pid 1 of the lab ──fork──> starter ──fork──> keeper ──fork──> agent (client.py)

It is in the clients' cgroups, once and before there is a client: a process that moves into a
cgroup waits for all processors to have noticed (some 10 ms), and one that is forked there does not.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from lab.errors import LabError, reason
from lab.sandbox import linux
from lab.sandbox.local import cgroups, sealed

_LONGEST = 1 << 12


class Starter:
    """Enters the clients' cgroups at once, and loads what it needs when it is told to.

    Args:
        others: lines of golab's that are not for it.
        outer: who a client is in the lab's user namespace: see `client.start`.
        host: what is known of the host, for the proof of sealing.
        cgroup: where clients are counted.

    Attributes:
        line: where it is spoken with.
    """

    def __init__(
        self,
        others: Sequence[socket.socket],
        outer: int,
        host: sealed.Host,
        cgroup: cgroups.Cgroup,
    ) -> None:
        self.line, theirs = socket.socketpair()
        with theirs:
            if os.fork() == 0:
                for line in (self.line, *others):
                    line.close()
                _serve(theirs, outer, host, cgroup)

    def load(self) -> None:
        """Have it load what it needs, of which the host's Python is out of a client's sight."""
        self.line.send(b"!")

    def another(self, root: Path, control: int) -> None:
        """End the client there is, and start another.

        Args:
            root: its root directory, built.
            control: the descriptor on which golab speaks with its agent; closed here.

        Raises:
            LabError: it cannot be started.
        """
        said = ""
        with contextlib.suppress(OSError):  # it has ended
            socket.send_fds(self.line, [bytes(root)], [control])
            said = self.line.recv(_LONGEST).decode()
        os.close(control)
        if said != "started":
            raise LabError(said or "the process that starts clients has ended")


def _serve(
    requests: socket.socket, outer: int, host: sealed.Host, cgroup: cgroups.Cgroup
) -> NoReturn:
    """Start clients until pid 1 has gone, with which the kernel ends us anyway."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        linux.die_with_parent()
        counted = cgroup.join()
        requests.recv(1)
        from lab.sandbox.local import client

        counters = cgroup.counters if counted else []
        running: client.Running | None = None
        while True:
            root, (control,), _, _ = socket.recv_fds(requests, _LONGEST, 1)
            if running:
                running.end()
                running = None
            try:
                running = client.start(Path(os.fsdecode(root)), control, outer, host, counters)
                requests.send(b"started")
            except OSError as error:
                requests.send(reason(error).encode()[:_LONGEST])
    finally:
        os._exit(1)
