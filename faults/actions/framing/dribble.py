"""Sends the body in drops."""

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.model.base import Seconds
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Dribble(Action):
    """Send the body in drops."""

    short = "every"
    slot = "delivery"
    order = 50

    every: Seconds = Field(description="Time between two drops.")
    bytes_: int = Field(1, ge=1, description="Bytes per drop.")

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Send the body in drops."""
        from faults.traffic import delivery

        steps: list[delivery.Step] = []
        drops = 0
        for step in exchange.steps:
            if not isinstance(step, delivery.Data):
                steps.append(step)
                continue
            for start in range(0, len(step.piece), self.bytes_):
                steps += [
                    delivery.Data(step.piece[start : start + self.bytes_]),
                    delivery.Pause(decision.rule, self.every),
                ]
                drops += 1
        exchange.steps = steps
        return {"drops": drops} if drops else None

    examples = (
        Example(
            "{where: {endpoint: list}, do: {dribble: {bytes: 4, every: 20ms}}}",
            "Four bytes, a pause, four bytes …: slow, yet never idle.",
            "Only this stream on HTTP/2; each drop is a frame of its own.",
        ),
    )
