"""How an answer reaches the client: step by step, instead of all at once.

mitmproxy sends an answer in one go. For an exchange whose delivery a rule changes, `install`
replaces the sending of that one stream by a walk through steps; a pause is a blocking hook, so
other streams and connections go on. It works the same on HTTP/1 and HTTP/2, inside TLS or not.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from hyperframe.frame import GoAwayFrame
from mitmproxy import http
from mitmproxy.net.http import status_codes
from mitmproxy.proxy import commands, layer
from mitmproxy.proxy.layers.http import (
    DropStream,
    Http1Server,
    Http2Server,
    HttpLayer,
    HttpResponseHook,
    HttpStream,
    ResponseData,
    ResponseHeaders,
    ResponseTrailers,
    SendHttp,
)

from faults import wire

_USED = ("send_response", "check_killed", "flow_done", "state_done", "stream_id")
"""What `_deliver` needs of mitmproxy's HttpStream: 11 and 12 have it."""


@dataclass(frozen=True)
class Head:
    """Send status and headers."""


@dataclass(frozen=True)
class Data:
    """Send a piece of the body."""

    piece: bytes


@dataclass(frozen=True)
class Pause:
    """Send nothing until released (None) or for so many seconds."""

    rule: str
    limit: float | None = None


@dataclass(frozen=True)
class Reset:
    """Reset the TCP connection."""


@dataclass(frozen=True)
class Finish:
    """Send FIN."""


@dataclass(frozen=True)
class Close:
    """Close the connection."""


@dataclass(frozen=True)
class Raw:
    """Send bytes that are no part of the protocol's framing (HTTP/1.1)."""

    data: bytes


@dataclass(frozen=True)
class Informational:
    """Send a 1xx answer."""

    status: int


@dataclass(frozen=True)
class ResetStream:
    """Reset this HTTP/2 stream."""

    code: int


@dataclass(frozen=True)
class Goaway:
    """Say that the HTTP/2 connection ends, and whether this stream was processed."""

    code: int
    processed: bool


@dataclass(frozen=True)
class Call:
    """Do something in passing, between two steps."""

    what: Callable[[], object]


@dataclass(frozen=True)
class Framed:
    """The answer's last bytes have been sent raw; the connection can be used again."""


@dataclass(frozen=True)
class End:
    """Say, in the protocol's way, that the answer is complete."""


Step = (
    Head
    | Data
    | Pause
    | Reset
    | Finish
    | Close
    | Raw
    | Informational
    | ResetStream
    | Goaway
    | Call
    | Framed
    | End
)


@dataclass
class Moment:
    """What a step that needs to wait hands to the addon."""

    flow: http.HTTPFlow
    step: Step
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.flow.client_conn


@dataclass
class FaultsMomentHook(commands.StartHook):
    """A delivery has come to a step that takes time."""

    moment: Moment


def steps_of(response: http.Response) -> list[Step]:
    """Return the steps of a plain delivery."""
    body = response.raw_content or b""
    return [Head(), *([Data(body)] if body else []), End()]


def cut(steps: list[Step], after: int) -> tuple[list[Step], list[Step]] | None:
    """Split `steps` after so many bytes of body; None if the body is not longer than that."""
    before: list[Step] = []
    left = after
    for place, step in enumerate(steps):
        if isinstance(step, Data):
            if left < len(step.piece):
                head = [Data(step.piece[:left])] if left else []
                return [*before, *head], [Data(step.piece[left:]), *steps[place + 1 :]]
            left -= len(step.piece)
        before.append(step)
    return None


def install(flow: http.HTTPFlow, steps: Callable[[], list[Step]]) -> None:
    """Let `steps()`, asked after the response hook, deliver this flow's answer.

    Raises:
        RuntimeError: the stream of this flow cannot be found, so nothing can be promised.
    """
    running = wire.handler(flow.client_conn)
    stream = next(_streams(running.layer, flow), None) if running else None
    if stream is None or not all(hasattr(stream, name) for name in _USED):
        raise RuntimeError("this mitmproxy has no stream for the exchange that rules can deliver")

    def send_response(already_streamed: bool = False) -> layer.CommandGenerator[None]:
        if already_streamed:
            raise RuntimeError("the body was streamed before a rule could change its delivery")
        return _deliver(stream, steps)

    stream.send_response = send_response  # type: ignore[method-assign]


