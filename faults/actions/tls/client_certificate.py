"""Asks the client for a certificate."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.handshake import Handshake


class ClientCertificate(Action):
    """Ask the client for a certificate."""

    short = "need"
    order = 40

    need: Literal["required", "requested"] = Field(description="Whether one must be presented.")

    async def on_handshake(self, decision: Decision, handshake: "Handshake") -> Detail:
        """Ask for a certificate, and take any."""
        from OpenSSL import SSL

        must = SSL.VERIFY_FAIL_IF_NO_PEER_CERT if self.need == "required" else 0
        handshake.context.set_verify(SSL.VERIFY_PEER | must, lambda *_: True)
        return {"need": self.need}

    examples = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {client-certificate: required}}",
            "Without one, alert certificate_required (TLS 1.3) or handshake_failure (1.2).",
            "Any certificate is taken, whoever signed it.",
        ),
    )
