"""Starts local labs and speaks with them."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lab
from lab.errors import LabError
from lab.sandbox.base_lab import BaseLab
from lab.sandbox.interface import EDGE, ENTRANCE, LabSpec
from lab.sandbox.local.layout import Layout

if TYPE_CHECKING:
    from lab.toolchain import Progress, Toolchain

_START_LIMIT = 30.0
_END_LIMIT = 5.0
_MODULES = [
    "lab.edge.program",
    "lab.origin.server",
    "lab.sandbox.network",
    "lab.sandbox.local.runner",
]


class LocalBackend:
    """Runs labs in namespaces of this machine; see the package for how.

    Where several labs are to come, mitmproxy is imported once for all of them. For a single one,
    edge and origin import what they need side by side, and begin before it is known which lab it
    will be: `start` finds it half way up.
    """

    name = "local"

    def __init__(self, *, labs: int = 1) -> None:
        self._requests, theirs = socket.socketpair()
        self._labs: set[LocalLab] = set()
        modules = _MODULES if labs > 1 else []
        with theirs:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "lab.sandbox.local.zygote", str(theirs.fileno()), *modules],
                pass_fds=[theirs.fileno()],
                env=_python_environment(),
                cwd="/",
                stdin=subprocess.DEVNULL,
                start_new_session=True,  # the terminal's interrupt is for golab to handle
            )
        self._begun = None if labs > 1 else self._begin()

    def _begin(self) -> socket.socket:
        """Have a lab forked; it waits for its spec at the other end of the socket returned."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self._requests, [b"L"], [theirs.fileno()])
        return ours

    def start(self, spec: LabSpec) -> LocalLab:
        """Start a lab; it is sealed, or this raises.

        Raises:
            UnfitError: the kernel gives us no namespaces.
            LabError: the lab did not come up, or leads somewhere.
        """
        control, self._begun = self._begun, None
        try:
            control = control or self._begin()
        except OSError as error:
            raise LabError(f"the process that starts labs has gone: {error.strerror}") from None
        try:
            lab_ = LocalLab(control, spec, on_close=self._labs.discard)
        except BaseException:
            control.close()
            raise
        self._labs.add(lab_)
        return lab_

    def toolchain(self, version: str | None = None, progress: Progress | None = None) -> Toolchain:
        """Return the Go of a client; see `lab.toolchain.ensure`."""
        from lab.toolchain import ensure

        return ensure(version, progress)

    def close(self) -> None:
        """End every lab that is still running; may be called from any thread."""
        for running in list(self._labs):
            running.close()
        if self._begun:
            self._begun.close()
        self._requests.close()
        try:
            self._zygote.wait(5)
        except subprocess.TimeoutExpired:
            self._zygote.kill()
            self._zygote.wait()


def _python_environment() -> dict[str, str]:
    """Return what a Python of ours needs to find our modules, and nothing else."""
    paths = [str(Path(entry).resolve()) for entry in sys.path if entry and Path(entry).exists()]
    source = str(Path(lab.__file__).resolve().parents[1])
    return {
        "PYTHONPATH": os.pathsep.join(dict.fromkeys([source, *paths])),
        "LANG": "C.UTF-8",
        "PYDANTIC_DISABLE_PLUGINS": "__all__",  # looking for them takes its time
    }


class LocalLab(BaseLab):
    """A running local lab."""

    resolver = EDGE

    def __init__(
        self,
        control: socket.socket,
        spec: LabSpec,
        on_close: Callable[[LocalLab], None] = lambda _: None,
    ) -> None:
        super().__init__()
        self._on_close = on_close
        self._control = control
        self.pid, self.layout = self._greeting(spec)

    def _greeting(self, spec: LabSpec) -> tuple[int, Layout]:
        pid = layout = None
        with Connection(os.dup(self._control.fileno())) as letters:
            try:
                with contextlib.suppress(OSError):  # it has ended; what it said is still to be read
                    letters.send(spec)
                while pid is None or layout is None:
                    if not letters.poll(_START_LIMIT):
                        raise LabError(f"the lab did not start within {_START_LIMIT:.0f} s")
                    message = letters.recv()
                    if isinstance(message, LabError):
                        raise message
                    if isinstance(message, Layout):
                        layout = message
                    else:
                        pid = message
            except (EOFError, ConnectionError):
                raise LabError("the lab ended while it was starting") from None
        return pid, layout

    def close(self) -> None:
        """End the lab and wait until nothing of it is left. May be called twice."""
        with contextlib.suppress(OSError):
            self._control.shutdown(socket.SHUT_WR)  # pid 1 ends, and the kernel all the rest
            self._control.settimeout(_END_LIMIT)
            try:
                while self._control.recv(1):
                    pass
            except TimeoutError:
                # The socket is open still, so this is pid 1 and no other.
                os.kill(self.pid, signal.SIGKILL)
                self._control.recv(1)
        self._control.close()
        self._on_close(self)

    def wait(self, limit: float | None = None) -> bool:
        """Wait until the lab has ended: nothing comes over `control` but its end."""
        try:
            with self._control.dup() as control:
                return bool(select.select([control], [], [], limit)[0])
        except OSError:  # it was closed
            return True

    def _ask(self, operation: str, *arguments: Any, limit: float = 0) -> Any:
        ours, theirs = Pipe()
        with ours:
            try:
                with theirs:
                    socket.send_fds(self._control, [b"r"], [theirs.fileno()])
                ours.send((operation, arguments))
                value, failure = ours.recv()
            except (OSError, EOFError):
                raise LabError(f"the lab ended in the middle of a request ({operation})") from None
        if failure is not None:
            raise failure
        return value

    def entrance(self) -> str:
        """Return the command with which a person enters the lab as its client."""
        namespaces = "--user --preserve-credentials --mount --net --pid --ipc --uts"
        shell = f"chroot {self.layout.root} env -i TERM=$TERM sh {ENTRANCE}"
        return f"nsenter --target {self.pid} {namespaces} {shell}"
