"""Decides the application protocol."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.handshake import Handshake


class Alpn(Action):
    """Decide the application protocol: HTTP/1.1 for clients that would rather speak h2."""

    short = "protocol"
    order = 50

    protocol: Literal["http/1.1", "h2", "none"] = Field(
        description="What is chosen if the client offers it; otherwise nothing is chosen."
    )

    async def on_handshake(self, decision: Decision, handshake: "Handshake") -> Detail:
        """Choose this protocol or none."""
        handshake.context.set_alpn_select_callback(_choosing(self.protocol.encode()))
        return {"protocol": self.protocol}

    examples = (
        Example(
            "{where: {sni: proxy.golang.org, alpn: h2}, do: {alpn: http/1.1}}",
            "h2 is refused; the client goes on with HTTP/1.1.",
            "As a server without h2. A client that offers h2 alone gets no ALPN at all.",
        ),
    )


def _choosing(wanted: bytes) -> Any:
    from OpenSSL import SSL

    return lambda _, offered: wanted if wanted in offered else SSL.NO_OVERLAPPING_PROTOCOLS
