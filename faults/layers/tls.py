"""Faults of the TLS handshake."""

from __future__ import annotations

from typing import Any

from mitmproxy import connection, tls

from faults import wire
from faults.exchange import Detail, Turn, client_facts
from faults.vocabulary.stream import Hang, Reset


def facts(data: tls.ClientHelloData) -> dict[str, Any]:
    """Return what the ClientHello says."""
    hello = data.client_hello
    return {
        **client_facts(data.context.client),
        "sni": (hello.sni or "").lower(),
        "alpn": tuple(protocol.decode("latin-1") for protocol in hello.alpn_protocols),
    }


async def hello(action: Any, turn: Turn, client: connection.Client) -> Detail:
    """Do what an action says to a handshake whose ClientHello has been read."""
    match action:
        case Reset():
            return {"at": "handshake"} if await wire.reset(client) else None
        case Hang():
            await turn.waits.hold(turn.rule, client.id, action.for_)
            return {"at": "handshake"}
    raise TypeError(f"{turn.word} cannot be done to a handshake")
