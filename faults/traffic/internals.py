"""All that golab's fault rules use of mitmproxy beyond its documented interface.

Written against mitmproxy >= 11.0.2, < 13. tests/faults/traffic/test_internals.py checks that each
part is there and has the shape relied on; `.ci/mitmproxy-versions` runs it with every version of
docs/versions.md. Nothing else in `faults/` reaches below mitmproxy's addon interface:

- `proxyserver.connections` and `ConnectionHandler.transports`: a client's reader and writer;
- `HttpLayer`, `HttpStream` and their states: how an answer is sent, replaced by steps of our own;
- `server.UDP_TIMEOUT`: for how long a UDP client may be silent;
- `ServerInstance.listen`, `stop` and `_servers`: the ports, closed and opened again;
- `Http1Server.read_headers`: how much of a request's head is read;
- `HttpLayer.get_connection`, `Http1Client.stream_id` and `ConnectionHandler.max_conns`: which
  connection to an origin is used, and how many there can be;
- `TlsConfig.get_cert`, `certstore` and `alpn_select_callback`: what a handshake presents.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperframe.frame import GoAwayFrame
from mitmproxy import connection, ctx, http
from mitmproxy.addons import tlsconfig
from mitmproxy.net.http import status_codes
from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy import server as proxy_server
from mitmproxy.proxy.layers.http import (
    DropStream,
    GetHttpConnection,
    GetHttpConnectionCompleted,
    Http1Client,
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
from mitmproxy.proxy.layers.http._http1 import make_error_response
from mitmproxy.proxy.server import ConnectionHandler

from faults.traffic import delivery
from faults.traffic.delivery import Step

if TYPE_CHECKING:
    from mitmproxy.proxy import context as proxy_context

STREAM_PARTS = ("send_response", "check_killed", "flow_done", "state_done", "stream_id")
"""What the delivery of an answer needs of an HttpStream."""


# connections


def transport(client: connection.Client) -> Any:
    """Return the `reader` and `writer` of a client, as attributes; None once it has gone."""
    server = ctx.master.addons.get("proxyserver")
    handler = server.connections.get(client.id) if server else None
    return handler.transports.get(client) if handler else None


def clients() -> list[connection.Client]:
    """Return the clients whose TCP connections are open."""
    server = getattr(ctx, "master", None) and ctx.master.addons.get("proxyserver")
    found = [handler.client for handler in server.connections.values()] if server else []
    return [client for client in found if client.transport_protocol == "tcp"]


def has_ended(reader: Any) -> bool:
    """Say whether a FIN has been received; asyncio knows before anybody reads, but has no word."""
    return bool(getattr(reader, "_eof", False))


def remember_udp_clients() -> None:
    """Have mitmproxy keep a UDP client for longer than mitmproxy_rs does, which is 60 s.

    It forgets one after 20 s of silence. From then on mitmproxy_rs loses what comes from the same
    port, such as a query of a resolver that happens to draw it again, until it forgets, too.
    """
    proxy_server.UDP_TIMEOUT = 70


# ports


def servers() -> list[Any]:
    """Return what listens: each has `listen_addrs`, and `stop()` to listen no more."""
    proxyserver = ctx.master.addons.get("proxyserver")
    return list(proxyserver.servers) if proxyserver is not None else []


def other_address() -> str:
    """Return the second of the addresses that the modes name; '' where they name but one."""
    named = dict.fromkeys(server.mode.custom_listen_host for server in servers())
    return next((host for host in [*named][1:] if host), "")


async def listen_again(server: Any, port: int) -> None:
    """Listen as at start: the empty host stands for every address family.

    Raises:
        OSError: the port is taken.
    """
    host = server.mode.listen_host(ctx.options.listen_host)
    server._servers += await server.listen(host, port)  # noqa: SLF001


# handshakes

ALPN_CALLBACK: Any = tlsconfig.alpn_select_callback
"""mitmproxy's own choice of an application protocol; reads the connection's app data."""


def tls_config() -> Any:
    """Return mitmproxy's TLS addon: `tls_start_client`, `get_cert` and `certstore`."""
    return ctx.master.addons.get("tlsconfig")


def certificate_for(context: proxy_context.Context) -> tuple[bytes, Any]:
    """Return the certificate (PEM) and the private key that mitmproxy would present."""
    entry = tls_config().get_cert(context)
    return entry.cert.to_pem(), entry.privatekey


def authority() -> tuple[bytes, Any]:
    """Return the certificate (PEM) and the private key of mitmproxy's certificate authority."""
    store = tls_config().certstore
    return store.default_ca.to_pem(), store.default_privatekey


# delivery of answers


@dataclass
class TimedStep:
    """A step that takes time, for the addon to take it."""

    flow: http.HTTPFlow
    step: Step
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        self.client = self.flow.client_conn


@dataclass
class FaultsTimedStepHook(commands.StartHook):
    """A delivery has come to a step that takes time (event `faults_timed_step`)."""

    timed: TimedStep


def deliver(flow: http.HTTPFlow, steps: Callable[[], Sequence[Step]]) -> None:
    """Let `steps()`, asked after the response hook, deliver this flow's answer.

    mitmproxy sends an answer in one go. The sending of this one stream is replaced by a walk
    through steps; a pause is a blocking hook, so other streams and connections go on. It works the
    same on HTTP/1 and HTTP/2, inside TLS or not.

    Raises:
        RuntimeError: the stream of this flow cannot be found, so nothing can be promised.
    """
    server = ctx.master.addons.get("proxyserver")
    handler = server.connections.get(flow.client_conn.id) if server else None
    stream = next(_streams(handler.layer, flow), None) if handler else None
    if stream is None or not all(hasattr(stream, name) for name in STREAM_PARTS):
        raise RuntimeError("this mitmproxy has no stream for the exchange that rules can deliver")

    def send_response(already_streamed: bool = False) -> layer.CommandGenerator[None]:
        if already_streamed:
            raise RuntimeError("the body was streamed before a rule could change its delivery")
        return _walk(stream, steps)

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


