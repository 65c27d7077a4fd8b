"""Turns 401 and 403 into something else."""

from typing import Literal

from pydantic import Field

from faults.actions.module._base import NOT_FOUND
from faults.model.action import Action, Detail, Example
from faults.model.where import TESTS, Where
from faults.traffic.decision import Decision
from faults.traffic.exchange import TEXT, Exchange

_DENIED = (401, 403)


class AuthFallback(Action):
    """Turn the origin's 401 or 403 into something that looks like an answer."""

    short = "into"
    slot = "answer"
    order = 30

    into: Literal["empty", "anonymous", "not-found"] = Field(
        description="An empty 200; what a stranger gets; or a 404."
    )

    def never_acts(self, where: Where) -> str | None:
        """Say why it can never act on such traffic; None if it can, as far as can be known."""
        if where.status and not any(map(TESTS["status"](where.status), _DENIED)):
            return "auth-fallback acts only on 401 and 403"
        return None

    async def on_response(self, decision: Decision, exchange: Exchange) -> Detail:
        """Turn 401 and 403 into something else."""
        was = exchange.response.status_code
        if was not in _DENIED:
            return None
        if self.into == "anonymous":
            from faults.traffic import upstream

            path = exchange.flow.request.path
            answer = await upstream.fetch(exchange.flow, path, drop=frozenset({"authorization"}))
            status, content, kind = answer.status, answer.body, answer.content_type
        elif self.into == "not-found":
            status, content, kind = 404, NOT_FOUND.encode(), TEXT
        else:
            status, content, kind = 200, b"", TEXT
        exchange.answer(status, content, kind)
        return {"was": was, "status": status}

    examples = (
        Example(
            "{where: {host: proxy.golang.org}, do: {auth-fallback: empty}}",
            "`go list -m -versions` exits 0 and lists nothing.",
            "Fires only on 401 and 403.",
        ),
        Example(
            "{where: {host: proxy.golang.org}, do: {auth-fallback: not-found}}",
            "go walks on to the next proxy, silently.",
            "Fires only on 401 and 403.",
        ),
        Example(
            "{where: {host: proxy.golang.org}, do: {auth-fallback: anonymous}}",
            "The origin is asked again without Authorization, and that answer is passed on.",
            "Fires only on 401 and 403.",
        ),
    )
