"""Sends 1xx answers first."""

from typing import Literal

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Informational(Action):
    """Send 1xx answers before the real one."""

    short = "times"
    order = 40

    times: int = Field(ge=1, le=10_000, description="How many.")
    status: Literal[100, 102, 103] = 103

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Send 1xx answers first."""
        from faults.traffic import delivery

        noise: list[delivery.Step] = [delivery.Informational(self.status)] * self.times
        place = exchange.steps.index(delivery.Head())
        exchange.steps = [*exchange.steps[:place], *noise, *exchange.steps[place:]]
        return {"status": self.status, "times": self.times}

    examples = (
        Example(
            "{where: {endpoint: list}, do: {informational: 3}}",
            "Three 103 Early Hints, then the answer; go does not mind.",
            "Without Link headers.",
        ),
    )
