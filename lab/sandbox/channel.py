"""golab's end of the line to a part of a lab: requests out, replies and events in."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import Any, Protocol

from lab.errors import LabError, UnfitError
from lab.sandbox import codec

_PATIENCE = 60.0

OnEvent = Callable[[dict[str, Any]], object]


class Transport(Protocol):
    """What carries the bytes of a channel."""

    @property
    def said(self) -> str:
        """The last words of the other end, where it has another way to say them; else ''."""

    def send(self, data: bytes, descriptors: Sequence[int] = ()) -> None:
        """Send all of it, or raise an OSError."""

    def receive(self) -> bytes:
        """Return what comes next, b'' at the end."""

    def close(self) -> None:
        """End it, in both directions, whoever is waiting. May be called twice."""


class Call:
    """A request on its way."""

    def __init__(self, channel: Channel, number: int, on_event: OnEvent) -> None:
        self._channel = channel
        self._number = number
        self.on_event = on_event
        self.reply: Future[Any] = Future()

    def follow(self, do: str, **arguments: Any) -> None:
        """Send a follow-up; one that comes too late is lost, and does no harm.

        Raises:
            LabError: the part has ended.
        """
        self._channel.post({"to": self._number, "do": do, **arguments})

    def result(self, patience: float | None = None) -> Any:
        """Wait for the reply, at most `patience` seconds.

        Raises:
            LabError: it is an error, the part has ended, or did not answer in time.
        """
        try:
            return self.reply.result(patience)
        except FutureTimeout:
            said = f"{self._channel.name} did not answer within {patience:g} s"
            raise LabError(said) from None
        finally:
            if self.reply.done() or patience is not None:
                self._channel.forget(self._number)


class Channel:
    """A line to a part of a lab.

    Args:
        name: what to call the part, such as `the edge of the lab`.
        transport: what carries the bytes.
        on_end: called once, when the part has ended or been closed.
    """

    def __init__(
        self, name: str, transport: Transport, on_end: Callable[[], object] = lambda: None
    ) -> None:
        self.name = name
        self._transport = transport
        self._on_end = on_end
        self.calls = 0
        """How many requests there were."""
        self._calls: dict[int, Call] = {}
        self._lock = threading.Lock()
        self._sending = threading.Lock()
        self._why = ""
        self._refusal: LabError | None = None
        self._ended = threading.Event()
        self.noted: dict[str, Any] = {}
        """What the part has said of itself, unasked."""
        threading.Thread(target=self._listen, name=name, daemon=True).start()

    @property
    def ended(self) -> str | None:
        """Why the part has ended; None while it runs."""
        return self._why if self._ended.is_set() else None

    def wait(self, limit: float | None = None) -> bool:
        """Wait until the part has ended, and tell whether it has within `limit` seconds."""
        return self._ended.wait(limit)

    def ask(
        self,
        do: str,
        *,
        patience: float = _PATIENCE,
        descriptors: Sequence[int] = (),
        **arguments: Any,
    ) -> Any:
        """Have the part do something, and return what it says.

        Raises:
            LabError: it could not, has ended, or did not answer in time.
        """
        return self.call(do, patience=patience, descriptors=descriptors, **arguments).result(
            patience
        )

    def call(
        self,
        do: str,
        *,
        on_event: OnEvent = lambda _: None,
        patience: float = _PATIENCE,
        descriptors: Sequence[int] = (),
        **arguments: Any,
    ) -> Call:
        """Have the part begin something.

        Args:
            do: what.
            on_event: called with each event of this request, by the thread that listens; it must
                not wait.
            patience: seconds in which the part must take the request.
            descriptors: files that travel along, where the transport can.
            arguments: what the request needs.

        Raises:
            LabError: the part has ended.
        """
        with self._lock:
            number = self.calls
            self.calls += 1
            call = Call(self, number, on_event)
            if self._ended.is_set():
                raise self._gone()
            self._calls[number] = call
        try:
            self.post({"id": number, "do": do, **arguments}, patience, descriptors)
        except BaseException:
            self.forget(number)
            raise
        return call

    def post(
        self, message: Any, patience: float = _PATIENCE, descriptors: Sequence[int] = ()
    ) -> None:
        """Send a message; hang up when nobody takes it in time.

        Raises:
            LabError: the part has ended.
        """
        line = codec.encode(message)
        guard = None
        if len(line) > 1 << 16:  # less than that is taken by a buffer on the way
            guard = threading.Timer(patience, self._transport.close)
            guard.daemon = True
            guard.start()
        try:
            with self._sending:
                self._transport.send(line, descriptors)
        except OSError:
            self._ended.wait(1)  # the reason is on its way
            raise self._gone() from None
        finally:
            if guard:
                guard.cancel()

    def forget(self, number: int) -> None:
        """Take no more interest in a request."""
        self._calls.pop(number, None)

    def close(self) -> None:
        """Hang up: the part ends. May be called twice."""
        self._transport.close()

    def _listen(self) -> None:
        why = cut = ""
        try:
            for line in codec.lines(self._transport.receive):
                self._take(codec.decode(line))
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            why = f"it sent what is no answer ({str(error)[:100]})"
        except OSError as error:
            cut = error.strerror or str(error)
        last = self._refusal.reason if self._refusal else self._why
        self._end(why or self._transport.said or last or cut or "its connection was closed")

    def _take(self, message: dict[str, Any]) -> None:
        number = message.get("id")
        call = self._calls.get(number) if isinstance(number, int) else None
        if "event" in message:
            if call is not None:
                call.on_event(message)
            elif number is None:
                self._why = str(message.get("said", ""))[:500]
                self.noted.update(message)
        elif number is None and "error" in message:
            self._refusal = _error(message)
        elif call is not None and not call.reply.done():
            if "error" in message:
                call.reply.set_exception(_error(message))
            else:
                call.reply.set_result(message.get("value"))

    def _end(self, why: str) -> None:
        with self._lock:
            self._why = why
            self._ended.set()
            waiting = list(self._calls.values())
        self._transport.close()  # whoever is still sending would wait for ever
        for call in waiting:
            with contextlib.suppress(Exception):  # answered in this instant
                call.reply.set_exception(self._gone())
        self._on_end()

    def _gone(self) -> LabError:
        """Return why nothing can be asked: what the part said last, unasked, or how it ended."""
        if self._refusal:
            return self._refusal
        return LabError(f"{self.name} has ended: {self._why or 'it takes no more'}")


def _error(message: dict[str, Any]) -> LabError:
    kind = UnfitError if message.get("unfit") is True else LabError
    return kind(str(message["error"])[:4000], str(message.get("remedy", ""))[:4000])
