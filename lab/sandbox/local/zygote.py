"""Forks labs: a process without threads, and with nothing of golab's own state in it.

Started as `python -m lab.sandbox.local.zygote FD [MODULE…]` with one end of a Unix socket. For
each three sockets passed in over it a lab is forked: one to control it, one to speak with its edge,
one with its origin. The modules named are imported once, for all labs. It ends when golab does,
which closes the socket, and every lab with it. (A signal at the death of the parent would come at
the end of the thread that started us.)
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys

from lab.errors import LabError, reason
from lab.sandbox import linux
from lab.sandbox.local.init import launch, refuse


def main(descriptor: int, modules: list[str]) -> None:
    """Serve until the other end of the socket is closed."""
    os.umask(0o022)  # what a lab shows its client is for another user to read
    gc.disable()  # until edge and origin have loaded what they need: a tenth of their start
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # labs are reaped by the kernel
    for name in modules:
        importlib.import_module(name)
    with socket.socket(fileno=descriptor) as requests:
        while True:
            message, passed, _, _ = socket.recv_fds(requests, 1, 3)
            if not message:
                os._exit(0)
            for each in passed:
                os.set_inheritable(each, False)  # a line is heard to end when its part does
            try:
                child = os.fork()
            except OSError as error:
                with socket.socket(fileno=os.dup(passed[0])) as control:
                    refuse(control, LabError(reason(error)))
            else:
                if child == 0:
                    requests.close()
                    _become_lab(passed)
            for each in passed:
                os.close(each)


def _become_lab(descriptors: list[int]) -> None:
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        linux.die_with_parent()
        control, edge, origin = (socket.socket(fileno=each) for each in descriptors)
        with contextlib.suppress(OSError, EOFError):  # golab has gone
            launch(control, edge, origin)
    finally:
        os._exit(0)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2:])
