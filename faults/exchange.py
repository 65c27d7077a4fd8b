"""One DNS query, handshake or HTTP exchange on its way past the rules."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from mitmproxy import connection, http
from mitmproxy.proxy import mode_specs

from faults import goproto
from faults.choose import Armed, draw
from faults.delivery import Step
from faults.ledger import Record
from faults.vocabulary.base import Action
from faults.waits import Waits

Detail = Mapping[str, Any] | None
"""What an action did, for the ledger; None if it did nothing, which is no hit."""


@dataclass(frozen=True)
class Turn:
    """A rule's decision to act, here and now."""

    armed: Armed
    match: int
    word: str
    action: Action
    waits: Waits

    @property
    def rule(self) -> str:
        """The rule's name."""
        return self.armed.rule.name

    def draw(self, salt: str = "") -> float:
        """Return the seed's number in [0, 1) for this match."""
        return draw(self.armed.seed, f"{self.rule}/{salt}", self.match)


@dataclass(eq=False)
class Exchange:
    """An HTTP exchange: its flow, what is known of it, and what is still to be done to it."""

    flow: http.HTTPFlow
    facts: dict[str, Any]
    record: Record
    pending: list[Turn] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    closed: bool = False
    answered: bool = False
    """Whether there was an answer before the origin could be asked."""
    failed: Turn | None = None
    watching: list[Turn] = field(default_factory=list)

    @property
    def h2(self) -> bool:
        """Whether the client speaks HTTP/2."""
        return self.flow.request.is_http2

    @property
    def response(self) -> http.Response:
        """The answer; only asked for where there is one."""
        assert self.flow.response
        return self.flow.response


Handler = Callable[[Any, Turn, Exchange], Awaitable[Detail]]


def client_facts(client: connection.Client) -> dict[str, Any]:
    """Return what is known of any connection."""
    return {
        "client": client.peername[0] if client.peername else "",
        "port": client.sockname[1] if client.sockname else 0,
        "age": time.time() - (client.timestamp_start or time.time()),
    }


def request_facts(flow: http.HTTPFlow, *, keeps_host: bool) -> dict[str, Any]:
    """Return what is known once a request has been read."""
    request = flow.request
    host = host_of(flow, keeps_host=keeps_host)
    asked = goproto.parse(host, request.path)
    client = flow.client_conn
    return {
        **client_facts(client),
        "sni": (client.sni or "").lower(),
        "alpn": ((client.alpn or b"").decode("latin-1"),),
        "host": host,
        "path": unquote(request.path.partition("?")[0]),
        "method": request.method,
        "header": request.headers,
        "endpoint": asked.endpoint if asked else "",
        "module": asked.module if asked else "",
        "version": asked.version if asked else "",
    }


def host_of(flow: http.HTTPFlow, *, keeps_host: bool) -> str:
    """Return the host the client meant, lower case and without its port.

    In reverse mode mitmproxy writes its own target into the Host header unless `keep_host_header`
    is set; then the server name of the handshake is the better witness.
    """
    request, client = flow.request, flow.client_conn
    rewritten = isinstance(client.proxy_mode, mode_specs.ReverseMode) and not keeps_host
    name = (client.sni if rewritten else None) or request.host_header or request.host
    if name.startswith("["):
        return name.partition("]")[0].lower() + "]"
    return name.rpartition(":")[0].lower() if ":" in name else name.lower().rstrip(".")
