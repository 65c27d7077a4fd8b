"""ASGI over HTTP/1.1: h11 between an asyncio stream and an application.

hypercorn speaks HTTP/2 for us, but sends HTTP/1.1 responses without a reason phrase, which the go
command would then leave out of its errors (`404 Not Found`), and costs twice the start-up time.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from email.utils import formatdate
from http import HTTPStatus
from typing import Any

import h11

Receive = Callable[[], Awaitable[Mapping[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Mapping[str, Any], Receive, Send], Awaitable[None]]

_MAX_HEAD = 1 << 16
_READ = 1 << 16
_LINGER_SECONDS = 1.0
_REASONS = {status.value: status.phrase.encode() for status in HTTPStatus}


async def connection(
    application: Application, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the requests of one connection until either side ends it.

    What is no HTTP is answered with a 4xx and closed.
    """
    wire = _Wire(reader, writer)
    try:
        while isinstance(request := await wire.next_event(), h11.Request):
            await _exchange(application, wire, request)
            if not await wire.next_cycle():
                break
    except h11.RemoteProtocolError as error:
        await wire.refuse(error.error_status_hint)
    except (ConnectionError, h11.LocalProtocolError):
        pass
    finally:
        with contextlib.suppress(OSError, TimeoutError):
            await wire.linger()
        writer.close()


class _Wire:
    """One connection: h11's state machine, and the stream that it knows nothing of."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._h11 = h11.Connection(h11.SERVER, max_incomplete_event_size=_MAX_HEAD)
        self._kept = b""

    async def next_event(self) -> type[h11.NEED_DATA | h11.PAUSED] | h11.Event:
        while (event := self._h11.next_event()) is h11.NEED_DATA:
            if self._h11.they_are_waiting_for_100_continue:
                await self.send(h11.InformationalResponse(status_code=100, headers=[]))
            self._h11.receive_data(await self._reader.read(_READ))
        return event

    async def send(self, event: h11.Event, *, more: bool = False) -> None:
        """Send an event, or with `more` keep it to go out together with the next one."""
        self._kept += self._h11.send(event) or b""
        if self._kept and not more:
            self._writer.write(self._kept)
            self._kept = b""
            await self._writer.drain()

    async def next_cycle(self) -> bool:
        """Make ready for the next request; False if the connection must end instead."""
        if self._h11.their_state is h11.SEND_BODY:
            # A body that nobody wanted: only its end may follow.
            await self.next_event()
        if self._h11.our_state is not h11.DONE or self._h11.their_state is not h11.DONE:
            return False
        self._h11.start_next_cycle()
        return True

    async def linger(self) -> None:
        """Read what is still on its way, for a moment: else a reset could overtake our answer."""
        if self._h11.their_state is h11.CLOSED or self._writer.is_closing():
            return
        self._writer.write_eof()
        async with asyncio.timeout(_LINGER_SECONDS):
            while await self._reader.read(_READ):
                pass

    async def refuse(self, status: int) -> None:
        if self._h11.our_state not in (h11.IDLE, h11.SEND_RESPONSE):
            return
        reason = _REASONS.get(status, b"")
        headers = [("content-type", "text/plain; charset=UTF-8"), ("connection", "close")]
        body = b"bad request: this is not HTTP/1.1\n"
        headers.append(("content-length", str(len(body))))
        response = h11.Response(status_code=status, headers=headers, reason=reason)
        await self.send(response, more=True)
        await self.send(h11.Data(data=body), more=True)
        await self.send(h11.EndOfMessage())


async def _exchange(application: Application, wire: _Wire, request: h11.Request) -> None:
    path, _, query = request.target.partition(b"?")
    scope = {
        "type": "http",
        "http_version": request.http_version.decode(),
        "method": request.method.decode("ascii"),
        "scheme": "http",
        "raw_path": path,
        "query_string": query,
        "headers": list(request.headers),
    }

    async def receive() -> Mapping[str, Any]:
        event = await wire.next_event()
        if isinstance(event, h11.Data):
            return {"type": "http.request", "body": bytes(event.data), "more_body": True}
        if isinstance(event, h11.EndOfMessage):
            return {"type": "http.request", "body": b"", "more_body": False}
        return {"type": "http.disconnect"}

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            status = message["status"]
            date = (b"date", formatdate(usegmt=True).encode())
            headers = [*message["headers"], date]
            reason = _REASONS.get(status, b"")
            response = h11.Response(status_code=status, headers=headers, reason=reason)
            await wire.send(response, more=True)
            return
        last = not message.get("more_body")
        if message.get("body"):
            await wire.send(h11.Data(data=message["body"]), more=last)
        if last:
            await wire.send(h11.EndOfMessage())

    await application(scope, receive, send)
