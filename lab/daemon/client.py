"""What is asked of a lab's holder: one JSON line each way on its socket."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from typing import Any, BinaryIO, Self

from lab.daemon.registry import Held
from lab.errors import LabError

_PATIENCE = 60.0
_END_LIMIT = 20.0
_PING_LIMIT = 2.0
_RETRY = 0.05


class GoneError(LabError):
    """The lab ended, or its holder did, which is the same."""

    def __init__(self, lab: Held) -> None:
        super().__init__(f"lab {lab.id} has gone; `golab ps` lists those that are up")


class MuteError(LabError):
    """The holder of a lab is there and does not answer: it was stopped, or hangs."""

    def __init__(self, lab: Held, patience: float) -> None:
        super().__init__(
            f"the holder of lab {lab.id}, process {lab.pid}, is mute for {patience:g} s",
            f"`kill -KILL {lab.pid}` ends it, and its lab",
        )


class Line:
    """A connection to a lab's holder.

    Raises:
        GoneError: it has gone.
        MuteError: it does not answer within `patience` seconds.
    """

    def __init__(self, lab: Held, patience: float = _PATIENCE) -> None:
        self._lab = lab
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.settimeout(patience)
        self._patience = patience
        self._answers: BinaryIO = self._socket.makefile("rb")
        try:
            self._connect()
        except TimeoutError:
            self.close()
            raise MuteError(lab, patience) from None
        except OSError:
            self.close()
            raise GoneError(lab) from None

    def _connect(self) -> None:
        end = time.monotonic() + self._patience
        while True:
            try:
                return self._socket.connect(str(self._lab.door))
            except BlockingIOError:  # as many as it has room for wait to be heard
                if time.monotonic() > end:
                    raise TimeoutError from None
                time.sleep(_RETRY)

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
            raise MuteError(self._lab, self._patience) from None
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


def is_mute(lab: Held) -> bool:
    """Tell whether a lab's holder does not answer, which takes 2 s then."""
    try:
        with Line(lab, _PING_LIMIT) as connection:
            connection.say(do="ping")
            connection.hear()
    except MuteError:
        return True
    except LabError:  # it answers that it does not know the word, or has gone meanwhile
        return False
    return False


def down(lab: Held) -> None:
    """End a lab, and wait until nothing of it is left.

    Raises:
        LabError: its holder does not end.
    """
    with contextlib.suppress(GoneError), Line(lab, _END_LIMIT) as connection:
        connection.say(do="down")
        connection.hear()  # ends with the holder, unless that has something to say
