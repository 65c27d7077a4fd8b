"""Asks the origin of an exchange for another file, as the exchange itself asked."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from dataclasses import dataclass

from mitmproxy import ctx
from mitmproxy import http as mitm

TIMEOUT = 10.0


@dataclass(frozen=True)
class Answer:
    """What the origin said."""

    status: int
    body: bytes
    content_type: str


async def fetch(flow: mitm.HTTPFlow, path: str, *, drop: frozenset[str] = frozenset()) -> Answer:
    """GET `path` where `flow` was sent, with its headers except those in `drop` (lower case).

    Raises:
        OSError: the origin cannot be reached, or took longer than `TIMEOUT` seconds.
    """
    headers = {
        name: value
        for name, value in flow.request.headers.items()
        if name.lower() not in drop | {"connection", "accept-encoding", "content-length"}
    }
    headers.setdefault("Host", flow.request.host_header or flow.request.host)
    return await asyncio.to_thread(
        _get, flow.request.scheme, flow.request.host, flow.request.port, path, headers
    )


def _get(scheme: str, host: str, port: int, path: str, headers: dict[str, str]) -> Answer:
    asked: http.client.HTTPConnection
    if scheme == "https":
        context = ssl.create_default_context(
            cafile=ctx.options.ssl_verify_upstream_trusted_ca,
            capath=ctx.options.ssl_verify_upstream_trusted_confdir,
        )
        if ctx.options.ssl_insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        asked = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
    else:
        asked = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        asked.request("GET", path, headers=headers)
        answer = asked.getresponse()
        return Answer(answer.status, answer.read(), answer.headers.get("Content-Type", ""))
    finally:
        asked.close()
