"""Changes the status alone."""

from faults.actions.http._base import Code
from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Status(Action):
    """Change the status and leave the rest as it is."""

    short = "code"
    order = 70

    code: Code

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Change the status alone."""
        from mitmproxy import http

        response = exchange.response
        if response.status_code == self.code:
            return None
        response.status_code = self.code
        response.reason = http.Response.make(self.code).reason
        if self.code in (204, 304):
            response.raw_content = b""
            response.headers.pop("Content-Length", None)
        return {"status": self.code}

    examples = (
        Example(
            "{where: {endpoint: list}, do: {status: 203}}",
            "The true body under another status; go takes only 200.",
            "Bodies of 204 and 304 are not sent, as HTTP demands.",
        ),
    )
