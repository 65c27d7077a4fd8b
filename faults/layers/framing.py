"""Faults in how an HTTP answer is framed and sent."""

from __future__ import annotations

from mitmproxy import http

from faults import delivery
from faults.delivery import Close, Data, Framed, Head, Pause, Raw, Step
from faults.exchange import Detail, Exchange, Handler, Turn
from faults.vocabulary import framing as words
from faults.vocabulary.base import Action


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
    if exchange.h2 or exchange.flow.request.method == "HEAD":
        return None
    _as_chunks(exchange.response)
    steps = _without_end(exchange.steps)
    if action.how == "malformed":
        steps = [Raw(b"zz\r\n" + step.piece) if isinstance(step, Data) else step for step in steps]
    exchange.steps = [*steps, Close()]
    return {"how": action.how}


async def trailers(action: words.Trailers, turn: Turn, exchange: Exchange) -> Detail:
    """Send trailers."""
    if exchange.flow.request.method == "HEAD":
        return None
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


DELIVERY: dict[type[Action], Handler] = {
    words.ContentLength: content_length,
    words.Chunked: chunked,
    words.Trailers: trailers,
    words.Informational: informational,
    words.Dribble: dribble,
    words.RstStream: rst_stream,
    words.Goaway: goaway,
}
