"""The line to the first process of a container: requests out, replies in, and a lease.

The engine closes the container's standard input when golab's end of the connection goes, however
golab goes; the process inside reads the end of its input, ends, and the container with it.
"""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any

import docker

from lab.errors import LabError
from lab.sandbox.docker.codec import decode, encode
from lab.sandbox.docker.engine import engine_errors
from lab.sandbox.docker.framing import STDOUT, frames

_PATIENCE = 60.0
_KEPT = 2000


class Channel:
    """A connection to a container that has been created but not started; it sets `ended`."""

    def __init__(
        self, engine: docker.DockerClient, container: str, name: str, ended: threading.Event
    ) -> None:
        self.name = name
        self._end_event = ended
        self._numbers = itertools.count()
        self._pending: dict[int, Future[Any]] = {}
        self._ended: str | None = None
        self._said = b""
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        with engine_errors(f"attaching to {name}"):
            # The response object owns the connection: both are kept.
            self._response = engine.api.attach_socket(
                container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            )
        self._socket: Any = getattr(self._response, "_sock", self._response)
        with contextlib.suppress(AttributeError, OSError):
            self._socket.settimeout(None)
        threading.Thread(target=self._listen, name=f"channel {name}", daemon=True).start()

    def ask(self, operation: str, *arguments: Any, patience: float = _PATIENCE) -> Any:
        """Have the container do something, and return what it says.

        Raises:
            LabError: it could not, has ended, or did not answer in time.
        """
        number = next(self._numbers)
        reply: Future[Any] = Future()
        with self._lock:
            if self._ended is not None:
                raise LabError(f"{self.name} has ended: {self._ended}")
            self._pending[number] = reply
        try:
            line = encode({"id": number, "do": operation, "with": arguments})
            self._send(line, patience)
            return reply.result(patience)
        except OSError as error:
            if isinstance(error, FutureTimeout):
                raise LabError(f"{self.name} did not answer within {patience:g} s") from None
            raise LabError(f"{self.name} has ended: {self._why()}") from None
        finally:
            self._pending.pop(number, None)

    def close(self) -> None:
        """Hang up: the container ends. May be called twice."""
        with contextlib.suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._socket.close()
        with contextlib.suppress(OSError):
            self._response.close()

    def _send(self, line: bytes, patience: float) -> None:
        """Send a line; hang up when nobody takes it in time."""
        guard = threading.Timer(patience, self.close)
        guard.daemon = True
        guard.start()
        try:
            with self._sending:
                self._socket.sendall(line)
        finally:
            guard.cancel()

    def _listen(self) -> None:
        rest = b""
        pieces: list[bytes] = []
        with contextlib.suppress(ValueError):
            for stream, body in self._frames():
                if stream != STDOUT:
                    self._said = (self._said + body)[-_KEPT:]
                    continue
                *whole, rest = body.split(b"\n")
                for line in whole:
                    self._reply(b"".join(pieces) + line)
                    pieces.clear()
                pieces.append(rest)
        self._end()

    def _frames(self) -> Iterator[tuple[int, bytes]]:
        try:
            yield from frames(self._socket.recv)
        except LabError as error:
            self._said = str(error).encode()

    def _reply(self, line: bytes) -> None:
        message = decode(line)
        waiting = self._pending.get(message["id"])
        if waiting is None:
            return
        if "error" in message:
            waiting.set_exception(LabError(str(message["error"])))
        else:
            waiting.set_result(message.get("value"))

    def _why(self) -> str:
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else "its connection was closed"

    def _end(self) -> None:
        self._end_event.set()
        with self._lock:
            self._ended = self._why()
            waiting = list(self._pending.values())
        self.close()  # whoever is still sending would wait for ever
        for reply in waiting:
            with contextlib.suppress(Exception):  # answered in this instant
                reply.set_exception(LabError(f"{self.name} has ended: {self._ended}"))
