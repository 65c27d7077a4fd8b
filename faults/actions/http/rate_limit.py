"""Answers 429."""

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class RateLimit(Action):
    """Answer 429 Too Many Requests."""

    short = "retry_after"
    slot = "answer"
    order = 40

    retry_after: int = Field(ge=0, description="Seconds, for the Retry-After header.")

    async def on_answer(self, decision: Decision, exchange: Exchange) -> Detail:
        """Answer 429."""
        wait = {"Retry-After": str(self.retry_after)}
        exchange.answer(429, "rate limit exceeded\n", headers=wait)
        return {"status": 429}

    examples = (
        Example(
            "{where: {endpoint: zip, after: 2}, do: {rate-limit: 30}}",
            "After two good answers only 429; go fails at once, whatever Retry-After says.",
            "Counts requests since arming, not per client or per second.",
        ),
    )
