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

from mitmproxy import http
from mitmproxy.proxy import commands, layer
from mitmproxy.proxy.layers.http import (
    HttpLayer,
    HttpResponseHook,
    HttpStream,
    ResponseData,
    ResponseHeaders,
    ResponseTrailers,
    SendHttp,
)

from faults import wire


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
class End:
    """Say, in the protocol's way, that the answer is complete."""


Step = Head | Data | Pause | Reset | End


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
    if stream is None:
        raise RuntimeError("this mitmproxy has no stream for the exchange")

    def send_response(already_streamed: bool = False) -> layer.CommandGenerator[None]:
        if already_streamed:
            raise RuntimeError("the body was streamed before a rule could change its delivery")
        return _deliver(stream, steps)

    stream.send_response = send_response  # type: ignore[method-assign]


def _streams(top: Any, flow: http.HTTPFlow) -> Iterator[HttpStream]:
    if isinstance(top, HttpStream) and getattr(top, "flow", None) is flow:
        yield top
    below = [getattr(top, "child_layer", None), getattr(top, "layer", None)]
    if isinstance(top, HttpLayer):
        below.extend(top.streams.values())
    for one in below:
        if isinstance(one, layer.Layer):
            yield from _streams(one, flow)


def _deliver(stream: HttpStream, steps: Callable[[], list[Step]]) -> layer.CommandGenerator[None]:
    flow = stream.flow
    assert flow.response
    flow.response.timestamp_end = time.time()
    yield HttpResponseHook(flow)
    stream.server_state = stream.state_done
    if (yield from stream.check_killed(False)):
        return
    client = stream.context.client
    for step in steps():
        match step:
            case Head():
                yield SendHttp(ResponseHeaders(stream.stream_id, flow.response, False), client)
            case Data(piece):
                yield SendHttp(ResponseData(stream.stream_id, piece), client)
            case Pause() | Reset():
                yield FaultsMomentHook(Moment(flow, step))
                if (yield from stream.check_killed(False)):
                    return
            case End():
                if flow.response.trailers:
                    yield SendHttp(
                        ResponseTrailers(stream.stream_id, flow.response.trailers), client
                    )
                if stream.client_state == stream.state_done:
                    yield from stream.flow_done()
