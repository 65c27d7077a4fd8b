"""What a crowd of clients, or one that never ends its headers, can take from the others.

mitmproxy has no bound for the head of an HTTP/1 request: ten megabytes of short headers take it
half a gigabyte and many seconds, in which nobody else is answered.
"""

from __future__ import annotations

import contextlib
import resource

from mitmproxy.proxy import commands, events, layer
from mitmproxy.proxy.layers.http import Http1Server
from mitmproxy.proxy.layers.http._http1 import make_error_response

MAX_HEAD = 1 << 18
"""Bytes of a request's first line and headers; servers take a tenth of that."""

_read_headers = Http1Server.read_headers


def install() -> None:
    """Bound what mitmproxy reads of a request's head, and let it have as many clients as it may."""
    Http1Server.read_headers = _bounded  # type: ignore[method-assign]
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _bounded(self: Http1Server, event: events.ConnectionEvent) -> layer.CommandGenerator[None]:
    if isinstance(event, events.DataReceived) and len(self.buf) > MAX_HEAD:
        message = f"the head of the request is larger than {MAX_HEAD >> 10} KiB"
        yield commands.SendData(self.conn, make_error_response(431, message))
        yield commands.CloseConnection(self.conn)
        self.state = self.done
        return
    yield from _read_headers(self, event)
