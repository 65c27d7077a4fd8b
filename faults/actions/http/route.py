"""Sends the request to another host."""

from urllib.parse import urlsplit

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Route(Action):
    """Send the request to another host: .info from A, .zip from B."""

    short = "to"
    order = 10

    to: str = Field(
        pattern=r"^(https?://)?[A-Za-z0-9.-]+(:[0-9]+)?$",
        description="A host, or scheme://host:port. A bare host changes only the Host header.",
    )

    async def on_request(self, decision: Decision, exchange: Exchange) -> Detail:
        """Send the request to another host."""
        request = exchange.flow.request
        if "://" in self.to:
            parts = urlsplit(self.to)
            request.scheme = parts.scheme
            request.host = parts.hostname or ""
            request.port = parts.port or (443 if parts.scheme == "https" else 80)
            request.host_header = parts.netloc
        else:
            request.host_header = self.to
        return {"to": self.to}

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {route: goproxy.cn}}",
            "A module put together from two proxies.",
            "Where a bare host leads is the edge's routing; with a URL the connection goes there.",
        ),
    )
