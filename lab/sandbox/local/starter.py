"""The process that a lab's clients are forked from, one after the other.

    pid 1 of the lab ──fork──> starter ──fork──> keeper ──fork──> agent (client.py)

It is in the clients' cgroups, once and before there is a client: a process that moves into a
cgroup waits for all processors to have noticed (some 10 ms), and one that is forked there does not.
"""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path
from typing import NoReturn

from lab.errors import LabError, reason
from lab.sandbox.local import cgroups, sealed

_LONGEST = 1 << 12


class Starter:
    """Begins at once; what it needs is loaded while the lab comes up.

    Args:
        control: golab's line to pid 1, which is not for it.
        outer: who a client is in the lab's user namespace: see `client.start`.
        host: what is known of the host, for the proof of sealing.
        cgroup: where clients are counted.
    """

    def __init__(
        self, control: socket.socket, outer: int, host: sealed.Host, cgroup: cgroups.Cgroup
    ) -> None:
        self._requests, theirs = socket.socketpair()
        with theirs:
            if os.fork() == 0:
                self._requests.close()
                control.close()
                _serve(theirs, outer, host, cgroup)

    def another(self, root: Path, control: int) -> None:
        """End the client there is, and start another.

        Args:
            root: its root directory, built.
            control: the descriptor on which golab speaks with its agent; closed here.

        Raises:
            LabError: it cannot be started.
        """
        socket.send_fds(self._requests, [bytes(root)], [control])
        os.close(control)
        said = self._requests.recv(_LONGEST).decode()
        if said != "started":
            raise LabError(said or "the process that starts clients has ended")


def _serve(
    requests: socket.socket, outer: int, host: sealed.Host, cgroup: cgroups.Cgroup
) -> NoReturn:
    """Start clients until pid 1 has gone, with which the kernel ends us anyway."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        counted = cgroup.join()
        # Loaded now, for the host's Python is out of a client's sight.
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
