"""Sends FIN in the middle of things."""

from typing import Literal

from pydantic import Field

from faults.actions.connection._cut import _Cut, insert
from faults.model.action import Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class HalfClose(_Cut):
    """Send FIN: our side is finished, in the middle of things; the client may still send."""

    order = 50

    at: Literal["before-headers", "after-headers"] | None = Field(
        None, description="Where in the conversation."
    )

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Send FIN within the answer."""
        from faults.traffic import delivery

        return insert(exchange, self.at, self.after, delivery.Finish(), goes_on=False)

    examples = (
        Example(
            "{where: {endpoint: list}, do: {half-close: before-headers}}",
            "The request is read, then FIN: an empty reply; go: `EOF`.",
            "The other direction stays open, as with shutdown(SHUT_WR). On HTTP/2 all streams end.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {half-close: {after: 100}}}",
            "100 bytes of body, then FIN; go: `unexpected EOF`.",
            "Inside TLS there is no close_notify before it, as when a program dies.",
        ),
    )
