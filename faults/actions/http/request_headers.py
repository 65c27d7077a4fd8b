"""Changes the request's headers."""

from faults.actions.http._base import _ChangedHeaders
from faults.model.action import Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class RequestHeaders(_ChangedHeaders):
    """Change the request's headers on their way to the origin."""

    order = 20

    async def on_request(self, decision: Decision, exchange: Exchange) -> Detail:
        """Change the request's headers."""
        return self._change(exchange.flow.request.headers)

    examples = (
        Example(
            "{where: {header: Authorization}, do: {request-headers: {drop: Authorization}}}",
            "The origin answers as to a stranger.",
            "As a hop that strips credentials.",
        ),
    )
