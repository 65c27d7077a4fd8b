"""Stops in the middle of a body."""

from pydantic import Field

from faults.actions.connection._cut import insert
from faults.model.action import Action, Detail, Example
from faults.model.base import Bytes, Seconds
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Stall(Action):
    """Stop in the middle of a body, and hold the socket open."""

    short = "after"
    slot = "delivery"
    order = 40

    after: Bytes = Field(description="Bytes of body that still arrive.")
    for_: Seconds | None = Field(
        None, description="Go on after this time; without it, not before the rule is off."
    )

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Fall silent after some bytes of the body."""
        from faults.traffic import delivery

        pause = delivery.Pause(decision.rule, self.for_)
        return insert(exchange, None, self.after, pause, goes_on=True)

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {stall: {after: 1024}}}",
            "1024 bytes of body, then silence; go waits for ever.",
            "Counted in body bytes. On HTTP/2 only this stream stalls.",
        ),
    )
