"""Presents a wrong certificate."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.handshake import Handshake


class Certificate(Action):
    """Present a certificate that the client must not accept."""

    short = "kind"
    slot = "certificate"
    order = 20

    kind: Literal[
        "unknown-ca", "expired", "not-yet-valid", "wrong-name", "incomplete-chain", "self-signed"
    ] = Field(description="What is wrong with it.")

    async def on_handshake(self, decision: Decision, handshake: "Handshake") -> Detail:
        """Present the certificate, made with the authority that the client trusts."""
        from faults import certificates

        client = handshake.client
        name = client.sni or (client.sockname[0] if client.sockname else certificates.WRONG_NAME)
        shown = certificates.faulty(self.kind, name, handshake.authority())
        handshake.certificate, handshake.key = shown.certificate, shown.key
        return {"kind": self.kind}

    examples = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {certificate: unknown-ca}}",
            "A good certificate of an authority nobody trusts, as a middlebox presents.",
            "The authority is made at start and told to no one.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {certificate: expired}}",
            "Right name, trusted authority, ended yesterday.",
            "Expired by the client's clock.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {certificate: not-yet-valid}}",
            "Right name, trusted authority, begins tomorrow.",
            "What a client with a slow clock sees, too.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {certificate: wrong-name}}",
            "Trusted, in time, for wrong.invalid.",
            "As a server that answers with its default site.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {certificate: incomplete-chain}}",
            "Signed by an intermediate that is not sent; go: `unknown authority`.",
            "The intermediate is signed by mitmproxy's CA. Browsers that fetch intermediates would"
            " find none, as there is no AIA address.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {certificate: self-signed}}",
            "Its own issuer.",
            "Right name, in time.",
        ),
    )
