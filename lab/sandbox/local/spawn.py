"""golab's side of the zygote: starts it, and has it fork labs; see `lab.sandbox.local.zygote`.

Imports little, for a lab takes half its time to come up, and golab loads the rest meanwhile.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import lab

_ZYGOTE = "lab.sandbox.local.zygote"
_ALL = ["lab.edge.program", "lab.origin.server", "lab.sandbox.programs", "lab.sandbox.local.client"]
_SHARED = ["lab.sandbox.programs", "email.message", "h11", "ssl", "tempfile"]
"""What the edge, which is a lab's slowest part to start, imports as well as origin and client."""


class Begun(NamedTuple):
    """golab's ends of the lines to a lab that has been forked, and waits to hear what it is."""

    control: socket.socket
    edge: socket.socket
    origin: socket.socket


class Zygote:
    """The process that forks labs.

    Where several labs are to come, mitmproxy is imported once for all of them. For a single one,
    edge, origin and client import what only they need side by side, and begin before it is known
    which lab it will be: the first `lab` is half way up.
    """

    def __init__(self, labs: int) -> None:
        self._requests, theirs = socket.socketpair()
        modules = _ALL if labs > 1 else _SHARED
        with theirs:
            self._process = subprocess.Popen(
                # Without `site`, whose hooks take their time: all paths are in the environment.
                [sys.executable, "-S", "-m", _ZYGOTE, str(theirs.fileno()), *modules],
                pass_fds=[theirs.fileno()],
                env=_python_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # the terminal's interrupt is for golab to handle
            )
        self._begun = None if labs > 1 else self._fork()

    def lab(self) -> Begun:
        """Return a lab that has been forked.

        Raises:
            OSError: the zygote has gone.
        """
        begun, self._begun = self._begun, None
        return begun or self._fork()

    def _fork(self) -> Begun:
        pairs = [socket.socketpair() for _ in Begun._fields]
        try:
            socket.send_fds(self._requests, [b"L"], [theirs.fileno() for _, theirs in pairs])
        finally:
            for _, theirs in pairs:
                theirs.close()
        return Begun(*(ours for ours, _ in pairs))

    def close(self) -> None:
        """End it, and the lab that nobody has asked for."""
        for line in self._begun or ():
            line.close()
        self._requests.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _python_environment() -> dict[str, str]:
    """Return what a Python of ours needs to find our modules, and nothing else."""
    paths = [str(Path(entry).resolve()) for entry in sys.path if entry and Path(entry).exists()]
    source = str(Path(lab.__file__).resolve().parents[1])
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([source, *paths])),
        "LANG": "C.UTF-8",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for them takes its time
    }
