"""Speaks only old versions of TLS."""

from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field, field_validator

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.handshake import Handshake


class TlsVersion(Action):
    """Speak only old versions of TLS."""

    short = "newest"
    order = 30

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

    async def on_handshake(self, decision: Decision, handshake: "Handshake") -> Detail:
        """Refuse newer versions."""
        from OpenSSL import SSL

        newest = {
            "1.0": SSL.TLS1_VERSION,
            "1.1": SSL.TLS1_1_VERSION,
            "1.2": SSL.TLS1_2_VERSION,
        }[self.newest]
        # Old versions need the old signature algorithms that level 0 allows.
        handshake.context.set_cipher_list(b"@SECLEVEL=0:ALL")
        handshake.context.set_max_proto_version(newest)
        handshake.context.set_min_proto_version(SSL.TLS1_VERSION)
        return {"newest": self.newest}

    examples = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {tls-version: 1.1}}",
            "Modern clients refuse: alert protocol_version; go: `protocol version not supported`.",
            "OpenSSL's own behaviour with that version as its maximum.",
        ),
    )
