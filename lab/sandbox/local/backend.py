"""Starts local labs and speaks with them."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from types import TracebackType
from typing import Any, Self

from lab.errors import LabError
from lab.sandbox.interface import EDGE, Answer, Command, Completed, LabSpec
from lab.sandbox.local.init import launch
from lab.sandbox.local.layout import Layout

_START_LIMIT = 30.0
_MODULES = ["lab.edge.program", "lab.origin", "lab.sandbox.network", "lab.sandbox.local.runner"]


class LocalBackend:
    """Runs labs in namespaces of this machine.

    Labs are forked from a server process without threads (multiprocessing's forkserver). Where
    several labs are to come it imports mitmproxy once for all of them; a single lab starts
    sooner if edge and origin import what they need side by side.
    """

    name = "local"

    def __init__(self, *, labs: int = 1) -> None:
        from multiprocessing import forkserver

        self._context = multiprocessing.get_context("forkserver")
        if labs > 1:
            self._context.set_forkserver_preload(_MODULES)
        # The server inherits this: an interrupt of the terminal is golab's business alone.
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
        try:
            forkserver.ensure_running()
        finally:
            signal.signal(signal.SIGINT, before)
        self._labs: set[LocalLab] = set()

    def start(self, spec: LabSpec) -> LocalLab:
        """Start a lab; it is sealed, or this raises.

        Raises:
            UnfitError: the kernel gives us no namespaces.
            LabError: the lab did not come up, or leads somewhere.
        """
        ours, theirs = socket.socketpair()
        process = self._context.Process(target=launch, args=(theirs, spec), daemon=True)
        try:
            process.start()
            theirs.close()
            lab = LocalLab(process, ours, on_close=self._labs.discard)
        except BaseException:
            ours.close()
            if process.pid is not None:
                process.kill()
                process.join()
            raise
        self._labs.add(lab)
        return lab

    def close(self) -> None:
        """End every lab that is still running; may be called from any thread."""
        for lab in list(self._labs):
            lab.close()


class LocalLab:
    """A running local lab; see `lab.sandbox.interface.Lab` for what it can do."""

    resolver = EDGE

    def __init__(
        self,
        process: BaseProcess,
        control: socket.socket,
        on_close: Callable[[LocalLab], None] = lambda _: None,
    ) -> None:
        self._on_close = on_close
        self._process = process
        self._control = control
        self.pid, self.layout = self._greeting()

    def _greeting(self) -> tuple[int, Layout]:
        pid = layout = None
        with Connection(os.dup(self._control.fileno())) as report:
            while pid is None or layout is None:
                try:
                    if not report.poll(_START_LIMIT):
                        raise LabError(f"the lab did not start within {_START_LIMIT:.0f} s")
                    message = report.recv()
                except (EOFError, ConnectionError):
                    raise LabError("the lab ended while it was starting") from None
                if isinstance(message, LabError):
                    raise message
                if isinstance(message, Layout):
                    layout = message
                else:
                    pid = message
        return pid, layout

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the lab and wait until nothing of it is left."""
        self._control.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._process.join(10)
        if self._process.is_alive():
            self._process.kill()
            self._process.join()
        self._on_close(self)

    def _ask(self, operation: str, *arguments: Any) -> Any:
        ours, theirs = multiprocessing.Pipe()
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

    def write(self, files: Mapping[str, str | bytes]) -> None:
        """Write files for the client."""
        self._ask("write", dict(files))

    def read(self, paths: Sequence[str]) -> dict[str, bytes]:
        """Return the contents of those files that exist."""
        contents: dict[str, bytes] = self._ask("read", list(paths))
        return contents

    def remove(self, path: str) -> None:
        """Remove a file or directory of the client."""
        self._ask("remove", path)

    def run(self, command: Command) -> Completed:
        """Run a program as the client."""
        completed: Completed = self._ask("run", command)
        return completed

    def has(self, program: str, path: str) -> bool:
        """Tell whether the client has this program."""
        return bool(self._ask("has", program, path))

    def fetch(self, url: str, headers: Mapping[str, str], limit: float) -> Answer:
        """Make one GET request from where the client stands."""
        answer: Answer = self._ask("fetch", url, dict(headers), limit)
        return answer

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each of the client's resolvers for `name`."""
        answers: dict[str, str] = self._ask("resolve", name, limit)
        return answers

    def handshake(self, address: str, server_name: str, limit: float) -> str:
        """Try a TLS handshake; '' is success."""
        return str(self._ask("handshake", address, server_name, limit))

    def edge(self, request: Mapping[str, Any]) -> Any:
        """Ask the edge for something."""
        return self._ask("edge", dict(request))

    def origin(self, request: Mapping[str, Any]) -> Any:
        """Ask the origin for something."""
        return self._ask("origin", dict(request))
