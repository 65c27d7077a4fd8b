"""Faults of an HTTP exchange."""

from __future__ import annotations

from mitmproxy import http

from faults.exchange import Detail, Exchange, Handler, Turn
from faults.vocabulary.base import Action
from faults.vocabulary.http import Respond


async def respond(action: Respond, turn: Turn, exchange: Exchange) -> Detail:
    """Put an answer of our own in place of the origin's, before or after asking it."""
    headers = {"Content-Type": action.content_type}
    headers.update({name: str(value) for name, value in action.headers.items()})
    exchange.flow.response = http.Response.make(action.status, action.body.encode(), headers)
    return {"status": action.status}


REQUEST: dict[type[Action], Handler] = {Respond: respond}
RESPONSE: dict[type[Action], Handler] = {Respond: respond}
