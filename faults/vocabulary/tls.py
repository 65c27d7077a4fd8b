"""What can happen to a TLS handshake."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from faults.vocabulary.base import Action, Example, Stage

_HELLO = (Stage.HELLO,)
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

    short: ClassVar[str] = "description"
    slot: ClassVar[str] = "answer"
    acts: ClassVar[tuple[Stage, ...]] = _HELLO

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

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {alert: unrecognized-name}}",
            "A fatal alert in answer to the ClientHello, then FIN; go: `remote error: tls: …`.",
            "The very record a server sends; record version 3.3, as TLS 1.2 and 1.3 use.",
        ),
    )


class Certificate(Action):
    """Present a certificate that the client must not accept."""

    short: ClassVar[str] = "kind"
    slot: ClassVar[str] = "certificate"
    acts: ClassVar[tuple[Stage, ...]] = _HELLO

    kind: Literal[
        "unknown-ca", "expired", "not-yet-valid", "wrong-name", "incomplete-chain", "self-signed"
    ] = Field(description="What is wrong with it.")

    examples: ClassVar[tuple[Example, ...]] = (
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


class TlsVersion(Action):
    """Speak only old versions of TLS."""

    short: ClassVar[str] = "newest"
    acts: ClassVar[tuple[Stage, ...]] = _HELLO

    newest: Literal["1.0", "1.1", "1.2"] = Field(
        description="The newest version spoken.",
        json_schema_extra={
            "type": ["string", "number"],
            "enum": ["1.0", "1.1", "1.2", 1.0, 1.1, 1.2],
        },
    )

    @field_validator("newest", mode="before")
    @classmethod
    def _number(cls, value: Any) -> Any:
        return str(value) if isinstance(value, float) else value

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {tls-version: 1.1}}",
            "Modern clients refuse: alert protocol_version; go: `protocol version not supported`.",
            "OpenSSL's own behaviour with that version as its maximum.",
        ),
    )


class ClientCertificate(Action):
    """Ask the client for a certificate."""

    short: ClassVar[str] = "need"
    acts: ClassVar[tuple[Stage, ...]] = _HELLO

    need: Literal["required", "requested"] = Field(description="Whether one must be presented.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {client-certificate: required}}",
            "Without one, alert certificate_required (TLS 1.3) or handshake_failure (1.2).",
            "Any certificate is taken, whoever signed it.",
        ),
    )


class Alpn(Action):
    """Decide the application protocol: HTTP/1.1 for clients that would rather speak h2."""

    short: ClassVar[str] = "protocol"
    acts: ClassVar[tuple[Stage, ...]] = _HELLO

    protocol: Literal["http/1.1", "h2", "none"] = Field(
        description="What is chosen if the client offers it; otherwise nothing is chosen."
    )

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {sni: proxy.golang.org, alpn: h2}, do: {alpn: http/1.1}}",
            "h2 is refused; the client goes on with HTTP/1.1.",
            "As a server without h2. A client that offers h2 alone gets no ALPN at all.",
        ),
    )


class KeyLog(Action):
    """Write the session's secrets to a file for Wireshark (SSLKEYLOGFILE format)."""

    short: ClassVar[str] = "file"
    acts: ClassVar[tuple[Stage, ...]] = _HELLO

    file: str = Field(min_length=1, description="Appended to; made if need be.")

    examples: ClassVar[tuple[Example, ...]] = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {key-log: /tmp/golab-keys.log}}",
            "Nothing unusual.",
            "Not a fault but a witness: captures of these sessions can be decrypted.",
        ),
    )
