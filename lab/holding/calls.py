"""What is asked of a lab's holder: one JSON line each way on its socket."""

from __future__ import annotations

import contextlib
import json
import socket
from typing import Any, BinaryIO, Self

from lab.errors import LabError
from lab.holding.registry import Held

_PATIENCE = 60.0
_END_LIMIT = 20.0


class GoneError(LabError):
    """The lab ended, or its holder did, which is the same."""

    def __init__(self, lab: Held) -> None:
        super().__init__(f"lab {lab.id} has gone; `golab ps` lists those that are up")


class Line:
    """A connection to a lab's holder.

    Raises:
        LabError: it has gone, or is mute.
    """

    def __init__(self, lab: Held, patience: float = _PATIENCE) -> None:
        self._lab = lab
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(patience)
        self._patience = patience
        self._answers: BinaryIO = self._socket.makefile("rb")
        try:
            self._socket.connect(str(lab.door))
        except TimeoutError:
            self.close()
            raise LabError(_mute(lab, patience)) from None
        except OSError:
            self.close()
            raise GoneError(lab) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def say(self, **request: Any) -> None:
        """Send a request, or what follows one.

        Raises:
            GoneError: nobody listens any more.
        """
        try:
            self._socket.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            raise GoneError(self._lab) from None

    def hear(self) -> Any:
        """Wait for the answer to a request.

        Raises:
            LabError: the holder could not do what it was asked, has gone, or is mute.
        """
        try:
            line = self._answers.readline()
        except TimeoutError:
            raise LabError(_mute(self._lab, self._patience)) from None
        except OSError:
            line = b""
        if not line:
            raise GoneError(self._lab)
        answer = json.loads(line)
        if "error" in answer:
            raise LabError(answer["error"])
        return answer["value"]

    def hang_up(self) -> None:
        """Say no more, and wait until the holder has drawn its conclusions."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            while self._answers.read(1):
                pass

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self._answers.close()
        self._socket.close()


def ask(lab: Held, do: str, **rest: Any) -> Any:
    """Ask a lab's holder for something.

    Raises:
        LabError: it cannot, or has gone.
    """
    with Line(lab) as connection:
        connection.say(do=do, **rest)
        return connection.hear()


def down(lab: Held) -> None:
    """End a lab, and wait until nothing of it is left.

    Raises:
        LabError: its holder does not end.
    """
    with contextlib.suppress(GoneError), Line(lab, _END_LIMIT) as connection:
        connection.say(do="down")
        connection.hear()  # ends with the holder, unless that has something to say


def _mute(lab: Held, patience: float) -> str:
    return f"the holder of lab {lab.id}, process {lab.pid}, is mute for {patience:g} s; kill it"
