"""Sends slowly."""

from typing import TYPE_CHECKING

from pydantic import Field

from faults.actions.connection._shape import _Shape
from faults.model.action import Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.shaping import Effect


class Bandwidth(_Shape):
    """Send slowly: so many bytes a second."""

    short = "rate"
    order = 80

    rate: int = Field(ge=1, description="Bytes per second.")

    def _effect(self, decision: Decision) -> "Effect":
        from faults.traffic.shaping import Effect

        return Effect(decision, rate=self.rate)

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {bandwidth: 100_000}}",
            "The answer arrives at 100 kB/s.",
            "Counts what leaves the socket, TLS and framing included, in bursts of 50 ms."
            " Handshake and request are not slowed unless the rule matches connections.",
        ),
        Example(
            "{where: {sni: proxy.golang.org}, do: {bandwidth: 20_000}}",
            "The whole connection, from the ServerHello on.",
            "One direction only: what the client sends is not slowed.",
        ),
    )
