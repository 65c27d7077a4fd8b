"""Ends the HTTP/2 connection."""

from pydantic import Field

from faults.actions.framing._h2 import H2_CODES, H2Code, end_with
from faults.model.action import Action, Detail, Example
from faults.model.base import Bytes
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Goaway(Action):
    """Send HTTP/2 GOAWAY, and close."""

    short = "code"
    slot = "delivery"
    order = 70

    code: H2Code = "no-error"
    after: Bytes | None = Field(None, description="After so many bytes of body; else at once.")

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """End the HTTP/2 connection."""
        from faults.traffic import delivery

        last = delivery.Goaway(H2_CODES[self.code], processed=self.after is not None)
        return end_with(exchange, [last, delivery.Close()], self.code, self.after)

    examples = (
        Example(
            "{where: {endpoint: zip, first: 1}, do: {goaway: no-error}}",
            "This request was not processed, says the frame: go asks again on a new connection.",
            "The last stream named is the one before this; then FIN. Only HTTP/2.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {goaway: {code: enhance-your-calm, after: 100}}}",
            "In the middle of a body: go fails with the code's name.",
            "The last stream named is this one; then FIN. Only HTTP/2.",
        ),
    )
