"""Says nothing more."""

from typing import TYPE_CHECKING

from pydantic import Field

from faults.actions.connection._cut import _Cut, insert
from faults.model.action import Detail, Example
from faults.model.base import Seconds
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange

if TYPE_CHECKING:
    from mitmproxy import connection


class Hang(_Cut):
    """Say nothing more, and hold the socket open."""

    order = 30

    for_: Seconds | None = Field(
        None, description="Go on after this time; without it, not before the rule is off."
    )

    async def on_connect(self, decision: Decision, client: "connection.Client") -> Detail:
        """Keep a connection that has just been made, and say nothing."""
        await decision.hold(client, self.for_)
        return {"at": "accept"}

    async def on_hello(self, decision: Decision, client: "connection.Client") -> Detail:
        """Leave the ClientHello without an answer."""
        await decision.hold(client, self.for_)
        return {"at": "handshake"}

    async def on_request(self, decision: Decision, exchange: Exchange) -> Detail:
        """Keep the request and say nothing."""
        await decision.hold(exchange.flow.client_conn, self.for_)
        return {"at": "before-headers"}

    async def on_tunnel(self, decision: Decision, exchange: Exchange) -> Detail:
        """Do to a CONNECT what is done to any request."""
        return await self.on_request(decision, exchange)

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Fall silent within the answer."""
        from faults.traffic import delivery

        pause = delivery.Pause(decision.rule, self.for_)
        return insert(exchange, self.at, self.after, pause, goes_on=True)

    examples = (
        Example(
            "{where: {port: 443}, do: {hang: accept}}",
            "Connected, and then mute; go's TLS handshake gives up after 10 s.",
            "The kernel acknowledges what the client sends. A black hole that eats the SYN cannot"
            " be made by a listener: give the name an address of 198.18.255.0/24 for that (`dns`).",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {hang: handshake}}",
            "The ClientHello is never answered; go: `TLS handshake timeout` after 10 s.",
            "An SNI black hole would also stop the acknowledgements; nobody above TCP can tell.",
        ),
        Example(
            "{where: {endpoint: list}, do: {hang: before-headers}}",
            "The request is taken, nothing comes back; go waits for ever.",
            "On HTTP/2 only this stream is mute; pings and other streams go on.",
        ),
        Example(
            "{where: {endpoint: list}, do: {hang: {at: before-headers, for: 200ms}}}",
            "The true answer, 0.2 s late.",
            "The origin is asked only after the wait.",
        ),
        Example(
            "{where: {endpoint: list}, do: {hang: after-headers}}",
            "Status and headers arrive, the body never does.",
            "On HTTP/2 only this stream is mute.",
        ),
    )
