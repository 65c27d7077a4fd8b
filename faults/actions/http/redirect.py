"""Sends the client elsewhere."""

from typing import Literal

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.model.http_fields import FieldText
from faults.traffic.decision import Decision
from faults.traffic.exchange import HTML, Exchange


class Redirect(Action):
    """Send the client elsewhere."""

    short = "to"
    slot = "answer"
    order = 50

    to: FieldText = Field(
        min_length=1,
        description="A URL; one that ends in / gets the path appended. `loop`: the same URL again."
        " `http`: the same URL without TLS.",
    )
    status: Literal[301, 302, 303, 307, 308] = 302

    async def on_answer(self, decision: Decision, exchange: Exchange) -> Detail:
        """Send the client elsewhere."""
        request = exchange.flow.request
        _, colon, port = (request.host_header or "").partition(":")
        here = exchange.facts["host"] + colon + port
        scheme = "https" if exchange.flow.client_conn.tls else "http"
        match self.to:
            case "loop":
                to = f"{scheme}://{here}{request.path}"
            case "http":
                to = f"http://{here}{request.path}"
            case base if base.endswith("/"):
                to = base.rstrip("/") + request.path
            case url:
                to = url
        exchange.answer(self.status, "", HTML, {"Location": to})
        return {"status": self.status, "location": to}

    examples = (
        Example(
            "{where: {endpoint: zip}, do: {redirect: loop}}",
            "For ever to itself; go: `stopped after 10 redirects`.",
            "The same URL each time; some real loops alternate between two.",
        ),
        Example(
            "{where: {endpoint: list}, do: {redirect: http}}",
            "From https to http; go: `redirected from secure URL … to insecure URL`.",
            "As a TLS terminator whose backend builds absolute URLs.",
        ),
        Example(
            "{where: {endpoint: zip}, do: {redirect: https://storage.invalid/}}",
            "To a host that the client cannot reach.",
            "The path is kept, the query too.",
        ),
    )
