"""Faults of a connection: at accept, before an answer, and within its delivery."""

from __future__ import annotations

from mitmproxy import connection

from faults import delivery, wire
from faults.exchange import Detail, Exchange, Handler, Turn
from faults.shape import Effect, shape, unshape
from faults.vocabulary.base import Action
from faults.vocabulary.stream import (
    Bandwidth,
    Blackhole,
    HalfClose,
    Hang,
    Latency,
    LimitData,
    Reset,
    Slicer,
    Stall,
)

SHAPES = (Bandwidth, Blackhole, Latency, LimitData, Slicer)


async def accepted(action: Action, turn: Turn, client: connection.Client) -> Detail:
    """Do what an action says to a connection that has just been accepted."""
    match action:
        case Reset():
            return {"at": "accept"} if await wire.reset(client) else None
        case Hang():
            await turn.waits.hold(turn.rule, client, action.for_)
            return {"at": "accept"}
        case Bandwidth() | Blackhole() | Latency() | LimitData() | Slicer():
            return {"from": "accept"} if shape(turn, client) else None
    raise TypeError(f"{turn.word} cannot be done at accept")


async def reset_request(action: Reset, turn: Turn, exchange: Exchange) -> Detail:
    """Reset instead of answering."""
    client = exchange.flow.client_conn
    exchange.flow.kill()
    return {"at": "before-headers"} if await wire.reset(client) else None


async def hang_request(action: Hang, turn: Turn, exchange: Exchange) -> Detail:
    """Keep the request and say nothing."""
    await turn.waits.hold(turn.rule, exchange.flow.client_conn, action.for_)
    return {"at": "before-headers"}


async def reset_delivery(action: Reset, turn: Turn, exchange: Exchange) -> Detail:
    """Reset within the answer."""
    return _within(exchange, action.at, action.after, delivery.Reset(), goes_on=False)


async def hang_delivery(action: Hang, turn: Turn, exchange: Exchange) -> Detail:
    """Fall silent within the answer."""
    pause = delivery.Pause(turn.rule, action.for_)
    return _within(exchange, action.at, action.after, pause, goes_on=True)


async def stall_delivery(action: Stall, turn: Turn, exchange: Exchange) -> Detail:
    """Fall silent after some bytes of the body."""
    pause = delivery.Pause(turn.rule, action.for_)
    return _within(exchange, None, action.after, pause, goes_on=True)


async def half_close_delivery(action: HalfClose, turn: Turn, exchange: Exchange) -> Detail:
    """Send FIN within the answer."""
    return _within(exchange, action.at, action.after, delivery.Finish(), goes_on=False)


async def shaped_delivery(action: Action, turn: Turn, exchange: Exchange) -> Detail:
    """Shape the bytes of this answer."""
    client = exchange.flow.client_conn
    effects: list[Effect] = []

    def begin() -> None:
        if effect := shape(turn, client):
            effects.append(effect)

    def end() -> None:
        for effect in effects:
            unshape(effect, client)

    exchange.steps = [delivery.Call(begin), *exchange.steps, delivery.Call(end)]
    return {"from": "headers"}


def _within(
    exchange: Exchange, at: str | None, after: int | None, step: delivery.Step, *, goes_on: bool
) -> Detail:
    """Put `step` into the delivery: at a named place, or after so many bytes of body."""
    if at == "before-headers":
        before, rest = [], exchange.steps
    elif at == "after-headers":
        place = exchange.steps.index(delivery.Head()) + 1
        before, rest = exchange.steps[:place], exchange.steps[place:]
    else:
        parts = delivery.cut(exchange.steps, after or 0)
        if parts is None:
            return None
        before, rest = parts
    exchange.steps = [*before, step, *(rest if goes_on else [])]
    return {"after": after} if at is None else {"at": at}


REQUEST: dict[type[Action], Handler] = {Reset: reset_request, Hang: hang_request}
DELIVERY: dict[type[Action], Handler] = {
    Reset: reset_delivery,
    Hang: hang_delivery,
    Stall: stall_delivery,
    HalfClose: half_close_delivery,
    **dict.fromkeys(SHAPES, shaped_delivery),
}
