"""Answers in the origin's place."""

from pydantic import Field

from faults.actions.http._base import Code
from faults.model.action import Action, Detail, Example
from faults.model.http_fields import FieldName, FieldText, FieldValue
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange


class Respond(Action):
    """Answer in the origin's place; the origin is not asked unless `where` needs its answer."""

    short = "status"
    slot = "answer"
    order = 30

    status: Code = Field(200, description="The status code.")
    body: str = Field("", description="The body, UTF-8.")
    headers: dict[FieldName, FieldValue] = Field(
        default_factory=dict, description="Headers beside Content-Type and Content-Length."
    )
    content_type: FieldText = Field("text/plain; charset=utf-8", description="The Content-Type.")

    async def on_answer(self, decision: Decision, exchange: Exchange) -> Detail:
        """Put an answer of our own in place of the origin's, before or after asking it."""
        headers = {name: str(value) for name, value in self.headers.items()}
        exchange.answer(self.status, self.body, self.content_type, headers)
        return {"status": self.status}

    examples = (
        Example(
            "{where: {endpoint: list}, do: {respond: {status: 503, body: down for maintenance}}}",
            "That answer; go shows the text of a text/plain error.",
            "Headers that a real server adds (Date, Server) are missing unless written here.",
        ),
        Example(
            "{where: {endpoint: list, status: [401, 403]}, do: {respond: {status: 200, body: ''}}}",
            "Where the origin said 401 or 403, an empty 200.",
            "Nothing of the origin's answer is left, headers included.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {respond: {status: 429, headers: {Retry-After: 30}}}}",
            "Rate limited; go does not wait and does not retry.",
            "Exactly as a rate limiter answers.",
        ),
    )
