"""Changes the answer's headers."""

from faults.actions.http._base import _ChangedHeaders
from faults.model.action import Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class ResponseHeaders(_ChangedHeaders):
    """Change the answer's headers."""

    order = 90

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Change the answer's headers."""
        return self._change(exchange.response.headers)

    examples = (
        Example(
            "{where: {endpoint: list}, do: {response-headers:"
            " {set: {Age: 86400, Cache-Control: 'public, max-age=604800'}}}}",
            "An answer that says it is a day old and good for a week.",
            "Go ignores both; caches between do not.",
        ),
    )
