"""Resets the connection."""

from typing import TYPE_CHECKING

from faults.actions.connection._cut import _Cut, insert
from faults.model.action import Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange

if TYPE_CHECKING:
    from mitmproxy import connection


class Reset(_Cut):
    """Reset the connection (TCP RST)."""

    order = 20

    async def on_connect(self, decision: Decision, client: "connection.Client") -> Detail:
        """Reset a connection that has just been made."""
        from faults.traffic import sockets

        return {"at": "accept"} if await sockets.reset(client) else None

    async def on_hello(self, decision: Decision, client: "connection.Client") -> Detail:
        """Reset in answer to the ClientHello."""
        from faults.traffic import sockets

        return {"at": "handshake"} if await sockets.reset(client) else None

    async def on_request(self, decision: Decision, exchange: Exchange) -> Detail:
        """Reset instead of answering."""
        from faults.traffic import sockets

        client = exchange.flow.client_conn
        exchange.flow.kill()
        return {"at": "before-headers"} if await sockets.reset(client) else None

    async def on_tunnel(self, decision: Decision, exchange: Exchange) -> Detail:
        """Do to a CONNECT what is done to any request."""
        return await self.on_request(decision, exchange)

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Reset within the answer."""
        from faults.traffic import delivery

        return insert(exchange, self.at, self.after, delivery.Reset(), goes_on=False)

    examples = (
        Example(
            "{where: {port: 443}, do: {reset: accept}}",
            "The connection is made, then reset before a byte is exchanged.",
            "A RST on the wire. A firewall that resets the SYN looks like `refuse` instead.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {reset: handshake}}",
            "RST in answer to the ClientHello; go: `read: connection reset by peer`.",
            "As SNI filters do, except that some of those reset both ends and let the server's"
            " first bytes pass.",
        ),
        Example(
            "{where: {endpoint: list}, do: {reset: before-headers}}",
            "The request is read, then RST.",
            "On HTTP/2 every stream of the connection dies with it, as with a real RST.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {reset: after-headers}}",
            "The answer's headers arrive, then RST.",
            "What was sent is acknowledged before the RST leaves, so that it is not lost.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {reset: {after: 100}}}",
            "Exactly 100 bytes of body arrive, then RST.",
            "Counted in body bytes, also inside TLS and HTTP/2 frames.",
        ),
    )