def _walk(stream: HttpStream, steps: Callable[[], Sequence[Step]]) -> layer.CommandGenerator[None]:
    flow = stream.flow
    assert flow.response
    flow.response.timestamp_end = time.time()
    yield HttpResponseHook(flow)
    stream.server_state = stream.state_done
    if (yield from stream.check_killed(False)):
        return
    for step in steps():
        yield from _perform(stream, flow, step)
        if (yield from stream.check_killed(False)):
            return


def _perform(stream: HttpStream, flow: http.HTTPFlow, step: Step) -> layer.CommandGenerator[None]:
    client = stream.context.client
    assert flow.response
    match step:
        case delivery.Head():
            yield SendHttp(ResponseHeaders(stream.stream_id, flow.response, False), client)
        case delivery.Data(piece):
            yield SendHttp(ResponseData(stream.stream_id, piece), client)
        case delivery.Pause() | delivery.Reset() | delivery.Finish():
            yield FaultsTimedStepHook(TimedStep(flow, step))
        case delivery.Raw(data):
            yield commands.SendData(client, data)
        case delivery.Call(what):
            what()
        case delivery.Close():
            yield commands.CloseConnection(client)
        case delivery.Informational() | delivery.ResetStream() | delivery.Goaway():
            yield from _frames(stream, step)
        case delivery.Framed() | delivery.End():
            yield from _complete(stream, flow, step)


def _complete(stream: HttpStream, flow: http.HTTPFlow, step: Step) -> layer.CommandGenerator[None]:
    assert flow.response
    if isinstance(step, delivery.Framed):
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
    if isinstance(step, delivery.Informational) and isinstance(server, Http1Server):
        line = f"HTTP/1.1 {step.status} {status_codes.RESPONSES.get(step.status, '')}"
        yield commands.SendData(client, line.rstrip().encode() + b"\r\n\r\n")
        return
    if not isinstance(server, Http2Server):
        return
    if isinstance(step, delivery.Informational):
        server.h2_conn.send_headers(stream.stream_id, [(b":status", str(step.status).encode())])
        yield commands.SendData(client, server.h2_conn.data_to_send())
    elif isinstance(step, delivery.ResetStream):
        server.h2_conn.reset_stream(stream.stream_id, step.code)
        server.streams.pop(stream.stream_id, None)
        yield commands.SendData(client, server.h2_conn.data_to_send())
        stream.flow.live = False
        yield DropStream(stream.stream_id)
    elif isinstance(step, delivery.Goaway):
        last = stream.stream_id if step.processed else max(stream.stream_id - 2, 0)
        frame = GoAwayFrame(0, last_stream_id=last, error_code=step.code)
        yield commands.SendData(client, frame.serialize())


# the head of a request


def bound_heads(most: int) -> None:
    """Have mitmproxy answer a request with a head of more than `most` bytes with 431, and close."""

    def bounded(self: Http1Server, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
        if isinstance(event, events.DataReceived) and len(self.buf) > most:
            message = f"the head of the request is larger than {most >> 10} KiB"
            yield commands.SendData(self.conn, make_error_response(431, message))
            yield commands.CloseConnection(self.conn)
            self.state = self.done
            return
        yield from _read_headers(self, event)

    Http1Server.read_headers = bounded  # type: ignore[method-assign]


_read_headers = Http1Server.read_headers


# the connection to an origin


def reuse_idle_connections() -> None:
    """Have streams of HTTP/2 share the HTTP/1 connections to an origin, one at a time.

    mitmproxy opens one for each request and keeps it, as long as the client's connection lasts:
    the thousand requests of a `go mod download` cost a third more, and leave a thousand behind.
    """

    def get(
        self: HttpLayer, event: GetHttpConnection, *, reuse: bool = True
    ) -> layer.CommandGenerator[None]:
        if self.context.client.alpn != b"h2" or event.tls or event.via:
            yield from _get_connection(self, event, reuse=reuse)
        elif idle := next(_idle(self, event), None):
            stream = self.command_sources.pop(event)
            yield from self.event_to_child(stream, GetHttpConnectionCompleted(event, (idle, None)))
        else:
            yield from _get_connection(self, event, reuse=False)

    def begun(self: ConnectionHandler, context: proxy_context.Context) -> None:
        _begin(self, context)
        self.max_conns = defaultdict(lambda: asyncio.Semaphore(_MOST_TO_ORIGIN))

    HttpLayer.get_connection = get  # type: ignore[method-assign]
    ConnectionHandler.__init__ = begun  # type: ignore[method-assign]


def _idle(http_layer: HttpLayer, event: GetHttpConnection) -> Iterator[connection.Connection]:
    """Yield the connections on which everything that was asked has been answered."""
    for found, handler in http_layer.connections.items():
        client = handler.context.layers[-1]
        if (
            isinstance(client, Http1Client)
            and client.stream_id is None
            and found.state is connection.ConnectionState.OPEN
            and found not in http_layer.waiting_for_establishment
            and event.connection_spec_matches(found)
        ):
            yield found


_MOST_TO_ORIGIN = 1000
"""More than a client has streams at a time: of five, the sixth would wait for one that stays."""

_get_connection = HttpLayer.get_connection
_begin = ConnectionHandler.__init__
