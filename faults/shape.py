"""Shapes the bytes on their way to a client: bandwidth, latency, slices, limits, silence.

A shaped connection's writer is wrapped below TLS and HTTP, so it works inside both and on
kept-alive connections. Each piece of data carries the effects that were on when it was written.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from dataclasses import dataclass, field
from typing import Any

from mitmproxy import connection

from faults import wire
from faults.exchange import Turn
from faults.vocabulary.stream import Bandwidth, Blackhole, Latency, LimitData, Slicer

_BURST = 0.05


@dataclass(eq=False)
class Effect:
    """One shaping action of one rule on one connection."""

    turn: Turn
    left: int | None = None
    random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.random = random.Random(self.turn.draw("shape"))  # noqa: S311 - not for secrets
        if isinstance(self.turn.action, LimitData):
            self.left = self.turn.action.bytes_

    @property
    def on(self) -> bool:
        """Whether the rule is still armed and switched on."""
        return self.turn.armed.on


class ShapedWriter:
    """Stands where a client's StreamWriter stood, and writes later, slower or less."""

    def __init__(self, inner: Any, reader: Any, client: connection.Client) -> None:
        self.inner = inner
        self.reader = reader
        self.client = client
        self.effects: list[Effect] = []
        self._queue: asyncio.Queue[tuple[float, bytes, tuple[Effect, ...]] | None] = asyncio.Queue()
        self._closing = False
        self._task = asyncio.create_task(self._pump())

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def write(self, data: bytes) -> None:
        """Queue data with the effects of this moment."""
        self._queue.put_nowait((time.monotonic(), data, tuple(self.effects)))

    def is_closing(self) -> bool:
        """Say whether close was asked for, or has happened."""
        return self._closing or self.inner.is_closing()

    def write_eof(self) -> None:
        """Send FIN once everything queued has left."""
        self._queue.put_nowait(None)

    def close(self) -> None:
        """Close once everything queued has left."""
        self._closing = True
        self._queue.put_nowait(None)

    async def _pump(self) -> None:
        with contextlib.suppress(ConnectionError):
            while not self.inner.is_closing() and (item := await self._queue.get()):
                await self._send(*item)
        if self._closing:
            self.inner.close()
        elif not self.inner.is_closing():
            self.inner.write_eof()

    async def _send(self, written: float, data: bytes, effects: tuple[Effect, ...]) -> None:
        size, pause, rate = len(data), 0.0, 0
        for effect in effects:
            if not effect.on:
                continue
            match effect.turn.action:
                case Blackhole():
                    await self._wait(effect, None)
                case Latency(delay=delay, jitter=jitter):
                    late = delay + jitter * (2 * effect.random.random() - 1)
                    await self._wait(effect, written + late - time.monotonic())
                case Bandwidth(rate=limit):
                    rate = min(rate or limit, limit)
                    size = min(size, max(1, int(limit * _BURST)))
                case Slicer(size=slice_, delay=delay):
                    size, pause = min(size, slice_), delay
        for start in range(0, len(data), max(size, 1)):
            if self.inner.is_closing():
                return
            piece = _within(data[start : start + size], effects)
            began = time.monotonic()
            self.inner.write(piece)
            await self.inner.drain()
            if any(effect.on and effect.left == 0 for effect in effects):
                self._closing = True
                self.inner.close()
                return
            spent = time.monotonic() - began
            last = start + size >= len(data)
            rest = max(len(piece) / rate - spent if rate else 0.0, 0.0 if last else pause)
            for effect in effects:
                if rest > 0 and isinstance(effect.turn.action, Bandwidth | Slicer):
                    await self._wait(effect, rest)
                    break

    async def _wait(self, effect: Effect, limit: float | None) -> None:
        if effect.on and (limit is None or limit > 0):
            turn = effect.turn
            await turn.waits.hold(turn.rule, self.client, limit, gone=self._gone)

    def _gone(self) -> bool:
        return self.inner.is_closing() or wire.ended(self.reader)


def _within(piece: bytes, effects: tuple[Effect, ...]) -> bytes:
    """Cut a piece to what the data limits leave, and count it."""
    for effect in effects:
        if effect.on and effect.left is not None:
            piece = piece[: effect.left]
    for effect in effects:
        if effect.left is not None:
            effect.left -= len(piece)
    return piece


def shape(turn: Turn, client: connection.Client) -> Effect | None:
    """Let a shaping action work on everything this client is sent; None without a connection."""
    running = wire.handler(client)
    io = running.transports.get(client) if running else None
    if io is None or io.writer is None:
        return None
    out: Any = io.writer
    if not isinstance(out, ShapedWriter):
        out = ShapedWriter(out, io.reader, client)
        io.writer = out
    effect = Effect(turn)
    out.effects.append(effect)
    return effect


def unshape(effect: Effect, client: connection.Client) -> None:
    """End an effect for what is written from now on."""
    out = wire.writer(client)
    if isinstance(out, ShapedWriter) and effect in out.effects:
        out.effects.remove(effect)
