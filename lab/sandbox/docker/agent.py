"""The first process of each container of a lab: it ends when golab does, and all else with it.

Started as `python -m lab.sandbox.docker.agent client|edge|origin`. Its standard input, which golab
holds open, is the lease of the container: at its end the first process ends at once, whatever the
others are busy with. None of them is root, whatever it started as.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import sys

USER = 1000
OTHER = "GOLAB_OTHER"
"""The variable that tells an edge its second address."""


def main(role: str) -> None:
    """Serve until standard input ends."""
    if os.getuid() == 0:
        _set_network(role)
        os.setgroups([])
        os.setgid(USER)
        os.setuid(USER)
    replies = os.dup(1)
    os.dup2(2, 1)  # nothing but replies goes where golab reads
    if role == "client":
        _client(replies)
    else:
        _program(role, replies)
    os._exit(0)


def _set_network(role: str) -> None:
    """Do what takes a right that nobody has from then on; what fails is missed where it is used."""
    from lab.sandbox.interface import BLACK_HOLE

    if role == "edge":
        from lab.sandbox import linux

        with contextlib.suppress(OSError):
            linux.loopback_up([os.environ[OTHER]])
        return
    # An older engine gives a default route even on an internal network. Without it, the kernel
    # says "unreachable" at once; where this fails, the proof of sealing says so. A route to lo, in
    # contrast, swallows: what arrives there for nobody is dropped.
    for change in (["flush", "default"], ["add", BLACK_HOLE, "dev", "lo"]):
        subprocess.run(["ip", "route", *change], check=False, stderr=subprocess.DEVNULL)


def _client(replies: int) -> None:
    from lab.sandbox.agent import limits, walls
    from lab.sandbox.agent.main import Agent
    from lab.sandbox.docker import sealed

    os.umask(0o022)
    # The engine limits the number of processes, and counts it by container.
    walls.raise_all((*limits.PLACES, "/dev/pts"), count_processes=False)
    Agent(0, replies, leaks=sealed.leaks).serve()


def _program(role: str, replies: int) -> None:
    """Run the edge or the origin, and end with it or with standard input, whichever is first."""
    program = os.fork()
    if not program:
        from lab.sandbox.programs import run

        try:
            run("edge" if role == "edge" else "origin", 0, replies)
        finally:
            os._exit(1)

    def reap(*_: object) -> None:
        with contextlib.suppress(ChildProcessError):
            while ended := os.waitpid(-1, os.WNOHANG)[0]:
                if ended == program:
                    os._exit(1)

    signal.signal(signal.SIGCHLD, reap)
    reap()
    lease = select.poll()
    lease.register(0, 0)  # its end is always reported
    lease.poll()


if __name__ == "__main__":
    main(sys.argv[1])
