"""Lets every byte arrive later."""

from typing import TYPE_CHECKING

from pydantic import Field

from faults.actions.connection._shape import _Shape
from faults.model.action import Example
from faults.model.base import Seconds
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.shaping import Effect


class Latency(_Shape):
    """Let every byte arrive later."""

    short = "delay"
    order = 90

    delay: Seconds = Field(description="How much later.")
    jitter: Seconds = Field(0.0, description="Up to so much more or less; the seed decides.")

    @property
    def remembers(self) -> bool:
        """Whether the seed draws anew for each match."""
        return self.jitter > 0

    def _effect(self, decision: Decision) -> "Effect":
        from faults.traffic.shaping import Effect

        return Effect(decision, delay=self.delay, jitter=self.jitter)

    examples = (
        Example(
            "{where: {endpoint: list}, do: {latency: 200ms}}",
            "The answer, 0.2 s later.",
            "One way, added at the edge; TCP's own handshake is not delayed, so it does not show in"
            " the connect time.",
        ),
        Example(
            "{where: {port: 443}, do: {latency: {delay: 50ms, jitter: 20ms}}}",
            "Every flight of the connection, TLS handshake included, 30 to 70 ms later.",
            "Bytes never overtake each other, as in TCP.",
        ),
    )
