"""Faults of an HTTP exchange: its request and its answer."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

from mitmproxy import http

from faults.exchange import Detail, Exchange, Handler, Turn
from faults.layers.pages import PAGES
from faults.vocabulary import http as words
from faults.vocabulary.base import Action

HTML = "text/html; charset=utf-8"
TEXT = "text/plain; charset=utf-8"


async def respond(action: words.Respond, turn: Turn, exchange: Exchange) -> Detail:
    """Put an answer of our own in place of the origin's, before or after asking it."""
    headers = {name: str(value) for name, value in action.headers.items()}
    return _answer(exchange, action.status, action.body, action.content_type, headers)


async def rate_limit(action: words.RateLimit, turn: Turn, exchange: Exchange) -> Detail:
    """Answer 429."""
    return _answer(
        exchange, 429, "rate limit exceeded\n", TEXT, {"Retry-After": str(action.retry_after)}
    )


async def page(action: words.Page, turn: Turn, exchange: Exchange) -> Detail:
    """Answer with a page."""
    return _answer(exchange, 200, PAGES[action.kind], HTML, {})


async def redirect(action: words.Redirect, turn: Turn, exchange: Exchange) -> Detail:
    """Send the client elsewhere."""
    request = exchange.flow.request
    _, colon, port = (request.host_header or "").partition(":")
    here = exchange.facts["host"] + colon + port
    scheme = "https" if exchange.flow.client_conn.tls else "http"
    match action.to:
        case "loop":
            to = f"{scheme}://{here}{request.path}"
        case "http":
            to = f"http://{here}{request.path}"
        case base if base.endswith("/"):
            to = base.rstrip("/") + request.path
        case url:
            to = url
    _answer(exchange, action.status, "", HTML, {"Location": to})
    return {"status": action.status, "location": to}


def _answer(
    exchange: Exchange, status: int, body: str, kind: str, headers: dict[str, str]
) -> Detail:
    exchange.flow.response = http.Response.make(
        status, body.encode(), {"Content-Type": kind, **headers}
    )
    return {"status": status}


async def route(action: words.Route, turn: Turn, exchange: Exchange) -> Detail:
    """Send the request to another host."""
    request = exchange.flow.request
    if "://" in action.to:
        parts = urlsplit(action.to)
        request.scheme = parts.scheme
        request.host = parts.hostname or ""
        request.port = parts.port or (443 if parts.scheme == "https" else 80)
        request.host_header = parts.netloc
    else:
        request.host_header = action.to
    return {"to": action.to}


async def request_headers(action: words.RequestHeaders, turn: Turn, exchange: Exchange) -> Detail:
    """Change the request's headers."""
    return _change(exchange.flow.request.headers, action)


async def response_headers(action: words.ResponseHeaders, turn: Turn, exchange: Exchange) -> Detail:
    """Change the answer's headers."""
    return _change(exchange.response.headers, action)


def _change(headers: http.Headers, action: words.RequestHeaders | words.ResponseHeaders) -> Detail:
    dropped = [name for name in action.drop if headers.pop(name, None) is not None]
    for name, value in action.set_.items():
        headers[name] = str(value)
    return {"set": sorted(action.set_), "dropped": dropped} if dropped or action.set_ else None


async def status(action: words.Status, turn: Turn, exchange: Exchange) -> Detail:
    """Change the status alone."""
    response = exchange.response
    if response.status_code == action.code:
        return None
    response.status_code = action.code
    response.reason = http.Response.make(action.code).reason
    if action.code in (204, 304):
        response.raw_content = b""
        response.headers.pop("Content-Length", None)
    return {"status": action.code}


async def content_type(action: words.ContentType, turn: Turn, exchange: Exchange) -> Detail:
    """Change the Content-Type alone."""
    exchange.response.headers["Content-Type"] = action.type
    return {"type": action.type}


async def body(action: words.Body, turn: Turn, exchange: Exchange) -> Detail:
    """Change the body."""
    response = exchange.response
    before = response.content or b""
    if action.text is not None:
        after = action.text.encode()
    elif action.truncate is not None:
        after = before[: action.truncate]
    elif action.patch is not None:
        after = before
        for patch in action.patch:
            after = after.replace(patch.find.encode(), patch.with_.encode())
    else:
        after = {"empty": b"", "bom": b"\xef\xbb\xbf" + before}.get(str(action.make), before)
        if action.make == "gzip":
            after = gzip.compress(before, mtime=0)
    if after == before:
        return None
    response.content = after
    return {"bytes": [len(before), len(after)]}


REQUEST: dict[type[Action], Handler] = {
    words.Respond: respond,
    words.RateLimit: rate_limit,
    words.Page: page,
    words.Redirect: redirect,
    words.Route: route,
    words.RequestHeaders: request_headers,
}
RESPONSE: dict[type[Action], Handler] = {
    words.Respond: respond,
    words.RateLimit: rate_limit,
    words.Page: page,
    words.Redirect: redirect,
    words.ResponseHeaders: response_headers,
    words.Status: status,
    words.ContentType: content_type,
    words.Body: body,
}
