"""Changes the Content-Type alone."""

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.model.http_fields import FieldText
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class ContentType(Action):
    """Give the answer another Content-Type."""

    short = "type"
    order = 95

    type: FieldText = Field(min_length=1)

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Change the Content-Type alone."""
        exchange.response.headers["Content-Type"] = self.type
        return {"type": self.type}

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {content-type: text/html}}",
            "The true body under a wrong type; go does not look at it.",
            "Exactly that.",
        ),
    )
