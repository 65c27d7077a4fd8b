"""Resets the HTTP/2 stream."""

from pydantic import Field

from faults.actions.framing._h2 import H2_CODES, H2Code, end_with
from faults.model.action import Action, Detail, Example
from faults.model.base import Bytes
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class RstStream(Action):
    """Reset one HTTP/2 stream."""

    short = "code"
    slot = "delivery"
    order = 60

    code: H2Code = "internal-error"
    after: Bytes | None = Field(None, description="After so many bytes of body; else at once.")

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Reset the HTTP/2 stream."""
        from faults.traffic import delivery

        last = delivery.ResetStream(H2_CODES[self.code])
        return end_with(exchange, [last], self.code, self.after)

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {rst-stream: {code: internal-error, after: 100}}}",
            "go: `stream error: stream ID …; INTERNAL_ERROR; received from peer`.",
            "HTTP/1.1 has no streams: there the rule does nothing, and that is no hit.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {rst-stream: refused-stream}}",
            "Refused before any answer: go asks again by itself.",
            "Only HTTP/2, as above.",
        ),
    )
