"""The machine one sits at, as a machine for probes."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from lab.sandbox.agent import files, network
from lab.sandbox.agent.processes import KEPT
from lab.sandbox.interface import Answer, Completed, Files, Handshake, Listed, Request
from lab.sandbox.removal import remove_tree

_NOT_FOUND = 127
_PATIENCE = 5.0
"""Seconds that what was killed may take to let go of its files."""


class OwnMachine:
    """See `lab.diagnostics.machine.Machine`; the same functions as a lab's agent, in this process.

    Args:
        project: the directory of the project.
        env: the environment, by default that of this process.
    """

    def __init__(self, project: Path | str, env: Mapping[str, str] | None = None) -> None:
        self.project = str(Path(project).resolve())
        self.env = _trusted(os.environ if env is None else env)
        self._running: set[int] = set()
        self._scratch: set[str] = set()
        self._closed = False
        self._lock = threading.Lock()

    def close(self) -> None:
        """End what still runs, and remove what was made: whoever uses it will not be waited for."""
        self._closed = True
        with self._lock:  # who has it may be starting a program
            running = list(self._running)
        for group in running:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, signal.SIGKILL)
        end = time.monotonic() + _PATIENCE
        for place in list(self._scratch):
            while os.path.lexists(place) and time.monotonic() < end:
                try:
                    remove_tree(place)
                except OSError:  # whoever was killed is still ending, or removes it, too
                    time.sleep(0.02)

    def run(
        self,
        argv: Sequence[str],
        *,
        limit: float,
        env: Mapping[str, str] | None = None,
        cwd: str = "",
    ) -> Completed:
        """Run a program."""
        whole = {**self.env, **(env or {})}
        program = shutil.which(argv[0], path=whole.get("PATH"))
        if program is None:
            return Completed(tuple(argv), _NOT_FOUND, "", f"{argv[0]}: not found\n", 0.0)
        started = time.monotonic()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            with self._lock:
                if self._closed:
                    return Completed(tuple(argv), None, "", "", 0.0)
                process = subprocess.Popen(
                    [program, *argv[1:]],
                    env=whole,
                    cwd=cwd or self.project,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=err,
                    start_new_session=True,
                )
                self._running.add(process.pid)
            try:
                exit_: int | None = process.wait(limit)
            except subprocess.TimeoutExpired:
                exit_ = None
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                self._running.discard(process.pid)
            seconds = round(time.monotonic() - started, 4)
            return Completed(tuple(argv), exit_, _kept(out), _kept(err), seconds)

    def has(self, program: str) -> bool:
        """Tell whether a program is on the PATH."""
        return files.has(program, self.env.get("PATH", ""))

    def request(self, request: Request) -> Answer:
        """Make one HTTP request."""
        return network.fetch(request, _lookup)

    def resolve(self, name: str, limit: float) -> Mapping[str, str]:
        """Ask each resolver for a name."""
        return network.resolve(name, limit)

    def handshake(self, address: str, server_name: str, limit: float, port: int = 443) -> Handshake:
        """Try a TLS handshake."""
        return network.handshake(address, server_name, limit, port)

    def read(self, paths: Sequence[str]) -> Files:
        """Return the contents of files."""
        return Files(**files.read(paths))

    def listing(self, folder: str) -> list[Listed]:
        """Return what is in a directory."""
        return files.listing(folder)

    @contextmanager
    def scratch(self) -> Iterator[str]:
        """Make a directory that is removed afterwards."""
        with self._lock:
            if self._closed:
                raise OSError("the machine is no longer looked at")
            place = tempfile.mkdtemp(prefix="golab-")
            self._scratch.add(place)
        try:
            yield place
        finally:
            with contextlib.suppress(OSError):
                remove_tree(place)
                self._scratch.discard(place)


def _trusted(env: Mapping[str, str]) -> dict[str, str]:
    """Return an environment without what its PATH has of the current directory.

    A program of a stranger's project is not to be taken for the `go` that looks at it (os/exec
    refuses that, too).
    """
    absolute = [entry for entry in env.get("PATH", "").split(os.pathsep) if entry[:1] == "/"]
    return {**env, "PATH": os.pathsep.join(absolute)}


def _kept(stream: Any) -> str:
    stream.seek(0)
    text: bytes = stream.read(KEPT)
    return text.decode("utf-8", "replace")


def _lookup(host: str, deadline: network.Deadline) -> str:
    """Return the first address of a name as this machine's programs get it (getaddrinfo)."""
    found: Future[str] = Future()

    def look() -> None:
        try:
            answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
            found.set_result(str(answers[0][4][0]))
        except (OSError, UnicodeError) as error:  # a name with an empty or a long label is no IDNA
            found.set_exception(OSError(f"{host}: {network.describe(error)}"))

    threading.Thread(target=look, daemon=True).start()  # it cannot be told when to give up
    try:
        return found.result(deadline.left())
    except FutureTimeout:
        raise TimeoutError("time limit reached") from None
