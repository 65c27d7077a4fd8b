"""Breaks chunked framing."""

from typing import Literal

from pydantic import Field

from faults.actions.framing._chunks import as_chunks
from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Chunked(Action):
    """Break HTTP/1.1 chunked framing."""

    short = "how"
    slot = "delivery"
    order = 20

    how: Literal["malformed", "unfinished"] = Field(
        description="A chunk size that is no number; or no last chunk."
    )

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Break chunked framing."""
        from faults.traffic import delivery

        if exchange.h2 or exchange.flow.request.method == "HEAD":
            return None
        as_chunks(exchange.response)
        steps = delivery.without_end(exchange.steps)
        if self.how == "malformed":
            steps = [
                delivery.Raw(b"zz\r\n" + step.piece) if isinstance(step, delivery.Data) else step
                for step in steps
            ]
        exchange.steps = [*steps, delivery.Close()]
        return {"how": self.how}

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {chunked: malformed}}",
            "go: `invalid byte in chunk length`.",
            "HTTP/2 has no chunks: there the rule does nothing, and that is no hit.",
        ),
        Example(
            "{where: {endpoint: list}, do: {chunked: unfinished}}",
            "The whole body, then FIN without the last chunk; go: `unexpected EOF`.",
            "Only HTTP/1.1, as above.",
        ),
    )
