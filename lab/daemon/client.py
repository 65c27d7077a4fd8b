"""What is asked of a lab's holder: one JSON line each way on its socket (`lab.sandbox.codec`)."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any, Self

from lab.daemon.registry import Held
from lab.errors import LabError
from lab.sandbox import codec
from lab.sandbox.controls import EdgeControl, OriginControl

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
        self._sending = threading.Lock()
        self._messages = self._received()
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

    def send(self, **message: Any) -> None:
        """Send a request, or what follows one. May be called from several threads.

        Raises:
            GoneError: nobody listens any more.
        """
        try:
            with self._sending:
                self._socket.sendall(codec.encode(message))
        except OSError:
            raise GoneError(self._lab) from None

    def receive(self) -> dict[str, Any]:
        """Wait for the next message: the value of a reply, or an event.

        Raises:
            LabError: the holder could not do what it was asked, has gone, or is mute.
        """
        try:
            message = next(self._messages, None)
        except TimeoutError:
            raise MuteError(self._lab, self._patience) from None
        except (OSError, ValueError):
            message = None
        if message is None:
            raise GoneError(self._lab)
        if "error" in message:
            raise LabError(str(message["error"]))
        return message

    def wait_as_long_as_it_takes(self) -> None:
        """From here on, the holder may be silent."""
        self._socket.settimeout(None)

    def ended(self) -> None:
        """Send no more, and wait until the holder has drawn its conclusions."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
            for _ in self._messages:
                pass

    def close(self) -> None:
        """Close the connection. May be called twice."""
        self._socket.close()

    def _received(self) -> Iterator[dict[str, Any]]:
        for line in codec.lines(lambda: self._socket.recv(1 << 18)):
            yield codec.decode(line)


def ask(lab: Held, do: str, **rest: Any) -> Any:
    """Ask a lab's holder for something.

    Raises:
        LabError: it cannot, or has gone.
    """
    with Line(lab) as connection:
        connection.send(do=do, **rest)
        return connection.receive()["value"]


def edge(lab: Held) -> EdgeControl:
    """Return the rules and the ledger of a held lab."""
    return EdgeControl(lambda request: ask(lab, "edge", request=dict(request)))


def origin(lab: Held) -> OriginControl:
    """Return the state and the access log of a held lab."""
    return OriginControl(lambda request: ask(lab, "origin", request=dict(request)))


def is_mute(lab: Held) -> bool:
    """Tell whether a lab's holder does not answer, which takes 2 s then."""
    try:
        with Line(lab, _PING_LIMIT) as connection:
            connection.send(do="ping")
            connection.receive()
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
        connection.send(do="down")
        connection.receive()  # ends with the holder, unless that has something to say
