"""The bytes of a channel to the first process of a container, and a lease on it.

The engine closes the container's standard input when golab's end of the connection goes, however
golab goes; the process inside reads the end of its input, ends, and the container with it.
"""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator, Sequence
from typing import Any

import docker

from lab.errors import LabError
from lab.sandbox.docker.engine import engine_errors
from lab.sandbox.docker.framing import STDOUT, frames

_KEPT = 2000


class Attached:
    """A connection to a container that has been created but not started."""

    def __init__(self, engine: docker.DockerClient, container: str, name: str) -> None:
        self._errors = b""
        with engine_errors(f"attaching to {name}"):
            # The response object owns the connection: both are kept.
            self._response = engine.api.attach_socket(
                container, params={"stdin": 1, "stdout": 1, "stderr": 1, "stream": 1}
            )
        self._socket: Any = getattr(self._response, "_sock", self._response)
        with contextlib.suppress(AttributeError, OSError):
            self._socket.settimeout(None)
        self._output = self._pieces()

    @property
    def said(self) -> str:
        """The last line of the container's standard error, or what broke the connection."""
        lines = self._errors.decode("utf-8", "replace").strip().splitlines()
        return lines[-1][:300] if lines else ""

    def send(self, data: bytes, descriptors: Sequence[int] = ()) -> None:
        """Write to the container's standard input."""
        assert not descriptors, "files do not travel into a container"
        self._socket.sendall(data)

    def receive(self) -> bytes:
        """Return what comes next on the container's standard output, b'' at its end."""
        return next(self._output, b"")

    def close(self) -> None:
        """Hang up: the container ends. May be called twice."""
        with contextlib.suppress(OSError, AttributeError):
            self._socket.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(OSError):
            self._socket.close()
        with contextlib.suppress(OSError):
            self._response.close()

    def _pieces(self) -> Iterator[bytes]:
        try:
            for stream, body in frames(self._socket.recv):
                if stream == STDOUT:
                    yield body
                else:
                    self._errors = (self._errors + body)[-_KEPT:]
        except LabError as error:
            self._errors = str(error).encode()
        except ValueError:  # closed meanwhile
            return
