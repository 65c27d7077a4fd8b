"""Faults of an HTTP exchange: its request, its answer, and how the answer is framed."""

from __future__ import annotations

import gzip
from urllib.parse import urlsplit

from mitmproxy import http

from faults import delivery
from faults.delivery import Close, Data, Framed, Head, Pause, Raw, Step
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


async def content_length(action: words.ContentLength, turn: Turn, exchange: Exchange) -> Detail:
    """Announce a wrong length, send the body, close."""
    response = exchange.response
    length = max(len(response.raw_content or b"") + action.off_by, 0)
    response.headers.pop("Transfer-Encoding", None)
    response.headers["Content-Length"] = str(length)
    if not exchange.h2:
        exchange.steps = [*_without_end(exchange.steps), Close()]
    return {"announced": length}


async def chunked(action: words.Chunked, turn: Turn, exchange: Exchange) -> Detail:
    """Break chunked framing."""
    if exchange.h2:
        return None
    _as_chunks(exchange.response)
    steps = _without_end(exchange.steps)
    if action.how == "malformed":
        steps = [Raw(b"zz\r\n" + step.piece) if isinstance(step, Data) else step for step in steps]
    exchange.steps = [*steps, Close()]
    return {"how": action.how}


async def trailers(action: words.Trailers, turn: Turn, exchange: Exchange) -> Detail:
    """Send trailers."""
    fields = {name: str(value) for name, value in action.fields.items()}
    if exchange.h2:
        pairs = [(name.lower().encode(), value.encode()) for name, value in fields.items()]
        exchange.response.trailers = http.Headers(pairs)
    else:
        _as_chunks(exchange.response)
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        last = Raw(f"0\r\n{lines}\r\n".encode())
        exchange.steps = [*_without_end(exchange.steps), last, Framed()]
    return {"fields": sorted(fields)}


def _as_chunks(response: http.Response) -> None:
    response.headers.pop("Content-Length", None)
    response.headers["Transfer-Encoding"] = "chunked"


def _without_end(steps: list[Step]) -> list[Step]:
    return [step for step in steps if not isinstance(step, delivery.End)]


async def informational(action: words.Informational, turn: Turn, exchange: Exchange) -> Detail:
    """Send 1xx answers first."""
    noise: list[Step] = [delivery.Informational(action.status)] * action.times
    place = exchange.steps.index(Head())
    exchange.steps = [*exchange.steps[:place], *noise, *exchange.steps[place:]]
    return {"status": action.status, "times": action.times}


async def dribble(action: words.Dribble, turn: Turn, exchange: Exchange) -> Detail:
    """Send the body in drops."""
    steps: list[Step] = []
    drops = 0
    for step in exchange.steps:
        if not isinstance(step, Data):
            steps.append(step)
            continue
        for start in range(0, len(step.piece), action.bytes_):
            steps += [
                Data(step.piece[start : start + action.bytes_]),
                Pause(turn.rule, action.every),
            ]
            drops += 1
    exchange.steps = steps
    return {"drops": drops} if drops else None


async def rst_stream(action: words.RstStream, turn: Turn, exchange: Exchange) -> Detail:
    """Reset the HTTP/2 stream."""
    last = delivery.ResetStream(words.H2_CODES[action.code])
    return _end_with(exchange, action, [last])


async def goaway(action: words.Goaway, turn: Turn, exchange: Exchange) -> Detail:
    """End the HTTP/2 connection."""
    last = delivery.Goaway(words.H2_CODES[action.code], processed=action.after is not None)
    return _end_with(exchange, action, [last, Close()])


def _end_with(
    exchange: Exchange, action: words.RstStream | words.Goaway, last: list[Step]
) -> Detail:
    if not exchange.h2:
        return None
    before: list[Step] = []
    if action.after is not None:
        parts = delivery.cut(exchange.steps, action.after)
        if parts is None:
            return None
        before = parts[0]
    exchange.steps = [*before, *last]
    return {"code": action.code, "after": action.after}


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
DELIVERY: dict[type[Action], Handler] = {
    words.ContentLength: content_length,
    words.Chunked: chunked,
    words.Trailers: trailers,
    words.Informational: informational,
    words.Dribble: dribble,
    words.RstStream: rst_stream,
    words.Goaway: goaway,
}