def _streams(top: Any, flow: http.HTTPFlow) -> Iterator[HttpStream]:
    if isinstance(top, HttpStream) and getattr(top, "flow", None) is flow:
        yield top
    handling = getattr(getattr(top, "_handle_event", None), "__self__", None)
    below = [getattr(top, "child_layer", None), getattr(top, "layer", None), handling]
    if isinstance(top, HttpLayer):
        below.extend(top.streams.values())
    for one in below:
        if isinstance(one, layer.Layer) and one is not top:
            yield from _streams(one, flow)


def _deliver(stream: HttpStream, steps: Callable[[], list[Step]]) -> layer.CommandGenerator[None]:
    flow = stream.flow
    assert flow.response
    flow.response.timestamp_end = time.time()
    yield HttpResponseHook(flow)
    stream.server_state = stream.state_done
    if (yield from stream.check_killed(False)):
        return
    for step in steps():
        yield from _take(stream, flow, step)
        if (yield from stream.check_killed(False)):
            return


def _take(stream: HttpStream, flow: http.HTTPFlow, step: Step) -> layer.CommandGenerator[None]:
    client = stream.context.client
    assert flow.response
    match step:
        case Head():
            yield SendHttp(ResponseHeaders(stream.stream_id, flow.response, False), client)
        case Data(piece):
            yield SendHttp(ResponseData(stream.stream_id, piece), client)
        case Pause() | Reset() | Finish():
            yield FaultsMomentHook(Moment(flow, step))
        case Raw(data):
            yield commands.SendData(client, data)
        case Call(what):
            what()
        case Close():
            yield commands.CloseConnection(client)
        case Informational() | ResetStream() | Goaway():
            yield from _frames(stream, step)
        case Framed() | End():
            yield from _complete(stream, flow, step)


def _complete(stream: HttpStream, flow: http.HTTPFlow, step: Step) -> layer.CommandGenerator[None]:
    assert flow.response
    if isinstance(step, Framed):
        # mitmproxy would add a last chunk of its own to what it takes for a chunked answer.
        plain = flow.response.copy()
        plain.headers = http.Headers(content_length="0")
        server = _server(stream)
        assert isinstance(server, Http1Server)
        server.response = plain
    elif flow.response.trailers:
        trailers = ResponseTrailers(stream.stream_id, flow.response.trailers)
        yield SendHttp(trailers, stream.context.client)
    if stream.client_state == stream.state_done:
        yield from stream.flow_done()


def _server(stream: HttpStream) -> Any:
    """Return mitmproxy's side of the HTTP connection to the client."""
    above = stream.context.layers[stream.context.layers.index(stream) - 1]
    assert isinstance(above, HttpLayer)
    return above.connections[stream.context.client]


def _frames(stream: HttpStream, step: Step) -> layer.CommandGenerator[None]:
    client, server = stream.context.client, _server(stream)
    if isinstance(step, Informational) and isinstance(server, Http1Server):
        line = f"HTTP/1.1 {step.status} {status_codes.RESPONSES.get(step.status, '')}"
        yield commands.SendData(client, line.rstrip().encode() + b"\r\n\r\n")
        return
    if not isinstance(server, Http2Server):
        return
    if isinstance(step, Informational):
        server.h2_conn.send_headers(stream.stream_id, [(b":status", str(step.status).encode())])
        yield commands.SendData(client, server.h2_conn.data_to_send())
    elif isinstance(step, ResetStream):
        server.h2_conn.reset_stream(stream.stream_id, step.code)
        server.streams.pop(stream.stream_id, None)
        yield commands.SendData(client, server.h2_conn.data_to_send())
        stream.flow.live = False
        yield DropStream(stream.stream_id)
    elif isinstance(step, Goaway):
        last = stream.stream_id if step.processed else max(stream.stream_id - 2, 0)
        frame = GoAwayFrame(0, last_stream_id=last, error_code=step.code)
        yield commands.SendData(client, frame.serialize())
