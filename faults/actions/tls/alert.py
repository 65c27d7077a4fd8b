"""Refuses the handshake with an alert."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from mitmproxy import connection

ALERTS = {
    "handshake-failure": 40,
    "bad-certificate": 42,
    "unknown-ca": 48,
    "access-denied": 49,
    "protocol-version": 70,
    "insufficient-security": 71,
    "internal-error": 80,
    "unrecognized-name": 112,
    "no-application-protocol": 120,
}
"""Alerts and their numbers (RFC 8446, 6)."""


class Alert(Action):
    """Refuse the handshake with a fatal alert."""

    short = "description"
    slot = "answer"
    order = 10

    description: Literal[
        "handshake-failure",
        "bad-certificate",
        "unknown-ca",
        "access-denied",
        "protocol-version",
        "insufficient-security",
        "internal-error",
        "unrecognized-name",
        "no-application-protocol",
    ] = Field(description="The alert's name in RFC 8446.")

    async def on_hello(self, decision: Decision, client: "connection.Client") -> Detail:
        """Send the alert."""
        from faults.traffic.handshake import send_alert

        sent = send_alert(client, ALERTS[self.description])
        return {"alert": self.description} if sent else None

    examples = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {alert: unrecognized-name}}",
            "A fatal alert in answer to the ClientHello, then FIN; go: `remote error: tls: …`.",
            "The very record a server sends; record version 3.3, as TLS 1.2 and 1.3 use.",
        ),
    )
