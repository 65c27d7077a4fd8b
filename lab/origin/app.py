"""The origin as one ASGI application: finds the room that a Host names, and keeps the log."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from lab.origin import proxy, vcs
from lab.origin.access import identify
from lab.origin.h1 import Receive, Send
from lab.origin.message import (
    LONG,
    Body,
    RefusedError,
    Request,
    Response,
    finished,
    length,
    not_found,
    target,
    text,
)
from lab.origin.state import OriginState
from lab.origin.sumdb import Ledger
from lab.world.tree import Host, Tree

Scope = Mapping[str, Any]

MAX_BODY = 16 << 20
LOG_LENGTH = 100_000

# A name that the world does not know (localhost, an address) gets a proxy that has everything.
FRONT = Host(proxy="/", private=True)

EDGE_HEADER = "Golab-Edge"
"""The header by which the origin of a lab knows its edge: no client gets past the faults."""

_CHUNK = 1 << 18


@dataclass(frozen=True)
class Entry:
    """One line of the access log.

    Attributes:
        t: seconds since the origin started.
        user: who the caller claimed to be.
        bytes: of the body.
    """

    t: float
    host: str
    method: str
    path: str
    status: int
    user: str | None
    bytes: int


class Origin:
    """The application; `state` may be replaced at any time."""

    def __init__(self, tree: Tree, state: OriginState | None = None, token: str = "") -> None:
        self.tree = tree
        self.log: deque[Entry] = deque(maxlen=LOG_LENGTH)
        self._state = state or OriginState()
        self._token = token
        self.seen = 0
        """How many requests there ever were."""
        self._start = time.monotonic()
        self._names = frozenset(tree.hosts)
        self._ledgers: dict[bool, Ledger] = {}

    @property
    def state(self) -> OriginState:
        """What of the origin can change while it runs."""
        return self._state

    @state.setter
    def state(self, state: OriginState) -> None:
        self._state = state
        for forked in (False, True):
            if state.sumdb_size is not None and (not forked or state.forked):
                self._ledger(forked=forked).grow(state.sumdb_size)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one ASGI connection scope."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] == "websocket":
            await send({"type": "websocket.close"})
            return
        host, method = "", str(scope["method"])
        shown = bytes(scope["raw_path"]).decode("latin-1")
        try:
            request = _request(scope, receive)
            host = request.host
            response = finished(request, await self._answer(request))
        except RefusedError as error:
            response = error.response
        except Exception as error:  # noqa: BLE001 - a client gets an answer, never a traceback
            response = text(500, f"a defect of golab: {type(error).__name__}", cache="no-store")
        sent = await _send(send, method, response)
        age = round(time.monotonic() - self._start, 6)
        self.log.append(Entry(age, host, method, shown, response.status, response.user, sent))
        self.seen += 1

    async def _answer(self, request: Request) -> Response:
        if self._token and request.headers.get(EDGE_HEADER.lower()) != self._token:
            raise RefusedError(403, "this origin answers its edge alone")
        index = self.tree.index
        caller = identify(request.headers.get("authorization", ""), index.credentials, self._state)
        host = self._host(request.host)
        response = self._content(request, host, caller)
        if response is None:
            response = await vcs.answer(self.tree, self._state, request, caller)
        return replace(response, user=caller.user)

    def _content(self, request: Request, host: Host, caller: Any) -> Response | None:
        """Answer as checksum database or proxy; None if the host is neither for this path."""
        if host.sumdb:
            _only_get(request)
            return self._sums(request, request.path)
        prefix = host.proxy.rstrip("/") + "/"
        if not host.proxy or not request.path.startswith(prefix):
            return None
        _only_get(request)
        path = request.path[len(prefix) - 1 :]
        if path.startswith("/sumdb/"):
            return self._relayed(request, host, path.removeprefix("/sumdb/"))
        return proxy.answer(self.tree, self._state, host, request, path, caller)

    def _relayed(self, request: Request, host: Host, path: str) -> Response:
        """Answer for the checksum database in its stead (ref/mod#checksum-database)."""
        prefix = self.tree.index.sumdb.name + "/"
        if not host.relay or not path.startswith(prefix):
            return not_found(f"sumdb/{path}: this proxy does not relay it")
        if path == f"{prefix}supported":
            return text(200, "", cache=LONG)
        return self._sums(request, path[len(prefix) - 1 :])

    def _sums(self, request: Request, path: str) -> Response:
        ledger = self._ledger(forked=request.host in self._state.forked)
        return ledger.answer(path, self._state.absent)

    def _ledger(self, *, forked: bool) -> Ledger:
        if forked not in self._ledgers:
            self._ledgers[forked] = Ledger(self.tree, forked=forked)
        return self._ledgers[forked]

    def _host(self, name: str) -> Host:
        found = self.tree.index.hosts.get(name)
        return found or (Host() if name in self._names else FRONT)


def _only_get(request: Request) -> None:
    if request.method not in ("GET", "HEAD"):
        raise RefusedError(405, f"method not allowed: {request.method}", allow="GET, HEAD")


def _check_framing(scope: Scope) -> None:
    """Refuse a body whose end others may see elsewhere than we do (RFC 9112, 6.1 and 6.3)."""
    if scope.get("http_version") not in ("1.0", "1.1"):
        return
    names = {name.lower() for name, _ in scope["headers"]}
    if b"transfer-encoding" not in names:
        return
    if b"content-length" in names or scope["http_version"] == "1.0":
        message = "bad request: Transfer-Encoding with a Content-Length, or in HTTP/1.0"
        raise RefusedError(400, message, connection="close")


def _request(scope: Scope, receive: Receive) -> Request:
    headers: dict[str, str] = {}
    _check_framing(scope)
    for name, value in scope["headers"]:
        headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    async def read() -> bytes:
        parts, size, more = list[bytes](), 0, True
        while more:
            message = await receive()
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = message.get("more_body", False)
            if size > MAX_BODY:
                raise RefusedError(413, f"the body is larger than {MAX_BODY} bytes")
        return b"".join(parts)

    return Request(
        scope["method"],
        scope.get("scheme", "http"),
        headers.get("host", "").lower().partition(":")[0],
        target(scope["raw_path"]),
        scope["query_string"].decode("latin-1"),
        headers,
        read,
    )


async def _send(send: Send, method: str, response: Response) -> int:
    """Send a response; return how many bytes of body went out."""
    headers = [(n.encode(), v.encode("latin-1", "replace")) for n, v in response.headers]
    body = response.body
    if isinstance(body, bytes | Path) and response.status not in (204, 304):
        headers.append((b"content-length", b"%d" % length(body)))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    sent = 0
    if method == "HEAD" and isinstance(body, bytes | Path):
        body = b""
    async for chunk in _chunks(body):
        if method != "HEAD":
            sent += len(chunk)
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body"})
    return sent


async def _chunks(body: Body) -> AsyncGenerator[bytes, None]:
    if isinstance(body, bytes):
        yield body
    elif isinstance(body, Path):
        with body.open("rb") as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    else:
        async for chunk in body:
            yield chunk


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": message["type"] + ".complete"})
        if message["type"] == "lifespan.shutdown":
            return
