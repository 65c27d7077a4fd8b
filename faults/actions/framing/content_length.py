"""Announces a wrong length."""

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class ContentLength(Action):
    """Announce a length that is not the body's, then close."""

    short = "off_by"
    slot = "delivery"
    order = 10

    off_by: int = Field(description="Bytes announced beyond those sent; below 0: too few.")

    async def on_delivery(self, decision: Decision, exchange: Exchange) -> Detail:
        """Announce a wrong length, send the body, close."""
        from faults.traffic import delivery

        response = exchange.response
        length = max(len(response.raw_content or b"") + self.off_by, 0)
        response.headers.pop("Transfer-Encoding", None)
        response.headers["Content-Length"] = str(length)
        if not exchange.h2:
            exchange.steps = [*delivery.without_end(exchange.steps), delivery.Close()]
        return {"announced": length}

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {content-length: 10}}",
            "Ten bytes announced never come; go: `unexpected EOF`.",
            "On HTTP/2 the stream ends early and the client finds the length wrong.",
        ),
        Example(
            "{where: {endpoint: list}, do: {content-length: -7}}",
            "HTTP/1.1: one version lost, exit 0, and a line about an `Unsolicited response`.",
            "On HTTP/2 go: `server replied with more than declared Content-Length`.",
        ),
    )
